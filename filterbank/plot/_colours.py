"""Colours of orientations and of frequencies, for lines and points on light and on dark grounds."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib import colormaps, rcParams
from matplotlib.colors import ListedColormap, to_rgba_array

from .._check import Float64

STEPS = 256
FAINT = 0.3  # difference in lightness from the background, below which thin lines are hardly seen
LIGHTNESS, CHROMA = 68, 38  # of CIELAB, in which sRGB has every hue
MORE = 14  # lightness, by which the diagonals differ from it
# Of horizontal waves: yellow. Blue then stands for vertical ones, and red and green, which some take for the same, for
# the diagonals: one is lighter and the other darker, so that these people can tell them apart too.
FIRST_HUE = np.pi / 2


@cache
def orientation_colours() -> ListedColormap:
    """Return a circle of hues of one chroma, lightest at 45 and darkest at 135 degrees, whose ends meet."""
    from skimage.color import lab2rgb

    turns = FIRST_HUE + 2 * np.pi * np.arange(STEPS) / STEPS
    lightness = LIGHTNESS + MORE * np.sin(turns - FIRST_HUE)
    lab = np.stack([lightness, CHROMA * np.cos(turns), CHROMA * np.sin(turns)], axis=-1)
    return ListedColormap(lab2rgb(lab), name="orientations")


@cache
def frequency_colours() -> ListedColormap:
    """Return viridis without its ends, which are nearly the colours of dark and of light grounds."""
    return ListedColormap(colormaps["viridis"](np.linspace(0.15, 0.9, STEPS)), name="frequencies")


def seen_colours(colours: Float64) -> Float64:
    """Return colours `(n, 4)` for thin lines: those like the background come nearer to the colour of text."""
    light = (0.3, 0.59, 0.11)
    behind, text = (to_rgba_array(rcParams[name])[0, :3] for name in ("axes.facecolor", "text.color"))
    faint = np.abs(colours[:, :3] @ light - behind @ light) < FAINT
    seen = colours.copy()
    seen[faint, :3] = (seen[faint, :3] + text) / 2
    return seen
