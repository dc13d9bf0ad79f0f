"""How long the pages of the gallery took; where CI is set, one that took too long is a warning, under -W an error."""

import os
from pathlib import Path
from xml.etree import ElementTree

from sphinx.util import logging

MOST = 60  # seconds for a page, twice what a page should take: the machine may have other things to do
FILE = "times.xml"  # where sphinx-gallery writes the times; it is no part of the site

log = logging.getLogger(__name__)


def told(app, exception):
    """Print the times of the pages, the longest first, and warn of those that took too long."""
    path = Path(app.outdir) / FILE
    if not path.exists():
        return
    cases = ElementTree.parse(path).iter("testcase")
    times = {Path(case.get("file")).name: float(case.get("time")) for case in cases}
    path.unlink()
    if exception is None and "CI" in os.environ:
        tell(times)


def tell(times):
    """Print a table, also in a quiet build, and warn."""
    for name, seconds in sorted(times.items(), key=lambda pair: -pair[1]):
        print(f"{seconds:8.1f} s  {name}", flush=True)
        if seconds > MOST:
            log.warning("%s took %.0f s, and no page of the gallery may take over %d s", name, seconds, MOST)


def setup(app):
    """Connect what Sphinx calls."""
    app.connect("build-finished", told)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
