"""Pictures of learned kernels: kernels, coefficients, decomposition."""

from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import ml_dtypes
import numpy as np
import pytest
from test_plot import tiles_of

import filterbank as fb
from filterbank.plot._labels import MINUS
from filterbank.plot._sources import to_numpy

matplotlib.use("Agg")

RNG = np.random.default_rng(0)
BANK = fb.dct(5, n=6)
WEIGHTS = RNG.standard_normal((6, 2, 4))


@pytest.fixture(autouse=True)
def _no_figures_left():
    yield
    plt.close("all")


class Layer(SimpleNamespace):
    """What a Keras convolution looks like to a picture."""

    def __init__(self, kernel, **more):
        super().__init__(**{"name": "layer", "kernel": kernel, "kernel_size": (), **more})


class BasisLayer(Layer):
    def __init__(self, coefficients, bank, **more):
        super().__init__(fb.compose(coefficients, bank), coefficients=coefficients, bank=bank, **more)


class BasisConv2DTranspose(BasisLayer):
    """Outputs come before inputs, as in Keras's transposed convolutions."""


class Tensor:
    """A tensor that NumPy cannot read before it is detached, as torch's that require a gradient."""

    def __init__(self, values):
        self.values = values

    def __array__(self, *args, **kwargs):
        raise RuntimeError("call detach() first")

    def detach(self):
        return SimpleNamespace(cpu=lambda: SimpleNamespace(float=lambda: SimpleNamespace(numpy=lambda: self.values)))


def image_of(axes):
    (image,) = axes.get_images()
    return image


# Kernels


def test_rows_are_inputs_and_columns_outputs():
    kernels = RNG.standard_normal((5, 3, 2, 4))
    axes = fb.plot.kernels(kernels).axes[0]
    tiles = tiles_of(axes, (5, 3))
    np.testing.assert_array_equal(tiles, kernels.transpose(2, 3, 0, 1))
    assert image_of(axes).get_clim() == (-np.abs(kernels).max(), np.abs(kernels).max())
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("output", "input")
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0", "1", "2", "3"]


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
    assert axes.get_xlabel() == f"RGB: inputs 0, 1, 2; grey is 0; full colour is ±{limit:.3g}"
    assert not axes.child_axes


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


def nested_model():
    shared = Layer(RNG.standard_normal((3, 3, 2, 4)), name="conv")
    wrapped = SimpleNamespace(name="each", layer=Layer(RNG.standard_normal((3, 3, 3, 4)), name="colour"))
    dense = SimpleNamespace(name="dense", kernel=np.full((4, 3), 99.0))
    attention = SimpleNamespace(name="attention", kernel=np.full((4, 3, 2), 99.0))
    block = SimpleNamespace(name="block", layers=[shared, dense, wrapped])
    return SimpleNamespace(
        name="model", layers=[attention, block, shared, Layer(2 * np.ones((3, 3, 2, 2)), name="last")]
    )


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


def test_several_layers_do_not_go_into_one_axes():
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match="`ax` holds one layer, got a model with 3 convolutions; pass `fig` instead"):
        fb.plot.kernels(nested_model(), ax=axes)


def test_a_model_without_convolutions_is_refused():
    model = SimpleNamespace(name="mlp", layers=[SimpleNamespace(name="dense", kernel=np.ones((4, 3)))])
    with pytest.raises(ValueError, match="`source` must have a convolution to draw, got the model 'mlp' without one"):
        fb.plot.kernels(model)


@pytest.mark.parametrize("layer", [SimpleNamespace(name="new", kernel_size=3), Layer(None, name="new", bank=BANK)])
def test_layers_that_are_not_built_are_refused(layer):
    with pytest.raises(ValueError, match="`source` has no kernel yet: build 'new' first by calling it on an input"):
        fb.plot.kernels(layer)


# Tensors


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.int8])
def test_numbers_of_all_kinds_are_read(dtype):
    values = to_numpy("kernels", np.array([1.5, -2], dtype=dtype))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, np.array([1.5, -2]).astype(dtype).astype(np.float64))


def test_tensors_that_require_a_gradient_are_detached():
    np.testing.assert_array_equal(to_numpy("kernels", Tensor(np.array([1.5]))), [1.5])


@pytest.mark.parametrize(("value", "got"), [(np.array([1j]), "complex128 values"), ("text", "a str"), (None, "a None")])
def test_what_is_not_numbers_is_refused(value, got):
    with pytest.raises(TypeError, match=f"`kernels` must be real numbers, got {got}"):
        to_numpy("kernels", value)


# Coefficients


def test_rows_are_filters_and_columns_pairs():
    axes = fb.plot.coefficients(WEIGHTS, BANK).axes[0]
    image = image_of(axes)
    np.testing.assert_array_equal(image.get_array(), np.concatenate([WEIGHTS[:, 0], WEIGHTS[:, 1]], axis=1))
    assert image.get_clim() == (-np.abs(WEIGHTS).max(), np.abs(WEIGHTS).max())
    assert axes.get_xlabel() == "input, 4 outputs of each"
    np.testing.assert_array_equal(axes.get_xticks(), [1.5, 5.5])
    (between,) = axes.collections
    np.testing.assert_array_equal(between.get_segments()[0][:, 0], 3.5)


def test_coefficients_of_one_input_are_its_outputs():
    axes = fb.plot.coefficients(WEIGHTS[:, :1], limit=7).axes[0]
    assert image_of(axes).get_clim() == (-7, 7)
    assert axes.get_xlabel() == "output"
    assert not axes.collections


def test_columns_can_be_ordered_by_their_strongest_filter():
    weights = np.array([[1.0, 0, -5, 0], [0, 2, 0, -3]])[:, None]
    axes = fb.plot.coefficients(weights, sort="strongest").axes[0]
    np.testing.assert_array_equal(image_of(axes).get_array(), [[-5, 1, 0, 0], [0, 0, -3, 2]])
    assert axes.get_xlabel() == "outputs, ordered by their strongest filter"
    axes = fb.plot.coefficients(WEIGHTS, sort="strongest").axes[0]
    assert axes.get_xlabel() == "pairs of input and output, ordered by their strongest filter"


@pytest.mark.parametrize("bank", [BANK, fb.dct((5,)), fb.dct((3, 3, 3), n=8)], ids=["2-D", "1-D", "3-D"])
def test_filters_stand_beside_their_rows(bank):
    figure = fb.plot.coefficients(np.ones((len(bank), 1, 9)), bank)
    figure.canvas.draw()
    axes = figure.axes[0]
    column, bar = axes.child_axes
    assert len(bar.get_yticks()) == 3
    heat, tiles = axes.get_window_extent(), column.get_window_extent()
    np.testing.assert_allclose((tiles.y0, tiles.y1), (heat.y0, heat.y1), atol=0.5)
    assert heat.x0 - 5 < tiles.x1 < heat.x0
    assert [tick.get_text() for tick in column.get_yticklabels()] == [str(index) for index in range(len(bank))]
    drawn = column.get_images()[0].get_array() if bank.ndim > 1 else column.collections[1].get_array()
    np.testing.assert_allclose((drawn.min(), drawn.max()), (bank.filters.min(), bank.filters.max()), atol=0.3)


def test_filters_have_labels():
    column = (
        fb.plot.coefficients(np.ones((16, 1, 9)), fb.gabor(11), labels=["frequency", "phase"]).axes[0].child_axes[0]
    )
    assert [tick.get_text() for tick in column.get_yticklabels()][:2] == ["0.125, 0°", "0.125, 90°"]


@pytest.mark.parametrize("n", [121, 1000])
def test_rows_of_large_banks_are_numbered(n):
    figure = fb.plot.coefficients(np.ones((n, 1, 64)), np.eye(n, 3 * n))
    axes = figure.axes[0]
    assert len(axes.child_axes) == 1
    assert axes.get_ylabel() == "filter"
    assert 5 <= len(axes.get_yticks()) <= 9
    figure.canvas.draw()


def test_of_many_labels_some_are_written():
    labels = [f"filter {index}" for index in range(1000)]
    ticks = fb.plot.coefficients(np.ones((1000, 1, 9)), labels=labels).axes[0].get_yticklabels()
    written = [tick.get_text() for tick in ticks]
    assert 50 < len(written) < 200
    assert written == labels[:: 1000 // len(written) if 1000 % len(written) == 0 else -(-1000 // len(written))]


def test_a_layer_brings_its_coefficients_and_bank():
    axes = fb.plot.coefficients(BasisLayer(WEIGHTS, BANK), labels="order").axes[0]
    np.testing.assert_array_equal(image_of(axes).get_array(), WEIGHTS.reshape(6, -1))
    assert [tick.get_text() for tick in axes.child_axes[0].get_yticklabels()] == list("011222")


def test_zero_coefficients_are_drawn():
    assert image_of(fb.plot.coefficients(np.zeros((6, 1, 2)), BANK).axes[0]).get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((WEIGHTS[0],), ValueError, r"`coefficients` must be \(n, in, out\), got shape \(2, 4\)"),
        ((WEIGHTS, fb.dct(5)), ValueError, r"with n = 25, one for each filter of `bank`, got shape \(6, 2, 4\)"),
        ((Layer(np.ones((3, 3, 1, 1))),), TypeError, "must be a layer on a bank, such as BasisConv2D, .* got a Layer"),
        ((nested_model(),), TypeError, "must be a layer on a bank, such as BasisConv2D, .* got a SimpleNamespace"),
        ((SimpleNamespace(coefficients={}),), TypeError, r"got a history: use plot\.training"),
        (
            (SimpleNamespace(name="new", kernel_size=5, bank=BANK, coefficients=None),),
            ValueError,
            "`source` has no coefficients yet: build 'new' first",
        ),
    ],
)
def test_coefficients_that_do_not_fit_are_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        fb.plot.coefficients(*arguments)


def test_orders_are_those_that_exist():
    with pytest.raises(ValueError, match="`sort` must be one of None, 'strongest', got 'size'"):
        fb.plot.coefficients(WEIGHTS, sort="size")


# Decomposition


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_the_tiles_add_up_to_the_kernel():
    kernel = RNG.standard_normal((5, 5))
    axes = fb.plot.decomposition(kernel, fb.dct(5), terms=4).axes[0]
    tiles = tiles_of(axes, (5, 5))[0]
    np.testing.assert_array_equal(tiles[0], kernel)
    np.testing.assert_allclose(tiles[1:].sum(axis=0), kernel, rtol=0, atol=1e-15)
    limit = np.abs(tiles).max()
    assert image_of(axes).get_clim() == (-limit, limit)
    assert [text for text in texts_of(axes) if text in ("=", "+")] == ["=", "+", "+", "+", "+"]


def test_terms_of_an_orthonormal_bank_come_by_their_coefficients():
    bank = fb.dct(5)
    weights = np.zeros((25, 2, 3))
    weights[[7, 3, 20], 1, 2] = [0.5, -2, 1]
    layer = BasisLayer(weights, bank)
    axes = fb.plot.decomposition(layer, in_=1, out=2, terms=3).axes[0]
    tiles = tiles_of(axes, (5, 5))[0]
    np.testing.assert_array_equal(tiles[1], -2 * bank.filters[3])
    texts = texts_of(axes)
    assert texts[:5] == ["$W$", r"$a_{3}\,b_{3}$", r"$a_{20}\,b_{20}$", r"$a_{7}\,b_{7}$", "rest"]
    assert texts[6:10] == [f"{MINUS}2\n76.2 %", "1\n95.2 %", "0.5\n100 %", "22 terms"]


def test_terms_that_cancel_come_last():
    bank = fb.FilterBank([[1, 0, 0], [0, 1, 0.01], [0, 1, -0.01]])
    axes = fb.plot.decomposition(np.array([1.0, 0.01, 0.5]), bank, terms=3).axes[0]
    assert texts_of(axes)[1] == r"$a_{0}\,b_{0}$"
    shares = [text.split("\n")[1] for text in texts_of(axes) if "%" in text]
    assert shares[0] == "80 %"
    assert shares[1].startswith(MINUS)
    assert shares[2] == "100 %"


def test_a_whole_sum_has_no_rest():
    axes = fb.plot.decomposition(RNG.standard_normal((3, 3)), fb.dct(3), terms=9).axes[0]
    assert "rest" not in texts_of(axes)
    assert len(axes.texts) == 10 + 10 + 9


def test_more_terms_than_filters_are_as_many_as_filters():
    assert fb.plot.decomposition(np.eye(3), fb.dct(3), terms=50).axes[0].get_xlim() == (0, 8)


def test_what_the_bank_cannot_make_is_the_rest():
    kernel = np.diag([1.0, -1, 0])
    axes = fb.plot.decomposition(kernel, fb.dct(3, n=1)).axes[0]
    assert texts_of(axes)[2] == "rest"
    assert "not in span" in texts_of(axes)
    np.testing.assert_allclose(tiles_of(axes, (3, 3))[0, 2], kernel, atol=1e-15)


def test_nearly_all_is_not_all():
    kernel = np.zeros((5, 5))
    kernel += fb.dct(5).filters[0] + 0.005 * fb.dct(5).filters[1]
    assert "1\n>99.9 %" in texts_of(fb.plot.decomposition(kernel, fb.dct(5), terms=1).axes[0])


def test_a_zero_kernel_is_said_to_be_zero():
    figure = fb.plot.decomposition(np.zeros((5, 5)), fb.dct(5), terms=2)
    assert figure.axes[0].get_xlabel() == "the kernel is zero"
    assert image_of(figure.axes[0]).get_clim() == (-1, 1)
    assert not [text for text in texts_of(figure.axes[0]) if "%" in text]
    figure.canvas.draw()


def test_long_sums_go_on_in_the_next_row():
    axes = fb.plot.decomposition(np.eye(5), fb.dct(5), terms=12).axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 8), (2, 0))
    axes = fb.plot.decomposition(np.eye(5), fb.dct(5), terms=12, columns=4).axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4), (4, 0))


def test_one_dimensional_kernels_are_sums_too():
    kernel = RNG.standard_normal(7)
    bars = fb.plot.decomposition(kernel, fb.dct((7,)), terms=2).axes[0].collections[1]
    parts = bars.get_array().reshape(4, 7)
    np.testing.assert_array_equal(parts[0], kernel)
    np.testing.assert_allclose(parts[1:].sum(axis=0), kernel, atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "text"),
    [
        ((np.eye(5),), {}, TypeError, "`bank` is missing: the filters that the kernel is a sum of"),
        ((np.eye(4), BANK), {}, ValueError, r"must be a kernel of the bank's size \(5, 5\) in pixels, .* \(4, 4\)"),
        ((np.ones((5, 5, 2, 3)), BANK), {"out": 3}, ValueError, "`out` must be an integer from 0 to 2, got 3"),
        ((BasisLayer(WEIGHTS, BANK),), {"in_": -1}, ValueError, "`in_` must be an integer from 0 to 1, got -1"),
        ((np.eye(5), BANK), {"terms": 0}, ValueError, "`terms` must be an integer of at least 1, got 0"),
        ((np.eye(5), BANK), {"columns": 0}, ValueError, "`columns` must be an integer of at least 1, got 0"),
        ((Layer(np.ones((5, 5, 1, 1))),), {}, TypeError, "must be a layer on a bank, such as BasisConv2D"),
    ],
)
def test_decompositions_that_cannot_be_are_refused(arguments, settings, error, text):
    with pytest.raises(error, match=text):
        fb.plot.decomposition(*arguments, **settings)
