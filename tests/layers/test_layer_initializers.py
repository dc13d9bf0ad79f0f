"""What the composed kernel starts as: variance of the output, projection, seeds, and where the layer is built."""

import warnings
from typing import Any

import keras
import numpy as np
import pytest
from every import values
from keras import ops

import filterbank as fb
from filterbank.layers import BasisConv2D


def dependent_gabors() -> fb.FilterBank:
    """Return 64 filters of 25 pixels, most of which the window cuts: the bank says so itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        return fb.gabor(5, frequencies=np.linspace(0.1, 0.45, 4), orientations=8, phases=(0.0, np.pi / 2))


BANKS = {
    "dct": lambda: fb.dct(11, n=10),
    "gabor": lambda: fb.gabor(11),
    "64 gabors of 5x5": dependent_gabors,
    "duplicates": lambda: np.concatenate([fb.dct(5, n=4).filters] * 3),
    "scaled by 100": lambda: 100 * fb.dct(5, n=6).filters,
    "scaled by 1e-6": lambda: 1e-6 * fb.dct(5, n=6).filters,
    "textbook amplitude": lambda: fb.gabor(7, norm=None),
    "random": lambda: fb.random(6, n=7, rng=0),
    "single filter": lambda: fb.dct(4, n=1),
    "nearly dependent": lambda: np.logspace(0, -8, 9)[:, None, None] * fb.dct(3).filters,
}
RANDOM = {
    "glorot_uniform": keras.initializers.GlorotUniform,
    "glorot_normal": keras.initializers.GlorotNormal,
    "he_normal": keras.initializers.HeNormal,
    "lecun_uniform": keras.initializers.LecunUniform,
    "truncated_normal": keras.initializers.TruncatedNormal,
    "random_uniform": keras.initializers.RandomUniform,
    "orthogonal": keras.initializers.Orthogonal,
    "variance_scaling": lambda seed: keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=seed),
}


class NumpyGlorot(keras.initializers.Initializer):
    """Glorot's uniform numbers from NumPy: JAX compiles its own for seconds for every new shape."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a random kernel."""
        limit = np.sqrt(6 / (np.prod(shape[:-2]) * (shape[-2] + shape[-1])))
        drawn = np.random.default_rng(self.seed).uniform(-limit, limit, size=shape)
        return ops.convert_to_tensor(drawn, dtype=dtype)


def pair(bank: Any, initializer: Any, channels: int = 2, filters: int = 8, **arguments: Any) -> tuple[Any, Any]:
    """Build the layer and a plain one with the same initializer, without biases."""
    common = {"filters": filters, "use_bias": False, "kernel_initializer": initializer, **arguments}
    layer = BasisConv2D(bank=bank, **common)
    plain = keras.layers.Conv2D(kernel_size=layer.bank.size, **common)
    for each in (layer, plain):
        each.build((None, None, None, channels))
    return layer, plain


def energy(layer: Any) -> float:
    return float(np.square(values(layer.kernel).astype("float64")).sum())


def test_gabors_of_5x5_are_as_dependent_as_measured() -> None:
    bank = BANKS["64 gabors of 5x5"]()
    assert len(bank) == 64
    assert np.linalg.matrix_rank(bank.filters.reshape(64, -1), tol=1e-6) <= 25


@pytest.mark.parametrize("name", BANKS)
def test_output_variance_for_white_noise_is_the_plain_layers(name: str) -> None:
    layer, plain = pair(BANKS[name](), NumpyGlorot(3), filters=16)
    window = layer.bank.size
    noise = np.random.default_rng(0).normal(size=(20_000, *window, 2)).astype("float32")
    flat = noise.reshape(len(noise), -1)
    variances = [(flat @ values(each.kernel).reshape(flat.shape[1], -1)).var() for each in (layer, plain)]
    assert variances[1] > 0.1
    assert 0.95 < variances[0] / variances[1] < 1.05


@pytest.mark.parametrize("initializer", RANDOM)
def test_energy_is_exactly_that_of_the_kernel_drawn(initializer: str) -> None:
    layer, plain = pair(BANKS["gabor"](), RANDOM[initializer](seed=3))
    assert energy(plain) > 0
    np.testing.assert_allclose(energy(layer), energy(plain), rtol=1e-5)


@pytest.mark.parametrize("name", BANKS)
def test_energy_is_exact_for_every_bank(name: str) -> None:
    layer, plain = pair(BANKS[name](), NumpyGlorot(3), filters=16)
    np.testing.assert_allclose(energy(layer), energy(plain), rtol=1e-4)


def test_nearly_dependent_filters_do_not_blow_the_coefficients_up() -> None:
    layer, plain = pair(BANKS["nearly dependent"](), NumpyGlorot(3))
    ratio = np.abs(values(layer.coefficients)).max() / np.abs(values(plain.kernel)).max()
    assert 1e3 < ratio < 1e6  # filters a hundred-thousandth as strong as the strongest are left out, weaker ones too


def test_direction_is_that_of_the_kernel_drawn() -> None:
    layer, plain = pair(BANKS["dct"](), NumpyGlorot(3))
    drawn = values(plain.kernel).astype("float64")
    projected = fb.compose(fb.decompose(drawn, layer.bank), layer.bank)
    scale = np.sqrt((drawn**2).sum() / (projected**2).sum())
    assert scale > 2  # 10 of 121 dimensions
    np.testing.assert_allclose(values(layer.kernel), scale * projected, rtol=0, atol=1e-6)


def test_groups_and_fans_are_those_of_the_plain_layer() -> None:
    layer, plain = pair(fb.dct(5, n=6), NumpyGlorot(3), channels=6, filters=9, groups=3)
    assert tuple(layer.coefficients.shape) == (6, 2, 9)
    np.testing.assert_allclose(energy(layer), energy(plain), rtol=1e-5)


CHOSEN = {
    "zeros": "zeros",
    "ones": "ones",
    "constant": keras.initializers.Constant(0.3),
    "array": np.random.default_rng(0).normal(size=(5, 5, 2, 8)).astype("float32"),
    "function": lambda shape, dtype=None: np.arange(np.prod(shape), dtype="float32").reshape(shape) / 100,
}


@pytest.mark.parametrize("bank", ["dct", "duplicates", "complete"])
@pytest.mark.parametrize("initializer", CHOSEN)
def test_a_chosen_kernel_is_projected_and_not_scaled(initializer: str, bank: str) -> None:
    banks = {"dct": fb.dct(5, n=6), "duplicates": BANKS["duplicates"](), "complete": fb.delta(5)}
    layer, plain = pair(banks[bank], CHOSEN[initializer])
    chosen = values(plain.kernel).astype("float64")
    expected = fb.compose(fb.decompose(chosen, layer.bank), layer.bank)
    assert (np.abs(chosen).max() > 0.1) == (initializer != "zeros")
    np.testing.assert_allclose(values(layer.kernel), expected, rtol=0, atol=2e-6 * max(np.abs(chosen).max(), 0.5))


def test_a_random_function_without_a_seed_keeps_its_energy() -> None:
    rng = np.random.default_rng(0)
    layer, _ = pair(fb.dct(5, n=6), lambda shape, dtype=None: rng.normal(size=shape).astype(dtype), filters=64)
    assert 0.9 < energy(layer) / (25 * 2 * 64) < 1.1


def test_coefficient_initializer_takes_the_place_of_the_kernels(noise: Any) -> None:
    layer = BasisConv2D(4, fb.dct(5, n=6), kernel_initializer="ones", coefficient_initializer=noise(3))
    layer.build((None, None, None, 2))
    expected = np.random.default_rng(3).normal(size=(6, 2, 4)) / 2
    np.testing.assert_allclose(values(layer.coefficients), expected, rtol=1e-6)


def test_the_question_of_the_forum_coefficients_given_as_an_array() -> None:
    b = np.random.default_rng(0).normal(size=(10, 11, 11))
    a = np.random.default_rng(1).normal(size=(10, 1, 64))
    layer = BasisConv2D(64, b, coefficient_initializer=keras.initializers.Constant(a))
    layer.build((None, 32, 32, 1))
    np.testing.assert_allclose(values(layer.kernel), np.einsum("iyx,ipq->yxpq", b, a), rtol=0, atol=1e-5)
    assert sum(np.prod(weight.shape) for weight in layer.trainable_weights) == 10 * 64 + 64


def test_seeds_are_reproducible_and_different_seeds_differ() -> None:
    kernels = [
        values(pair(BANKS["gabor"](), keras.initializers.GlorotUniform(seed=seed))[0].kernel) for seed in (1, 1, 2)
    ]
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])


def test_global_seed_is_reproducible() -> None:
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        kernels.append(values(pair(BANKS["gabor"](), "glorot_uniform")[0].kernel))
    assert np.array_equal(kernels[0], kernels[1])
    assert not np.allclose(kernels[0], kernels[2])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16"])
def test_half_precision_starts_with_the_same_energy(dtype: str) -> None:
    layer, _ = pair(fb.dct(5, n=6), NumpyGlorot(3), dtype=dtype)
    _, plain = pair(fb.dct(5, n=6), NumpyGlorot(3))
    np.testing.assert_allclose(energy(layer), energy(plain), rtol=5e-3)


# Where the layer is built


@pytest.mark.parametrize("jit_compile", [False, True])
def test_layer_built_inside_fit(kind: Any, bank: fb.FilterBank, images: np.ndarray, jit_compile: bool) -> None:
    model = keras.Sequential([kind.basis(2, bank, padding="same", kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), "mse", jit_compile=jit_compile)
    layer = model.layers[0]
    assert not layer.built
    model.fit(images, np.zeros((*images.shape[:-1], 2)), epochs=1, verbose=0)
    expected = fb.compose(fb.decompose(np.ones((*kind.size, 3, 2)), bank), bank)
    np.testing.assert_allclose(values(layer.kernel), expected, rtol=0, atol=1e-6)
    layer.verify()


def test_layer_built_inside_a_compiled_function(
    kind: Any, bank: fb.FilterBank, images: np.ndarray, backend: str
) -> None:
    if backend != "tensorflow":
        pytest.skip("Keras makes no variables inside jax.jit: the plain layer leaks tracers there too")
    import tensorflow as tf

    layer = kind.basis(2, bank, kernel_initializer="ones")
    output = tf.function(lambda x: layer(x), jit_compile=True)(images)
    np.testing.assert_allclose(values(output), values(layer(images)), rtol=0, atol=1e-5)
    layer.verify()


def test_unseeded_random_layer_built_inside_fit_has_the_plain_energy(
    kind: Any, bank: fb.FilterBank, images: np.ndarray
) -> None:
    model = keras.Sequential([kind.basis(64, bank, padding="same")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(images, np.zeros((*images.shape[:-1], 64)), epochs=1, verbose=0)
    fan_in = 3 * np.prod(kind.size)
    fan_out = 64 * np.prod(kind.size)
    expected = fan_in * 64 * 2 / (fan_in + fan_out)
    assert 0.9 < energy(model.layers[0]) / expected < 1.1
