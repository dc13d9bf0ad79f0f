"""Orthogonal transforms of the window: DCT."""

from __future__ import annotations

import numpy as np

from .. import _check
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._separable import orders, separable_draft


@makes_bank("DCT")
def dct(
    size: Size,
    n: int | None = None,
    *,
    level: int | None = None,
    dc: bool = True,
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
    if level is not None:
        level = _check.integer("level", level, at_least=1)
    every = orders(window, below=level)[0 if dc else 1 :]
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
