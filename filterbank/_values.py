"""What a bank holds: checked values, in memory that nobody can write to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ._check import Array, Float64

# From here on it is worth a look whether the filters are orthogonal: one product, a twentieth of the work.
SLOW_DECOMPOSITION = 10**8
LONGEST_TEXT = 1000  # a column of texts is as wide as its longest, for every filter


def checked_filters(filters: npt.ArrayLike, name: str = "filters") -> Float64:
    """Return filters as float64 `(n, *size)`: real, finite, at least one."""
    array = _array(name, filters)
    if array.dtype.kind not in "biuf":
        way_out = "; keep real and imaginary parts as filters of their own" * (array.dtype.kind == "c")
        raise TypeError(f"`{name}` must be real numbers, got {array.dtype}{way_out}")
    if not 2 <= array.ndim <= 4:
        raise ValueError(
            f"`{name}` must be (n, width), (n, height, width) or (n, depth, height, width), got shape {array.shape}"
        )
    if not array.size:
        raise ValueError(f"`{name}` must hold at least one filter of one pixel, got shape {array.shape}")
    with np.errstate(over="ignore"):  # of long doubles; they are refused as infinite
        exact = array.astype(np.float64, copy=False)
    if not np.isfinite(exact).all():
        broken = np.flatnonzero(~np.isfinite(exact.reshape(len(exact), -1)).all(axis=1))
        raise ValueError(
            f"`{name}` must be finite, got NaN or infinity in filter {broken[0]} "
            f"({len(broken)} of {len(exact)} filters)"
        )
    return exact


def frozen(array: Array) -> Array:
    """Return a copy that nobody can make writable again: its memory is a bytes object."""
    # Adding zero turns -0.0 into 0.0, so that equal banks have equal bytes and fingerprints.
    values = array + 0.0 if array.dtype.kind == "f" else array
    return np.frombuffer(values.tobytes(), dtype=values.dtype).reshape(values.shape)


def singular_values(matrix: Float64) -> Float64:
    """Return the singular values of a matrix of flat filters, falling."""
    n, pixels = matrix.shape
    if n <= pixels and n * n * pixels > SLOW_DECOMPOSITION:
        with np.errstate(over="ignore", under="ignore"):
            norms: Float64 = np.sqrt(np.sum(matrix**2, axis=1))
        if norms.min() > 1e-100 and norms.max() < 1e100 and _is_orthogonal(matrix / norms[:, None]):
            return np.sort(norms)[::-1]
    return np.asarray(np.linalg.svd(matrix, compute_uv=False), dtype=np.float64)


def _is_orthogonal(units: Float64) -> bool:
    cosines = units @ units.T
    np.fill_diagonal(cosines, 0)
    return bool(np.abs(cosines).max() < 1e-13)


def mapping(name: str, value: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return `value`, or an empty dict for None."""
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"`{name}` must be a dict, got {type(value).__name__}")
    return value or {}


def columns(parameters: Mapping[str, npt.ArrayLike] | None, count: int) -> dict[str, Array]:
    """Return the columns of `count` filters, checked and read-only."""
    return {name: _column(name, column, count) for name, column in mapping("parameters", parameters).items()}


def _column(name: str, column: npt.ArrayLike, count: int) -> Array:
    if not isinstance(name, str):
        raise TypeError(f"`parameters` must have texts as keys, got {name!r}")
    if isinstance(column, np.ndarray) and column.dtype in (np.float64, np.int64) and column.shape == (count,):
        return frozen(column)
    # Lists first: as an array, one long text would widen all the others.
    entries = column if isinstance(column, (list, tuple)) else _array(name, column).tolist()
    if isinstance(entries, (list, tuple)) and any(_is_long_text(entry) for entry in entries):
        raise ValueError(f"parameter `{name}` must have texts of at most {LONGEST_TEXT} characters")
    array = _array(name, entries)
    if array.dtype.kind not in "biufU":
        raise TypeError(f"parameter `{name}` must hold numbers or texts, got {array.dtype}")
    if array.shape != (count,):
        raise ValueError(
            f"parameter `{name}` must have one entry for each of the {count} filters, got shape {array.shape}"
        )
    # By way of a list: a column has the type with which it comes back from JSON.
    return frozen(np.asarray(array.tolist()))


def _is_long_text(entry: object) -> bool:
    return isinstance(entry, str) and len(entry) > LONGEST_TEXT


def _array(name: str, values: npt.ArrayLike) -> Array:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"`{name}` must be one array with rows of equal length: {error}") from error


def indices(key: Any, count: int) -> npt.NDArray[np.intp]:
    """Turn a slice, a list or a mask into the indices it selects."""
    if isinstance(key, tuple):
        raise TypeError("a bank is indexed by filter only: use bank.filters[...] for rows and columns")
    if isinstance(key, slice):
        chosen = np.arange(count)[key]
    else:
        wanted = np.asarray(key)
        if wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "biu"):
            raise TypeError(f"a bank is indexed by an int, a slice, a list of ints or a mask, got {key!r}")
        if wanted.dtype.kind == "b" and len(wanted) != count:
            raise IndexError(f"a mask must have {count} entries, one a filter, got {len(wanted)}")
        chosen = np.arange(count)[wanted.astype(np.intp) if not wanted.size else wanted]
    if not chosen.size:
        raise ValueError(f"{key!r} selects no filter of {count}; a bank has at least one")
    return chosen
