"""From coefficients to kernels and back: `W = sum_i a_i * b_i`; the best bank for given kernels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ._bank import FilterBank, as_filters
from ._check import Array, Float64, first, is_integer, number
from ._kernels import as_array, kernel_of
from ._norm import with_signs


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


def kernel_basis(kernels: npt.ArrayLike, n: int | float | None = None) -> FilterBank:
    """Find the bank that holds given kernels best: their own singular vectors, by falling energy.

    Of all banks of `n` filters it loses least of the kernels, in the sum of squares (Eckart and Young).

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a Keras convolution, whose kernels (the depthwise ones of
        a separable one) are taken.
    n : int or float, optional
        How many filters; or, as a float of at most 1, the share of the energy to keep with as few as possible. The
        default is as many as the kernels have dimensions: their rank.

    Returns
    -------
    FilterBank
        Orthonormal filters, with the columns `singular_value` and `energy`, the share of the kernels' sum of squares.
        Of each, the entry of largest magnitude is positive.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or `n` is no number.
    ValueError
        If they are not of one to three dimensions, not finite or all zero; if `n` is more than their rank.

    See Also
    --------
    pca : The same of image patches, about their mean.
    filterbank.layers.project : Turn a convolution into a layer on a bank.

    References
    ----------
    C. Eckart and G. Young, "The approximation of one matrix by another of lower rank", Psychometrika 1 (1936), 211-218.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.random.default_rng(0).normal(size=(4, 3, 16)), fb.gabor(11, n=4))
    >>> bank = fb.kernel_basis(kernels)
    >>> bank
    <FilterBank kernel_basis: 4 filters of 11x11, rank 4, condition 1>
    >>> bool(abs(fb.compose(fb.decompose(kernels, bank), bank) - kernels).max() < 1e-12)
    True
    """
    kernel = kernel_of(kernels)
    values = _real("kernels", kernels if kernel is None else kernel).astype(np.float64)
    if not 3 <= values.ndim <= 5 or not values.size:
        raise ValueError(f"`kernels` must be (*size, in, out) of one to three dimensions, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("`kernels` must be finite, got NaN or infinity")
    window = values.shape[:-2]
    matrix = values.reshape(math.prod(window), -1)
    vectors, strengths, _ = np.linalg.svd(matrix, full_matrices=False)
    if not strengths[0]:
        raise ValueError("`kernels` must not be all zero: nothing spans them")
    rank = int(np.count_nonzero(strengths > strengths[0] * max(matrix.shape) * np.finfo(np.float64).eps))
    energy = strengths**2 / np.sum(strengths**2)
    count = _count(n, energy[:rank])
    return FilterBank(
        with_signs(vectors.T[:count]).reshape(count, *window),
        parameters={"singular_value": strengths[:count], "energy": energy[:count]},
        family="kernel_basis",
    )


def _count(n: int | float | None, energy: Float64) -> int:
    """Return how many filters `n` asks for, of those whose shares of the energy are given."""
    if n is None or is_integer(n):
        return first(n, len(energy), what="the span of these kernels", hint="drop `n` for all of it")
    share = number("n", n, above=0, at_most=1, hint="a share of the energy, or an int for a number of filters")
    return min(int(np.searchsorted(np.cumsum(energy), share * (1 - 1e-12))) + 1, len(energy))


def pseudo_inverse(filters: Float64, tolerance: float) -> Float64:
    """Return the `(n, *size)` array that takes a kernel to its least-squares coefficients.

    Singular values below `tolerance` times the largest count as zero.
    """
    matrix = filters.reshape(len(filters), -1)
    inverse = np.asarray(np.linalg.pinv(matrix, rcond=tolerance).T, dtype=np.float64)
    return inverse.reshape(filters.shape)


def _real(name: str, values: npt.ArrayLike) -> Array:
    array = as_array(values)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        raise TypeError(f"`{name}` must be real numbers, got {array.dtype}")
    return array


def _kept_dtype(array: Array) -> np.dtype[np.floating]:
    return np.dtype(np.float32 if array.dtype == np.float32 else np.float64)
