"""`verify`: what it says, and everything that it must find."""

import re
from typing import Any

import keras
import numpy as np
import pytest
from every import values

import filterbank as fb
from filterbank.layers import FrozenBasisError, Verification


@pytest.fixture
def layer(kind: Any, bank: fb.FilterBank, images: np.ndarray, noise: Any) -> Any:
    """Return a built layer called "mine"."""
    layer = kind.basis(2, bank, name="mine", coefficient_initializer=noise())
    layer.build(images.shape)
    return layer


def refusal(layer: Any) -> str:
    with pytest.raises(FrozenBasisError) as caught:
        layer.verify()
    return str(caught.value)


def test_a_fresh_layer_is_verified(layer: Any, bank: fb.FilterBank) -> None:
    verification = layer.verify()
    assert isinstance(verification, Verification)
    coefficients = len(bank) * 3 * 2
    assert verification == ("mine", bank.fingerprint, coefficients + 2, bank.filters.size, 0.0)
    assert str(verification) == (
        f"mine: basis identical to its bank, sha256 {bank.fingerprint[:16]}; "
        f"{coefficients + 2} numbers train, {bank.filters.size} are frozen"
    )


def test_an_unbuilt_layer_has_nothing_to_verify(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(ValueError, match="layer 'early' has no basis to verify yet: build it or call it first"):
        kind.basis(2, bank, name="early").verify()


def test_error_is_a_value_error() -> None:
    assert issubclass(FrozenBasisError, ValueError)


def test_another_basis_is_found(layer: Any, bank: fb.FilterBank, other_bank: fb.FilterBank) -> None:
    layer.basis.assign(other_bank.filters)
    text = refusal(layer)
    distance = np.abs(other_bank.filters - bank.filters).max()
    assert text == (
        f"the basis of layer 'mine' is not its bank: {bank.filters.size} of {bank.filters.size} values differ, by "
        f"up to {distance:.3g}, in its weight (bank sha256 {bank.fingerprint[:16]}, found "
        f"{other_bank.fingerprint[:16]}); layer.basis.assign(layer.bank.filters) restores it"
    )
    layer.basis.assign(layer.bank.filters)
    layer.verify()


def test_set_weights_with_another_basis_is_found(layer: Any, other_bank: fb.FilterBank) -> None:
    weights = layer.get_weights()
    weights[-1] = other_bank.filters
    layer.set_weights(weights)
    assert other_bank.fingerprint[:16] in refusal(layer)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("bit", [0, "sign"])
def test_one_flipped_bit_is_found(kind: Any, bank: fb.FilterBank, dtype: str, bit: Any) -> None:
    layer = kind.basis(2, bank, dtype=dtype)
    layer.build((None, *(9,) * len(kind.size), 3))
    moved = values(layer.basis).copy()
    bits = moved.view(f"u{moved.itemsize}").reshape(-1)
    bits[5] ^= bits.dtype.type(1) << (8 * moved.itemsize - 1 if bit == "sign" else bit)
    layer.basis.assign(moved)
    assert f"1 of {bank.filters.size} values differ" in refusal(layer)


def test_the_sign_of_a_zero_is_found(kind: Any) -> None:
    layer = kind.basis(2, fb.delta(kind.size))
    layer.build((None, *(9,) * len(kind.size), 3))
    moved = values(layer.basis).copy()
    moved.reshape(-1)[1] = -0.0
    layer.basis.assign(moved)
    assert f"1 of {moved.size} values differ, by up to 0," in refusal(layer)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_basis_that_is_not_finite_is_found(layer: Any, value: float) -> None:
    moved = values(layer.basis).copy()
    moved.reshape(-1)[3] = value
    layer.basis.assign(moved)
    text = refusal(layer)
    assert f"1 of {moved.size} values differ" in text
    assert "found none: not a bank of finite numbers" in text


def test_one_percent_is_found_with_its_size(layer: Any, bank: fb.FilterBank) -> None:
    layer.basis.assign(values(layer.basis) * 1.01)
    text = refusal(layer)
    assert f"{bank.filters.size} of {bank.filters.size} values differ" in text
    found = re.search(r"by up to ([0-9.e-]+),", text)
    assert found is not None
    np.testing.assert_allclose(float(found[1]), np.abs(bank.filters).max() / 100, rtol=0.005)


def test_a_flipped_basis_is_found(layer: Any, kind: Any) -> None:
    layer.basis.assign(np.flip(values(layer.basis), axis=range(1, 1 + len(kind.size))))
    refusal(layer)


def test_a_basis_that_would_train_is_found(layer: Any) -> None:
    layer.basis.trainable = True
    assert "is its bank still, but would train: layer.basis.trainable = False freezes it" in refusal(layer)
    layer.basis.trainable = False
    layer.verify()


def test_the_bank_cannot_be_exchanged(layer: Any, other_bank: fb.FilterBank) -> None:
    with pytest.raises(AttributeError):
        layer.bank = other_bank


def test_moved_coefficients_are_no_reason_to_complain(layer: Any, bank: fb.FilterBank) -> None:
    layer.coefficients.assign(values(layer.coefficients) * 3)
    layer.bias.assign(values(layer.bias) + 1)
    assert layer.verify().fingerprint == bank.fingerprint


def test_float64_layer_finds_what_float32_would_not(kind: Any, bank: fb.FilterBank, backend: str) -> None:
    if backend == "jax":
        pytest.skip("JAX without x64 turns float64 into float32")
    layer = kind.basis(2, bank, dtype="float64")
    layer.build((None, *(9,) * len(kind.size), 3))
    layer.verify()
    moved = values(layer.basis).copy()
    moved.reshape(-1)[0] += 1e-12
    layer.basis.assign(moved)
    assert f"1 of {moved.size} values differ, by up to 1e-12" in refusal(layer)


def test_every_layer_of_a_model_answers_for_its_own_bank(kind: Any, images: np.ndarray, bank: Any) -> None:
    other = fb.random((2,) * len(kind.size), n=2, rng=0)
    model = keras.Sequential(
        [keras.Input(images.shape[1:]), kind.basis(2, bank, name="a"), kind.basis(2, other, name="b")]
    )
    model.layers[1].basis.assign(-other.filters)
    assert model.layers[0].verify().fingerprint == bank.fingerprint
    assert "layer 'b'" in refusal(model.layers[1])
