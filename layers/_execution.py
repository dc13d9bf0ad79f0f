"""Two ways to compute the same convolution: compose the kernel first, or filter first and mix after."""

from __future__ import annotations

from typing import Any

from keras import ops

from filterbank._check import choice

EXECUTIONS = ("auto", "compose", "factor")


def choose(execution: str, channels: int, outputs: int, groups: int, pixels: int, n: int) -> str:
    """Return "compose" or "factor" for a layer of that shape.

    "auto" counts multiplications for one output position: `pixels * channels / groups * outputs` to convolve with
    the composed kernel, `n * channels * (pixels + outputs / groups)` to filter every channel and mix. Filtering
    each channel by itself runs at a lower rate than one dense convolution, so several channels must save more, and
    beyond three it has not been seen to pay.
    """
    choice("execution", execution, EXECUTIONS)
    if execution != "auto":
        return execution
    dense = pixels * channels / groups * outputs
    share = n * channels * (pixels + outputs / groups) / dense
    if channels == 1:
        return "factor" if share < 1 / 2 else "compose"
    return "factor" if channels <= 3 and share < 1 / 3 else "compose"


def factored(layer: Any, inputs: Any, coefficients: Any) -> Any:
    """Convolve every channel with every filter, then mix the responses with a 1x1 convolution."""
    coefficients = ops.cast(coefficients, layer.compute_dtype)
    n, inside, outputs = coefficients.shape
    mixing = ops.reshape(ops.transpose(coefficients, (1, 0, 2)), (*(1,) * layer.rank, inside * n, outputs))
    return ops.conv(responses(layer, inputs), mixing, padding="valid", data_format=layer.data_format)


def channel_axis(layer: Any) -> int:
    """Return along which axis the channels of a layer's inputs and outputs lie."""
    return -1 if layer.data_format == "channels_last" else 1


def responses(layer: Any, inputs: Any) -> Any:
    """Convolve every channel with every filter of the basis; response `c * n + i` is filter i on channel c."""
    axis = channel_axis(layer)
    channels = inputs.shape[axis]
    padding = layer.padding
    if padding == "causal":
        before = [(layer.dilation_rate[0] * (layer.kernel_size[0] - 1), 0)]
        inputs = ops.pad(inputs, [(0, 0), *before, (0, 0)] if axis == -1 else [(0, 0), (0, 0), *before])
        padding = "valid"
    settings = {
        "strides": tuple(layer.strides),
        "padding": padding,
        "dilation_rate": layer.dilation_rate,
        "data_format": layer.data_format,
    }
    basis = ops.moveaxis(ops.cast(layer.basis, layer.compute_dtype), 0, -1)  # (*k, n)
    n = basis.shape[-1]
    if channels == 1:
        return ops.conv(inputs, ops.expand_dims(basis, -2), **settings)
    if layer.rank < 3 and len(set(layer.strides)) == 1:
        kernel = ops.repeat(ops.expand_dims(basis, -2), channels, axis=-2)
        return ops.depthwise_conv(inputs, kernel, **settings)
    # Depthwise convolutions know neither unequal strides nor three dimensions: one dense convolution with zeros
    # between the channels does.
    blocks = ops.expand_dims(basis, (-3, -2)) * ops.reshape(
        ops.eye(channels, dtype=layer.compute_dtype), (*(1,) * layer.rank, channels, channels, 1)
    )
    dense = ops.reshape(blocks, (*basis.shape[:-1], channels, channels * n))
    return ops.conv(inputs, dense, **settings)
