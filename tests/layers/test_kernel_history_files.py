"""`KernelHistory`: its files."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank.layers import KernelHistory

BATCHES = 4  # of the eight images, two at a time


def test_file_holds_everything_exactly(nested: Any, fit: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.npz"
    history = fit(nested, KernelHistory(path, every=3))
    back = KernelHistory.load(path)
    np.testing.assert_array_equal(back.steps, history.steps)
    np.testing.assert_array_equal(back.epochs, history.epochs)
    assert back.banks == history.banks
    assert back.transposed == history.transposed == set()
    assert list(back.coefficients) == list(history.coefficients)
    for name, recorded in history.coefficients.items():
        assert back.coefficients[name].tobytes() == recorded.tobytes()
        assert back.coefficients[name].dtype == recorded.dtype
        assert back.banks[name].recipe == history.banks[name].recipe
        np.testing.assert_array_equal(back.kernels(name), history.kernels(name))
    assert [entry.name for entry in tmp_path.iterdir()] == ["history.npz"]
    with np.load(path, allow_pickle=False) as archive:
        assert {"steps", "epochs", "layers"} <= set(archive.files)


def test_file_is_written_after_every_epoch(model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path) -> None:
    path = tmp_path / "history.npz"
    seen = []

    class Reader(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append(KernelHistory.load(path).steps.tolist())

    fit(model_on(bank), KernelHistory(path), Reader())
    assert seen == [[0, BATCHES], [0, BATCHES, 2 * BATCHES]]


def test_history_can_be_saved_afterwards(model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path) -> None:
    history = fit(model_on(bank), KernelHistory(), epochs=1)
    history.save(tmp_path / "later.npz")
    assert KernelHistory.load(tmp_path / "later.npz").steps.tolist() == [0, BATCHES]


@pytest.fixture
def written(model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path) -> Path:
    """Return the path of a history that was written."""
    path = tmp_path / "history.npz"
    fit(model_on(bank), KernelHistory(path), epochs=1)
    return path


def rewritten(path: Path, **changes: Any) -> None:
    """Write the file again with other arrays; None leaves one out."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def test_truncated_file_is_refused(written: Path) -> None:
    written.write_bytes(written.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is not a filterbank history file, or is damaged"):
        KernelHistory.load(written)


def test_flipped_byte_is_refused(written: Path) -> None:
    content = bytearray(written.read_bytes())
    content[content.index(b"layers.npy") + 60] ^= 0xFF  # behind the header, in which not every byte counts
    written.write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        KernelHistory.load(written)


def test_file_of_a_bank_is_refused(bank: fb.FilterBank, tmp_path: Path) -> None:
    bank.save(tmp_path / "bank.npz")
    with pytest.raises(ValueError, match="is a filterbank bank file, not a history file"):
        KernelHistory.load(tmp_path / "bank.npz")


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KernelHistory.load(tmp_path / "nothing.npz")


INCONSISTENT = {
    "no steps": {"steps": None},
    "no epochs": {"epochs": None},
    "no layers": {"layers": None},
    "no coefficients": {"coefficients_0": None},
    "layers not JSON": {"layers": np.array("{")},
    "layers a list": {"layers": np.array("[]")},
    "layer a number": {"layers": np.array('{"filters": 3}')},
    "bank without values": {"layers": np.array('{"filters": {"bank": {"filters": 3}, "parts": ["coefficients"]}}')},
    "more steps": {"steps": np.arange(5)},
    "one step": {"steps": np.array(3)},
    "more epochs": {"epochs": np.arange(5.0)},
    "other filters": {"coefficients_0": np.zeros((2, 9, 3, 2))},
    "more records": {"coefficients_0": np.zeros((5, 4, 3, 2))},
    "no steps at the ends of epochs": {"steps_at": None},
    "flat steps at the ends of epochs": {"steps_at": np.arange(3)},
    "flat records": {"coefficients_0": np.zeros(4)},
}


@pytest.mark.parametrize("case", INCONSISTENT)
def test_inconsistent_file_is_refused(written: Path, case: str) -> None:
    KernelHistory.load(written)
    rewritten(written, **INCONSISTENT[case])
    with pytest.raises(ValueError, match="is a damaged filterbank history file"):
        KernelHistory.load(written)
