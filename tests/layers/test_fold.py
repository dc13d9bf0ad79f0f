"""`fold`: plain Keras layers and models with the same output, and what it must refuse."""

from typing import Any

import keras
import numpy as np
import pytest
from every import values
from keras import layers, ops

import filterbank as fb
from filterbank.layers import FrozenBasisError, fold
from filterbank.layers._basis import OWN_ARGUMENTS, BasisMixin


def leaves(model: Any) -> list[Any]:
    """Return the layers of a model and of those inside, without inputs: Keras renames those that nobody named."""
    return [layer for layer in model._flatten_layers() if not isinstance(layer, (keras.Model, layers.InputLayer))]


def snapshot(model: Any) -> list[bytes]:
    return [values(weight).tobytes() for weight in model.weights]


def assert_folded(model: Any, *inputs: np.ndarray, tolerance: float = 2e-6) -> Any:
    """Fold a model, check all that holds of every folded model, and return it."""
    before, names, compiled = snapshot(model), [layer.name for layer in leaves(model)], model.compiled
    data = list(inputs) if len(inputs) > 1 else inputs[0]
    expected = values(model(data)).astype("float64")
    folded = fold(model)
    assert snapshot(model) == before
    assert model.compiled == compiled
    assert folded is not model
    assert folded.name == model.name
    assert not folded.compiled
    assert [layer.name for layer in leaves(folded)] == names
    assert not any(isinstance(layer, BasisMixin) for layer in leaves(folded))
    assert any(isinstance(layer, BasisMixin) for layer in leaves(model))
    assert {id(layer) for layer in leaves(folded)}.isdisjoint(id(layer) for layer in leaves(model))
    scale = np.abs(expected).max()
    assert scale > 0.01
    np.testing.assert_allclose(values(folded(data)).astype("float64"), expected, rtol=0, atol=tolerance * scale)
    return folded


@pytest.fixture
def on_bank(kind: Any, bank: fb.FilterBank, noise: Any) -> Any:
    """Return a function that makes a layer on a bank with random coefficients."""

    def make(filters: int = 3, draw: int = 0, **arguments: Any) -> Any:
        bias = noise(draw + 100)
        arguments = {"coefficient_initializer": noise(draw), "bias_initializer": bias, "padding": "same", **arguments}
        return kind.basis(filters, bank, **arguments)

    return make


# Layers


@pytest.mark.parametrize("arguments", [{}, {"strides": 2}, {"groups": 3}, {"use_bias": False, "activation": "relu"}])
def test_layer_becomes_the_plain_one(kind: Any, on_bank: Any, images: np.ndarray, arguments: dict[str, Any]) -> None:
    layer = on_bank(name="mine", trainable=False, kernel_regularizer="l2", **arguments)
    expected = values(layer(images))
    plain = fold(layer)
    assert type(plain) is kind.plain
    ours = {"bank", *OWN_ARGUMENTS}
    config = {name: value for name, value in layer.get_config().items() if name not in ours}
    assert plain.get_config() == {**config, "kernel_size": kind.size}
    np.testing.assert_allclose(values(plain(images)), expected, rtol=0, atol=2e-6 * np.abs(expected).max())


def test_unbuilt_layer_becomes_an_unbuilt_plain_one(kind: Any, on_bank: Any, images: np.ndarray) -> None:
    plain = fold(on_bank(strides=2))
    assert type(plain) is kind.plain
    assert not plain.built
    assert plain(images).shape == on_bank(strides=2)(images).shape


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float32"])
def test_kernel_is_the_layers_in_every_precision(on_bank: Any, images: np.ndarray, dtype: str) -> None:
    layer = on_bank(dtype=dtype)
    layer(images)
    plain = fold(layer)
    assert plain.dtype_policy == layer.dtype_policy
    folded = values(ops.cast(plain.kernel, layer.compute_dtype)).astype("float64")
    exact = values(layer.kernel).astype("float64")
    # The last bit may differ where float32 rounded twice; hardly ever does it.
    last_bit = {"float16": 2**-10, "bfloat16": 2**-7, "float32": 2**-21}[layer.compute_dtype]
    np.testing.assert_allclose(folded, exact, rtol=last_bit, atol=1e-6)
    assert np.mean(folded == exact) > (0.95 if dtype != "float32" else 0.1)


def test_moved_basis_is_not_folded(on_bank: Any, images: np.ndarray) -> None:
    layer = on_bank(name="mine")
    layer(images)
    layer.basis.assign(values(layer.basis) * 1.01)
    with pytest.raises(FrozenBasisError, match="layer 'mine' is not its bank"):
        fold(layer)
    with pytest.raises(FrozenBasisError, match="layer 'mine' is not its bank"):
        fold(keras.Sequential([keras.Input(images.shape[1:]), layer]))


# Models


def test_sequential_model(on_bank: Any, images: np.ndarray, noise: Any) -> None:
    model = keras.Sequential(
        [
            keras.Input(images.shape[1:]),
            on_bank(4, activation="relu"),
            layers.Dropout(0.5),
            on_bank(2, draw=1, strides=2),
            layers.Flatten(),
            layers.Dense(2, kernel_initializer=noise()),
        ],
        name="whole",
    )
    folded = assert_folded(model, images)
    assert isinstance(folded, keras.Sequential)
    assert len(folded.trainable_weights) == len(model.trainable_weights)
    assert folded.non_trainable_weights == []


def test_sequential_model_built_by_its_first_batch(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([on_bank(), on_bank(2, draw=1)])
    model(images)
    assert_folded(model, images)


def test_unbuilt_sequential_model(kind: Any, on_bank: Any, images: np.ndarray) -> None:
    folded = fold(keras.Sequential([on_bank(), on_bank(2)]))
    assert [type(layer) for layer in folded.layers] == [kind.plain] * 2
    assert not folded.built
    assert folded(images).shape[-1] == 2


def test_compiled_model_comes_uncompiled(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), on_bank()])
    model.compile("sgd", lambda wanted, found: ops.mean(ops.square(wanted - found)), metrics=["mae"])
    assert_folded(model, images)
    model.train_on_batch(images, np.zeros(model.compute_output_shape(images.shape)))


def test_functional_model_with_branches_of_the_same_shape(on_bank: Any, images: np.ndarray) -> None:
    inputs = keras.Input(images.shape[1:])
    # Made in another order than they are used: weights must not change places.
    late, early = on_bank(draw=1, name="late"), on_bank(draw=2, name="early")
    first = early(inputs)
    second = late(inputs)
    model = keras.Model(inputs, layers.Subtract()([second, layers.ReLU()(layers.Concatenate()([first])) * 3]))
    folded = assert_folded(model, images)
    for name in ("late", "early"):
        np.testing.assert_allclose(values(folded.get_layer(name).bias), values(model.get_layer(name).bias))


def test_shared_layer_stays_shared(on_bank: Any, images: np.ndarray) -> None:
    inputs = keras.Input(images.shape[1:])
    shared = on_bank(3, name="shared")
    model = keras.Model(inputs, shared(layers.ReLU()(shared(inputs))))
    folded = assert_folded(model, images)
    assert len(folded.weights) == 2


def test_model_with_several_inputs_and_outputs(on_bank: Any, images: np.ndarray) -> None:
    inputs = [keras.Input(images.shape[1:], name=name) for name in ("left", "right")]
    left, right = (on_bank(draw=draw)(each) for draw, each in enumerate(inputs))
    model = keras.Model(inputs, {"sum": layers.Add()([left, right]), "left": left})
    data = [images, images[::-1].copy()]
    folded = fold(model)
    assert [each.name for each in folded.inputs] == ["left", "right"]
    expected, found = model(data), folded(data)
    assert set(found) == {"sum", "left"}
    for name in found:
        np.testing.assert_allclose(values(found[name]), values(expected[name]), rtol=0, atol=1e-5)


def test_nested_models(on_bank: Any, images: np.ndarray) -> None:
    def block(name: str, draw: int, shape: tuple[int, ...]) -> Any:
        inside = keras.Input(shape)
        return keras.Model(inside, on_bank(3, draw=draw, name="same name")(inside), name=name)

    deepest = keras.Sequential([keras.Input(images.shape[1:]), block("a", 1, images.shape[1:])], name="deep")
    inputs = keras.Input(images.shape[1:])
    outputs = layers.Subtract()([deepest(inputs), block("b", 2, images.shape[1:])(inputs)])
    model = keras.Model(inputs, on_bank(2, draw=3)(outputs))
    deepest.compile("sgd", lambda wanted, found: ops.mean(found))
    folded = assert_folded(model, images)
    assert deepest.compiled
    assert folded.get_layer("deep").get_layer("a").get_layer("same name").kernel.shape[-1] == 3


def test_nested_model_used_twice_stays_shared(on_bank: Any, images: np.ndarray) -> None:
    block = keras.Sequential([keras.Input(images.shape[1:]), on_bank(3)], name="block")
    inputs = keras.Input(images.shape[1:])
    model = keras.Model(inputs, block(block(inputs)))
    assert len(assert_folded(model, images).weights) == 2


def test_weights_that_do_not_train_are_kept(on_bank: Any, images: np.ndarray) -> None:
    normalization = layers.Normalization()
    normalization.adapt(images * 3 + 2)
    batch = layers.BatchNormalization()
    model = keras.Sequential([keras.Input(images.shape[1:]), normalization, on_bank(), batch, on_bank(2, draw=1)])
    for draw, weight in enumerate(batch.weights):
        weight.assign(np.random.default_rng(draw).uniform(0.5, 2, size=weight.shape))
    folded = assert_folded(model, images)
    for found, expected in zip(folded.layers[2].weights, batch.weights, strict=True):
        np.testing.assert_array_equal(values(found), values(expected))


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_model(on_bank: Any, images: np.ndarray, policy: str) -> None:
    model = keras.Sequential(
        [keras.Input(images.shape[1:]), on_bank(dtype=policy), on_bank(2, draw=1, dtype=policy, execution="compose")]
    )
    folded = assert_folded(model, images, tolerance=2**-6 if policy == "mixed_bfloat16" else 2**-9)
    assert [layer.dtype_policy.name for layer in folded.layers] == [policy] * 2


def test_frozen_layers_stay_frozen(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), on_bank(), on_bank(2)])
    model.layers[0].trainable = False
    assert [layer.trainable for layer in assert_folded(model, images).layers] == [False, True]


def test_folded_model_trains_all_of_its_kernel(on_bank: Any, images: np.ndarray, bank: fb.FilterBank) -> None:
    folded = fold(keras.Sequential([keras.Input(images.shape[1:]), on_bank(3)]))
    start = values(folded.layers[0].kernel).copy()
    folded.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    folded.train_on_batch(images, np.ones(folded.compute_output_shape(images.shape)))
    moved = values(folded.layers[0].kernel) - start
    outside = moved - fb.compose(fb.decompose(moved, bank), bank)
    assert np.abs(outside).max() > 0.01


def test_folded_model_needs_no_filterbank_in_its_file(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), on_bank()])
    assert "filterbank" in model.to_json()
    assert "filterbank" not in fold(model).to_json().replace("filterbank tests", "")


def test_model_without_layers_on_a_bank_is_copied(images: np.ndarray, noise: Any) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), layers.Dense(2, kernel_initializer=noise())])
    folded = fold(model)
    np.testing.assert_array_equal(values(folded(images)), values(model(images)))


# Refused


@pytest.mark.parametrize("what", [layers.Conv2D(2, 3), fb.dct(3), None, "model"], ids=["layer", "bank", "None", "text"])
def test_anything_else_is_a_type_error(what: Any) -> None:
    text = "`layer_or_model` must be a layer on a bank or a Keras model, got " + type(what).__name__
    with pytest.raises(TypeError, match=text):
        fold(what)


class Subclassed(keras.Model):
    """A model whose layers Keras does not know how to exchange."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.first = layer

    def call(self, inputs: Any) -> Any:
        """Apply the layer."""
        return self.first(inputs)


def test_subclassed_model_is_refused(on_bank: Any, images: np.ndarray) -> None:
    model = Subclassed(on_bank())
    model(images)
    with pytest.raises(TypeError, match="must be a Sequential or functional model, got the subclassed Subclassed"):
        fold(model)


def test_subclassed_model_inside_a_model_is_refused(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([keras.Input(images.shape[1:]), Subclassed(on_bank())])
    with pytest.raises(TypeError, match=r"a Subclassed, holds a layer that cannot be exchanged: convert"):
        fold(model)


@pytest.mark.parametrize("base", ["Sequential", "functional"])
def test_model_with_a_call_of_its_own_is_refused(on_bank: Any, images: np.ndarray, base: str) -> None:
    class Doubled(keras.Sequential if base == "Sequential" else keras.Model):  # type: ignore[misc]
        def call(self, inputs: Any, **arguments: Any) -> Any:
            return 2 * super().call(inputs, **arguments)

    if base == "Sequential":
        model = Doubled([keras.Input(images.shape[1:]), on_bank()])
    else:
        inputs = keras.Input(images.shape[1:])
        model = Doubled(inputs, on_bank()(inputs))
    model(images)
    with pytest.raises(TypeError, match="got the subclassed Doubled"):
        fold(model)


def test_layer_inside_another_layer_is_refused(on_bank: Any, images: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((2, *images.shape[1:])), layers.TimeDistributed(on_bank(), name="films")])
    with pytest.raises(TypeError, match=r"layer 'films', a TimeDistributed, holds a layer that cannot"):
        fold(model)


def test_users_layer_with_a_call_of_its_own_is_refused(kind: Any, bank: fb.FilterBank, images: np.ndarray) -> None:
    class Doubled(kind.basis):  # type: ignore[misc, name-defined]
        def call(self, inputs: Any) -> Any:
            return 2 * super().call(inputs)

    layer = Doubled(2, bank, name="mine")
    layer(images)
    with pytest.raises(TypeError, match="layer 'mine' is a Doubled with a `call` of its own"):
        fold(layer)
    with pytest.raises(TypeError, match="layer 'mine' is a Doubled with a `call` of its own"):
        fold(keras.Sequential([keras.Input(images.shape[1:]), layer]))


def test_users_layer_with_the_call_of_the_library_is_folded(kind: Any, bank: Any, images: np.ndarray) -> None:
    class Named(kind.basis):  # type: ignore[misc, name-defined]
        def __init__(self, filters: int, bank: Any, label: str = "", **kwargs: Any) -> None:
            super().__init__(filters, bank, **kwargs)
            self.label = label

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "label": self.label}

    layer = Named(2, bank, label="x", kernel_initializer="ones")
    expected = values(layer(images))
    plain = fold(layer)
    assert type(plain) is kind.plain
    np.testing.assert_allclose(values(plain(images)), expected, rtol=0, atol=1e-5)
