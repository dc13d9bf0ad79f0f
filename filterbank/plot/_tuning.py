"""The picture of what filters are tuned to."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import is_color_like, to_rgba
from matplotlib.figure import Figure

from .. import _check
from .._check import Float64, shown
from .._kernels import as_float64
from . import _layout
from ._alt import counted, finish
from ._canvas import AnyFigure, axes_inches, bare, given_axes, new_figure
from ._colours import seen_colours
from ._frequencies import Colouring, bar_ends, fitting, frequency_scale, merged_texts, name_below, pixel_name
from ._labels import Labels, filter_labels, tidy
from ._tiles import Cmap
from ._tuned import Tuned, read
from ._tuning_margins import MARGIN_SHARE, draw_margins

Color: TypeAlias = str | npt.ArrayLike | None

EDGE = 6.0  # degrees shown beyond half a turn, where the first orientations come again
FEW_TICKS = 2.0  # inches, the width of axes up to which three angles are named
STRIP = 0.65  # inches, the width of the strip of filters without orientation
FEW = 60  # filters, up to which they are drawn large and their places are counted
LOWEST = 0.035  # share of the axes, where filters of zero frequency stand


def tuning(
    source: Any,
    *,
    color: Color = None,
    labels: Labels = None,
    marginals: bool = False,
    cmap: Cmap | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw what each filter is tuned to: its peak frequency over its orientation, with bars as long as the bandwidths.

    Parameters
    ----------
    source : FilterBank, layer, array_like, Tuning or GaborFit
        The filters, `(n, *size)`, of one to three dimensions. Of a layer on a bank, its bank; of any other layer, its
        kernels, each of an input and an output. Or what `filterbank.analysis.tuning` or
        `filterbank.analysis.fit_gabor` returned.
    color : str, color or array_like, optional
        By which number the points are coloured: the name of one that was measured ("symmetry", "phase", "bandwidth",
        ...), of a column of the bank, or `n` numbers; or one colour for all. The default is "explained" of a Gabor fit,
        and else one colour.
    labels : str or sequence, optional
        What to write at each point: columns of the bank ("index" counts the filters), or a text for each.
    marginals : bool, default False
        Draw beside the axes how many filters are where: histograms over the angles in steps of 15 degrees, and over the
        frequencies.
    cmap : str or Colormap, optional
        The colours of numbers. The default is cyclic for angles, diverging for "symmetry", and else sequential.
    colorbar : bool, default True
        Draw a colour bar where colours are numbers.
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
        If a filter is not finite, `color` is neither a number of the filters nor a colour, or the labels are not one
        for each filter.

    See Also
    --------
    spectrum : The responses themselves.
    filterbank.analysis.tuning : The numbers, exact between the points of any grid.
    filterbank.analysis.fit_gabor : The Gabor filter nearest to each learned kernel.

    Notes
    -----
    Frequencies are on a logarithmic axis if they span an octave. Orientations go from 0 to 180 degrees, from x to y,
    which points down in images, and round again: bars that leave at one side come back at the other, and what stands
    at 0 stands hollow at 180 too. Bars are as long as the bandwidths at half the peak amplitude, in octaves and in
    degrees, and centred on the peak. Filters whose response never falls to half around the circle have no orientation;
    they stand in a strip of their own, those that pass constants best at its foot. Of 1-D filters the frequency is
    drawn, filter by filter; of 3-D ones, azimuth (from x to y) and elevation (from there towards z).

    References
    ----------
    R. L. De Valois, D. G. Albrecht and L. G. Thorell, "Spatial frequency selectivity of cells in macaque visual
    cortex", Vision Res. 22 (1982), 545-559.

    Examples
    --------
    >>> import filterbank as fb
    >>> fig = fb.plot.tuning(fb.gabor(15), color="symmetry")
    """
    tuned = read(source)
    colouring = _colouring(tuned, "explained" if color is None and "explained" in tuned.numbers else color, cmap)
    if isinstance(colouring, Colouring):
        colours = colouring.rgba
    else:
        colours = np.repeat(np.array([to_rgba(colouring)]), len(tuned.frequency), axis=0)
    texts, heading = filter_labels(labels, tuned.bank)
    margin = _check.flag("marginals", marginals)
    has_bar = colorbar and isinstance(colouring, Colouring)
    notes = [*_notes(tuned), _uncoloured(tuned, colouring), heading]
    ax = given_axes(ax, fig) or new_figure((_width(tuned.dimensions) + 0.7 * has_bar, 3.8)).add_subplot()
    if tuned.dimensions == 1:
        panels = _draw_frequencies(ax, tuned, colours, texts, notes)
    else:
        panels = _draw_angles(ax, tuned, colours, texts, notes)
    if margin:
        draw_margins(panels, tuned)
    if has_bar and isinstance(colouring, Colouring):
        colouring.draw_bar(ax, edge=1 + MARGIN_SHARE * (margin and tuned.dimensions > 1))
    how = "peak frequency" if tuned.dimensions == 1 else "peak frequency over orientation"
    return finish(ax, f"scatter of the {how} of {tuned.words}", _words(tuned))


def _colouring(tuned: Tuned, color: Color, cmap: Cmap | None) -> Colouring | Any:
    """Return the colours of numbers, or the one colour."""
    if color is None:
        return rcParams["axes.prop_cycle"].by_key().get("color", ["C0"])[0]
    if isinstance(color, str) and color in tuned.numbers:
        values = tuned.numbers[color]
        if color == "frequency":
            return Colouring.by_frequency(values, pixel_name(tuned.dimensions), cmap)
        return Colouring.by_number(color, values, cmap)
    # A tuple is a colour, also where there are as many filters as it has parts.
    if not isinstance(color, (str, tuple)) and np.shape(color) == (len(tuned.frequency),):
        return Colouring.by_number("", as_float64("color", color), cmap)
    if is_color_like(color):
        return color
    raise ValueError(
        f"`color` must be a number of the filters ({', '.join(tuned.numbers)}), {len(tuned.frequency)} numbers, or one "
        f"colour, got {shown(color)}"
    )


def _width(dimensions: int) -> float:
    return 8.0 if dimensions == 3 else 5.4


def _draw_angles(ax: Axes, tuned: Tuned, colours: Float64, texts: list[str], notes: list[str]) -> list[Axes]:
    """Draw frequency over orientation; in 3-D over azimuth and over elevation, side by side."""
    names = ("orientation (degrees)",) if tuned.dimensions == 2 else ("azimuth (degrees)", "elevation (degrees)")
    places = [ax]
    if len(names) > 1:
        bare(ax)
        places = [ax.inset_axes((left, 0, 0.46, 1)) for left in (0, 0.54)]
        narrow = fitting(names[-1], axes_inches(places[-1])[0]) != names[-1]
        ax.xaxis.labelpad = 44 if narrow else 32  # below the names of the panels' axes
    located = np.where(tuned.is_still, np.nan, tuned.frequency)
    for number, (place, angles, name) in enumerate(zip(places, tuned.angles, names, strict=True)):
        frequency_scale(place, "y", tuned.frequency, tuned.bandwidth, show=number == 0)
        _style(place)
        oriented = _on_angle(place, angles, turns=number == 0)
        x = np.where(np.isfinite(angles), angles, oriented)
        _draw_bars(place, x, tuned, colours)
        _draw_points(place, x, located, colours)
        _draw_still(place, x[tuned.is_still], colours[tuned.is_still], "y")
        if number == 0 and _draw_again(place, angles, tuned.frequency, colours):
            notes = [*notes, "hollow: the same half a turn on"]
        _write(place, x, located, texts if number == 0 else [])
        place.set_xlabel(fitting(name, axes_inches(place)[0]), fontsize="small")
    name_below(ax, names[0] if len(names) == 1 else "", *notes)
    return places


def _style(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")


def _on_angle(ax: Axes, angles: Float64, *, turns: bool) -> float:
    """Number an axis of degrees and return where filters without an angle stand, in a strip if there are any."""
    low, high = (0.0, 180.0) if turns else (-90.0, 90.0)
    inches = axes_inches(ax)[0]
    ticks = {angle: tidy(angle) for angle in np.linspace(low, high, 5 if inches > FEW_TICKS else 3)}
    end = high + EDGE
    strip = (end - low) * STRIP / max(inches - STRIP, STRIP)
    place = end + strip / 2
    if np.isnan(angles).any():
        ax.axvline(end, color=rcParams["axes.edgecolor"], linewidth=rcParams["axes.linewidth"])
        ticks[place], end = "none", end + strip
    ax.set_xlim(low - EDGE, end)
    ax.set_xticks(list(ticks), labels=list(ticks.values()))
    return place


def _draw_points(ax: Axes, x: Float64, y: Float64, colours: Float64) -> None:
    points = ax.scatter(x, y, _area(len(x)), c=colours, edgecolors=rcParams["text.color"], zorder=3, clip_on=False)
    points.set(linewidth=0.4, alpha=_fade(len(x)), gid="filters")


def _draw_still(ax: Axes, places: Float64, colours: Float64, along: str) -> None:
    """Draw filters of zero frequency at the foot of the axis, which may not reach it."""
    if not len(places):
        return
    still = np.full(len(places), LOWEST)
    if along == "y":
        x, y, transform, marker = places, still, ax.get_xaxis_transform(), "v"
    else:
        x, y, transform, marker = still, places, ax.get_yaxis_transform(), "<"
    drawn = ax.scatter(x, y, _area(len(x)), c=colours, marker=marker, transform=transform, zorder=3)
    drawn.set(edgecolors=rcParams["text.color"], linewidth=0.4, gid="zero frequency")


def _draw_again(ax: Axes, angles: Float64, frequency: Float64, colours: Float64) -> bool:
    """Draw what is near one end of the orientations, hollow, beyond the other; return whether anything is."""
    ends, seen = ((180.0, angles <= EDGE / 2), (-180.0, angles >= 180 - EDGE / 2)), seen_colours(colours)
    for turn, near in ends:
        if near.any():
            again = ax.scatter(angles[near] + turn, frequency[near], _area(len(angles)))
            again.set(
                facecolor="none",
                edgecolor=seen[near],
                linewidth=0.9,
                zorder=3,
                alpha=_fade(len(angles)),
                gid="again",
            )
    return any(bool(near.any()) for _, near in ends)


def _draw_bars(ax: Axes, x: Float64, tuned: Tuned, colours: Float64) -> None:
    """Draw the bandwidths: upright in octaves, across in degrees, which come back at the other side."""
    low, high = bar_ends(tuned.frequency, tuned.bandwidth)
    upright = np.stack([np.stack([x, x], axis=1), np.stack([low, high], axis=1)], axis=-1)
    across = []
    half = np.minimum(tuned.width, 180) / 2
    for turn in (-180.0, 0.0, 180.0):
        ends = np.clip(np.stack([x - half, x + half], axis=1) + turn, 0, 180)
        across.append(np.stack([ends, np.stack([tuned.frequency] * 2, axis=1)], axis=-1))
    bars = np.concatenate([upright, *across])
    every = np.tile(colours, (4, 1))
    kept = np.isfinite(bars).all(axis=(1, 2)) & (np.ptp(bars, axis=1) > 0).any(axis=1)
    # In the strip there is no orientation to have a width.
    kept[len(x) :] &= np.tile(np.isfinite(tuned.angles[0]), 3)
    _add_bars(ax, bars[kept], every[kept], len(x))


def _add_bars(ax: Axes, bars: Float64, colours: Float64, count: int) -> None:
    """Draw bars with hairlines across their ends: else those of filters in rows look like the lines of a grid."""
    thin, pale = 0.7 * _fade(count), 0.5 * _fade(count) ** 2
    seen = seen_colours(colours)
    lines = LineCollection(list(bars), colors=seen, linewidths=thin, alpha=pale)
    lines.set(gid="bandwidths")
    ax.add_collection(lines, autolim=False)
    ends, each = bars.reshape(-1, 2), np.repeat(seen, 2, axis=0)
    upright = np.repeat(bars[:, 0, 0] == bars[:, 1, 0], 2)
    goes_on = np.isin(ends[:, 0], (0, 180))  # at the other side
    for which, marker in ((upright, "_"), (~upright & ~goes_on, "|")):
        x, y = ends[which].T
        caps = ax.scatter(x, y, 0.6 * _area(count), c=each[which], marker=marker)
        caps.set(linewidth=thin, alpha=pale, gid="ends")


def _draw_frequencies(ax: Axes, tuned: Tuned, colours: Float64, texts: list[str], notes: list[str]) -> list[Axes]:
    """Draw the frequencies of 1-D filters, one below the other."""
    count = len(tuned.frequency)
    rows = np.arange(float(count))
    located = np.where(tuned.is_still, np.nan, tuned.frequency)
    frequency_scale(ax, "x", tuned.frequency, tuned.bandwidth)
    _style(ax)
    ends = np.stack(bar_ends(tuned.frequency, tuned.bandwidth), axis=1)
    bars = np.stack([ends, np.stack([rows, rows], axis=1)], axis=-1)
    kept = np.isfinite(ends).all(axis=1)
    _add_bars(ax, bars[kept], colours[kept], count)
    _draw_points(ax, located, rows, colours)
    _draw_still(ax, rows[tuned.is_still], colours[tuned.is_still], "x")
    _write(ax, located, rows, texts)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_yticks(_layout.few(count))
    ax.set_ylabel("filter", fontsize="small")
    name_below(ax, "peak frequency (cycles per sample)", *notes)
    return [ax]


def _write(ax: Axes, x: Float64, y: Float64, texts: list[str]) -> None:
    apart = ax.transAxes.inverted().transform(ax.transData.transform(np.stack([x, y], axis=1)))
    for index, text in merged_texts(texts, apart):
        note = ax.annotate(text, (x[index], y[index]), (3, 3), textcoords="offset points")
        note.set(fontsize=0.85 * _layout.small(), in_layout=False)


def _area(count: int) -> float:
    """Return the size of the points in square points."""
    return float(np.clip(30 * (FEW / count) ** 0.5, 6, 30))


def _fade(count: int) -> float:
    return float(np.clip((FEW / count) ** 0.3, 0.4, 1.0))


def _notes(tuned: Tuned) -> list[str]:
    """Say what the bars are, and what stands elsewhere or is not drawn."""
    still, zero = (int(which.sum()) for which in (tuned.is_still, tuned.is_zero))
    barred = np.isfinite(tuned.bandwidth).any() or np.isfinite(tuned.width).any()
    endless = int(np.count_nonzero(np.isinf(tuned.bandwidth) & (tuned.frequency > 0)))
    present = ~tuned.is_zero
    unturned = np.isnan(tuned.angles[0]) if tuned.angles else tuned.is_zero
    alike = int(np.count_nonzero(unturned & present & ~tuned.is_still))
    places = np.stack([tuned.frequency, *tuned.angles], axis=1)[present].round(6)
    apart = len(np.unique(places, axis=0, equal_nan=True))
    without = "along z" if tuned.dimensions == 3 else "alike in all orientations"
    # Of many filters one cannot count the places.
    merged = tuned.dimensions > 1 and apart < len(places) <= FEW
    return [
        "bars: bandwidths at half amplitude" * bool(barred),
        f"no bar in frequency: {counted(endless, 'filter')}" * bool(endless),
        f"none: {alike} {without}" * bool(alike),
        f"triangles: {still} at zero frequency" * bool(still),
        f"{zero} of zeros not drawn" * bool(zero),
        f"{counted(len(places), 'filter')} at {counted(apart, 'place')}" * merged,
    ]


def _uncoloured(tuned: Tuned, colouring: Any) -> str:
    """Say which filters have the colour of text."""
    if not isinstance(colouring, Colouring):
        return ""
    none = int(np.count_nonzero(~np.isfinite(colouring.values) & ~tuned.is_zero))
    return f"colour of text: {counted(none, 'filter')} without that number" * bool(none)


def _words(tuned: Tuned) -> str:
    known = tuned.frequency[tuned.frequency > 0]
    if not len(known):
        return "no filter has a peak above zero frequency"
    low, high = tidy(known.min()), tidy(known.max())
    spread = f"frequency {low}" if low == high else f"frequencies from {low} to {high}"
    return f"{spread} cycles per {pixel_name(tuned.dimensions)}"
