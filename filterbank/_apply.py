"""A bank on an image: the responses of its filters."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _check, _correlate
from ._bank import FilterBank, as_filters
from ._check import Array
from ._images import MOST_CHANNELS

# The boundary modes of scipy.ndimage, and NumPy's names for the same.
PADDING = {
    "reflect": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "constant": "constant",
}


def apply(
    image: npt.ArrayLike,
    bank: FilterBank | npt.ArrayLike,
    mode: str = "reflect",
    *,
    cval: float = 0.0,
    channel_axis: int | None = None,
    reduce: Literal["max_orientation"] | None = None,
) -> Array:
    """Correlate an image, or each of a stack, with every filter of a bank.

    Parameters
    ----------
    image : array_like
        The image, `(height, width)`; a signal for 1-D banks, a volume for 3-D ones. Axes before these are a stack.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.
    mode : {"reflect", "mirror", "nearest", "wrap", "constant"}, default "reflect"
        How the image goes on beyond its border, as in `scipy.ndimage`: "reflect" repeats the border pixel
        (d c b a | a b c d), "mirror" does not (d c b | a b c d).
    cval : float, default 0
        The value beyond the border for ``mode="constant"``.
    channel_axis : int, optional
        The axis of colour channels, which are filtered each by itself; -1 for `(height, width, 3)`. The default is an
        image without such an axis.
    reduce : {"max_orientation", None}, default None
        "max_orientation" keeps, of the responses of filters that differ in nothing but the column `orientation`, the
        largest at each pixel. With `root_filter_set` these are the eight maximum responses (MR8).

    Returns
    -------
    ndarray
        The responses, `(n, height, width)`: float32 for a float32 image, else float64. Those of a stack are
        `(..., n, height, width)`; channels come last, `(..., n, height, width, channels)`. With `reduce`, there is one
        response for each group of filters, in the order of their first filters.

    Raises
    ------
    TypeError
        If the image is not real numbers.
    ValueError
        If it has fewer dimensions than the bank, `mode` or `reduce` is none of those, or the bank that is to be
        reduced has no column `orientation`.

    Notes
    -----
    Equal to ``scipy.ndimage.correlate(image, filter, mode=mode)`` for each filter: nothing is flipped, and the
    pixel at `k // 2` of the filter lies on the pixel of the image.

    Windows of the image are written out as columns and multiplied with all filters at once, which takes about
    ``t (0.28 + 0.042 n) + n`` ns a pixel for `n` filters of `t` pixels; or each block of the image is transformed once,
    multiplied with the transforms of the filters and transformed back (overlap-save), which takes about
    ``5 (n + 1)`` ns, more where filters are large for the image; or, of filters that are all products of a column and a
    row, columns first and rows after. What is estimated to be faster is done, on all cores. All agree to rounding. NaN
    and infinity reach no further than the filters do.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> fb.apply(data.camera(), fb.gabor(11)).shape
    (16, 512, 512)
    >>> fb.apply(data.astronaut(), fb.gabor(11), channel_axis=-1).shape
    (16, 512, 512, 3)
    """
    filters = as_filters(bank)
    _check.choice("reduce", reduce, (None, "max_orientation"))
    groups = None if reduce is None else _alike_but_for_orientation(bank)
    values = np.asarray(image)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"`image` must be real numbers, got {values.dtype}")
    _check.choice("mode", mode, PADDING)
    if channel_axis is not None:
        axis = _check.integer("channel_axis", channel_axis, at_least=-values.ndim, at_most=values.ndim - 1)
        values = np.moveaxis(values, axis, 0)
    dimensions = filters.ndim - 1
    if values.ndim - (channel_axis is not None) < dimensions or not values.size:
        channels = "" if channel_axis is None else " beside `channel_axis`"
        raise ValueError(
            f"`image` must have at least {dimensions} dimensions{channels} like the filters, and pixels, got shape "
            f"{np.shape(image)}"
        )
    if channel_axis is None and values.ndim > dimensions > 1 and values.shape[-1] <= MOST_CHANNELS < values.shape[-2]:
        raise ValueError(
            f"`image` of shape {values.shape} looks like colour, and would be read as a stack of images that are "
            f"{values.shape[-1]} pixels wide; pass channel_axis=-1, or one channel of the image"
        )
    precision = np.float32 if values.dtype == np.float32 else np.float64
    stack = values.shape[: values.ndim - dimensions]
    responses = _correlated(
        values.reshape(-1, *values.shape[len(stack) :]).astype(precision, copy=False),
        filters,
        mode,
        cval,
    ).reshape(*stack, len(filters), *values.shape[len(stack) :])
    if groups is not None:
        places = len(stack)
        responses = np.stack([responses.take(group, axis=places).max(axis=places) for group in groups], axis=places)
    return responses if channel_axis is None else np.moveaxis(responses, 0, -1)


def _correlated(images: Array, filters: Array, mode: str, cval: float) -> Array:
    widths = [(0, 0), *((side // 2, side - 1 - side // 2) for side in filters.shape[1:])]
    settings = {"constant_values": cval} if mode == "constant" else {}
    padded = np.pad(images, widths, mode=PADDING[mode], **settings)  # type: ignore[call-overload]
    # A Fourier transform would spread a NaN over a whole response.
    return _correlate.correlate(padded, filters, finite=bool(np.isfinite(images).all()))


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
