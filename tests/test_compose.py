"""`compose` and `decompose` against explicit loops, and as inverses of each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filterbank as fb
from filterbank import _compose

BANKS = {
    "dct": lambda: fb.dct(5, n=7),
    "rectangle": lambda: fb.hermite((4, 6), max_order=2),
    "line": lambda: fb.wavelet((9,), wavelet="haar"),
    "space": lambda: fb.dct((2, 3, 2)),
    "ill-conditioned": lambda: fb.gaussian_derivative(5, sigma=2, max_order=3),
}
every_bank = pytest.mark.parametrize("make", BANKS.values(), ids=BANKS)
# gaussian_derivative(sigma=2) does not fit in 5 pixels, and says so.
pytestmark = pytest.mark.filterwarnings("ignore::filterbank.BankWarning")


def composed_by_loops(coefficients, bank):
    """`W[..., p, q] = sum_i a[i, p, q] b[i, ...]`, as the design writes it."""
    n, inputs, outputs = coefficients.shape
    kernels = np.zeros((*bank.size, inputs, outputs))
    for pixel in np.ndindex(*bank.size):
        for p in range(inputs):
            for q in range(outputs):
                kernels[(*pixel, p, q)] = sum(
                    float(coefficients[i, p, q]) * bank.filters[(i, *pixel)] for i in range(n)
                )
    return kernels


def noise(*shape):
    return np.random.default_rng(4).standard_normal(shape)


@every_bank
def test_compose_is_the_sum_of_weighted_filters(make):
    bank = make()
    coefficients = noise(len(bank), 2, 3)
    kernels = fb.compose(coefficients, bank)
    assert kernels.shape == (*bank.size, 2, 3)
    assert kernels.flags.writeable
    np.testing.assert_allclose(kernels, composed_by_loops(coefficients, bank), rtol=0, atol=1e-14)


@pytest.mark.parametrize("axes", [(), (4,), (2, 3), (2, 3, 2), (0, 3)])
def test_coefficients_may_have_any_further_axes(axes):
    bank = fb.dct(3, n=4)
    coefficients = noise(4, *axes)
    kernels = fb.compose(coefficients, bank)
    np.testing.assert_allclose(kernels, np.einsum("i...,iyx->yx...", coefficients, bank.filters), rtol=0, atol=1e-15)
    assert kernels.shape == (3, 3, *axes)
    assert fb.decompose(kernels, bank).shape == coefficients.shape


def test_the_kernel_of_one_coefficient_is_its_filter():
    bank = fb.gabor(7)
    for i, one in enumerate(bank):
        unit = np.zeros((len(bank), 1, 1))
        unit[i] = 1
        np.testing.assert_array_equal(fb.compose(unit, bank)[:, :, 0, 0], one)


@pytest.mark.parametrize("step", [fb.compose, fb.decompose])
@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("float16", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
    ],
)
def test_float32_stays_float32_and_the_rest_is_float64(step, dtype, kept):
    bank = fb.delta(3)
    values = np.arange(9 * 2).reshape((9, 1, 2) if step is fb.compose else (3, 3, 1, 2)).astype(dtype)
    result = step(values, bank)
    assert result.dtype == kept
    np.testing.assert_allclose(result.ravel(), np.arange(18), atol=1e-5)


def test_float32_is_rounded_once():
    bank, coefficients = fb.gabor(9), noise(8, 3, 4).astype(np.float32)
    exact = fb.compose(coefficients.astype(np.float64), bank)
    np.testing.assert_array_equal(fb.compose(coefficients, bank), exact.astype(np.float32))
    np.testing.assert_array_equal(
        fb.decompose(exact.astype(np.float32), bank),
        fb.decompose(exact.astype(np.float32).astype(np.float64), bank).astype(np.float32),
    )


def test_bfloat16_is_taken():
    dtype = pytest.importorskip("ml_dtypes").bfloat16
    bank = fb.delta(2)
    coefficients = np.arange(8).reshape(4, 1, 2).astype(dtype)
    assert fb.compose(coefficients, bank).dtype == np.float64
    np.testing.assert_array_equal(fb.compose(coefficients, bank).ravel(), np.arange(8))
    np.testing.assert_allclose(
        fb.decompose(np.arange(8).reshape(2, 2, 1, 2).astype(dtype), bank).ravel(), np.arange(8), atol=1e-14
    )


def test_plain_arrays_and_lists_are_banks():
    bank, coefficients = fb.dct(3, n=2), [[1.0], [2.0]]
    expected = fb.compose(np.array(coefficients), bank)
    np.testing.assert_array_equal(fb.compose(coefficients, bank.filters), expected)
    np.testing.assert_array_equal(fb.compose(coefficients, bank.filters.tolist()), expected)
    np.testing.assert_array_equal(fb.decompose(expected.tolist(), bank.filters), fb.decompose(expected, bank))


@every_bank
def test_decompose_undoes_compose(make):
    bank = make()
    condition = np.linalg.cond(bank.filters.reshape(len(bank), -1))
    coefficients = noise(len(bank), 3, 2)
    found = fb.decompose(fb.compose(coefficients, bank), bank)
    np.testing.assert_allclose(found, coefficients, rtol=0, atol=5e-15 * condition)


@given(data=st.data())
def test_decompose_finds_the_nearest_kernel(data):
    """What is left is orthogonal to every filter: the condition of least squares."""
    n = data.draw(st.integers(1, 30))
    flat = np.random.default_rng(n).standard_normal((n, 20))
    bank = fb.FilterBank(flat.reshape(n, 4, 5))
    kernels = noise(4, 5, 2, 3)
    residual = kernels - fb.compose(fb.decompose(kernels, bank), bank)
    np.testing.assert_allclose(np.einsum("iyx,yxpq->ipq", bank.filters, residual), 0, rtol=0, atol=1e-12)


def test_of_a_dependent_bank_the_shortest_solution_is_found():
    bank = fb.dct(3)[[0, 1, 1, 1, 2, 2]]
    kernels = noise(3, 3, 1, 2)
    found = fb.decompose(kernels, bank)
    expected = np.einsum("iyx,yxpq->ipq", bank.filters, kernels)
    np.testing.assert_allclose(found, expected / np.array([1, 3, 3, 3, 2, 2])[:, None, None], rtol=0, atol=1e-15)
    assert np.isfinite(found).all()


def test_a_zero_bank_explains_nothing():
    np.testing.assert_array_equal(fb.decompose(noise(2, 2, 1, 1), np.zeros((3, 2, 2))), 0)


def test_nan_coefficients_show_in_the_kernel():
    coefficients = np.ones((4, 1, 2))
    coefficients[1, 0, 0] = np.nan
    kernels = fb.compose(coefficients, fb.delta(2))
    assert np.isnan(kernels[..., 0]).any()
    assert np.isfinite(kernels[..., 1]).all()


@every_bank
def test_the_pseudo_inverse_decomposes(make):
    filters = make().filters
    kernels = noise(*filters.shape[1:])
    inverse = _compose.pseudo_inverse(filters, 1e-12)
    assert inverse.shape == filters.shape
    found = np.tensordot(inverse, kernels, kernels.ndim)
    np.testing.assert_allclose(found, fb.decompose(kernels, filters), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda b: fb.compose(np.ones((3, 1, 2)), b),
            ValueError,
            r"\(n, in, out\) with n = 4, .* got shape \(3, 1, 2\)",
        ),
        (
            lambda b: fb.compose(np.ones((1, 2, 4)), b),
            ValueError,
            r"move the axis of filters to the front with np\.move",
        ),
        (lambda b: fb.compose(3.0, b), ValueError, r"`coefficients` must be \(n, in, out\) .* got shape \(\)"),
        (lambda b: fb.compose(np.ones(4) * 1j, b), TypeError, "`coefficients` must be real numbers, got complex128"),
        (lambda b: fb.compose(["a"] * 4, b), TypeError, "`coefficients` must be real numbers, got <U1"),
        (lambda b: fb.compose([None] * 4, b), TypeError, "`coefficients` must be real numbers, got object"),
        (lambda b: fb.compose(np.ones(4), np.ones(4)), ValueError, r"`bank` must be \(n, width\)"),
        (
            lambda b: fb.decompose(np.ones((1, 3, 3)), b),
            ValueError,
            r"begin with the bank's size \(3, 3\) in pixels, got",
        ),
        (lambda b: fb.decompose(np.ones(3), b), ValueError, r"begin with the bank's size \(3, 3\) .* got shape \(3,\)"),
        (
            lambda b: fb.decompose(np.full((3, 3), np.nan), b),
            ValueError,
            "`kernels` must be finite, got NaN or infinity",
        ),
        (lambda b: fb.decompose(np.ones((3, 3)) * 1j, b), TypeError, "`kernels` must be real numbers, got complex128"),
        (lambda b: fb.decompose(np.ones((3, 3)), "bank"), TypeError, "`bank` must be real numbers, got <U4"),
    ],
    ids=range(12),
)
def test_wrong_shapes_and_types_are_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(fb.dct(3, n=4))
