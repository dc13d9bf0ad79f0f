"""Colours of orientations and of frequencies, for lines and points on light and on dark grounds."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, ListedColormap

from .._check import Float64

STEPS = 256
LIGHTNESS, CHROMA = 0.72, 0.12  # of Oklab: far from white and from black, and all hues within sRGB


def orientation_colours() -> Colormap:
    """Return a circle of hues that are equally light, so that no orientation stands out and the ends meet.

    The circle is that of Oklab (B. Ottosson, "A perceptual color space for image processing", 2020).
    """
    hue = 2 * np.pi * np.arange(STEPS) / STEPS
    return ListedColormap(_srgb(LIGHTNESS, CHROMA * np.cos(hue), CHROMA * np.sin(hue)), name="orientations")


def frequency_colours() -> Colormap:
    """Return viridis without its ends, which are nearly the colours of dark and of light grounds."""
    return ListedColormap(colormaps["viridis"](np.linspace(0.15, 0.9, STEPS)), name="frequencies")


def _srgb(lightness: float, a: Float64, b: Float64) -> Float64:
    """Convert colours of Oklab, `(n,)` each, to sRGB, `(n, 3)`."""
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(to_linear @ cones**3, 0, 1)
    colours: Float64 = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055).T
    return colours
