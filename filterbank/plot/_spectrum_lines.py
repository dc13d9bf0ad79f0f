"""Spectra of many filters in one plane: contours, curves, and polar curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from contourpy import contour_generator
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.projections.polar import PolarAxes
from scipy import fft

from .._bank import FilterBank
from .._check import Array, Float64
from . import _tiles
from ._alt import bank_words, counted, finish
from ._canvas import AnyFigure, checked_figure, given_axes, new_figure
from ._frequencies import (
    ANGLES,
    ROUND,
    Colouring,
    Peaks,
    axis_of,
    half_spectra,
    line_axes,
    magnitudes,
    merged_texts,
    name_below,
    name_planes,
    odd_grid,
    pixel_name,
    plane_axes,
    wrapped,
)
from ._labels import tidy
from ._layout import small
from ._tiles import Cmap, Scale

SAMPLES = {1: 512, 2: 129, 3: 49}  # along an axis, where filters are not larger
SAMPLES_PER_PIXEL = 4  # of larger filters
NEAR, WIDEST = 2.0, 4.0  # degrees: between two of a group of orientations, and from its first to its last
CIRCLES = (0.125, 0.25, 0.5)  # cycles per pixel, octaves to read frequencies by


class Style(NamedTuple):
    """How filters are drawn."""

    color: Literal["orientation", "frequency"] | None
    texts: list[str]
    heading: str
    scale: Scale
    cmap: Cmap | None
    colorbar: bool

    def colouring(self, peaks: Peaks) -> Colouring:
        """Choose the colours of lines."""
        if self.color == "orientation" or (self.color is None and np.isfinite(peaks.orientation).any()):
            return Colouring.by_orientation(peaks.orientation, self.cmap)
        return Colouring.by_frequency(peaks.frequency, pixel_name(peaks.waves.shape[1]), self.cmap)


def draw_contours(bank: FilterBank, level: float, style: Style, ax: Axes | None) -> Figure:
    """Draw the lines at which the responses have fallen to a share of their peaks; of 1-D filters, the responses."""
    peaks = Peaks.of(bank)
    colours = style.colouring(peaks)
    if bank.ndim == 1:
        return _draw_curves(bank, level, style, peaks, colours, ax)
    size = (4.6 + 0.5 * style.colorbar, 4.4) if bank.ndim == 2 else (8.6 + 0.6 * style.colorbar, 3.2)
    ax = ax or new_figure(size).add_subplot()
    axes = plane_axes(ax, bank.ndim)
    for place in axes:
        _draw_circles(place)
    for place, lines in zip(axes, _contours(bank, level, peaks), strict=True):
        _draw_lines(place, lines, colours.rgba)
    _write_at_peaks(axes[0], style.texts, peaks.waves[:, ::-1][:, :2])
    if style.colorbar:
        colours.draw_bar(ax)
    share = "half" if level == 0.5 else f"{tidy(100 * level)} %"
    what = f"lines: {share} of each filter's peak amplitude"
    seen = "outlines seen along z, y, x" * (bank.ndim == 3)
    name_planes(ax, bank.ndim, what, seen, style.heading, *_left_out(peaks, colours, ~peaks.is_zero))
    words = f"contours at {share} of the peak amplitude in the frequency plane, of {bank_words(bank)}"
    return finish(ax, words, _peak_words(bank, peaks))


def _contours(bank: FilterBank, level: float, peaks: Peaks) -> list[list[list[Float64]]]:
    """Return the contours of each filter in each plane, lines `(points, 2)` of x and y."""
    grid = odd_grid(bank.size, max(SAMPLES[bank.ndim], SAMPLES_PER_PIXEL * max(bank.size)))
    across = axis_of(grid[0])
    planes: list[list[list[Float64]]] = [[] for _ in range(1 if bank.ndim == 2 else 3)]
    for one, height in zip(bank.filters, peaks.heights, strict=True):
        for lines, values in zip(planes, _planes(one, grid), strict=True):
            # Slightly below the peak, where a level of 1 is still a line.
            found = contour_generator(across, across, wrapped(values)).lines(min(level, 1 - ROUND) * height)
            lines.append([cast(Float64, line) for line in found] if height else [])
    return planes


def _planes(one: Float64, grid: tuple[int, ...]) -> list[Float64]:
    """Return the magnitudes of a 2-D filter, or of a 3-D one the largest along each axis."""
    if one.ndim == 2:
        return [magnitudes(one[None], grid)[0]]
    volume = fft.fftshift(np.abs(fft.fftn(one, grid)))
    return [volume.max(axis=axis) for axis in range(3)]


def _draw_curves(
    bank: FilterBank, level: float, style: Style, peaks: Peaks, colours: Colouring, ax: Axes | None
) -> Figure:
    """Draw the magnitudes of 1-D filters over frequency, thicker where they are above a share of the peak."""
    values = _tiles.scaled(half_spectra(bank.filters, SAMPLES[1]), style.scale)
    frequencies = np.linspace(0, 0.5, values.shape[1])
    ax = ax or new_figure((5.2 + 0.6 * style.colorbar, 3.2)).add_subplot()
    line_axes(ax, "share of the largest magnitude" if style.scale == "each" else "magnitude")
    curves = np.stack([np.broadcast_to(frequencies, values.shape), values], axis=-1)
    _draw_lines(ax, [[curve] for curve in curves], colours.rgba)
    above = values >= level * values.max(axis=1, keepdims=True)
    bands = [_runs(curve, inside) for curve, inside in zip(curves, above, strict=True)]
    _draw_lines(ax, bands, colours.rgba, width=2.5)
    ax.set_ylim(0, (1.1 if style.texts else 1.05) * _tiles.limit_of(values))
    _write_at_peaks(ax, style.texts, np.stack([np.abs(peaks.waves[:, 0]), values.max(axis=1)], axis=1), above=True)
    if style.colorbar:
        colours.draw_bar(ax)
    thick = f"thick: above {tidy(100 * level)} % of each filter's peak"
    each = "each filter on its own scale" * (style.scale == "each")
    name_below(
        ax, "frequency (cycles per sample)", thick, style.heading, each, *_left_out(peaks, colours, ~peaks.is_zero)
    )
    return finish(ax, f"curves of the magnitude over frequency, of {bank_words(bank)}", _peak_words(bank, peaks))


def _runs(curve: Float64, inside: Array) -> list[Float64]:
    """Return the parts of a curve that are inside, where they are lines."""
    cuts = np.flatnonzero(np.diff(inside)) + 1
    parts = zip(np.split(curve, cuts), np.split(inside, cuts), strict=True)
    return [part for part, kept in parts if kept[0] and len(part) > 1]


def draw_polar(bank: FilterBank, style: Style, ax: Axes | None, fig: AnyFigure | None) -> Figure:
    """Draw the magnitudes around the circle of each filter's peak frequency."""
    if bank.ndim != 2:
        raise ValueError(
            f"`kind` 'polar' needs 2-D filters, which have orientations, got {bank.ndim}-D ones; "
            f"kind='contours' draws them all in one picture"
        )
    peaks = Peaks.of(bank)
    turning = peaks.frequency > 0
    values = _tiles.scaled(peaks.circles, style.scale)
    colours = style.colouring(peaks)
    place = _polar_axes(ax, fig, style.colorbar)
    angles = np.linspace(0, 2 * np.pi, ANGLES)
    lines = [[np.stack([angles, values[index]], axis=1)] for index in np.flatnonzero(turning)]
    _draw_lines(place, lines, colours.rgba[turning])
    end = _tiles.limit_of(values[turning])
    place.set_ylim(0, 1.05 * end)
    place.set_rgrids([end / 2, end], labels=[tidy(end / 2), tidy(end)], angle=22.5, fontsize="small")
    _write_at_peaks(place, style.texts, np.stack([np.arctan2(*peaks.waves.T), values.max(axis=1)], axis=1))
    if style.colorbar:
        colours.draw_bar(place, edge=1.12)
    what = "share of the largest magnitude" if style.scale == "each" else "magnitude"
    still = int(np.count_nonzero(peaks.frequency == 0))
    none = f"not drawn: {counted(still, 'filter')} whose peak is zero frequency" * bool(still)
    directions = "angles from x to y, downwards"
    name_below(
        place, f"{what} at each peak frequency", directions, style.heading, none, *_left_out(peaks, colours, turning)
    )
    words = f"polar curves of the {what} over orientation, at the peak frequency of {bank_words(bank)}"
    return finish(place, words, _peak_words(bank, peaks), none)


def _polar_axes(ax: Axes | None, fig: AnyFigure | None, colorbar: bool) -> PolarAxes:
    if ax is None and fig is not None:
        ax, fig = checked_figure(fig).add_subplot(projection="polar"), None
    ax = given_axes(ax, fig) or new_figure((4.2 + 0.9 * colorbar, 4.4)).add_subplot(projection="polar")
    if not isinstance(ax, PolarAxes):
        raise ValueError(
            "`ax` must be polar axes for kind='polar', got others; make them with "
            'fig.add_subplot(projection="polar"), or pass `fig`'
        )
    ax.set_theta_direction(-1)  # as images are drawn, y downwards
    ax.tick_params(labelsize="small", pad=1)
    ax.grid(alpha=0.4, linewidth=0.5)
    ax.spines[:].set_linewidth(0.4)
    return ax


def _draw_circles(ax: Axes) -> None:
    """Draw hairlines through zero and circles an octave apart."""
    angles = np.linspace(0, 2 * np.pi, 181)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cross = [np.array([[-0.5, 0], [0.5, 0]]), np.array([[0, -0.5], [0, 0.5]])]
    lines = LineCollection([*cross, *(radius * circle for radius in CIRCLES)], colors=rcParams["text.color"])
    lines.set(linewidth=0.4, alpha=0.3, gid="frequencies")
    ax.add_collection(lines, autolim=False)


def _draw_lines(ax: Axes, lines: Sequence[Sequence[Float64]], colours: Float64, width: float = 1.2) -> None:
    """Draw the lines of each filter in its colour, finer and fainter where they are many."""
    count = max(len(lines), 1)
    segments = [line for own in lines for line in own]
    each = np.repeat(colours, [len(own) for own in lines], axis=0)
    thin = float(np.clip((30 / count) ** 0.35, 0.35, 1.0))
    fade = float(np.clip((60 / count) ** 0.4, 0.35, 1.0))
    ax.add_collection(LineCollection(segments, colors=each, linewidths=width * thin, alpha=fade), autolim=False)


def _write_at_peaks(ax: Axes, texts: Sequence[str], places: Float64, *, above: bool = False) -> None:
    """Write a text at or above each filter's peak."""
    # On the scale of the axes, with their size: radii of polar axes are as long as the half.
    span = [2 * np.pi if isinstance(ax, PolarAxes) else np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())]
    for index, text in merged_texts(texts, places / span, 0.03):
        x, y = places[index].tolist()
        note = ax.text(x, y, text, ha="center", va="bottom" if above else "center")
        note.set(fontsize=0.85 * small(), in_layout=False)


def _left_out(peaks: Peaks, colours: Colouring, drawn: npt.NDArray[np.bool_]) -> list[str]:
    """Say which of the drawn filters have no colour, and which have no line."""
    none = int(np.count_nonzero(np.isnan(colours.values) & drawn))
    why = "without orientation" if colours.label == "orientation" else "with the peak at zero frequency"
    return [f"colour of text: {counted(none, 'filter')} {why}" * bool(none), *_zero_note(peaks)]


def _zero_note(peaks: Peaks) -> list[str]:
    zeros = int(np.count_nonzero(peaks.is_zero))
    return [f"{counted(zeros, 'filter')} of zeros not drawn"] * bool(zeros)


def _peak_words(bank: FilterBank, peaks: Peaks) -> str:
    """Say where the peaks are."""
    known = peaks.frequency[~peaks.is_zero]
    if not len(known):
        return "all filters are zero"
    low, high = tidy(known.min()), tidy(known.max())
    spread = f"at {low}" if low == high else f"from {low} to {high}"
    turned = _orientation_words(bank, peaks)
    return f"peaks {spread} cycles per {pixel_name(peaks.waves.shape[1])}{turned and f', {turned}'}"


def _orientation_words(bank: FilterBank, peaks: Peaks) -> str:
    """Say at how many orientations filters are: those that the bank gives them, or else groups of measured ones."""
    column = bank.parameters.get("orientation")
    told = bank.ndim == 2 and column is not None and column.dtype.kind == "f"
    angles = np.degrees(cast(Float64, column) if told else peaks.orientation)
    angles = angles[np.isfinite(angles)]
    if not len(angles):
        return ""
    groups = orientation_groups(angles)
    # Measured peaks that lie close together all around are no groups.
    return "at various orientations" if groups is None else f"at {counted(groups, 'orientation')}"


def orientation_groups(degrees: Float64) -> int | None:
    """Count the groups of nearly equal orientations, of which 0 and 180 degrees are one; None if there are none."""
    angles = np.sort(np.mod(degrees, 180))
    steps = np.diff(angles, append=angles[0] + 180)
    cuts = np.flatnonzero(steps > NEAR)
    if not len(cuts):
        return None
    widths = np.diff(angles[cuts], append=angles[cuts[0]] + 180) - steps[cuts]
    return len(cuts) if widths.max() <= WIDEST else None
