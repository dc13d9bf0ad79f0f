"""The simplest banks: single pixels, the random bank that experiments need as a control, and masks of few taps."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._separable import orders, separable_draft

ROWS_AT_ONCE = 64

Gradient = Literal["sobel", "prewitt", "scharr", "roberts", "farid", "kirsch"]
GRADIENTS: tuple[Gradient, ...] = get_args(Gradient)
# Taps along the gradient and across it. Those of Farid and Simoncelli have more digits than their table, by their
# own code; scikit-image publishes them.
SEPARABLE_GRADIENTS = {
    "sobel": ((-1, 0, 1), (0.25, 0.5, 0.25)),
    "prewitt": ((-1, 0, 1), (1 / 3, 1 / 3, 1 / 3)),
    "scharr": ((-1, 0, 1), (3 / 16, 10 / 16, 3 / 16)),
    "farid": (
        (-0.109603762960254, -0.276690988455557, 0, 0.276690988455557, 0.109603762960254),
        (0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126),
    ),
}
LAWS_VECTORS = {
    "L5": (1.0, 4.0, 6.0, 4.0, 1.0),
    "E5": (-1.0, -2.0, 0.0, 2.0, 1.0),
    "S5": (-1.0, 0.0, 2.0, 0.0, -1.0),
    "W5": (-1.0, 2.0, 0.0, -2.0, 1.0),
    "R5": (1.0, -4.0, 6.0, -4.0, 1.0),
}


@makes_bank("delta")
def delta(size: Size, n: int | None = None, *, strict: bool = False, norm: Norm = "l2") -> Draft:
    """Make the bank of single pixels: with it a layer on a bank is a plain convolution.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is row by row.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
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
    return Draft(np.eye(count, pixels).reshape(-1, *window), _grid.positions(window, count), available=pixels)


@makes_bank("random")
def random(size: Size, n: int | None = None, *, rng: Any = None, strict: bool = False, norm: Norm = "l2") -> Draft:
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
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
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


@makes_bank("gradient", more='use kind="kirsch", which has 8, or drop `n`')
def gradient(
    size: Size,
    n: int | None = None,
    *,
    kind: Gradient = "sobel",
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Make the masks of an edge detector: the gradient along x and y, or compass directions.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, a pair for height and width. The masks have 3 pixels a side, those of
        Roberts 2, those of Farid 5; a larger window holds them in its middle among zeros, half a pixel towards the
        first row and column where the parities differ.
    n : int, optional
        Keep the first `n` filters. The order is by `orientation`.
    kind : {"sobel", "prewitt", "scharr", "roberts", "farid", "kirsch"}, default "sobel"
        Whose masks: two, along x and y; Roberts' along the two diagonals; Kirsch's in eight directions.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps that of scikit-image, and of Kirsch's masks the whole numbers 5 and -3.

    Returns
    -------
    FilterBank
        With the columns `kind` and `orientation`: in radians, the direction in which the image grows brighter where
        the response is positive. Along x it is 0, along y pi/2, which is downward.

    Raises
    ------
    ValueError
        If there is no such kind or a side is smaller than its masks.

    Warns
    -----
    BankWarning
        If the filters are dependent: the eight of Kirsch sum to zero.

    Notes
    -----
    Correlating with the filters, as ``scipy.ndimage.correlate`` and Keras do, gives ``skimage.filters.sobel_v`` and
    ``sobel_h``, ``prewitt_v`` and so on in this order (``roberts_pos_diag`` and ``roberts_neg_diag`` up to a pixel):
    scikit-image convolves with the masks turned round. Its masks are averages: those of ``scipy.ndimage.sobel``
    are 4 times, of ``scipy.ndimage.prewitt`` 3 times, of OpenCV's ``Scharr`` 16 times as large.

    References
    ----------
    I. Sobel and G. Feldman, "A 3x3 isotropic gradient operator for image processing" (1968). J. M. S. Prewitt,
    "Object enhancement and extraction" (1970). H. Scharr, "Optimale Operatoren in der digitalen Bildverarbeitung",
    PhD thesis, Heidelberg (2000). L. G. Roberts, "Machine perception of three-dimensional solids", PhD thesis,
    MIT (1963). H. Farid and E. P. Simoncelli, "Differentiation of discrete multidimensional signals", IEEE Trans.
    Image Process. 13 (2004), 496-508, table I. R. A. Kirsch, "Computer determination of the constituent structure
    of biological images", Comput. Biomed. Res. 4 (1971), 315-328.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.gradient(3, norm=None)[0]
    array([[-0.25,  0.  ,  0.25],
           [-0.5 ,  0.  ,  0.5 ],
           [-0.25,  0.  ,  0.25]])
    """
    window = _check.size(size, family="gradient", dimensions=(2,))
    masks, orientation = _masks(_check.choice("kind", kind, GRADIENTS))
    if min(window) < masks.shape[1]:
        raise ValueError(
            f"`size` must be at least {masks.shape[1]} pixels a side for kind={kind!r}, got "
            f"{_check.window_name(window)}; use a larger `size` or another `kind`"
        )
    columns = {"kind": np.full(len(masks), kind), "orientation": orientation}
    return Draft(_grid.centred(masks, window), columns, zero_mean=True)


def _masks(kind: Gradient) -> tuple[Float64, Float64]:
    """Return the masks for correlation, `(n, side, side)`, and the directions that they answer to."""
    if kind == "roberts":
        return np.array([[[-1.0, 0.0], [0.0, 1.0]], [[0.0, -1.0], [1.0, 0.0]]]), np.array([1, 3]) * np.pi / 4
    if kind == "kirsch":
        return _kirsch(), np.arange(8) * np.pi / 4
    edge, smooth = (np.array(taps) for taps in SEPARABLE_GRADIENTS[kind])
    return np.stack([np.outer(smooth, edge), np.outer(edge, smooth)]), np.array([0, np.pi / 2])


def _kirsch() -> Float64:
    # The eight neighbours by angle, from right to below and on; a mask has 5 at one and those next to it.
    rows, columns = np.array([1, 2, 2, 2, 1, 0, 0, 0]), np.array([2, 2, 1, 0, 0, 0, 1, 2])
    masks = np.zeros((8, 3, 3))
    for turn in range(8):
        masks[turn, rows, columns] = np.roll([5, 5, -3, -3, -3, -3, -3, 5], turn)
    return masks


@makes_bank("Laws", more="drop `n`")
def laws(size: Size, n: int | None = None, *, strict: bool = False, norm: Norm = "l2") -> Draft:
    """Make Laws' texture energy bank: products of five vectors for level, edge, spot, wave and ripple.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple, each side at least 5. The
        filters have 5 pixels a side; a larger window holds them in its middle among zeros, half a pixel towards the
        first row and column where the parities differ.
    n : int, optional
        Keep the first `n` filters: of 5 in 1-D, 25 in 2-D, 125 in 3-D. The order is by `i + j`, then by `i`, the order
        along y, where level, edge, spot, wave and ripple count from 0.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps Laws' whole numbers.

    Returns
    -------
    FilterBank
        With the columns `name` ("L5E5" is level along y and edge along x), `order` (the sum), `order_y` and
        `order_x` (`order_z` in 3-D).

    Raises
    ------
    ValueError
        If a side is below 5 pixels.

    Notes
    -----
    L5 = (1, 4, 6, 4, 1), E5 = (-1, -2, 0, 2, 1), S5 = (-1, 0, 2, 0, -1), W5 = (-1, 2, 0, -2, 1),
    R5 = (1, -4, 6, -4, 1). All but L5 sum to zero. Together they are a basis of the 5 pixels.

    References
    ----------
    K. I. Laws, "Textured image segmentation", PhD thesis, University of Southern California, USCIPI report 940 (1980).

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.laws(5, norm=None)
    >>> bank.parameters["name"][:3]
    array(['L5L5', 'L5E5', 'E5L5'], dtype='<U4')
    >>> bank[1][2]
    array([ -6., -12.,   0.,  12.,   6.])
    """
    window = _check.size(size, family="laws", at_least=5)
    every = orders([len(LAWS_VECTORS)] * len(window))
    letters = np.array(list(LAWS_VECTORS))
    names = np.array(["".join(letters[order]) for order in every])
    vectors = np.array(list(LAWS_VECTORS.values()))
    tables = [_grid.centred(vectors, (side,)) for side in window]
    draft = separable_draft(tables, every, n)
    return draft._replace(parameters={"name": names[: len(draft.filters)], **draft.parameters})
