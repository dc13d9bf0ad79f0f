"""How many small pictures share a pair of axes: a grid of cells, with room for texts and signs.

A cell of the grid is one unit of the axes. Inside a cell everything is in pixels of the sheet, the one image that
all tiles are drawn as.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib import rcParams
from matplotlib.font_manager import font_scalings

from .._check import Array, Float64
from ._canvas import Inches

LARGEST = (10.0, 10.0)  # inches, width and height of a new picture
SMOOTHEST = 20  # pixels of the sheet that the longer side of a tile has at least, so that gaps can be narrow
READABLE = 0.4  # inches, the shorter side of a tile at which a matrix of tiles need not be cut into bands
LABELLED = 0.8  # inches, about the width of a tile with labels
LINE = 1.25  # height of a line of text over its size
PAD = 1.5  # points between a tile and its text


@dataclass(frozen=True)
class Shape:
    """Height and width of a tile and the gap between two, in pixels of the sheet."""

    height: int
    width: int
    gap: int


BARS = Shape(20, 32, 6)  # the tiles of 1-D filters


def tile_shape(size: Sequence[int]) -> Shape:
    """Return the shape of the tiles of filters of that size."""
    if len(size) == 1:
        return BARS
    height, width = volume_tile(size) if len(size) == 3 else size
    enlarged = zoom(height, width)
    height, width = enlarged * height, enlarged * width
    # The slices of a volume must be nearer to each other than to those of the next.
    share = 0.3 if len(size) == 3 else 0.1
    return Shape(height, width, max(1, round(share * min(height, width))))


def zoom(height: int, width: int) -> int:
    """Return how many pixels of the sheet one of the filter takes."""
    return math.ceil(SMOOTHEST / max(height, width))


def slice_places(size: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Return top, left, height and width of the slices yx, zx, zy of a volume in its tile, in its pixels."""
    depth, height, width = size
    shapes = [(height, width), (depth, width), (depth, height)]
    tallest = max(depth, height)
    gap = max(1, round(0.04 * tallest))
    lefts = (0, width + gap, 2 * (width + gap))
    return [((tallest - high) // 2, left, high, wide) for (high, wide), left in zip(shapes, lefts, strict=True)]


def volume_tile(size: Sequence[int]) -> tuple[int, int]:
    """Return height and width of a tile with the three slices of a volume, in its pixels."""
    _, left, _, width = slice_places(size)[-1]
    return max(size[0], size[1]), left + width


@dataclass(frozen=True)
class Bands:
    """A matrix cut into bands, of columns one below the other, or of rows side by side, with a free cell between."""

    rows: int
    columns: int
    down: int = 1
    across: int = 1

    @property
    def height(self) -> int:
        """Number of rows of a band."""
        return math.ceil(self.rows / self.across)

    @property
    def width(self) -> int:
        """Number of columns of a band."""
        return math.ceil(self.columns / self.down)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells that all bands take."""
        return self.down * (self.height + 1) - 1, self.across * (self.width + 1) - 1

    def places(self) -> Array:
        """Return the number of the cell of each entry of the matrix; both are counted row by row."""
        row, column = np.divmod(np.arange(self.rows * self.columns), self.columns)
        y = row % self.height + column // self.width * (self.height + 1)
        x = column % self.width + row // self.height * (self.width + 1)
        cells: Array = y * self.cells[1] + x
        return cells


@dataclass(frozen=True)
class Grid:
    """Rows and columns of cells with a tile in each; margins are in pixels of the sheet."""

    rows: int
    columns: int
    shape: Shape
    left: int
    right: int
    top: int
    bottom: int
    tile: float
    """Width of a tile in inches."""
    points: float
    """Size of the texts at the tiles."""
    bands: Bands | None = None
    """How a matrix of tiles is cut; else they follow each other row by row."""

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width of a cell."""
        return self.top + self.shape.height + self.bottom, self.left + self.shape.width + self.right

    @property
    def aspect(self) -> float:
        """Height over width of a cell."""
        return self.cell[0] / self.cell[1]

    @property
    def inches(self) -> Inches:
        """Width and height of the whole grid."""
        height, width = self.cell
        scale = self.tile / self.shape.width
        return self.columns * width * scale, self.rows * height * scale

    def places(self, count: int) -> Array:
        """Return the numbers of the cells, row by row, that the first `count` tiles are in."""
        return self.bands.places() if self.bands else np.arange(count)

    def boxes(self, count: int) -> Float64:
        """Return where the first `count` tiles are: x0, x1, y0, y1 in units of the axes, `(count, 4)`."""
        row, column = np.divmod(self.places(count), self.columns)
        height, width = self.cell
        x = [column + edge / width for edge in (self.left, self.left + self.shape.width)]
        y = [row + edge / height for edge in (self.top, self.top + self.shape.height)]
        return np.stack([*x, *y], axis=1)


def plan(
    shape: Shape,
    count: int,
    *,
    columns: int | None = None,
    above: Sequence[str] = (),
    below: Sequence[str] = (),
    between: float = 0.0,
    inches: Inches | None = None,
    largest: Inches = LARGEST,
    enlarged: float = 1.0,
) -> Grid:
    """Plan a grid of `count` tiles.

    Each tile gets room for its text `above` and `below`, and at its left for a sign, `between` tile widths.
    `inches` is the width and height that there is; without it the grid becomes a pleasant size, at most `largest`,
    of that shape or up to twice as wide. `enlarged` says how much larger than filters the tiles should be.
    """
    lines = [max((text.count("\n") + 1 for text in texts), default=0) for texts in (above, below)]
    text = sum(lines) * LINE * small() / 72
    left = shape.gap // 2 + round(between * shape.width)
    right = shape.gap - shape.gap // 2
    width, height = left + shape.width + right, shape.height + shape.gap
    wide, high = inches or largest
    if columns is None:
        most = wide / high if inches else 2 * wide / high
        columns = columns_for(count, height / width + text / LABELLED, wide / high, most)
    rows = math.ceil(count / columns)
    tile = shape.width * min(wide / columns / width, max(0.5 * high / rows, high / rows - text) / height)
    if inches is None:
        tile = min(tile, enlarged * pleasant_width(shape, count))
    points = fitting_points(tile * width / shape.width, [*above, *below])
    rooms = [math.ceil((LINE * points * number + PAD * bool(number)) / 72 / tile * shape.width) for number in lines]
    top, bottom = rooms[0] + shape.gap // 2, rooms[1] + right
    return Grid(rows, columns, shape, left, right, top, bottom, tile, points)


def plan_matrix(
    shape: Shape, rows: int, columns: int, *, inches: Inches | None = None, largest: Inches = LARGEST
) -> Grid:
    """Plan a grid for a matrix of tiles, cut into the fewest bands at which they are readable or nearly the largest."""
    cuts = [Bands(rows, columns, down=number) for number in range(1, columns + 1)]
    cuts += [Bands(rows, columns, across=number) for number in range(2, rows + 1)]
    grids = [
        replace(plan(shape, math.prod(cut.cells), columns=cut.cells[1], inches=inches, largest=largest), bands=cut)
        for cut in cuts
    ]
    readable = READABLE * max(1.0, shape.width / shape.height)
    enough = min(readable, 0.8 * max(grid.tile for grid in grids))
    fitting = [(cut.down * cut.across, grid) for cut, grid in zip(cuts, grids, strict=True) if grid.tile >= enough]
    return min(fitting, key=lambda found: found[0])[1]


def pleasant_width(shape: Shape, count: int) -> float:
    """Return how wide tiles should be at most, in inches: large when they are few."""
    return max(0.7, 2.4 / math.pow(count, 0.4)) * math.sqrt(max(1.0, shape.width / shape.height))


def columns_for(count: int, aspect: float, low: float, high: float) -> int:
    """Return how many columns suit cells of that height over width.

    There should be few empty cells, and the grid's width over its height should lie between `low` and `high`.
    """

    def cost(columns: int) -> float:
        rows = math.ceil(count / columns)
        shape = columns / (rows * aspect)
        missed = abs(math.log(shape / min(max(shape, low), high)))
        return 1.5 * (rows * columns - count) / count + 0.5 * missed

    return min(range(1, min(count, 200) + 1), key=cost)


def fitting_points(inches: float, texts: Sequence[str]) -> float:
    """Return the size at which the longest line fits into that many inches, at most the small one."""
    plain = (re.sub(r"[$_{}\\^]", "", line) for text in texts for line in text.split("\n"))
    longest = max((len(line) for line in plain), default=0)
    return min(small(), 72 * inches / (0.6 * longest)) if longest else small()


def small() -> float:
    """Return the size of small text in points."""
    return float(rcParams["font.size"]) * font_scalings["small"]


def few(count: int) -> Array:
    """Return at most nine of the places 0 to `count - 1`, evenly from 0."""
    step = 1
    while count > 9 * step:
        step *= 2
    return np.arange(0, count, step)
