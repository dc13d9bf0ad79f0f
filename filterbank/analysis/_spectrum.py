"""Filters as convolutions: what they do to every frequency."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Float64, Size
from .._table import shows_itself

# Grids of so many samples for each pixel of a filter leave a bound between them that is close to the bound on them.
SAMPLES_PER_PIXEL = 16


@shows_itself
class FrameBounds(NamedTuple):
    """Between which factors a bank changes the energy of a signal.

    Parameters
    ----------
    lower, upper : float
        The least and the greatest sum of `|B_i|^2` on the grid of frequencies: exact for periodic signals of that
        shape.
    certified_lower, certified_upper : float
        Bounds for every frequency, so for signals of every shape.

    Examples
    --------
    >>> import filterbank as fb
    >>> bounds = fb.analysis.frame_bounds(fb.dct(3))
    >>> round(bounds.lower, 12), round(bounds.upper, 12)
    (9.0, 9.0)
    """

    lower: float
    upper: float
    certified_lower: float
    certified_upper: float

    def __str__(self) -> str:
        return (
            f"{self.lower:.4g} to {self.upper:.4g} on the grid, {self.certified_lower:.4g} to "
            f"{self.certified_upper:.4g} for certain at all frequencies"
        )


def frequency_response(bank: FilterBank | npt.ArrayLike, shape: Size | None = None) -> npt.NDArray[np.complex128]:
    """Return the Fourier transforms of the filters on a grid of frequencies.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    shape : int or tuple of int, optional
        Samples along each axis, at least the size of a filter. The default is 16 for each pixel of a filter.

    Returns
    -------
    ndarray of complex128, shape (n, *shape)
        `sum_x b_i(x) exp(-2 pi i f x)` with x about the exact centre of the window, so that even filters have real
        transforms and odd ones imaginary ones. Zero frequency stands at index `shape // 2`, as ``numpy.fft.fftshift``
        puts it.

    Raises
    ------
    ValueError
        If the shape has another number of dimensions than a filter, or is smaller.

    Examples
    --------
    >>> import filterbank as fb
    >>> response = fb.analysis.frequency_response(fb.dct(3), 9)
    >>> response.shape, round(float(response[0, 4, 4].real), 6)
    ((9, 9, 9), 3.0)
    """
    bank = as_bank(bank)
    grid = grid_of(bank, shape)
    response: npt.NDArray[np.complex128] = fft.fftshift(spectra(bank, grid), axes=tuple(range(1, bank.ndim + 1)))
    return response


def spectra(bank: FilterBank, grid: tuple[int, ...]) -> npt.NDArray[np.complex128]:
    """Return the transforms about the centre of the window, zero frequency first."""
    spectrum = fft.fftn(bank.filters, grid, axes=tuple(range(1, bank.ndim + 1)))
    frequencies = np.meshgrid(*map(fft.fftfreq, grid), indexing="ij", sparse=True)
    # The transform counts pixels from the first; the centre is (k - 1) / 2 further.
    turns = sum(f * (side - 1) / 2 for f, side in zip(frequencies, bank.size, strict=True))
    response: npt.NDArray[np.complex128] = spectrum * np.exp(2j * np.pi * np.asarray(turns))
    return response


def frame_bounds(bank: FilterBank | npt.ArrayLike, shape: Size | None = None) -> FrameBounds:
    r"""Return between which factors convolving with all filters changes the energy of a signal.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    shape : int or tuple of int, optional
        Shape of the grid of frequencies, or of the periodic signals. The default is 16 samples for each pixel of a
        filter. The certified bounds need more than two for each pixel, and are otherwise 0 and infinite.

    Returns
    -------
    FrameBounds
        A lower bound of 0 means that some frequency is lost.

    Raises
    ------
    ValueError
        If the shape has another number of dimensions than a filter, or is smaller.

    Notes
    -----
    The sum of squared responses is a trigonometric polynomial whose degree along an axis is the side less one. Such a
    polynomial of degree m, known at N > 2 m points, is nowhere larger than its largest value there over
    :math:`\cos(\pi m / N)`; of its deviation from the middle of its range that bounds both ends.

    References
    ----------
    H. Ehlich and K. Zeller, "Schwankung von Polynomen zwischen Gitterpunkten", Math. Z. 86 (1964), 41-44.
    Z. Cvetkovic and M. Vetterli, "Oversampled filter banks", IEEE Trans. Signal Process. 46 (1998), 1245-1255.

    Examples
    --------
    >>> import filterbank as fb
    >>> bounds = fb.analysis.frame_bounds(fb.tighten(fb.gabor(7)))
    >>> bounds.certified_lower <= bounds.lower <= bounds.upper <= bounds.certified_upper
    True
    """
    bank = as_bank(bank)
    grid = grid_of(bank, shape)
    power = np.asarray(sum(np.abs(fft.rfftn(one, grid)) ** 2 for one in bank.filters))
    lower, upper = float(power.min()), float(power.max())
    if any(samples <= 2 * (side - 1) for samples, side in zip(grid, bank.size, strict=True)):
        return FrameBounds(lower, upper, 0.0, math.inf)
    slack = math.prod(math.cos(math.pi * (side - 1) / samples) for samples, side in zip(grid, bank.size, strict=True))
    middle, reach = (upper + lower) / 2, (upper - lower) / 2 / slack
    # Rounding of the transform, which would else certify too much of a tight bank.
    rounding = 32 * float(np.finfo(np.float64).eps) * upper
    return FrameBounds(lower, upper, max(middle - reach - rounding, 0.0), middle + reach + rounding)


def is_tight(bank: FilterBank | npt.ArrayLike, tol: float = 1e-9) -> bool:
    """Return whether convolving with all filters changes the energy of every signal by the same factor.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    tol : float, default 1e-9
        By what share the certified bounds may differ.

    Returns
    -------
    bool
        True for complete orthonormal banks, and for what `filterbank.tighten` makes of a bank that spans the window.

    Raises
    ------
    ValueError
        If `tol` is negative.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.analysis.is_tight(fb.dct(5)), fb.analysis.is_tight(fb.dct(5, n=10))
    (True, False)
    """
    share = _check.number("tol", tol, at_least=0)
    bounds = frame_bounds(bank)
    return bounds.upper > 0 and are_tight(bounds, share)


def are_tight(bounds: FrameBounds, share: float = 1e-9) -> bool:
    """Return whether certified bounds differ by at most a share."""
    return bounds.certified_upper - bounds.certified_lower <= share * bounds.certified_upper


def power(bank: FilterBank, grid: tuple[int, ...]) -> Float64:
    """Return the sum of squared magnitudes of the transforms, zero frequency first.

    Filter by filter: all transforms at once would fill the memory.
    """
    return np.asarray(sum(np.abs(fft.fftn(one, grid)) ** 2 for one in bank.filters))


def waves(grid: tuple[int, ...]) -> Float64:
    """Return the frequencies of a grid, zero first, `(points, dimensions)`."""
    return np.stack([f.ravel() for f in np.meshgrid(*map(fft.fftfreq, grid), indexing="ij")], axis=1)


def fast_grid(size: tuple[int, ...], samples: int) -> tuple[int, ...]:
    """Return the shape of a grid of at least so many samples for each pixel, good for FFTs."""
    return tuple(int(fft.next_fast_len(samples * side)) for side in size)


def grid_of(bank: FilterBank, shape: Size | None) -> tuple[int, ...]:
    """Return the shape of the grid of frequencies: the given one, checked, or the default."""
    if shape is None:
        return fast_grid(bank.size, SAMPLES_PER_PIXEL)
    grid = (shape,) * bank.ndim if isinstance(shape, int) else shape
    sides = _check.size(grid, family="the grid", dimensions=(bank.ndim,))
    if any(samples < side for samples, side in zip(sides, bank.size, strict=True)):
        raise ValueError(
            f"`shape` must be at least the size of a filter, {_check.window_name(bank.size)}, got "
            f"{_check.window_name(sides)}"
        )
    return sides
