"""The picture of banks side by side: what each explains of learned kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._check import window_name, window_words
from ..analysis import ComparedBank, Comparison
from ..analysis._explained import OWN, RANDOM
from . import _layout, _tiles
from ._alt import counted, finish
from ._canvas import AnyFigure, axes_inches, bare, given_axes, is_own, new_figure, settled_inches
from ._curves import CONTROL, line_colour, named, percent_axis, write_at
from ._labels import percent

ROW, SMALL_ROW = 0.21, 0.16  # inches, height of a row
WIDTH = 3.6  # inches, width of the only panel
PANEL, SMALL_PANEL = 1.25, 0.85  # inches, width of the panel of a layer
FEW = 12  # panels, up to which they need not be small
IN_A_ROW, SMALL_IN_A_ROW = 6, 8  # panels
TITLE, TICKS = 0.4, 0.25  # inches, above and below a panel
SMALLEST_PANEL, SMALLEST_ROW = 0.8, 0.1  # inches, of a panel and the rows in it where room is short
FEW_TICKS, FEWEST_TICKS = 2.4, 1.0  # inches, the widths up to which the axis has three numbers, and two
GAP = 0.25  # inches, between panels


def comparison(source: Any, *, ax: Axes | None = None, fig: AnyFigure | None = None) -> Figure:
    """Draw a comparison of banks: what share of the kernels' energy each explains, the best first.

    Parameters
    ----------
    source : Comparison or mapping of str to Comparison
        What `filterbank.analysis.compare` returned; of the layers of a model, one by the name of each. Every layer
        has a panel, and a bank the same row in all of them, by its mean over the layers.
    ax : Axes, optional
        Draw in these axes.
    fig : Figure or SubFigure, optional
        Draw in new axes of this figure.

    Returns
    -------
    Figure
        The figure that holds the picture: the one of `ax` or `fig`, or a new one, which pyplot keeps until
        ``plt.close(fig)``.

    Raises
    ------
    TypeError
        If the source holds something else, or `ax` or `fig` are something else.
    ValueError
        If a mapping is empty.

    See Also
    --------
    filterbank.analysis.compare : The numbers, how the intervals are made, and what they mean.
    filterbank.analysis.model_kernels : The kernels of every layer of a model.
    energy_curve : Banks at every number of filters.

    Notes
    -----
    A dot is the share, the bar through it the bootstrap interval. The two references are grey and open: the control,
    random filters, with a dotted line through all rows and its interval as a band, and the kernels' own components,
    with a dashed line that no filters can pass. The axis is from 0 to 100 % in all panels.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.random.default_rng(0).normal(size=(8, 3, 16)), fb.gabor(7))
    >>> fig = fb.plot.comparison(fb.analysis.compare(kernels, ["gabor", "dct", "hermite"], n=8))
    """
    results = named("source", source)
    for one in results.values():
        if not isinstance(one, Comparison):
            raise TypeError(
                f"`source` must be a Comparison, or several by name, got a {type(one).__name__}; "
                f"analysis.compare(kernels) makes one"
            )
    names = _ranked(list(results.values()))
    ax = given_axes(ax, fig) or new_figure(_size(len(results), len(names))).add_subplot()
    if "" in results:
        (result,) = results.values()
        _draw(ax, result, names)
        _name_rows(ax, names)
        _write_shares(ax, result, names)
        _tiles.caption(ax, f"energy explained by {_about(result)}", _interval_note([result]))
        _thin_ticks(ax)
    else:
        note = "energy of the kernels explained, in percent"
        _tiles.caption(ax, note, _interval_note(list(results.values())))
        if not _draw_panels(ax, results, names):
            _thin_ticks(ax)
            _tiles.caption(ax, note, f"a dot for each of {counted(len(results), 'layer')}")
    return finish(ax, *(_words(name, result) for name, result in results.items()))


def _ranked(results: Sequence[Comparison]) -> list[str]:
    """Return the names of all banks, those that explain most on average first."""
    shares: dict[str, list[float]] = {}
    for result in results:
        for row in result.rows:
            shares.setdefault(row.name, []).append(row.explained)
    return sorted(shares, key=lambda name: -float(np.mean(shares[name])))


def _about(result: Comparison) -> str:
    return f"{counted(result.n, 'filter')} of {window_words(result.size)}, of {counted(result.kernels, 'kernel')}"


def _words(name: str, result: Comparison) -> str:
    """Say what a panel shows."""
    rows = [f"{row.name} {percent(row.explained)}" for row in result.rows]
    of = f" of the kernels of {name}" if name else ""
    return f"share of the energy{of} explained by {_about(result)}: {', '.join(rows)}"


def _interval_note(results: Sequence[Comparison]) -> str:
    """Say what the bars are, where there are any."""
    levels = {result.confidence for result in results if np.isfinite(result.rows[0].low)}
    shares = " and ".join(percent(level) for level in sorted(levels))
    return f"bars: {shares} bootstrap intervals" if levels else ""


def _size(panels: int, rows: int) -> tuple[float, float]:
    if panels == 1:
        return WIDTH + 2.2, ROW * rows + 0.8
    down, across = _arranged(panels)
    row, panel = (ROW, PANEL) if panels <= FEW else (SMALL_ROW, SMALL_PANEL)
    return across * (panel + GAP) + 1.5, down * (row * rows + TITLE + TICKS) + 0.4


def _arranged(panels: int) -> tuple[int, int]:
    """Return how many rows and columns of panels there are."""
    down = -(-panels // (IN_A_ROW if panels <= FEW else SMALL_IN_A_ROW))
    return down, -(-panels // down)


def _draw(ax: Axes, result: Comparison, names: Sequence[str]) -> None:
    """Draw the rows of one comparison, each at the place of its name."""
    _prepare(ax, names)
    for row in result.rows:
        _draw_row(ax, row, names.index(row.name))


def _prepare(ax: Axes, names: Sequence[str]) -> None:
    """Make rows for the names over shares from 0 to 1."""
    ax.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(labelsize="small", length=2)
    ax.tick_params(axis="y", length=0)
    percent_axis(ax, "x")


def _draw_row(ax: Axes, row: ComparedBank, place: int) -> None:
    colour = _colour(row)
    if row.is_reference:
        ax.axvline(row.explained, color=colour, linestyle=":" if row.name == RANDOM else "--", linewidth=0.8, zorder=1)
    if np.isfinite(row.low):
        if row.name == RANDOM:
            ax.axvspan(row.low, row.high, color=CONTROL, alpha=0.2, linewidth=0, zorder=0)
        ax.plot([row.low, row.high], [place, place], color=colour, linewidth=1.6, clip_on=False, solid_capstyle="butt")
    (dot,) = ax.plot(
        row.explained, place, color=colour, marker="o", markersize=5, linestyle="", clip_on=False, zorder=3
    )
    if row.is_reference:
        dot.set_markerfacecolor(rcParams["axes.facecolor"])


def _colour(row: ComparedBank) -> str:
    return {RANDOM: CONTROL, OWN: line_colour()}.get(row.name, "C0")


def _name_rows(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), labels=list(names), fontsize="small")
    for label, name in zip(ax.get_yticklabels(), names, strict=True):
        label.set_fontstyle("italic" if name in (RANDOM, OWN) else "normal")


def _thin_ticks(ax: Axes) -> None:
    """Number only the ends of a narrow axis, and the middle where it has room."""
    width = settled_inches(ax)[0]
    if width < FEW_TICKS:
        ax.set_xticks([0, 0.5, 1] if width > FEWEST_TICKS else [0, 1])


def _write_shares(ax: Axes, result: Comparison, names: Sequence[str]) -> None:
    """Write each share at the right of its row."""
    for row in result.rows:
        write_at(ax, percent(row.explained), 1, names.index(row.name), (8, 0))


def _draw_panels(ax: Axes, results: dict[str, Comparison], names: Sequence[str]) -> bool:
    """Draw a panel for each comparison, in rows, the banks named at the left of each; return False without the room.

    Then the dots of all are in one panel.
    """
    width, height = axes_inches(ax)
    down, across = _arranged(len(results))
    if not is_own(ax):
        _name_rows(ax, names)
        width, height = map(min, zip((width, height), settled_inches(ax), strict=True))
        if min(width / across - SMALLEST_PANEL, height / down - TITLE - TICKS - SMALLEST_ROW * len(names)) < 0:
            _draw_together(ax, results, names)
            return False
    bare(ax)
    between, above, below = GAP / width, TITLE / height, TICKS / height
    titles = [f"{name}\n{one.n} filters, {window_name(one.size)}" for name, one in results.items()]
    points = _layout.fitting_points(width / across, titles)
    for index, result in enumerate(results.values()):
        row, column = divmod(index, across)
        left, bottom = column / across, 1 - (row + 1) / down
        panel = ax.inset_axes((left, bottom + below, 1 / across - between, 1 / down - above - below))
        _draw(panel, result, names)
        panel.set_xticks([0, 0.5, 1], labels=["0", "50", "100"])
        panel.set_title(titles[index], fontsize=points)
        if column:
            panel.set_yticks(range(len(names)), labels=[""] * len(names))
        else:
            _name_rows(panel, names)
    return True


def _draw_together(ax: Axes, results: dict[str, Comparison], names: Sequence[str]) -> None:
    """Draw the dots of all comparisons in the same rows."""
    _prepare(ax, names)
    for result in results.values():
        for row in result.rows:
            (dot,) = ax.plot(row.explained, names.index(row.name), "o", color=_colour(row), markersize=4, alpha=0.6)
            dot.set_clip_on(False)
