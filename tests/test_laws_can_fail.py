"""The laws of `test_laws.py` seen at work: a toy family obeys them, and each has a family that breaks it."""

import itertools
import math
import re
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase
from test_laws import ALWAYS, PROMISED, cases, hold, laws_of

import filterbank as fb
from filterbank import _check, _recipes
from filterbank.families import FAMILIES, Family
from filterbank.families._family import Draft, makes_bank


def family_of_contributing():
    """Return the family that CONTRIBUTING adds to show how: its row, made of the two pieces of code on that page."""
    page = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
    function, row = re.findall(r"```python\n(.*?)```", page.partition("## Add a family")[2], re.DOTALL)[:2]
    names = {"np": np, "math": math, "_check": _check, "makes_bank": makes_bank, "Draft": Draft, "Family": Family}
    exec(textwrap.dedent(function), names)
    return eval(textwrap.dedent(row).strip().rstrip(","), names)


TOY = family_of_contributing()
toy = TOY.function


def registered(monkeypatch, function, *promises, **row):
    """Add one row to the table, as the author of a new family would."""
    family = Family(function, "A toy.", "this file", promises=promises, **row)
    monkeypatch.setattr(_recipes, "FAMILIES", (*FAMILIES, family))
    return family


def test_a_toy_family_is_held_by_every_law(monkeypatch):
    family = registered(monkeypatch, toy, *TOY.promises)
    assert set(laws_of(family)) == {*ALWAYS, *TOY.promises}
    assert len(cases((*FAMILIES, family))) == len(cases(FAMILIES)) + len(ALWAYS) + len(TOY.promises)
    for law in laws_of(family).values():
        hold(family, law)


def test_a_promise_that_no_law_knows_is_refused():
    with pytest.raises(KeyError, match="elegant"):
        laws_of(Family(toy, "Pixels.", "this file", promises=("elegant",)))


def lie(label):
    """Make a family from a function of the window that gives rows of pixels, and perhaps of `n`."""

    def decorate(rows):
        @makes_bank(label)
        def family(size, n=None, *, strict=False, norm="l2"):
            window = _check.size(size, family="family")
            return Draft(rows(window, n).reshape(-1, *window), {})

        return family

    return decorate


def pixels_of(window, n=None):
    return np.eye(math.prod(window))


@makes_bank("lie")
def too_large(size, n=None, *, strict=False, norm="l2"):
    window = tuple(side + 1 for side in _check.size(size, family="too_large"))
    return Draft(pixels_of(window).reshape(-1, *window), {})


def int_is_a_line(size, n=None, *, strict=False, norm="l2"):
    return toy((size,) if isinstance(size, int) else size, n, strict=strict, norm=norm)


def without_norm(size, n=None, *, strict=False, norm="l2"):
    return fb.FilterBank(2 * toy(size, n).filters)


def clamped(size, n=None, *, strict=False, norm="l2"):
    return toy(size, min(n or math.inf, len(toy(size))), norm=norm)


def forgets_n(size, n=None, *, strict=False, norm="l2"):
    bank = toy(size, n, norm=norm)
    return fb.FilterBank(bank.filters, family="forgets_n", recipe={**bank.recipe, "family": "forgets_n", "n": None})


def swallows(size, n=None, *, strict=False, norm="l2", **more):
    return toy(size, n, norm=norm)


@makes_bank("lie")
def ignores_rng(size, n=None, *, rng=None, strict=False, norm="l2"):
    window = _check.size(size, family="ignores_rng")
    return Draft(pixels_of(window).reshape(-1, *window), {})


@makes_bank("lie")
def ignores_images(images, size, n=None, *, strict=False, norm="l2"):
    window = _check.size(size, family="ignores_images")
    return Draft(pixels_of(window).reshape(-1, *window), {}, learned_from={"images": {"sha256": ""}})


def along_the_bars(size, n=None, *, strict=False, norm="l2"):
    bank = fb.leung_malik(size, n, norm=norm)
    along = bank.parameters["orientation"] + np.pi / 2
    return fb.FilterBank(bank.filters, parameters={"orientation": along}, family="along_the_bars")


def only_warns(size, n=None, *, strict=False, norm="l2"):
    warnings.warn("the filters are plain", fb.BankWarning, stacklevel=2)
    return toy(size, n, norm=norm)


CALLS = itertools.count()
LIES = {
    "values": too_large,
    "int is square": int_is_a_line,
    "prefix": lie("rolled by n")(lambda window, n: np.roll(pixels_of(window), n or 0, axis=0)),
    "norms": without_norm,
    "too many": clamped,
    "repeatable": lie("another each time")(lambda window, n: np.roll(pixels_of(window), next(CALLS), axis=0)),
    "recipe": forgets_n,
    "refuses dimensions": toy,
    "keywords": swallows,
    "strict": only_warns,
    "orthonormal": lie("steps")(lambda window, n: np.tri(math.prod(window))),
    "complete": lie("one short")(lambda window, n: pixels_of(window)[: max(1, math.prod(window) - 1)]),
    "independent": lie("twice")(lambda window, n: np.concatenate([pixels_of(window)] * 2)),
    "zero-mean": toy,
    "symmetric": toy,
    "separable": lie("no product")(lambda window, n: np.sqrt(1.0 + np.arange(math.prod(window)))[None]),
    "oriented": along_the_bars,
    "random": ignores_rng,
    "learned": ignores_images,
}


def test_every_law_has_a_family_that_breaks_it():
    assert set(LIES) == {*ALWAYS, *PROMISED}


@pytest.mark.parametrize("name", LIES)
def test_a_family_can_break_the_law(name, monkeypatch):
    needed = [name] if name in ("random", "learned") else []
    family = registered(monkeypatch, LIES[name], *needed, dimensions=(2,))
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        hold(family, {**ALWAYS, **PROMISED}[name], phases=[Phase.generate], report_multiple_bugs=False)
