"""Where in the frequency plane the power of a bank lies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Float64, Size
from .._table import Table, shows_itself
from ._spectrum import grid_of, power


@shows_itself
class Coverage(NamedTuple):
    """The power of all filters together, over the frequencies, the orientations and the octaves.

    Parameters
    ----------
    power : ndarray of float64, shape (*shape)
        The sum of `|B_i|^2`, zero frequency at index ``shape // 2``. Its mean is the energy of the filters.
    frequencies : tuple of ndarray
        The frequencies along each axis, in cycles per pixel.
    per_orientation : ndarray of float64, shape (orientations,)
        The share of the power, without that of constants, around each orientation. Empty unless 2-D.
    orientations : ndarray of float64, shape (orientations,)
        The middles of those bins, in radians.
    per_octave : ndarray of float64, shape (octaves,)
        The share of the power in each octave, from the finest down.
    octaves : ndarray of float64, shape (octaves,)
        The lowest frequency of each, in cycles per pixel. The first, from 0.25, holds the corners beyond 0.5 too; the
        last, from 0, holds the constants.

    Examples
    --------
    >>> import filterbank as fb
    >>> print(fb.analysis.coverage(fb.gabor(15, frequencies=[0.2]), orientations=4))
    frequencies                        power
    0.25 and up cycles per pixel       12.8%
    0.125 to 0.25 cycles per pixel     85.0%
    0.0625 to 0.125 cycles per pixel    2.2%
    0.0312 to 0.0625 cycles per pixel   0.0%
    0 to 0.0312 cycles per pixel        0.0%
    around 0 degrees                   25.0%
    around 45 degrees                  25.0%
    around 90 degrees                  25.0%
    around 135 degrees                 25.0%
    """

    power: Float64
    frequencies: tuple[Float64, ...]
    per_orientation: Float64
    orientations: Float64
    per_octave: Float64
    octaves: Float64

    def _table(self) -> Table:
        tops = ["up", *(f"{top:.3g}" for top in self.octaves[:-1])]
        rows = [
            (f"{low:.3g} {'and' if top == 'up' else 'to'} {top} cycles per pixel", f"{share:.1%}")
            for low, top, share in zip(self.octaves, tops, self.per_octave, strict=True)
        ]
        rows += [
            (f"around {np.degrees(angle):.0f} degrees", f"{share:.1%}")
            for angle, share in zip(self.orientations, self.per_orientation, strict=True)
        ]
        return Table(("frequencies", "power"), rows)


def coverage(bank: FilterBank | npt.ArrayLike, shape: Size | None = None, *, orientations: int = 8) -> Coverage:
    """Measure which frequencies a bank passes: the power of all its filters over the frequency plane.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    shape : int or tuple of int, optional
        Shape of the grid of frequencies, as in `frequency_response`.
    orientations : int, default 8
        Into how many bins half a turn is divided; the first is centred at 0.

    Returns
    -------
    Coverage
        With `power`, `frequencies`, `per_orientation`, `orientations`, `per_octave` and `octaves`. Of filters that are
        all zero, every share is 0.

    Raises
    ------
    TypeError
        If `orientations` is no integer.
    ValueError
        If it is not positive, or the shape has another number of dimensions than a filter, or is smaller.

    See Also
    --------
    frame_bounds : The extremes of the power.

    Examples
    --------
    >>> import filterbank as fb
    >>> covered = fb.analysis.coverage(fb.dct(5))
    >>> bool(abs(covered.power - 25).max() < 1e-12)  # a complete orthonormal bank passes all alike
    True
    """
    bank = as_bank(bank)
    bins = _check.integer("orientations", orientations, at_least=1)
    grid = grid_of(bank, shape)
    passed: Float64 = fft.fftshift(power(bank, grid))
    frequencies = tuple(fft.fftshift(fft.fftfreq(side)) for side in grid)
    mesh = np.meshgrid(*frequencies, indexing="ij", sparse=True)
    distance = np.sqrt(sum(component**2 for component in mesh))
    # Down to a wave that is twice as long as the window.
    lows = 0.25 / 2.0 ** np.arange(max(int(np.ceil(np.log2(max(bank.size) / 2))), 0) + 1)
    octaves = np.append(lows, 0.0)
    # Frequencies count as lying on an edge in spite of rounding.
    octave = np.count_nonzero(distance[..., None] < octaves[:-1] * (1 - 1e-12), axis=-1)
    per_octave = _shares(octave, passed, len(octaves))
    if bank.ndim != 2:
        return Coverage(passed, frequencies, np.zeros(0), np.zeros(0), per_octave, octaves)
    turn = np.arctan2(mesh[0], mesh[1]) * bins / np.pi
    orientation = np.floor(np.round(turn + 0.5, 9)).astype(np.intp) % bins
    per_orientation = _shares(orientation, np.where(distance > 0, passed, 0.0), bins)
    return Coverage(passed, frequencies, per_orientation, np.pi * np.arange(bins) / bins, per_octave, octaves)


def _shares(label: npt.NDArray[np.intp], power: Float64, count: int) -> Float64:
    found = np.bincount(label.ravel(), weights=power.ravel(), minlength=count).astype(np.float64)
    return found / (found.sum() or 1.0)
