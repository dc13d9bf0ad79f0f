"""Mean and covariance of all patches, part by part: in blocks that stay small, merged as a tree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ._check import Float64
from ._patch_sums import patch_sums, sums_by_rows

MATRICES = 3  # as large as the covariance, that are in memory at the same time
VALUES_IN_BLOCK = 2**19  # of images that are summed at once, so that the transforms stay in the cache


class Moments(NamedTuple):
    """How many patches there are, their mean `(pixels,)`, and covariance `(pixels, pixels)` about it."""

    patches: int
    mean: Float64
    covariance: Float64


def merged(one: Moments, other: Moments) -> Moments:
    """Return the moments of both together; nothing large is subtracted from anything large."""
    patches = one.patches + other.patches
    share = other.patches / patches
    apart = other.mean - one.mean
    covariance = (1 - share) * one.covariance + share * other.covariance
    covariance += (share * (1 - share)) * np.outer(apart, apart)
    return Moments(patches, one.mean + share * apart, covariance)


class Running:
    """The moments of the patches of all images so far.

    Parts of about the same size are merged with each other, as in pairwise summation: rounding grows with the logarithm
    of their number.
    """

    def __init__(self, window: tuple[int, ...], stride: tuple[int, ...]) -> None:
        self.window, self.stride = window, stride
        self._waiting: list[Float64] = []  # small images of one shape
        self._images_waiting = 0
        self._values_waiting = 0
        # How many images were summed, and the moments of parts with their level, falling. Both change at once, so that
        # an interruption leaves what goes together.
        self._summed: tuple[int, list[tuple[int, Moments]]] = (0, [])

    @property
    def images(self) -> int:
        """How many images were summed to their end."""
        return self._summed[0]

    def add(self, images: Float64, ended: int) -> None:
        """Add the patches of images or blocks `(count, channels, *sides)`, with which so many images end.

        Patches with NaN or infinity are left out.
        """
        if self._waiting and self._waiting[0].shape[1:] != images.shape[1:]:
            self._sum_waiting()
        self._values_waiting += images.size
        full = self._values_waiting >= VALUES_IN_BLOCK
        # What waits may be a view of an array that the caller fills with the next image.
        self._waiting.append(images if full else images.copy())
        self._images_waiting += ended
        if full:
            self._sum_waiting()

    def moments(self) -> Moments | None:
        """Return the moments so far, or None if there is no patch yet."""
        self._sum_waiting()
        total: Moments | None = None
        for _, part in reversed(self._summed[1]):
            total = part if total is None else merged(part, total)
        return total

    def _sum_waiting(self) -> None:
        if not self._waiting:
            return
        images = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
        ended = self._images_waiting
        self._waiting, self._images_waiting, self._values_waiting = [], 0, 0
        _require_memory(images.shape[1] * math.prod(self.window))
        part = _moments(images, self.window, self.stride)
        count, tree = self._summed
        if part is not None:
            tree, level = tree.copy(), 0
            while tree and tree[-1][0] == level:
                part = merged(tree.pop()[1], part)
                level += 1
            tree.append((level, part))
        self._summed = (count + ended, tree)


def _require_memory(pixels: int) -> None:
    """Raise an error before the work begins, if there is no room for its result."""
    try:
        np.empty((MATRICES, pixels, pixels))
    except (MemoryError, ValueError) as error:
        gigabytes = MATRICES * 8 * pixels**2 / 1e9
        raise MemoryError(
            f"the covariance of patches of {pixels} pixels takes {gigabytes:,.0f} GB while it is summed, which is more "
            f"than there is; use a smaller `size`"
        ) from error


def all_finite(images: Float64) -> bool:
    """Whether there is no NaN or infinity; of values whose sum is finite, without a look at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(images.sum()) or np.isfinite(images).all())


def _moments(images: Float64, window: tuple[int, ...], stride: tuple[int, ...]) -> Moments | None:
    """Return the moments of the finite patches of images that fit into the cache."""
    every = all_finite(images)
    values = images if every else images[np.isfinite(images)]
    if not values.size:
        return None
    # About a value near the mean, which costs no digits: one of the pixels, so that constant images are exactly zero.
    some = values[tuple(slice(None, None, -(-side // 16)) for side in values.shape)]
    origin = float(some.flat[np.argmin(np.abs(some - values.mean()))])
    count, total, products = (patch_sums if every else sums_by_rows)(images - origin, window, stride)
    if not count:
        return None
    mean = total / count
    return Moments(count, mean + origin, products / count - np.outer(mean, mean))


def blocks(
    sides: tuple[int, ...], window: tuple[int, ...], stride: tuple[int, ...], channels: int, values: int | None = None
) -> Iterator[tuple[slice, ...]]:
    """Yield parts of an image that overlap, so that each patch lies in exactly one of them as a patch of that part.

    They have about so many values, by default so many that the transforms stay in the cache.
    """
    most = list(sides)
    while math.prod(most) * channels > (values or VALUES_IN_BLOCK):
        room = [side - 2 * k for side, k in zip(most, window, strict=True)]
        widest = max(range(len(most)), key=room.__getitem__)
        if room[widest] <= 0:  # nothing but overlap would be left
            break
        most[widest] = max(-(-most[widest] // 2), 2 * window[widest])
    yield from itertools.product(*map(_cuts, sides, window, stride, most))


def _cuts(side: int, k: int, step: int, most: int) -> list[slice]:
    """Cut one axis into parts with about the same number of places, of about `most` pixels and the overlap."""
    places = (side - k) // step + 1
    count = min(places, -(-side // most))
    bounds = [places * part // count for part in range(count + 1)]
    return [slice(a * step, (b - 1) * step + k) for a, b in itertools.pairwise(bounds)]
