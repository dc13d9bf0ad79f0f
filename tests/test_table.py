"""Results as tables, and how all of them show themselves in a notebook."""

import html
import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from pages import Page, page_of

import filterbank as fb
from filterbank import analysis
from filterbank._table import FIRST, LAST, MOST_ROWS, Code, Table, facts, paragraphs, shows_itself

RNG = np.random.default_rng(0)
KERNELS = RNG.normal(size=(7, 7, 3, 4))
BANK = fb.gabor(7)
HISTORY = SimpleNamespace(
    coefficients={"first": None},
    kernels=lambda name: RNG.normal(size=(40, 3, 3, 2, 2)),
    steps=list(range(40)),
    epochs=list(range(40)),
)
RESULTS = {
    "BankReport": lambda: analysis.report(BANK),
    "Candidate": lambda: analysis.suggest(KERNELS, 3).ranking[0],
    "CoefficientSpectrum": lambda: analysis.coefficient_spectrum(KERNELS, BANK),
    "Comparison": lambda: analysis.compare(KERNELS, ["dct", "gabor"], n=4),
    "Coverage": lambda: analysis.coverage(BANK),
    "Drift": lambda: analysis.drift(HISTORY)["first"],
    "EnergyCurve": lambda: analysis.energy_curve(KERNELS, BANK),
    "FrameBounds": lambda: analysis.frame_bounds(BANK),
    "GaborFit": lambda: analysis.fit_gabor(KERNELS[:, :, :1, :2], starts=1),
    "KernelMetrics": lambda: analysis.kernel_metrics(KERNELS),
    "Projection": lambda: analysis.project(KERNELS, BANK),
    "Reconstruction": lambda: analysis.perfect_reconstruction(BANK),
    "RotationError": lambda: analysis.rotation_error(BANK, 2),
    "ShiftInvariance": lambda: analysis.shift_invariance(BANK),
    "Suggestion": lambda: analysis.suggest(KERNELS, 3),
    "Tuning": lambda: analysis.tuning(BANK),
    "PatchMoments": lambda: fb.patch_moments(RNG.normal(size=(9, 9)), 3),
}
PARTS = {"ComparedBank"}  # rows of results, which show them


def test_every_result_is_in_the_table_above():
    classes = {name for name in analysis.__all__ if inspect.isclass(getattr(analysis, name))}
    assert classes - PARTS == set(RESULTS) - {"PatchMoments"}


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_shows_in_a_notebook_what_it_prints(name):
    result = RESULTS[name]()
    assert type(result).__name__ == name
    page, text = page_of(result), str(result)
    shown = "".join(" ".join(page.texts).split())
    for line in text.splitlines():
        if name == "BankReport" and line == repr(result.bank).strip("<>"):
            continue  # the page has the bank's own table
        for word in line.removeprefix("- ").split():
            assert word in shown
    assert len(result._repr_html_().encode()) < 100_000


@pytest.mark.parametrize("name", [name for name in RESULTS if hasattr(getattr(analysis, name, None), "_table")])
def test_tables_have_the_rows_of_the_text_numbers_on_the_right(name):
    result = RESULTS[name]()
    given = result._table()
    page = Page(given.html())
    assert [row[0] for row in page.rows[1:]] == [cell[0] for cell in given.rows]
    assert page.rows[1:] == [list(row) for row in given.rows]
    cells = given.html().split("<tbody>")[1].split("<tr>")[1].split("<t")[1:]
    sides = ["left" if "text-align:left" in cell else "right" for cell in cells if cell[0] in "hd"]
    assert sides == ["left" if index in given.texts else "right" for index in range(len(given.head))]


@pytest.mark.parametrize("texts", [(), (0,), (0, 2)])
def test_text_is_aligned_texts_left_numbers_right(texts):
    lines = str(Table(("a", "number", "unit"), [("bc", "1", "m"), ("d", "100000000", "")], texts=texts)).splitlines()
    left = {True: str.ljust, False: str.rjust}
    for line, row in zip(lines, [("a", "number", "unit"), ("bc", "1", "m"), ("d", "100000000", "")], strict=True):
        cells = [left[index in texts](cell, (2, 9, 4)[index]) for index, cell in enumerate(row)]
        assert line == "  ".join(cells).rstrip()


def test_notes_follow_and_stand_alone():
    noted = Table(("a",), [("1",)], note="two & two")
    assert str(noted) == "a\n1\ntwo & two"
    assert Page(noted.html()).texts == ["a", "1", "two & two"]
    alone = Table((), (), note="nothing")
    assert str(alone) == "nothing"
    assert alone.html() == paragraphs("nothing")


def test_units_stand_below_the_names():
    page = Page(Table(("filter", "angle"), [("0", "45")], texts=(), units=("", "degrees")).html())
    assert page.rows[0] == ["filter", "angledegrees"]
    tuned = page_of(analysis.tuning(BANK)).rows[0]
    assert tuned[:5] == ["filter", "frequencycycles per pixel", "angledegrees", "bandwidthoctaves", "widthdegrees"]


def test_the_report_has_units():
    found = analysis.report(BANK)
    units = {name: unit for name, _, unit in found.rows()}
    assert units["lowest frequency"] == units["highest frequency"] == "cycles per pixel"
    assert units["most energy at the edge"] == "of a filter's energy"
    assert units["effective rank"] == "equally strong directions"
    assert [row for row in page_of(found).rows if len(row) == 3][1:] == [list(row) for row in found.rows()]
    lines = str(found).splitlines()
    assert sum(line.endswith("cycles per pixel") for line in lines) == 2


@pytest.mark.parametrize("count", [1, MOST_ROWS, MOST_ROWS + 1, 10_000])
def test_long_tables_show_both_ends_and_say_so(count):
    rows = [(str(index), "x" * 10) for index in range(count)]
    page = Page(Table(("index", "value"), rows).html())
    names = [row[0] for row in page.rows[1:]]
    if count <= MOST_ROWS:
        assert names == [str(index) for index in range(count)]
        return
    said = f"{count - FIRST - LAST} rows more; print shows them"
    ends = [*range(FIRST), *range(count - LAST, count)]
    assert names == [*map(str, ends[:FIRST]), said, *map(str, ends[FIRST:])]


def test_a_thousand_filters_stay_light():
    bank = fb.random(4, n=16, rng=0)
    many = fb.FilterBank(np.concatenate([bank.filters] * 63)[:1000])
    for result in (analysis.tuning(many), analysis.report(many), analysis.coefficient_spectrum(KERNELS[:4, :4], many)):
        assert 2_000 < len(result._repr_html_().encode()) < 100_000


def test_cells_titles_and_notes_are_escaped():
    wild = "<b>&'\""
    given = Table((wild,), [(wild,)], units=(wild,), note=wild, title=wild)
    for text in (given.html(), facts([(wild, Code(wild))], title=wild), paragraphs(wild)):
        assert "<b>" not in text
        page = Page(text)
        assert wild in page.texts
        assert f"aria-label='{html.escape(wild)}'" in text or "<table" not in text


def test_code_is_marked_and_wraps():
    text = facts([("recipe", Code("fb.dct(5)")), ("family", "dct")])
    assert text.count("<code") == 1
    assert "<code style='white-space:pre-wrap;overflow-wrap:anywhere'>fb.dct(5)</code>" in text


def test_what_a_class_says_itself_stays():
    @shows_itself
    class Own:
        def _table(self):
            return Table(("a",), [("1",)])

        def _repr_html_(self):
            return "mine"

    assert str(Own()) == "a\n1"
    assert Own()._repr_html_() == "mine"
