"""The picture of a whole model: every convolution on one page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import _check
from .._check import Array, Float64, window_name
from .._kernels import convolutions, layer_name
from . import _layout, _tiles
from ._alt import counted, finish, scale_words
from ._canvas import AnyFigure, Inches, bare, given_axes, new_figure, settled_inches
from ._labels import tidy
from ._layout import LINE, Grid
from ._model_row import Row
from ._sources import Chosen, accepted, chosen
from ._tiles import CMAP, Cmap

ModelScale: TypeAlias = Literal["layer", "shared"]

MOST_LAYERS = 60
WIDTH, TALLEST = 7.4, 10.0  # inches, of a page
ROOMY = 0.85  # inches, of a row at most
HEAD, GAP = 0.24, 0.045  # inches, above all rows and below each
TEXT, CURVE, BANK, COEFFICIENTS = 2.05, 0.55, 0.9, 0.75  # inches, widths of columns; the kernels have the rest
BETWEEN = 0.12  # inches, between columns
READABLE = 1.0  # inches, of the column of texts, where the page has room for it
TILE = 0.28  # inches, about the height of a kernel in a roomy row
WIDE, BOLD = 0.57, 0.66  # of a letter over its height
FEWEST_LETTERS = 5  # of a name
CELL = 0.02  # inches, of a heat map at least
ONE_LINE = 0.26  # inches, below which a row has a single line of text
ENOUGH = 0.95  # of the energy
SHORT = {"kernels, strongest first": ("kernels",), "coefficients": ("coeff.", "a"), "bank": ("b",), "energy": ("E",)}


def model(
    model: Any,
    *,
    layers: Chosen = None,
    scale: ModelScale = "layer",
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw every convolution of a model on one page: for the appendix of a paper.

    A row for each: its name, kind, size and number of weights; its strongest kernels; its bank and its coefficients
    if it is on a bank; and how much of the kernels' energy the best filters for them hold.

    Parameters
    ----------
    model : model or layer
        A Keras model, also with models in it, or a single layer with a kernel.
    layers : int or sequence of int, optional
        How many convolutions to draw, or which, counted from 0 in the order of the model. The default is all, up to
        60; the picture says what is left out.
    scale : {"layer", "shared"}, default "layer"
        One scale of colours for each layer, since deep layers are often much weaker than the first; its end stands
        in the row. Or one for all kernels. Coefficients always have one of their own for each layer.
    cmap : str or Colormap, default "RdBu_r"
        Diverging colours.
    colorbar : bool, default True
        Draw a colour bar.
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
        If the source is neither a model nor a layer with a kernel.
    ValueError
        If there is no convolution, one is not built, or a kernel is not finite.

    See Also
    --------
    kernels : All kernels of a layer or a model.
    coefficients : The coefficients of one layer.
    filterbank.kernel_basis : The best filters for given kernels.

    Notes
    -----
    Of each layer, the kernels from one input to one output with the largest norms are drawn, as many as have room;
    of kernels of three inputs, in colour. Kernels of a single pixel are drawn as a matrix, a row for each input, and so
    are coefficients, a row for each filter; of large matrices the rows and columns with the largest norms are drawn.

    Of separable layers the depthwise kernels are drawn. A front end such as `BankResponse2D` has a bank and no kernels,
    and no row; `filters` draws it.

    The curve is the cumulative sum of the eigenvalues of ``K.T @ K``, largest first, over all of them, with a row of
    `K` for each kernel from one input to one output: the share of the energy that the best `k` filters hold, as
    those of `kernel_basis` do. The dot is where it reaches 95 %.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> import filterbank as fb
    >>> rng = np.random.default_rng(0)
    >>> layers = [
    ...     SimpleNamespace(name="first", kernel_size=7, kernel=rng.standard_normal((7, 7, 3, 16))),
    ...     SimpleNamespace(name="second", kernel_size=3, kernel=rng.standard_normal((3, 3, 16, 32))),
    ... ]
    >>> fig = fb.plot.model(SimpleNamespace(name="small", layers=layers))
    """
    _check.choice("scale", scale, ("layer", "shared"))
    rows, total = _rows(model, layers)
    ax = given_axes(ax, fig)
    given, page = ax is not None, Page.of(rows)
    ax = ax or new_figure((page.inches[0] + 0.1 + 0.75 * colorbar, page.inches[1] + 0.75)).add_subplot()
    bare(ax)
    shared = max(row.limit for row in rows) if scale == "shared" else None
    left_out = f"{len(rows)} of {total} convolutions" * (len(rows) < total)
    weights = sum(row.block.kernels.size for row in rows)
    heading = left_out or counted(total, "convolution")
    _tiles.draw_title(ax, f"{layer_name(model)}: {heading}, {weights:,} weights in kernels")
    notes = _notes(rows, scale)
    _tiles.caption(ax, *notes)
    if colorbar:
        end = 1.0 if shared is None else shared
        drawn = ScalarMappable(Normalize(-end, end), cmap)
        _tiles.draw_colorbar(ax, drawn, "share of the largest" if shared is None else "")
    page = Page.of(rows, settled_inches(ax)) if given else page
    _prepare(ax, page)
    for number, row in enumerate(rows):
        _draw_row(ax, row, page, page.top(number), shared, cmap)
    names = ", ".join(f"{row.block.title} ({row.facts[0]})" for row in rows)
    return finish(
        ax,
        f"{heading} of {layer_name(model)}, a row for each with its strongest kernels: {names}",
        f"{counted(sum(row.bank is not None for row in rows), 'layer')} on a bank",
        *notes,
        "" if shared is None else f"kernels {scale_words(shared)}",
    )


@dataclass(frozen=True)
class Page:
    """Where things are, in inches from the top left corner."""

    inches: Inches
    row: float
    has_banks: bool

    @classmethod
    def of(cls, rows: list[Row], inches: Inches | None = None) -> Page:
        """Plan the page, in the room that there is."""
        height = min(ROOMY, (TALLEST - HEAD) / len(rows)) * len(rows) + HEAD if inches is None else inches[1]
        width = WIDTH if inches is None else inches[0]
        has_banks = any(row.bank is not None for row in rows)
        return cls((width, height), (height - HEAD) / len(rows), has_banks)

    def top(self, number: int) -> float:
        """Return the top of a row."""
        return HEAD + number * self.row

    @property
    def height(self) -> float:
        """Height of what is in a row."""
        return self.row - min(GAP, 0.2 * self.row)

    def columns(self) -> dict[str, tuple[float, float]]:
        """Return left edge and width of each column by its heading; where there is little room, all narrower."""
        share = min(1.0, self.inches[0] / WIDTH)
        text, curve, bank, coefficients = (share * width for width in (TEXT, CURVE, BANK, COEFFICIENTS))
        text = max(text, min(READABLE, 0.4 * self.inches[0]))
        places = {"": (0.0, text), "energy": (self.inches[0] - curve, curve)}
        right = self.inches[0] - curve - 2 * BETWEEN * share
        if self.has_banks:
            places["coefficients"] = (right - coefficients, coefficients)
            places["bank"] = (right - coefficients - bank - 2 * BETWEEN * share, bank)
            right = places["bank"][0] - BETWEEN * share
        else:
            text *= 1.25 if self.row > ONE_LINE else 1.45
            places[""] = (0.0, text)
        left = text + BETWEEN * share
        return {**places, "kernels, strongest first": (left, right - left)}


def _rows(model: Any, layers: Chosen) -> tuple[list[Row], int]:
    """Return the convolutions that are drawn, and of how many."""
    what = "a Keras model, or a layer with a kernel"
    kind = accepted("model", model, what, "model", "layer on a bank", "layer without a bank")
    if kind == "array":
        raise TypeError(f"`model` must be {what}, got {_check.shown(model)}; plot.kernels draws arrays")
    found = list(convolutions(model)) if kind == "model" else [(layer_name(model), model)]
    if not found:
        raise ValueError(f"`model` must have a convolution to draw, got {layer_name(model)!r} without one")
    picked = chosen("layers", layers, len(found), MOST_LAYERS)
    return [Row.of(layer, title) for title, layer in (found[index] for index in picked)], len(found)


def _prepare(ax: Axes, page: Page) -> None:
    ax.set(xlim=(0, page.inches[0]), ylim=(page.inches[1], 0), aspect="equal")
    points = 0.9 * _layout.small()
    for heading, (left, width) in page.columns().items():
        text = ax.text(left, 0.5 * HEAD, _fitting([heading, *SHORT.get(heading, ())], width, points), va="center")
        text.set(fontsize=points, alpha=0.7, in_layout=False)


def _notes(rows: list[Row], scale: ModelScale) -> list[str]:
    volumes = any(row.block.dimensions == 3 for row in rows)
    return [
        "energy (E): its share in the best filters; dot: 95 %",
        "coefficients (a): the strongest filters by kernels, on a scale of their own"
        * any(row.bank is not None for row in rows),
        "kernels of three inputs in colour" * any(row.in_colour for row in rows),
        "kernels of one pixel as a matrix, inputs by outputs" * any(row.is_matrix for row in rows),
        _tiles.volume_note(3) * volumes,
        "each layer on its own scale" * (scale == "layer"),
    ]


def _draw_row(ax: Axes, row: Row, page: Page, top: float, shared: float | None, cmap: Cmap) -> None:
    places = page.columns()
    limit = row.limit if shared is None else shared

    def box(name: str) -> tuple[float, float, float, float]:
        left, width = places[name]
        return left, top, width, page.height

    if row.is_matrix:
        matrix = row.block.kernels.reshape(row.block.kernels.shape[-2:])
        rows, columns = _draw_matrix(ax, matrix / limit, box("kernels, strongest first"), cmap)
        shown = f"{rows}x{columns} of {window_name(matrix.shape)}, " * (rows * columns < matrix.size)
    else:
        tiles = row.tiles() / limit
        count = _draw_tiles(ax, tiles, box("kernels, strongest first"), cmap, rgb=row.in_colour)
        shown = f"{count} of {len(tiles)} kernels, " if count < len(tiles) else f"{counted(count, 'kernel')}, "
        _draw_energies(ax, row.energies(), box("energy"))
    if row.bank is not None and row.coefficients is not None:
        filters = row.bank.filters / _tiles.limit_of(row.bank.filters)
        _draw_tiles(ax, filters, box("bank"), cmap)
        flat = row.coefficients.reshape(len(row.bank), -1)
        _draw_matrix(ax, flat / _tiles.limit_of(flat), box("coefficients"), cmap, fill=True)
    _write(ax, row, f"{shown}±{tidy(row.limit)}", box(""))


def _draw_tiles(
    ax: Axes, tiles: Float64, box: tuple[float, float, float, float], cmap: Cmap, *, rgb: bool = False
) -> int:
    """Draw as many tiles as have room, on a scale from -1 to 1, and return their number."""
    left, top, width, height = box
    shape = _layout.tile_shape(tiles.shape[1:-1] if rgb else tiles.shape[1:])
    lines = max(1, round(height / TILE))
    across = max(1, int(width / (height / lines * (shape.width + shape.gap) / (shape.height + shape.gap)) + 1e-9))
    shown = tiles[: lines * across]
    # Few tiles are larger: those of one line as high as the row.
    columns = across if len(shown) > across else len(shown)
    lines = math.ceil(len(shown) / columns)
    grid = _layout.plan(shape, len(shown), columns=columns, inches=(width, height))
    boxes = _placed(grid, len(shown), left, top)
    norm = Normalize(-1, 1)
    size = shown.shape[1:-1] if rgb else shown.shape[1:]
    if len(size) == 1:
        _tiles.draw_bars(ax, shown, boxes, norm, cmap)
        return len(shown)
    wide, high = grid.inches
    values = _tiles.sheet_of(shown, grid, 1.0, rgb=rgb)
    ax.imshow(values, cmap=cmap, norm=norm, extent=(left, left + wide, top + high, top), interpolation="antialiased")
    _tiles.draw_frames(ax, _tiles.slice_boxes(size, boxes) if len(size) == 3 else boxes)
    return len(shown)


def _placed(grid: Grid, count: int, left: float, top: float) -> Float64:
    """Return the boxes of tiles in inches of the page."""
    wide, high = grid.inches[0] / grid.columns, grid.inches[1] / grid.rows
    boxes: Float64 = grid.boxes(count) * [wide, wide, high, high] + [left, left, top, top]
    return boxes


def _draw_matrix(
    ax: Axes, matrix: Float64, box: tuple[float, float, float, float], cmap: Cmap, *, fill: bool = False
) -> tuple[int, int]:
    """Draw a heat map on a scale from -1 to 1, and return its shape; with `fill`, as large as the box.

    Of a large matrix, the rows and columns with the largest norms are drawn, as many as can be seen.
    """
    left, top, width, height = box
    shown = matrix[_strongest(matrix, int(height / CELL))]
    shown = shown[:, _strongest(shown.T, int(width / CELL))]
    rows, columns = shown.shape
    if not fill:
        cell = min(width / columns, height / rows)
        width, height = cell * columns, cell * rows
    extent = (left, left + width, top + height, top)
    ax.imshow(shown, cmap=cmap, vmin=-1, vmax=1, extent=extent, interpolation="nearest")
    _tiles.draw_frames(ax, np.array([[left, left + width, top, top + height]]))
    return rows, columns


def _strongest(rows: Float64, count: int) -> Array:
    """Return which rows have the largest norms, in their order."""
    return np.sort(np.argsort(-np.linalg.norm(rows, axis=1), kind="stable")[: max(1, count)])


def _draw_energies(ax: Axes, shares: Float64, box: tuple[float, float, float, float]) -> None:
    """Draw the curve of the energy, with a dot where it is enough."""
    left, top, width, height = box
    height = min(height, 0.8 * width)
    x = left + width * np.linspace(0, 1, len(shares))
    y = top + height * (1 - shares)
    ink = rcParams["text.color"]
    axis = [[(left, top), (left, top + height), (left + width, top + height)]]
    ax.add_collection(LineCollection(axis, colors=ink, alpha=0.4, linewidths=0.5))
    ax.add_collection(LineCollection([np.stack([x, y], axis=1)], colors=ink, linewidths=0.8))
    reached = shares >= ENOUGH
    if reached.any():
        first = int(reached.argmax())
        ax.plot(x[first], y[first], marker="o", markersize=2.2, color=ink)


def _write(ax: Axes, row: Row, scale: str, box: tuple[float, float, float, float]) -> None:
    """Write name and facts, in as many lines as there is room for; the scale is the last to be left out."""
    left, top, width, height = box
    size, *made = row.facts
    facts = [[f"{row.kind}, {size}", size], *([fact] for fact in made), [scale, scale.split(", ")[-1]]]
    points = 0.9 * _layout.small()
    room = int(72 * height / LINE / points)
    if height + GAP < ONE_LINE:
        points = min(points, 72 * height / LINE)
        letters, limit = int(72 * width / points / WIDE), facts[-1][-1]
        tails = (f"  {size}, {limit}", f"  {limit}", "")
        tail = next(text for text in tails if not text or letters - len(text) >= FEWEST_LETTERS)
        lines = [_shortened(row.block.title, letters - len(tail)) + tail]
    else:
        kept = facts if room > len(facts) else [*facts[: room - 2], facts[-1]] if room > 1 else []
        versions = [[row.block.title], *kept]
        points = min(points, 72 * height / LINE / len(versions))
        name = _fitting(versions[0], width * WIDE / BOLD, points)
        lines = [name, *(_fitting(line, width, points) for line in versions[1:])]
    weight = "bold" if len(lines) > 1 else "normal"
    ax.text(left, top, lines[0], va="top", fontsize=points, fontweight=weight, in_layout=False)
    if len(lines) > 1:
        below = ax.text(left, top + LINE * points / 72, "\n".join(lines[1:]), va="top", fontsize=points)
        below.set(in_layout=False, linespacing=1.15)


def _fitting(versions: list[str], inches: float, points: float) -> str:
    """Return the first version that is short enough, or what has room of the last."""
    letters = int(72 * inches / points / WIDE)
    return next((text for text in versions if len(text) <= letters), _shortened(versions[-1], letters))


def _shortened(text: str, letters: int) -> str:
    """Leave out the middle of a text that is too long."""
    letters = max(letters, FEWEST_LETTERS)
    if len(text) <= letters:
        return text
    half = (letters - 1) // 2
    return f"{text[:half]}…{text[len(text) - (letters - 1 - half) :]}"
