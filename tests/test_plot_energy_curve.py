"""The picture of energy over the number of filters."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, WEIGHTS, BasisLayer, Layer

import filterbank as fb
from filterbank.analysis import EnergyCurve

RNG = np.random.default_rng(1)
GABOR = fb.gabor(7, n=8)
KERNELS = fb.compose(RNG.normal(size=(8, 3, 16)), GABOR) + 0.05 * RNG.normal(size=(7, 7, 3, 16))
BANKS = {"gabor": GABOR, "dct": fb.dct(7, n=20)}
OWN, RANDOM = "the kernels' own", "random filters"


def curves_of(axes):
    """Return the lines by the names of the banks."""
    return {line.get_label().split(":")[0]: line for line in axes.lines if not line.get_label().startswith("_")}


def dots_of(axes):
    """Return where the levels are reached, one line of dots for each bank that reaches one."""
    return [np.array(line.get_data()).T for line in axes.lines if line.get_linestyle() == "None"]


def test_curves_are_those_of_the_analysis():
    for order in ("given", "greedy"):
        curves = curves_of(fb.plot.energy_curve(KERNELS, BANKS, order=order).axes[0])
        assert list(curves) == ["gabor", "dct", OWN, RANDOM]
        for name, bank in BANKS.items():
            explained = fb.analysis.energy_curve(KERNELS, bank, order).explained
            np.testing.assert_array_equal(curves[name].get_ydata(), explained)
            np.testing.assert_array_equal(curves[name].get_xdata(), np.arange(len(bank) + 1))


def test_curves_that_were_computed_before_are_drawn():
    before = {name: fb.analysis.energy_curve(KERNELS, bank) for name, bank in BANKS.items()}
    curves = curves_of(fb.plot.energy_curve(before).axes[0])
    assert list(curves) == ["gabor", "dct"]
    np.testing.assert_array_equal(curves["dct"].get_ydata(), before["dct"].explained)
    (single,) = curves_of(fb.plot.energy_curve(before["gabor"]).axes[0]).values()
    np.testing.assert_array_equal(single.get_ydata(), before["gabor"].explained)


def test_references_are_the_optimum_and_chance():
    axes = fb.plot.energy_curve(KERNELS, BANKS, draws=50).axes[0]
    curves = curves_of(axes)
    own, random = curves[OWN].get_ydata(), curves[RANDOM].get_ydata()
    basis = fb.kernel_basis(KERNELS, n=20)
    np.testing.assert_allclose(own, fb.analysis.energy_curve(KERNELS, basis).explained, atol=1e-12)
    np.testing.assert_allclose(random, np.arange(21) / 49, atol=0.03)
    (row,) = [row for row in fb.analysis.compare(KERNELS, BANKS, n=8).rows if row.name == OWN]
    np.testing.assert_allclose(own[8], row.explained)
    (band,) = axes.collections
    x, y = band.get_paths()[0].vertices.T
    for count in (5, 15):
        low, high = y[x == count].min(), y[x == count].max()
        assert low < random[count] < high < own[count]
    assert axes.get_xlabel() == "number of filters; band: lowest to highest of 50 random banks"


def test_the_control_can_be_left_out_and_has_a_seed():
    axes = fb.plot.energy_curve(KERNELS, BANKS, draws=0).axes[0]
    assert RANDOM not in curves_of(axes)
    assert not axes.collections
    assert axes.get_xlabel() == "number of filters"
    one, same, other = (
        curves_of(fb.plot.energy_curve(KERNELS, BANKS, rng=seed).axes[0])[RANDOM].get_ydata() for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_counts_are_read_off_where_levels_are_reached():
    curve = EnergyCurve(np.array([0, 0.5, 0.9, 0.96, 0.97]), np.arange(4))
    full = EnergyCurve(np.array([0, 0.99, 1.0]), np.arange(2))
    axes = fb.plot.energy_curve({"slow": curve, "fast": full}).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "slow: 90 % with 2, 95 % with 3, not 99 %",
        "fast: 90 % with 1, 95 % with 1, 99 % with 1",
    ]
    slow, fast = dots_of(axes)
    np.testing.assert_array_equal(slow, [(2, 0.9), (3, 0.96)])
    np.testing.assert_array_equal(fast, [(1, 0.99)] * 3)


def test_levels_are_lines_that_can_be_chosen():
    curve = fb.analysis.energy_curve(KERNELS, GABOR)
    axes = fb.plot.energy_curve(curve, levels=[0.8, 0.5]).axes[0]
    guides = [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]
    assert guides == [0.5, 0.8]
    assert [text.get_text() for text in axes.texts] == ["50 %", "80 %"]
    none = fb.plot.energy_curve(curve, levels=[]).axes[0]
    assert len(none.lines) == 1
    assert none.get_legend() is None


def test_levels_too_near_each_other_are_not_written_over_each_other():
    curve = fb.analysis.energy_curve(KERNELS, GABOR)
    axes = fb.plot.energy_curve(curve, levels=[0.9, 0.91, 0.92]).axes[0]
    assert [text.get_text() for text in axes.texts] == ["90 %"]


def test_a_layer_on_a_bank_brings_its_own():
    layer = BasisLayer(WEIGHTS, BANK)
    curves = curves_of(fb.plot.energy_curve(layer).axes[0])
    assert list(curves) == ["dct", OWN, RANDOM]
    np.testing.assert_allclose(curves["dct"].get_ydata()[-1], 1)
    other = curves_of(fb.plot.energy_curve(layer, {"delta": fb.delta(5)}).axes[0])
    assert len(other["delta"].get_ydata()) == 26
    plain = curves_of(fb.plot.energy_curve(Layer(KERNELS), GABOR).axes[0])
    assert next(iter(plain)) == "gabor"


@pytest.mark.parametrize("size", [(9,), (3, 3, 3)])
def test_kernels_of_other_dimensions(size):
    kernels = RNG.normal(size=(*size, 2, 5))
    curves = curves_of(fb.plot.energy_curve(kernels, fb.dct(size)).axes[0])
    for curve in curves.values():
        np.testing.assert_allclose(curve.get_ydata()[-1], 1)


def test_longer_banks_than_kernels_have_pixels():
    bank = np.random.default_rng(0).normal(size=(30, 3, 3))
    curves = curves_of(fb.plot.energy_curve(np.ones((3, 3, 1, 2)), bank).axes[0])
    assert [len(curve.get_ydata()) for curve in curves.values()] == [31, 10, 10]


def test_of_kernels_that_are_zero_nothing_is_missing():
    curves = curves_of(fb.plot.energy_curve(np.zeros((5, 5, 1, 2)), BANK).axes[0])
    for curve in curves.values():
        np.testing.assert_array_equal(curve.get_ydata(), np.ones(7))


def test_shares_are_in_percent_from_zero():
    axes = fb.plot.energy_curve(KERNELS, BANKS).axes[0]
    axes.figure.canvas.draw()
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"{share} %" for share in range(0, 101, 20)]
    assert axes.get_ylim()[0] == axes.get_xlim()[0] == 0


def test_the_words_hold_the_ends():
    said = fb.plot.alt_text(fb.plot.energy_curve(KERNELS, {"dct": fb.dct(7)}, draws=0))
    assert said.endswith("They end at dct 100 % with 49, the kernels' own 100 % with 49 filters.")


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((KERNELS,), TypeError, "`banks` is missing: the filters that explain kernels; only a layer"),
        ((fb.analysis.energy_curve(KERNELS, GABOR), GABOR), ValueError, "`banks` goes with kernels.*drop it"),
        (({"a": GABOR},), TypeError, "`source` must hold EnergyCurve by name, got a FilterBank as 'a'"),
        (({},), ValueError, "`source` must hold at least one entry"),
        ((KERNELS, {"dct": fb.dct(5)}), ValueError, "7x7"),
        ((GABOR, GABOR), TypeError, "got a FilterBank"),
        ((KERNELS, {}), ValueError, "`banks` must hold at least one entry"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, text):
    with pytest.raises(error, match=text):
        fb.plot.energy_curve(*arguments)


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"levels": [0.0]}, "`levels` must be a finite number and above 0 and at most 1, got 0.0"),
        ({"levels": [90]}, "`levels` must be .* at most 1, got 90"),
        ({"order": "best"}, "`order` must be one of 'given'"),
        ({"draws": -1}, "`draws` must be an integer of at least 0, got -1"),
    ],
)
def test_arguments_are_checked(keywords, text):
    with pytest.raises(ValueError, match=text):
        fb.plot.energy_curve(KERNELS, GABOR, **keywords)


def test_on_a_dark_background_the_optimum_is_white():
    with plt.style.context("dark_background"):
        curves = curves_of(fb.plot.energy_curve(KERNELS, GABOR).axes[0])
    assert curves[OWN].get_color() == "white"
    assert curves[OWN].get_linestyle() == "--"


def test_the_words_count_banks_apart_from_references():
    banks = {"dct": fb.dct(7), "gabor": fb.gabor(7)}
    said = fb.plot.alt_text(fb.plot.energy_curve(KERNELS, banks, draws=3))
    assert "of 2 banks, beside the kernels' own components and random banks." in said
    said = fb.plot.alt_text(fb.plot.energy_curve(KERNELS, banks["dct"], draws=0))
    assert "of 1 bank, beside the kernels' own components." in said
    given = fb.analysis.energy_curve(KERNELS, banks["dct"])
    assert "explain, of 1 bank." in fb.plot.alt_text(fb.plot.energy_curve(given))
