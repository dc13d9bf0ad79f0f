"""What the tests of notebooks share: HTML that is checked while it is read."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

VOID = {"img", "br"}
# What would be of one theme only: the colour of a text or of what lies behind it. Borders may be grey.
THEMED = re.compile(r"(?<![-\w])(color|background|background-color|fill|bgcolor)\b")


class Page(HTMLParser):
    """Every tag is closed in its order, nothing chooses a colour; texts, pictures and rows of cells are kept."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.pictures, self.rows = [], [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert len(given) == len(attrs)
        assert tag not in ("style", "script", "font")
        assert not any(THEMED.search(value) for name, value in attrs if name == "style")
        assert not {"bgcolor", "color"} & set(given)
        if tag == "img":
            self.pictures.append(given)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            assert tag == "td" or given["scope"] == ("col" if "thead" in self.open else "row")
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self):
        """All the texts in one."""
        return " ".join(self.texts)

    @property
    def facts(self):
        """The rows of two cells, as names and texts."""
        return dict(row for row in self.rows if len(row) == 2)

    def pixels(self):
        """Yield the pictures as `(height, width, 3)` numbers."""
        for picture in self.pictures:
            head, data = picture["src"].split(",")
            assert head == "data:image/png;base64"
            yield np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


def page_of(thing):
    """Return what a thing shows in a notebook."""
    return Page(thing._repr_html_())
