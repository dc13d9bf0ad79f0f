"""The explorer's page as a file; tests/browser uses it."""

import base64
import json
import re

import numpy as np
import pytest

import filterbank as fb
from filterbank import _explorer
from filterbank.cli import app
from filterbank.families import KINDS


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "page.html"
    _explorer.write(path)
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def data(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1))


def test_every_family_is_computed_or_a_table_or_left_out(text, data):
    computed = re.findall(r'^family\(\s*"(\w+)"', text, re.MULTILINE)
    assert len(computed) == len(set(computed))
    assert sorted([*computed, *data["tables"], *_explorer.LEFT_OUT]) == sorted(fb.catalogue())
    assert sorted(data["about"]) == sorted([*computed, *data["tables"]])


def test_the_page_is_one_small_file_that_names_no_other(text):
    assert len(text.encode()) < 2_000_000
    assert "{{" not in text.split("<script", 1)[0]
    assert not re.search(r'(?:src|href)="(?!data:)|url\(|@import|\bimport\s*\(|fetch\(|XMLHttpRequest', text)
    assert "http://" not in text
    assert "https://" not in text


def test_the_page_of_a_site_leads_back_to_it(text, tmp_path):
    path = tmp_path / "page.html"
    _explorer.write(path, home="index.html")
    assert re.findall(r'<a href="(.*?)"', path.read_text(encoding="utf-8")) == ["index.html"]
    assert "<nav>" not in text


def test_families_are_in_the_order_of_the_catalogue(data):
    assert list(data["about"]) == [name for name in fb.catalogue() if name not in _explorer.LEFT_OUT]
    groups = {name: about["group"] for name, about in data["about"].items()}
    assert groups == {one.name: kind for kind, rows in KINDS.items() for one in rows if one.name in groups}
    assert data["about"]["dct"]["title"] == fb.catalogue()["dct"].title
    assert data["about"]["zernike"]["help"]["radius"] == (
        "Radius of the disk in pixels, at most the default: half the shortest side."
    )


def test_tables_hold_the_filters_to_the_last_digit(data):
    table = data["tables"]["random"]
    for bank in table["banks"]:
        size, count = bank["size"], min(32, bank["size"] ** 2)
        values = np.frombuffer(base64.b64decode(bank["filters"]), "<f8").reshape(count, size, size)
        made = fb.random(size, n=count, norm=None, **bank["arguments"])
        np.testing.assert_array_equal(values, made.filters)
        assert bank["truncated"] is (size**2 >= 32)
    assert {bank["size"] for bank in table["banks"]} == set(table["sizes"])


def test_constants_are_the_families_own(data):
    constants = data["constants"]
    # The order of Laws' vectors is that of the filters.
    assert list(constants["laws"]) == ["L5", "E5", "S5", "W5", "R5"]
    sobel = constants["gradients"]["sobel"]
    np.testing.assert_array_equal(np.reshape(sobel["masks"], (2, 3, 3)), fb.gradient(3, norm=None).filters)


def run(capsys, *words):
    """Return exit status, stdout and stderr of the command."""
    with pytest.raises(SystemExit) as stop:
        app(["explore", *words], prog_name="filterbank")
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_the_command_writes_the_page(capsys, tmp_path, text):
    path = tmp_path / "page.html"
    assert run(capsys, "-o", str(path)) == (0, f"written to {path}\n", "")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("there_is_a_browser", [True, False])
def test_the_command_opens_the_page_if_asked(capsys, tmp_path, monkeypatch, there_is_a_browser):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or there_is_a_browser)
    path = tmp_path / "page.html"
    status, out, err = run(capsys, "-o", str(path), "--open")
    assert opened == [path.as_uri()]
    assert out == f"written to {path}\n"
    if there_is_a_browser:
        assert (status, err) == (0, "")
    else:
        assert (status, err) == (2, f"filterbank: there is no browser to open: open {path} yourself\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "page.png"], "--output must be a .html file, got 'page.png'; write -o page.html"),
        (["-o", "no/such/folder/page.html"], "cannot write 'no/such/folder/page.html': No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_said_in_one_line(capsys, monkeypatch, tmp_path, words, said):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, *words) == (2, "", f"filterbank: {said}\n")
