"""Models with some of their layers exchanged, everything else as it was."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from filterbank import compose
from filterbank._check import Array, Float64

from ._frozen import BankMixin
from ._proof import live_values


class Exchange(NamedTuple):
    """What takes the place of a layer: a new one without weights, and what fills them once it is built."""

    layer: Any
    fill: Callable[[], None]

    def built_like(self, old: Any) -> Any:
        """Return the new layer, built and filled if the old one is built."""
        if old.built:
            self.layer.build(old.get_build_config()["input_shape"])
            self.fill()
        return self.layer


def config_without_lora(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of a layer whose update by LoRA goes into the kernel."""
    return {name: value for name, value in config.items() if not name.startswith("lora_")}


def kernel_and_rest(layer: Any) -> tuple[Float64, dict[str, Array]]:
    """Return the kernel that a layer composes from its proven basis, and what else its files hold, by name.

    The basis is as the layer holds it, so that half precision composes the same kernel.
    """
    layer.verify()
    stored = {name: live_values(value) for name, value in layer._stored_weights().items()}
    kernel = compose(stored.pop("coefficients").astype(np.float64), stored.pop("basis").astype(np.float64))
    return kernel, stored


def exchanged(model: Any, exchanges: Mapping[int, Exchange], compile: bool = False) -> Any:
    """Return a copy of a Sequential or functional model with layers exchanged, by the `id` of the old ones.

    All other layers are copies with the same weights. `compile` compiles the copy as the model is.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, BankMixin) and layer.built:
            layer.verify()
    compilation = _compilation(model) if compile else None

    def unbuilt(layer: Any) -> Any:
        exchange = exchanges.get(id(layer))
        return type(layer).from_config(layer.get_config()) if exchange is None else exchange.layer

    with _uncompiled(model):
        copy = keras.models.clone_model(model, clone_function=unbuilt, recursive=True)
    for original, new in zip(_graphs(model), _graphs(copy), strict=True):
        if type(new) is not type(original):
            raise TypeError(
                f"`layer_or_model` holds the {type(original).__name__} {original.name!r}, which Keras can copy as a "
                f"plain {type(new).__name__} only: its constructor is not that of a model, `inputs` and `outputs`"
            )
    for original, new in zip(leaves(model), leaves(copy), strict=True):
        exchange = exchanges.get(id(original))
        if exchange is not None:
            if new.built:
                exchange.fill()
            continue
        _copy_state(original, new)
    if compilation is not None:
        copy.compile_from_config(compilation)
    return copy


def _copy_state(original: Any, new: Any) -> None:
    """Give a new layer what the original holds: weights, and what preprocessing layers learned from data."""
    new.set_weights(original.get_weights())
    # Preprocessing layers keep their vocabulary in files beside the weights, or compute with what they make of weights.
    if hasattr(original, "save_assets"):
        with tempfile.TemporaryDirectory() as folder:
            original.save_assets(folder)
            new.load_assets(folder)
    if hasattr(new, "finalize_state"):
        new.finalize_state()
    if getattr(original, "bin_boundaries", None) is not None:  # of Discretization; neither weight nor file
        new.bin_boundaries = original.bin_boundaries


def _compilation(model: Any) -> dict[str, Any] | None:
    """Return how a model is compiled, or raise ValueError if that cannot be said in a configuration."""
    if not getattr(model, "compiled", False):
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # a lambda, which is refused below
            configuration: dict[str, Any] = model.get_compile_config()
        keras.saving.deserialize_keras_object(configuration)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`compile` needs an optimizer, loss and metrics that Keras can make again from their configurations: "
            f"register them with keras.saving.register_keras_serializable, or compile the new model yourself ({error})"
        ) from error
    return configuration


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


def require_exchangeable(model: Any, is_sought: Callable[[Any], bool], way_out: str = "") -> None:
    """Raise TypeError unless the layers that are sought are layers of Sequential and functional models."""
    if not _is_graph(model) or not type(model).call.__module__.startswith("keras."):
        raise TypeError(
            f"`layer_or_model` must be a Sequential or functional model, got the subclassed "
            f"{type(model).__name__}: convert its layers one by one"
        )
    for layer in model.layers:
        if _is_graph(layer):
            require_exchangeable(layer, is_sought, way_out)
        elif any(map(is_sought, layer._flatten_layers(include_self=False))):
            raise TypeError(
                f"layer {layer.name!r}, a {type(layer).__name__}, holds a layer that cannot be exchanged: convert "
                f"the layer inside and build the model with it{way_out}"
            )


def _is_graph(layer: Any) -> bool:
    """Whether it is a Sequential or functional model, whose layers Keras knows to exchange."""
    return isinstance(layer, keras.Sequential) or (isinstance(layer, keras.Model) and hasattr(layer, "operations"))


def _graphs(model: Any) -> Iterator[Any]:
    """Yield a model and the models inside, in order."""
    yield model
    for layer in model.layers:
        if _is_graph(layer):
            yield from _graphs(layer)


def leaves(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models inside, in order."""
    for layer in model.layers:
        if _is_graph(layer):
            yield from leaves(layer)
        else:
            yield layer
