"""Every layer in files and configurations: it comes back as it was, and nothing changes when a file is refused."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from every import PAIRS, Noise, Pair, run, values

import filterbank as fb

every_layer = pytest.mark.parametrize("pair", PAIRS, ids=str)


def model_of(pair: Pair, bank: Any = None, draw: int = 4, **settings: Any) -> Any:
    """Return a model of the layer alone, every weight drawn anew for another draw."""
    bank = fb.dct(pair.size, n=3) if bank is None else bank
    model = keras.Sequential([keras.Input(pair.images().shape[1:]), pair.on(bank, **settings)])
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(Noise(10 * draw + number)(weight.shape, "float32"))
    return model


def stored(model: Any) -> list[bytes]:
    return [values(weight).tobytes() for weight in model.weights]


def assert_back(back: Any, model: Any, pair: Pair) -> None:
    layer, original = back.layers[0], model.layers[0]
    assert type(layer) is pair.basis
    assert layer.get_config() == original.get_config()
    assert layer.bank == original.bank
    assert stored(back) == stored(model)
    assert layer.verify() == original.verify()
    np.testing.assert_array_equal(values(back(pair.images())), values(model(pair.images())))


@every_layer
def test_keras_file_brings_the_model_back(pair: Pair, tmp_path: Path) -> None:
    model = model_of(pair, **{f"{pair.kernel}_regularizer": "l2"}, padding="same", residual=True)
    model.save(tmp_path / "model.keras")
    back = keras.models.load_model(tmp_path / "model.keras")
    assert_back(back, model, pair)
    assert float(values(sum(back.losses))) == float(values(sum(model.losses))) > 0


@every_layer
def test_weights_file_fills_a_fresh_model(pair: Pair, tmp_path: Path) -> None:
    model, fresh = model_of(pair), model_of(pair, draw=5)
    model.save_weights(tmp_path / "model.weights.h5")
    assert stored(fresh) != stored(model)
    fresh.load_weights(tmp_path / "model.weights.h5")
    assert_back(fresh, model, pair)


COPIES = {
    "json": lambda model: keras.models.model_from_json(model.to_json()),
    "clone": keras.models.clone_model,
    "config": lambda model: type(model).from_config(model.get_config()),
}


@every_layer
@pytest.mark.parametrize("way", COPIES)
def test_model_is_made_again_without_a_file(pair: Pair, way: str) -> None:
    model = model_of(pair)
    back = COPIES[way](model)
    back.layers[0].verify()
    back.set_weights(model.get_weights())
    assert_back(back, model, pair)


@every_layer
def test_file_with_another_bank_is_refused_before_anything_changes(pair: Pair, tmp_path: Path) -> None:
    other = fb.random(pair.size, n=3, rng=3)
    model_of(pair, other, draw=5).save_weights(tmp_path / "other.weights.h5")
    model = model_of(pair)
    before = stored(model)
    with pytest.raises(ValueError, match="the basis of layer 'filters' is not its bank") as caught:
        model.load_weights(tmp_path / "other.weights.h5")
    assert all(bank.fingerprint[:16] in str(caught.value) for bank in (model.layers[0].bank, other))
    assert stored(model) == before


@every_layer
def test_file_with_missing_or_further_variables_is_refused(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "edited.weights.h5"
    model = model_of(pair)
    before = stored(model)
    for name in [*(weight.name for weight in model.weights), "further"]:
        model_of(pair, draw=5).save_weights(path)
        with h5py.File(path, "r+") as file:
            (group,) = [file[at].parent for at in _paths(file) if at.endswith("/basis")]
            if name in group:
                del group[name]
            else:
                group[name] = np.zeros(3)
        with pytest.raises(ValueError, match=r"layer 'filters' has the weights .*, the file .*: it was saved from"):
            model.load_weights(path)
        assert stored(model) == before


def _paths(file: h5py.File) -> list[str]:
    paths: list[str] = []
    file.visit(paths.append)
    return paths


@every_layer
def test_moved_basis_is_not_saved(pair: Pair, tmp_path: Path) -> None:
    model = model_of(pair)
    model.layers[0].basis.assign(model.layers[0].bank.filters * 1.01)
    for save in (lambda: model.save(tmp_path / "model.keras"), lambda: model.save_weights(tmp_path / "m.weights.h5")):
        with pytest.raises(ValueError, match="the basis of layer 'filters' is not its bank"):
            save()


# Precision


@every_layer
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_is_one_layer_of_rounding_away(pair: Pair, policy: str, tmp_path: Path) -> None:
    exact, model = model_of(pair), model_of(pair, dtype=policy)
    layer = model.layers[0]
    layer.verify()
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in layer.weights} == {"float32"}
    assert keras.backend.standardize_dtype(pair.composed(layer).dtype) == policy.removeprefix("mixed_")
    wanted, found = run(exact.layers[0], pair.images()), run(layer, pair.images())
    rounding = 2.0 ** (-11 if policy == "mixed_float16" else -8)
    error = np.abs(found.astype(float) - wanted).max() / np.abs(wanted).max()
    assert rounding / 50 < error < 10 * rounding  # TensorFlow adds in half precision too in 3-D
    model.save(tmp_path / "model.keras")
    assert_back(keras.models.load_model(tmp_path / "model.keras"), model, pair)
