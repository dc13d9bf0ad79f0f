"""The picture of one kernel as a sum."""

import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, image_of, texts_of, tiles_of

import filterbank as fb
from filterbank.plot._labels import MINUS

matplotlib.use("Agg")


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


def test_kernels_of_any_other_layer_are_sums_by_least_squares():
    kernels = RNG.standard_normal((5, 5, 2, 3))
    axes = fb.plot.decomposition(Layer(kernels, name="conv"), BANK, in_=1, out=2, terms=2).axes[0]
    tiles = tiles_of(axes, (5, 5))[0]
    weights = fb.decompose(kernels[..., 1, 2], BANK)
    best = np.argsort(-np.abs(weights))[:2]
    np.testing.assert_array_equal(tiles[0], kernels[..., 1, 2])
    np.testing.assert_allclose(tiles[1:3], weights[best, None, None] * BANK.filters[best], atol=1e-12)
    assert axes.get_title(loc="left") == "conv, input 1, output 2"


def test_a_layer_on_a_bank_is_a_sum_of_another_bank_where_one_is_given():
    layer, other = BasisLayer(WEIGHTS, BANK), fb.dct(5, n=25)
    axes = fb.plot.decomposition(layer, other, terms=25).axes[0]
    tiles = tiles_of(axes, (5, 5)).reshape(-1, 5, 5)
    np.testing.assert_allclose(tiles[1:26].sum(axis=0), layer.kernel[..., 0, 0], atol=1e-12)


def test_the_strongest_terms_come_first_also_where_they_cancel():
    bank = fb.FilterBank([[1, 0, 0], [0, 1, 0.01], [0, 1, -0.01]])
    texts = texts_of(fb.plot.decomposition(np.array([1.0, 0.01, 0.5]), bank, terms=3).axes[0])
    assert texts[1:4] == [rf"$a_{{{index}}}\,b_{{{index}}}$" for index in (1, 2, 0)]
    shares = [text.split("\n")[1] for text in texts if "%" in text]
    assert shares[0].startswith(MINUS)
    assert shares[2] == "100 %"


def test_strong_terms_are_not_left_in_the_rest():
    bank = fb.gabor(11)
    weights = np.random.default_rng(3).standard_normal((16, 1, 20))
    for out in range(20):
        texts = texts_of(fb.plot.decomposition(BasisLayer(weights, bank), out=out).axes[0])
        drawn = [int(re.findall(r"\d+", text)[0]) for text in texts[1:6]]
        assert drawn == np.argsort(-np.abs(weights[:, 0, out]))[:5].tolist()
        plt.close()


def test_the_strength_of_a_term_has_the_norm_of_its_filter_in_it():
    bank = fb.FilterBank([[1, 0, 0], [0, 10, 0]])
    texts = texts_of(fb.plot.decomposition(np.array([3.0, 5.0, 0]), bank, terms=2).axes[0])
    assert texts[1:3] == [r"$a_{1}\,b_{1}$", r"$a_{0}\,b_{0}$"]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        (BasisLayer(WEIGHTS, BANK, name="conv"), "conv, input 1, output 3"),
        (BasisLayer(WEIGHTS, BANK, name="conv", groups=2), "conv, input 1 of the group, output 3"),
        (BasisLayer(WEIGHTS, BANK, name="conv", depth_multiplier=4), "conv, input 1, multiple 3"),
        (fb.compose(WEIGHTS, BANK), "input 1, output 3"),
        (fb.compose(WEIGHTS, BANK)[..., 1, 3], ""),
    ],
)
def test_the_title_names_layer_and_channels(source, title):
    axes = fb.plot.decomposition(source, None if isinstance(source, BasisLayer) else BANK, in_=1, out=3).axes[0]
    assert axes.get_title(loc="left") == title


def test_a_single_term_is_left():
    assert "1 term" in texts_of(fb.plot.decomposition(RNG.standard_normal((3, 3)), fb.dct(3), terms=8).axes[0])


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


def test_sums_of_volumes_are_no_thin_strip():
    figure = fb.plot.decomposition(RNG.standard_normal((5, 5, 5)), fb.dct((5, 5, 5)), terms=6)
    axes = figure.axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 4), (2, 0))
    figure.canvas.draw()
    width, height = axes.get_window_extent().size / figure.dpi
    assert width < 6 * height
    flat = fb.plot.decomposition(RNG.standard_normal(7), fb.dct((7,)), terms=6).axes[0]
    assert flat.get_xlim() == (0, 8)


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
    ],
)
def test_decompositions_that_cannot_be_are_refused(arguments, settings, error, text):
    with pytest.raises(error, match=text):
        fb.plot.decomposition(*arguments, **settings)
