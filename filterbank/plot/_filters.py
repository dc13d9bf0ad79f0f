"""The picture of a bank."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import _check
from . import _layout, _tiles
from ._alt import bank_words, finish, scale_words
from ._canvas import AnyFigure, axes_inches, given_axes
from ._labels import Labels, filter_labels
from ._sources import bank_of
from ._tiles import CMAP, Cmap, Scale


def filters(
    bank: Any,
    *,
    labels: Labels = None,
    columns: int | None = None,
    scale: Scale = "shared",
    limit: float | None = None,
    cmap: Cmap = CMAP,
    rgb: bool = False,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw the filters of a bank, one tile each, row by row.

    Parameters
    ----------
    bank : FilterBank, layer or array_like
        The filters, `(n, width)` (drawn as bars), `(n, height, width)` (as images) or
        `(n, depth, height, width)` (as the three slices through the centre). Of a layer on a bank, its bank.
    labels : str or sequence, optional
        What to write under each filter: the name of one of the bank's columns or several ("index" counts them),
        or one text for each filter. Angles are written in degrees.
    columns : int, optional
        How many tiles in a row. The default makes a sheet somewhat wider than high.
    scale : {"shared", "each"}, default "shared"
        One scale for all filters, symmetric about zero, or for each its own. The picture says so if each has its
        own.
    limit : float, optional
        The magnitude at which the shared scale ends, in the unit of the filters, for several pictures on one
        scale. The default is the largest magnitude.
    cmap : str or Colormap, default "RdBu_r"
        Diverging colours.
    rgb : bool, default False
        Draw filters `(n, height, width, 3)` in colour, such as those of `filterbank.pca` of moments with
        ``channels="stack"``: their last axis is red, green and blue, and zero is grey.
    colorbar : bool, default True
        Draw a colour bar; not with filters in colour.
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
        If the source is none of those, the filters are not real numbers, or `ax` or `fig` are something else.
    ValueError
        If a filter is not finite, the labels are neither columns nor one for each filter, or the last axis is not of
        three colours where `rgb` is asked.

    See Also
    --------
    kernels : The kernels of a layer or a model.

    Examples
    --------
    >>> import filterbank as fb
    >>> fig = fb.plot.filters(fb.gabor(11), labels=["frequency", "orientation"])
    """
    bank = bank_of("bank", bank)
    if _check.flag("rgb", rgb) and not (bank.ndim == 3 and bank.size[-1] == 3):
        raise ValueError(f"`rgb` needs filters (n, height, width, 3), got shape {bank.shape}; drop rgb=True")
    size = bank.size[:-1] if rgb else bank.size
    colorbar = colorbar and not rgb
    texts, heading = filter_labels(labels, bank)
    values = _tiles.scaled(bank.filters, scale)
    end = _tiles.end_of(values, limit, scale)
    columns = None if columns is None else _check.integer("columns", columns, at_least=1)
    colours = _tiles.colour_note(None if scale == "each" else end, "the last axis") if rgb else ""
    notes = (heading, _tiles.volume_note(len(size)), colours, "each filter on its own scale" * (scale == "each"))

    ax = given_axes(ax, fig)
    grid = _layout.plan(
        _layout.tile_shape(size),
        len(bank),
        columns=columns and min(columns, len(bank)),
        below=texts,
        inches=axes_inches(ax) if ax else None,
    )
    ax = ax or _tiles.new_axes(grid, colorbar=colorbar, caption=any(notes))
    drawn = _tiles.draw_tiles(ax, values, grid, end, cmap, rgb=rgb)
    _tiles.draw_labels(ax, texts, grid)
    _tiles.caption(ax, *notes)
    if colorbar:
        _tiles.draw_colorbar(ax, drawn, "share of the largest" * (scale == "each"))
    alt = f"{bank_words(bank)}, one tile each, {scale_words(end, scale, rgb=rgb, values=values)}"
    return finish(ax, alt, _tiles.volume_note(len(size)))
