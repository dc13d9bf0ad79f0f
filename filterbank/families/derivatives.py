"""Gaussians times polynomials: Hermite functions and derivatives of a Gaussian."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import above_nyquist, energy_lost
from ._separable import order_columns, orders, products, separable_draft

Sampling = Literal["point", "integrated", "discrete"]


@makes_bank("Hermite", more="raise `max_order` or drop `n`", wider="use a larger `size` or a smaller `sigma`")
def hermite(
    size: Size,
    n: int | None = None,
    *,
    sigma: float | None = None,
    max_order: int | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Hermite functions: orthogonal polynomials under a Gaussian.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`, the order along y.
    sigma : float, optional
        Standard deviation of the Gaussian in pixels. The default is the widest at which the window holds
        the highest order, but no narrower than the grid can resolve.
    max_order : int, optional
        Highest total order `i + j`. The default is 4, or half the shortest side.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of the formula.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D), `sigma`, and
        `captured`: the sum of the squared values that the formula has on the grid, 1 while the window holds
        the filter and the grid resolves it.

    Raises
    ------
    ValueError
        If `sigma` is not positive or `max_order` is negative.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of a filter's energy, or the filters are dependent.

    Notes
    -----
    Products over the axes of

    .. math:: \psi_n(x) = (2^n n! \sqrt\pi s)^{-1/2} H_n(x / s) \exp(-x^2 / (2 s^2))

    with the physicists' polynomials. They are orthonormal on the line, and on the grid while `captured` is
    near 1; `orthonormalize` makes them so anywhere.

    References
    ----------
    J.-B. Martens, "The Hermite transform: theory", IEEE Trans. Acoust. Speech Signal Process. 38 (1990),
    1595-1606. NIST Digital Library of Mathematical Functions, section 18.9, for the recurrence.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.hermite(11, n=10)
    >>> bank.parameters["order"]
    array([0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    >>> bool(bank.parameters["captured"].min() > 0.99)
    True
    """
    window = _check.size(size, family="hermite")
    highest = _highest(max_order, min(4, (min(window) - 1) // 2))
    if sigma is None:
        # In space the function reaches sqrt(2 n + 1) sigma and falls off within about 1.5 sigma; in frequency
        # likewise over sigma. In small windows the two cannot both have room: the second term shares it fairly.
        side = min(window)
        sigma = max(side / 2 / (np.sqrt(2 * highest + 1) + 1.5), np.sqrt(side / (2 * np.pi)))
    width = _check.number("sigma", sigma, above=0, unit="pixels")
    every = orders([highest + 1] * len(window), below=highest + 1)

    def tables(sides: tuple[int, ...]) -> list[Float64]:
        return [hermite_functions(coordinate, width, highest) for coordinate in _grid.axes(sides)]

    held = _grid.outer([np.sum(table**2, axis=1) for table in tables(window)])[tuple(every.T)]
    columns = {"sigma": np.full(len(every), width), "captured": held}
    draft = separable_draft(tables(window), every, n, columns)
    return draft._replace(
        # In frequency, too, the function of order n reaches sqrt(2 n + 1), over sigma, before it falls off.
        aliased=above_nyquist(*(np.sqrt(2 * every.T + 1) / (2 * np.pi * width))) & (every.sum(axis=1) > 0),
        lost=energy_lost(lambda sides: products(tables(sides), every), window),
    )


def hermite_functions(x: Float64, sigma: float, highest: int) -> Float64:
    """Return the Hermite functions of order 0 to `highest` at `x`, `(highest + 1, len(x))`."""
    u = x / sigma
    functions = np.empty((highest + 1, len(x)))
    functions[0] = np.exp(-(u**2) / 2) / np.sqrt(sigma * np.sqrt(np.pi))
    if highest:
        functions[1] = np.sqrt(2) * u * functions[0]
    for order in range(2, highest + 1):
        functions[order] = (
            np.sqrt(2 / order) * u * functions[order - 1] - np.sqrt((order - 1) / order) * functions[order - 2]
        )
    return functions


@makes_bank(
    "Gaussian-derivative",
    more="raise `max_order`, add `sigma` or drop `n`",
    wider="use a larger `size` or a smaller `sigma`",
)
def gaussian_derivative(
    size: Size,
    n: int | None = None,
    *,
    sigma: npt.ArrayLike | None = None,
    max_order: int | None = None,
    sampling: Sampling = "point",
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of derivatives of a Gaussian: the N-jet of scale space.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `sigma` as given, then by `i + j`, then by `i`, the order along
        y.
    sigma : array_like, optional
        Standard deviation of the Gaussian in pixels, one or several. The default is the widest at which the
        window holds the highest order.
    max_order : int, optional
        Highest total order `i + j`: 0 to 4 give 1, 3, 6, 10, 15 filters in 2-D. The default is 4, or what
        the shortest side allows.
    sampling : {"point", "integrated", "discrete"}, default "point"
        "point" takes the values at the pixels, of a Gaussian that sums to 1 over the window; "integrated"
        integrates over each pixel; "discrete" takes central differences of the discrete analogue of the
        Gaussian, which has no sampling error at any scale.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the derivative times `sigma ** order`.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D) and `sigma`.

    Raises
    ------
    ValueError
        If a `sigma` is not positive, `max_order` is negative, or ``sampling="discrete"`` meets an even side.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of a filter's energy, or the filters are dependent.

    Notes
    -----
    "point" is :math:`(-1)^n He_n(x/s) g(x)` and equals the kernel of ``scipy.ndimage.gaussian_filter1d`` times
    :math:`s^n`. It is a kernel of convolution like those of SciPy: correlating with it, as Keras does, gives odd
    derivatives the other sign.

    References
    ----------
    J. J. Koenderink and A. J. van Doorn, "Representation of local geometry in the visual system", Biol. Cybern. 55
    (1987), 367-375. T. Lindeberg, "Scale-space for discrete signals", IEEE Trans. Pattern Anal. Mach. Intell. 12
    (1990), 234-254, for "discrete". J.-H. Jacobsen et al., "Structured receptive fields in CNNs", CVPR 2016.

    Examples
    --------
    >>> import filterbank as fb
    >>> len(fb.gaussian_derivative(11, sigma=[1, 1.5], max_order=3))
    20
    """
    window = _check.size(size, family="gaussian_derivative")
    _check.choice("sampling", sampling, ("point", "integrated", "discrete"))
    if sampling == "discrete" and not all(side % 2 for side in window):
        raise ValueError(
            f'`size` must be odd for sampling="discrete", whose samples stand on whole numbers of '
            f'pixels, got {_check.window_name(window)}; use sampling="integrated"'
        )
    highest = _highest(max_order, min(4, min(window) - 1))
    if sigma is None:
        sigma = min(window) / 2 / (0.65 * np.sqrt(2 * highest + 1) + 1.5)
    widths = _check.numbers_of("sigma", sigma, above=0, unit="pixels")
    every = orders([highest + 1] * len(window), below=highest + 1)

    def filters(sides: tuple[int, ...]) -> Float64:
        jets = [products([_derivatives(side, width, highest, sampling) for side in sides], every) for width in widths]
        return np.concatenate(jets)

    columns = {**order_columns(np.tile(every, (len(widths), 1))), "sigma": np.repeat(widths, len(every))}
    # Along an axis the spectrum of derivative n is highest at sqrt(n) / sigma.
    highest_components = [np.sqrt(np.tile(part, len(widths))) / (2 * np.pi * columns["sigma"]) for part in every.T]
    return Draft(
        filters(window), columns, aliased=above_nyquist(*highest_components), lost=energy_lost(filters, window)
    )


def _derivatives(side: int, sigma: float, highest: int, sampling: Sampling) -> Float64:
    """Return `sigma^m` times derivative m = 0 ... highest of a Gaussian, `(highest + 1, side)`."""
    x = _grid.axis(side)
    degree = np.arange(highest + 1)[:, None]
    if sampling == "discrete":
        return sigma**degree * _discrete_derivatives(side, sigma**2, highest)
    if sampling == "point":
        # Relative to the pixels next to the centre, so that the narrowest Gaussian does not vanish between two.
        gaussian: Float64 = np.exp((np.min(x**2) - x**2) / (2 * sigma**2))
        sampled: Float64 = _hermite_gaussian(degree, x / sigma) * (gaussian / gaussian.sum())
        return sampled
    lower, upper = (x - 0.5) / sigma, (x + 0.5) / sigma
    # The integral of derivative m is derivative m - 1, here with a Gaussian of integral 1.
    at_edges = [
        _hermite_gaussian(degree[:-1], edge) * np.exp(-(edge**2) / 2) / np.sqrt(2 * np.pi) for edge in (lower, upper)
    ]
    # By symmetry in the lower tail, where differences lose no digits.
    near, far = (np.abs(x) - 0.5) / sigma, (np.abs(x) + 0.5) / sigma
    mass = special.ndtr(-near) - special.ndtr(-far)
    return np.concatenate([mass[None], at_edges[1] - at_edges[0]])


def _hermite_gaussian(degree: npt.NDArray[np.intp], u: Float64) -> Float64:
    """Return `(-1)^m He_m(u)`, the polynomial in front of derivative m of a Gaussian."""
    values: Float64 = (-1.0) ** degree * special.eval_hermitenorm(degree, u)
    return values


def _discrete_derivatives(side: int, t: float, highest: int) -> Float64:
    """Return central differences of the discrete Gaussian `e^-t I_n(t)` of variance `t`."""
    reach = side // 2 + highest
    rows = [special.ive(np.abs(np.arange(-reach, reach + 1)), t)]
    for order in range(1, highest + 1):
        if order % 2:
            rows.append(np.convolve(rows[order - 1], [0.5, 0, -0.5], mode="same"))
        else:
            rows.append(np.convolve(rows[order - 2], [1, -2, 1], mode="same"))
    derivatives: Float64 = np.stack(rows)[:, highest : highest + side]
    return derivatives


def _highest(max_order: int | None, default: int) -> int:
    return default if max_order is None else _check.integer("max_order", max_order, at_least=0)
