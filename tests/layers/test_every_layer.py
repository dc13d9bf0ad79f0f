"""Every layer on a complete bank is its Keras sibling: signature, errors, configuration, numbers, training."""

import inspect
from typing import Any

import keras
import numpy as np
import pytest
from every import PAIRS, SETTINGS, Pair, derive, refusal, values
from keras import ops

import filterbank as fb
from filterbank.layers._basis import OWN_ARGUMENTS

every_layer = pytest.mark.parametrize("pair", PAIRS, ids=str)
every_setting = pytest.mark.parametrize(("pair", "name"), SETTINGS, ids=str)


# The constructor


def parameters(constructor: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(constructor).parameters.values())


@every_layer
def test_signature_is_the_siblings_with_a_bank_for_the_kernel_size(pair: Pair) -> None:
    expected = [
        parameter.replace(name="bank") if parameter.name == "kernel_size" else parameter
        for parameter in parameters(pair.plain)
    ]
    assert [each for each in parameters(pair.basis) if each.name not in OWN_ARGUMENTS] == expected


@every_layer
def test_call_of_a_layer_has_the_siblings_signature(pair: Pair) -> None:
    # TensorFlow's `tf.function(layer)` asks for it.
    assert inspect.signature(pair.on(fb.delta(pair.size))) == inspect.signature(pair.like())


# Another value for every argument of any of the layers.
OTHER_VALUES: dict[str, Any] = {
    "filters": 6,
    "strides": 2,
    "padding": "same",
    "output_padding": 1,
    "data_format": "channels_first",
    "dilation_rate": 1,
    "groups": 2,
    "depth_multiplier": 3,
    "activation": "relu",
    "use_bias": False,
    "kernel_initializer": "he_normal",
    "depthwise_initializer": "he_uniform",
    "pointwise_initializer": "lecun_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l1",
    "depthwise_regularizer": "l2",
    "pointwise_regularizer": "l1",
    "bias_regularizer": "l2",
    "activity_regularizer": "l1",
    "kernel_constraint": "non_neg",
    "depthwise_constraint": "unit_norm",
    "pointwise_constraint": "max_norm",
    "bias_constraint": "non_neg",
}


@every_layer
def test_positional_arguments_make_the_configuration_that_they_make_in_keras(pair: Pair) -> None:
    names = [parameter.name for parameter in parameters(pair.plain)[:-1]]
    of_plain, of_layer = (
        make(*(OTHER_VALUES.get(name, first) for name in names), name="filters").get_config()
        for make, first in ((pair.plain, pair.size), (pair.basis, fb.delta(pair.size)))
    )
    assert set(of_layer) - set(of_plain) == {"bank", *OWN_ARGUMENTS}
    assert set(of_plain) - set(of_layer) == {"kernel_size"}
    assert {key: of_layer[key] for key in of_plain if key != "kernel_size"} == {
        key: value for key, value in of_plain.items() if key != "kernel_size"
    }


MISTAKES: list[dict[str, Any]] = [
    {"strides": 0},
    {"strides": -1},
    {"strides": (1, 2, 3, 4)},
    {"strides": 2, "dilation_rate": 2},
    {"dilation_rate": 0},
    {"padding": "full"},
    {"padding": "causal"},
    {"data_format": "channels_middle"},
    {"activation": "no such function"},
    {"bias_initializer": "no such initializer"},
    {"kernel_initializer": "no such initializer"},
    {"depthwise_regularizer": "no such regularizer"},
    {"pointwise_constraint": "no such constraint"},
    {"filters": 0},
    {"filters": -4},
    {"groups": 0},
    {"groups": 3},
    {"depth_multiplier": 0},
    {"output_padding": 1},
    {"strides": 2, "output_padding": 2},
    {"kernel_shape": (3, 3)},
]


@every_layer
def test_mistakes_are_refused_in_the_siblings_words(pair: Pair) -> None:
    refused = 0
    for mistake in MISTAKES:
        if not all(map(pair.takes, mistake)) and "kernel_shape" not in mistake:
            continue
        of_plain = refusal(pair.like, **mistake)
        of_layer = refusal(pair.on, bank=fb.delta(pair.size), **mistake)
        if of_plain is not None:
            of_plain = of_plain[0], of_plain[1].replace(pair.plain.__name__, pair.basis.__name__)
            refused += 1
        assert of_layer == of_plain, mistake
    assert refused >= 9


@every_layer
def test_images_that_do_not_fit_are_refused_in_the_siblings_words(pair: Pair) -> None:
    built = [pair.on(fb.delta(pair.size)), pair.like()]
    for layer in built:
        layer.build(pair.images().shape)
    unbuilt = [pair.on(fb.delta(pair.size)), pair.like()]
    for wrong in (pair.images()[..., :3], pair.images()[0]):
        of_layer, of_plain = (refusal(layer, inputs=wrong) for layer in built)
        assert of_plain is not None
        assert of_layer == (of_plain[0], of_plain[1].replace(pair.plain.__name__, pair.basis.__name__))
    tiny = (None, *(1,) * len(pair.size), 4)
    of_layer, of_plain = (refusal(layer.build, input_shape=tiny) for layer in unbuilt)
    assert of_layer == of_plain


# Numbers


@every_setting
def test_output_shapes_are_the_siblings(pair: Pair, name: str) -> None:
    settings = pair.grid()[name]
    layer, plain = pair.on(fb.delta(pair.size), **settings), pair.like(**settings)
    shape = pair.images(settings.get("data_format")).shape
    unknown = tuple(4 if side == 4 else None for side in shape)
    assert layer.compute_output_shape(shape) == plain.compute_output_shape(shape)
    assert tuple(layer(keras.Input(unknown[1:])).shape) == tuple(plain(keras.Input(unknown[1:])).shape)


@keras.saving.register_keras_serializable(package="filterbank tests")
class Uneven(keras.regularizers.Regularizer):
    """Weighs every place in a weight differently: a wrong axis or order shows."""

    def __call__(self, weight: Any) -> Any:
        """Return a weighted sum of squares."""
        scale = np.linspace(0.1, 1, int(np.prod(weight.shape))).reshape(weight.shape)
        return ops.sum(ops.convert_to_tensor(scale, dtype=weight.dtype) * ops.square(weight))


def penalties(pair: Pair) -> dict[str, Any]:
    parts = ("kernel", "depthwise", "pointwise", "bias")
    return {f"{part}_regularizer": Uneven() for part in parts if pair.takes(f"{part}_regularizer")}


@every_setting
def test_outputs_penalties_and_gradients_are_the_siblings(pair: Pair, name: str) -> None:
    settings = {**pair.grid()[name], **penalties(pair)}
    images = pair.images(settings.get("data_format"))
    layer, plain = pair.on(fb.delta(pair.size), **settings), pair.like(**settings)
    for each in (layer, plain):
        each.build(images.shape)
    pull = np.random.default_rng(5).normal(size=plain.compute_output_shape(images.shape)).astype("float32")
    found, expected = derive(layer, images, pull), derive(plain, images, pull)
    assert len(expected.penalties) == len(plain.trainable_weights)
    assert all(np.abs(each).max() > 0.1 for each in (expected.penalties, expected.inputs, *expected.weights))
    found.assert_like(expected)


@every_layer
def test_training_steps_are_the_siblings(pair: Pair) -> None:
    settings = {**penalties(pair), f"{pair.kernel}_constraint": keras.constraints.MaxNorm(0.5, axis=0)}
    images = pair.images()
    trained = []
    for layer in (pair.on(fb.delta(pair.size), **settings), pair.like(**settings)):
        model = keras.Sequential([keras.Input(images.shape[1:]), layer])
        model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", jit_compile=False)
        start = pair.kernel_of(layer)
        targets = np.ones(model.compute_output_shape(images.shape))
        losses = [model.train_on_batch(images, targets) for _ in range(2)]
        rest = [values(weight) for weight in layer.trainable_weights[1:]]
        assert np.abs(pair.kernel_of(layer) - start).max() > 1e-3
        trained.append([np.array(losses), pair.kernel_of(layer), *rest])
    for found, expected in zip(*trained, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
