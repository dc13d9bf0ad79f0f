"""Convolutions of any number of dimensions in NumPy, in float64 and without Keras, as the layers should compute them.

Images are `(N, *window, channels)`, kernels `(*size, p, q)`; `strides` and `dilation` are an int or one for each axis.
"""

import itertools
from typing import Any

import numpy as np


def correlated(
    images: np.ndarray,
    kernel: np.ndarray,
    *,
    strides: Any = 1,
    dilation: Any = 1,
    padding: str = "valid",
    groups: int = 1,
) -> np.ndarray:
    """Correlate with a kernel `(*size, in // groups, out)`; a group of inputs makes one of outputs."""
    rank = kernel.ndim - 2
    strides, dilation = np.broadcast_to(strides, rank), np.broadcast_to(dilation, rank)
    reach = (np.array(kernel.shape[:rank]) - 1) * dilation
    images = np.pad(images.astype(float), [(0, 0), *_widths(images.shape[1:-1], reach, strides, padding), (0, 0)])
    window = [
        1 + (side - far - 1) // stride for side, far, stride in zip(images.shape[1:-1], reach, strides, strict=True)
    ]
    outputs = np.zeros((len(images), *window, groups, kernel.shape[-1] // groups))
    channels = images.reshape(*images.shape[:-1], groups, -1)
    mixing = kernel.reshape(*kernel.shape[:-1], groups, -1)
    for place in itertools.product(*map(range, kernel.shape[:rank])):
        outputs += np.einsum("...gp,pgq->...gq", channels[:, *_steps(place, strides, dilation, window)], mixing[place])
    return outputs.reshape(len(images), *window, -1)


def transposed(
    images: np.ndarray,
    kernel: np.ndarray,
    *,
    strides: Any = 1,
    dilation: Any = 1,
    padding: str = "valid",
    extra: Any = None,
) -> np.ndarray:
    """Return what the adjoint of `correlated` makes of the images; the kernel is `(*size, out, in)`.

    Many sizes have images of this one: the result is as large as a side times its stride, and with "valid" padding
    at least as large as the kernel reaches, or `extra` larger than it reaches.
    """
    rank = kernel.ndim - 2
    strides, dilation = np.broadcast_to(strides, rank), np.broadcast_to(dilation, rank)
    reach = (np.array(kernel.shape[:rank]) - 1) * dilation
    sides = np.array(images.shape[1:-1])
    reached = (sides - 1) * strides + reach + 1
    size = sides * strides if padding == "same" else np.maximum(reached, sides * strides)
    if extra is not None:
        size = reached + extra
    widths = _widths(size, reach, strides, padding)
    padded = np.zeros(
        (len(images), *(side + sum(width) for side, width in zip(size, widths, strict=True)), kernel.shape[-2])
    )
    for place in itertools.product(*map(range, kernel.shape[:rank])):
        padded[:, *_steps(place, strides, dilation, sides)] += images.astype(float) @ kernel[place].T
    return padded[:, *(slice(before, before + side) for (before, _), side in zip(widths, size, strict=True))]


def depthwise(images: np.ndarray, kernel: np.ndarray, **settings: Any) -> np.ndarray:
    """Correlate every channel by itself with its kernels, `(*size, in, multiplier)`."""
    size, channels = kernel.shape[:-2], kernel.shape[-2]
    return correlated(images, kernel.reshape(*size, 1, -1), groups=channels, **settings)


def _steps(place: tuple[int, ...], strides: Any, dilation: Any, window: Any) -> list[slice]:
    """Return where one place of the kernel lies while the window goes over the image."""
    return [
        slice(index * wide, index * wide + (count - 1) * stride + 1, stride)
        for index, stride, wide, count in zip(place, strides, dilation, window, strict=True)
    ]


def _widths(sides: Any, reach: Any, strides: Any, padding: str) -> list[tuple[int, int]]:
    """Return the zeros before and after each axis; of an odd number, the larger part goes after."""
    if padding == "valid":
        return [(0, 0)] * len(reach)
    if padding == "causal":
        return [(int(far), 0) for far in reach]
    missing = [
        max((-(-int(side) // stride) - 1) * stride + far + 1 - int(side), 0)
        for side, far, stride in zip(sides, reach, strides, strict=True)
    ]
    return [(int(number) // 2, int(number - number // 2)) for number in missing]
