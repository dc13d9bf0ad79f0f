"""Filters as a set: tight, dual, whitened, joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check, _store
from .._bank import FilterBank, as_bank
from .._check import Float64
from ..families._honesty import tell_of_new_dependence
from ._rank import ROUNDING


def tighten(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Find the nearest Parseval frame: as many filters, which together weigh every patch in their span alike.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`; also more filters than pixels.

    Returns
    -------
    FilterBank
        Filters whose squared inner products with any patch of their span add up to its squared norm, parameters and
        all.

    Raises
    ------
    ValueError
        If the bank is zero everywhere.

    Notes
    -----
    The polar factor `U V^T` of the matrix of filters `U S V^T`: of all Parseval frames of the span, the nearest in
    the sum of squares. Of independent filters it is ``orthonormalize(method="symmetric")``. Where the filters span all
    patches, the sum of `|B_i|^2` over frequency is constant too.

    References
    ----------
    P. G. Casazza and G. Kutyniok (eds.), "Finite Frames: Theory and Applications" (2013), chapter 1.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> tight = fb.tighten(list(fb.dct(5)) + list(fb.gabor(5)))
    >>> rows = tight.filters.reshape(len(tight), -1)
    >>> np.allclose(rows.T @ rows, np.eye(25))
    True
    """
    bank = as_bank(bank)
    left, _, right = _singular(bank)
    return bank._derive("tighten", (left @ right).reshape(bank.shape), {})


def dual(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Find the canonical dual: the filters that rebuild a patch from its inner products with the bank.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`; also dependent ones.

    Returns
    -------
    FilterBank
        As many filters, parameters and all. For any patch in the span, ``sum_i <patch, bank[i]> dual[i]`` is the patch.

    Raises
    ------
    ValueError
        If the bank is zero everywhere.

    Notes
    -----
    The transposed pseudo-inverse of the matrix of filters. The dual of the dual is the bank; that of an
    orthonormal bank is itself.

    References
    ----------
    P. G. Casazza and G. Kutyniok (eds.), "Finite Frames: Theory and Applications" (2013), chapter 1.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.gabor(11)
    >>> dual = fb.dual(bank)
    >>> np.allclose(np.tensordot(bank.filters, dual.filters, 2 * [[1, 2]]), np.eye(16))
    True
    """
    bank = as_bank(bank)
    left, values, right = _singular(bank)
    return bank._derive("dual", (left / values @ right).reshape(bank.shape), {})


def whiten(bank: FilterBank | npt.ArrayLike, covariance: npt.ArrayLike | Mapping[str, Any] | None = None) -> FilterBank:
    """Mix the filters so that their responses are uncorrelated and of variance 1.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    covariance : array_like, optional
        Covariance of the patches, `(pixels, pixels)`. The default is that of white noise of variance 1, for which
        whitening is `tighten`.

    Returns
    -------
    FilterBank
        As many filters, each as close to its old response as uncorrelated ones can be, parameters and all. Of dependent
        filters, the responses are uncorrelated on their span.

    Raises
    ------
    ValueError
        If the covariance is not square of that size, symmetric and positive, or no filter responds.

    Notes
    -----
    `(B C B^T)^(-1/2) B` for the matrix of filters `B` and the covariance `C`.

    References
    ----------
    A. Kessy, A. Lewin and K. Strimmer, "Optimal whitening and decorrelation", Am. Stat. 72 (2018), 309-314 (ZCA).

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.whiten(fb.gabor(11))
    <FilterBank gabor: 16 filters of 11x11, rank 16, condition 1>
    """
    bank = as_bank(bank)
    if covariance is None:
        return bank._derive("whiten", tighten(bank).filters, {"covariance": None})
    values = np.asarray(_store.decode(covariance) if isinstance(covariance, Mapping) else covariance, dtype=np.float64)
    matrix = bank.filters.reshape(len(bank), -1)
    _check_covariance(values, matrix.shape[1])
    spread, vectors = np.linalg.eigh(matrix @ values @ matrix.T)
    present = spread > spread[-1] * len(bank) * ROUNDING
    if not present.any():
        raise ValueError("`covariance` must let a filter respond, got no variance in the span of the bank")
    mixing = (vectors[:, present] / np.sqrt(spread[present])) @ vectors[:, present].T
    return bank._derive("whiten", (mixing @ matrix).reshape(bank.shape), {"covariance": _store.encode(values)})


def _check_covariance(values: Float64, pixels: int) -> None:
    if values.shape != (pixels, pixels):
        raise ValueError(f"`covariance` must be ({pixels}, {pixels}), one row a pixel, got shape {values.shape}")
    if not np.isfinite(values).all() or not np.allclose(values, values.T, rtol=1e-8, atol=1e-12 * np.abs(values).max()):
        raise ValueError("`covariance` must be finite and symmetric")
    if (lowest := np.linalg.eigvalsh(values)[0]) < -1e-8 * np.abs(values).max():
        raise ValueError(f"`covariance` must have no negative eigenvalue, got {lowest:.3g}")


def concatenate(*banks: FilterBank | npt.ArrayLike) -> FilterBank:
    """Join banks of the same size into one.

    Parameters
    ----------
    *banks : FilterBank or array_like
        The banks, or filters `(n, *size)`, one after the other.

    Returns
    -------
    FilterBank
        All the filters, with every bank's columns (NaN or an empty text where a bank has none of that name) and
        the column `family`.

    Raises
    ------
    TypeError
        If the banks come as a list.
    ValueError
        If there is no bank or the sizes differ.

    Warns
    -----
    BankWarning
        If the filters become dependent by being joined.

    Examples
    --------
    >>> import filterbank as fb
    >>> both = fb.concatenate(fb.dct(11, n=6), fb.gabor(11))
    >>> len(both), both.parameters["family"][5:7]
    (22, array(['dct', 'gabor'], dtype='<U5'))
    """
    if not banks:
        raise ValueError("`concatenate` needs at least one bank, got none")
    if any(isinstance(bank, (list, tuple)) and any(isinstance(b, FilterBank) for b in bank) for bank in banks):
        raise TypeError("`banks` must be passed one by one, got a list of them; write concatenate(*banks)")
    parts = [as_bank(bank) for bank in banks]
    sizes = {part.size for part in parts}
    if len(sizes) > 1:
        listed = ", ".join(_check.window_name(size) for size in sorted(sizes))
        raise ValueError(f"`banks` must have one size in pixels, got {listed}; make them again with the same `size`")
    names = list(dict.fromkeys(name for part in parts for name in part.parameters))
    columns = {name: _joined(parts, name) for name in names if name != "family"}
    origin = [part.parameters.get("family", np.full(len(part), part.family)) for part in parts]
    joined = FilterBank(
        np.concatenate([part.filters for part in parts]),
        parameters={**columns, "family": np.concatenate(origin)},
        family="concatenate",
        recipe={"family": "concatenate", "banks": [part.recipe for part in parts]},
    )
    return tell_of_new_dependence(joined, *parts)


def _joined(parts: list[FilterBank], name: str) -> npt.NDArray[np.generic]:
    present = [part.parameters[name] for part in parts if name in part.parameters]
    is_text = any(column.dtype.kind == "U" for column in present)
    absent = "" if is_text else np.nan
    return np.concatenate([part.parameters.get(name, np.full(len(part), absent)) for part in parts])


def _singular(bank: FilterBank) -> tuple[Float64, Float64, Float64]:
    """Return the singular vectors and values of the matrix of filters that are more than rounding."""
    matrix = bank.filters.reshape(len(bank), -1)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    if not values[0]:
        raise ValueError("`bank` must have a filter other than zero, got only zeros")
    present = values > values[0] * max(matrix.shape) * ROUNDING
    return left[:, present], values[present], right[present]
