"""Polynomials that are orthogonal on the grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._separable import orders_of_level, separable_draft


@makes_bank("Legendre")
def legendre(
    size: Size, n: int | None = None, *, level: int | None = None, strict: bool = False, norm: Norm = "l2"
) -> Draft:
    r"""Make a bank of discrete Legendre polynomials: what is constant, linear, quadratic, ... on the grid.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`, the degree along y.
    level : int, optional
        Keep the filters with `i + j < level`.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None gives each polynomial the value 1 at the last
        pixel, as the Legendre polynomials have at 1.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D): degrees along the axes.

    Raises
    ------
    ValueError
        If `level` is below 1.

    Notes
    -----
    The polynomials orthogonal on equally spaced points. Sampled Legendre polynomials are not; on the grid the
    discrete ones of Legendre, Gram and Chebyshev are the same but for their scale, so that `legendre` and
    `chebyshev` differ at ``norm=None`` only. There, polynomials of high degree are so small at the last pixel, compared
    with the middle, that float64 cannot scale them by it: use ``norm=None`` up to some 30 pixels a side.

    References
    ----------
    C. P. Neuman and D. I. Schonbach, "Discrete (Legendre) orthogonal polynomials: a survey", Int. J. Numer.
    Methods Eng. 8 (1974), 743-770.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.legendre((3,), norm=None).filters
    array([[ 1.,  1.,  1.],
           [-1.,  0.,  1.],
           [ 1., -2.,  1.]])
    """
    return _polynomials("legendre", size, n, level, _legendre_scale)


@makes_bank("Chebyshev")
def chebyshev(
    size: Size, n: int | None = None, *, level: int | None = None, strict: bool = False, norm: Norm = "l2"
) -> Draft:
    r"""Make a bank of discrete Chebyshev (Tchebichef) polynomials, the basis of Tchebichef moments.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`, the degree along y.
    level : int, optional
        Keep the filters with `i + j < level`.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None keeps the scaled polynomials of Mukundan.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D): degrees along the axes.

    Raises
    ------
    ValueError
        If `level` is below 1.

    Notes
    -----
    :math:`\tilde t_m(x) = t_m(x) / k^m` with :math:`t_0 = 1`, :math:`t_1 = 2x - k + 1` and

    .. math:: m\,t_m = (2m - 1)(2x - k + 1)\,t_{m-1} - (m - 1)(k^2 - (m - 1)^2)\,t_{m-2},

    `x` counting pixels from 0. The recurrence loses all digits at high degrees; here the polynomials are
    orthonormalised degree by degree and scaled by the closed form of their norm.
    Chebyshev's polynomials of the first kind, orthogonal on cosine-spaced points, are `dct` on this grid.

    References
    ----------
    R. Mukundan, S. H. Ong and P. A. Lee, "Image analysis by Tchebichef moments", IEEE Trans. Image Process. 10
    (2001), 1357-1364.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.chebyshev(11, level=3)
    <FilterBank chebyshev: 6 filters of 11x11, rank 6, condition 1>
    """
    return _polynomials("chebyshev", size, n, level, _chebyshev_scale)


def _polynomials(family: str, size: Size, n: int | None, level: int | None, scale: Callable[[int], Float64]) -> Draft:
    window = _check.size(size, family=family)
    tables = [scale(side)[:, None] * _orthonormal_polynomials(side) for side in window]
    return separable_draft(tables, orders_of_level(window, level), n)


def _orthonormal_polynomials(side: int) -> Float64:
    """Return the orthonormal polynomials on a line of pixels, `(degree, x)`, positive at the last pixel."""
    x = _grid.axis(side)
    rows = np.empty((side, side))
    rows[0] = 1 / np.sqrt(side)
    for degree in range(1, side):
        rest = x * rows[degree - 1]
        # The two degrees before would do in exact arithmetic; all of them, twice, keep it orthogonal in this one.
        for _ in range(2):
            rest = rest - (rows[:degree] @ rest) @ rows[:degree]
        # Each is even or odd about the centre, to the last digit.
        rest = (rest + (-1) ** degree * rest[::-1]) / 2
        rows[degree] = rest / np.linalg.norm(rest)
    return rows


def _legendre_scale(side: int) -> Float64:
    """Return the norms of the discrete polynomials that are 1 at the last pixel."""
    degree = np.arange(side)
    # norm^2 = (side + m)! (side - 1 - m)! / ((2 m + 1) (side - 1)!^2)
    logarithm = (
        special.gammaln(side + degree + 1) + special.gammaln(side - degree) - 2 * special.gammaln(side)
    ) - np.log(2 * degree + 1)
    scale: Float64 = np.exp(logarithm / 2)
    return scale


def _chebyshev_scale(side: int) -> Float64:
    """Return the norms of the scaled Tchebichef polynomials."""
    degree = np.arange(side)
    factors = np.concatenate([[side], 1 - (degree[1:] / side) ** 2])
    scale: Float64 = np.sqrt(np.cumprod(factors) / (2 * degree + 1))
    return scale
