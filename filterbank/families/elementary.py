"""The simplest banks: single pixels, and the random bank that experiments need as a control."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _check
from .._check import Size
from .._norm import Norm
from ._family import Draft, makes_bank

ROWS_AT_ONCE = 64


@makes_bank("delta")
def delta(size: Size, n: int | None = None, *, norm: Norm = "l2") -> Draft:
    """Make the bank of single pixels: with it a layer on a bank is a plain convolution.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is row by row.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; all are the same here.

    Returns
    -------
    FilterBank
        With the columns `position_y`, `position_x` (`position_z` in 3-D): the place of the pixel.

    Raises
    ------
    ValueError
        If `n` is above the number of pixels.

    References
    ----------
    The standard basis.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.delta(3)[4]
    array([[0., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    window = _check.size(size, family="delta")
    pixels = int(np.prod(window))
    count = pixels if n is None else min(n, pixels)
    positions = np.unravel_index(np.arange(count), window)
    names = ("position_z", "position_y", "position_x")[-len(window) :]
    return Draft(
        np.eye(count, pixels).reshape(-1, *window),
        dict(zip(names, positions, strict=True)),
        available=pixels,
    )


@makes_bank("random")
def random(size: Size, n: int | None = None, *, rng: Any = None, norm: Norm = "l2") -> Draft:
    """Make a random orthonormal bank: the control that every experiment needs.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters, at most the number of pixels.
    rng : int, numpy.random.Generator or anything else that numpy.random.default_rng takes, optional
        Where the numbers come from; the same seed gives the same bytes, and the first `n` filters do not depend
        on `n`.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter. "l2" and None are orthonormal.

    Returns
    -------
    FilterBank
        Without columns. The recipe keeps the seed, or the state of a generator that was passed.

    Raises
    ------
    ValueError
        If `n` is above the number of pixels.

    Notes
    -----
    Gaussian vectors, orthonormalised in their order: uniformly distributed over all orthonormal sets.

    References
    ----------
    F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54
    (2007), 592-604.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.random(11, n=10, rng=0)
    <FilterBank random: 10 filters of 11x11, rank 10, condition 1>
    """
    window = _check.size(size, family="random")
    pixels = int(np.prod(window))
    count = pixels if n is None else min(n, pixels)
    rows = np.empty((0, pixels))
    # In blocks, so that a larger bank begins with the same bytes as a smaller one.
    while len(rows) < count:
        block = rng.standard_normal((min(ROWS_AT_ONCE, pixels - len(rows)), pixels))
        for _ in range(2):  # Once leaves rounding errors of the projection, twice is enough.
            block -= (block @ rows.T) @ rows
        directions, triangle = np.linalg.qr(block.T)
        rows = np.concatenate([rows, (directions * np.sign(np.diag(triangle))).T])
    return Draft(rows[:count].reshape(-1, *window), {}, available=pixels)
