"""Mean and covariance of all patches, part by part: in blocks that stay small, merged as a tree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from ._check import Float64
from ._patch_sums import patch_rows, patch_sums, sums_by_rows

MATRICES = 3  # as large as the covariance, that are in memory at the same time
ARRAYS = 4  # as large as the values that are summed at once
VALUES_IN_BLOCK = 2**19  # of images that are summed at once, so that the transforms stay in the cache
MOST_LOST = 1e4  # by so much a variance may fall as its mean is taken away; float64 keeps twelve digits of sixteen


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

    def __init__(self, window: tuple[int, ...], stride: tuple[int, ...], remove_mean: bool = False) -> None:
        self.window, self.stride, self.remove_mean = window, stride, remove_mean
        self._level: Float64 | None = None  # of each channel; means are kept as what is above it
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

    def state(self) -> Any:
        """Return what `restore` comes back to."""
        return self._waiting, len(self._waiting), self._images_waiting, self._values_waiting, self._summed

    def restore(self, state: Any) -> None:
        """Forget what was added since."""
        self._waiting, length, self._images_waiting, self._values_waiting, self._summed = state
        del self._waiting[length:]

    def moments(self) -> Moments | None:
        """Return the moments so far, or None if there is no patch yet."""
        self._sum_waiting()
        total: Moments | None = None
        for _, part in reversed(self._summed[1]):
            total = part if total is None else merged(part, total)
        if total is None or self._level is None:
            return None
        return total._replace(mean=total.mean + self._in_patch(self._level))

    def _in_patch(self, level: Float64) -> Float64:
        """Return a patch of which each channel is constant, row by row, without its mean where that is wanted."""
        patch: Float64 = np.tile(level, math.prod(self.window))
        return patch - patch.mean() if self.remove_mean else patch

    def _sum_waiting(self) -> None:
        if not self._waiting:
            return
        images = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
        ended = self._images_waiting
        self._waiting, self._images_waiting, self._values_waiting = [], 0, 0
        _require_memory(images.shape[1] * math.prod(self.window), images.size)
        count, tree = self._summed
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused at the end
            level, part = _moments(images, self.window, self.stride, self.remove_mean)
            if part is not None:
                self._level = level if self._level is None else self._level
                part = part._replace(mean=part.mean + self._in_patch(level - self._level))
                tree, height = tree.copy(), 0
                while tree and tree[-1][0] == height:
                    part = merged(tree.pop()[1], part)
                    height += 1
                tree.append((height, part))
        self._summed = (count + ended, tree)


def _require_memory(pixels: int, values: int) -> None:
    """Raise an error before the work begins, if there is no room for its result.

    The C library keeps for later what is about as large as the largest array that was let go. Without one of the size
    of all that a block needs, it would ask the system for fresh memory for each block: a third of the time.
    """
    try:
        np.empty((MATRICES, pixels, pixels))
        np.empty((ARRAYS, values))
    except (MemoryError, ValueError) as error:
        gigabytes = 8 * (MATRICES * pixels**2 + ARRAYS * values) / 1e9
        raise MemoryError(
            f"the covariance of patches of {pixels} pixels takes {gigabytes:,.0f} GB while {values} values are summed, "
            f"which is more than there is; use a smaller `size`"
        ) from error


def all_finite(images: Float64) -> bool:
    """Whether there is no NaN or infinity; of values whose sum is finite, without a look at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(images.sum()) or np.isfinite(images).all())


def _moments(
    images: Float64, window: tuple[int, ...], stride: tuple[int, ...], remove_mean: bool
) -> tuple[Float64, Moments | None]:
    """Return a level of each channel, and the moments above it of the finite patches of images that fit the cache."""
    apart = images - _levels(images, 0) if remove_mean else images  # what goes with their means
    level = _levels(apart, 1)
    apart = apart - level
    count, total, products = patch_sums(apart, window, stride)
    if not (np.isfinite(products).all() or all_finite(images)):
        count, total, products = sums_by_rows(apart, window, stride)
    if not count:
        return level.ravel(), None
    mean, square = total / count, products / count
    moments = Moments(count, mean, square - np.outer(mean, mean))
    if remove_mean:
        moments = Moments(count, *without_mean(mean, moments.covariance))
    if square.diagonal().max() > MOST_LOST * moments.covariance.diagonal().max():
        return np.zeros(level.size), _moments_in_two_passes(images, window, stride, remove_mean)
    return level.ravel(), moments


def without_mean(mean: Float64, covariance: Float64) -> tuple[Float64, Float64]:
    """Return mean and covariance of patches of which each has lost its own mean."""
    covariance = covariance - covariance.mean(axis=0)
    return mean - mean.mean(), covariance - covariance.mean(axis=1, keepdims=True)


def _levels(images: Float64, axis: int) -> Float64:
    """Return a value near the mean of each image or channel, to subtract; of constants that leaves zeros."""
    steps = [1 if at == axis else -(-side // 16) for at, side in enumerate(images.shape)]
    some = np.moveaxis(images[tuple(slice(None, None, step) for step in steps)], axis, 0)
    some = some.reshape(len(some), -1)
    finite = np.isfinite(some)
    mean = some.sum(axis=1, where=finite) / np.maximum(1, finite.sum(axis=1))
    nearest = np.where(finite, np.abs(some - mean[:, None]), np.inf).argmin(axis=1)
    levels = np.where(finite.any(axis=1), some[np.arange(len(some)), nearest], 0.0)
    return _coarse(levels, some[finite]).reshape([-1 if at == axis else 1 for at in range(images.ndim)])


def _coarse(levels: Float64, values: Float64) -> Float64:
    """Return levels rounded to what the largest values are multiples of, which then lose no digits by subtraction."""
    grain = np.spacing(np.abs(values).max(initial=0.0))
    rounded: Float64 = np.round(levels / grain) * grain
    return rounded


def _moments_in_two_passes(
    images: Float64, window: tuple[int, ...], stride: tuple[int, ...], remove_mean: bool
) -> Moments:
    """Return the moments where differences of large sums would lose digits: the mean first, then what is above it."""
    pixels = images.shape[1] * math.prod(window)
    count, total, products = 0, np.zeros(pixels), np.zeros((pixels, pixels))
    for rows in patch_rows(images, window, stride):
        count, total = count + len(rows), total + rows.sum(axis=0)
    mean = total / count
    for rows in patch_rows(images, window, stride):
        apart = rows - mean
        if remove_mean:
            apart -= _coarse(apart[:, :1], apart)  # exact, and what is left of their means goes at the end
        products += apart.T @ apart
    covariance = products / count
    return Moments(count, *(without_mean(mean, covariance) if remove_mean else (mean, covariance)))


def blocks(
    sides: tuple[int, ...],
    window: tuple[int, ...],
    stride: tuple[int, ...],
    channels: int,
    values: int | None = None,
    chunks: tuple[int, ...] | None = None,
) -> Iterator[tuple[slice, ...]]:
    """Yield parts of an image that overlap, so that each patch lies in exactly one of them as a patch of that part.

    They have about so many values, by default so many that the transforms stay in the cache, and begin where chunks do.
    """
    most = list(sides)
    while math.prod(most) * channels > (values or VALUES_IN_BLOCK):
        room = [side - 2 * k for side, k in zip(most, window, strict=True)]
        widest = max(range(len(most)), key=room.__getitem__)
        if room[widest] <= 0:  # nothing but overlap would be left
            break
        most[widest] = max(-(-most[widest] // 2), 2 * window[widest])
    yield from itertools.product(*map(_cuts, sides, window, stride, most, chunks or (1,) * len(sides)))


def _cuts(side: int, k: int, step: int, most: int, chunk: int) -> list[slice]:
    """Cut one axis into parts of about `most` pixels and the overlap: of whole chunks, or about the same length."""
    places = (side - k) // step + 1
    if 1 < chunk <= most < side:
        whole = most // chunk * chunk
        bounds = [*(-(-at // step) for at in range(0, side, whole) if at <= side - k), places]
        bounds = sorted({min(at, places) for at in bounds})
    else:
        count = min(places, -(-side // most))
        bounds = [places * part // count for part in range(count + 1)]
    return [slice(a * step, (b - 1) * step + k) for a, b in itertools.pairwise(bounds)]
