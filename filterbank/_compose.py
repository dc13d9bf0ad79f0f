"""From coefficients to kernels and back: `W = sum_i a_i * b_i`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._bank import FilterBank, as_filters
from ._check import Array, Float64


def compose(coefficients: npt.ArrayLike, bank: FilterBank | npt.ArrayLike) -> Array:
    """Compose kernels: the sum of the filters, weighted by coefficients.

    Parameters
    ----------
    coefficients : array_like
        The weights, `(n, in, out)`, or `(n, ...)` with any further axes.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.

    Returns
    -------
    ndarray
        The kernels, `(*size, in, out)` in Keras's order: float32 for float32 coefficients, else float64.

    Raises
    ------
    TypeError
        If the coefficients are not real numbers.
    ValueError
        If they are not one for each filter.

    See Also
    --------
    decompose : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> fb.compose(np.ones((10, 1, 64)), fb.dct(11, n=10)).shape
    (11, 11, 1, 64)
    """
    filters = as_filters(bank)
    weights = _real("coefficients", coefficients)
    if weights.ndim < 1 or len(weights) != len(filters):
        raise ValueError(
            f"`coefficients` must be (n, in, out) with n = {len(filters)}, one for each filter, "
            f"got shape {weights.shape}; move the axis of filters to the front with np.moveaxis"
        )
    kernels = np.tensordot(filters, weights.astype(np.float64), axes=(0, 0))
    return kernels.astype(_kept_dtype(weights), copy=False)


def decompose(kernels: npt.ArrayLike, bank: FilterBank | npt.ArrayLike) -> Array:
    """Find the coefficients whose kernels come closest: least squares.

    Parameters
    ----------
    kernels : array_like
        The kernels, `(*size, in, out)` in Keras's order, or `(*size, ...)` with any further axes.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.

    Returns
    -------
    ndarray
        The coefficients `(n, in, out)`: float32 for float32 kernels, else float64. On the bank's span this
        undoes `compose`; of a dependent bank's many solutions it is the shortest.

    Raises
    ------
    TypeError
        If the kernels are not real numbers.
    ValueError
        If they are not of the bank's size, or not finite.

    See Also
    --------
    compose : The way back.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.gabor(11)
    >>> coefficients = np.arange(16.0).reshape(16, 1, 1)
    >>> np.allclose(fb.decompose(fb.compose(coefficients, bank), bank), coefficients)
    True
    """
    filters = as_filters(bank)
    target = _real("kernels", kernels)
    size = filters.shape[1:]
    if target.shape[: len(size)] != size:
        raise ValueError(
            f"`kernels` must begin with the bank's size {size} in pixels, got shape {target.shape}; Keras keeps "
            f"kernels as (height, width, in, out)"
        )
    if not np.isfinite(target).all():
        raise ValueError("`kernels` must be finite, got NaN or infinity")
    matrix = filters.reshape(len(filters), -1).T
    flat = target.astype(np.float64).reshape(matrix.shape[0], -1)
    solution: Array = np.linalg.lstsq(matrix, flat, rcond=None)[0]
    weights = np.reshape(solution, (len(filters), *target.shape[len(size) :]))
    return weights.astype(_kept_dtype(target), copy=False)


def pseudo_inverse(filters: Float64, tolerance: float) -> Float64:
    """Return the `(n, *size)` array that takes a kernel to its least-squares coefficients.

    Singular values below `tolerance` times the largest count as zero.
    """
    matrix = filters.reshape(len(filters), -1)
    inverse = np.asarray(np.linalg.pinv(matrix, rcond=tolerance).T, dtype=np.float64)
    return inverse.reshape(filters.shape)


def _real(name: str, values: npt.ArrayLike) -> Array:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        raise TypeError(f"`{name}` must be real numbers, got {array.dtype}")
    return array


def _kept_dtype(array: Array) -> np.dtype[np.floating]:
    return np.dtype(np.float32 if array.dtype == np.float32 else np.float64)
