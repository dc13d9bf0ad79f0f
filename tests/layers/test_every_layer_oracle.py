"""Every layer on an incomplete bank computes what NumPy makes of its coefficients, in float64 and without Keras."""

from typing import Any

import keras
import numpy as np
import oracle
import pytest
from every import PAIRS, SETTINGS, Noise, Pair, run, values

import filterbank as fb

every_layer = pytest.mark.parametrize("pair", PAIRS, ids=str)
every_setting = pytest.mark.parametrize(("pair", "name"), SETTINGS, ids=str)


def expected(pair: Pair, layer: Any, images: np.ndarray, **settings: Any) -> np.ndarray:
    """Return what the layer should make of images, channels last."""
    weights = {weight.name: values(weight).astype(float) for weight in layer.trainable_weights}
    kernel = np.tensordot(layer.bank.filters, weights["coefficients"], axes=(0, 0))
    how = {
        "strides": settings.get("strides", 1),
        "dilation": settings.get("dilation_rate", 1),
        "padding": settings.get("padding", "valid"),
    }
    if pair.transposed:
        outputs = oracle.transposed(images, kernel, extra=settings.get("output_padding"), **how)
    elif pair.kernel == "depthwise":
        outputs = oracle.depthwise(images, kernel, **how)
    else:
        outputs = oracle.correlated(images, kernel, groups=settings.get("groups", 1), **how)
    if "pointwise_kernel" in weights:
        outputs = outputs @ weights["pointwise_kernel"].reshape(weights["pointwise_kernel"].shape[-2:])
    outputs = outputs + weights.get("bias", 0)
    return np.tanh(outputs) if settings.get("activation") == "tanh" else outputs


@every_setting
def test_output_is_numpys(pair: Pair, name: str) -> None:
    settings = pair.grid()[name]
    bank = fb.random(pair.size, n=3, rng=1)
    layer = pair.on(bank, coefficient_initializer=Noise(4), execution="compose", **settings)
    images = pair.images(settings.get("data_format"))
    layer.build(images.shape)
    wanted = expected(pair, layer, pair.images(), **settings)
    if settings.get("data_format") == "channels_first":
        wanted = np.moveaxis(wanted, -1, 1)
    scale = np.abs(wanted).max()
    assert scale > 0.1
    for execution in ("compose", "factor") if pair.takes("groups") else ("compose",):
        layer.execution = execution
        found = run(layer, images)
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=0, atol=3e-6 * scale, err_msg=execution)


# The start


@every_layer
def test_initial_kernel_has_the_energy_of_the_siblings(pair: Pair) -> None:
    energies = []
    for make in (lambda **start: pair.on(fb.dct(pair.size, n=3), **start), pair.like):
        start = {f"{pair.kernel}_initializer": keras.initializers.HeNormal(seed=7)}
        layer = make(**start)
        layer.build(pair.images().shape)
        energies.append(float(np.sum(pair.kernel_of(layer).astype(float) ** 2)))
    assert energies[0] == pytest.approx(energies[1], rel=1e-4)


@every_layer
def test_fresh_layer_without_a_seed_has_the_siblings_variance(pair: Pair) -> None:
    # Two independent draws of some thousand numbers each: 5 % are four standard deviations.
    many = {"filters": 64} if pair.takes("filters") and pair.kernel == "kernel" else {"depth_multiplier": 64}
    start = {f"{pair.kernel}_initializer": "glorot_uniform", **many}
    shape = (None, *(9,) * len(pair.size), 64)
    energies = []
    for layer in (pair.on(fb.dct(pair.size, n=3), **start), pair.like(**start)):
        layer.build(shape)
        energies.append(np.mean(pair.kernel_of(layer).astype(float) ** 2))
    assert energies[0] == pytest.approx(energies[1], rel=0.05)
