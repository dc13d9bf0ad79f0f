"""Learned kernels, as the functions of this package take them."""

from __future__ import annotations

import math
from typing import Any

from .. import _check
from .._bank import FilterBank
from .._check import Float64
from .._kernels import as_kernels, convolutions, is_layer, kernel_of, layer_kernels, layer_name


def model_kernels(model: Any) -> dict[str, Float64]:
    """Return the kernels of every convolution of a model, but for those of one pixel.

    The layers have kernels of different sizes, each for banks of its size, so the functions that analyse kernels take
    one layer at a time: loop over this.

    Parameters
    ----------
    model : keras.Model
        A model, also with models and wrapped layers inside; anything with `layers`.

    Returns
    -------
    dict of str to ndarray of float64, each (*size, in, out)
        By the name of the layer; of layers inside, by their path as in `"block/conv"`. Inputs come before outputs, also
        in transposed convolutions; of separable ones, these are the depthwise kernels.

    Raises
    ------
    TypeError
        If it is not a model.
    ValueError
        If it has no such layer, or one is not built or not finite.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> sizes = {"first": 5, "mix": 1, "last": 3}
    >>> layers = [keras.layers.Conv2D(4, size, name=name) for name, size in sizes.items()]
    >>> model = keras.Sequential([keras.Input((32, 32, 3)), *layers])
    >>> for name, kernels in fb.analysis.model_kernels(model).items():
    ...     explained = fb.analysis.project(kernels, fb.dct(kernels.shape[:2])).explained
    ...     print(name, kernels.shape, round(explained, 6))
    first (5, 5, 3, 4) 1.0
    last (3, 3, 4, 4) 1.0
    """
    if not hasattr(model, "layers"):
        raise TypeError(f"`model` must be a model, with `layers`, got a {type(model).__name__}")
    found = {title: layer_kernels(layer, "model") for title, layer in convolutions(model)}
    wide = {title: kernels for title, kernels in found.items() if math.prod(kernels.shape[:-2]) > 1}
    if not wide:
        raise ValueError(f"`model` must have a convolution of more than one pixel, got {layer_name(model)!r}")
    return wide


def learned(kernels: Any) -> Float64:
    """Return the kernels `(*size, in, out)` of an array, a tensor or a layer."""
    if isinstance(kernels, FilterBank):
        raise TypeError(
            "`kernels` must be kernels (*size, in, out), got a FilterBank, whose filters are (n, *size); "
            "np.moveaxis(bank.filters, 0, -1)[..., None, :] makes kernels of one input of them"
        )
    if kernel_of(kernels) is None and not is_layer(kernels) and hasattr(kernels, "layers"):
        raise TypeError(
            "`kernels` must be kernels (*size, in, out) or a layer, got a model: its layers have kernels of different "
            "sizes; loop over filterbank.analysis.model_kernels(model)"
        )
    return layer_kernels(kernels) if is_layer(kernels) else as_kernels(kernels)


def require_size(filters: Float64, kernels: Float64, name: str = "bank") -> None:
    """Raise ValueError unless filters `(n, *size)` have the size of kernels `(*size, in, out)`."""
    size, window = filters.shape[1:], kernels.shape[:-2]
    if size != window:
        raise ValueError(
            f"`{name}` must have filters of the kernels' size, {_check.window_name(window)} pixels, got "
            f"{_check.window_name(size)}; kernels are (*size, in, out), filters (n, *size)"
        )
