"""`KernelHistory`: what it records and when, and its proof."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import values

import filterbank as fb
from filterbank.layers import FrozenBasisError, KernelHistory

BATCHES = 4  # of the eight images, two at a time


class Witness(keras.callbacks.Callback):
    """Takes the coefficients of a layer after every batch and epoch, in its own way."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer
        self.batches = [values(layer.coefficients)]
        self.epochs = [values(layer.coefficients)]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Take the coefficients; asking for the model makes JAX hand its state over."""
        assert self.model is not None
        self.batches.append(values(self.layer.coefficients))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take the coefficients."""
        assert self.model is not None
        self.epochs.append(values(self.layer.coefficients))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_every_epoch_is_recorded(model_on: Any, fit: Any, bank: fb.FilterBank, jit_compile: bool) -> None:
    model = model_on(bank)
    witness = Witness(model.layers[0])
    history = fit(model, KernelHistory(), witness, jit_compile=jit_compile)
    assert history.steps.tolist() == [0, BATCHES, 2 * BATCHES]
    assert history.epochs.tolist() == [0.0, 1.0, 2.0]
    assert list(history.coefficients) == ["filters"]
    recorded = history.coefficients["filters"]
    assert recorded.dtype == np.float32
    np.testing.assert_array_equal(recorded, np.stack(witness.epochs))
    assert np.abs(np.diff(recorded, axis=0)).max(axis=(1, 2, 3)).min() > 1e-4
    assert history.banks == {"filters": bank}
    assert history.verifications == [model.layers[0].verify()]


@pytest.mark.parametrize(
    ("every", "steps", "jit_compile"),
    [(1, list(range(9)), False), (3, [0, 3, 6, 8], False), (3, [0, 3, 6, 8], True), (100, [0, 8], False)],
)
def test_every_so_many_batches_are_recorded(
    model_on: Any, fit: Any, bank: fb.FilterBank, every: int, steps: list[int], jit_compile: bool
) -> None:
    model = model_on(bank)
    witness = Witness(model.layers[0])
    history = fit(model, KernelHistory(every=every), witness, jit_compile=jit_compile)
    assert history.steps.tolist() == steps
    assert history.epochs.tolist() == [step / BATCHES for step in steps]
    np.testing.assert_array_equal(history.coefficients["filters"], np.stack(witness.batches)[steps])


def test_last_partial_batch_counts_as_a_step(model_on: Any, fit: Any, bank: fb.FilterBank) -> None:
    history = fit(model_on(bank), KernelHistory(every=2), batch_size=3)
    assert history.steps.tolist() == [0, 2, 4, 6]
    np.testing.assert_array_equal(history.epochs, [0, 2 / 3, 4 / 3, 2])


def test_several_steps_per_execution_are_counted_once(
    model_on: Any, fit: Any, bank: fb.FilterBank, backend: str
) -> None:
    if backend == "torch":
        pytest.skip("Keras knows no steps_per_execution on torch")
    history = fit(model_on(bank), KernelHistory(every=2), steps=3)
    assert history.steps.tolist() == [0, 3, 4, 7, 8]
    assert history.epochs.tolist() == [0, 0.75, 1, 1.75, 2]


def test_first_epoch_need_not_be_the_first(model_on: Any, fit: Any, bank: fb.FilterBank) -> None:
    history = fit(model_on(bank), KernelHistory(), initial_epoch=3, epochs=5)
    assert history.epochs.tolist() == [3.0, 4.0, 5.0]
    assert history.steps.tolist() == [0, BATCHES, 2 * BATCHES]


def test_validation_is_not_counted(model_on: Any, fit: Any, bank: fb.FilterBank, images: np.ndarray) -> None:
    validation = (images, np.zeros((len(images), 1)))
    history = fit(model_on(bank), KernelHistory(every=2), validation_data=validation)
    assert history.steps.tolist() == [0, 2, 4, 6, 8]


@pytest.mark.filterwarnings("ignore:.*shuffle=True. was passed, but will be ignored")
@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_epoch_of_unknown_length_is_counted_when_it_is_over(
    model_on: Any, bank: fb.FilterBank, images: np.ndarray
) -> None:
    model, history = model_on(bank), KernelHistory(every=2)
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    batches = ((images[:2], np.ones((2, 1))) for _ in range(5))
    model.fit(batches, epochs=1, verbose=0, callbacks=[history])
    assert history.steps.tolist() == [0, 2, 4, 5]
    assert history.epochs.tolist() == [0, 0, 0, 1]


def test_training_stopped_early_records_its_end(model_on: Any, fit: Any, bank: fb.FilterBank) -> None:
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = True

    history = fit(model_on(bank), KernelHistory(every=3), Stop(), epochs=5)
    assert history.steps.tolist() == [0, 3, 4]
    assert history.epochs.tolist() == [0, 0.75, 1]


def test_a_second_fit_starts_anew(model_on: Any, fit: Any, bank: fb.FilterBank) -> None:
    model = model_on(bank)
    history = fit(model, KernelHistory())
    end = history.coefficients["filters"][-1]
    fit(model, history, epochs=1)
    assert history.steps.tolist() == [0, BATCHES]
    np.testing.assert_array_equal(history.coefficients["filters"][0], end)
    assert len(history.verifications) == 1


def test_kernels_are_composed_of_what_was_recorded(model_on: Any, fit: Any, bank: fb.FilterBank, kind: Any) -> None:
    model = model_on(bank)
    start = values(model.layers[0].kernel)
    kernels = fit(model, KernelHistory()).kernels("filters")
    assert kernels.shape == (3, *kind.size, 3, 2)
    np.testing.assert_allclose(kernels[0], start, rtol=0, atol=1e-6)
    np.testing.assert_allclose(kernels[-1], values(model.layers[0].kernel), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="must be one whose coefficients are recorded, filters, got 'other'"):
        fit(model, KernelHistory(), epochs=1).kernels("other")
    with pytest.raises(ValueError, match="must be one whose coefficients are recorded, none so far, got 'other'"):
        KernelHistory().kernels("other")


def test_bfloat16_is_kept_exactly_as_float32(model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path) -> None:
    model = model_on(bank, dtype="bfloat16")
    history = fit(model, KernelHistory(tmp_path / "history.npz"), epochs=1)
    back = KernelHistory.load(tmp_path / "history.npz")
    for each in (history, back):
        assert each.coefficients["filters"].dtype == np.float32
        np.testing.assert_array_equal(
            each.coefficients["filters"][-1], values(model.layers[0].coefficients).astype("float32")
        )


# Which layers


def test_layers_of_nested_models_are_found_once_and_twins_by_their_path(nested: Any, fit: Any) -> None:
    history = fit(nested, KernelHistory(), epochs=1)
    assert set(history.coefficients) == {"a/twin", "b/twin", "single", "top"}
    for name, layer in {
        "a/twin": nested.get_layer("a").layers[0],
        "b/twin": nested.get_layer("b").layers[0],
        "single": nested.get_layer("c").layers[0],
        "top": nested.get_layer("top"),
    }.items():
        assert history.banks[name] == layer.bank
        np.testing.assert_array_equal(history.coefficients[name][-1], values(layer.coefficients))
    assert len(history.verifications) == 4


@pytest.mark.parametrize("chosen", [["single", "a/twin"], ("single",), "single"])
def test_layers_can_be_chosen(nested: Any, fit: Any, chosen: Any) -> None:
    history = fit(nested, KernelHistory(layers=chosen), epochs=1)
    expected = {chosen} if isinstance(chosen, str) else set(chosen)
    assert set(history.coefficients) == set(history.banks) == expected
    assert len(history.verifications) == len(expected)


@pytest.mark.parametrize("chosen", [["nothing"], ["single", "add"]])
def test_unknown_layers_are_refused_before_training(nested: Any, fit: Any, chosen: list[str]) -> None:
    before = nested.get_weights()
    text = rf"`layers` must name layers on a bank among .*single.*, got '{chosen[-1]}'"
    with pytest.raises(ValueError, match=text):
        fit(nested, KernelHistory(layers=chosen))
    assert all(np.array_equal(a, b) for a, b in zip(before, nested.get_weights(), strict=True))


def test_model_without_layers_on_a_bank_is_refused(images: np.ndarray, fit: Any) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="KernelHistory found no layer on a bank in the model"):
        fit(model, KernelHistory())


def test_twins_without_paths_of_their_own_are_refused(kind: Any, bank: Any, images: np.ndarray, fit: Any) -> None:
    twins = [kind.basis(3, bank, padding="same", name="twin") for _ in range(2)]
    for twin in twins:
        twin.build(images.shape)
    wrapped = [keras.layers.TimeDistributed(twin) for twin in twins]
    model = keras.Sequential([keras.Input(images.shape[1:]), keras.layers.Lambda(lambda x: x[:, None]), *wrapped])
    with pytest.raises(ValueError, match="two layers on a bank are called the same, among twin: name them apart"):
        fit(model, KernelHistory(), epochs=1)


def test_a_layer_is_no_path(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(TypeError, match="`path` must be a file to write, or nothing, got Basis"):
        KernelHistory(kind.basis(2, bank))


def test_layer_built_inside_fit(kind: Any, bank: fb.FilterBank, images: np.ndarray, backend: str) -> None:
    model = keras.Sequential([kind.basis(2, bank, name="late", padding="same", kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    history = KernelHistory()
    arguments = {"verbose": 0, "batch_size": 4, "callbacks": [history]}
    targets = np.zeros((*images.shape[:-1], 2))
    if backend == "tensorflow":  # which builds the model in its first step, after the callbacks began
        with pytest.raises(
            ValueError, match="how layer 'late' starts, which is not built yet: give the model an Input"
        ):
            model.fit(images, targets, **arguments)
        model(images[:1])
    model.fit(images, targets, **arguments)
    assert history.steps.tolist() == [0, 2]


# The proof


class Mover(keras.callbacks.Callback):
    """Moves a basis in the middle of training."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Move the basis."""
        assert self.model is not None
        self.layer.basis.assign(values(self.layer.basis) * 1.01)


@pytest.mark.parametrize("path", [None, "history.npz"])
def test_basis_moved_during_training_is_an_error_after_the_epoch(
    model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path, path: str | None
) -> None:
    model = model_on(bank)
    history = KernelHistory(None if path is None else tmp_path / path)
    with pytest.raises(FrozenBasisError, match="the basis of layer 'filters' is not its bank"):
        fit(model, Mover(model.layers[0]), history)
    assert history.verifications == []
    assert history.steps.tolist() == [0, BATCHES]
    if path is not None:
        assert KernelHistory.load(tmp_path / path).steps.tolist() == history.steps.tolist()


def test_basis_moved_after_the_last_epoch_is_found_at_the_end(model_on: Any, fit: Any, bank: fb.FilterBank) -> None:
    model = model_on(bank)
    history = KernelHistory()
    with pytest.raises(FrozenBasisError, match="the basis of layer 'filters' is not its bank"):
        fit(model, history, Mover(model.layers[0]), epochs=1)
    assert history.verifications == []


def test_history_keeps_the_good_file_of_a_checkpoint_behind_it(
    model_on: Any, fit: Any, bank: fb.FilterBank, tmp_path: Path
) -> None:
    model = model_on(bank)
    model.save(tmp_path / "best.keras")
    before = (tmp_path / "best.keras").read_bytes()
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "best.keras")
    with pytest.raises(FrozenBasisError, match="the basis of layer 'filters' is not its bank"):
        fit(model, Mover(model.layers[0]), KernelHistory(), checkpoint)
    assert (tmp_path / "best.keras").read_bytes() == before


def test_twin_of_a_layer_is_proved_too(nested: Any, fit: Any) -> None:
    with pytest.raises(FrozenBasisError, match="the basis of layer 'twin' is not its bank"):
        fit(nested, KernelHistory(), Mover(nested.get_layer("a").layers[0]))


# Arguments


@pytest.mark.parametrize(
    ("every", "error", "text"),
    [
        (0, ValueError, "`every` must be an integer of at least 1, got 0"),
        (-3, ValueError, "`every` must be an integer of at least 1, got -3"),
        (1.5, TypeError, '`every` must be "epoch" or a number of batches, got 1.5'),
        ("batch", TypeError, "`every` must be \"epoch\" or a number of batches, got 'batch'"),
        (True, TypeError, '`every` must be "epoch" or a number of batches, got True'),
    ],
)
def test_wrong_intervals_are_refused(every: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        KernelHistory(every=every)
