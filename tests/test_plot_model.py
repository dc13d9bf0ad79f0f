"""The picture of a whole model on one page."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, nested_model, texts_of

import filterbank as fb
from filterbank.plot._model_row import Row


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def named(*layers):
    return SimpleNamespace(name="net", layers=list(layers))


def deep(count):
    return named(*(Layer(RNG.standard_normal((3, 3, 4, 8)), name=f"conv_{number}") for number in range(count)))


def values_of(image):
    return np.unique(np.ma.compressed(np.ma.masked_invalid(image.get_array())))


def titles_of(axes):
    """Return the first lines of the rows: the names."""
    headings = ("kernels, strongest first", "bank", "coefficients", "energy", "")
    return [text for text in texts_of(axes) if text not in headings and "\n" not in text]


def test_every_convolution_has_a_row():
    axes = fb.plot.model(nested_model()).axes[0]
    assert titles_of(axes) == ["block/conv", "block/each/colour", "last"]
    assert axes.get_title(loc="left") == "model: 3 convolutions, 216 weights in kernels"
    facts = [text.split("\n") for text in texts_of(axes) if "\n" in text]
    assert facts[0][:2] == ["Layer, 3x3, 2 → 4", "72 weights"]
    assert facts[0][2].startswith("8 kernels, ±")


def test_the_strongest_kernels_come_first_each_layer_on_its_own_scale():
    weak, strong = RNG.standard_normal((3, 3, 8, 50)), 100 * RNG.standard_normal((3, 3, 2, 2))
    axes = fb.plot.model(named(Layer(weak, name="weak"), Layer(strong, name="strong"))).axes[0]
    first, second = axes.get_images()
    tiles = np.moveaxis(weak, (-2, -1), (0, 1)).reshape(-1, 3, 3) / np.abs(weak).max()
    (shown,) = [text.split("\n")[2] for text in texts_of(axes) if "of 400 kernels" in text]
    count = int(shown.split()[0])
    strongest = tiles[np.argsort(-np.linalg.norm(tiles.reshape(400, -1), axis=1))][:count]
    np.testing.assert_array_equal(values_of(first), np.unique(strongest))
    np.testing.assert_array_equal(values_of(second), np.unique(strong / np.abs(strong).max()))
    assert first.get_clim() == second.get_clim() == (-1, 1)
    assert "each layer on its own scale" in axes.get_xlabel()
    assert shown == f"{count} of 400 kernels, ±{np.abs(weak).max():.3g}"


def test_the_scale_can_be_one_for_all():
    weak, strong = RNG.standard_normal((3, 3, 1, 2)), 100 * RNG.standard_normal((3, 3, 1, 2))
    axes = fb.plot.model(named(Layer(weak, name="weak"), Layer(strong, name="strong")), scale="shared").axes[0]
    limit = np.abs(strong).max()
    np.testing.assert_array_equal(values_of(axes.get_images()[0]), np.unique(weak / limit))
    assert "own scale" not in axes.get_xlabel()
    (bar,) = axes.child_axes
    assert bar.get_ylim() == (-limit, limit)


def test_layers_on_a_bank_show_it_and_their_coefficients():
    layer = BasisLayer(WEIGHTS, BANK, name="on bank")
    axes = fb.plot.model(named(layer, Layer(RNG.standard_normal((3, 3, 4, 4)), name="plain"))).axes[0]
    kernels, bank, coefficients, _ = axes.get_images()
    np.testing.assert_array_equal(values_of(kernels), np.unique(layer.kernel / np.abs(layer.kernel).max()))
    np.testing.assert_array_equal(values_of(bank), np.unique(BANK.filters / np.abs(BANK.filters).max()))
    np.testing.assert_array_equal(coefficients.get_array(), WEIGHTS.reshape(6, -1) / np.abs(WEIGHTS).max())
    assert any("dct, 6 filters\n48 coefficients" in text for text in texts_of(axes))
    assert {"bank", "coefficients"} <= set(texts_of(axes))
    assert not {"bank", "coefficients"} & set(texts_of(fb.plot.model(nested_model()).axes[0]))


def test_three_inputs_are_colours():
    kernels = RNG.standard_normal((5, 5, 3, 4))
    (image,) = fb.plot.model(named(Layer(kernels))).axes[0].get_images()
    colours = image.get_array()
    drawn = colours[colours[..., 3] == 1][:, :3]
    expected = 0.5 + 0.5 * kernels / np.abs(kernels).max()
    np.testing.assert_allclose(np.unique(drawn.round(9)), np.unique(expected.round(9)))


def test_kernels_of_one_pixel_are_a_matrix():
    kernels = RNG.standard_normal((1, 1, 8, 16))
    axes = fb.plot.model(named(Layer(kernels))).axes[0]
    (image,) = axes.get_images()
    np.testing.assert_array_equal(image.get_array(), kernels[0, 0] / np.abs(kernels).max())
    left, right, bottom, top = image.get_extent()
    assert (right - left) / (bottom - top) == pytest.approx(2)
    assert not axes.get_lines()
    large = RNG.standard_normal((1, 1, 300, 500)) * np.linspace(1, 2, 500)
    axes = fb.plot.model(named(Layer(large))).axes[0]
    drawn = axes.get_images()[0].get_array() * np.abs(large).max()
    rows = np.sort(np.argsort(-np.linalg.norm(large[0, 0], axis=1))[: len(drawn)])
    kept = large[0, 0][rows]
    columns = np.sort(np.argsort(-np.linalg.norm(kept, axis=0))[: drawn.shape[1]])
    np.testing.assert_allclose(drawn, kept[:, columns], rtol=1e-14)
    assert 20 < len(drawn) < 100 < drawn.shape[1] < 300
    assert any(f"{len(drawn)}x{drawn.shape[1]} of 300x500, ±" in text for text in texts_of(axes))


def test_the_energy_is_that_of_the_best_filters():
    kernels = fb.compose(RNG.standard_normal((3, 4, 10)), fb.dct(5, n=3))
    shares = Row.of(Layer(kernels), "").energies()
    flat = np.moveaxis(kernels.reshape(25, -1), 0, -1)
    squares = np.linalg.svd(flat, compute_uv=False) ** 2
    np.testing.assert_allclose(shares, [0, *np.cumsum(squares) / squares.sum()], atol=1e-12)
    assert shares[2] < 0.99 < shares[3]
    best = fb.kernel_basis(kernels, 2)
    explained = fb.analysis.project(kernels, best).explained
    assert shares[2] == pytest.approx(explained, abs=1e-9)
    (dot,) = fb.plot.model(Layer(kernels)).axes[0].get_lines()
    curve = fb.plot.model(Layer(kernels)).axes[0].collections[-1].get_segments()[0]
    first = int((shares >= 0.95).argmax())
    np.testing.assert_allclose(np.ravel([dot.get_xdata(), dot.get_ydata()]), curve[first])


def test_kernels_of_zero_are_drawn():
    figure = fb.plot.model(named(Layer(np.zeros((3, 3, 2, 2)))))
    assert not figure.axes[0].get_lines()
    figure.canvas.draw()


@pytest.mark.parametrize("count", [1, 5, 50])
def test_every_row_is_on_the_page_and_no_text_meets_another(count):
    figure = fb.plot.model(deep(count))
    (axes,) = figure.axes
    figure.canvas.draw()
    assert max(figure.get_size_inches()) < 11.5
    assert titles_of(axes)[:1] == ["conv_0"] or titles_of(axes)[0].startswith("conv_0 ")
    assert len(axes.get_images()) == count
    boxes = sorted((text.get_window_extent() for text in axes.texts if text.get_text()), key=lambda box: -box.y1)
    tiles = min(image.get_window_extent().x0 for image in axes.get_images())
    beside = [box for box in boxes if box.x0 < axes.get_window_extent().x0 + 20]
    assert all(box.x1 < tiles for box in beside)
    for upper, lower in itertools.pairwise(beside):
        assert lower.y1 < upper.y0 + 2  # pixels
    assert beside[0].height > 5


def test_what_has_no_room_is_said():
    axes = fb.plot.model(deep(100)).axes[0]
    assert axes.get_title(loc="left").startswith("net: 60 of 100 convolutions, ")
    assert len(axes.get_images()) == 60
    chosen = fb.plot.model(deep(100), layers=[99, 3]).axes[0]
    assert titles_of(chosen) == ["conv_99", "conv_3"]
    long = fb.plot.model(named(Layer(np.ones((3, 3, 1, 1)), name="a" * 100 + "z"))).axes[0]
    (name,) = titles_of(long)
    assert (name[0], name[-1]) == ("a", "z")
    assert "…" in name


@pytest.mark.parametrize(
    "layer",
    [
        BasisLayer(RNG.standard_normal((9, 2, 8)), fb.dct((9,)), name="signal"),
        BasisLayer(RNG.standard_normal((8, 2, 8)), fb.dct((3, 5, 5), n=8), name="volume"),
        Layer(RNG.standard_normal((3, 3, 8, 1)), name="depthwise", depth_multiplier=1),
    ],
)
def test_layers_of_all_kinds_are_drawn(layer):
    figure = fb.plot.model(layer)
    figure.canvas.draw()
    assert layer.name in texts_of(figure.axes[0])
    assert figure.axes[0].get_images()
    assert ("central slices" in figure.axes[0].get_xlabel()) == (layer.name == "volume")


def test_a_page_fits_into_axes_of_the_caller():
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
    fb.plot.model(nested_model(), ax=left)
    figure.canvas.draw()
    assert not right.has_data()
    outer = left.get_window_extent()
    assert all(outer.x0 - 1 < image.get_window_extent().x0 < outer.x1 for image in left.get_images())


@pytest.mark.parametrize(
    ("source", "settings", "error", "text"),
    [
        (
            np.ones((3, 3, 1, 1)),
            {},
            TypeError,
            r"must be a Keras model, .* shape .*; plot.kernels draws arrays",
        ),
        (BANK, {}, TypeError, "got a bank: use plot.filters"),
        (
            named(SimpleNamespace(name="dense", kernel=np.ones((2, 2)))),
            {},
            ValueError,
            "must have a convolution",
        ),
        (nested_model(), {"scale": "each"}, ValueError, "`scale` must be one of 'layer', 'shared', got 'each'"),
        (nested_model(), {"layers": 4}, ValueError, "`layers` must be an integer from 1 to 3, got 4"),
        (named(Layer(None, name="new")), {}, ValueError, "has no kernel yet: build 'new' first"),
    ],
)
def test_what_cannot_be_drawn_is_refused(source, settings, error, text):
    with pytest.raises(error, match=text):
        fb.plot.model(source, **settings)


@pytest.mark.parametrize("inches", [(3.4, 2.8), (4.2, 3.4), (8, 6)])
def test_texts_keep_out_of_the_kernels_and_keep_the_scale(inches):
    shapes = [(11, 11, 3, 64), (3, 3, 64, 64), (1, 1, 64, 256), (31, 2, 5), (3, 3, 3, 2, 4)]
    layers = [Layer(RNG.standard_normal(shape), name=f"block{at}_convolution") for at, shape in enumerate(shapes)]
    layers.append(BasisLayer(WEIGHTS, BANK, name="a_layer_on_a_bank"))
    figure = plt.figure(figsize=inches, layout="constrained")
    (axes,) = fb.plot.model(SimpleNamespace(name="mixed", layers=layers), fig=figure).axes
    figure.canvas.draw()
    kernels = min(image.get_window_extent().x0 for image in axes.get_images())
    beside = [text for text in axes.texts if text.get_window_extent().x0 < kernels]
    assert sum(text.get_text().count("±") for text in beside) == len(layers)
    assert all(text.get_window_extent().x1 < kernels + 1 for text in beside)
    plt.close(figure)
