"""Pictures of the gallery say what they show, as `filterbank.plot.alt_text` has it for those of the library."""

import html
import re

import matplotlib.pyplot as plt
from docutils import nodes
from sphinx_gallery.scrapers import matplotlib_scraper

from building.words import words


def described(block, block_vars, gallery_conf, **kwargs):
    """Save the open figures as sphinx-gallery does, with what they show in the place of their titles."""
    texts = iter([words(plt.figure(number)) for number in plt.get_fignums()])
    page = matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    return re.sub(r"(?m)^( *:alt:).*$", lambda line: f"{line[1]} {next(texts)}", page)


def name_thumbnails(app, doctree):
    """Give the thumbnails, which sphinx-gallery leaves without words, the title that stands under them."""
    waiting = None
    for node in doctree.findall(lambda node: isinstance(node, nodes.image | nodes.raw)):
        if isinstance(node, nodes.image):
            waiting = node if not node.get("alt") and "/thumb/" in node["uri"] else None
        elif waiting is not None and (title := re.search(r'thumbnail-title">(.*?)</div>', node.astext(), re.DOTALL)):
            waiting["alt"] = f"Picture of the page: {html.unescape(title[1])}"
            waiting = None


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("doctree-read", name_thumbnails)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
