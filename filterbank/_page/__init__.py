"""Pages of HTML that need nothing else: no network, no other files."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import jinja2


def write(path: Path, template: str, package: str = __name__, **values: Any) -> None:
    """Fill a template of this folder, or of another package's, and write the page."""
    environment = jinja2.Environment(loader=jinja2.PackageLoader(package, "."), autoescape=True)
    path.write_text(environment.get_template(template).render(**values), encoding="utf-8")


def picture(name: str, png: bytes, title: str, caption: str) -> dict[str, str]:
    """Return a picture as templates take it; the title is its alternative text."""
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    return {"name": name, "source": source, "title": title, "alt": title, "caption": caption}


def drawn(figure: Any, dpi: int = 150) -> bytes:
    """Return a figure as PNG, and close it."""
    import matplotlib.pyplot as plt

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    plt.close(figure)
    return file.getvalue()
