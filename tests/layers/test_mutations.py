"""The comparison with the Keras layer sees what could go wrong: each of these faults, put in on purpose, is caught."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from every import PAIRS, Pair, derive

import filterbank as fb
from filterbank.layers import _basis, _composition, _frozen


def drop_the_regularizer(patch: pytest.MonkeyPatch, layer: Any) -> None:
    patch.setattr(_composition.ComposedRegularizer, "__call__", lambda self, weight: 0 * weight[0, 0, 0])


def weaken_the_regularizer(patch: pytest.MonkeyPatch, layer: Any) -> None:
    penalty = _composition.ComposedRegularizer.__call__
    patch.setattr(_composition.ComposedRegularizer, "__call__", lambda self, weight: 0.99 * penalty(self, weight))


def penalize_the_coefficients_instead(patch: pytest.MonkeyPatch, layer: Any) -> None:
    patch.setattr(
        _composition.ComposedRegularizer, "__call__", lambda self, weight: self.kernel_regularizer(weight[:2])
    )


def ignore_groups(patch: pytest.MonkeyPatch, layer: Any) -> None:
    layer.groups = 1


def ignore_dilation(patch: pytest.MonkeyPatch, layer: Any) -> None:
    layer.dilation_rate = (1,) * layer.rank


def change_the_kernel(patch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    compose = _composition.compose
    patch.setattr(_basis, "compose", lambda coefficients, basis: change(compose(coefficients, basis)))


def flip_the_basis(patch: pytest.MonkeyPatch, layer: Any) -> None:
    change_the_kernel(patch, lambda kernel: keras.ops.flip(kernel, axis=0))


def transpose_inputs_and_outputs(patch: pytest.MonkeyPatch, layer: Any) -> None:
    change_the_kernel(patch, lambda kernel: keras.ops.reshape(keras.ops.swapaxes(kernel, -1, -2), kernel.shape))


def scale_by_one_percent(patch: pytest.MonkeyPatch, layer: Any) -> None:
    change_the_kernel(patch, lambda kernel: 1.01 * kernel)


def train_the_basis(patch: pytest.MonkeyPatch, layer: Any) -> None:
    patch.setattr(_frozen.BankMixin, "_released", True)
    patch.setattr(_basis.BasisMixin, "_released", True)


def round_to_half_precision(patch: pytest.MonkeyPatch, layer: Any) -> None:
    change_the_kernel(patch, lambda kernel: keras.ops.cast(keras.ops.cast(kernel, "bfloat16"), "float32"))


FAULTS = [
    *(drop_the_regularizer, weaken_the_regularizer, penalize_the_coefficients_instead),
    *(ignore_groups, ignore_dilation, flip_the_basis, transpose_inputs_and_outputs),
    *(scale_by_one_percent, train_the_basis, round_to_half_precision),
]


def applies(fault: Any, pair: Pair) -> bool:
    """Tell whether the layer could have the fault: depthwise kernels have one output, and mean the same transposed."""
    if fault is transpose_inputs_and_outputs:
        return pair.kernel == "kernel"
    return fault is not ignore_groups or (pair.takes("groups") and len(pair.size) == 2)


def compare(pair: Pair, fault: Any, patch: pytest.MonkeyPatch) -> None:
    """Compare a layer with its sibling, the fault put in before it is built."""
    arguments: dict[str, Any] = {f"{pair.kernel}_regularizer": keras.regularizers.L1L2(0.1, 0.2)}
    arguments |= {"groups": 2} if fault is ignore_groups else {"dilation_rate": 2, "padding": "same"}
    own = {"execution": "compose"} if pair.takes("groups") else {}
    layer, plain = pair.on(fb.delta(pair.size), **arguments, **own), pair.like(**arguments)
    if fault is not None:
        fault(patch, layer)
    images = pair.images()
    plain.build(images.shape)
    layer.build(images.shape)
    pull = np.random.default_rng(5).normal(size=plain.compute_output_shape(images.shape)).astype("float32")
    derive(layer, images, pull).assert_like(derive(plain, images, pull))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_without_a_fault_the_layers_agree(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(pair, None, monkeypatch)


@pytest.mark.parametrize(
    ("pair", "fault"),
    [(pair, fault) for pair in PAIRS for fault in FAULTS if applies(fault, pair)],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
def test_every_fault_is_caught(pair: Pair, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((AssertionError, ValueError), match=r"Not equal|cannot reshape|zip|shorter|longer"):
        compare(pair, fault, monkeypatch)
