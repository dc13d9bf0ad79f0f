"""Slepian filters against SciPy's, and against the energy in the band by integrating their spectra."""

import itertools
import math

import numpy as np
import pytest
from scipy.signal import windows
from scipy.special import j1

import filterbank as fb

AGREEMENT = 1e-13  # of sequences of norm 1: two solvers of one eigenproblem, up to 64 samples long


def in_band(one, frequencies, weights):
    """Return the energy of a filter at `frequencies`, `(count, dimensions)`, by the sum of its Fourier series."""
    places = np.array(list(np.ndindex(one.shape)))
    spectrum = np.exp(-2j * np.pi * (frequencies @ places.T)) @ one.ravel()
    return np.sum(weights * np.abs(spectrum) ** 2)


def square_band(limit, dimensions, count=40):
    nodes, weights = np.polynomial.legendre.leggauss(count)
    frequencies = np.array(list(itertools.product(limit * nodes, repeat=dimensions)))
    return frequencies, np.prod(list(itertools.product(limit * weights, repeat=dimensions)), axis=1)


def disk_band(limit, count=40, turns=64):
    nodes, weights = np.polynomial.legendre.leggauss(count)
    radii, angles = limit * (nodes + 1) / 2, 2 * np.pi * np.arange(turns) / turns
    frequencies = np.array([(r * math.sin(a), r * math.cos(a)) for r in radii for a in angles])
    return frequencies, np.repeat(limit / 2 * weights * radii * 2 * np.pi / turns, turns)


@pytest.mark.parametrize("side", [3, 5, 8, 11, 31, 64])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.49])
def test_sequences_are_scipys(side, share):
    product = share * side
    bank = fb.slepian((side,), bandwidth=product)
    sequences, ratios = windows.dpss(side, product, Kmax=side, return_ratios=True)
    order = bank.parameters["order"]
    np.testing.assert_array_equal(np.sort(order), np.arange(side))
    # SciPy takes the sign of high even orders from a sum that is nothing but rounding.
    unsure = (order % 2 == 0) & (np.abs(sequences[order].sum(axis=1)) < 1e-9)
    expected = sequences[order] * np.where(unsure, np.sign(np.sum(sequences[order] * bank.filters, axis=1)), 1)[:, None]
    np.testing.assert_allclose(bank.filters, expected, rtol=0, atol=AGREEMENT)
    np.testing.assert_allclose(bank.parameters["concentration"], ratios[order], rtol=0, atol=AGREEMENT)
    assert not unsure[: int(2 * product)].any()


@pytest.mark.parametrize("window", [(9, 9), (8, 8), (7, 12), (6, 5, 7)])
def test_products_are_of_scipys_sequences(window):
    bank = fb.slepian(window, bandwidth=1.7)
    limit = 1.7 / min(window)
    tables = [windows.dpss(side, limit * side, Kmax=side, return_ratios=True) for side in window]
    names = ["order_z", "order_y", "order_x"][-len(window) :]
    orders = np.stack([bank.parameters[name] for name in names], axis=1)
    assert len({tuple(order) for order in orders.tolist()}) == len(bank) == math.prod(window)
    for one, order, concentration in zip(bank, orders, bank.parameters["concentration"], strict=True):
        factors = [table[index] for (table, _), index in zip(tables, order, strict=True)]
        expected = np.prod(np.array(np.meshgrid(*factors, indexing="ij")), axis=0)
        share = math.prod(ratios[index] for (_, ratios), index in zip(tables, order, strict=True))
        np.testing.assert_allclose(one, expected, rtol=0, atol=AGREEMENT)
        assert concentration == pytest.approx(share, abs=AGREEMENT)


@pytest.mark.parametrize(("window", "n"), [((11,), 6), ((12,), 6), ((7, 9), 12), ((4, 5, 6), 10)])
def test_concentration_is_the_energy_in_the_band(window, n):
    bank = fb.slepian(window, n=n, bandwidth=1.1)
    band = square_band(1.1 / min(window), len(window), 40 if len(window) < 3 else 16)
    energies = [in_band(one, *band) for one in bank]
    np.testing.assert_allclose(bank.parameters["concentration"], energies, rtol=0, atol=1e-13)


@pytest.mark.parametrize("window", [(7, 7), (8, 8), (6, 9)])
def test_concentration_is_the_energy_in_the_disk(window):
    bank = fb.slepian(window, bandwidth=1.6, shape="disk")
    energies = [in_band(one, *disk_band(1.6 / min(window))) for one in bank]
    np.testing.assert_allclose(bank.parameters["concentration"], energies, rtol=0, atol=1e-13)


@pytest.mark.parametrize("window", [(7, 7), (8, 8), (6, 9)])
def test_disk_filters_are_eigenvectors_of_slepians_kernel(window):
    limit = 1.6 / min(window)
    places = list(itertools.product(*(range(side) for side in window)))

    def kernel(one, other):
        distance = math.dist(one, other)
        return limit * j1(2 * math.pi * limit * distance) / distance if distance else math.pi * limit**2

    matrix = np.array([[kernel(one, other) for other in places] for one in places])
    bank = fb.slepian(window, bandwidth=1.6, shape="disk")
    rows, shares = bank.filters.reshape(len(bank), -1), bank.parameters["concentration"]
    np.testing.assert_allclose(rows @ matrix, shares[:, None] * rows, rtol=0, atol=1e-14)
    np.testing.assert_allclose(shares, np.linalg.eigvalsh(matrix)[::-1], rtol=0, atol=1e-14)
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), rtol=0, atol=1e-14)


def test_disk_filters_are_even_or_odd_along_each_axis():
    for window in (7, 8, (6, 9)):
        bank = fb.slepian(window, shape="disk")
        for one, odd_y, odd_x in zip(bank, bank.parameters["parity_y"], bank.parameters["parity_x"], strict=True):
            np.testing.assert_allclose(one[::-1], (-1.0) ** odd_y * one, rtol=0, atol=1e-15)
            np.testing.assert_allclose(one[:, ::-1], (-1.0) ** odd_x * one, rtol=0, atol=1e-15)
            assert one.ravel()[np.argmax(np.abs(one) > np.abs(one).max() * (1 - 1e-9))] > 0


def test_a_disk_prefers_no_direction():
    bank = fb.slepian(21, shape="disk", bandwidth=2)
    y, x = (np.indices((21, 21)) - 10) / 21
    inside = np.hypot(y, x) < 0.45
    steps = np.round(np.hypot(y, x)[inside] * 21).astype(int)
    round_one = bank[0][inside]
    means = np.bincount(steps, round_one) / np.bincount(steps)
    assert np.abs(round_one - means[steps]).max() < 0.12 * round_one.max()  # rings are half a pixel wide
    assert bank.parameters["concentration"][1] == pytest.approx(bank.parameters["concentration"][2], abs=1e-14)


@pytest.mark.parametrize("shape", ["square", "disk"])
@pytest.mark.parametrize("window", [7, 12, (5, 9)])
def test_concentration_falls(shape, window):
    bank = fb.slepian(window, shape=shape)
    assert (np.diff(bank.parameters["concentration"]) < 1e-12).all()
    assert ((bank.parameters["concentration"] >= 0) & (bank.parameters["concentration"] <= 1)).all()
    assert len(bank) == math.prod(bank.size)


def test_equal_concentrations_go_by_order():
    columns = fb.slepian(11, bandwidth=2).parameters
    assert columns["order_y"][:6].tolist() == [0, 0, 1, 1, 0, 2]
    assert columns["order_x"][:6].tolist() == [0, 1, 0, 1, 2, 0]
    wide = fb.slepian(31, bandwidth=14).parameters  # of which the first hundreds are 1 but for rounding
    assert (wide["concentration"][:200] > 1 - 1e-13).all()
    assert (np.diff(wide["order"][:200]) >= 0).all()


def test_default_bandwidth():
    assert fb.slepian(11) == fb.slepian(11, bandwidth=2)
    assert fb.slepian((6, 9)) == fb.slepian((6, 9), bandwidth=1.5)
    assert fb.slepian(11).recipe["bandwidth"] is None


def test_errors_of_slepian():
    with pytest.raises(
        ValueError, match=r"`bandwidth` must be below half the shortest side, 2\.5 cycles here, .* got 3;"
    ):
        fb.slepian((5, 9), bandwidth=3)
    with pytest.raises(ValueError, match=r"`bandwidth` must be a finite number and above 0, got 0"):
        fb.slepian(5, bandwidth=0)
    with pytest.raises(ValueError, match=r'`shape="disk"` is for 2-D windows, got 3 dimensions; use shape="square"'):
        fb.slepian((5, 5, 5), shape="disk")
    with pytest.raises(ValueError, match=r'`shape="disk"` is for 2-D windows, got 1 dimension;'):
        fb.slepian((5,), shape="disk")
    with pytest.raises(ValueError, match="`shape` must be one of 'square', 'disk', got 'ring'"):
        fb.slepian(5, shape="ring")
    with pytest.raises(ValueError, match="`n` must be at most 25 for a 5x5 Slepian bank, got 26"):
        fb.slepian(5, n=26)
