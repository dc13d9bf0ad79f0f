"""How the layers are imported: one module under two names, and a clear error without Keras."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import filterbank

ROOT = Path(filterbank.__file__).resolve().parent.parent


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code as a script of a folder."""
    script = folder / "script.py"
    script.write_text(code)
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


needs_checkout = pytest.mark.skipif(not (ROOT / "layers").is_dir(), reason="filterbank is not run from its checkout")


@needs_checkout
def test_layers_imported_from_the_checkout_is_the_same_module(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import layers
import filterbank.layers
assert layers is filterbank.layers is sys.modules["layers"], (layers, filterbank.layers)
assert layers.__name__ == "filterbank.layers"
from layers import BasisConv2D
assert BasisConv2D is filterbank.layers.BasisConv2D
import keras
assert keras.saving.get_registered_object("filterbank>BasisConv2D") is BasisConv2D
del sys.modules["layers"]
import layers as again
assert again is filterbank.layers
"""
    result = python(code, tmp_path)
    assert result.returncode == 0, result.stderr


def test_layers_file_beside_a_users_script_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("mine = 3\n")
    code = """
import layers
import filterbank.layers
import keras, filterbank as fb
assert layers.mine == 3
assert layers is not filterbank.layers
layer = filterbank.layers.BasisConv2D(2, fb.dct(3, n=2), kernel_initializer="zeros")
layer.build((None, 5, 5, 1))
print(layer.verify())
"""
    result = python(code, tmp_path)
    assert result.returncode == 0, result.stderr
    assert "basis identical to its bank" in result.stdout


BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
import filterbank as fb
assert len(fb.dct(3)) == 9
try:
    import filterbank.layers
except ImportError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(("names", "missing"), [(("keras",), "keras"), (("tensorflow",), "tensorflow")])
def test_without_keras_or_a_backend_the_error_says_what_to_install(
    tmp_path: Path, names: tuple[str, ...], missing: str
) -> None:
    result = python(BLOCKED.format(names=names), tmp_path, KERAS_BACKEND="tensorflow")
    assert result.returncode == 0, result.stderr
    expected = f"ImportError filterbank.layers needs Keras 3 and a backend (No module named '{missing}"
    assert result.stdout.startswith(expected), result.stdout
    assert 'pip install "filterbank[tensorflow]", or "filterbank[jax]" and set KERAS_BACKEND=jax' in result.stdout


def test_old_keras_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("__version__ = '2.15.0'\n")
    code = """
try:
    import filterbank.layers
except ImportError as error:
    print(error)
"""
    result = python(code, tmp_path)
    assert result.stdout.strip() == "filterbank.layers needs Keras 3, got 2.15.0; pip install -U keras", result.stderr


def test_core_works_and_loads_no_keras(tmp_path: Path) -> None:
    code = """
import sys
import filterbank as fb
fb.gabor(5)
assert not {"keras", "tensorflow", "jax", "torch"} & set(sys.modules)
"""
    result = python(code, tmp_path)
    assert result.returncode == 0, result.stderr


def test_public_names_say_that_they_are_ours() -> None:
    import filterbank.layers

    assert {"BasisConv2D", "FrozenBasisError", "KernelHistory", "Verification", "fold"} < set(filterbank.layers.__all__)
    for name in filterbank.layers.__all__:
        assert getattr(filterbank.layers, name).__module__.startswith("filterbank.layers")
