"""Filters turned, resized, and shifted in phase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from .. import _check, _grid
from .._bank import FilterBank, as_bank
from .._check import Float64, Size
from ..families._honesty import tell_of_new_dependence
from ..families._steering import CannotTurnError, Columns, remade, steered

How = Literal["steered", "remade", "spline"]


def steer(bank: FilterBank, angle: float) -> FilterBank:
    """Turn the filters of a steerable bank: by linear combination, so exactly.

    Parameters
    ----------
    bank : FilterBank
        A 2-D bank of one of the families `steerable`, `steerable_pyramid`, `gaussian_derivative`, `hermite`,
        `fourier_bessel`, `circular_harmonic` or `zernike` (or of `dog`, `laplacian_of_gaussian` or `schmid`, which
        stay as they are). Filters may have been selected, scaled and turned since, but not changed.
    angle : float
        By how much in radians, from x towards y, which grows downward.

    Returns
    -------
    FilterBank
        Each filter of the bank at ``f(x', y')`` with x' = x cos t + y sin t and y' = -x sin t + y cos t, scaled to the
        bank's norm. The first filter of a set of `steerable` is the one that the set steers. The column
        `orientation` is larger by `angle`.

    Raises
    ------
    ValueError
        If the family is not steerable or the filters were changed, or the bank is not 2-D.

    See Also
    --------
    rotate : For any bank.

    Notes
    -----
    The filters are combined from all those of the family's sets, also where the bank holds only some of them. Exact
    is what the formula says; the sets H2 and H4 of ``steerable(basis="separable")`` are as near as their
    constants.

    References
    ----------
    W. T. Freeman and E. H. Adelson, "The design and use of steerable filters", IEEE Trans. Pattern Anal. Mach.
    Intell. 13 (1991), 891-906.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.gaussian_derivative(11, max_order=1)
    >>> diagonal = (bank[1] + bank[2]) / np.sqrt(2)
    >>> np.allclose(fb.steer(bank, np.pi / 4)[1], diagonal / np.linalg.norm(diagonal))
    True
    """
    bank, angle = _to_turn(bank, angle)
    filters, columns = steered(bank, angle)
    moved = _moved(bank, angle)
    return bank._derive("steer", filters if moved is None else moved, {"angle": angle}, parameters=columns)


def rotate(bank: FilterBank | npt.ArrayLike, angle: float, how: How | None = None) -> FilterBank:
    """Turn the filters of any 2-D bank, as exactly as its family allows.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, height, width)`.
    angle : float
        By how much in radians, from x towards y, which grows downward.
    how : {"steered", "remade", "spline"}, optional
        "moved" moves pixels, which quarter turns of a square window and half turns of any come down to; "steered"
        combines the filters of a steerable family; "remade" makes a family again at other
        `orientations`, with its own warnings; "spline" interpolates with cubic splines, zero outside the window. The
        default is the first of them that the bank allows; the recipe says which it was.

    Returns
    -------
    FilterBank
        The turned filters in the same window; of a bank with that column, `orientation` is larger by `angle`. The other
        columns speak of the filters before. Steered and remade filters have the bank's norm, interpolated ones not
        quite.

    Raises
    ------
    ValueError
        If the bank is not 2-D or does not allow `how`.

    See Also
    --------
    steer : Only exactly.

    Notes
    -----
    ``numpy.rot90(filter, -1)`` is a quarter turn from x towards y.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> turned = fb.rotate(fb.gabor(11, orientations=[0]), np.pi / 3)
    >>> turned == fb.gabor(11, orientations=[np.pi / 3])
    True
    >>> turned.recipe["then"][0]["how"]
    'remade'
    """
    bank, angle = _to_turn(bank, angle)
    _check.choice("how", how, (*WAYS, None))
    way, filters, columns = _turned(bank, angle, how)
    return bank._derive("rotate", filters, {"angle": angle, "how": way}, parameters=columns)


def _turned(bank: FilterBank, angle: float, how: How | None) -> tuple[str, Float64, Columns]:
    if how is not None:
        return (how, *WAYS[how](bank, angle))
    for way in ("moved", "steered", "remade"):
        try:
            return (way, *WAYS[way](bank, angle))
        except CannotTurnError:
            continue
    return ("spline", *_interpolated(bank, angle))


def _interpolated(bank: FilterBank, angle: float) -> tuple[Float64, Columns]:
    """Return the filters turned by cubic splines, zero outside the window."""
    centre = (np.array(bank.size) - 1) / 2
    # Where a pixel (y, x) of the turned filter comes from, as the rows of a matrix.
    matrix = np.array(_grid.rotated(np.array([1.0, 0.0]), np.array([0.0, 1.0]), angle))
    turned = [
        ndimage.affine_transform(one, matrix, centre - matrix @ centre, order=3, mode="grid-constant") for one in bank
    ]
    return np.stack(turned), _turned_orientation(bank, angle)


def _quarter_turned(bank: FilterBank, angle: float) -> tuple[Float64, Columns]:
    """Return the filters with their pixels moved."""
    moved = _moved(bank, angle)
    if moved is None:
        raise CannotTurnError(
            f"`angle` must be a multiple of pi / 2, of pi where a window is not square, for pixels to be moved, got "
            f"{angle}"
        )
    return moved, _turned_orientation(bank, angle)


def _turned_orientation(bank: FilterBank, angle: float) -> Columns:
    column = bank.parameters.get("orientation")
    return {} if column is None else {"orientation": column + angle}


WAYS: dict[str, Callable[[FilterBank, float], tuple[Float64, Columns]]] = {
    "moved": _quarter_turned,
    "steered": steered,
    "remade": remade,
    "spline": _interpolated,
}


def _moved(bank: FilterBank, angle: float) -> Float64 | None:
    """Return the filters with their pixels moved, where a turn by quarters is all it takes."""
    quarters = round(angle / (np.pi / 2))
    moves = abs(angle - quarters * np.pi / 2) <= 1e-12 * max(1, abs(angle))
    if not moves or (quarters % 2 and bank.size[0] != bank.size[1]):
        return None
    return np.rot90(bank.filters, -quarters, axes=(1, 2))


def _to_turn(bank: FilterBank | npt.ArrayLike, angle: float) -> tuple[FilterBank, float]:
    bank = as_bank(bank)
    if bank.ndim != 2:
        raise ValueError(f"`bank` must be 2-D to be turned, got {bank.ndim}-D; turn volumes with scipy.ndimage.rotate")
    return bank, float(_check.angles("angle", _check.number("angle", angle, unit="radians"), turns=2)[0])


def resize(bank: FilterBank | npt.ArrayLike, size: Size) -> FilterBank:
    """Draw the same filters on a window of another size.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    size : int or tuple of int
        The new window in pixels, of as many dimensions.

    Returns
    -------
    FilterBank
        The filters stretched to the new window by cubic splines, smoothed first where they shrink. The columns
        `frequency` and `sigma` follow the stretch, if it is the same along all axes; norms change: `normalize`
        restores them.

    Raises
    ------
    ValueError
        If `size` has another number of dimensions.

    Warns
    -----
    BankWarning
        If the filters become dependent, as in a window with fewer pixels than filters.

    Notes
    -----
    Interpolation, by ``skimage.transform.resize``: where a family knows the formula, make it at the new size.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.resize(fb.gabor(11), 15).parameters["frequency"][0].round(4)
    np.float64(0.0917)
    """
    from skimage import transform

    bank = as_bank(bank)
    new = _check.size(size, family="the resized bank", dimensions=(bank.ndim,))
    shrinks = any(after < before for after, before in zip(new, bank.size, strict=True))
    resized = [transform.resize(one, new, order=3, mode="symmetric", anti_aliasing=shrinks, clip=False) for one in bank]
    changed = bank._derive("resize", np.stack(resized), {"size": new}, parameters=_stretched(bank, new))
    return tell_of_new_dependence(changed, bank)


def _stretched(bank: FilterBank, new: tuple[int, ...]) -> Columns:
    """Return the columns that speak of pixels, where the stretch is the same along all axes."""
    stretches = np.divide(new, bank.size)
    if not np.allclose(stretches, stretches[0]):
        return {}
    powers = {"frequency": -1, "sigma": 1, "spacing": 1, "radius": 1}
    return {
        name: column * stretches[0] ** powers[name.split("_")[0]]
        for name, column in bank.parameters.items()
        if name.split("_")[0] in powers and name != "sigma_on_f"
    }


def quadrature(bank: FilterBank | npt.ArrayLike, orientation: npt.ArrayLike | None = None) -> FilterBank:
    """Find the quadrature partners: the same filters a quarter of a wave later, by the Hilbert transform.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.
    orientation : float or array_like, optional
        Along which direction, in radians, one or one for each filter of a 2-D bank. The default is the bank's column
        `orientation`; in 3-D, its columns `direction_z`, `direction_y`, `direction_x`.

    Returns
    -------
    FilterBank
        Filters in which every wave `cos(u + p)` along the direction has become `sin(u + p)`; the column `phase` is
        smaller by pi/2. What does not vary along the direction has no partner.

    Raises
    ------
    ValueError
        If the bank does not say the direction of every filter and none is given, or one is given in 1-D or 3-D.

    Notes
    -----
    The spectrum times `-i sgn(w . direction)`, on a grid four times the window and more, cut to the window. The cut
    leaves out the slow tails that the transform of a filter with a mean has. The sum of the squares of a filter's and
    its partner's response is the energy of a complex cell.

    References
    ----------
    G. H. Granlund and H. Knutsson, "Signal Processing for Computer Vision" (1995), chapter 4.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> even = fb.gabor(21, frequencies=[0.25], phases=[0.0])
    >>> odd = fb.gabor(21, frequencies=[0.25], phases=[-np.pi / 2])
    >>> bool(abs(fb.quadrature(even).filters - odd.filters).max() < 0.01)
    True
    """
    bank = as_bank(bank)
    directions = _directions(bank, orientation)
    sides = [_grid.odd_fft_side(4 * side + 1) for side in bank.size]
    frequencies = np.meshgrid(*(fft.fftfreq(side) for side in sides), indexing="ij", sparse=True)
    column = (-1, *(1,) * bank.ndim)
    along = sum(part.reshape(column) * axis for part, axis in zip(directions.T, frequencies, strict=True))
    pixels = tuple(range(1, bank.ndim + 1))
    spectrum = fft.fftn(bank.filters, sides, axes=pixels) * (-1j * np.sign(np.round(along, 12)))
    partners = fft.ifftn(spectrum, axes=pixels).real[(slice(None), *(slice(side) for side in bank.size))]
    arguments = {"orientation": None if orientation is None else np.asarray(orientation, dtype=float)}
    phase = bank.parameters.get("phase")
    return bank._derive(
        "quadrature", partners, arguments, parameters={} if phase is None else {"phase": phase - np.pi / 2}
    )


def _directions(bank: FilterBank, orientation: npt.ArrayLike | None) -> Float64:
    """Return a direction `(n, dimensions)` for each filter, in the order of the axes."""
    if orientation is not None and bank.ndim != 2:
        raise ValueError(f"`orientation` is for 2-D banks, got a {bank.ndim}-D one; drop it")
    if bank.ndim == 1:
        return np.ones((len(bank), 1))
    if bank.ndim == 2:
        angle = _wave_angles(bank) if orientation is None else _check.angles("orientation", orientation)
        if angle.shape not in ((1,), (len(bank),)):
            raise ValueError(
                f"`orientation` must be one angle in radians, or one for each of the {len(bank)} filters, got "
                f"{len(angle)}"
            )
        angle = np.broadcast_to(angle, len(bank))
        return np.stack([np.sin(angle), np.cos(angle)], axis=1)
    names = [f"direction_{name}" for name in _grid.axis_names(3)]
    if any(name not in bank.parameters for name in names):
        raise ValueError(f"`bank` must have the columns {', '.join(names)} in 3-D, got {', '.join(bank.parameters)}")
    return np.stack([bank.parameters[name] for name in names], axis=1)


def _wave_angles(bank: FilterBank) -> Float64:
    """Return along which angles the waves of a 2-D bank run, by its columns."""
    # The separable filters of a steerable set differ in their powers of x and y, not in their direction.
    if "orientation" not in bank.parameters or "power_x" in bank.parameters:
        raise ValueError(
            "`orientation` must be given, one angle in radians or one for each filter: the bank does not say along "
            "which direction its waves run"
        )
    angle = np.asarray(bank.parameters["orientation"], dtype=np.float64)
    without = np.flatnonzero(~np.isfinite(angle))
    if len(without):
        raise ValueError(
            f"`bank` must have a direction for every filter, got none for {len(without)} of {len(bank)} (filter "
            f"{without[0]} first); select the others with bank[np.isfinite(bank.parameters['orientation'])]"
        )
    return angle
