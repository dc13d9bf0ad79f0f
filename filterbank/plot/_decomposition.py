"""The picture of one kernel as a sum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Array, Float64, window_words
from .._compose import decompose
from .._kernels import as_float64
from . import _layout, _tiles
from ._alt import counted, finish
from ._canvas import AnyFigure, bare, given_axes, settled_inches
from ._labels import NEGLIGIBLE, percent, tidy
from ._sources import Block, accepted, blocks, layer_bank, layer_coefficients
from ._tiles import CMAP, Cmap

ROW = 8  # tiles in a row, of the usual shape
USUAL = 1.5  # width over height; wider tiles are fewer in a row, or they would become a thin strip
NOTE = "under each term: its coefficient, and the share of the energy of W that the sum reaches with it"


def decomposition(
    source: Any,
    bank: FilterBank | npt.ArrayLike | None = None,
    *,
    out: int = 0,
    in_: int = 0,
    terms: int = 5,
    columns: int | None = None,
    cmap: Cmap = CMAP,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw one kernel as the sum of its strongest terms: `W = a1 b1 + a2 b2 + rest`.

    Parameters
    ----------
    source : layer or array_like
        A layer on a bank, any other layer with kernels, a kernel of the size of `bank`, or kernels
        `(*size, in, out)`.
    bank : FilterBank or array_like, optional
        The filters `(n, *size)`; the coefficients are then those of least squares. A layer on a bank may go without,
        for its own bank and coefficients.
    out, in_ : int, default 0
        Which output and input channel.
    terms : int, default 5
        How many terms to draw, at most one for each filter.
    columns : int, optional
        How many tiles in a row, the kernel and the rest among them. The default is 8, and about 4 of volumes, whose
        tiles hold three slices each; in axes or a figure of yours, as many as make the tiles large.
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
        If the source is neither a layer nor an array, or is not on a bank and comes without `bank`.
    ValueError
        If a channel does not exist, or the kernel is not finite or not of the bank's size.

    See Also
    --------
    filterbank.decompose : The coefficients themselves.

    Notes
    -----
    The strength of a term is its norm, ``|a_i| * norm(b_i)``. The share of energy is
    ``1 - sum((W - partial)**2) / sum(W**2)``. Orthogonal filters share the energy out among them, the strongest term
    has the most, and the shares rise. Filters that are not orthogonal may say the same twice or cancel: then the
    shares need not rise evenly, may fall, and are below zero where a sum is farther from the kernel than nothing.
    All tiles are on one scale, symmetric about zero. What lies outside the span of the bank is in the rest.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernel = np.random.default_rng(0).standard_normal((11, 11))
    >>> fig = fb.plot.decomposition(kernel, fb.dct(11), terms=6)
    """
    title, kernel, weights, filters = _read(source, bank, in_, out)
    count = _check.integer("terms", terms, at_least=1)
    total = _sum_of(kernel, weights, filters, min(count, len(filters)))
    above, below = total.headings(), total.readings()
    tiles = total.tiles
    limit = _tiles.limit_of(tiles)
    shape = _layout.tile_shape(kernel.shape)
    ax = given_axes(ax, fig)
    if columns is not None:
        columns = min(len(tiles), _check.integer("columns", columns, at_least=1))
    elif ax is None:
        columns = min(len(tiles), _row_length(shape))

    def surround(ax: Axes) -> None:
        bare(ax)
        if title:
            _tiles.draw_title(ax, title)
        _tiles.caption(ax, NOTE if kernel.any() else "the kernel is zero", _tiles.volume_note(kernel.ndim))
        if colorbar:
            _tiles.draw_colorbar(ax, ScalarMappable(Normalize(-limit, limit), cmap))

    if ax:
        surround(ax)
    grid = _layout.plan(
        shape,
        len(tiles),
        columns=columns,
        above=above,
        below=below,
        between=0.3,
        inches=settled_inches(ax) if ax else None,
    )
    if ax is None:
        ax = _tiles.new_axes(grid, colorbar=colorbar, caption=True, title=bool(title))
        surround(ax)
    _tiles.draw_tiles(ax, tiles, grid, limit, cmap)
    _tiles.draw_labels(ax, above, grid, above=True)
    _tiles.draw_labels(ax, below, grid)
    _draw_operators(ax, grid, len(tiles))
    return finish(ax, total.words(title), _tiles.volume_note(kernel.ndim))


class Sum(NamedTuple):
    """A kernel as a sum: the terms that are drawn, strongest first, and what remains."""

    kernel: Float64
    terms: Float64
    rest: Float64
    weights: Float64
    indices: Array
    left: int

    @property
    def has_rest(self) -> bool:
        """Whether the terms leave anything to see."""
        return self.left > 0 or bool(np.linalg.norm(self.rest) > NEGLIGIBLE * np.linalg.norm(self.kernel))

    @property
    def tiles(self) -> Float64:
        """The kernel, the terms and the rest, if there is one."""
        parts = [self.kernel[None], self.terms, self.rest[None]]
        return np.concatenate(parts if self.has_rest else parts[:2])

    def shares(self) -> Float64:
        """Return the share of the kernel's energy that each partial sum reaches."""
        missing = self.kernel - np.cumsum(self.terms, axis=0)
        energy = np.sum(self.kernel**2)
        shares: Float64 = 1 - np.sum(missing.reshape(len(missing), -1) ** 2, axis=1) / energy
        return shares

    def headings(self) -> list[str]:
        """Return the text above each tile."""
        terms = [f"$a_{{{index}}}\\,b_{{{index}}}$" for index in self.indices]
        return ["$W$", *terms, *["rest"] * self.has_rest]

    def words(self, title: str) -> str:
        """Say what the sum shows."""
        name = f"the kernel of {title}, " if title else "a kernel of "
        size = window_words(self.kernel.shape)
        what = f"{name}{size}, as the sum of its {counted(len(self.terms), 'strongest term')}"
        if not self.kernel.any():
            return f"{what}; the kernel is zero"
        return f"{what}, which reaches {percent(self.shares()[-1])} of its energy"

    def readings(self) -> list[str]:
        """Return the text below each tile: coefficient and share."""
        rest = [f"{self.left} term{'s' * (self.left > 1)}" if self.left else "not in span"] * self.has_rest
        if not self.kernel.any():
            return ["", *map(tidy, self.weights), *rest]
        lines = zip(self.weights, self.shares(), strict=True)
        return ["", *(f"{tidy(weight)}\n{percent(share)}" for weight, share in lines), *rest]


def _sum_of(kernel: Float64, weights: Float64, filters: Float64, count: int) -> Sum:
    terms = np.einsum("i,i...->i...", weights, filters)
    strengths = np.linalg.norm(terms.reshape(len(terms), -1), axis=1)
    order = np.argsort(-strengths, kind="stable")[:count]
    rest = kernel - terms[order].sum(axis=0)
    return Sum(kernel, terms[order], rest, weights[order], order, len(filters) - count)


def _read(source: Any, bank: Any, in_: int, out: int) -> tuple[str, Float64, Float64, Float64]:
    """Return what the kernel is called, the kernel `(*size)`, its coefficients `(n,)` and the filters `(n, *size)`."""
    kind = accepted("source", source, "a layer or a kernel", "layer on a bank", "layer without a bank")
    if kind == "layer on a bank" and bank is None:
        weights, filters = layer_coefficients(source), layer_bank(source)
        block = blocks(source)[0]
        p, q = _channels(block.kernels.shape, in_, out)
        return block.name_of(p, q), block.kernels[..., p, q], weights[:, p, q], filters.filters
    if bank is None:
        raise TypeError(
            "`bank` is missing: the filters that the kernel is a sum of; only a layer on a bank brings its own"
        )
    filters = as_bank(bank)
    block = Block(as_float64("kernel", source)) if kind == "array" else blocks(source)[0]
    title, kernel = "", block.kernels
    if kernel.ndim == filters.ndim + 2:
        p, q = _channels(kernel.shape, in_, out)
        title, kernel = block.name_of(p, q), kernel[..., p, q]
    if kernel.shape != filters.size:
        raise ValueError(
            f"`source` must be a kernel of the bank's size {filters.size} in pixels, or kernels (*size, in, out), "
            f"got shape {kernel.shape}"
        )
    return title, kernel, decompose(kernel, filters), filters.filters


def _row_length(shape: _layout.Shape) -> int:
    return max(2, round(ROW * min(1.0, USUAL * shape.height / shape.width)))


def _channels(shape: tuple[int, ...], in_: int, out: int) -> tuple[int, int]:
    return (
        _check.integer("in_", in_, at_least=0, at_most=shape[-2] - 1),
        _check.integer("out", out, at_least=0, at_most=shape[-1] - 1),
    )


def _draw_operators(ax: Axes, grid: _layout.Grid, count: int) -> None:
    for index, (x0, _, y0, y1) in enumerate(grid.boxes(count)):
        if index:
            middle = (np.floor(x0) + x0) / 2
            sign = ax.text(middle, (y0 + y1) / 2, "=" if index == 1 else "+", ha="center", va="center")
            sign.set(fontsize=1.6 * grid.points, in_layout=False)
