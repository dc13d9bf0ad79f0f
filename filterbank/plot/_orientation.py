"""The map of the orientations that a bank finds in an image."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps, rcParams
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from .. import _check
from .._bank import FilterBank
from .._check import Float64
from ..analysis import tuning
from ..analysis._tuning import Transform
from ..design import steer
from ..families import FAMILIES
from ..families._steering import CannotTurnError
from . import _layout, _tiles
from ._alt import bank_words, finish
from ._canvas import axes_inches, inches_from
from ._colours import orientation_colours
from ._labels import tidy
from ._seen import Seen, each_response
from ._tiles import Cmap
from ._tuned import oriented

BRIGHTEST = 99  # percent of the pixels, below which the brightness ends
WHEEL = 0.9  # inches
FEWEST = 3  # orientations
GRATINGS = 16  # angles, and frequencies, at which a map is tried
FARTHEST = np.pi / 6  # radians, halfway between three even orientations, that a map may be wrong
Complex = npt.NDArray[np.complex128]


def draw_orientations(
    seen: Seen,
    bank: FilterBank,
    mode: str,
    columns: int | None,
    limit: float | None,
    cmap: Cmap | None,
    *,
    colorbar: bool,
    ax: Axes | None,
) -> Figure:
    """Draw the image and the map of its orientations."""
    bank, words = _to_one_wave_each(bank), bank_words(bank)
    filters, angles, origin = _oriented(bank)
    grid, block = seen.plan(2, columns, ax=ax)
    vectors = _tiles.means(_vectors(each_response(seen.grey, filters, mode), angles)[None], block)[0]
    strength = np.sqrt(np.abs(vectors))
    end = _end(strength, limit)
    wheel = orientation_colours() if cmap is None else colormaps[cmap] if isinstance(cmap, str) else cmap
    colours = coloured(np.angle(vectors) / 2, strength / end, wheel)

    ax = ax or _tiles.new_axes(grid, colorbar=colorbar, caption=True)
    seen.draw(ax, grid, block)
    boxes = grid.boxes(2)
    x0, x1, y0, y1 = boxes[1]
    ax.imshow(colours, extent=(x0, x1, y1, y0), aspect=grid.aspect, interpolation="antialiased")
    _tiles.draw_frames(ax, boxes)
    clipped = f"brightest at {tidy(end)}" + ", which 1 % of the pixels exceed" * bool(
        (strength > end).any() and not limit
    )
    pairs = "energy of quadrature pairs" if has_pairs(bank) else "squared responses; no quadrature pairs"
    blocks = f"each pixel the mean of {seen.block_words(block)}" * (block > 1)
    _tiles.caption(
        ax, f"hue: orientation of the wave, {origin}; brightness: root of the {pairs}", clipped, seen.note, blocks
    )
    if colorbar:
        _draw_wheel(ax, wheel)
    return finish(
        ax,
        f"{seen.words}, and a map of the orientations that {words} find in it",
        f"hue is orientation and brightness its strength; {_common(vectors)}",
    )


def _common(vectors: Complex) -> str:
    """Say which orientation the whole image has, and how many pixels agree by their strength."""
    total, strength = vectors.sum(), np.abs(vectors).sum()
    if strength == 0:
        return "there is none"
    angle = np.degrees(np.mod(np.angle(total) / 2, np.pi))
    return f"all in all {angle:.0f}°, with an agreement of {100 * abs(total) / strength:.0f} %"


def _to_one_wave_each(bank: FilterBank) -> FilterBank:
    """Return the bank, or of a separable steerable one its waves: the first filter of each set at eight angles.

    The energy of a set of degree N has the same orientation at any number of angles from N + 2 on; N is at most 5.
    """
    if bank.family != "steerable" or not (first := bank.parameters.get("power_y", np.ones(1)) == 0).any():
        return bank
    try:
        turned = [steer(bank, angle)[first] for angle in np.pi * np.arange(8) / 8]
    except CannotTurnError as error:
        raise ValueError(f'kind="orientation" steers `bank`, unless it is made with basis="rotated": {error}') from None
    order, orientation, power = (
        np.concatenate([one.parameters[name] for one in turned]) for name in ("order", "orientation", "power_x")
    )
    columns = {"order": order, "orientation": orientation, "phase": power % 2 * np.pi / 2}
    return FilterBank(np.concatenate([one.filters for one in turned]), parameters=columns)


def _oriented(bank: FilterBank) -> tuple[Float64, Float64, str]:
    """Return the filters that have an orientation, these in radians, and where they come from.

    Banks whose map would be wrong are refused.
    """
    if bank.ndim != 2:
        raise ValueError(
            f'`bank` must be of two dimensions for kind="orientation", got filters of {_check.window_name(bank.size)}; '
            f'kind="montage" draws signals and volumes'
        )
    column = bank.parameters.get("orientation")
    unsaid = any(family.name == bank.family and "oriented" not in family.promises for family in FAMILIES)
    said = column is not None and column.dtype.kind in "fiu" and not unsaid
    every = np.asarray(column if said else oriented(tuning(bank)), dtype=np.float64)
    known = np.isfinite(every)
    filters, angles = bank.filters[known], every[known]
    way_out = 'whole banks of gabor and steerable are, as are many cells of v1, and kind="montage" draws any'
    found = np.unique(np.degrees(np.mod(angles, np.pi)).round(3) % 180)
    if len(found) < FEWEST:
        got = f"only {' and '.join(f'{angle:.0f}°' for angle in found)}" if len(found) else "none"
        raise ValueError(
            f'`bank` must be of filters at {FEWEST} orientations or more for kind="orientation", got {got}; {way_out}'
        )
    wave, wrong = _worst(filters, angles)
    if wrong > FARTHEST:
        raise ValueError(
            f'`bank` must be of filters that each answer to one orientation, evenly spaced, for kind="orientation", '
            f"got a map that is {np.degrees(wrong):.0f}° wrong of a wave at {np.degrees(wave):.0f}°; {way_out}"
        )
    return filters, angles, "as the bank says" if said else "as measured"


def _worst(filters: Float64, angles: Float64) -> tuple[float, float]:
    """Return the orientation of the waves that a map is farthest from, of those that are tried, and how far.

    White noise of a single orientation has the frequencies of a wedge: the longer, the wider it is there.
    """
    turns = np.pi * np.arange(GRATINGS) / GRATINGS
    lengths = (np.arange(GRATINGS) + 0.5) / (2 * GRATINGS)
    waves = np.multiply.outer(np.stack([np.sin(turns), np.cos(turns)], axis=-1), lengths).swapaxes(1, 2).reshape(-1, 2)
    unit = _tiles.limit_of(filters)  # whose squares do not overflow
    vectors = _vectors((Transform(one / unit).at(waves) for one in filters), angles).reshape(GRATINGS, -1) @ lengths
    wrong = np.abs(np.angle(vectors * np.exp(-2j * turns))) / 2
    index = int(wrong.argmax())
    return float(turns[index]), float(wrong[index])


def _vectors(responses: Iterable[Float64 | Complex], angles: Float64) -> Complex:
    """Return the energies of all responses, added as vectors at twice the angles of their filters."""
    return np.asarray(sum(np.abs(one) ** 2 * np.exp(2j * angle) for one, angle in zip(responses, angles, strict=True)))


def _end(strength: Float64, limit: float | None) -> float:
    if limit is not None:
        return _check.number("limit", limit, above=0)
    return float(np.percentile(strength, BRIGHTEST)) or _tiles.limit_of(strength)


def has_pairs(bank: FilterBank) -> bool:
    """Whether every oriented filter has a partner that differs from it in `phase` alone, by a quarter turn."""
    phase = bank.parameters.get("phase")
    if phase is None or phase.dtype.kind not in "fiu":
        return False
    groups: dict[str, list[float]] = {}
    others = [column.tolist() for name, column in bank.parameters.items() if name != "phase"]
    for index, row in enumerate(zip(*others, strict=True)) if others else enumerate([()] * len(bank)):
        if np.isfinite(phase[index]):
            groups.setdefault(repr(row), []).append(float(phase[index]))
    # Vectors at twice the phases of a pair cancel.
    return bool(groups) and all(abs(np.exp(2j * np.array(group)).sum()) < 1e-6 for group in groups.values())


def coloured(angles: Float64, brightness: Float64, wheel: Colormap) -> Float64:
    """Return red, green and blue of orientations in radians, black where the brightness is 0."""
    found: Float64 = wheel(np.mod(angles / np.pi, 1))[..., :3] * np.clip(brightness, 0, 1)[..., None]
    return found


def _draw_wheel(ax: Axes, wheel: Colormap) -> None:
    """Draw which colour stands for which orientation, in the directions of the picture: angles turn from x to y."""
    share = min(1.0, WHEEL / axes_inches(ax)[1])
    place = ax.inset_axes((0.12, 1 - share, WHEEL, share), transform=inches_from(ax, 1))
    side = np.linspace(-1, 1, 161)
    x, y = np.meshgrid(side, side)
    radius = np.hypot(x, y)
    disc = np.concatenate([coloured(np.arctan2(y, x), radius, wheel), (radius <= 1)[..., None]], axis=-1)
    place.imshow(disc, extent=(-1, 1, 1, -1), interpolation="antialiased")
    for degrees in (0, 45, 90, 135):
        angle = np.radians(degrees)
        text = place.text(1.5 * np.cos(angle), 1.4 * np.sin(angle), f"{degrees}°", ha="center", va="center")
        text.set(fontsize=0.8 * _layout.small(), color=rcParams["text.color"])
    place.set(xlim=(-1.9, 1.9), ylim=(1.7, -1.1), aspect="equal", anchor="NW")
    place.axis("off")
