"""What trains in every layer and what does not; the residual, LoRA, and folding back into the Keras layer."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every import PAIRS, Noise, Pair, values

import filterbank as fb
from filterbank.layers import BasisConv2D, fold

every_layer = pytest.mark.parametrize("pair", PAIRS, ids=str)
KNOW_LORA = [pair for pair in PAIRS if pair.takes("groups")]


def bank_of(pair: Pair) -> fb.FilterBank:
    return fb.random(pair.size, n=3, rng=1)


def model_of(pair: Pair, **settings: Any) -> Any:
    """Return a model of the layer alone, on an incomplete bank."""
    settings = {"coefficient_initializer": Noise(4), **settings}
    return keras.Sequential([keras.Input(pair.images().shape[1:]), pair.on(bank_of(pair), **settings)])


def weights_of(layer: Any) -> dict[str, np.ndarray]:
    return {weight.name: values(weight) for weight in layer.weights}


def moved_by_training(model: Any, optimizer: Any = None, steps: int = 2) -> set[str]:
    """Train the model for some steps and return the names of the weights whose bytes changed."""
    layer = model.layers[0]
    before = weights_of(layer)
    images = Noise(0)(model.input_shape[1:], "float32")[None]
    model.compile(optimizer or keras.optimizers.SGD(0.05), "mse", jit_compile=False)
    targets = np.ones((1, *model.output_shape[1:]))
    model.fit(np.repeat(values(images), steps, axis=0), np.repeat(targets, steps, axis=0), batch_size=1, verbose=0)
    return {name for name, value in weights_of(layer).items() if value.tobytes() != before[name].tobytes()}


def own_weights(pair: Pair) -> set[str]:
    """Return the names of the weights that the layer has in Keras too, the kernel aside."""
    return {"bias", *(["pointwise_kernel"] if pair.takes("pointwise_initializer") else [])}


def span_misses(pair: Pair, kernel: np.ndarray) -> float:
    """Return the share of a kernel, as a length, that no coefficients on the bank could make."""
    columns = bank_of(pair).filters.reshape(3, -1).T
    kernel = kernel.reshape(len(columns), -1).astype(float)
    inside = columns @ np.linalg.lstsq(columns, kernel, rcond=None)[0]
    return float(np.linalg.norm(kernel - inside) / np.linalg.norm(kernel))


# The bank

OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
    "ema": lambda: keras.optimizers.SGD(0.05, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
}


@every_layer
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers_move_everything_but_the_basis(pair: Pair, optimizer: str) -> None:
    model = model_of(pair)
    assert moved_by_training(model, OPTIMIZERS[optimizer]()) == {"coefficients", *own_weights(pair)}
    layer = model.layers[0]
    assert values(layer.basis).tobytes() == layer.bank.filters.astype("float32").tobytes()
    assert layer.verify().moved == 0
    assert span_misses(pair, pair.kernel_of(layer)) < 1e-6


@every_layer
@pytest.mark.parametrize("train", ["basis", "both"])
def test_released_basis_moves_and_verify_says_how_far(pair: Pair, train: str) -> None:
    model = model_of(pair, train=train, **{f"{pair.kernel}_regularizer": "l2"})
    layer = model.layers[0]
    assert len(layer.losses) == 1
    assert layer.verify().moved == 0
    coefficients = {"coefficients"} if train == "both" else set()
    assert moved_by_training(model) == {"basis", *coefficients, *own_weights(pair)}
    start = layer.bank.filters.astype("float32")
    distance = np.linalg.norm(values(layer.basis) - start) / np.linalg.norm(start)
    assert layer.verify().moved == pytest.approx(distance, rel=1e-4)
    assert distance > 1e-4
    np.testing.assert_array_equal(layer.current_bank().filters.astype("float32"), values(layer.basis))


# The residual


@every_layer
def test_residual_is_nothing_at_the_start_and_trains_with_its_own_penalty(pair: Pair) -> None:
    penalties = {"residual_regularizer": keras.regularizers.L2(0.5), f"{pair.kernel}_regularizer": "l1"}
    model, without = model_of(pair, residual=True, **penalties), model_of(pair)
    layer = model.layers[0]
    np.testing.assert_array_equal(values(model(pair.images())), values(without(pair.images())))
    assert layer.energy_split().residual == 0
    assert span_misses(pair, pair.kernel_of(layer)) < 1e-6

    assert moved_by_training(model) == {"coefficients", "residual", *own_weights(pair)}
    composed = np.tensordot(values(layer.basis), values(layer.coefficients), axes=(0, 0)).astype(float)
    free = values(layer.residual_kernel).astype(float)
    np.testing.assert_allclose(pair.kernel_of(layer), composed + free, rtol=0, atol=1e-6)
    found = sorted(float(values(loss)) for loss in layer.losses)
    assert found == pytest.approx(sorted([0.01 * np.abs(composed).sum(), 0.5 * np.sum(free**2)]), rel=1e-5)

    split = layer.energy_split()
    energies = np.sum(composed**2), np.sum(free**2)
    assert (split.bank, split.residual) == pytest.approx(energies / np.sum(energies), rel=1e-4)
    assert split.outside == pytest.approx(span_misses(pair, composed + free) ** 2, rel=1e-4)
    assert split.outside > 1e-6


def test_a_dependent_bank_is_split_like_the_independent_one() -> None:
    once = fb.dct(3, n=4)
    twice = fb.FilterBank(np.concatenate([once.filters, 3 * once.filters]))
    splits = []
    for bank in (once, twice):
        layer = PAIRS[1].basis(2, bank, residual=True, coefficient_initializer=Noise(1))
        layer.build((None, 8, 8, 1))
        layer.coefficients.assign(0 * values(layer.coefficients))
        layer.residual_kernel.assign(Noise(2)(layer.residual_kernel.shape, "float32"))
        splits.append(layer.energy_split())
    assert splits[1].outside == pytest.approx(splits[0].outside, rel=1e-5)
    assert 0.1 < splits[0].outside < 0.9
    assert (splits[1].bank, splits[1].residual) == (0, 1)
    assert str(splits[1]).startswith("0.00% of the energy in the composed part, 100.00% in the residual; no coeff")


def test_a_layer_takes_several_banks_in_one() -> None:
    cosines, gabors = fb.dct(5, n=3), fb.gabor(5, n=4)
    bank = fb.concatenate(cosines, gabors)
    model = keras.Sequential([keras.Input((8, 8, 2)), BasisConv2D(3, bank, name="both")])
    assert moved_by_training(model) == {"coefficients", "bias"}
    layer = model.layers[0]
    coefficients = values(layer.coefficients).astype("float64")
    parts = [fb.compose(coefficients[:3], cosines), fb.compose(coefficients[3:], gabors)]
    np.testing.assert_allclose(values(layer.kernel), parts[0] + parts[1], rtol=0, atol=1e-6)
    layer.verify()
    assert layer.bank == bank


def test_layers_may_share_a_bank() -> None:
    bank = fb.dct(3, n=4)
    model = keras.Sequential([keras.Input((8, 8, 2)), *(BasisConv2D(3, bank, name=name) for name in "ab")])
    moved_by_training(model)
    assert {layer.verify().fingerprint for layer in model.layers} == {bank.fingerprint}
    assert all(layer.bank is bank for layer in model.layers)


# LoRA


@pytest.mark.parametrize("pair", KNOW_LORA, ids=str)
def test_lora_stays_in_the_span_of_the_bank(pair: Pair) -> None:
    model = model_of(pair)
    layer = model.layers[0]
    before, kernel = values(model(pair.images())), pair.kernel_of(layer)
    layer.enable_lora(1, lora_alpha=2.0, a_initializer=Noise(7))
    np.testing.assert_array_equal(values(model(pair.images())), before)
    assert moved_by_training(model) == {"lora_coefficients_a", "lora_coefficients_b", "bias"}
    assert np.abs(pair.kernel_of(layer) - kernel).max() > 1e-3
    assert span_misses(pair, pair.kernel_of(layer) - kernel) < 1e-5
    update = 2 * values(layer.lora_coefficients_a) @ values(layer.lora_coefficients_b)
    expected = np.tensordot(layer.bank.filters, values(layer.coefficients) + update, axes=(0, 0))
    np.testing.assert_allclose(pair.kernel_of(layer), expected, rtol=0, atol=1e-6)
    layer.verify()


@pytest.mark.parametrize("pair", KNOW_LORA, ids=str)
def test_penalties_speak_of_what_lora_updated(pair: Pair) -> None:
    penalties = {f"{pair.kernel}_regularizer": keras.regularizers.L2(0.5), "coefficient_regularizer": "l1"}
    model = model_of(pair, **penalties)
    layer = model.layers[0]

    def expected() -> float:
        kernel, coefficients = pair.kernel_of(layer), values(layer.effective_coefficients)
        return 0.5 * float(np.sum(kernel.astype("float64") ** 2)) + 0.01 * float(np.abs(coefficients).sum())

    assert float(values(sum(layer.losses))) == pytest.approx(expected(), rel=1e-5)
    before = expected()
    layer.enable_lora(2, a_initializer=Noise(7), b_initializer=Noise(8))
    assert expected() != pytest.approx(before, rel=1e-2)
    assert float(values(sum(layer.losses))) == pytest.approx(expected(), rel=1e-5)
    lost = expected()
    moved_by_training(model)
    assert expected() != pytest.approx(lost, rel=1e-3)


@pytest.mark.parametrize("pair", KNOW_LORA, ids=str)
def test_lora_freezes_a_residual_and_is_not_rounded_to_half_precision(pair: Pair) -> None:
    layer = model_of(pair, residual=True, dtype="mixed_bfloat16").layers[0]
    layer.enable_lora(2, a_initializer=Noise(7), b_initializer=Noise(8))
    assert {weight.name for weight in layer.trainable_weights} == {"lora_coefficients_a", "lora_coefficients_b", "bias"}
    inside: list[Any] = []

    class Watched(type(layer)):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            inside.append(values(self.effective_coefficients))
            return super().call(inputs)

    layer.__class__ = Watched
    layer(pair.images())
    update = values(layer.lora_coefficients_a) @ values(layer.lora_coefficients_b)
    np.testing.assert_allclose(inside[-1], values(layer.coefficients) + update, rtol=0, atol=1e-6)


@pytest.mark.parametrize("pair", KNOW_LORA, ids=str)
def test_lora_is_saved_within_the_coefficients(pair: Pair, tmp_path: Path) -> None:
    model = model_of(pair)
    layer = model.layers[0]
    layer.enable_lora(2, a_initializer=Noise(7), b_initializer=Noise(8))
    expected = values(model(pair.images()))
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    back = keras.models.load_model(tmp_path / "model.keras")
    assert back.layers[0].lora_enabled
    fresh = model_of(pair, coefficient_initializer=Noise(9))
    for each in (model, fresh):  # the one with LoRA on: its update must not count twice
        each.load_weights(tmp_path / "model.weights.h5")
    assert set(weights_of(fresh.layers[0])) == {"coefficients", "basis", "bias"}
    for each in (back, model, fresh):
        np.testing.assert_allclose(values(each(pair.images())), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair not in KNOW_LORA], ids=str)
def test_lora_is_refused_where_keras_knows_none(pair: Pair) -> None:
    layer = model_of(pair).layers[0]
    with pytest.raises(NotImplementedError, match=f"Keras's {pair.plain.__name__} knows no LoRA, nor does {pair}"):
        layer.enable_lora(2)
    assert set(weights_of(layer)) == {"coefficients", "basis", *own_weights(pair)}


# Folding

FOLDED = {
    "plain": {"padding": "same", "activation": "tanh"},
    "residual": {"residual": True},
    "no bias": {"use_bias": False, "strides": 2},
    "released": {"train": "both"},
    "lora": {},
}
ALL_FOLDED = [(pair, way) for pair in PAIRS for way in FOLDED if way != "lora" or pair in KNOW_LORA]


@pytest.mark.parametrize(("pair", "way"), ALL_FOLDED, ids=str)
def test_folded_layer_is_the_sibling_with_the_same_output(pair: Pair, way: str) -> None:
    model = model_of(pair, **FOLDED[way])
    layer = model.layers[0]
    if way == "residual":
        layer.residual_kernel.assign(Noise(6)(layer.residual_kernel.shape, "float32"))
    if way == "released":
        layer.basis.assign(Noise(6)(layer.basis.shape, "float32"))
    if way == "lora":
        layer.enable_lora(2, a_initializer=Noise(7), b_initializer=Noise(8))
    folded = fold(layer)
    assert type(folded) is pair.plain
    ours = {f"{pair.kernel}_initializer", "coefficient_initializer"}
    config = pair.like(**{name: value for name, value in FOLDED[way].items() if pair.takes(name)}).get_config()
    assert {k: v for k, v in folded.get_config().items() if k not in ours} == {
        k: v for k, v in config.items() if k not in ours
    }
    expected = values(model(pair.images()))
    np.testing.assert_allclose(values(folded(pair.images())), expected, rtol=0, atol=2e-6 * np.abs(expected).max())
    assert not getattr(folded, "lora_enabled", False)
    np.testing.assert_allclose(pair.kernel_of(folded), pair.kernel_of(layer), rtol=0, atol=1e-6)
