"""From bank to bank: scale, centre, orthonormalise, join."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from . import _check, _norm
from ._bank import FilterBank, as_filters
from ._check import Float64
from ._norm import Norm

Method = Literal["qr", "symmetric", "svd"]


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

    Examples
    --------
    >>> import filterbank as fb
    >>> bool(abs(fb.zero_mean(fb.gabor(11)).filters.sum((1, 2))).max() < 1e-15)
    True
    """
    bank = as_bank(bank)
    pixels = tuple(range(1, bank.ndim + 1))
    centred = bank.filters - bank.filters.mean(pixels, keepdims=True)
    # The second pass takes away what rounding left of the mean.
    return bank._derive("zero_mean", centred - centred.mean(pixels, keepdims=True), {})


def orthonormalize(
    bank: FilterBank | npt.ArrayLike, method: Method = "qr", tol: float | None = None
) -> FilterBank:
    """Make the filters orthonormal without changing what they span.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    method : {"qr", "symmetric", "svd"}, default "qr"
        "qr" takes the filters in their order, removes what the ones before span, and drops those of which
        nothing is left (Gram-Schmidt). "symmetric" finds the orthonormal set nearest to the bank, filter by filter
        (Löwdin); the filters must be independent. "svd" gives the singular vectors by falling singular value.
    tol : float, optional
        What counts as nothing: a filter's remainder relative to its norm ("qr"), a singular value relative to the
        largest. The default is the larger of `n` and the number of pixels times the rounding unit.

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
    >>> fb.orthonormalize(fb.gabor(5, orientations=16))
    <FilterBank gabor: 21 filters of 5x5, rank 21, condition 1>
    """
    bank = as_bank(bank)
    _check.choice("method", method, ("qr", "symmetric", "svd"))
    matrix = bank.filters.reshape(len(bank), -1)
    if tol is None:
        tol = max(matrix.shape) * float(np.finfo(np.float64).eps)
    elif _check.number("tol", tol, at_least=0) >= 1:
        raise ValueError(f"`tol` must be below 1, a share of the norm, got {tol!r}; at 1 no filter is left")
    if not matrix.any():
        raise ValueError("`bank` must have a filter other than zero to orthonormalise, got only zeros")
    arguments = {"method": method, "tol": float(tol)}
    if method == "qr":
        rows, kept = _gram_schmidt(matrix, tol)
        return bank._derive("orthonormalize", rows.reshape(-1, *bank.size), arguments, kept)
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


def _gram_schmidt(matrix: Float64, tol: float) -> tuple[Float64, npt.NDArray[np.intp]]:
    """Return orthonormal rows that span what the rows of the matrix do, and which rows gave them."""
    # Rows near 1, by exact powers of two: the squares of tiny or huge ones would be lost.
    matrix = np.ldexp(matrix, -np.frexp(np.abs(matrix).max(axis=1))[1][:, None])
    norms = np.linalg.norm(matrix, axis=1)
    rows = np.empty((min(matrix.shape), matrix.shape[1]))
    kept: list[int] = []
    for index, row in enumerate(matrix):
        if len(kept) == len(rows):
            break
        done, rest = rows[: len(kept)], row
        for _ in range(2):  # Once leaves rounding errors of the projection, twice is enough.
            rest = rest - (done @ rest) @ done
        length = np.linalg.norm(rest)
        if length > tol * norms[index]:
            rows[len(kept)] = rest / length
            kept.append(index)
    return rows[: len(kept)], np.array(kept, dtype=np.intp)


def concatenate(*banks: FilterBank | npt.ArrayLike) -> FilterBank:
    """Join banks of the same size into one.

    Parameters
    ----------
    *banks : FilterBank or array_like
        The banks, or filters `(n, *size)`, one after the other.

    Returns
    -------
    FilterBank
        All the filters, with every bank's columns (NaN or an empty text where a bank has none of that name) and
        the column `family`.

    Raises
    ------
    TypeError
        If the banks come as a list.
    ValueError
        If there is no bank or the sizes differ.

    Examples
    --------
    >>> import filterbank as fb
    >>> both = fb.concatenate(fb.dct(11, n=6), fb.gabor(11))
    >>> len(both), both.parameters["family"][5:7]
    (22, array(['dct', 'gabor'], dtype='<U5'))
    """
    if not banks:
        raise ValueError("`concatenate` needs at least one bank, got none")
    if any(isinstance(bank, (list, tuple)) and any(isinstance(b, FilterBank) for b in bank) for bank in banks):
        raise TypeError("`banks` must be passed one by one, got a list of them; write concatenate(*banks)")
    parts = [as_bank(bank) for bank in banks]
    sizes = {part.size for part in parts}
    if len(sizes) > 1:
        listed = ", ".join(_check.window_name(size) for size in sorted(sizes))
        raise ValueError(
            f"`banks` must have one size in pixels, got {listed}; make them again with the same `size`"
        )
    names = list(dict.fromkeys(name for part in parts for name in part.parameters))
    columns = {name: _joined(parts, name) for name in names if name != "family"}
    origin = [part.parameters.get("family", np.full(len(part), part.family)) for part in parts]
    return FilterBank(
        np.concatenate([part.filters for part in parts]),
        parameters={**columns, "family": np.concatenate(origin)},
        family="concatenate",
        recipe={"family": "concatenate", "banks": [part.recipe for part in parts]},
    )


def _joined(parts: list[FilterBank], name: str) -> npt.NDArray[np.generic]:
    present = [part.parameters[name] for part in parts if name in part.parameters]
    is_text = any(column.dtype.kind == "U" for column in present)
    absent = "" if is_text else np.nan
    return np.concatenate([part.parameters.get(name, np.full(len(part), absent)) for part in parts])


def as_bank(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Return the bank itself, or plain filters as a bank."""
    return bank if isinstance(bank, FilterBank) else FilterBank(as_filters(bank))
