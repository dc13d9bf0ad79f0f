"""The explorer: one page in which to try every family, with numbers that equal Python's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from .. import __version__, _page
from .._arguments import parameter_notes
from .._recipes import catalogue
from ..families import KINDS, Family
from ._constants import constants
from ._tables import LEFT_OUT, tables

# In the order in which they need each other.
SCRIPTS = (
    "numbers",
    "analysis",
    "bank",
    "families_transforms",
    "families_waves",
    "families_derivatives",
    "families_round",
    "families_steerable",
    "families_tables",
    "view",
    "controls",
    "chosen",
    "page",
)


def write(path: Path, home: str | None = None) -> None:
    """Write the page: one file that needs no network and no other file.

    Parameters
    ----------
    path : Path
        The HTML file to write.
    home : str, optional
        Address of the site that the page belongs to, from the page; a link at the top leads there. Without it the page
        names no other file.
    """
    folder = Path(__file__).parent
    made = tables()
    data = {
        "constants": constants(),
        "tables": made,
        "about": {family.name: _about(family) for family in catalogue().values() if family.name not in LEFT_OUT},
    }
    _page.write(
        path,
        "page.html",
        package=__name__,
        version=__version__,
        home=home,
        style=Markup((folder / "style.css").read_text(encoding="utf-8")),
        scripts=[Markup((folder / f"{name}.js").read_text(encoding="utf-8")) for name in SCRIPTS],
        # Not by Jinja's filter, which sorts the keys; no text may end the script that the data stand in.
        data=Markup(json.dumps(data, allow_nan=False).replace("<", r"\u003c")),
        tabled=list(made),
        left_out=LEFT_OUT,
    )


def _about(family: Family) -> dict[str, Any]:
    """Return what the page says of a family: title, source, group, and a sentence for each parameter."""
    return {
        "title": family.title,
        "reference": family.reference,
        "group": next(kind for kind, families in KINDS.items() if family in families),
        "help": {option.lstrip("-").replace("-", "_"): _brief(note) for option, _, note in parameter_notes(family)},
    }


def _brief(note: str) -> str:
    """Return the first sentence of a parameter's meaning; what the page lists by itself is left out."""
    text = re.sub(r"^One of [^.]*\. ", "", note)
    return re.split(r"(?<=[.:]) (?=[A-Z(`])", text, maxsplit=1)[0].rstrip(":").replace("`", "")
