"""What the pictures of spectra, coverage and tuning share: their peaks, axes and colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize, to_rgba_array
from matplotlib.ticker import NullLocator
from scipy import fft

from .. import _grid
from .._bank import FilterBank
from .._check import Float64, Size
from ..analysis import frequency_response
from ..analysis._tuning import Transform
from . import _tiles
from ._canvas import axes_inches, bare, is_own, settled_inches
from ._colours import frequency_colours, orientation_colours
from ._labels import UNITS, tidy
from ._layout import small
from ._tiles import Cmap

# The planes of a spectrum, by the frequencies that grow downwards and to the right.
PLANES = {2: (("y", "x"),), 3: (("y", "x"), ("z", "x"), ("z", "y"))}
BETWEEN = 0.36  # of a plane's width, the room between two for the numbers
ANGLES = 361  # around a circle
HIGHEST = 0.75  # cycles per pixel, somewhat above the corners of the plane
MARGIN = 1.12  # factor, around frequencies on a logarithmic axis
SHARES = ("explained", "separability", "edge", "explained_variance_ratio", "cumulative")
NARROW = 1.1  # inches, the width of a plane below which its axes have no numbers
FEW_TICKS = 2.6  # inches, the width of a plane up to which the axes have three numbers
ROUND = 1e-9  # how exactly peaks are as high and frequencies alike


def odd_grid(size: tuple[int, ...], samples: int) -> tuple[int, ...]:
    """Return as many frequencies along every axis, an odd number: their cells end at -0.5 and 0.5."""
    return (_grid.odd_fft_side(max(*size, samples)),) * len(size)


def magnitudes(filters: Float64, grid: Size) -> Float64:
    """Return the magnitudes of the frequency responses, zero frequency in the middle, `(n, *grid)`."""
    magnitude: Float64 = np.abs(frequency_response(filters, grid))
    return magnitude


def half_spectra(filters: Float64, samples: int) -> Float64:
    """Return the magnitudes of 1-D filters at `samples` or more steps from 0 up to and with 0.5 cycles per sample."""
    magnitude: Float64 = np.abs(fft.rfft(filters, 2 * max(samples, filters.shape[1])))
    return magnitude


def axis_of(side: int) -> Float64:
    """Return the frequencies of an axis, with one more at both ends, which `wrapped` fills."""
    inner = fft.fftshift(fft.fftfreq(side))
    return np.concatenate([[inner[0] - 1 / side], inner, [inner[-1] + 1 / side]])


def wrapped(values: Float64) -> Float64:
    """Return a spectrum with one more value at both ends of each axis: it goes on periodically."""
    return np.pad(values, 1, mode="wrap")


@dataclass(frozen=True)
class Peaks:
    """Where the response of each filter is largest."""

    waves: Float64
    """The frequencies there, `(n, dimensions)`; NaN for a filter that is zero."""
    heights: Float64
    """The magnitudes there; 0 for a filter that is zero."""
    circles: Float64
    """In 2-D the magnitudes around the circle through the peak, from x to y and on, `(n, ANGLES)`."""

    @classmethod
    def of(cls, bank: FilterBank) -> Peaks:
        """Find the peaks of a bank."""
        waves = np.full((len(bank), bank.ndim), np.nan)
        heights = np.zeros(len(bank))
        circles = np.zeros((len(bank), ANGLES if bank.ndim == 2 else 0))
        for index, one in enumerate(bank.filters):
            if not one.any():
                continue
            transform = Transform(one)
            waves[index] = transform.peak()
            heights[index] = np.abs(transform.at(waves[index, None]))[0]
            if bank.ndim == 2:
                circles[index] = np.abs(transform.at(np.linalg.norm(waves[index]) * directions()))
        return cls(waves, heights, circles)

    @property
    def frequency(self) -> Float64:
        """In cycles per pixel."""
        frequency: Float64 = np.linalg.norm(self.waves, axis=1)
        return frequency

    @property
    def orientation(self) -> Float64:
        """In radians from 0 to pi; NaN where there is none: at zero frequency, and where half a turn keeps half."""
        if self.waves.shape[1] != 2:
            return np.full(len(self.waves), np.nan)
        oriented = (self.frequency > 0) & (self.circles.min(axis=1) < self.heights / 2)
        return np.where(oriented, np.mod(np.arctan2(*self.waves.T), np.pi), np.nan)

    @property
    def is_zero(self) -> npt.NDArray[np.bool_]:
        """Which filters are zero."""
        return np.isnan(self.waves[:, 0])


def directions() -> Float64:
    """Return unit vectors y, x around the circle, `(ANGLES, 2)`."""
    angles = np.linspace(0, 2 * np.pi, ANGLES)
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


@dataclass(frozen=True)
class Colouring:
    """Colours by a number of each filter, and what the colour bar says."""

    values: Float64
    cmap: Cmap
    norm: Normalize
    label: str
    ticks: dict[float, str]

    @classmethod
    def by_orientation(cls, orientation: Float64, cmap: Cmap | None = None) -> Colouring:
        """Colour by orientation in radians, from 0 to 180 degrees and round again."""
        ticks = {angle: f"{angle:.0f}°" for angle in (0.0, 45.0, 90.0, 135.0, 180.0)}
        return cls(np.degrees(orientation), cmap or orientation_colours(), Normalize(0, 180), "orientation", ticks)

    @classmethod
    def by_frequency(cls, frequency: Float64, unit: str, cmap: Cmap | None = None) -> Colouring:
        """Colour by frequency in octaves, over one at least: nearly equal ones look alike. Not that of zero."""
        values = np.where(frequency > 0, frequency, np.nan)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.1, 0.1)
        if high < 2 * low:
            high = min((2 * low * high) ** 0.5, max(HIGHEST, high))
            low = high / 2
        norm = LogNorm(low, high)
        middle = float(norm.inverse(0.5))
        label = f"peak frequency\n(cycles per {unit})"
        return cls(values, cmap or frequency_colours(), norm, label, {end: tidy(end) for end in (low, middle, high)})

    @classmethod
    def by_number(cls, name: str, values: Float64, cmap: Cmap | None = None) -> Colouring:
        """Colour by any number: angles round the circle, symmetry about zero, others from least to largest."""
        if name == "orientation":
            return cls.by_orientation(values, cmap)
        if name == "phase":
            ticks = {angle: f"{tidy(angle)}°" for angle in (-180.0, -90.0, 0.0, 90.0, 180.0)}
            return cls(np.degrees(values), cmap or orientation_colours(), Normalize(-180, 180), name, ticks)
        if name == "symmetry":
            return cls(values, cmap or _tiles.CMAP, Normalize(-1, 1), name, {-1.0: "odd", 0.0: "0", 1.0: "even"})
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if name in SHARES:
            low, high = 0.0, 1.0
        room = 0.0 if high > low else abs(low) / 2 or 1.0
        norm = Normalize(low - room, high + room)
        ends = {end: tidy(end) for end in (float(norm.inverse(share)) for share in (0, 0.5, 1))}
        label = f"{name} ({UNITS[name]})" if name in UNITS else name.replace("_", " ")
        return cls(values, cmap or frequency_colours(), norm, label, ends)

    @property
    def mappable(self) -> ScalarMappable:
        """What the colour bar is drawn from."""
        return ScalarMappable(self.norm, self.cmap)

    @property
    def rgba(self) -> Float64:
        """One colour for each filter; that of text where the number is none."""
        known = np.isfinite(self.values)
        colours = np.repeat(to_rgba_array(rcParams["text.color"]), len(known), axis=0)
        colours[known] = self.mappable.to_rgba(self.values[known])
        return colours

    def draw_bar(self, ax: Axes, edge: float = 1.0) -> None:
        """Draw the colour bar, if anything has a colour."""
        if not np.isfinite(self.values).any():
            return
        _tiles.draw_colorbar(ax, self.mappable, self.label, edge=edge, ticks=self.ticks)


def pixel_name(dimensions: int) -> str:
    """Return what frequencies are counted in: cycles per sample in 1-D, else per pixel."""
    return "sample" if dimensions == 1 else "pixel"


def plane_axes(ax: Axes, dimensions: int) -> list[Axes]:
    """Return axes for the planes of the spectrum, three side by side in 3-D, with their numbers and names."""
    planes = PLANES[dimensions]
    places, inches = [ax], axes_inches(ax)[0] if is_own(ax) else min(settled_inches(ax))
    if len(planes) > 1:
        bare(ax)
        whole = len(planes) + (len(planes) - 1) * BETWEEN
        inches /= whole
        ax.set_box_aspect(1 / whole)
        lefts = [number * (1 + BETWEEN) / whole for number in range(len(planes))]
        places = [ax.inset_axes((left, 0, 1 / whole, 1)) for left in lefts]
        ax.xaxis.labelpad = 32 if inches >= NARROW else 18  # below the names of the planes' axes
    for place, (down, across) in zip(places, planes, strict=True):
        place.set(xlim=(-0.5, 0.5), ylim=(0.5, -0.5), aspect="equal")
        ticks = (-0.5, 0.0, 0.5) if len(planes) > 1 or inches < FEW_TICKS else (-0.5, -0.25, 0.0, 0.25, 0.5)
        place.set(xticks=ticks, yticks=ticks)
        is_numbered = inches >= NARROW
        place.tick_params(length=2, labelsize="small", labelbottom=is_numbered, labelleft=is_numbered)
        place.spines[:].set_linewidth(0.4)
        place.set_xlabel(f"frequency in {across}" if is_numbered else across, fontsize="small")
        name = f"frequency in {down}, downwards" if is_numbered else down
        place.set_ylabel(fitting(name, inches), fontsize="small", labelpad=2)
    return places


def fitting(name: str, inches: float) -> str:
    """Return the name of an axis, in two lines if it is longer than the axis."""
    fits = len(name) * 0.5 * small() / 72 <= inches
    return name if fits else name.replace(" (", "\n(").replace(", ", ",\n")


def name_planes(ax: Axes, dimensions: int, *notes: str) -> None:
    """Write below `plane_axes` what must be known, and the unit."""
    if dimensions == 2:
        name_below(ax, "frequency in x (cycles per pixel)", *notes)
    else:
        name_below(ax, "", *notes, f"frequencies from {tidy(-0.5)} to 0.5 cycles per pixel")


def bar_ends(frequency: Float64, bandwidth: Float64) -> tuple[Float64, Float64]:
    """Return where bars of so many octaves start and end, NaN where the bandwidth is not finite."""
    octaves = np.where(np.isfinite(bandwidth) & (frequency > 0), bandwidth, np.nan)
    return frequency * 2 ** (-octaves / 2), frequency * 2 ** (octaves / 2)


def frequency_scale(ax: Axes, along: str, frequency: Float64, bandwidth: Float64, *, show: bool = True) -> None:
    """Scale the axis x or y to peak frequencies and their bars: in octaves if the peaks span one."""
    known = frequency[frequency > 0]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.25, 0.25)
    ends = np.stack([*bar_ends(frequency, bandwidth), frequency, frequency])
    ends = ends[np.isfinite(ends) & (ends > 0)] if known.size else np.array([low, high])
    axis = ax.yaxis if along == "y" else ax.xaxis
    least, most = max(float(ends.min()), low / 4), min(float(ends.max()), max(HIGHEST, high))
    if high >= 2 * low * (1 - ROUND):
        (ax.set_yscale if along == "y" else ax.set_xscale)("log", base=2)
        bounds = (least / MARGIN, most * MARGIN)
        ticks = 0.5 / 2.0 ** np.arange(-1, 12)
        ticks = ticks[(ticks >= bounds[0]) & (ticks <= bounds[1])]
        axis.set_ticks(list(ticks), labels=[tidy(tick) for tick in ticks])
        axis.set_minor_locator(NullLocator())
    else:
        bounds = (max(least - 0.1 * (most - least) - 0.01, 0.0), most + 0.1 * (most - least) + 0.01)
    (ax.set_ylim if along == "y" else ax.set_xlim)(bounds)
    if along == "y":
        axis.set_tick_params(labelleft=show)
        name = fitting("peak frequency (cycles per pixel)", axes_inches(ax)[1])
        ax.set_ylabel(name * show, fontsize="small")


def line_axes(ax: Axes, ylabel: str) -> None:
    """Prepare axes for curves over the frequencies of 1-D filters."""
    ax.set(xlim=(0, 0.5))
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize="small")
    ax.set_ylabel(ylabel, fontsize="small")


def merged_texts(texts: Sequence[str], places: Float64, near: float = 0.02) -> list[tuple[int, str]]:
    """Return texts that are not in each other's way: those of filters near to another are written with the first.

    With the number of that filter. `places` are `(n, 2)`, as shares of the axes or about so; NaN where nothing is.
    """
    found: dict[int, list[str]] = {}
    for index, text in enumerate(texts):
        if np.isfinite(places[index]).all():
            first = next((one for one in found if np.abs(places[one] - places[index]).max() <= near), index)
            found.setdefault(first, []).append(text)
    several = {index: list(dict.fromkeys(own)) for index, own in found.items()}
    return [
        (index, own[0] if len(own) == 1 else ", ".join(text.replace("\n", " ") for text in own))
        for index, own in several.items()
    ]


def name_below(ax: Axes, name: str, *notes: str) -> None:
    """Write below the axes what they count, and in lines below that what the reader must know."""
    _tiles.caption(ax, *notes)
    points = ax.xaxis.label.get_fontsize() if any(notes) else small()
    ax.set_xlabel("\n".join(filter(None, [name, ax.get_xlabel()])), fontsize=points)
