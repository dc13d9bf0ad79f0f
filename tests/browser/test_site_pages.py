"""The site as a visitor's browser has it. FILTERBANK_SITE names the folder that Sphinx has built."""

import functools
import os
import re
import subprocess
import sys
import threading
import zlib
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from site_walk import Page, complaints, pages_under

import filterbank as fb

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PAGES = (
    "index.html",
    "guide/index.html",
    "guide/training.html",
    "guide/families.html",
    "families/index.html",
    "gallery/index.html",
    "gallery/plot_the_question.html",
    "gallery/plot_families.html",
    "gallery/plot_first_layers.html",
    "explorer.html",
    "api/index.html",
    "api/making.html",
    "api/command.html",
    "api/names/filterbank.gabor.html",
    "api/names/filterbank.layers.BasisConv2D.html",
    "CONTRIBUTING.html",
    "CHANGELOG.html",
)


@pytest.fixture(scope="module")
def site():
    folder = os.environ.get("FILTERBANK_SITE")
    if not folder:
        pytest.skip("needs the built site: python -m sphinx gallery/_site SITE, and FILTERBANK_SITE=SITE")
    return Path(folder).resolve()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture(scope="module")
def address(site):
    """Serve the site on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def require_whole(page, heard, home=""):
    """Assert that a page has no errors, its pictures, and nothing from elsewhere."""
    page.wait_for_load_state("networkidle")
    # A picture far below is loaded when it comes into sight.
    page.evaluate("document.querySelectorAll('img').forEach(image => image.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    broken = "[...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src)"
    assert page.evaluate(broken) == []
    assert heard.errors == []
    assert [request for request in heard.external if not home or not request.startswith(home)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(open_page, address, name, scheme):
    with open_page(address + name, viewport=DESK, color_scheme=scheme) as (page, heard):
        require_whole(page, heard, address)
        assert page.locator("h1").count() >= 1
        if name != "explorer.html":  # which follows the visitor by itself
            assert page.evaluate("document.documentElement.dataset.theme") == scheme


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_wider_than_a_phone(open_page, overflow, address, name):
    with open_page(address + name, viewport=PHONE) as (page, _):
        assert overflow(page) <= 0


@pytest.mark.parametrize(
    ("words", "found"), [("gabor", "filterbank.gabor.html"), ("initialiser", "guide/initialisation.html")]
)
def test_the_search_finds(open_page, address, words, found):
    with open_page(f"{address}index.html", viewport=DESK) as (page, heard):
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        link = page.locator(f"#search-results a[href*='{found}']").first
        link.wait_for()
        require_whole(page, heard, address)
        link.click()
        page.wait_for_url(f"**/{found}*")


def test_the_first_page_leads_on(open_page, address):
    with open_page(f"{address}index.html", viewport=DESK) as (page, _):
        for name in ("guide/index", "families/index", "gallery/index", "explorer"):
            assert page.locator(f".ways a[href='{name}.html']").count() == 1
        page.locator(".ways .sd-card", has_text="Families").click()
        page.wait_for_url("**/families/index.html")
        assert page.locator("img.strip").count() == len(fb.catalogue())


def test_links_and_pictures_are_there(site):
    assert complaints(site) == []


def test_every_public_name_has_one_page(site):
    """The inventory is what other projects link with, and the index of what is documented."""
    _, _, packed = (site / "objects.inv").read_bytes().partition(b"using zlib.\n")
    rows = [line.split() for line in zlib.decompress(packed).decode().splitlines()]
    # A row is a name, its kind and its priority, which is -1 of the place where Python defines it.
    documented = [row[0] for row in rows if row[1] in ("py:function", "py:class", "py:exception") and row[2] == "1"]
    modules = ("", "analysis.", "plot.", "layers.")
    public = [
        f"filterbank.{module}{name}"
        for module in modules
        for name in (getattr(fb, module[:-1]) if module else fb).__all__
        if f"{name}." not in modules
    ]
    assert sorted(documented) == sorted(public)
    assert pages_under(site, "api/names") == sorted(f"api/names/{name}.html" for name in public)


def test_names_lead_to_the_pages_that_use_them(site):
    used = Page(site / "api/names/filterbank.dct.html").links
    assert any("gallery/plot_the_question.html" in link for link in used)


def test_pictures_of_the_gallery_say_what_they_show(site):
    text = (site / "gallery/plot_the_question.html").read_text(encoding="utf-8")
    assert 'alt="10 filters of 11x11 pixels of the family dct, one tile each' in text


def test_no_page_prints_what_is_a_picture(site):
    pages = sorted((site / "gallery").glob("*.html"))
    assert len(pages) > 10
    for path in pages:
        assert not re.search(r"&lt;matplotlib|\[&lt;| object at 0x", path.read_text(encoding="utf-8")), path.name


def test_the_gallery_begins_with_the_question(site):
    links = [link for link in Page(site / "gallery/index.html").links if "plot_" in link]
    assert "plot_the_question" in links[0]


def test_the_explorer_leads_back(site):
    assert "index.html" in Page(site / "explorer.html").links


@pytest.fixture
def small_site(tmp_path):
    """Return a site in which every kind of mistake can be made."""
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "other.html").write_text("<h1 id='here'>x</h1>")
    return tmp_path


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<a href='other.html#here'>x</a><a href='https://example.org'>x</a><img src='picture.png' alt='x'>", ""),
        ("<a href='#top'>x</a><a href='mailto:a@example.org'>x</a>", ""),
        ("<a href='none.html'>x</a>", "there is no none.html"),
        ("<a href='other.html#there'>x</a>", "there is no anchor other.html#there"),
        ("<a href='#there'>x</a>", "there is no anchor #there"),
        ("<img src='none.png' alt='x'>", "there is no none.png"),
        ("<img src='picture.png' srcset='picture.png, two.png 2.00x' alt='x'>", "there is no two.png"),
        ("<img src='picture.png' alt=' '>", "picture without words: picture.png"),
        ("<img src='picture.png'>", "picture without words: picture.png"),
        ("<script src='https://example.org/x.js'></script>", "loads https://example.org/x.js"),
        ("<link rel='stylesheet' href='//example.org/x.css'>", "loads //example.org/x.css"),
    ],
)
def test_the_walk_finds_mistakes(small_site, body, complaint):
    (small_site / "page.html").write_text(body)
    assert complaints(small_site) == ([f"page.html: {complaint}"] if complaint else [])


def test_the_walk_reads_style_sheets(small_site):
    (small_site / "x.css").write_text("@font-face { src: url('https://example.org/x.woff') } a { b: url(x.png) }")
    assert complaints(small_site) == ["x.css: loads https://example.org/x.woff"]


def test_the_report_of_the_demo(open_page, overflow, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "filterbank", "demo", "--quick", "--seed", "1", "--out", "report"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with open_page(tmp_path / "report" / "report.html", viewport=DESK) as (page, heard):
        require_whole(page, heard)
        assert page.locator("img").count() == 7
    with open_page(tmp_path / "report" / "report.html", viewport=PHONE) as (page, _):
        assert overflow(page) <= 0
