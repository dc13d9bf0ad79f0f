"""The picture of patches of images: what banks are learned from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .. import _check
from .._check import Float64, Size, window_words
from .._images import Source, sources
from ..patches import PatchMoments
from . import _layout, _tiles
from ._alt import clip_words, counted, finish
from ._canvas import AnyFigure, axes_inches, given_axes
from ._labels import tidy
from ._tiles import CMAP, Cmap, Scale

GREY = "gray"
ORDERS = ("random", "place", "contrast", "brightness")


def patches(
    images: npt.ArrayLike | Iterable[Any],
    size: Size,
    *,
    n: int = 64,
    rng: Any = 0,
    remove_mean: bool = False,
    order: Literal["random", "place", "contrast", "brightness"] = "random",
    rgb: bool | None = None,
    columns: int | None = None,
    scale: Scale = "shared",
    limit: float | None = None,
    cmap: Cmap | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
    fig: AnyFigure | None = None,
) -> Figure:
    """Draw patches of images, one tile each: what `pca` and the other learned families see.

    Parameters
    ----------
    images : array_like, path, or iterable of array_like and paths
        As in `filterbank.patch_moments`: one image, a stack, a path, or any iterable of them, also of different sizes,
        read once; for 1-D and 3-D patches, signals and volumes. A last axis more of 2 to 4 entries holds channels.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    n : int, default 64
        How many patches, drawn at random and all different; all there are, if there are fewer.
    rng : optional
        Anything `numpy.random.default_rng` takes, for which patches are drawn.
    remove_mean : bool, default False
        Take from each patch its own mean, and draw what is left on a scale symmetric about zero.
    order : {"random", "place", "contrast", "brightness"}, default "random"
        At random; by image and place in it, row by row; or by standard deviation, the largest first; or by mean, the
        darkest first.
    rgb : bool, optional
        Draw patches in colour, of images with three channels (files lose their transparency), and those of grey images
        in grey beside them. The default does if any has three; ``False`` draws the mean of the channels.
    columns : int, optional
        How many tiles in a row. The default makes a sheet somewhat wider than high.
    scale : {"shared", "each"}, default "shared"
        One scale for all patches, or for each its own. The picture says so if each has its own.
    limit : float, optional
        The value at which the shared scale ends; it begins at 0, or at the opposite. The default is from the smallest
        value drawn to the largest, or symmetric about zero: where a value is negative, and in 1-D.
    cmap : str or Colormap, optional
        The colours of patches that are not drawn in their own. The default is "gray", or diverging "RdBu_r" where the
        scale is symmetric.
    colorbar : bool, default True
        Draw a colour bar; not with patches in colour.
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
        If images are complex or not numbers, or are `PatchMoments`, which hold no patches.
    ValueError
        If there is no image, or one is smaller than a patch, of other dimensions than `size`, or not finite where a
        patch was drawn; if `rgb` is asked of patches of which none has three channels.

    See Also
    --------
    filterbank.pca : The directions in which patches differ most.
    filterbank.patch_moments : Mean and covariance of all patches.

    Notes
    -----
    Every patch of every image is equally likely. Each gets a random number, exponentially distributed, and the `n`
    smallest win; of an image, only the smallest are made, one after the other, so that the cost does not grow with the
    number of patches, and an iterable is read once.

    References
    ----------
    A. Rényi, "On the theory of order statistics", Acta Math. Acad. Sci. Hung. 4 (1953), 191-231, for the smallest of
    exponential numbers.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> fig = fb.plot.patches([data.camera(), data.coins()], 11, n=40)
    """
    if isinstance(images, PatchMoments):
        raise TypeError(
            "`images` must be images, got PatchMoments, which hold no patches; draw their principal components with "
            "plot.filters(fb.pca(moments, size))"
        )
    window = _check.size(size, family="plot.patches")
    count = _check.integer("n", n, at_least=1)
    _check.choice("order", order, ORDERS)
    drawn_ones = _drawn(images, window, count, np.random.default_rng(rng))
    sheet = _sheet(_ordered(drawn_ones, order), rgb, _check.flag("remove_mean", remove_mean), scale, limit)
    columns = None if columns is None else _check.integer("columns", columns, at_least=1)
    notes = (_tiles.volume_note(len(window)), sheet.note(), "each patch on its own scale" * (scale == "each"))
    colorbar = colorbar and not sheet.in_colour

    ax = given_axes(ax, fig)
    grid = _layout.plan(
        _layout.tile_shape(window),
        len(drawn_ones),
        columns=columns and min(columns, len(drawn_ones)),
        inches=axes_inches(ax) if ax else None,
    )
    ax = ax or _tiles.new_axes(grid, colorbar=colorbar, caption=any(notes))
    colours = cmap if cmap is not None else CMAP if sheet.low < 0 else GREY
    drawn = sheet.draw(ax, grid, colours)
    _tiles.caption(ax, *notes)
    if colorbar:
        _tiles.draw_colorbar(ax, drawn, "share of its range" * (scale == "each"))
    total = len({patch.image for patch in drawn_ones})
    what = f"{counted(len(drawn_ones), 'patch')} of {window_words(window)}"
    means = ", without their means" * remove_mean
    return finish(ax, f"{what} from {counted(total, 'image')}{means}, one tile each", sheet.words(), notes[0], notes[2])


class Patch(NamedTuple):
    """One patch, where it is from, and the random number that it won by."""

    key: float
    image: int
    place: int
    values: Float64
    """`(channels, *size)`."""


def _drawn(images: Any, window: tuple[int, ...], n: int, generator: np.random.Generator) -> list[Patch]:
    """Return `n` patches at random over all images, in random order."""
    kept: list[Patch] = []
    for source in sources(images, window, _refuse):
        places = tuple(side - k + 1 for side, k in zip(source.sides, window, strict=True))
        available = source.count * math.prod(places)
        # The smallest of so many exponential numbers, by the differences between them.
        left = available - np.arange(min(n, available))
        keys = np.cumsum(generator.exponential(size=len(left)) / left)
        keys = keys[keys < kept[-1].key] if len(kept) == n else keys
        chosen = generator.choice(available, len(keys), replace=False)
        new = [_patch(source, places, window, key, int(place)) for key, place in zip(keys, chosen, strict=True)]
        kept = sorted([*kept, *new], key=lambda patch: patch.key)[:n]
    if not kept:
        raise ValueError("`images` must hold at least one image, got none")
    return kept


def _refuse(error: Exception) -> None:
    raise error


def _patch(source: Source, places: tuple[int, ...], window: tuple[int, ...], key: float, chosen: int) -> Patch:
    """Read one patch; no more of the image is read than it."""
    image, place = divmod(chosen, math.prod(places))
    starts = np.unravel_index(place, places)
    block = tuple(slice(int(start), int(start) + k) for start, k in zip(starts, window, strict=True))
    # A copy, so that the image need not stay in memory.
    values = np.array(source.read(slice(image, image + 1), block, "stack")[0])
    if not np.isfinite(values).all():
        name = source.name_of(slice(image, image + 1))
        raise ValueError(f"`images` must be finite, got NaN or infinity in a patch of {name}; leave it out")
    return Patch(key, source.first + image, place, values)


def _ordered(drawn: list[Patch], order: str) -> list[Patch]:
    if order == "place":
        return sorted(drawn, key=lambda patch: (patch.image, patch.place))
    if order == "contrast":
        return sorted(drawn, key=lambda patch: -float(patch.values.std()))
    return sorted(drawn, key=lambda patch: float(patch.values.mean())) if order == "brightness" else drawn


class Sheet(NamedTuple):
    """What is drawn, `(n, *size)` or in colour `(n, *size, 3)`, and between which values."""

    values: Float64
    low: float
    high: float
    in_colour: bool
    each: bool

    def draw(self, ax: Axes, grid: _layout.Grid, cmap: Cmap) -> Any:
        """Draw the tiles, and return what a colour bar shows."""
        if self.in_colour:
            middle, reach = (self.high + self.low) / 2, (self.high - self.low) / 2
            return _tiles.draw_tiles(ax, (self.values - middle) / reach, grid, 1.0, cmap, rgb=True)
        drawn = _tiles.draw_tiles(ax, self.values, grid, self.high, cmap)
        drawn.set_norm(Normalize(self.low, self.high))
        return drawn

    def note(self) -> str:
        """Say between which values colours are drawn; of others the colour bar does."""
        if not self.in_colour or self.each:
            return ""
        if self.low < 0:
            return f"grey is 0; full colour is ±{tidy(self.high)}"
        return f"colours from {tidy(self.low)} to {tidy(self.high)}"

    def words(self) -> str:
        """Say what the tones mean."""
        if self.each:
            return ""
        colours = "colours" if self.in_colour else "tones"
        clipped = clip_words(self.high, self.values)
        return f"{colours} on one scale from {tidy(self.low)} to {tidy(self.high)}{clipped}"


def _sheet(drawn: list[Patch], rgb: bool | None, remove_mean: bool, scale: Scale, limit: float | None) -> Sheet:
    in_colour = _in_colour(drawn, rgb)
    values = np.stack([_colours(one.values) if in_colour else one.values.mean(axis=0) for one in drawn])
    axes = tuple(range(1, values.ndim))
    if remove_mean:
        values = values - values.mean(axis=axes, keepdims=True)
    symmetric = remove_mean or values.ndim == 2 or bool((values < 0).any())
    end = _tiles.end_of(values, limit, scale)
    if symmetric:
        return Sheet(_tiles.scaled(values, scale), -end, end, in_colour, scale == "each")
    if _check.choice("scale", scale, ("shared", "each")) == "each":
        low, span = values.min(axis=axes, keepdims=True), np.ptp(values, axis=axes, keepdims=True)
        return Sheet((values - low) / np.where(span > 0, span, 1.0), 0.0, 1.0, in_colour, True)
    # Colours from zero, so that they stay what they are.
    low = 0.0 if in_colour or limit is not None else float(values.min())
    return Sheet(values, low, end if end > low else low + 1.0, in_colour, False)


def _colours(values: Float64) -> Float64:
    """Return red, green and blue, `(*size, 3)`; of a grey patch they are alike."""
    return np.moveaxis(np.broadcast_to(values, (3, *values.shape[1:])), 0, -1)


def _in_colour(drawn: list[Patch], rgb: bool | None) -> bool:
    possible = any(len(patch.values) == 3 and patch.values.ndim > 2 for patch in drawn)
    if rgb and not possible:
        raise ValueError(
            f"`rgb` needs images of two or three dimensions with three channels, got {len(drawn[0].values)} in image "
            f"{drawn[0].image}; drop rgb=True"
        )
    return possible if rgb is None else _check.flag("rgb", rgb)
