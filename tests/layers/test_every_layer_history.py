"""`KernelHistory` and `TensorBoardKernels` on every layer, whatever trains: recorded is what the layer computes."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import PAIRS, Noise, Pair, values

import filterbank as fb
from filterbank.layers import BankResponse2D, BasisConv2D, FrozenBasisError, KernelHistory, TensorBoardKernels

WAYS: dict[str, dict[str, Any]] = {
    "coefficients": {},
    "basis": {"train": "basis"},
    "both and residual": {"train": "both", "residual": True},
    "lora": {},
}


class Kernels(keras.callbacks.Callback):
    """Takes the kernel of a layer at the start and after every epoch."""

    def __init__(self, pair: Pair, layer: Any) -> None:
        super().__init__()
        self.pair, self.layer, self.found = pair, layer, [pair.kernel_of(layer)]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take it; asking for the model makes JAX hand its state over."""
        assert self.model is not None
        self.found.append(self.pair.kernel_of(self.layer))


def trained(pair: Pair, callbacks: Any, way: str = "coefficients") -> Any:
    """Train a layer for two epochs with the callbacks that are made for it, and return it."""
    layer = pair.on(fb.dct(pair.size, n=3), **WAYS[way])
    model = keras.Sequential([keras.Input(pair.images().shape[1:]), layer])
    if way == "lora":
        layer.enable_lora(2, a_initializer=Noise(7), b_initializer=Noise(8))
    model.compile(keras.optimizers.SGD(0.05), "mse")
    model.fit(
        pair.images(),
        np.zeros(layer.output.shape[1:])[None].repeat(2, 0),
        epochs=2,
        verbose=0,
        callbacks=callbacks(layer),
    )
    return layer


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_the_kernels_of_every_epoch_are_recorded(pair: Pair, way: str, tmp_path: Path) -> None:
    if way == "lora" and not hasattr(pair.plain, "enable_lora"):
        pytest.skip("Keras knows no LoRA of this layer")
    history = KernelHistory(tmp_path / "history.npz")
    seen: list[Kernels] = []
    layer = trained(pair, lambda layer: [history, seen.append(Kernels(pair, layer)) or seen[0]], way)
    found = history.kernels("filters")
    assert found.shape == (3, *pair.kernel_of(layer).shape)
    np.testing.assert_allclose(found, seen[0].found, rtol=0, atol=2e-6)
    assert np.abs(np.diff(found, axis=0)).max() > 1e-4
    assert list(history.bases) == (["filters"] if "train" in WAYS[way] else [])
    assert list(history.residuals) == (["filters"] if "residual" in WAYS[way] else [])
    back = KernelHistory.load(tmp_path / "history.npz")
    np.testing.assert_array_equal(back.kernels("filters"), found)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_tensorboard_shows_kernels_and_coefficients(pair: Pair, tmp_path: Path) -> None:
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    trained(pair, lambda layer: [TensorBoardKernels(tmp_path, every=2)])
    events = accumulators.EventAccumulator(str(tmp_path), size_guidance={"images": 0})
    events.Reload()
    assert sorted(events.Tags()["images"]) == ["filters/coefficients", "filters/kernels"]
    pictures = events.Images("filters/kernels")
    assert [picture.step for picture in pictures] == [0, 2]
    assert pictures[0].encoded_image_string != pictures[1].encoded_image_string


# Front ends


class Move(keras.callbacks.Callback):
    """Moves a basis in the second epoch."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Move it."""
        if epoch == 1:
            self.layer.basis.assign(values(self.layer.basis) * 1.01)


@pytest.mark.parametrize("alone", [True, False])
def test_front_ends_are_proven(alone: bool, tmp_path: Path) -> None:
    front = BankResponse2D(fb.dct(3, n=2), name="front", use_gain=True)
    layers = [front] if alone else [front, BasisConv2D(2, fb.dct(3, n=4), name="behind")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    model.compile("sgd", "mse")
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 1)).astype("float32")
    targets = np.zeros((4, *model.output_shape[1:]))
    path = tmp_path / "history.npz"
    history = KernelHistory(path)
    model.fit(images, targets, verbose=0, callbacks=[history])
    assert [proof.layer for proof in history.verifications] == [layer.name for layer in layers]
    assert list(history.coefficients) == [layer.name for layer in layers[1:]]
    assert history.steps.tolist() == [0, 1]
    model.fit(images, targets, verbose=0, initial_epoch=1, epochs=2, callbacks=[KernelHistory(path, resume=True)])
    assert KernelHistory.load(path).steps.tolist() == [0, 1, 2]
    with pytest.raises(FrozenBasisError, match="the basis of layer 'front' is not its bank"):
        model.fit(images, targets, epochs=3, verbose=0, callbacks=[Move(front), KernelHistory()])
