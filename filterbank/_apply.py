"""A bank on an image: the responses of its filters."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from . import _check
from ._bank import FilterBank, as_filters
from ._check import Array

# The boundary modes of scipy.ndimage, and NumPy's names for the same.
PADDING = {
    "reflect": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "constant": "constant",
}
DIRECT_PIXELS = 81


def apply(
    image: npt.ArrayLike,
    bank: FilterBank | npt.ArrayLike,
    mode: str = "reflect",
    *,
    cval: float = 0.0,
    reduce: Literal["max_orientation"] | None = None,
) -> Array:
    """Correlate an image with every filter of a bank.

    Parameters
    ----------
    image : array_like
        The image, `(height, width)`; a signal for 1-D banks, a volume for 3-D ones.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.
    mode : {"reflect", "mirror", "nearest", "wrap", "constant"}, default "reflect"
        How the image goes on beyond its border, as in `scipy.ndimage`: "reflect" repeats the border pixel
        (d c b a | a b c d), "mirror" does not (d c b | a b c d).
    cval : float, default 0
        The value beyond the border for ``mode="constant"``.
    reduce : {"max_orientation", None}, default None
        "max_orientation" keeps, of the responses of filters that differ in nothing but the column `orientation`, the
        largest at each pixel. With `root_filter_set` these are the eight maximum responses (MR8).

    Returns
    -------
    ndarray
        The responses, `(n, height, width)`: float32 for a float32 image, else float64. With `reduce`, one for each
        group of filters, in the order of their first filters.

    Raises
    ------
    TypeError
        If the image is not real numbers.
    ValueError
        If its dimensions are not the bank's, `mode` or `reduce` is none of those, or the bank that is to be reduced
        has no column `orientation`.

    Notes
    -----
    Equal to ``scipy.ndimage.correlate(image, filter, mode=mode)`` for each filter: nothing is flipped, and the
    pixel at `k // 2` of the filter lies on the pixel of the image. Large filters go through the FFT.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> fb.apply(data.camera(), fb.gabor(11)).shape
    (16, 512, 512)
    """
    filters = as_filters(bank)
    _check.choice("reduce", reduce, (None, "max_orientation"))
    groups = None if reduce is None else _alike_but_for_orientation(bank)
    values = np.asarray(image)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"`image` must be real numbers, got {values.dtype}")
    if values.ndim != filters.ndim - 1 or not values.size:
        raise ValueError(
            f"`image` must have {filters.ndim - 1} dimensions like the filters, got shape {values.shape}; "
            f"apply the bank to one channel of one image at a time"
        )
    _check.choice("mode", mode, PADDING)
    precision = np.float32 if values.dtype == np.float32 else np.float64
    responses = _correlated(values.astype(precision, copy=False), filters.astype(precision, copy=False), mode, cval)
    return responses if groups is None else np.stack([responses[group].max(axis=0) for group in groups])


def _correlated(values: Array, filters: Array, mode: str, cval: float) -> Array:
    # The FFT would spread a NaN over the whole response. scipy.ndimage (1.17) reads past images that are less
    # than an eighth of the filter: mode "reflect" is wrong there.
    sound = all(side < 8 * length for side, length in zip(filters.shape[1:], values.shape, strict=True))
    if sound and (filters[0].size <= DIRECT_PIXELS or not np.isfinite(values).all()):
        return np.stack([ndimage.correlate(values, one, mode=mode, cval=cval) for one in filters])
    widths = [(side // 2, side - 1 - side // 2) for side in filters.shape[1:]]
    settings = {"constant_values": cval} if mode == "constant" else {}
    padded = np.pad(values, widths, mode=PADDING[mode], **settings)  # type: ignore[call-overload]
    flipped = np.flip(filters, axis=tuple(range(1, filters.ndim)))
    responses: Array = np.stack([signal.oaconvolve(padded, one, mode="valid") for one in flipped])
    return responses


def _alike_but_for_orientation(bank: FilterBank | npt.ArrayLike) -> list[list[int]]:
    """Return the filters of each group that differ in the column `orientation` alone, by their index."""
    columns = bank.parameters if isinstance(bank, FilterBank) else {}
    if "orientation" not in columns:
        raise ValueError(
            f'`reduce="max_orientation"` needs a bank with the column `orientation`, got '
            f"{', '.join(columns) or 'none'}; use a family of oriented filters such as root_filter_set"
        )
    others = [column.tolist() for name, column in columns.items() if name != "orientation"]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index in range(len(columns["orientation"])):
        # As texts, so that one NaN is like another.
        groups.setdefault(tuple(repr(column[index]) for column in others), []).append(index)
    return list(groups.values())
