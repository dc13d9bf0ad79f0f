"""How a bank shows itself in a notebook: a strip of its filters and a table."""

from __future__ import annotations

import base64
import html
import io

import numpy as np

from ._bank import FilterBank, rank_and_condition
from ._check import Float64, window_name

SHOWN = 24
TILE = 56  # pixels on the screen
DETAIL = 48  # pixels of a filter that are kept: notebooks keep every picture
LONGEST = 400  # characters of a fact
SHADES = 31  # from white to either end
BLUE, WHITE, RED = np.array([33, 102, 172]), np.array([247, 247, 247]), np.array([178, 24, 43])


def bank_html(bank: FilterBank) -> str:
    """Return the picture strip, the facts and the recipe of a bank as HTML."""
    rank, condition = rank_and_condition(bank)
    shown = bank.filters[:SHOWN]
    limit = float(np.abs(shown).max()) or 1.0
    strip = "".join(_tile(one, limit) for one in shown)
    if len(bank) > SHOWN:
        strip += f"<span>&nbsp;and {len(bank) - SHOWN} more</span>"
    facts = {
        "family": bank.family,
        "filters": f"{len(bank)} of {window_name(bank.size)} pixels",
        "rank": f"{rank} of {len(bank)}",
        "condition": f"{condition:.3g}",
        "columns": ", ".join(bank.parameters) or "none",
        "recipe": f"fb.make({_call(bank)})",
        "fingerprint": f"{bank.fingerprint[:16]}…",
    }
    rows = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        f"<td style='text-align:left'><code>{html.escape(_short(value))}</code></td></tr>"
        for name, value in facts.items()
    )
    return f"<div>{strip}<table>{rows}</table></div>"


def _call(bank: FilterBank) -> str:
    arguments = {
        name: "..." if name in ("filters", "banks") else repr(value)
        for name, value in bank._recipe.items()
        if value is not None or name == "filters"
    }
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _palette() -> list[int]:
    share = np.linspace(-1, 1, 2 * SHADES + 1)[:, None]
    colours = WHITE + np.abs(share) * (np.where(share < 0, BLUE, RED) - WHITE)
    flat: list[int] = np.rint(colours).astype(int).ravel().tolist()
    return flat


def _tile(one: Float64, limit: float) -> str:
    """Return one filter as an image: blue below zero, red above; the middle slice of a volume."""
    from PIL import Image

    plane = np.atleast_2d(one[one.shape[0] // 2] if one.ndim == 3 else one)
    shades = np.rint((plane / limit + 1) * SHADES).astype(np.uint8)
    image = Image.fromarray(shades)
    image.thumbnail((DETAIL, DETAIL), Image.Resampling.BOX)
    image.putpalette(_palette())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return (
        f"<img src='data:image/png;base64,{data}' width='{TILE}' height='{TILE}' alt='filter' "
        f"style='display:inline-block;margin:1px;image-rendering:pixelated'>"
    )
