"""`dct`, `hermite` and `gaussian_derivative` against SciPy, to the last digits.

Tolerances are relative to the peak of each 1-D function.
"""

import functools
import itertools
import math

import numpy as np
import pytest
from scipy import fft, integrate, ndimage, special

import filterbank as fb

pytestmark = pytest.mark.filterwarnings("ignore::filterbank.BankWarning")


def assert_equal(filters, expected, tolerance):
    peak = np.abs(expected).max()
    np.testing.assert_allclose(np.asarray(filters) / peak, np.asarray(expected) / peak, rtol=0, atol=tolerance)


def outer(factors):
    return functools.reduce(np.multiply.outer, factors)


def by_total_order(highest, dimensions):
    """The documented order, written out: by the sum, then by the first axis, and so on."""
    every = itertools.product(range(highest + 1), repeat=dimensions)
    return sorted((order for order in every if sum(order) <= highest), key=lambda order: (sum(order), order))


# dct


@pytest.mark.parametrize("size", [(1,), (2,), (11,), (16,), (33,), (5, 5), (4, 7), (11, 11), (3, 4, 5)])
def test_dct_is_scipys(size):
    tables = [fft.dct(np.eye(side), norm="ortho", axis=0) for side in size]
    every = itertools.product(*(range(side) for side in size))
    expected = [
        outer([table[i] for table, i in zip(tables, order, strict=True)])
        for order in sorted(every, key=lambda order: (sum(order), order))
    ]
    np.testing.assert_allclose(fb.dct(size).filters, expected, rtol=0, atol=5e-16)


def test_dct_without_norm_is_plain_products_of_cosines():
    bank = fb.dct((5, 6), norm=None)
    for one, i, j in zip(bank, bank.parameters["order_y"], bank.parameters["order_x"], strict=True):
        expected = [
            [math.cos(math.pi * (y + 0.5) * i / 5) * math.cos(math.pi * (x + 0.5) * j / 6) for x in range(6)]
            for y in range(5)
        ]
        # The angles written out here, up to 29, carry rounding of their own.
        np.testing.assert_allclose(one, expected, rtol=0, atol=3e-15)


@pytest.mark.parametrize(("level", "count"), [(1, 1), (3, 6), (5, 15), (6, 19), (9, 25), (99, 25)])
def test_dct_level_keeps_low_orders(level, count):
    bank = fb.dct(5, level=level)
    assert len(bank) == count
    assert bank.parameters["order"].max() < level
    assert bank == fb.dct(5, n=count)


def test_dct_without_dc_drops_the_flat_filter():
    np.testing.assert_array_equal(fb.dct(5, dc=False).filters, fb.dct(5).filters[1:])
    assert len(fb.dct(5, level=3, dc=False)) == 5
    with pytest.raises(ValueError, match="`dc=False` leaves no filter"):
        fb.dct(5, level=1, dc=False)
    with pytest.raises(ValueError, match="`level` must be an integer of at least 1, got 0"):
        fb.dct(5, level=0)


def test_dct_frequencies_are_in_cycles_per_pixel():
    """The filter of order (i, j) has i / 2 cycles along the height."""
    bank = fb.dct((8, 10))
    expected = np.hypot(bank.parameters["order_y"] / 16, bank.parameters["order_x"] / 20)
    np.testing.assert_allclose(bank.parameters["frequency"], expected, rtol=1e-15)


# hermite


def hermite_function(order, x, sigma):
    factor = math.sqrt(2.0**order * math.factorial(order) * math.sqrt(math.pi) * sigma)
    return special.eval_hermite(order, x / sigma) * np.exp(-((x / sigma) ** 2) / 2) / factor


@pytest.mark.parametrize(
    ("side", "sigma", "highest"), [(11, 1.5, 6), (8, 1.2, 8), (21, 3, 4), (31, 2, 20), (64, 3, 60), (1, 2, 0)]
)
def test_hermite_is_scipys_polynomials_under_a_gaussian(side, sigma, highest):
    x = np.arange(side) - (side - 1) / 2
    bank = fb.hermite((side,), sigma=sigma, max_order=highest, norm=None)
    assert len(bank) == highest + 1
    for order, one in enumerate(bank):
        assert_equal(one, hermite_function(order, x, sigma), 2e-14 if highest > 8 else 3e-15)


@pytest.mark.parametrize("size", [(9, 9), (6, 11), (5, 6, 7)])
def test_hermite_products_come_by_total_order(size):
    bank = fb.hermite(size, sigma=1.3, max_order=3, norm=None)
    every = by_total_order(3, len(size))
    assert len(bank) == len(every)
    for one, order in zip(bank, every, strict=True):
        expected = outer(
            [hermite_function(m, np.arange(k) - (k - 1) / 2, 1.3) for m, k in zip(order, size, strict=True)]
        )
        assert_equal(one, expected, 2e-15)
    for axis, name in enumerate(("z", "y", "x")[-len(size) :]):
        np.testing.assert_array_equal(bank.parameters[f"order_{name}"], [order[axis] for order in every])


def test_hermite_says_how_much_of_a_filter_the_window_captured():
    bank = fb.hermite(11, sigma=2.2, max_order=6, norm=None)
    held = np.sum(bank.filters**2, axis=(1, 2))
    np.testing.assert_allclose(bank.parameters["captured"], held, rtol=1e-14)
    assert held[0] == pytest.approx(1, abs=1e-3)
    assert held[-1] < 0.9


def test_hermite_is_nearly_orthonormal_by_default():
    flat = fb.hermite(15, norm=None).filters.reshape(15, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(15), rtol=0, atol=5e-3)


# gaussian_derivative


def impulse_responses(side, sigma, highest):
    """What scipy.ndimage's Gaussian derivatives make of a single pixel, times sigma^m."""
    impulse = np.zeros(side)
    impulse[side // 2] = 1
    return [
        sigma**m * ndimage.gaussian_filter1d(impulse, sigma, order=m, radius=side // 2, mode="constant")
        for m in range(highest + 1)
    ]


@pytest.mark.parametrize(("side", "sigma"), [(11, 1.5), (21, 3.0), (9, 0.6), (11, 4.0), (7, 1)])
def test_point_derivatives_are_scipys_impulse_responses(side, sigma):
    bank = fb.gaussian_derivative((side,), sigma=sigma, max_order=4, norm=None)
    for one, expected in zip(bank, impulse_responses(side, sigma, 4), strict=True):
        assert_equal(one, expected, 1e-15)


@pytest.mark.parametrize("size", [(11, 11), (9, 13), (5, 7, 9)])
def test_point_derivatives_in_the_plane_and_in_space(size):
    bank = fb.gaussian_derivative(size, sigma=1.4, max_order=3, norm=None)
    tables = [impulse_responses(side, 1.4, 3) for side in size]
    every = by_total_order(3, len(size))
    expected = [outer([table[m] for table, m in zip(tables, order, strict=True)]) for order in every]
    assert len(bank) == len(expected)
    for one, product in zip(bank, expected, strict=True):
        assert_equal(one, product, 1e-15)


def gaussian_derivative_at(x, sigma, order):
    """`sigma^m g^(m)(x)` of a Gaussian of integral 1, by differentiating polynomial times Gaussian in steps."""
    polynomial = np.polynomial.Polynomial([1.0])
    for _ in range(order):
        polynomial = polynomial.deriv() - np.polynomial.Polynomial([0, 1 / sigma**2]) * polynomial
    return sigma**order * polynomial(x) * math.exp(-(x**2) / (2 * sigma**2)) / math.sqrt(2 * math.pi) / sigma


@pytest.mark.parametrize("side", [8, 12])
def test_point_derivatives_at_even_sizes(side):
    x = np.arange(side) - (side - 1) / 2
    total = math.fsum(gaussian_derivative_at(one, 1.5, 0) for one in x)
    bank = fb.gaussian_derivative((side,), sigma=1.5, max_order=4, norm=None)
    for order, one in enumerate(bank):
        assert_equal(one, [gaussian_derivative_at(at, 1.5, order) / total for at in x], 2e-15)
    assert bank[0].sum() == pytest.approx(1, abs=1e-15)


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("sigma", [0.5, 1.2, 3.0])
def test_integrated_derivatives_are_integrals_over_the_pixels(side, sigma):
    bank = fb.gaussian_derivative((side,), sigma=sigma, max_order=4, sampling="integrated", norm=None)
    for order, one in enumerate(bank):
        expected = [
            integrate.quad(gaussian_derivative_at, at - 0.5, at + 0.5, args=(sigma, order), epsabs=1e-14, epsrel=1e-12)[
                0
            ]
            for at in np.arange(side) - (side - 1) / 2
        ]
        assert_equal(one, expected, 3e-15)


def test_integrated_gaussian_keeps_its_digits_in_the_tail():
    """Far out the error functions are 1 but for the last digits; their difference must not be."""
    tail = fb.gaussian_derivative((31,), sigma=1.0, max_order=0, sampling="integrated", norm=None)[0]
    exact = special.erfc(np.array([14.5, 13.5]) / math.sqrt(2)) - special.erfc(np.array([15.5, 14.5]) / math.sqrt(2))
    np.testing.assert_allclose(tail[:2], exact / 2, rtol=1e-12)
    np.testing.assert_array_equal(tail, tail[::-1])


@pytest.mark.parametrize("side", [7, 15])
@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.5])
def test_discrete_derivatives_are_differences_of_scipys_bessel_functions(side, sigma):
    """Lindeberg's discrete analogue, and the differences written out with their binomial weights."""
    stencils = [[1], [-0.5, 0, 0.5], [1, -2, 1], [-0.5, 1, 0, -1, 0.5], [1, -4, 6, -4, 1]]
    bank = fb.gaussian_derivative((side,), sigma=sigma, max_order=4, sampling="discrete", norm=None)
    for order, (one, stencil) in enumerate(zip(bank, stencils, strict=True)):
        expected = []
        for at in np.arange(side) - side // 2:
            taps = [at + offset - len(stencil) // 2 for offset in range(len(stencil))]
            values = [special.ive(abs(tap), sigma**2) for tap in taps]
            expected.append(sigma**order * math.fsum(w * v for w, v in zip(stencil, values, strict=True)))
        assert_equal(one, expected, 2e-15)


def test_the_discrete_gaussian_has_exactly_its_variance():
    """What sampling cannot do: a sigma of half a pixel, to the last digits."""
    x = np.arange(31) - 15
    one = fb.gaussian_derivative((31,), sigma=0.5, max_order=0, sampling="discrete", norm=None)[0]
    assert one.sum() == pytest.approx(1, abs=1e-15)
    assert (one * x**2).sum() == pytest.approx(0.25, abs=1e-15)


@pytest.mark.parametrize("order", range(5))
@pytest.mark.parametrize("sampling", ["point", "integrated", "discrete"])
def test_all_samplings_agree_where_the_grid_is_fine(order, sampling):
    exact = [gaussian_derivative_at(at, 8.0, order) for at in np.arange(91) - 45]
    one = fb.gaussian_derivative((91,), sigma=8.0, max_order=4, sampling=sampling, norm=None)[order]
    assert_equal(one, exact, 0.03)


@pytest.mark.parametrize(("highest", "count"), [(0, 1), (1, 3), (2, 6), (3, 10), (4, 15)])
def test_several_sigmas_follow_each_other(highest, count):
    bank = fb.gaussian_derivative(13, sigma=[1, 2], max_order=highest)
    assert len(bank) == 2 * count
    assert bank[count:] == fb.gaussian_derivative(13, sigma=2, max_order=highest)
    np.testing.assert_array_equal(bank.parameters["sigma"], [1] * count + [2] * count)


def test_a_narrow_gaussian_between_two_pixels_is_not_lost():
    bank = fb.gaussian_derivative((4,), sigma=0.01, max_order=0, norm=None)
    np.testing.assert_allclose(bank[0], [0, 0.5, 0.5, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("family", "arguments", "message"),
    [
        (fb.hermite, {"sigma": 0}, "`sigma` must be a finite number and above 0 pixels, got 0"),
        (fb.hermite, {"max_order": -1}, "`max_order` must be an integer of at least 0, got -1"),
        (fb.gaussian_derivative, {"sigma": [1, -1]}, "`sigma` must be a finite number and above 0 pixels, got -1"),
        (fb.gaussian_derivative, {"max_order": -1}, "`max_order` must be an integer of at least 0, got -1"),
        (
            fb.gaussian_derivative,
            {"sampling": "fine"},
            "`sampling` must be one of 'point', 'integrated', 'discrete', got 'fine'",
        ),
    ],
)
def test_wrong_arguments_are_named(family, arguments, message):
    with pytest.raises(ValueError, match=message):
        family(11, **arguments)


def test_discrete_sampling_needs_odd_sides():
    with pytest.raises(ValueError, match=r'^`size` must be odd for sampling="discrete".* got 8x8'):
        fb.gaussian_derivative(8, sampling="discrete")
