"""Filters learned from image patches for sparse responses: independent components, dictionaries."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from .._check import Float64, Size
from .._norm import Norm, with_signs
from ._family import Draft, makes_bank
from ._patches import drawn_patches


@makes_bank("ICA", more="use more `components` or a larger `size`, or drop `n`")
def ica(
    images: npt.ArrayLike | Iterable[npt.ArrayLike],
    size: Size,
    n: int | None = None,
    *,
    components: int | None = None,
    patches: int = 5_000,
    rng: Any = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Learn the independent components of patches of images: localised, oriented edges.

    Parameters
    ----------
    images : array_like or iterable of array_like
        As in `pca`, but all of them are held in memory.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by the energy that a component gives to the patches, from most to
        least.
    components : int, optional
        How many components to learn, at most the number of directions in which the patches vary; they are learned
        within as many principal components. The default is 64, or all of them.
    patches : int, default 5000
        How many patches to draw at random; all of them if there are fewer.
    rng : int, numpy.random.Generator or anything else that numpy.random.default_rng takes, optional
        Which patches, and where the search starts; the same seed gives the same filters.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where the search did not settle or filters are
        dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None gives responses of variance 1 over the patches.

    Returns
    -------
    FilterBank
        With the columns `energy`, the mean energy that the component gives to a patch, and `kurtosis`, the excess
        kurtosis of its responses. Of each filter, the entry of largest magnitude is positive.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        As in `pca`; if `components` is above the number of directions in which the patches vary.

    Warns
    -----
    BankWarning
        If the search did not settle, or the filters are dependent.

    Notes
    -----
    ``sklearn.decomposition.FastICA`` with its default contrast on whitened patches. The filters are the rows of the
    unmixing matrix: their responses are the components.

    References
    ----------
    A. J. Bell and T. J. Sejnowski, "The 'independent components' of natural scenes are edge filters", Vision Res. 37
    (1997), 3327-3338. A. Hyvärinen, "Fast and robust fixed-point algorithms for independent component analysis", IEEE
    Trans. Neural Netw. 10 (1999), 626-634.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> bank = fb.ica(data.camera(), 6, components=16, patches=2000, rng=0)
    >>> bank  # doctest: +ELLIPSIS
    <FilterBank ica: 16 filters of 6x6, rank 16, condition ...>
    """
    window = _check.size(size, family="ica")
    rows, record, remarks = drawn_patches(images, window, patches, rng)
    if not np.ptp(rows, axis=0).any():
        raise ValueError("`images` must vary, got constant ones: there is nothing to learn")
    most = int(np.linalg.matrix_rank(rows - rows.mean(axis=0)))
    count = _component_count(components, most, window)
    search = _scikit_learn("ica").FastICA(
        count, whiten="unit-variance", max_iter=2000, tol=1e-4, random_state=int(rng.integers(2**31))
    )
    sources, unsettled = _settled(search.fit_transform, rows, "ica")
    energy = np.sum(search.mixing_**2, axis=0)
    order = np.argsort(-energy, kind="stable")
    kurtosis = np.mean(sources**4, axis=0) / np.mean(sources**2, axis=0) ** 2 - 3
    return Draft(
        with_signs(search.components_[order]).reshape(-1, *window),
        {"energy": energy[order], "kurtosis": kurtosis[order]},
        learned_from={"images": record},
        remarks=remarks + unsettled,
    )


@makes_bank("dictionary", more="use more `components`, or drop `n`")
def dictionary(
    images: npt.ArrayLike | Iterable[npt.ArrayLike],
    size: Size,
    n: int | None = None,
    *,
    components: int | None = None,
    sparsity: float = 1.0,
    patches: int = 5_000,
    rng: Any = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Learn a dictionary of which every patch of images needs only a few filters.

    Parameters
    ----------
    images : array_like or iterable of array_like
        As in `pca`, but all of them are held in memory.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by the energy that a filter gives to the patches, from most to least.
    components : int, optional
        How many filters to learn, also more than there are pixels. The default is one fewer than pixels,
        as many as patches without their means have directions, but at most 100.
    sparsity : float, default 1
        Weight of the penalty on the coefficients, for patches whose deviation is 1: the larger, the fewer.
    patches : int, default 5000
        How many patches to draw at random; all of them if there are fewer.
    rng : int, numpy.random.Generator or anything else that numpy.random.default_rng takes, optional
        Which patches, and where the search starts; the same seed gives the same filters.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where the search did not settle, or filters are not
        used or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" and None are the filters of norm 1 that were learned.

    Returns
    -------
    FilterBank
        With the columns `energy`, the mean energy that the filter gives to a patch, and `usage`, the share of patches
        that use it. Of each filter, the entry of largest magnitude is positive.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    ValueError
        As in `pca`; if `sparsity` is not positive.

    Warns
    -----
    BankWarning
        If the search did not settle, no patch uses some of the filters, or they are dependent, as more than there are
        pixels always are.

    Notes
    -----
    ``sklearn.decomposition.MiniBatchDictionaryLearning`` on patches without their own means, scaled to a deviation
    of 1 over all.

    References
    ----------
    J. Mairal, F. Bach, J. Ponce and G. Sapiro, "Online dictionary learning for sparse coding", ICML 2009.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> bank = fb.dictionary(data.camera(), 6, components=20, patches=2000, rng=0)
    >>> len(bank)
    20
    """
    window = _check.size(size, family="dictionary")
    penalty = _check.number("sparsity", sparsity, above=0)
    rows, record, remarks = drawn_patches(images, window, patches, rng)
    if not np.ptp(rows, axis=1).any():
        raise ValueError("`images` must vary within a patch, got constant ones: there is nothing to learn")
    rows = rows - rows.mean(axis=1, keepdims=True)
    deviation = rows.std()
    pixels = int(np.prod(window))
    # Patches without their means vary in one direction less than there are pixels.
    count = min(pixels - 1, 100) if components is None else _check.integer("components", components, at_least=1)
    search = _scikit_learn("dictionary").MiniBatchDictionaryLearning(
        count,
        alpha=penalty,
        batch_size=256,
        max_iter=20,
        # Coordinate descent finds the same codes as LARS in a third of the time.
        fit_algorithm="cd",
        transform_algorithm="lasso_cd",
        random_state=int(rng.integers(2**31)),
    )
    codes, unsettled = _settled(search.fit_transform, rows / deviation, "dictionary")
    atoms = search.components_ / np.linalg.norm(search.components_, axis=1, keepdims=True)
    energy = np.mean(codes**2, axis=0) * deviation**2
    order = np.argsort(-energy, kind="stable")
    kept = energy[order][:n]
    unused: tuple[str, ...] = ()
    if not kept.all():
        unused = (
            f"{np.count_nonzero(kept == 0)} of the {len(kept)} filters are used by none of the {len(rows)} patches and "
            f"are arbitrary; use fewer `components`, more `patches` or a smaller `sparsity`",
        )
    return Draft(
        with_signs(atoms[order]).reshape(-1, *window),
        {"energy": energy[order], "usage": np.mean(codes != 0, axis=0)[order]},
        learned_from={"images": record},
        remarks=remarks + unsettled + unused,
    )


def _scikit_learn(family: str) -> Any:
    try:
        from sklearn import decomposition
    except ImportError as error:
        raise ImportError(
            f'{family} needs scikit-learn; pip install "filterbank[learned]", or ".[learned]" in a clone'
        ) from error
    return decomposition


def _settled(fit: Callable[[Float64], Float64], rows: Float64, family: str) -> tuple[Float64, tuple[str, ...]]:
    """Return the fit, and scikit-learn's remark that it did not settle as one of ours."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        result = fit(rows)
    if any(issubclass(warning.category, ConvergenceWarning) for warning in caught):
        return result, (
            f"{family} did not settle: its filters would still change; use more `patches` or fewer `components`",
        )
    return result, ()


def _component_count(components: int | None, most: int, window: tuple[int, ...]) -> int:
    if components is None:
        return min(most, 64)
    hint = f"the patches of {_check.window_name(window)} pixels vary in {most} directions"
    return _check.integer("components", components, at_least=1, at_most=most, hint=hint)
