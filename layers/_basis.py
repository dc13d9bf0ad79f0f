"""What every convolution on a bank does: coefficients, kernel, configuration."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from filterbank import FilterBank
from filterbank._check import choice, flag
from filterbank._compose import pseudo_inverse
from filterbank._table import shows_itself

from ._arguments import OfClass, as_bank, require_no_typing_error, signature_on_bank, without_self
from ._composition import (
    SMALLEST_SINGULAR_VALUE,
    ComposedConstraint,
    ComposedRegularizer,
    ProjectedInitializer,
    UpdatedRegularizer,
    composable,
    compose,
    wide,
)
from ._execution import EXECUTIONS, choose, factored
from ._frozen import BankMixin
from ._proof import live_values
from ._shown import shape_name
from ._ways import channel_axis, spans

TRAIN = ("coefficients", "basis", "both")
OWN_ARGUMENTS = {
    "coefficient_initializer": None,
    "coefficient_regularizer": None,
    "coefficient_constraint": None,
    "train": "coefficients",
    "residual": False,
    "residual_regularizer": None,
    "execution": "auto",
}


@shows_itself
class EnergySplit(NamedTuple):
    """Where the energy (sum of squares) of a kernel lies.

    Parameters
    ----------
    bank : float
        The share of the composed part in the energies of both parts.
    residual : float
        The share of the residual; with `bank` it makes 1.
    outside : float
        The share of the whole kernel's energy that no coefficients on the bank could make.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D
    >>> layer = BasisConv2D(8, fb.dct(5, n=6), residual=True)
    >>> layer.build((None, 32, 32, 1))
    >>> layer.energy_split().bank, layer.energy_split().residual
    (1.0, 0.0)
    """

    bank: float
    residual: float
    outside: float

    def __str__(self) -> str:
        return (
            f"{self.bank:.2%} of the energy in the composed part, {self.residual:.2%} in the residual; no coefficients "
            f"make {self.outside:.2%} of the kernel"
        )


class BasisMixin(BankMixin):
    """Put in front of a Keras convolution, it composes the kernel from a bank.

    The Keras layer keeps its own `call`, `build` and checks. When its `build` asks for the weight `kernel_name`,
    it gets coefficients and basis instead, and when its `call` reads the kernel, the kernel is composed.
    """

    kernel_name = "kernel"
    lora_enabled: bool
    plain: type[keras.layers.Layer]  # the Keras layer
    library_class: type[keras.layers.Layer]  # the library's own class, which users may subclass
    _signature: inspect.Signature

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if BasisMixin in cls.__bases__:
            cls.plain, cls.library_class = cls.__bases__[-1], cls
            cls._signature = signature_on_bank(cls.plain, OWN_ARGUMENTS)
            cls.__signature__ = OfClass(cls._signature)
        elif "__init__" in cls.__dict__:
            cls.__signature__ = OfClass(without_self(cls.__init__))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "kernel_size" in kwargs:
            raise TypeError("`kernel_size` is the size of the bank here: drop it")
        arguments = self._signature.bind(*args, **kwargs).arguments
        further = arguments.pop("kwargs", {})
        require_no_typing_error(type(self).__name__, further, self._signature)
        if isinstance(arguments.get("filters"), FilterBank):
            raise TypeError("`filters` is the number of output channels, got a FilterBank: the bank comes second")
        bank = as_bank(arguments.pop("bank"), type(self).__name__, self.dimensions)
        own = {name: arguments.pop(name, default) for name, default in OWN_ARGUMENTS.items()}
        super().__init__(**arguments, kernel_size=bank.size, **further)
        self._bank = bank
        self.train = choice("train", own["train"], TRAIN)
        self.residual = flag("residual", own["residual"])
        self.execution = choice("execution", own["execution"], EXECUTIONS)
        self.coefficient_initializer = keras.initializers.get(own["coefficient_initializer"])
        self.coefficient_regularizer = keras.regularizers.get(own["coefficient_regularizer"])
        self.coefficient_constraint = keras.constraints.get(own["coefficient_constraint"])
        self.residual_regularizer = keras.regularizers.get(own["residual_regularizer"])
        self.coefficients: Any = None
        self.residual_kernel: Any = None
        self._spans: Any = None
        self.lora_coefficients_a: Any = None
        self.lora_coefficients_b: Any = None
        self._require_consistent()

    def _require_consistent(self) -> None:
        if self.execution == "factor" and (self.residual or not self._has_groups):
            reason = "a residual needs the whole convolution" if self.residual else "filtering first saves no work here"
            raise ValueError(
                f'`execution` of {type(self).__name__} must be "auto" or "compose", got "factor": {reason}'
            )
        if self.residual_regularizer is not None and not self.residual:
            raise ValueError("`residual_regularizer` speaks of the residual, got residual=False")
        if self.train == "basis" and (self.coefficient_regularizer or self.coefficient_constraint):
            raise ValueError(
                "`coefficient_regularizer` and `coefficient_constraint` speak of coefficients that train, got "
                "train='basis'"
            )
        constraints = (getattr(self, f"{name}_constraint", None) for name in ("kernel", "depthwise"))
        if self._released and any(constraint is not None for constraint in constraints):
            raise ValueError(
                "a constraint of the kernel is pulled back to the coefficients by a bank that stays: use "
                "`coefficient_constraint`, or train='coefficients'"
            )

    @property
    def _released(self) -> bool:
        return bool(self.train != "coefficients")

    @property
    def _has_groups(self) -> bool:
        """Whether this is a plain convolution, in which every output mixes inputs."""
        return hasattr(self, "groups")

    # Weights

    def add_weight(self, *args: Any, **kwargs: Any) -> Any:
        """Add a weight; for the kernel, coefficients and basis stand in."""
        if kwargs.get("name") != self.kernel_name or self.coefficients is not None:
            return super().add_weight(*args, **kwargs)
        shape, dtype = kwargs["shape"], kwargs.get("dtype") or self.variable_dtype
        self.coefficients = super().add_weight(
            shape=(len(self._bank), *shape[self.dimensions :]),
            initializer=self.coefficient_initializer or ProjectedInitializer(kwargs["initializer"], self._bank),
            regularizer=self._coefficient_regularizer(kwargs.get("regularizer")),
            constraint=self._coefficient_constraint(kwargs.get("constraint"), dtype),
            trainable=self.train != "basis",
            autocast=False,
            dtype=dtype,
            name="coefficients",
        )
        self._add_basis(dtype)
        if self._has_groups and not self.residual:
            # Here, as torch compiles no singular values.
            self._spans = spans(self._bank, wide(dtype))
        if self.train == "basis" and kwargs.get("regularizer") is not None:
            self.basis.regularizer = ComposedRegularizer(kwargs["regularizer"], None, self, of="basis")
        if self.residual:
            self.residual_kernel = super().add_weight(
                shape=shape,
                initializer="zeros",
                regularizer=self.residual_regularizer,
                autocast=False,
                dtype=dtype,
                name="residual",
            )
        return self.coefficients

    def _coefficient_regularizer(self, of_kernel: Any) -> Any:
        if of_kernel is None:
            return self.coefficient_regularizer
        return ComposedRegularizer(of_kernel, self.coefficient_regularizer, self)

    def _coefficient_constraint(self, of_kernel: Any, dtype: Any) -> Any:
        if of_kernel is None:
            return self.coefficient_constraint
        return ComposedConstraint(of_kernel, self.coefficient_constraint, composable(self._bank, dtype))

    @property
    def kernel(self) -> Any:
        """The kernel as Keras shapes it, in the dtype that the layer computes in."""
        if self.coefficients is None:
            raise AttributeError("You must build the layer before accessing `kernel`.")
        kernel = compose(self.effective_coefficients, self.basis)
        if self.residual_kernel is not None:
            kernel = kernel + ops.cast(self.residual_kernel, kernel.dtype)
        return ops.cast(kernel, self.compute_dtype)

    @kernel.setter
    def kernel(self, value: Any) -> None:
        # What `build` of some Keras layers assigns is what `add_weight` returned: the coefficients, kept already.
        if value is not self.coefficients:
            raise AttributeError(
                "`kernel` is composed: assign `coefficients`, or project the kernel with filterbank.decompose"
            )

    @property
    def effective_coefficients(self) -> Any:
        """The coefficients that make the kernel: with the update by LoRA, if there is one."""
        if self.lora_coefficients_a is None:
            return self.coefficients
        update = ops.matmul(self.lora_coefficients_a, self.lora_coefficients_b)
        return ops.cast(self.coefficients, update.dtype) + self.lora_alpha / self.lora_rank * update

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the coefficients and train a low-rank update of them, which stays in the span of the bank.

        Parameters
        ----------
        rank : int
            Rank of the update of the coefficients of each filter, `(in, out)`.
        lora_alpha : float, optional
            The update counts `lora_alpha / rank` times. The default is `rank`.
        a_initializer : str or keras.initializers.Initializer, default "he_uniform"
            What the first factor, `(n, in, rank)`, starts as.
        b_initializer : str or keras.initializers.Initializer, default "zeros"
            What the second factor, `(rank, out)`, starts as.

        Raises
        ------
        NotImplementedError
            If the Keras layer knows no LoRA either.
        ValueError
            If the layer is not built, LoRA is on already, a constraint would be broken, or the basis trains.

        Notes
        -----
        A residual is frozen as well. Penalties go on to speak of the kernel and of the coefficients, each with its
        update, where Keras's own LoRA lays them on the factors.
        """
        if not hasattr(self.plain, "enable_lora"):
            raise NotImplementedError(f"Keras's {self.plain.__name__} knows no LoRA, nor does {type(self).__name__}")
        if not self.built:
            raise ValueError("Cannot enable lora on a layer that isn't yet built.")
        if self.lora_enabled:
            raise ValueError("lora is already enabled. This can only be done once per layer.")
        if self.coefficients.constraint is not None:
            raise ValueError("LoRA breaks constraints: drop `kernel_constraint` and `coefficient_constraint`")
        if self._released:
            raise ValueError(
                f"LoRA updates coefficients on a frozen bank, got train={self.train!r}: make the layer with "
                f"train='coefficients' on current_bank()"
            )
        self._tracker.unlock()  # as Keras does: weights are not added to a built layer otherwise
        n, inside, outputs = self.coefficients.shape
        for attribute, shape, initializer in (
            ("lora_coefficients_a", (n, inside, rank), a_initializer),
            ("lora_coefficients_b", (rank, outputs), b_initializer),
        ):
            weight = super().add_weight(
                name=attribute,
                shape=shape,
                initializer=initializer,
                autocast=False,
                dtype=wide(self.coefficients.dtype),
            )
            setattr(self, attribute, weight)
        if self.coefficients.regularizer is not None:
            self.lora_coefficients_b.regularizer = UpdatedRegularizer(self.coefficients.regularizer, self)
        for frozen in (self.coefficients, self.residual_kernel):
            if frozen is not None:
                frozen.trainable = False
        self._tracker.lock()
        self.lora_enabled, self.lora_rank = True, rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha

    # Computing

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Convolve the inputs; in training the same may be computed in another way."""
        way = self._way(tuple(inputs.shape), training)
        if way == "compose":
            return super().call(inputs)
        outputs = factored(self, inputs, self.effective_coefficients, way)
        if self.use_bias:
            ones = (1,) * self.rank
            outputs = outputs + ops.reshape(self.bias, (1, *ones, -1) if channel_axis(self) == -1 else (1, -1, *ones))
        return outputs if self.activation is None else self.activation(outputs)

    def _way(self, of_inputs: tuple[Any, ...], training: bool | None) -> str:
        """Return the way to compute inputs of that shape."""
        composes = self.execution == "compose" or self.residual or not self._has_groups
        return "compose" if composes else choose(self, of_inputs, training)

    # What was learned

    def energy_split(self) -> EnergySplit:
        """Tell which share of the kernel the bank makes, and which the residual.

        Returns
        -------
        EnergySplit
            The shares of the energy, the sum of squares over all weights.

        Raises
        ------
        ValueError
            If the layer is not built yet, or its kernel is zero.
        """
        if self.basis is None:
            raise ValueError(f"layer {self.name!r} has no kernel yet: build it or call it first")
        basis = live_values(self.basis).astype(np.float64).reshape(len(self._bank), -1)
        composed = basis.T @ live_values(self.effective_coefficients).astype(np.float64).reshape(len(basis), -1)
        free = np.zeros_like(composed)
        if self.residual_kernel is not None:
            free = live_values(self.residual_kernel).astype(np.float64).reshape(composed.shape)
        whole = composed + free
        inside = basis.T @ (pseudo_inverse(basis, SMALLEST_SINGULAR_VALUE) @ whole)
        energies = [float(np.sum(part**2)) for part in (composed, free, whole, whole - inside)]
        if not energies[0] + energies[1]:
            raise ValueError(f"the kernel of layer {self.name!r} is zero: it has no energy to split")
        of_bank = energies[0] / (energies[0] + energies[1])
        return EnergySplit(of_bank, 1 - of_bank, energies[3] / energies[2] if energies[2] else 0.0)

    def _usual_ways(self) -> str:
        """Tell the ways to compute inputs of a usual size."""
        inputs: list[Any] = [None] * (self.rank + 2)
        inputs[channel_axis(self)] = self.coefficients.shape[1] * getattr(self, "groups", 1)
        forward, training = (self._way(tuple(inputs), training) for training in (False, True))
        return forward if forward == training else f"{forward}, and {training} in training"

    def _facts(self) -> list[tuple[str, str]]:
        built = self.basis is not None
        shape = shape_name((*self._bank.size, *self.coefficients.shape[1:])) if built else shape_name(self._bank.size)
        trains = {"coefficients": "the coefficients", "basis": "the basis", "both": "the coefficients and the basis"}
        free = ", and a residual" if self.residual else ""
        low_rank = f", of low rank {self.lora_rank}" if self.lora_coefficients_a is not None else ""
        execution = self.execution
        if built and execution == "auto":
            execution += f": {self._usual_ways()}"
        return [
            ("kernel", f"{shape}{'' if built else ', of channels not known yet'}"),
            ("coefficients", shape_name(self.coefficients.shape) if built else f"{len(self._bank)} for each kernel"),
            ("train", f"{trains[self.train]}{low_rank}{free}" if self.trainable else "nothing: trainable is False"),
            ("execution", execution),
        ]

    # Configuration and files

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able, the bank among them."""
        config: dict[str, Any] = super().get_config()
        del config["kernel_size"]
        return config | {
            "bank": keras.saving.serialize_keras_object(self._bank),
            "coefficient_initializer": _serialized(keras.initializers, self.coefficient_initializer),
            "coefficient_regularizer": _serialized(keras.regularizers, self.coefficient_regularizer),
            "coefficient_constraint": _serialized(keras.constraints, self.coefficient_constraint),
            "train": self.train,
            "residual": self.residual,
            "residual_regularizer": _serialized(keras.regularizers, self.residual_regularizer),
            "execution": self.execution,
        }

    def _stored_weights(self) -> dict[str, Any]:
        # An update by LoRA is stored within the coefficients, as Keras stores it within the kernel.
        return self._loadable_weights() | {"coefficients": self.effective_coefficients}

    def _loadable_weights(self) -> dict[str, Any]:
        lora = (self.lora_coefficients_a, self.lora_coefficients_b)
        named = super()._loadable_weights()
        return {name: weight for name, weight in named.items() if not any(weight is each for each in lora)}

    def load_own_variables(self, store: Any) -> None:
        """Load the weights; a file with another bank or other shapes is refused before anything changes."""
        super().load_own_variables(store)
        if self.lora_coefficients_b is not None:  # the file's coefficients hold its update
            self.lora_coefficients_b.assign(ops.zeros(self.lora_coefficients_b.shape))


def _serialized(module: Any, value: Any) -> Any:
    return None if value is None else module.serialize(value)
