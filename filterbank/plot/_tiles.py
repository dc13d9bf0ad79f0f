"""Many small pictures in one pair of axes.

All tiles of a picture are one image (in one dimension, one collection of bars), so that a thousand filters are
drawn as fast as one, and every picture fits into axes of the user's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.image import AxesImage
from matplotlib.transforms import ScaledTranslation

from .._check import Array, Float64, choice, number
from ._canvas import axes_inches, bare, inches_from, is_own, new_figure, whole_figure
from ._labels import tidy
from ._layout import LINE, PAD, Grid, slice_places, small, volume_tile, zoom

Scale: TypeAlias = Literal["shared", "each"]
Cmap: TypeAlias = str | Colormap

CMAP = "RdBu_r"
NOTE_SHARE = 0.2  # of the height of a caller's figure, up to which notes need not be smaller


def limit_of(values: Float64) -> float:
    """Return the largest magnitude, at which the colours end; 1 when everything is zero."""
    return float(np.abs(values).max(initial=0.0)) or 1.0


def end_of(values: Float64, limit: float | None, scale: Scale) -> float:
    """Return the magnitude at which the colours end: what was asked for, or the largest."""
    if limit is None:
        return 1.0 if scale == "each" else limit_of(values)
    if scale == "each":
        raise ValueError(f"`limit` ends one scale for all, got {limit!r} where each has its own; drop one of them")
    return number("limit", limit, above=0)


def scaled(values: Float64, scale: Scale) -> Float64:
    """Return the values, or with "each" every tile as a share of its own largest magnitude."""
    choice("scale", scale, ("shared", "each"))
    if scale == "shared":
        return values
    peaks = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
    return values / np.where(peaks > 0, peaks, 1.0)


def new_axes(grid: Grid, *, colorbar: bool, caption: bool, title: bool = False) -> Axes:
    """Make a figure that fits the grid."""
    width, height = grid.inches
    beside, around = 0.65 * colorbar, 0.3 * caption + 0.3 * title
    return new_figure((max(width + beside, 1.5) + 0.1, max(height + around, 0.8) + 0.1)).add_subplot()


def draw_tiles(
    ax: Axes, values: Float64, grid: Grid, limit: float, cmap: Cmap, *, rgb: bool = False, signed: bool = True
) -> ScalarMappable:
    """Draw one tile for each of `values`, `(n, *size)` or with ``rgb`` `(n, *size, 3)`; from zero if not signed."""
    bare(ax)
    boxes = grid.boxes(len(values))
    size = values.shape[1:-1] if rgb else values.shape[1:]
    norm = Normalize(-limit if signed else 0.0, limit)
    drawn: ScalarMappable
    if len(size) == 1:
        drawn = draw_bars(ax, values, boxes, norm, cmap)
    else:
        drawn = draw_sheet(ax, sheet_of(values, grid, limit, rgb=rgb), grid, norm, cmap)
        draw_frames(ax, slice_boxes(size, boxes) if len(size) == 3 else boxes)
    ax.set(xlim=(0, grid.columns), ylim=(grid.rows, 0))
    ax.set_aspect(grid.aspect)
    return drawn


def planes(volumes: Float64) -> Float64:
    """Return the central slices yx, zx and zy of each volume in a row, `(n, height, width, ...)`."""
    size = volumes.shape[1:4]
    return in_a_row(central_slices(volumes), size)


def in_a_row(slices: Sequence[Float64], size: Sequence[int]) -> Float64:
    """Put the slices yx, zx and zy of volumes of that size side by side, `(n, height, width, ...)`."""
    tiles = np.full((len(slices[0]), *volume_tile(size), *slices[0].shape[3:]), np.nan)
    for one, (top, left, height, width) in zip(slices, slice_places(size), strict=True):
        tiles[:, top : top + height, left : left + width] = one
    return tiles


def central_slices(volumes: Float64) -> list[Float64]:
    """Return the slices yx, zx and zy through the centre of each volume."""
    z, y, x = (side // 2 for side in volumes.shape[1:4])
    return [volumes[:, z], volumes[:, :, y], volumes[:, :, :, x]]


def strongest(values: Float64, block: int) -> Float64:
    """Return the value of the largest magnitude of each block of pixels of images `(n, ...)`."""
    if block == 1:
        return values
    blocks = _blocks(values, block, values.ndim - 1, mode="constant")
    low, high = blocks.min(axis=-1), blocks.max(axis=-1)
    found: Float64 = np.where(-low > high, low, high)
    return found


def means(values: Array, block: int) -> Array:
    """Return the mean of each block of pixels of images `(n, width)`, `(n, height, width)` or with channels."""
    if block == 1:
        return values
    found: Array = _blocks(values, block, min(2, values.ndim - 1), mode="edge").mean(axis=-1)
    return found


def _blocks(values: Array, block: int, dimensions: int, mode: Literal["constant", "edge"]) -> Array:
    """Cut the axes after the first into blocks, whose values are in a new last axis."""
    sides, rest = values.shape[1 : 1 + dimensions], values.shape[1 + dimensions :]
    spare = [(0, -side % block) for side in sides]
    padded = np.pad(values, [(0, 0), *spare, *[(0, 0)] * len(rest)], mode=mode)
    split = padded.reshape(len(values), *(part for side in sides for part in (-(-side // block), block)), *rest)
    inner = list(range(2, 2 * dimensions + 1, 2))
    moved = np.moveaxis(split, inner, range(-dimensions, 0))
    return moved.reshape(*moved.shape[:-dimensions], -1)


def _coloured(tiles: Float64, limit: float) -> Float64:
    """Return red, green, blue and opacity: mid-grey is zero, and between slices there is nothing."""
    colours = np.clip(0.5 + 0.5 * tiles / limit, 0, 1)
    opaque = np.isfinite(colours).all(axis=-1, keepdims=True)
    return np.concatenate([np.nan_to_num(colours), opaque], axis=-1)


def sheet_of(values: Float64, grid: Grid, limit: float, *, rgb: bool = False) -> Float64:
    """Return the one image in which all tiles are laid out, `(n, *size)` or with ``rgb`` `(n, *size, 3)`."""
    tiles = planes(values) if values.ndim - rgb == 4 else values
    tiles = _coloured(tiles, limit) if rgb else tiles
    enlarged = zoom(*tiles.shape[1:3])
    return sheet(tiles.repeat(enlarged, axis=1).repeat(enlarged, axis=2), grid)


def draw_sheet(ax: Axes, values: Float64, grid: Grid, norm: Normalize, cmap: Cmap) -> ScalarMappable:
    """Draw the image of all tiles as large as the grid."""
    return ax.imshow(
        values,
        cmap=cmap,
        norm=norm,
        extent=(0, grid.columns, grid.rows, 0),
        interpolation=interpolation(ax, values.shape[1:2]),
    )


def interpolation(ax: Axes, shape: Sequence[int]) -> str:
    """Return how to draw an array `(height, width)` or one that is only so wide.

    Pixels stay sharp while the screen has as many; below that, none must be skipped.
    """
    screen = [inches * ax.figure.figure.dpi for inches in axes_inches(ax)]
    return "nearest" if all(room >= side for room, side in zip(screen, shape[::-1], strict=False)) else "antialiased"


def sheet(tiles: Float64, grid: Grid) -> Float64:
    """Lay tiles `(n, height, width, ...)` out in one array, row by row; between them it is NaN or transparent."""
    height, width = grid.cell
    tail = tiles.shape[3:]
    cells = np.full((grid.rows * grid.columns, height, width, *tail), 0.0 if tail else np.nan)
    across, down = grid.left + grid.shape.width, grid.top + grid.shape.height
    cells[grid.places(len(tiles)), grid.top : down, grid.left : across] = tiles
    cells = cells.reshape(grid.rows, grid.columns, height, width, *tail).swapaxes(1, 2)
    return cells.reshape(grid.rows * height, grid.columns * width, *tail)


def draw_bars(ax: Axes, values: Float64, boxes: Float64, norm: Normalize, cmap: Cmap) -> ScalarMappable:
    """Draw each 1-D filter as bars about a line at zero, in the colours of the other pictures."""
    bars = PolyCollection(
        _bar_outlines(values, boxes, norm), array=values.ravel(), cmap=cmap, norm=norm, linewidths=0.3
    )
    bars.set_edgecolor("face")
    middle = np.stack([boxes[:, 2:].mean(axis=1)] * 2, axis=1)
    zeros = np.stack([boxes[:, :2], middle], axis=-1)
    ax.add_collection(LineCollection(list(zeros), colors=rcParams["text.color"], alpha=0.4, linewidths=0.5))
    ax.add_collection(bars)
    return bars


def _bar_outlines(values: Float64, boxes: Float64, norm: Normalize) -> list[Float64]:
    x0, x1, y0, y1 = (side[:, None] for side in boxes.T)
    edges = x0 + (x1 - x0) * np.linspace(0, 1, values.shape[1] + 1)
    zero = np.broadcast_to((y0 + y1) / 2, values.shape)
    share = np.clip(2 * norm(values).filled() - 1, -1, 1)
    ends = zero - share * (y1 - y0) / 2
    return list(_rectangles(edges[:, :-1], edges[:, 1:], zero, ends))


def redraw(drawn: ScalarMappable, values: Float64, grid: Grid, limit: float, *, rgb: bool = False) -> None:
    """Give what `draw_tiles` drew other values of the same shape, on the same scale."""
    if isinstance(drawn, PolyCollection):
        drawn.set_verts(_bar_outlines(values, grid.boxes(len(values)), Normalize(-limit, limit)))
        drawn.set_array(values.ravel())
    elif isinstance(drawn, AxesImage):
        drawn.set_data(sheet_of(values, grid, limit, rgb=rgb))


def draw_frames(ax: Axes, boxes: Float64) -> None:
    """Draw a hairline around each tile: of a filter that ends softly one sees its window."""
    frames = PolyCollection(list(_rectangles(*boxes.T)), facecolors="none", edgecolors=rcParams["text.color"])
    frames.set(linewidth=0.4, alpha=0.3)
    ax.add_collection(frames)


def _rectangles(x0: Float64, x1: Float64, y0: Float64, y1: Float64) -> Float64:
    """Return the four corners of each rectangle, `(n, 4, 2)`."""
    return np.stack([x0, y0, x1, y0, x1, y1, x0, y1], axis=-1).reshape(-1, 4, 2)


def slice_boxes(size: Sequence[int], boxes: Float64) -> Float64:
    """Return the boxes of the slices in the boxes of their tiles, `(3 n, 4)`."""
    height, width = volume_tile(size)
    places = [(left, left + wide, top, top + high) for top, left, high, wide in slice_places(size)]
    shares = np.array(places) / (width, width, height, height)
    starts = boxes[:, None, [0, 0, 2, 2]]
    lengths = boxes[:, None, [1, 1, 3, 3]] - starts
    return (starts + lengths * shares).reshape(-1, 4)


def draw_labels(ax: Axes, texts: Sequence[str], grid: Grid, *, above: bool = False) -> None:
    """Write a text above or below each tile."""
    sign, align = (1, "bottom") if above else (-1, "top")
    place = ax.transData + ScaledTranslation(0, sign * PAD / 72, ax.figure.figure.dpi_scale_trans)
    for text, (x0, x1, y0, y1) in zip(texts, grid.boxes(len(texts)), strict=True):
        label = ax.text((x0 + x1) / 2, y0 if above else y1, text, transform=place, ha="center", va=align)
        label.set(fontsize=grid.points, linespacing=1.1)
        # Its room is in the grid; a layout that measures a thousand texts would take its time.
        label.set_in_layout(False)


def draw_numbers(ax: Axes, numbers: Sequence[tuple[float, float, str]], grid: Grid, *, below: bool) -> None:
    """Write numbers, each at its x and y, below the tiles or at their left, in the cells left free there."""
    width, height = (72 * inches for inches in grid.inches)
    points = min(small(), 0.7 * height / grid.rows, 0.6 * width / grid.columns)
    for x, y, text in numbers:
        number = ax.annotate(text, (x, y), (0, -PAD) if below else (-PAD, 0), textcoords="offset points")
        number.set(ha="center" if below else "right", va="top" if below else "center", fontsize=points)
        number.set_in_layout(False)


def draw_colorbar(
    ax: Axes, drawn: ScalarMappable, label: str = "", *, edge: float = 1.0, ticks: Mapping[float, str] | None = None
) -> Axes:
    """Draw a thin colour bar at the right of `edge`, a share of the axes, as high as they are; return its axes.

    Without `ticks`, numbers with their texts, its ends and zero are named.
    """
    bar = ax.inset_axes((0.1, 0, 0.09, 1), transform=inches_from(ax, edge))
    colorbar = ax.figure.colorbar(drawn, cax=bar)
    low, high = (float(end) for end in drawn.get_clim() if end is not None)
    ends = [low, 0.0, high] if low < 0 < high else [low, high]
    named = ticks or {end: tidy(end) for end in ends}
    colorbar.set_ticks(list(named), labels=list(named.values()), fontsize="small")
    bar.minorticks_off()
    bar.tick_params(length=2)
    colorbar.outline.set_linewidth(0.4)
    if label:
        colorbar.set_label(label, fontsize="small")
    return bar


def draw_title(ax: Axes, text: str) -> None:
    """Write above the picture what it shows, in lines that end with the figure."""
    room = (ax.figure.bbox.x1 - ax.get_window_extent().x0) / whole_figure(ax).dpi
    letters = max(20, int(72 * room / (0.6 * rcParams["font.size"])))
    ax.set_title(textwrap.fill(text, letters), loc="left", fontsize="medium", pad=8)


def caption(ax: Axes, *sentences: str) -> None:
    """Write what the reader must know under the picture, in lines about as wide as it that break between clauses."""
    clauses = "; ".join(sentence for sentence in sentences if sentence)
    if clauses:
        own, high = is_own(ax), 72 * ax.figure.bbox.height / whole_figure(ax).dpi
        for points in (small(), 0.8 * small()):
            letters = max(30 if own else 20, int(72 * axes_inches(ax)[0] / (0.5 * points)))
            lines = in_lines(clauses, letters, "; ")
            if own or (lines.count("\n") + 1) * LINE * points < NOTE_SHARE * high:
                break
        ax.set_xlabel(lines, fontsize=points)


def in_lines(text: str, letters: int, separator: str) -> str:
    """Break a text into lines of so many letters, inside clauses only where these are longer than a line."""
    clauses = text.split(separator)
    whole = [clause.replace(" ", "\N{NO-BREAK SPACE}") if len(clause) < letters else clause for clause in clauses]
    return textwrap.fill(separator.join(whole), letters).replace("\N{NO-BREAK SPACE}", " ")


def volume_note(dimensions: int) -> str:
    """Return what is said of volumes."""
    return "central slices yx, zx, zy" if dimensions == 3 else ""


def colour_note(limit: float | None, channels: str = "inputs 0, 1, 2") -> str:
    """Return what is said of colour kernels, with the end of their scale if they share one."""
    note = f"RGB: {channels}; grey is 0"
    return note if limit is None else f"{note}; full colour is ±{tidy(limit)}"
