"""The picture of what filters do to every frequency."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from .. import _check
from .._bank import FilterBank
from .._check import Float64
from . import _layout, _tiles
from ._alt import bank_words, finish
from ._canvas import AnyFigure, axes_inches, bare, given_axes
from ._frequencies import half_spectra, magnitudes, odd_grid, pixel_name
from ._labels import Labels, filter_labels, tidy
from ._layout import Grid
from ._sources import source_bank
from ._spectrum_lines import Style, draw_contours, draw_polar
from ._tiles import Cmap, Scale

CMAP = "viridis"
MOST_SAMPLES = 4_000_000  # of all tiles together
SIDES = (33, 243)  # the fewest and the most samples along an axis of a tile
NUMBERED = 0.5  # inches, the width of a tile from which on its axes have numbers


def spectrum(
    source: Any,
    *,
    kind: Literal["filters", "contours", "polar"] = "filters",
    level: float = 0.5,
    color: Literal["orientation", "frequency"] | None = None,
    labels: Labels = None,
    columns: int | None = None,
    scale: Scale = "shared",
    cmap: Cmap | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    r"""Draw how much of every frequency the filters pass.

    Parameters
    ----------
    source : FilterBank, layer or array_like
        The filters, `(n, *size)`, of one to three dimensions. Of a layer on a bank, its bank; of any other layer, its
        kernels, each of an input and an output.
    kind : {"filters", "contours", "polar"}, default "filters"
        The magnitude of each filter's frequency response in a tile of its own; the lines at which it has fallen to
        `level` of its peak, of all filters in one plane; or, of 2-D filters, the magnitude around the circle of its
        peak frequency, which shows how sharply the filters are tuned to orientation.
    level : float, default 0.5
        Where contours lie, as a share of each filter's largest magnitude.
    color : {"orientation", "frequency"}, optional
        By what the contours and polar curves are coloured. The default is the orientation if any filter has one.
    labels : str or sequence, optional
        What to write under each tile, or at each filter's peak: as in `filters`.
    columns : int, optional
        How many tiles in a row.
    scale : {"shared", "each"}, default "shared"
        One scale of magnitudes for all filters, or for each its own; the picture says so then. Contours always lie at
        a share of each filter's own peak.
    cmap : str or Colormap, optional
        Sequential colours of magnitudes, by default "viridis", or the colours of lines, cyclic for orientations.
    colorbar : bool, default True
        Draw a colour bar where colours have a meaning.
    ax : Axes, optional
        Draw in these axes; polar ones for ``kind="polar"``.
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
        If the source is none of those, or `ax` or `fig` are something else.
    ValueError
        If a filter is not finite, `level` is not above 0 and at most 1, `columns` are given to a kind without tiles,
        or polar curves are asked of filters that are not 2-D, or in axes that are not polar.

    See Also
    --------
    coverage : All filters together.
    tuning : The peaks, and how wide they are.
    filterbank.analysis.frequency_response : The numbers.

    Notes
    -----
    Zero frequency is in the middle; frequencies reach from -0.5 to 0.5 cycles per pixel, in y downwards, as images
    are drawn. Spectra of real filters are symmetric about the middle, of which 1-D filters show one half. They are
    Fourier transforms

    .. math:: \hat b_i(f) = \sum_x b_i(x) e^{-2 \pi i f x}

    on grids much finer than the filter's pixels, by zero padding. Of 3-D filters, tiles are the three slices of the
    spectrum through zero frequency; contours are the outlines of the volume within, seen along the axis z, y, or x, so
    that none is missed. Filters for which the circle through the peak nowhere falls to half count as without
    orientation, and those are drawn in the colour of text. Half the peak amplitude is what the bandwidths of
    `filterbank.analysis.tuning` mean.

    References
    ----------
    B. S. Manjunath and W. Y. Ma, "Texture features for browsing and retrieval of image data", IEEE Trans. Pattern
    Anal. Mach. Intell. 18 (1996), 837-842, whose Figure 1 draws a bank by such contours.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.gabor(15)
    >>> fig = fb.plot.spectrum(bank)
    >>> fig = fb.plot.spectrum(bank, kind="contours", color="frequency")
    """
    _check.choice("kind", kind, ("filters", "contours", "polar"))
    _check.choice("color", color, (None, "orientation", "frequency"))
    _check.choice("scale", scale, ("shared", "each"))
    share = _check.number("level", level, above=0, at_most=1)
    bank = source_bank(source)
    texts, heading = filter_labels(labels, bank)
    style = Style(color, texts, heading, scale, cmap, colorbar)
    if kind != "filters" and columns is not None:
        raise ValueError(f"`columns` arranges the tiles of kind='filters', got {columns!r} with {kind=}; drop it")
    if kind == "polar":
        return draw_polar(bank, style, ax, fig)
    if kind == "contours":
        return draw_contours(bank, share, style, given_axes(ax, fig))
    columns = None if columns is None else _check.integer("columns", columns, at_least=1)
    return _draw_filters(bank, columns and min(columns, len(bank)), style, given_axes(ax, fig))


def _draw_filters(bank: FilterBank, columns: int | None, style: Style, ax: Axes | None) -> Figure:
    values = _tiles.scaled(_responses(bank), style.scale)
    end = _tiles.end_of(values, None, style.scale)
    shape = _layout.tile_shape(odd_grid(bank.size, _samples(bank)))
    inches = axes_inches(ax) if ax else None
    grid = _layout.plan(shape, len(bank), columns=columns, below=style.texts, inches=inches)
    colorbar = style.colorbar and bank.ndim > 1
    ax = ax or _tiles.new_axes(grid, colorbar=colorbar, caption=True, title=True)
    each = "share of the largest" * (style.scale == "each")
    if bank.ndim == 1:
        _draw_curves(ax, values, grid, end)
    else:
        tiles = values if bank.ndim == 2 else _tiles.in_a_row(list(np.moveaxis(values, 1, 0)), values.shape[-1:] * 3)
        drawn = _tiles.draw_tiles(ax, tiles, grid, end, style.cmap or CMAP, signed=False)
        if colorbar:
            _tiles.draw_colorbar(ax, drawn, each or "magnitude")
    _tiles.draw_labels(ax, style.texts, grid)
    _number(ax, grid, bank.ndim, end)
    notes = [*_notes(bank.ndim), style.heading, "each filter on its own scale" * (style.scale == "each")]
    _tiles.caption(ax, *notes)
    highest = "each on its own scale" if each else f"on one scale from 0 to {tidy(end)}"
    what = f"magnitude of the frequency response of {bank_words(bank)}, one tile each, {highest}"
    return finish(ax, what, _notes(bank.ndim)[0])


def _responses(bank: FilterBank) -> Float64:
    """Return the magnitudes, `(n, samples)` from zero frequency up in 1-D, `(n, samples, samples)` in 2-D.

    In 3-D they are `(n, 3, samples, samples)`, of the slices yx, zx and zy through zero frequency: the spectra of the
    sums along the axes that they leave out.
    """
    grid = odd_grid(bank.size, _samples(bank))
    if bank.ndim == 3:
        return np.stack([magnitudes(bank.filters.sum(axis=axis), grid[:2]) for axis in (1, 2, 3)], axis=1)
    return magnitudes(bank.filters, grid) if bank.ndim == 2 else half_spectra(bank.filters, grid[0])


def _samples(bank: FilterBank) -> int:
    fewest, most = SIDES
    return int(np.clip(math.sqrt(MOST_SAMPLES / len(bank) / max(1, bank.ndim)), fewest, most))


def _draw_curves(ax: Axes, values: Float64, grid: Grid, limit: float) -> None:
    """Draw the magnitudes of 1-D filters as curves above the floors of their tiles."""
    bare(ax)
    x0, x1, y0, y1 = (side[:, None] for side in grid.boxes(len(values)).T)
    across = np.broadcast_to(x0 + (x1 - x0) * np.linspace(0, 1, values.shape[1]), values.shape)
    curves = np.stack([across, y1 - (y1 - y0) * values / limit], axis=-1)
    ends = np.stack([np.hstack([x1, x0]), np.hstack([y1, y1])], axis=-1)
    colour = rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])[0]
    ax.add_collection(PolyCollection(list(np.hstack([curves, ends])), facecolors=colour, alpha=0.25, linewidths=0))
    ax.add_collection(LineCollection(list(curves), colors=colour, linewidths=1.0))
    ax.add_collection(LineCollection(list(ends), colors=rcParams["text.color"], alpha=0.4, linewidths=0.5))
    ax.set(xlim=(0, grid.columns), ylim=(grid.rows, 0))
    ax.set_aspect(grid.aspect)


def _number(ax: Axes, grid: Grid, dimensions: int, limit: float) -> None:
    """Number the axes of the first tile, where there is room: those of all others are the same."""
    if grid.tile < NUMBERED or dimensions == 3:
        return
    x0, x1, y0, y1 = grid.boxes(1)[0]
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=1, labelsize=0.85 * _layout.small())
    if dimensions == 1:
        ax.set_xticks([x0, x1], labels=["0", "0.5"])
        ax.set_yticks([y1, y0], labels=["0", tidy(limit)])
    else:
        ax.set_xticks([x0, (x0 + x1) / 2, x1], labels=[tidy(-0.5), "0", "0.5"])
        ax.set_yticks([y0, (y0 + y1) / 2, y1], labels=[tidy(-0.5), "0", "0.5"])


def _notes(dimensions: int) -> list[str]:
    unit = f"cycles per {pixel_name(dimensions)}"
    if dimensions == 1:
        return [f"magnitude at frequencies from 0 to 0.5 {unit}"]
    whole = f"frequencies from {tidy(-0.5)} to 0.5 {unit}, zero in the middle"
    if dimensions == 2:
        return [f"{whole}; x to the right, y downwards"]
    return [whole, "slices yx, zx, zy through zero frequency: the first downwards, the second to the right"]
