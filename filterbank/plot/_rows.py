"""The rows of a heat map: the filters drawn beside them, and their names."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes

from .._bank import FilterBank
from . import _layout, _tiles
from ._canvas import axes_inches, inches_from, settled_inches
from ._labels import Labels, filter_labels
from ._layout import LINE
from ._tiles import Cmap

SMALLEST_TILE = 0.09  # inches
SPARE = 1.5  # times the width of the filters, of which they have room
MOST_SHARE = 0.33  # of the width of the axes, that room at most
SMALLEST_TEXT = 4.5  # points; where rows are lower, only some are named


def row_texts(labels: Labels, bank: FilterBank | None, count: int) -> list[str]:
    """Return a line for each of so many rows: from columns of the bank, or the given ones."""
    if labels is None:
        return []
    texts, _ = filter_labels(labels, bank or FilterBank(np.zeros((count, 1))))
    return [text.replace("\n", ", ") for text in texts]


def name_rows(
    ax: Axes, bank: FilterBank | None, texts: list[str], count: int, cmap: Cmap, *, square: bool = False
) -> None:
    """Draw the filters beside their rows, and name them; a matrix that is `square` may be lower than the axes."""
    room = [min(sides) for sides in zip(axes_inches(ax), settled_inches(ax), strict=True)]
    row = (min(room) if square else room[1]) / count
    if bank is not None and row >= SMALLEST_TILE:
        beside = _draw_filters(ax, bank, row, room[0], cmap)
        places = np.arange(count) + 0.5
        ax.set_yticks([])
    elif texts:
        beside, places = ax, np.arange(count, dtype=np.float64)
    else:
        ax.set_yticks(_layout.few(count))
        ax.set_ylabel("filter", fontsize="small")
        return
    points = 72 * row / LINE
    step = max(1, math.ceil(SMALLEST_TEXT / points))
    names = texts or [str(index) for index in range(count)]
    beside.set_yticks(places[::step], labels=names[::step], fontsize=min(_layout.small(), step * points))


def _draw_filters(ax: Axes, bank: FilterBank, row: float, room: float, cmap: Cmap) -> Axes:
    """Draw the filters in a column at the left of the rows, as high as these, and return its axes."""
    grid = _layout.plan(_layout.tile_shape(bank.size), len(bank), columns=1)
    height, width = grid.cell
    if (spare := math.ceil(row * width * SPARE / (MOST_SHARE * room)) - height) > 0:
        grid = replace(grid, top=grid.top + spare // 2, bottom=grid.bottom + spare - spare // 2)
    # With some width to spare the height decides the scale, so that tiles and rows stay in line.
    inches = SPARE * row / grid.aspect
    column = ax.inset_axes((-inches - 0.02, 0, inches, 1), transform=inches_from(ax, 0))
    _tiles.draw_tiles(column, bank.filters, grid, _tiles.limit_of(bank.filters), cmap)
    column.set_anchor("E")
    return column
