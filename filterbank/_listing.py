"""The families of filters as `filterbank families` lists them."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._arguments import parameter_notes

if TYPE_CHECKING:
    from .families import Family

COUNTED_AT = (11, 8, 16, 32)  # sizes at which filters are counted: the first that the family can fill


def print_families(found: list[Family]) -> None:
    """Print a table of families."""
    table = _table("family", "filters", "dims", "what they are, and what they promise")
    table.columns[1].justify = "right"
    for family in found:
        promises = f"[dim]{', '.join(family.promises)}[/dim]"
        table.add_row(family.name, _count(family), _dimensions(family), f"{family.title}\n{promises}")
    console = Console(highlight=False)
    console.print(table)
    console.print(
        "\n[dim]filters: how many at 11x11 (or the size that is named) and default parameters.\n"
        "The parameters of one: filterbank families gabor[/dim]"
    )


def _table(*columns: str) -> Table:
    """Return a table without lines: names that keep together, and a last column for texts."""
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    table.add_column(columns[0], style="cyan", no_wrap=True)
    for column in columns[1:-1]:
        table.add_column(column)
    table.add_column(columns[-1], ratio=1)
    return table


def print_family(family: Family) -> None:
    """Print the parameters of one family."""
    console = Console(highlight=False)
    console.print(f"[bold cyan]{family.name}[/bold cyan]  {family.title}", f"[dim]{family.reference}[/dim]\n", sep="\n")
    table = _table("parameter", "default", "meaning")
    for option, default, meaning in parameter_notes(family):
        table.add_row(option, default, Text(meaning))
    console.print(table)
    promises = ", ".join(family.promises) or "none"
    console.print(f"\n[dim]dimensions: {_dimensions(family)}; sides: {family.sides}; promises: {promises}[/dim]")


def record(family: Family) -> dict[str, Any]:
    """Return what programs want to know of a family."""
    return {
        "name": family.name,
        "title": family.title,
        "filters": _count(family),
        "dimensions": list(family.dimensions),
        "sides": family.sides,
        "promises": list(family.promises),
        "reference": family.reference,
        "parameters": {option: default for option, default, _ in parameter_notes(family)},
    }


def _count(family: Family) -> str:
    """Return how many filters the family has at its defaults, and at which size if not at 11x11."""
    if "learned" in family.promises:
        return "learned"
    for side in COUNTED_AT:
        size = side if 2 in family.dimensions else (side,) * family.dimensions[0]
        with contextlib.suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of a cut bank the count is the same.
            count = len(family.function(size, **({"rng": 0} if "random" in family.promises else {})))
            return str(count) if side == COUNTED_AT[0] else f"{count} at {side}x{side}"
    return "?"


def _dimensions(family: Family) -> str:
    return ",".join(map(str, family.dimensions))
