"""The ways to compute one convolution whose kernel is a sum of fixed filters.

The kernel `W = sum_i a_i * b_i` is linear in the filters, so any first stage that spans them may stand before the
coefficients: all of a filter ("depthwise", "dense", "separable") or its extent along one axis ("lines"). What is fixed
comes first, what is composed from the coefficients after it, and the result is the same to rounding.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from filterbank import FilterBank
from filterbank._check import Array


@dataclasses.dataclass(frozen=True, eq=False)
class Spans:
    """Orthonormal filters whose span holds the bank.

    `lines`, `(q, k)`, are 1-D filters along `axis` of the window, whose span holds every line of every filter along it;
    `filters`, `(rank, *size)`, are whole ones.
    """

    axis: int
    lines: Array
    filters: Array


@functools.lru_cache(maxsize=64)
def spans(bank: FilterBank, dtype: str) -> Spans:
    """Return the spans of the bank to the precision of that dtype, and the axis along which the fewest lines do."""
    of_lines = []
    for axis, length in enumerate(bank.size):
        along = np.moveaxis(bank.filters, axis + 1, 0).reshape(length, -1)
        of_lines.append(_orthonormal(along, dtype).T)
    axis = min(range(bank.ndim), key=lambda axis: len(of_lines[axis]) / bank.size[axis])
    whole = _orthonormal(bank.filters.reshape(len(bank), -1).T, dtype)
    return Spans(axis, np.array(of_lines[axis]), np.array(whole.T.reshape(-1, *bank.size)))


def _orthonormal(columns: Array, dtype: str) -> Array:
    """Return an orthonormal basis `(rows, rank)` of what the columns span, to the precision of that dtype."""
    left, strengths, _ = np.linalg.svd(np.asarray(columns, np.float64), full_matrices=False)
    kept = strengths > 4 * np.finfo(dtype).eps * strengths[0]
    return np.array(left[:, kept])


def channel_axis(layer: Any) -> int:
    """Return along which axis the channels of a layer's inputs and outputs lie."""
    return -1 if layer.data_format == "channels_last" else 1


def responses(layer: Any, inputs: Any, filters: Any, dense: bool) -> Any:
    """Convolve every channel with every filter `(n, *size)`; response `c * n + i` is filter i on channel c."""
    return _filtered(layer, inputs, ops.expand_dims(filters, 1), range(layer.rank), dense)


def separated(layer: Any, inputs: Any, filters: Any, span: Spans) -> Any:
    """Return the same responses, from lines along one axis and then along the others."""
    others = [axis for axis in range(layer.rank) if axis != span.axis]
    first = _filtered(layer, inputs, _upright(layer, span), [span.axis], True)
    return _filtered(layer, first, _across(layer, filters, span), others, True)


def from_lines(layer: Any, inputs: Any, filters: Any, coefficients: Any, span: Spans, dense: bool) -> Any:
    """Convolve with lines along one axis, then with kernels composed across it."""
    others = [axis for axis in range(layer.rank) if axis != span.axis]
    first = _filtered(layer, inputs, _upright(layer, span), [span.axis], dense)
    across = _across(layer, filters, span)  # (n, q, *size, 1 along the axis)
    kernel = ops.tensordot(across, coefficients, axes=[[0], [0]])  # (q, *size, inside, outputs)
    kernel = ops.moveaxis(kernel, 0, -2)
    shape = (*kernel.shape[:-3], kernel.shape[-3] * kernel.shape[-2], kernel.shape[-1])
    return ops.conv(first, ops.cast(ops.reshape(kernel, shape), layer.compute_dtype), **_settings(layer, others))


def unfolded(layer: Any, inputs: Any, filters: Any, coefficients: Any) -> Any:
    """Return the outputs from copies of the inputs, one for each pixel of the window: for few positions."""
    filters = ops.cast(filters, layer.compute_dtype)
    n, *window = filters.shape
    reach = [(side - 1) * rate for side, rate in zip(window, layer.dilation_rate, strict=True)]
    if layer.padding != "valid":
        inputs = ops.pad(inputs, [(0, 0), *_margins(layer, inputs.shape[1:-1], reach), (0, 0)])
    extents = [length - more for length, more in zip(inputs.shape[1:-1], reach, strict=True)]
    copies = []
    for place in itertools.product(*map(range, window)):
        starts = [index * rate for index, rate in zip(place, layer.dilation_rate, strict=True)]
        cut = zip(starts, extents, layer.strides, strict=True)
        copies.append(inputs[(slice(None), *(slice(start, start + extent, stride) for start, extent, stride in cut))])
    pixels = ops.stack(copies, axis=-2)  # (batch, *sides, pixels, channels)
    filtered = ops.matmul(ops.reshape(filters, (n, len(copies))), pixels)
    return ops.tensordot(filtered, ops.cast(coefficients, layer.compute_dtype), axes=[[-2, -1], [0, 1]])


def _margins(layer: Any, sides: Sequence[int], reach: Sequence[int]) -> list[tuple[int, int]]:
    """Return how many zeros Keras adds before and after along each axis."""
    if layer.padding == "causal":
        return [(reach[0], 0)]
    missing = [
        max((-(-side // stride) - 1) * stride + more + 1 - side, 0)
        for side, stride, more in zip(sides, layer.strides, reach, strict=True)
    ]
    return [(margin // 2, margin - margin // 2) for margin in missing]


def reduced(filters: Any, coefficients: Any, span: Spans) -> tuple[Any, Any]:
    """Return fewer filters of the same span where it has them, and the coefficients that make the same kernel."""
    if len(span.filters) == filters.shape[0]:
        return filters, coefficients
    axes = list(range(1, span.filters.ndim))
    fewer = ops.convert_to_tensor(span.filters, dtype=filters.dtype)
    shares = ops.tensordot(fewer, filters, axes=[axes, axes])  # (rank, n)
    return fewer, ops.tensordot(shares, coefficients, axes=[[1], [0]])


def mixed(layer: Any, inputs: Any, coefficients: Any, compiled: bool) -> Any:
    """Mix responses with coefficients `(n, inside, outputs)`, a 1x1 convolution.

    XLA computes its gradients faster as a matrix product; without it, only a convolution takes in the bias.
    """
    n, inside, outputs = coefficients.shape
    matrix = ops.reshape(ops.transpose(coefficients, (1, 0, 2)), (inside * n, outputs))
    matrix = ops.cast(matrix, layer.compute_dtype)
    if compiled and layer.groups == 1 and layer.data_format == "channels_last":
        return ops.tensordot(inputs, matrix, axes=[[-1], [0]])
    kernel = ops.reshape(matrix, (*(1,) * layer.rank, inside * n, outputs))
    return ops.conv(inputs, kernel, padding="valid", data_format=layer.data_format)


def _upright(layer: Any, span: Spans) -> Any:
    """Return the lines as filters `(q, 1, *size)` that are one pixel wide across their axis."""
    q, length = span.lines.shape
    window = [length if axis == span.axis else 1 for axis in range(layer.rank)]
    return ops.convert_to_tensor(span.lines.reshape(q, 1, *window), dtype=layer.compute_dtype)


def _across(layer: Any, filters: Any, span: Spans) -> Any:
    """Return what each filter `(n, *size)` is across the lines, `(n, q, *size)` with one pixel along their axis."""
    basis = ops.convert_to_tensor(span.lines, dtype=filters.dtype)
    across = ops.tensordot(filters, basis, axes=[[span.axis + 1], [1]])  # (n, *others, q)
    return ops.expand_dims(ops.moveaxis(across, -1, 1), span.axis + 2)


def _filtered(layer: Any, inputs: Any, filters: Any, axes: Sequence[int], dense: bool) -> Any:
    """Convolve each block of `q` channels with the filters `(n, q, *size)`, along these axes of the window.

    One dense convolution has zeros between the blocks; a depthwise one has none to multiply, but runs at a lower rate.
    """
    settings = _settings(layer, axes)
    filters = ops.cast(filters, layer.compute_dtype)
    n, block, *window = filters.shape
    channels = inputs.shape[channel_axis(layer)]
    blocks = channels // block
    if layer.padding == "causal":
        before = [(layer.dilation_rate[0] * (layer.kernel_size[0] - 1), 0)]
        last = channel_axis(layer) == -1
        inputs = ops.pad(inputs, [(0, 0), *before, (0, 0)] if last else [(0, 0), (0, 0), *before])
    kernel = ops.transpose(filters, (*range(2, layer.rank + 2), 1, 0))  # (*window, q, n)
    if blocks == 1:
        return ops.conv(inputs, kernel, **settings)
    if not dense and block == 1 and layer.rank < 3 and len(set(settings["strides"])) == 1:
        return ops.depthwise_conv(inputs, ops.repeat(kernel, channels, axis=-2), **settings)
    apart = ops.reshape(ops.eye(blocks, dtype=layer.compute_dtype), (*(1,) * layer.rank, blocks, 1, blocks, 1))
    spread = ops.expand_dims(kernel, (-4, -2)) * apart
    return ops.conv(inputs, ops.reshape(spread, (*window, channels, blocks * n)), **settings)


def _settings(layer: Any, axes: Sequence[int]) -> dict[str, Any]:
    """Return the arguments of a convolution along some axes of the layer's window."""
    return {
        "strides": tuple(stride if axis in axes else 1 for axis, stride in enumerate(layer.strides)),
        "padding": "valid" if layer.padding == "causal" else layer.padding,
        "dilation_rate": tuple(rate if axis in axes else 1 for axis, rate in enumerate(layer.dilation_rate)),
        "data_format": layer.data_format,
    }
