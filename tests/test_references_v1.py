"""Neurons of the visual cortex: the draws against the published tables, the filters against `gabor` and VOneNet's.

The tables stand here a second time. The seeds are fixed; over sixty of them the p-values were uniform, as they are
where the draws follow the tables.
"""

import math
import re
import warnings

import numpy as np
import pytest
from scipy import stats

import filterbank as fb

DEGREES = np.array([-22.5, 22.5, 67.5, 112.5, 157.5])
NEURONS_BY_DEGREE = [66, 49, 77, 54]
CYCLES_PER_DEGREE = np.array([0.5, 0.7, 1, 1.4, 2, 2.8, 4, 5.6, 8])
NEURONS_BY_FREQUENCY = [4, 4, 8, 25, 32, 26, 28, 12]
CYCLES = 10 ** np.array([-1, -0.76, -0.52, -0.28, -0.04, 0.2])
NEURONS_BY_CYCLES = np.array([[2, 0, 1, 0, 0], [8, 9, 4, 1, 0], [1, 2, 19, 17, 3], [0, 0, 1, 7, 4], [0, 0, 0, 0, 0]])

FREQUENCY = stats.rv_histogram((np.array(NEURONS_BY_FREQUENCY), np.log2(CYCLES_PER_DEGREE)), density=False)
ORIENTATION = stats.rv_histogram((np.array(NEURONS_BY_DEGREE), DEGREES), density=False)
WIDTH = stats.rv_histogram((NEURONS_BY_CYCLES.sum(axis=1), np.log10(CYCLES)), density=False)
COUNT = 20_000
LIKELY = 0.001  # least share of equally good samples that would differ as much from the tables


def cells(scale, count=COUNT, seed=20):
    """Return the parameters of many neurons, in the units of the tables."""
    # One pixel is enough: only the columns matter.
    columns = fb.v1(1, samples=count, pixels_per_degree=scale, rng=seed, norm=None).parameters
    degrees = np.rad2deg(columns["orientation"])
    along = columns["sigma"] * columns["frequency"]
    return {
        "frequency": columns["frequency"] * scale,
        "degrees": np.where(degrees > 157.5, degrees - 180, degrees),
        "phase": columns["phase"],
        "along": along,
        "across": along / columns["aspect_ratio"],
        "redrawn": columns["redrawn"],
    }


@pytest.fixture(scope="module")
def drawn():
    with pytest.warns(fb.BankWarning):
        return cells(28)


def test_frequencies_follow_the_table(drawn):
    assert stats.kstest(np.log2(drawn["frequency"]), FREQUENCY.cdf).pvalue > LIKELY
    counts, _ = np.histogram(drawn["frequency"], CYCLES_PER_DEGREE)
    expected = COUNT * np.array(NEURONS_BY_FREQUENCY) / 139
    assert stats.chisquare(counts, expected).pvalue > LIKELY


def test_orientations_follow_the_table(drawn):
    assert stats.kstest(drawn["degrees"], ORIENTATION.cdf).pvalue > LIKELY
    counts, _ = np.histogram(drawn["degrees"], DEGREES)
    assert stats.chisquare(counts, COUNT * np.array(NEURONS_BY_DEGREE) / 246).pvalue > LIKELY


def test_phases_are_even(drawn):
    assert stats.kstest(drawn["phase"] / (2 * np.pi), "uniform").pvalue > LIKELY


def test_widths_follow_the_joint_table(drawn):
    assert stats.kstest(np.log10(drawn["along"]), WIDTH.cdf).pvalue > LIKELY
    counts, _, _ = np.histogram2d(drawn["along"], drawn["across"], (CYCLES, CYCLES))
    assert counts.sum() == COUNT
    assert not counts[NEURONS_BY_CYCLES == 0].any()
    seen = NEURONS_BY_CYCLES > 0
    assert stats.chisquare(counts[seen], COUNT * NEURONS_BY_CYCLES[seen] / 79).pvalue > LIKELY


def test_widths_across_are_even_within_a_bin_on_the_logarithm(drawn):
    for row, neurons in enumerate(NEURONS_BY_CYCLES[:4]):
        chosen = (drawn["along"] >= CYCLES[row]) & (drawn["along"] < CYCLES[row + 1])
        across = stats.rv_histogram((neurons, np.log10(CYCLES)), density=False)
        assert stats.kstest(np.log10(drawn["across"][chosen]), across.cdf).pvalue > LIKELY


def test_frequency_and_width_are_tied_by_the_copula(drawn):
    scores = [
        stats.norm.ppf(FREQUENCY.cdf(np.log2(drawn["frequency"]))),
        stats.norm.ppf(WIDTH.cdf(np.log10(drawn["along"]))),
    ]
    standard_error = (1 - 0.75**2) / math.sqrt(COUNT)
    assert np.corrcoef(scores)[0, 1] == pytest.approx(0.75, abs=3 * standard_error)
    # Normal scores together too, not only each: their difference and sum are normal.
    assert stats.kstest((scores[0] - scores[1]) / math.sqrt(0.5), "norm").pvalue > LIKELY
    assert stats.kstest((scores[0] + scores[1]) / math.sqrt(3.5), "norm").pvalue > LIKELY


def test_the_rest_is_independent(drawn):
    others = np.stack([drawn["degrees"], drawn["phase"], np.log(drawn["frequency"])])
    correlations = np.corrcoef(others)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(correlations, 0, atol=3 / math.sqrt(COUNT))


def test_no_draw_is_repeated_where_the_grid_holds_all(drawn):
    assert not drawn["redrawn"].any()
    assert drawn["frequency"].min() >= 0.5
    assert drawn["frequency"].max() <= 8


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("scale", [3.5, 8.0])
def test_frequencies_above_nyquist_are_drawn_again_and_counted(scale):
    again = cells(scale)
    highest = np.log2(scale / 2)
    kept = FREQUENCY.cdf(highest)
    assert again["frequency"].max() <= scale / 2
    assert (
        stats.kstest(np.log2(again["frequency"]), lambda x: FREQUENCY.cdf(np.minimum(x, highest)) / kept).pvalue
        > LIKELY
    )
    draws = COUNT + again["redrawn"].sum()
    assert COUNT / draws == pytest.approx(kept, abs=3 * math.sqrt(kept * (1 - kept) / draws))
    # How often in a row is geometric: each draw fails alike.
    often = np.bincount(again["redrawn"], minlength=4)[:3]
    assert (
        stats.chisquare(
            [*often, COUNT - often.sum()], COUNT * np.array([*(kept * (1 - kept) ** np.arange(3)), (1 - kept) ** 3])
        ).pvalue
        > LIKELY
    )


def test_most_frequencies_would_be_aliased_on_small_images():
    assert 1 - FREQUENCY.cdf(np.log2(3.5 / 2)) == pytest.approx(0.77, abs=0.01)


def test_repeated_draws_are_said():
    with pytest.warns(fb.BankWarning, match=r"\d+ of \d+ draws \(\d\d%\) had frequencies above Nyquist .* 16 for all"):
        bank = fb.v1(101, n=5, pixels_per_degree=3.5, rng=1)
    vain = bank.parameters["redrawn"].sum()
    with pytest.raises(ValueError, match=rf"{vain} of {vain + 5} draws"):
        fb.v1(101, n=5, pixels_per_degree=3.5, rng=1, strict=True)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", [9, 12, (7, 10)])
def test_filters_are_those_of_gabor(window):
    bank = fb.v1(window, n=20, rng=3, norm=None)
    columns = bank.parameters
    for index, one in enumerate(bank):
        (reference,) = fb.gabor(
            window,
            frequencies=columns["frequency"][index],
            orientations=[columns["orientation"][index]],
            phases=columns["phase"][index],
            sigma=columns["sigma"][index],
            aspect_ratio=columns["aspect_ratio"][index],
            norm=None,
        )
        # gabor multiplies its waves from waves along the axes, v1 takes the cosine at each pixel.
        np.testing.assert_allclose(one, reference, rtol=0, atol=2e-15 * np.abs(reference).max())


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_filters_are_transposed_ones_of_vonenet():
    """Its kernel one value at a time, with x along the rows as there."""
    bank = fb.v1(11, n=8, rng=5, norm=None)
    columns = bank.parameters
    for index, one in enumerate(bank):
        theta, sigma = columns["orientation"][index], columns["sigma"][index]
        across = sigma / columns["aspect_ratio"][index]
        expected = np.empty((11, 11))
        for row in range(11):
            for column in range(11):
                x, y = row - 5, column - 5
                rotated = x * math.cos(theta) + y * math.sin(theta), -x * math.sin(theta) + y * math.cos(theta)
                bell = math.exp(-0.5 * (rotated[0] ** 2 / sigma**2 + rotated[1] ** 2 / across**2))
                wave = math.cos(2 * math.pi * columns["frequency"][index] * rotated[0] + columns["phase"][index])
                expected[row, column] = bell / (2 * math.pi * sigma * across) * wave
        np.testing.assert_allclose(one.T, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_more_samples_begin_with_the_same():
    few, many = fb.v1(5, rng=7, pixels_per_degree=4), fb.v1(5, rng=7, pixels_per_degree=4, samples=150)
    assert len(few) == 64
    assert many[:64] == few
    np.testing.assert_array_equal(many.parameters["redrawn"][:64], few.parameters["redrawn"])
    assert fb.v1(5, rng=7, pixels_per_degree=4, samples=1) == few[:1]


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize(
    ("window", "scale"), [(7, 16), (25, 16), (64, 16), ((96, 80), 20), (100, 25), (112, 28), (130, 28)]
)
def test_default_scale(window, scale):
    assert fb.v1(window, rng=2, n=9) == fb.v1(window, rng=2, n=9, pixels_per_degree=scale)


@pytest.mark.parametrize("window", [65, 80, 112])
def test_the_default_window_holds_the_neurons(window):
    """A neuron in a thousand is wider than 4 degrees."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fb.v1(window, samples=400, rng=0)
    cut = [int(re.search(r"cuts (\d+) of", str(one.message))[1]) for one in caught]
    assert len(caught) <= 1
    assert sum(cut) <= 2


def test_share_of_energy_lost():
    wide = fb.v1(101, samples=200, rng=0, pixels_per_degree=28)  # nothing to say
    sigma = wide.parameters["sigma"]
    turned = wide.parameters["orientation"]
    with pytest.warns(fb.BankWarning, match="the window cuts") as caught:
        fb.v1(25, samples=200, rng=0, pixels_per_degree=28)
    text = str(caught[0].message)
    worst, percent = int(text.split("filter ")[1].split()[0]), float(text.split("loses ")[1].split("%")[0])
    ratio = wide.parameters["aspect_ratio"][worst]
    step = 0.25  # the integral, by a finer grid
    y, x = np.meshgrid(*[np.arange(-150, 150, step) + step / 2] * 2, indexing="ij")
    cosine, sine = math.cos(turned[worst]), math.sin(turned[worst])
    along = x * cosine + y * sine
    energy = np.exp(-(along**2 + (ratio * (y * cosine - x * sine)) ** 2) / sigma[worst] ** 2)
    frequency, phase = (wide.parameters[name][worst] for name in ("frequency", "phase"))
    energy *= np.cos(2 * np.pi * frequency * along + phase) ** 2
    inside = energy[(np.abs(x) < 12.5) & (np.abs(y) < 12.5)].sum() / energy.sum()
    assert percent / 100 == pytest.approx(1 - inside, abs=2e-3)


def test_narrow_envelopes_are_not_cut():
    bank = fb.v1(63, samples=64, rng=0, pixels_per_degree=16, strict=True)
    assert (bank.parameters["sigma"] / bank.parameters["aspect_ratio"] < 0.8).any()


def test_errors_of_v1():
    with pytest.raises(
        ValueError, match=r"`pixels_per_degree` must be a finite number and at least 1\.4, got 1; with few"
    ):
        fb.v1(11, pixels_per_degree=1)
    with pytest.raises(ValueError, match="`samples` must be an integer of at least 1, got 0"):
        fb.v1(11, samples=0)
    with pytest.raises(ValueError, match="`n` must be at most 64 for a 63x63 V1 bank, got 65; raise `samples` or drop"):
        fb.v1(63, n=65, rng=0)
    with pytest.raises(ValueError, match="`size` of v1 must be 2-D, got 1 dimensions"):
        fb.v1((11,))
