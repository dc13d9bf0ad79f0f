"""Kernels are read from arrays and from tensors of any framework."""

from types import SimpleNamespace

import numpy as np
import pytest

import filterbank as fb
from filterbank._kernels import as_float64

VALUES = np.random.default_rng(0).normal(size=(5, 4, 2, 3))
BANK = fb.dct((5, 4), n=6)


class Tensor:
    """A tensor that NumPy cannot read before it is detached, as torch's that require a gradient."""

    def __init__(self, values):
        self.values = values

    def __array__(self, *args, **kwargs):
        raise RuntimeError("call detach() first")

    def detach(self):
        return SimpleNamespace(cpu=lambda: self.values)


class BFloat16:
    """A tensor of a type that NumPy has not, as torch's of bfloat16."""

    def __init__(self, values):
        self.values = values

    def __array__(self, *args, **kwargs):
        raise TypeError("unsupported type")

    def detach(self):
        return self

    cpu = detach

    def float(self):
        return self.values.astype(np.float32)


@pytest.mark.parametrize("kind", [Tensor, BFloat16])
def test_tensors_that_numpy_cannot_read_are_detached(kind):
    expected = VALUES if kind is Tensor else VALUES.astype(np.float32)
    np.testing.assert_array_equal(as_float64("kernels", kind(VALUES)), expected)
    assert fb.kernel_basis(kind(VALUES), 3) == fb.kernel_basis(expected, 3)
    assert fb.kernel_basis(SimpleNamespace(kernel=kind(VALUES)), 3) == fb.kernel_basis(expected, 3)
    np.testing.assert_array_equal(fb.decompose(kind(VALUES), BANK), fb.decompose(expected, BANK))
    coefficients = fb.decompose(expected, BANK)
    np.testing.assert_array_equal(fb.compose(kind(coefficients), BANK), fb.compose(coefficients, BANK))


def test_the_error_of_what_cannot_be_detached_is_its_own():
    class Broken:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("lost its device")

    with pytest.raises(RuntimeError, match="lost its device"):
        fb.kernel_basis(Broken())
