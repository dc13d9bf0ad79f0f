"""Filters without direction: differences of Gaussians and the Laplacian of a Gaussian."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import above_nyquist, energy_lost

# The widest Gaussian by default: a window this many sigmas wide holds 99 % of the energy, of a cube too.
SIGMAS_OF_DIFFERENCE, SIGMAS_OF_LAPLACIAN = 6.8, 7.2
HIGHEST_DEFAULT = 0.35  # cycles per pixel; beyond, more than a tenth of the energy is aliased


@makes_bank(
    "difference-of-Gaussians",
    more="add `sigmas` or drop `n`",
    wider="use a larger `size` or smaller `sigmas`",
)
def dog(
    size: Size,
    n: int | None = None,
    *,
    sigmas: npt.ArrayLike | None = None,
    ratio: float = 1.6,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of differences of Gaussians: a narrow one minus a wider one.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is that of `sigmas`.
    sigmas : array_like, optional
        Standard deviations of the narrow Gaussians in pixels. The default starts with the widest that the window
        holds and goes down in half octaves while `frequency` is at most 0.35.
    ratio : float, default 1.6
        Standard deviation of the wide Gaussian over that of the narrow one, above 1.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the difference of two Gaussians that sum to 1 each.

    Returns
    -------
    FilterBank
        With the columns `sigma` (pixels), `ratio`, and `frequency`, to which the filter responds most (cycles per
        pixel, in any direction).

    Raises
    ------
    ValueError
        If a sigma is not positive or `ratio` is not above 1.

    Warns
    -----
    BankWarning
        If a frequency is above Nyquist, the window cuts more than 1 % of a filter's energy, or the filters are
        dependent.

    Notes
    -----
    .. math:: G_\sigma - G_{q\sigma}

    where each Gaussian sums to 1 over the window, so that every filter sums to zero: the response of
    ``skimage.filters.difference_of_gaussians`` to a single pixel. The frequency is
    :math:`\sqrt{2 \ln q^2 / (q^2 - 1)} / (2\pi\sigma)`; a `q` of 1.6 comes near the Laplacian of a Gaussian.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207 (1980), 187-217, appendix B.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.dog(11).parameters["sigma"].round(2)
    array([1.01, 0.71, 0.51])
    """
    window = _check.size(size, family="dog", at_least=3)
    wider = _check.number("ratio", ratio, above=1)
    peak = np.sqrt(4 * np.log(wider) / (wider**2 - 1)) / (2 * np.pi)
    narrow = _sigmas(sigmas, min(window) / (SIGMAS_OF_DIFFERENCE * wider), peak)

    def filters(sides: tuple[int, ...]) -> Float64:
        return _gaussians(sides, narrow) - _gaussians(sides, wider * narrow)

    return _round_draft(filters, window, narrow, peak, ratio=np.full(len(narrow), wider))


@makes_bank(
    "Laplacian-of-Gaussian",
    more="add `sigmas` or drop `n`",
    wider="use a larger `size` or smaller `sigmas`",
)
def laplacian_of_gaussian(
    size: Size,
    n: int | None = None,
    *,
    sigmas: npt.ArrayLike | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Laplacians of a Gaussian: the Mexican hat, negative at its centre.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is that of `sigmas`.
    sigmas : array_like, optional
        Standard deviations of the Gaussians in pixels. The default starts with the widest that the window holds
        and goes down in half octaves while `frequency` is at most 0.35.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the Laplacian of a Gaussian that sums to 1.

    Returns
    -------
    FilterBank
        With the columns `sigma` (pixels) and `frequency`, to which the filter responds most (cycles per pixel, in
        any direction).

    Raises
    ------
    ValueError
        If a sigma is not positive.

    Warns
    -----
    BankWarning
        If a frequency is above Nyquist, the window cuts more than 1 % of a filter's energy, or the filters are
        dependent.

    Notes
    -----
    .. math:: \frac{r^2 - \langle r^2 \rangle}{\sigma^4} G_\sigma

    where the Gaussian sums to 1 over the window and :math:`\langle r^2 \rangle` is its variance on the grid. In the
    textbook :math:`D\sigma^2` stands there, for `D` dimensions, which the variance is while the window holds the
    Gaussian and the grid resolves it: then the filter is the response of ``scipy.ndimage.gaussian_laplace`` to a
    single pixel, and with the variance it sums to zero always. It is not multiplied by :math:`\sigma^2`, as
    blob detectors do. The frequency is :math:`\sqrt 2 / (2\pi\sigma)`.

    References
    ----------
    D. Marr and E. Hildreth, "Theory of edge detection", Proc. R. Soc. Lond. B 207 (1980), 187-217.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.laplacian_of_gaussian(11).parameters["sigma"].round(2)
    array([1.53, 1.08, 0.76])
    """
    window = _check.size(size, family="laplacian_of_gaussian", at_least=3)
    peak = np.sqrt(2) / (2 * np.pi)
    widths = _sigmas(sigmas, min(window) / SIGMAS_OF_LAPLACIAN, peak)

    def filters(sides: tuple[int, ...]) -> Float64:
        gaussians = _gaussians(sides, widths)
        squared: Float64 = np.asarray(sum(axis**2 for axis in _grid.mesh(sides)))
        scale = widths.reshape(-1, *(1,) * len(sides))
        variance = np.sum(squared * gaussians, axis=tuple(range(1, gaussians.ndim))).reshape(scale.shape)
        laplacians: Float64 = (squared - variance) * gaussians / scale**4
        return laplacians

    return _round_draft(filters, window, widths, peak)


def _round_draft(
    filters: Callable[[tuple[int, ...]], Float64],
    window: tuple[int, ...],
    sigma: Float64,
    peak: float,
    **columns: Float64,
) -> Draft:
    frequency = peak / sigma
    return Draft(
        filters(window),
        {"sigma": sigma, **columns, "frequency": frequency},
        zero_mean=True,
        aliased=above_nyquist(frequency),
        lost=energy_lost(filters, window),
    )


def _sigmas(sigmas: npt.ArrayLike | None, widest: float, peak: float) -> Float64:
    """Return the given widths, or half octaves down from the widest while the frequency `peak / sigma` is low."""
    if sigmas is not None:
        return _check.numbers_of("sigmas", sigmas, above=0, unit="pixels")
    steps = max(0, int(np.floor(2 * np.log2(HIGHEST_DEFAULT * widest / peak))))
    widths: Float64 = widest / np.sqrt(2) ** np.arange(steps + 1)
    return widths


def _gaussians(window: tuple[int, ...], sigma: Float64) -> Float64:
    """Return Gaussians that sum to 1 over the window, `(n, *window)`."""
    return _grid.outer([_gaussian(side, sigma) for side in window])


def _gaussian(side: int, sigma: Float64) -> Float64:
    squared = _grid.axis(side) ** 2
    # Relative to the pixels next to the centre, so that the narrowest Gaussian does not vanish between two.
    bell = np.exp((squared.min() - squared) / (2 * sigma[:, None] ** 2))
    gaussian: Float64 = bell / bell.sum(axis=1, keepdims=True)
    return gaussian
