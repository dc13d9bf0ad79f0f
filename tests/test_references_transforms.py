"""`dst`, `fourier`, `hadamard`, `legendre`, `chebyshev` against SciPy, NumPy and exact fractions.

Tolerances are relative to the peak of each 1-D function or window.
"""

import functools
import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy import fft, linalg

import filterbank as fb

SIZES = [(1,), (2,), (8,), (11,), (16,), (5, 5), (4, 7), (3, 4, 5)]


def assert_products(bank, tables, tolerance):
    """The bank is the outer products of rows of the tables, by the sum of orders, then by the first axis."""
    every = itertools.product(*(range(len(table)) for table in tables))
    ordered = sorted(every, key=lambda order: (sum(order), order))
    assert len(bank) == len(ordered)
    for one, order in zip(bank, ordered, strict=True):
        rows = [table[index] for table, index in zip(tables, order, strict=True)]
        expected = functools.reduce(np.multiply.outer, rows)
        np.testing.assert_allclose(one, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.parametrize("size", SIZES)
def test_dst_is_scipys(size):
    tables = [fft.dst(np.eye(side), norm="ortho", axis=0) for side in size]
    # SciPy's last row is the one that alternates; it has the sign that the sine has at the first pixel.
    assert_products(fb.dst(size), tables, 2e-15)


def test_dst_plain_is_the_formula():
    x = np.arange(6) + 0.5
    plain = fb.dst((6,), norm=None)
    for order, one in enumerate(plain):
        np.testing.assert_allclose(one, np.sin(np.pi * x * (order + 1) / 6), rtol=0, atol=1e-15)
    assert plain.parameters["frequency"] == pytest.approx((np.arange(6) + 1) / 12, abs=0)


@pytest.mark.parametrize("size", [(1,), (2,), (7,), (8,), (5, 5), (4, 6), (4, 4), (3, 2, 4)])
def test_fourier_gives_the_coefficients_of_numpys_fft(size):
    bank = fb.fourier(size, norm=None)
    assert len(bank) == np.prod(size)
    image = np.random.default_rng(0).standard_normal(size)
    spectrum = np.fft.fftn(image)
    names = ["frequency_z", "frequency_y", "frequency_x"][-len(size) :]
    for index, one in enumerate(bank):
        cycles = np.array([bank.parameters[name][index] for name in names])
        place = tuple(np.rint(cycles * size).astype(int) % size)
        centred = spectrum[place] * np.exp(2j * np.pi * cycles @ ((np.array(size) - 1) / 2))
        expected = centred.real if bank.parameters["phase"][index] == 0 else -centred.imag
        assert np.sum(one * image) == pytest.approx(expected, abs=2e-14 * np.prod(size))


def test_fourier_is_ordered_by_frequency_and_its_orientation_is_that_of_the_wave():
    bank = fb.fourier(7)
    assert (np.diff(bank.parameters["frequency"]) > -1e-12).all()
    y, x = np.mgrid[-3:4, -3:4]
    column = bank.parameters
    along = x[None] * np.cos(column["orientation"])[:, None, None] + y * np.sin(column["orientation"])[:, None, None]
    wave = np.cos(2 * np.pi * column["frequency"][:, None, None] * along + column["phase"][:, None, None])
    np.testing.assert_allclose(fb.fourier(7, norm=None).filters, wave, rtol=0, atol=1e-14)


def test_fourier_without_dc():
    assert fb.fourier(5, dc=False) == fb.fourier(5)[1:]
    with pytest.raises(ValueError, match=r"`dc=False` leaves no filter"):
        fb.fourier(1, dc=False)


@pytest.mark.parametrize("size", [(1,), (2,), (8,), (16,), (4, 4), (2, 8), (4, 2, 4)])
def test_hadamard_is_scipys_by_sign_changes(size):
    tables = []
    for side in size:
        rows = linalg.hadamard(side).astype(float)
        changes = np.array([sum(a != b for a, b in itertools.pairwise(row)) for row in rows])
        assert sorted(changes) == list(range(side))
        tables.append(rows[np.argsort(changes)])
    assert_products(fb.hadamard(size, norm=None), tables, 0)


def test_hadamard_refuses_other_sides():
    with pytest.raises(ValueError, match=r"`size` of hadamard must be powers of two in pixels, got 8x6"):
        fb.hadamard((8, 6))


def tchebichef(side):
    """Mukundan's scaled polynomials by their recurrence, in exact fractions."""
    rows = [[Fraction(1)] * side, [Fraction(2 * x - side + 1) for x in range(side)]][:side]
    for m in range(2, side):
        rows.append(
            [
                (
                    (2 * m - 1) * (2 * x - side + 1) * rows[m - 1][x]
                    - (m - 1) * (side**2 - (m - 1) ** 2) * rows[m - 2][x]
                )
                / m
                for x in range(side)
            ]
        )
    return rows


@pytest.mark.parametrize("side", [1, 2, 3, 8, 11, 24])
def test_chebyshev_is_the_recurrence_in_fractions(side):
    exact = np.array([[float(value / side**m) for value in row] for m, row in enumerate(tchebichef(side))])
    ours = fb.chebyshev((side,), norm=None).filters
    np.testing.assert_allclose(ours / np.abs(exact).max(1, keepdims=True), exact / np.abs(exact).max(1, keepdims=True),
                               rtol=0, atol=5e-14)  # fmt: skip


@pytest.mark.parametrize("side", [1, 2, 3, 8, 11, 24])
def test_legendre_is_the_same_polynomial_with_value_one_at_the_end(side):
    exact = np.array([[float(value / row[-1]) for value in row] for row in tchebichef(side)])
    ours = fb.legendre((side,), norm=None).filters
    peaks = np.abs(exact).max(1, keepdims=True)
    np.testing.assert_allclose(ours / peaks, exact / peaks, rtol=0, atol=5e-14)


@pytest.mark.parametrize("family", [fb.legendre, fb.chebyshev])
@pytest.mark.parametrize("size", [(31,), (64,), (6, 9), (3, 4, 5)])
def test_polynomials_stay_orthonormal_at_every_degree(family, size):
    rows = family(size).filters.reshape(np.prod(size), -1)
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), rtol=0, atol=2e-14)


@pytest.mark.parametrize("family", [fb.dst, fb.hadamard, fb.legendre, fb.chebyshev])
def test_level_keeps_the_low_orders(family):
    bank = family(8, level=3)
    assert len(bank) == 6
    assert bank.parameters["order"].max() == 2
    with pytest.raises(ValueError, match="`level` must be an integer of at least 1, got 0"):
        family(8, level=0)
