"""How well a bank can turn its own filters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._bank import FilterBank, as_bank
from .._check import Float64
from .._table import shows_itself
from ..design import rotate

# Singular values below this share of the largest hold rounding only.
TOLERANCE = 1e-10


@shows_itself
class RotationError(NamedTuple):
    """What a bank misses of its own filters, turned.

    Parameters
    ----------
    angles : ndarray of float64, shape (angles,)
        By how much the filters were turned, in radians.
    errors : ndarray of float64, shape (angles, n)
        The share of the energy of each turned filter that no combination of the bank's filters makes; NaN of a filter
        that is zero.
    worst : float
        The largest of them.
    exact : bool
        Whether the turned filters were made anew by their family; else they were interpolated, which is in the errors.

    Examples
    --------
    >>> import filterbank as fb
    >>> print(fb.analysis.rotation_error(fb.gabor(15, frequencies=[0.15])))
    of its own filters, turned by up to 169 degrees and made anew, the bank misses at most 26.59%, at 158.8 degrees
    """

    angles: Float64
    errors: Float64
    worst: float
    exact: bool

    def __str__(self) -> str:
        index = int(np.argmax(np.nan_to_num(self.errors, nan=-1.0).max(axis=1)))
        way = "made anew" if self.exact else "interpolated"
        return (
            f"of its own filters, turned by up to {np.degrees(self.angles.max()):.0f} degrees and {way}, the bank "
            f"misses at most {self.worst:.2%}, at {np.degrees(self.angles[index]):.1f} degrees"
        )


def rotation_error(bank: FilterBank | npt.ArrayLike, angles: int | npt.ArrayLike = 16) -> RotationError:
    """Measure how much of its own filters, turned, a bank cannot make: nothing if it is steerable.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, height, width)`.
    angles : int or array_like, default 16
        How many angles, evenly over half a turn without 0, or the angles in radians.

    Returns
    -------
    RotationError
        With `angles`, `errors`, `worst` and `exact`.

    Raises
    ------
    TypeError
        If the angles are not numbers.
    ValueError
        If the bank is not 2-D, or there is no angle.

    See Also
    --------
    filterbank.steer : Turn the filters of a steerable family.

    Notes
    -----
    Families with `orientations` make the turned filters anew. Others are turned by cubic splines, and compared within
    the largest disk that fits in the window, as corners turn out of it: smooth filters lose well below 1 % by that,
    those with a wavelength of few pixels more.

    References
    ----------
    W. T. Freeman and E. H. Adelson, "The design and use of steerable filters", IEEE Trans. Pattern Anal. Mach.
    Intell. 13 (1991), 891-906.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.analysis.rotation_error(fb.gaussian_derivative(21, max_order=2, sigma=2.5)).worst < 0.001
    True
    >>> fb.analysis.rotation_error(fb.gabor(21, frequencies=[0.15], orientations=1)).worst > 0.9
    True
    """
    bank = as_bank(bank)
    if bank.ndim != 2:
        raise ValueError(f"`bank` must be 2-D to be turned, got filters of {bank.ndim} dimensions")
    if _check.is_integer(angles):
        count = _check.integer("angles", angles, at_least=1)
        turns = np.pi * np.arange(1, count + 1) / (count + 1)
    else:
        turns = _check.numbers_of("angles", angles, unit="radians")
    exact = _can_be_remade(bank)
    y, x = _grid.mesh(bank.size)
    everywhere = np.ones(bank.size, dtype=bool)
    distance = np.hypot(y, x)
    radius = max((min(bank.size) - 1) / 2, float(distance.min()))
    seen = everywhere if exact else distance <= radius + 1e-9
    vectors, strengths, _ = np.linalg.svd(bank.filters[:, seen].T, full_matrices=False)
    inside = vectors[:, strengths > TOLERANCE * strengths[0]]
    errors = np.stack(
        [_missed(rotate(bank, turn, how="remade" if exact else "spline"), seen, inside) for turn in turns]
    )
    return RotationError(turns, errors, float(np.nan_to_num(errors).max()), exact)


def _can_be_remade(bank: FilterBank) -> bool:
    try:
        rotate(bank, 0.1, how="remade")
    except ValueError:
        return False
    return True


def _missed(turned: FilterBank, seen: npt.NDArray[np.bool_], inside: Float64) -> Float64:
    """Return which share of the energy of turned filters lies outside a span with that orthonormal basis."""
    columns = turned.filters[:, seen].T
    energy = np.sum(columns**2, axis=0)
    missed = np.sum((columns - inside @ (inside.T @ columns)) ** 2, axis=0)
    share: Float64 = np.divide(missed, energy, out=np.full(len(energy), np.nan), where=energy > 0)
    return share
