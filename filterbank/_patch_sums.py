"""Sums over all patches of images, of their pixels and of the products of two: patch by patch, or by autocorrelation.

Arrays of images are `(count, channels, *sides)` here, and pixels of a patch are in the order of `(*window, channels)`.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import fft

from ._check import Array, Float64
from ._correlate import runs

VALUES_AT_ONCE = 2**20  # of the patches that are written out as rows; a matrix that stays in the cache

# Nanoseconds on one core of 2023. A patch that is written out costs a copy of each pixel, and each product of two.
COPY, PRODUCT = 4.0, 0.01
# An autocorrelation costs the transform of each pixel, and at the borders many small steps.
TRANSFORM, STEP = 10.0, 40_000.0


class Sums(NamedTuple):
    """How many patches there are, the sums of their pixels `(pixels,)`, and of products `(pixels, pixels)`."""

    patches: int
    total: Float64
    products: Float64


def patch_sums(images: Float64, window: tuple[int, ...], stride: tuple[int, ...]) -> Sums:
    """Return the sums over all patches of finite images, in the way that is estimated to be faster."""
    if by_autocorrelation(images.shape, window, stride):
        return sums_by_autocorrelation(images, window)
    return sums_by_rows(images, window, stride)


def by_autocorrelation(shape: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether images of this shape are summed by their autocorrelation: a count of operations and their costs."""
    if any(step > 1 for step in stride):
        return False
    count, channels, *sides = shape
    pixels = channels * math.prod(window)
    patches = count * math.prod(side - k + 1 for side, k in zip(sides, window, strict=True))
    padded = count * channels * math.prod(side + k - 1 for side, k in zip(sides, window, strict=True))
    borders = padded * sum(2 * (k - 1) / side for side, k in zip(sides, window, strict=True))
    transform = padded * channels * TRANSFORM + borders * max(window) * COPY + STEP * sum(window)
    return transform < patches * pixels * (COPY + PRODUCT * pixels)


# Patch by patch


def sums_by_rows(images: Float64, window: tuple[int, ...], stride: tuple[int, ...]) -> Sums:
    """Write the patches out as rows, some at a time, and multiply matrices; leave out patches that are not finite."""
    pixels = images.shape[1] * math.prod(window)
    count, total, products = 0, np.zeros(pixels), np.zeros((pixels, pixels))
    for rows in patch_rows(images, window, stride):
        count += len(rows)
        total += rows.sum(axis=0)
        products += rows.T @ rows
    return Sums(count, total, products)


def patch_rows(images: Float64, window: tuple[int, ...], stride: tuple[int, ...]) -> Iterator[Float64]:
    """Yield the finite patches as rows, some at a time."""
    dimensions = len(window)
    axes = tuple(range(2, 2 + dimensions))
    views = np.lib.stride_tricks.sliding_window_view(images, window, axis=axes)
    views = views[(slice(None), slice(None), *(slice(None, None, step) for step in stride))]
    views = np.moveaxis(views, 1, -1)  # (count, *places, *window, channels)
    pixels = images.shape[1] * math.prod(window)
    finite = bool(np.isfinite(images).all())
    for place, _, _ in runs(views.shape[: dimensions + 1], max(1, VALUES_AT_ONCE // pixels)):
        rows = views[place].reshape(-1, pixels)
        yield rows if finite else rows[np.isfinite(rows).all(axis=1)]


def have_finite_patches(images: Float64, window: tuple[int, ...], stride: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return for each image whether it has a finite patch."""
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(images).all(axis=1))
    for axis, (k, step) in enumerate(zip(window, stride, strict=True), start=1):
        within = np.lib.stride_tricks.sliding_window_view(finite, k, axis=axis)
        finite = np.asarray(within.all(axis=-1))[(slice(None),) * axis + (slice(None, None, step),)]
    return np.asarray(finite.reshape(len(finite), -1).any(axis=1))


# By autocorrelation
#
# A product of two pixels of a patch, at `d` and `e`, summed over all places, is the autocorrelation at the lag `e - d`
# but for the places at which the patch would hang over the border. Those need only the first and the last `k - 1`
# slices of an axis. So along one axis after the other the lags become pairs of places in the window.


def sums_by_autocorrelation(images: Float64, window: tuple[int, ...]) -> Sums:
    """Sum all overlapping patches without writing them out."""
    count, channels, *sides = images.shape
    dimensions = len(window)
    products = _windowed(images, window, dimensions)  # (c, c', d1, e1, d2, e2, ...)
    order = (*range(2, 2 + 2 * dimensions, 2), 0, *range(3, 3 + 2 * dimensions, 2), 1)
    pixels = channels * math.prod(window)
    matrix = products.transpose(order).reshape(pixels, pixels)
    places = count * math.prod(side - k + 1 for side, k in zip(sides, window, strict=True))
    return Sums(places, _totals(images, window), (matrix + matrix.T) / 2)


def _totals(images: Float64, window: tuple[int, ...]) -> Float64:
    """Return the sum over all places of each pixel of a patch."""
    sums = images[0] if len(images) == 1 else images.sum(axis=0)
    for axis, k in enumerate(window, start=1):
        ahead = np.moveaxis(sums, axis, 0)
        places = len(ahead) - k + 1
        first = ahead[:places].sum(axis=0, keepdims=True)
        moved = np.cumsum(ahead[places:] - ahead[: k - 1], axis=0)
        sums = np.moveaxis(np.concatenate([first, first + moved]), 0, axis)
    totals: Float64 = np.moveaxis(sums, 0, -1).ravel()
    return totals


def _windowed(images: Float64, window: tuple[int, ...], dimensions: int) -> Float64:
    """Return sums of products over the places of the window along the first `dimensions`, over all pixels in the rest.

    The result is `(channels, channels, k1, k1, k2, k2, ..., lags, lags, ...)`, with `2 k - 1` lags, from `1 - k` on,
    for each dimension of the rest.
    """
    if not dimensions:
        return _lagged(images, window)
    k = window[dimensions - 1]
    axis = 2 * dimensions  # of the lags, which become the pair (d, e)
    lagged = np.moveaxis(_windowed(images, window, dimensions - 1), axis, 0)
    place = np.arange(k)
    pairs = lagged[place - place[:, None] + k - 1]
    if k > 1:
        # Places before the first one add up along the diagonals from the front, those after the last from the back.
        outside = np.zeros_like(pairs)
        outside[1:, 1:] = _strip(images, window, dimensions, slice(None, k - 1))
        for at in range(1, k):
            outside[at, 1:] += outside[at - 1, :-1]
        pairs -= outside
        outside[...] = 0
        outside[:-1, :-1] = _strip(images, window, dimensions, slice(1 - k, None))
        for at in range(k - 2, -1, -1):
            outside[at, :-1] += outside[at + 1, 1:]
        pairs -= outside
    return np.moveaxis(pairs, (0, 1), (axis, axis + 1))


def _strip(images: Float64, window: tuple[int, ...], dimensions: int, part: slice) -> Float64:
    """Return the sums of products of slices along the last of the first `dimensions`: `(slice, slice, c, c', ...)`."""
    axis = 1 + dimensions
    slices = np.moveaxis(images[(slice(None),) * axis + (part,)], axis, 1)
    count, length, channels, *sides = slices.shape
    others = window[: dimensions - 1] + window[dimensions:]
    sums = _windowed(slices.reshape(count, length * channels, *sides), others, dimensions - 1)
    return np.moveaxis(sums.reshape(length, channels, length, channels, *sums.shape[2:]), 2, 1)


def _lagged(images: Float64, window: tuple[int, ...]) -> Float64:
    """Return the correlation of the channels, `(channels, channels, *lags)`, summed over images."""
    channels = images.shape[1]
    lags = math.prod(2 * k - 1 for k in window)
    if lags <= 5 * channels:
        return _lagged_by_shifts(images, window)
    return _lagged_by_transform(images, window)


def _lagged_by_shifts(images: Float64, window: tuple[int, ...]) -> Float64:
    channels = images.shape[1]
    first = np.moveaxis(images, 1, 0)
    lags = list(itertools.product(*(range(1 - k, k) for k in window)))
    sums = np.empty((len(lags), channels, channels))
    for at, lag in enumerate(lags[: len(lags) // 2 + 1]):
        here = tuple(
            slice(max(0, -step), side - max(0, step)) for step, side in zip(lag, images.shape[2:], strict=True)
        )
        there = tuple(
            slice(max(0, step), side - max(0, -step)) for step, side in zip(lag, images.shape[2:], strict=True)
        )
        whole = (slice(None), slice(None))
        sums[at] = first[whole + here].reshape(channels, -1) @ first[whole + there].reshape(channels, -1).T
        sums[-1 - at] = sums[at].T
    return np.moveaxis(sums, 0, -1).reshape(channels, channels, *(2 * k - 1 for k in window))


def _lagged_by_transform(images: Float64, window: tuple[int, ...]) -> Float64:
    axes = tuple(range(-len(window), 0))
    sides = [fft.next_fast_len(side + k - 1, real=True) for side, k in zip(images.shape[2:], window, strict=True)]
    spectra = fft.rfftn(images, sides, axes=axes)
    if images.shape[1] == 1:
        parts = spectra.view(np.float64)
        squares = np.square(parts, out=parts)
        squares = squares[0] if len(squares) == 1 else squares.sum(axis=0)
        sums = (squares[..., ::2] + squares[..., 1::2])[None]
    else:
        sums = np.einsum("bi...,bj...->ij...", spectra.conj(), spectra)
    # Few lags are wanted: a product with the waves of each is less work than transforming back. Of the first axis those
    # from 0 on are enough, as the others are the same pairs of pixels the other way round.
    for axis, (side, k) in enumerate(zip(sides, window, strict=True), start=2):
        columns = _waves(side, sums.shape[axis], range(0 if axis == 2 else 1 - k, k))
        if np.isrealobj(sums):
            along = np.tensordot(sums, columns.view(np.float64), (axis, 0)).view(np.complex128)
        else:
            along = np.tensordot(sums, columns, (axis, 0))
        sums = np.moveaxis(along, -1, axis)
    lagged = np.ascontiguousarray(sums.real) / math.prod(sides)
    behind = np.flip(lagged[:, :, 1:], axis=tuple(range(2, lagged.ndim))).swapaxes(0, 1)
    return np.concatenate([behind, lagged], axis=2)


@functools.lru_cache(maxsize=16)
def _waves(side: int, frequencies: int, lags: range) -> Array:
    """Return the waves `(frequencies, lags)` by which lags are transformed back; half of the frequencies stand for all.

    Large images are cut into blocks of the same sides.
    """
    frequency = np.arange(frequencies)
    waves: Array = np.exp(2j * np.pi / side * (frequency[:, None] * np.array(lags) % side))
    if frequencies < side:  # all but these stand for two
        waves *= np.where((frequency == 0) | (2 * frequency == side), 1, 2)[:, None]
    return waves
