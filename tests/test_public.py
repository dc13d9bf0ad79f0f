"""The public face: exactly the names of the stub, each loaded when it is first used, and no heavy import before."""

import ast
import inspect
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import filterbank as fb
from filterbank.families import FAMILIES

STUB = Path(fb.__file__).with_suffix(".pyi")
HEAVY = (
    "scipy",
    "skimage",
    "matplotlib",
    "pywt",
    "sklearn",
    "PIL",
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "typer",
    "rich",
)


def names_of_the_stub():
    imports = [node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ImportFrom)]
    aliases = [alias for node in imports for alias in node.names]
    # "import x as x" is how a stub says that x is public.
    assert all(alias.asname == alias.name for alias in aliases)
    return [alias.name for alias in aliases]


def run(code):
    """Run Python in a fresh process, in which nothing is loaded yet."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_names_are_those_of_the_stub():
    names = names_of_the_stub()
    assert len(set(names)) == len(names)
    assert sorted([*fb.__all__, "layers"]) == sorted(names)
    assert sorted(dir(fb)) == sorted(names)


def test_the_design_s_names_are_there():
    promised = {
        *("FilterBank", "BankWarning", "load", "make", "catalogue", "compose", "decompose", "apply"),
        *("normalize", "zero_mean", "orthonormalize", "concatenate", "plot", "layers"),
        *("gabor", "dct", "hermite", "gaussian_derivative", "pca", "wavelet", "wavelet_basis", "delta", "random"),
    }
    assert promised <= set(dir(fb))


@pytest.mark.parametrize("name", sorted(set(names_of_the_stub()) - {"layers"}))
def test_every_name_can_be_used(name):
    thing = getattr(fb, name)
    assert inspect.ismodule(thing) or callable(thing)
    assert inspect.getdoc(thing)


@pytest.mark.parametrize(
    ("name", "tail"), [("garbor", "; did you mean 'gabor'?"), ("normalise", "; did you mean 'normalize'?"), ("qqq", "")]
)
def test_an_unknown_name_is_an_attribute_error(name, tail):
    with pytest.raises(AttributeError) as caught:
        getattr(fb, name)
    assert str(caught.value) == f"module 'filterbank' has no attribute {name!r}{tail}"
    assert not hasattr(fb, name)


def test_python_adds_no_second_guess():
    done = subprocess.run(
        [sys.executable, "-c", "import filterbank as fb; fb.gabr"], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1].lower().count("did you mean") == 1


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_is_a_top_level_function(family):
    assert getattr(fb, family.name) is family.function
    signature = inspect.signature(family.function)
    assert signature.return_annotation == "FilterBank"
    assert inspect.getdoc(family.function).startswith(("Make", "Learn"))


def test_no_module_bears_the_name_of_a_public_function():
    """Else importing the module would hide the function."""
    package = Path(fb.__file__).parent
    modules = {path.stem for path in package.glob("*") if path.suffix in ("", ".py")}
    assert modules & set(dir(fb)) == {"analysis", "plot", "layers"}


def test_importing_loads_nothing_heavy():
    loaded = run("import sys, filterbank; print(*{name.split('.')[0] for name in sys.modules})")
    assert "filterbank" in loaded
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize(
    ("use", "needed"),
    [
        ("fb.FilterBank([[1.0, 2.0]])", set()),
        ("fb.load", set()),
        ("fb.compose([[1.0]], [[1.0, 2.0]])", set()),
        ("fb.dct(5)", {"scipy", "pywt"}),
        ("fb.pca([[1, 2], [3, 5]], (1, 2), 1)", {"scipy", "pywt"}),
        ("fb.apply([[1.0]], [[[1.0]]])", {"scipy"}),
    ],
)
def test_each_name_loads_what_it_needs(use, needed):
    loaded = run(f"import sys, filterbank as fb; {use}; print(*{{name.split('.')[0] for name in sys.modules}})")
    assert set(HEAVY) & set(loaded) == needed


def test_the_version_is_that_of_the_package():
    assert metadata.version("filterbank") == fb.__version__


def test_the_package_is_typed():
    assert Path(fb.__file__).with_name("py.typed").exists()
