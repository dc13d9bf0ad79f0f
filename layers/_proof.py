"""The proof that a basis is still its bank."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from keras import ops

from filterbank import FilterBank
from filterbank._check import Array
from filterbank._table import shows_itself

from ._composition import basis_values


class FrozenBasisError(ValueError):
    """A layer's basis, or a file's, is not the layer's bank."""


@shows_itself
class Verification(NamedTuple):
    """What `verify` found.

    Parameters
    ----------
    layer : str
        Name of the layer.
    fingerprint : str
        The sha256 of the bank that the basis is bit for bit.
    trainable : int
        How many numbers train: coefficients, bias, pointwise kernel.
    frozen : int
        How many numbers do not.
    moved : float
        How far a basis that trains on purpose is from its bank, as a share of the bank's length (the root of its sum
        of squares). 0 for a frozen one.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D
    >>> layer = BasisConv2D(64, fb.dct(11, n=10))
    >>> layer.build((None, 32, 32, 1))
    >>> layer.verify().frozen
    1210
    """

    layer: str
    fingerprint: str
    trainable: int
    frozen: int
    moved: float = 0.0

    def __str__(self) -> str:
        basis = f"{self.moved:.2%} away from" if self.moved else "identical to"
        return (
            f"{self.layer}: basis {basis} its bank, sha256 {self.fingerprint[:16]}; "
            f"{self.trainable:,} numbers train, {self.frozen:,} are frozen"
        )


def require_same(name: str, bank: FilterBank, found: Any, where: str, way_out: str) -> None:
    """Raise FrozenBasisError unless the values found are the bank, bit for bit in their own dtype."""
    values = np.asarray(found)
    if values.shape == bank.shape and not _moved(bank, values).any():
        return
    raise FrozenBasisError(
        f"the basis of layer {name!r} is not its bank: {_difference(bank, values, where)} "
        f"(bank sha256 {bank.fingerprint[:16]}, found {_fingerprint(values)}); {way_out}"
    )


def distance(bank: FilterBank, values: Array) -> float:
    """Return how far a basis is from its bank as the dtype holds it, as a share of the bank's length."""
    expected = basis_values(bank, values.dtype).astype(np.float64)
    return float(np.linalg.norm(values.astype(np.float64) - expected) / np.linalg.norm(expected))


def count(weights: Any) -> int:
    """Return how many numbers weights hold."""
    return sum(math.prod(weight.shape) for weight in weights)


def live_values(weight: Any) -> Array:
    """Return a copy of the values of a weight or tensor."""
    # Through a tensor: the variables of Keras know no `copy` when NumPy 2 asks for one, and warn.
    return np.array(ops.convert_to_numpy(ops.convert_to_tensor(weight)))


def _moved(bank: FilterBank, values: Array) -> npt.NDArray[np.bool_]:
    """Tell which values are not the bank's; the sign of a zero counts, as the bytes differ."""
    expected = basis_values(bank, values.dtype)
    moved: npt.NDArray[np.bool_] = (values != expected) | (np.signbit(values) != np.signbit(expected))
    return moved


def _difference(bank: FilterBank, values: Array, where: str) -> str:
    if values.shape != bank.shape:
        return f"shape {values.shape} {where}, {bank.shape} in the bank"
    distance = np.abs(values.astype(np.float64) - basis_values(bank, values.dtype).astype(np.float64)).max()
    return f"{np.count_nonzero(_moved(bank, values))} of {values.size} values differ, by up to {distance:.3g}, {where}"


def _fingerprint(values: Array) -> str:
    try:
        return FilterBank(values.astype(np.float64)).fingerprint[:16]
    except (TypeError, ValueError):
        return "none: not a bank of finite numbers"
