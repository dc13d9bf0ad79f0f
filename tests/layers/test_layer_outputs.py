"""What the layer computes, against SciPy, in every way; gradients; the choice between them."""

from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from keras import ops
from scipy import signal

import filterbank as fb
from filterbank.layers import BasisConv2D, _execution
from filterbank.layers._costs import MOST_KEPT, PAYING, WAYS, Shape, cheapest, cost, kept
from filterbank.layers._execution import possible

BANKS = {
    "one filter": lambda size: fb.random(size, n=1, rng=1),
    "few filters": lambda size: fb.random(size, n=3, rng=1),
    "complete": lambda size: fb.delta(size),
    "dependent": lambda size: np.repeat(fb.dct(size, n=2).filters, 3, axis=0) * np.arange(1, 7)[:, None, None],
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

    def layer(self, execution: str = "auto", **arguments: Any) -> Any:
        """Make the layer with random weights, bias among them, that computes in that way."""
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
        images = self.images()
        if execution in WAYS and execution not in possible(
            layer, np.moveaxis(images, -1, -1 if not channels_first else 1).shape
        ):
            pytest.skip("not a way for this layer")
        layer.execution = execution
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


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
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


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
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


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
@pytest.mark.parametrize("case", [Case(), Case(channels=1), Case(strides=(2, 1), padding="same")], ids=str)
def test_float64_layer_is_exact_to_float64(case: Case, execution: str, backend: str) -> None:
    if backend == "jax":
        pytest.skip("JAX without x64 turns float64 into float32")
    layer = case.layer(execution=execution, dtype="float64")
    expected = case.expected(layer, case.images())
    output = ops.convert_to_numpy(layer(case.images()))
    assert output.dtype == np.float64
    # On torch Keras multiplies float64 matrices in float32, in a Dense layer too.
    rounding = 1e-6 if backend == "torch" and execution not in ("depthwise", "dense") else 1e-14
    np.testing.assert_allclose(output, expected, rtol=0, atol=rounding * np.abs(expected).max())


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
def test_activation_comes_after_the_bias(execution: str) -> None:
    case = Case()
    layer = case.layer(execution=execution, activation="relu")
    images = case.images()
    expected = case.expected(layer, images)
    assert (expected < -0.1).any()
    output = ops.convert_to_numpy(layer(images.astype("float32")))
    np.testing.assert_allclose(output, np.maximum(expected, 0), rtol=0, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
def test_layer_without_bias(execution: str) -> None:
    layer = BasisConv2D(2, fb.dct(3, n=4), use_bias=False)
    layer.execution = execution
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
    for execution in WAYS:
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


@pytest.mark.parametrize("execution", [*WAYS, "factor"])
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


BACKENDS = [*PAYING]
QUESTION = Shape(1, 64, 10, 10, (11, 11), 0, 4, (1, 1), 32 * 54 * 54)


@pytest.mark.parametrize("backend_name", BACKENDS)
@pytest.mark.parametrize("training", [False, True])
def test_structure_pays_for_few_channels_and_not_for_many(backend_name: str, training: bool) -> None:
    question = QUESTION._replace(training=training)
    ways = PAYING[backend_name]
    assert cheapest(backend_name, question, ways) != "compose"
    many = Shape(64, 64, 6, 6, (3, 3), 0, 3, (1, 1), 32 * 32 * 32, training)
    assert cheapest(backend_name, many, ways) == "compose"
    complete = question._replace(n=121, rank=121, lines=11, training=False)
    assert cheapest(backend_name, complete, ways) == "compose"


@pytest.mark.parametrize(("backend_name", "way"), [(name, way) for name, ways in PAYING.items() for way in ways])
def test_more_work_costs_more(backend_name: str, way: str) -> None:
    shape = Shape(8, 64, 10, 10, (7, 7), 0, 4, (1, 1), 32 * 54 * 54)
    more = {"channels": 16, "outputs": 128, "window": (9, 9), "training": True, "positions": 10}
    if way != "compose":
        more |= {"lines": 6} if "lines" in way else {"rank": 20}
    for name, value in more.items():
        assert cost(backend_name, way, shape._replace(**{name: value})) > cost(backend_name, way, shape), name


def test_the_cost_of_composing_counts_for_few_positions() -> None:
    per_position = [cost("jax", "compose", QUESTION._replace(positions=number)) for number in (1, 10**9)]
    assert per_position[0] > 2 * per_position[1]


def chosen(layer: Any, shape: tuple[Any, ...], training: bool = False) -> str:
    if not layer.built:
        layer.build(shape)
    return _execution.choose(layer, shape, training)


def test_auto_keeps_no_more_activations_than_it_may_and_factor_does() -> None:
    shape = (8, 64, 64, 8)
    for n in (4, 8, 16):
        automatic, asked = (BasisConv2D(16, fb.random(11, n=n), execution=way) for way in ("auto", "factor"))
        way = chosen(automatic, shape, training=True)
        counted = _execution.shape_of(automatic, shape, training=True)
        assert kept(way, counted) <= MOST_KEPT * kept("compose", counted)
        assert chosen(asked, shape, training=True) != "compose"
    assert kept("dense", counted) > MOST_KEPT * kept("compose", counted)


def test_what_is_kept_is_what_jax_keeps(backend: str) -> None:
    if backend != "jax":
        pytest.skip("asks JAX")
    import jax

    images = np.zeros((2, 20, 20, 2), "float32")
    layer = Case(channels=2, size=(5, 5), filters=16).layer()
    frozen = [weight.value for weight in layer.non_trainable_variables]
    trained = [weight.value for weight in layer.trainable_variables]
    for way in ("compose", "depthwise", "dense", "separable", "lines", "unfolded"):
        layer.execution = way

        def call(weights: Any) -> Any:
            return layer.stateless_call(weights, frozen, images, training=True)[0]

        outputs, back = jax.vjp(call, trained)
        held = [leaf for leaf in jax.tree_util.tree_leaves(back) if leaf.ndim >= 4 and leaf.shape[0] == 2]
        per_position = sum(leaf.size for leaf in held) / outputs.size * layer.filters + layer.filters
        counted = kept(way, _execution.shape_of(layer, images.shape, training=True))
        # The window crops the outputs, which the count does not know.
        assert counted <= per_position <= 1.3 * counted, way


def test_layers_that_train_their_basis_or_have_groups_compute_what_their_weights_say() -> None:
    both = BasisConv2D(64, fb.dct(11, n=10), train="both", execution="factor")
    both.build((None, 32, 32, 1))
    assert set(possible(both, (8, 32, 32, 1))) == {"compose", "depthwise", "dense"}
    assert chosen(both, (8, 32, 32, 1)) in ("depthwise", "dense")
    assert chosen(BasisConv2D(64, fb.dct(11, n=10), groups=2), (8, 32, 32, 2)) == "compose"
    assert chosen(BasisConv2D(64, fb.dct(11, n=10), groups=2, execution="factor"), (8, 32, 32, 2)) != "compose"


@pytest.mark.parametrize("way", WAYS)
def test_auto_computes_in_the_way_that_is_chosen(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(size=(5, 5), filters=32)
    images = case.images().astype("float32")
    expected, automatic = case.layer(way), case.layer()
    asked = []

    def choice(backend: str, shape: Shape, ways: tuple[str, ...]) -> str:
        asked.append(shape)
        return way

    monkeypatch.setattr(_execution, "cheapest", choice)
    found = ops.convert_to_numpy(automatic(images, training=True))
    assert np.array_equal(found, ops.convert_to_numpy(expected(images)))
    assert asked == [Shape(3, 32, 3, 3, (5, 5), 0, 5, (1, 1), 2 * 7 * 6, True, False)]


@pytest.mark.parametrize("compiled", [False, True])
def test_what_xla_compiles_is_known_while_it_is_traced(compiled: bool, backend: str) -> None:
    if backend != "tensorflow":
        pytest.skip("asks TensorFlow")
    import tensorflow as tf

    seen = []

    def trace(images: Any) -> Any:
        seen.append(_execution._backend())
        return tf.function(lambda each: (seen.append(_execution._backend()), each)[1])(images)

    tf.function(trace, jit_compile=compiled)(tf.zeros(3))
    assert seen == ["tensorflow, compiled" if compiled else "tensorflow"] * 2
    assert _execution._backend() == "tensorflow"


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("execution", [*WAYS, "factor"])
def test_compiled_model_gives_the_same(execution: str, jit_compile: bool) -> None:
    case = Case()
    layer = case.layer(execution=execution)
    images = case.images()
    model = keras.Sequential([keras.Input(images.shape[1:]), layer])
    model.compile(jit_compile=jit_compile)
    expected = case.expected(layer, images)
    output = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6 * np.abs(expected).max())
