"""The catalogue of families, drawn from the library's own table."""

import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from building.api import write
from filterbank.families import KINDS

SHOWN = 12  # filters of each family
SIZE = 16  # pixels, where the family may choose; a power of two
SMALL = {"laws": 5, "gradient": 5, "delta": 9, "zca": 9, "pca": 11, "ica": 11, "dictionary": 11}
EACH_PIXEL = ("delta", "zca")  # a filter for each pixel: those about the middle are shown

CARD = """
:::{{grid-item-card}}
:class-card: family
:link: ../api/names/filterbank.{name}
:link-type: doc
:link-alt: filterbank.{name}

```{{image}} {name}.png
:alt: "{alt}"
:class: dark-light strip
```

**{name}**
<br>{title}

{badges}

<small>{where}. {reference}</small>
:::
"""


def example(family):
    """Return some filters of a family at its defaults."""
    settings = {"images": data.camera()} if "learned" in family.promises else {}
    settings |= {"rng": 0} if "random" in family.promises else {}
    if {"learned", "random"} <= set(family.promises):
        settings |= {"components": SHOWN, "patches": 2000}  # enough to see what they are
    size = SMALL.get(family.name, SIZE if 2 in family.dimensions else (SIZE,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)  # some want larger windows than a card has
        bank = fb.make(family.name, size, **settings)
    if family.name in EACH_PIXEL:
        away = np.hypot(*(bank.parameters[name] - size // 2 for name in ("position_y", "position_x")))
        bank = bank[np.sort(np.argsort(away, kind="stable")[:SHOWN])]
    return bank[:SHOWN]


def draw(family, path):
    """Draw the strip of a family; return what it shows, in words."""
    figure = fb.plot.filters(example(family), columns=SHOWN, colorbar=False, scale="shared")
    figure.savefig(path, dpi=72, transparent=True)
    plt.close(figure)
    return fb.plot.alt_text(figure)


def card(family, alt):
    """Return the card of a family."""
    sides = "any size" if family.sides == "any" else f"sides: {family.sides}"
    return CARD.format(
        name=family.name, title=family.title, alt=alt, reference=family.reference,
        badges=" ".join(f"{{bdg-secondary-line}}`{promise}`" for promise in family.promises),
        where=f"{', '.join(f'{count}-D' for count in family.dimensions)}, {sides}",
    )  # fmt: skip


def write_catalogue(app, config):
    """Draw all families, and write the page."""
    folder = Path(app.srcdir) / "families"
    folder.mkdir(exist_ok=True)
    parts = [
        f"# Families\n\nThe {len(fb.catalogue())} families of filters, drawn from the library's own table: the first "
        "filters of each at its defaults, on one scale symmetric about zero. The tags are promises, to which tests "
        "hold each; `filterbank.catalogue()` prints them. What the promises mean stands in [](../guide/families).\n"
    ]
    for kind, families in KINDS.items():
        cards = "".join(card(family, draw(family, folder / f"{family.name}.png")) for family in families)
        parts.append(f"\n## {kind}\n\n::::{{grid}} 1 1 2 2\n:gutter: 3\n{cards}::::\n")
    write(folder / "index.md", "".join(parts))


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("config-inited", write_catalogue)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
