"""The kernels of arrays, tensors, layers and models of any framework as NumPy arrays.

Keras is not imported: a layer is what has a `kernel`, a model is what has `layers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ._check import Array, Float64

KERNEL_NAMES = ("depthwise_kernel", "kernel")


def as_array(value: Any) -> Array:
    """Return an array or a tensor of any framework as an array; torch's are detached where NumPy cannot read them."""
    try:
        return np.asarray(value)
    except (TypeError, RuntimeError):
        if not hasattr(value, "detach"):
            raise
    detached = value.detach().cpu()
    try:
        return np.asarray(detached)
    except TypeError:  # bfloat16, which NumPy has not
        return np.asarray(detached.float())


def as_float64(name: str, value: Any, what: str = "real numbers") -> Float64:
    """Return an array or a tensor as finite float64; `what` says in the error what it must be.

    bfloat16 has no place in plain NumPy, but ml_dtypes converts it.
    """
    try:
        array = as_array(value)
    except (TypeError, ValueError, RuntimeError, AttributeError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind in "biuf" or array.dtype.name.startswith(("bfloat", "float8")):
        return _finite(name, array.astype(np.float64))
    got = f"{value.dtype} values" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    raise TypeError(f"`{name}` must be {what}, got {got}")


def _finite(name: str, values: Float64) -> Float64:
    broken = np.count_nonzero(~np.isfinite(values))
    if broken:
        raise ValueError(
            f"`{name}` must be finite, got NaN or infinity in {broken} of {values.size} values; a training that "
            f"diverged leaves them"
        )
    return values


def as_kernels(values: Any) -> Float64:
    """Return an array or a tensor as kernels `(*size, in, out)`."""
    kernels = as_float64("kernels", values, "a layer with a kernel, a model, or real numbers (*size, in, out)")
    if not 3 <= kernels.ndim <= 5 or not kernels.size:
        raise ValueError(
            f"`kernels` must be (*size, in, out) with one to three dimensions of pixels, as Keras keeps them, got "
            f"shape {kernels.shape}; give a single kernel two more axes with kernel[..., None, None]"
        )
    return kernels


def layer_kernels(layer: Any, name: str = "kernels") -> Float64:
    """Return the kernels of a layer, `(*size, in, out)`: inputs first, also those of transposed convolutions."""
    values = kernel_of(layer)
    if values is None:
        raise ValueError(f"`{name}` has no kernel yet: build {layer_name(layer)!r} first by calling it on an input")
    kernels = as_kernels(values)
    return kernels.swapaxes(-1, -2) if is_transposed(layer) else kernels


def kernel_of(source: Any) -> Any:
    """Return the kernel that a layer has, the depthwise one of a separable layer, or None."""
    return next((found for name in KERNEL_NAMES if (found := getattr(source, name, None)) is not None), None)


def layer_name(layer: Any) -> str:
    """Return the name of a layer or a model, else that of its class."""
    return str(getattr(layer, "name", "") or type(layer).__name__)


def is_layer(source: Any) -> bool:
    """Whether this has kernels or, not built yet, says their size."""
    return any(hasattr(source, name) for name in (*KERNEL_NAMES, "kernel_size"))


def is_convolution(layer: Any) -> bool:
    """Whether a layer has kernels with a size: dense and attention layers have none, a frozen front end no kernel."""
    if hasattr(layer, "bank"):
        return hasattr(layer, "coefficients")
    return hasattr(layer, "kernel_size")


def is_transposed(layer: Any) -> bool:
    """Whether the kernel has outputs before inputs, as that of Conv2DTranspose."""
    return any("Transpose" in kind.__name__ for kind in type(layer).__mro__)


def convolutions(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield every convolution once, also those of nested models and inside wrappers, with its title."""
    seen: set[int] = set()
    pending = [(layer_name(layer), layer) for layer in model.layers]
    while pending:
        title, layer = pending.pop(0)
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        if is_convolution(layer):
            yield title, layer
        inner = getattr(layer, "layers", None) or ([layer.layer] if hasattr(layer, "layer") else [])
        pending[:0] = [(f"{title}/{layer_name(part)}", part) for part in inner]
