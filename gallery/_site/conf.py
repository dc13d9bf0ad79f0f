"""Configuration of the site: `python -m sphinx -W gallery/_site OUTPUT`."""

import os
import re
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import filterbank

project = "filterbank"
author = "The filterbank developers"
copyright = f"2026, {author}"
version = release = filterbank.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx_gallery.gen_gallery"]
exclude_patterns = ["build", "gallery/**/*.ipynb"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
html_show_sourcelink = False
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "..",
    "gallery_dirs": "gallery",
    "ignore_pattern": "_site",
    "filename_pattern": "/plot_",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "abort_on_example_error": True,
    "ignore_repr_types": "Picture",  # drawn already
    "reset_modules": (),
    "min_reported_time": 1,
}


def readme_first(app, docname, source):
    """Put the README on the first page, with its links to the gallery's scripts leading to their pages."""
    if docname == "index":
        readme = Path(app.srcdir).parents[1] / "README.md"
        app.env.note_dependency(str(readme))
        text = readme.read_text(encoding="utf-8")
        text = re.sub(r"\(gallery/(\w+)\.py\)", r"(gallery/\1.rst)", text.replace("(gallery/_site/", "("))
        source[0] = f"{text}\n{source[0]}"


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("source-read", readme_first)
