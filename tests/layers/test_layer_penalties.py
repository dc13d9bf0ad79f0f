"""Regularizers and constraints on banks that are not complete, of the composed kernel and of the coefficients."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

import filterbank as fb

TOLERANCE = 2e-6


@keras.saving.register_keras_serializable(package="filterbank tests")
class Tilt(keras.regularizers.Regularizer):
    """Weighs every entry differently: a wrong axis or order shows."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def __call__(self, weight: Any) -> Any:
        """Return a weighted sum of squares."""
        slope = np.arange(1.0, 1 + np.prod(weight.shape)).reshape(weight.shape)
        return self.strength * ops.sum(ops.convert_to_tensor(slope, dtype=weight.dtype) * ops.square(weight))

    def get_config(self) -> dict[str, Any]:
        """Return the argument."""
        return {"strength": self.strength}


REGULARIZERS = {
    "l1": (keras.regularizers.L1(0.1), lambda w: 0.1 * np.abs(w).sum()),
    "l2": (keras.regularizers.L2(0.1), lambda w: 0.1 * np.square(w).sum()),
    "l1_l2": (keras.regularizers.L1L2(0.1, 0.2), lambda w: 0.1 * np.abs(w).sum() + 0.2 * np.square(w).sum()),
    "own": (Tilt(0.5), lambda w: 0.5 * (np.arange(1, 1 + w.size).reshape(w.shape) * w**2).sum()),
}


@pytest.fixture
def bank(kind: Any) -> fb.FilterBank:
    """Return four filters that are neither orthogonal nor of one norm."""
    return fb.FilterBank(np.random.default_rng(5).normal(size=(4, *kind.size)))


@pytest.fixture
def built(kind: Any, bank: fb.FilterBank, images: np.ndarray, noise: Any) -> Any:
    """Return a function that builds a layer of three outputs with random coefficients."""

    def make(filters: Any = None, **arguments: Any) -> Any:
        arguments = {"coefficient_initializer": noise(1), **arguments}
        layer = kind.basis(3, bank if filters is None else filters, **arguments)
        layer.build(images.shape)
        return layer

    return make


def values(tensor: Any) -> np.ndarray:
    array: np.ndarray = ops.convert_to_numpy(tensor).astype("float64")
    return array


def penalty(layer: Any) -> float:
    return float(sum(values(loss) for loss in layer.losses))


def composed(layer: Any) -> np.ndarray:
    """Return the kernel in float64, by NumPy."""
    return np.tensordot(layer.bank.filters, values(layer.coefficients), axes=(0, 0))


@pytest.mark.parametrize("name", REGULARIZERS)
def test_kernel_regularizer_sees_the_composed_kernel(built: Any, name: str) -> None:
    regularizer, expected = REGULARIZERS[name]
    layer = built(kernel_regularizer=regularizer)
    assert abs(expected(composed(layer)) / expected(values(layer.coefficients)) - 1) > 0.01
    np.testing.assert_allclose(penalty(layer), expected(composed(layer)), rtol=TOLERANCE)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_coefficient_regularizer_sees_the_coefficients(built: Any, name: str) -> None:
    regularizer, expected = REGULARIZERS[name]
    layer = built(coefficient_regularizer=regularizer)
    np.testing.assert_allclose(penalty(layer), expected(values(layer.coefficients)), rtol=TOLERANCE)


def test_penalties_of_kernel_coefficients_and_bias_add_up(built: Any) -> None:
    layer = built(
        kernel_regularizer="l2",
        coefficient_regularizer=keras.regularizers.L1(0.3),
        bias_regularizer=keras.regularizers.L2(0.5),
        bias_initializer="ones",
    )
    expected = 0.01 * np.square(composed(layer)).sum() + 0.3 * np.abs(values(layer.coefficients)).sum() + 0.5 * 3
    np.testing.assert_allclose(penalty(layer), expected, rtol=TOLERANCE)


def test_without_regularizers_there_is_no_penalty(built: Any) -> None:
    assert built().losses == []


def test_penalty_pulls_the_coefficients_by_its_gradient(built: Any, images: np.ndarray) -> None:
    # The data pull nowhere: the targets are the outputs.
    layer = built(kernel_regularizer=keras.regularizers.L2(0.5))
    start, kernel = values(layer.coefficients), composed(layer)
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
    outputs = ops.convert_to_numpy(model(images))
    loss = model.train_on_batch(images, outputs)
    flat = layer.bank.filters.reshape(len(layer.bank), -1)
    gradient = np.tensordot(flat, kernel.reshape(flat.shape[1], *kernel.shape[-2:]), axes=(1, 0))
    np.testing.assert_allclose(loss, 0.5 * np.square(kernel).sum(), rtol=1e-5)
    np.testing.assert_allclose(values(layer.coefficients), start - 0.1 * gradient, rtol=0, atol=1e-6)


# Constraints


def constrained(layer: Any) -> np.ndarray:
    """Return what the constraint makes of the coefficients."""
    return values(layer.coefficients.constraint(layer.coefficients))


CONSTRAINTS = {
    "max_norm": keras.constraints.MaxNorm(0.7),
    "max_norm of a whole filter": keras.constraints.MaxNorm(0.7, axis=(0, 1)),
    "min_max_norm": keras.constraints.MinMaxNorm(0.4, 0.8),
    "non_neg": keras.constraints.NonNeg(),
    "unit_norm": keras.constraints.UnitNorm(),
}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_kernel_constraint_is_pulled_back_by_least_squares(built: Any, name: str) -> None:
    layer = built(kernel_constraint=CONSTRAINTS[name])
    kernel = composed(layer)
    wanted = values(CONSTRAINTS[name](ops.convert_to_tensor(kernel.astype("float32"))))
    change = fb.decompose(wanted - kernel, layer.bank)
    assert np.abs(change).max() > 0.05
    np.testing.assert_allclose(constrained(layer), values(layer.coefficients) + change, rtol=0, atol=TOLERANCE)


def test_scaling_constraint_is_exact_on_an_incomplete_bank(built: Any, kind: Any) -> None:
    whole = tuple(range(len(kind.size) + 1))
    layer = built(kernel_constraint=keras.constraints.UnitNorm(axis=whole))
    assert np.abs(np.square(composed(layer)).sum(axis=whole) - 1).max() > 0.1
    layer.coefficients.assign(layer.coefficients.constraint(layer.coefficients))
    np.testing.assert_allclose(np.square(composed(layer)).sum(axis=whole), np.ones(3), rtol=1e-5)


def test_kernel_that_satisfies_the_constraint_keeps_its_coefficients(built: Any, kind: Any) -> None:
    # Of a dependent bank least squares alone would choose others.
    dependent = np.concatenate([fb.dct(kind.size, n=3).filters] * 2)
    layer = built(dependent, kernel_constraint=keras.constraints.MaxNorm(1e3))
    assert np.abs(fb.decompose(composed(layer), dependent) - values(layer.coefficients)).max() > 0.1
    np.testing.assert_allclose(constrained(layer), values(layer.coefficients), rtol=0, atol=TOLERANCE)


def test_coefficient_constraint_sees_the_coefficients(built: Any) -> None:
    layer = built(coefficient_constraint="non_neg")
    start = values(layer.coefficients)
    assert (start < -0.1).any()
    np.testing.assert_array_equal(constrained(layer), np.maximum(start, 0))


def test_coefficient_constraint_comes_before_that_of_the_kernel(built: Any, kind: Any) -> None:
    whole = tuple(range(len(kind.size) + 1))
    layer = built(coefficient_constraint="non_neg", kernel_constraint=keras.constraints.MaxNorm(0.5, axis=whole))
    positive = np.maximum(values(layer.coefficients), 0)
    norms = np.sqrt(np.square(np.tensordot(layer.bank.filters, positive, axes=(0, 0))).sum(axis=whole))
    assert (norms > 0.6).all()
    np.testing.assert_allclose(constrained(layer), positive * 0.5 / norms, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_constraints_hold_after_every_step_of_training(
    built: Any, kind: Any, images: np.ndarray, jit_compile: bool
) -> None:
    whole = tuple(range(len(kind.size) + 1))
    layer = built(
        kernel_constraint=keras.constraints.MaxNorm(0.3, axis=whole),
        kernel_regularizer="l2",
        coefficient_constraint="non_neg",
    )
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
    start = values(layer.coefficients)
    targets = np.full(model.compute_output_shape(images.shape), 5.0)
    model.fit(images, targets, batch_size=4, verbose=0)
    norms = np.sqrt(np.square(composed(layer)).sum(axis=whole))
    np.testing.assert_allclose(norms, np.full(3, 0.3), rtol=1e-5)
    assert -1e-6 < values(layer.coefficients).min() < 1e-6  # rounding of the kernel's constraint, which is the last
    assert np.abs(values(layer.coefficients) - start).max() > 0.01
    layer.verify()


@pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
def test_half_precision_layers_are_regularized_and_constrained(built: Any, dtype: str) -> None:
    layer = built(dtype=dtype, kernel_regularizer="l2", kernel_constraint="max_norm")
    rounding = 2**-9 if dtype == "float16" else 2e-6
    np.testing.assert_allclose(penalty(layer), 0.01 * np.square(composed(layer)).sum(), rtol=rounding)
    both = built(dtype=dtype, kernel_regularizer="l2", coefficient_regularizer="l2")
    squares = np.square(composed(both)).sum() + np.square(values(both.coefficients)).sum()
    np.testing.assert_allclose(penalty(both), 0.01 * squares, rtol=rounding)
    limited = layer.coefficients.constraint(layer.coefficients)
    assert keras.backend.standardize_dtype(limited.dtype) == layer.variable_dtype
