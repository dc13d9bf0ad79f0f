"""Configuration of the site: `python -m sphinx -W gallery/_site OUTPUT`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")
sys.path.insert(0, str(Path(__file__).parent))

from building import api, times

import filterbank
from filterbank import _explorer

project = "filterbank"
author = "The filterbank developers"
copyright = f"2026, {author}"
version = release = filterbank.__version__

extensions = [
    "myst_parser",
    "sphinx_design",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "building.alt",
    "building.api",
    "building.command",
    "building.families",
    "building.math",
    "building.runs",
    "building.times",
]
exclude_patterns = ["build", "gallery/**/*.ipynb", "building"]
templates_path = ["_templates"]
default_role = "py:obj"  # names in docstrings lead to their pages
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
autodoc_typehints = "none"  # the tables of parameters say it in words
toc_object_entries_show_parents = "hide"
autosummary_context = {"own_members": api.members()}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "filterbank"
html_favicon = "_static/filter.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}  # light or dark as the visitor has it
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"index": [], "explorer": [], "families/index": []}
html_theme_options = {
    "logo": {
        "image_light": "_static/filter.svg",
        "image_dark": "_static/filter.svg",
        "text": "filterbank",
        "alt_text": "filterbank, the first page",
    },
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "github-light-colorblind",
    "pygments_dark_style": "github-dark-colorblind",
}

sphinx_gallery_conf = {
    "examples_dirs": "..",
    "gallery_dirs": "gallery",
    "ignore_pattern": "_site",
    "filename_pattern": "/plot_",
    "within_subsection_order": "building.order.place",
    "backreferences_dir": "gallery/backreferences",
    "doc_module": ("filterbank",),
    "image_scrapers": ("building.alt.described",),
    "download_all_examples": False,
    "abort_on_example_error": True,
    # What a block ends with is printed below it, but for pictures, which are drawn, and their parts.
    "ignore_repr_types": r"matplotlib|\.Picture'",
    "parallel": 2,  # pages at a time
    "reset_modules": ("building.runs.forget_models",),
    "min_reported_time": 1,
    "junit": times.FILE,
    "write_computation_times": False,  # the page would load scripts from other servers
    "show_signature": False,
}


def write_explorer(app, exception):
    """Put the explorer in the place of the page that keeps its place."""
    if exception is None and app.builder.name == "html":
        _explorer.write(Path(app.outdir) / "explorer.html", home="index.html")


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("build-finished", write_explorer)
