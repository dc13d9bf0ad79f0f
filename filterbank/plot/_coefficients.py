"""The picture of the trainable weights."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Array, Float64
from .._kernels import as_float64
from . import _layout, _tiles
from ._alt import bank_words, counted, finish, scale_words
from ._canvas import AnyFigure, axes_inches, given_axes, new_figure
from ._labels import Labels
from ._layout import LINE
from ._rows import SMALLEST_TEXT, name_rows, row_texts
from ._sources import accepted, channel_names, layer_bank, layer_coefficients
from ._tiles import CMAP, Cmap


def coefficients(
    source: Any,
    bank: FilterBank | npt.ArrayLike | None = None,
    *,
    sort: Literal["strongest"] | None = None,
    labels: Labels = None,
    limit: float | None = None,
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw the coefficients of a layer as a heat map, the filters at its side.

    A row for each filter, a column for each kernel: the outputs of input 0, then those of input 1, and so on.

    Parameters
    ----------
    source : layer or array_like
        A layer on a bank, or coefficients `(n, in, out)`.
    bank : FilterBank or array_like, optional
        The filters to draw beside an array's rows; a layer brings its own.
    sort : {"strongest"}, optional
        Order the columns by the filter with the largest magnitude, and by that magnitude; each column has the
        number of its output, or of input and output, where there is room. The default is the order of the channels.
    labels : str or sequence, optional
        What to write beside each filter, as in `filters`: columns of the bank, or a text for each. The default
        is the index where there is room.
    limit : float, optional
        The magnitude at which the scale ends. The default is the largest.
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
        If the source is neither a built layer on a bank nor an array.
    ValueError
        If the coefficients are not `(n, in, out)`, not finite, or not one for each filter of `bank`.

    See Also
    --------
    kernels : What the coefficients make.

    Notes
    -----
    The filters are drawn while rows are high enough to see them, up to about 64; of larger banks the indices
    remain.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> weights = np.random.default_rng(0).standard_normal((16, 1, 64))
    >>> fig = fb.plot.coefficients(weights, fb.gabor(11), sort="strongest")
    """
    values, filters = _read(source, bank)
    _check.choice("sort", sort, (None, "strongest"))
    texts = row_texts(labels, filters, len(values))
    flat = values.reshape(len(values), -1)
    order = _by_strongest(flat) if sort else np.arange(flat.shape[1])
    end = _tiles.end_of(values, limit, "shared")

    ax = given_axes(ax, fig) or new_figure(map_inches(flat.shape)).add_subplot()
    drawn = ax.imshow(
        flat[:, order],
        cmap=cmap,
        norm=Normalize(-end, end),
        aspect="auto",
        interpolation=_tiles.interpolation(ax, flat.shape),
    )
    _name_columns(ax, channel_names(source), values.shape[1:], order if sort else None)
    if colorbar:
        _tiles.draw_colorbar(ax, drawn)
    name_rows(ax, filters, texts, len(values), cmap)
    count, inputs, outputs = values.shape
    what = f"{counted(count, 'filter')} by {counted(inputs * outputs, 'kernel')}"
    order_words = "ordered by their strongest filter" if sort else "in the order of the channels"
    beside = f", of {bank_words(filters)}" if filters is not None else ""
    return finish(
        ax,
        f"heat map of the coefficients{beside}: {what}, {order_words}",
        f"colours {scale_words(end, values=values)}",
    )


def _read(source: Any, bank: FilterBank | npt.ArrayLike | None) -> tuple[Float64, FilterBank | None]:
    kind = accepted("source", source, "a layer on a bank or coefficients (n, in, out)", "layer on a bank")
    if kind == "layer on a bank":
        source, bank = layer_coefficients(source), layer_bank(source) if bank is None else bank
    values = as_float64("coefficients", source)
    if values.ndim != 3 or not values.size:
        raise ValueError(
            f"`coefficients` must be (n, in, out), got shape {values.shape}; those of a single kernel have shape "
            f"(n, 1, 1)"
        )
    filters = None if bank is None else as_bank(bank)
    if filters is not None and len(filters) != len(values):
        raise ValueError(
            f"`coefficients` must be (n, in, out) with n = {len(filters)}, one for each filter of `bank`, got "
            f"shape {values.shape}"
        )
    return values, filters


def _by_strongest(flat: Float64) -> Array:
    """Order columns by the row of their largest magnitude, the largest of each row first."""
    magnitude = np.abs(flat)
    return np.lexsort((-magnitude.max(axis=0), magnitude.argmax(axis=0)))


def map_inches(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return a size in inches at which rows are as high as a tile and columns can be told apart."""
    rows, columns = shape
    return min(max(0.12 * columns, 3.0), 8.0) + 1.6, min(max(0.34 * rows, 1.6), 8.0) + 0.6


def _name_columns(ax: Axes, names: tuple[str, str], channels: tuple[int, ...], order: Array | None) -> None:
    (input_, output), (inputs, outputs) = names, channels
    ax.tick_params(length=2, labelsize="small")
    ax.spines[:].set_linewidth(0.4)
    if order is not None:
        texts = [str(one % outputs) if inputs == 1 else f"{one // outputs}, {one % outputs}" for one in order]
        points = 72 * axes_inches(ax)[0] / len(order) / LINE
        step = max(1, math.ceil(SMALLEST_TEXT / points))
        places = np.arange(0, len(order), step)
        upright = points < 0.7 * _layout.small() * max(map(len, texts))
        ax.set_xticks(places, labels=texts[::step], fontsize=min(_layout.small(), step * points), rotation=90 * upright)
        what = f"{output}s" if inputs == 1 else f"pairs of {input_} and {output}"
        _tiles.caption(ax, f"{what}, ordered by their strongest filter")
    elif inputs == 1:
        ax.set_xticks(_layout.few(outputs))
        ax.set_xlabel(output, fontsize="small")
    else:
        shown = _layout.few(inputs)
        ax.set_xticks((shown + 0.5) * outputs - 0.5, labels=[str(index) for index in shown])
        ends = np.arange(1, inputs) * outputs - 0.5
        ax.vlines(ends, *ax.get_ylim(), colors="0.4", linewidths=min(0.6, 10 / inputs))
        ax.set_xlabel(f"{input_}, {outputs} {output}{'s' * (outputs > 1)} of each", fontsize="small")
