"""Every public name has a complete numpydoc docstring that agrees with its signature."""

import importlib
import inspect

import pytest
from numpydoc.validate import Validator, validate

# What numpydoc asks for and we do not: an extended summary, a See Also, examples of methods, "Return" for "The".
OPTIONAL = {"ES01", "SA01", "SS05"}
MODULES = ("filterbank", "filterbank.analysis", "filterbank.plot", "filterbank.layers")


def public_names():
    for module in MODULES:
        for name in importlib.import_module(module).__all__:
            thing = getattr(importlib.import_module(module), name)
            if inspect.ismodule(thing):
                continue
            yield f"{module}.{name}"
            if inspect.isclass(thing) and thing.__module__.startswith("filterbank"):
                yield from (f"{module}.{name}.{method}" for method in own_methods(thing))


def own_methods(thing):
    return [
        name
        for name, value in vars(thing).items()
        if not name.startswith(("_", "on_")) and (inspect.isfunction(value) or isinstance(value, classmethod))
    ]


def needs_no_example(name):
    thing = Validator._load_obj(name)
    return name.split(".")[-2][0].isupper() or (inspect.isclass(thing) and issubclass(thing, Exception))


def complaints(name):
    for code, text in validate(name)["errors"]:
        if code not in OPTIONAL and not (code == "EX01" and needs_no_example(name)):
            yield f"{code} {text}"


@pytest.mark.parametrize("name", list(public_names()))
def test_docstring_is_complete(name):
    assert not list(complaints(name))


def test_validation_finds_a_missing_parameter():
    def incomplete(size):
        """Do something.

        Returns
        -------
        int
            Nothing.
        """

    inspect.getmodule(incomplete).incomplete = incomplete
    assert any(text.startswith("PR01") for text in complaints(f"{__name__}.incomplete"))
