"""Freeze first, release after: `ReleaseBasis` and `FreezeBasis`; pictures for TensorBoard."""

import itertools
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import values

import filterbank as fb
from filterbank.layers import (
    BasisConv2D,
    FreezeBasis,
    FrozenBasisError,
    KernelHistory,
    ReleaseBasis,
    TensorBoardKernels,
)

IMAGES = np.random.default_rng(0).normal(size=(8, 7, 7, 1)).astype("float32")
TARGETS = np.random.default_rng(1).normal(size=(8, 5, 5, 2)).astype("float32")
OPTIMIZERS = {
    "sgd with momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "scheduled": lambda: keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)),
}


class Witness(keras.callbacks.Callback):
    """Takes basis, coefficients and the optimizer's steps after every epoch."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer
        self.bases: list[np.ndarray] = []
        self.coefficients: list[np.ndarray] = [values(layer.coefficients)]
        self.iterations: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take them."""
        model = self.model
        self.bases.append(values(self.layer.basis))
        self.coefficients.append(values(self.layer.coefficients))
        self.iterations.append(int(values(model.optimizer.iterations)))


def fitted(layer: Any, callback: Any, optimizer: str = "sgd with momentum", epochs: int = 4, **more: Any) -> Witness:
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    model.compile(OPTIMIZERS[optimizer](), "mse")
    witness = Witness(layer)
    model.fit(
        IMAGES, TARGETS, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=[callback, witness], **more
    )
    return witness


def on_bank(noise: Any, **arguments: Any) -> BasisConv2D:
    return BasisConv2D(2, fb.dct(3, n=4), coefficient_initializer=noise(), **arguments)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("train", ["both", "basis"])
def test_basis_is_frozen_until_the_epoch_and_trains_from_it_on(noise: Any, optimizer: str, train: str) -> None:
    layer = on_bank(noise, train=train)
    witness = fitted(layer, ReleaseBasis(2), optimizer)
    bank = layer.bank.filters.astype("float32")
    assert [basis.tobytes() == bank.tobytes() for basis in witness.bases] == [True, True, False, False]
    moved = [np.abs(after - before).max() for before, after in itertools.pairwise(witness.coefficients)]
    assert all(step > 0 for step in moved) == (train == "both")
    assert witness.iterations == [2, 4, 6, 8]
    assert layer.verify().moved > 0
    assert layer.current_bank() != layer.bank
    np.testing.assert_array_equal(layer.current_bank().filters.astype("float32"), values(layer.basis))


def test_until_the_release_it_is_training_on_a_frozen_bank(noise: Any) -> None:
    released = fitted(on_bank(noise, train="both"), FreezeBasis(until_epoch=3), epochs=3)
    frozen = fitted(on_bank(noise), keras.callbacks.Callback(), epochs=3)
    for found, wanted in zip(released.coefficients, frozen.coefficients, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_what_the_optimizer_remembers_of_the_coefficients_goes_along(noise: Any) -> None:
    layer = on_bank(noise, train="both", use_bias=False)
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    model.fit(IMAGES, TARGETS, verbose=0, callbacks=[ReleaseBasis(1)])
    before = {variable.path: values(variable) for variable in model.optimizer.variables}
    callback = ReleaseBasis(0)
    callback.set_model(model)
    callback.on_epoch_begin(0)
    after = {variable.path: values(variable) for variable in model.optimizer.variables}
    assert len(after) == len(before) + 1
    [momentum] = [path for path in before if path.endswith("coefficients_momentum")]
    assert np.abs(before[momentum]).max() > 0
    np.testing.assert_array_equal(after[momentum], before[momentum])


def test_the_model_is_saved_and_trained_after_a_release_or_without_one(noise: Any, tmp_path: Path) -> None:
    for until in (1, 5):
        layer = on_bank(noise, train="both")
        model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
        model.compile(keras.optimizers.Adam(0.01), "mse")
        model.fit(IMAGES, TARGETS, epochs=2, verbose=0, callbacks=[FreezeBasis(until)])
        model.fit(IMAGES, TARGETS, epochs=1, verbose=0)
        assert (layer.verify().moved > 0) == (until == 1)
        model.save(tmp_path / "model.keras")
        back = keras.models.load_model(tmp_path / "model.keras", compile=False)
        np.testing.assert_array_equal(values(back(IMAGES)), values(model(IMAGES)))


def test_moving_averages_of_the_released_bank_start_at_the_bank(noise: Any) -> None:
    layer = on_bank(noise, train="both")
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(1e-6, use_ema=True, ema_momentum=0.99), "mse")
    model.fit(IMAGES, TARGETS, epochs=2, batch_size=4, verbose=0, callbacks=[ReleaseBasis(1)])
    assert 0 < layer.verify().moved < 1e-3


def test_release_from_the_first_epoch_is_no_freeze(noise: Any) -> None:
    layer = on_bank(noise, train="both")
    witness = fitted(layer, ReleaseBasis(0), epochs=1)
    assert witness.bases[0].tobytes() != layer.bank.filters.astype("float32").tobytes()


def test_a_later_fit_goes_on_where_the_epochs_are(noise: Any) -> None:
    layer = on_bank(noise, train="both")
    witness = fitted(layer, ReleaseBasis(2), initial_epoch=2, epochs=3)
    assert witness.bases[0].tobytes() != layer.bank.filters.astype("float32").tobytes()


def test_layers_can_be_named_and_frozen_ones_stay(noise: Any) -> None:
    layers = [on_bank(noise, train=train, padding="same", name=name) for name, train in [("a", "both"), ("b", "both")]]
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), *layers, on_bank(noise, name="c")])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    model.fit(IMAGES, TARGETS, epochs=1, verbose=0, callbacks=[ReleaseBasis(5, layers=["a"]), KernelHistory()])
    assert layers[0].verify().moved == 0
    assert layers[1].verify().moved > 0
    assert model.layers[2].verify().moved == 0


def test_history_keeps_the_released_layers_too(noise: Any) -> None:
    history = KernelHistory()
    fitted(on_bank(noise, train="both"), history, epochs=1)
    assert history.verifications[0].moved > 0


def test_what_cannot_be_released_is_refused(noise: Any) -> None:
    with pytest.raises(ValueError, match="made with train='both' or 'basis', got a model without one"):
        fitted(on_bank(noise), ReleaseBasis(1))
    with pytest.raises(ValueError, match="made with train='both' or 'basis', got 'other'"):
        fitted(on_bank(noise, train="both"), ReleaseBasis(1, layers="other"))
    with pytest.raises(ValueError, match="`epoch` must be an integer of at least 0, got -1"):
        ReleaseBasis(-1)
    with pytest.raises(TypeError, match="`until_epoch` must be an integer"):
        FreezeBasis(1.5)  # type: ignore[arg-type]


# Released layers


def test_file_of_a_released_layer_brings_its_basis(noise: Any, tmp_path: Path) -> None:
    layer = on_bank(noise, train="both", name="released")
    fitted(layer, ReleaseBasis(0), epochs=1)
    model = keras.Sequential([keras.Input(IMAGES.shape[1:]), layer])
    model.save(tmp_path / "model.keras")
    back = keras.models.load_model(tmp_path / "model.keras")
    assert back.layers[0].train == "both"
    np.testing.assert_array_equal(values(back(IMAGES)), values(model(IMAGES)))
    assert back.layers[0].verify() == layer.verify()
    model.save_weights(tmp_path / "model.weights.h5")
    frozen = keras.Sequential([keras.Input(IMAGES.shape[1:]), on_bank(noise, name="released")])
    with pytest.raises(ValueError, match="the basis of layer 'released' is not its bank"):
        frozen.load_weights(tmp_path / "model.weights.h5")
    on_what_was_learned = BasisConv2D(2, layer.current_bank(), name="released")
    again = keras.Sequential([keras.Input(IMAGES.shape[1:]), on_what_was_learned])
    again.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(values(again(IMAGES)), values(model(IMAGES)))
    on_what_was_learned.verify()


def test_a_file_whose_basis_is_not_finite_is_refused(noise: Any) -> None:
    layer = on_bank(noise, train="both", name="released")
    layer.build((None, 7, 7, 1))
    store = {weight.name: values(weight) for weight in layer.weights}
    store["basis"] = store["basis"] * np.nan
    with pytest.raises(ValueError, match="`basis` of layer 'released' must be finite, the file has NaN or infinity"):
        layer.load_own_variables(store)


def test_unbuilt_layers_have_no_current_bank(noise: Any) -> None:
    layer = on_bank(noise)
    with pytest.raises(ValueError, match="build it or call it first"):
        layer.current_bank()
    layer.build((None, 7, 7, 1))
    assert layer.current_bank() is layer.bank
    layer.basis.assign(values(layer.basis) * 2)
    with pytest.raises(FrozenBasisError):
        layer.current_bank()


# TensorBoard


def test_pictures_are_written_for_every_layer_and_epoch(noise: Any, tmp_path: Path) -> None:
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    fitted(on_bank(noise, name="filters"), TensorBoardKernels(tmp_path, every=2), epochs=4)
    events = loader.EventAccumulator(str(tmp_path), size_guidance={"images": 0})
    events.Reload()
    assert sorted(events.Tags()["images"]) == ["filters/coefficients", "filters/kernels"]
    for tag in events.Tags()["images"]:
        pictures = events.Images(tag)
        assert [picture.step for picture in pictures] == [0, 2, 4]
        assert all(picture.encoded_image_string.startswith(b"\x89PNG") for picture in pictures)
        assert pictures[0].encoded_image_string != pictures[-1].encoded_image_string


def test_model_without_layers_on_a_bank_has_no_pictures(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="TensorBoardKernels found no layer on a bank"):
        model.fit(np.ones((2, 3)), np.ones((2, 1)), verbose=0, callbacks=[TensorBoardKernels(tmp_path)])
