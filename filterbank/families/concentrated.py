"""Filters with the most energy at low frequencies that the window allows: Slepian's."""

from __future__ import annotations

import itertools
from typing import Literal

import numpy as np
from scipy import linalg, special

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm, with_signs
from ._family import Draft, makes_bank
from ._separable import separable_draft

Shape = Literal["square", "disk"]
DIGITS = 12  # to which concentrations are equal; what is beyond is rounding


@makes_bank("Slepian")
def slepian(
    size: Size,
    n: int | None = None,
    *,
    bandwidth: float | None = None,
    shape: Shape = "square",
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of Slepian filters: those of the window with the most energy at low frequencies.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters, at most the number of pixels. The order is by falling `concentration`, and where
        that is equal to 12 digits by `i + j`, then by `i`, the order along y.
    bandwidth : float, optional
        The time-half-bandwidth product NW: half the width of the band, in cycles per length of the shortest side. All
        directions have the same band, up to `bandwidth / min(size)` cycles per pixel, which must be below 0.5. The
        default is 2, or a quarter of the shortest side; about `2 * bandwidth` filters a side are well concentrated.
    shape : {"square", "disk"}, default "square"
        The band: all frequencies whose components along the axes are below the limit, which makes separable filters,
        or in 2-D those in a disk, which prefer no direction.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" and None are orthonormal.

    Returns
    -------
    FilterBank
        With the column `concentration`, the share of the filter's energy that lies in the band. Before it `order` (the
        sum), `order_y`, `order_x` (`order_z` in 3-D) for a square; `parity_y` and `parity_x`, 0 for even and 1 for
        odd, for a disk.

    Raises
    ------
    ValueError
        If `bandwidth` is not above 0 and below half the shortest side, or ``shape="disk"`` meets a window that is not
        2-D.

    Notes
    -----
    Along each axis the eigenvectors of :math:`\frac{\sin 2\pi W(m - n)}{\pi(m - n)}`, found as those of the tridiagonal
    matrix that commutes with it: ``scipy.signal.windows.dpss(side, W * side, Kmax=side)``, signs included (which itself
    can fail at a side of 2). For a disk the eigenvectors of :math:`W J_1(2\pi W r)/r`, where `r` is the distance of two
    pixels, even and odd ones apart; the entry of largest magnitude is positive. Where concentrations of a disk agree
    to rounding, as they do near 0 and 1, the filters are one choice of many that span the same.

    References
    ----------
    D. Slepian, "Prolate spheroidal wave functions, Fourier analysis, and uncertainty V: the discrete case", Bell Syst.
    Tech. J. 57 (1978), 1371-1430, section 2. D. Slepian, "... IV: extensions to many dimensions; generalized prolate
    spheroidal functions", Bell Syst. Tech. J. 43 (1964), 3009-3057, for the disk. D. B. Percival and A. T. Walden,
    "Spectral Analysis for Physical Applications" (1993), page 379, for the signs.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.slepian(11, n=6)
    >>> bank.parameters["order_y"], bank.parameters["concentration"].round(3)
    (array([0, 0, 1, 1, 0, 2]), array([1.   , 0.998, 0.998, 0.997, 0.966, 0.966]))
    """
    window = _check.size(size, family="slepian")
    shortest = min(window)
    product = min(2.0, shortest / 4) if bandwidth is None else _check.number("bandwidth", bandwidth, above=0)
    if product >= shortest / 2:
        raise ValueError(
            f"`bandwidth` must be below half the shortest side, {shortest / 2:g} cycles here, so that the band ends "
            f"below 0.5 cycles per pixel, got {product:g}; use a larger `size`"
        )
    if _check.choice("shape", shape, ("square", "disk")) == "square":
        return _separable(window, n, product / shortest)
    if len(window) != 2:
        raise ValueError(
            f'`shape="disk"` is for 2-D windows, got {len(window)} dimension{"s" if len(window) > 1 else ""}; '
            f'use shape="square"'
        )
    return _disk(window, product / shortest)


def _separable(window: tuple[int, ...], n: int | None, limit: float) -> Draft:
    tables, shares = zip(*(_sequences(side, limit) for side in window), strict=True)
    every = np.array(list(np.ndindex(*window)), dtype=np.intp)
    concentration = _grid.outer(shares).ravel()
    # The last key is the first to sort by; ndindex counts up from the first axis, so ties are in that order.
    ranked = np.lexsort((every.sum(axis=1), -concentration.round(DIGITS)))
    return separable_draft(tables, every[ranked], n, {"concentration": concentration[ranked]})


def _sequences(side: int, limit: float) -> tuple[Float64, Float64]:
    """Return the discrete prolate spheroidal sequences `(order, side)`, and their concentrations."""
    steps = np.arange(1, side)
    _, vectors = linalg.eigh_tridiagonal(_grid.axis(side) ** 2 * np.cos(2 * np.pi * limit), steps * (side - steps) / 2)
    # By falling eigenvalue they are even and odd in turn, which rounding must not blur.
    parity = (-1.0) ** np.arange(side)[:, None]
    sequences = vectors.T[::-1]
    sequences = sequences + parity * sequences[:, ::-1]
    sequences = sequences / np.linalg.norm(sequences, axis=1, keepdims=True)
    sequences = sequences * _signs(sequences)[:, None]
    apart = np.arange(side)
    band = linalg.toeplitz(2 * limit * np.sinc(2 * limit * apart))
    return sequences, np.clip(np.sum((sequences @ band) * sequences, axis=1), 0, 1)


def _signs(sequences: Float64) -> Float64:
    """Return what makes the sums of even sequences positive, and the first lobes of odd ones."""
    threshold = max(1e-7, 1 / sequences.shape[1]) * (1 - 1e-9)
    starts = np.argmax(sequences**2 > threshold, axis=1)
    judged = sequences[np.arange(len(sequences)), starts]
    sums = sequences.sum(axis=1)
    is_even = np.arange(len(sequences)) % 2 == 0
    # High even orders sum to nothing but rounding; they begin with a positive lobe too.
    signs: Float64 = np.sign(np.where(is_even & (np.abs(sums) > 1e-9), sums, judged))
    return signs


def _disk(window: tuple[int, ...], limit: float) -> Draft:
    y, x = (part.ravel() for part in np.meshgrid(*_grid.axes(window), indexing="ij"))
    radius = np.hypot(y[:, None] - y, x[:, None] - x)
    with np.errstate(invalid="ignore", divide="ignore"):
        band = np.where(radius > 0, limit * special.j1(2 * np.pi * limit * radius) / radius, np.pi * limit**2)
    parts, shares, parities = [], [], []
    # Even and odd ones apart: eigenvalues that symmetry makes equal then belong to different parts.
    for parity in itertools.product((0, 1), repeat=2):
        along_y, along_x = (_of_parity(side, odd) for side, odd in zip(window, parity, strict=True))
        symmetric = np.kron(along_y, along_x)
        if len(symmetric):
            values, vectors = np.linalg.eigh(symmetric @ band @ symmetric.T)
            parts.append(vectors.T[::-1] @ symmetric)
            shares.append(values[::-1])
            parities.append(np.tile(parity, (len(values), 1)))
    concentration, parity_columns = np.clip(np.concatenate(shares), 0, 1), np.concatenate(parities)
    ranked = np.argsort(-concentration.round(DIGITS), kind="stable")
    filters = with_signs(np.concatenate(parts))[ranked]
    return Draft(
        filters.reshape(-1, *window),
        {
            "parity_y": parity_columns[ranked, 0],
            "parity_x": parity_columns[ranked, 1],
            "concentration": concentration[ranked],
        },
    )


def _of_parity(side: int, odd: int) -> Float64:
    """Return an orthonormal basis of the even or odd functions on a line, `(count, side)`."""
    pixels = np.eye(side)
    mirrored = pixels + (-1) ** odd * pixels[::-1]
    half = mirrored[: (side + 1) // 2 if not odd else side // 2]
    basis: Float64 = half / np.linalg.norm(half, axis=1, keepdims=True)
    return basis
