"""Every way computes the same function, and has the same gradients, as composing the kernel."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from every import Derived, Noise, derive
from keras import ops

import filterbank as fb
from filterbank.layers import BasisConv1D, BasisConv2D, BasisConv3D
from filterbank.layers._costs import WAYS
from filterbank.layers._execution import possible

OUTPUTS = 6  # no output with "channels_first" is as wide: Keras's `add` on TensorFlow mistakes sides for channels
LAYERS = (BasisConv1D, BasisConv2D, BasisConv3D)
ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float64": 1e-15, "float32": 3e-7}
POLICIES = ["float16", "mixed_float16", "bfloat16", "mixed_bfloat16", "float64"]


class Case(NamedTuple):
    """The settings of a layer of any number of dimensions; per axis where they differ."""

    name: str
    size: tuple[int, int, int] = (3, 3, 3)
    strides: tuple[int, int, int] = (1, 1, 1)
    dilation: tuple[int, int, int] = (1, 1, 1)
    padding: str = "valid"
    channels: int = 2
    groups: int = 1
    data_format: str = "channels_last"
    bank: str = "low rank"
    ranks: tuple[int, ...] = (1, 2, 3)

    def filters(self, rank: int) -> np.ndarray:
        """Return filters: all pixels and more, or fewer filters that are dependent and of very different strengths."""
        size = self.size[-rank:]
        if self.bank == "full rank":
            return np.random.default_rng(0).normal(size=(np.prod(size) + 1, *size))
        few = fb.dct(size, n=2).filters
        return np.concatenate([few, 30 * few[::-1]])

    def layer(self, rank: int, policy: str, lora: bool = False) -> Any:
        """Make the layer, noise in every weight."""
        layer = LAYERS[rank - 1](
            OUTPUTS,
            self.filters(rank),
            strides=self.strides[-rank:],
            dilation_rate=self.dilation[-rank:],
            padding=self.padding,
            groups=self.groups,
            data_format=self.data_format,
            coefficient_initializer=Noise(1),
            bias_initializer=Noise(2),
            execution="compose",
            dtype=policy,
        )
        layer.build(self.images(rank).shape)
        if lora:
            layer.enable_lora(2, lora_alpha=3, a_initializer=Noise(3), b_initializer=Noise(4))
        return layer

    def images(self, rank: int) -> np.ndarray:
        """Return two images, white noise; the sides are odd and even."""
        images = np.random.default_rng(5).normal(size=(2, *(6, 8, 7)[-rank:], self.channels)).astype("float32")
        return images if self.data_format == "channels_last" else np.moveaxis(images, -1, 1)

    def ways(self, layer: Any) -> list[str]:
        """Return the ways that exist for the layer."""
        return [way for way in WAYS if way in possible(layer, self.images(layer.rank).shape)]

    def derive(self, layer: Any, way: str) -> Derived:
        """Return outputs and gradients in that way."""
        images = self.images(layer.rank)
        layer.execution = way
        pull = np.random.default_rng(6).normal(size=layer.compute_output_shape(images.shape))
        return derive(layer, images.astype(layer.variable_dtype), ops.cast(pull, layer.compute_dtype))


def assert_alike(found: Derived, expected: Derived, rounding: float, way: str) -> None:
    """Compare outputs and gradients of all weights and of the inputs, relative to the largest of each."""
    pairs = zip(
        [found.outputs, found.inputs, *found.weights],
        [expected.outputs, expected.inputs, *expected.weights],
        strict=True,
    )
    for own, other in pairs:
        own, other = own.astype("float64"), other.astype("float64")
        assert np.abs(other).max() > 0.1
        np.testing.assert_allclose(own, other, rtol=0, atol=rounding * np.abs(other).max(), err_msg=way)


EVEN = Case("even, same, strides 2", size=(2, 4, 4), strides=(2, 2, 2), padding="same")
CASES = [
    EVEN,
    Case("odd, full rank", bank="full rank"),
    Case("one channel, same, full rank", padding="same", channels=1, bank="full rank"),
    Case("even, same, dilated", size=(2, 2, 2), dilation=(2, 2, 2), padding="same"),
    Case("unequal strides", strides=(1, 2, 1), padding="same", ranks=(2, 3)),
    Case("unequal dilation", size=(2, 3, 2), dilation=(1, 2, 1), ranks=(2, 3)),
    Case("groups, strides 2", strides=(2, 2, 2), padding="same", channels=4, groups=2),
    Case("groups, dilated, full rank", dilation=(2, 2, 2), channels=4, groups=2, bank="full rank", ranks=(1, 2)),
    Case("channels first", strides=(2, 2, 2), padding="same", data_format="channels_first"),
    Case("channels first, groups", channels=4, groups=2, data_format="channels_first", ranks=(1, 2)),
    Case("causal, dilated", dilation=(2, 2, 2), padding="causal", ranks=(1,)),
    Case("causal, strides 2", strides=(2, 2, 2), padding="causal", bank="full rank", ranks=(1,)),
]

every_rank = pytest.mark.parametrize("rank", [1, 2, 3], ids="{}-D".format)


def test_the_cases_have_every_way() -> None:
    layers = [(case, case.layer(rank, "float32")) for case in CASES for rank in case.ranks]
    assert {way for case, layer in layers for way in case.ways(layer)} == set(WAYS)


@pytest.mark.parametrize(
    ("case", "rank"),
    [pytest.param(case, rank, id=f"{case.name}, {rank}-D") for case in CASES for rank in case.ranks],
)
def test_outputs_and_gradients_are_those_of_composing(case: Case, rank: int) -> None:
    layer = case.layer(rank, "float32")
    expected = case.derive(layer, "compose")
    ways = [way for way in case.ways(layer) if way != "compose"]
    assert ways
    for way in ways:
        assert_alike(case.derive(layer, way), expected, 10 * ROUNDING["float32"], way)


@pytest.mark.parametrize("policy", POLICIES)
@every_rank
def test_outputs_and_gradients_in_every_precision(rank: int, policy: str, backend: str) -> None:
    if policy == "float64" and backend == "jax":
        pytest.skip("JAX without x64 turns float64 into float32")
    layer = EVEN.layer(rank, policy)
    expected = EVEN.derive(EVEN.layer(rank, "float64" if policy == "float64" else "float32"), "compose")
    for way in EVEN.ways(layer):
        found = EVEN.derive(layer, way)
        assert found.outputs.dtype == layer.compute_dtype
        assert_alike(found, expected, 6 * ROUNDING[layer.compute_dtype], way)


@every_rank
def test_gradients_of_lora_are_the_coefficients_by_the_chain_rule(rank: int) -> None:
    adapted, whole = EVEN.layer(rank, "float32", lora=True), EVEN.layer(rank, "float32")
    whole.coefficients.assign(adapted.effective_coefficients)
    expected = EVEN.derive(whole, "compose")
    of_coefficients, of_bias = expected.weights
    left, right = (ops.convert_to_numpy(w) for w in (adapted.lora_coefficients_a, adapted.lora_coefficients_b))
    of_factors = {
        "bias": of_bias,
        "lora_coefficients_a": 1.5 * of_coefficients @ right.T,
        "lora_coefficients_b": 1.5 * np.einsum("nir,nio->ro", left, of_coefficients),
    }
    wanted = expected._replace(weights=[of_factors[weight.name] for weight in adapted.trainable_weights])
    for way in EVEN.ways(adapted):
        assert_alike(EVEN.derive(adapted, way), wanted, 10 * ROUNDING["float32"], way)
