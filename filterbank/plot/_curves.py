"""Curves of several banks on the same axes: who is who, and how shares are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

from .. import _check
from ._canvas import AnyFigure, given_axes, new_figure

MARKERS = "osD^vPX<>*"  # with the colours, so that curves can be told apart without them
MOST_MARKED = 40  # points of a curve that are drawn as dots
WIDTH, HEIGHT, ENTRY = 5.2, 3.4, 0.2  # inches: of the axes, and for each line of the legend
CONTROL = "0.5"  # the grey of random filters, seen on light and on dark


def named(argument: str, source: Any) -> dict[str, Any]:
    """Return several things by name, or one without a name."""
    if not isinstance(source, Mapping):
        return {"": source}
    if not source:
        raise ValueError(f"`{argument}` must hold at least one entry, got an empty mapping")
    if odd := [name for name in source if not isinstance(name, str)]:
        raise TypeError(f"`{argument}` must have names that are str, got {_check.shown(odd[0])}")
    return dict(source)


def curve_axes(ax: Axes | None, fig: AnyFigure | None, entries: int) -> Axes:
    """Return the axes for curves with a legend of so many entries: the given ones, or new ones."""
    ax = given_axes(ax, fig) or new_figure((WIDTH, HEIGHT + ENTRY * entries)).add_subplot()
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    return ax


def style(index: int, count: int) -> dict[str, Any]:
    """Return how curve number `index`, of so many points, is drawn."""
    marker = MARKERS[index % len(MARKERS)]
    return {"color": f"C{index}", "linewidth": 1.2, "marker": marker if count <= MOST_MARKED else "", "markersize": 3.5}


def legend_above(ax: Axes) -> None:
    """Name the curves above the axes, where no data is."""
    if ax.get_legend_handles_labels()[1]:
        legend = ax.legend(loc="lower left", bbox_to_anchor=(0, 1.01), frameon=False, fontsize="small")
        legend.set(zorder=5)


def percent_axis(ax: Axes, which: str) -> None:
    """Write the numbers of the axis "x" or "y", shares from 0 to 1, in percent."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axis.set_major_locator(FixedLocator([0, 0.2, 0.4, 0.6, 0.8, 1]))


def write_at(ax: Axes, words: str, x: float, y: float, offset: tuple[float, float]) -> Annotation:
    """Write something small at `x`, a share of the width, and the height of `y`, so many points beside it."""
    place = ("axes fraction", "data")
    return ax.annotate(words, (x, y), offset, place, "offset points", va="center_baseline", fontsize="small")


def line_colour() -> str:
    """Return the colour of lines and text."""
    return str(rcParams["text.color"])
