"""From layers on a bank back to plain Keras layers with the same output."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from ._basis import BasisMixin
from ._exchange import Exchange, config_without_lora, exchanged, kernel_and_rest, leaves, require_exchangeable
from ._frozen import KNOWN_WEIGHTS

COMPUTING = ("__call__", "call", "convolution_op", "kernel", "depthwise_kernel", "effective_coefficients")


def fold(layer_or_model: Any, *, compile: bool = False) -> Any:
    """Turn layers on a bank into plain Keras layers with the same output.

    The kernels are composed once and for all: for export, for deployment, or to train all of them from here on.

    Parameters
    ----------
    layer_or_model : keras.layers.Layer or keras.Model
        A layer on a bank, or a Sequential or functional model, also with models inside. It is not changed.
    compile : bool, default False
        Whether to compile the new model as the given one is, with a fresh optimizer.

    Returns
    -------
    keras.layers.Layer or keras.Model
        The plain layer, or a model in which every convolution on a bank is a plain one of the same name and all other
        layers, a BankResponse2D among them, are copies with the same weights.

    Raises
    ------
    TypeError
        If it is neither, or a layer on a bank cannot be exchanged: it is in a subclassed model or inside another
        layer, or computes something of its own or with weights of its own.
    ValueError
        If the model's compilation has no configuration, as of a loss that is a lambda.
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
    if _is_on_bank(layer_or_model):
        return _exchange(layer_or_model).built_like(layer_or_model)
    if isinstance(layer_or_model, keras.Model):
        require_exchangeable(layer_or_model, _is_on_bank)
        exchanges = {id(layer): _exchange(layer) for layer in filter(_is_on_bank, leaves(layer_or_model))}
        return exchanged(layer_or_model, exchanges, compile)
    raise TypeError(f"`layer_or_model` must be a layer on a bank or a Keras model, got {type(layer_or_model).__name__}")


def _is_on_bank(layer: Any) -> bool:
    return isinstance(layer, BasisMixin)


def _exchange(layer: Any) -> Exchange:
    """Return the plain layer that takes the place of a layer on a bank."""
    kinds = (type(layer), layer.library_class)
    own = [f"a `{name}`" for name in COMPUTING if len({getattr(kind, name, None) for kind in kinds}) > 1]
    known = {id(getattr(layer, name, None)) for name in KNOWN_WEIGHTS}
    own += [f"the weight `{weight.name}`" for weight in layer.weights if id(weight) not in known]
    if own:
        raise TypeError(
            f"layer {layer.name!r} is a {type(layer).__name__} with {own[0]} of its own, which a plain "
            f"{layer.plain.__name__} does not know: fold it in the class itself"
        )
    plain = layer.plain.from_config(config_without_lora(layer.plain.get_config(layer)))
    return Exchange(plain, lambda: plain.set_weights(_plain_weights(layer)))


def _plain_weights(layer: Any) -> list[Any]:
    """Return the weights of the plain layer in its order: the kernel for coefficients and basis."""
    kernel, rest = kernel_and_rest(layer)
    return [kernel + rest.pop("residual", np.zeros(())).astype(np.float64), *rest.values()]
