"""How a bank shows itself in a notebook: a strip of its filters, and a table of what it is."""

from __future__ import annotations

import base64
import html
import io
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ._bank import FilterBank, rank_and_condition
from ._check import Float64, window_words
from ._table import Code, facts

SHOWN = 24
TILE = 56  # pixels on the screen, of the longest side
THINNEST = 4  # of them, for filters of few rows
DETAIL = 48  # pixels of a filter that are kept: notebooks keep every picture
CURVE = (29, 96)  # rows and most columns of the picture of a 1-D filter
LONGEST = 400  # characters of a fact
LONGEST_CALL = 1200  # characters of a line that makes the bank again
SAID_IF_NONE = ("norm",)  # arguments whose None is not their default
LONGEST_NAME = 80  # characters of what names a filter
SHADES = 31  # from white to either end
BLUE, WHITE, RED, GREY = (np.array(rgb) for rgb in ([33, 102, 172], [247, 247, 247], [178, 24, 43], [170, 170, 170]))
ZERO_LINE = 2 * SHADES + 1  # the place of grey in the palette, after blue, white and red


def bank_html(bank: FilterBank) -> str:
    """Return the picture strip, the facts and the recipe of a bank as HTML."""
    rows = [
        ("family", _short(bank.family)),
        ("filters", count_of(bank)),
        *rank_facts(bank),
        ("columns", _short(", ".join(bank.parameters)) or "none"),
        *recipe_facts(bank),
        ("fingerprint", Code(f"{bank.fingerprint[:16]}…")),
    ]
    return f"<div>{strip(bank)}{facts(rows, title=f'The bank {_short(bank.family)}')}</div>"


def strip(bank: FilterBank) -> str:
    """Return the first filters of a bank as a row of pictures, on one scale, each with a text that names it."""
    shown = bank.filters[:SHOWN]
    limit = float(np.abs(shown).max())
    tiles = "".join(
        _tile(one, limit or 1.0, f"filter {index}{name}")
        for index, (one, name) in enumerate(zip(shown, _names(bank), strict=False))
    )
    more = f" and {len(bank) - SHOWN} more" if len(bank) > SHOWN else ""
    colours = f"blue to {-limit:.3g}, white 0, red to {limit:.3g}"
    legend = {
        1: f"From {-limit:.3g} to {limit:.3g} on one scale",
        2: f"On one scale: {colours}",
        3: f"The strongest slices, on one scale: {colours}",
    }[bank.ndim]
    legend = legend if limit else "All zero"
    count = f"{len(shown)} filters" if len(shown) > 1 else "1 filter"
    return (
        f"<div role='group' aria-label='{count}{more}' style='line-height:0'>{tiles}</div>"
        f"<div><small>{count}{more}. {legend}.</small></div>"
    )


def count_of(bank: FilterBank) -> str:
    """Return how many filters of which size there are."""
    return f"{len(bank)} of {window_words(bank.size)}"


def rank_facts(bank: FilterBank) -> list[tuple[str, str]]:
    """Return how independent the filters are."""
    rank, condition = rank_and_condition(bank)
    return [("rank", f"{rank} of {len(bank)}"), ("condition", f"{condition:.3g}")]


# The recipe


def call(bank: FilterBank) -> str | None:
    """Return the line of Python that makes the bank again, None where no line does: it holds the filters themselves."""
    recipe = bank._recipe
    return None if _holds_filters(recipe) else f"fb.make({_arguments(recipe)})"


def recipe_facts(bank: FilterBank, name: str = "bank") -> list[tuple[str, str]]:
    """Return what makes a bank again that goes by this name."""
    line = call(bank)
    if line is not None and len(line) <= LONGEST_CALL:
        return [("recipe", Code(line))]
    why = "it holds the filters themselves" if line is None else "it is too long for a line"
    given = _arguments({name: value for name, value in bank._recipe.items() if name != "family"})
    return [
        *([("made by", Code(_short(f"{bank._recipe.get('family')}({given})")))] if given else []),
        ("recipe", f"{why}: {name}.save('bank.npz') keeps the bank, fb.load('bank.npz') makes it again"),
    ]


def _holds_filters(recipe: dict[str, Any]) -> bool:
    return "filters" in recipe or any(_holds_filters(each) for each in recipe.get("banks", ()))


def _arguments(recipe: dict[str, Any]) -> str:
    given = {name: value for name, value in recipe.items() if value is not None or name in SAID_IF_NONE}
    given.pop("filters", None)
    return ", ".join(f"{name}={_literal(value)}" for name, value in given.items())


def _literal(value: Any) -> str:
    """Return what JSON knows as Python writes it, in words that Python knows without an import."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name!r}: {_literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    return repr(value)


def _short(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _names(bank: FilterBank) -> Iterator[str]:
    """Yield what the columns say of each filter, as far as there is room, or else between which values it lies."""
    for index, one in enumerate(bank.filters):
        name = f", values from {one.min():.3g} to {one.max():.3g}"
        for place, (column, values) in enumerate(bank.parameters.items()):
            entry = values[index]
            text = f"{entry:.3g}" if isinstance(entry, (float, np.floating)) else str(entry)
            longer = f"{name if place else ''}{',' if place else ':'} {column} {text}"
            if place and len(longer) > LONGEST_NAME:
                break
            name = longer
        yield _short(name, LONGEST_NAME)


# The pictures


def _tile(one: Float64, limit: float, name: str) -> str:
    """Return one filter as an image: blue below zero, red above; of a volume its strongest slice, of a line a curve."""
    pixels = _curve(one / limit) if one.ndim == 1 else _plane(one / limit)
    height, width = pixels.shape if one.ndim == 1 else one.shape[-2:]
    scale = TILE / max(height, width)
    wide, high = (max(THINNEST, round(side * scale)) for side in (width, height))
    if one.ndim == 1:
        wide, high = TILE * 3 // 2, TILE
    name = html.escape(name)
    # Notebooks scale images by their own style, so the size stands in both; the grey of the border shows on any page.
    return (
        f"<img src='data:image/png;base64,{_png(pixels)}' width='{wide}' height='{high}' alt='{name}' title='{name}' "
        f"style='display:inline-block;width:{wide}px;height:{high}px;margin:1px;border:1px solid rgba(128,128,128,0.6);"
        f"vertical-align:top;image-rendering:pixelated'>"
    )


def _plane(values: Float64) -> npt.NDArray[np.uint8]:
    """Return the shades of a 2-D filter or of the strongest slice yx of a volume, of no more pixels than are kept."""
    from PIL import Image

    plane = values[np.square(values).sum(axis=(1, 2)).argmax()] if values.ndim == 3 else values
    image = Image.fromarray(np.rint((plane + 1) * SHADES).astype(np.uint8))
    image.thumbnail((DETAIL, DETAIL), Image.Resampling.BOX)
    return np.asarray(image)


def _curve(values: Float64) -> npt.NDArray[np.uint8]:
    """Return a 1-D filter as columns up and down from a line at zero; of a long one, all that lies in each column."""
    rows, most = CURVE
    parts = np.array_split(values, min(len(values), most))
    low = np.array([part.min(initial=0) for part in parts])
    high = np.array([part.max(initial=0) for part in parts])
    level = np.linspace(1, -1, rows)[:, None]
    half = 1 / (rows - 1)  # a value fills the row whose middle it is nearest to
    shades = np.full((rows, len(parts)), SHADES, dtype=np.uint8)
    shades[(level > 0) & (level <= high + half)] = 2 * SHADES
    shades[(level < 0) & (level >= low - half)] = 0
    shades[rows // 2] = ZERO_LINE
    return shades


def _png(shades: npt.NDArray[np.uint8]) -> str:
    from PIL import Image

    image = Image.fromarray(shades)
    image.putpalette(_palette())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _palette() -> list[int]:
    share = np.linspace(-1, 1, 2 * SHADES + 1)[:, None]
    colours = np.concatenate([WHITE + np.abs(share) * (np.where(share < 0, BLUE, RED) - WHITE), GREY[None]])
    flat: list[int] = np.rint(colours).astype(int).ravel().tolist()
    return flat
