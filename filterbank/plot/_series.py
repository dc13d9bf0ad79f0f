"""Kernels and coefficients over time: what a `KernelHistory` recorded, or an array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from .. import _check
from .._check import Array, Float64
from .._compose import compose
from .._kernels import as_float64
from ._alt import counted
from ._sources import accepted

Time: TypeAlias = Literal["epochs", "steps"]


@dataclass(frozen=True)
class Series:
    """What was recorded of one layer, and how far each layer went."""

    name: str
    values: Mapping[str, Float64]
    """Coefficients or kernels of each layer, `(times, ..., in, out)`."""
    times: Float64
    unit: str
    history: Any = None
    """Where coefficients become kernels; without it, the values are the kernels."""

    @classmethod
    def of(cls, source: Any, layer: str | None, time: Time) -> Series:
        """Read a history, or kernels of two or three dimensions over time."""
        _check.choice("time", time, ("epochs", "steps"))
        what = "a KernelHistory or kernels (times, *size, in, out)"
        if accepted("source", source, what, "history") == "array":
            return cls.of_array(_array_of_kernels(source), layer)
        values = {
            name: _inputs_first(source, name, as_float64("coefficients", series))
            for name, series in source.coefficients.items()
        }
        if not values or not all(map(len, values.values())):
            raise ValueError("`source` must hold at least one record, got an empty history; train with it first")
        name = next(iter(values)) if layer is None else _check.choice("layer", layer, list(values))
        times = as_float64(time, source.epochs if time == "epochs" else source.steps)
        return cls(name, values, times, time.removesuffix("s"), source)

    @classmethod
    def of_array(cls, values: Float64, layer: str | None) -> Series:
        """Take an array, whose first axis is time."""
        if layer is not None:
            raise ValueError(f"`layer` chooses from a history, got {layer!r} with an array; drop it")
        return cls("", {"": values}, np.arange(float(len(values))), "record")

    @property
    def channels(self) -> tuple[int, int]:
        """Numbers of inputs and outputs of the layer."""
        inputs, outputs = self.values[self.name].shape[-2:]
        return inputs, outputs

    def moments(self, count: int) -> Array:
        """Return up to `count` of the records, evenly from first to last; of one, the last."""
        last = len(self.times) - 1
        return np.unique(np.linspace(last, 0, min(count, last + 1)).round().astype(np.intp))

    def left_out(self, picked: Array) -> str:
        """Say how many outputs are drawn, if not all."""
        outputs = self.channels[1]
        return f"{len(picked)} of {counted(outputs, 'output')}" * (len(picked) < outputs)

    def input_note(self, in_: int, *, coloured: bool) -> str:
        """Say which input is drawn, if there are others."""
        inputs = self.channels[0]
        return f"input {in_} of {inputs}" * (inputs > 1 and not coloured)

    def kernels(self, moments: Array, inputs: Any = slice(None), outputs: Any = slice(None)) -> Float64:
        """Return the kernels of the layer at some of the records, `(moments, *size, in, out)`.

        They are composed here and only where they are drawn: all kernels of a long training may not fit in memory.
        """
        values = self.values[self.name]
        if self.history is None:
            return values[moments][..., inputs, :][..., outputs]
        basis = getattr(self.history, "bases", {}).get(self.name)
        residual = getattr(self.history, "residuals", {}).get(self.name)
        found = []
        for moment in moments:
            bank = self.history.banks[self.name] if basis is None else basis[moment]
            kernels = compose(values[moment][:, inputs][..., outputs], bank)
            if residual is not None:
                kernels = (
                    kernels + _inputs_first(self.history, self.name, residual[moment])[..., inputs, :][..., outputs]
                )
            found.append(kernels)
        return np.stack(found)

    def measures(self, name: str) -> str:
        """Return what the distance of a layer is that of: "coefficients" or "kernels"."""
        others = (getattr(self.history, part, {}) for part in ("bases", "residuals"))
        return "kernels" if self.history is None or any(name in other for other in others) else "coefficients"

    def distance(self, name: str) -> tuple[Float64, str]:
        """Return how far a layer's values are from the first ones at each time, and a note if these are zero.

        They are its coefficients; where a basis or a residual trains too, its kernels.
        """
        values, one = self.values[name], replace(self, name=name)
        composed = self.measures(name) == "kernels"
        records = (one.kernels(np.array([at]))[0] if composed else values[at] for at in range(len(values)))
        first = next(records)
        distance = np.array([0.0, *(np.linalg.norm(record - first) for record in records)])  # not all in memory
        start = float(np.linalg.norm(first))
        if start > 0:
            return distance / start, ""
        return distance / (float(distance.max()) or 1.0), "from zero: relative to the largest"


def _inputs_first(history: Any, name: str, values: Float64) -> Float64:
    """Return coefficients or kernels of a layer `(..., in, out)`; those of transposed layers come `(..., out, in)`."""
    return values.swapaxes(-1, -2) if name in getattr(history, "transposed", ()) else values


def _array_of_kernels(source: Any) -> Float64:
    what = "a KernelHistory, which is given to `fit` as a callback, or real numbers (times, *size, in, out)"
    kernels = as_float64("source", source, what)
    # Of four axes no one can tell whether the first is time or the height of kernels that did not move.
    if not 5 <= kernels.ndim <= 6 or not kernels.size:
        raise ValueError(
            f"`source` must be a KernelHistory or kernels (times, *size, in, out) of two or three dimensions, got "
            f"shape {kernels.shape}; kernels of one moment are for plot.kernels, and those of one dimension over time "
            f"need a height, kernels[:, None]"
        )
    return kernels


def in_colour(kernels: tuple[int, ...], rgb: bool | None) -> bool:
    """Return whether kernels of that shape over time, `(times, *size, in, out)`, are drawn in colour."""
    possible = kernels[-2] == 3 and len(kernels) > 4
    if rgb and not possible:
        raise ValueError(
            f"`rgb` needs kernels of two or three dimensions with exactly 3 inputs, got shape {kernels[1:]}; drop "
            f"rgb=True"
        )
    return possible and rgb is not False
