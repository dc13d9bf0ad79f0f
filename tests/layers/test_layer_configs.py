"""Configurations: through JSON and back, cloned, subclassed, and hostile ones refused."""

import base64
import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import values

import filterbank as fb

PATH_OF_BANK = ("config", "layers", 1, "config", "bank", "config")


ARGUMENTS = {
    "strides": 2,
    "padding": "same",
    "data_format": "channels_first",
    "groups": 2,
    "activation": "relu",
    "use_bias": False,
    "kernel_initializer": "he_normal",
    "bias_initializer": "ones",
    "kernel_regularizer": "l1",
    "bias_regularizer": "l2",
    "activity_regularizer": "l2",
    "kernel_constraint": keras.constraints.MaxNorm(3),
    "bias_constraint": "non_neg",
    "coefficient_initializer": keras.initializers.RandomNormal(seed=3),
    "coefficient_regularizer": keras.regularizers.L1(0.2),
    "coefficient_constraint": keras.constraints.NonNeg(),
    "execution": "factor",
    "name": "mine",
    "trainable": False,
    "dtype": "mixed_float16",
}


def test_config_survives_json_with_every_argument(kind: Any, bank: fb.FilterBank) -> None:
    layer = kind.basis(4, bank, **ARGUMENTS)
    config = json.loads(json.dumps(layer.get_config()))
    back = kind.basis.from_config(config)
    assert back.get_config() == layer.get_config()
    assert back.bank == bank
    assert back.bank.recipe == bank.recipe
    assert (back.name, back.trainable, back.dtype_policy.name) == ("mine", False, "mixed_float16")
    assert "kernel_size" not in config
    for name in ARGUMENTS:
        assert name in config


def test_config_is_plain_and_unchanged_by_use(kind: Any, bank: fb.FilterBank) -> None:
    config = kind.basis(4, bank).get_config()
    before = json.dumps(config)
    kind.basis.from_config(config)
    kind.basis(**config)
    assert json.dumps(config) == before
    assert json.dumps(kind.basis.from_config(config).get_config()) == before


def test_bank_in_the_config_is_exact(kind: Any) -> None:
    awkward = fb.FilterBank(
        np.random.default_rng(0).normal(size=(3, *kind.size))
        * np.logspace(-300, 0, 3).reshape(3, *(1,) * len(kind.size))
    )
    config = json.loads(json.dumps(kind.basis(4, awkward).get_config()))
    assert kind.basis.from_config(config).bank.filters.tobytes() == awkward.filters.tobytes()


@pytest.mark.parametrize("way", ["to_json", "clone_model", "from_config", "serialize"])
def test_model_is_made_again_from_its_config(model_on: Any, bank: fb.FilterBank, images: np.ndarray, way: str) -> None:
    model = model_on(bank, kernel_constraint="max_norm", strides=2)
    again = {
        "to_json": lambda: keras.models.model_from_json(model.to_json()),
        "clone_model": lambda: keras.models.clone_model(model),
        "from_config": lambda: keras.Sequential.from_config(json.loads(json.dumps(model.get_config()))),
        "serialize": lambda: keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(model)),
    }[way]()
    assert again.layers[0] is not model.layers[0]
    assert again.layers[0].bank == bank
    again.layers[0].verify()
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(values(again(images)), values(model(images)))


@pytest.fixture
def scaled(kind: Any) -> Any:
    """Return a user's subclass with an argument, a weight and a computation of its own."""

    @keras.saving.register_keras_serializable(package="filterbank tests")
    class Scaled(kind.basis):  # type: ignore[misc, name-defined]
        def __init__(self, filters: int, bank: Any, scale: float = 2.0, **kwargs: Any) -> None:
            super().__init__(filters, bank, **kwargs)
            self.scale = scale

        def build(self, input_shape: Any) -> None:
            super().build(input_shape)
            self.gain = self.add_weight(shape=(1,), initializer="ones", name="gain")

        def call(self, inputs: Any) -> Any:
            return super().call(inputs) * self.scale * self.gain

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "scale": self.scale}

    return Scaled


def test_users_subclass_trains_and_comes_back_from_a_file(
    scaled: Any, bank: fb.FilterBank, images: np.ndarray, noise: Any, tmp_path: Path
) -> None:
    layer = scaled(2, bank, scale=3.0, coefficient_initializer=noise())
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    assert [weight.name for weight in layer.weights] == ["coefficients", "bias", "gain", "basis"]
    base = type(layer).__mro__[1](2, bank, coefficient_initializer=noise())
    np.testing.assert_allclose(values(layer(images)), 3 * values(base(images)), rtol=1e-6, atol=1e-6)
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    model.train_on_batch(images, np.ones(model.compute_output_shape(images.shape)))
    model.save(tmp_path / "model.keras")
    back = keras.models.load_model(tmp_path / "model.keras")
    assert type(back.layers[0]) is scaled
    assert back.layers[0].scale == 3.0
    assert values(back.layers[0].gain)[0] == values(layer.gain)[0] != 1
    np.testing.assert_array_equal(values(back(images)), values(model(images)))
    assert back.layers[0].verify().trainable == layer.verify().trainable == len(bank) * 6 + 2 + 1


# Hostile configurations


def nan(config: dict[str, Any]) -> None:
    numbers = np.frombuffer(base64.b64decode(config["filters"]["data"]), "<f8").copy()
    numbers[3] = np.nan
    config["filters"]["data"] = base64.b64encode(numbers.tobytes()).decode()


def another_value(config: dict[str, Any]) -> None:
    numbers = np.frombuffer(base64.b64decode(config["filters"]["data"]), "<f8") * 1.01
    config["filters"]["data"] = base64.b64encode(numbers.tobytes()).decode()


def deep_recipe(config: dict[str, Any]) -> None:
    for _ in range(5000):
        config["recipe"] = {"inner": config["recipe"]}


HOSTILE = {
    "bad base64": (
        lambda config: config["filters"].update(data="!" * len(config["filters"]["data"])),
        "`data` is not base64",
    ),
    "short data": (lambda config: config["filters"].update(data="AAAA"), "`data` must be base64 text of .* bytes"),
    "NaN": (nan, "must be finite, got NaN or infinity"),
    "another value": (another_value, "names the fingerprint .* it was damaged or edited"),
    "wrong fingerprint": (lambda config: config.update(fingerprint="0" * 64), "names the fingerprint 0000"),
    "no fingerprint": (lambda config: config.pop("fingerprint"), "configuration of a bank is damaged.*fingerprint"),
    "huge shape": (lambda config: config["filters"].update(shape=[10**6, 10**6, 10**6]), "`data` must be base64 text"),
    "negative shape": (lambda config: config["filters"].update(shape=[-1, 3, 3]), "`shape` must be 2 to 4 whole"),
    "objects": (lambda config: config["filters"].update(dtype="|O"), r"`dtype` must be one of \('<f8', '<f4'\)"),
    "float16": (lambda config: config["filters"].update(dtype="<f2"), r"`dtype` must be one of"),
    "no filters": (lambda config: config.pop("filters"), "configuration of a bank is damaged.*filters"),
    "text for filters": (lambda config: config.update(filters="eye"), "an encoded array must be a dict"),
    "parameters too short": (lambda config: config.update(parameters={"frequency": [1.0]}), "frequency"),
}


def test_deep_nesting_is_refused(kind: Any, bank: fb.FilterBank) -> None:
    config = kind.basis(4, bank).get_config()
    deep_recipe(config["bank"]["config"])
    with pytest.raises(ValueError, match="configuration of a bank is damaged: RecursionError"):
        kind.basis.from_config(config)


def edited(text: str, edit: Any) -> str:
    config = json.loads(text)
    of_bank = config
    for step in PATH_OF_BANK:
        of_bank = of_bank[step]
    edit(of_bank)
    return json.dumps(config)


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_configuration_is_refused(model_on: Any, bank: fb.FilterBank, case: str) -> None:
    edit, text = HOSTILE[case]
    original = model_on(bank).to_json()
    keras.models.model_from_json(edited(original, lambda config: None))
    # Keras wraps what a constructor raises into a TypeError.
    with pytest.raises((ValueError, TypeError), match=text):
        keras.models.model_from_json(edited(original, edit))


def test_another_object_in_the_place_of_the_bank_is_not_made(kind: Any, bank: fb.FilterBank) -> None:
    made = []

    @keras.saving.register_keras_serializable(package="filterbank tests")
    class Trap:
        def __init__(self) -> None:
            made.append(self)

        @classmethod
        def from_config(cls, config: Any) -> "Trap":
            return cls()

        def get_config(self) -> dict[str, Any]:
            return {}

    trap = keras.saving.serialize_keras_object(Trap())
    made.clear()
    with pytest.raises(ValueError, match="`bank` must be the configuration of a FilterBank, got one of 'Trap'"):
        kind.basis(4, trap)
    assert not made


def test_keras_file_with_an_edited_bank_is_refused(
    model_on: Any, bank: fb.FilterBank, other_bank: fb.FilterBank, tmp_path: Path
) -> None:
    # Consistent in itself, but not the bank of the weights beside it.
    model_on(bank).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = members["config.json"].decode()
    members["config.json"] = edited(text, lambda config: config.update(other_bank.get_config())).encode()
    with zipfile.ZipFile(tmp_path / "edited.keras", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match="the basis of layer 'filters' is not its bank") as caught:
        keras.models.load_model(tmp_path / "edited.keras")
    assert bank.fingerprint[:16] in str(caught.value)
    assert other_bank.fingerprint[:16] in str(caught.value)
