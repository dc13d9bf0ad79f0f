"""From layers on a bank back to plain Keras layers with the same output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from filterbank import compose

from ._basis import OWN_ARGUMENTS, BasisMixin
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
        If it is neither, or a subclassed model, whose layers cannot be exchanged.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, fold
    >>> layer = BasisConv2D(64, fb.dct(11, n=10))
    >>> layer.build((None, 32, 32, 1))
    >>> type(fold(layer)).__name__, fold(layer).kernel.shape
    ('Conv2D', (11, 11, 1, 64))
    """
    if isinstance(layer_or_model, BasisMixin):
        return _plain_layer(layer_or_model)
    if isinstance(layer_or_model, keras.Model):
        return _plain_model(layer_or_model)
    raise TypeError(
        f"`layer_or_model` must be a layer on a bank or a Keras model, got {type(layer_or_model).__name__}"
    )


def _plain_layer(layer: Any) -> Any:
    """Return the plain layer of a layer on a bank, with its weights if it has them."""
    plain = _unbuilt(layer)
    if layer.built:
        plain.build(layer.get_build_config()["input_shape"])
        plain.set_weights(_plain_weights(layer))
    return plain


def _unbuilt(layer: Any) -> Any:
    """Return the plain layer of a layer on a bank, or a copy of any other layer, without weights."""
    config = layer.get_config()
    if not isinstance(layer, BasisMixin):
        return type(layer).from_config(config)
    kept = {name: value for name, value in config.items() if name not in {"bank", *OWN_ARGUMENTS}}
    return layer.plain.from_config({**kept, "kernel_size": layer.bank.size})


def _plain_weights(layer: Any) -> list[Any]:
    """Return the weights of the plain layer in its order: the kernel for coefficients and basis."""
    layer.verify()
    kernel = compose(live_values(layer.coefficients).astype("float64"), layer.bank)
    rest = [weight for weight in layer.weights if weight is not layer.basis and weight is not layer.coefficients]
    return [kernel, *map(live_values, rest)]


def _plain_model(model: Any) -> Any:
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise TypeError(
            f"`layer_or_model` must be a Sequential or functional model, got the subclassed "
            f"{type(model).__name__}: fold its layers one by one"
        )
    folded = keras.models.clone_model(model, clone_function=_unbuilt, recursive=True)
    for original, copy in zip(_leaves(model), _leaves(folded), strict=True):
        on_bank = isinstance(original, BasisMixin)
        copy.set_weights(_plain_weights(original) if on_bank else original.get_weights())
    return folded


def _leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models inside, in order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer
