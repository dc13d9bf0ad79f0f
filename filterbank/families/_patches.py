"""Patches of images: read, checked, drawn at random, and their covariance."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from .._check import Float64
from .._images import unmasked
from .._running import Running, blocks
from ..patches import PatchMoments


def patch_covariance(
    images: npt.ArrayLike | Iterable[npt.ArrayLike] | PatchMoments, window: tuple[int, ...]
) -> tuple[Float64, dict[str, Any], tuple[str, ...]]:
    """Return the covariance of all patches, `(pixels, pixels)`, a record of what was read, and remarks on it."""
    if isinstance(images, PatchMoments):
        return _of_moments(images, window)
    stride = (1,) * len(window)
    running, record = Running(window, stride), _Record()
    every, remarks = _images(images, window)
    with np.errstate(over="ignore", invalid="ignore"):
        for image in every:
            values = _checked_image(image, record.count, window)
            record.add(values)
            for block in blocks(values.shape, window, stride, channels=1):
                running.add(values[block][None, None], ended=0)
        record.require_some()
        total = running.moments()
    assert total is not None  # an image has a patch, and they are finite
    if not np.isfinite(total.covariance).all():
        raise ValueError("`images` must have squares within float64, got larger values; scale them down")
    return (total.covariance + total.covariance.T) / 2, record.summary(total.patches), remarks


def _of_moments(moments: PatchMoments, window: tuple[int, ...]) -> tuple[Float64, dict[str, Any], tuple[str, ...]]:
    if moments.size != window:
        raise ValueError(f"`size` must be that of the patches, {moments.size}, got {window}; make moments of that size")
    digest = hashlib.sha256(str((moments.size, moments.count)).encode())
    for values in (moments.mean, moments.covariance):
        digest.update(values.astype("<f8").tobytes())
    record = {"sha256": digest.hexdigest(), "count": moments.images, "patches": moments.count}
    remarks: tuple[str, ...] = ()
    if moments.skipped:
        count = len(moments.skipped)
        which = f", the first of {count} that `skipped` names" * (count > 1)
        remarks = (f"left out of the moments{which}: {moments.skipped[0]}",)
    return moments.covariance, record, remarks


def drawn_patches(
    images: npt.ArrayLike | Iterable[npt.ArrayLike], window: tuple[int, ...], count: int, rng: np.random.Generator
) -> tuple[Float64, dict[str, Any], tuple[str, ...]]:
    """Return patches drawn at random over all images as rows, a record of what was read, and remarks on it."""
    wanted = _check.integer("patches", count, at_least=1)
    record = _Record()
    views = []
    every, remarks = _images(images, window)
    for image in every:
        values = _checked_image(image, record.count, window)
        record.add(values)
        views.append(np.lib.stride_tricks.sliding_window_view(values, window))
    record.require_some()
    available = [int(np.prod(view.shape[: len(window)])) for view in views]
    total = sum(available)
    chosen = np.sort(rng.choice(total, min(wanted, total), replace=False))
    begins = np.cumsum([0, *available])
    rows = []
    for view, begin, end in zip(views, begins[:-1], begins[1:], strict=True):
        mine = chosen[(chosen >= begin) & (chosen < end)] - begin
        rows.append(view[np.unravel_index(mine, view.shape[: len(window)])].reshape(len(mine), -1))
    return np.concatenate(rows), record.summary(total), remarks


class _Record:
    """What was read: how many images, and the sha256 of their shapes and values."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()

    def add(self, values: Float64) -> None:
        self.count += 1
        self._digest.update(str(values.shape).encode())
        self._digest.update(np.ascontiguousarray(values, dtype="<f8").data)

    def require_some(self) -> None:
        if not self.count:
            raise ValueError("`images` must hold at least one image, got none")

    def summary(self, patches: int) -> dict[str, Any]:
        return {"sha256": self._digest.hexdigest(), "count": self.count, "patches": patches}


def _images(images: Any, window: tuple[int, ...]) -> tuple[Iterator[Any], tuple[str, ...]]:
    """Return the images one by one, and a remark where they may be the rows of a single one in colour."""
    dimensions, images = len(window), unmasked(images)
    _require_no_file(images)
    if hasattr(images, "__array__") or hasattr(images, "__array_interface__"):
        images = np.asarray(images)  # also arrays of other libraries, and Pillow's images
    if isinstance(images, np.ndarray) and images.ndim == dimensions:
        return iter([images]), ()
    if isinstance(images, (list, tuple)) and np.ndim(images[0] if images else 0) == dimensions - 1:
        return iter([images]), ()
    remarks: tuple[str, ...] = ()
    if isinstance(images, np.ndarray) and images.ndim == dimensions + 1 == 3 and images.shape[-1] in (3, 4):
        count, height, width = images.shape
        advice = "of a colour image pass one channel, images[..., 0], or the mean, images.mean(-1)"
        if width < window[-1]:
            raise ValueError(f"`images` must be an image or a stack of them, got shape {images.shape}; {advice}")
        read = f"{count} images of {height}x{width} pixels"
        remarks = (f"`images` of shape {images.shape} were read as {read}; {advice}",)
    try:
        return iter(images), remarks
    except TypeError:
        raise TypeError(
            f"`images` must be an image, a stack or an iterable of images, got {_check.shown(images)}"
        ) from None


def _require_no_file(images: Any) -> None:
    if isinstance(images, (str, bytes, os.PathLike)):
        raise TypeError(
            f"`images` must be arrays, got {_check.shown(images)}; pca and zca take fb.patch_moments(paths, size), "
            f"which reads files, and skimage.io.imread reads one"
        )


def _checked_image(image: Any, index: int, window: tuple[int, ...]) -> Float64:
    _require_no_file(image)
    array = np.asarray(unmasked(image))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`images` must be real numbers, got {array.dtype} in image {index}")
    if array.ndim != len(window):
        raise ValueError(
            f"`images` must have {len(window)} dimensions each for this `size`, got shape {array.shape} in "
            f"image {index}; of colour images pass one channel or the mean of them"
        )
    if any(side < patch for side, patch in zip(array.shape, window, strict=True)):
        raise ValueError(
            f"`images` must be at least as large as a patch of {_check.window_words(window)}, got "
            f"shape {array.shape} in image {index}; use a smaller `size` (colour images: pass one channel)"
        )
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"`images` must be finite, got NaN or infinity in image {index}")
    return values
