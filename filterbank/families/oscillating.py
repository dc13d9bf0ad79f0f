"""Waves in an envelope: Gabor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import above_nyquist, gabor_energy_lost


@makes_bank(
    "Gabor",
    more="add `frequencies`, `orientations` or `phases`, or drop `n`",
    wider="use a larger `size` or a smaller `sigma` (a larger `bandwidth`)",
)
def gabor(
    size: Size,
    n: int | None = None,
    *,
    frequencies: npt.ArrayLike | None = None,
    orientations: int | npt.ArrayLike | None = None,
    phases: npt.ArrayLike = (0.0, np.pi / 2),
    sigma: npt.ArrayLike | None = None,
    bandwidth: npt.ArrayLike | None = None,
    aspect_ratio: float = 1.0,
    zero_mean: bool = False,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Gabor filters: cosine waves under a Gaussian.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is frequency, orientation, phase: the phase varies fastest. So a
        frequency is complete at a multiple of orientations times phases, 8 by default; for ten filters,
        ``gabor(11, n=10, orientations=5)`` has one frequency in five orientations.
    frequencies : array_like, optional
        Frequencies of the waves in cycles per pixel, up to 0.5. The default starts at the lowest
        frequency with 1.25 cycles in the window and goes up in octaves to 0.25.
    orientations : int or array_like, optional
        How many orientations, evenly over half a turn, or the angles in radians. The wave of angle 0 varies
        along x; angles turn from x towards y, which grows downward. The default is 4. In 3-D, how many directions,
        evenly over half the sphere, or vectors `(count, 3)` of z, y, x; the default is the 13 directions to a
        voxel's neighbours. In 1-D there is one.
    phases : array_like, default (0, pi/2)
        Phases of the wave at the centre in radians. The default makes an even and an odd filter.
    sigma : array_like, optional
        Standard deviation of the envelope along the wave in pixels, one or one for each frequency.
    bandwidth : array_like, optional
        Half-amplitude bandwidth in octaves, from which `sigma` follows; one or one for each frequency.
        The default is 1, and wider (infinite for the lowest frequencies) where the window would cut the envelope:
        `sigma` along and across the wave is at most the shortest side over 4.2, or over 5 for waves of less than a
        cycle in the window.
    aspect_ratio : float, default 1
        `sigma` along the wave over the standard deviation across it: below 1, stripes get longer.
    zero_mean : bool, default False
        Subtract the envelope's share, so that every filter sums to zero. An even Gabor does not by itself.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `frequency` (cycles per pixel), `orientation` and `phase` (radians), `sigma`
        (pixels), `bandwidth` (octaves, infinite for a sigma that has none) and `aspect_ratio`. In 3-D
        `direction_z`, `direction_y`, `direction_x` stand in the place of `orientation`, which 1-D does not have.

    Raises
    ------
    ValueError
        If a frequency or width is not positive, or both `sigma` and `bandwidth` are given.

    Warns
    -----
    BankWarning
        If a frequency is above Nyquist along an axis, the window cuts more than 1 % of a filter's energy, or the
        filters are dependent.

    Notes
    -----
    .. math:: \frac{1}{2\pi\sigma_x\sigma_y}
              \exp\left(-\frac{x'^2}{2\sigma_x^2} - \frac{y'^2}{2\sigma_y^2}\right) \cos(2\pi f x' + \varphi)

    with :math:`x' = x\cos\theta + y\sin\theta`, :math:`y' = -x\sin\theta + y\cos\theta`, and
    :math:`\sigma_x = \frac{1}{\pi f}\sqrt{\frac{\ln 2}{2}}\,\frac{2^B + 1}{2^B - 1}` for `B` octaves. It
    equals ``skimage.filters.gabor_kernel``, but for the window: scikit-image's grows with the angle. In 1-D and
    3-D the factor in front is that of the Gaussian there, round about the wave's direction.
    OpenCV's ``getGaborKernel`` leaves the factor in front out, is turned by 180 degrees and makes an even size
    one larger.

    References
    ----------
    J. G. Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation optimized
    by two-dimensional visual cortical filters", J. Opt. Soc. Am. A 2 (1985), 1160-1169.
    N. Petkov and P. Kruizinga, "Computational models of visual neurons specialised in the detection of periodic
    and aperiodic oriented visual stimuli", Biol. Cybern. 76 (1997), 83-96, for the bandwidth.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.gabor(11)
    >>> bank
    <FilterBank gabor: 16 filters of 11x11, rank 16, condition 5.92>
    >>> bank.parameters["frequency"][[0, 8]]
    array([0.125, 0.25 ])
    """
    window = _check.size(size, family="gabor")
    frequency = _frequencies(frequencies, min(window))
    ratio = _check.number("aspect_ratio", aspect_ratio, above=0)
    # So narrow, waves keep 99 % of their energy inside a window, of a cube too; odd ones of less than a cycle spread.
    widest = min(window) / np.where(frequency * min(window) < 1, 5.0, 4.2) * min(1, ratio)
    width = _sigma(frequency, sigma, bandwidth, widest)
    phase = _check.numbers_of("phases", phases, unit="radians")
    directions, named = wave_directions(orientations, len(window))

    # Axes: frequency, orientation, phase, then the window.
    per_frequency, per_phase = (-1, 1, 1, *(1,) * len(window)), (-1, *(1,) * len(window))
    bell = _bells(directions, width, ratio, window)
    amplitude = 1 / gaussian_integral(width, ratio, len(window)).reshape(per_frequency)
    cosine, sine = (part[:, :, None] for part in _plane_waves(frequency, directions, window))
    angle = phase.reshape(per_phase)
    filters = cosine * np.cos(angle)
    filters -= sine * np.sin(angle)
    filters *= bell
    pixels = tuple(range(-len(window), 0))
    share = filters.sum(pixels, keepdims=True) / bell.sum(pixels, keepdims=True) if zero_mean else np.zeros(1)
    if zero_mean:
        filters -= bell * share
    filters, energy = without_rounding(filters, bell, len(window))
    if norm is not None and len(nothing := np.argwhere(~filters.any(pixels))):
        which, _, when = nothing[0]
        raise ValueError(
            f"`frequencies` {frequency[which]:g} at phase {phase[when]:g} is zero at every pixel: at the Nyquist "
            f"frequency of 0.5 cycles per pixel, and above, waves fall between the pixels; use lower frequencies, or "
            f"phases=[0]"
        )

    shape = filters.shape[:3]
    waves = np.broadcast_to(frequency[:, None, None, None] * directions[:, None], (*shape, len(window)))
    lost = gabor_energy_lost(
        energy.ravel(),
        window,
        waves.reshape(-1, len(window)),
        flat(phase, shape),
        flat(width[:, None, None], shape),
        flat(width[:, None, None] / ratio, shape),
        flat(share.reshape(shape) if zero_mean else share, shape),
    )
    filters *= amplitude
    return Draft(
        filters.reshape(-1, *window),
        spread_out(
            shape,
            frequency=frequency[:, None, None],
            **{name: column[:, None] for name, column in named.items()},
            phase=phase,
            sigma=width[:, None, None],
            bandwidth=_bandwidth(frequency, width)[:, None, None],
            aspect_ratio=np.array(ratio),
        ),
        zero_mean=zero_mean,
        aliased=flat(above_nyquist(*(frequency[:, None, None] * directions.T[..., None, None].swapaxes(1, 2))), shape),
        lost=lost,
    )


def _plane_waves(frequency: Float64, directions: Float64, window: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Return cosine and sine of every frequency along every direction, `(frequencies, orientations, *window)`.

    A plane wave is a product of waves along the axes, which saves a cosine for each pixel.
    """
    turns = 2j * np.pi * frequency[:, None, None] * directions[None]
    factors = [np.exp(turns[..., axis, None] * place) for axis, place in enumerate(_grid.axes(window))]
    wave = _grid.outer(factors)
    return wave.real, wave.imag


def _bells(directions: Float64, width: Float64, ratio: float, window: tuple[int, ...]) -> Float64:
    """Return Gaussians of peak 1, `(frequencies, orientations, 1, *window)`; round ones do for every orientation."""
    if ratio == 1:
        factors = [np.exp(-0.5 * (place / width[:, None]) ** 2) for place in _grid.axes(window)]
        return _grid.outer(factors)[:, None, None]
    along, across = along_and_across(directions, window)
    spread = width.reshape(-1, 1, *(1,) * len(window))
    return gaussian_bells(along, across, spread, ratio)[:, :, None]


def flat(values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return one entry a filter from an array that broadcasts to `shape`."""
    return np.broadcast_to(values, shape).ravel()


def spread_out(shape: tuple[int, ...], **columns: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Return columns of one entry a filter from arrays that broadcast to `shape`."""
    return {name: flat(column, shape) for name, column in columns.items()}


def along_and_across(directions: Float64, window: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Return the coordinate along each direction, and the squared distance from its axis, `(count, *window)`."""
    mesh = _grid.mesh(window)
    column = (-1, *(1,) * len(window))
    along = sum(part.reshape(column) * axis for part, axis in zip(directions.T, mesh, strict=True))
    if len(window) == 2:
        across = (directions[:, 1].reshape(column) * mesh[0] - directions[:, 0].reshape(column) * mesh[1]) ** 2
    else:
        across = np.maximum(sum(axis**2 for axis in mesh) - along**2, 0)
    return np.asarray(along), across


def gaussian_bells(along: Float64, across: Float64, sigma: Float64, ratio: Float64 | float) -> Float64:
    """Return Gaussians of peak 1: `sigma` wide along the wave, `sigma / ratio` across it."""
    bells: Float64 = np.exp(-0.5 * (along**2 + across * ratio**2) / sigma**2)
    return bells


def gaussian_integral(sigma: Float64, ratio: Float64 | float, dimensions: int) -> Float64:
    """Return the integrals of those Gaussians."""
    integral: Float64 = (2 * np.pi) ** (dimensions / 2) * sigma**dimensions / ratio ** (dimensions - 1)
    return integral


def wave_directions(
    orientations: int | npt.ArrayLike | None, dimensions: int
) -> tuple[Float64, dict[str, npt.NDArray[Any]]]:
    """Return unit vectors `(count, dimensions)` in the order of the axes, and the columns that name them."""
    if dimensions == 1:
        one = orientations is None or (_check.is_integer(orientations) and orientations == 1)
        if not one and not np.array_equal(np.ravel(np.asarray(orientations, dtype=float)), [0]):
            raise ValueError(f"`orientations` has no meaning in one dimension, got {orientations!r}; drop it")
        return np.ones((1, 1)), {}
    if dimensions == 2:
        angle = angles(4 if orientations is None else orientations)
        return np.stack([np.sin(angle), np.cos(angle)], axis=1), {"orientation": angle}
    vectors = _vectors(orientations)
    return vectors, {f"direction_{name}": vectors[:, axis] for axis, name in enumerate(_grid.axis_names(3))}


def _vectors(orientations: int | npt.ArrayLike | None) -> Float64:
    """Return unit vectors z, y, x, `(count, 3)`, from how many or from vectors of any length."""
    if orientations is None:
        return _neighbours()
    if _check.is_integer(orientations):
        count = _check.integer("orientations", orientations, at_least=1)
        # A Fibonacci spiral on half the sphere: equal areas, no two in line.
        height = (np.arange(count) + 0.5) / count
        turn = np.pi * (1 + np.sqrt(5)) * np.arange(count)
        radius = np.sqrt(1 - height**2)
        return np.stack([height, radius * np.sin(turn), radius * np.cos(turn)], axis=1)
    given = np.asarray(orientations, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 3 or not np.isfinite(given).all() or not np.all(given.any(axis=1)):
        raise ValueError(
            f"`orientations` in 3-D must be a count or vectors (count, 3) of z, y, x other than zero, "
            f"got shape {given.shape}"
        )
    unit: Float64 = given / np.linalg.norm(given, axis=1, keepdims=True)
    return unit


def _neighbours() -> Float64:
    """Return the 13 directions to a voxel's neighbours: along the axes, the faces' diagonals, the cube's."""
    steps = np.array(list(np.ndindex(3, 3, 3))) - 1
    forward = [step for step in steps[:, ::-1] if tuple(step) > (0, 0, 0)]
    ordered = sorted(forward, key=lambda step: (np.abs(step).sum(), tuple(step)))
    vectors = np.array(ordered, dtype=np.float64)
    unit: Float64 = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def without_rounding(filters: Float64, envelope: Float64, dimensions: int) -> tuple[Float64, Float64]:
    """Make filters zero that are nothing but rounding, which a norm would blow up; return their energies too.

    The odd wave of frequency 0.5 is such a one: it is zero at every whole pixel.
    """
    energy, whole = (_sums_of_squares(values, dimensions) for values in (filters, envelope))
    something = energy > 1e-24 * whole
    if not something.all():
        filters = np.where(something.reshape(*something.shape, *(1,) * dimensions), filters, 0.0)
    return filters, energy


def _sums_of_squares(values: Float64, dimensions: int) -> Float64:
    """Return the sums of squares over the last axes."""
    kept = values.shape[: values.ndim - dimensions]
    rows = values.reshape(math.prod(kept), -1)
    sums: Float64 = np.einsum("ij,ij->i", rows, rows).reshape(kept)
    return sums


def _frequencies(frequencies: npt.ArrayLike | None, side: int) -> Float64:
    """Return the given frequencies, or octaves from 1.25 cycles in the window up to 0.25."""
    if frequencies is not None:
        return _check.numbers_of("frequencies", frequencies, above=0, unit="cycles per pixel")
    octaves = max(0, int(np.floor(np.log2(0.25 * side / 1.25))))
    return np.array([0.25 / 2**octave for octave in range(octaves, -1, -1)])


def _sigma(
    frequency: Float64,
    sigma: npt.ArrayLike | None,
    bandwidth: npt.ArrayLike | None,
    widest: Float64,
) -> Float64:
    """Return the envelope's width for each frequency: by default that of an octave, but at most the widest."""
    if sigma is not None and bandwidth is not None:
        raise ValueError(
            f"`sigma` (pixels) and `bandwidth` (octaves) say the same, got {sigma!r} and "
            f"{bandwidth!r}; give one of them"
        )
    if sigma is not None:
        width = _check.numbers_of("sigma", sigma, above=0, unit="pixels")
        return _for_each(width, frequency, "sigma")
    if bandwidth is None:
        return np.minimum(_octave_sigma(frequency, np.ones(1)), widest)
    octaves = _check.numbers_of("bandwidth", bandwidth, above=0, unit="octaves")
    return _octave_sigma(frequency, _for_each(octaves, frequency, "bandwidth"))


def _octave_sigma(frequency: Float64, octaves: Float64) -> Float64:
    grown = 2**octaves
    width: Float64 = np.sqrt(np.log(2) / 2) / (np.pi * frequency) * (grown + 1) / (grown - 1)
    return width


def _for_each(values: Float64, frequency: Float64, name: str) -> Float64:
    if len(values) not in (1, len(frequency)):
        raise ValueError(
            f"`{name}` must be one number or one for each of the {len(frequency)} frequencies, got {len(values)}"
        )
    return np.broadcast_to(values, frequency.shape)


def _bandwidth(frequency: Float64, sigma: Float64) -> Float64:
    """Return the half-amplitude bandwidth in octaves, infinite where the low side reaches zero."""
    ratio = sigma * np.pi * frequency / np.sqrt(np.log(2) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves: Float64 = np.where(ratio > 1, np.log2((ratio + 1) / (ratio - 1)), np.inf)
    return octaves


def angles(orientations: int | npt.ArrayLike) -> Float64:
    """Return angles in radians from how many, evenly over half a turn, or from the angles."""
    if _check.is_integer(orientations):
        count = _check.integer("orientations", orientations, at_least=1)
        return np.arange(count) * np.pi / count
    return _check.angles("orientations", orientations)
