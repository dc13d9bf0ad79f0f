"""Waves in an envelope: Gabor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank


@makes_bank("Gabor", more="add `frequencies`, `orientations` or `phases`, or drop `n`")
def gabor(
    size: Size,
    n: int | None = None,
    *,
    frequencies: npt.ArrayLike | None = None,
    orientations: int | npt.ArrayLike = 4,
    phases: npt.ArrayLike = (0.0, np.pi / 2),
    sigma: npt.ArrayLike | None = None,
    bandwidth: npt.ArrayLike | None = None,
    aspect_ratio: float = 1.0,
    zero_mean: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Gabor filters: cosine waves under a Gaussian.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int.
    n : int, optional
        Keep the first `n` filters. The order is frequency, orientation, phase: the phase varies fastest.
    frequencies : array_like, optional
        Frequencies of the waves in cycles per pixel, up to 0.5. The default starts at the lowest
        frequency with 1.25 cycles in the window and goes up in octaves to 0.25.
    orientations : int or array_like, default 4
        How many orientations, evenly over half a turn, or the angles in radians. The wave of angle 0 varies
        along x; angles turn from x towards y, which grows downward.
    phases : array_like, default (0, pi/2)
        Phases of the wave at the centre in radians. The default makes an even and an odd filter.
    sigma : array_like, optional
        Standard deviation of the envelope along the wave in pixels, one or one for each frequency.
    bandwidth : array_like, optional
        Half-amplitude bandwidth in octaves, from which `sigma` follows; one or one for each frequency.
        The default is 1 where `frequencies` are given; with the default frequencies it is wider where the
        window would cut the envelope.
    aspect_ratio : float, default 1
        `sigma` along the wave over the standard deviation across it: below 1, stripes get longer.
    zero_mean : bool, default False
        Subtract the envelope's share, so that every filter sums to zero. An even Gabor does not by itself.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `frequency` (cycles per pixel), `orientation` and `phase` (radians), `sigma`
        (pixels), `bandwidth` (octaves, infinite for a sigma that has none) and `aspect_ratio`.

    Raises
    ------
    ValueError
        If a frequency or width is not positive, or both `sigma` and `bandwidth` are given.

    Notes
    -----
    .. math:: \frac{1}{2\pi\sigma_x\sigma_y}
              \exp\left(-\frac{x'^2}{2\sigma_x^2} - \frac{y'^2}{2\sigma_y^2}\right) \cos(2\pi f x' + \varphi)

    with :math:`x' = x\cos\theta + y\sin\theta`, :math:`y' = -x\sin\theta + y\cos\theta`, and
    :math:`\sigma_x = \frac{1}{\pi f}\sqrt{\frac{\ln 2}{2}}\,\frac{2^B + 1}{2^B - 1}` for `B` octaves. It
    equals ``skimage.filters.gabor_kernel``, but for the window: scikit-image's grows with the angle.
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
    <FilterBank gabor: 16 filters of 11x11, rank 16, condition 5.11>
    >>> bank.parameters["frequency"][[0, 8]]
    array([0.125, 0.25 ])
    """
    window = _check.size(size, family="gabor", dimensions=(2,))
    frequency = _frequencies(frequencies, min(window))
    width = _sigma(frequency, sigma, bandwidth, min(window) if frequencies is None else None)
    angle = _angles(orientations)
    phase = _check.numbers_of("phases", phases, unit="radians")
    ratio = _check.number("aspect_ratio", aspect_ratio, above=0)

    # Axes: frequency, orientation, phase, then the window.
    spread, f = width[:, None, None, None, None], frequency[:, None, None, None, None]
    rows, columns = _grid.mesh(window)
    y, x = _grid.rotated(rows, columns, angle[:, None, None, None])
    envelope = np.exp(-0.5 * (x**2 + (y * ratio) ** 2) / spread**2) / (2 * np.pi * spread**2 / ratio)
    wave = np.cos(2 * np.pi * f * x + phase[:, None, None])
    filters = envelope * wave
    if zero_mean:
        pixels = (-2, -1)
        share = filters.sum(pixels, keepdims=True) / envelope.sum(pixels, keepdims=True)
        filters = filters - envelope * share

    shape = filters.shape[:3]
    named = {
        "frequency": frequency[:, None, None],
        "orientation": angle[:, None],
        "phase": phase,
        "sigma": width[:, None, None],
        "bandwidth": _bandwidth(frequency, width)[:, None, None],
        "aspect_ratio": np.array(ratio),
    }
    return Draft(
        filters.reshape(-1, *window),
        {name: np.broadcast_to(column, shape).ravel() for name, column in named.items()},
    )


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
    side: int | None,
) -> Float64:
    """Return the envelope's width for each frequency; `side` is the window it must fit by default."""
    if sigma is not None and bandwidth is not None:
        raise ValueError(
            f"`sigma` (pixels) and `bandwidth` (octaves) say the same, got {sigma!r} and "
            f"{bandwidth!r}; give one of them"
        )
    if sigma is not None:
        width = _check.numbers_of("sigma", sigma, above=0, unit="pixels")
        return _for_each(width, frequency, "sigma")
    if bandwidth is None and side is not None:
        # A Gaussian of side / 4 keeps 99.1 % of its energy inside a square window.
        return np.minimum(_octave_sigma(frequency, np.ones(1)), side / 4)
    octaves = _check.numbers_of("bandwidth", 1.0 if bandwidth is None else bandwidth, above=0, unit="octaves")
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


def _angles(orientations: int | npt.ArrayLike) -> Float64:
    if _check.is_integer(orientations):
        count = _check.integer("orientations", orientations, at_least=1)
        return np.arange(count) * np.pi / count
    return _check.numbers_of("orientations", orientations, unit="radians")
