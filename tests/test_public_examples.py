"""The examples of the docstrings run and print what they say."""

import doctest

import matplotlib.pyplot as plt
import pytest

import filterbank as fb

WITHOUT_EXAMPLES = {"BankWarning"}
NAMES = sorted(name for name in fb.__all__ if name not in ("analysis", "layers", "plot", *WITHOUT_EXAMPLES))
ANALYSES = [f"analysis.{name}" for name in fb.analysis.__all__]
PLOTS = [f"plot.{name}" for name in fb.plot.__all__]
LAYERS = [f"layers.{name}" for name in fb.layers.__all__ if name != "FrozenBasisError"]


def examples_of(name):
    """Find the examples of a function, or of a class and its methods."""
    thing = fb
    for part in name.split("."):
        thing = getattr(thing, part)
    # With its module, so that of a layer only our own methods count, and not those of the Keras layer it stands for.
    found = doctest.DocTestFinder().find(thing, name, globs={})
    return [test for test in found if test.examples]


@pytest.fixture(autouse=True)
def folder_and_figures(tmp_path, monkeypatch):
    """Let examples write files, and draw without a screen."""
    plt.switch_backend("Agg")
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.mark.parametrize("name", [*NAMES, *ANALYSES, *PLOTS, *LAYERS])
def test_examples(name):
    tests = examples_of(name)
    assert tests
    report = []
    for test in tests:
        outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
        assert outcome.failed == 0, "".join(report)
        assert outcome.attempted > 0


def test_a_wrong_example_is_noticed():
    def wrong():
        """Add.

        >>> 1 + 1
        3
        """

    (test,) = doctest.DocTestFinder().find(wrong, "wrong", module=False, globs={})
    assert doctest.DocTestRunner().run(test, out=lambda text: None).failed == 1
