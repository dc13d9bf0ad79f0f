"""Whether images come back from their responses, and how much responses depend on where a stride begins."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from .. import _check
from .._bank import FilterBank, as_bank, rank_and_condition
from .._check import Float64, Size
from .._table import shows_itself
from ._spectrum import grid_of, spectra

# Of the largest power: what is weaker is lost in the rounding of the transforms.
LOST = 1e-12
MOST_ALIASES = 1024


@shows_itself
class Reconstruction(NamedTuple):
    """How well signals come back from the responses of a bank.

    Parameters
    ----------
    possible : bool
        Whether every frequency of the grid comes through, so that every signal can be rebuilt.
    error : float
        The largest deviation of rebuilt white noise, as a share of its largest value: rounding where it is possible.
    condition : float
        The largest power over the smallest: by how much rebuilding can amplify noise in the responses, squared.
        Infinite where it is not possible.
    lost : float
        The share of frequencies that do not come through.
    dual : ndarray of float64, shape (n, *shape)
        The filters of the canonical dual, as periodic as the grid: correlating with the bank and convolving the
        responses with these rebuilds the signal. Pixel 0 stands for pixel ``size // 2`` of the window, the centre of an
        odd one.
    finite : bool
        Whether the finite filters of `filterbank.dual`, over the number of pixels, rebuild every signal as well: so it
        is where the filters span the window.

    Examples
    --------
    >>> import filterbank as fb
    >>> print(fb.analysis.perfect_reconstruction(fb.dct(5)))
    every signal of this shape comes back; the power varies 1-fold; the finite dual does it too
    """

    possible: bool
    error: float
    condition: float
    lost: float
    dual: Float64
    finite: bool

    def __str__(self) -> str:
        if not self.possible:
            return f"signals do not come back: {self.lost:.2%} of the frequencies are lost"
        finite = "the finite dual does it too" if self.finite else "only a dual without end does it"
        return f"every signal of this shape comes back; the power varies {self.condition:.3g}-fold; {finite}"


def perfect_reconstruction(bank: FilterBank | npt.ArrayLike, shape: Size | None = None) -> Reconstruction:
    """Rebuild signals from the responses of a bank with its dual, and say how well that works.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    shape : int or tuple of int, optional
        Shape of the periodic signals, as in `frequency_response`.

    Returns
    -------
    Reconstruction
        With `possible`, `error`, `condition`, `lost`, `dual` and `finite`.

    Raises
    ------
    ValueError
        If the shape has another number of dimensions than a filter, or is smaller.

    See Also
    --------
    filterbank.dual : The dual of patches, which is finite.
    frame_bounds : Bounds for signals of every shape.

    Notes
    -----
    In frequency, the dual of `B_i` is `B_i / sum_j |B_j|^2`. Where the sum vanishes, the signal is lost; the dual is 0
    there, which rebuilds what is left.

    References
    ----------
    H. Boelcskei, F. Hlawatsch and H. G. Feichtinger, "Frame-theoretic analysis of oversampled filter banks", IEEE
    Trans. Signal Process. 46 (1998), 3256-3268.

    Examples
    --------
    >>> import filterbank as fb
    >>> rebuilt = fb.analysis.perfect_reconstruction(fb.gradient(3))
    >>> rebuilt.possible, rebuilt.lost > 0  # constants give nothing
    (False, True)
    """
    bank = as_bank(bank)
    grid = grid_of(bank, shape)
    axes = tuple(range(1, bank.ndim + 1))
    unit = float(np.abs(bank.filters).max()) or 1.0
    responses = fft.fftn(bank.filters / unit, grid, axes=axes)
    power = np.sum(np.abs(responses) ** 2, axis=0)
    present = power > LOST * power.max()
    synthesis = np.divide(responses, power, out=np.zeros_like(responses), where=present)
    noise = np.random.default_rng(0).standard_normal(grid)
    # Layers correlate: the transform of a response is that of the signal times the conjugate.
    rebuilt = fft.ifftn(fft.fftn(noise) * np.sum(np.conj(responses) * synthesis, axis=0)).real
    possible = bool(present.all())
    return Reconstruction(
        possible,
        float(np.abs(rebuilt - noise).max() / np.abs(noise).max()),
        float(power.max() / power.min()) if possible else math.inf,
        float(1 - present.mean()),
        np.roll(fft.ifftn(synthesis, axes=axes).real, [-(side // 2) for side in bank.size], axes) / unit,
        rank_and_condition(bank)[0] == math.prod(bank.size),
    )


@shows_itself
class ShiftInvariance(NamedTuple):
    """How little the energy of responses, taken at every few pixels, depends on where they begin.

    Parameters
    ----------
    per_filter : ndarray of float64, shape (n,)
        Of each filter by itself, from 0 to 1: not at all. NaN for a filter that is zero.
    together : float
        Of the energy of all filters together.

    Examples
    --------
    >>> import filterbank as fb
    >>> print(fb.analysis.shift_invariance(fb.gabor(15, frequencies=[0.15]), stride=2))
    shift-invariant by 100.0% together; single filters by 99.9% to 100.0%
    """

    per_filter: Float64
    together: float

    def __str__(self) -> str:
        each = self.per_filter
        single = f"{np.nanmin(each):.1%} to {np.nanmax(each):.1%}" if not np.isnan(each).all() else "nothing"
        return f"shift-invariant by {self.together:.1%} together; single filters by {single}"


def shift_invariance(
    bank: FilterBank | npt.ArrayLike, stride: int | tuple[int, ...] = 2, shape: Size | None = None
) -> ShiftInvariance:
    r"""Measure how little the energy of strided responses depends on where the stride begins.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    stride : int or tuple of int, default 2
        At every how many pixels responses are taken, along each axis; one of at most 1024.
    shape : int or tuple of int, optional
        Shape of the grid of frequencies, as in `frequency_response`; it is made a multiple of the stride.

    Returns
    -------
    ShiftInvariance
        With `per_filter` `(n,)` and `together`.

    Raises
    ------
    TypeError
        If the stride is no integer.
    ValueError
        If it is not positive, too large, or has another number of dimensions than a filter.

    Notes
    -----
    The energy of a response at every s-th pixel varies with the signal and with the offset of the pixels. Of its
    variance, over white Gaussian noise and all offsets, the share

    .. math:: 1 - \frac{\sum_{j \neq 0} \int |B(f)|^2 |B(f + j/s)|^2 df}{\sum_j \int |B(f)|^2 |B(f + j/s)|^2 df}

    is owed to the signal. It is 1 where no two frequencies that the filter passes are aliases of each other, which
    is what makes a transform shiftable, and :math:`s^{-d}` for a single pixel in d dimensions. Together, the energies
    of the filters add before they vary: the products become :math:`|\sum_i B_i(f) \overline{B_i(f + j/s)}|^2`.

    References
    ----------
    E. P. Simoncelli, W. T. Freeman, E. H. Adelson and D. J. Heeger, "Shiftable multiscale transforms", IEEE Trans.
    Inf. Theory 38 (1992), 587-607.

    Examples
    --------
    >>> import filterbank as fb
    >>> float(fb.analysis.shift_invariance(fb.delta(3)[:1], stride=2).per_filter[0].round(12))
    0.25
    """
    bank = as_bank(bank)
    given = tuple(stride) if isinstance(stride, (tuple, list)) else (stride,) * bank.ndim
    if len(given) != bank.ndim:
        raise ValueError(f"`stride` must be one for each of the {bank.ndim} axes, or one for all, got {given}")
    strides = [_check.integer("stride", step, at_least=1) for step in given]
    if math.prod(strides) > MOST_ALIASES:
        raise ValueError(
            f"`stride` must leave one pixel of at most {MOST_ALIASES}, got one of {math.prod(strides)}; each is an "
            f"alias to look at"
        )
    grid = tuple(step * math.ceil(side / step) for side, step in zip(grid_of(bank, shape), strides, strict=True))
    responses = spectra(bank, grid) / (float(np.abs(bank.filters).max()) or 1.0)
    power = np.abs(responses) ** 2
    axes = tuple(range(1, bank.ndim + 1))
    each, whole = np.zeros((2, len(bank))), np.zeros(2)
    for alias in itertools.product(*map(range, strides)):
        shift = [turns * side // step for turns, side, step in zip(alias, grid, strides, strict=True)]
        moved = np.roll(responses, shift, axes)
        kind = int(any(alias))
        each[kind] += np.sum(power * np.abs(moved) ** 2, axis=axes)
        whole[kind] += np.sum(np.abs(np.sum(responses * np.conj(moved), axis=0)) ** 2)
    per_filter = np.divide(each[0], each.sum(axis=0), out=np.full(len(bank), np.nan), where=each[0] > 0)
    return ShiftInvariance(per_filter, float(whole[0] / whole.sum()) if whole[0] else math.nan)
