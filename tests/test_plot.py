"""What all pictures have in common, and the picture of a bank."""

import itertools
from types import SimpleNamespace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from plotted import tiles_of, trimmed

import filterbank as fb
from filterbank.plot._labels import MINUS, tidy

matplotlib.use("Agg")

BANK = fb.gabor(11)
WEIGHTS = np.random.default_rng(0).standard_normal((16, 2, 5))
KERNELS = fb.compose(WEIGHTS, BANK)
MOVING = KERNELS * np.arange(1.0, 4.0)[:, None, None, None, None]
MODEL = SimpleNamespace(
    layers=[
        SimpleNamespace(name="first", kernel_size=11, kernel=KERNELS),
        SimpleNamespace(name="second", kernel_size=11, kernel=2 * KERNELS),
    ]
)

# Every picture by name: how to draw it, and how many axes it has without colour bars.
PICTURES = {
    "filters": (lambda **where: fb.plot.filters(BANK, labels="index", **where), 1),
    "kernels": (lambda **where: fb.plot.kernels(KERNELS, **where), 1),
    "model": (lambda **where: fb.plot.kernels(MODEL, **where), 2),
    "coefficients": (lambda **where: fb.plot.coefficients(WEIGHTS, BANK, **where), 1),
    "decomposition": (lambda **where: fb.plot.decomposition(KERNELS, BANK, **where), 1),
    "page": (lambda **where: fb.plot.model(MODEL, **where), 1),
    "responses": (lambda **where: fb.plot.responses(np.eye(32), BANK, labels="index", **where), 1),
    "orientations": (lambda **where: fb.plot.responses(np.eye(32), BANK, kind="orientation", **where), 1),
    "training": (lambda **where: fb.plot.training(MOVING, **where), 2),
}
IN_ONE_AXES = ("filters", "kernels", "coefficients", "decomposition", "page", "responses", "orientations", "training")


@pytest.fixture(params=PICTURES)
def picture(request):
    return PICTURES[request.param]


# All pictures


def test_a_picture_makes_one_pyplot_figure_and_returns_it(picture):
    draw, count = picture
    figure = draw(colorbar=False)
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == [figure.number]
    assert plt.gcf() is figure
    assert len(figure.axes) == count


def test_a_picture_in_a_figure_makes_no_other(picture):
    draw, count = picture
    figure = Figure()
    assert draw(fig=figure, colorbar=False) is figure
    assert len(figure.axes) == count
    assert not plt.get_fignums()


def test_a_picture_in_a_subfigure_returns_the_whole_figure(picture):
    draw, count = picture
    figure = Figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    assert draw(fig=right, colorbar=False) is figure
    assert len(right.axes) == count
    assert not left.axes
    figure.canvas.draw()


@pytest.mark.parametrize("name", IN_ONE_AXES)
def test_a_picture_in_axes_touches_nothing_else(name):
    figure, (left, right) = plt.subplots(1, 2)
    other = plt.figure()
    other.add_subplot()
    assert PICTURES[name][0](ax=left) is figure
    assert any(place.get_images() for place in (left, *left.child_axes))
    assert not right.has_data()
    assert plt.gcf() is other
    assert len(plt.get_fignums()) == 2


@pytest.mark.parametrize("name", IN_ONE_AXES)
def test_axes_and_figure_together_are_refused(name):
    figure, axes = plt.subplots()
    with pytest.raises(ValueError, match="`ax` and `fig` both say where to draw; pass one of them"):
        PICTURES[name][0](ax=axes, fig=figure)


@pytest.mark.parametrize("name", IN_ONE_AXES)
def test_an_array_of_axes_is_refused(name):
    _, axes = plt.subplots(1, 2)
    with pytest.raises(TypeError, match="`ax` must be one Matplotlib Axes, got a ndarray; pass a figure as `fig`"):
        PICTURES[name][0](ax=axes)


def test_what_is_no_figure_is_refused(picture):
    _, axes = plt.subplots()
    with pytest.raises(TypeError, match="`fig` must be a Matplotlib Figure or SubFigure, got a Axes"):
        picture[0](fig=axes)


def test_rc_parameters_stay_as_they_are(picture):
    before = dict(plt.rcParams)
    picture[0]().canvas.draw()
    assert dict(plt.rcParams) == before


def test_a_new_figure_holds_all_that_is_drawn(picture):
    figure = picture[0]()
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 > -0.02
    assert box.y0 > -0.02
    assert box.x1 < width + 0.02
    assert box.y1 < height + 0.02


def test_dark_style_reaches_texts_and_lines(picture):
    with plt.style.context("dark_background"):
        figure = picture[0]()
        figure.canvas.draw()
    texts = [text for axes in figure.axes for text in (*axes.texts, axes.xaxis.label, axes.yaxis.label)]
    assert {to_rgba(text.get_color()) for text in texts} == {(1, 1, 1, 1)}
    lines = [lines.get_edgecolor()[0][:3] for axes in figure.axes for lines in axes.collections]
    between_inputs = to_rgba("0.4")[:3]  # on the coefficients, which are bright in any style
    assert {tuple(colour) for colour in lines} <= {(1, 1, 1), between_inputs}


def test_a_notebook_cell_shows_a_new_figure_once():
    figure = fb.plot.filters(BANK)
    with pytest.raises(NotImplementedError):  # the value of the last line: shown as any figure
        figure._ipython_display_()
    figure._ipython_display_()  # the figures still open when the cell ends: not again
    plt.close(figure)
    for _ in range(2):  # in later cells, as often as the user likes
        with pytest.raises(NotImplementedError):
            figure._ipython_display_()


# The picture of a bank


@pytest.mark.parametrize("size", [3, 11, 31, (5, 9)])
@pytest.mark.parametrize("n", [1, 10, 121])
def test_tiles_are_the_filters_on_one_symmetric_scale(size, n):
    values = np.random.default_rng(n).standard_normal((n, *fb.delta(size, n=1).size))
    axes = fb.plot.filters(values, colorbar=False).axes[0]
    np.testing.assert_array_equal(tiles_of(axes, values.shape[1:]).reshape(values.shape), values)
    assert axes.get_images()[0].get_clim() == (-np.abs(values).max(), np.abs(values).max())
    assert axes.get_images()[0].get_cmap().name == "RdBu_r"


def test_a_thousand_filters_are_one_image():
    figure = fb.plot.filters(np.random.default_rng(0).standard_normal((1000, 31, 31)))
    assert len(figure.axes) == 1
    assert len(figure.axes[0].get_images()) == 1
    assert len(figure.axes[0].collections) == 1
    assert max(figure.get_size_inches()) < 12
    figure.canvas.draw()


@pytest.mark.parametrize("n", [1, 10, 16, 121, 1000])
def test_grids_waste_little(n):
    axes = fb.plot.filters(np.ones((n, 3, 3))).axes[0]
    columns, rows = axes.get_xlim()[1], axes.get_ylim()[0]
    assert n <= columns * rows < 1.1 * n
    assert 1 <= columns / rows <= 2.5


def test_columns_can_be_chosen():
    axes = fb.plot.filters(BANK, columns=8).axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 8), (2, 0))


def test_more_columns_than_filters_are_as_many_as_filters():
    assert fb.plot.filters(BANK[:3], columns=8).axes[0].get_xlim() == (0, 3)


def test_the_limit_can_be_given_for_pictures_on_one_scale():
    figure = fb.plot.filters(BANK, limit=2.5)
    assert figure.axes[0].get_images()[0].get_clim() == (-2.5, 2.5)


def test_each_filter_on_its_own_scale_is_said_in_the_picture():
    values = np.stack([np.eye(3), -10 * np.eye(3), np.zeros((3, 3))])
    axes = fb.plot.filters(values, scale="each").axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (3, 3))[0], [np.eye(3), -np.eye(3), np.zeros((3, 3))])
    assert axes.get_images()[0].get_clim() == (-1, 1)
    assert axes.get_xlabel() == "each filter on its own scale"


def test_filters_through_channels_are_drawn_in_colour():
    filters = np.random.default_rng(0).uniform(-1, 1, (4, 5, 6, 3))
    filters[0, 0, 0] = [2, -2, 0]
    figure = fb.plot.filters(filters, rgb=True)
    (axes,) = figure.axes  # and no colour bar
    tiles = tiles_of(axes, (5, 6))
    np.testing.assert_allclose(tiles.reshape(4, 5, 6, 4)[..., :3], 0.5 + filters / 4, rtol=0, atol=1e-12)
    assert axes.get_xlabel().replace("\n", " ") == "RGB: the last axis; grey is 0; full colour is ±2"
    for wrong in (filters[..., 0], filters[..., :2], filters[:, 0]):
        with pytest.raises(ValueError, match=r"`rgb` needs filters \(n, height, width, 3\), got shape .*; drop"):
            fb.plot.filters(wrong, rgb=True)


def test_a_limit_with_each_its_own_scale_is_refused():
    with pytest.raises(ValueError, match=r"`limit` ends one scale for all, got 2.0 where each has its own"):
        fb.plot.filters(BANK, scale="each", limit=2.0)


def test_scales_are_those_that_exist():
    with pytest.raises(ValueError, match="`scale` must be one of 'shared', 'each', got 'own'"):
        fb.plot.filters(BANK, scale="own")


def test_the_colour_bar_tells_the_ends_and_zero():
    axes = fb.plot.filters(BANK, limit=0.25).axes[0]
    (bar,) = axes.child_axes
    assert axes.get_images()[0].colorbar.ax is bar
    assert [tick.get_text() for tick in bar.get_yticklabels()] == [f"{MINUS}0.25", "0", "0.25"]
    assert not fb.plot.filters(BANK, colorbar=False).axes[0].child_axes


@pytest.mark.parametrize(("shape", "columns"), [((30, 9), None), ((8, 21, 3), 2), ((2, 5, 5), None)])
def test_the_colour_bar_is_as_high_as_the_tiles(shape, columns):
    figure = fb.plot.filters(np.random.default_rng(0).standard_normal(shape), columns=columns)
    figure.canvas.draw()
    (axes,) = figure.axes
    (bar,) = axes.child_axes
    np.testing.assert_allclose(bar.get_window_extent().intervaly, axes.get_window_extent().intervaly, atol=1e-6)


def test_filters_of_zero_are_drawn():
    axes = fb.plot.filters(np.zeros((2, 5, 5))).axes[0]
    assert axes.get_images()[0].get_clim() == (-1, 1)


def test_nan_is_refused():
    with pytest.raises(ValueError, match="`bank` must be finite, got NaN or infinity in filter 1"):
        fb.plot.filters(np.stack([np.eye(3), np.full((3, 3), np.nan)]))


def test_tiles_have_no_ticks():
    axes = fb.plot.filters(BANK).axes[0]
    assert not len(axes.get_xticks())
    assert not len(axes.get_yticks())
    assert not any(spine.get_visible() for spine in axes.spines.values())


# Labels


def labels_of(axes):
    return [text.get_text() for text in axes.texts]


def test_labels_from_a_column_with_angles_in_degrees():
    axes = fb.plot.filters(BANK, labels="orientation").axes[0]
    assert labels_of(axes)[::2] == ["0°", "45°", "90°", "135°"] * 2
    assert axes.get_xlabel() == "orientation"


@pytest.mark.parametrize(
    ("orientations", "texts"),
    [
        (8, ["0.0°", "22.5°", "45.0°", "67.5°", "90.0°", "112.5°", "135.0°", "157.5°"]),
        (3, ["0°", "60°", "120°"]),
        (7, ["0.0°", "25.7°", "51.4°", "77.1°", "102.9°", "128.6°", "154.3°"]),
    ],
)
def test_angles_have_the_same_decimals(orientations, texts):
    axes = fb.plot.filters(fb.gabor(11, orientations=orientations), labels="orientation").axes[0]
    assert labels_of(axes)[: 2 * orientations : 2] == texts


def test_angles_that_filters_do_not_have_are_no_numbers():
    bank = fb.FilterBank(np.ones((3, 3, 3)), parameters={"orientation": [np.nan, -np.pi / 8, np.pi / 2]})
    texts = labels_of(fb.plot.filters(bank, labels="orientation").axes[0])
    assert texts == ["\N{EN DASH}", f"{MINUS}22.5°", "90.0°"]


def test_labels_from_several_columns_are_lines():
    axes = fb.plot.filters(BANK, labels=["frequency", "phase"]).axes[0]
    assert labels_of(axes)[:2] == ["0.125\n0°", "0.125\n90°"]
    assert axes.get_xlabel() == "frequency (cycles per pixel), phase"


def test_labels_of_integers_and_texts():
    assert labels_of(fb.plot.filters(fb.dct(3), labels="order").axes[0]) == list("011222334")
    axes = fb.plot.filters(fb.wavelet(11), labels="subband").axes[0]
    assert labels_of(axes)[:2] == ["approximation", "horizontal"]


def test_labels_of_ones_own_and_the_index():
    assert labels_of(fb.plot.filters(BANK[:3], labels=["a", 0.5, "c"]).axes[0]) == ["a", "0.5", "c"]
    assert labels_of(fb.plot.filters(BANK[:3], labels="index").axes[0]) == ["0", "1", "2"]
    assert not labels_of(fb.plot.filters(BANK[:3]).axes[0])


@pytest.mark.parametrize("labels", ["color", ["a", "b"], []])
def test_labels_that_are_neither_columns_nor_one_each_are_refused(labels):
    with pytest.raises(ValueError, match=r"`labels` must name columns of the bank \(index, frequency, orientation"):
        fb.plot.filters(BANK, labels=labels)


def test_labels_stay_below_their_tiles_and_apart():
    figure = fb.plot.filters(fb.gabor(11), labels=["frequency", "orientation", "phase"])
    figure.canvas.draw()
    axes = figure.axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    columns = round(axes.get_xlim()[1])
    for left, right in itertools.pairwise(boxes[:columns]):
        assert left.x1 < right.x0
    next_row = axes.transData.transform((0, 1))[1]
    assert min(box.y0 for box in boxes[:columns]) > next_row - 2  # pixels


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (1 / 3, "0.333"),
        (-2.0, f"{MINUS}2"),
        (-0.0, "0"),
        (np.inf, "∞"),
        (-np.inf, f"{MINUS}∞"),
        (np.nan, "\N{EN DASH}"),
        (135.0, "135"),
        (np.int64(7), "7"),
        (1e-9, f"1e{MINUS}09"),
        (1724.0, "1720"),
        (-65400.0, f"{MINUS}65400"),
    ],
)
def test_numbers_are_tidy(value, text):
    assert tidy(value) == text


# Other dimensions


def test_one_dimensional_filters_are_bars():
    values = np.array([[1.0, -2.0, 0.0], [0.5, 4.0, -4.0]])
    axes = fb.plot.filters(values, columns=1).axes[0]
    zeros, bars = axes.collections
    np.testing.assert_array_equal(bars.get_array(), values.ravel())
    assert bars.get_clim() == (-4, 4)
    corners = np.array([path.vertices[:4] for path in bars.get_paths()])
    # y grows downward; a bar ends half a tile from zero where the value is the limit.
    heights = corners[:, 0, 1] - corners[:, 2, 1]
    np.testing.assert_allclose(heights / heights.max() * 4, values.ravel(), rtol=0, atol=1e-12)
    np.testing.assert_allclose([line.vertices[0, 1] for line in zeros.get_paths()], corners[::3, 0, 1], rtol=1e-12)


def test_bars_are_cut_at_the_limit():
    bars = fb.plot.filters(np.array([[1.0, -2.0, 8.0]]), limit=2).axes[0].collections[1]
    corners = np.array([path.vertices[:4] for path in bars.get_paths()])
    np.testing.assert_allclose(np.diff(corners[:, ::2, 1]).ravel() / np.ptp(corners[1:2, ::2, 1]), [-0.5, 1, -1])


@pytest.mark.parametrize("n", [1, 1000])
def test_many_one_dimensional_filters(n):
    figure = fb.plot.filters(np.random.default_rng(0).standard_normal((n, 31)))
    assert len(figure.axes[0].collections[1].get_array()) == 31 * n
    figure.canvas.draw()


def test_volumes_are_their_central_slices():
    volume = np.random.default_rng(0).standard_normal((3, 20, 22))
    axes = fb.plot.filters(volume[None]).axes[0]
    tile = trimmed(axes.get_images()[0].get_array())
    np.testing.assert_array_equal(tile[:, :22], volume[1])
    np.testing.assert_array_equal(tile[8:11, 22:44], volume[:, 10])
    np.testing.assert_array_equal(tile[8:11, 44:], volume[:, :, 11])
    assert np.count_nonzero(np.isfinite(tile)) == 20 * 22 + 3 * 22 + 3 * 20
    assert axes.get_xlabel() == "central slices yx, zx, zy"
    assert len(axes.collections[0].get_paths()) == 3
