"""From plain Keras layers to layers on a bank, and from one bank to another, by least squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

import filterbank
from filterbank import FilterBank
from filterbank._check import Array, Float64, choice, window_name
from filterbank._compose import pseudo_inverse

from ._arguments import as_bank, as_names
from ._basis import TRAIN, BasisMixin
from ._composition import SMALLEST_SINGULAR_VALUE
from ._conv import BasisConv1D, BasisConv2D, BasisConv3D
from ._conversion import Conversion, ConversionReport, ConvertedLayer
from ._depthwise import BasisDepthwiseConv1D, BasisDepthwiseConv2D, BasisSeparableConv1D, BasisSeparableConv2D
from ._exchange import (
    Exchange,
    config_without_lora,
    exchanged,
    kernel_and_rest,
    leaves,
    require_exchangeable,
)
from ._proof import live_values
from ._transposed import BasisConv1DTranspose, BasisConv2DTranspose, BasisConv3DTranspose

ON_BANK: dict[type, type[BasisMixin]] = {
    layer.plain: layer
    for layer in (
        *(BasisConv1D, BasisConv2D, BasisConv3D),
        *(BasisConv1DTranspose, BasisConv2DTranspose, BasisConv3DTranspose),
        *(BasisDepthwiseConv1D, BasisDepthwiseConv2D, BasisSeparableConv1D, BasisSeparableConv2D),
    )
}


def project(
    layer_or_model: Any,
    bank_or_chooser: Any,
    *,
    where: str | Iterable[str] | Callable[[Any], bool] | None = None,
    inputs: Any = None,
    train: str = "coefficients",
    residual: bool = False,
    compile: bool = False,
) -> Conversion:
    """Turn plain Keras convolutions into layers on a bank, by least squares.

    Parameters
    ----------
    layer_or_model : keras.layers.Layer or keras.Model
        A built convolution of Keras, or a Sequential or functional model, also with models inside. It is not changed.
    bank_or_chooser : FilterBank, array_like, str, mapping or callable
        What to project on. A bank, or the name of a family; a mapping from kernel size, such as `(3, 3)` or 3, to a
        bank or a name; or a function of kernel size and layer that returns a bank, a name, or None to leave the layer
        alone. In a model, layers are left alone whose kernel size the bank or the mapping does not have, and kernels
        of one pixel for which only a name is given.
    where : str, iterable of str or callable, optional
        Which layers of a model to convert: their names, or a function of the layer. The default is every convolution.
    inputs : array_like or sequence of array_like, optional
        Inputs on which to compare the outputs of every layer before and after.
    train, residual : optional
        As in BasisConv2D. With ``residual=True`` the free kernel takes what the bank cannot say, and nothing is lost.
    compile : bool, default False
        Whether to compile the new model as the given one is, with a fresh optimizer.

    Returns
    -------
    Conversion
        With `layer` or `model`, and `report`. Names are kept; other layers are copies with the same weights.

    Raises
    ------
    TypeError
        If it is neither a convolution of Keras nor such a model, or `where` names a layer that cannot be converted.
    ValueError
        If the layer is not built, no layer is left to convert, or the bank does not have the size of its kernel.

    See Also
    --------
    fold : The way back.
    filterbank.kernel_basis : The bank that loses least.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> from filterbank.layers import fold, project
    >>> plain = keras.layers.Conv2D(64, 11)
    >>> plain.build((None, 32, 32, 1))
    >>> layer = project(plain, fb.dct(11)).layer
    >>> bool(abs(fold(layer).kernel - plain.kernel).numpy().max() < 1e-6)
    True
    """
    options = {"train": choice("train", train, TRAIN), "residual": residual}
    if type(layer_or_model) in ON_BANK:
        if where is not None or compile:
            raise ValueError("`where` and `compile` speak of a model's layers, got a single layer")
        bank = _bank_for(bank_or_chooser, layer_or_model)
        if bank is None:
            window = window_name(layer_or_model.kernel_size)
            raise ValueError(
                f"`bank_or_chooser` must give a {window} bank for layer {layer_or_model.name!r}, got none of that size"
                f"{_its_size(bank_or_chooser)}"
            )
        return _converted_layer(layer_or_model, _on_bank(layer_or_model, bank, options), inputs)
    if not isinstance(layer_or_model, keras.Model):
        raise TypeError(
            f"`layer_or_model` must be a convolution of Keras or a model, got {type(layer_or_model).__name__}; "
            f"`rebase` puts a layer on another bank"
        )
    is_chosen = _selector(layer_or_model, where)
    convolutions = {id(layer): layer for layer in layer_or_model._flatten_layers() if _is_convolution(layer)}
    found = {key: _bank_for(bank_or_chooser, layer) for key, layer in convolutions.items() if is_chosen(layer)}
    banks = {key: bank for key, bank in found.items() if bank is not None}
    require_exchangeable(layer_or_model, lambda layer: id(layer) in banks, ", or leave it out with `where`")
    _require_banks_for(where, bank_or_chooser, [convolutions[key] for key in found if key not in banks])
    left_alone = [
        f"{layer.name} ({window_name(layer.kernel_size)})" for key, layer in convolutions.items() if key not in banks
    ]
    if not banks:
        raise ValueError(
            f"`bank_or_chooser` must give a bank for a convolution of the model, got none for "
            f"{', '.join(left_alone) or 'a model without one'}{_its_size(bank_or_chooser)}"
        )
    plans = {key: (convolutions[key], _on_bank(convolutions[key], bank, options)) for key, bank in banks.items()}
    model = exchanged(layer_or_model, {key: plan.exchange for key, (_, plan) in plans.items()}, compile)
    differences = {} if inputs is None else _differences(layer_or_model, plans, inputs)
    rows = (_row(layer, plan, differences.get(key)) for key, (layer, plan) in plans.items())
    return Conversion(None, model, ConversionReport(rows, left_alone))


def rebase(layer: Any, bank: Any, *, inputs: Any = None) -> Conversion:
    """Put a layer on another bank: the coefficients whose kernel comes closest, by least squares.

    Parameters
    ----------
    layer : keras.layers.Layer
        A built layer on a bank. It is not changed.
    bank : FilterBank or array_like
        The other bank, of the same size.
    inputs : array_like, optional
        Inputs on which to compare the outputs before and after.

    Returns
    -------
    Conversion
        With `layer` and `report`. A residual stays as it is.

    Raises
    ------
    FrozenBasisError
        If the basis of the layer is no longer its bank.
    TypeError
        If it is not a layer on a bank.
    ValueError
        If the layer is not built, or the bank of another size.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, rebase
    >>> layer = BasisConv2D(64, fb.dct(11, n=10))
    >>> layer.build((None, 32, 32, 1))
    >>> conversion = rebase(layer, fb.dct(11, n=21))
    >>> round(conversion.report[0].energy, 6), tuple(conversion.layer.coefficients.shape)
    (1.0, (21, 1, 64))
    """
    require_on_bank(layer)
    new = as_bank(bank, type(layer).__name__, layer.dimensions)
    if new.size != layer.bank.size:
        raise ValueError(
            f"`bank` must have the size of the layer's, {window_name(layer.bank.size)}, got {window_name(new.size)}"
        )
    require_built(layer)
    kernel, rest = kernel_and_rest(layer)
    plan = _plan(type(layer), config_without_lora(layer.get_config()), new, kernel, rest)

    def fill() -> None:
        plan.exchange.fill()
        inside = (each._flatten_layers(include_self=False) for each in (layer, plan.exchange.layer))
        for old_part, new_part in zip(*inside, strict=True):
            new_part.set_weights(old_part.get_weights())

    return _converted_layer(layer, plan._replace(exchange=Exchange(plan.exchange.layer, fill)), inputs)


class _Plan(NamedTuple):
    exchange: Exchange
    energy: float
    bank: FilterBank


def _on_bank(layer: Any, bank: FilterBank, options: Mapping[str, Any]) -> _Plan:
    """Return how a plain layer becomes one on a bank."""
    require_built(layer)
    kind = ON_BANK[type(layer)]
    config = config_without_lora(layer.get_config())
    del config["kernel_size"]
    kernel = live_values(getattr(layer, kind.kernel_name)).astype(np.float64)
    rest = {name: live_values(getattr(layer, name)) for name in ("pointwise_kernel", "bias") if _has(layer, name)}
    plan = _plan(kind, config | dict(options), bank, kernel, rest)
    if not options["residual"]:
        return plan

    def fill() -> None:
        plan.exchange.fill()
        new = plan.exchange.layer
        basis, coefficients = (live_values(weight).astype(np.float64) for weight in (new.basis, new.coefficients))
        new.residual_kernel.assign(kernel - filterbank.compose(coefficients, basis))

    return plan._replace(exchange=Exchange(plan.exchange.layer, fill))


def _plan(kind: Any, config: dict[str, Any], bank: FilterBank, kernel: Float64, rest: Mapping[str, Array]) -> _Plan:
    """Return the new layer, what fills it with the least-squares coefficients of a kernel, and what that explains."""
    new = kind.from_config({**config, "bank": bank})
    inverse = pseudo_inverse(bank.filters, SMALLEST_SINGULAR_VALUE)
    coefficients = np.tensordot(inverse, kernel, axes=(range(1, inverse.ndim), range(bank.ndim)))
    missed = np.sum((kernel - filterbank.compose(coefficients, bank)) ** 2)
    energy = np.sum(kernel**2)

    def fill() -> None:
        new.coefficients.assign(coefficients)
        for name, weight in new._loadable_weights().items():
            if name in rest:
                weight.assign(rest[name])

    return _Plan(Exchange(new, fill), float(1 - missed / energy) if energy else 1.0, bank)


def _converted_layer(layer: Any, plan: _Plan, inputs: Any) -> Conversion:
    new = plan.exchange.built_like(layer)
    difference = None if inputs is None else _difference(new(inputs), layer(inputs))
    return Conversion(new, None, ConversionReport([_row(layer, plan, difference)]))


def _row(layer: Any, plan: _Plan, difference: float | None) -> ConvertedLayer:
    label = f"{plan.bank.family}, {len(plan.bank)}{' + residual' if plan.exchange.layer.residual else ''}"
    return ConvertedLayer(
        layer.name, label, plan.energy, _trainable(layer), _trainable(plan.exchange.layer), difference
    )


def _trainable(layer: Any) -> int:
    """Return how many numbers of a layer train, or would if it were not frozen as a whole."""
    frozen = getattr(layer, "basis", None) if getattr(layer, "train", None) == "coefficients" else None
    weights = layer.trainable_weights if layer.trainable else [each for each in layer.weights if each is not frozen]
    return sum(math.prod(weight.shape) for weight in weights)


def _difference(new: Any, old: Any) -> float:
    return float(np.abs(live_values(new).astype(np.float64) - live_values(old).astype(np.float64)).max(initial=0))


def _differences(model: Any, plans: Mapping[int, tuple[Any, _Plan]], inputs: Any) -> dict[int, float]:
    """Return the largest difference of each converted layer's output for what reaches it in the model."""
    found: dict[int, float] = {}

    def watched(key: int, old: Any, new: Any) -> Exchange:
        twin = type(old).from_config(old.get_config())
        original = twin.call

        def call(values: Any) -> Any:
            outputs = original(values)
            if not isinstance(outputs, keras.KerasTensor) and old.built:
                found[key] = max(found.get(key, 0.0), _difference(new(values), outputs))
            return outputs

        twin.call = call
        return Exchange(twin, lambda: twin.set_weights(old.get_weights()))

    twins = {key: watched(key, old, plan.exchange.layer) for key, (old, plan) in plans.items()}
    exchanged(model, twins)(ops.convert_to_tensor(inputs) if hasattr(inputs, "shape") else inputs)
    return found


def _distinct_leaves(model: Any) -> list[Any]:
    return list({id(layer): layer for layer in leaves(model)}.values())


def _selector(model: Any, where: Any) -> Callable[[Any], bool]:
    """Return what tells whether a layer is a plain convolution that `where` asks for."""
    if where is None or callable(where):
        return lambda layer: type(layer) in ON_BANK and (where is None or bool(where(layer)))
    names = as_names(where) or []
    for name in names:
        named = [layer for layer in _distinct_leaves(model) if layer.name == name]
        if not named:
            known = ", ".join(layer.name for layer in _distinct_leaves(model) if type(layer) in ON_BANK) or "none"
            raise ValueError(f"`where` must name layers of the model (its convolutions: {known}), got {name!r}")
        if type(named[0]) not in ON_BANK:
            raise TypeError(f"`where` must name convolutions of Keras, got the {type(named[0]).__name__} {name!r}")
    return lambda layer: type(layer) in ON_BANK and layer.name in names


def _is_convolution(layer: Any) -> bool:
    """Whether it is a convolution of Keras, or a user's subclass of one, which is not converted."""
    return isinstance(layer, tuple(ON_BANK)) and not isinstance(layer, BasisMixin)


def _require_banks_for(where: Any, chooser: Any, without: list[Any]) -> None:
    """Raise ValueError if a layer that was asked for by name got no bank; a function may leave it alone."""
    if without and where is not None and not callable(where) and not callable(chooser):
        layer = without[0]
        raise ValueError(
            f"`bank_or_chooser` must give a {window_name(layer.kernel_size)} bank for layer {layer.name!r}, which "
            f"`where` names{_its_size(chooser)}"
        )


def _its_size(chooser: Any) -> str:
    """Say in an error of what size a single bank is."""
    return f"; it is {window_name(chooser.size)}" if isinstance(chooser, FilterBank) else ""


def _bank_for(chooser: Any, layer: Any) -> FilterBank | None:
    """Return the bank that was chosen for a layer, None to leave it alone."""
    size = tuple(layer.kernel_size)
    chosen = chooser
    if isinstance(chooser, Mapping):
        side = size[0] if len(set(size)) == 1 else None
        chosen = chooser.get(size, chooser.get(side))
    elif callable(chooser):
        try:
            chosen = chooser(size, layer)
        except Exception as error:
            error.add_note(f"in `bank_or_chooser`, for layer {layer.name!r} with kernels of {window_name(size)}")
            raise
    elif not isinstance(chooser, str):
        chosen = as_bank(chooser, type(layer).__name__, None, "bank_or_chooser")
        if chosen.size != size:  # one bank for a model of several sizes
            return None
    if chosen is None:
        return None
    if isinstance(chosen, str):
        if math.prod(size) == 1:
            return None
        try:
            chosen = filterbank.make(chosen, size)
        except (TypeError, ValueError) as error:
            raise ValueError(f"`bank_or_chooser` for layer {layer.name!r}: {error}") from error
    bank = as_bank(chosen, type(layer).__name__, len(size), "bank_or_chooser")
    if bank.size != size:
        raise ValueError(
            f"`bank_or_chooser` must give layer {layer.name!r} a {window_name(size)} bank, got {window_name(bank.size)}"
        )
    return bank


def require_on_bank(layer: Any) -> None:
    """Raise TypeError unless it is a convolution on a bank."""
    if not isinstance(layer, BasisMixin):
        raise TypeError(f"`layer` must be a layer on a bank, got {type(layer).__name__}; `project` takes plain ones")


def require_built(layer: Any) -> None:
    """Raise ValueError unless the layer has its kernel."""
    if not layer.built:
        raise ValueError(f"layer {layer.name!r} has no kernel yet: build it or call it first")


def _has(layer: Any, name: str) -> bool:
    return getattr(layer, name, None) is not None
