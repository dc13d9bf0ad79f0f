"""What was passed to be drawn, and the kernels of layers, models and arrays as NumPy arrays.

Keras is not imported: a layer is what has a `kernel`, a model is what has `layers`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Array, Float64
from .._kernels import as_float64, as_kernels, convolutions, is_layer, is_transposed, layer_kernels, layer_name

Chosen: TypeAlias = int | Sequence[int] | None
Kind: TypeAlias = Literal["bank", "history", "layer on a bank", "front end", "layer without a bank", "model", "array"]

DRAWN_BY = {
    "bank": "filters",
    "history": "training",
    "layer on a bank": "kernels",
    "front end": "filters",
    "layer without a bank": "kernels",
    "model": "kernels",
}


@dataclass(frozen=True)
class Block:
    """The kernels of one layer, `(*size, in, out)`, as they go into a picture."""

    kernels: Float64
    title: str = ""
    inputs: str = "input"
    outputs: str = "output"
    mixes_inputs: bool = True

    @property
    def dimensions(self) -> int:
        """Number of dimensions of one kernel."""
        return self.kernels.ndim - 2

    def name_of(self, p: int, q: int) -> str:
        """Return what the kernel from input `p` to output `q` is called."""
        parts = [self.title, self.inputs.replace("input", f"input {p}"), f"{self.outputs} {q}"]
        return ", ".join(filter(None, parts))


def kind_of(source: Any) -> Kind:
    """Return what this is; an array is what is nothing else."""
    if isinstance(source, FilterBank):
        return "bank"
    if isinstance(getattr(source, "coefficients", None), Mapping):
        return "history"
    if hasattr(source, "bank"):
        return "layer on a bank" if hasattr(source, "coefficients") else "front end"
    if is_layer(source):
        return "layer without a bank"
    return "model" if hasattr(source, "layers") else "array"


def accepted(name: str, source: Any, what: str, *kinds: Kind) -> Kind:
    """Return the kind of the source if it is an array or one of `kinds`; else say which picture draws it.

    `what` says in the error what the argument `name` must be.
    """
    kind = kind_of(source)
    if kind != "array" and kind not in kinds:
        raise TypeError(f"`{name}` must be {what}, got a {kind}: use plot.{DRAWN_BY[kind]}")
    if kind == "array" and isinstance(source, Mapping):
        raise TypeError(f"`{name}` must be {what}, got a mapping: pass one of its entries")
    if kind == "array" and isinstance(source, (str, os.PathLike)):
        raise TypeError(f"`{name}` must be {what}, got a path: a saved bank is read by fb.load")
    return kind


def bank_of(name: str, source: Any, what: str = "a bank, a layer on one or filters (n, *size)") -> FilterBank:
    """Return the filters of a bank, of a layer on one, or of an array."""
    kind = accepted(name, source, what, "bank", "layer on a bank", "front end")
    return layer_bank(source) if kind in ("layer on a bank", "front end") else as_bank(source)


def source_bank(source: Any, what: str = "a bank, a layer or filters (n, *size)", name: str = "source") -> FilterBank:
    """Return the filters of a bank, an array or a layer: its bank, else its kernels."""
    if kind_of(source) == "layer without a bank":
        kernels = layer_kernels(source, name)
        return FilterBank(np.moveaxis(kernels.reshape(*kernels.shape[:-2], -1), -1, 0))
    return bank_of(name, source, what)


def blocks(source: Any) -> list[Block]:
    """Return the kernels of a layer, of every convolution in a model, or of an array."""
    what = "a layer, a model or kernels (*size, in, out)"
    kind = accepted("source", source, what, "layer on a bank", "layer without a bank", "model")
    if kind == "array":
        return [Block(as_kernels(source))]
    if kind == "model":
        found = [layer_block(layer, title) for title, layer in convolutions(source)]
        if not found:
            raise ValueError(
                f"`source` must have a convolution to draw, got the model {layer_name(source)!r} without one"
            )
        return found
    return [layer_block(source, layer_name(source))]


def layer_block(layer: Any, title: str) -> Block:
    """Return the kernels of a layer under a title."""
    kernels = layer_kernels(layer, "source")
    return Block(kernels, title, *channel_names(layer), mixes_inputs=not hasattr(layer, "depth_multiplier"))


def channel_names(source: Any) -> tuple[str, str]:
    """Return what an input and an output of a layer or an array are called."""
    inputs = "input of the group" if getattr(source, "groups", 1) != 1 else "input"
    return inputs, "multiple" if hasattr(source, "depth_multiplier") else "output"


def chosen(name: str, wanted: Chosen, available: int, most: int) -> Array:
    """Return the indices that were asked for: the first so many, those of a list, or at most `most`."""
    if wanted is None:
        return np.arange(min(available, most))
    if _check.is_integer(wanted):
        return np.arange(_check.integer(name, wanted, at_least=1, at_most=available))
    indices = [
        _check.integer(name, index, at_least=0, at_most=available - 1)
        for index in wanted  # type: ignore[union-attr]
    ]
    if not indices:
        raise ValueError(f"`{name}` must choose at least one of {available}, got {wanted!r}")
    return np.array(indices)


def layer_bank(layer: Any) -> FilterBank:
    """Return the bank of a layer, as training left it where the basis trains."""
    built = getattr(layer, "basis", None) is not None
    return as_bank(layer.current_bank() if built else layer.bank)


def layer_coefficients(layer: Any) -> Float64:
    """Return the coefficients of a layer on a bank, `(n, in, out)` like `Block.kernels`."""
    if layer.coefficients is None:
        raise ValueError(
            f"`source` has no coefficients yet: build {layer_name(layer)!r} first by calling it on an input"
        )
    # With the update by LoRA, if there is one.
    values = as_float64("coefficients", getattr(layer, "effective_coefficients", layer.coefficients))
    return values.swapaxes(-1, -2) if is_transposed(layer) else values
