"""`normalize`, `zero_mean`, `orthonormalize` and `concatenate`: what they promise, their columns and recipes."""

import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import linalg

import filterbank as fb
from filterbank._bank import rank_and_condition

pytestmark = pytest.mark.filterwarnings("ignore::filterbank.BankWarning")

PIXELS = np.eye(9).reshape(9, 3, 3)
BANKS = {
    "gabor": lambda: fb.gabor(7),
    "line": lambda: fb.hermite((9,)),
    "space": lambda: fb.gaussian_derivative((5, 4, 3), max_order=2),
    "dependent": lambda: fb.gabor(5, orientations=16),
    "custom": lambda: fb.FilterBank(np.random.default_rng(0).standard_normal((6, 3, 4))),
}
every_bank = pytest.mark.parametrize("make", BANKS.values(), ids=BANKS)


def rows(bank):
    return bank.filters.reshape(len(bank), -1)


def assert_rebuilds(bank):
    again = fb.make(**json.loads(json.dumps(bank.recipe)))
    assert again.filters.tobytes() == bank.filters.tobytes()
    assert again.recipe == bank.recipe


def assert_same_columns(found, bank):
    assert list(found.parameters) == list(bank.parameters)
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], column)


# normalize and zero_mean


@every_bank
@pytest.mark.parametrize(("norm", "order"), [("l2", 2), ("l1", 1), ("max", np.inf)])
def test_normalize_is_numpys_norm(make, norm, order):
    bank = make()
    scaled = fb.normalize(bank, norm)
    expected = rows(bank) / np.linalg.norm(rows(bank), order, axis=1, keepdims=True)
    np.testing.assert_allclose(rows(scaled), expected, rtol=0, atol=1e-15)
    assert_same_columns(scaled, bank)
    assert scaled.recipe["then"] == [{"step": "normalize", "norm": norm}]
    assert_rebuilds(scaled)


def test_normalize_with_none_changes_nothing():
    bank = fb.gabor(7, norm=None)
    assert fb.normalize(bank, None) == bank


@pytest.mark.parametrize("scale", [5e-324, 1e-200, 1e200, 1e308])
def test_normalize_takes_any_scale(scale):
    for norm in ("l2", "l1", "max"):
        np.testing.assert_allclose(fb.normalize(scale * PIXELS, norm).filters, PIXELS, rtol=1e-15)


def test_a_zero_filter_cannot_be_normalised():
    broken = PIXELS.copy()
    broken[[3, 5]] = 0
    with pytest.raises(ValueError, match=r"`norm` 'l1' cannot scale filter 3: it is zero everywhere \(2 of 9 are\)"):
        fb.normalize(broken, "l1")
    with pytest.raises(ValueError, match="`norm` must be one of 'l2', 'l1', 'max', None, got 2"):
        fb.normalize(PIXELS, 2)


@every_bank
def test_zero_mean_subtracts_the_mean(make):
    bank = make()
    centred = fb.zero_mean(bank)
    sums = np.array([math.fsum(row) for row in rows(centred)])
    assert np.all(np.abs(sums) <= 1e-15 * np.abs(rows(centred)).sum(axis=1))
    np.testing.assert_allclose(rows(centred), rows(bank) - rows(bank).mean(axis=1, keepdims=True), rtol=0, atol=1e-15)
    assert_same_columns(centred, bank)
    assert centred.recipe["then"] == [{"step": "zero_mean"}]
    assert_rebuilds(centred)


def test_zero_mean_of_a_flat_filter_is_zero():
    flat = fb.zero_mean(np.full((1, 5, 7), 0.1))
    assert not flat.filters.any()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_zero_mean_is_exact_to_rounding_at_any_size_and_scale(scale):
    bank = fb.zero_mean(scale * np.random.default_rng(0).random((5, 64, 65)))
    sums = np.array([math.fsum(row) for row in rows(bank)])
    assert np.all(np.abs(sums) <= 2.0**-53 * np.abs(rows(bank)).sum(axis=1))


# orthonormalize


@every_bank
@pytest.mark.parametrize("method", ["qr", "svd"])
def test_orthonormalize_spans_the_same(make, method):
    bank = make()
    found = fb.orthonormalize(bank, method)
    flat = rows(found)
    assert len(found) == np.linalg.matrix_rank(rows(bank))
    np.testing.assert_allclose(flat @ flat.T, np.eye(len(flat)), rtol=0, atol=1e-14)
    np.testing.assert_allclose(rows(bank) @ flat.T @ flat, rows(bank), rtol=0, atol=1e-13)
    assert_rebuilds(found)


@every_bank
def test_qr_is_gram_schmidt_in_the_order_of_the_filters(make):
    """SciPy's triangular factor with a positive diagonal is unique while the filters are independent."""
    bank = make()
    bank = bank[: np.linalg.matrix_rank(rows(bank)) // 2]
    directions, triangle = linalg.qr(rows(bank).T, mode="economic")
    expected = (directions * np.sign(np.diag(triangle))).T
    condition = np.linalg.cond(rows(bank))
    found = fb.orthonormalize(bank)
    np.testing.assert_allclose(rows(found), expected, rtol=0, atol=1e-14 * condition)
    assert_same_columns(found, bank)


def test_qr_drops_dependent_filters_with_their_columns():
    bank = fb.dct(3)[[0, 1, 0, 1, 2, 4]]
    found = fb.orthonormalize(bank)
    np.testing.assert_allclose(found.filters, fb.dct(3)[[0, 1, 2, 4]].filters, rtol=0, atol=1e-15)
    assert_same_columns(found, bank[[0, 1, 4, 5]])


def test_qr_drops_zero_filters_and_stops_at_the_number_of_pixels():
    zero_first = np.concatenate([np.zeros((1, 3, 3)), PIXELS, 2 * PIXELS])
    np.testing.assert_array_equal(fb.orthonormalize(zero_first).filters, PIXELS)
    assert len(fb.orthonormalize(np.random.default_rng(1).standard_normal((50, 2, 2)))) == 4


@pytest.mark.parametrize(
    "make", [lambda: fb.gabor(7), lambda: fb.hermite((9,)), lambda: fb.FilterBank(PIXELS * 3)], ids=range(3)
)
def test_symmetric_is_the_polar_factor(make):
    """Löwdin's set is the nearest orthonormal one: SciPy's polar decomposition finds the same."""
    bank = make()
    found = fb.orthonormalize(bank, "symmetric")
    expected, _ = linalg.polar(rows(bank))
    np.testing.assert_allclose(rows(found), expected, rtol=0, atol=1e-13)
    assert_same_columns(found, bank)
    assert_rebuilds(found)


def test_symmetric_is_nearer_than_gram_schmidt():
    bank = fb.gabor(9)
    near, far = (np.linalg.norm(rows(fb.orthonormalize(bank, method)) - rows(bank)) for method in ("symmetric", "qr"))
    assert near < 0.9 * far


@every_bank
def test_svd_gives_the_singular_vectors_with_their_values(make):
    bank = make()
    found = fb.orthonormalize(bank, "svd")
    values = np.linalg.svd(rows(bank), compute_uv=False)[: len(found)]
    assert list(found.parameters) == ["singular_value"]
    np.testing.assert_allclose(found.parameters["singular_value"], values, rtol=1e-12)
    shares = np.linalg.norm(rows(bank) @ rows(found).T, axis=0)
    np.testing.assert_allclose(shares, values, rtol=0, atol=1e-13 * values[0])


@pytest.mark.parametrize("method", ["qr", "symmetric", "svd"])
@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-160, 1e160, 1e300])
def test_orthonormalize_takes_any_scale(method, scale):
    found = fb.orthonormalize(scale * PIXELS, method)
    flat = np.abs(rows(found))
    np.testing.assert_allclose(np.sort(flat, axis=1)[:, -1], 1, rtol=1e-14)
    np.testing.assert_allclose(flat.sum(axis=0), 1, rtol=1e-14)


def test_filters_of_very_different_scale_are_all_kept():
    scales = np.geomspace(1e-200, 1e200, 9)
    np.testing.assert_array_equal(fb.orthonormalize(PIXELS * scales[:, None, None]).filters, PIXELS)


@pytest.mark.parametrize("orientations", [20, 24, 30, 40])
def test_all_that_speak_of_rank_agree_where_filters_are_nearly_dependent(orientations):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        bank = fb.gabor(11, orientations=orientations)
    rank, _ = rank_and_condition(bank)
    assert rank < 4 * orientations or orientations == 20
    for method in ("qr", "svd"):
        found = fb.orthonormalize(bank, method)
        assert len(found) == rank
        flat = rows(found)
        np.testing.assert_allclose(flat @ flat.T, np.eye(rank), rtol=0, atol=1e-13)
        # The rank is of what rounding leaves: so far from the span, no further.
        assert np.abs(rows(bank) - rows(bank) @ flat.T @ flat).max() < 1e-9
    pruned = fb.prune(bank)
    assert rank_and_condition(pruned)[0] == len(pruned)
    assert rank - len(pruned) <= 3


@example(rank=6, extra=2, seed=0)  # Gram-Schmidt with a plain tolerance keeps a filter of rounding
@given(rank=st.integers(1, 8), extra=st.integers(0, 5), seed=st.integers(0, 99))
def test_orthonormalize_finds_the_rank(rank, extra, seed):
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((rank, 12))
    mixed = np.concatenate([basis, rng.standard_normal((extra, rank)) @ basis])
    bank = fb.FilterBank(rng.permutation(mixed).reshape(-1, 3, 4))
    assert len(fb.orthonormalize(bank)) == len(fb.orthonormalize(bank, "svd")) == rank


def test_tol_says_what_counts_as_nothing():
    nearly = PIXELS[:3].copy()
    nearly[1] = nearly[0] + 1e-6 * nearly[1]
    assert len(fb.orthonormalize(nearly)) == 3
    assert len(fb.orthonormalize(nearly, tol=1e-5)) == 2
    assert len(fb.orthonormalize(nearly, "svd", tol=1e-5)) == 2
    assert fb.orthonormalize(nearly, tol=np.float32(1e-5)).recipe["then"][0]["tol"] == np.float32(1e-5)
    with pytest.raises(ValueError, match=r"`bank` must be independent for method=\"symmetric\", got rank 2 of 3"):
        fb.orthonormalize(nearly, "symmetric", tol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((PIXELS, "gram"), ValueError, "`method` must be one of 'qr', 'symmetric', 'svd', got 'gram'"),
        ((PIXELS, "qr", -1), ValueError, "`tol` must be a finite number and at least 0, got -1"),
        ((PIXELS, "qr", np.nan), ValueError, "`tol` must be a finite number and at least 0, got nan"),
        ((PIXELS, "qr", 1), ValueError, "`tol` must be below 1, a share of the norm, got 1"),
        ((PIXELS, "qr", True), TypeError, "`tol` must be a finite number and at least 0, got True"),
        ((0 * PIXELS,), ValueError, "`bank` must have a filter other than zero to orthonormalise, got only zeros"),
        ((np.ones((2, 3, 3)), "symmetric"), ValueError, r"got rank 1 of 2 filters; use method=\"qr\", which drops"),
        ((np.ones(3),), ValueError, r"`bank` must be \(n, width\)"),
    ],
    ids=range(8),
)
def test_wrong_arguments_of_orthonormalize_are_explained(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.orthonormalize(*arguments)


@pytest.mark.parametrize("step", [fb.normalize, fb.zero_mean, fb.orthonormalize, fb.concatenate])
def test_plain_arrays_are_banks(step):
    filters = np.random.default_rng(3).standard_normal((4, 3, 3))
    assert step(filters) == step(fb.FilterBank(filters)) == step(filters.tolist())
    assert_rebuilds(step(filters))
    with pytest.raises(TypeError, match="`bank` must be real numbers, got complex128"):
        step(1j * filters)


# concatenate


def test_concatenate_joins_filters_and_names_their_families():
    both = fb.concatenate(fb.dct(5, n=3), fb.gabor(5, n=2), np.ones((1, 5, 5)))
    np.testing.assert_array_equal(both.filters[:3], fb.dct(5, n=3).filters)
    np.testing.assert_array_equal(both.filters[3:5], fb.gabor(5, n=2).filters)
    np.testing.assert_array_equal(both.filters[5:], np.ones((1, 5, 5)))
    assert both.family == "concatenate"
    assert list(both.parameters["family"]) == ["dct"] * 3 + ["gabor"] * 2 + ["custom"]
    assert_rebuilds(both)


def test_columns_that_a_bank_lacks_are_nan_or_empty():
    both = fb.concatenate(fb.dct(8, n=2), fb.wavelet(8, n=1), fb.gabor(8, n=1))
    np.testing.assert_array_equal(both.parameters["order_x"], [0, 1, np.nan, np.nan])
    assert list(both.parameters["subband"]) == ["", "", "approximation", ""]
    np.testing.assert_array_equal(both.parameters["frequency"][[0, 2]], [0, np.nan])
    assert both.parameters["frequency"][3] == fb.gabor(8).parameters["frequency"][0]
    assert list(both.parameters)[-1] == "family"


def test_columns_of_numbers_and_texts_become_texts():
    first = fb.FilterBank(PIXELS[:2], parameters={"name": [1.5, 2.0]})
    second = fb.FilterBank(PIXELS[2:3], parameters={"name": ["corner"]})
    assert list(fb.concatenate(first, second, PIXELS[:1]).parameters["name"]) == ["1.5", "2.0", "corner", ""]


def test_joining_joined_banks_keeps_the_first_families():
    inner = fb.concatenate(fb.dct(3, n=2), fb.delta(3, n=1))
    outer = fb.concatenate(inner[::-1], fb.dct(3, n=1))
    assert list(outer.parameters["family"]) == ["delta", "dct", "dct", "dct"]
    assert_rebuilds(outer)
    assert_rebuilds(fb.orthonormalize(outer)[1:])


def test_one_bank_can_be_joined_to_nothing():
    one = fb.concatenate(fb.dct(3))
    assert one == fb.dct(3)
    assert_rebuilds(one)


@pytest.mark.parametrize(
    ("banks", "error", "message"),
    [
        ((), ValueError, "`concatenate` needs at least one bank, got none"),
        ((fb.dct(3), fb.dct(5)), ValueError, "`banks` must have one size in pixels, got 3x3, 5x5; make them again"),
        ((fb.dct(3), fb.dct((3,))), ValueError, "`banks` must have one size in pixels, got 3-sample, 3x3"),
        (([fb.dct(3), fb.dct(3)],), TypeError, r"`banks` must be passed one by one, .*; write concatenate\(\*banks\)"),
        (((fb.dct(3),),), TypeError, "`banks` must be passed one by one"),
    ],
    ids=range(5),
)
def test_what_cannot_be_joined_is_explained(banks, error, message):
    with pytest.raises(error, match=message):
        fb.concatenate(*banks)


# Dependence


@pytest.mark.filterwarnings("error::filterbank.BankWarning")
@pytest.mark.parametrize(
    ("step", "figure"),
    [
        (lambda: fb.zero_mean(fb.dct(4)), "rank 15 of 16"),
        (lambda: fb.window(fb.dct(4), np.tri(4)), "rank 10 of 16"),
        (lambda: fb.resize(fb.dct(4), 3), "rank 9 of 16"),
        (lambda: fb.concatenate(fb.dct(3), fb.delta(3, n=2)), "rank 9 of 11"),
        (lambda: fb.concatenate(*[fb.delta(30)] * 2), "1800 filters on 900 pixels"),
    ],
    ids=range(5),
)
def test_steps_say_that_filters_became_dependent(step, figure):
    with pytest.warns(
        fb.BankWarning, match=f"the filters became dependent: {figure}; filterbank.prune drops"
    ) as caught:
        step()
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("error::filterbank.BankWarning")
def test_steps_do_not_repeat_that_filters_are_dependent():
    twice = fb.FilterBank(list(fb.dct(3, n=3)) * 2)
    for step in (fb.zero_mean, fb.window, lambda bank: fb.resize(bank, 5), lambda bank: fb.concatenate(bank, bank)):
        assert len(step(twice)) >= 6
