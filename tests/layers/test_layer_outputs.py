"""What the layer computes, against SciPy; both executions; gradients."""

from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from keras import ops
from scipy import signal

import filterbank as fb
from filterbank.layers import BasisConv2D
from filterbank.layers._execution import choose

EXECUTIONS = ["compose", "factor"]
BANKS = {
    "one filter": lambda size: fb.random(size, n=1, rng=1),
    "few filters": lambda size: fb.random(size, n=3, rng=1),
    "complete": lambda size: fb.delta(size),
    "overcomplete": lambda size: np.random.default_rng(1).normal(size=(2 * np.prod(size) + 1, *size)),
}


class Case(NamedTuple):
    """The shape of a layer."""

    size: tuple[int, int] = (3, 3)
    strides: tuple[int, int] = (1, 1)
    padding: str = "valid"
    dilation: int | tuple[int, int] = 1
    channels: int = 3
    groups: int = 1
    filters: int = 4
    bank: str = "few filters"

    def __str__(self) -> str:
        changed = [name for name, default in self._field_defaults.items() if getattr(self, name) != default]
        return ",".join(f"{name}={getattr(self, name)}" for name in changed) or "plain"

    def layer(self, **arguments: Any) -> Any:
        """Make the layer with random weights, bias among them."""
        layer = BasisConv2D(
            self.filters,
            BANKS[self.bank](self.size),
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation,
            groups=self.groups,
            kernel_initializer="zeros",
            **arguments,
        )
        channels_first = arguments.get("data_format") == "channels_first"
        layer.build((None, self.channels, None, None) if channels_first else (None, None, None, self.channels))
        # Drawn by NumPy: JAX compiles its random numbers for seconds for every new shape.
        rng = np.random.default_rng(2)
        for weight in layer.trainable_weights:
            weight.assign(rng.normal(size=weight.shape) / 2)
        return layer

    def images(self) -> np.ndarray:
        """Return two images, `(2, 11, 10, channels)`, white noise."""
        return np.random.default_rng(0).normal(size=(2, 11, 10, self.channels))

    def expected(self, layer: Any, images: np.ndarray) -> np.ndarray:
        """Return what SciPy makes of the layer's coefficients, bank and bias, in float64."""
        coefficients, bias = (ops.convert_to_numpy(weight).astype("float64") for weight in layer.trainable_weights)
        kernel = np.einsum("iyx,ipq->yxpq", layer.bank.filters, coefficients)
        return correlated(images, kernel, self) + bias


def correlated(images: np.ndarray, kernel: np.ndarray, case: Case) -> np.ndarray:
    """Correlate images `(N, H, W, in)` with a kernel `(h, w, in // groups, out)`, channel by channel."""
    dilation = np.broadcast_to(case.dilation, 2)
    spread = np.zeros((*((np.array(kernel.shape[:2]) - 1) * dilation + 1), *kernel.shape[2:]))
    spread[:: dilation[0], :: dilation[1]] = kernel
    padded = same(images, spread.shape[:2], case.strides) if case.padding == "same" else images
    inside, outputs = kernel.shape[2:]
    per_group = outputs // case.groups
    rows, columns = case.strides
    result = []
    for image in padded:
        maps = [
            sum(
                signal.correlate(
                    image[:, :, q // per_group * inside + p], spread[:, :, p, q], mode="valid", method="direct"
                )
                for p in range(inside)
            )[::rows, ::columns]
            for q in range(outputs)
        ]
        result.append(np.stack(maps, axis=-1))
    return np.stack(result)


def same(images: np.ndarray, window: tuple[int, ...], strides: tuple[int, int]) -> np.ndarray:
    """Pad with zeros so that the output has the size of the input over the stride, the odd one at the end."""
    widths = []
    for length, side, stride in zip(images.shape[1:3], window, strides, strict=True):
        missing = max((-(-length // stride) - 1) * stride + side - length, 0)
        widths.append((missing // 2, missing - missing // 2))
    return np.pad(images, [(0, 0), *widths, (0, 0)])


CASES = [
    *(Case(strides=strides, padding=padding) for strides in [(1, 1), (2, 2), (2, 1)] for padding in ("valid", "same")),
    *(Case(dilation=dilation, padding=padding) for dilation in (2, (1, 2)) for padding in ("valid", "same")),
    *(Case(size=size, padding="same") for size in [(2, 2), (4, 4), (5, 5), (4, 3), (1, 5)]),
    *(Case(size=size, padding="same", channels=1, strides=(2, 2)) for size in [(2, 2), (5, 5), (5, 2)]),
    Case(channels=6),
    *(Case(channels=channels, dilation=2) for channels in (1, 2)),
    *(Case(bank=bank, channels=channels) for bank in BANKS for channels in (1, 2)),
    Case(filters=1),
    Case(size=(1, 1), bank="complete"),
    Case(filters=1, channels=1, bank="one filter"),
    Case(channels=2, groups=2),
    Case(channels=6, groups=2, strides=(2, 2), padding="same"),
    Case(channels=6, groups=3, filters=6, size=(4, 3)),
    Case(channels=6, groups=2, filters=2, bank="overcomplete", strides=(2, 1)),
    Case(channels=3, groups=3, filters=3, dilation=2),
]


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_output_is_scipys_correlation(case: Case, execution: str) -> None:
    layer = case.layer(execution=execution)
    images = case.images()
    expected = case.expected(layer, images)
    output = ops.convert_to_numpy(layer(images.astype("float32")))
    assert output.shape == expected.shape
    assert output.dtype == np.float32
    scale = np.abs(expected).max()
    assert scale > 0.1
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6 * scale)


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(
    "case",
    [
        Case(),
        Case(strides=(2, 1), padding="same", size=(4, 3)),
        Case(channels=6, groups=3, filters=6),
        Case(channels=1, dilation=2),
    ],
    ids=str,
)
def test_channels_first_is_scipys_correlation(case: Case, execution: str) -> None:
    # Compiled, as TensorFlow knows "channels_first" on the CPU under XLA only.
    layer = case.layer(execution=execution, data_format="channels_first")
    images = case.images()
    model = keras.Sequential([keras.Input((case.channels, *images.shape[1:3])), layer])
    model.compile(jit_compile=True)
    output = model.predict(np.moveaxis(images, -1, 1).astype("float32"), verbose=0)
    expected = np.moveaxis(case.expected(layer, images), -1, 1)
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize("case", [Case(), Case(channels=1), Case(strides=(2, 1), padding="same")], ids=str)
def test_float64_layer_is_exact_to_float64(case: Case, execution: str, backend: str) -> None:
    if backend == "jax":
        pytest.skip("JAX without x64 turns float64 into float32")
    layer = case.layer(execution=execution, dtype="float64")
    expected = case.expected(layer, case.images())
    output = ops.convert_to_numpy(layer(case.images()))
    assert output.dtype == np.float64
    # On torch Keras multiplies float64 matrices in float32, in a Dense layer too.
    rounding = 1e-6 if backend == "torch" and execution == "compose" else 1e-14
    np.testing.assert_allclose(output, expected, rtol=0, atol=rounding * np.abs(expected).max())


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_activation_comes_after_the_bias(execution: str) -> None:
    case = Case()
    layer = case.layer(execution=execution, activation="relu")
    images = case.images()
    expected = case.expected(layer, images)
    assert (expected < -0.1).any()
    output = ops.convert_to_numpy(layer(images.astype("float32")))
    np.testing.assert_allclose(output, np.maximum(expected, 0), rtol=0, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_layer_without_bias(execution: str) -> None:
    layer = BasisConv2D(2, fb.dct(3, n=4), use_bias=False, execution=execution)
    images = np.random.default_rng(0).normal(size=(2, 6, 5, 1)).astype("float32")
    output = ops.convert_to_numpy(layer(images))
    kernel = np.tensordot(layer.bank.filters, ops.convert_to_numpy(layer.coefficients), axes=(0, 0))
    assert layer.bias is None
    np.testing.assert_allclose(output, correlated(images, kernel, Case()), rtol=0, atol=3e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("case", [Case(), Case(channels=1), Case(channels=6, groups=2)], ids=str)
def test_executions_agree_to_half_precision(case: Case, policy: str) -> None:
    images = case.images()
    rounding = 2.0 ** (-11 if policy == "mixed_float16" else -8)
    for execution in EXECUTIONS:
        layer = case.layer(execution=execution, dtype=policy)
        expected = case.expected(layer, images)
        output = layer(images.astype("float32"))
        assert keras.backend.standardize_dtype(output.dtype) == policy.removeprefix("mixed_")
        error = np.abs(ops.convert_to_numpy(output).astype("float64") - expected).max() / np.abs(expected).max()
        assert rounding / 50 < error < 3 * rounding


# Gradients


def gradients(layer: Any, images: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    """Return the gradients of the squared error, of a 1x1 convolution before the layer first."""
    identity = np.eye(images.shape[-1], dtype="float32")[None, None]
    before = keras.layers.Conv2D(images.shape[-1], 1, kernel_initializer=identity, use_bias=False)
    model = keras.Sequential([keras.Input(images.shape[1:]), before, layer])
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=False)
    start = [ops.convert_to_numpy(weight).copy() for weight in model.trainable_weights]
    model.train_on_batch(images, targets)
    return [a - ops.convert_to_numpy(weight) for a, weight in zip(start, model.trainable_weights, strict=True)]


@pytest.mark.parametrize("execution", EXECUTIONS)
@pytest.mark.parametrize(
    "case",
    [
        Case(),
        Case(channels=1),
        Case(strides=(2, 1), padding="same"),
        Case(channels=2, groups=2),
        Case(bank="overcomplete"),
    ],
    ids=str,
)
def test_gradients_are_the_plain_layers_projected_on_the_bank(case: Case, execution: str) -> None:
    layer = case.layer(execution=execution)
    plain = keras.layers.Conv2D(
        case.filters,
        case.size,
        strides=case.strides,
        padding=case.padding,
        groups=case.groups,
        kernel_initializer="zeros",
    )
    images = case.images().astype("float32")
    plain.build(images.shape)
    plain.set_weights([ops.convert_to_numpy(layer.kernel), ops.convert_to_numpy(layer.bias)])
    targets = np.random.default_rng(3).normal(size=layer.compute_output_shape(images.shape)).astype("float32")

    of_inputs, of_coefficients, of_bias = gradients(layer, images, targets)
    plain_inputs, of_kernel, plain_bias = gradients(plain, images, targets)
    expected = np.tensordot(layer.bank.filters, of_kernel, axes=[(1, 2), (0, 1)])
    for found, wanted in [(of_inputs, plain_inputs), (of_coefficients, expected), (of_bias, plain_bias)]:
        assert np.abs(wanted).max() > 1e-3
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * max(np.abs(wanted).max(), 1))


# The choice


@pytest.mark.parametrize(
    ("channels", "outputs", "groups", "pixels", "n", "chosen"),
    [
        (1, 64, 1, 121, 10, "factor"),
        (3, 64, 1, 121, 10, "factor"),
        (3, 64, 1, 49, 12, "compose"),
        (64, 64, 1, 9, 6, "compose"),
        (64, 64, 1, 121, 10, "compose"),
        (4, 64, 1, 121, 1, "compose"),
        (1, 64, 1, 121, 121, "compose"),
        (1, 1, 1, 121, 1, "compose"),
    ],
)
def test_auto_follows_the_number_of_operations(
    channels: int, outputs: int, groups: int, pixels: int, n: int, chosen: str
) -> None:
    shape = (channels, outputs, groups, pixels, n)
    assert choose("auto", *shape) == chosen
    assert [choose(execution, *shape) for execution in EXECUTIONS] == EXECUTIONS


@pytest.mark.parametrize(("channels", "chosen"), [(1, "factor"), (5, "compose")])
def test_auto_computes_what_the_chosen_execution_computes(channels: int, chosen: str) -> None:
    case = Case(channels=channels, size=(5, 5), filters=32)
    images = case.images().astype("float32")
    outputs = {}
    for execution in ("auto", *EXECUTIONS):
        layer = case.layer(execution=execution)
        outputs[execution] = ops.convert_to_numpy(layer(images))
    other = next(execution for execution in EXECUTIONS if execution != chosen)
    assert np.array_equal(outputs["auto"], outputs[chosen])
    assert not np.array_equal(outputs["auto"], outputs[other])
    np.testing.assert_allclose(outputs["auto"], outputs[other], rtol=0, atol=2e-6 * np.abs(outputs["auto"]).max())


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("execution", EXECUTIONS)
def test_compiled_model_gives_the_same(execution: str, jit_compile: bool) -> None:
    case = Case()
    layer = case.layer(execution=execution)
    images = case.images()
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    model.compile(jit_compile=jit_compile)
    expected = case.expected(layer, images)
    output = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6 * np.abs(expected).max())
