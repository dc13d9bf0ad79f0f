"""Which filters kernels use, and what each costs to drop."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotted import BasisConv2DTranspose, BasisLayer, Layer

import filterbank as fb
from filterbank.analysis import coefficient_spectrum, energy_curve, project


def kernels_of(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@given(seed=st.integers(0, 999), scale=st.sampled_from([1.0, -1e-160, 1e160]))
@pytest.mark.parametrize("shape", [(7, 2, 3), (3, 3, 2, 2), (2, 2, 3, 1, 2), (1, 1, 2, 2)])
def test_cost_is_what_a_new_fit_to_the_others_loses(shape, seed, scale):
    rng = np.random.default_rng(seed)
    kernels = rng.normal(size=shape)
    count = min(5, int(np.prod(shape[:-2])))
    filters = rng.normal(size=(count, *shape[:-2])) * rng.uniform(0.1, 9, size=(count, *(1,) * (len(shape) - 2)))
    spectrum = coefficient_spectrum(kernels * scale, filters)
    whole = project(kernels, filters).explained
    assert spectrum.explained == pytest.approx(whole, abs=1e-9)
    for index in range(count):
        others = np.delete(filters, index, axis=0)
        left = project(kernels, others).explained if len(others) else 0.0
        assert spectrum.cost[index] == pytest.approx(whole - left, abs=1e-8)


def test_terms_of_an_orthogonal_bank_are_shares_of_the_kernels():
    kernels = kernels_of((5, 5, 3, 4))
    bank = fb.dct(5, norm="max")
    spectrum = coefficient_spectrum(kernels, bank)
    assert spectrum.energy.sum() == pytest.approx(1)
    np.testing.assert_allclose(spectrum.energy, spectrum.cost, rtol=0, atol=1e-12)
    np.testing.assert_allclose(spectrum.energy, np.diff(energy_curve(kernels, bank).explained), rtol=0, atol=1e-12)
    assert spectrum.effective == pytest.approx(np.exp(-np.sum(spectrum.energy * np.log(spectrum.energy))))


def test_scaling_filters_changes_nothing():
    kernels, filters = kernels_of((4, 4, 2, 3)), kernels_of((6, 4, 4), 1)
    one, other = (coefficient_spectrum(kernels, bank) for bank in (filters, filters * np.arange(1.0, 7)[:, None, None]))
    np.testing.assert_allclose(one.energy, other.energy, rtol=0, atol=1e-10)
    np.testing.assert_allclose(one.cost, other.cost, rtol=0, atol=1e-10)


def test_the_cheapest_to_drop_is_the_last_of_the_backward_order():
    kernels, filters = kernels_of((4, 4, 2, 3)), kernels_of((6, 4, 4), 1)
    assert (
        np.argmin(coefficient_spectrum(kernels, filters).cost) == energy_curve(kernels, filters, "backward").order[-1]
    )


def test_dependent_and_zero_filters_cost_nothing():
    bank = fb.dct(3).filters
    filters = np.concatenate([bank[:3], bank[:1] + bank[1:2], np.zeros((1, 3, 3))])
    spectrum = coefficient_spectrum(fb.compose(np.ones((3, 1, 2)), bank[:3]), filters)
    np.testing.assert_allclose(spectrum.cost, [0, 0, 1 / 3, 0, 0], rtol=0, atol=1e-12)
    assert spectrum.energy[4] == 0
    nothing = coefficient_spectrum(np.zeros((3, 3, 1, 2)), filters)
    assert not nothing.energy.any()
    assert not nothing.cost.any()
    assert (nothing.effective, nothing.explained) == (0, 1)
    alone = coefficient_spectrum(fb.dct(3)[1][..., None, None], fb.dct(3)[[1]])
    assert (alone.cost[0], alone.effective) == pytest.approx((1, 1))
    assert not coefficient_spectrum(np.ones((3, 3, 1, 1)), np.zeros((2, 3, 3))).cost.any()


def test_a_layer_on_a_bank_brings_its_own():
    coefficients, bank = kernels_of((6, 2, 4)), fb.dct(5, n=6)
    expected = coefficient_spectrum(fb.compose(coefficients, bank), bank)
    np.testing.assert_allclose(coefficient_spectrum(BasisLayer(coefficients, bank)).cost, expected.cost, atol=1e-12)
    transposed = BasisConv2DTranspose(coefficients, bank)
    np.testing.assert_allclose(coefficient_spectrum(transposed).cost, expected.cost, atol=1e-12)
    moved = fb.FilterBank(bank.filters[::-1])
    trained = SimpleNamespace(
        kernel=fb.compose(coefficients, moved), bank=bank, basis=0, coefficients=0, current_bank=lambda: moved
    )
    np.testing.assert_allclose(coefficient_spectrum(trained).cost, expected.cost, atol=1e-12)
    with pytest.raises(TypeError, match="`bank` must be a bank, as only a layer on a bank has one of its own"):
        coefficient_spectrum(Layer(np.ones((5, 5, 1, 1))))
    with pytest.raises(TypeError, match="`bank` must be a bank"):
        coefficient_spectrum(np.ones((5, 5, 1, 1)))


def test_sizes_must_agree_and_numbers_be_finite():
    with pytest.raises(ValueError, match="`bank` must have filters of the kernels' size"):
        coefficient_spectrum(np.ones((5, 5, 1, 1)), fb.dct(3))
    with pytest.raises(ValueError, match="`kernels` must be finite"):
        coefficient_spectrum(np.full((3, 3, 1, 1), np.nan), fb.dct(3))
