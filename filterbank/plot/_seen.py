"""The image that a bank looks at: what its filters see of it, and how it is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import rcParams
from matplotlib.axes import Axes

from .._apply import apply
from .._check import Float64, window_words
from .._kernels import as_array, as_float64
from . import _layout, _tiles
from ._canvas import axes_inches, bare
from ._layout import Grid, Shape

LUMINANCE = np.array([0.2125, 0.7154, 0.0721])  # ITU-R BT.709, as skimage.color.rgb2gray
DETAIL = 200  # pixels of the sheet for each inch of a tile; more would only make the figure large
ENLARGED = 1.5  # of the tiles of images over those of filters
CURVES = Shape(20, 80, 8)  # the tiles of signals
BYTE = 255.0
AT_ONCE = 8  # responses in memory
BESIDE = 0.3  # of such a tile, the room at its left


@dataclass(frozen=True)
class Seen:
    """An image, a signal or a volume."""

    grey: Float64
    """What the filters see."""
    colours: Float64 | None = None
    """What is drawn of a colour image, from 0 to 1."""

    @classmethod
    def of(cls, image: npt.ArrayLike, dimensions: int) -> Seen:
        """Read an image for filters of so many dimensions."""
        values = as_float64("image", image)
        in_colour = dimensions == 2 and values.ndim == 3 and values.shape[-1] in (3, 4)
        if (values.ndim != dimensions and not in_colour) or not values.size:
            colour = ", or of colours (height, width, 3)" * (dimensions == 2)
            raise ValueError(
                f"`image` must have {dimensions} dimensions like the filters{colour}, got shape {values.shape}; draw "
                f"one channel of one image at a time"
            )
        if not in_colour:
            return cls(values)
        values = values[..., :3]
        white = _white(as_array(image).dtype, float(values.max()))
        return cls(values @ LUMINANCE, np.clip(values / white, 0, 1))

    @property
    def kind(self) -> str:
        """What it is called."""
        return {1: "signal", 2: "image", 3: "volume"}[self.grey.ndim]

    @property
    def note(self) -> str:
        """What must be said under the picture."""
        return "responses to the luminance" if self.colours is not None else _tiles.volume_note(self.grey.ndim)

    @property
    def words(self) -> str:
        """What it is, with its size."""
        colour = " in colour, seen by its luminance" * (self.colours is not None)
        return f"{'an' if self.kind == 'image' else 'a'} {self.kind} of {window_words(self.grey.shape)}{colour}"

    def block_words(self, block: int) -> str:
        """Say how large a block is."""
        return f"{block} samples" if self.grey.ndim == 1 else f"{block}x{block}"

    def plan(
        self, count: int, columns: int | None, texts: Sequence[str] = (), ax: Axes | None = None
    ) -> tuple[Grid, int]:
        """Plan a grid of `count` tiles that show it, and by which blocks of pixels it fits into them."""
        inches = axes_inches(ax) if ax else None
        flat = self.grey.ndim == 1
        wanted = min(columns, count) if columns else None

        def planned(size: Sequence[int]) -> Grid:
            shape = CURVES if flat else _layout.tile_shape(size)
            between, enlarged = BESIDE * flat, 1.0 if flat else ENLARGED
            return _layout.plan(
                shape, count, columns=wanted, below=texts, between=between, inches=inches, enlarged=enlarged
            )

        grid = planned(self.grey.shape)
        # Volumes are drawn as slices, pixel by pixel: they are small.
        block = 1 if self.grey.ndim == 3 else max(1, math.ceil(self.grey.shape[-1] / (DETAIL * grid.tile)))
        return planned([math.ceil(side / block) for side in self.grey.shape]), block

    def draw(self, ax: Axes, grid: Grid, block: int) -> None:
        """Draw it in the first tile, from its least to its largest value, and make the axes those of the grid."""
        bare(ax)
        ax.set(xlim=(0, grid.columns), ylim=(grid.rows, 0))
        ax.set_aspect(grid.aspect)
        x0, x1, y0, y1 = grid.boxes(1)[0]
        low, high = float(self.grey.min()), float(self.grey.max())
        if self.grey.ndim == 1:
            shown = _tiles.means(self.grey[None], block)[0]
            share = (shown - low) / (high - low) if high > low else np.full(shown.shape, 0.5)
            x = x0 + (x1 - x0) * (np.arange(len(shown)) + 0.5) / len(shown)
            ax.plot(x, y1 - (y1 - y0) * share, color=rcParams["text.color"], linewidth=0.8)
            return
        shown = self.grey if self.colours is None else self.colours
        shown = (_tiles.planes(shown[None]) if self.grey.ndim == 3 else _tiles.means(shown[None], block))[0]
        extent = (x0, x1, y1, y0)
        ax.imshow(
            shown, cmap="gray", vmin=low, vmax=high, extent=extent, aspect=grid.aspect, interpolation="antialiased"
        )


def each_response(image: Float64, filters: Float64, mode: str) -> Iterator[Float64]:
    """Yield the response to each filter; some are computed together, which costs less, but not all, for the memory."""
    for start in range(0, len(filters), AT_ONCE):
        yield from apply(image, filters[start : start + AT_ONCE], mode)


def _white(kind: np.dtype[Any], largest: float) -> float:
    """Return what white is in a colour image of numbers of that kind.

    Only the types of image files are filled by their images. Other integers are mostly bytes that were cast, or came
    as lists. Real numbers go from 0 to 1, or as far as they do: somewhat above 1 after a sharpening.
    """
    if kind in (np.uint8, np.uint16):
        return float(np.iinfo(kind).max)
    if kind.kind in "iu" and 1 < largest <= BYTE:
        return BYTE
    return max(1.0, largest)
