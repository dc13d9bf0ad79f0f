"""The picture of how many filters it takes to say what learned kernels say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import _check, analysis
from .._bank import FilterBank
from .._check import Float64
from ..analysis import EnergyCurve
from ..analysis._explained import ORDERS, OWN, RANDOM, Order, reference_curves
from . import _tiles
from ._alt import counted, finish
from ._canvas import AnyFigure, axes_inches
from ._curves import CONTROL, curve_axes, line_colour, name_curves, named, percent_axis, style, write_at
from ._labels import percent
from ._layout import small
from ._sources import bank_of, kind_of

LEVELS = (0.9, 0.95, 0.99)
REFERENCES = {OWN: "the kernels' own components", RANDOM: "random banks"}


def energy_curve(
    source: Any,
    banks: Mapping[str, Any] | FilterBank | npt.ArrayLike | None = None,
    *,
    order: Order = "given",
    levels: Sequence[float] = LEVELS,
    draws: int = 20,
    rng: Any = 0,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw how much of learned kernels the first filters of banks explain, over the number of filters.

    Parameters
    ----------
    source : EnergyCurve, mapping of str to EnergyCurve, layer or array_like
        What `filterbank.analysis.energy_curve` returned, several by name; or the kernels, `(*size, in, out)` in
        Keras's order, or a layer, for which the curves of `banks` are computed.
    banks : FilterBank, layer, array_like or mapping of str to one of them, optional
        With kernels, the filters, `(n, *size)`. A layer on a bank may go without, for its own.
    order : {"given", "greedy", "backward"}, default "given"
        In which order the filters of `banks` are taken, as in `filterbank.analysis.energy_curve`.
    levels : sequence of float, default (0.9, 0.95, 0.99)
        The shares at which a line is drawn, and the number of filters that reach it is read off.
    draws : int, default 20
        How many random banks are drawn as a control, with kernels; 0 for no control.
    rng : optional
        Anything `numpy.random.default_rng` takes, for the random banks.
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
        If the source is none of those, or there are kernels without banks.
    ValueError
        If kernels and banks are of different sizes or not finite, or a level is not above 0 and at most 1.

    See Also
    --------
    filterbank.analysis.energy_curve : The numbers, and what the orders are.
    comparison : Banks at one number of filters, with intervals.

    Notes
    -----
    With kernels there are two references. No filters explain more than the kernels' own components, the dashed line.
    Random filters explain a share `i / pixels` on average; the dotted line is the mean of `draws` orthonormal banks,
    and the band reaches from the lowest to the highest of them. A bank that is not above the band fits the kernels no
    better than chance.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.random.default_rng(0).normal(size=(16, 1, 32)), fb.gabor(11))
    >>> fig = fb.plot.energy_curve(kernels, {"gabor": fb.gabor(11), "dct": fb.dct(11, n=40)})
    """
    wanted = sorted(_check.number("levels", level, above=0, at_most=1) for level in levels)
    curves = _given(source, banks) or _computed(source, banks, _check.choice("order", order, ORDERS), draws, rng)
    entries = len(curves) if len(curves) > 1 or wanted else 0
    ax = curve_axes(ax, fig, entries)
    for index, curve in enumerate(curves):
        _draw(ax, curve, index, wanted)
    ax.set(xlim=(0, None), ylim=(0, 1.02))
    _draw_levels(ax, wanted)
    percent_axis(ax, "y")
    bands = any(curve.band is not None for curve in curves)
    _tiles.caption(ax, "number of filters", f"band: lowest to highest of {draws} random banks" * bands)
    name_curves(ax, "energy of the kernels explained")
    ends = [f"{curve.name} {percent(curve.shares[-1])} with {len(curve.shares) - 1}".strip() for curve in curves]
    what = "curves of the share of the kernels' energy that the first filters explain"
    references = [REFERENCES[curve.name] for curve in curves if curve.name in REFERENCES]
    beside = f", beside {' and '.join(references)}" * bool(references)
    banks_of = counted(len(curves) - len(references), "bank")
    return finish(ax, f"{what}, of {banks_of}{beside}", f"they end at {', '.join(ends)} filters")


class Curve(NamedTuple):
    """One curve of the picture."""

    name: str
    shares: Float64
    band: tuple[Float64, Float64] | None = None

    def reached(self, level: float) -> int | None:
        """Return how many filters reach a share, to rounding."""
        above = np.flatnonzero(self.shares >= level - 1e-12)
        return int(above[0]) if len(above) else None

    def words(self, levels: Sequence[float]) -> str:
        """Return the line of the legend: how many filters reach which level."""
        counts = {level: self.reached(level) for level in levels}
        missed = [percent(level) for level, count in counts.items() if count is None]
        read = [f"{percent(level)} with {count}" for level, count in counts.items() if count is not None]
        text = ", ".join([*read, f"not {missed[0]}"] if missed else read)
        return f"{self.name}: {text}" if self.name and text else self.name or text


def _given(source: Any, banks: Any) -> list[Curve]:
    """Return the curves that were passed; none if the source is something else."""
    if not isinstance(source, (EnergyCurve, Mapping)):
        return []
    curves = named("source", source)
    for name, curve in curves.items():
        if not isinstance(curve, EnergyCurve):
            raise TypeError(f"`source` must hold EnergyCurve by name, got a {type(curve).__name__} as {name!r}")
    if banks is not None:
        raise ValueError("`banks` goes with kernels, got it with curves, which have been computed; drop it")
    return [Curve(name, curve.explained) for name, curve in curves.items()]


def _computed(source: Any, banks: Any, order: Order, draws: int, rng: Any) -> list[Curve]:
    if banks is None:
        if kind_of(source) != "layer on a bank":
            raise TypeError(
                "`banks` is missing: the filters that explain kernels; only a layer on a bank brings its own"
            )
        banks = source
    found = {name: bank_of("banks", bank) for name, bank in named("banks", banks).items()}
    curves = [
        Curve(name or bank.family, analysis.energy_curve(source, bank, order).explained) for name, bank in found.items()
    ]
    count = min(max(map(len, found.values())), next(iter(found.values())).filters[0].size)
    own, random = reference_curves(source, count, _check.integer("draws", draws, at_least=0), rng)
    curves.append(Curve(OWN, own))
    if draws:
        curves.append(Curve(RANDOM, random.mean(axis=0), (random.min(axis=0), random.max(axis=0))))
    return curves


def _draw(ax: Axes, curve: Curve, index: int, levels: Sequence[float]) -> None:
    """Draw one curve, with a dot where it reaches each level."""
    counts = np.arange(len(curve.shares))
    look = {
        OWN: {"color": line_colour(), "linestyle": "--", "linewidth": 1.0},
        RANDOM: {"color": CONTROL, "linestyle": ":", "linewidth": 1.4},
    }.get(curve.name) or style(index, len(counts))
    (line,) = ax.plot(counts, curve.shares, label=curve.words(levels), **look)
    if curve.band is not None:
        ax.fill_between(counts, *curve.band, color=CONTROL, alpha=0.25, linewidth=0)
    found = [count for count in map(curve.reached, levels) if count is not None]
    if found:
        ax.plot(found, curve.shares[found], color=line.get_color(), linestyle="", marker="o", markersize=5, zorder=3)


def _draw_levels(ax: Axes, levels: Sequence[float]) -> None:
    """Draw a line at each level, and write it at the right end where the one below leaves room."""
    room, below = 72 * axes_inches(ax)[1], -1.0
    for level in levels:
        ax.axhline(level, color=CONTROL, linewidth=0.5, zorder=1)
        if (level - below) * room >= 0.8 * small():
            write_at(ax, percent(level), 1, level, (3, 0)).set(fontsize="x-small", color=CONTROL)
            below = level
