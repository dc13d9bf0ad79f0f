"""The picture of a training: how the kernels moved."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import _check
from .._check import Array, Float64, window_words
from . import _layout, _tiles
from ._alt import counted, finish, scale_words
from ._canvas import AnyFigure, axes_inches, bare, checked_figure, given_axes, new_figure
from ._labels import tidy
from ._series import Series, Time, in_colour
from ._sources import Chosen, chosen
from ._tiles import CMAP, Cmap

SHOWN_OUTPUTS = 5
MOST_NAMED = 8  # layers in the legend
CURVE, CURVE_SHARE = 1.9, 0.35  # inches, the height of the curves, and of given axes at most that share
GAP, NOTED_GAP = 0.15, 0.45  # inches, between kernels and curves in given axes, where nothing or a note is between them
MOST_GAP = 0.25  # of the height of given axes
DISTANCE = "distance from the start relative to its norm"
LONGEST = len("distance from the start")
LARGEST = (8.0, 7.0)  # inches, of the snapshots


def training(
    source: Any,
    *,
    layer: str | None = None,
    outputs: Chosen = None,
    in_: int = 0,
    rgb: bool | None = None,
    snapshots: int = 8,
    time: Time = "epochs",
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw how kernels moved: some of them over time, and under them how far each layer went.

    Parameters
    ----------
    source : KernelHistory or array_like
        What `KernelHistory` recorded, of layers of one to three dimensions; or kernels of two or three dimensions over
        time, `(times, *size, in, out)`. An array of kernels of one dimension needs a height, ``kernels[:, None]``.
    layer : str, optional
        The layer whose kernels are drawn, by name. The default is the first that was recorded.
    outputs : int or sequence of int, optional
        How many output channels, or which. The default is the five that moved most; a number draws as many of
        these.
    in_ : int, default 0
        Which input channel, of kernels that are not drawn in colour.
    rgb : bool, optional
        Draw kernels of three inputs in colour. The default does when there are exactly three.
    snapshots : int, default 8
        At how many times the kernels are drawn, evenly from first to last.
    time : {"epochs", "steps"}, default "epochs"
        What a history's time is counted in.
    cmap : str or Colormap, default "RdBu_r"
        Diverging colours.
    colorbar : bool, default True
        Draw a colour bar.
    ax : Axes, optional
        Draw in these axes, the kernels in their upper part and the curves in their lower.
    fig : Figure or SubFigure, optional
        Draw in two new axes of this figure.

    Returns
    -------
    Figure
        The figure that holds the picture: the one of `ax` or `fig`, or a new one, which pyplot keeps until
        ``plt.close(fig)``.

    Raises
    ------
    TypeError
        If the source is neither a history nor an array, or `ax` or `fig` are something else.
    ValueError
        If nothing was recorded, there is no such layer or channel, or a value is not finite.

    See Also
    --------
    filterbank.layers.KernelHistory : The callback that records.

    Notes
    -----
    The curves are ``norm(a - a_start) / norm(a_start)`` over all coefficients of a layer; over its kernels where a
    basis or a residual trains too, and of an array of kernels. Where the start is zero they are relative to the
    largest distance, and the picture says so.
    All kernels are on one scale, symmetric about zero.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> steps = np.random.default_rng(0).standard_normal((20, 10, 1, 16)).cumsum(axis=0)
    >>> kernels = np.moveaxis(fb.compose(np.moveaxis(steps, 0, -1), fb.dct(11, n=10)), -1, 0)
    >>> fig = fb.plot.training(kernels)
    """
    series = Series.of(source, layer, time)
    moments = series.moments(_check.integer("snapshots", snapshots, at_least=1))
    shown, coloured = _shown(series.kernels(moments), in_, rgb)
    picked = _picked(shown, outputs)
    rows = shown[:, picked].swapaxes(0, 1)
    size = rows.shape[2:-1] if coloured else rows.shape[2:]
    tiles = rows.reshape(-1, *rows.shape[2:])
    end = _tiles.limit_of(tiles)
    note = series.input_note(in_, coloured=coloured)
    notes = (_tiles.volume_note(len(size)), note, _tiles.colour_note(end) if coloured else "")

    colorbar = colorbar and not coloured
    panels = None if ax is None else _panels(ax, fig, noted=any(notes))
    inches = axes_inches(panels[0]) if panels else None
    shape = _layout.tile_shape(size)
    grid = _layout.plan(shape, len(tiles), columns=rows.shape[1], inches=inches, largest=LARGEST)
    top, bottom = panels or _axes(grid, fig, colorbar)
    drawn = _tiles.draw_tiles(top, tiles, grid, end, cmap, rgb=coloured)
    _name_snapshots(top, grid, series, moments, picked)
    _tiles.caption(top, *notes)
    if colorbar:
        _tiles.draw_colorbar(top, drawn)
    distance = _draw_curves(bottom, series, moments)
    kernels = f"{counted(len(rows), 'kernel')} of {window_words(size)}"
    name = f" of the layer {series.name}" if series.name else ""
    first, last = (f"{series.unit} {tidy(series.times[moment])}" for moment in moments[[0, -1]])
    snapshots_words = (
        f"{kernels}{name} at {counted(len(moments), 'moment')} from {first} to {last}, {scale_words(end, rgb=coloured)}"
    )
    layers = f" of {counted(len(series.values), 'layer')}" if series.name else ""
    measured = f"the {series.measures(series.name)}{name}"
    curves_words = f"distance from the start{layers}; that of {measured} ends at {tidy(distance)}"
    left_out = "; ".join(filter(None, [note, series.left_out(picked)]))
    if ax is not None:
        return finish(ax, snapshots_words, left_out, curves_words)
    finish(top, snapshots_words, left_out)
    return finish(bottom, curves_words)


def _shown(kernels: Float64, in_: int, rgb: bool | None) -> tuple[Float64, bool]:
    """Return what is drawn, `(moments, out, *size)` or in colour `(moments, out, *size, 3)`."""
    moved = np.moveaxis(kernels, -1, 1)
    if in_colour(kernels.shape, rgb):
        return moved, True
    return moved[..., _check.integer("in_", in_, at_least=0, at_most=kernels.shape[-2] - 1)], False


def _picked(shown: Float64, outputs: Chosen) -> Array:
    """Return the outputs to draw: those asked for, or the ones that moved most."""
    available = shown.shape[1]
    if outputs is not None and not _check.is_integer(outputs):
        return chosen("outputs", outputs, available, available)
    count = len(chosen("outputs", outputs, available, SHOWN_OUTPUTS))
    distance = np.linalg.norm((shown[-1] - shown[0]).reshape(available, -1), axis=1)
    return np.sort(np.argsort(-distance, kind="stable")[:count])


def _axes(grid: _layout.Grid, fig: AnyFigure | None, colorbar: bool) -> tuple[Axes, Axes]:
    width, height = grid.inches
    if fig is None:
        fig = new_figure((max(width + 1.0 + 0.65 * colorbar, 5.0), height + CURVE + 0.5))
    top, bottom = checked_figure(fig).subplots(2, 1, gridspec_kw={"height_ratios": (height + 0.3, CURVE)})
    return top, bottom


def _panels(ax: Axes, fig: AnyFigure | None, *, noted: bool) -> tuple[Axes, Axes]:
    """Return axes in the given ones, for the kernels and for the curves below them."""
    given_axes(ax, fig)
    bare(ax)
    height = axes_inches(ax)[1]
    curve = min(CURVE / height, CURVE_SHARE)
    below = curve + min((NOTED_GAP if noted else GAP) / height, MOST_GAP)
    return ax.inset_axes((0, below, 1, 1 - below)), ax.inset_axes((0, 0, 1, curve))


def _name_snapshots(ax: Axes, grid: _layout.Grid, series: Series, moments: Array, picked: Array) -> None:
    """Name moments and outputs; of moments in narrow columns every so many."""
    labels = [tidy(when, 4) for when in series.times[moments]]
    labels[0] = f"{series.unit} {labels[0]}"
    width, height = grid.inches
    scale = min(1.0, axes_inches(ax)[0] / width, axes_inches(ax)[1] / height)
    letters = max(map(len, labels)) * len(labels)
    step = math.ceil(letters * 0.55 * _layout.small() / (72 * scale * width))
    labels = [text * (index % step == 0) for index, text in enumerate(labels)]
    points = min(_layout.small(), 0.7 * 72 * scale * height / grid.rows)
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(len(labels)) + 0.5, labels=labels, fontsize="small")
    ax.set_yticks(np.arange(len(picked)) + 0.5, labels=[f"output {index}" for index in picked], fontsize=points)
    ax.tick_params(length=0)


def _draw_curves(ax: Axes, series: Series, moments: Array) -> float:
    """Draw how far each layer is from its start, and return where the one of the kernels ends."""
    notes, ends = [], {}
    alone = len(series.times) == 1
    for name in series.values:
        distance, note = series.distance(name)
        notes.append(note)
        ends[name] = float(distance[-1])
        (line,) = ax.plot(series.times, distance, linewidth=1.2, markersize=3.5, label=name)
        if name == series.name:
            line.set(marker="o", markevery=moments.tolist(), zorder=3)
        elif len(series.values) > MOST_NAMED:
            line.set(color="0.6", linewidth=0.8)
        if alone:
            line.set(marker="o", clip_on=False)  # There is no line to see.
    ax.set_ylim(0, None if ax.dataLim.y1 > 0 else 1)
    if alone:
        ax.set_xlim(series.times[0] - 1, series.times[0] + 1)
        ax.set_xticks(series.times)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    letters = max(9, int(72 * axes_inches(ax)[1] / (0.5 * _layout.small())))
    ax.set_ylabel(textwrap.fill(DISTANCE, min(letters, LONGEST)), fontsize="small")
    _tiles.caption(ax, f"{series.unit} (dots: the kernels above)", *dict.fromkeys(notes))
    _name_curves(ax, series)
    return ends[series.name]


def _name_curves(ax: Axes, series: Series) -> None:
    """Name the layers; of many, only the one that is drawn."""
    lines = ax.get_lines()
    if len(lines) > MOST_NAMED:
        rest = [line for line in lines if line.get_label() != series.name]
        rest[0].set_label(f"{len(rest)} other layers")
        lines = [line for line in lines if line not in rest[1:]]
    if series.name:
        ax.legend(lines, [str(line.get_label()) for line in lines], frameon=False, fontsize="small")
