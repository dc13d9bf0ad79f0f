"""Curves of several banks on the same axes: who is who, and how shares are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

from .. import _check
from . import _layout, _tiles
from ._canvas import AnyFigure, Inches, axes_inches, given_axes, new_figure, settled_inches

MARKERS = "osD^vPX<>*"  # with the colours, so that curves can be told apart without them
MOST_MARKED = 40  # points of a curve that are drawn as dots
WIDTH, HEIGHT, ENTRY = 5.2, 3.4, 0.2  # inches: of the axes, and for each line of the legend
NAME = 0.2  # inches that the name of the axis at the left takes from the curves, at least
ENOUGH = 2.2  # inches, the height of curves that need no more
HANDLE = 3.6  # letter sizes, the width of a legend without its texts
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
    intervals = min(max(3, int(3 * axes_inches(ax)[0])), 10)
    ax.xaxis.set_major_locator(MaxNLocator(intervals, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    return ax


def style(index: int, count: int) -> dict[str, Any]:
    """Return how curve number `index`, of so many points, is drawn."""
    marker = MARKERS[index % len(MARKERS)]
    return {"color": f"C{index}", "linewidth": 1.2, "marker": marker if count <= MOST_MARKED else "", "markersize": 3.5}


def name_curves(ax: Axes, ylabel: str) -> None:
    """Name the curves above the axes, where no data is, and the axis at their left, in the room that there is."""
    room = settled_inches(ax)
    legend = _legend_above(ax, room) if ax.get_legend_handles_labels()[1] else None
    height = room[1] - (_inches(legend)[1] if legend else 0)
    letters = max(len(max(ylabel.split(), key=len)), int(72 * height / (0.5 * _layout.small())))
    ax.set_ylabel(_tiles.in_lines(ylabel, letters, ", "), fontsize="small")


def _legend_above(ax: Axes, room: Inches) -> Legend:
    """Make a legend that leaves most of the height to the curves, in smaller letters or with only names if need be."""
    handles, labels = ax.get_legend_handles_labels()
    width, height = room
    names = [label.split(": ")[0] for label in labels]
    small = _layout.small()
    fewer = [
        [*names[: count - 1], f"{names[count - 1]} and {len(names) - count} more"]
        for count in range(len(names) - 1, 0, -1)
    ]
    for texts, points, least in (
        (labels, small, 0.75),
        (labels, 0.85 * small, 0.75),
        (labels, 0.7 * small, 0.5),
        (names, small, 0.5),
        (names, 0.7 * small, 0.5),
        *((some, 0.7 * small, 0.5) for some in fewer),
    ):
        letters = max(1, int((72 * width / points - HANDLE) / 0.56))
        lines = [_tiles.in_lines(text, letters, ", ") for text in texts]
        legend = ax.legend(
            handles[: len(lines)],
            lines,
            loc="lower left",
            bbox_to_anchor=(0, 1.01),
            frameon=False,
            fontsize=points,
        )
        legend.set(zorder=5)
        across, high = _inches(legend)
        if across <= width - NAME and height - high >= min(least * height, ENOUGH):
            break
    return legend


def _inches(legend: Legend) -> Inches:
    figure = legend.figure.figure
    box = legend.get_window_extent()
    return float(box.width / figure.dpi), float(box.height / figure.dpi)


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
