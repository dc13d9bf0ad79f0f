"""Which bank suits kernels: comparisons and suggestions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

import filterbank as fb
from filterbank.analysis import compare, energy_curve, project, suggest
from filterbank.analysis._candidates import DEFAULT, grid, made, with_filters

SHAPES = [(7, 2, 5), (5, 4, 3, 8), (4, 4, 1, 1), (3, 2, 3, 2, 4)]
OWN, RANDOM = "the kernels' own", "random filters"


def kernels_of(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def row_of(comparison, name):
    return next(row for row in comparison.rows if row.name == name)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", ["given", "greedy", "backward"])
def test_shares_are_those_of_the_projection(shape, order):
    kernels = kernels_of(shape)
    banks = {"cosines": fb.dct(shape[:-2]), "plain": kernels_of((6, *shape[:-2]), 1)}
    result = compare(kernels, banks, 3, order=order, resamples=10)
    for name, bank in banks.items():
        assert row_of(result, name).explained == pytest.approx(
            energy_curve(kernels, bank, order).explained[3], abs=1e-12
        )
        assert len(result.banks[name]) == 3
        assert row_of(result, name).explained == pytest.approx(
            project(kernels, result.banks[name]).explained, abs=1e-12
        )
    own = fb.kernel_basis(kernels, min(3, shape[-1] * shape[-2]))
    assert row_of(result, OWN).explained == pytest.approx(own.parameters["energy"].sum(), abs=1e-12)
    np.testing.assert_allclose(project(kernels, result.banks[OWN]).explained, row_of(result, OWN).explained, atol=1e-12)
    shares = [row.explained for row in result.rows]
    assert shares == sorted(shares, reverse=True)


@given(seed=st.integers(0, 999), n=st.integers(1, 9), order=st.sampled_from(["given", "greedy", "backward"]))
def test_nothing_beats_the_kernels_own_at_equal_n(seed, n, order):
    rng = np.random.default_rng(seed)
    kernels = rng.normal(size=(3, 3, 2, 4)) @ rng.normal(size=(4, 4))
    banks = {name: with_filters(name, (3, 3), n) for name in ("dct", "hermite", "gabor", "log_gabor")}
    banks |= {"from noise": rng.normal(size=(12, 3, 3)), "own first": fb.kernel_basis(kernels, n if n < 9 else None)}
    banks = {name: bank for name, bank in banks.items() if len(bank) >= n}
    result = compare(kernels, banks, n, order=order, resamples=0)
    assert max(row.explained for row in result.rows) <= row_of(result, OWN).explained + 1e-12


def test_random_filters_explain_their_share_of_the_pixels():
    result = compare(kernels_of((5, 5, 4, 8)), ["dct"], 10, draws=400, resamples=0)
    assert row_of(result, RANDOM).explained == pytest.approx(10 / 25, abs=0.01)
    assert compare(kernels_of((5, 5, 1, 8)), ["dct"], 25, draws=1, resamples=0).rows[1].explained == pytest.approx(1)


def test_the_interval_is_that_of_scipys_bootstrap():
    kernels = kernels_of((5, 5, 4, 25)) * np.random.default_rng(1).uniform(0.2, 3, size=(4, 25))
    result = compare(kernels, {"cosines": fb.dct(5, n=8)}, resamples=4000, rng=3, confidence=0.9)
    projection = project(kernels, fb.dct(5, n=8))
    pairs = [np.sum(values**2, axis=(0, 1)).ravel() for values in (projection.kernels, kernels)]
    ratio = bootstrap(
        pairs,
        lambda kept, whole, axis: kept.sum(axis=axis) / whole.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=4000,
        confidence_level=0.9,
        random_state=np.random.default_rng(0),
    ).confidence_interval
    row = row_of(result, "cosines")
    assert row.low == pytest.approx(ratio.low, abs=0.004)
    assert row.high == pytest.approx(ratio.high, abs=0.004)
    assert row.low < row.explained < row.high


def test_a_seed_gives_the_same_and_wins_add_up():
    kernels = kernels_of((5, 5, 3, 8))
    one, same, other = (compare(kernels, ["dct", "legendre", "fourier"], 6, rng=seed) for seed in (1, 1, 2))
    assert one.rows == same.rows
    assert one.rows != other.rows
    assert sum(row.wins for row in one.rows) == pytest.approx(1)
    assert all(row.wins == 0 for row in one.rows if row.is_reference)
    none = compare(kernels, ["dct"], 6, resamples=0)
    assert all(math.isnan(row.low) and row.wins == 0 for row in none.rows)


def test_the_family_that_made_the_kernels_is_the_best():
    kernels = fb.compose(kernels_of((8, 3, 16)), fb.gabor(7))
    result = compare(kernels, n=8)
    assert {row.name for row in result.rows} == {*DEFAULT, OWN, RANDOM}
    assert (result.best.name, result.best.wins) == ("gabor", 1)
    lines = str(result).splitlines()
    assert lines[0].split() == ["8", "filters", "of", "7x7", "explained", "95%", "interval", "wins"]
    assert lines[1].split() == ["gabor", "100.0%", "100.0%", "to", "100.0%", "100%"]
    assert len(lines) == 11


def test_the_shortest_bank_says_how_many():
    kernels = kernels_of((5, 5, 1, 4))
    assert compare(kernels, {"a": fb.dct(5), "b": fb.gabor(5, n=4)}, resamples=0).n == 4
    assert compare(kernels, ["hermite", "dct"], resamples=0).n == len(fb.hermite(5))
    assert compare(kernels, {"frame": kernels_of((40, 5, 5))}, resamples=0).n == 25


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 5), (1,), (6,), (2, 3, 2)])
def test_kernels_of_all_sizes_and_single_ones_are_compared(size):
    result = compare(kernels_of((*size, 1, 1)), n=1, resamples=20)
    assert "dct" in result.banks
    assert row_of(result, OWN).explained == pytest.approx(1, abs=1e-12)
    for row in result.rows:
        assert (row.low, row.high) == pytest.approx((row.explained, row.explained))


@pytest.mark.parametrize("name", DEFAULT)
@pytest.mark.parametrize(("size", "n"), [((3, 3), 6), ((7, 7), 30), ((11,), 7), ((5, 5, 5), 30)])
def test_families_have_as_many_filters_as_asked_for(name, size, n):
    bank = with_filters(name, size, n)
    assert bank.family == name
    assert n <= len(bank)


def test_zero_kernels_among_others_are_no_matter():
    kernels = kernels_of((5, 5, 1, 3))
    padded = np.concatenate([kernels, np.zeros((5, 5, 1, 2))], axis=-1)
    one, other = (compare(values, ["dct", "fourier"], 5, resamples=50) for values in (kernels, padded))
    assert row_of(one, "dct").explained == pytest.approx(row_of(other, "dct").explained, abs=1e-14)
    assert all(0 <= row.low <= row.high <= 1 for row in other.rows)


@pytest.mark.parametrize(
    ("banks", "n", "more", "error", "text"),
    [
        (None, 26, {}, ValueError, "`n` must be an integer from 1 to 25, got 26; a kernel has so many pixels"),
        (
            {"short": fb.dct(5, n=3)},
            4,
            {},
            ValueError,
            r"`n` must be at most 3, the filters of banks\['s.*4",
        ),
        ({"a": fb.dct(3)}, None, {}, ValueError, r"`banks\['a'\]` must have filters of the kernels' size, 5x5 pixels"),
        (["dtc"], None, {}, ValueError, "`banks` must be one of 'gabor', .* got 'dtc'"),
        (["pca"], None, {}, ValueError, "`banks` must be one of .* got 'pca'"),
        (["steerable"], 20, {}, ValueError, "`banks` cannot have 'steerable' at 5x5: .* fewer than 20"),
        (["hadamard"], 2, {}, ValueError, "`banks` cannot have 'hadamard' at 5x5: `size` of hadamard must be powers"),
        ([], None, {}, ValueError, "`banks` must name at least one bank of 5x5 pixels"),
        ("dct", None, {}, TypeError, "`banks` must be banks by name, or names of families, got 'dct'"),
        (fb.dct(5), None, {}, TypeError, "`banks` must be banks by name, or names of families, got <FilterBank"),
        ({RANDOM: fb.dct(5)}, None, {}, ValueError, "`banks` must not have the name 'random filters'"),
        (None, None, {"order": "best"}, ValueError, "`order` must be one of 'given', 'greedy', 'backward'"),
        (None, None, {"resamples": -1}, ValueError, "`resamples` must be an integer of at least 0"),
        (None, None, {"confidence": 0}, ValueError, "`confidence` must be .* above 0"),
        (None, None, {"draws": 0}, ValueError, "`draws` must be"),
    ],
)
def test_what_cannot_be_compared_is_refused(banks, n, more, error, text):
    with pytest.raises(error, match=text):
        compare(kernels_of((5, 5, 1, 4)), banks, n, **more)


@pytest.mark.parametrize("function", [compare, suggest])
def test_kernels_must_hold_something(function):
    with pytest.raises(ValueError, match="`kernels` must not be all zero: there is nothing to explain"):
        function(np.zeros((3, 3, 1, 2)), n=2)
    with pytest.raises(ValueError, match="`kernels` must be finite"):
        function(np.full((3, 3, 1, 2), np.nan), n=2)


# Suggestions


@pytest.mark.parametrize("shape", [(5, 2, 5), (5, 4, 3, 8), (1, 1, 2, 3), (3, 3, 1, 9), (8, 8, 1, 9), (3, 2, 3, 2, 4)])
@pytest.mark.parametrize("order", ["given", "greedy", "backward"])
def test_the_suggestion_is_the_best_of_all_that_were_tried(shape, order):
    kernels, n = kernels_of(shape), 1 if shape[0] == 1 else 4
    result = suggest(kernels, n, order=order)
    best = 0.0
    for family, arguments in grid(shape[:-2], n):
        try:
            bank = made(family, shape[:-2], **arguments)
        except ValueError:
            continue
        if len(bank) >= n:
            best = max(best, energy_curve(kernels, bank, order).explained[n])
    assert result.explained == pytest.approx(best, abs=1e-11)
    assert result.explained == pytest.approx(project(kernels, result.bank).explained, abs=1e-11)
    assert result.explained <= result.optimum + 1e-12
    strengths = np.linalg.svd(kernels.reshape(math.prod(shape[:-2]), -1), compute_uv=False) ** 2
    assert result.optimum == pytest.approx(strengths[:n].sum() / strengths.sum(), abs=1e-12)
    shares = [candidate.explained for candidate in result.ranking]
    assert shares == sorted(shares, reverse=True)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")  # at the edge of the window
@pytest.mark.parametrize(
    ("family", "arguments", "which"),
    [
        ("dct", {}, [1, 12, 40]),
        ("hermite", {"sigma": 1.8, "max_order": 2}, range(6)),
        ("gabor", {"frequencies": [0.25], "bandwidth": 1.5, "orientations": 6}, range(4)),
    ],
)
def test_what_made_the_kernels_is_suggested(family, arguments, which):
    bank = made(family, (9, 9), **arguments)[list(which)]
    kernels = fb.compose(kernels_of((len(bank), 4, 8)), bank)
    result = suggest(kernels, len(bank))
    assert result.ranking[0].family == family
    assert result.explained == pytest.approx(1, abs=1e-11)
    assert fb.make(**result.bank.recipe) == result.bank
    assert str(result).splitlines()[1].startswith(family)
    assert str(result).splitlines()[-2].split() == ["the", "kernels'", "own", "100.0%"]


def test_suggestions_stay_within_the_pixels():
    with pytest.raises(ValueError, match="`n` must be an integer from 1 to 9, got 10"):
        suggest(kernels_of((3, 3, 1, 2)), 10)
