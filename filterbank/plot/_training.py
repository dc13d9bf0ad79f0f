"""The picture of a training: how the kernels moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import _check
from .._check import Array, Float64, window_name
from .._compose import compose
from .._kernels import as_float64
from . import _layout, _tiles
from ._alt import counted, finish
from ._canvas import AnyFigure, checked_figure, new_figure
from ._labels import tidy
from ._sources import Chosen, accepted, chosen
from ._tiles import CMAP, Cmap

SHOWN_OUTPUTS = 5
MOST_NAMED = 8  # layers in the legend
CURVE = 1.9  # inches, the height of the curves
LARGEST = (8.0, 7.0)  # inches, of the snapshots


def training(
    source: Any,
    *,
    layer: str | None = None,
    outputs: Chosen = None,
    in_: int = 0,
    rgb: bool | None = None,
    snapshots: int = 8,
    time: Literal["epochs", "steps"] = "epochs",
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw how kernels moved: some of them over time, and under them how far each layer went.

    Parameters
    ----------
    source : KernelHistory or array_like
        What `KernelHistory` recorded, or kernels of two or three dimensions over time, `(times, *size, in, out)`.
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
    fig : Figure or SubFigure, optional
        Draw in two new axes of this figure.

    Returns
    -------
    Figure
        The figure that holds the picture: the one of `fig`, or a new one, which pyplot keeps until
        ``plt.close(fig)``.

    Raises
    ------
    TypeError
        If the source is neither a history nor an array.
    ValueError
        If nothing was recorded, there is no such layer or channel, or a value is not finite.

    See Also
    --------
    filterbank.layers.KernelHistory : The callback that records.

    Notes
    -----
    The curves are ``norm(a - a_start) / norm(a_start)`` over all coefficients of a layer; of an array of kernels,
    over the kernels. Where the start is zero they are relative to the largest distance, and the picture says so.
    All kernels are on one scale, symmetric about zero.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> steps = np.random.default_rng(0).standard_normal((20, 10, 1, 16)).cumsum(axis=0)
    >>> kernels = np.moveaxis(fb.compose(np.moveaxis(steps, 0, -1), fb.dct(11, n=10)), -1, 0)
    >>> fig = fb.plot.training(kernels)
    """
    _check.choice("time", time, ("epochs", "steps"))
    record = _read(source, layer, time, _check.integer("snapshots", snapshots, at_least=1))
    shown, in_colour = _shown(record.kernels, in_, rgb)
    picked = _picked(shown, outputs)
    rows = shown[:, picked].swapaxes(0, 1)
    size = rows.shape[2:-1] if in_colour else rows.shape[2:]
    count = rows.shape[0] * rows.shape[1]
    grid = _layout.plan(_layout.tile_shape(size), count, columns=rows.shape[1], largest=LARGEST)

    colorbar = colorbar and not in_colour
    top, bottom = _axes(grid, fig, colorbar)
    tiles = rows.reshape(count, *rows.shape[2:])
    end = _tiles.limit_of(tiles)
    drawn = _tiles.draw_tiles(top, tiles, grid, end, cmap, rgb=in_colour)
    _name_snapshots(top, record, picked)
    _tiles.caption(top, _tiles.volume_note(len(size)), _tiles.colour_note(end) if in_colour else "")
    if colorbar:
        _tiles.draw_colorbar(top, drawn)
    _draw_curves(bottom, record)
    kernels = f"{counted(rows.shape[1], 'kernel')} of {window_name(size)}"
    name = f" of the layer {record.name}" if record.name else ""
    first, last = (f"{record.unit} {tidy(record.times[moment])}" for moment in record.moments[[0, -1]])
    finish(top, f"{kernels}{name} at {counted(len(rows), 'moment')} from {first} to {last}")
    distance = tidy(_distance(record.values[record.name])[0][-1])
    layers = f" of {counted(len(record.values), 'layer')}" if record.name else ""
    return finish(bottom, f"curves of the distance from the start{layers}, which ends at {distance}{name}")


class Record(NamedTuple):
    """What was recorded."""

    name: str
    values: Mapping[str, Float64]
    """What each layer's distance is measured by, `(times, ...)`."""
    times: Float64
    unit: str
    moments: Array
    """Which of the times are drawn."""
    kernels: Float64
    """The drawn kernels of the layer `name`, `(moments, *size, in, out)`."""


def _read(source: Any, layer: str | None, time: str, snapshots: int) -> Record:
    what = "a KernelHistory or kernels (times, *size, in, out)"
    if accepted("source", source, what, "history") == "array":
        return _read_array(source, layer, snapshots)
    values = {name: as_float64("coefficients", series) for name, series in source.coefficients.items()}
    if not values or not all(map(len, values.values())):
        raise ValueError("`source` must hold at least one record, got an empty history; train with it first")
    name = next(iter(values)) if layer is None else _check.choice("layer", layer, list(values))
    times = as_float64(time, source.epochs if time == "epochs" else source.steps)
    moments = _moments(len(times), snapshots)
    # Composed here and only where they are drawn: all kernels of a long training may not fit in memory.
    kernels = np.stack([compose(values[name][moment], source.banks[name]) for moment in moments])
    return Record(name, values, times, time.removesuffix("s"), moments, kernels)


def _read_array(source: Any, layer: str | None, snapshots: int) -> Record:
    what = "a KernelHistory, which is given to `fit` as a callback, or real numbers (times, *size, in, out)"
    kernels = as_float64("source", source, what)
    # Of four axes no one can tell whether the first is time or the height of kernels that did not move.
    if not 5 <= kernels.ndim <= 6 or not kernels.size:
        raise ValueError(
            f"`source` must be a KernelHistory or kernels (times, *size, in, out) of two or three dimensions, got "
            f"shape {kernels.shape}; kernels of one moment are for plot.kernels, and those of one dimension over time "
            f"need a height, kernels[:, None]"
        )
    if layer is not None:
        raise ValueError(f"`layer` chooses from a history, got {layer!r} with an array of kernels; drop it")
    moments = _moments(len(kernels), snapshots)
    return Record("", {"": kernels}, np.arange(float(len(kernels))), "record", moments, kernels[moments])


def _moments(times: int, count: int) -> Array:
    """Return up to `count` indices, evenly from first to last; of one, the last."""
    return np.unique(np.linspace(times - 1, 0, min(count, times)).round().astype(np.intp))


def _shown(kernels: Float64, in_: int, rgb: bool | None) -> tuple[Float64, bool]:
    """Return what is drawn, `(moments, out, *size)` or in colour `(moments, out, *size, 3)`."""
    possible = kernels.shape[-2] == 3 and kernels.ndim > 4
    if rgb and not possible:
        raise ValueError(
            f"`rgb` needs kernels of two or three dimensions with exactly 3 inputs, got shape "
            f"{kernels.shape[1:]}; drop rgb=True"
        )
    moved = np.moveaxis(kernels, -1, 1)
    if possible and rgb is not False:
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


def _name_snapshots(ax: Axes, record: Record, picked: Array) -> None:
    labels = [tidy(when, 4) for when in record.times[record.moments]]
    labels[0] = f"{record.unit} {labels[0]}"
    ax.xaxis.tick_top()
    ax.set_xticks(np.arange(len(labels)) + 0.5, labels=labels, fontsize="small")
    ax.set_yticks(np.arange(len(picked)) + 0.5, labels=[f"output {index}" for index in picked], fontsize="small")
    ax.tick_params(length=0)


def _draw_curves(ax: Axes, record: Record) -> None:
    notes = []
    alone = len(record.times) == 1
    for name, values in record.values.items():
        distance, note = _distance(values)
        notes.append(note)
        (line,) = ax.plot(record.times, distance, linewidth=1.2, markersize=3.5, label=name)
        if name == record.name:
            line.set(marker="o", markevery=record.moments.tolist(), zorder=3)
        elif len(record.values) > MOST_NAMED:
            line.set(color="0.6", linewidth=0.8)
        if alone:
            line.set(marker="o", clip_on=False)  # There is no line to see.
    ax.set_ylim(0, None if ax.dataLim.y1 > 0 else 1)
    if alone:
        ax.set_xlim(record.times[0] - 1, record.times[0] + 1)
        ax.set_xticks(record.times)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    ax.set_ylabel("distance from the start\nrelative to its norm", fontsize="small")
    _tiles.caption(ax, f"{record.unit} (dots: the kernels above)", *dict.fromkeys(notes))
    _name_curves(ax, record)


def _name_curves(ax: Axes, record: Record) -> None:
    """Name the layers; of many, only the one that is drawn."""
    lines = ax.get_lines()
    if len(lines) > MOST_NAMED:
        rest = [line for line in lines if line.get_label() != record.name]
        rest[0].set_label(f"{len(rest)} other layers")
        lines = [line for line in lines if line not in rest[1:]]
    if record.name:
        ax.legend(lines, [str(line.get_label()) for line in lines], frameon=False, fontsize="small")


def _distance(values: Float64) -> tuple[Float64, str]:
    """Return how far the values are from the first ones at each time, and a note if these are zero."""
    flat = values.reshape(len(values), -1)
    distance: Float64 = np.linalg.norm(flat - flat[0], axis=1)
    start = float(np.linalg.norm(flat[0]))
    if start > 0:
        return distance / start, ""
    return distance / (float(distance.max()) or 1.0), "from zero: relative to the largest"
