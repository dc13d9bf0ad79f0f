"""The picture of coefficients."""

from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from plotted import BANK, WEIGHTS, BasisLayer, image_of, tiles_of

import filterbank as fb

matplotlib.use("Agg")


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
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["2", "0", "3", "1"]
    axes = fb.plot.coefficients(WEIGHTS, sort="strongest").axes[0]
    assert axes.get_xlabel() == "pairs of input and output, ordered by their strongest filter"
    for column, tick in zip(image_of(axes).get_array().T, axes.get_xticklabels(), strict=True):
        p, q = map(int, tick.get_text().split(", "))
        np.testing.assert_array_equal(column, WEIGHTS[:, p, q])


def test_each_of_64_ordered_columns_has_its_number_and_of_a_thousand_some_have():
    axes = fb.plot.coefficients(np.random.default_rng(0).random((6, 1, 64)), sort="strongest").axes[0]
    assert {int(tick.get_text()) for tick in axes.get_xticklabels()} == set(range(64))
    weights = np.random.default_rng(0).random((6, 1, 1000))
    axes = fb.plot.coefficients(weights, sort="strongest").axes[0]
    ticks = axes.get_xticklabels()
    assert 50 < len(ticks) < 200
    for place, tick in zip(axes.get_xticks(), ticks, strict=True):
        np.testing.assert_array_equal(image_of(axes).get_array()[:, place], weights[:, 0, int(tick.get_text())])


@pytest.mark.parametrize(
    ("more", "label", "ordered"),
    [
        ({}, "input, 4 outputs of each", "pairs of input and output"),
        ({"groups": 2}, "input of the group, 4 outputs of each", "pairs of input of the group and output"),
        ({"depth_multiplier": 4}, "input, 4 multiples of each", "pairs of input and multiple"),
    ],
)
def test_channels_are_called_as_in_the_picture_of_kernels(more, label, ordered):
    layer = BasisLayer(WEIGHTS, BANK, **more)
    assert fb.plot.coefficients(layer).axes[0].get_xlabel() == label
    said = fb.plot.coefficients(layer, sort="strongest").axes[0].get_xlabel()
    assert said.replace("\n", " ") == f"{ordered}, ordered by their strongest filter"


@pytest.mark.parametrize("bank", [BANK, fb.dct((5,)), fb.dct((3, 3, 3), n=8)], ids=["2-D", "1-D", "3-D"])
def test_filters_stand_beside_their_rows(bank):
    figure = fb.plot.coefficients(np.ones((len(bank), 1, 9)), bank)
    figure.canvas.draw()
    axes = figure.axes[0]
    bar, column = axes.child_axes
    assert len(bar.get_yticks()) == 3
    heat, tiles = axes.get_window_extent(), column.get_window_extent()
    np.testing.assert_allclose((tiles.y0, tiles.y1), (heat.y0, heat.y1), atol=0.5)
    assert heat.x0 - 5 < tiles.x1 < heat.x0
    assert [tick.get_text() for tick in column.get_yticklabels()] == [str(index) for index in range(len(bank))]
    drawn = column.get_images()[0].get_array() if bank.ndim > 1 else column.collections[1].get_array()
    np.testing.assert_allclose((drawn.min(), drawn.max()), (bank.filters.min(), bank.filters.max()), atol=0.3)


def test_filters_have_labels():
    column = (
        fb.plot.coefficients(np.ones((16, 1, 9)), fb.gabor(11), labels=["frequency", "phase"]).axes[0].child_axes[1]
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
    assert [tick.get_text() for tick in axes.child_axes[1].get_yticklabels()] == list("011222")


def test_the_bank_beside_a_layer_can_be_another():
    column = fb.plot.coefficients(BasisLayer(WEIGHTS, BANK), -BANK.filters).axes[0].child_axes[1]
    assert np.ma.allclose(tiles_of(column, (5, 5))[:, 0], -BANK.filters)


def test_zero_coefficients_are_drawn():
    assert image_of(fb.plot.coefficients(np.zeros((6, 1, 2)), BANK).axes[0]).get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((WEIGHTS[0],), ValueError, r"`coefficients` must be \(n, in, out\), got shape \(2, 4\)"),
        ((WEIGHTS, fb.dct(5)), ValueError, r"with n = 25, one for each filter of `bank`, got shape \(6, 2, 4\)"),
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
