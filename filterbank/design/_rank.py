"""Filters that others span: made orthonormal, or dropped."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg

from .. import _check
from .._bank import FilterBank, as_bank, rank_and_condition
from .._check import Float64

Method = Literal["qr", "symmetric", "svd"]
ROUNDING = float(np.finfo(np.float64).eps)
# What is left of a filter is more than rounding after nearly dependent ones.
CLEAR_REMAINDER = 1e-10


def orthonormalize(bank: FilterBank | npt.ArrayLike, method: Method = "qr", tol: float | None = None) -> FilterBank:
    """Make the filters orthonormal without changing what they span.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    method : {"qr", "symmetric", "svd"}, default "qr"
        "qr" takes the filters in their order, removes what the ones before span, and drops those of which nothing is
        left (Gram-Schmidt); where filters are nearly dependent, it keeps those that are least so. "symmetric" finds
        the orthonormal set nearest to the bank, filter by filter (Löwdin); the filters must be independent. "svd"
        gives the singular vectors by falling singular value.
    tol : float, optional
        A singular value below this, relative to the largest, counts as nothing for the rank; "qr" scales the filters
        to the same norm before. The default is the larger of `n` and the number of pixels times the rounding unit.

    Returns
    -------
    FilterBank
        As many filters as the rank, with their parameters; "svd" mixes the filters and gives the column
        `singular_value` in their place.

    Raises
    ------
    ValueError
        If the bank is zero everywhere, or dependent with ``method="symmetric"``, or `tol` is not from 0 to
        below 1.

    References
    ----------
    P.-O. Löwdin, "On the non-orthogonality problem", Adv. Quantum Chem. 5 (1970), 185-199.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.orthonormalize(fb.gabor(11))
    <FilterBank gabor: 16 filters of 11x11, rank 16, condition 1>
    """
    bank = as_bank(bank)
    _check.choice("method", method, ("qr", "symmetric", "svd"))
    matrix = bank.filters.reshape(len(bank), -1)
    if tol is None:
        tol = max(matrix.shape) * ROUNDING
    elif _check.number("tol", tol, at_least=0) >= 1:
        raise ValueError(f"`tol` must be below 1, a share of the norm, got {tol!r}; at 1 no filter is left")
    if not matrix.any():
        raise ValueError("`bank` must have a filter other than zero to orthonormalise, got only zeros")
    arguments = {"method": method, "tol": float(tol)}
    if method == "qr":
        kept = _in_order(matrix, tol)
        return bank._derive("orthonormalize", _gram_schmidt(matrix[kept]).reshape(-1, *bank.size), arguments, kept)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.count_nonzero(values > tol * values[0]))
    if method == "symmetric":
        if rank < len(bank):
            raise ValueError(
                f'`bank` must be independent for method="symmetric", got rank {rank} of {len(bank)} '
                f'filters; use method="qr", which drops the dependent ones'
            )
        return bank._derive("orthonormalize", (left @ right).reshape(bank.shape), arguments)
    recipe = bank._derive("orthonormalize", right[:rank].reshape(-1, *bank.size), arguments, np.arange(rank))
    return FilterBank(
        recipe.filters,
        parameters={"singular_value": values[:rank]},
        family=bank.family,
        recipe=recipe._recipe,
    )


def _in_order(matrix: Float64, tol: float) -> npt.NDArray[np.intp]:
    """Return which rows to keep, as many as their rank whatever their lengths: of which those before leave most."""
    present = np.flatnonzero(matrix.any(axis=1))
    units = np.array([_unit(row) for row in matrix[present]])
    strengths = np.linalg.svd(units, compute_uv=False)
    rank = int(np.count_nonzero(strengths > tol * strengths[0]))
    if rank == len(units):
        return present
    rows, kept = np.empty((0, matrix.shape[1])), []
    for index, unit in zip(present, units, strict=True):
        rest = _remainder(rows, unit)
        if np.linalg.norm(rest) > max(tol, CLEAR_REMAINDER):
            rows = np.concatenate([rows, _unit(rest)[None]])
            kept.append(index)
    # Where filters are nearly dependent, it takes all of them to say which are least so.
    return np.array(kept) if len(kept) == rank else np.sort(present[_pivots(units)[:rank]])


def _gram_schmidt(matrix: Float64) -> Float64:
    """Return orthonormal rows of which the first k span what the first k rows of the matrix do."""
    units = np.array([_unit(row) for row in matrix])
    factor, triangle = np.linalg.qr(units.T)
    signs = np.where(np.diagonal(triangle) < 0, -1.0, 1.0)
    rows: Float64 = np.ascontiguousarray((factor * signs).T)
    return rows


def _remainder(rows: Float64, row: Float64) -> Float64:
    """Return what orthonormal rows leave of another one."""
    for _ in range(2):  # Once leaves rounding errors of the projection, twice is enough.
        row = row - (rows @ row) @ rows
    return row


def _unit(row: Float64) -> Float64:
    """Return the row at length 1; by a power of two first, as squares of tiny or huge numbers would be lost."""
    row = np.ldexp(row, -int(np.frexp(np.abs(row).max())[1]))
    unit: Float64 = row / np.linalg.norm(row)
    return unit


def prune(bank: FilterBank | npt.ArrayLike, rank: int | None = None, max_coherence: float | None = None) -> FilterBank:
    """Drop filters that others make superfluous.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    rank : int, optional
        How many filters to keep: those that are furthest from dependent. The default, without `max_coherence`, is the
        rank of the bank.
    max_coherence : float, optional
        Keep, in their order, the filters whose cosine with every one kept before is at most this, in magnitude.

    Returns
    -------
    FilterBank
        Some of the filters, unchanged and in their order, with their parameters.

    Raises
    ------
    ValueError
        If `rank` is above the rank of the bank, or `max_coherence` is not from 0 to 1.

    Notes
    -----
    The filters are chosen by QR with column pivoting on their directions, after those that `max_coherence` drops.

    References
    ----------
    G. H. Golub and C. F. Van Loan, "Matrix Computations", 4th ed. (2013), section 5.4.2.

    Examples
    --------
    >>> import filterbank as fb
    >>> crowded = fb.FilterBank(list(fb.dct(5)) + list(fb.gabor(5)))
    >>> len(crowded), len(fb.prune(crowded))
    (33, 25)
    """
    bank = as_bank(bank)
    kept = np.arange(len(bank))
    if max_coherence is not None:
        limit = _check.number("max_coherence", max_coherence, at_least=0, at_most=1)
        kept = _incoherent(bank.filters.reshape(len(bank), -1), limit)
    if rank is not None or max_coherence is None:
        kept = kept[_furthest(bank[kept], rank)]
    return bank._derive("prune", bank.filters[kept], {"rank": rank, "max_coherence": max_coherence}, kept)


def _incoherent(matrix: Float64, limit: float) -> npt.NDArray[np.intp]:
    """Return which rows to keep so that no two have a larger cosine than the limit."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    directions = matrix / np.where(norms > 0, norms, 1)
    kept: list[int] = []
    for index in np.flatnonzero(norms):
        if np.abs(directions[kept] @ directions[index]).max(initial=0) <= limit + ROUNDING:
            kept.append(int(index))
    return np.array(kept, dtype=np.intp)


def _furthest(bank: FilterBank, rank: int | None) -> npt.NDArray[np.intp]:
    """Return which filters span most, as many as the rank asked for, in their order."""
    most, _ = rank_and_condition(bank)
    hint = f"the filters to choose from have rank {most}"
    wanted = most if rank is None else _check.integer("rank", rank, at_least=1, at_most=most, hint=hint)
    order = _pivots(bank.filters.reshape(len(bank), -1))
    # Some of the filters can have a lower rank than all of them, where the smallest singular values are rounding.
    while (independent := rank_and_condition(FilterBank(bank.filters[order[:wanted]]))[0]) < wanted:
        wanted = independent
    return np.sort(order[:wanted])


def _pivots(matrix: Float64) -> npt.NDArray[np.intp]:
    """Return the rows in the order in which each adds most to what those before span, whatever their lengths."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    _, order = linalg.qr((matrix / np.where(norms > 0, norms, 1)).T, mode="r", pivoting=True)
    return np.asarray(order, dtype=np.intp)
