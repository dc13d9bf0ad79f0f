"""Orthogonal transforms of the window: cosines, sines, plane waves, square waves."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from scipy import linalg

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._separable import orders_of_level, separable_draft


@makes_bank("DCT")
def dct(
    size: Size,
    n: int | None = None,
    *,
    level: int | None = None,
    dc: bool = True,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make a bank of DCT-II filters: products of cosines, from the flat one to the finest.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`, the order along y.
    level : int, optional
        Keep the filters with `i + j < level`: `level (level + 1) / 2` of them while `level` is at most the
        side. These are the banks of harmonic networks.
    dc : bool, default True
        Whether the flat filter (0, 0) is among them.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None keeps plain products of cosines.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D) and `frequency` in
        cycles per pixel.

    Raises
    ------
    ValueError
        If `level` is below 1 or nothing is left.

    Notes
    -----
    .. math:: \cos\frac{\pi (y + 1/2) i}{k} \cos\frac{\pi (x + 1/2) j}{k}

    where `y` and `x` count pixels from 0. At ``norm="l2"`` the rows equal
    ``scipy.fft.dct(numpy.eye(k), norm="ortho", axis=0)`` and their outer products.

    References
    ----------
    N. Ahmed, T. Natarajan and K. R. Rao, "Discrete cosine transform", IEEE Trans. Comput. C-23 (1974), 90-93.
    M. Ulicny, V. A. Krylov and R. Dahyot, "Harmonic convolutional networks based on discrete cosine transform",
    Pattern Recognition 129 (2022), 108707, for `level`.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.dct(11, n=10)
    <FilterBank dct: 10 filters of 11x11, rank 10, condition 1>
    >>> fb.dct(5, level=3).parameters["order_x"]
    array([0, 1, 0, 2, 1, 0])
    """
    window = _check.size(size, family="dct")
    every = orders_of_level(window, level)[0 if dc else 1 :]
    if not len(every):
        raise ValueError(
            "`dc=False` leaves no filter: the flat one is the only one here; use a larger `level` or `size`"
        )
    frequency = np.sqrt(np.sum((every / (2 * np.array(window))) ** 2, axis=1))
    tables = [_cosines(side) for side in window]
    return separable_draft(tables, every, n, {"frequency": frequency})


def _cosines(side: int) -> Float64:
    """Return `cos(pi (x + 1/2) j / side)`, `(order j, x)`."""
    # An angle of pi m / (2 side) repeats with m modulo 4 side: reducing the whole number is exact.
    turns = np.outer(np.arange(side), 2 * np.arange(side) + 1) % (4 * side)
    return np.cos(np.pi * turns / (2 * side))


@makes_bank("DST")
def dst(
    size: Size, n: int | None = None, *, level: int | None = None, strict: bool = False, norm: Norm = "l2"
) -> Draft:
    r"""Make a bank of DST-II filters: products of sines, which have no flat one among them.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`, the order along y.
    level : int, optional
        Keep the filters with `i + j < level`, where orders count from 0.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None keeps plain products of sines.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D) and `frequency` in
        cycles per pixel.

    Raises
    ------
    ValueError
        If `level` is below 1.

    Notes
    -----
    .. math:: \sin\frac{\pi (y + 1/2) (i + 1)}{k} \sin\frac{\pi (x + 1/2) (j + 1)}{k}

    where `y` and `x` count pixels from 0. At ``norm="l2"`` the rows equal
    ``scipy.fft.dst(numpy.eye(k), norm="ortho", axis=0)`` and their outer products.

    References
    ----------
    A. K. Jain, "Fundamentals of Digital Image Processing" (1989), section 5.6.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.dst(11, n=10)
    <FilterBank dst: 10 filters of 11x11, rank 10, condition 1>
    """
    window = _check.size(size, family="dst")
    every = orders_of_level(window, level)
    frequency = np.sqrt(np.sum(((every + 1) / (2 * np.array(window))) ** 2, axis=1))
    return separable_draft([_sines(side) for side in window], every, n, {"frequency": frequency})


def _sines(side: int) -> Float64:
    """Return `sin(pi (x + 1/2) (j + 1) / side)`, `(order j, x)`."""
    turns = np.outer(np.arange(1, side + 1), 2 * np.arange(side) + 1) % (4 * side)
    return np.sin(np.pi * turns / (2 * side))


@makes_bank("Fourier")
def fourier(size: Size, n: int | None = None, *, dc: bool = True, strict: bool = False, norm: Norm = "l2") -> Draft:
    r"""Make the real Fourier basis: an even and an odd plane wave at every frequency of the window.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is by the length of the frequency, then by its components along the
        axes; of each frequency first the cosine, then the sine.
    dc : bool, default True
        Whether the flat filter is among them.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None keeps plain cosines and sines.

    Returns
    -------
    FilterBank
        With the columns `frequency` (cycles per pixel), `frequency_y`, `frequency_x` (`frequency_z` in 3-D) and
        `phase` at the centre (0 for cosines, -pi/2 for sines, in radians); in 2-D also `orientation` (radians).

    Raises
    ------
    ValueError
        If nothing is left.

    Notes
    -----
    :math:`\cos 2\pi(uy/h + vx/w)` and :math:`\sin 2\pi(uy/h + vx/w)` about the centre of the window, for one of
    each two opposite frequencies of the discrete Fourier transform. Where a frequency is its own opposite (zero,
    and half a cycle per pixel along an even side) one of the two is zero everywhere and left out. The inner
    products with an image are the real and imaginary parts of ``numpy.fft.fft2``, up to the phase that the origin
    makes.

    References
    ----------
    R. N. Bracewell, "The Fourier Transform and Its Applications", 3rd ed. (2000), chapter 11.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.fourier(8)
    >>> len(bank), bank.parameters["frequency"][:4]
    (64, array([0.   , 0.125, 0.125, 0.125]))
    """
    window = _check.size(size, family="fourier")
    counts = _half_of_frequencies(window)
    cycles = counts / np.array(window)
    angle = sum(
        2 * np.pi * part.reshape(-1, *(1,) * len(window)) * axis
        for part, axis in zip(cycles.T, _grid.mesh(window), strict=True)
    )
    pairs = np.stack([np.cos(angle), np.sin(angle)], axis=1).reshape(-1, *window)
    rows = np.repeat(np.arange(len(cycles)), 2)
    present = np.abs(pairs).reshape(len(pairs), -1).max(axis=1) > 1e-9
    if not dc:
        present[0] = False
    if not present.any():
        raise ValueError("`dc=False` leaves no filter: the flat one is the only one here; use a larger `size`")
    columns = {
        "frequency": np.linalg.norm(cycles, axis=1)[rows],
        **{f"frequency_{name}": part[rows] for name, part in zip(_grid.axis_names(len(window)), cycles.T, strict=True)},
        "phase": np.tile([0.0, -np.pi / 2], len(cycles)),
    }
    if len(window) == 2:
        columns["orientation"] = np.arctan2(cycles[:, 0], cycles[:, 1])[rows]
    return Draft(pairs[present], {name: column[present] for name, column in columns.items()})


def _half_of_frequencies(window: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """Return whole cycles in the window along each axis, `(count, dimensions)`: one of each two opposites."""
    ranges = [range(-((side - 1) // 2), side // 2 + 1) for side in window]
    sides = np.array(window)
    kept = []
    for cycles in itertools.product(*ranges):
        vector = np.array(cycles)
        opposite = -vector
        opposite[2 * opposite == -sides] *= -1  # half a cycle per pixel is its own opposite
        if cycles >= tuple(opposite):
            kept.append(cycles)
    kept.sort(key=lambda cycles: (round(float(np.sum((np.array(cycles) / sides) ** 2)), 12), cycles))
    return np.array(kept, dtype=np.intp)


@makes_bank("Hadamard")
def hadamard(
    size: Size, n: int | None = None, *, level: int | None = None, strict: bool = False, norm: Norm = "l2"
) -> Draft:
    """Make a bank of Walsh-Hadamard filters: products of square waves, of plus and minus one only.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple. Each side is a power of
        two.
    n : int, optional
        Keep the first `n` filters. The order is by `i + j`, then by `i`: the number of sign changes along y.
    level : int, optional
        Keep the filters with `i + j < level`.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" makes the bank orthonormal; None keeps plus and minus one.

    Returns
    -------
    FilterBank
        With the columns `order` (the sum), `order_y`, `order_x` (`order_z` in 3-D): sign changes along the axes.

    Raises
    ------
    ValueError
        If a side is no power of two, or `level` is below 1.

    Notes
    -----
    Rows of ``scipy.linalg.hadamard(k)`` by their number of sign changes (sequency), and their outer products.

    References
    ----------
    W. K. Pratt, J. Kane and H. C. Andrews, "Hadamard transform image coding", Proc. IEEE 57 (1969), 58-68.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.hadamard(4, n=2, norm=None)[1]
    array([[ 1.,  1., -1., -1.],
           [ 1.,  1., -1., -1.],
           [ 1.,  1., -1., -1.],
           [ 1.,  1., -1., -1.]])
    """
    window = _check.size(size, family="hadamard")
    if any(side & (side - 1) for side in window):
        raise ValueError(
            f"`size` of hadamard must be powers of two in pixels, got {_check.window_name(window)}; "
            f"use 4, 8 or 16, or `dct` for any size"
        )
    return separable_draft([_walsh(side) for side in window], orders_of_level(window, level), n)


def _walsh(side: int) -> Float64:
    """Return the Walsh functions by their number of sign changes, `(order, x)`."""
    rows: Float64 = linalg.hadamard(side).astype(np.float64)
    changes = np.count_nonzero(np.diff(rows, axis=1), axis=1)
    return rows[np.argsort(changes)]
