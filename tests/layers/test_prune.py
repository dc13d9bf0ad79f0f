"""Layers with fewer filters."""

import keras
import numpy as np
import pytest
from every import PAIRS, values

import filterbank as fb
from filterbank.layers import BasisConv2D, FrozenBasisError, prune_layer

RNG = np.random.default_rng(0)


def built(bank, coefficients=None, **more):
    layer = BasisConv2D(4, bank, **more)
    layer.build((None, 12, 12, 3))
    layer.coefficients.assign(RNG.normal(size=layer.coefficients.shape) if coefficients is None else coefficients)
    return layer


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("n", [1, 3])
def test_what_is_lost_is_the_kernels_difference(pair, n):
    layer = pair.on(RNG.normal(size=(4, *pair.size)))
    layer(pair.images())
    pruned = prune_layer(layer, n, inputs=pair.images())
    assert type(pruned.layer) is type(layer)
    old, new = pair.kernel_of(layer), pair.kernel_of(pruned.layer)
    np.testing.assert_array_equal(pruned.layer.bank.filters, layer.bank.filters[pruned.kept])
    np.testing.assert_array_equal(values(pruned.layer.coefficients), pruned.coefficients)
    assert pruned.predicted == pytest.approx(np.sum((old - new) ** 2) / np.sum(old**2), abs=1e-5)
    # No other fit to these filters comes nearer.
    flat = np.reshape(pruned.bank.filters, (n, -1)).T
    target = old.reshape(len(flat), -1).astype(np.float64)
    best = target - flat @ np.linalg.lstsq(flat, target, rcond=None)[0]
    assert pruned.predicted == pytest.approx(np.sum(best**2) / np.sum(target**2), abs=1e-5)
    outputs, fewer = (values(each(pair.images())).astype(np.float64) for each in (layer, pruned.layer))
    deviation = np.sum((outputs - outputs.mean()) ** 2)
    assert pruned.measured == pytest.approx(np.sum((outputs - fewer) ** 2) / deviation, rel=1e-4)
    assert len(layer.bank) == 4


def test_the_filters_without_coefficients_go_first():
    coefficients = np.zeros((6, 3, 4))
    coefficients[[1, 4]] = RNG.normal(size=(2, 3, 4))
    layer = built(fb.dct(5, n=6), coefficients)
    images = RNG.normal(size=(2, 12, 12, 3)).astype("float32")
    for pruned in (prune_layer(layer, 2, inputs=images), prune_layer(layer, energy=1.0, inputs=images)):
        np.testing.assert_array_equal(pruned.kept, [1, 4])
        assert pruned.predicted == pytest.approx(0, abs=1e-12)
        assert pruned.measured == pytest.approx(0, abs=1e-10)
        assert str(pruned) == "2 of 6 filters kept: 0.00% of the kernels' energy lost, 0.00% of the outputs'"
    assert prune_layer(layer, 1).measured is None


def test_a_share_takes_as_few_filters_as_keep_it():
    layer = built(fb.dct(5, n=6), np.sqrt([50, 20, 15, 9, 5, 1]).reshape(6, 1, 1) * np.ones((6, 3, 4)))
    for share, count in ((0.4, 1), (0.499, 1), (0.501, 2), (0.9, 4), (0.95, 5), (0.999, 6)):
        pruned = prune_layer(layer, energy=share)
        assert len(pruned.kept) == count, share
    np.testing.assert_allclose(pruned.lost, [1, 0.5, 0.3, 0.15, 0.06, 0.01, 0], rtol=0, atol=1e-6)


def test_white_noise_loses_what_is_predicted():
    layer = built(fb.gabor(5), use_bias=False)
    images = RNG.normal(size=(64, 12, 12, 3)).astype("float32")
    pruned = prune_layer(layer, 6, inputs=images)
    assert pruned.predicted > 0.02
    assert pruned.measured == pytest.approx(pruned.predicted, rel=0.1)


def test_bias_and_residual_stay():
    layer = built(fb.dct(3, n=6), residual=True, bias_initializer="ones")
    layer.residual_kernel.assign(RNG.normal(size=layer.residual_kernel.shape))
    new = prune_layer(layer, 2).layer
    np.testing.assert_array_equal(values(new.residual_kernel), values(layer.residual_kernel))
    np.testing.assert_array_equal(values(new.bias), values(layer.bias))


def test_a_trained_basis_is_pruned_as_it_is():
    layer = built(fb.dct(3, n=4), train="basis")
    moved = RNG.normal(size=(4, 3, 3)).astype("float32")
    layer.basis.assign(moved)
    pruned = prune_layer(layer, 2)
    np.testing.assert_array_equal(pruned.bank.filters, moved[pruned.kept])


def test_a_layer_of_zeros_keeps_any_filter():
    layer = built(fb.dct(3, n=4), np.zeros((4, 3, 4)))
    pruned = prune_layer(layer, energy=0.5, inputs=np.ones((1, 12, 12, 3), "float32"))
    assert (len(pruned.kept), pruned.predicted, pruned.measured) == (1, 0, 0)


def test_what_cannot_be_pruned_is_refused():
    layer = built(fb.dct(3, n=4))
    with pytest.raises(TypeError, match="`layer` must be a layer on a bank, got Conv2D; `project` takes plain ones"):
        prune_layer(keras.layers.Conv2D(4, 3), 2)
    with pytest.raises(ValueError, match="layer 'first' has no kernel yet"):
        prune_layer(BasisConv2D(4, fb.dct(3), name="first"), 2)
    for arguments in ({}, {"n": 2, "energy": 0.5}):
        with pytest.raises(ValueError, match="`n` or `energy` must say how much to keep, one of them"):
            prune_layer(layer, **arguments)
    with pytest.raises(ValueError, match=r"`n` must be at most 4 for the bank of layer .* got 5; it has no more"):
        prune_layer(layer, 5)
    with pytest.raises(ValueError, match=r"`energy` must be a finite number and above 0 and at most 1, got 1.5"):
        prune_layer(layer, energy=1.5)
    layer.basis.assign(values(layer.basis) + 1)
    with pytest.raises(FrozenBasisError):
        prune_layer(layer, 2)


def test_it_is_found_among_the_analyses_too() -> None:
    assert fb.analysis.prune_layer is prune_layer
    with pytest.raises(AttributeError, match=r"module 'filterbank.analysis' has no attribute 'prune_layers'"):
        _ = fb.analysis.prune_layers
