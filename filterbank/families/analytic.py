"""Waves whose spectrum lies on one side, so that every filter has a quadrature partner: log-Gabor, Morlet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import ACCEPTED_LOSS, above_nyquist, energy_lost
from .oscillating import angles, flat, spread_out, wave_directions

QUADRATURE = np.array([0, np.pi / 2])


@makes_bank(
    "log-Gabor",
    more="add `frequencies`, `orientations` or `phases`, or drop `n`",
    wider="use a larger `size` or higher `frequencies`",
)
def log_gabor(
    size: Size,
    n: int | None = None,
    *,
    frequencies: npt.ArrayLike | None = None,
    orientations: int | npt.ArrayLike | None = None,
    phases: npt.ArrayLike = (0.0, np.pi / 2),
    sigma_on_f: float = 0.65,
    angular_count: float | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of log-Gabor filters: waves whose spectrum is a Gaussian of the logarithm of frequency.

    Unlike Gabor filters they have no mean at any bandwidth.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is frequency, orientation, phase: the phase varies fastest.
    frequencies : array_like, optional
        Centre frequencies in cycles per pixel. The default goes down from 0.25 in steps of 2.1, which tiles evenly at
        the default bandwidth, while the window holds 99 % of a filter's energy, and is listed from low to high.
    orientations : int or array_like, optional
        How many orientations, evenly over half a turn, or the angles in radians; the default is 5. In 3-D, how many
        directions, or vectors `(count, 3)` of z, y, x; the default is the 13 directions to a voxel's neighbours. In
        1-D there is one.
    phases : array_like, default (0, pi/2)
        Phases of the wave at the centre in radians. The default makes an even and an odd filter, quadrature partners.
    sigma_on_f : float, default 0.65
        Kovesi's `s`, between 0 and 1: the smaller, the wider the band; 0.55 is about two octaves.
    angular_count : float, optional
        The number of orientations whose angular functions add up to a constant: the larger, the narrower. The default
        is the number of orientations where they are given in 2-D, and 6 otherwise.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps a spectrum of peak 1.

    Returns
    -------
    FilterBank
        With the columns `frequency` (cycles per pixel), `orientation` (radians, in 2-D) or `direction_z`,
        `direction_y`, `direction_x` (in 3-D), `phase` (radians) and `sigma_on_f`. Every filter sums to zero.

    Raises
    ------
    ValueError
        If a frequency is not positive or `sigma_on_f` not between 0 and 1.

    Warns
    -----
    BankWarning
        If a frequency is above Nyquist along an axis, the window cuts more than 1 % of a filter's energy, or the
        filters are dependent.

    Notes
    -----
    The spectrum is

    .. math:: \exp\frac{-\ln^2(w / w_0)}{2 \ln^2 s} \cdot \frac{1 + \cos(\min(|\Delta\theta| N / 2, \pi))}{2}

    and 0 at zero frequency, for `N` the angular count; 1-D has its positive half and no angular factor. It is
    sampled on a grid of eight windows and at least 128 samples a side (four and 48 in 3-D), transformed back and cut to
    the window about the centre; the mean that the cut leaves is taken away. What wraps around on that grid is below
    2e-4 of the peak (2e-3 in 3-D). Pairs of `sigma_on_f` and step between frequencies that tile evenly:
    (0.85, 1.3), (0.75, 1.6), (0.65, 2.1), (0.55, 3). The spectrum ends at Nyquist: high centre frequencies make it end
    abruptly, and the filter ring. `N` orientations that add up to a constant always depend on one another, since
    every other one does so too: the even filters for even `N`, the odd ones for odd `N`. The five of the
    default are therefore as narrow as six would be. Kovesi's own code also damps frequencies beyond a radius of
    0.45; this does not.

    References
    ----------
    D. J. Field, "Relations between the statistics of natural images and the response properties of cortical cells",
    J. Opt. Soc. Am. A 4 (1987), 2379-2394. P. Kovesi, "Image features from phase congruency", Videre 1 (1999), 1-26.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.log_gabor(15)
    >>> bank.parameters["frequency"].round(3)[::8]
    array([0.119, 0.119, 0.25 ])
    >>> bool(abs(bank.filters.sum((1, 2))).max() < 1e-14)
    True
    """
    window = _check.size(size, family="log_gabor", at_least=3)
    s = _check.number("sigma_on_f", sigma_on_f, above=0, at_most=0.999)
    phase = _check.numbers_of("phases", phases, unit="radians")
    tiling = 6.0
    if orientations is None and len(window) == 2:
        orientations = 5
    elif orientations is not None and len(window) == 2:
        tiling = float(len(angles(orientations)))
    directions, named = wave_directions(orientations, len(window))
    count = tiling if len(window) > 1 else 0.0
    if angular_count is not None:
        count = _check.number("angular_count", angular_count, above=0)
    if frequencies is None:
        frequency = _fitting_frequencies(window, s, directions, count)
    else:
        frequency = _check.numbers_of("frequencies", frequencies, above=0, unit="cycles per pixel")

    filters, lost = [], []
    for centre in frequency:
        for direction in directions:
            waves, share = _filters(window, centre, s, direction, count, phase)
            filters.append(waves)
            lost.append(share)
    shape = (len(frequency), len(directions), len(phase))
    columns = {name: column[:, None] for name, column in named.items()}
    components = frequency[:, None, None] * directions.T[:, None, :, None]
    return Draft(
        np.concatenate(filters),
        spread_out(shape, frequency=frequency[:, None, None], **columns, phase=phase, sigma_on_f=np.array(s)),
        zero_mean=True,
        aliased=flat(above_nyquist(*components), shape),
        lost=np.concatenate(lost),
    )


def _fitting_frequencies(window: tuple[int, ...], s: float, directions: Float64, count: float) -> Float64:
    """Return 1/4, 1/8.4, ... cycles per pixel while the window holds the waves, from low to high."""

    def loss(frequency: float) -> float:
        waves = (_filters(window, frequency, s, direction, count, QUADRATURE) for direction in directions)
        return float(max(lost.max() for _, lost in waves))

    fitting = [0.25]
    while (lower := fitting[-1] / 2.1) * min(window) > 0.5 and loss(lower) <= ACCEPTED_LOSS:
        fitting.append(lower)
    return np.array(fitting[::-1])


def _filters(
    window: tuple[int, ...], centre: float, s: float, direction: Float64, count: float, phase: Float64
) -> tuple[Float64, Float64]:
    """Return one wave at each phase, `(phases, *window)`, and the shares of energy that the window cuts off."""
    axes = [fft.fftfreq(_grid_side(side, len(window))) for side in window]
    spectrum = _log_gabor_spectrum(np.meshgrid(*axes, indexing="ij", sparse=True), centre, s, direction, count)
    # Only the window is needed of the inverse transform: its rows along each axis, about the centre.
    analytic: npt.NDArray[np.complex128] = spectrum.astype(np.complex128)
    for axis, frequency in zip(reversed(_grid.axes(window)), reversed(axes), strict=True):
        waves = np.exp(2j * np.pi * np.outer(frequency, axis)) / len(frequency)
        # The axis transformed moves to the front, so that in the end all are in their order.
        analytic = np.moveaxis(analytic @ waves, -1, 0)
    column = (-1, *(1,) * len(window))
    inside = np.real(analytic * np.exp(1j * phase).reshape(column))
    # The sum of squares over the whole grid, by Parseval; opposite frequencies tell even waves from odd ones.
    opposite = np.roll(np.flip(spectrum), 1, axis=tuple(range(len(window))))
    everywhere = np.sum(spectrum**2) + np.cos(2 * phase) * np.sum(spectrum * opposite)
    pixels = tuple(range(1, len(window) + 1))
    lost = 1 - 2 * spectrum.size * np.sum(inside**2, axis=pixels) / everywhere
    return inside - inside.mean(pixels, keepdims=True), lost


def _grid_side(side: int, dimensions: int) -> int:
    """Return the side of a grid of frequencies much larger than the window."""
    return _grid.odd_fft_side(max(48, 4 * side) if dimensions == 3 else max(128, 8 * side))


def _log_gabor_spectrum(
    frequencies: Sequence[Float64], centre: float, s: float, direction: Float64, count: float
) -> Float64:
    """Return the spectrum on a grid of frequencies; a count of 0 keeps the positive half, as 1-D does."""
    radius = np.sqrt(sum(f**2 for f in frequencies))
    safe = np.where(radius > 0, radius, 1)
    radial = np.where(radius > 0, np.exp(-(np.log(safe / centre) ** 2) / (2 * np.log(s) ** 2)), 0)
    along = sum(part * f for part, f in zip(direction, frequencies, strict=True)) / safe
    if count == 0:
        return np.asarray(radial * (along > 0))
    angle = np.arccos(np.clip(along, -1, 1))
    spread: Float64 = (1 + np.cos(np.minimum(angle * count / 2, np.pi))) / 2
    return radial * spread


@makes_bank(
    "Morlet",
    more="add `scales`, `orientations` or `phases`, or drop `n`",
    wider="use a larger `size` or fewer `scales`",
)
def morlet(
    size: Size,
    n: int | None = None,
    *,
    scales: int | None = None,
    orientations: int | npt.ArrayLike = 4,
    phases: npt.ArrayLike = (0.0, np.pi / 2),
    slant: float | None = None,
    low_pass: bool = True,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Morlet wavelets, octaves apart, with their low-pass filter: the filters of scattering.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int.
    n : int, optional
        Keep the first `n` filters. The order is the low-pass filter, then scale from coarse to fine, orientation,
        phase: the phase varies fastest.
    scales : int, optional
        How many octaves. The default is as many as the window holds 99 % of the energy of.
    orientations : int or array_like, default 4
        How many orientations, evenly over half a turn, or the angles in radians.
    phases : array_like, default (0, pi/2)
        Phases of the wave at the centre in radians: the real part, and minus the imaginary part.
    slant : float, optional
        Width of the envelope along the wave over that across it. The default is 4 over the number of orientations.
    low_pass : bool, default True
        Whether the Gaussian of the coarsest scale is among them.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `scale` (the octave `j`, 0 is the finest), `frequency` (cycles per pixel, 0 for the
        low-pass), `orientation` and `phase` (radians, NaN and 0 for the low-pass) and `sigma` (pixels).

    Raises
    ------
    ValueError
        If `scales` is below 1 or `slant` is not positive.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of a filter's energy, or the filters are dependent.

    Notes
    -----
    .. math:: \exp\left(-\frac{x'^2 + \gamma^2 y'^2}{2 s^2}\right) \left(e^{i \xi x'} - K\right)

    with :math:`s = 0.8 \cdot 2^j`, :math:`\xi = \frac{3\pi}{4} 2^{-j}`, the slant :math:`\gamma` and `K` such that the
    sum over the window is zero; the low-pass is the Gaussian of :math:`s = 0.8 \cdot 2^{J - 1}`. kymatio's
    ``morlet_2d`` has the same shape with :math:`\gamma / (2 \pi s^2)` in front, on a periodic grid with the origin in
    a corner and its x along the rows; its pi is 3.1415, so its amplitudes are 3e-5 too large.

    References
    ----------
    J. Bruna and S. Mallat, "Invariant scattering convolution networks", IEEE Trans. Pattern Anal. Mach. Intell. 35
    (2013), 1872-1886. M. Andreux et al., "Kymatio: scattering transforms in Python", J. Mach. Learn. Res. 21
    (2020), 60.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.morlet(15)
    >>> bank.parameters["scale"][[0, 1, -1]], len(bank)
    (array([2, 2, 0]), 25)
    """
    window = _check.size(size, family="morlet", dimensions=(2,), at_least=3)
    angle = angles(orientations)
    phase = _check.numbers_of("phases", phases, unit="radians")
    elongation = 4 / len(angle) if slant is None else _check.number("slant", slant, above=0)
    if scales is None:
        scales = _fitting_scales(window, angle, phase, elongation)
    octave = np.arange(_check.integer("scales", scales, at_least=1))[::-1]

    def filters(sides: tuple[int, ...]) -> Float64:
        waves = _morlet_waves(sides, octave, angle, phase, elongation)
        return np.concatenate([_low_pass(sides, octave[0]), waves]) if low_pass else waves

    shape = (len(octave), len(angle), len(phase))
    columns = spread_out(
        shape,
        scale=octave[:, None, None],
        frequency=(3 / 8 / 2.0**octave)[:, None, None],
        orientation=angle[:, None],
        phase=phase,
        sigma=(0.8 * 2.0**octave)[:, None, None],
    )
    if low_pass:
        coarsest = {"scale": octave[0], "frequency": 0, "orientation": np.nan, "phase": 0, "sigma": columns["sigma"][0]}
        columns = {name: np.concatenate([[coarsest[name]], column]) for name, column in columns.items()}
    return Draft(filters(window), columns, lost=energy_lost(filters, window))


def _fitting_scales(window: tuple[int, ...], angle: Float64, phase: Float64, slant: float) -> int:
    """Return how many octaves the window holds, at least one."""
    scales = 1
    while 0.8 * 2**scales < min(window) and _loss(window, scales, angle, phase, slant) <= ACCEPTED_LOSS:
        scales += 1
    return scales


def _loss(window: tuple[int, ...], octave: int, angle: Float64, phase: Float64, slant: float) -> float:
    """Return the largest share of energy that the window cuts off the waves of one octave."""
    one = np.array([octave])
    return float(energy_lost(lambda sides: _morlet_waves(sides, one, angle, phase, slant), window).max())


def _morlet_waves(
    window: tuple[int, ...], octave: npt.NDArray[np.intp], angle: Float64, phase: Float64, slant: float
) -> Float64:
    rows, columns = _grid.mesh(window)
    y, x = _grid.rotated(rows, columns, angle[:, None, None])
    sigma = (0.8 * 2.0**octave)[:, None, None, None]
    bell = np.exp(-(x**2 + (slant * y) ** 2) / (2 * sigma**2))
    wave = np.exp(1j * (3 * np.pi / 4 / 2.0**octave)[:, None, None, None] * x)
    pixels = (-2, -1)
    share = np.sum(bell * wave, pixels, keepdims=True) / np.sum(bell, pixels, keepdims=True)
    analytic = (bell * (wave - share))[:, :, None]
    waves: Float64 = np.real(analytic * np.exp(1j * phase)[:, None, None])
    return waves.reshape(-1, *window)


def _low_pass(window: tuple[int, ...], octave: int) -> Float64:
    distance = sum(axis**2 for axis in _grid.mesh(window))
    bell: Float64 = np.exp(-distance / (2 * (0.8 * 2.0**octave) ** 2))
    return bell[None]
