"""Radial functions times waves around the centre: Fourier-Bessel, rings, Zernike polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import above_nyquist, energy_lost
from .oscillating import without_rounding

Integers = npt.NDArray[np.intp]


@makes_bank("Fourier-Bessel", more="raise `max_root`, use a larger `size` or drop `n`")
def fourier_bessel(
    size: Size,
    n: int | None = None,
    *,
    max_root: float | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Fourier-Bessel filters: the standing waves of a disk.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, 2-D, square for an int. The disk has half the shortest side as its radius.
    n : int, optional
        Keep the first `n` filters. The order is by the root of the Bessel function, so by frequency; of a pair the
        cosine comes first.
    max_root : float, optional
        Keep the roots up to this one. The default is pi times the radius of the disk, where the waves reach the
        Nyquist frequency.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `angular_order` (m), `radial_order` (q, from 1), `root` (R_mq), `frequency` (of the radial
        wave, cycles per pixel) and `orientation` (radians): the wave around the centre is
        cos m(phi - orientation).

    Raises
    ------
    ValueError
        If the window is not 2-D, or `max_root` is below the first root, 2.405.

    Warns
    -----
    BankWarning
        If a frequency is above Nyquist or the filters are dependent.

    Notes
    -----
    .. math:: \frac{J_m(R_{mq} r / R)}{|J_{m+1}(R_{mq})|} \{1, \sqrt2\cos m\varphi, \sqrt2\sin m\varphi\}

    for r up to R = (k - 1) / 2 + 1 / 2, and 0 outside; phi turns from x towards y, which grows downward. On the
    disk they are orthogonal with mean square 1; on the grid only nearly so, and
    `filterbank.orthonormalize` makes them so. The grid does not hold any number of them: at 7x7 the first 38
    (``max_root=13.33``) have rank 35.

    DCFNet's code goes on to higher roots, above Nyquist, and scales all filters by one number, so that their mean
    square norm is 1. Its Python port has x and y exchanged.

    References
    ----------
    Q. Qiu, X. Cheng, R. Calderbank and G. Sapiro, "DCFNet: deep neural network with decomposed convolutional
    filters", ICML 2018, section 3.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.fourier_bessel(11)
    >>> bank
    <FilterBank fourier_bessel: 67 filters of 11x11, rank 67, condition 1.37>
    >>> bank.parameters["angular_order"][:10]
    array([0, 1, 1, 2, 2, 0, 3, 3, 1, 1])
    """
    window = _check.size(size, family="fourier_bessel", dimensions=(2,))
    disk = min(window) / 2
    if max_root is None:
        # The smallest windows have no root below Nyquist; one filter there must be.
        max_root = max(np.pi * disk, FIRST_ROOT)
    highest = _check.number(
        "max_root", max_root, at_least=FIRST_ROOT, hint="the first root of a Bessel function is 2.4048..."
    )
    every = _bessel_roots(highest)
    root, angular, radial, first = (column[:n] for column in every)

    radius, phi = _polar(window)
    m, scale = _columns(angular), _columns(root)
    amplitude = _columns(np.where(angular > 0, np.sqrt(2), 1.0) / np.abs(special.jv(angular + 1, root)))
    profile = np.where(radius <= disk, amplitude * special.jv(m, scale * radius / disk), 0.0)
    frequency = root / (2 * np.pi * disk)
    return Draft(
        _times_waves(profile, angular, first, phi),
        {
            "angular_order": angular,
            "radial_order": radial,
            "root": root,
            "frequency": frequency,
            "orientation": _orientation(angular, first),
        },
        available=len(every[0]),
        aliased=above_nyquist(frequency),
    )


FIRST_ROOT = float(special.jn_zeros(0, 1)[0])


def _bessel_roots(highest: float) -> tuple[npt.NDArray[Any], ...]:
    """Return the roots up to `highest`, rising, orders m and q, and whether it is the cosine of its pair."""
    found: list[tuple[float, int, int]] = []
    for m in range(int(highest) + 1):
        roots = special.jn_zeros(m, int(highest / np.pi) + 2)
        roots = roots[roots <= highest]
        if not len(roots):
            break
        found += [(root, m, q) for q, root in enumerate(roots.tolist(), start=1)]
    every = [(*entry, first) for entry in sorted(found) for first in ((True, False) if entry[1] else (True,))]
    return tuple(np.array(column) for column in zip(*every, strict=True))


@makes_bank("circular-harmonic", more="add `rings`, raise `max_order` or drop `n`", wider="use smaller `rings`")
def circular_harmonic(
    size: Size,
    n: int | None = None,
    *,
    rings: npt.ArrayLike | None = None,
    sigma: npt.ArrayLike | None = None,
    max_order: int | Sequence[int] | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of circular harmonics: waves around the centre on rings of Gaussian profile.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, 2-D, square for an int.
    n : int, optional
        Keep the first `n` filters. The order is by angular order, then by ring as given; of a pair the cosine comes
        first.
    rings : array_like, optional
        Radii in pixels. The default is 0, 1, 2, ... to the whole number below half the shortest side.
    sigma : array_like, optional
        Standard deviation of the profile in pixels, one or one for each ring. The default is 0.6, and 0.4 on the
        last ring.
    max_order : int or sequence of int, optional
        Highest angular order, one or one for each ring. The default is 2 r on rings of odd radius r, 2 r - 1 on
        even ones, at most 2 on a ring that touches the border, and 0 in the centre.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `angular_order` (m), `radius` and `sigma` (pixels) of the ring, and `orientation`
        (radians): the wave around the centre is cos m(phi - orientation).

    Raises
    ------
    ValueError
        If the window is not 2-D, a ring is negative, or `sigma` or `max_order` does not fit the rings.

    Warns
    -----
    BankWarning
        If an order is above 2 r, more than the pixels of the ring can tell apart, the window cuts more than 1 % of a
        filter's energy, or the filters are dependent.

    Notes
    -----
    .. math:: \exp\left(-\frac{(r - r_i)^2}{2\sigma_i^2}\right) \{1, \cos m\varphi, \sin m\varphi\}

    where phi turns from x towards y, which grows downward. For m > 0 the filter is 0 at the origin, where phi has no
    value. These are the defaults of escnn's ``R2Conv``, but for the ring at the origin: later versions of escnn
    narrow it to 0.005, a single pixel, which in an even window lies between the pixels and vanishes. escnn measures
    the angle from another axis.

    References
    ----------
    M. Weiler and G. Cesa, "General E(2)-equivariant steerable CNNs", NeurIPS 2019, appendix G.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.circular_harmonic(7)
    >>> bank
    <FilterBank circular_harmonic: 18 filters of 7x7, rank 18, condition 2.55>
    >>> bank.parameters["angular_order"]
    array([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3])
    """
    window = _check.size(size, family="circular_harmonic", dimensions=(2,))
    side = min(window)
    centres = np.arange((side - 1) // 2 + 1.0) if rings is None else _rings(rings)
    widths = np.array([0.6] * (len(centres) - 1) + [0.4]) if sigma is None else _widths(sigma, len(centres))
    highest = _highest_orders(centres, side) if max_order is None else _orders(max_order, len(centres))

    order = np.arange(highest.max() + 1)[:, None, None]
    sine = np.array([False, True])
    wanted = (order <= highest[:, None]) & ((order > 0) | ~sine)
    angular, ring, second = np.nonzero(wanted)
    first = second == 0

    def filters(sides: tuple[int, ...]) -> Float64:
        radius, phi = _polar(sides)
        profile = np.exp(-(((radius - _columns(centres[ring])) / _columns(widths[ring])) ** 2) / 2)
        at_origin = (radius == 0) & _columns(angular > 0)
        return _times_waves(np.where(at_origin, 0.0, profile), angular, first, phi)

    return Draft(
        filters(window),
        {
            "angular_order": angular,
            "radius": centres[ring],
            "sigma": widths[ring],
            "orientation": _orientation(angular, first),
        },
        aliased=angular > 2 * centres[ring],
        lost=energy_lost(filters, window),
    )


def _rings(rings: npt.ArrayLike) -> Float64:
    return _check.numbers_of("rings", rings, at_least=0, unit="pixels")


def _widths(sigma: npt.ArrayLike, count: int) -> Float64:
    widths = _check.numbers_of("sigma", sigma, above=0, unit="pixels")
    return np.broadcast_to(_for_each(widths, count, "sigma"), count)


def _orders(max_order: int | Sequence[int], count: int) -> Integers:
    several = np.ndim(max_order) > 0
    entries: list[Any] = list(np.asarray(max_order).tolist()) if several else [max_order]
    orders = np.array([_check.integer("max_order", entry, at_least=0) for entry in entries], dtype=np.intp)
    return np.broadcast_to(_for_each(orders, count, "max_order"), count)


def _for_each(values: npt.NDArray[Any], count: int, name: str) -> npt.NDArray[Any]:
    if len(values) not in (1, count):
        raise ValueError(f"`{name}` must be one number or one for each of the {count} rings, got {len(values)}")
    return values


def _highest_orders(radii: Float64, side: int) -> Integers:
    """Return the highest angular order that escnn allows on each ring."""
    whole = np.floor(radii).astype(np.intp)
    highest = np.floor(2 * radii).astype(np.intp) - (whole % 2 == 0)
    limited: Integers = np.maximum(np.where(radii == side // 2, np.minimum(highest, 2), highest), 0)
    return limited


@makes_bank("Zernike", more="raise `max_order` or drop `n`")
def zernike(
    size: Size,
    n: int | None = None,
    *,
    max_order: int | None = None,
    radius: float | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Zernike polynomials: the orthogonal polynomials of the disk.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, 2-D, square for an int.
    n : int, optional
        Keep the first `n` filters, in Noll's order: by radial order, then by angular order.
    max_order : int, optional
        Highest radial order: 0, 1, 2, 3, 4 give 1, 3, 6, 10, 15 filters. The default is the whole number below half
        the shortest side.
    radius : float, optional
        Radius of the disk in pixels, at most the default: half the shortest side. ``(side - 1) / 2`` puts the
        outermost pixels on the rim, as optics packages do.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps Noll's, whose mean square over the disk is 1.

    Returns
    -------
    FilterBank
        With the columns `noll` (from 1), `radial_order` (n), `angular_order` (abs(m)) and `orientation` (radians):
        the wave around the centre is cos m(phi - orientation).

    Raises
    ------
    ValueError
        If the window is not 2-D, `max_order` is negative, or `radius` is above half the shortest side.

    Warns
    -----
    BankWarning
        If the filters are dependent.

    Notes
    -----
    .. math:: \sqrt{n + 1}\,R_n^m(\rho)\,\{1, \sqrt2\cos m\varphi, \sqrt2\sin m\varphi\},
              \qquad R_n^m(\rho) = \rho^m P^{(0, m)}_{(n - m) / 2}(2\rho^2 - 1)

    for rho = r / radius up to 1, and 0 outside, with Jacobi's polynomials P. Phi turns from x towards y, which grows
    downward: figures with y upward show the sines with the other sign. Sines have odd numbers, cosines even ones.

    They are orthogonal on the disk, not on the grid of its pixels: `filterbank.orthonormalize` makes them so, and
    keeps what the first filters span.

    References
    ----------
    R. J. Noll, "Zernike polynomials and atmospheric turbulence", J. Opt. Soc. Am. 66 (1976), 207-211, equations
    1 to 4.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.zernike(11, n=10)
    >>> bank.parameters["radial_order"]
    array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    >>> fb.orthonormalize(bank)
    <FilterBank zernike: 10 filters of 11x11, rank 10, condition 1>
    """
    window = _check.size(size, family="zernike", dimensions=(2,))
    half = min(window) / 2
    highest = _check.integer("max_order", (min(window) - 1) // 2 if max_order is None else max_order, at_least=0)
    if radius is None:
        radius = half
    disk = _check.number("radius", radius, above=0, at_most=half, unit="pixels", hint="use a larger `size`")
    radial, angular = _noll_orders(highest)
    noll = np.arange(1, len(radial) + 1)
    first = (noll % 2 == 0) | (angular == 0)

    distance, phi = _polar(window)
    rho = distance / disk
    m, degree = _columns(angular), _columns((radial - angular) // 2)
    amplitude = _columns(np.sqrt(np.where(angular > 0, 2, 1) * (radial + 1)))
    polynomial = rho**m * special.eval_jacobi(degree, 0, m, 2 * rho**2 - 1)
    return Draft(
        _times_waves(np.where(rho <= 1, amplitude * polynomial, 0.0), angular, first, phi),
        {
            "noll": noll,
            "radial_order": radial,
            "angular_order": angular,
            "orientation": _orientation(angular, first),
        },
        # Order n holds up to n waves on the way around the disk, and as narrow ones towards its edge.
        aliased=radial / (2 * np.pi * disk) > 0.5,
    )


def _noll_orders(highest: int) -> tuple[Integers, Integers]:
    """Return radial and angular orders in Noll's order, twice where there is a cosine and a sine."""
    every = [(n, m) for n in range(highest + 1) for m in range(n % 2, n + 1, 2) for _ in range(2 if m else 1)]
    radial, angular = np.array(every, dtype=np.intp).T
    return radial, angular


def _polar(window: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Return the distance from the centre in pixels and the angle from x towards y, each `(height, width)`."""
    y, x = _grid.mesh(window)
    return np.hypot(y, x), np.arctan2(y, x)


def _times_waves(profile: Float64, angular: Integers, is_cosine: npt.NDArray[np.bool_], phi: Float64) -> Float64:
    """Return radial profiles times cos m phi or sin m phi, `(n, height, width)`."""
    turned = _columns(angular) * phi
    waves = np.where(_columns(is_cosine), np.cos(turned), np.sin(turned))
    # Where all pixels lie between its waves, a filter is zero.
    return without_rounding(profile * waves, profile, 2)[0]


def _orientation(angular: Integers, is_cosine: npt.NDArray[np.bool_]) -> Float64:
    """Return by how much cos m phi is turned to give the wave: a quarter of a period for the sines."""
    turned: Float64 = np.where(is_cosine, 0.0, np.pi / 2 / np.maximum(angular, 1))
    return turned


def _columns(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return values[:, None, None]
