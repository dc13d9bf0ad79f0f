"""Banks for the description of textures: Leung-Malik, the root filter set, Schmid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import above_nyquist, energy_lost

SUPPORT = 49  # pixels a side of the published filters
LEUNG_MALIK_SIGMAS = np.sqrt(2) ** np.arange(1, 5)
ROOT_FILTER_SET_SIGMAS = np.array([1.0, 2.0, 4.0])
SCHMID_SIGMAS = np.array([2.0, 4.0, 6.0, 8.0, 10.0])
SCHMID_CYCLES = (1, 2, 3, 3, 4)
# By default nothing gets finer: below, more than 1 % of the finest filter's energy lies above Nyquist.
FINEST_DERIVATIVE, FINEST_SCHMID = 0.89, 1.5  # pixels
ORIENTATIONS, ELONGATION = 6, 3.0
BLOB_RATIO = 2.5  # of the root filter set: the round filters' sigma over the largest of the others


@makes_bank(
    "Leung-Malik",
    more="add `sigmas` or drop `n`",
    wider="use a larger `size` or smaller `sigmas`",
)
def leung_malik(
    size: Size,
    n: int | None = None,
    *,
    sigmas: npt.ArrayLike | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make the Leung-Malik bank: edges, bars and blobs at several scales and six orientations, 48 filters.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, a pair for height and width. The published bank has 49.
    n : int, optional
        Keep the first `n` filters. The order is the published one: the edges by sigma as given, then by the angle of
        their long side from 0; the bars likewise; then for each sigma a Gaussian and the Laplacians of sigma and of
        three sigma.
    sigmas : array_like, optional
        The basic scales in pixels. Edges and bars have all but the last (a single one if it is alone), blobs all.
        The default is :math:`\sqrt2, 2, 2\sqrt2, 4` (the large bank, LML) from 49 pixels on. In smaller windows it
        shrinks in proportion to the shortest side, but not below a smallest of 0.89 pixels, which is what the grid
        resolves: so it fits from 31 pixels on, and below a `BankWarning` says what is cut. The small bank (LMS)
        is ``sigmas=(1, 2**0.5, 2, 2 * 2**0.5)``. Given ones are never altered.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. None and "l1" are the published ones: magnitudes that sum to 1.

    Returns
    -------
    FilterBank
        With the columns `kind` ("edge", "bar", "gaussian", "laplacian"), `order` of the derivative, `sigma`
        (pixels), and `orientation` in radians from 0 to pi: across edges and bars, as the wave of `gabor` runs, and
        NaN for blobs.

    Raises
    ------
    ValueError
        If a sigma is not positive or a side is below 3 pixels.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of the energy that a filter has within its published support (49 pixels
        where the largest sigma is 4, in proportion otherwise), a frequency is above Nyquist, or the filters are
        dependent.

    Notes
    -----
    Edges and bars are the first and second derivative along y' of

    .. math:: \exp\left(-\frac{x'^2}{2 (3 s)^2} - \frac{y'^2}{2 s^2}\right)

    and blobs :math:`e^{-r^2/2s^2}` and :math:`(r^2 - 2s^2) e^{-r^2/2s^2}`. From each filter its mean is subtracted,
    also from the Gaussians, and the magnitudes are made to sum to 1. The published support itself ends before the
    widest Laplacian does: it holds 95 % of it.

    The MATLAB code of the Visual Geometry Group counts y upward, so its edges have the other sign; with MATLAB's
    ``conv2``, which turns filters round, they respond as these do with correlation. A widespread Python port has
    other scales (:math:`\sqrt2` times 1, 2, 3 in the place of its powers) and subtracts and scales nothing.

    References
    ----------
    T. Leung and J. Malik, "Representing and recognizing the visual appearance of materials using
    three-dimensional textons", Int. J. Comput. Vis. 43 (2001), 29-44. Visual Geometry Group, University of Oxford,
    "Texture classification: filter banks", ``makeLMfilters.m``, for the constants.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.leung_malik(49)
    >>> len(bank), bank.parameters["kind"][[0, 18, 36, 37]]
    (48, array(['edge', 'bar', 'gaussian', 'laplacian'], dtype='<U9'))
    """
    window = _check.size(size, family="leung_malik", dimensions=(2,), at_least=3)
    basic = _scales(sigmas, LEUNG_MALIK_SIGMAS, FINEST_DERIVATIVE, window)
    oriented = basic[: max(1, len(basic) - 1)]
    blobs = np.repeat(basic, 3) * np.tile([1, 1, 3], len(basic))
    is_laplacian = np.tile([False, True, True], len(basic))
    support = SUPPORT * basic.max() / LEUNG_MALIK_SIGMAS.max()
    return _texton_draft(window, support, oriented, blobs, is_laplacian)


@makes_bank(
    "root-filter-set",
    more="add `sigmas` or drop `n`",
    wider="use a larger `size`, or smaller `sigmas` and `blob_sigma`",
)
def root_filter_set(
    size: Size,
    n: int | None = None,
    *,
    sigmas: npt.ArrayLike | None = None,
    blob_sigma: float | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make the root filter set: edges and bars at three scales and six orientations, and two blobs, 38 filters.

    ``filterbank.apply(image, bank, reduce="max_orientation")`` gives the eight maximum responses (MR8).

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, a pair for height and width. The published bank has 49.
    n : int, optional
        Keep the first `n` filters. The order is the published one: the edges by sigma as given, then by the angle of
        their long side from 0; the bars likewise; then the Gaussian and its Laplacian.
    sigmas : array_like, optional
        Scales of edges and bars in pixels. The default is 1, 2, 4 from 49 pixels on. In smaller windows it shrinks
        in proportion to the shortest side, but not below a smallest of 0.89 pixels, which is what the grid resolves:
        so it fits from 44 pixels on, and below a `BankWarning` says what is cut. Given ones are never altered.
    blob_sigma : float, optional
        Scale of the two blobs in pixels. The default is 2.5 times the largest of `sigmas`: 10 in the published bank.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. None and "l1" are the published ones: magnitudes that sum to 1.

    Returns
    -------
    FilterBank
        With the columns `kind` ("edge", "bar", "gaussian", "laplacian"), `order` of the derivative, `sigma`
        (pixels), and `orientation` in radians from 0 to pi: across edges and bars, as the wave of `gabor` runs, and
        NaN for blobs.

    Raises
    ------
    ValueError
        If a sigma is not positive or a side is below 3 pixels.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of the energy that a filter has within its published support (49 pixels
        where the largest sigma of an edge is 4 or that of the blobs 10, in proportion otherwise), a frequency is above
        Nyquist, or the filters are dependent.

    Notes
    -----
    The formulas, the sign of edges and the scale are those of `leung_malik`. The published support holds 98 % of
    the Laplacian.

    References
    ----------
    M. Varma and A. Zisserman, "A statistical approach to texture classification from single images", Int. J. Comput.
    Vis. 62 (2005), 61-81. Visual Geometry Group, University of Oxford, "Texture classification: filter banks",
    ``makeRFSfilters.m``, for the constants.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.root_filter_set(49)
    <FilterBank root_filter_set: 38 filters of 49x49, rank 38, condition 8.86>
    """
    window = _check.size(size, family="root_filter_set", dimensions=(2,), at_least=3)
    oriented = _scales(sigmas, ROOT_FILTER_SET_SIGMAS, FINEST_DERIVATIVE, window)
    blob = oriented.max() * BLOB_RATIO
    if blob_sigma is not None:
        blob = _check.number("blob_sigma", blob_sigma, above=0, unit="pixels")
    widest = max(oriented.max() / ROOT_FILTER_SET_SIGMAS.max(), blob / (BLOB_RATIO * ROOT_FILTER_SET_SIGMAS.max()))
    return _texton_draft(window, SUPPORT * widest, oriented, np.full(2, blob), np.array([False, True]))


@makes_bank(
    "Schmid",
    more="add `sigmas`, raise `cycles` or drop `n`",
    wider="use a larger `size` or smaller `sigmas`",
)
def schmid(
    size: Size,
    n: int | None = None,
    *,
    sigmas: npt.ArrayLike | None = None,
    cycles: npt.ArrayLike = SCHMID_CYCLES,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make the Schmid bank: rings under a Gaussian, which no rotation changes, 13 filters.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, a pair for height and width. The published bank has 49.
    n : int, optional
        Keep the first `n` filters. The order is the published one: by sigma as given, then by cycles.
    sigmas : array_like, optional
        Standard deviations of the Gaussian in pixels. The default is 2, 4, 6, 8, 10 from 49 pixels on. In smaller
        windows it shrinks in proportion to the shortest side, but not below a smallest of 1.5 pixels, so that the
        grid resolves the rings: so it fits from 37 pixels on, and below a `BankWarning` says what is cut. Given
        ones are never altered.
    cycles : int or array_like of int, default (1, 2, 3, 3, 4)
        The highest :math:`\tau` of each sigma, or of all; a sigma has the filters 1 to that.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are aliased, cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. None and "l1" are the published ones: magnitudes that sum to 1.

    Returns
    -------
    FilterBank
        With the columns `sigma` (pixels), `cycles` (:math:`\tau`) and `frequency` of the rings (cycles per pixel).

    Raises
    ------
    TypeError
        If `cycles` are not whole numbers.
    ValueError
        If a sigma is not positive, `cycles` are below 1 or not as many as `sigmas`, or a side is below 3 pixels.

    Warns
    -----
    BankWarning
        If the window cuts more than 1 % of the energy that a filter has within its published support (49 pixels
        where the largest sigma is 10, in proportion otherwise), a frequency is above Nyquist, or the filters are
        dependent.

    Notes
    -----
    .. math:: \cos\frac{\pi\tau r}{\sigma} \exp\left(-\frac{r^2}{2\sigma^2}\right)

    minus its mean, and scaled so that the magnitudes sum to 1. The frequency is :math:`\tau / (2\sigma)`.

    References
    ----------
    C. Schmid, "Constructing models for content-based image retrieval", CVPR 2001, vol. 2, 39-45. Visual Geometry Group,
    University of Oxford, "Texture classification: filter banks", ``makeSfilters.m``, for the constants.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.schmid(49)
    >>> bank.parameters["sigma"][:6], bank.parameters["cycles"][:6]
    (array([2., 4., 4., 6., 6., 6.]), array([1, 1, 2, 1, 2, 3]))
    """
    window = _check.size(size, family="schmid", dimensions=(2,), at_least=3)
    basic = _scales(sigmas, SCHMID_SIGMAS, FINEST_SCHMID, window)
    highest = _cycles(cycles, len(basic))
    sigma = np.repeat(basic, highest)
    cycle = np.concatenate([np.arange(1, count + 1) for count in highest])

    def rings(sides: tuple[int, ...]) -> Float64:
        radius = np.sqrt(_squared_radius(sides))
        spread = sigma[:, None, None]
        waves = np.cos(np.pi * cycle[:, None, None] * radius / spread)
        filters: Float64 = waves * np.exp(-(radius**2) / (2 * spread**2))
        return filters

    frequency = cycle / (2 * sigma)
    columns = {"sigma": sigma, "cycles": cycle, "frequency": frequency}
    return _balanced_draft(rings, window, SUPPORT * basic.max() / SCHMID_SIGMAS.max(), columns, frequency)


def _scales(sigmas: npt.ArrayLike | None, published: Float64, finest: float, window: tuple[int, ...]) -> Float64:
    """Return the given scales, or the published ones, smaller in smaller windows as far as the grid resolves them."""
    if sigmas is not None:
        return _check.numbers_of("sigmas", sigmas, above=0, unit="pixels")
    scales: Float64 = published * min(1.0, max(min(window) / SUPPORT, finest / published.min()))
    return scales


def _cycles(cycles: npt.ArrayLike, count: int) -> npt.NDArray[np.intp]:
    given = [cycles] if np.ndim(cycles) == 0 else list(np.asarray(cycles).tolist())
    highest = [_check.integer("cycles", one, at_least=1) for one in given]
    if len(highest) not in (1, count):
        raise ValueError(
            f"`cycles` must be one number or one for each of the {count} `sigmas`, got {len(highest)}; "
            f"give as many as `sigmas`"
        )
    return np.broadcast_to(np.array(highest, dtype=np.intp), (count,))


def _texton_draft(
    window: tuple[int, ...],
    support: float,
    oriented: Float64,
    blobs: Float64,
    is_laplacian: npt.NDArray[np.bool_],
) -> Draft:
    """Draft edges and bars of the scales `oriented`, and round filters."""
    angles = np.arange(ORIENTATIONS) * np.pi / ORIENTATIONS
    across = np.roll(angles, ORIENTATIONS // 2)
    per_order = len(oriented) * ORIENTATIONS

    def filters(sides: tuple[int, ...]) -> Float64:
        elongated = _edges_and_bars(sides, oriented, angles)
        return np.concatenate([elongated, _blobs(sides, blobs, is_laplacian)])

    names = np.where(is_laplacian, "laplacian", "gaussian")
    order = np.concatenate([np.repeat([1, 2], per_order), 2 * is_laplacian])
    sigma = np.concatenate([np.tile(np.repeat(oriented, ORIENTATIONS), 2), blobs])
    columns = {
        "kind": np.concatenate([np.repeat(["edge", "bar"], per_order), names]),
        "order": order,
        "sigma": sigma,
        "orientation": np.concatenate([np.tile(across, 2 * len(oriented)), np.full(len(blobs), np.nan)]),
    }
    # Where the spectrum of a derivative of a Gaussian has its peak.
    return _balanced_draft(filters, window, support, columns, np.sqrt(order) / (2 * np.pi * sigma))


def _balanced_draft(
    filters: Callable[[tuple[int, ...]], Float64],
    window: tuple[int, ...],
    support: float,
    columns: dict[str, npt.NDArray[Any]],
    frequency: Float64,
) -> Draft:
    """Draft filters minus their mean, with magnitudes that sum to 1."""
    values = filters(window)
    for _ in range(2):  # The second pass takes away what rounding left of the mean.
        values = values - values.mean((1, 2), keepdims=True)
    total = np.sum(np.abs(values), axis=(1, 2), keepdims=True)
    whole = tuple(max(side, _same_parity(support, side)) for side in window)
    return Draft(
        np.divide(values, total, out=np.zeros_like(values), where=total > 0),
        columns,
        zero_mean=True,
        aliased=above_nyquist(frequency),
        lost=energy_lost(filters, window, whole),
    )


def _same_parity(support: float, side: int) -> int:
    """Return the smallest side from `support` on whose pixels lie where those of `side` do."""
    whole = int(np.ceil(support - 1e-9))
    return whole + (whole - side) % 2


def _edges_and_bars(window: tuple[int, ...], sigmas: Float64, angles: Float64) -> Float64:
    """Return first, then second derivatives across elongated Gaussians, `(2 * sigmas * angles, *window)`."""
    y, x = _grid.mesh(window)
    across, along = _grid.rotated(y, x, angles[:, None, None])
    scale = sigmas[:, None, None, None]
    bell = np.exp(-0.5 * ((along / (ELONGATION * scale)) ** 2 + (across / scale) ** 2))
    first, second = -across / scale**2, (across**2 - scale**2) / scale**4
    return np.stack([first * bell, second * bell]).reshape(-1, *window)


def _blobs(window: tuple[int, ...], sigmas: Float64, is_laplacian: npt.NDArray[np.bool_]) -> Float64:
    squared, scale = _squared_radius(window), sigmas[:, None, None]
    factor = np.where(is_laplacian[:, None, None], (squared - 2 * scale**2) / scale**4, 1.0)
    blobs: Float64 = factor * np.exp(-squared / (2 * scale**2))
    return blobs


def _squared_radius(window: tuple[int, ...]) -> Float64:
    y, x = _grid.mesh(window)
    squared: Float64 = x**2 + y**2
    return squared
