"""The picture of kernels, of layers, models and arrays."""

from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import (
    BANK,
    RNG,
    WEIGHTS,
    BasisConv2DTranspose,
    BasisLayer,
    Layer,
    image_of,
    nested_model,
    tiles_of,
)

import filterbank as fb

matplotlib.use("Agg")


def test_rows_are_inputs_and_columns_outputs():
    kernels = RNG.standard_normal((5, 3, 2, 4))
    axes = fb.plot.kernels(kernels).axes[0]
    tiles = tiles_of(axes, (5, 3))
    np.testing.assert_array_equal(tiles, kernels.transpose(2, 3, 0, 1))
    assert image_of(axes).get_clim() == (-np.abs(kernels).max(), np.abs(kernels).max())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("output", "input")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "2", "3"]


def labels(axis):
    return dict(zip(axis.get_ticklocs(), [tick.get_text() for tick in axis.get_ticklabels()], strict=True))


def test_wide_matrices_go_on_below():
    kernels = RNG.standard_normal((5, 3, 4, 64))
    figure = fb.plot.kernels(kernels)
    axes = figure.axes[0]
    width = round(image_of(axes).get_extent()[1])
    assert round(axes.get_ylim()[0]) == 5 * -(-64 // width) - 1
    cut = range(width, 64, width)
    bands = [band.reshape(-1, 5, 3) for band in np.split(kernels.transpose(2, 3, 0, 1), cut, axis=1)]
    np.testing.assert_array_equal(tiles_of(axes, (5, 3)), np.concatenate(bands))
    for text in axes.texts:
        x, y = text.xy
        assert text.get_text() == str(int(x) + width * (int(y) // 5))
    assert labels(axes.xaxis)[0.5] == str(cut[-1])
    assert [labels(axes.yaxis)[row + 0.5] for row in (0, 3, 5, 8)] == ["0", "3", "0", "3"]
    figure.canvas.draw()
    assert axes.get_window_extent().width / figure.dpi / width > 0.4


def test_high_matrices_go_on_beside():
    kernels = RNG.standard_normal((5, 5, 64, 4))
    axes = fb.plot.kernels(kernels).axes[0]
    height = round(axes.get_ylim()[0])
    tiles = tiles_of(axes, (5, 5))
    np.testing.assert_array_equal(tiles[4], kernels[:, :, height, 0])
    np.testing.assert_array_equal(tiles[-1], kernels[:, :, 2 * height - 1, 3])  # the last band is shorter
    assert len(tiles) == 256
    for text in axes.texts:
        x, y = text.xy
        assert text.get_text() == str(int(y) + height * int(x // 5))
    assert [labels(axes.xaxis)[column + 0.5] for column in (0, 3, 5, 8)] == ["0", "3", "0", "3"]
    assert labels(axes.yaxis)[4.5] == "4"


def test_numbers_of_channels_inside_a_picture_are_those_that_were_chosen():
    outputs = list(range(63, -1, -1))
    texts = fb.plot.kernels(RNG.standard_normal((3, 3, 2, 64)), outputs=outputs).axes[0].texts
    assert texts[0].get_text() == "63"


def test_matrices_of_which_tiles_are_readable_are_not_cut():
    assert not fb.plot.kernels(RNG.standard_normal((3, 3, 2, 20))).axes[0].texts
    assert not fb.plot.kernels(RNG.standard_normal((3, 3, 32, 32))).axes[0].texts


def test_one_dimensional_kernels_and_volumes_go_on_too():
    for size in [(7,), (3, 3, 3)]:
        axes = fb.plot.kernels(RNG.standard_normal((*size, 2, 64))).axes[0]
        assert axes.get_ylim()[0] > 2
        assert axes.texts


@pytest.mark.parametrize("shape", [(5, 5, 1, 6), (5, 5, 6, 1)])
def test_kernels_of_one_input_or_output_follow_each_other(shape):
    kernels = RNG.standard_normal(shape)
    axes = fb.plot.kernels(kernels).axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (5, 5)).reshape(6, 5, 5), kernels.reshape(5, 5, 6).transpose(2, 0, 1))
    assert not len(axes.get_xticks())


def test_three_inputs_are_colours_about_mid_grey():
    kernels = RNG.standard_normal((5, 5, 3, 4))
    axes = fb.plot.kernels(kernels).axes[0]
    tiles = tiles_of(axes, (5, 5)).reshape(4, 5, 5, 4)
    limit = np.abs(kernels).max()
    np.testing.assert_allclose(tiles[..., :3], 0.5 + kernels.transpose(3, 0, 1, 2) / limit / 2, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(tiles[..., 3], 1)
    said = axes.get_xlabel().replace("\n", " ")
    assert said == f"RGB: inputs 0, 1, 2; grey is 0; full colour is ±{limit:.3g}"
    assert not axes.child_axes


@pytest.mark.parametrize("inches", [1.5, 2.0, 2.5, 3.0])
def test_what_is_said_below_breaks_between_clauses(inches):
    figure = plt.figure(figsize=(inches, 2))
    said = fb.plot.kernels(np.ones((5, 5, 3, 4)), fig=figure).axes[0].get_xlabel()
    assert "\n" in said
    assert all(line.endswith(";") for line in said.split("\n")[:-1])


def test_colour_kernels_keep_no_room_for_a_colour_bar():
    kernels = RNG.standard_normal((5, 5, 3, 4))
    assert fb.plot.kernels(kernels).get_figwidth() == fb.plot.kernels(kernels, colorbar=False).get_figwidth()


def test_colour_kernels_beyond_the_limit_are_cut():
    tiles = tiles_of(fb.plot.kernels(np.full((5, 5, 3, 1), [[2], [-2], [0]]), limit=1).axes[0], (5, 5))
    np.testing.assert_array_equal(tiles[0, 0, 0, 0], [1, 0, 0.5, 1])


def test_zero_colour_kernels_are_grey():
    tiles = tiles_of(fb.plot.kernels(np.zeros((5, 5, 3, 1))).axes[0], (5, 5))
    np.testing.assert_array_equal(tiles[..., :3], 0.5)


def test_three_inputs_can_be_drawn_one_by_one():
    kernels = RNG.standard_normal((5, 5, 3, 4))
    tiles = tiles_of(fb.plot.kernels(kernels, rgb=False).axes[0], (5, 5))
    np.testing.assert_array_equal(tiles, kernels.transpose(2, 3, 0, 1))


def test_colour_needs_three_inputs():
    with pytest.raises(ValueError, match=r"`rgb` needs kernels of two or three dimensions with exactly 3 inputs"):
        fb.plot.kernels(np.ones((5, 5, 2, 4)), rgb=True)


def test_one_dimensional_kernels_of_three_inputs_are_bars():
    kernels = RNG.standard_normal((5, 3, 2))
    bars = fb.plot.kernels(kernels).axes[0].collections[1]
    np.testing.assert_array_equal(bars.get_array(), kernels.transpose(1, 2, 0).ravel())


def test_three_dimensional_colour_kernels_have_nothing_between_their_slices():
    figure = fb.plot.kernels(RNG.standard_normal((3, 5, 5, 3, 1)))
    sheet = image_of(figure.axes[0]).get_array()
    assert set(np.unique(sheet[..., 3])) == {0, 1}
    assert figure.axes[0].get_xlabel().startswith("central slices yx, zx, zy; RGB: inputs 0, 1, 2;")
    figure.canvas.draw()


def test_each_kernel_on_its_own_scale_is_said():
    axes = fb.plot.kernels(RNG.standard_normal((5, 5, 2, 4)), scale="each").axes[0]
    assert np.abs(tiles_of(axes, (5, 5))).max(axis=(2, 3)).tolist() == [[1] * 4] * 2
    assert axes.get_xlabel() == "output; each kernel on its own scale"


def test_chosen_channels_are_named():
    kernels = RNG.standard_normal((5, 5, 6, 9))
    axes = fb.plot.kernels(kernels, inputs=[5, 1], outputs=3).axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (5, 5)), kernels[:, :, [5, 1], :3].transpose(2, 3, 0, 1))
    assert axes.get_title(loc="left") == "3 of 9 outputs, 2 of 6 inputs"
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["5", "1"]


@pytest.mark.parametrize(
    ("outputs", "error", "text"),
    [
        (10, ValueError, "`outputs` must be an integer from 1 to 9, got 10"),
        ([9], ValueError, "`outputs` must be an integer from 0 to 8, got 9"),
        ([], ValueError, "`outputs` must choose at least one of 9"),
        ([0.5], TypeError, "`outputs` must be an integer from 0 to 8, got 0.5"),
    ],
)
def test_channels_that_do_not_exist_are_refused(outputs, error, text):
    with pytest.raises(error, match=text):
        fb.plot.kernels(np.ones((5, 5, 6, 9)), outputs=outputs)


def test_of_many_channels_the_first_are_drawn_and_the_title_says_so():
    axes = fb.plot.kernels(Layer(np.zeros((3, 3, 70, 80)), name="wide")).axes[0]
    assert axes.get_title(loc="left") == "wide (64 of 80 outputs, 64 of 70 inputs)"
    assert tiles_of(axes, (3, 3)).shape[:2] == (64, 64)
    axes = fb.plot.kernels(np.zeros((3, 3, 1, 1500))).axes[0]
    assert axes.get_title(loc="left") == "1024 of 1500 outputs"


def test_kernels_must_have_channels():
    with pytest.raises(ValueError, match=r"`kernels` must be \(\*size, in, out\) .* got shape \(5, 5\); give a single"):
        fb.plot.kernels(np.ones((5, 5)))


def test_a_bank_is_sent_to_the_other_picture():
    with pytest.raises(TypeError, match=r"got a bank: use plot\.filters"):
        fb.plot.kernels(BANK)


@pytest.mark.parametrize("picture", [fb.plot.kernels, fb.plot.coefficients, fb.plot.training])
def test_nan_is_refused(picture):
    values = np.ones((3, 3, 3, 3) if picture is not fb.plot.coefficients else (6, 2, 4))
    values[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match=r"must be finite, got NaN or infinity in \d+ of \d+ values; a training"):
        picture(values)


def test_what_is_neither_layer_nor_array_is_refused():
    with pytest.raises(TypeError, match="`kernels` must be a layer with a kernel, a model, or real numbers"):
        fb.plot.kernels(object())


# Layers and models


def test_a_layer_gives_its_name_and_kernel():
    layer = BasisLayer(WEIGHTS, BANK, name="conv_1")
    axes = fb.plot.kernels(layer).axes[0]
    assert axes.get_title(loc="left") == "conv_1"
    np.testing.assert_array_equal(tiles_of(axes, (5, 5)), layer.kernel.transpose(2, 3, 0, 1))


def test_a_layer_without_a_name_goes_by_its_class():
    assert fb.plot.kernels(Layer(np.ones((3, 3, 1, 1)), name="")).axes[0].get_title(loc="left") == "Layer"


def test_transposed_layers_have_their_channels_in_order():
    layer = BasisConv2DTranspose(WEIGHTS, BANK)
    tiles = tiles_of(fb.plot.kernels(layer).axes[0], (5, 5))
    np.testing.assert_array_equal(tiles, layer.kernel.transpose(3, 2, 0, 1))
    image = image_of(fb.plot.coefficients(layer).axes[0])
    np.testing.assert_array_equal(image.get_array(), WEIGHTS.swapaxes(1, 2).reshape(6, -1))


def test_depthwise_kernels_are_no_colours():
    layer = Layer(RNG.standard_normal((5, 5, 3, 2)), depth_multiplier=2)
    axes = fb.plot.kernels(layer).axes[0]
    assert tiles_of(axes, (5, 5)).shape[:2] == (3, 2)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("multiple", "input")


def test_separable_layers_show_their_depthwise_kernel():
    layer = SimpleNamespace(name="separable", kernel_size=5, depthwise_kernel=np.ones((5, 5, 2, 1)), depth_multiplier=1)
    assert fb.plot.kernels(layer).axes[0].get_title(loc="left") == "separable"


def test_inputs_of_grouped_layers_are_those_of_the_group():
    axes = fb.plot.kernels(Layer(np.ones((5, 5, 2, 4)), groups=2)).axes[0]
    assert axes.get_ylabel() == "input of the group"


def test_a_model_shows_every_convolution_once_under_its_path():
    figure = fb.plot.kernels(nested_model(), colorbar=False)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["block/conv", "block/each/colour", "last"]


def test_a_model_has_one_scale():
    model = nested_model()
    peak = max(np.abs(layer.kernel).max() for layer in [*model.layers[1].layers[::3], *model.layers[2:]])
    peak = max(peak, np.abs(model.layers[1].layers[2].layer.kernel).max())
    figure = fb.plot.kernels(model, colorbar=False)
    assert {image_of(axes).get_clim() for axes in figure.axes} == {(-peak, peak)}
    assert f"±{peak:.3g}" in figure.axes[1].get_xlabel()


def test_layers_can_have_their_own_scales():
    model = nested_model()
    figure = fb.plot.kernels(model, scale="layer")
    assert image_of(figure.axes[2]).get_clim() == (-2, 2)
    peak = np.abs(model.layers[1].layers[0].kernel).max()
    assert image_of(figure.axes[0]).get_clim() == (-peak, peak)
    assert [len(axes.child_axes) for axes in figure.axes[:3]] == [1, 0, 1]
    assert all(axes.get_xlabel().endswith("each layer on its own scale") for axes in figure.axes[:3])


def test_blocks_of_a_model_are_in_one_scale_of_length():
    figure = fb.plot.kernels(nested_model())
    figure.canvas.draw()
    boxes = [axes.get_window_extent() for axes in figure.axes[:3]]
    np.testing.assert_allclose([box.x0 for box in boxes], boxes[0].x0, atol=1)
    np.testing.assert_allclose([box.width for box in boxes], boxes[0].width, rtol=0.02)


def test_blocks_of_a_model_use_the_width():
    layers = [Layer(RNG.standard_normal((5, 5, *channels)), name="conv") for channels in [(3, 32), (16, 8), (8, 4)]]
    figure = fb.plot.kernels(SimpleNamespace(name="model", layers=layers))
    figure.canvas.draw()
    for axes in figure.axes:
        assert axes.get_xlim()[1] < 2 * image_of(axes).get_extent()[1]
        assert axes.get_window_extent().width / figure.dpi / axes.get_xlim()[1] > 0.4


def test_of_wide_layers_of_a_model_the_first_kernels_are_drawn():
    layers = [Layer(RNG.standard_normal((3, 3, 64, 64)), name=name) for name in ("a", "b")]
    axes = fb.plot.kernels(SimpleNamespace(name="model", layers=layers)).axes[0]
    assert axes.get_title(loc="left") == "a (32 of 64 outputs, 8 of 64 inputs)"


def test_the_colour_bar_stands_beside_the_tiles():
    layers = [Layer(RNG.standard_normal((5, 5, *channels)), name="conv") for channels in [(3, 32), (2, 2)]]
    figure = fb.plot.kernels(SimpleNamespace(name="model", layers=layers))
    figure.canvas.draw()
    axes = figure.axes[1]
    (bar,) = axes.child_axes
    edge = axes.transData.transform((2, 0))[0]
    assert edge < bar.get_window_extent().x0 < edge + 0.2 * figure.dpi
    assert axes.get_xlim()[1] > 4


def test_several_layers_do_not_go_into_one_axes():
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match="`ax` holds one layer, got a model with 3 convolutions; pass `fig` instead"):
        fb.plot.kernels(nested_model(), ax=axes)


def test_a_model_without_convolutions_is_refused():
    model = SimpleNamespace(name="mlp", layers=[SimpleNamespace(name="dense", kernel=np.ones((4, 3)))])
    with pytest.raises(ValueError, match="`source` must have a convolution to draw, got the model 'mlp' without one"):
        fb.plot.kernels(model)


@pytest.mark.parametrize(
    "layer",
    [SimpleNamespace(name="new", kernel_size=3), Layer(None, name="new", bank=BANK, coefficients=None)],
)
def test_layers_that_are_not_built_are_refused(layer):
    with pytest.raises(ValueError, match="`source` has no kernel yet: build 'new' first by calling it on an input"):
        fb.plot.kernels(layer)
