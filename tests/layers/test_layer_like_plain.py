"""On a complete bank the layer is the plain Keras layer: kernel, output, gradients, penalties, training."""

from typing import Any

import keras
import numpy as np
import pytest
from every import values
from keras import ops

import filterbank as fb

INITIALIZERS = {
    "glorot_uniform": lambda: keras.initializers.GlorotUniform(seed=7),
    "he_normal": lambda: keras.initializers.HeNormal(seed=7),
    "orthogonal": lambda: keras.initializers.Orthogonal(seed=7),
    "ones": keras.initializers.Ones,
}


@pytest.fixture
def twins(kind: Any, images: np.ndarray) -> Any:
    """Return a function that builds the layer on all pixels and the plain layer with the same arguments."""

    def make(**arguments: Any) -> tuple[Any, Any]:
        arguments = {"filters": 3, "bias_initializer": "ones", **arguments}
        layer = kind.basis(bank=fb.delta(kind.size), **arguments)
        plain = kind.plain(kernel_size=kind.size, **arguments)
        for each in (layer, plain):
            each.build(images.shape)
        return layer, plain

    return make


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_initial_kernel_is_the_one_that_the_plain_layer_draws(twins: Any, initializer: str) -> None:
    arguments = {"kernel_initializer": INITIALIZERS[initializer]()}
    layer, plain = twins(**arguments)
    np.testing.assert_allclose(values(layer.kernel), values(plain.kernel), rtol=1e-6, atol=1e-8)


def test_global_seed_draws_the_same_kernel(twins: Any, kind: Any, images: np.ndarray) -> None:
    kernels = []
    for make in (lambda: kind.basis(3, fb.delta(kind.size)), lambda: kind.plain(3, kind.size)):
        keras.utils.set_random_seed(5)
        layer = make()
        layer.build(images.shape)
        kernels.append(values(layer.kernel))
    np.testing.assert_allclose(kernels[0], kernels[1], rtol=1e-6)


@pytest.mark.parametrize("order", ["pixels", "pixels in another order", "orthonormal", "dependent"])
def test_any_complete_bank_holds_the_kernel(kind: Any, images: np.ndarray, order: str) -> None:
    pixels = fb.delta(kind.size).filters
    bank = {
        "pixels": pixels,
        "pixels in another order": pixels[::-1],
        "orthonormal": fb.dct(kind.size),
        "dependent": np.concatenate([pixels, 3 * pixels[:2], fb.dct(kind.size).filters]),
    }[order]
    initializer = keras.initializers.GlorotUniform(seed=7)
    layer, plain = (
        kind.basis(3, bank, kernel_initializer=initializer),
        kind.plain(3, kind.size, kernel_initializer=initializer),
    )
    for each in (layer, plain):
        each.build(images.shape)
    scale = np.abs(values(plain.kernel)).max()
    np.testing.assert_allclose(values(layer.kernel), values(plain.kernel), rtol=0, atol=1e-6 * scale)


def test_output_is_the_plain_layers(twins: Any, images: np.ndarray, noise: Any) -> None:
    arguments = {"kernel_initializer": noise(1), "strides": 2, "padding": "same", "activation": "relu"}
    layer, plain = twins(**arguments)
    expected = values(plain(images))
    np.testing.assert_allclose(values(layer(images)), expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@keras.saving.register_keras_serializable(package="filterbank tests")
class Roughness(keras.regularizers.Regularizer):
    """Weighs every place in the kernel differently: a wrong axis or order shows."""

    def __call__(self, kernel: Any) -> Any:
        """Return a weighted sum of squares."""
        weights = np.arange(1.0, 1 + np.prod(kernel.shape)).reshape(kernel.shape)
        return ops.sum(ops.convert_to_tensor(weights, dtype=kernel.dtype) * ops.square(kernel))


@pytest.mark.parametrize("regularizer", ["l1", keras.regularizers.L2(0.3), Roughness()], ids=["l1", "l2", "own"])
def test_penalty_is_the_plain_layers(twins: Any, noise: Any, regularizer: Any) -> None:
    arguments = {"kernel_initializer": noise(1), "kernel_regularizer": regularizer, "bias_regularizer": "l2"}
    layer, plain = twins(**arguments)
    found, expected = ([float(values(loss)) for loss in each.losses] for each in (layer, plain))
    assert expected[0] > 0
    assert len(found) == len(expected) == 2
    np.testing.assert_allclose(found, expected, rtol=1e-6)


TRAINING = {
    "sgd": lambda: (keras.optimizers.SGD(0.05, momentum=0.9), {}),
    "adam": lambda: (keras.optimizers.Adam(0.01), {}),
    "penalties": lambda: (keras.optimizers.SGD(0.05), {"kernel_regularizer": "l2", "bias_regularizer": "l1"}),
    "max_norm": lambda: (keras.optimizers.SGD(0.05), {"kernel_constraint": keras.constraints.MaxNorm(0.5)}),
    "non_neg": lambda: (keras.optimizers.SGD(0.05), {"kernel_constraint": "non_neg"}),
}


@pytest.mark.parametrize("training", TRAINING)
def test_training_goes_the_same_way(twins: Any, images: np.ndarray, noise: Any, training: str) -> None:
    trajectories = []
    for which in (0, 1):
        optimizer, arguments = TRAINING[training]()
        layer = twins(kernel_initializer=noise(1), strides=2, **arguments)[which]
        model = keras.Sequential([keras.Input(images.shape[1:]), layer])
        model.compile(optimizer, "mse", jit_compile=False)
        targets = np.zeros(model.compute_output_shape(images.shape), dtype="float32")
        kernels = [values(layer.kernel)]
        for start in (0, 4, 0, 4):
            model.train_on_batch(images[start : start + 4], targets[start : start + 4])
            kernels.append(values(layer.kernel))
        trajectories.append(np.stack(kernels))
    moved = np.abs(trajectories[1][-1] - trajectories[1][0]).max()
    assert moved > 0.01
    np.testing.assert_allclose(trajectories[0], trajectories[1], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "constraint",
    [keras.constraints.MaxNorm(0.7, axis=(0, 1)), keras.constraints.NonNeg(), keras.constraints.UnitNorm(axis=0)],
    ids=["max_norm", "non_neg", "unit_norm"],
)
def test_constraint_gives_the_kernel_that_it_gives_the_plain_layer(twins: Any, noise: Any, constraint: Any) -> None:
    layer, plain = twins(kernel_initializer=noise(1), kernel_constraint=constraint)
    layer.coefficients.assign(layer.coefficients.constraint(layer.coefficients))
    expected = values(constraint(plain.kernel))
    assert np.abs(expected - values(plain.kernel)).max() > 0.1
    np.testing.assert_allclose(values(layer.kernel), expected, rtol=0, atol=1e-6)
