"""Filters learned from images: principal components of their patches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank

VALUES_AT_ONCE = 2**22


@makes_bank("PCA")
def pca(
    images: npt.ArrayLike | Iterable[npt.ArrayLike],
    size: Size,
    n: int | None = None,
    *,
    norm: Norm = "l2",
) -> Draft:
    """Learn the principal components of all overlapping patches of images.

    Parameters
    ----------
    images : array_like or iterable of array_like
        One image `(height, width)`, a stack `(count, height, width)`, or any iterable of images, also of different
        sizes, read once. Real and finite, of any number type. For 1-D and 3-D windows, signals and volumes.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` components. The order is by falling eigenvalue.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" and None are the orthonormal eigenvectors.

    Returns
    -------
    FilterBank
        With the columns `eigenvalue`, the variance along the filter in squared units of the images, and
        `explained_variance_ratio`, its share of the whole. Of each filter, the entry of largest magnitude is
        positive.

    Raises
    ------
    TypeError
        If the images are complex or not numbers.
    ValueError
        If there is no image, one is smaller than a patch, not finite, or of other dimensions than `size`.

    Notes
    -----
    Eigenvectors of the covariance (divided by the number of patches) with the mean patch removed. The recipe
    holds the sha256 of the images and the filters themselves: images are too large for it.

    References
    ----------
    P. J. B. Hancock, R. J. Baddeley and L. S. Smith, "The principal components of natural images", Network 3
    (1992), 61-70.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> bank = fb.pca(data.camera(), 11, n=10)
    >>> bank
    <FilterBank pca: 10 filters of 11x11, rank 10, condition 1>
    >>> bool(bank.parameters["explained_variance_ratio"].sum() > 0.9)
    True
    """
    window = _check.size(size, family="pca")
    covariance, record = patch_covariance(images, window)
    values, vectors = np.linalg.eigh(covariance)
    # eigh's order rises; rounding can leave eigenvalues a little below the zero that they are.
    values = np.maximum(values[::-1], 0)
    filters = _with_signs(vectors.T[::-1])
    total = values.sum()
    return Draft(
        filters.reshape(-1, *window),
        {
            "eigenvalue": values,
            "explained_variance_ratio": values / total if total else np.zeros_like(values),
        },
        learned_from={"images": record},
    )


def patch_covariance(
    images: npt.ArrayLike | Iterable[npt.ArrayLike], window: tuple[int, ...]
) -> tuple[Float64, dict[str, Any]]:
    """Return the covariance of all patches, `(pixels, pixels)`, and a record of what was read."""
    pixels = int(np.prod(window))
    total, products = np.zeros(pixels), np.zeros((pixels, pixels))
    origin: float | None = None
    digest, image_count, patch_count = hashlib.sha256(), 0, 0
    for image in _images(images, len(window)):
        values = _checked_image(image, image_count, window)
        if origin is None:
            # Second moments about a value near the mean keep the digits that the mean would cost.
            origin = float(values.mean())
        for rows in _patches(values - origin, window):
            total += rows.sum(axis=0)
            products += rows.T @ rows
            patch_count += len(rows)
        digest.update(str(values.shape).encode())
        digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
        image_count += 1
    if not image_count:
        raise ValueError("`images` must hold at least one image, got none")
    mean = total / patch_count
    covariance = products / patch_count - np.outer(mean, mean)
    record = {"sha256": digest.hexdigest(), "count": image_count, "patches": patch_count}
    return (covariance + covariance.T) / 2, record


def _images(images: Any, dimensions: int) -> Iterator[Any]:
    if isinstance(images, (str, bytes)):
        raise TypeError(f"`images` must be arrays, got {images!r}; read files with skimage.io.imread")
    if hasattr(images, "__array__") or hasattr(images, "__array_interface__"):
        images = np.asarray(images)  # also arrays of other libraries, and Pillow's images
    if isinstance(images, np.ndarray) and images.ndim == dimensions:
        return iter([images])
    if isinstance(images, (list, tuple)) and np.ndim(images[0] if images else 0) == dimensions - 1:
        return iter([images])
    try:
        return iter(images)
    except TypeError:
        raise TypeError(f"`images` must be an image, a stack or an iterable of images, got {images!r}") from None


def _checked_image(image: Any, index: int, window: tuple[int, ...]) -> Float64:
    array = np.asarray(image)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`images` must be real numbers, got {array.dtype} in image {index}")
    if array.ndim != len(window):
        raise ValueError(
            f"`images` must have {len(window)} dimensions each for this `size`, got shape {array.shape} in "
            f"image {index}; of colour images pass one channel or the mean of them"
        )
    if any(side < patch for side, patch in zip(array.shape, window, strict=True)):
        raise ValueError(
            f"`images` must be at least as large as a patch of {_check.window_name(window)} pixels, got "
            f"shape {array.shape} in image {index}; use a smaller `size` (colour images: pass one channel)"
        )
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"`images` must be finite, got NaN or infinity in image {index}")
    return values


def _patches(image: Float64, window: tuple[int, ...]) -> Iterator[Float64]:
    """Yield all overlapping patches as rows, some at a time."""
    views = np.lib.stride_tricks.sliding_window_view(image, window)
    pixels = int(np.prod(window))
    per_slab = int(np.prod(views.shape[1 : image.ndim])) * pixels
    step = max(1, VALUES_AT_ONCE // per_slab)
    for start in range(0, len(views), step):
        yield views[start : start + step].reshape(-1, pixels)


def _with_signs(vectors: Float64) -> Float64:
    """Make the entry of largest magnitude positive; among equals up to rounding, the first."""
    magnitude = np.abs(vectors)
    first = np.argmax(magnitude >= magnitude.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), first])
    signed: Float64 = vectors * signs[:, None]
    return signed
