"""The kernel from coefficients and basis, and what speaks of the kernel said about the coefficients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import ml_dtypes
import numpy as np
from keras import ops

from filterbank import FilterBank
from filterbank._bank import singular_values
from filterbank._check import Array
from filterbank._compose import pseudo_inverse

# Kernels are drawn and projected in float32: smaller singular values than this hold only rounding errors.
SMALLEST_SINGULAR_VALUE = 1e-5


def basis_values(bank: FilterBank, dtype: Any) -> Array:
    """Return the bank as a weight of that dtype holds it."""
    name = keras.backend.standardize_dtype(dtype)
    with np.errstate(over="ignore"):
        values: Array = bank.filters.astype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    if not np.isfinite(values).all() or not values.any():
        raise ValueError(
            f"`bank` must fit into {name}, got values up to {np.abs(bank.filters).max():.3g}; scale it with "
            f"filterbank.normalize, or use another `dtype`"
        )
    return values


def composable(bank: FilterBank, dtype: Any) -> Array:
    """Return the bank as a weight of that dtype holds it, in the dtype to compose in.

    For constraints it stands for the weight, whose value the trainer of JAX has purged by then. It can be written to,
    as torch compiles no other arrays.
    """
    values: Array = basis_values(bank, dtype).astype(wide(dtype))
    return values


def wide(dtype: Any) -> str:
    """Return the dtype to compose in: the given one, but at least float32."""
    return "float64" if keras.backend.standardize_dtype(dtype) == "float64" else "float32"


def compose(coefficients: Any, basis: Any) -> Any:
    """Return kernels `(*k, p, q)` from coefficients `(n, p, q)` and basis `(n, *k)`, at least in float32."""
    dtype = wide(coefficients.dtype)
    n, *kernels = coefficients.shape
    # One matrix product, as `tensordot` starts twice as many operations, which small layers feel.
    filters = ops.transpose(ops.reshape(ops.cast(basis, dtype), (n, -1)))
    composed = ops.matmul(filters, ops.reshape(ops.cast(coefficients, dtype), (n, -1)))
    return ops.reshape(composed, (*basis.shape[1:], *kernels))


def project(kernel: Any, inverse: Array) -> Any:
    """Return the least-squares coefficients `(n, p, q)` of a kernel `(*k, p, q)`."""
    axes = list(range(1, inverse.ndim))
    return ops.tensordot(
        ops.convert_to_tensor(inverse, dtype=kernel.dtype), kernel, axes=[axes, [axis - 1 for axis in axes]]
    )


class ProjectedInitializer(keras.initializers.Initializer):
    """Coefficients whose composed kernel is what the kernel's own initializer draws.

    The kernel is drawn in its full shape, so fans and seeds mean what they mean in the plain layer, and projected
    onto the bank. An incomplete bank cannot hold all of it: a random kernel is scaled so that its energy, and with
    it the variance of the output for white input, is that of the kernel drawn. A kernel that is the same each time is
    one that somebody chose: it is projected and left as it is.
    """

    def __init__(self, kernel_initializer: Callable[..., Any], bank: FilterBank) -> None:
        self.kernel_initializer = kernel_initializer
        self.bank = bank
        strengths = singular_values(bank)
        rank = np.count_nonzero(strengths > SMALLEST_SINGULAR_VALUE * strengths[0])
        self.complete = rank == math.prod(bank.size)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return coefficients of shape `(n, p, q)`."""
        dtype = dtype or keras.config.floatx()
        drawn = self._drawn(shape, dtype)
        inverse = pseudo_inverse(self.bank.filters, SMALLEST_SINGULAR_VALUE)
        coefficients = project(drawn, inverse)
        if not self.complete:
            held = compose(coefficients, basis_values(self.bank, drawn.dtype))
            energy = ops.maximum(ops.sum(ops.square(held)), keras.config.epsilon() ** 4)
            scale = ops.sqrt(ops.sum(ops.square(drawn)) / energy)
            coefficients = ops.where(self._is_random(drawn, shape, dtype), coefficients * scale, coefficients)
        return ops.cast(coefficients, dtype)

    def _drawn(self, shape: Any, dtype: Any) -> Any:
        drawn = self.kernel_initializer((*self.bank.size, *shape[1:]), dtype=wide(dtype))
        return ops.convert_to_tensor(drawn, dtype=wide(dtype))

    def _is_random(self, drawn: Any, shape: Any, dtype: Any) -> Any:
        """Whether the initializer has a seed, or draws another kernel the next time."""
        if hasattr(self.kernel_initializer, "seed"):
            return True
        return ops.any(ops.not_equal(drawn, self._drawn(shape, dtype)))


class ComposedRegularizer(keras.regularizers.Regularizer):
    """The penalty of the composed kernel, plus that of the coefficients themselves.

    Keras asks the weights that train for their penalties: it hangs on the coefficients, or on a basis that trains
    alone, and reads the other one from the layer.
    """

    def __init__(
        self,
        kernel_regularizer: Callable[[Any], Any],
        coefficient_regularizer: Callable[[Any], Any] | None,
        layer: Any,
        of: str = "coefficients",
    ) -> None:
        self.kernel_regularizer = kernel_regularizer
        self.coefficient_regularizer = coefficient_regularizer
        self.layer = layer
        self.of = of

    def __call__(self, weight: Any) -> Any:
        """Return the penalty, a scalar."""
        if self.of == "basis":
            return self.kernel_regularizer(compose(self.layer.coefficients, weight))
        penalty = ops.convert_to_tensor(self.kernel_regularizer(compose(weight, self.layer.basis)))
        if self.coefficient_regularizer is not None:
            penalty = penalty + ops.cast(self.coefficient_regularizer(weight), penalty.dtype)
        return penalty


class UpdatedRegularizer(keras.regularizers.Regularizer):
    """The penalty of coefficients with their update by LoRA; it hangs on a factor of the update, which trains."""

    def __init__(self, regularizer: Callable[[Any], Any], layer: Any) -> None:
        self.regularizer = regularizer
        self.layer = layer

    def __call__(self, factor: Any) -> Any:
        """Return the penalty, a scalar."""
        return self.regularizer(self.layer.effective_coefficients)


class ComposedConstraint(keras.constraints.Constraint):
    """The constraint of the coefficients, then that of the composed kernel, pulled back by least squares."""

    def __init__(
        self,
        kernel_constraint: Callable[[Any], Any],
        coefficient_constraint: Callable[[Any], Any] | None,
        basis: Array,
    ) -> None:
        self.kernel_constraint = kernel_constraint
        self.coefficient_constraint = coefficient_constraint
        self.basis = basis
        self.inverse = pseudo_inverse(basis, SMALLEST_SINGULAR_VALUE)

    def __call__(self, coefficients: Any) -> Any:
        """Return the constrained coefficients."""
        coefficients = ops.convert_to_tensor(coefficients)
        if self.coefficient_constraint is not None:
            coefficients = self.coefficient_constraint(coefficients)
        kernel = compose(coefficients, self.basis)
        # Only the change is projected: a kernel that the constraint leaves alone keeps its coefficients.
        change = project(self.kernel_constraint(kernel) - kernel, self.inverse)
        return coefficients + ops.cast(change, coefficients.dtype)
