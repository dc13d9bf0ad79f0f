"""Interrupted training: `KernelHistory(path, resume=True)` goes on from its file, also after SIGKILL in mid-epoch."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank.layers import BasisConv2D, KernelHistory

ROOT = Path(fb.__file__).resolve().parent.parent
BANK, OTHER_BANK = fb.dct((4, 3), n=4), fb.random((4, 3), n=4, rng=3)
IMAGES = np.random.default_rng(0).normal(size=(8, 9, 8, 3)).astype("float32")
BATCHES = 4  # of the eight images, two at a time


def make(bank: Any = BANK, filters: int = 2, name: str = "filters") -> Any:
    """Return a model that begins the same each time."""
    keras.utils.set_random_seed(0)
    layer = BasisConv2D(filters, bank, name=name)
    return keras.Sequential([keras.Input(IMAGES.shape[1:]), layer, keras.layers.Flatten(), keras.layers.Dense(1)])


def fit(model: Any, history: Any, *others: Any, **arguments: Any) -> Any:
    """Train a model with a history and other callbacks after it, and return the history."""
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "mse", jit_compile=False)
    arguments = {"epochs": 4, "batch_size": 2, "verbose": 0, "shuffle": False, **arguments}
    model.fit(IMAGES, np.ones((len(IMAGES), 1)), callbacks=[history, *others], **arguments)
    return history


class Interrupt(keras.callbacks.Callback):
    """Stops a training in the middle of an epoch."""

    def __init__(self, epoch: int, batch: int = 2) -> None:
        super().__init__()
        self.last = (epoch, batch)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Take the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Raise at the time."""
        if (self.epoch, batch) == self.last:
            raise KeyboardInterrupt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the history is written."""
    return tmp_path / "history.npz"


@pytest.fixture
def backup(tmp_path: Path) -> Any:
    """Return a function that makes the callback which brings a training back."""
    return lambda save_freq="epoch": keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=save_freq)


def assert_same(found: KernelHistory, expected: KernelHistory) -> None:
    assert found.steps.tolist() == expected.steps.tolist()
    assert found.epochs.tolist() == expected.epochs.tolist()
    assert found.banks == expected.banks
    for name, values in expected.coefficients.items():
        assert np.isfinite(values).all()  # NaN would equal NaN
        np.testing.assert_array_equal(found.coefficients[name], values)


@pytest.mark.parametrize(("every", "epoch"), [("epoch", 0), ("epoch", 2), (1, 3), (3, 1)])
def test_resumed_history_is_that_of_an_uninterrupted_training(path: Path, backup: Any, every: Any, epoch: int) -> None:
    expected = fit(make(), KernelHistory(every=every))
    with pytest.raises(KeyboardInterrupt):
        fit(make(), KernelHistory(path, every=every, resume=True), backup(), Interrupt(epoch))
    assert path.exists() == (epoch > 0)
    resumed = fit(make(), KernelHistory(path, every=every, resume=True), backup())
    if every == 3:  # the record that training resumed from falls between the others
        keep = np.isin(resumed.steps, expected.steps)
        assert resumed.steps[~keep].tolist() == [epoch * BATCHES]
        assert resumed.epochs[~keep].tolist() == [epoch]
        np.testing.assert_array_equal(resumed.epochs[keep], expected.epochs)
        assert np.isfinite(expected.coefficients["filters"]).all()
        np.testing.assert_array_equal(resumed.coefficients["filters"][keep], expected.coefficients["filters"])
    else:
        assert_same(resumed, expected)
    assert_same(KernelHistory.load(path), resumed)


def test_without_resume_a_second_training_starts_anew(path: Path, backup: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(make(), KernelHistory(path), backup(), Interrupt(2))
    history = fit(make(), KernelHistory(path), backup())
    assert history.epochs.tolist() == [2, 3, 4]
    assert history.steps.tolist() == [0, BATCHES, 2 * BATCHES]
    assert KernelHistory.load(path).epochs.tolist() == [2, 3, 4]


@pytest.mark.parametrize("resume", [False, True])
def test_start_is_what_was_restored(path: Path, backup: Any, resume: bool) -> None:
    """A backup within an epoch brings back its weights, and Keras begins that epoch again."""
    with pytest.raises(KeyboardInterrupt):
        fit(make(), KernelHistory(path, every=1), backup(3), Interrupt(1, 3))
    history = fit(make(), KernelHistory(path, resume=resume), backup(3), epochs=2)
    assert history.epochs[-2:].tolist() == [1, 2]
    assert history.steps.tolist() == ([0, 1, 2, 3, 4, 8] if resume else [0, 4])
    # The backup was made after step 6: the weights began neither at random nor as after the first epoch.
    uninterrupted = fit(make(), KernelHistory(every=1), epochs=2).coefficients["filters"]
    np.testing.assert_array_equal(history.coefficients["filters"][-2], uninterrupted[6])


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's
def test_training_that_goes_on_by_hand(path: Path) -> None:
    model = make()
    first = fit(model, KernelHistory(path), epochs=2).coefficients["filters"]
    history = fit(model, KernelHistory(path, resume=True), initial_epoch=2, epochs=3)
    assert history.epochs.tolist() == [0, 1, 2, 3]
    assert history.steps.tolist() == [0, 4, 8, 12]
    np.testing.assert_array_equal(history.coefficients["filters"][:3], first)
    # Back by two epochs, and with other batches from there on.
    history = fit(model, history, initial_epoch=1, epochs=2, batch_size=4)
    assert history.epochs.tolist() == [0, 1, 2]
    assert history.steps.tolist() == [0, 4, 6]
    np.testing.assert_array_equal(history.coefficients["filters"][0], first[0])
    assert_refused(model, path, "ends after epoch 2, but training starts after epoch 3", initial_epoch=3)
    with pytest.warns(UserWarning, match=r"history.npz' loses its 2 epochs; fit with initial_epoch=2 to go on"):
        assert fit(model, history, epochs=1).steps.tolist() == [0, 4]


@pytest.mark.filterwarnings("ignore:.*shuffle=True. was passed, but will be ignored")
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_epochs_of_unknown_length_are_resumed_at_their_step(path: Path) -> None:
    model = make()
    model.compile("sgd", "mse", jit_compile=False)
    for epoch, length in enumerate((5, 3)):
        batches = ((IMAGES[:2], np.ones((2, 1))) for _ in range(length))
        history = KernelHistory(path, every=2, resume=True)
        model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, verbose=0, callbacks=[history])
    assert history.steps.tolist() == [0, 2, 4, 5, 6, 8]
    assert history.epochs.tolist() == [0, 0, 0, 1, 1, 1]


def test_nothing_left_to_train_leaves_the_file(path: Path) -> None:
    model = make()
    before = fit(model, KernelHistory(path), epochs=2)
    after = fit(model, KernelHistory(path, resume=True), initial_epoch=2, epochs=2)
    assert_same(after, before)
    assert_same(KernelHistory.load(path), before)
    assert fit(model, KernelHistory(), epochs=0).steps.tolist() == [0]


# What cannot be resumed


def test_resume_needs_a_path() -> None:
    with pytest.raises(ValueError, match="`resume` goes on from the file at `path`, got no `path`"):
        KernelHistory(resume=True)


def assert_refused(model: Any, path: Path, text: str, **arguments: Any) -> None:
    """Assert that a training from that file does not begin, and that neither file nor model changes."""
    before, weights = path.read_bytes(), model.get_weights()
    with pytest.raises(ValueError, match=text):
        fit(model, KernelHistory(path, resume=True), **arguments)
    assert path.read_bytes() == before
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_history_that_ends_before_training_resumes_is_refused(path: Path) -> None:
    model = make()
    fit(model, KernelHistory(path), epochs=2)
    text = (
        r"the history in '.*history.npz' ends after epoch 2, but training starts after epoch 3: put KernelHistory "
        r"before BackupAndRestore in the list of callbacks, start .*, or give another `path`"
    )
    assert_refused(model, path, text, initial_epoch=3)


def test_history_of_another_model_is_refused(path: Path) -> None:
    fit(make(), KernelHistory(path), epochs=1)
    fingerprints = f"{BANK.fingerprint[:16]} there, {OTHER_BANK.fingerprint[:16]} here"
    for model, difference in (
        (make(name="textures"), "it holds the layers filters, to record are textures"),
        (make(OTHER_BANK), f"layer 'filters' is on the bank sha256 {fingerprints}"),
        (make(filters=5), r"layer 'filters' has coefficients \(4, 3, 2\) there, here coefficients \(4, 3, 5\)"),
    ):
        text = rf"the history in '.*history.npz' is of another model: {difference}; give another `path`, or resume="
        assert_refused(model, path, text)


def test_damaged_history_is_refused(path: Path) -> None:
    fit(make(), KernelHistory(path), epochs=1)
    path.write_bytes(path.read_bytes()[:-100])
    assert_refused(make(), path, "is not a filterbank history file, or is damaged")


# Killed


TRAINING = """
import os, signal, sys
import keras
import numpy as np
import filterbank as fb
from filterbank.layers import BasisConv2D, KernelHistory

keras.utils.set_random_seed(5)
random = np.random.default_rng(0)
images, targets = random.normal(size=(8, 9, 8, 3)).astype("float32"), np.ones((8, 1), "float32")
layer = BasisConv2D(2, fb.dct((4, 3), n=4), name="filters", activation="relu")
model = keras.Sequential([keras.Input((9, 8, 3)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)


class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (2, 1):
            os.kill(os.getpid(), signal.SIGKILL)


folder, kill = sys.argv[1], sys.argv[2] == "kill"
history = KernelHistory(f"{folder}/history.npz", resume=True)
backup = keras.callbacks.BackupAndRestore(f"{folder}/backup", save_freq="epoch")
model.fit(
    images, targets, epochs=4, batch_size=2, shuffle=False, verbose=0, callbacks=[history, backup] + [Kill()] * kill
)
print(layer.verify())
np.savez(f"{folder}/weights.npz", *model.get_weights())
"""


def train(folder: Path, kill: bool) -> subprocess.CompletedProcess[str]:
    """Train in a process of its own, on this backend."""
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", TRAINING, str(folder), "kill" if kill else "finish"],
        cwd=ROOT,  # so that it imports the same filterbank
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
def test_killed_training_resumes_as_if_nothing_had_been(tmp_path: Path) -> None:
    killed = train(tmp_path / "killed", kill=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert KernelHistory.load(tmp_path / "killed" / "history.npz").epochs.tolist() == [0, 1, 2]
    assert not (tmp_path / "killed" / "weights.npz").exists()
    resumed, uninterrupted = train(tmp_path / "killed", kill=False), train(tmp_path / "whole", kill=False)
    assert resumed.returncode == uninterrupted.returncode == 0, resumed.stderr + uninterrupted.stderr
    assert "basis identical to its bank" in resumed.stdout
    assert resumed.stdout == uninterrupted.stdout  # with the fingerprint of the bank
    histories = [KernelHistory.load(tmp_path / name / "history.npz") for name in ("killed", "whole")]
    assert histories[0].steps.tolist() == [0, 4, 8, 12, 16]
    assert_same(*histories)
    with np.load(tmp_path / "killed" / "weights.npz") as found, np.load(tmp_path / "whole" / "weights.npz") as expected:
        assert len(found.files) == 5
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name])
