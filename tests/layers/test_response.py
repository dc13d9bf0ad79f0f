"""`BankResponse1D/2D/3D`: the responses of a frozen bank, against SciPy."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import values
from scipy import ndimage, signal

import filterbank as fb
from filterbank.layers import BankResponse1D, BankResponse2D, BankResponse3D, FrozenBasisError, fold

RESPONSES = {1: BankResponse1D, 2: BankResponse2D, 3: BankResponse3D}
BANKS = {
    1: lambda: fb.gabor((6,), frequencies=[0.25]),
    2: lambda: fb.gabor((5, 4), frequencies=[0.25], orientations=2),
    3: lambda: fb.gabor((3, 3, 3), frequencies=[0.25], orientations=2),
}
SHAPE = (9, 8, 7)


def signals(dimensions: int, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *SHAPE[:dimensions], channels)).astype("float32")


def expected(inputs: np.ndarray, bank: fb.FilterBank, output: str) -> np.ndarray:
    """Return what SciPy makes of it, `padding="valid"`: every channel with every filter."""
    maps = np.stack(
        [
            np.stack(
                [
                    signal.correlate(one[..., channel].astype("float64"), each, mode="valid", method="direct")
                    for channel in range(one.shape[-1])
                    for each in bank
                ],
                axis=-1,
            )
            for one in inputs
        ]
    )
    if output == "energy":
        return maps[..., 0::2] ** 2 + maps[..., 1::2] ** 2
    return np.abs(maps) if output == "abs" else maps


@pytest.mark.parametrize("dimensions", RESPONSES)
@pytest.mark.parametrize("output", ["linear", "abs", "energy"])
def test_responses_are_scipys_correlations(dimensions: int, output: str) -> None:
    bank, inputs = BANKS[dimensions](), signals(dimensions)
    layer = RESPONSES[dimensions](bank, output=output)
    found = values(layer(inputs))
    wanted = expected(inputs, bank, output)
    assert found.shape == wanted.shape == layer.compute_output_shape(inputs.shape)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=3e-6 * np.abs(wanted).max())
    assert layer.trainable_weights == []
    assert layer.verify().fingerprint == bank.fingerprint


@pytest.mark.parametrize("dimensions", RESPONSES)
def test_strides_padding_and_dilation_are_those_of_keras(dimensions: int) -> None:
    bank, inputs = BANKS[dimensions](), signals(dimensions, channels=1)
    for arguments in ({"strides": 2, "padding": "same"}, {"dilation_rate": 2, "padding": "same"}, {"strides": 2}):
        layer = RESPONSES[dimensions](bank, **arguments)
        plain = getattr(keras.layers, f"Conv{dimensions}D")(len(bank), bank.size, use_bias=False, **arguments)
        plain.build(inputs.shape)
        plain.set_weights([np.moveaxis(bank.filters, 0, -1)[..., None, :]])
        np.testing.assert_allclose(values(layer(inputs)), values(plain(inputs)), rtol=0, atol=1e-5)
        assert layer.compute_output_shape(inputs.shape) == plain.compute_output_shape(inputs.shape)


def test_unequal_strides_of_several_channels() -> None:
    inputs = signals(2)
    bank = BANKS[2]()
    found = values(BankResponse2D(bank, strides=(2, 1))(inputs))
    np.testing.assert_allclose(found, expected(inputs, bank, "linear")[:, ::2], rtol=0, atol=1e-5)


def test_causal_padding_looks_back_only() -> None:
    inputs = signals(1)
    bank = BANKS[1]()
    found = values(BankResponse1D(bank, padding="causal")(inputs))
    padded = np.pad(inputs, [(0, 0), (5, 0), (0, 0)])
    np.testing.assert_allclose(found, expected(padded, bank, "linear"), rtol=0, atol=1e-5)


def test_channels_first_is_the_same() -> None:
    inputs = signals(2)
    layer = BankResponse2D(BANKS[2](), output="energy", use_gain=True, data_format="channels_first")
    model = keras.Sequential([keras.Input((2, *SHAPE[:2])), layer])
    model.compile(jit_compile=True)  # TensorFlow knows "channels_first" on the CPU under XLA only
    found = np.moveaxis(model.predict(np.moveaxis(inputs, -1, 1), verbose=0), 1, -1)
    wanted = expected(inputs, layer.bank, "energy")
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * wanted.max())


def test_energy_hardly_knows_where_the_wave_is() -> None:
    x = np.arange(64)
    waves = np.stack([np.cos(2 * np.pi * 0.125 * x + phase) for phase in np.linspace(0, 2 * np.pi, 7)])
    energy = values(BankResponse1D(fb.gabor((31,), frequencies=[0.125]), output="energy")(waves[..., None]))
    assert np.ptp(energy) < 0.01 * energy.mean()


def test_pairs_are_found_in_any_order() -> None:
    bank = fb.gabor(7, frequencies=[0.25], orientations=3)
    order = [3, 0, 5, 2, 1, 4]
    inputs = signals(2, channels=1)
    found = values(BankResponse2D(bank[order], output="energy")(inputs))
    whole = expected(inputs, bank, "energy")
    # In the order in which the first filter of each pair comes.
    np.testing.assert_allclose(found, whole[..., [1, 0, 2]], rtol=0, atol=1e-5)


def test_partners_by_the_hilbert_transform_are_partners() -> None:
    even = fb.gabor(9, phases=[0.0])
    layer = BankResponse2D(fb.concatenate(even, fb.quadrature(even)), output="energy")
    assert layer.compute_output_shape((None, 20, 20, 1)) == (None, 12, 12, len(even))


def test_gains_multiply_each_response_and_train() -> None:
    inputs = signals(2)
    layer = BankResponse2D(BANKS[2](), output="abs", use_gain=True, gain_initializer="zeros", gain_regularizer="l2")
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer, keras.layers.GlobalAveragePooling2D()])
    assert [weight.name for weight in layer.trainable_weights] == ["gain"]
    np.testing.assert_array_equal(values(model(inputs)), 0)
    layer.gain.assign(np.arange(8.0))
    wanted = expected(inputs, layer.bank, "abs").mean(axis=(1, 2)) * np.arange(8)
    np.testing.assert_allclose(values(model(inputs)), wanted, rtol=0, atol=1e-5)
    model.compile(keras.optimizers.AdamW(0.1), "mse")
    model.fit(inputs, np.ones((2, 8)), epochs=1, verbose=0)
    assert np.abs(values(layer.gain) - np.arange(8)).min() > 0
    layer.verify()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision(policy: str) -> None:
    inputs = signals(2)
    layer = BankResponse2D(BANKS[2](), output="energy", dtype=policy)
    wanted = expected(inputs, layer.bank, "energy")
    found = values(layer(inputs)).astype("float64")
    assert np.abs(found - wanted).max() < 0.03 * wanted.max()
    layer.verify()


@pytest.mark.parametrize("dimensions", RESPONSES)
def test_files_and_configurations(dimensions: int, tmp_path: Path) -> None:
    inputs = signals(dimensions)
    layer = RESPONSES[dimensions](
        BANKS[dimensions](), 1, "same", dilation_rate=1, output="energy", use_gain=True, gain_constraint="non_neg"
    )
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    layer.gain.assign(np.linspace(1, 2, layer.gain.shape[0]))
    again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert again.get_config() == layer.get_config()
    assert again.bank == layer.bank
    model.save(tmp_path / "model.keras")
    back = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(values(back(inputs)), values(model(inputs)))
    copy = keras.models.clone_model(model)
    assert copy.layers[0].bank == layer.bank
    layer.basis.assign(values(layer.basis) * 1.01)
    with pytest.raises(FrozenBasisError):
        model.save(tmp_path / "moved.keras")


def test_a_front_end_is_left_as_it_is_by_fold() -> None:
    front = BankResponse2D(BANKS[2](), name="front")
    model = keras.Sequential([keras.Input((9, 8, 1)), front])
    assert type(fold(model).layers[0]) is BankResponse2D


def test_keras_numbers_the_users_layers_as_without() -> None:
    keras.backend.clear_session()
    BankResponse2D(BANKS[2]())
    assert keras.layers.Conv2D(2, 3).name == "conv2d"


@pytest.mark.parametrize(
    ("bank", "arguments", "error", "text"),
    [
        (lambda: fb.dct(3), {"output": "energy"}, ValueError, "must have the column `phase` to find pairs"),
        (
            lambda: fb.gabor(7, phases=[0.0]),
            {"output": "energy"},
            ValueError,
            r"filter 0 has none; fb.concatenate\(bank, fb.quadrature\(bank\)\) adds the partners",
        ),
        (lambda: fb.gabor(7)[:3], {"output": "energy"}, ValueError, "filter 2 has none"),
        (lambda: fb.gabor(7), {"output": "squared"}, ValueError, "`output` must be one of 'linear', 'abs', 'energy'"),
        (lambda: fb.dct((3,)), {}, ValueError, "`bank` of BankResponse2D must have 2-D filters, .*got 1-D ones"),
        (lambda: fb.dct(3), {"strides": 2, "dilation_rate": 2}, ValueError, "strides > 1"),
        (lambda: fb.dct(3), {"padding": "causal"}, ValueError, "padding"),
        (lambda: "dct", {}, TypeError, "`bank` must be a FilterBank.*got 'dct'"),
    ],
)
def test_what_cannot_be_is_refused(bank: Any, arguments: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        BankResponse2D(bank(), **arguments)


def test_inputs_smaller_than_the_window_are_refused_as_by_keras() -> None:
    with pytest.raises(ValueError, match="output size would be zero or negative"):
        BankResponse2D(fb.dct(5)).build((None, 3, 3, 1))


def test_ndimage_agrees_at_the_edges_too() -> None:
    inputs = signals(2, channels=1)
    bank = fb.dct(5, n=3)
    found = values(BankResponse2D(bank, padding="same")(inputs))[0]
    wanted = np.stack([ndimage.correlate(inputs[0, ..., 0], each, mode="constant") for each in bank], axis=-1)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
