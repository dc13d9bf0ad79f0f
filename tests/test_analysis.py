"""`filterbank.analysis`: numbers about banks, against closed forms, brute force and what must not change them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filterbank as fb
from filterbank import analysis

RNG = np.random.default_rng(0)
BANKS = {
    "1-D": fb.gabor((9,), frequencies=[0.2]),
    "2-D": fb.gabor((5, 4)),
    "3-D": fb.dct((3, 2, 3), n=4),
    "dependent": fb.FilterBank(np.concatenate([fb.dct(3, n=4).filters, 2 * fb.dct(3, n=2).filters])),
    "overcomplete": fb.FilterBank(RNG.standard_normal((14, 3, 3))),
    "single": fb.FilterBank(RNG.standard_normal((1, 4, 4))),
}
rotations = st.integers(0, 2**32 - 1)


def rows(bank):
    return np.asarray(bank).reshape(len(bank), -1)


def turned(bank, seed):
    """Turn the space of pixels by a random rotation, which changes no inner product."""
    pixels = rows(bank).shape[1]
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((pixels, pixels)))[0]
    return (rows(bank) @ rotation).reshape(bank.shape)


# Algebra


@pytest.mark.parametrize("name", BANKS)
def test_gram_and_coherence_are_those_of_loops(name):
    bank = BANKS[name]
    products = [[math.fsum((one * other).ravel()) for other in bank] for one in bank]
    np.testing.assert_allclose(analysis.gram(bank), products, rtol=0, atol=1e-14 * np.abs(products).max())
    cosines = [
        abs(products[i][j]) / math.sqrt(products[i][i] * products[j][j])
        for i in range(len(bank))
        for j in range(len(bank))
        if i != j
    ]
    assert analysis.coherence(bank) == pytest.approx(max(cosines, default=0), abs=1e-14)


@pytest.mark.parametrize("name", BANKS)
def test_singular_values_rank_and_condition_are_numpys(name):
    bank = BANKS[name]
    values = np.linalg.svd(rows(bank), compute_uv=False)
    np.testing.assert_allclose(analysis.singular_values(bank), values, rtol=0, atol=1e-14 * values[0])
    rank = int(np.linalg.matrix_rank(rows(bank)))
    assert analysis.rank(bank) == rank
    expected = values[0] / values[-1] if rank == len(bank) else math.inf
    assert analysis.condition_number(bank) == pytest.approx(expected, rel=1e-12)
    shares = values[values > 1e-15 * values[0]] / values.sum()
    assert analysis.effective_rank(bank) == pytest.approx(math.exp(-np.sum(shares * np.log(shares))), rel=1e-9)
    analysis.singular_values(bank)[0] = 0  # a copy
    assert analysis.singular_values(bank)[0] > 0


def test_rank_takes_a_tolerance():
    bank = fb.FilterBank(np.diag([1.0, 1e-3, 1e-6]).reshape(3, 1, 3))
    assert [analysis.rank(bank, tol) for tol in (None, 0, 1e-5, 1e-2)] == [3, 3, 2, 1]
    with pytest.raises(ValueError, match="`tol` must be a finite number and at least 0, got -1"):
        analysis.rank(bank, -1)


@given(seed=rotations, scale=st.floats(1e-6, 1e6), name=st.sampled_from(["2-D", "overcomplete", "dependent"]))
def test_rotations_scales_and_orders_change_what_they_should(seed, scale, name):
    bank = BANKS[name]
    order = np.random.default_rng(seed).permutation(len(bank))
    other = scale * turned(bank, seed)[order]
    gram = analysis.gram(bank)
    np.testing.assert_allclose(
        analysis.gram(other), scale**2 * gram[np.ix_(order, order)], rtol=0, atol=1e-12 * scale**2 * gram.max()
    )
    assert analysis.coherence(other) == pytest.approx(analysis.coherence(bank), abs=1e-12)
    assert analysis.rank(other) == analysis.rank(bank)
    assert analysis.effective_rank(other) == pytest.approx(analysis.effective_rank(bank), rel=1e-6)


def test_orthonormal_banks_are_the_ends_of_every_scale():
    bank = fb.dct(4)
    np.testing.assert_allclose(analysis.gram(bank), np.eye(16), rtol=0, atol=1e-15)
    assert analysis.coherence(bank) < 1e-15
    assert analysis.condition_number(bank) == pytest.approx(1, abs=1e-14)
    assert analysis.effective_rank(bank) == pytest.approx(16, abs=1e-12)
    assert analysis.coherence(fb.FilterBank([[[1.0, 2]], [[-2.0, -4]]])) == pytest.approx(1, abs=1e-15)


def test_zero_filters_have_defined_answers():
    nothing = np.zeros((3, 2, 2))
    assert analysis.rank(nothing) == 0
    assert analysis.condition_number(nothing) == math.inf
    assert analysis.effective_rank(nothing) == 0
    assert analysis.coherence(nothing) == 0
    assert analysis.coherence(np.concatenate([nothing, np.ones((2, 2, 2))])) == pytest.approx(1)
    assert analysis.frame_bounds(nothing)[:2] == (0, 0)
    assert not analysis.is_tight(nothing)


# Spectra


@pytest.mark.parametrize("name", ["1-D", "2-D", "3-D", "single"])
@pytest.mark.parametrize("extra", [0, 3])
def test_frequency_response_is_the_sum_over_pixels(name, extra):
    bank = BANKS[name]
    shape = tuple(side + extra for side in bank.size)
    response = analysis.frequency_response(bank, shape)
    assert response.shape == (len(bank), *shape)
    for index in np.ndindex(shape):
        frequency = [(at - side // 2) / side for at, side in zip(index, shape, strict=True)]
        wave = np.ones(bank.size, dtype=complex)
        for axis, (f, side) in enumerate(zip(frequency, bank.size, strict=True)):
            line = np.exp(-2j * np.pi * f * (np.arange(side) - (side - 1) / 2))
            wave = wave * line.reshape([-1 if axis == other else 1 for other in range(bank.ndim)])
        expected = np.sum(bank.filters * wave, axis=tuple(range(1, bank.ndim + 1)))
        np.testing.assert_allclose(response[(slice(None), *index)], expected, rtol=0, atol=1e-13)


def test_even_filters_have_real_spectra_and_odd_ones_imaginary():
    response = analysis.frequency_response(fb.gabor(7, frequencies=[0.2]), 32)
    assert np.abs(response[0::2].imag).max() < 1e-14
    assert np.abs(response[1::2].real).max() < 1e-14


@pytest.mark.parametrize("name", BANKS)
def test_frame_bounds_are_the_extreme_eigenvalues_of_the_convolutions(name):
    """Of the matrix that convolves a periodic signal with every filter, made column by column."""
    bank = BANKS[name]
    shape = tuple(side + 1 for side in bank.size)
    padded = np.zeros((len(bank), *shape))
    padded[(slice(None), *(slice(side) for side in bank.size))] = bank.filters
    axes = tuple(range(1, bank.ndim + 1))
    columns = [np.roll(padded, place, axis=axes).ravel() for place in np.ndindex(shape)]
    eigenvalues = np.linalg.eigvalsh(np.array(columns) @ np.array(columns).T)
    bounds = analysis.frame_bounds(bank, shape)
    scale = eigenvalues[-1]
    assert bounds.lower == pytest.approx(eigenvalues[0], abs=1e-12 * scale)
    assert bounds.upper == pytest.approx(scale, rel=1e-12)


@pytest.mark.parametrize("name", BANKS)
def test_certified_bounds_hold_between_the_points_of_the_grid(name):
    bank = BANKS[name]
    coarse = analysis.frame_bounds(bank, tuple(2 * side + 1 for side in bank.size))
    usual = analysis.frame_bounds(bank)
    fine = analysis.frame_bounds(bank, tuple((40 if bank.ndim < 3 else 12) * side for side in bank.size))
    for bounds in (coarse, usual):
        assert bounds.certified_lower <= fine.lower + 1e-12
        assert bounds.certified_upper >= fine.upper - 1e-12
        assert bounds.certified_lower <= bounds.lower <= bounds.upper <= bounds.certified_upper
    assert usual.certified_upper - usual.certified_lower < 1.1 * (fine.upper - fine.lower) + 1e-9
    assert analysis.frame_bounds(bank, bank.size).certified_upper in (math.inf, pytest.approx(fine.upper))


def test_tight_frames_are_found():
    assert analysis.is_tight(fb.dct((4, 3)))
    assert analysis.is_tight(fb.wavelet_basis(4, wavelet="haar"))
    assert analysis.is_tight(fb.delta(3)[:1])
    assert analysis.is_tight(fb.tighten(fb.FilterBank(RNG.standard_normal((14, 3, 3)))))
    bounds = analysis.frame_bounds(fb.dct((4, 3)))
    assert bounds.lower == pytest.approx(12, rel=1e-14)
    assert not analysis.is_tight(fb.gabor(5))
    assert not analysis.is_tight(fb.dct(5, n=24))
    assert analysis.is_tight(fb.gabor(5), tol=1)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="`shape` must be at least the size of a filter, 5x5, got 4x4"):
        analysis.frequency_response(fb.dct(5), 4)
    with pytest.raises(ValueError, match="`size` of the grid"):
        analysis.frame_bounds(fb.dct(5), (8, 8, 8))
    with pytest.raises(ValueError, match="`tol` must be"):
        analysis.is_tight(fb.dct(5), tol=-1)
    with pytest.raises(TypeError, match="must be real numbers"):
        analysis.gram("dct")
