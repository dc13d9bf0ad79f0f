"""What every layer on a bank does: weights, kernel, proof, configuration, files."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from filterbank import FilterBank
from filterbank._check import choice, window_name

from ._composition import (
    ComposedConstraint,
    ComposedRegularizer,
    ProjectedInitializer,
    basis_values,
    composable,
    compose,
)
from ._execution import EXECUTIONS, choose, factored
from ._proof import FrozenBasisError, Verification, live_values, require_same

keras.saving.register_keras_serializable(package="filterbank")(FilterBank)

OWN_ARGUMENTS = {
    "coefficient_initializer": None,
    "coefficient_regularizer": None,
    "coefficient_constraint": None,
    "execution": "auto",
}


class BasisMixin(keras.layers.Layer):
    """Put in front of a Keras convolution, it composes the kernel from a frozen bank.

    The Keras layer keeps its own `call`, `build` and checks. When its `build` asks for the weight named "kernel",
    it gets coefficients and basis instead, and when its `call` reads `kernel`, the kernel is composed.
    """

    dimensions: int
    plain: type[keras.layers.Layer]  # the Keras layer
    library_class: type[keras.layers.Layer]  # the library's own class, which users may subclass
    _signature: inspect.Signature

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if BasisMixin in cls.__bases__:
            cls.plain, cls.library_class = cls.__bases__[-1], cls
            cls._signature = _signature_on_bank(cls.plain)
            cls.__signature__ = cls._signature
        elif "__init__" in cls.__dict__:
            cls.__signature__ = _without_self(cls.__init__)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "kernel_size" in kwargs:
            raise TypeError("`kernel_size` is the size of the bank here: drop it")
        arguments = self._signature.bind(*args, **kwargs).arguments
        further = arguments.pop("kwargs", {})
        _require_no_typing_error(type(self).__name__, further, self._signature)
        bank = _as_bank(arguments.pop("bank"), type(self).__name__, self.dimensions)
        own = {name: arguments.pop(name, default) for name, default in OWN_ARGUMENTS.items()}
        super().__init__(**arguments, kernel_size=bank.size, **further)
        self._bank = bank
        self.execution = choice("execution", own["execution"], EXECUTIONS)
        self.coefficient_initializer = keras.initializers.get(own["coefficient_initializer"])
        self.coefficient_regularizer = keras.regularizers.get(own["coefficient_regularizer"])
        self.coefficient_constraint = keras.constraints.get(own["coefficient_constraint"])
        self.coefficients: Any = None
        self.basis: Any = None

    @property
    def bank(self) -> FilterBank:
        """The bank that `basis` holds."""
        return self._bank

    # Weights

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """Add a weight; for the kernel, coefficients and basis stand in."""
        if kwargs.get("name") != "kernel":
            return super().add_weight(*args, **kwargs)
        shape = (len(self.bank), *kwargs.pop("shape")[self.dimensions :])
        dtype = kwargs.get("dtype") or self.variable_dtype
        of_kernel = kwargs.pop("regularizer", None), kwargs.pop("constraint", None)
        kwargs |= {"name": "coefficients", "autocast": False, "initializer": self._coefficient_initializer()}
        self.coefficients = super().add_weight(
            shape=shape,
            regularizer=self._coefficient_regularizer(of_kernel[0], dtype),
            constraint=self._coefficient_constraint(of_kernel[1], dtype),
            **kwargs,
        )
        self.basis = super().add_weight(
            shape=self.bank.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(basis_values(self.bank, dtype)),
            trainable=False,
            autocast=False,
            dtype=dtype,
            name="basis",
        )
        return self.coefficients

    def _coefficient_initializer(self) -> Any:
        if self.coefficient_initializer is not None:
            return self.coefficient_initializer
        return ProjectedInitializer(self.kernel_initializer, self.bank)

    def _coefficient_regularizer(self, kernel_regularizer: Any, dtype: Any) -> Any:
        if kernel_regularizer is None:
            return self.coefficient_regularizer
        return ComposedRegularizer(kernel_regularizer, self.coefficient_regularizer, composable(self.bank, dtype))

    def _coefficient_constraint(self, kernel_constraint: Any, dtype: Any) -> Any:
        if kernel_constraint is None:
            return self.coefficient_constraint
        return ComposedConstraint(kernel_constraint, self.coefficient_constraint, composable(self.bank, dtype))

    @property
    def kernel(self) -> Any:
        """The composed kernel `(*k, in, out)`, in the dtype that the layer computes in."""
        if self.coefficients is None:
            raise AttributeError("You must build the layer before accessing `kernel`.")
        return ops.cast(compose(self.coefficients, self.basis), self.compute_dtype)

    def enable_lora(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: the low-rank update of a composed kernel would leave the span of the bank."""
        raise NotImplementedError(
            f"layer {self.name!r} has no kernel weight for LoRA to update: its coefficients are few already; "
            f"`fold` the layer first to adapt the whole kernel"
        )

    # Computing

    def call(self, inputs: Any) -> Any:
        """Convolve the inputs."""
        if self._execution(inputs) == "compose":
            return super().call(inputs)
        outputs = factored(self, inputs)
        if self.use_bias:
            channels_last = self.data_format == "channels_last"
            ones = (1,) * self.rank
            outputs = outputs + ops.reshape(self.bias, (1, *ones, -1) if channels_last else (1, -1, *ones))
        return outputs if self.activation is None else self.activation(outputs)

    def _execution(self, inputs: Any) -> str:
        channels = inputs.shape[-1 if self.data_format == "channels_last" else 1]
        # Not from the bank: torch compiles this, and no arrays that cannot be written to.
        n, pixels = self.basis.shape[0], math.prod(self.kernel_size)
        return choose(self.execution, channels, self.filters, self.groups, pixels, n)

    # Proof

    def verify(self) -> Verification:
        """Prove that the basis is bit for bit the bank, in the dtype of the layer.

        Returns
        -------
        Verification
            The fingerprint and how many numbers train; prints as a sentence.

        Raises
        ------
        FrozenBasisError
            If a value of the basis differs from the bank, or the basis has been set to train.
        ValueError
            If the layer is not built yet.
        """
        if self.basis is None:
            raise ValueError(f"layer {self.name!r} has no basis to verify yet: build it or call it first")
        way_out = "layer.basis.assign(layer.bank.filters) restores it"
        require_same(self.name, self.bank, live_values(self.basis), "in its weight", way_out)
        if self.basis.trainable:
            raise FrozenBasisError(
                f"the basis of layer {self.name!r} is its bank still, but would train: layer.basis.trainable = False "
                f"freezes it (compile the model again)"
            )
        trainable = sum(math.prod(weight.shape) for weight in self.trainable_weights)
        frozen = sum(math.prod(weight.shape) for weight in self.non_trainable_weights)
        return Verification(self.name, self.bank.fingerprint, trainable, frozen)

    # Configuration and files

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able, the bank among them."""
        config: dict[str, Any] = super().get_config()
        del config["kernel_size"]
        return config | {
            "bank": keras.saving.serialize_keras_object(self.bank),
            "coefficient_initializer": _serialized(keras.initializers, self.coefficient_initializer),
            "coefficient_regularizer": _serialized(keras.regularizers, self.coefficient_regularizer),
            "coefficient_constraint": _serialized(keras.constraints, self.coefficient_constraint),
            "execution": self.execution,
        }

    def save_own_variables(self, store: Any) -> None:
        """Save the weights; a basis that is not the bank is refused."""
        if self.basis is None:
            return
        self.verify()
        for index, weight in enumerate(self.weights):
            store[str(index)] = weight

    def load_own_variables(self, store: Any) -> None:
        """Load the weights; a file with another bank or other shapes is refused before anything changes."""
        if self.basis is None and not store.keys():
            return
        if self.basis is None:
            raise ValueError(
                f"layer {self.name!r} has no weights yet, the file has {len(store.keys())}: build the model first"
            )
        values = self._checked(store)
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(basis_values(self.bank, weight.dtype) if weight is self.basis else value)

    def _checked(self, store: Any) -> list[Any]:
        """Return the stored value of each weight, or raise before anything is assigned."""
        weights = self.weights
        if sorted(store.keys()) != sorted(str(index) for index in range(len(weights))):
            raise ValueError(
                f"layer {self.name!r} has {len(weights)} weights "
                f"({', '.join(weight.name for weight in weights)}), the file has {len(store.keys())}: it was "
                f"saved from another layer"
            )
        values = [store[str(index)] for index in range(len(weights))]
        # The bank first: with another number of filters the shape of the coefficients is a mere consequence.
        [stored] = [value for weight, value in zip(weights, values, strict=True) if weight is self.basis]
        way_out = "make the layer with the bank that the file was saved with"
        require_same(self.name, self.bank, np.asarray(stored), "in the file", way_out)
        for weight, value in zip(weights, values, strict=True):
            if tuple(value.shape) != tuple(weight.shape):
                raise ValueError(
                    f"`{weight.name}` of layer {self.name!r} has shape {tuple(weight.shape)}, in the file "
                    f"{tuple(value.shape)}"
                )
        return values


def _signature_on_bank(plain: Any) -> inspect.Signature:
    """Return the constructor's signature of a Keras layer with `kernel_size` replaced by `bank`."""
    parameters = [
        parameter.replace(name="bank") if parameter.name == "kernel_size" else parameter
        for parameter in _without_self(plain.__init__).parameters.values()
    ]
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in OWN_ARGUMENTS.items()
    ]
    return inspect.Signature([*parameters[:-1], *own, parameters[-1]])


def _without_self(constructor: Any) -> inspect.Signature:
    signature = inspect.signature(constructor)
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def _require_no_typing_error(layer: str, further: Mapping[str, Any], signature: inspect.Signature) -> None:
    """Raise TypeError for an argument that is nearly one of the signature's; Keras speaks of all others."""
    for name in further:
        if close := difflib.get_close_matches(name, signature.parameters, n=1, cutoff=0.8):
            raise TypeError(f"{layer} takes no `{name}`; did you mean `{close[0]}`?")


def _as_bank(bank: Any, layer: str, dimensions: int) -> FilterBank:
    """Return what was passed as a bank: one, a plain array, or a bank's configuration."""
    if isinstance(bank, Mapping):
        bank = _from_config(bank)
    try:
        bank = bank if isinstance(bank, FilterBank) else FilterBank(bank)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"`bank` must be a FilterBank, as filterbank.dct(11) makes, or an array (n, *size): {error}"
        ) from error
    if bank.ndim != dimensions:
        raise ValueError(
            f"`bank` of {layer} must have {dimensions}-D filters, got {bank.ndim}-D ones of "
            f"{window_name(bank.size)} pixels"
        )
    if not bank.filters.any():
        raise ValueError("`bank` must have a filter other than zero, got only zeros")
    checked: FilterBank = bank
    return checked


def _from_config(config: Mapping[str, Any]) -> FilterBank:
    """Return the bank of a layer's configuration, and make nothing else that it may ask for."""
    if config.get("class_name") != "FilterBank" or not isinstance(config.get("config"), Mapping):
        raise ValueError(
            f"`bank` must be the configuration of a FilterBank, got one of {config.get('class_name')!r}; "
            f"keras.saving.serialize_keras_object(bank) makes it"
        )
    return FilterBank.from_config(config["config"])


def _serialized(module: Any, value: Any) -> Any:
    return None if value is None else module.serialize(value)
