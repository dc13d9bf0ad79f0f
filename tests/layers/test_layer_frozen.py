"""The basis stays bit for bit the bank, whatever trains; the coefficients move; half precision rounds once."""

from typing import Any

import keras
import numpy as np
import pytest
from every import values

import filterbank as fb
from filterbank.layers import BasisConv2D, FrozenBasisError

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "sgd with weight decay": lambda: keras.optimizers.SGD(0.01, weight_decay=0.1),
    "adam with weight decay": lambda: keras.optimizers.Adam(0.1, weight_decay=0.1),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "lion": lambda: keras.optimizers.Lion(0.1, weight_decay=0.1),
    "ema": lambda: keras.optimizers.SGD(0.01, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
    "accumulation": lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2, weight_decay=0.1),
    "clipped": lambda: keras.optimizers.SGD(0.01, clipnorm=1.0),
}
# Values so small that a device may flush them to zero, and a zero: all bits must survive.
DELICATE = {"denormal": 1e-42, "tiny": 1e-30, "zero": 0.0}


def in_dtype(bank: fb.FilterBank, dtype: str) -> bytes:
    """Return the bytes of a bank as a weight of that dtype must hold them."""
    return bank.filters.astype(keras.backend.standardize_dtype(dtype)).tobytes()


@pytest.fixture
def delicate_bank(kind: Any) -> fb.FilterBank:
    filters = np.random.default_rng(1).normal(size=(4, *kind.size))
    filters.reshape(4, -1)[:, :3] = list(DELICATE.values())
    return fb.FilterBank(filters)


def fit(model: Any, images: np.ndarray) -> None:
    model.fit(images, np.ones((len(images), 1)), batch_size=2, epochs=1, verbose=0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_optimizer_moves_the_basis(
    model_on: Any, images: np.ndarray, delicate_bank: fb.FilterBank, optimizer: str
) -> None:
    model = model_on(delicate_bank)
    layer = model.layers[0]
    start = values(layer.coefficients).copy()
    model.compile(OPTIMIZERS[optimizer](), "mse", jit_compile=True)
    fit(model, images)
    assert values(layer.basis).tobytes() == in_dtype(delicate_bank, "float32")
    assert np.abs(values(layer.coefficients) - start).min() > 0
    assert len(model.optimizer.variables) > 0
    assert not any(tuple(slot.shape) == delicate_bank.shape for slot in model.optimizer.variables)
    layer.verify()


@pytest.mark.parametrize("optimizer", ["adamw", "ema"])
def test_no_optimizer_moves_the_basis_without_jit(
    model_on: Any, images: np.ndarray, delicate_bank: fb.FilterBank, optimizer: str
) -> None:
    model = model_on(delicate_bank)
    start = values(model.layers[0].coefficients).copy()
    model.compile(OPTIMIZERS[optimizer](), "mse", jit_compile=False)
    fit(model, images)
    assert values(model.layers[0].basis).tobytes() == in_dtype(delicate_bank, "float32")
    assert np.abs(values(model.layers[0].coefficients) - start).min() > 0


def test_toggling_the_layer_trains_the_coefficients_only(
    model_on: Any, images: np.ndarray, bank: fb.FilterBank
) -> None:
    model = model_on(bank)
    layer = model.layers[0]
    start = values(layer.coefficients).copy()
    for trainable in (False, True):
        layer.trainable = trainable
        model.compile(keras.optimizers.AdamW(0.1, weight_decay=0.1), "mse", jit_compile=False)
        fit(model, images)
        assert (np.abs(values(layer.coefficients) - start).min() > 0) == trainable
        assert values(layer.basis).tobytes() == in_dtype(bank, "float32")
        assert layer.basis.trainable is False
    assert [weight.name for weight in layer.trainable_weights] == ["coefficients", "bias"]


def test_toggling_the_model_trains_the_coefficients_only(model_on: Any, images: np.ndarray, bank: Any) -> None:
    model = model_on(bank)
    model.trainable = False
    model.trainable = True
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    fit(model, images)
    assert model.layers[0].verify().frozen == bank.filters.size


def test_layer_made_untrainable_trains_nothing(model_on: Any, images: np.ndarray, bank: fb.FilterBank) -> None:
    model = model_on(bank, trainable=False)
    layer = model.layers[0]
    start = values(layer.coefficients).copy()
    verification = layer.verify()
    assert (verification.trainable, verification.frozen) == (0, bank.filters.size + start.size + 2)
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    fit(model, images)
    assert np.array_equal(values(layer.coefficients), start)
    layer.trainable = True
    assert layer.verify().trainable == start.size + 2
    assert layer.verify().frozen == bank.filters.size


def test_basis_that_somebody_sets_trainable_is_found_out(
    model_on: Any, images: np.ndarray, bank: fb.FilterBank, backend: str
) -> None:
    model = model_on(bank)
    layer = model.layers[0]
    layer.basis.trainable = True
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    if backend == "tensorflow":  # whose tape never watches it
        with pytest.warns(UserWarning, match="Gradients do not exist for variables .*filters/basis"):
            fit(model, images)
        with pytest.raises(FrozenBasisError, match="is its bank still, but would train"):
            layer.verify()
        return
    fit(model, images)
    assert values(layer.basis).tobytes() != in_dtype(bank, "float32")
    with pytest.raises(FrozenBasisError, match=f"{bank.filters.size} of {bank.filters.size} values differ"):
        layer.verify()


def test_counts_are_those_of_the_model_summary(model_on: Any, bank: fb.FilterBank) -> None:
    model = model_on(bank)
    verification = model.layers[0].verify()
    head = model.layers[-1].count_params()
    assert verification.trainable == sum(np.prod(w.shape) for w in model.trainable_weights) - head
    assert verification.frozen == sum(np.prod(w.shape) for w in model.non_trainable_weights)
    assert verification.trainable + verification.frozen == model.layers[0].count_params()
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line))
    assert f"Non-trainable params: {bank.filters.size}" in "\n".join(lines)


# Half precision

ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24}


def layer_in(dtype: str, filters: Any) -> Any:
    layer = BasisConv2D(3, filters, dtype=dtype, kernel_initializer="zeros")
    layer.build((None, None, None, 4))
    layer.coefficients.assign(np.random.default_rng(0).normal(size=layer.coefficients.shape))
    return layer


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float32"])
def test_verify_holds_in_the_dtype_of_the_layer(policy: str) -> None:
    bank = fb.gabor(7)
    layer = layer_in(policy, bank)
    variables = keras.DTypePolicy(policy).variable_dtype
    assert {weight.dtype for weight in layer.weights} == {variables}
    assert values(layer.basis).tobytes() == in_dtype(bank, variables)
    assert layer.verify().fingerprint == bank.fingerprint


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float32"])
def test_kernel_is_composed_in_float32_and_rounded_once(policy: str) -> None:
    layer = layer_in(policy, fb.random(7, n=40, rng=0))
    compute = keras.DTypePolicy(policy).compute_dtype
    exact = np.tensordot(
        values(layer.basis).astype("float64"), values(layer.coefficients).astype("float64"), axes=(0, 0)
    )
    kernel = values(layer.kernel)
    assert keras.backend.standardize_dtype(kernel.dtype) == compute
    error = np.abs(kernel.astype("float64") - exact)
    # One rounding to the compute dtype, and what float32 lost in a sum of forty terms before it.
    assert (error <= ROUNDING[compute] * np.abs(exact) + 40 * 2.0**-24).all()
    assert error.max() > ROUNDING[compute] / 10


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_loses_no_more_than_one_rounding_against_the_float64_bank(policy: str) -> None:
    layer = layer_in(policy, fb.random(7, n=40, rng=0))
    exact = np.tensordot(layer.bank.filters, values(layer.coefficients).astype("float64"), axes=(0, 0))
    error = np.abs(values(layer.kernel).astype("float64") - exact)
    assert (error <= ROUNDING[policy.removeprefix("mixed_")] * np.abs(exact) + 80 * 2.0**-24).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_kernel_is_rounded_once_inside_the_call_too(policy: str) -> None:
    # Keras would cast both weights before the layer composes. An impulse shows the kernel that it computes with.
    layer = BasisConv2D(3, fb.random(7, n=40, rng=0), dtype=policy, kernel_initializer="zeros", execution="compose")
    impulse = np.zeros((1, 13, 13, 1), dtype="float32")
    impulse[0, 6, 6] = 1
    layer.build(impulse.shape)
    layer.coefficients.assign(np.random.default_rng(0).normal(size=layer.coefficients.shape))
    exact = np.tensordot(layer.bank.filters, values(layer.coefficients).astype("float64"), axes=(0, 0))
    seen = values(layer(impulse)).astype("float64")[0, ::-1, ::-1]
    error = np.abs(seen - exact[:, :, 0])
    assert (error <= ROUNDING[policy.removeprefix("mixed_")] * np.abs(exact[:, :, 0]) + 80 * 2.0**-24).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_half_precision_training_leaves_the_basis(
    model_on: Any, images: np.ndarray, bank: fb.FilterBank, policy: str
) -> None:
    model = model_on(bank, dtype=policy)
    layer = model.layers[0]
    start = values(layer.coefficients).astype("float32")
    model.compile(keras.optimizers.SGD(0.01), "mse")
    fit(model, images)
    assert values(layer.basis).tobytes() == in_dtype(bank, layer.variable_dtype)
    assert np.abs(values(layer.coefficients).astype("float32") - start).max() > 0.005
    layer.verify()
