"""The one place that decides centre, parity and the direction of angles.

Rows are y, growing downward; columns are x. The origin is the exact centre `(k - 1) / 2` of the
window, between two pixels when a side is even. Angles turn from x towards y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

from ._check import Array, Float64

AXIS_NAMES = ("z", "y", "x")


def axis(length: int) -> Float64:
    """Return the centred coordinates of one side, `(length,)`, in pixels."""
    return np.arange(length, dtype=np.float64) - (length - 1) / 2


def axes(size: Sequence[int]) -> tuple[Float64, ...]:
    """Return the centred coordinates of every side: `(y, x)` of a 2-D window, in pixels."""
    return tuple(axis(length) for length in size)


def axis_names(dimensions: int) -> tuple[str, ...]:
    """Return the names of the last `dimensions` axes: `("y", "x")` in 2-D."""
    return AXIS_NAMES[-dimensions:]


def positions(size: Sequence[int], count: int) -> dict[str, Array]:
    """Return the columns that name the first `count` pixels, row by row: `position_y` and `position_x` in 2-D."""
    places = np.unravel_index(np.arange(count), tuple(size))
    return {f"position_{name}": place for name, place in zip(axis_names(len(size)), places, strict=True)}


def odd_fft_side(least: int) -> int:
    """Return an odd side from `least` on, which has no Nyquist frequency to be on neither half, good for FFTs."""
    side = int(fft.next_fast_len(least))
    while side % 2 == 0:
        side = int(fft.next_fast_len(side + 1))
    return side


def mesh(size: Sequence[int]) -> tuple[Float64, ...]:
    """Return open coordinate arrays that broadcast to `size`."""
    return tuple(np.meshgrid(*axes(size), indexing="ij", sparse=True))


def rotated(y: Float64, x: Float64, angle: Float64 | float) -> tuple[Float64, Float64]:
    """Return `(y', x')`: `x' = x cos t + y sin t`, `y' = -x sin t + y cos t`, t in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return -x * sine + y * cosine, x * cosine + y * sine


def outer(factors: Sequence[Array]) -> Array:
    """Multiply 1-D factors, each `(..., side)`, into windows `(..., *size)`."""
    window = factors[0]
    for done, factor in enumerate(factors[1:], start=1):
        window = window[..., None] * np.expand_dims(factor, tuple(range(-1 - done, -1)))
    return window


def centred(taps: Float64, window: Sequence[int]) -> Float64:
    """Return windows `(n, *window)` that hold the taps `(n, *sides)` in their middle among zeros.

    Where the parities differ, the taps stand half a pixel from the middle, towards the first row and column.
    """
    spare = [side - taken for side, taken in zip(window, taps.shape[1:], strict=True)]
    return np.pad(taps, [(0, 0), *((room // 2, room - room // 2) for room in spare)])
