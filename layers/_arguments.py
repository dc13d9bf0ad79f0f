"""The arguments of layers on a bank: those of the Keras layer, and the library's own."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from filterbank import FilterBank
from filterbank._check import shown, window_name


def signature_on_bank(plain: Any, own: Mapping[str, Any]) -> inspect.Signature:
    """Return the constructor's signature of a Keras layer with `kernel_size` replaced by `bank`, and own defaults."""
    parameters = [
        parameter.replace(name="bank") if parameter.name == "kernel_size" else parameter
        for parameter in without_self(plain.__init__).parameters.values()
    ]
    further = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default) for name, default in own.items()
    ]
    return inspect.Signature([*parameters[:-1], *further, parameters[-1]])


class OfClass:
    """A constructor's signature as `__signature__` of a class; of its instances, Python looks at `__call__`."""

    def __init__(self, signature: inspect.Signature) -> None:
        self.signature = signature

    def __get__(self, instance: Any, owner: Any) -> inspect.Signature:
        if instance is not None:
            raise AttributeError("__signature__ is the constructor's")
        return self.signature


def without_self(constructor: Any) -> inspect.Signature:
    """Return the signature that users of a class see."""
    signature = inspect.signature(constructor)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def require_no_typing_error(layer: str, further: Mapping[str, Any], signature: inspect.Signature) -> None:
    """Raise TypeError for an argument that is nearly one of the signature's; Keras speaks of all others."""
    for name in further:
        close = difflib.get_close_matches(name, signature.parameters, n=1, cutoff=0.8)
        depthwise = name.replace("kernel_", "depthwise_")
        if close := [depthwise] if depthwise in signature.parameters else close:
            raise TypeError(f"{layer} takes no `{name}`; did you mean `{close[0]}`?")


def as_bank(bank: Any, layer: str, dimensions: int | None, argument: str = "bank") -> FilterBank:
    """Return what was passed as a bank: one, a plain array, or a bank's configuration; checked."""
    bank = bank_from_config(bank)
    if not isinstance(bank, FilterBank):
        bank = _of_array(bank, argument)
    if bank.ndim != (dimensions or bank.ndim):
        raise ValueError(
            f"`{argument}` of {layer} must have {dimensions}-D filters, an array (n, *size), got {bank.ndim}-D "
            f"ones, {window_name(bank.size)}"
        )
    if not bank.filters.any():
        raise ValueError(f"`{argument}` must have a filter other than zero, got only zeros")
    checked: FilterBank = bank
    return checked


def _of_array(filters: Any, argument: str) -> FilterBank:
    rule = f"`{argument}` must be a FilterBank, as filterbank.dct(11) makes, or an array (n, *size)"
    if filters is None or isinstance(filters, (str, type)) or callable(filters):
        way_out = f"filterbank.make({filters!r}, 11) makes one" if isinstance(filters, str) else "call a family"
        raise TypeError(f"{rule}, got {shown(filters)}: {way_out}")
    try:
        return FilterBank(filters)
    except (TypeError, ValueError) as error:
        hint = "; it stands in the place of `kernel_size`" if isinstance(filters, (int, tuple)) else ""
        raise type(error)(f"{rule}, got {shown(filters)}{hint}: {error}") from error


def bank_from_config(config: Any) -> Any:
    """Return the bank of a layer's configuration, and make nothing else that it may ask for."""
    if not isinstance(config, Mapping):
        return config
    if config.get("class_name") != "FilterBank" or not isinstance(config.get("config"), Mapping):
        raise ValueError(
            f"`bank` must be the configuration of a FilterBank, got one of {config.get('class_name')!r}; "
            f"keras.saving.serialize_keras_object(bank) makes it"
        )
    return FilterBank.from_config(config["config"])


def as_names(layers: str | Iterable[str] | None) -> list[str] | None:
    """Return the names of layers as a list, also a single one; None stands for all layers."""
    return [layers] if isinstance(layers, str) else None if layers is None else list(layers)
