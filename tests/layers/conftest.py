"""What the tests of the layers share. The backend is the one in KERAS_BACKEND, TensorFlow without it."""

import os
from typing import Any, NamedTuple

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from every import Noise

import filterbank as fb
from filterbank.layers import BasisConv2D


class Kind(NamedTuple):
    """A layer on a bank, and the Keras layer that it stands in for."""

    basis: type[Any]
    plain: type[Any]
    size: tuple[int, ...]


KINDS = [Kind(BasisConv2D, keras.layers.Conv2D, (4, 3))]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.basis.__name__)
def kind(request: pytest.FixtureRequest) -> Any:
    """Return one of the layers on a bank with its plain layer."""
    return request.param


@pytest.fixture
def bank(kind: Kind) -> fb.FilterBank:
    """Return a few filters, far from a complete basis."""
    return fb.dct(kind.size, n=4)


@pytest.fixture
def other_bank(kind: Kind) -> fb.FilterBank:
    """Return a bank of the same shape as `bank`."""
    return fb.random(kind.size, n=4, rng=3)


@pytest.fixture
def images(kind: Kind) -> np.ndarray:
    """Return eight small images of three channels, white noise."""
    window = (9, 8, 7)[: len(kind.size)]
    return np.random.default_rng(0).normal(size=(8, *window, 3)).astype("float32")


@pytest.fixture
def noise() -> type[Noise]:
    """Return the class of an initializer."""
    return Noise


@pytest.fixture
def model_on(kind: Kind, images: np.ndarray) -> Any:
    """Return a function that makes a model of one layer, "filters", on a bank and a Dense one."""

    def make(bank: Any, **arguments: Any) -> keras.Sequential:
        arguments = {"name": "filters", "coefficient_initializer": Noise(), **arguments}
        return keras.Sequential(
            [
                keras.Input(images.shape[1:]),
                kind.basis(2, bank, **arguments),
                keras.layers.Flatten(),
                keras.layers.Dense(1, kernel_initializer=Noise(), name="head"),
            ]
        )

    return make


@pytest.fixture
def fit(images: np.ndarray) -> Any:
    """Return a function that trains a model and returns the history that it was given."""

    def train(
        model: Any, history: Any, *callbacks: Any, jit_compile: bool = False, steps: int = 1, **arguments: Any
    ) -> Any:
        model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=jit_compile, steps_per_execution=steps)
        arguments = {"epochs": 2, "batch_size": 2, "verbose": 0, **arguments}
        targets = np.ones((len(images), *model.output_shape[1:]))
        model.fit(images, targets, callbacks=[history, *callbacks], **arguments)
        return history

    return train


@pytest.fixture
def nested(kind: Any, bank: fb.FilterBank, images: np.ndarray, noise: Any) -> Any:
    """Return a model with layers on a bank at three depths, two of them of one name."""

    def inside(name: str, layer: str) -> Any:
        return keras.Sequential(
            [
                keras.Input(images.shape[1:]),
                kind.basis(3, bank, padding="same", name=layer, coefficient_initializer=noise(1)),
            ],
            name=name,
        )

    inputs = keras.Input(images.shape[1:])
    summed = keras.layers.Add()(
        [inside("a", "twin")(inputs), inside("b", "twin")(inputs), inside("c", "single")(inputs)]
    )
    shared = kind.basis(3, fb.delta(kind.size), padding="same", name="top", coefficient_initializer=noise(2))
    return keras.Model(inputs, shared(shared(summed)))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    keras.utils.set_random_seed(0)


@pytest.fixture
def backend() -> str:
    """Return the name of the backend."""
    name: str = keras.backend.backend()
    return name
