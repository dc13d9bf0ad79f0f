"""The picture of cosines between filters."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, WEIGHTS, BasisLayer, Layer, image_of, nested_model, tiles_of

import filterbank as fb

GABOR = fb.gabor(11)


def outlines_of(axes):
    """Return the cells that have an outline, as (column, row)."""
    return [tuple(path.vertices[:4].mean(axis=0)) for collection in axes.collections for path in collection.get_paths()]


def test_cosines_are_drawn_from_minus_one_to_one():
    axes = fb.plot.gram(3 * GABOR.filters).axes[0]
    np.testing.assert_allclose(image_of(axes).get_array(), fb.analysis.gram(GABOR), atol=1e-12)
    assert image_of(axes).get_clim() == (-1, 1)
    assert axes.get_aspect() == 1


def test_inner_products_are_symmetric_about_zero():
    filters = np.array([[3.0, 0, 0], [-1, 1, 0]])
    axes = fb.plot.gram(filters, normalize=False).axes[0]
    np.testing.assert_array_equal(image_of(axes).get_array(), [[9, -3], [-3, 2]])
    assert image_of(axes).get_clim() == (-9, 9)
    assert axes.get_xlabel().replace("\n", " ") == "largest off the diagonal: \N{MINUS SIGN}3, of filters 0 and 1"


@pytest.mark.parametrize("bank", [GABOR, fb.gaussian_derivative(7), fb.gabor((31,))], ids=["gabor", "signs", "1-D"])
def test_the_pair_with_the_largest_cosine_is_named_and_outlined(bank):
    axes = fb.plot.gram(bank).axes[0]
    cosines = fb.analysis.gram(bank)
    ((column, row), mirrored) = outlines_of(axes)
    assert mirrored == (row, column)
    assert column < row
    np.testing.assert_allclose(abs(cosines[int(row), int(column)]), fb.analysis.coherence(bank), rtol=1e-12)
    said = axes.get_xlabel().replace("\n", " ")
    assert said.endswith(f"of filters {int(column)} and {int(row)}")
    assert said in fb.plot.alt_text(axes.figure).replace("Largest", "largest")


def test_no_pair_of_an_orthogonal_bank_is_named():
    axes = fb.plot.gram(fb.dct(5)).axes[0]
    assert axes.get_xlabel() == "all filters are orthogonal"
    assert not axes.collections


def test_a_filter_that_is_zero_has_no_angle():
    filters = np.array([[3.0, 0], [0, 0], [1, 1]])
    axes = fb.plot.gram(filters).axes[0]
    drawn = image_of(axes).get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(drawn), [[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    np.testing.assert_allclose(drawn[0, 2], np.sqrt(0.5))
    assert "1 filter is zero, without an angle" in axes.get_xlabel().replace("\n", " ")
    everything = fb.plot.gram(np.zeros((2, 3, 3))).axes[0]
    assert np.ma.getmaskarray(image_of(everything).get_array()).all()
    assert everything.get_xlabel().replace("\n", " ") == "2 filters are zero, without an angle"
    products = fb.plot.gram(np.zeros((2, 3, 3)), normalize=False).axes[0]
    assert products.get_xlabel() == "2 filters are zero"
    some = fb.plot.gram(np.concatenate([np.zeros((1, 5, 5)), BANK.filters])).axes[0]
    expected = "all other filters are orthogonal; 1 filter is zero, without an angle"
    assert some.get_xlabel().replace("\n", " ") == expected


@pytest.mark.parametrize("bank", [BANK, fb.dct((3, 3, 3), n=8)], ids=["2-D", "3-D"])
def test_filters_stand_beside_their_rows(bank):
    figure = fb.plot.gram(bank, labels=[f"no. {index}" for index in range(len(bank))])
    figure.canvas.draw()
    axes = figure.axes[0]
    _, column = axes.child_axes
    matrix, tiles = axes.get_window_extent(), column.get_window_extent()
    np.testing.assert_allclose((tiles.y0, tiles.y1), (matrix.y0, matrix.y1), atol=0.5)
    assert matrix.x0 - 5 < tiles.x1 < matrix.x0
    assert column.get_yticklabels()[3].get_text() == "no. 3"
    if bank.ndim == 2:
        assert np.ma.allclose(tiles_of(column, bank.size)[:, 0], bank.filters)


@pytest.mark.parametrize("inches", [(4, 2), (2, 4)])
def test_filters_stay_beside_their_rows_in_axes_that_are_not_square(inches):
    _, axes = plt.subplots(figsize=inches)
    fb.plot.gram(BANK, ax=axes, colorbar=False).canvas.draw()
    matrix, tiles = axes.get_window_extent(), axes.child_axes[-1].get_window_extent()
    np.testing.assert_allclose(matrix.width, matrix.height, rtol=1e-6)
    np.testing.assert_allclose((tiles.y0, tiles.y1), (matrix.y0, matrix.y1), atol=0.5)


def test_a_thousand_filters_are_numbered():
    axes = fb.plot.gram(np.random.default_rng(0).normal(size=(1000, 8, 8))).axes[0]
    assert image_of(axes).get_array().shape == (1000, 1000)
    assert not axes.collections
    assert 5 <= len(axes.get_yticks()) <= 9
    assert len(axes.child_axes) == 1
    axes.figure.canvas.draw()


def test_one_filter_has_nothing_to_compare():
    axes = fb.plot.gram(GABOR[:1], colorbar=False).axes[0]
    np.testing.assert_allclose(image_of(axes).get_array(), [[1]])
    assert axes.get_xlabel() == ""


def test_of_a_layer_its_bank_is_drawn():
    drawn = image_of(fb.plot.gram(BasisLayer(WEIGHTS, BANK)).axes[0]).get_array()
    np.testing.assert_allclose(drawn, np.eye(6), atol=1e-12)


def test_of_any_other_layer_the_kernels_are_drawn():
    kernels = np.random.default_rng(0).standard_normal((3, 3, 2, 4))
    units = kernels.reshape(9, 8) / np.linalg.norm(kernels.reshape(9, 8), axis=0)
    expected = units.T @ units
    drawn = image_of(fb.plot.gram(Layer(kernels)).axes[0]).get_array()
    np.testing.assert_allclose(drawn, expected, atol=1e-12)


def test_outlines_are_seen_on_dark_maps_of_colours():
    edges = [
        fb.plot.gram(GABOR, cmap=cmap).axes[0].collections[0].get_edgecolor()[0, :3].tolist()
        for cmap in ("RdBu_r", "berlin")
    ]
    assert edges == [[0, 0, 0], [1, 1, 1]]


def test_what_is_no_bank_is_refused():
    with pytest.raises(TypeError, match=r"`source` must be a bank, a layer or filters .*got a model"):
        fb.plot.gram(nested_model())
    with pytest.raises(TypeError, match="`normalize` must be True or False, got 'yes'"):
        fb.plot.gram(BANK, normalize="yes")


@pytest.mark.parametrize("inches", [(12, 1), (1, 12)])
def test_where_rows_are_low_no_filters_are_drawn(inches):
    _, axes = plt.subplots(figsize=inches)
    fb.plot.gram(GABOR, ax=axes, colorbar=False)
    assert not axes.child_axes
    assert axes.get_ylabel() == "filter"
