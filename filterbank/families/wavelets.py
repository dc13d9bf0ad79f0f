"""Filters of the discrete wavelet transforms, with the coefficients of PyWavelets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pywt

from .. import _check, _grid
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank

PLANE_NAMES = {"aa": "approximation", "da": "horizontal", "ad": "vertical", "dd": "diagonal"}
LINE_NAMES = {"a": "approximation", "d": "detail"}


@makes_bank("wavelet", more="use a larger `size`, a shorter wavelet or more `levels`, or drop `n`")
def wavelet(
    size: Size,
    n: int | None = None,
    *,
    wavelet: str = "db2",
    levels: int | None = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Make the equivalent filters of the undecimated wavelet transform.

    Correlating an image with a filter gives the coefficients of ``pywt.swt2`` in one step.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, optional
        Keep the first `n` filters. The order is that of ``pywt.swt2(trim_approx=True)``: the approximation, then
        the details (horizontal, vertical, diagonal) from the coarsest level to the finest.
    wavelet : str, default "db2"
        A discrete wavelet of PyWavelets: one of ``pywt.wavelist(kind="discrete")``.
    levels : int, optional
        How many levels. The default is as many as fit in the window.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps that of the transform. For orthogonal wavelets the two are the same.

    Returns
    -------
    FilterBank
        With the columns `level` (1 is the finest), `subband` ("approximation", "horizontal", "vertical",
        "diagonal" in 2-D; "approximation", "detail" in 1-D; PyWavelets' letters in 3-D) and
        `shift_y`, `shift_x` (`shift_z` in 3-D; see Notes).

    Raises
    ------
    ValueError
        If there is no such wavelet or its filters do not fit in the window; the text says how many levels do.

    Notes
    -----
    At level `j` a filter of the transform is the convolution of the low-pass filters of levels 1 to `j - 1`,
    spread by powers of two, and one more filter of level `j`. PyWavelets convolves; the filters here are
    turned round for correlation, as Keras and ``scipy.ndimage.correlate`` do it, and each is centred in the
    window, half a pixel towards the origin where the parities differ. So they are swt2's up to whole pixels, and
    ``numpy.roll(scipy.ndimage.correlate(image, filter, mode="wrap"), (shift_y, shift_x), (0, 1))`` is swt2's
    array at ``norm=None``.

    References
    ----------
    S. Mallat, "A Wavelet Tour of Signal Processing", 3rd ed. (2009), section 5.2. G. R. Lee et al., "PyWavelets: A
    Python package for wavelet analysis", J. Open Source Softw. 4 (2019), 1237.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.wavelet(11)
    >>> bank.parameters["level"], bank.parameters["subband"][:3]
    (array([2, 2, 2, 2, 1, 1, 1]), array(['approximation', 'horizontal', 'vertical'], dtype='<U13'))
    """
    window = _check.size(size, family="wavelet")
    kind = _discrete(wavelet)
    fitting = _fitting_levels(kind, min(window))
    hint = (
        f"the filters of {kind.name!r} fit in {_check.article(_check.window_name(window))} window "
        f"for {fitting} level{'s' if fitting != 1 else ''}; use a larger `size` or a shorter wavelet such "
        f'as "haar"'
    )
    if fitting == 0:
        raise ValueError(f"`size` is too small for the wavelet, got {size!r}: {hint}")
    depth = fitting
    if levels is not None:
        depth = _check.integer("levels", levels, at_least=1, at_most=fitting, hint=hint)

    bands = _bands(len(window))
    plan = [(depth, bands[0])]
    plan += [(level, band) for level in range(depth, 0, -1) for band in bands[1:]]
    filters, shifts = [], []
    for level, band in plan:
        placed = [
            _placed(_equivalent(kind, level, letter), side, level, kind.dec_len)
            for letter, side in zip(band, window, strict=True)
        ]
        filters.append(_grid.outer([factor for factor, _ in placed]))
        shifts.append([shift for _, shift in placed])
    shift_columns = zip(_grid.axis_names(len(window)), np.array(shifts).T, strict=True)
    return Draft(
        np.stack(filters),
        {
            "level": np.array([level for level, _ in plan]),
            "subband": np.array([_band_name(band) for _, band in plan]),
            **{f"shift_{name}": column for name, column in shift_columns},
        },
    )


@makes_bank("wavelet-basis")
def wavelet_basis(
    size: Size,
    n: int | None = None,
    *,
    wavelet: str = "db2",
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    """Make the complete wavelet basis of the window: every wavelet at every position.

    The inner products of an image with the filters are the coefficients of ``pywt.wavedec2`` with
    ``mode="periodization"``, to the last level.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, of one, two or three dimensions for a tuple. Each side is a power
        of two.
    n : int, optional
        Keep the first `n` filters. The order is that of ``pywt.wavedec2``: the approximation, then the details
        (horizontal, vertical, diagonal) from the coarsest level to the finest, positions row by row.
    wavelet : str, default "db2"
        A discrete wavelet of PyWavelets: one of ``pywt.wavelist(kind="discrete")``.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where filters are dependent, as in every family.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps that of the transform. For orthogonal wavelets the two are the same.

    Returns
    -------
    FilterBank
        With the columns `level` (1 is the finest), `subband` (as in `wavelet`), and `position_y`,
        `position_x` (`position_z` in 3-D), which count within the subband. Orthonormal for orthogonal
        wavelets.

    Raises
    ------
    ValueError
        If there is no such wavelet or a side is no power of two.

    References
    ----------
    S. Mallat, "A Wavelet Tour of Signal Processing", 3rd ed. (2009), section 7.7.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.wavelet_basis(8)
    <FilterBank wavelet_basis: 64 filters of 8x8, rank 64, condition 1>
    """
    window = _check.size(size, family="wavelet_basis")
    kind = _discrete(wavelet)
    if any(side & (side - 1) for side in window):
        raise ValueError(
            f"`size` of wavelet_basis must be powers of two in pixels, got {_check.window_name(window)}; "
            f"use 4, 8 or 16, or `wavelet` for any size"
        )
    bands = _bands(len(window))
    pixels = int(np.prod(window))
    axes = tuple(range(1, len(window) + 1))
    # Row p of a subband's coefficients is the transform of pixel p, so its columns are the filters.
    approximation = np.eye(pixels).reshape(pixels, *window)
    subbands: list[tuple[int, str, Float64]] = []
    depth = int(np.log2(min(window)))
    for level in range(1, depth + 1):
        parts = pywt.dwtn(approximation, kind, mode="periodization", axes=axes)
        approximation = parts[bands[0]]
        subbands[:0] = [(level, band, parts[band]) for band in bands[1:]]
    subbands.insert(0, (depth, bands[0], approximation))

    counts = [coefficients[0].size for _, _, coefficients in subbands]
    positions = np.concatenate([np.indices(part.shape[1:]).reshape(len(window), -1) for _, _, part in subbands], axis=1)
    filters = np.concatenate([part.reshape(pixels, -1).T for _, _, part in subbands])
    names = _grid.axis_names(len(window))
    return Draft(
        filters.reshape(-1, *window),
        {
            "level": np.repeat([level for level, _, _ in subbands], counts),
            "subband": np.repeat([_band_name(band) for _, band, _ in subbands], counts),
            **{f"position_{name}": row for name, row in zip(names, positions, strict=True)},
        },
    )


def _discrete(name: str) -> pywt.Wavelet:
    if name not in pywt.wavelist(kind="discrete"):
        raise ValueError(
            f'`wavelet` must be a discrete wavelet of PyWavelets, got {name!r}; see pywt.wavelist(kind="discrete")'
        )
    return pywt.Wavelet(name)


def _bands(dimensions: int) -> list[str]:
    """Return the subbands by PyWavelets' letters, the approximation first, as its arrays come."""
    letters = ["".join(band) for band in itertools.product("ad", repeat=dimensions)]
    # swt2 and wavedec2 give (horizontal, vertical, diagonal): da, ad, dd.
    return ["aa", "da", "ad", "dd"] if dimensions == 2 else letters


def _band_name(letters: str) -> str:
    return {**LINE_NAMES, **PLANE_NAMES}.get(letters, letters)


def _equivalent(kind: pywt.Wavelet, level: int, letter: str) -> Float64:
    """Return the taps that take a signal to one subband at `level`, as a convolution."""
    taps = np.ones(1)
    for step in range(1, level + 1):
        last = kind.dec_lo if letter == "a" or step < level else kind.dec_hi
        taps = np.convolve(taps, _spread(last, 2 ** (step - 1)))
    return taps


def _spread(taps: Sequence[float], distance: int) -> Float64:
    spread = np.zeros((len(taps) - 1) * distance + 1)
    spread[::distance] = taps
    return spread


def _support(taps: Float64) -> tuple[int, int]:
    """Return where the taps other than zero begin and end."""
    used = np.flatnonzero(taps)
    return int(used[0]), int(used[-1]) + 1


def _fitting_levels(kind: pywt.Wavelet, side: int) -> int:
    level = 0
    while all(np.subtract(*_support(_equivalent(kind, level + 1, letter))[::-1]) <= side for letter in "ad"):
        level += 1
    return level


def _placed(taps: Float64, side: int, level: int, length: int) -> tuple[Float64, int]:
    """Return the taps for correlation, centred in the window, and the shift to PyWavelets' place."""
    begin, end = _support(taps)
    window = np.zeros(side)
    start = (side - (end - begin)) // 2
    window[start : start + end - begin] = taps[begin:end][::-1]
    # swt reads sample p + reach - t at tap t, where reach is what half a filter adds up to over the
    # levels; correlation reads sample p + i - side // 2 at place i.
    reach = (2**level - 1) * (length // 2)
    return window, start + end - 1 - side // 2 - reach
