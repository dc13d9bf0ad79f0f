"""The picture of the frequencies that all filters together pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import analysis
from .._check import Float64
from ..analysis._coverage import Coverage
from . import _tiles
from ._alt import bank_words, finish
from ._canvas import AnyFigure, axes_inches, given_axes, new_figure
from ._frequencies import (
    NARROW,
    PLANES,
    axis_of,
    line_axes,
    name_below,
    name_planes,
    odd_grid,
    pixel_name,
    plane_axes,
    wrapped,
)
from ._labels import tidy
from ._layout import small
from ._sources import source_bank
from ._tiles import Cmap

ALIKE = 1e-9  # the share of the upper bound by which powers of a tight bank may differ
ROUNDING = 1e-20  # the share of the upper bound below which a power is that of a lost frequency, rounded
VOLUME = 65  # frequencies along each axis of a volume's spectrum, where filters are not larger
LINE, LETTER = 1.7, 0.62  # height of a line in a box and width of a letter, over the size of the text
LEFT = 0.65  # share of the axes that is left when the layout has made room for what is around them
REACH = 9.0  # points from a mark to its text
# Where the text is from its mark, to the right and up, the best first.
AROUND = np.array([(1, 0), (-1, 0), *((x, y) for y in (1, -1, 3, -3) for x in (1, -1, 0))])
MARKS = {"A": "v", "B": "^"}
WHAT = "a bank, a layer, filters (n, *size) or what analysis.coverage returned"


class End(NamedTuple):
    """A frame bound: the least (A) or the largest (B) power, and one frequency where it is."""

    name: str
    power: float
    wave: Float64

    @property
    def text(self) -> str:
        """The name and the number."""
        return f"{self.name} = {_plain(self.power)}"


def _plain(value: float) -> str:
    """Write a number with three digits, or all of those before the point."""
    return tidy(value, max(3, len(str(round(value)))) if value < 1e5 else 3)


def coverage(
    source: Any, *, cmap: Cmap = "viridis", colorbar: bool = True, ax: Axes | None = None, fig: AnyFigure | None = None
) -> Figure:
    r"""Draw which frequencies all filters together pass, and where most and least: the frame bounds.

    Parameters
    ----------
    source : FilterBank, layer, array_like or Coverage
        The filters, `(n, *size)`, of one to three dimensions. Of a layer on a bank, its bank; of any other layer, its
        kernels. Or what `filterbank.analysis.coverage` returned, for a grid of your own.
    cmap : str or Colormap, default "viridis"
        Sequential colours.
    colorbar : bool, default True
        Draw a colour bar, with the frame bounds beside it.
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
        If a filter is not finite.

    See Also
    --------
    spectrum : Each filter for itself.
    filterbank.analysis.coverage : The numbers.
    filterbank.analysis.frame_bounds : The bounds, and what is certain between the points of the grid.

    Notes
    -----
    What is drawn is the Littlewood-Paley sum

    .. math:: P(f) = \sum_i |\hat b_i(f)|^2, \qquad A = \min_f P(f), \quad B = \max_f P(f)

    on the grid of `filterbank.analysis.coverage`; of 3-D filters, on a grid of at least 65 frequencies along each axis,
    of which the three planes through zero frequency are drawn. The bank multiplies the energy of every signal by a
    factor between the frame bounds A and B: where P is 0, a frequency is lost; where A is B, the bank is tight. The
    marks are at one frequency of each bound; spectra of real filters are symmetric about zero, so the opposite
    frequency has it too. Colours start at zero.

    References
    ----------
    I. Daubechies, "Ten Lectures on Wavelets", SIAM (1992), section 3.2.

    Examples
    --------
    >>> import filterbank as fb
    >>> fig = fb.plot.coverage(fb.gabor(15))
    """
    if isinstance(source, Coverage):
        covered, words = source, "filters"
    else:
        bank = source_bank(source, WHAT)
        shape = odd_grid(bank.size, VOLUME) if bank.ndim == 3 else None
        covered, words = analysis.coverage(bank, shape), bank_words(bank)
    dimensions = covered.power.ndim
    low, high = _end("A", covered, covered.power.min()), _end("B", covered, covered.power.max())
    ends = [low, high] if high.power - low.power > ALIKE * high.power else []

    ax = given_axes(ax, fig) or new_figure(_size(dimensions, colorbar)).add_subplot()
    notes = _notes(low, high, bool(ends))
    if dimensions == 1:
        _draw_curve(ax, covered, ends)
        name_below(ax, "frequency (cycles per sample)", *notes)
    else:
        axes = plane_axes(ax, dimensions)
        for place, plane, names in zip(axes, _planes(covered), PLANES[dimensions], strict=True):
            drawn = _draw_plane(place, plane, cmap, high.power)
            _mark(place, ends, names)
        planes = "planes through zero frequency" * (dimensions == 3)
        name_planes(ax, dimensions, *notes, planes, _elsewhere(ends))
        if colorbar:
            _draw_bar(ax, drawn, low, high, 72 * min(axes_inches(axes[0])))
    where = [f"{end.text} at {_place(end, dimensions)}" for end in ends]
    return finish(ax, f"sum of the squared magnitudes over frequency, of {words}", *(where or notes[:1]))


def _size(dimensions: int, colorbar: bool) -> tuple[float, float]:
    if dimensions == 1:
        return 5.2, 3.2
    return (4.6 + 0.7 * colorbar, 4.4) if dimensions == 2 else (8.6 + 0.7 * colorbar, 3.2)


def _end(name: str, covered: Coverage, power: float) -> End:
    """Find the frequency of a bound: the lowest of all that are as good, and of opposite ones the one to the right."""
    mesh = np.meshgrid(*covered.frequencies, indexing="ij")
    there = np.abs(covered.power - power) <= ALIKE * power + ROUNDING * covered.power.max()
    waves = np.stack([component[there] for component in mesh], axis=1)
    # Half a cycle per pixel is the same wave to either side; the grid has it at the left.
    waves = np.where(waves == -0.5, 0.5, waves)
    order = np.lexsort((*-waves.T, np.round(np.linalg.norm(waves, axis=1), 9)))
    lost = power <= ROUNDING * covered.power.max()
    return End(name, 0.0 if lost else float(power), waves[order[0]])


def _notes(low: End, high: End, differ: bool) -> list[str]:
    if high.power == 0:
        return ["all filters are zero: every frequency is lost"]
    if not differ:
        return [f"tight: A = B = {_plain(high.power)}, every frequency passes alike"]
    if low.power == 0:
        return [f"A is 0: a frequency is lost; {high.text}"]
    return [f"{low.text}; {high.text}; B/A = {_plain(high.power / low.power)}"]


def _place(end: End, dimensions: int) -> str:
    numbers = ", ".join(tidy(component) for component in end.wave[::-1])
    axes = f" in {', '.join('xyz'[:dimensions])}" if dimensions > 1 else ""
    return f"{numbers} cycles per {pixel_name(dimensions)}{axes}"


def _planes(covered: Coverage) -> list[Float64]:
    if covered.power.ndim == 2:
        return [covered.power]
    return [covered.power.take(side // 2, axis=axis) for axis, side in enumerate(covered.power.shape)]


def _draw_plane(ax: Axes, power: Float64, cmap: Cmap, end: float) -> ScalarMappable:
    (top, bottom), (left, right) = map(_edges, power.shape)
    norm = Normalize(0, end or 1.0)
    extent = (left, right, bottom, top)
    image = ax.imshow(wrapped(power), cmap=cmap, norm=norm, extent=extent, interpolation="antialiased")
    ax.set(xlim=(-0.5, 0.5), ylim=(0.5, -0.5))
    return image


def _edges(side: int) -> tuple[float, float]:
    """Return where the first cell of an axis starts and the last one ends, of those that `wrapped` gives."""
    axis = axis_of(side)
    return float(axis[0] - 0.5 / side), float(axis[-1] + 0.5 / side)


def _mark(ax: Axes, ends: list[End], names: tuple[str, str]) -> None:
    """Mark the bounds that lie in the plane of these axes."""
    marks = []
    for end in ends:
        wave = dict(zip("xyz", end.wave[::-1], strict=False))
        if not any(wave[name] for name in wave if name not in names):
            x, y = wave[names[1]], wave[names[0]]
            (mark,) = ax.plot([x], [y], marker=MARKS[end.name], markersize=7, clip_on=False, zorder=3)
            mark.set(markerfacecolor="white", markeredgecolor="black", linestyle="none")
            marks.append((end.text, (x, y)))
    if axes_inches(ax)[0] >= NARROW:
        _name_marks(ax, marks)


def _name_marks(ax: Axes, marks: list[tuple[str, tuple[float, float]]]) -> None:
    """Write which bounds they are, where least is outside of the axes or over a mark or the other text."""
    side = 72 * LEFT * min(axes_inches(ax))
    spots = [side * np.array([0.5 + x, 0.5 - y]) for _, (x, y) in marks]
    taken = [(spot - REACH, spot + REACH) for spot in spots]
    style = {"boxstyle": "round,pad=0.2", "facecolor": "black", "edgecolor": "none", "alpha": 0.5}
    for (name, wave), spot in zip(marks, spots, strict=True):
        size = small() * np.array([LETTER * len(name), LINE])
        lows = spot + REACH * AROUND + (np.sign(AROUND) - 1) * size / 2
        highs = lows + size
        cost = size.max() * (np.maximum(-lows, 0) + np.maximum(highs - side, 0)).sum(axis=1)
        for low, high in taken:
            cost += np.maximum(np.minimum(highs, high) - np.maximum(lows, low), 0).prod(axis=1)
        best = cost.argmin()
        taken.append((lows[best], highs[best]))
        right, up = np.sign(AROUND[best])
        text = ax.annotate(name, wave, REACH * AROUND[best], textcoords="offset points", color="white", bbox=style)
        text.set(ha=("center", "left", "right")[right], va=("center", "bottom", "top")[up], fontsize="small")


def _elsewhere(ends: list[End]) -> str:
    """Say where the bounds are that no plane of a volume holds."""
    hidden = [end for end in ends if np.count_nonzero(end.wave) == 3]
    return "; ".join(f"{end.name} at {', '.join(map(tidy, end.wave[::-1]))} in x, y, z" for end in hidden)


def _draw_bar(ax: Axes, drawn: ScalarMappable, low: End, high: End, points: float) -> None:
    """Draw the colour bar, so many points high, with the bounds where there is room for both."""
    ticks = {0.0: "0", high.power: high.text} if high.power else {0.0: "0", 1.0: "1"}
    apart = LINE * small() / points
    if apart * high.power < low.power < (1 - apart) * high.power:
        ticks[low.power] = low.text
    bar = _tiles.draw_colorbar(ax, drawn, ticks=ticks)
    bar.set_title("power", fontsize="small", loc="left", pad=8)


def _draw_curve(ax: Axes, covered: Coverage, ends: list[End]) -> None:
    """Draw the power of 1-D filters, up to half a cycle per sample, between the lines of its bounds."""
    side = len(covered.power)
    line_axes(ax, "power of all filters")
    ax.plot(axis_of(side)[side // 2 + 1 :], wrapped(covered.power)[side // 2 + 1 :], linewidth=1.4)
    ax.set_ylim(0, 1.12 * (covered.power.max() or 1.0))
    for end, away in zip(ends, (-1, 1), strict=False):
        ax.axhline(end.power, color=rcParams["text.color"], linewidth=0.6, linestyle="--", alpha=0.5)
        (mark,) = ax.plot(abs(end.wave), [end.power], marker=MARKS[end.name], markersize=6, clip_on=False, zorder=3)
        mark.set(color=rcParams["text.color"], linestyle="none")
        apart = 72 * axes_inches(ax)[1] * (ends[1].power - ends[0].power) / ax.get_ylim()[1]
        offset = (7, away * max(LINE * small() - apart, 0) / 2)
        ax.annotate(end.text, (0.5, end.power), offset, textcoords="offset points", va="center", fontsize="small")
