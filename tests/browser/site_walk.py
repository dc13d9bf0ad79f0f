"""A walk over the built site: links lead somewhere, pictures say what they show, nothing comes from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADED = {"script": "src", "img": "src", "source": "src", "video": "src", "audio": "src", "iframe": "src"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "shortcut icon", "manifest"}


class Page(HTMLParser):
    """What a page links to, what it loads, its anchors, and its pictures without words."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.anchors, self.silent = [], [], {"", "top"}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") in LOADED_LINKS:
            self.loads.append(values["href"])
        if values.get(LOADED.get(tag)):
            self.loads.append(values[LOADED[tag]])
        self.loads += [part.split()[0] for part in (values.get("srcset") or "").split(",") if part.strip()]
        if tag == "img" and not (values.get("alt") or "").strip():
            self.silent.append(values.get("src"))


def is_elsewhere(address):
    """Whether an address leads out of the site."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "mailto")


def complaints(site):
    """Return what is wrong with a built site, one line each."""
    pages = {path: Page(path) for path in html_files(site)}
    found = []
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        found += [f"{name}: picture without words: {source}" for source in page.silent]
        found += [f"{name}: loads {address}" for address in page.loads if is_elsewhere(address)]
        local = [address for address in [*page.links, *page.loads] if not is_elsewhere(address)]
        found += [f"{name}: {why}" for address in local if (why := missing(address, path, pages))]
    return found + sheets_that_load(site)


def html_files(site):
    """Return the pages of a site, without the theme's templates."""
    return [path for path in sorted(site.rglob("*.html")) if path.relative_to(site).parts[0] != "_static"]


def missing(address, path, pages):
    """Say what a local address does not find, if anything."""
    if address.startswith(("data:", "javascript:")):
        return ""
    file, anchor = urldefrag(address)
    target = (path.parent / unquote(urlsplit(file).path)).resolve() if file else path
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        return f"there is no {address}"
    if target in pages and unquote(anchor) not in pages[target].anchors:
        return f"there is no anchor {address}"
    return ""


def sheets_that_load(site):
    """Return which style sheets load what from elsewhere."""
    pattern = re.compile(r"(?:url\(|@import)\s*['\"]?((?:https?:)?//[^'\")\s]+)")
    return [
        f"{path.relative_to(site).as_posix()}: loads {address}"
        for path in sorted(site.rglob("*.css"))
        for address in pattern.findall(path.read_text(encoding="utf-8"))
    ]


def pages_under(site, folder):
    """Return the pages in a folder of the site, as addresses."""
    return sorted(path.relative_to(site).as_posix() for path in Path(site, folder).glob("*.html"))
