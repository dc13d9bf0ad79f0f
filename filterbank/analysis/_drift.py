"""How far kernels went in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._check import Float64
from .._kernels import as_float64
from .._table import Table, shows_itself

MOST_LINES = 12


@shows_itself
class Drift(NamedTuple):
    """How the kernels of one layer moved, record by record; prints as a table.

    Lengths are those of all kernels of the layer together: square roots of sums of squares.

    Parameters
    ----------
    steps : ndarray of int, shape (T,)
        Training steps done at each record.
    epochs : ndarray of float64, shape (T,)
        Epochs done at each record.
    norm : ndarray of float64, shape (T,)
        Length of the kernels.
    distance : ndarray of float64, shape (T,)
        Length of the way from the start, in a straight line, over the length at the start; infinite where they started
        at zero and moved.
    change : ndarray of float64, shape (T,)
        Length of the way from the record before, over the length there; 0 at the start.
    to_end : ndarray of float64, shape (T,)
        Cosine between the kernels and those of the last record: 1 at the end. NaN where either is zero.
    explained_by_start : ndarray of float64, shape (T,)
        The share of the energy that multiples of the starting kernels explain, of each kernel its own: 1 while kernels
        only grow or shrink. 1 for kernels that are zero.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.dct(3)[:2].filters[:, :, :, None, None]
    >>> records = np.stack([kernels[0], kernels[0] + kernels[1], 2 * kernels[1]])
    >>> times = {"steps": [0, 5, 9], "epochs": [0, 1, 2]}
    >>> history = SimpleNamespace(coefficients={"first": None}, kernels=lambda name: records, **times)
    >>> print(fb.analysis.drift(history)["first"])
    step  epoch  norm  distance  change  to end  by start
       0      0     1         0       0       0    100.0%
       5      1  1.41         1       1   0.707     50.0%
       9      2     2      2.24       1       1      0.0%
    """

    steps: npt.NDArray[np.intp]
    epochs: Float64
    norm: Float64
    distance: Float64
    change: Float64
    to_end: Float64
    explained_by_start: Float64

    def _table(self) -> Table:
        count = len(self.steps)
        lines = np.unique(np.linspace(0, count - 1, min(count, MOST_LINES)).round().astype(int))
        rows = [
            (
                f"{self.steps[index]}",
                f"{self.epochs[index]:g}",
                *(_short(values[index]) for values in (self.norm, self.distance, self.change, self.to_end)),
                f"{self.explained_by_start[index]:.1%}",
            )
            for index in lines
        ]
        head = ("step", "epoch", "norm", "distance", "change", "to end", "by start")
        left_out = f"{len(lines)} of {count} records" * (len(lines) < count)
        return Table(head, rows, texts=(), note=left_out)


def drift(history: Any) -> dict[str, Drift]:
    """Return how far the kernels of every layer went in training.

    Parameters
    ----------
    history : filterbank.layers.KernelHistory
        What was recorded; anything with `coefficients`, a mapping by layer, `kernels(layer)`, which returns `(T, *size,
        in, out)`, `steps` and `epochs`.

    Returns
    -------
    dict of str to Drift
        By name of the layer.

    Raises
    ------
    TypeError
        If it is no history.
    ValueError
        If nothing was recorded, or kernels are not finite.

    See Also
    --------
    filterbank.plot.training : Draw how kernels moved.

    Examples
    --------
    >>> import keras, numpy as np
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, KernelHistory
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), BasisConv2D(4, fb.dct(5, n=6), name="first")])
    >>> model.compile("sgd", "mse")
    >>> history = KernelHistory()
    >>> images, targets = np.ones((8, 8, 8, 1)), np.zeros((8, 4, 4, 4))
    >>> _ = model.fit(images, targets, epochs=2, verbose=0, callbacks=[history])
    >>> drifts = fb.analysis.drift(history)
    >>> drifts["first"].distance.shape, float(drifts["first"].distance[0])
    ((3,), 0.0)
    """
    recorded = getattr(history, "coefficients", None)
    if not isinstance(recorded, Mapping) or not callable(getattr(history, "kernels", None)):
        raise TypeError(
            f"`history` must be a KernelHistory, with `coefficients` by layer and `kernels(layer)`, got a "
            f"{type(history).__name__}"
        )
    if not recorded:
        raise ValueError("`history` must hold at least one record, got none: give it to `fit` as a callback")
    return {name: _of_layer(history, name) for name in recorded}


def _of_layer(history: Any, name: str) -> Drift:
    kernels = as_float64(f"kernels of {name}", history.kernels(name))
    unit = np.abs(kernels).max(initial=0) or 1.0
    # (T, pixels, kernels)
    series = kernels.reshape(len(kernels), -1, kernels.shape[-2] * kernels.shape[-1]) / unit
    norm = _length(series)
    energies = np.sum(series**2, axis=1)
    inner = np.einsum("tpk,pk->tk", series, series[0])
    along = np.divide(inner**2, energies[0], out=np.zeros_like(inner), where=energies[0] > 0).sum(axis=1)
    whole = energies.sum(axis=1)
    to_end, lengths = np.einsum("tpk,pk->t", series, series[-1]), norm * norm[-1]
    return Drift(
        np.asarray(history.steps, dtype=np.intp),
        np.asarray(history.epochs, dtype=np.float64),
        norm * unit,
        _relative(_length(series - series[0]), np.broadcast_to(norm[0], norm.shape)),
        np.concatenate([[0.0], _relative(_length(np.diff(series, axis=0)), norm[:-1])]),
        np.divide(to_end, lengths, out=np.full(len(norm), np.nan), where=lengths > 0),
        np.minimum(np.divide(along, whole, out=np.ones_like(whole), where=whole > 0), 1.0),
    )


def _length(series: Float64) -> Float64:
    return np.asarray(np.sqrt(np.einsum("tpk,tpk->t", series, series)))


def _relative(way: Float64, length: Float64) -> Float64:
    """Return ways in lengths: infinite where something came from nothing, 0 where nothing did."""
    from_nothing = np.where(way > 0, np.inf, 0.0)
    return np.divide(way, length, out=from_nothing, where=length > 0)


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < 5e-7 else value:.3g}"
