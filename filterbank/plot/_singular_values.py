"""The picture of a bank's singular values."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .. import _check, analysis
from .._bank import FilterBank, rank_tolerance
from .._check import Array, Float64
from . import _tiles
from ._alt import bank_words, counted, finish
from ._canvas import AnyFigure
from ._curves import CONTROL, curve_axes, name_curves, named, style, write_at
from ._labels import tidy
from ._sources import source_bank

FEW_DECADES = 1e3  # top over bottom of the scale
NEAR = 1e3  # Values within this factor of the threshold bring it into view.


def singular_values(
    source: Any, *, relative: bool = True, ax: Axes | None = None, fig: AnyFigure | None = None
) -> Figure:
    r"""Draw the singular values of a bank, or of several, falling, on a logarithmic scale.

    Parameters
    ----------
    source : FilterBank, layer, array_like or mapping of str to one of them
        The filters, `(n, *size)`. Of a layer on a bank, its bank; of any other layer, its kernels, each of an input and
        an output. Several by name are drawn in the same axes.
    relative : bool, default True
        Draw the values over the largest of each bank, else as they are.
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
        If the source is none of those, a name is no str, or `ax` or `fig` are something else.
    ValueError
        If a filter is not finite, or a mapping is empty.

    See Also
    --------
    filterbank.analysis.singular_values : The numbers.
    filterbank.analysis.rank : How many are above the threshold.
    gram : Which filters have what in common.

    Notes
    -----
    The bank is taken as a matrix of filters by pixels. Above the picture stand the numerical rank, the effective rank
    of Roy and Vetterli, :math:`\exp(-\sum_i p_i \ln p_i)` with :math:`p_i = s_i / \sum_j s_j`, and the condition
    number, infinite where filters are dependent. Values up to the largest times :math:`\max(n, \text{pixels})` times
    the rounding unit count as zero for the rank; a dashed line is drawn there when values come near it. Values that
    are exactly zero have no place on a logarithmic scale: open triangles at the lower end stand for them.

    References
    ----------
    O. Roy and M. Vetterli, "The effective rank: a measure of effective dimensionality", EUSIPCO 2007, 606-610.

    Examples
    --------
    >>> import filterbank as fb
    >>> fig = fb.plot.singular_values({"gabor": fb.gabor(11), "hermite": fb.hermite(11, 15)})
    """
    _check.flag("relative", relative)
    screes = [_scree(name, source_bank(one), relative) for name, one in named("source", source).items()]
    ax = curve_axes(ax, fig, len(screes))
    thresholds = _thresholds(screes)
    bottom, top = _limits(screes, thresholds)
    for index, scree in enumerate(screes):
        look = style(index, len(scree.values))
        ax.plot(scree.places(scree.values > 0), scree.values[scree.values > 0], label=scree.words(), **look)
        zeros = scree.places(scree.values == 0)
        if len(zeros):
            (mark,) = ax.plot(zeros, np.full(len(zeros), bottom), color=look["color"], linestyle="", marker="v")
            mark.set(markerfacecolor="none", markersize=4, clip_on=False)
    _set_scale(ax, bottom, top)
    ax.set_xlim(0.5, 0.5 + max(len(scree.values) for scree in screes))
    _draw_thresholds(ax, thresholds)
    _tiles.caption(ax, "number of the singular value", _zero_note(screes))
    name_curves(ax, "singular value" + ", relative to the largest" * relative)
    banks = [f"{scree.name + ': ' if scree.name else ''}{bank_words(scree.bank)}" for scree in screes]
    numbers = [
        f"{scree.words()}{', as there are more filters than pixels' * (len(scree.bank) > len(scree.values))}, the "
        f"smallest of {counted(len(scree.values), 'value')} {tidy(scree.values[-1])}"
        for scree in screes
    ]
    by_name = "by name, " if screes[0].name else ""  # a sentence begins with a capital, a name need not
    what = f"singular values{' relative to the largest' * relative} of {'; '.join(banks)}"
    return finish(ax, f"curves on a logarithmic scale of the {what}", f"{by_name}{'; '.join(numbers)}")


class Scree(NamedTuple):
    """The singular values of one bank, as they are drawn."""

    name: str
    bank: FilterBank
    values: Float64
    threshold: float
    """Up to which they count as zero."""

    def places(self, which: Array) -> Array:
        """Return the numbers of some values, counted from 1."""
        return np.flatnonzero(which) + 1

    def words(self) -> str:
        """Return the bank's ranks and condition number in one line."""
        rank, effective = analysis.rank(self.bank), analysis.effective_rank(self.bank)
        condition = tidy(analysis.condition_number(self.bank))
        numbers = f"rank {rank} of {len(self.bank)}, effective rank {tidy(effective)}, condition number {condition}"
        return f"{self.name}: {numbers}" if self.name else numbers


def _scree(name: str, bank: FilterBank, relative: bool) -> Scree:
    values = analysis.singular_values(bank)
    unit = float(values[0]) if relative and values[0] > 0 else 1.0
    return Scree(name, bank, values / unit, float(values[0]) / unit * rank_tolerance(bank))


def _thresholds(screes: list[Scree]) -> list[float]:
    """Return the different thresholds of banks with values near them."""
    near = [scree.threshold for scree in screes if scree.threshold > 0 and scree.values[-1] < NEAR * scree.threshold]
    return sorted(set(near))


def _limits(screes: list[Scree], thresholds: list[float]) -> tuple[float, float]:
    """Return the ends of the scale: at least a decade, with room below for what is zero."""
    values = np.concatenate([*(scree.values for scree in screes), thresholds])
    positive = values[values > 0] if values.any() else np.ones(1)
    top = 2 * float(positive.max())
    return min(float(positive.min()) / 4, top / 20), top


def _set_scale(ax: Axes, bottom: float, top: float) -> None:
    """Make the scale logarithmic, with powers of ten, or with plain numbers where there are few of these."""
    ax.set_yscale("log")
    ax.set_ylim(bottom, top)
    ax.yaxis.set_minor_formatter(NullFormatter())
    if top < FEW_DECADES * bottom:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: tidy(value)))


def _draw_thresholds(ax: Axes, thresholds: list[float]) -> None:
    for threshold in thresholds:
        ax.axhline(threshold, color=CONTROL, linestyle="--", linewidth=0.8, zorder=1)
    if thresholds:
        write_at(ax, "counts as zero below", 0, thresholds[-1], (3, 2)).set(va="bottom", color=CONTROL)


def _zero_note(screes: list[Scree]) -> str:
    count = sum(int(np.count_nonzero(scree.values == 0)) for scree in screes)
    return f"triangles: {counted(count, 'value')} exactly zero" if count else ""
