"""Numbers and columns of a bank as short texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from .._bank import FilterBank
from .._check import Array

Labels: TypeAlias = str | Sequence[Any] | None

NEGLIGIBLE = 1e-6  # rest over kernel: what rounding in float32 leaves
MINUS = "\N{MINUS SIGN}"
ANGLES = ("orientation", "phase", "angle", "direction")
UNITS = {
    "frequency": "cycles per pixel",
    "sigma": "pixels",
    "wavelength": "pixels",
    "bandwidth": "octaves",
}


def tidy(value: Any, digits: int = 3) -> str:
    """Write a number with few digits, a real minus and no exponent where none is needed."""
    if not np.isfinite(value):
        return "\N{EN DASH}" if np.isnan(value) else f"{MINUS * (value < 0)}∞"
    return plain(float(value) + 0.0, digits).replace("-", MINUS)


def plain(value: float, digits: int) -> str:
    """Write a number with few digits, and thousands and more without an exponent: '1700', not '1.7e+03'."""
    return f"{float(f'{value:.{digits}g}'):g}"


def percent(share: float) -> str:
    """Write a share in percent; 100 only when nothing is missing that a picture could show."""
    text = tidy(100 * share)
    return ">99.9 %" if text == "100" and 1 - share > NEGLIGIBLE else f"{text} %"


def filter_labels(labels: Labels, bank: FilterBank) -> tuple[list[str], str]:
    """Return one text for each filter, and what the texts are.

    `labels` names columns of the bank (or "index"), or holds the texts. Several columns make several lines.
    """
    if labels is None:
        return [], ""
    names = [labels] if isinstance(labels, str) else list(labels)
    known = ("index", *bank.parameters)
    if all(isinstance(name, str) and name in known for name in names) and names:
        columns = [_column_texts(name, bank) for name in names]
        return ["\n".join(lines) for lines in zip(*columns, strict=True)], ", ".join(map(_heading, names))
    if isinstance(labels, str) or len(names) != len(bank):
        got = repr(labels) if isinstance(labels, str) or len(names) < 10 else f"{len(names)} entries"
        raise ValueError(
            f"`labels` must name columns of the bank ({', '.join(known)}) or hold one text for each of its "
            f"{len(bank)} filters, got {got}"
        )
    return [_text(name) for name in names], ""


def _column_texts(name: str, bank: FilterBank) -> list[str]:
    if name == "index" and name not in bank.parameters:
        return [str(index) for index in range(len(bank))]
    column: Array = bank.parameters[name]
    if name in ANGLES and column.dtype.kind == "f":
        return _angle_texts(np.degrees(column))
    return [_text(value) for value in column]


def _angle_texts(degrees: Array) -> list[str]:
    """Write angles with the same decimals: the fewest, up to two, that say all exactly, or one where none do."""
    finite = degrees[np.isfinite(degrees)]
    exact = (decimals for decimals in range(3) if np.allclose(finite.round(decimals), finite, rtol=0, atol=1e-6))
    decimals = next(exact, 1)
    written = [f"{angle:.{decimals}f}°".replace("-", MINUS) for angle in degrees.round(decimals) + 0.0]
    return [text if np.isfinite(angle) else tidy(angle) for text, angle in zip(written, degrees, strict=True)]


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else tidy(value)


def _heading(name: str) -> str:
    return f"{name} ({UNITS[name]})" if name in UNITS else name
