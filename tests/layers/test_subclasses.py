"""Users' subclasses: what they add is kept in files, and not lost by a fold."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import Noise, values

import filterbank as fb
from filterbank.layers import BankResponse2D, BasisConv2D, fold, rebase


@keras.saving.register_keras_serializable(package="filterbank tests")
class Remixed(BasisConv2D):  # type: ignore[misc]
    """Has two weights of one name, a sublayer with a `bias` as it has one itself, and a `call` of its own."""

    def build(self, input_shape: Any) -> None:
        """Add the weights."""
        super().build(input_shape)
        self._tracker.unlock()
        self.scales = [self.add_weight(shape=(), name="scale", initializer=Noise(draw)) for draw in (3, 4)]
        self.after = keras.layers.Dense(2, bias_initializer=Noise(5))
        self.after.build((None, self.filters))
        self._tracker.lock()

    def call(self, inputs: Any) -> Any:
        """Convolve, scale, mix."""
        return self.after(super().call(inputs) * self.scales[0] + self.scales[1])


@keras.saving.register_keras_serializable(package="filterbank tests")
class Gated(BankResponse2D):  # type: ignore[misc]
    """A front end with a sublayer."""

    def build(self, input_shape: Any) -> None:
        """Add the sublayer."""
        super().build(input_shape)
        self.gate = keras.layers.Dense(4, kernel_initializer=Noise(6), bias_initializer=Noise(7))
        self.gate.build((None, len(self.bank)))

    def call(self, inputs: Any) -> Any:
        """Filter, mix."""
        return self.gate(super().call(inputs))


@pytest.fixture
def model() -> Any:
    """Return a model of both, every weight its own noise."""
    layers = [
        Gated(fb.dct(3, n=4), name="front"),
        Remixed(3, fb.dct(3, n=5), bias_initializer=Noise(8), name="scaled"),
    ]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5"])
def test_every_weight_comes_back(model: Any, tmp_path: Path, name: str) -> None:
    for draw, weight in enumerate(model.trainable_weights):
        weight.assign(Noise(draw)(weight.shape, weight.dtype))
    assert len({values(weight).tobytes() for weight in model.weights}) == len(model.weights) == 10
    expected = [values(weight) for weight in model.weights]
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    outputs = values(model(images))
    if name.endswith(".keras"):
        model.save(tmp_path / name)
        back = keras.models.load_model(tmp_path / name)
    else:
        model.save_weights(tmp_path / name)
        back = keras.models.clone_model(model)
        back.load_weights(tmp_path / name)
    for weight, found in zip(expected, back.weights, strict=True):
        np.testing.assert_array_equal(values(found), weight)
    np.testing.assert_array_equal(values(back(images)), outputs)


class Crowded(BasisConv2D):  # type: ignore[misc]
    """Has weights of its own under the names of the layer's."""

    def build(self, input_shape: Any) -> None:
        """Add them before and after."""
        first = self.add_weight(shape=(2,), name="basis", initializer=Noise(1))
        super().build(input_shape)
        self._tracker.unlock()
        self.others = [
            first,
            self.add_weight(shape=(2, 2), name="coefficients", initializer=Noise(2)),
            self.add_weight(shape=(2, 2, 1, 1), name="kernel", initializer=Noise(3)),
        ]
        self._tracker.lock()


def test_names_of_the_layers_weights_are_not_taken(tmp_path: Path) -> None:
    def make() -> Any:
        layer = Crowded(3, fb.dct(3, n=5), name="crowded")
        return keras.Sequential([keras.Input((8, 8, 1)), layer])

    model = make()
    assert [tuple(weight.shape) for weight in model.layers[0].others] == [(2,), (2, 2), (2, 2, 1, 1)]
    model.layers[0].verify()
    for draw, weight in enumerate(model.trainable_weights):
        weight.assign(Noise(10 + draw)(weight.shape, weight.dtype))
    model.save_weights(tmp_path / "model.weights.h5")
    back = make()
    back.load_weights(tmp_path / "model.weights.h5")
    for weight, found in zip(model.weights, back.weights, strict=True):
        np.testing.assert_array_equal(values(found), values(weight))
    back.layers[0].verify()


def test_rebase_keeps_what_a_subclass_adds(model: Any) -> None:
    layer = model.layers[1]
    for draw, weight in enumerate(layer.trainable_weights):
        weight.assign(Noise(draw)(weight.shape, weight.dtype))
    new = rebase(layer, fb.dct(3, norm="max")).layer
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 4)).astype("float32")
    np.testing.assert_allclose(values(new(images)), values(layer(images)), rtol=0, atol=1e-5)
    assert len({values(weight).tobytes() for weight in new.weights}) == len(new.weights)


class OwnCalling(BasisConv2D):  # type: ignore[misc]
    """Changes what comes out of `__call__`."""

    def __call__(self, inputs: Any, **keywords: Any) -> Any:
        """Double it."""
        return 2 * super().__call__(inputs, **keywords)


class OwnConvolution(BasisConv2D):  # type: ignore[misc]
    """Computes the convolution in its own way."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Double it."""
        return 2 * super().convolution_op(inputs, kernel)


class OwnKernel(BasisConv2D):  # type: ignore[misc]
    """Computes with another kernel."""

    @property
    def kernel(self) -> Any:
        """Double it."""
        return 2 * super().kernel

    @kernel.setter
    def kernel(self, value: Any) -> None:
        """Take the weight."""


class OwnWeight(BasisConv2D):  # type: ignore[misc]
    """Has a weight that no plain layer has."""

    def build(self, input_shape: Any) -> None:
        """Add it."""
        super().build(input_shape)
        self._tracker.unlock()
        self.threshold = self.add_weight(shape=(), name="threshold", initializer="zeros")
        self._tracker.lock()


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (Remixed, "a `call`"),
        (OwnCalling, "a `__call__`"),
        (OwnConvolution, "a `convolution_op`"),
        (OwnKernel, "a `kernel`"),
        (OwnWeight, "the weight `threshold`"),
    ],
)
def test_what_a_plain_layer_does_not_know_is_not_folded(kind: Any, what: str) -> None:
    layer = kind(3, fb.dct(3, n=5), name="own")
    layer.build((None, 8, 8, 1))
    with pytest.raises(
        TypeError, match=f"layer 'own' is a {kind.__name__} with {what} of its own, which a plain Conv2D"
    ):
        fold(layer)


def test_a_subclass_that_only_names_arguments_is_folded() -> None:
    class Textures(BasisConv2D):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(4, fb.dct(3, n=5), **kwargs)

    layer = Textures()
    layer.build((None, 8, 8, 1))
    np.testing.assert_allclose(values(fold(layer).kernel), values(layer.kernel), rtol=0, atol=1e-7)
