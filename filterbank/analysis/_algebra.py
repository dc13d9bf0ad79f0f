"""Filters as vectors: inner products, rank, conditioning."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import _bank, _check
from .._bank import FilterBank, as_bank
from .._check import Float64


def gram(bank: FilterBank | npt.ArrayLike) -> Float64:
    """Return the inner products of all pairs of filters.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    ndarray of float64, shape (n, n)
        Symmetric; the identity for an orthonormal bank.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> np.allclose(fb.analysis.gram(fb.dct(5)), np.eye(25))
    True
    """
    flat = _rows(bank)
    products: Float64 = flat @ flat.T
    return products


def coherence(bank: FilterBank | npt.ArrayLike) -> float:
    """Return the largest cosine, in magnitude, between two different filters.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    float
        From 0 for orthogonal filters to 1 for two on one line. 0 for a single filter; a filter that is zero has no
        direction, and counts for nothing.

    References
    ----------
    D. L. Donoho and X. Huo, "Uncertainty principles and ideal atomic decomposition", IEEE Trans. Inf. Theory 47 (2001),
    2845-2862.

    Examples
    --------
    >>> import filterbank as fb
    >>> round(fb.analysis.coherence(fb.gabor(11)), 2)
    0.56
    """
    magnitudes = np.abs(cosines(bank))
    np.fill_diagonal(magnitudes, 0)
    return float(np.nanmax(magnitudes, initial=0))


def cosines(bank: FilterBank | npt.ArrayLike) -> Float64:
    """Return the cosines of the angles between all pairs, `(n, n)`; NaN for filters that are zero."""
    flat = _rows(bank)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    directions = np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)
    products: Float64 = np.clip(directions @ directions.T, -1, 1)
    nowhere = lengths[:, 0] == 0
    products[nowhere] = products[:, nowhere] = np.nan
    return products


def singular_values(bank: FilterBank | npt.ArrayLike) -> Float64:
    """Return the singular values of the bank as a matrix of filters by pixels.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    ndarray of float64, shape (min(n, pixels),)
        Falling.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.analysis.singular_values(fb.dct(3, n=4)).round(12)
    array([1., 1., 1., 1.])
    """
    return _bank.singular_values(as_bank(bank)).copy()


def rank(bank: FilterBank | npt.ArrayLike, tol: float | None = None) -> int:
    """Return how many filters are independent.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    tol : float, optional
        Singular values below this, relative to the largest, count as zero. The default is the larger of `n` and the
        number of pixels times the rounding unit, as in the bank's repr.

    Returns
    -------
    int
        The rank; 0 for filters that are all zero.

    Raises
    ------
    ValueError
        If `tol` is negative.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.FilterBank(np.concatenate([fb.dct(5).filters, fb.gabor(5).filters]))
    >>> len(bank), fb.analysis.rank(bank)
    (33, 25)
    """
    bank = as_bank(bank)
    if tol is None:
        return _bank.rank_and_condition(bank)[0]
    values = _bank.singular_values(bank)
    share = _check.number("tol", tol, at_least=0)
    return int(np.count_nonzero(values > share * values[0]))


def condition_number(bank: FilterBank | npt.ArrayLike) -> float:
    """Return the largest singular value over the smallest.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    float
        1 for an orthonormal bank, infinite for a dependent one.

    Examples
    --------
    >>> import filterbank as fb
    >>> round(fb.analysis.condition_number(fb.gabor(11)), 2)
    5.92
    """
    return _bank.rank_and_condition(as_bank(bank))[1]


def effective_rank(bank: FilterBank | npt.ArrayLike) -> float:
    """Return the effective rank: how many equally strong directions have the entropy of the singular values.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    float
        From 1 to the rank, which it reaches when all singular values are equal; 0 for filters that are all zero.

    References
    ----------
    O. Roy and M. Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007, 606-610.

    Examples
    --------
    >>> import filterbank as fb
    >>> round(fb.analysis.effective_rank(fb.dct(5)), 6), round(fb.analysis.effective_rank(fb.gabor(11)), 2)
    (25.0, 14.71)
    """
    values = _bank.singular_values(as_bank(bank))
    shares = values[values > 0] / max(values.sum(), np.finfo(np.float64).tiny)
    return float(np.exp(-np.sum(shares * np.log(shares)))) if len(shares) else 0.0


def _rows(bank: FilterBank | npt.ArrayLike) -> Float64:
    filters = as_bank(bank).filters
    return filters.reshape(len(filters), -1)
