"""The examples of every docstring run as they stand, in an empty folder."""

import doctest
import importlib
import pkgutil

import pytest

import filterbank


def modules():
    """Return the names of all modules that have examples."""
    found = (module.name for module in pkgutil.walk_packages(filterbank.__path__, "filterbank."))
    return [name for name in found if not name.endswith("__main__") and examples_of(name)]


def examples_of(name):
    finder = doctest.DocTestFinder()
    return [test for test in finder.find(importlib.import_module(name)) if test.examples]


@pytest.mark.parametrize("name", modules())
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    runner = doctest.DocTestRunner(verbose=False)
    for test in examples_of(name):
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0
    assert runner.tries > 0
