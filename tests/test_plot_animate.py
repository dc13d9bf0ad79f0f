"""The film of a training."""

import base64
import html
import io
import re
from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageSequence
from plotted import BANK, History, slices_of, tiles_of

import filterbank as fb
from filterbank.plot import _animation

STEPS = np.random.default_rng(0).standard_normal((5, 7, 7, 1, 4)).cumsum(axis=0)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def page():
    return fb.plot.animate(STEPS, fps=4)._page


def sources_of(page):
    return re.findall(r'"(data:image/png;base64,[^"]+)"', re.search(r"const frames = (\[.*?\]);", page).group(1))


def opened(source):
    return Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))


def test_each_frame_shows_the_kernels_of_its_time_on_one_scale():
    history = History()
    movie = fb.plot.animate(history, outputs=[2, 0], layer="second")
    assert len(movie) == 21
    top = movie.figure.axes[0]
    every = np.stack([fb.compose(values, BANK) for values in history.coefficients["second"]])[..., 0, [2, 0]]
    limit = np.abs(every).max()
    for frame in (0, 7, 20, 3):
        movie.draw(frame)
        expected = np.moveaxis(every[frame], -1, 0)
        np.testing.assert_allclose(tiles_of(top, (5, 5)).reshape(2, 5, 5), expected, atol=1e-14)
        assert top.get_images()[0].get_clim() == pytest.approx((-limit, limit))
        assert top.get_title(loc="left") == f"second, {movie.labels[frame]}"
    assert movie.labels[:3] == ("epoch 0", "epoch 0.25", "epoch 0.5")


def test_the_dot_is_where_the_frame_is():
    history = History()
    movie = fb.plot.animate(history, time="steps")
    curve, dot = movie.figure.axes[1].get_lines()
    values = history.coefficients["first"]
    moved = [np.linalg.norm(one - values[0]) / np.linalg.norm(values[0]) for one in values]
    np.testing.assert_allclose(curve.get_ydata(), moved, rtol=1e-12)
    movie.draw(5)
    assert dot.get_xdata() == [50]
    assert dot.get_ydata() == [pytest.approx(moved[5])]
    assert movie.labels[-1] == "step 200"


def test_a_new_film_shows_its_end_and_pyplot_does_not_know_it():
    movie = fb.plot.animate(STEPS)
    assert movie.figure.axes[0].get_title(loc="left") == "record 4"
    assert isinstance(movie.figure, Figure)
    assert not plt.get_fignums()
    assert repr(movie) == "<Animation of 5 frames, from record 0 to record 4>"


def test_many_records_are_thinned_and_many_outputs_left_out():
    movie = fb.plot.animate(np.random.default_rng(0).standard_normal((301, 3, 3, 1, 100)), frames=11)
    assert len(movie) == 11
    assert movie.labels[1] == "record 30"
    assert movie.figure.axes[0].get_xlabel() == "64 of 100 outputs; 11 of 301 records"
    assert "11 of 301 records" in fb.plot.alt_text(movie.figure)
    assert len(fb.plot.animate(np.ones((250, 1, 1, 1, 1)))) == 100


def test_three_inputs_are_colours():
    history = History(inputs=3, times=4)
    movie = fb.plot.animate(history, outputs=[1])
    movie.draw(2)
    every = np.stack([fb.compose(values, BANK)[..., 1] for values in history.coefficients["first"]])
    colours = tiles_of(movie.figure.axes[0], (5, 5))[..., :3].reshape(5, 5, 3)
    np.testing.assert_allclose(colours, 0.5 + every[2] / np.abs(every).max() / 2, atol=1e-14)
    plain = fb.plot.animate(history, outputs=[1], rgb=False, in_=2)
    np.testing.assert_allclose(tiles_of(plain.figure.axes[0], (5, 5))[0, 0], every[-1][..., 2], atol=1e-14)


def test_signals_move_as_bars():
    history = History(times=3, bank=fb.dct((9,), n=6))
    movie = fb.plot.animate(history)
    bars = movie.figure.axes[0].collections[1]
    before = [path.vertices.copy() for path in bars.get_paths()]
    movie.draw(0)
    kernels = fb.compose(history.coefficients["first"][0], fb.dct((9,), n=6))[:, 0].T
    np.testing.assert_allclose(bars.get_array(), kernels.ravel(), atol=1e-14)
    heights = [np.ptp(path.vertices[:, 1]) for path in bars.get_paths()]
    assert np.corrcoef(heights, np.abs(kernels.ravel()))[0, 1] > 0.999999
    assert any(not np.allclose(old, path.vertices) for old, path in zip(before, bars.get_paths(), strict=True))
    limit = max(np.abs(fb.compose(values, fb.dct((9,), n=6))).max() for values in history.coefficients["first"])
    assert bars.get_clim() == pytest.approx((-limit, limit))
    assert fb.plot.alt_text(movie.figure).startswith("7 kernels of 9 samples, on one scale from ")


def test_volumes_move_as_slices():
    bank = fb.dct((3, 5, 5), n=6)
    history = History(times=3, bank=bank)
    movie = fb.plot.animate(history, outputs=[4, 1])
    axes = movie.figure.axes[0]
    assert axes.get_xlabel() == "central slices yx, zx, zy; 2 of 7 outputs"
    for frame in (2, 0):
        movie.draw(frame)
        kernels = fb.compose(history.coefficients["first"][frame], bank)[..., 0, :]
        expected = [slices_of(kernels[..., output]) for output in (4, 1)]
        np.testing.assert_array_equal(tiles_of(axes, (5, 15)).reshape(2, 5, 15), expected)
    assert fb.plot.alt_text(movie.figure).startswith("2 kernels of 3x5x5 pixels, on one scale from ")


@pytest.mark.parametrize("bank", [fb.dct((9,), n=6), fb.dct((3, 5, 5), n=6)], ids=["1-D", "3-D"])
def test_films_of_other_dimensions_are_written(bank, tmp_path):
    history = History(times=3, bank=bank)
    movie = fb.plot.animate(history, path=tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        frames = [np.array(frame.convert("RGB"), dtype=float) for frame in ImageSequence.Iterator(image)]
    movie.save(tmp_path / "a.html")
    sources = sources_of((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert len(frames) == len(sources) == 3
    for one, source in zip(frames, sources, strict=True):
        page = np.array(opened(source).convert("RGB"), dtype=float)
        assert page.shape == one.shape
        assert np.abs(page - one).mean() < 1
    assert min(np.abs(one - other).mean() for one, other in pairwise(frames)) > 0.5
    coefficients = fb.plot.animate(history, what="coefficients")
    (image,) = coefficients.figure.axes[0].get_images()
    np.testing.assert_array_equal(image.get_array(), history.coefficients["first"][-1].reshape(6, -1))


@pytest.mark.parametrize("recorded", [True, False])
def test_coefficients_move_as_a_heat_map(recorded):
    history = History(inputs=2)
    values = history.coefficients["first"]
    movie = fb.plot.animate(history if recorded else values, what="coefficients", outputs=3)
    (image,) = movie.figure.axes[0].get_images()
    movie.draw(4)
    np.testing.assert_array_equal(image.get_array(), values[4][..., :3].reshape(6, -1))
    assert image.get_clim() == (-np.abs(values[..., :3]).max(), np.abs(values[..., :3]).max())
    assert "3 of 7 outputs" in movie.figure.axes[0].get_xlabel()


def test_a_basis_that_trains_and_a_residual_are_in_the_kernels():
    history = History(times=4)
    rng = np.random.default_rng(1)
    bases, residual = rng.standard_normal((4, 6, 5, 5)), rng.standard_normal((4, 5, 5, 1, 7))
    history.bases, history.residuals = {"first": bases}, {"first": residual}
    expected = fb.compose(history.coefficients["first"][2], bases[2]) + residual[2]
    movie = fb.plot.animate(history, outputs=[4])
    movie.draw(2)
    np.testing.assert_allclose(tiles_of(movie.figure.axes[0], (5, 5))[0, 0], expected[..., 0, 4], atol=1e-14)
    still = fb.plot.training(history, outputs=[4], snapshots=4).axes[0]
    np.testing.assert_allclose(tiles_of(still, (5, 5))[0, 2], expected[..., 0, 4], atol=1e-14)


def test_a_gif_holds_every_frame(tmp_path):
    movie = fb.plot.animate(STEPS, path=tmp_path / "a.gif", fps=20)
    width, height = (round(100 * side) for side in movie.figure.get_size_inches())
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 5
        assert abs(image.width - width) <= 1
        assert abs(image.height - height) <= 1
        assert image.info["comment"].decode() == fb.plot.alt_text(movie.figure)
        assert image.info["loop"] == 0
        frames = [np.array(frame.convert("RGB"), dtype=float) for frame in ImageSequence.Iterator(image)]
        image.seek(1)
        assert image.info["duration"] == 50
        image.seek(4)
        assert image.info["duration"] == 1000
    movie.draw(2)
    file = io.BytesIO()
    movie.figure.savefig(file, format="png", dpi=100)
    still = np.array(Image.open(file).convert("RGB"), dtype=float)
    assert np.abs(frames[2] - still).mean() < 1
    assert np.abs(frames[2] - frames[0]).mean() > 1
    assert (frames[2][0, 0] == 255).all()


def test_a_page_plays_by_itself_and_from_the_keyboard(page):
    assert not re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r'"data:[^"]*"', "", page))
    assert len(sources_of(page)) == 5
    assert len(set(sources_of(page))) == 5
    assert 'const labels = ["record 0", "record 1", "record 2", "record 3", "record 4"]' in page
    assert "setTimeout(step, 250)" in page
    assert '<button id="play" type="button"' in page
    assert '<input id="place" type="range" min="0" max="4"' in page
    assert all(key in page for key in ("ArrowLeft", "ArrowRight", "Home", "End", 'event.key === " "'))
    assert "prefers-reduced-motion" in page
    alt = html.unescape(re.search(r'alt="([^"]*)"', page).group(1))
    assert alt == fb.plot.alt_text(fb.plot.animate(STEPS).figure)


def test_the_frames_of_a_page_are_the_pictures(page):
    first, *_, last = (np.array(opened(source).convert("RGB"), dtype=float) for source in sources_of(page))
    movie = fb.plot.animate(STEPS)
    movie.figure.savefig(io.BytesIO(), format="png", dpi=100)  # The second time, Matplotlib's layout is another.
    file = io.BytesIO()
    movie.figure.savefig(file, format="png", dpi=100)
    still = np.array(Image.open(file).convert("RGB"), dtype=float)
    assert np.abs(last - still).mean() < 1
    assert np.abs(first - last).mean() > 1


def test_a_notebook_plays_it_in_a_frame_of_its_own():
    movie = fb.plot.animate(STEPS[:2])
    text = movie._repr_html_()
    inner = html.unescape(re.search(r'srcdoc="([^"]*)"', text).group(1))
    assert inner == movie._page
    assert 'sandbox="allow-scripts"' in text
    assert len(sources_of(inner)) == 2


def test_what_it_writes_is_what_it_was_asked_for(tmp_path, capsys):
    movie = fb.plot.animate(STEPS[:2])
    movie.save(tmp_path / "b.HTML", dpi=50, progress=True)
    page = (tmp_path / "b.HTML").read_text(encoding="utf-8")
    assert abs(opened(sources_of(page)[0]).width - 50 * movie.figure.get_figwidth()) <= 1
    assert "100%" in capsys.readouterr().err
    movie.save(str(tmp_path / "b.gif"))
    assert not capsys.readouterr().err


def test_the_layout_is_the_same_after_writing(tmp_path):
    figure = plt.figure(layout="constrained")
    movie = fb.plot.animate(STEPS, fig=figure)
    with plt.rc_context({"savefig.bbox": "tight"}):
        movie.save(tmp_path / "a.gif", dpi=40)
        assert plt.rcParams["savefig.bbox"] == "tight"
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == (256, 192)
    assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"
    assert movie.figure is figure


def test_colours_are_kept_where_they_are_few():
    rng = np.random.default_rng(0)
    few = rng.integers(0, 1 << 24, 40)[rng.integers(0, 40, (20, 30))]
    kept = _animation._on_palette(few, _animation._palette(few))
    np.testing.assert_array_equal(np.array(kept.convert("RGB")) @ _animation.PLACES, few)
    many = rng.integers(0, 1 << 24, (60, 60))
    many[:30] = 0xFAFBFC
    palette = _animation._palette(many)
    assert len(palette) <= 256
    shown = np.array(_animation._on_palette(many, palette).convert("RGB"))
    assert (shown[:30] == (0xFA, 0xFB, 0xFC)).all()
    colours = _animation._colours(palette).astype(int)
    nearest = ((_animation._colours(many[40])[:, None].astype(int) - colours) ** 2).sum(axis=-1).min(axis=1)
    np.testing.assert_array_equal(((shown[40].astype(int) - _animation._colours(many[40])) ** 2).sum(axis=-1), nearest)


def test_a_single_record_is_a_film_of_one_frame(tmp_path):
    movie = fb.plot.animate(History(times=1), path=tmp_path / "a.gif")
    assert len(movie) == 1
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 1


@pytest.mark.parametrize(
    ("source", "settings", "error", "text"),
    [
        (STEPS, {"what": "bases"}, ValueError, "`what` must be one of 'kernels', 'coefficients', got 'bases'"),
        (STEPS, {"frames": 0}, ValueError, "`frames` must be an integer of at least 1, got 0"),
        (STEPS, {"fps": 60}, ValueError, "`fps` must be a finite number and above 0 and at most 50, got 60"),
        (STEPS, {"path": "a.mp4"}, ValueError, r"`path` must end in .gif or .html, got 'a.mp4'; for a film, draw each"),
        (STEPS, {"path": 3}, TypeError, "`path` must be the name of a file, got 3"),
        (STEPS, {"outputs": 5}, ValueError, "`outputs` must be an integer from 1 to 4, got 5"),
        (STEPS, {"in_": 1}, ValueError, "`in_` must be an integer from 0 to 0, got 1"),
        (STEPS, {"rgb": True}, ValueError, "`rgb` needs kernels"),
        (
            STEPS,
            {"what": "coefficients"},
            ValueError,
            r"coefficients \(times, n, in, out\), got shape \(5, 7, 7, 1, 4\)",
        ),
        (STEPS[0], {}, ValueError, r"must be a KernelHistory or kernels \(times, \*size, in, out\)"),
        (History(), {"layer": "third"}, ValueError, "`layer` must be one of 'first', 'second', got 'third'"),
        (History(), {"time": "hours"}, ValueError, "`time` must be one of 'epochs', 'steps', got 'hours'"),
        (SimpleNamespace(name="m", layers=[]), {}, TypeError, "got a model: use plot.kernels"),
    ],
)
def test_what_cannot_be_animated_is_refused(source, settings, error, text):
    with pytest.raises(error, match=text):
        fb.plot.animate(source, **settings)


def test_frames_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="`frame` must be an integer from 0 to 4, got 5"):
        fb.plot.animate(STEPS).draw(5)
