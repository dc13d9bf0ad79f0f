"""From layers on a bank back to plain Keras layers with the same output."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from filterbank import compose

from ._basis import BasisMixin
from ._proof import live_values


def fold(layer_or_model: Any) -> Any:
    """Turn layers on a bank into plain Keras layers with the same output.

    The kernels are composed once and for all: for export, for deployment, or to train all of them from here on.

    Parameters
    ----------
    layer_or_model : keras.layers.Layer or keras.Model
        A layer on a bank, or a Sequential or functional model, also with models inside. It is not changed.

    Returns
    -------
    keras.layers.Layer or keras.Model
        The plain layer, or a model in which every layer on a bank is a plain one of the same name and all other
        layers are copies with the same weights. A model comes uncompiled.

    Raises
    ------
    TypeError
        If it is neither, or a layer on a bank cannot be exchanged: it is in a subclassed model or inside another
        layer, or computes something of its own.
    FrozenBasisError
        If a basis is no longer its bank.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, fold
    >>> layer = BasisConv2D(64, fb.dct(11, n=10))
    >>> layer.build((None, 32, 32, 1))
    >>> type(fold(layer)).__name__, tuple(fold(layer).kernel.shape)
    ('Conv2D', (11, 11, 1, 64))
    """
    if isinstance(layer_or_model, BasisMixin):
        return _plain_layer(layer_or_model)
    if isinstance(layer_or_model, keras.Model):
        _require_exchangeable(layer_or_model)
        return _plain_model(layer_or_model)
    raise TypeError(f"`layer_or_model` must be a layer on a bank or a Keras model, got {type(layer_or_model).__name__}")


def _plain_layer(layer: Any) -> Any:
    """Return the plain layer of a layer on a bank, with its weights if it has them."""
    plain = _unbuilt(layer)
    if layer.built:
        plain.build(layer.get_build_config()["input_shape"])
        plain.set_weights(_plain_weights(layer))
    return plain


def _unbuilt(layer: Any) -> Any:
    """Return the plain layer of a layer on a bank, or a copy of any other layer, without weights."""
    if not isinstance(layer, BasisMixin):
        return type(layer).from_config(layer.get_config())
    if type(layer).call is not layer.library_class.call:
        raise TypeError(
            f"layer {layer.name!r} is a {type(layer).__name__} with a `call` of its own, which a plain "
            f"{layer.plain.__name__} does not know: fold it in the class itself"
        )
    return layer.plain.from_config(layer.plain.get_config(layer))


def _plain_weights(layer: Any) -> list[Any]:
    """Return the weights of the plain layer in its order: the kernel for coefficients and basis."""
    layer.verify()
    # The bank as the layer holds it, so that half precision folds to the same kernel.
    stored = {name: live_values(value) for name, value in layer._stored_weights().items()}
    kernel = compose(stored.pop("coefficients").astype("float64"), stored.pop("basis").astype("float64"))
    kernel = kernel + stored.pop("residual", np.zeros(())).astype("float64")
    return [kernel, *stored.values()]


def _plain_model(model: Any) -> Any:
    with _uncompiled(model):
        folded = keras.models.clone_model(model, clone_function=_unbuilt, recursive=True)
    for original, copy in zip(_leaves(model), _leaves(folded), strict=True):
        if isinstance(original, BasisMixin):
            copy.set_weights(_plain_weights(original) if original.built else [])
            continue
        copy.set_weights(original.get_weights())
        if hasattr(copy, "finalize_state"):  # Normalization computes with tensors made of its weights
            copy.finalize_state()
    return folded


@contextlib.contextmanager
def _uncompiled(model: Any) -> Iterator[None]:
    """Hide from `clone_model` that models are compiled: it would copy losses that may have no configuration."""
    compiled = [layer for layer in model._flatten_layers() if getattr(layer, "compiled", False)]
    try:
        for layer in compiled:
            layer.compiled = False
        yield
    finally:
        for layer in compiled:
            layer.compiled = True


def _require_exchangeable(model: Any) -> None:
    """Raise TypeError unless the layers on a bank are layers of Sequential and functional models."""
    if not _is_graph(model) or not type(model).call.__module__.startswith("keras."):
        raise TypeError(
            f"`layer_or_model` must be a Sequential or functional model, got the subclassed "
            f"{type(model).__name__}: fold its layers one by one"
        )
    for layer in model.layers:
        if _is_graph(layer):
            _require_exchangeable(layer)
        elif any(isinstance(inner, BasisMixin) for inner in layer._flatten_layers(include_self=False)):
            raise TypeError(
                f"layer {layer.name!r}, a {type(layer).__name__}, holds a layer on a bank that cannot be "
                f"exchanged: fold the layer inside and build the model with it"
            )


def _is_graph(layer: Any) -> bool:
    """Whether it is a Sequential or functional model, whose layers Keras knows to exchange."""
    return isinstance(layer, keras.Sequential) or (isinstance(layer, keras.Model) and hasattr(layer, "operations"))


def _leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models inside, in order."""
    for layer in model.layers:
        if _is_graph(layer):
            yield from _leaves(layer)
        else:
            yield layer
