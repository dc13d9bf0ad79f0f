"""Which filters of a bank learned kernels use."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .._bank import FilterBank, as_filters
from .._check import Float64
from .._table import Table, shows_itself
from ._explained import NOTHING_NEW, project, unit_rows
from ._kernels import learned


@shows_itself
class CoefficientSpectrum(NamedTuple):
    """How much learned kernels use each filter of a bank; prints as a table, the filters used most first.

    Parameters
    ----------
    energy : ndarray of float64, shape (n,)
        The share of each filter in the energy of all terms, of coefficient times filter: sums to 1, or 0 where all
        coefficients are. Of an orthogonal bank, the shares of the kernels' energy.
    cost : ndarray of float64, shape (n,)
        The share of the kernels' energy that is lost without this one filter, after a new fit to the others; 0 for
        filters that others span. What several cost together, `energy_curve` with ``order="backward"`` says.
    effective : float
        How many filters are used: as many as, used alike, have the entropy of `energy`.
    explained : float
        The share of the kernels' energy that all filters together explain.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.array([[[1.0]], [[0.0]], [[3.0]]]), fb.dct(5, n=3))
    >>> print(fb.analysis.coefficient_spectrum(kernels, fb.dct(5, n=3)))
    filter  energy   cost
         2   90.0%  90.0%
         0   10.0%  10.0%
         1    0.0%   0.0%
    1.4 of 3 filters are used; all explain 100.0% of the kernels
    """

    energy: Float64
    cost: Float64
    effective: float
    explained: float

    def _table(self) -> Table:
        order = np.argsort(-np.round(self.energy, 12), kind="stable")
        rows = [(f"{index}", f"{self.energy[index]:.1%}", f"{self.cost[index]:.1%}") for index in order]
        used = f"{self.effective:.1f} of {len(self.energy)} filters are used"
        whole = f"all explain {self.explained:.1%} of the kernels"
        return Table(("filter", "energy", "cost"), rows, texts=(), note=f"{used}; {whole}")


def coefficient_spectrum(kernels: Any, bank: FilterBank | npt.ArrayLike | None = None) -> CoefficientSpectrum:
    """Return how much learned kernels use each filter of a bank, and which filters they could do without.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a layer.
    bank : FilterBank or array_like, optional
        The filters, `(n, *size)`, whose coefficients for these kernels are found by least squares. A layer on a bank
        needs none: its own filters are taken, as training left them.

    Returns
    -------
    CoefficientSpectrum
        With `energy` and `cost` `(n,)`, `effective` and `explained`.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or there is no bank.
    ValueError
        If they are not of the bank's size, or not finite.

    See Also
    --------
    energy_curve : The order in which to drop filters, and what that costs.
    filterbank.layers.prune_layer : Drop them.

    References
    ----------
    O. Roy and M. Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007, 606-610, for the
    entropy as a number.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.ones((4, 1, 3)), fb.dct(5, n=4))
    >>> spectrum = fb.analysis.coefficient_spectrum(kernels, fb.dct(5, n=10))
    >>> round(spectrum.effective, 6), spectrum.cost.round(6)
    (4.0, array([0.25, 0.25, 0.25, 0.25, 0.  , 0.  , 0.  , 0.  , 0.  , 0.  ]))
    """
    if bank is None:
        if getattr(kernels, "bank", None) is None:
            raise TypeError("`bank` must be a bank, as only a layer on a bank has one of its own, got none")
        bank = kernels.current_bank() if getattr(kernels, "basis", None) is not None else kernels.bank
    target, filters = learned(kernels), as_filters(bank)
    projection = project(target, filters)
    unit = np.abs(target).max() or 1.0
    units, lengths = unit_rows(filters)
    weights = projection.coefficients.reshape(len(filters), -1) / unit * lengths[:, None]
    terms = np.sum(weights**2, axis=1)
    energy = terms / (terms.sum() or 1.0)
    used = energy[energy > 0]
    effective = float(np.exp(-np.sum(used * np.log(used)))) if len(used) else 0.0
    whole = np.sum((target / unit) ** 2)
    cost = _cost(units, (target / unit).reshape(units.shape[1], -1)) / (whole or 1.0)
    return CoefficientSpectrum(energy, cost, effective, projection.explained)


def _cost(units: Float64, columns: Float64) -> Float64:
    """Return the energy of the columns along what each filter has outside the span of the others."""
    left, strengths, right = np.linalg.svd(units, full_matrices=False)
    kept = strengths > NOTHING_NEW * max(strengths[0], 1.0)
    inverse = (left[:, kept] / strengths[kept]) @ right[kept]
    # A filter that others span has part in a combination that is zero.
    dependent = 1 - np.sum(left[:, kept] ** 2, axis=1) > NOTHING_NEW
    outside = np.sum(inverse**2, axis=1)
    along = np.sum((inverse @ columns) ** 2, axis=1)
    cost: Float64 = np.divide(along, outside, out=np.zeros_like(along), where=~dependent & (outside > 0))
    return cost
