"""Layers with fewer filters: those go that cost least."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from filterbank import FilterBank
from filterbank._check import Array, Float64, first, number
from filterbank._table import shows_itself
from filterbank.analysis import energy_curve

from ._exchange import kernel_and_rest
from ._project import rebase, require_built, require_on_bank
from ._proof import live_values


@shows_itself
class PrunedLayer(NamedTuple):
    """A layer with fewer filters, and what that costs.

    Parameters
    ----------
    layer : keras.layers.Layer
        The new layer.
    bank : FilterBank
        Its filters: those of the old layer that are kept, in their order.
    kept : ndarray of int, shape (n,)
        Which ones.
    coefficients : ndarray
        The coefficients of the new layer, fitted anew.
    lost : ndarray of float64, shape (n_before + 1,)
        Entry `i` is the share of the kernels' energy that is lost with only `i` filters left: from 1 on, falling.
    predicted : float
        That share for the filters kept.
    measured : float or None
        For the given inputs, the energy of the difference of the outputs over that of the old ones about their mean.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, prune_layer
    >>> layer = BasisConv2D(8, fb.dct(5, n=6))
    >>> layer.build((None, 32, 32, 3))
    >>> pruned = prune_layer(layer, 4)
    >>> tuple(pruned.layer.coefficients.shape), str(pruned).split(":")[0]
    ((4, 3, 8), '4 of 6 filters kept')
    """

    layer: Any
    bank: FilterBank
    kept: npt.NDArray[np.intp]
    coefficients: Array
    lost: Float64
    predicted: float
    measured: float | None

    def __str__(self) -> str:
        outputs = "" if self.measured is None else f", {self.measured:.2%} of the outputs'"
        before = len(self.lost) - 1
        return f"{len(self.kept)} of {before} filters kept: {self.predicted:.2%} of the kernels' energy lost{outputs}"


def prune_layer(
    layer: Any, n: int | None = None, *, energy: float | None = None, inputs: npt.ArrayLike | None = None
) -> PrunedLayer:
    """Drop the filters of a layer that its kernels need least, and fit the coefficients anew.

    Parameters
    ----------
    layer : keras.layers.Layer
        A built layer on a bank. It is not changed.
    n : int, optional
        How many filters to keep.
    energy : float, optional
        Instead of `n`, the share of the kernels' energy to keep, at most 1, with as few filters as possible.
    inputs : array_like, optional
        Inputs on which to compare the outputs before and after.

    Returns
    -------
    PrunedLayer
        With the new `layer`, and what is `predicted` and `measured` to be lost. A residual stays as it is.

    Raises
    ------
    FrozenBasisError
        If the basis of the layer is no longer its bank.
    TypeError
        If it is not a layer on a bank.
    ValueError
        If the layer is not built, if `n` is more than it has, or not exactly one of `n` and `energy` is given.

    See Also
    --------
    filterbank.analysis.energy_curve : The same of kernels.
    rebase : Put a layer on any other bank.

    Notes
    -----
    Filters go one by one, each time the one whose loss costs least when all kernels are fitted anew to the rest. For
    white noise a linear layer loses the same share of its outputs, in the mean; images have most of their energy at low
    frequencies, so give some.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, prune_layer
    >>> layer = BasisConv2D(1, fb.dct(5, n=3))
    >>> layer.build((None, 32, 32, 1))
    >>> _ = layer.coefficients.assign(np.array([3.0, 0.1, 1.0]).reshape(3, 1, 1))
    >>> pruned = prune_layer(layer, energy=0.99)
    >>> pruned.kept.tolist(), round(pruned.predicted, 6)
    ([0, 2], 0.000999)
    """
    require_on_bank(layer)
    require_built(layer)
    if (n is None) == (energy is None):
        raise ValueError(f"`n` or `energy` must say how much to keep, one of them, got n={n!r} and energy={energy!r}")
    bank = layer.current_bank()
    curve = energy_curve(kernel_and_rest(layer)[0], bank, "backward")
    if energy is None:
        count = first(n, len(bank), what=f"the bank of layer {layer.name!r}", hint="it has no more to keep")
    else:
        share = number("energy", energy, above=0, at_most=1) * curve.explained[-1]
        count = max(1, int(np.argmax(curve.explained >= share * (1 - 1e-12))))
    kept = np.sort(curve.order[:count])
    chosen = bank[kept.tolist()]
    new = rebase(layer, chosen).layer
    measured = None if inputs is None else _share_that_differs(new(inputs), layer(inputs))
    lost = 1 - curve.explained
    return PrunedLayer(new, chosen, kept, live_values(new.coefficients), lost, float(lost[count]), measured)


def _share_that_differs(new: Any, old: Any) -> float:
    """Return the energy of the difference over that of the outputs about their mean; 0 where nothing differs."""
    before, after = (live_values(values).astype(np.float64) for values in (old, new))
    difference = np.sum((after - before) ** 2)
    deviation = np.sum((before - before.mean()) ** 2)
    return float(difference / deviation) if deviation else float(np.inf if difference else 0.0)
