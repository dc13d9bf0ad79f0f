"""Files: round trips, and files that must be refused before anything changes."""

import copy
import pickle
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from every import values

import filterbank as fb
from filterbank.layers import FrozenBasisError


def weights(model: Any) -> list[np.ndarray]:
    return [values(weight).copy() for weight in model.weights]


def same_weights(model: Any, expected: list[np.ndarray]) -> bool:
    return all(found.tobytes() == wanted.tobytes() for found, wanted in zip(weights(model), expected, strict=True))


def through_keras_file(model: Any, folder: Path) -> Any:
    model.save(folder / "model.keras")
    return keras.models.load_model(folder / "model.keras")


def through_legacy_file(model: Any, folder: Path) -> Any:
    model.save(folder / "model.h5")
    return keras.models.load_model(folder / "model.h5", compile=False)


ROUND_TRIPS = {
    "keras": through_keras_file,
    "legacy h5": through_legacy_file,
    "pickle": lambda model, folder: pickle.loads(pickle.dumps(model)),
    "deepcopy": lambda model, folder: copy.deepcopy(model),
}


@pytest.mark.parametrize("way", ROUND_TRIPS)
def test_model_comes_back_with_its_bank_and_weights(
    model_on: Any, images: np.ndarray, bank: fb.FilterBank, tmp_path: Path, way: str
) -> None:
    model = model_on(bank, kernel_regularizer="l2", strides=2, execution="factor")
    back = ROUND_TRIPS[way](model, tmp_path)
    layer = back.layers[0]
    assert type(layer) is type(model.layers[0])
    assert layer.bank == bank
    assert layer.bank.recipe == bank.recipe
    assert dict(layer.bank.parameters).keys() == dict(bank.parameters).keys()
    assert layer.get_config() == model.layers[0].get_config()
    assert same_weights(back, weights(model))
    assert layer.verify() == model.layers[0].verify()
    np.testing.assert_array_equal(values(back(images)), values(model(images)))
    assert float(values(back.losses[0])) == float(values(model.losses[0])) > 0


def test_training_goes_on_after_a_file(model_on: Any, images: np.ndarray, bank: fb.FilterBank, tmp_path: Path) -> None:
    model = model_on(bank)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", jit_compile=False)
    targets = np.ones((len(images), 1))
    model.fit(images, targets, verbose=0)
    back = through_keras_file(model, tmp_path)
    for each in (model, back):
        each.fit(images, targets, shuffle=False, verbose=0)
    for found, expected in zip(weights(back), weights(model), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    back.layers[0].verify()


def test_weights_file_fills_a_fresh_model(
    model_on: Any, images: np.ndarray, bank: fb.FilterBank, noise: Any, tmp_path: Path
) -> None:
    model, fresh = model_on(bank), model_on(bank, coefficient_initializer=noise(9))
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    assert not same_weights(fresh, weights(model))
    fresh.load_weights(path)
    assert same_weights(fresh, weights(model))
    fresh.layers[0].verify()


def test_weights_file_repairs_a_moved_basis(model_on: Any, bank: fb.FilterBank, tmp_path: Path) -> None:
    model = model_on(bank)
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    model.layers[0].basis.assign(bank.filters * 2)
    model.load_weights(path)
    model.layers[0].verify()


@pytest.mark.parametrize(("saved", "loaded"), [("float32", "float16"), ("float16", "float32"), ("bfloat16", "float32")])
def test_weights_file_of_another_precision_is_compared_in_its_own(
    model_on: Any, bank: fb.FilterBank, noise: Any, tmp_path: Path, saved: str, loaded: str
) -> None:
    model, other = model_on(bank, dtype=saved), model_on(bank, dtype=loaded, coefficient_initializer=noise(9))
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    other.load_weights(path)
    other.layers[0].verify()
    expected = values(model.layers[0].coefficients).astype("float64")
    found = values(other.layers[0].coefficients).astype("float64")
    np.testing.assert_allclose(found, expected, rtol=2.0**-10)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "bfloat16", "float16"])
def test_half_precision_model_comes_back(model_on: Any, bank: fb.FilterBank, tmp_path: Path, policy: str) -> None:
    model = model_on(bank, dtype=policy)
    back = through_keras_file(model, tmp_path)
    assert same_weights(back, weights(model))
    assert back.layers[0].dtype_policy.name == policy
    back.layers[0].verify()


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built")
def test_unbuilt_model_comes_back(kind: Any, bank: fb.FilterBank, images: np.ndarray, tmp_path: Path) -> None:
    back = through_keras_file(keras.Sequential([kind.basis(2, bank)]), tmp_path)
    assert not back.layers[0].built
    back(images)
    assert back.layers[0].verify().fingerprint == bank.fingerprint


def test_layer_inside_other_layers_comes_back(kind: Any, bank: fb.FilterBank, tmp_path: Path) -> None:
    frames = np.random.default_rng(0).normal(size=(2, 3, *(6, 5, 4)[: len(kind.size)], 1)).astype("float32")
    model = keras.Sequential(
        [keras.Input(frames.shape[1:]), keras.layers.TimeDistributed(kind.basis(2, bank)), keras.layers.Flatten()]
    )
    back = through_keras_file(model, tmp_path)
    np.testing.assert_array_equal(values(back(frames)), values(model(frames)))
    assert back.layers[0].layer.verify().fingerprint == bank.fingerprint


# Files that are refused


def test_file_with_another_bank_of_the_same_shape_is_refused(
    model_on: Any, bank: fb.FilterBank, other_bank: fb.FilterBank, noise: Any, tmp_path: Path
) -> None:
    path = tmp_path / "other.weights.h5"
    model_on(other_bank, coefficient_initializer=noise(9), bias_initializer="ones").save_weights(path)
    model = model_on(bank)
    before = weights(model.layers[0])
    with pytest.raises(ValueError, match="the basis of layer 'filters' is not its bank") as caught:
        model.load_weights(path)
    text = str(caught.value)
    assert bank.fingerprint[:16] in text
    assert other_bank.fingerprint[:16] in text
    assert "make the layer with the bank that the file was saved with" in text
    assert same_weights(model.layers[0], before)


@pytest.mark.parametrize("shape", ["fewer filters", "another size"])
def test_file_with_a_bank_of_another_shape_is_refused(
    kind: Any, bank: fb.FilterBank, images: np.ndarray, noise: Any, tmp_path: Path, shape: str
) -> None:
    other = bank[:2] if shape == "fewer filters" else fb.dct(tuple(side + 1 for side in kind.size), n=4)
    path = tmp_path / "other.weights.h5"
    models = [
        keras.Sequential(
            [keras.Input(images.shape[1:]), kind.basis(2, each, name="filters", coefficient_initializer=noise(draw))]
        )
        for draw, each in enumerate((bank, other))
    ]
    models[1].save_weights(path)
    before = weights(models[0])
    with pytest.raises(ValueError, match="the basis of layer 'filters' is not its bank: shape") as caught:
        models[0].load_weights(path)
    assert f"shape {other.shape} in the file, {bank.shape} in the bank" in str(caught.value)
    assert bank.fingerprint[:16] in str(caught.value)
    assert other.fingerprint[:16] in str(caught.value)
    assert same_weights(models[0], before)


def test_layer_itself_raises_frozen_basis_error(kind: Any, bank: fb.FilterBank, other_bank: Any, images: Any) -> None:
    layer = kind.basis(2, bank)
    layer.build(images.shape)
    store = {weight.name: values(weight) for weight in layer.weights}
    store["basis"] = other_bank.filters.astype("float32")
    with pytest.raises(FrozenBasisError, match="in the file"):
        layer.load_own_variables(store)


def test_skip_mismatch_leaves_the_layer_and_loads_the_rest(
    model_on: Any, bank: fb.FilterBank, other_bank: fb.FilterBank, noise: Any, tmp_path: Path
) -> None:
    path = tmp_path / "other.weights.h5"
    other = model_on(other_bank, coefficient_initializer=noise(9))
    other.layers[-1].bias.assign([5.0])
    other.save_weights(path)
    model = model_on(bank)
    before = weights(model.layers[0])
    with pytest.warns(UserWarning, match="could not be loaded.*") as caught:
        model.load_weights(path, skip_mismatch=True)
    assert any(other_bank.fingerprint[:16] in str(warning.message) for warning in caught)
    assert same_weights(model.layers[0], before)
    assert same_weights(model.layers[-1], weights(other.layers[-1]))
    model.layers[0].verify()


def edited(path: Path, edit: Any) -> None:
    """Change the group of the layer's variables in a weights file."""
    with h5py.File(path, "r+") as file:
        groups: list[h5py.Group] = []
        file.visititems(
            lambda name, item: groups.append(item) if isinstance(item, h5py.Group) and "basis" in item else None
        )
        assert len(groups) == 1
        edit(groups[0])


def rename_basis(group: h5py.Group) -> None:
    group.move("basis", "base")


def add_variable(group: h5py.Group) -> None:
    group["further"] = np.zeros(3)


def remove_basis(group: h5py.Group) -> None:
    del group["basis"]


def remove_coefficients(group: h5py.Group) -> None:
    del group["coefficients"]


@pytest.mark.parametrize("edit", [add_variable, remove_basis, remove_coefficients, rename_basis])
def test_file_with_missing_or_further_variables_is_refused(
    model_on: Any, bank: fb.FilterBank, noise: Any, tmp_path: Path, edit: Any
) -> None:
    path = tmp_path / "edited.weights.h5"
    model_on(bank, coefficient_initializer=noise(9)).save_weights(path)
    edited(path, edit)
    model = model_on(bank)
    before = weights(model.layers[0])
    with pytest.raises(ValueError, match="layer 'filters' has the weights coefficients, bias, basis, the file "):
        model.load_weights(path)
    assert same_weights(model.layers[0], before)


def test_file_with_one_flipped_bit_in_the_basis_is_refused(model_on: Any, bank: Any, tmp_path: Path) -> None:
    path = tmp_path / "edited.weights.h5"
    model = model_on(bank)
    model.save_weights(path)

    def flip(group: h5py.Group) -> None:
        stored = group["basis"][...]
        stored.view("u4").reshape(-1)[4] ^= 1
        group["basis"][...] = stored

    edited(path, flip)
    with pytest.raises(ValueError, match=f"1 of {bank.filters.size} values differ, by up to .* in the file"):
        model.load_weights(path)


def test_file_with_coefficients_of_another_shape_is_refused(
    kind: Any, bank: fb.FilterBank, images: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "other.weights.h5"
    models = [
        keras.Sequential([keras.Input(images.shape[1:]), kind.basis(filters, bank, name="filters")])
        for filters in (2, 3)
    ]
    models[1].save_weights(path)
    before = weights(models[0])
    with pytest.raises(
        ValueError, match=r"`coefficients` of layer 'filters' has shape \(4, 3, 2\), in the file \(4, 3, 3"
    ):
        models[0].load_weights(path)
    assert same_weights(models[0], before)


def test_weights_of_the_plain_layer_are_refused(kind: Any, bank: fb.FilterBank, images: np.ndarray) -> None:
    layer = kind.basis(2, bank)
    layer.build(images.shape)
    store = {"0": values(layer.kernel), "1": values(layer.bias)}
    with pytest.raises(ValueError, match=r"has the weights .*, the file 0, 1: it was saved from another layer"):
        layer.load_own_variables(store)


def test_unbuilt_layer_refuses_a_file_with_weights(kind: Any, bank: fb.FilterBank) -> None:
    layer = kind.basis(2, bank, name="early")
    with pytest.raises(ValueError, match="layer 'early' has no weights yet, the file has 1: build the model first"):
        layer.load_own_variables({"0": np.zeros(3)})
    layer.load_own_variables({})


@pytest.mark.parametrize("name", ["model.keras", "model.weights.h5"])
def test_saving_a_moved_basis_is_refused(model_on: Any, bank: fb.FilterBank, tmp_path: Path, name: str) -> None:
    model = model_on(bank)
    model.layers[0].basis.assign(bank.filters * 1.01)
    save = model.save if name.endswith(".keras") else model.save_weights
    with pytest.raises(FrozenBasisError, match="the basis of layer 'filters' is not its bank"):
        save(tmp_path / name)


def test_legacy_weights_of_another_bank_move_the_basis_and_verify_finds_it(
    model_on: Any, bank: fb.FilterBank, other_bank: fb.FilterBank, tmp_path: Path
) -> None:
    # Keras loads legacy files without asking the layers.
    path = tmp_path / "other.h5"
    model_on(other_bank).save(path)
    model = model_on(bank)
    model.load_weights(path)
    with pytest.raises(FrozenBasisError, match=other_bank.fingerprint[:16]):
        model.layers[0].verify()
