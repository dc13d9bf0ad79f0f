"""What the site is made from: the names of its reference, the kinds of families, and the code of its guide."""

import itertools
import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import filterbank as fb
from filterbank.families import KINDS

ROOT = Path(__file__).parents[1]
SITE = ROOT / "gallery" / "_site"
GUIDE = sorted((SITE / "guide").glob("*.md"))
sys.path.insert(0, str(SITE))

from building import api, order, times  # noqa: E402
from building.words import words  # noqa: E402


def blocks(path):
    """Return the Python of a page."""
    return re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_every_public_name_stands_once_in_the_reference():
    placed = [name for section in api.sections() for name in section.names]
    modules = ("filterbank", "filterbank.analysis", "filterbank.plot", "filterbank.layers")
    public = [name for module in modules for name in api.public_names(module)]
    assert sorted(placed) == sorted(public)
    assert all(names for section in api.sections() for names in section.groups.values())


def test_families_stand_in_the_reference_by_their_kinds():
    (making,) = [section for section in api.sections() if section.file == "making"]
    assert list(making.groups)[1:] == list(KINDS)
    assert making.groups["Circular"] == [
        f"filterbank.{name}" for name in ("fourier_bessel", "circular_harmonic", "zernike")
    ]
    assert [name for kind in KINDS for name in making.groups[kind]] == [f"filterbank.{name}" for name in fb.catalogue()]


def test_steps_of_design_stand_under_design():
    (design,) = [section for section in api.sections() if section.file == "design"]
    assert sorted(design.names) == sorted(f"filterbank.{name}" for name in fb.design.__all__)


@pytest.mark.parametrize(
    ("name", "some", "none"),
    [
        ("FilterBank", {"save", "parameters", "recipe", "fingerprint"}, set()),
        ("layers.BasisConv2D", {"verify", "kernel", "bank", "enable_lora"}, {"add_weight", "build", "count_params"}),
        ("layers.KernelHistory", set(), {"set_model", "set_params", "on_epoch_end"}),
        ("analysis.FrameBounds", set(), {"count", "index"}),
    ],
)
def test_the_members_are_the_library_s_own(name, some, none):
    members = set(api.own_members(f"filterbank.{name}"))
    assert some <= members
    assert not none & members


def test_the_guide_names_its_pages_in_order():
    named = re.search(r"\{toctree\}.*?\n\n(.*?)\n```", (SITE / "guide" / "index.md").read_text(), re.DOTALL)[1].split()
    assert sorted(named) == sorted(path.stem for path in GUIDE if path.stem != "index")
    for page, following in itertools.pairwise(named):
        text = (SITE / "guide" / f"{page}.md").read_text(encoding="utf-8")
        assert re.findall(r"^Next: .*\((\w+)\.md\)", text, re.MULTILINE) == [following]


@pytest.mark.parametrize("path", [path for path in GUIDE if path.stem != "index"], ids=lambda path: path.stem)
def test_the_code_of_the_guide_runs(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    assert blocks(path)
    for block in blocks(path):
        exec(compile(block, path.name, "exec"), namespace)
        printed = capsys.readouterr().out
        assert bool(printed) == ("print(" in block), block
        assert "False" not in printed.splitlines()  # what a page compares is equal
        assert ("fb.plot." in block) == bool(plt.get_fignums()) or "plt.close" in block, block
        plt.close("all")


def test_the_five_lines_of_the_first_page_run():
    (block,) = blocks(SITE / "index.md")
    namespace = {}
    exec(block.replace("\n...", "\nlayer.build((None, 32, 32, 1))"), namespace)
    assert [weight.name for weight in namespace["layer"].trainable_weights] == ["coefficients", "bias"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_files_that_a_page_of_the_repository_links_to_exist(name):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_pictures_of_the_library_have_its_words():
    figure = fb.plot.filters(fb.dct(8, n=10))
    assert words(figure) == fb.plot.alt_text(figure)


def test_other_pictures_say_what_stands_at_their_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert words(figure) == "A picture that the code above it draws"
    figure.suptitle("Two\nways")
    left.set_title("small")
    left.plot([1, 2], label="dct")
    left.plot([2, 1], label="random")
    left.legend()
    left.set(xlabel="filters", ylabel="accuracy")
    right.set(title="large", xlabel="filters")
    assert words(figure) == "Two ways; small; large. accuracy over filters: dct, random. filters"
    for number, axes in enumerate(plt.figure().subplots(1, 9)):
        axes.set_title(str(number))
    assert words(plt.gcf()) == "0; 1; 2; 3; 4; 5 and 3 more"


def test_the_gallery_s_order_names_every_page_once():
    pages = [path.stem.removeprefix("plot_") for path in (ROOT / "gallery").glob("plot_*.py")]
    assert sorted(order.PAGES) == sorted(pages)
    assert order.place("plot_the_question.py") == 0


def test_pages_that_take_too_long_are_warned_of(monkeypatch, capsys):
    warned = []
    monkeypatch.setattr(times.log, "warning", lambda text, *values: warned.append(text % values))
    times.tell({"plot_a.py": 3.0, "plot_b.py": 61.0})
    assert warned == ["plot_b.py took 61 s, and no page of the gallery may take over 60 s"]
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["61.0", "s", "plot_b.py"],
        ["3.0", "s", "plot_a.py"],
    ]
