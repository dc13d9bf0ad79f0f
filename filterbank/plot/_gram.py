"""The picture of how much the filters of a bank have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import _check, analysis
from .._bank import FilterBank
from .._check import Float64
from ..analysis._algebra import cosines
from . import _layout, _tiles
from ._alt import bank_words, finish, scale_words
from ._canvas import AnyFigure, axes_inches, given_axes, new_figure
from ._labels import Labels, tidy
from ._rows import name_rows, row_texts
from ._sources import source_bank
from ._tiles import CMAP, Cmap

ROUNDING = 1e-12  # Cosines below it are those of orthogonal filters.
SMALLEST_MARK = 0.07  # inches, the side of a cell that can have an outline


def gram(
    source: Any,
    *,
    normalize: bool = True,
    labels: Labels = None,
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    r"""Draw what every two filters of a bank have in common: the cosines of their angles, as a matrix.

    Parameters
    ----------
    source : FilterBank, layer or array_like
        The filters, `(n, *size)`. Of a layer on a bank, its bank; of any other layer, its kernels, each of an input and
        an output.
    normalize : bool, default True
        Draw cosines, on the scale from -1 to 1; else the inner products, which the lengths of the filters are in.
    labels : str or sequence, optional
        What to write beside each filter, as in `filters`: columns of the bank, or a text for each. The default
        is the index where there is room.
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
        If the source is none of those, or `ax` or `fig` are something else.
    ValueError
        If a filter is not finite, or the labels are neither columns nor one for each filter.

    See Also
    --------
    filterbank.analysis.gram : The inner products.
    filterbank.analysis.coherence : The largest cosine.
    singular_values : What the matrix as a whole says of the bank.

    Notes
    -----
    The entry of filters `i` and `j` is :math:`b_i \cdot b_j / (\|b_i\| \|b_j\|)`, a sum over pixels: 1 on the
    diagonal, 0 for orthogonal filters, ±1 for multiples of each other. A note names the largest magnitude off the
    diagonal, the coherence of the bank, and its pair, which has an outline where cells are large enough. Filters that
    are zero have no angles: their rows and columns stay empty, and the note counts them. The filters are drawn beside
    the rows as in `coefficients`, up to about 64.

    Examples
    --------
    >>> import filterbank as fb
    >>> fig = fb.plot.gram(fb.gabor(11), labels=["frequency", "orientation"])
    """
    bank = source_bank(source)
    texts = row_texts(labels, bank, len(bank))
    entries = Entries(cosines(bank)) if _check.flag("normalize", normalize) else Entries(analysis.gram(bank), "product")
    end = 1.0 if normalize else _tiles.limit_of(entries.values)

    ax = given_axes(ax, fig) or new_figure(_size(len(bank), colorbar)).add_subplot()
    drawn = ax.imshow(
        np.ma.masked_invalid(entries.values),
        cmap=cmap,
        norm=Normalize(-end, end),
        interpolation=_tiles.interpolation(ax, entries.values.shape),
    )
    _tiles.caption(ax, entries.note(), entries.empty_note())
    if colorbar:
        _tiles.draw_colorbar(ax, drawn, entries.unit)
    _name(ax, bank, texts, cmap)
    _mark(ax, entries, drawn)
    what = f"matrix of the {entries.unit}s between the filters of a bank, {bank_words(bank)}, {scale_words(end)}"
    return finish(ax, what, entries.note(), entries.empty_note())


class Entries(NamedTuple):
    """The matrix that is drawn, and what its numbers are; NaN where there are none."""

    values: Float64
    kind: str = "cosine"

    @property
    def unit(self) -> str:
        """What an entry is called."""
        return self.kind if self.kind == "cosine" else "inner product"

    def pair(self) -> tuple[int, int] | None:
        """Return the two filters with the largest entry off the diagonal, None if all others are zero to rounding."""
        # In the upper triangle, so that of a pair the smaller index comes first.
        others = np.triu(np.nan_to_num(np.abs(self.values)), 1)
        first, second = np.unravel_index(int(others.argmax()), others.shape)
        whole = np.nan_to_num(np.abs(self.values)).max()
        return (int(first), int(second)) if others[first, second] > ROUNDING * whole else None

    def note(self) -> str:
        """Say which filters have most in common."""
        if len(self.values) == 1:
            return ""
        pair = self.pair()
        if pair is None:
            zeros = self.zeros()
            return f"all {'other ' * bool(zeros)}filters are orthogonal" if len(self.values) - zeros > 1 else ""
        return f"largest off the diagonal: {tidy(self.values[pair])}, of filters {pair[0]} and {pair[1]}"

    def zeros(self) -> int:
        """Count the filters that are zero."""
        own = np.diag(self.values)
        return int(np.count_nonzero(np.isnan(own) | (own == 0)))

    def empty_note(self) -> str:
        """Say how many filters are zero, and so have no angles."""
        count = self.zeros()
        without = ", without an angle" * (self.kind == "cosine")
        return f"{count} filter{'s are' if count > 1 else ' is'} zero{without}" if count else ""


def _size(count: int, colorbar: bool) -> tuple[float, float]:
    """Return a size in inches at which the rows of few filters are as high as tiles."""
    side = min(max(0.34 * count, 1.6), 6.0)
    return side + 0.9 + 0.7 * colorbar, side + 0.7


def _name(ax: Axes, bank: FilterBank, texts: list[str], cmap: Cmap) -> None:
    ax.tick_params(length=2, labelsize="small")
    ax.spines[:].set_linewidth(0.4)
    ax.set_xticks(_layout.few(len(bank)))
    name_rows(ax, bank, texts, len(bank), cmap, square=True)


def _mark(ax: Axes, entries: Entries, drawn: ScalarMappable) -> None:
    """Outline the two cells of the pair that the note names, to be seen on the colour of zero."""
    pair = entries.pair()
    if pair is None or min(axes_inches(ax)) < SMALLEST_MARK * len(entries.values):
        return
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    outlines = [corners + pair, corners + pair[::-1]]
    red, green, blue, _ = drawn.to_rgba(np.zeros(()))
    colour = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
    ax.add_collection(PolyCollection(outlines, facecolors="none", edgecolors=colour, linewidths=1.2))
