"""Which way to compute a convolution on a bank, and what the choice depends on."""

from __future__ import annotations

import functools
import importlib
import math
from typing import Any

import keras

from ._costs import MOST_KEPT, PAYING, WAYS, Shape, cheapest, kept
from ._ways import channel_axis, from_lines, mixed, reduced, responses, separated, unfolded

EXECUTIONS = ("auto", "compose", "factor")
COMPILED = ("jax", "tensorflow, compiled")
MOST_COPIES = 49  # of the inputs, as each is one operation
USUAL_BATCH, USUAL_SIDE = 32, 32  # where they are not known


def choose(layer: Any, of_inputs: tuple[Any, ...], training: bool) -> str:
    """Return the way in which the layer computes inputs of that shape."""
    # Lengths may be symbols, whose values nobody knows.
    of_inputs = tuple(length if isinstance(length, int) else None for length in of_inputs)
    ways = possible(layer, of_inputs)
    if layer.execution in ways:
        return str(layer.execution)
    backend, shape = _backend(), shape_of(layer, of_inputs, training)
    paying = [way for way in ways if way in PAYING[backend]]
    if not {"separable", "depthwise", "dense"}.intersection(paying):
        paying += [way for way in ways if way in ("depthwise", "dense")]
    if layer.execution == "factor":
        return cheapest(backend, shape, tuple(paying[1:]))
    if layer.groups > 1 or (_on_gpu() and shape.channels > 1):
        return "compose"  # measured on an H100: small grouped convolutions and many channels run slowly
    most = MOST_KEPT * kept("compose", shape)
    return cheapest(backend, shape, tuple(way for way in paying if not training or kept(way, shape) <= most))


def possible(layer: Any, of_inputs: tuple[Any, ...]) -> list[str]:
    """Return the ways that compute this layer, "compose" first."""
    apart = layer.rank < 3 and len(set(layer.strides)) == 1
    spanned = layer.rank > 1 and not layer._released
    known = layer.data_format == "channels_last" and layer.groups == 1 and None not in of_inputs[1:-1]
    few = math.prod(layer.kernel_size) <= MOST_COPIES
    where = {
        "depthwise": apart,
        "separable": spanned,
        "lines": spanned,
        "depthwise lines": spanned and apart and layer.strides[0] == 1,
        "unfolded": known and few and len(of_inputs) == layer.rank + 2,
    }
    return [way for way in WAYS if where.get(way, True)]


def shape_of(layer: Any, of_inputs: tuple[Any, ...], training: bool) -> Shape:
    """Return what the cost of the layer depends on."""
    sides = layer.compute_output_shape(of_inputs)
    sides = sides[1:-1] if layer.data_format == "channels_last" else sides[2:]
    return Shape(
        channels=of_inputs[channel_axis(layer)],
        outputs=layer.filters,
        n=layer.basis.shape[0],
        rank=len(layer._spans.filters),
        window=tuple(layer.kernel_size),
        axis=layer._spans.axis,
        lines=len(layer._spans.lines),
        strides=tuple(layer.strides),
        positions=(of_inputs[0] or USUAL_BATCH) * math.prod(side or USUAL_SIDE for side in sides),
        training=training,
        released=layer._released,
    )


def factored(layer: Any, inputs: Any, coefficients: Any, way: str) -> Any:
    """Convolve with what is fixed first, and then with what is composed of the coefficients."""
    filters, span = layer.basis, layer._spans
    if way in ("lines", "depthwise lines"):
        return from_lines(layer, inputs, filters, coefficients, span, dense=way == "lines")
    if not layer._released:
        filters, coefficients = reduced(filters, coefficients, span)
    if way == "unfolded":
        return unfolded(layer, inputs, filters, coefficients)
    if way == "separable":
        filtered = separated(layer, inputs, filters, span)
    else:
        filtered = responses(layer, inputs, filters, dense=way == "dense")
    return mixed(layer, filtered, coefficients, _backend() in COMPILED)


def _backend() -> str:
    """Return for which backend costs were measured, "tensorflow" for one where they were not."""
    name = keras.backend.backend()
    if name == "tensorflow" and _compiled():
        return "tensorflow, compiled"
    return name if name == "jax" else "tensorflow"


def _compiled() -> bool:
    """Whether TensorFlow is tracing a function that XLA compiles. There is no public way to ask."""
    graph: Any = importlib.import_module("tensorflow").compat.v1.get_default_graph()
    while graph is not None:
        context = getattr(graph, "_get_control_flow_context", lambda: None)()
        while context is not None:
            if context.IsXLAContext():
                return True
            context = context.outer_context
        graph = getattr(graph, "outer_graph", None)
    return False


@functools.cache
def _on_gpu() -> bool:
    name = keras.backend.backend()
    if name == "tensorflow":
        return bool(importlib.import_module(name).config.list_physical_devices("GPU"))
    if name == "jax":
        return bool(importlib.import_module(name).default_backend() != "cpu")
    return name == "torch" and bool(keras.ops.zeros(()).device.type == "cuda")
