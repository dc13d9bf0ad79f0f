"""How many filters are tuned to what: histograms beside the axes of `tuning`."""

from __future__ import annotations

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.text import Annotation

from .._check import Float64
from ._layout import small
from ._tuned import Tuned

STEP = 15.0  # degrees
BINS = 20  # of the frequencies
MARGIN_SHARE = 0.17  # of the axes' width and height that the histograms take


def draw_margins(panels: list[Axes], tuned: Tuned) -> None:
    """Draw the histograms of each panel's angles above it and of the frequencies at the right of the last."""
    known = tuned.frequency[tuned.frequency > 0]
    if tuned.dimensions == 1:
        _draw_above(panels[0], known, _frequency_edges(panels[0], "x"))
        return
    for number, (panel, angles) in enumerate(zip(panels, tuned.angles, strict=True)):
        low = -90.0 * number
        edges = np.arange(low - STEP / 2, low + 180 + STEP, STEP)
        finite = angles[np.isfinite(angles)]
        # Azimuths and orientations come round: those of the first step stand at the end too.
        _draw_above(panel, finite if number else np.concatenate([finite - 180, finite, finite + 180]), edges)
    _draw_right(panels[-1], known, _frequency_edges(panels[-1], "y"))


def _frequency_edges(ax: Axes, along: str) -> Float64:
    low, high = ax.get_xlim() if along == "x" else ax.get_ylim()
    scale = ax.get_xscale() if along == "x" else ax.get_yscale()
    return np.geomspace(low, high, BINS + 1) if scale == "log" else np.linspace(low, high, BINS + 1)


def _draw_above(ax: Axes, values: Float64, edges: Float64) -> None:
    place = ax.inset_axes((0, 1.02, 1, MARGIN_SHARE - 0.03))
    counts = np.histogram(values, edges)[0]
    bars = place.bar(edges[:-1], counts, np.diff(edges), align="edge", color=rcParams["text.color"])
    place.set(xscale=ax.get_xscale(), xlim=ax.get_xlim())
    longest = counts.argmax()
    middle, count = edges[longest : longest + 2].mean(), counts[longest]
    number = place.annotate(str(count), (middle, count), (0, 1), textcoords="offset points")
    number.set(ha="center", va="bottom")
    _finish(place, bars, number)


def _draw_right(ax: Axes, values: Float64, edges: Float64) -> None:
    place = ax.inset_axes((1.02, 0, MARGIN_SHARE - 0.03, 1))
    counts = np.histogram(values, edges)[0]
    bars = place.barh(edges[:-1], counts, np.diff(edges), align="edge", color=rcParams["text.color"])
    place.set(yscale=ax.get_yscale(), ylim=ax.get_ylim())
    longest = counts.argmax()
    middle, count = edges[longest : longest + 2].mean(), counts[longest]
    number = place.annotate(str(count), (count, middle), (2, 0), textcoords="offset points")
    number.set(ha="left", va="center")
    _finish(place, bars, number)


def _finish(ax: Axes, bars: BarContainer, number: Annotation) -> None:
    """Make the bars pale, and the number of filters at the longest small."""
    for bar in bars:
        bar.set(alpha=0.35, linewidth=0)
    number.set(fontsize=0.85 * small(), annotation_clip=False)
    ax.set_axis_off()
