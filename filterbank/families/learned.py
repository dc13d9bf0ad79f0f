"""Filters from the second moments of image patches: principal components, whitening."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm, with_signs
from ..patches import PatchMoments
from ._family import Draft, makes_bank
from ._patches import patch_covariance


@makes_bank("PCA", shares=True)
def pca(
    images: npt.ArrayLike | Iterable[npt.ArrayLike] | PatchMoments,
    size: Size,
    n: int | float | None = None,
    *,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Learn the principal components of all overlapping patches of images.

    Parameters
    ----------
    images : array_like, iterable of array_like or PatchMoments
        One image `(height, width)`, a stack `(count, height, width)`, or any iterable of images, also of different
        sizes, read once. Real and finite, of any number type; of a colour image, one channel or their mean. For 1-D and
        3-D windows, signals and volumes. Or their moments, of `patch_moments`, which also reads files and colour.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int or float, optional
        Keep the first `n` components; the order is by falling eigenvalue. A float, above 0 and up to 1, keeps as many
        as have that share of the variance: 1.0 all that have any, while 1 is one component.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where components are arbitrary or a stack may be a
        colour image.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" and None are the orthonormal eigenvectors.

    Returns
    -------
    FilterBank
        With the columns `eigenvalue`, the variance along the filter in squared units of the images,
        `explained_variance_ratio`, its share of the whole, and `cumulative`, the share of all filters up to it. Of each
        filter, the entry of largest magnitude is positive. The recipe holds the number of filters for a share.

    Raises
    ------
    TypeError
        If the images are complex or not numbers.
    ValueError
        If there is no image, one is smaller than a patch, not finite, or of other dimensions than `size`; if the
        images do not vary at all, or are moments of patches of another size.

    Warns
    -----
    BankWarning
        If there are components without variance among the filters, which are arbitrary, or a stack has the shape of a
        colour image.

    Notes
    -----
    Eigenvectors of the covariance (divided by the number of patches) with the mean patch removed. The recipe
    holds the sha256 of the images and the filters themselves: images are too large for it.

    References
    ----------
    P. J. B. Hancock, R. J. Baddeley and L. S. Smith, "The principal components of natural images", Network 3
    (1992), 61-70.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> bank = fb.pca(data.camera(), 11, n=10)
    >>> bank
    <FilterBank pca: 10 filters of 11x11, rank 10, condition 1>
    >>> bool(bank.parameters["explained_variance_ratio"].sum() > 0.9)
    True
    >>> fb.pca(fb.patch_moments(data.camera(), 11), 11, n=0.99).shape
    (29, 11, 11)
    """
    window = _check.size(size, family="pca")
    covariance, record, remarks = patch_covariance(images, window)
    values, vectors = np.linalg.eigh(covariance)
    rank = int(np.count_nonzero(_has_variance(values)))
    # eigh's order rises; rounding can leave eigenvalues a little below the zero that they are.
    values = np.maximum(values[::-1], 0)
    filters = with_signs(vectors.T[::-1])
    ratios = values / values.sum()
    cumulative = np.minimum(np.cumsum(ratios), 1)
    available = len(values)
    if isinstance(n, float):
        # Rounding leaves the sum of all shares a little off 1.
        n = available = min(1 + int(np.count_nonzero(cumulative < n * (1 - 1e-14 * len(values)))), rank)
    count = available if n is None else min(n, available)
    if count > rank:
        remarks += (
            f"the patches vary in {rank} directions only: the last {count - rank} of the {count} components have no "
            f"variance and are arbitrary; use n={rank}, or more or larger images",
        )
    return Draft(
        filters.reshape(-1, *window),
        {"eigenvalue": values, "explained_variance_ratio": ratios, "cumulative": cumulative},
        available=available,
        learned_from={"images": record},
        remarks=remarks,
    )


@makes_bank("ZCA")
def zca(
    images: npt.ArrayLike | Iterable[npt.ArrayLike] | PatchMoments,
    size: Size,
    n: int | None = None,
    *,
    epsilon: float = 0.0,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Learn the filters that whiten the patches of images and change them least: centre against surround.

    Parameters
    ----------
    images : array_like, iterable of array_like or PatchMoments
        As in `pca`.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. There is one for each pixel of the window, row by row.
    epsilon : float, default 0
        Added to each eigenvalue, as a share of their mean: above 0, what images hold little of is amplified less.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where directions are missing or filters dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the rows of the whitening matrix, in 1 over units of the images.

    Returns
    -------
    FilterBank
        With the columns `position_y`, `position_x` (`position_z` in 3-D): the pixel that the filter whitens.

    Raises
    ------
    TypeError
        If the images are complex or not numbers.
    ValueError
        If there is no image, one is smaller than a patch, not finite, or of other dimensions than `size`; if the
        images do not vary at all.

    Warns
    -----
    BankWarning
        If the patches do not vary in as many directions as a patch has pixels, or the filters are dependent.

    Notes
    -----
    Rows of :math:`E (D + \epsilon \bar D)^{-1/2} E^T` for the covariance :math:`E D E^T` of all overlapping patches;
    directions without variance are left out. The whitened patches are as close to the patches as whitened ones can be.

    References
    ----------
    A. J. Bell and T. J. Sejnowski, "The 'independent components' of natural scenes are edge filters", Vision Res. 37
    (1997), 3327-3338.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> bank = fb.zca(data.camera(), 7)
    >>> int(bank[24].argmax())
    24
    """
    window = _check.size(size, family="zca")
    share = _check.number("epsilon", epsilon, at_least=0)
    covariance, record, remarks = patch_covariance(images, window)
    values, vectors = np.linalg.eigh(covariance)
    present = _has_variance(values)
    scale = 1 / np.sqrt(values[present] + share * values.mean())
    whitening = (vectors[:, present] * scale) @ vectors[:, present].T
    rank, pixels = int(np.count_nonzero(present)), len(present)
    if rank < pixels:
        remarks += (
            f"the patches vary in {rank} of {pixels} directions only, and the filters span no more; use more or "
            f"larger images, or a smaller `size`",
        )
    columns = _grid.positions(window, pixels)
    return Draft(whitening.reshape(-1, *window), columns, learned_from={"images": record}, remarks=remarks)


def _has_variance(eigenvalues: Float64) -> npt.NDArray[np.bool_]:
    """Return along which eigenvectors of a covariance, by rising eigenvalue, the patches vary."""
    present: npt.NDArray[np.bool_] = eigenvalues > eigenvalues[-1] * len(eigenvalues) * np.finfo(np.float64).eps
    if not present.any():
        raise ValueError("`images` must vary, got constant ones: there is nothing to learn")
    return present
