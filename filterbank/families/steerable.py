"""Filters that combine into their own rotations: Freeman and Adelson's sets, and the steerable pyramid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.polynomial.polynomial import polyval

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import ACCEPTED_LOSS, energy_lost
from ._pyramid import Plane, high_pass, low_pass, oriented_bands, plane_of, spread_angles

Kind = Literal["G1", "G2", "H2", "G4", "H4"]
Basis = Literal["separable", "rotated"]


class SteerableSet(NamedTuple):
    """One of the paper's sets: polynomials times exp(-(x^2 + y^2)).

    `factors` holds amplitude, polynomial in x and polynomial in y of each separable filter, coefficients rising;
    `derivative` is the order of the derivative of a Gaussian that the set is or is in quadrature with, and
    `extent` the width of the paper's grid in units of x.
    """

    derivative: int
    extent: float
    factors: tuple[tuple[float, tuple[float, ...], tuple[float, ...]], ...]

    @property
    def degree(self) -> int:
        """The degree of the polynomials; the set has one filter more."""
        return len(self.factors) - 1


def _mirrored(
    *factors: tuple[float, tuple[float, ...], tuple[float, ...]], even: bool
) -> tuple[tuple[float, tuple[float, ...], tuple[float, ...]], ...]:
    """Complete the filters with those that have x and y exchanged; of an even set the middle one stands once."""
    return factors + tuple((scale, y, x) for scale, x, y in reversed(factors[:-1] if even else factors))


# The tables of the paper, with its constants.
SETS: dict[str, SteerableSet] = {
    "G1": SteerableSet(1, 9 * 0.67, _mirrored((-2.0, (0, 1), (1,)), even=False)),
    "G2": SteerableSet(2, 9 * 0.67, _mirrored((0.9213, (-1, 0, 2), (1,)), (1.843, (0, 1), (0, 1)), even=True)),
    "H2": SteerableSet(
        2,
        9 * 0.67,
        _mirrored((0.9780, (0, -2.254, 0, 1), (1,)), (0.9780, (-0.7515, 0, 1), (0, 1)), even=False),
    ),
    "G4": SteerableSet(
        4,
        13 * 0.5,
        _mirrored(
            (1.246, (0.75, 0, -3, 0, 1), (1,)),
            (1.246, (0, -1.5, 0, 1), (0, 1)),
            (1.246, (-0.5, 0, 1), (-0.5, 0, 1)),
            even=True,
        ),
    ),
    "H4": SteerableSet(
        4,
        13 * 0.5,
        _mirrored(
            (0.3975, (0, 7.189, 0, -7.501, 0, 1), (1,)),
            (0.3975, (1.438, 0, -4.501, 0, 1), (0, 1)),
            (0.3975, (0, -2.225, 0, 1), (-0.6638, 0, 1)),
            even=False,
        ),
    ),
}


@makes_bank("steerable", more="add sets to `kind` or drop `n`", wider="use a larger `size` or a larger `spacing`")
def steerable(
    size: Size,
    n: int | None = None,
    *,
    kind: Kind | Sequence[Kind] = ("G2", "H2"),
    basis: Basis = "separable",
    spacing: float | None = None,
    zero_mean: bool = False,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make Freeman and Adelson's steerable filters: a few filters that combine into one at any angle.

    `filterbank.steer` gives the filters at an angle.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, 2-D, square for an int, at least 3.
    n : int, optional
        Keep the first `n` filters. The order is by set as given; in a set, from all in x to all in y, or by angle.
    kind : {"G1", "G2", "H2", "G4", "H4"} or sequence of them, default ("G2", "H2")
        Which sets: derivatives of a Gaussian of order 1, 2 and 4, and polynomials times a Gaussian fitted to the
        Hilbert transforms of G2 and G4. They have 2, 3, 4, 5 and 6 filters.
    basis : {"separable", "rotated"}, default "separable"
        Products of a function of x and one of y, or the first of them turned by multiples of pi over their number.
    spacing : float, optional
        Distance between pixels in units of the formula, whose Gaussian has a standard deviation of 0.707. The
        default spreads the paper's grids over the window: 0.67 at 9 pixels for G1, G2 and H2, 0.5 at 13 for G4 and H4.
    zero_mean : bool, default False
        Subtract the Gaussian's share, so that every filter sums to zero. The formulas do on the plane; on the
        paper's grids the first and last of G2 and G4 sum to 0.2 % and 0.6 % of their peak.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the paper's amplitudes.

    Returns
    -------
    FilterBank
        With the columns `kind`, `order` (of the derivative), `frequency` (of the peak of its spectrum, cycles per
        pixel), `spacing` and `orientation` (radians), and for ``basis="separable"`` also `power_x` and `power_y`:
        the highest powers; its `orientation` is that of the set, 0, and not of each filter.

    Raises
    ------
    ValueError
        If the window is not 2-D, there is no such set, or `spacing` is not positive.

    Warns
    -----
    BankWarning
        If the peak frequency is above Nyquist, the window cuts more than 1 % of a filter's energy, or the filters are
        dependent.

    Notes
    -----
    With :math:`G = e^{-(x^2 + y^2)}`, G1 is -2xG and -2yG; G2 is .9213(2x^2 - 1)G, 1.843xyG, .9213(2y^2 - 1)G; H2 is
    .9780(x^3 - 2.254x)G, .9780(x^2 - .7515)yG, .9780(y^2 - .7515)xG, .9780(y^3 - 2.254y)G, and so on for G4 and H4 with
    the constants of the paper. Turned by t from x towards y, the first filter of a separable set of degree N is the
    sum over j of

    .. math:: \binom{N}{j} \cos^{N - j} t \, \sin^j t

    times filter j, and that of a rotated set the sum over filters at :math:`\theta_j` of

    .. math:: \frac{1}{N + 1} \sum_{h = -N, 2 - N, \ldots, N} \cos h(t - \theta_j) .

    The paper's signs alternate because its angle turns the other way. `filterbank.steer` allows for the rounding of
    1.843, so that G1, G2, G4 and every rotated set steer to the last digit. The separable H2 cannot: its four digits
    leave a difference from the turned formula of up to 1.4e-4 of the peak. The middle two filters of the
    separable H4 are the paper's separable approximations, and leave up to 4.4 %.

    References
    ----------
    W. T. Freeman and E. H. Adelson, "The design and use of steerable filters", IEEE Trans. Pattern Anal. Mach.
    Intell. 13 (1991), 891-906, theorem 2 and the tables of the appendix.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.steerable(9, kind="G2")
    >>> bank
    <FilterBank steerable: 3 filters of 9x9, rank 3, condition 1.41>
    >>> turned = fb.steer(bank, 0.5236)[0]
    """
    window = _check.size(size, family="steerable", dimensions=(2,), at_least=3)
    _check.choice("basis", basis, ("separable", "rotated"))
    kinds = _kinds(kind)
    steps = [_spacing(spacing, SETS[name], window) for name in kinds]

    def filters(sides: tuple[int, ...]) -> Float64:
        return np.concatenate(
            [_sampled(SETS[name], sides, step, basis) for name, step in zip(kinds, steps, strict=True)]
        )

    values = filters(window)
    if zero_mean:
        gaussians = np.concatenate(
            [
                np.repeat(_gaussian(window, step)[None], SETS[name].degree + 1, axis=0)
                for name, step in zip(kinds, steps, strict=True)
            ]
        )
        values = _without_share(values, gaussians)
    columns = _set_columns(kinds, steps, basis)
    return Draft(
        values,
        columns,
        zero_mean=zero_mean,
        aliased=columns["frequency"] > 0.5,
        lost=energy_lost(filters, window),
    )


def _kinds(kind: Kind | Sequence[Kind]) -> list[str]:
    kinds = list(kind) if isinstance(kind, Iterable) and not isinstance(kind, str) else [kind]
    if not kinds:
        raise ValueError(f"`kind` must name at least one set of {', '.join(SETS)}, got {kind!r}")
    return [_check.choice("kind", name, tuple(SETS)) for name in kinds]


def _spacing(spacing: float | None, chosen: SteerableSet, window: tuple[int, ...]) -> float:
    if spacing is None:
        return chosen.extent / min(window)
    return _check.number("spacing", spacing, above=0, unit="units of x")


def _sampled(chosen: SteerableSet, window: tuple[int, ...], step: float, basis: Basis) -> Float64:
    """Return the filters of a set, `(degree + 1, height, width)`."""
    y, x = (axis * step for axis in _grid.mesh(window))
    if basis == "separable":
        polynomials: list[Any] = [scale * (polyval(x, in_x) * polyval(y, in_y)) for scale, in_x, in_y in chosen.factors]
    else:
        scale, along, _ = chosen.factors[0]
        turned = [_grid.rotated(y, x, angle)[1] for angle in spread_angles(chosen.degree)]
        polynomials = [scale * polyval(coordinate, along) for coordinate in turned]
    sampled: Float64 = np.stack(polynomials) * _gaussian(window, step)
    return sampled


def _gaussian(window: tuple[int, ...], step: float) -> Float64:
    y, x = (np.exp(-((axis * step) ** 2)) for axis in _grid.mesh(window))
    gaussian: Float64 = y * x
    return gaussian


def _without_share(values: Float64, envelope: Float64) -> Float64:
    pixels = (-2, -1)
    for _ in range(2):  # The second pass takes away what rounding left of the mean.
        share = values.sum(pixels, keepdims=True) / envelope.sum(pixels, keepdims=True)
        values = values - envelope * share
    return values


def _set_columns(kinds: list[str], steps: list[float], basis: Basis) -> dict[str, npt.NDArray[Any]]:
    counts = [SETS[name].degree + 1 for name in kinds]
    derivative = np.repeat([SETS[name].derivative for name in kinds], counts)
    step = np.repeat(steps, counts)
    columns = {
        "kind": np.repeat(kinds, counts),
        "order": derivative,
        "frequency": np.sqrt(derivative / 2) / np.pi * step,
        "spacing": step,
    }
    if basis == "rotated":
        return {**columns, "orientation": np.concatenate([spread_angles(count - 1) for count in counts])}
    power = np.concatenate([np.arange(count) for count in counts])
    degree = np.repeat(counts, counts) - 1
    return {**columns, "orientation": np.zeros(len(step)), "power_x": degree - power, "power_y": power}


@makes_bank(
    "steerable-pyramid",
    more="raise `levels` or `order`, or drop `n`",
    wider="use a larger `size` or fewer `levels`",
)
def steerable_pyramid(
    size: Size,
    n: int | None = None,
    *,
    order: int = 3,
    levels: int | None = None,
    residuals: bool = False,
    zero_mean: bool = True,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make the filters of Simoncelli's steerable pyramid: oriented bands, an octave apart.

    `filterbank.steer` turns them exactly.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, 2-D, square for an int, at least 3.
    n : int, optional
        Keep the first `n` filters. The order is from coarse to fine levels, then by orientation; of the residuals
        the low-pass comes first of all and the high-pass last.
    order : int, default 3
        Order N of the directional derivative; there are N + 1 orientations. Odd orders give odd filters, even ones
        even filters.
    levels : int, optional
        How many octaves, from 0.25 cycles per pixel down. The default is as many as the window holds, at least 1.
    residuals : bool, default False
        Whether the low-pass below the bands and the high-pass above them are among the filters.
    zero_mean : bool, default True
        Subtract the mean that the cut leaves to bands of even order and to the high-pass, so that they sum to
        zero; those of odd order do anyway.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the impulse responses of the pyramid, whose squared spectra with the
        residuals' add up to 1.

    Returns
    -------
    FilterBank
        With the columns `band` ("band", "lowpass" or "highpass"), `scale` (1 for the finest level, 2, 4, ...),
        `frequency` (of the peak of the spectrum, cycles per pixel), `orientation` (radians) and `order`.

    Raises
    ------
    ValueError
        If the window is not 2-D, `order` is negative or above 15, or `levels` is below 1.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of a filter's energy, or the filters are dependent.

    Notes
    -----
    The spectrum of a band at the angle :math:`\theta_b = \pi b / K`, K = N + 1, is

    .. math:: (-i)^N \cos\left(\tfrac{\pi}{2} \log_2 \frac{\omega}{\omega_0}\right)
              \sqrt{c} \cos^N(\theta - \theta_b), \qquad c = \frac{2^{2N} (N!)^2}{K (2N)!}

    within an octave of :math:`\omega_0 = \pi / 2, \pi / 4, \ldots`, and 0 beyond. The filter is its inverse Fourier
    transform, cut to the window about the centre. The transform is integrated, not sampled: it is what crops of
    inverse FFTs come close to as these grow (pyrtools' of 512x512 to 5e-6 of the peak on the finest level and 4e-5
    on the third), and in an even window the same function between the pixels. It is the pyramid's response to a single
    pixel, so a kernel of convolution: correlating with it, as Keras does, gives odd orders the other sign. The
    pyramid itself subsamples; these are its filters before that.

    References
    ----------
    E. P. Simoncelli and W. T. Freeman, "The steerable pyramid: a flexible architecture for multi-scale derivative
    computation", ICIP 1995, vol. 3, 444-447. A. Karasaridis and E. P. Simoncelli, "A filter design technique for
    steerable pyramid image transforms", ICASSP 1996, vol. 4, 2387-2390.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.steerable_pyramid(15)
    >>> bank
    <FilterBank steerable_pyramid: 8 filters of 15x15, rank 8, condition 4.08>
    >>> bank.parameters["frequency"]
    array([0.125, 0.125, 0.125, 0.125, 0.25 , 0.25 , 0.25 , 0.25 ])
    """
    window = _check.size(size, family="steerable_pyramid", dimensions=(2,), at_least=3)
    degree = _check.integer("order", order, at_least=0, at_most=15)
    if levels is not None:
        levels = _check.integer("levels", levels, at_least=1)
    plane = plane_of(window)
    bands = _levels(plane, degree, levels, residuals)
    rows: list[tuple[str, float, float]] = []
    parts, lost = [], []
    for level, (filters, share) in reversed(list(enumerate(bands))):
        rows.append(("band", 2.0**level, 0.25 / 2**level))
        parts.append(filters if degree % 2 or not zero_mean else _centred(filters))
        lost.append(share)
    if residuals:
        (low, low_lost), (high, high_lost) = low_pass(plane, len(bands)), high_pass(plane)
        rows = [("lowpass", 2.0 ** len(bands), 0.0), *rows, ("highpass", 0.5, float(np.sqrt(0.5)))]
        parts = [low, *parts, _centred(high) if zero_mean else high]
        lost = [low_lost, *lost, high_lost]
    return Draft(
        np.concatenate(parts),
        _band_columns(rows, degree),
        zero_mean=zero_mean and not residuals,
        lost=np.concatenate(lost),
    )


def _levels(plane: Plane, degree: int, levels: int | None, residuals: bool) -> list[tuple[Float64, Float64]]:
    """Return filters and lost energy of each level from fine to coarse; by default those that the window holds."""
    if levels is not None:
        return [oriented_bands(plane, degree, level) for level in range(levels)]
    bands = [oriented_bands(plane, degree, 0)]
    while True:
        filters, lost = oriented_bands(plane, degree, len(bands))
        below = low_pass(plane, len(bands) + 1)[1] if residuals else lost
        if max(lost.max(), below.max()) > ACCEPTED_LOSS:
            return bands
        bands.append((filters, lost))


def _centred(filters: Float64) -> Float64:
    for _ in range(2):  # The second pass takes away what rounding left of the mean.
        filters = filters - filters.mean((-2, -1), keepdims=True)
    return filters


def _band_columns(rows: list[tuple[str, float, float]], degree: int) -> dict[str, npt.NDArray[Any]]:
    counts = [degree + 1 if band == "band" else 1 for band, _, _ in rows]
    band, scale, frequency = (np.repeat(column, counts) for column in zip(*rows, strict=True))
    return {
        "band": band,
        "scale": scale,
        "frequency": frequency,
        "orientation": np.concatenate([spread_angles(count - 1) for count in counts]),
        "order": np.where(band == "band", degree, 0),
    }
