"""The picture of the frequencies that all filters together pass."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, image_of, texts_of

import filterbank as fb

GABOR = fb.gabor(15)
SIGNALS = fb.dct((16,), n=6)[1:]
VOLUMES = fb.dct((5, 7, 7), n=12)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def marks_of(ax):
    """Return where the marks of the bounds are, by their shape."""
    return {
        line.get_marker(): (line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines if line.get_marker() in "v^"
    }


@pytest.mark.parametrize("shape", [None, 31, 32])
def test_the_image_is_the_coverage_on_its_frequencies(shape):
    covered = fb.analysis.coverage(GABOR, shape)
    ax = fb.plot.coverage(covered if shape else GABOR).axes[0]
    image = image_of(ax)
    values = np.asarray(image.get_array())
    np.testing.assert_array_equal(values[1:-1, 1:-1], covered.power)
    np.testing.assert_array_equal(values[0, 1:-1], covered.power[-1])  # it goes on periodically
    left, right, bottom, top = image.get_extent()
    side = len(covered.power)
    centres = left + (np.arange(side + 2) + 0.5) * (right - left) / (side + 2)
    np.testing.assert_allclose(centres[1:-1], covered.frequencies[1], atol=1e-12)
    assert (top, bottom) == (left, right)
    assert image.get_clim() == (0, covered.power.max())
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 0.5), (0.5, -0.5))


def test_the_bounds_are_marked_where_they_are():
    figure = fb.plot.coverage(GABOR)
    bounds = fb.analysis.frame_bounds(GABOR)
    marks = marks_of(figure.axes[0])
    for marker, bound in (("v", bounds.lower), ("^", bounds.upper)):
        x, y = marks[marker]
        rows, columns = np.meshgrid(*map(np.arange, (15, 15)), indexing="ij")
        wave = np.exp(-2j * np.pi * (y * rows + x * columns))
        power = np.sum(np.abs((GABOR.filters * wave).sum(axis=(1, 2))) ** 2)
        assert power == pytest.approx(bound, rel=1e-6)
        assert x >= 0
    assert texts_of(figure.axes[0]) == ["A = 2.97e\N{MINUS SIGN}06", "B = 146"]
    assert f"B/A = {bounds.upper / bounds.lower:.2e}" == "B/A = 4.92e+07"
    assert "B/A = 4.92e+07" in figure.axes[0].get_xlabel()


def assert_apart(texts, inside=None):
    """See that texts, with their boxes, do not overlap, and lie in the axes, but for a point."""
    texts[0].figure.draw_without_rendering()
    boxes = [(text.get_bbox_patch() or text).get_window_extent() for text in texts]
    assert len(boxes) == 2
    assert not boxes[0].overlaps(boxes[1])
    if inside:
        room = inside.get_window_extent().padded(texts[0].figure.dpi / 72)
        assert all(room.x0 < box.x0 < box.x1 < room.x1 and room.y0 < box.y0 < box.y1 < room.y1 for box in boxes)


@pytest.mark.parametrize(
    ("low", "high"),
    [((20, 20), (20, 21)), ((32, 32), (31, 31)), ((16, 16), (17, 16)), ((16, 32), (16, 31)), ((30, 16), (32, 16))],
    ids=["beside", "corner", "middle", "right", "bottom"],
)
def test_names_of_bounds_are_apart_in_small_axes(low, high):
    covered = fb.analysis.coverage(GABOR, 33)
    power = np.full((33, 33), 2.0)
    for place, value in ((low, 1.0), (high, 3.0)):
        power[place] = power[32 - place[0], 32 - place[1]] = value
    figure = plt.figure(figsize=(2.9, 2.6))
    ax = figure.add_axes((0.2, 0.2, 2 / 2.9, 2 / 2.6))
    fb.plot.coverage(covered._replace(power=power), ax=ax)
    assert_apart(ax.texts, inside=ax)


def test_names_of_bounds_are_apart_beside_a_curve_and_a_colour_bar():
    even = np.array([[0, 0, 1, 0, 0], [0, 0.15, 0, 0.15, 0]])
    assert_apart(fb.plot.coverage(even).axes[0].texts)
    bank = fb.dct(5, n=24)
    power = fb.analysis.coverage(bank).power
    for height, count in ((1, 2), (4, 3)):
        ax = plt.figure(figsize=(5, 5)).add_axes((0.1, 0.1, height / 5, height / 5))
        covered = fb.analysis.coverage(bank)
        share = (covered.power - power.min()) / np.ptp(power)
        fb.plot.coverage(covered._replace(power=1 - 0.13 * share), ax=ax)
        assert len(ax.child_axes[0].get_yticks()) == count


def test_the_name_of_the_colours_is_above_them():
    ax = fb.plot.coverage(GABOR).axes[0]
    (bar,) = ax.child_axes
    assert (bar.get_title(loc="left"), bar.get_ylabel()) == ("power", "")


def test_a_tight_bank_has_no_marks():
    figure = fb.plot.coverage(fb.dct(5))
    assert not marks_of(figure.axes[0])
    assert "tight: A = B = 25, every frequency passes alike" in figure.axes[0].get_xlabel()
    assert image_of(figure.axes[0]).get_clim() == (0, pytest.approx(25))


def test_a_lost_frequency_is_said():
    ax = fb.plot.coverage(SIGNALS).axes[0]  # no filter passes constants
    assert "A is 0: a frequency is lost" in ax.get_xlabel()
    assert marks_of(ax)["v"] == (0, 0)
    zeros = fb.plot.coverage(np.zeros((2, 5, 5))).axes[0]
    assert "all filters are zero: every frequency is lost" in zeros.get_xlabel()
    assert image_of(zeros).get_clim() == (0, 1)


def test_signals_are_a_curve_between_its_bounds():
    ax = fb.plot.coverage(SIGNALS).axes[0]
    covered = fb.analysis.coverage(SIGNALS)
    half = covered.frequencies[0] >= 0
    x, y = ax.lines[0].get_data()
    inside = x < 0.5
    np.testing.assert_allclose(x[inside], covered.frequencies[0][half], atol=1e-15)
    np.testing.assert_array_equal(y[inside], covered.power[half])
    assert x[-1] >= 0.5
    assert ax.get_xlim() == (0, 0.5)
    dashed = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert dashed == [0, covered.power.max()]
    assert marks_of(ax)["^"][1] == covered.power.max()
    assert y[np.abs(x - marks_of(ax)["^"][0]).argmin()] == covered.power.max()


def test_volumes_are_the_planes_through_zero_frequency():
    figure = fb.plot.coverage(VOLUMES)
    planes = figure.axes[0].child_axes[:3]
    shape = image_of(planes[0]).get_array().shape[0] - 2
    power = fb.analysis.coverage(VOLUMES, (shape,) * 3).power
    middle = shape // 2
    expected = [power[middle], power[:, middle], power[..., middle]]
    for plane, values in zip(planes, expected, strict=True):
        np.testing.assert_array_equal(np.asarray(image_of(plane).get_array())[1:-1, 1:-1], values)
        assert image_of(plane).get_clim() == (0, power.max())
    # The largest is at zero, in all planes; the least in none of them, and said below.
    assert [marks_of(plane) for plane in planes] == [{"^": (0, 0)}] * 3
    assert "A at 0." in figure.axes[0].get_xlabel()


def test_layers_are_drawn_by_their_bank_or_their_kernels():
    kernels = RNG.standard_normal((5, 5, 2, 4))
    shown = image_of(fb.plot.coverage(Layer(kernels, kernel_size=(5, 5))).axes[0]).get_array()
    expected = fb.analysis.coverage(np.moveaxis(kernels.reshape(5, 5, 8), -1, 0)).power
    np.testing.assert_allclose(shown[1:-1, 1:-1], expected, rtol=1e-12)
    shown = image_of(fb.plot.coverage(BasisLayer(WEIGHTS, BANK)).axes[0]).get_array()
    np.testing.assert_array_equal(shown[1:-1, 1:-1], fb.analysis.coverage(BANK).power)


def test_it_goes_into_axes_and_names_the_bounds_beside_the_colours():
    figure, (left, right) = plt.subplots(1, 2)
    assert fb.plot.coverage(fb.gabor(7), ax=left, colorbar=False) is figure
    assert not left.child_axes
    bank = fb.dct(5, n=24)
    fb.plot.coverage(bank, ax=right)
    (bar,) = right.child_axes
    lower = fb.analysis.frame_bounds(bank).lower
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0", "B = 25", f"A = {lower:.3g}"]
    np.testing.assert_allclose(bar.get_yticks(), [0, 25, lower])
    with pytest.raises(ValueError, match="pass one of them"):
        fb.plot.coverage(GABOR, ax=left, fig=figure)


@pytest.mark.parametrize("bank", [SIGNALS, GABOR, VOLUMES], ids=["1-D", "2-D", "3-D"])
def test_settings_of_matplotlib_stay(bank):
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        fb.plot.coverage(bank).draw_without_rendering()
        assert dict(plt.rcParams) == before


def test_small_planes_have_three_numbers():
    _, (small, large) = plt.subplots(1, 2, width_ratios=(1, 2), figsize=(9, 5))
    for ax in (small, large):
        fb.plot.coverage(GABOR, ax=ax)
    assert small.get_xticks().tolist() == [-0.5, 0, 0.5]
    assert large.get_xticks().tolist() == [-0.5, -0.25, 0, 0.25, 0.5]
