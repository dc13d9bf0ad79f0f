"""Images from anywhere: arrays, stacks, files, iterables of them; told apart by their shapes, and read in parts."""

from __future__ import annotations

import functools
import math
import operator
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from . import _check
from ._bank import BankWarning
from ._check import Array, Float64
from ._image_files import read_image

Channels: TypeAlias = Literal["average", "separate", "stack"]
MOST_CHANNELS = 4


class UnreadableError(ValueError):
    """What is raised of arrays whose parts cannot be read."""


@dataclass(frozen=True)
class Source:
    """One image or a stack, perhaps not yet in memory: `([count,] *sides[, channels])`."""

    array: Any
    name: str  # in errors, "image 3" or a path
    first: int  # index of the (first) image
    stacked: bool
    coloured: bool
    of_file: bool = False
    where: str = ""  # follows the name of an image

    @property
    def count(self) -> int:
        """How many images there are."""
        return int(self.array.shape[0]) if self.stacked else 1

    @functools.cached_property
    def sides(self) -> tuple[int, ...]:
        """The shape of one image, without channels."""
        shape = tuple(int(side) for side in self.array.shape)
        return shape[int(self.stacked) : len(shape) - int(self.coloured)]

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.array.shape[-1]) if self.coloured else 1

    @functools.cached_property
    def chunks(self) -> tuple[int, ...] | None:
        """How many images and which sides are stored together, None if the array has no such parts."""
        chunks = getattr(self.array, "chunks", None)
        if not isinstance(chunks, tuple):
            return None
        sides = [max(side) if isinstance(side, tuple) else side for side in chunks]
        return (*([] if self.stacked else [1]), *sides[: len(sides) - int(self.coloured)])

    def name_of(self, images: slice) -> str:
        """Return the name of one image or of some."""
        if not self.stacked:
            return self.name
        first = images.start + (0 if self.of_file else self.first)
        last = first + images.stop - images.start - 1
        name = f"image {first}" if first == last else f"images {first} to {last}"
        return f"{name} of {self.name}" if self.of_file else name + self.where

    def part(self, images: slice, block: tuple[slice, ...]) -> Source:
        """Return a part, not yet in memory if this is not."""
        return replace(self, array=self._slice(images, block), first=self.first + images.start)

    def in_memory(self, images: slice, block: tuple[slice, ...]) -> Source:
        """Return a part that has been read."""
        return replace(self, array=self._values(images, block), first=self.first + images.start)

    def _slice(self, images: slice, block: tuple[slice, ...]) -> Any:
        return self.array[(*((images,) if self.stacked else ()), *block)]

    def _values(self, images: slice, block: tuple[slice, ...]) -> Array:
        """Return a part as an array in memory, with NaN where it is masked."""
        try:
            values: Array = unmasked(np.asanyarray(self._slice(images, block)))
        except MemoryError:
            raise
        except Exception as error:  # Each library has exceptions of its own.
            raise UnreadableError(f"`images` must be readable, got {self.name_of(images)}: {error}") from error
        return values

    def read(self, images: slice, block: tuple[slice, ...], channels: Channels) -> Float64:
        """Return a part as float64 `(images, channels, *sides)`, perhaps a view; separate channels are images."""
        part = self._values(images, block)
        values = part if self.stacked else part[None]
        with np.errstate(over="ignore"):  # of long doubles; they are refused as infinite
            if not self.coloured:
                return values[:, None].astype(np.float64, copy=False)
            values = np.moveaxis(values, -1, 1)
            if channels == "average":
                mean: Float64 = values.mean(axis=1, dtype=np.float64, keepdims=True)
                return mean
            if channels == "separate":
                values = values.reshape(-1, 1, *values.shape[2:])
            return values.astype(np.float64, copy=False)


def unmasked(array: Any) -> Any:
    """Return an array with NaN where it is masked; anything else as it is."""
    return np.ma.filled(array.astype(np.float64), np.nan) if isinstance(array, np.ma.MaskedArray) else array


class Depths(dict[int, str]):
    """The largest values of the integer types of files, such as 255, each with the first file of that type."""

    def add(self, source: Source) -> None:
        """Note the type of a file."""
        if source.of_file and source.array.dtype.kind in "iu":
            self.setdefault(int(np.iinfo(source.array.dtype).max), source.name)

    def tell(self) -> None:
        """Warn if there are several, for the line that called the caller."""
        if len(self) < 2:
            return
        listed = " and ".join(f"up to {largest} in {name}" for largest, name in sorted(self.items()))
        warnings.warn(
            f"`images` are of different depths, and their values are taken as they are: {listed}; divide them by "
            f"{' and '.join(map(str, sorted(self)))}, or use skimage.util.img_as_float",
            BankWarning,
            stacklevel=3,
        )


def sources(
    images: Any, window: tuple[int, ...], refuse: Callable[[Exception], None], hint: str = "", where: str = ""
) -> Iterator[Source]:
    """Yield the images one by one, or stack by stack; give to `refuse` what cannot be used, and go on if it returns.

    The `hint` says what to do about files that cannot be used; `where` follows the names of images.
    """
    first = 0
    for entry in _entries(images, len(window)):
        name = repr(os.fspath(entry)) if isinstance(entry, (str, os.PathLike)) else f"image {first}{where}"
        try:
            source = _source(entry, name, first, window, where)
        except (TypeError, ValueError, OSError) as error:
            unusable = hint and isinstance(entry, (str, os.PathLike)) and not isinstance(error, OSError)
            refuse(type(error)(f"{str(error).rstrip('.')}; {hint}") if unusable else error)
            first += 1
            continue
        yield source
        first += source.count


def expected(images: Any, window: tuple[int, ...]) -> int | None:
    """Return how many entries `sources` goes through, None if nobody knows."""
    return operator.length_hint(_entries(images, len(window))) or operator.length_hint(images) or None


def _entries(images: Any, dimensions: int) -> Iterator[Any]:
    """Return the entries of an iterable, or the one array or path."""
    if isinstance(images, np.ndarray) and images.dtype == object and images.ndim:
        return iter(list(images))
    if isinstance(images, (str, os.PathLike)) or is_array(images) or hasattr(images, "__array_interface__"):
        return iter([images])
    if isinstance(images, (list, tuple)) and images and not is_array(images[0]) and _depth(images) >= dimensions:
        return iter([np.asarray(images)] if _depth(images) == dimensions else images)
    try:
        return iter(images)
    except TypeError:
        raise TypeError(
            f"`images` must be an image, a stack, a path or an iterable of them, got {_check.shown(images)}"
        ) from None


def _depth(images: Any) -> int:
    """Return how deep lists of numbers are nested."""
    depth = 0
    while isinstance(images, (list, tuple)) and images:
        images, depth = images[0], depth + 1
    return depth if isinstance(images, (int, float, np.number)) else 0


def is_array(value: Any) -> bool:
    """Whether parts of the value can be read: an array of any library, in memory or not."""
    has_parts = all(hasattr(value, name) for name in ("shape", "dtype", "__getitem__"))
    return has_parts and value.dtype is not np.dtype(object)


def _source(entry: Any, name: str, first: int, window: tuple[int, ...], where: str) -> Source:
    if isinstance(entry, (str, os.PathLike)):
        array = read_image(os.fspath(entry))
    else:
        array = entry if is_array(entry) else _array(entry, name)
    if any(math.isnan(side) for side in array.shape):
        raise ValueError(f"`images` must be of known shape, got {array.shape} in {name}; call compute_chunk_sizes()")
    dimensions, shape = len(window), tuple(int(side) for side in array.shape)
    dtype = np.asarray(array[(slice(0, 0),) * len(shape)]).dtype if shape else np.asarray(array).dtype
    if dtype.kind not in "biuf":
        raise TypeError(f"`images` must be real numbers, got {dtype} in {name}")
    more = len(shape) - dimensions
    coloured = more in (1, 2) and shape[-1] <= MOST_CHANNELS and (more == 2 or shape[-1] > 1 or window[-1] > 1)
    stacked = more == 2 or (more == 1 and not coloured)
    if more not in (0, 1, 2) or (more == 2 and not coloured):
        raise ValueError(
            f"`images` must have {dimensions} dimension{'s' * (dimensions > 1)} each for this `size`, one more for up "
            f"to {MOST_CHANNELS} channels and one for a stack, got shape {shape} in {name}; pass a list of images"
        )
    source = Source(array, name, first, stacked, coloured, isinstance(entry, (str, os.PathLike)), where)
    if any(side < k for side, k in zip(source.sides, window, strict=True)):
        read = f", {source.count} images of {_check.window_words(source.sides)}: channels are 2 to 4" * stacked
        raise ValueError(
            f"`images` must be at least as large as a patch of {_check.window_words(window)}, got "
            f"shape {shape} in {name}{read}; use a smaller `size`"
        )
    return source


def _array(entry: Any, name: str) -> Array:
    try:
        return np.asarray(entry)
    except ValueError as error:
        if any(is_array(part) for part in entry):
            raise ValueError(
                f"`images` must be images, got several arrays of different shapes in {name}; of pairs of an image and "
                f"its label pass the images, (image for image, label in pairs)"
            ) from None
        raise ValueError(f"`images` must be arrays, got rows of different lengths in {name}: {error}") from error
