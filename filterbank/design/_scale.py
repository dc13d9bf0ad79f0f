"""Scale, mean and taper of filters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

from .. import _grid, _norm
from .._bank import FilterBank, as_bank
from .._check import Float64
from .._norm import Norm
from ..families._honesty import tell_of_new_dependence


def normalize(bank: FilterBank | npt.ArrayLike, norm: Norm = "l2") -> FilterBank:
    """Scale each filter to norm 1.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    norm : {"l2", "l1", "max", None}, default "l2"
        Which norm becomes 1: root of the sum of squares, sum of magnitudes, or largest magnitude.

    Returns
    -------
    FilterBank
        The scaled filters, parameters and all.

    Raises
    ------
    ValueError
        If a filter is zero everywhere.

    Examples
    --------
    >>> import filterbank as fb
    >>> abs(fb.normalize(fb.dct(5, norm=None), "l1")[7]).sum().round(12)
    np.float64(1.0)
    """
    bank = as_bank(bank)
    return bank._derive("normalize", _norm.normalized(bank.filters, norm), {"norm": norm})


def zero_mean(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Subtract the mean of each filter, so that it gives nothing on a flat image.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    FilterBank
        Filters that sum to zero, parameters and all. Norms change: `normalize` restores them.

    Raises
    ------
    ValueError
        If the array is not a bank.

    Warns
    -----
    BankWarning
        If the filters become dependent, as those of a complete bank do.

    Examples
    --------
    >>> import filterbank as fb
    >>> bool(abs(fb.zero_mean(fb.gabor(11)).filters.sum((1, 2))).max() < 1e-15)
    True
    """
    bank = as_bank(bank)
    pixels = tuple(range(1, bank.ndim + 1))
    centred = bank.filters - bank.filters.mean(pixels, keepdims=True)
    # The second pass makes flat filters zero, before what rounding left is taken away in proportion.
    centred -= centred.mean(pixels, keepdims=True)
    return tell_of_new_dependence(bank._derive("zero_mean", _norm.balanced(centred), {}), bank)


def window(bank: FilterBank | npt.ArrayLike, taper: str | tuple[str, float] | npt.ArrayLike = "hann") -> FilterBank:
    """Multiply each filter by a taper, so that it fades out towards the border.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    taper : str, tuple or array_like, default "hann"
        A name that ``scipy.signal.get_window`` knows, with its parameter where it has one ("gaussian", "kaiser", ...),
        applied along every axis; or an array of the bank's size.

    Returns
    -------
    FilterBank
        The tapered filters, parameters and all. Norms and means change: `normalize` and `zero_mean` restore them.

    Raises
    ------
    ValueError
        If there is no such taper, or the array is not of the bank's size.

    Warns
    -----
    BankWarning
        If the filters become dependent, as where a taper is zero.

    Notes
    -----
    Tapers that end in zero end one pixel outside the window, so that no pixel is lost.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.window(fb.dct(9, n=3))
    >>> bool(abs(bank[0][0]).max() < 0.1 * abs(bank[0]).max())
    True
    """
    bank = as_bank(bank)
    weights = _taper(taper, bank.size)
    return tell_of_new_dependence(bank._derive("window", bank.filters * weights, {"taper": taper}), bank)


def _taper(taper: object, size: tuple[int, ...]) -> Float64:
    is_name = isinstance(taper, str) or (isinstance(taper, (tuple, list)) and isinstance(taper[0], str))
    if is_name:
        name = taper if isinstance(taper, str) else tuple(taper)  # type: ignore[arg-type]  # a list after JSON
        try:
            return _grid.outer([signal.get_window(name, side + 2, fftbins=False)[1:-1] for side in size])
        except ValueError as error:
            raise ValueError(f"`taper` must be a window of scipy.signal.get_window, got {taper!r}: {error}") from error
    weights = np.asarray(taper, dtype=np.float64)
    if weights.shape != size:
        raise ValueError(f"`taper` must have the size of the bank, {size} pixels, got shape {weights.shape}")
    return weights
