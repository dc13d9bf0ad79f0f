"""Filters on padded images, in three ways: as a product of matrices, in two passes, and by Fourier transforms.

Images are `(count, *sides)` here, padded already; responses are `(count, n, *places)`, with `side - k + 1` places.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from scipy import fft

from ._check import Array

VALUES_AT_ONCE = 2**17  # of the windows that are written out as columns; a matrix that stays in the cache
FILTERS_AT_ONCE = 8  # that go through a transform together
SIDES = (32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)  # of the blocks that are transformed
CACHED = 2**17  # values of a block that stays in the cache

# Nanoseconds for a value on two cores of 2023, in float64. Writing windows out costs a copy of each value, and each
# product; a transform its values, with a logarithm of their number.
COPY, PRODUCT, STORE = 0.28, 0.042, 0.93
TRANSFORM, KEEP, OUT_OF_CACHE = 0.24, 0.5, 1.6
LOOK = 1e6  # of which the search for rank one in the filters is a small part


class Separable(NamedTuple):
    """Filters of rank one, as a few vectors along the first axis and for each some filters along the others."""

    columns: Array
    """The vectors `(count, k)`."""
    rests: list[tuple[Array, Array]]
    """For each of them, which filters it belongs to, and the rest of these, `(n, *others)`."""


def correlate(images: Array, filters: Array, *, finite: bool) -> Array:
    """Return the responses, in the images' type, in the way that is estimated to be the fastest.

    Images with NaN or infinity allow only products. Filters in float64 show best that their rank is one.
    """
    responses = np.empty((len(images), len(filters), *_places(images.shape[1:], filters.shape[1:])), images.dtype)
    way = fastest(images.shape, filters) if finite else by_products
    way(images, filters.astype(images.dtype, copy=False), responses)
    return responses


def fastest(images: tuple[int, ...], filters: Array) -> Callable[[Array, Array, Array], None]:
    """Return the way that is estimated to be the fastest for images of that shape."""
    ways: list[tuple[float, Callable[[Array, Array, Array], None]]] = [
        (_products_cost(images, filters.shape), by_products),
        (images[0] * _sides(images[1:], filters.shape[1:], len(filters))[1], by_transforms),
    ]
    if filters.ndim > 2 and min(cost for cost, _ in ways) > LOOK:
        split = separated(filters)
        if split is not None:
            ways.append((_passes_cost(images, filters.shape, split), functools.partial(by_passes, split=split)))
    return min(ways, key=lambda pair: pair[0])[1]


def _places(sides: tuple[int, ...], size: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(side - k + 1 for side, k in zip(sides, size, strict=True))


# As a product of matrices


def _products_cost(images: tuple[int, ...], filters: tuple[int, ...]) -> float:
    windows = images[0] * math.prod(_places(images[1:], filters[1:]))
    taps = math.prod(filters[1:])
    return windows * (taps * COPY + filters[0] * (taps * PRODUCT + STORE))


def by_products(images: Array, filters: Array, responses: Array, which: Array | slice = slice(None)) -> None:
    """Write the windows out as columns, some at a time, and multiply the filters with them; fill some responses."""
    size = filters.shape[1:]
    flat = filters.reshape(len(filters), -1)
    axes = tuple(range(images.ndim - 1))
    room = max(1, VALUES_AT_ONCE // flat.shape[1])
    for image, response in zip(images, responses, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(image, size, axis=axes)
        windows = np.moveaxis(windows, axes, range(-len(axes), 0))  # (*size, *places)
        rows = response.reshape(len(response), -1)
        for place, begin, end in runs(response.shape[1:], room):
            block: Any = (..., *place)
            # Written at once into rows that lie far apart, the product would take several times as long.
            rows[which, begin:end] = flat @ windows[block].reshape(len(flat.T), -1)


def runs(shape: tuple[int, ...], most: int) -> Iterator[tuple[tuple[slice, ...], int, int]]:
    """Cut an array into runs of at most `most` neighbours, or one: the slices, and where they begin and end."""
    inner = math.prod(shape[1:])
    if inner > most and len(shape) > 1:
        for index in range(shape[0]):
            for block, begin, end in runs(shape[1:], most):
                yield (slice(index, index + 1), *block), index * inner + begin, index * inner + end
        return
    step = max(1, most // inner)
    for start in range(0, shape[0], step):
        stop = min(start + step, shape[0])
        yield (slice(start, stop), *(slice(None),) * (len(shape) - 1)), start * inner, stop * inner


# In passes


def separated(filters: Array) -> Separable | None:
    """Return filters as products of vectors along the first axis and the rest, or None if one has a higher rank."""
    n, k, *others = filters.shape
    left, values, _ = np.linalg.svd(filters.reshape(n, k, -1).astype(np.float64), full_matrices=False)
    rounding = 4 * max(k, math.prod(others)) * np.finfo(np.float64).eps
    if np.any(values[:, 1:] > rounding * values[:, :1]):
        return None
    vectors = left[:, :, 0] * np.sign(left[np.arange(n), np.abs(left[:, :, 0]).argmax(axis=1), 0])[:, None]
    rests = np.einsum("nk,nkm->nm", vectors, filters.reshape(n, k, -1)).reshape(n, *others)
    columns: list[Array] = []
    members: list[list[int]] = []
    for index, vector in enumerate(vectors):
        same = [at for at, column in enumerate(columns) if np.abs(column - vector).max() <= rounding]
        if same:
            members[same[0]].append(index)
        else:
            columns.append(vector)
            members.append([index])
    which = [np.array(group) for group in members]
    return Separable(np.array(columns), [(group, rests[group]) for group in which])


def _passes_cost(images: tuple[int, ...], filters: tuple[int, ...], split: Separable) -> float:
    count, first, *others = images
    n, k, *rest = filters
    inside = _products_cost((count * math.prod(others), first), split.columns.shape)
    planes = (count * (first - k + 1), *others)
    across = sum(_products_cost(planes, (len(group), *rest)) for group, _ in split.rests)
    return inside + across + count * n * math.prod(_places(images[1:], filters[1:])) * STORE


def by_passes(images: Array, filters: Array, responses: Array, *, split: Separable) -> None:
    """Filter along the first axis, and then each of these responses along the others."""
    count, k = split.columns.shape
    columns = split.columns.astype(images.dtype).reshape(count, k, *(1,) * (images.ndim - 2))
    along = np.empty((1, count, images.shape[1] - k + 1, *images.shape[2:]), images.dtype)
    for image, response in zip(images, responses, strict=True):
        by_products(image[None], columns, along)
        for at, (group, rests) in enumerate(split.rests):
            by_products(along[:, at], rests.astype(images.dtype)[:, None], response[None], group)


# By Fourier transforms


@functools.lru_cache(maxsize=64)
def _sides(image: tuple[int, ...], size: tuple[int, ...], n: int) -> tuple[tuple[int, ...], float]:
    """Return the sides of the blocks that cost least to transform, and that cost."""
    best: tuple[tuple[int, ...], float] = ((), math.inf)
    whole = tuple(fft.next_fast_len(side, real=True) for side in image)
    for candidate in itertools.chain(SIDES, [max(whole)]):
        sides = tuple(min(candidate, side) for side in whole)
        if any(side < k for side, k in zip(sides, size, strict=True)):
            continue
        places = _places(sides, size)
        blocks = math.prod(-(-out // place) for out, place in zip(_places(image, size), places, strict=True))
        values = math.prod(sides)
        slow = OUT_OF_CACHE if values > CACHED else 1.0
        transform = values * (TRANSFORM * math.log2(values) * slow + KEEP)
        cost = (blocks * (1 + n) + n) * transform
        best = min(best, (sides, cost), key=lambda pair: pair[1])
    return best


def by_transforms(images: Array, filters: Array, responses: Array) -> None:
    """Transform blocks that overlap once each, multiply with the transforms of the filters, and transform back."""
    size = filters.shape[1:]
    sides, _ = _sides(images.shape[1:], size, len(filters))
    axes = tuple(range(1, filters.ndim))
    waves = fft.rfftn(filters, sides, axes=axes, workers=_threads()).conj()
    steps = _places(sides, size)

    def fill(index: int, corner: tuple[int, ...]) -> None:
        block: Any = (index, *(slice(start, start + side) for start, side in zip(corner, sides, strict=True)))
        places: Any = (index, ..., *(slice(start, start + step) for start, step in zip(corner, steps, strict=True)))
        spectrum, target = fft.rfftn(images[block], sides), responses[places]
        kept = tuple(slice(length) for length in target.shape[1:])
        for start in range(0, len(waves), FILTERS_AT_ONCE):
            some = slice(start, start + FILTERS_AT_ONCE)
            target[some] = fft.irfftn(waves[some] * spectrum, sides, axes=axes)[:, *kept]

    corners = itertools.product(
        range(len(images)),
        itertools.product(*(range(0, length, step) for length, step in zip(responses.shape[2:], steps, strict=True))),
    )
    with ThreadPoolExecutor(_threads()) as pool:
        for _ in pool.map(lambda corner: fill(*corner), corners):
            pass


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
