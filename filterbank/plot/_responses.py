"""The pictures of an image seen through a bank."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .. import _check
from .._apply import PADDING
from .._bank import FilterBank
from .._check import Float64
from . import _tiles
from ._alt import bank_words, finish, scale_words
from ._canvas import AnyFigure, given_axes
from ._labels import Labels, filter_labels, tidy
from ._layout import Grid
from ._orientation import draw_orientations
from ._seen import Seen, each_response
from ._sources import bank_of
from ._tiles import CMAP, Cmap, Scale

INSET = 0.28  # of the shorter side of a tile
SMALLEST_INSET = 0.15  # inches; below that a filter cannot be seen


def responses(
    image: npt.ArrayLike,
    bank: Any,
    *,
    kind: Literal["montage", "orientation"] = "montage",
    mode: str = "reflect",
    columns: int | None = None,
    labels: Labels = None,
    scale: Scale = "shared",
    limit: float | None = None,
    cmap: Cmap | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    r"""Draw an image through a bank: the response of each filter, or the orientation that they find.

    Parameters
    ----------
    image : array_like
        The image, `(height, width)`, or in colour `(height, width, 3)` or `(height, width, 4)`; a signal `(width,)`
        for a 1-D bank, a volume `(depth, height, width)` for a 3-D one. Of a colour image the filters see the
        luminance, ``0.2125 R + 0.7154 G + 0.0721 B``; a fourth channel, opacity, is left out.
    bank : FilterBank, layer or array_like
        The filters, `(n, *size)`. Of a layer on a bank, its bank.
    kind : {"montage", "orientation"}, default "montage"
        "montage" draws the image and then the response of every filter, with the filter in its corner.
        "orientation" draws the image and a map: its hue is the orientation and its brightness how strong it is.
    mode : {"reflect", "mirror", "nearest", "wrap", "constant"}, default "reflect"
        How the image goes on beyond its border, as in `filterbank.apply`.
    columns : int, optional
        How many tiles in a row, the image among them. The default makes a sheet somewhat wider than high.
    labels : str or sequence, optional
        What to write under each response of a montage, as in `filters`: columns of the bank, or a text for each.
    scale : {"shared", "each"}, default "shared"
        One scale for all responses of a montage, symmetric about zero, or for each its own. The picture says so if
        each has its own.
    limit : float, optional
        The magnitude at which the shared scale, or the brightness of a map, ends. The default is the largest; of a
        map, the one that a hundredth of the pixels reach, and the picture says so.
    cmap : str or Colormap, optional
        The default is "RdBu_r" for a montage, and for a map a circle of hues, in which horizontal
        and vertical differ as yellow and blue, which nearly everyone can tell apart. Any cyclic colours will do for
        a map.
    colorbar : bool, default True
        Draw a colour bar, or the wheel of the orientations.
    ax : Axes, optional
        Draw in these axes.
    fig : Figure or SubFigure, optional
        Draw in new axes of this figure.

    Returns
    -------
    Figure
        The figure that holds the picture: the one of `ax` or `fig`, or a new one, which pyplot keeps until
        ``plt.close(fig)``.

    Raises
    ------
    TypeError
        If the image is not real numbers, or the bank is something else.
    ValueError
        If the image is not finite or does not have the dimensions of the bank, or a map is asked for from a bank
        that is not of two dimensions, has fewer than three orientations, or would read a wave more than 30 degrees
        wrong.

    See Also
    --------
    filterbank.apply : The responses themselves.
    filterbank.analysis.tuning : The orientations of filters that do not say theirs.

    Notes
    -----
    Where a response has more pixels than its tile can show, each drawn pixel is the strongest response of a block,
    with its sign, and the picture says so: a mean would let the stripes that a filter answers with cancel.

    A map adds the energies of all filters as vectors at twice their angle [1]_:

    .. math:: v(y, x) = \sum_i r_i(y, x)^2 e^{2 i \theta_i}

    with the response :math:`r_i` of the filter of orientation :math:`\theta_i`. The hue is half the angle of
    :math:`v`, the brightness is :math:`|v|^{1/2}`: dark where nothing is, and where all orientations are alike. The
    orientation is that of the wave, across an edge and not along it, and turns from x to y as in the picture. The
    filters should be alike but for evenly spaced orientations, at least three; products of waves along x and y, as in
    `dct` or `wavelet`, cannot tell an orientation from its mirror image. With quadrature pairs, which differ in
    `phase` by a quarter turn, :math:`r^2` adds up to the local energy [2]_; without them it follows every stripe.
    The orientations are those of the column `orientation` where it is the direction of the wave, or else those that
    `tuning` measures; filters without an orientation, or with an `orientation_bandwidth` of half a turn, do not
    count. A separable bank of `steerable` is steered to eight angles, at which G2 and H2, or G4 and H4, are
    quadrature pairs.

    References
    ----------
    .. [1] G. H. Granlund and H. Knutsson, "Signal Processing for Computer Vision", Kluwer (1995), chapter 6.
    .. [2] E. H. Adelson and J. R. Bergen, "Spatiotemporal energy models for the perception of motion",
       J. Opt. Soc. Am. A 2 (1985), 284-299.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> fig = fb.plot.responses(data.camera(), fb.gabor(11), labels=["frequency", "orientation"])
    >>> fig = fb.plot.responses(data.coins(), fb.gabor(11), kind="orientation")
    """
    _check.choice("kind", kind, ("montage", "orientation"))
    _check.choice("mode", mode, PADDING)
    filters = bank_of("bank", bank)
    seen = Seen.of(image, filters.ndim)
    count = None if columns is None else _check.integer("columns", columns, at_least=1)
    if kind == "orientation":
        if labels is not None or scale != "shared":
            name, value = ("labels", labels) if labels is not None else ("scale", scale)
            raise ValueError(f'`{name}` is for kind="montage", got {value!r} with kind="orientation"; drop it')
        return draw_orientations(seen, filters, mode, count, limit, cmap, colorbar=colorbar, ax=given_axes(ax, fig))
    return _montage(seen, filters, mode, count, labels, scale, limit, cmap, colorbar, given_axes(ax, fig))


def _montage(
    seen: Seen,
    bank: FilterBank,
    mode: str,
    columns: int | None,
    labels: Labels,
    scale: Scale,
    limit: float | None,
    cmap: Cmap | None,
    colorbar: bool,
    ax: Axes | None,
) -> Figure:
    texts, heading = filter_labels(labels, bank)
    texts = [seen.kind, *texts] if texts else []
    grid, block = seen.plan(len(bank) + 1, columns, texts, ax)
    values, peaks = _responses(seen.grey, bank, mode, block)
    end = _tiles.end_of(peaks, limit, scale)
    if _check.choice("scale", scale, ("shared", "each")) == "each":
        values /= np.where(peaks > 0, peaks, 1.0).reshape(-1, *[1] * (values.ndim - 1))
    others = _others_note(seen, grid)
    notes = [heading, seen.note, _scale_note(seen, scale, end), others, _block_note(seen, block)]

    flat = seen.grey.ndim == 1
    colorbar = colorbar and not flat
    ax = ax or _tiles.new_axes(grid, colorbar=colorbar, caption=True)
    draw = _draw_curves if flat else _draw_images
    draw(ax, seen, values, bank, grid, block, end, CMAP if cmap is None else cmap)
    _tiles.draw_labels(ax, texts, grid)
    _tiles.caption(ax, *notes)
    if colorbar:
        _tiles.draw_colorbar(ax, ax.get_images()[0], "share of the largest" if scale == "each" else "response")
    count = f"{'the response' if len(bank) == 1 else f'{len(bank)} responses'} to {bank_words(bank)}"
    return finish(
        ax,
        f"{seen.words}, and {count}, {scale_words(end, scale, values=peaks)}",
        others,
        _tiles.volume_note(bank.ndim),
    )


def _scale_note(seen: Seen, scale: Scale, end: float) -> str:
    if scale == "each":
        return "each response on its own scale"
    return f"half a tile is a response of {tidy(end)}" * (seen.grey.ndim == 1)


def _others_note(seen: Seen, grid: Grid) -> str:
    """Say what is not on the scale of the responses; a colour image is on none."""
    has_filters = seen.grey.ndim == 1 or _inset_side(seen, grid) is not None
    others = [f"the {seen.kind}"] * (seen.colours is None) + ["the filters"] * has_filters
    scales = "scales of their own" if len(others) > 1 else f"a scale of {'their' if has_filters else 'its'} own"
    return f"{' and '.join(others)} on {scales}" if others else ""


def _block_note(seen: Seen, block: int) -> str:
    if block == 1:
        return ""
    return f"each {'point' if seen.grey.ndim == 1 else 'pixel'} the strongest response of {seen.block_words(block)}"


def _responses(image: Float64, bank: FilterBank, mode: str, block: int) -> tuple[Float64, Float64]:
    """Return what is drawn of each response, and its largest magnitude, which spares the memory."""
    parts, peaks = [], []
    for response in each_response(image, bank.filters, mode):
        peaks.append(np.abs(response).max())
        parts.append(_tiles.planes(response[None]) if image.ndim == 3 else _tiles.strongest(response[None], block))
    return np.concatenate(parts), np.array(peaks)


def _draw_images(
    ax: Axes, seen: Seen, values: Float64, bank: FilterBank, grid: Grid, block: int, limit: float, cmap: Cmap
) -> None:
    """Draw the image in the first tile, the responses in the others, and the filters in their corners."""
    free = np.full((1, *values.shape[1:]), np.nan)
    boxes = grid.boxes(len(bank) + 1)
    sheet = _tiles.sheet_of(np.concatenate([free, values]), grid, limit)
    _tiles.draw_sheet(ax, sheet, grid, Normalize(-limit, limit), cmap)
    seen.draw(ax, grid, block)
    slices = [bank.filters]
    if bank.ndim == 3:
        slices, boxes = _tiles.central_slices(bank.filters), _tiles.slice_boxes(seen.grey.shape, boxes)
    _tiles.draw_frames(ax, boxes)
    end, side = _tiles.limit_of(bank.filters), _inset_side(seen, grid)
    if side is None:
        return
    for number, (x, _, y, _) in enumerate(boxes[len(slices) :]):
        one, part = divmod(number, len(slices))
        _draw_inset(ax, slices[part][one], (x, y), side, grid, Normalize(-end, end), cmap)


def _inset_side(seen: Seen, grid: Grid) -> Float64 | None:
    """Return how long a filter in a corner is, in units of x and y; None where it could not be seen."""
    boxes = grid.boxes(1)
    if seen.grey.ndim == 3:
        boxes = _tiles.slice_boxes(seen.grey.shape, boxes)
    cell = np.array(grid.inches) / (grid.columns, grid.rows)
    inches = INSET * float(((boxes[:, [1, 3]] - boxes[:, [0, 2]]) * cell).min())
    return inches / cell if inches >= SMALLEST_INSET else None


def _draw_inset(
    ax: Axes, values: Float64, corner: tuple[float, float], side: Float64, grid: Grid, norm: Normalize, cmap: Cmap
) -> None:
    """Draw a filter, its longer side of a length in units of x and y, at a corner, to the right and below."""
    x, y = corner
    wide, high = side * values.shape[::-1] / max(values.shape)
    extent = (x, x + wide, y + high, y)
    # Opaque, and above the frames of the tiles.
    ax.imshow(values, cmap=cmap, norm=norm, extent=extent, aspect=grid.aspect, interpolation="nearest", zorder=3)
    frame = Rectangle((x, y), wide, high, fill=False, linewidth=0.6, edgecolor=rcParams["text.color"], zorder=4)
    ax.add_patch(frame)


def _draw_curves(
    ax: Axes, seen: Seen, values: Float64, bank: FilterBank, grid: Grid, block: int, limit: float, cmap: Cmap
) -> None:
    """Draw the signal in the first tile, the responses in the others, and the filters at their left."""
    boxes = grid.boxes(len(bank) + 1)
    seen.draw(ax, grid, block)
    beside = boxes[1:].copy()
    beside[:, 1] = beside[:, 0] - 0.05 * (boxes[1:, 1] - boxes[1:, 0])
    beside[:, 0] = np.floor(boxes[1:, 0])
    end = _tiles.limit_of(bank.filters)
    _tiles.draw_bars(ax, bank.filters, beside, Normalize(-end, end), cmap)
    x0, x1, y0, y1 = (side[:, None] for side in boxes[1:].T)
    x = x0 + (x1 - x0) * (np.arange(values.shape[1]) + 0.5) / values.shape[1]
    y = (y0 + y1) / 2 - np.clip(values / limit, -1, 1) * (y1 - y0) / 2
    zero = np.stack([np.hstack([x0, x1]), np.hstack([y0 + y1, y0 + y1]) / 2], axis=-1)
    ink = rcParams["text.color"]
    ax.add_collection(LineCollection(list(zero), colors=ink, alpha=0.4, linewidths=0.5))
    ax.add_collection(LineCollection(list(np.stack([x, y], axis=-1)), colors=ink, linewidths=0.8))
