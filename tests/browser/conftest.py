"""Pages in a real browser: Playwright's driver with the system's Chromium."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOCAL = ("file:", "data:", "blob:", "about:")


@dataclass
class Heard:
    """What a page said and asked for while it was open."""

    errors: list[str] = field(default_factory=list)  # of the console, and exceptions that nobody caught
    requests: list[str] = field(default_factory=list)  # every address, the page's own too

    @property
    def external(self):
        """The addresses outside this machine's files."""
        return [address for address in self.requests if not address.startswith(LOCAL)]


@pytest.fixture(scope="module")
def browser():
    """Return Chromium. It closes with the module: its event loop must not outlive its tests."""
    driver = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with driver.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def open_page(browser):
    """Return a context manager that opens an address (or a path) and yields the page and what was `Heard`.

    It takes the settings of Playwright's `browser.new_page`: `viewport`, `color_scheme`, `reduced_motion` and so on.
    """

    @contextmanager
    def opened(address, **settings):
        page = browser.new_page(**settings)
        heard = Heard()
        page.on("console", lambda message: heard.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: heard.errors.append(str(error)))
        page.on("request", lambda request: heard.requests.append(request.url))
        page.goto(address.as_uri() if hasattr(address, "as_uri") else address)
        try:
            yield page, heard
        finally:
            page.close()

    return opened


@pytest.fixture
def overflow():
    """Return a function that says by how many pixels a page is wider than its window."""
    return lambda page: page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture(scope="module")
def explorer(tmp_path_factory):
    """Return the path of the explorer's page."""
    from filterbank import _explorer

    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    _explorer.write(path)
    return path


@pytest.fixture
def explorer_page(open_page, explorer):
    """Return the explorer on a desk; in the end it must have said nothing wrong and asked nobody for anything."""
    with open_page(explorer, viewport={"width": 1280, "height": 900}) as (page, heard):
        yield page
        assert heard.requests
        assert heard.errors == []
        assert heard.external == []
