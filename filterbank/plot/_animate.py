"""The film of a training: kernels or coefficients as they move."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes

from .. import _check
from .._check import Array, Float64, window_words
from .._kernels import as_float64
from . import _layout, _tiles
from ._alt import counted, finish, scale_words
from ._animation import Animation, writer_of
from ._canvas import AnyFigure, Inches, Picture, checked_figure
from ._coefficients import coefficients, map_inches
from ._labels import tidy
from ._series import Series, Time, in_colour
from ._sources import Chosen, chosen, kind_of
from ._tiles import CMAP, Cmap

MOST_OUTPUTS = 64
CURVE = 0.8  # inches, the height of the curve
LARGEST = (7.0, 5.0)  # inches, of the kernels


def animate(
    source: Any,
    *,
    what: Literal["kernels", "coefficients"] = "kernels",
    layer: str | None = None,
    outputs: Chosen = None,
    in_: int = 0,
    rgb: bool | None = None,
    time: Time = "epochs",
    frames: int = 100,
    fps: float = 10,
    path: str | os.PathLike[str] | None = None,
    progress: bool = False,
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    fig: AnyFigure | None = None,
) -> Animation:
    """Animate a training: the kernels of a layer, or its coefficients, as they move.

    Under them a curve tells how far the layer is from its start, and a dot where on it the frame is.

    Parameters
    ----------
    source : KernelHistory or array_like
        What `KernelHistory` recorded, of layers of one to three dimensions; or kernels of two or three dimensions over
        time, `(times, *size, in, out)`, where one dimension needs a height, ``kernels[:, None]``. With
        ``what="coefficients"`` also coefficients over time, `(times, n, in, out)`.
    what : {"kernels", "coefficients"}, default "kernels"
        Kernels, a tile for each, or the heat map of the coefficients.
    layer : str, optional
        The layer, by name. The default is the first that was recorded.
    outputs : int or sequence of int, optional
        How many output channels, or which. The default is all, up to 64; the picture says what is left out.
    in_ : int, default 0
        Which input channel, of kernels that are not drawn in colour.
    rgb : bool, optional
        Draw kernels of three inputs in colour. The default does when there are exactly three.
    time : {"epochs", "steps"}, default "epochs"
        What a history's time is counted in.
    frames : int, default 100
        At most so many: of more records as many are taken, evenly from first to last, and the picture says so.
    fps : float, default 10
        Frames in a second, at most 50.
    path : str or path-like, optional
        Write it there too: a ``.gif``, or an ``.html`` that needs nothing else to play.
    progress : bool, default False
        Show how far the writing is.
    cmap : str or Colormap, default "RdBu_r"
        Diverging colours.
    colorbar : bool, default True
        Draw a colour bar.
    fig : Figure or SubFigure, optional
        Draw in two new axes of this figure. The default is a figure of its own, which pyplot does not know.

    Returns
    -------
    Animation
        A notebook plays it; `save` writes it, `draw` draws any frame on its `figure`.

    Raises
    ------
    TypeError
        If the source is neither a history nor an array, or `path` no file.
    ValueError
        If nothing was recorded, there is no such layer or channel, a value is not finite, or `path` ends in
        something else.

    See Also
    --------
    training : The same on paper.
    filterbank.layers.KernelHistory : The callback that records.

    Notes
    -----
    All frames are on one scale, symmetric about zero. For a film of another format, give `draw` to Matplotlib:
    ``FuncAnimation(movie.figure, movie.draw, frames=len(movie)).save("kernels.mp4")``, which needs ffmpeg.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> steps = np.random.default_rng(0).standard_normal((20, 10, 1, 16)).cumsum(axis=0)
    >>> kernels = np.moveaxis(fb.compose(np.moveaxis(steps, 0, -1), fb.dct(11, n=10)), -1, 0)
    >>> fb.plot.animate(kernels)
    <Animation of 20 frames, from record 0 to record 19>
    """
    _check.choice("what", what, ("kernels", "coefficients"))
    most = _check.integer("frames", frames, at_least=1)
    rate = _check.number("fps", fps, above=0, at_most=50)
    if path is not None:
        writer_of(path)
    series = _series(source, what, layer, time)
    moments = series.moments(most)
    picked = chosen("outputs", outputs, series.channels[1], MOST_OUTPUTS)
    make = _kernels if what == "kernels" else _coefficients
    scene = make(series, moments, picked, _Look(in_, rgb, cmap, colorbar, fig))
    distance, from_zero = series.distance(series.name)
    draw_curve = _draw_curve(scene.curve, series, moments, distance, from_zero)
    labels = [f"{series.unit} {tidy(when, 4)}" for when in series.times[moments]]
    title = scene.top.set_title("", loc="left", fontsize="medium", pad=8)

    def draw(frame: int) -> None:
        scene.draw(frame)
        draw_curve(frame)
        title.set_text(", ".join(filter(None, [series.name, labels[frame]])))

    draw(len(moments) - 1)
    thinned = f"{len(moments)} of {len(series.times)} records" * (len(moments) < len(series.times))
    left_out = series.left_out(picked)
    notes = [*scene.notes, left_out, thinned]
    _tiles.caption(scene.top, *notes)
    name = f" of the layer {series.name}" if series.name else ""
    finish(scene.top, f"{scene.words}{name and f',{name}'}, animated from {labels[0]} to {labels[-1]}", *notes)
    measured = f"the distance of the {series.measures(series.name)} from the start"
    figure = finish(scene.curve, f"a curve of {measured}, which ends at {tidy(distance[-1])}")
    animation = Animation(figure, draw, labels, rate)
    if path is not None:
        animation.save(path, progress=progress)
    return animation


class _Look(NamedTuple):
    """How to draw, as the caller wants it."""

    in_: int
    rgb: bool | None
    cmap: Cmap
    colorbar: bool
    fig: AnyFigure | None

    def axes(self, inches: Inches) -> tuple[Axes, Axes]:
        """Return the axes of the picture, of so many inches in a new figure, and those of the curve."""
        fig = self.fig
        if fig is None:
            width = max(inches[0] + 0.1, 3.2)
            fig = Picture(figsize=(width, inches[1] + CURVE + 0.9), layout="compressed")
        ratios = {"height_ratios": (inches[1] + 0.4, CURVE)}
        top, curve = checked_figure(fig).subplots(2, 1, gridspec_kw=ratios)
        return top, curve


class _Scene(NamedTuple):
    """What moves."""

    top: Axes
    curve: Axes
    draw: Callable[[int], None]
    words: str
    notes: tuple[str, ...]


def _series(source: Any, what: str, layer: str | None, time: Time) -> Series:
    if what == "kernels" or kind_of(source) != "array":
        return Series.of(source, layer, time)
    values = as_float64("source", source, "a KernelHistory or coefficients (times, n, in, out)")
    if values.ndim != 4 or not values.size:
        raise ValueError(
            f"`source` must be a KernelHistory or coefficients (times, n, in, out), got shape {values.shape}; kernels "
            f'over time are for what="kernels"'
        )
    return Series.of_array(values, layer)


def _kernels(series: Series, moments: Array, picked: Array, look: _Look) -> _Scene:
    """Draw kernels, a tile for each output."""
    size = series.kernels(moments[:1], slice(0, 1), picked[:1]).shape[1:-2]
    coloured = in_colour((1, *size, *series.channels), look.rgb)
    input_ = _check.integer("in_", look.in_, at_least=0, at_most=series.channels[0] - 1)
    inputs = np.arange(3) if coloured else np.array([input_])
    # Outputs first, then the pixels, and the inputs only where they are colours.
    tiles = np.moveaxis(series.kernels(moments, inputs, picked), -1, 1)
    tiles = tiles if coloured else tiles[..., 0]
    grid = _layout.plan(_layout.tile_shape(size), len(picked), largest=LARGEST)
    colorbar = look.colorbar and not coloured
    wide, high = grid.inches
    top, curve = look.axes((wide + 0.65 * colorbar, high))
    end = _tiles.limit_of(tiles)
    drawn = _tiles.draw_tiles(top, tiles[-1], grid, end, look.cmap, rgb=coloured)
    if colorbar:
        _tiles.draw_colorbar(top, drawn)
    return _Scene(
        top,
        curve,
        lambda frame: _tiles.redraw(drawn, tiles[frame], grid, end, rgb=coloured),
        f"{counted(len(picked), 'kernel')} of {window_words(size)}, {scale_words(end, rgb=coloured)}",
        (
            _tiles.volume_note(len(size)),
            series.input_note(input_, coloured=coloured),
            _tiles.colour_note(end) if coloured else "",
        ),
    )


def _coefficients(series: Series, moments: Array, picked: Array, look: _Look) -> _Scene:
    """Draw the heat map of the coefficients."""
    values: Float64 = series.values[series.name][moments][..., picked]
    bank = series.history.banks[series.name] if series.history is not None else None
    count, inputs, outputs = values.shape[1:]
    top, curve = look.axes(map_inches((count, inputs * outputs)))
    end = _tiles.limit_of(values)
    coefficients(values[-1], bank, limit=end, cmap=look.cmap, colorbar=look.colorbar, ax=top)
    (drawn,) = top.get_images()
    return _Scene(
        top,
        curve,
        lambda frame: drawn.set_data(values[frame].reshape(count, -1)),
        f"heat map of the coefficients, {counted(count, 'filter')} by {counted(inputs * outputs, 'kernel')}, "
        f"{scale_words(end)}",
        (top.get_xlabel(),),
    )


def _draw_curve(ax: Axes, series: Series, moments: Array, distance: Float64, note: str) -> Callable[[int], None]:
    """Draw how far the layer is from its start, and return what moves the dot on it."""
    ink = rcParams["text.color"]
    ax.plot(series.times, distance, color=ink, linewidth=0.9, alpha=0.6)
    (dot,) = ax.plot([], [], marker="o", markersize=5, color=ink, clip_on=False)
    low, high = float(series.times[0]), float(series.times[-1])
    ax.set_xlim(*((low, high) if low < high else (low - 1, low + 1)))
    ax.set_ylim(0, 1.05 * float(distance.max()) or 1)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    ax.locator_params(axis="y", nbins=3)
    ax.set_ylabel("relative\ndistance", fontsize="small")
    _tiles.caption(ax, series.unit, note)

    def move(frame: int) -> None:
        dot.set_data([series.times[moments[frame]]], [distance[moments[frame]]])

    return move
