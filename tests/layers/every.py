"""The convolutions on a bank beside the Keras layers that they stand in for, and what tests do with both."""

import inspect
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as plain
from keras import ops

from filterbank import layers


@keras.saving.register_keras_serializable(package="filterbank tests")
class Noise(keras.initializers.Initializer):
    """White noise from NumPy: JAX compiles its own random numbers for seconds for every new shape."""

    def __init__(self, draw: int = 0) -> None:
        self.draw = draw

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return an array of that shape."""
        return ops.convert_to_tensor(np.random.default_rng(self.draw).normal(size=shape) / 2, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"draw": self.draw}


class Pair(NamedTuple):
    """A layer on a bank and its Keras sibling; both are made with the same arguments but for bank and size."""

    basis: type[Any]
    plain: type[Any]
    size: tuple[int, ...]

    def __str__(self) -> str:
        return self.basis.__name__

    def takes(self, argument: str) -> bool:
        """Tell whether the Keras layer knows that argument."""
        return argument in inspect.signature(self.plain).parameters

    @property
    def kernel(self) -> str:
        """What the arguments that speak of the kernel begin with."""
        return "depthwise" if self.takes("depthwise_initializer") else "kernel"

    @property
    def transposed(self) -> bool:
        """Whether it is a transposed convolution."""
        return self.takes("output_padding")

    def arguments(self, **further: Any) -> dict[str, Any]:
        """Return arguments for both layers: a name, four filters where there are any, and noise in every weight."""
        parts = [self.kernel, "bias", *(["pointwise"] if self.takes("pointwise_initializer") else [])]
        noise = {f"{part}_initializer": Noise(draw) for draw, part in enumerate(parts)}
        return {"name": "filters", **({"filters": 4} if self.takes("filters") else {}), **noise, **further}

    def on(self, bank: Any, **further: Any) -> Any:
        """Make the layer on a bank."""
        return self.basis(bank=bank, **self.arguments(**further))

    def like(self, **further: Any) -> Any:
        """Make the Keras sibling."""
        return self.plain(kernel_size=self.size, **self.arguments(**further))

    def images(self, data_format: str | None = None) -> np.ndarray:
        """Return two small images of four channels, white noise."""
        # No output with "channels_first" is four wide, as it has channels: Keras's `add` on TensorFlow mistakes them.
        images = np.random.default_rng(0).normal(size=(2, *(8, 7, 6)[: len(self.size)], 4)).astype("float32")
        return np.moveaxis(images, -1, 1) if data_format == "channels_first" else images

    def kernel_of(self, layer: Any) -> Any:
        """Return the kernel of either layer, `(*size, p, q)`."""
        return values(self.composed(layer))

    def composed(self, layer: Any) -> Any:
        """Return the kernel of either layer as it computes with it."""
        return layer.depthwise_kernel if self.takes("pointwise_initializer") else layer.kernel

    def grid(self) -> dict[str, dict[str, Any]]:
        """Return settings that every kind of its arguments takes part in, by names."""
        settings: dict[str, dict[str, Any]] = {
            "strides 2": {"strides": 2},
            "same, strides 2, tanh": {"padding": "same", "strides": 2, "activation": "tanh"},
            "same, dilated, no bias": {"padding": "same", "dilation_rate": 2, "use_bias": False},
            "channels first": {"data_format": "channels_first"},
        }
        if self.takes("groups"):
            settings["groups"] = {"groups": 2, "padding": "same"}
        if self.takes("depth_multiplier"):
            settings["depth multiplier"] = {"depth_multiplier": 2}
        if self.transposed:
            settings["output padding"] = {"strides": 2, "output_padding": 1}
        if self.basis is layers.BasisConv1D:
            settings["causal"] = {"padding": "causal", "dilation_rate": 2}
        if len(self.size) > 1 and self.kernel == "kernel":
            settings["unequal strides"] = {"strides": (2, 1, 1)[: len(self.size)], "padding": "same"}
        return settings


PAIRS = [
    Pair(layers.BasisConv1D, plain.Conv1D, (4,)),
    Pair(layers.BasisConv2D, plain.Conv2D, (3, 2)),
    Pair(layers.BasisConv3D, plain.Conv3D, (2, 3, 2)),
    Pair(layers.BasisConv1DTranspose, plain.Conv1DTranspose, (4,)),
    Pair(layers.BasisConv2DTranspose, plain.Conv2DTranspose, (3, 2)),
    Pair(layers.BasisConv3DTranspose, plain.Conv3DTranspose, (2, 3, 2)),
    Pair(layers.BasisDepthwiseConv1D, plain.DepthwiseConv1D, (4,)),
    Pair(layers.BasisDepthwiseConv2D, plain.DepthwiseConv2D, (3, 2)),
    Pair(layers.BasisSeparableConv1D, plain.SeparableConv1D, (4,)),
    Pair(layers.BasisSeparableConv2D, plain.SeparableConv2D, (3, 2)),
]
SETTINGS = [(pair, name) for pair in PAIRS for name in pair.grid()]


def values(tensor: Any) -> np.ndarray:
    """Return a copy of a tensor or weight."""
    return np.array(ops.convert_to_numpy(tensor))


def refusal(make: Any, **arguments: Any) -> tuple[type[Exception], str] | None:
    """Return the error that a call raises, if it raises one."""
    try:
        make(**arguments)
    except (ValueError, TypeError) as error:
        return type(error), str(error)
    return None


class Derived(NamedTuple):
    """What a layer computes: outputs, penalties, and the gradients of `sum(outputs * pull) + sum(penalties)`."""

    outputs: np.ndarray
    penalties: list[float]
    weights: list[np.ndarray]
    inputs: np.ndarray

    def assert_like(self, plain: "Derived") -> None:
        """Compare with the sibling's; on the bank of all pixels the coefficients are the kernel."""
        assert len(self.penalties) == len(plain.penalties)
        pairs = [(np.array(self.penalties), np.array(plain.penalties)), (self.outputs, plain.outputs)]
        pairs += [(self.inputs, plain.inputs), *zip(self.weights, plain.weights, strict=True)]
        for found, expected in pairs:
            scale = max(np.abs(expected).max(initial=0), 1e-2)
            np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=5e-6 * scale)


def derive(layer: Any, images: np.ndarray, pull: np.ndarray) -> Derived:
    """Run a built layer and differentiate, in the words of the backend."""
    ways = {"tensorflow": _with_tensorflow, "jax": _with_jax, "torch": _with_torch}
    outputs, penalties, (weights, inputs) = ways[keras.backend.backend()](layer, images, pull)
    return Derived(
        values(outputs), [float(values(each)) for each in penalties], [values(w) for w in weights], values(inputs)
    )


def run(layer: Any, images: np.ndarray) -> np.ndarray:
    """Return the outputs of a layer."""
    return values(_compiled_if_need_be(layer, layer)(ops.convert_to_tensor(images)))


def _compiled_if_need_be(function: Any, layer: Any) -> Any:
    """Compile what TensorFlow knows on the CPU under XLA only: "channels_first", and groups in 3-D."""
    groups_in_3d = len(layer.kernel_size) == 3 and getattr(layer, "groups", 1) > 1
    if keras.backend.backend() != "tensorflow" or not (layer.data_format == "channels_first" or groups_in_3d):
        return function
    import tensorflow as tf

    return tf.function(function, jit_compile=True)


def _with_tensorflow(layer: Any, images: np.ndarray, pull: np.ndarray) -> Any:
    import tensorflow as tf

    def differentiate(inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            penalties = list(layer.losses)
            total = ops.sum(outputs * pull) + sum(penalties)
        weights = [weight.value for weight in layer.trainable_weights]
        return outputs, penalties, tape.gradient(total, (weights, inputs))

    return _compiled_if_need_be(differentiate, layer)(tf.constant(images))


def _with_jax(layer: Any, images: np.ndarray, pull: np.ndarray) -> Any:
    import jax

    # In a model, as `stateless_call` of a layer by itself casts nothing for mixed precision.
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])

    def total(weights: Any, inputs: Any) -> Any:
        frozen = [weight.value for weight in layer.non_trainable_weights]
        outputs, _, penalties = model.stateless_call(weights, frozen, inputs, return_losses=True)
        return ops.sum(outputs * pull) + sum(penalties), (outputs, penalties)

    weights = [weight.value for weight in layer.trainable_weights]
    differentiate = jax.jit(jax.grad(total, argnums=(0, 1), has_aux=True))
    gradients, (outputs, penalties) = differentiate(weights, ops.array(images))
    return outputs, penalties, gradients


def _with_torch(layer: Any, images: np.ndarray, pull: np.ndarray) -> Any:
    import torch

    inputs = ops.convert_to_tensor(images).requires_grad_()
    outputs = layer(inputs)
    penalties = list(layer.losses)
    total = ops.sum(outputs * ops.convert_to_tensor(pull)) + sum(penalties)
    weights = [weight.value for weight in layer.trainable_weights]
    *of_weights, of_inputs = torch.autograd.grad(total, [*weights, inputs])
    return outputs, penalties, (of_weights, of_inputs)
