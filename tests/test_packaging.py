"""What goes into the wheel is what stands in the tree."""

import fnmatch
import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = SETTINGS["tool"]["setuptools"]
LAYERS = "filterbank.layers"


def packages_under(folder, name):
    """Yield the packages in a folder by name; links are not followed."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if one != "__pycache__" and not (Path(path) / one).is_symlink())
        if "__init__.py" in files:
            yield ".".join([name, *Path(path).relative_to(folder).parts])


def folder_of(package):
    mapped = SETUPTOOLS["package-dir"].get(package)
    return ROOT / (mapped or package.replace(".", "/"))


def test_the_list_of_packages_is_the_tree():
    tree = [*packages_under(ROOT / "filterbank", "filterbank"), *packages_under(ROOT / "layers", LAYERS)]
    assert sorted(SETUPTOOLS["packages"]) == sorted(tree)


def test_every_folder_of_code_is_a_package():
    for top in ("filterbank", "layers"):
        for path in (ROOT / top).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path.relative_to(ROOT)


@pytest.mark.parametrize("package", SETUPTOOLS["packages"])
def test_files_that_are_no_modules_are_package_data(package):
    patterns = [pattern for name in ("", package) for pattern in SETUPTOOLS["package-data"].get(name, [])]
    others = [
        path.name for path in folder_of(package).iterdir() if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    missing = [name for name in others if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    assert not missing


def test_layers_stand_at_the_top_and_are_seen_through_a_relative_link():
    link = ROOT / "filterbank" / "layers"
    assert link.is_symlink()
    assert os.readlink(link) == "../layers"
    assert link.resolve() == (ROOT / "layers").resolve()
    assert SETUPTOOLS["package-dir"] == {LAYERS: "layers"}
    assert "layers" not in SETUPTOOLS["packages"]


def test_the_version_stands_in_one_place():
    assert SETTINGS["project"]["dynamic"] == ["version"]
    assert SETUPTOOLS["dynamic"]["version"] == {"attr": "filterbank.__version__"}


def test_the_typing_marker_is_shipped():
    assert "py.typed" in SETUPTOOLS["package-data"]["filterbank"]


def test_keras_is_an_extra_and_not_needed():
    needed = " ".join(SETTINGS["project"]["dependencies"])
    assert "keras" not in needed
    for backend in ("tensorflow", "jax", "torch"):
        assert backend not in needed
        assert any(entry.startswith("keras") for entry in SETTINGS["project"]["optional-dependencies"][backend])
