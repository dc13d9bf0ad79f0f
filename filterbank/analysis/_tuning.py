"""What each filter is tuned to: frequency, orientation, phase, and how sharply."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import fft, optimize

from .. import _grid
from .._bank import FilterBank, as_filters
from .._check import Float64
from .._table import Table, shows_itself
from ._spectrum import fast_grid, waves

SAMPLES_PER_PIXEL = 4  # of the grid on which the highest peak is looked for, and of the lines along which it falls
# Peaks whose power differs by less than this share are as high as each other.
ALIKE = 1e-9
Complex = npt.NDArray[np.complex128]
HELD = 0.95  # the share of a filter's energy within its support
# Of the table, with their units.
COLUMNS = {
    "filter": "",
    "frequency": "cycles per pixel",
    "angle": "degrees",
    "bandwidth": "octaves",
    "width": "degrees",
    "phase": "degrees",
    "symmetry": "",
    "dc": "",
    "support": "pixels",
    "rank-1": "of its energy",
    "edge": "of its energy",
}
STEPS = 60  # of the search for a peak, and for the best separable volume, at most


@shows_itself
class Tuning(dict[str, Float64]):
    """The numbers of every filter by name; prints as a table, angles in degrees.

    Examples
    --------
    >>> import filterbank as fb
    >>> print(fb.analysis.tuning(fb.gabor(31, frequencies=[0.2], orientations=[0, 0.5], phases=[0])))
    filter  frequency  angle  bandwidth  width  phase  symmetry     dc  support  rank-1  edge
         0      0.200      0       1.00     38      0      1.00  0.028      5.0    100%  0.0%
         1      0.200     29       1.00     38      0      1.00  0.028      5.0     53%  0.0%
    """

    def _table(self) -> Table:
        flat = self["orientation"].ndim == 1
        degrees = np.degrees(self["orientation"]) if flat else np.full(len(self["phase"]), np.nan)
        columns = (
            _cells(self["frequency"], "{:.3f}"),
            _cells(degrees, "{:.0f}"),
            _cells(self["bandwidth"], "{:.2f}"),
            _cells(np.degrees(self["orientation_bandwidth"]), "{:.0f}"),
            _cells(np.degrees(self["phase"]), "{:.0f}"),
            _cells(self["symmetry"], "{:.2f}"),
            _cells(self["dc"].round(12), "{:.2g}"),
            _cells(self["support"], "{:.1f}"),
            _cells(self["separability"], "{:.0%}"),
            _cells(self["edge"], "{:.1%}"),
        )
        rows = [(str(index), *cells) for index, cells in enumerate(zip(*columns, strict=True))]
        return Table([*COLUMNS], rows, texts=(), units=[*COLUMNS.values()])


def _cells(values: Float64, form: str) -> list[str]:
    texts = ["-" if np.isnan(value) else form.format(value) for value in values]
    return [text if len(text) == 1 or set(text) & set("123456789i") else text.lstrip("-") for text in texts]


def tuning(bank: FilterBank | npt.ArrayLike) -> Tuning:
    r"""Measure what every filter is tuned to, from its values alone.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    Tuning
        A dict of arrays, each `(n,)` unless another shape is given:

        frequency
            Where the magnitude of the filter's transform is largest, in cycles per pixel; exact between the points of
            any grid. 0 for a filter that passes constants best. Of peaks of the same height, the lowest frequency
            counts, then the smallest orientation.
        orientation
            The direction of that wave, in radians from 0 to pi, as `gabor` counts; NaN where the frequency is 0. In
            1-D 0, in 3-D the unit vectors `(n, 3)` of z, y, x, whose last component other than 0 is positive.
        bandwidth
            Between the frequencies of that orientation at which the magnitude has fallen to half, in octaves; infinite
            where it does not fall so far towards zero frequency or the Nyquist frequency.
        orientation_bandwidth
            Between the orientations at that frequency at which the magnitude has fallen to half, in radians; pi where
            it never falls so far. NaN where the frequency is 0, and in 1-D and 3-D.
        phase
            Of that wave about the centre of the window, above -pi up to pi: 0 for a cosine, -pi / 2 for a sine.
        symmetry
            From 1 for even filters to -1 for odd ones: the energy of the even part less that of the odd one, as a
            share.
        dc
            The sum of the filter: what it gives on a constant 1.
        energy
            The sum of squares.
        centroid
            The middle of the energy about the centre of the window, `(n, dimensions)`: y and x, in pixels.
        support
            The radius of the smallest disk of pixels about the centroid that holds 95 % of the energy.
        separability
            The share of the energy that the best separable filter has: that of the first singular value in 2-D.
        edge
            The share of the energy in the outermost pixels of the window, the sign of a filter that it cuts.

        Of a filter that is zero, `dc` and `energy` are 0 and everything else is NaN.

    Raises
    ------
    ValueError
        If the filters are not finite, or not of one to three dimensions.

    Notes
    -----
    Peaks are found on a grid and refined by Newton's method on the transform itself; bandwidths by bisection along the
    ray and the circle through the peak. Of a Gabor filter that decays within the window, the half-amplitude bandwidth
    is :math:`\log_2 \frac{f \sigma \pi + \sqrt{\ln 2 / 2}}{f \sigma \pi - \sqrt{\ln 2 / 2}}`.

    References
    ----------
    N. Petkov and P. Kruizinga, "Computational models of visual neurons specialised in the detection of periodic and
    aperiodic oriented visual stimuli", Biol. Cybern. 76 (1997), 83-96.
    R. L. De Valois, D. G. Albrecht and L. G. Thorell, "Spatial frequency selectivity of cells in macaque visual
    cortex", Vision Res. 22 (1982), 545-559.

    Examples
    --------
    >>> import filterbank as fb
    >>> tuned = fb.analysis.tuning(fb.gabor(31, frequencies=[0.2], orientations=3, bandwidth=1))
    >>> tuned["orientation"].round(4)
    array([0.    , 0.    , 1.0472, 1.0472, 2.0944, 2.0944])
    >>> round(float(tuned["bandwidth"][1]), 2), tuned["symmetry"][:2].round(6)
    (1.0, array([ 1., -1.]))
    """
    given = as_filters(bank)
    largest = np.abs(given).max(axis=_pixels(given), keepdims=True)
    filters = given / np.where(largest > 0, largest, 1)  # whose squares neither vanish nor overflow
    dimensions = filters.ndim - 1
    waves = [Transform(one) if one.any() else None for one in filters]
    peaks = np.stack([np.full(dimensions, np.nan) if wave is None else wave.peak() for wave in waves])
    frequency = np.linalg.norm(peaks, axis=1)
    present = frequency > 0

    def each(measure: Callable[[Transform, Float64], float], where: npt.NDArray[np.bool_]) -> Float64:
        values = [
            measure(wave, peak) if wave is not None and wanted else np.nan
            for wave, peak, wanted in zip(waves, peaks, where, strict=True)
        ]
        return np.array(values, dtype=np.float64)

    everywhere = np.ones(len(filters), dtype=bool)
    energy = np.sum(filters**2, axis=_pixels(filters))
    centroid = _centroid(filters, energy)
    return Tuning(
        frequency=frequency,
        orientation=_orientation(peaks, frequency),
        bandwidth=each(Transform.octaves, everywhere),
        orientation_bandwidth=each(Transform.turn, present if dimensions == 2 else ~everywhere),
        phase=each(Transform.phase, everywhere),
        symmetry=_share(np.sum(filters * np.flip(filters, _pixels(filters)), axis=_pixels(filters)), energy),
        dc=np.sum(given, axis=_pixels(given)),
        energy=np.sum(given**2, axis=_pixels(given)),
        centroid=centroid,
        support=_support(filters, energy, centroid),
        separability=np.array([_separability(one) for one in filters]),
        edge=_share(energy - np.sum(_inside(filters) ** 2, axis=_pixels(filters)), energy),
    )


class Transform:
    """The Fourier transform of one filter about the centre of its window, at any frequency."""

    def __init__(self, one: Float64) -> None:
        self.size = one.shape
        self.values = one.astype(np.complex128)
        self.axes = _grid.axes(one.shape)

    def at(self, waves: Float64) -> Complex:
        """Return the transform at frequencies `(count, dimensions)`."""
        factors = [np.exp(-2j * np.pi * np.outer(wave, axis)) for wave, axis in zip(waves.T, self.axes, strict=True)]
        found: Complex = np.tensordot(factors[-1], self.values, axes=(1, -1))
        for factor in factors[-2::-1]:
            found = np.einsum("p...k,pk->p...", found, factor)
        return found

    def peak(self) -> Float64:
        """Return the frequency vector at which the magnitude is largest, in the half of those that `tuning` counts."""
        grid = fast_grid(self.size, SAMPLES_PER_PIXEL)
        power = np.abs(fft.fftn(self.values, grid)) ** 2
        if power.min() >= power.max() * (1 - ALIKE):  # a single pixel: no frequency stands out
            return np.zeros(len(grid))
        starts = waves(grid)
        # Between the points of the grid a lower peak may be the higher one: those that come close are all refined.
        near = np.flatnonzero((power >= 0.8 * power.max()).ravel() & _is_local_maximum(power).ravel())
        refined = np.stack([_half(self._refined(starts[index])) for index in near])
        heights = np.abs(self.at(refined)) ** 2
        best = refined[heights >= heights.max() * (1 - ALIKE)]
        order = np.lexsort((*np.round(best.T, 9), np.round(_angle(best), 9), np.round(np.linalg.norm(best, axis=1), 9)))
        chosen: Float64 = best[order[0]]
        return chosen

    def _refined(self, wave: Float64) -> Float64:
        """Climb from a point of the grid to the peak beside it by Newton's method."""
        reach = 1 / (SAMPLES_PER_PIXEL * np.array(self.size))
        start = wave
        for _ in range(STEPS):
            total, first, second = self._derivatives(wave)
            slope = 2 * np.real(np.conj(total) * first)
            bend = 2 * np.real(np.outer(np.conj(first), first) + np.conj(total) * second)
            # Along where it is flat, or bent upwards, Newton's step would lead away.
            bends, directions = np.linalg.eigh(bend)
            down = bends < -ALIKE * (2 * np.pi * abs(total) * max(self.size)) ** 2
            step = -directions[:, down] @ ((slope @ directions[:, down]) / bends[down])
            wave = np.clip(wave + step, start - reach, start + reach)
            if np.abs(step).max() < 1e-14:
                break
        return wave

    def _derivatives(self, wave: Float64) -> tuple[np.complex128, Complex, Complex]:
        """Return the transform at a frequency, its gradient and its matrix of second derivatives."""
        found = self.values
        for component, axis in zip(wave, self.axes, strict=True):
            turns = -2j * np.pi * axis
            found = np.tensordot(found, np.exp(component * turns) * turns ** np.arange(3)[:, None], axes=(0, 1))
        # By the order of the derivative along each axis.
        orders = np.eye(len(wave), dtype=np.intp)
        second = found[tuple(np.moveaxis(orders[:, None] + orders, -1, 0))]
        return found[(0,) * len(wave)], found[tuple(orders.T)], second

    def phase(self, peak: Float64) -> float:
        """Return the phase of the wave at the peak, above -pi up to pi."""
        angle = float(np.angle(self.at(peak[None])[0]))
        return np.pi if abs(angle + np.pi) < ALIKE else angle

    def octaves(self, peak: Float64) -> float:
        """Return the half-amplitude bandwidth along the ray through the peak."""
        frequency = float(np.linalg.norm(peak))
        if not frequency:
            return np.inf
        direction = peak / frequency
        last = 0.5 / np.abs(direction).max()
        low, high = (self._half_height(lambda r: np.outer(r, direction), frequency, end) for end in (0.0, last))
        return float(np.log2(high / low)) if low and high else np.inf

    def turn(self, peak: Float64) -> float:
        """Return the half-amplitude bandwidth along the circle through the peak of a 2-D filter."""
        radius, angle = float(np.linalg.norm(peak)), float(np.arctan2(*peak))

        def circle(angles: Float64) -> Float64:
            return radius * np.stack([np.sin(angles), np.cos(angles)], axis=-1)

        ends = (self._half_height(circle, angle, angle + quarter) for quarter in (-np.pi / 2, np.pi / 2))
        low, high = ends
        return (np.pi / 2 if high is None else high - angle) + (np.pi / 2 if low is None else angle - low)

    def _half_height(self, path: Callable[[Float64], Float64], start: float, end: float) -> float | None:
        """Return where on a path the magnitude first falls to half of that at the start, None if nowhere."""
        half = np.abs(self.at(path(np.array([start]))))[0] / 2

        def above(place: float) -> float:
            return float(np.abs(self.at(path(np.array([place])))[0]) - half)

        first, last = path(np.array([start, end]))
        count = 4 * SAMPLES_PER_PIXEL * max(self.size) * float(np.linalg.norm(last - first))
        places = np.linspace(start, end, math.ceil(count) + 2)
        below = np.flatnonzero(np.abs(self.at(path(places))) <= half)
        if not len(below):
            return None
        return float(optimize.brentq(above, places[below[0] - 1], places[below[0]], xtol=1e-14))


def _is_local_maximum(power: Float64) -> npt.NDArray[np.bool_]:
    """Tell which points of a periodic grid are not lower than their neighbours along the axes."""
    level = power * (1 + ALIKE)
    shifted = [np.roll(power, step, axis) for axis in range(power.ndim) for step in (-1, 1)]
    found: npt.NDArray[np.bool_] = np.all([level >= neighbour for neighbour in shifted], axis=0)
    return found


def _half(wave: Float64) -> Float64:
    """Return a frequency, or its negative of the same wave, in the half space that counts."""
    wave = 0.5 - np.mod(0.5 + 1e-12 - wave, 1) + 1e-12  # the Nyquist frequency from either side
    wave = np.where(np.abs(wave) < 1e-12, 0.0, wave)
    if wave.size == 2:  # angles from 0 to pi
        return -wave if wave[0] < 0 or (wave[0] == 0 and wave[1] < 0) else wave
    components = wave[wave != 0]
    return -wave if components.size and components[-1] < 0 else wave


def _angle(waves: Float64) -> Float64:
    return np.arctan2(waves[:, -2], waves[:, -1]) if waves.shape[1] > 1 else np.zeros(len(waves))


def _orientation(peaks: Float64, frequency: Float64) -> Float64:
    known = np.where(frequency > 0, 1.0, np.nan)
    if peaks.shape[1] == 3:
        return peaks / np.where(frequency > 0, frequency, np.nan)[:, None]
    return np.mod(_angle(peaks), np.pi) * known


def _pixels(filters: Float64) -> tuple[int, ...]:
    return tuple(range(1, filters.ndim))


def _share(part: Float64, energy: Float64) -> Float64:
    return np.divide(part, energy, out=np.full_like(energy, np.nan), where=energy > 0)


def _inside(filters: Float64) -> Float64:
    """Return the filters without the outermost pixels of the window."""
    return filters[(slice(None), *(slice(1, max(side - 1, 1)) for side in filters.shape[1:]))]


def _centroid(filters: Float64, energy: Float64) -> Float64:
    squares = filters**2
    moments = [np.sum(squares * axis, axis=_pixels(filters)) for axis in _grid.mesh(filters.shape[1:])]
    return np.stack([_share(moment, energy) for moment in moments], axis=1)


def _support(filters: Float64, energy: Float64, centroid: Float64) -> Float64:
    found = np.full(len(filters), np.nan)
    mesh = _grid.mesh(filters.shape[1:])
    for index in np.flatnonzero(energy > 0):
        distance = np.sqrt(sum((axis - at) ** 2 for axis, at in zip(mesh, centroid[index], strict=True))).ravel()
        order = np.argsort(distance, kind="stable")
        held = np.cumsum((filters[index] ** 2).ravel()[order])
        found[index] = distance[order][np.searchsorted(held, HELD * energy[index] * (1 - 1e-12))]
    return found


def _separability(one: Float64) -> float:
    if not one.any():
        return np.nan
    energy = np.sum(one**2)
    if one.ndim == 1:
        return 1.0
    if one.ndim == 2:
        return float(np.linalg.norm(one, 2) ** 2 / energy)
    # Each factor in turn the best for the others, from the singular vectors of the unfolded volume on.
    unfolded = [np.moveaxis(one, axis, 0).reshape(side, -1) for axis, side in enumerate(one.shape)]
    factors = [np.linalg.svd(matrix, full_matrices=False)[0][:, 0] for matrix in unfolded]
    strength = 0.0
    for _ in range(STEPS):
        for axis in range(3):
            others = [factors[other] for other in range(3) if other != axis]
            factor = unfolded[axis] @ np.outer(*others).ravel()
            before, strength = strength, float(np.linalg.norm(factor))
            factors[axis] = factor / strength if strength else factors[axis]
        if strength - before <= 1e-15 * strength:
            break
    return min(strength**2 / float(energy), 1.0)
