"""From bank to bank: scale, centre, orthonormalise, join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from . import _check, _grid, _norm
from ._bank import FilterBank, as_filters
from ._check import Float64
from ._norm import Norm
from .families._steering import CannotTurnError, Columns, remade, steered

Method = Literal["qr", "symmetric", "svd"]
How = Literal["steered", "remade", "spline"]


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


def orthonormalize(bank: FilterBank | npt.ArrayLike, method: Method = "qr", tol: float | None = None) -> FilterBank:
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
        raise ValueError(f"`banks` must have one size in pixels, got {listed}; make them again with the same `size`")
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


def steer(bank: FilterBank, angle: float) -> FilterBank:
    """Turn the filters of a steerable bank: by linear combination, so exactly.

    Parameters
    ----------
    bank : FilterBank
        A 2-D bank of one of the families `steerable`, `steerable_pyramid`, `gaussian_derivative`, `hermite`,
        `fourier_bessel`, `circular_harmonic` or `zernike` (or of `dog`, `laplacian_of_gaussian` or `schmid`, which
        stay as they are). Filters may have been selected, scaled and turned since, but not changed.
    angle : float
        By how much in radians, from x towards y, which grows downward.

    Returns
    -------
    FilterBank
        Each filter of the bank at ``f(x', y')`` with x' = x cos t + y sin t and y' = -x sin t + y cos t, scaled to the
        bank's norm. The first filter of a set of `steerable` is the one that the set steers. The column
        `orientation` is larger by `angle`.

    Raises
    ------
    ValueError
        If the family is not steerable or the filters were changed, or the bank is not 2-D.

    See Also
    --------
    rotate : For any bank.

    Notes
    -----
    The filters are combined from all those of the family's sets, also where the bank holds only some of them. Exact
    is what the formula says; the sets H2 and H4 of ``steerable(basis="separable")`` are as near as their
    constants.

    References
    ----------
    W. T. Freeman and E. H. Adelson, "The design and use of steerable filters", IEEE Trans. Pattern Anal. Mach.
    Intell. 13 (1991), 891-906.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.gaussian_derivative(11, max_order=1)
    >>> diagonal = (bank[1] + bank[2]) / np.sqrt(2)
    >>> np.allclose(fb.steer(bank, np.pi / 4)[1], diagonal / np.linalg.norm(diagonal))
    True
    """
    bank, angle = _to_turn(bank, angle)
    filters, columns = steered(bank, angle)
    exact = _quarter_turned(bank, angle)
    return bank._derive("steer", filters if exact is None else exact, {"angle": angle}, parameters=columns)


def rotate(bank: FilterBank | npt.ArrayLike, angle: float, how: How | None = None) -> FilterBank:
    """Turn the filters of any 2-D bank, as exactly as its family allows.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, height, width)`.
    angle : float
        By how much in radians, from x towards y, which grows downward.
    how : {"steered", "remade", "spline"}, optional
        "steered" combines the filters of a steerable family; "remade" makes a family again at other
        `orientations`, with its own warnings; "spline" interpolates with cubic splines, zero outside the window. The
        default is the first of them that the bank allows; the recipe says which it was.

    Returns
    -------
    FilterBank
        The turned filters in the same window; of a bank with that column, `orientation` is larger by `angle`. The other
        columns speak of the filters before. Steered and remade filters have the bank's norm, interpolated ones not
        quite.

    Raises
    ------
    ValueError
        If the bank is not 2-D or does not allow `how`.

    See Also
    --------
    steer : Only exactly.

    Notes
    -----
    Quarter turns of a square window, and half turns of any, move pixels, whatever the way:
    ``numpy.rot90(filter, -1)`` is a quarter turn from x towards y.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> turned = fb.rotate(fb.gabor(11, orientations=[0]), np.pi / 3)
    >>> turned == fb.gabor(11, orientations=[np.pi / 3])
    True
    >>> turned.recipe["then"][0]["how"]
    'remade'
    """
    bank, angle = _to_turn(bank, angle)
    _check.choice("how", how, (*WAYS, None))
    way, filters, columns = _turned(bank, angle, how)
    exact = _quarter_turned(bank, angle)
    arguments = {"angle": angle, "how": way}
    return bank._derive("rotate", filters if exact is None else exact, arguments, parameters=columns)


def _turned(bank: FilterBank, angle: float, how: How | None) -> tuple[str, Float64, Columns]:
    if how is not None:
        return (how, *WAYS[how](bank, angle))
    for way in ("steered", "remade"):
        try:
            return (way, *WAYS[way](bank, angle))
        except CannotTurnError:
            continue
    return ("spline", *_interpolated(bank, angle))


def _interpolated(bank: FilterBank, angle: float) -> tuple[Float64, Columns]:
    """Return the filters turned by cubic splines, zero outside the window."""
    centre = (np.array(bank.size) - 1) / 2
    # Where a pixel (y, x) of the turned filter comes from, as the rows of a matrix.
    matrix = np.array(_grid.rotated(np.array([1.0, 0.0]), np.array([0.0, 1.0]), angle))
    turned = [
        ndimage.affine_transform(one, matrix, centre - matrix @ centre, order=3, mode="grid-constant") for one in bank
    ]
    column = bank.parameters.get("orientation")
    return np.stack(turned), {} if column is None else {"orientation": column + angle}


WAYS: dict[str, Callable[[FilterBank, float], tuple[Float64, Columns]]] = {
    "steered": steered,
    "remade": remade,
    "spline": _interpolated,
}


def _quarter_turned(bank: FilterBank, angle: float) -> Float64 | None:
    """Return the filters with their pixels moved, where a turn by quarters is all it takes."""
    quarters = round(angle / (np.pi / 2))
    moves = abs(angle - quarters * np.pi / 2) <= 1e-12 * max(1, abs(angle))
    if not moves or (quarters % 2 and bank.size[0] != bank.size[1]):
        return None
    return np.rot90(bank.filters, -quarters, axes=(1, 2))


def _to_turn(bank: FilterBank | npt.ArrayLike, angle: float) -> tuple[FilterBank, float]:
    bank = as_bank(bank)
    if bank.ndim != 2:
        raise ValueError(f"`bank` must be 2-D to be turned, got {bank.ndim}-D; turn volumes with scipy.ndimage.rotate")
    return bank, _check.number("angle", angle, unit="radians")


def as_bank(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Return the bank itself, or plain filters as a bank."""
    return bank if isinstance(bank, FilterBank) else FilterBank(as_filters(bank))
