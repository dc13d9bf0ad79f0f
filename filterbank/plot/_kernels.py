"""The picture of learned kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from .. import _check
from .._check import Array, Float64, window_name
from . import _layout, _tiles
from ._alt import counted, finish, scale_words
from ._canvas import AnyFigure, Inches, axes_inches, checked_figure, given_axes, new_figure, whole_figure
from ._layout import Grid
from ._sources import Block, Chosen, blocks, chosen
from ._tiles import CMAP, Cmap

KernelScale: TypeAlias = Literal["shared", "layer", "each"]

MOST = (64, 64)  # inputs and outputs of one layer
MOST_OF_MODEL = (8, 32)
LARGEST_BLOCK = (8.0, 2.6)  # inches, of one layer of a model
MOST_TILES = 1024  # of kernels that follow each other


def kernels(
    source: Any,
    *,
    inputs: Chosen = None,
    outputs: Chosen = None,
    rgb: bool | None = None,
    scale: KernelScale = "shared",
    limit: float | None = None,
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw the kernels of a layer, of all convolutions of a model, or of an array.

    Parameters
    ----------
    source : layer, model or array_like
        A Keras layer with a kernel, a model (also with models in it; one block for each convolution, under the
        name of its layer), or kernels `(*size, in, out)`, one- to three-dimensional.
    inputs, outputs : int or sequence of int, optional
        How many, or which, input and output channels to draw. The default is all, up to 64 inputs and 64 outputs (8
        and 32 of each layer of a model), or 1024 kernels of one input or in colour; the title says what is left out.
    rgb : bool, optional
        Draw kernels of three inputs in colour. The default does when there are exactly three; False draws a tile
        for each input.
    scale : {"shared", "layer", "each"}, default "shared"
        One scale for the whole picture, one for each layer, or one for each tile, all symmetric about zero. The
        picture says so if it is not shared.
    limit : float, optional
        The magnitude at which the shared scale ends, in the unit of the kernels. The default is the largest one.
    cmap : str or Colormap, default "RdBu_r"
        Diverging colours.
    colorbar : bool, default True
        Draw a colour bar.
    ax : Axes, optional
        Draw in these axes: a single layer.
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
        If the source is none of those.
    ValueError
        If a kernel is not finite, a layer is not built, a model has no convolution, or several layers should go
        into one `ax`.

    See Also
    --------
    coefficients : The trainable weights behind the kernels.
    decomposition : One kernel as a sum of filters.

    Notes
    -----
    With several inputs and outputs, rows are inputs and columns outputs; where many of one and few of the other
    would make tiles too small to read, the matrix goes on below or beside. Otherwise, and in colour, the tiles
    follow each other row by row. Colour kernels are drawn as ``0.5 + 0.5 * W / limit``. Layers of one model
    often differ much in scale: ``scale="layer"`` then shows more.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> weights = np.random.default_rng(0).standard_normal((10, 3, 16))
    >>> fig = fb.plot.kernels(fb.compose(weights, fb.dct(11, n=10)))
    """
    _check.choice("scale", scale, ("shared", "layer", "each"))
    found = blocks(source)
    if ax is not None and len(found) > 1:
        raise ValueError(f"`ax` holds one layer, got a model with {len(found)} convolutions; pass `fig` instead")
    most = MOST if len(found) == 1 else MOST_OF_MODEL
    panels = [Panel.of(block, inputs, outputs, most, rgb) for block in found]
    limits = _limits(panels, scale, limit)
    plain = [number for number, panel in enumerate(panels) if not panel.rgb] * colorbar
    axes, grids = _places(panels, ax, fig, colorbar=bool(plain))
    note = _scale_note(scale, len(panels))
    drawn = [
        panel.draw(place, grid, end, cmap, scale, note)
        for panel, place, grid, end in zip(panels, axes, grids, limits, strict=True)
    ]
    _align(axes, grids)
    for number in plain if scale == "layer" else plain[:1]:
        label = "share of the largest" * (scale == "each")
        share = grids[number].columns / axes[number].get_xlim()[1]
        _tiles.draw_colorbar(axes[number], drawn[number], label, edge=share)
    for place, panel, end in zip(axes, panels, limits, strict=True):
        finish(place, panel.words(end, scale), _tiles.volume_note(panel.block.dimensions))
    return whole_figure(axes[0])


@dataclass(frozen=True)
class Panel:
    """The tiles of one layer, and which channels they are."""

    block: Block
    tiles: Float64
    rgb: bool
    inputs: Array
    outputs: Array

    @classmethod
    def of(cls, block: Block, inputs: Chosen, outputs: Chosen, most: tuple[int, int], rgb: bool | None) -> Panel:
        """Choose the channels and turn the kernels into tiles."""
        count_in, count_out = block.kernels.shape[-2:]
        in_colour = _in_colour(block, inputs, rgb)
        follow = in_colour or 1 in (count_in, count_out)
        most_in, most_out = (MOST_TILES, MOST_TILES) if follow else most
        ins = chosen("inputs", inputs, count_in, most_in)
        outs = chosen("outputs", outputs, count_out, most_out)
        kept = np.moveaxis(block.kernels[..., ins, :][..., outs], (-2, -1), (0, 1))
        tiles = np.moveaxis(kept, 0, -1) if in_colour else kept.reshape(-1, *kept.shape[2:])
        return cls(block, tiles, in_colour, ins, outs)

    @property
    def is_matrix(self) -> bool:
        """Whether rows are inputs and columns outputs."""
        return not self.rgb and min(len(self.inputs), len(self.outputs)) > 1

    @property
    def title(self) -> str:
        """The layer's name, and how much of it is left out."""
        count_in, count_out = self.block.kernels.shape[-2:]
        outs, ins = len(self.outputs), len(self.inputs)
        parts = [f"{outs} of {count_out} {self.block.outputs}s"] * (outs < count_out)
        note = ", ".join(parts + [f"{ins} of {count_in} inputs"] * (ins < count_in))
        return f"{self.block.title} ({note})" if self.block.title and note else self.block.title or note

    def words(self, limit: float, scale: KernelScale) -> str:
        """Say what the tiles show."""
        count_in, count_out = self.block.kernels.shape[-2:]
        name = f" of the layer {self.block.title}" if self.block.title else ""
        how = scale_words(limit, scale, rgb=self.rgb, values=self.tiles)
        size = window_name(self.block.kernels.shape[:-2])
        total = f"out of {counted(count_in, self.block.inputs)} by {counted(count_out, self.block.outputs)}"
        return f"{counted(len(self.tiles), f'{size} kernel')}{name}, {total}, {how}"

    @property
    def around(self) -> float:
        """Height of the texts above and below, about, in inches."""
        return 0.3 * bool(self.title) + 0.45 * self.is_matrix + 0.3 * self.rgb

    def plan(self, inches: Inches | None = None, largest: Inches = _layout.LARGEST) -> Grid:
        """Plan the grid."""
        shape = _layout.tile_shape(self.block.kernels.shape[:-2])
        if self.is_matrix:
            return _layout.plan_matrix(shape, len(self.inputs), len(self.outputs), inches=inches, largest=largest)
        return _layout.plan(shape, len(self.tiles), inches=inches, largest=largest)

    def draw(self, ax: Axes, grid: Grid, limit: float, cmap: Cmap, scale: KernelScale, note: str) -> ScalarMappable:
        """Draw the tiles, the title and what must be known."""
        values = _tiles.scaled(self.tiles, "each" if scale == "each" else "shared")
        drawn = _tiles.draw_tiles(ax, values, grid, limit, cmap, rgb=self.rgb)
        if self.title:
            _tiles.draw_title(ax, self.title)
        if grid.bands:
            self._name_channels(ax, grid, grid.bands)
        colours = _tiles.colour_note(None if scale == "each" else limit) if self.rgb else ""
        columns = self.block.outputs * self.is_matrix
        _tiles.caption(ax, columns, _tiles.volume_note(self.block.dimensions), colours, note)
        return drawn

    def _name_channels(self, ax: Axes, grid: Grid, bands: _layout.Bands) -> None:
        """Number the rows and columns of every band: at the edges by ticks, between bands in the cells left free."""
        below, beside = [], []
        for down, across in np.ndindex(bands.down, bands.across):
            top, left = down * (bands.height + 1), across * (bands.width + 1)
            outs = self.outputs[down * bands.width :][: bands.width]
            ins = self.inputs[across * bands.height :][: bands.height]
            below += [
                (left + column + 0.5, top + bands.height, str(outs[column]))
                for column in _layout.few(bands.width)
                if column < len(outs)
            ]
            beside += [(left, top + row + 0.5, str(ins[row])) for row in _layout.few(bands.height) if row < len(ins)]
        x_ticks = {x: text for x, y, text in below if y == grid.rows}
        y_ticks = {y: text for x, y, text in beside if x == 0}
        ax.set_xticks(list(x_ticks), labels=list(x_ticks.values()), fontsize="small")
        ax.set_yticks(list(y_ticks), labels=list(y_ticks.values()), fontsize="small")
        _tiles.draw_numbers(ax, [one for one in below if one[1] < grid.rows], grid, below=True)
        _tiles.draw_numbers(ax, [one for one in beside if one[0] > 0], grid, below=False)
        ax.set_ylabel(self.block.inputs, fontsize="small")


def _in_colour(block: Block, inputs: Chosen, rgb: bool | None) -> bool:
    possible = block.kernels.shape[-2] == 3 and block.dimensions > 1 and inputs is None
    if rgb and not possible:
        raise ValueError(
            f"`rgb` needs kernels of two or three dimensions with exactly 3 inputs, all drawn, got shape "
            f"{block.kernels.shape}; drop rgb=True"
        )
    return possible and block.mixes_inputs if rgb is None else rgb


def _scale_note(scale: KernelScale, layers: int) -> str:
    if scale == "each":
        return "each kernel on its own scale"
    return "each layer on its own scale" if scale == "layer" and layers > 1 else ""


def _limits(panels: list[Panel], scale: KernelScale, limit: float | None) -> list[float]:
    """Return where the colours of each panel end."""
    peaks = np.array([np.abs(panel.tiles).max() for panel in panels])
    if scale == "shared":
        return [_tiles.end_of(peaks, limit, "shared")] * len(panels)
    each = _tiles.end_of(peaks, limit, "each")
    return [each] * len(panels) if scale == "each" else [float(peak) or 1.0 for peak in peaks]


def _places(
    panels: list[Panel], ax: Axes | None, fig: AnyFigure | None, *, colorbar: bool
) -> tuple[list[Axes], list[Grid]]:
    """Return the axes of each panel, one below the other, and its grid."""
    if len(panels) == 1 and (placed := given_axes(ax, fig)) is not None:
        return [placed], [panels[0].plan(inches=axes_inches(placed))]
    largest = _layout.LARGEST if len(panels) == 1 else LARGEST_BLOCK
    grids = [panel.plan(largest=largest) for panel in panels]
    heights = [grid.inches[1] for grid in grids]
    if fig is None:
        width = max(2.0, *(grid.inches[0] for grid in grids)) + 0.3 + 0.65 * colorbar
        fig = new_figure((width, sum(heights) + sum(panel.around for panel in panels) + 0.1))
    rows = checked_figure(fig).subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
    return list(rows[:, 0]), grids


def _align(axes: list[Axes], grids: list[Grid]) -> None:
    """Make all axes as wide as the widest grid, so that one below the other they stay at the left and in scale."""
    widest = max(grid.inches[0] for grid in grids)
    for place, grid in zip(axes, grids, strict=True):
        place.set_xlim(0, grid.columns * widest / grid.inches[0])
        if len(axes) > 1:
            place.set_xlabel(place.get_xlabel(), loc="left")
