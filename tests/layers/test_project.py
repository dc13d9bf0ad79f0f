"""`project` and `rebase`: from plain layers to layers on a bank and back, what is lost, what is left alone."""

from typing import Any

import keras
import numpy as np
import pytest
from every import values
from keras import layers

import filterbank as fb
from filterbank.layers import BankResponse2D, BasisConv2D, FrozenBasisError, fold, project, rebase


def snapshot(model: Any) -> list[bytes]:
    return [values(weight).tobytes() for weight in model.weights]


PLAIN = {
    "Conv1D": lambda: (layers.Conv1D(4, 5, padding="causal", activation="relu"), (9, 2)),
    "Conv2D": lambda: (layers.Conv2D(4, (3, 2), strides=2, groups=2), (8, 7, 2)),
    "Conv3D": lambda: (layers.Conv3D(2, 2, use_bias=False), (4, 5, 4, 2)),
    "Conv1DTranspose": lambda: (layers.Conv1DTranspose(3, 4, strides=2), (6, 2)),
    "Conv2DTranspose": lambda: (layers.Conv2DTranspose(3, 3, strides=2, padding="same"), (5, 4, 2)),
    "Conv3DTranspose": lambda: (layers.Conv3DTranspose(2, 2), (3, 4, 3, 2)),
    "DepthwiseConv1D": lambda: (layers.DepthwiseConv1D(3, depth_multiplier=2), (8, 2)),
    "DepthwiseConv2D": lambda: (layers.DepthwiseConv2D(3, activation="tanh"), (7, 6, 2)),
    "SeparableConv1D": lambda: (layers.SeparableConv1D(4, 3), (8, 2)),
    "SeparableConv2D": lambda: (layers.SeparableConv2D(4, 3, depth_multiplier=2), (7, 6, 2)),
}


@pytest.fixture
def built(noise: Any) -> Any:
    """Return a function that makes a built Keras layer of a kind with random weights, and an input for it."""

    def make(kind: str) -> tuple[Any, np.ndarray]:
        layer, shape = PLAIN[kind]()
        inputs = np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")
        layer.build(inputs.shape)
        for draw, weight in enumerate(layer.weights):
            weight.assign(noise(draw)(weight.shape, weight.dtype))
        return layer, inputs

    return make


# Layers


@pytest.mark.parametrize("kind", PLAIN)
def test_a_complete_bank_loses_nothing_and_fold_leads_back(built: Any, kind: str) -> None:
    plain, inputs = built(kind)
    before, expected = snapshot(plain), values(plain(inputs))
    conversion = project(plain, "dct", inputs=inputs)
    assert conversion.model is None
    assert type(conversion.layer).__name__ == f"Basis{kind}"
    assert conversion.layer.name == plain.name
    scale = np.abs(expected).max()
    np.testing.assert_allclose(values(conversion.layer(inputs)), expected, rtol=0, atol=3e-6 * scale)
    (row,) = conversion.report
    assert row.energy == pytest.approx(1, abs=1e-12)
    assert row.difference == pytest.approx(np.abs(values(conversion.layer(inputs)) - expected).max(), abs=1e-9)
    assert row.before == row.after == plain.count_params()
    conversion.layer.verify()
    back = fold(conversion.layer)
    assert type(back) is type(plain)
    assert back.get_config() == plain.get_config()
    for found, wanted in zip(back.weights, plain.weights, strict=True):
        np.testing.assert_allclose(values(found), values(wanted), rtol=0, atol=1e-6)
    assert snapshot(plain) == before


def test_an_incomplete_bank_gives_the_least_squares_kernel(built: Any) -> None:
    plain, inputs = built("Conv2D")
    bank = fb.random((3, 2), n=4, rng=0)
    conversion = project(plain, bank, inputs=inputs)
    kernel = values(plain.kernel).astype("float64")
    closest = fb.compose(fb.decompose(kernel, bank), bank)
    np.testing.assert_allclose(values(conversion.layer.kernel), closest, rtol=0, atol=1e-6)
    (row,) = conversion.report
    assert row.energy == pytest.approx(1 - np.sum((kernel - closest) ** 2) / np.sum(kernel**2), abs=1e-12)
    assert 0.1 < row.energy < 0.95
    assert (row.before, row.after) == (6 * 4 + 4, 4 * 4 + 4)
    assert row.bank == "random, 4"
    assert row.difference is not None
    assert row.difference > 0.1


def test_a_residual_takes_what_the_bank_cannot_say(built: Any) -> None:
    plain, inputs = built("Conv2D")
    layer = project(plain, fb.dct((3, 2), n=2), residual=True).layer
    np.testing.assert_allclose(values(layer(inputs)), values(plain(inputs)), rtol=0, atol=2e-6)
    split = layer.energy_split()
    assert split.residual == pytest.approx(split.outside, abs=1e-6)
    assert 0.2 < split.outside < 0.95


def test_kernels_own_basis_loses_least(built: Any) -> None:
    plain, _ = built("Conv2D")
    own = project(plain, lambda size, layer: fb.kernel_basis(values(layer.kernel), 3)).report[0].energy
    strengths = np.linalg.svd(values(plain.kernel).astype("float64").reshape(6, -1), compute_uv=False)
    assert own == pytest.approx(np.sum(strengths[:3] ** 2) / np.sum(strengths**2), abs=1e-12)
    assert own > project(plain, fb.dct((3, 2), n=3)).report[0].energy


@pytest.mark.parametrize("kind", ["Conv1D", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D"])
def test_a_layer_s_own_basis_is_found_by_the_layer(built: Any, kind: str) -> None:
    plain, inputs = built(kind)
    conversion = project(plain, lambda size, layer: fb.kernel_basis(layer), inputs=inputs)
    assert conversion.report[0].energy == pytest.approx(1, abs=1e-12)
    assert conversion.report[0].difference < 1e-4


@pytest.mark.parametrize("train", ["basis", "both"])
def test_what_trains_can_be_chosen(built: Any, train: str) -> None:
    plain, _ = built("Conv2D")
    conversion = project(plain, fb.dct((3, 2), n=2), train=train)
    assert conversion.layer.train == train
    coefficients = 0 if train == "basis" else 2 * 4
    assert conversion.report[0].after == 2 * 6 + coefficients + 4


def test_lora_of_the_plain_layer_is_projected_too(built: Any) -> None:
    plain, inputs = built("Conv2D")
    plain.enable_lora(2)
    plain.lora_kernel_b.assign(np.ones(plain.lora_kernel_b.shape))
    expected = values(plain(inputs))
    layer = project(plain, "dct").layer
    np.testing.assert_allclose(values(layer(inputs)), expected, rtol=0, atol=3e-6 * np.abs(expected).max())


# Models


@pytest.fixture
def model(noise: Any) -> Any:
    """Return a compiled functional model of two inputs with a shared layer, a nested model and other layers."""
    counter = iter(range(100))

    def drawn(layer: Any) -> Any:
        for name in ("kernel_initializer", "depthwise_initializer", "bias_initializer"):
            if hasattr(layer, name):
                setattr(layer, name, noise(next(counter)))
        return layer

    inner_input = keras.Input((None, None, 4))
    inner = keras.Sequential(
        [inner_input, drawn(layers.Conv2D(4, 5, padding="same", name="deep")), layers.ReLU()], name="inner"
    )
    shared = drawn(layers.Conv2D(4, 3, padding="same", name="shared"))
    a, b = keras.Input((9, 8, 2), name="a"), keras.Input((9, 8, 2), name="b")
    x = layers.BatchNormalization(name="norm")(layers.Add(name="sum")([shared(a), shared(b)]))
    x = drawn(layers.DepthwiseConv2D(3, name="depthwise"))(inner(x))
    x = drawn(layers.Conv2D(3, 1, name="pointwise"))(x)
    outputs = drawn(layers.Dense(2, name="head"))(layers.GlobalAveragePooling2D(name="mean")(x))
    whole = keras.Model([a, b], outputs, name="whole")
    whole.compile(keras.optimizers.SGD(0.01), "mse", metrics=["mae"])
    return whole


@pytest.fixture
def pair_of_images() -> list[np.ndarray]:
    return [np.random.default_rng(draw).normal(size=(3, 9, 8, 2)).astype("float32") for draw in (0, 1)]


def on_bank(model: Any) -> dict[str, Any]:
    return {layer.name: layer for layer in model._flatten_layers() if hasattr(layer, "bank")}


def test_every_convolution_of_a_model_and_of_those_inside(model: Any, pair_of_images: Any) -> None:
    before, expected = snapshot(model), values(model(pair_of_images))
    conversion = project(model, "dct", inputs=pair_of_images)
    new = conversion.model
    assert conversion.layer is None
    assert [row.layer for row in conversion.report] == ["shared", "deep", "depthwise"]
    assert set(on_bank(new)) == {"shared", "deep", "depthwise"}
    assert new.name == "whole"
    assert not new.compiled
    assert [layer.name for layer in new.layers] == [layer.name for layer in model.layers]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(values(new(pair_of_images)), expected, rtol=0, atol=1e-5 * scale)
    np.testing.assert_allclose(values(fold(new)(pair_of_images)), expected, rtol=0, atol=1e-5 * scale)
    assert all(row.difference is not None and row.difference < 1e-4 for row in conversion.report)
    assert snapshot(model) == before
    assert model.compiled
    shared = on_bank(new)["shared"]
    assert len(shared._inbound_nodes) == 2
    assert {id(weight) for weight in new.weights}.isdisjoint(id(weight) for weight in model.weights)


def test_differences_are_those_of_each_layer_for_what_reaches_it(model: Any, pair_of_images: Any) -> None:
    conversion = project(model, {3: fb.dct(3, n=3)}, inputs=pair_of_images)
    rows = {row.layer: row for row in conversion.report}
    assert list(rows) == ["shared", "depthwise"]
    new = on_bank(conversion.model)["shared"]
    old = model.get_layer("shared")
    expected = max(np.abs(values(new(x)) - values(old(x))).max() for x in pair_of_images)
    assert rows["shared"].difference == pytest.approx(expected, rel=1e-5)
    until = keras.Model(model.inputs, model.get_layer("depthwise").input)
    reached = until(pair_of_images)
    expected = np.abs(
        values(on_bank(conversion.model)["depthwise"](reached)) - values(model.get_layer("depthwise")(reached))
    ).max()
    assert rows["depthwise"].difference == pytest.approx(expected, rel=1e-4)


CHOOSERS = {
    "a bank": (lambda: fb.dct(3, n=4), {"shared", "depthwise"}),
    "a dict": (lambda: {(3, 3): "legendre", 5: fb.gabor(5)}, {"shared", "deep", "depthwise"}),
    "a dict of one": (lambda: {5: fb.dct(5)[:6].filters}, {"deep"}),
    "a function": (
        lambda: lambda size, layer: fb.dct(size, n=3) if layer.name != "deep" and size[0] > 1 else None,
        None,
    ),
    "a function of names": (lambda: lambda size, layer: "dct" if size == (5, 5) else None, {"deep"}),
}


@pytest.mark.parametrize("chooser", CHOOSERS)
def test_choosers_choose_by_size_and_layer(model: Any, chooser: str) -> None:
    make, chosen = CHOOSERS[chooser]
    assert set(on_bank(project(model, make()).model)) == (chosen or {"shared", "depthwise"})


@pytest.mark.parametrize("where", ["deep", ["deep"], lambda layer: layer.name == "deep"])
def test_where_says_which_layers(model: Any, where: Any) -> None:
    assert set(on_bank(project(model, "dct", where=where).model)) == {"deep"}


def test_the_model_can_come_compiled(model: Any, pair_of_images: Any) -> None:
    new = project(model, "dct", compile=True).model
    assert new.compiled
    assert new.optimizer is not model.optimizer
    assert new.optimizer.get_config() == model.optimizer.get_config()
    new.train_on_batch(pair_of_images, np.zeros((3, 2)))
    back = fold(new, compile=True)
    assert back.compiled
    assert back.loss == "mse"


def test_a_compilation_without_a_configuration_is_refused(model: Any) -> None:
    model.compile("sgd", loss=lambda wanted, found: keras.ops.mean(wanted - found))
    for convert in (lambda: project(model, "dct", compile=True), lambda: fold(model, compile=True)):
        with pytest.raises(
            ValueError, match=r"`compile` needs an optimizer, loss and metrics .* compile the new model"
        ):
            convert()
    assert not project(model, "dct").model.compiled


def test_a_frozen_model_reports_what_would_train(model: Any) -> None:
    expected = [(row.before, row.after) for row in project(model, "dct").report]
    model.trainable = False
    assert [(row.before, row.after) for row in project(model, "dct").report] == expected


def test_the_report_names_a_residual(built: Any) -> None:
    plain, _ = built("Conv2D")
    assert project(plain, fb.dct((3, 2), n=2), residual=True).report[0].bank == "dct, 2 + residual"


def test_layers_that_a_chooser_leaves_alone_may_be_wrapped() -> None:
    wrapped = layers.TimeDistributed(layers.Conv2D(2, 5, name="inner"), name="each")
    model = keras.Sequential([keras.Input((2, 9, 9, 1)), wrapped, layers.Conv3D(2, (1, 3, 3), name="outer")])
    conversion = project(model, {(1, 3, 3): fb.dct((1, 3, 3), n=4)})
    assert set(on_bank(conversion.model)) == {"outer"}
    assert conversion.report.left_alone == ("inner (5x5)",)
    np.testing.assert_array_equal(
        values(conversion.model.get_layer("each").weights[0]), values(model.get_layer("each").weights[0])
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Keras looks up text on TensorFlow")
def test_what_preprocessing_layers_learned_is_kept() -> None:
    lookup = layers.StringLookup(name="lookup")
    lookup.adapt(["red", "green", "red"])
    bins = layers.Discretization(num_bins=4, name="bins")
    bins.adapt(np.arange(40.0))
    words, image = keras.Input((1,), dtype="string"), keras.Input((6, 6, 1))
    pixels = layers.Flatten()(layers.Conv2D(1, 3, name="edges")(layers.Rescaling(40.0)(bins(image))))
    model = keras.Model([words, image], layers.Concatenate()([keras.ops.cast(lookup(words), "float32"), pixels]))
    brightness = np.linspace(0, 40, 72).reshape(2, 6, 6, 1)
    inputs = [keras.ops.convert_to_tensor(each) for each in ([["green"], ["blue"]], brightness)]
    new = project(model, "dct").model
    expected = values(model(inputs))
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(values(new(inputs)), expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_a_moved_front_end_is_refused() -> None:
    front = BankResponse2D(fb.dct(3, n=2), name="front")
    model = keras.Sequential([keras.Input((8, 8, 1)), front, layers.Conv2D(2, 3), BasisConv2D(2, fb.dct(3))])
    project(model, "dct")
    front.basis.assign(front.bank.filters * 2)
    for convert in (lambda: project(model, "dct"), lambda: fold(model)):
        with pytest.raises(FrozenBasisError, match="the basis of layer 'front' is not its bank"):
            convert()


def test_untouched_layers_keep_their_weights_and_state(model: Any, pair_of_images: Any) -> None:
    model.get_layer("norm").moving_mean.assign([1.0, 2.0, 3.0, 4.0])
    new = project(model, fb.dct(5, n=3)).model
    np.testing.assert_array_equal(values(new.get_layer("norm").moving_mean), [1, 2, 3, 4])
    np.testing.assert_array_equal(values(new.get_layer("head").kernel), values(model.get_layer("head").kernel))


def test_report_prints_as_a_table(model: Any) -> None:
    converted = project(model, {3: fb.dct(3, n=3), 5: fb.dct(5)})
    text = str(converted.report)
    assert str(converted) == text
    assert converted._repr_html_() == converted.report._repr_html_()
    head, *rows = text.splitlines()
    assert head.split() == ["layer", "bank", "energy", "before", "after", "difference"]
    *rows, left = rows
    assert [row.split()[0] for row in rows] == ["shared", "deep", "depthwise"]
    assert "100.00%" in rows[1]
    assert all(row.endswith("-") for row in rows)
    assert left == "left alone: pointwise (1x1)"


# What is refused


def refused(kind: type[Exception], text: str, *arguments: Any, **keywords: Any) -> None:
    with pytest.raises(kind, match=text):
        project(*arguments, **keywords)


def test_what_cannot_be_projected_is_named(model: Any, built: Any) -> None:
    plain, _ = built("Conv2D")
    refused(TypeError, "must be a convolution of Keras or a model, got Dense; `rebase`", layers.Dense(2), "dct")
    refused(TypeError, "got BasisConv2D; `rebase` puts", BasisConv2D(2, fb.dct(3)), "dct")
    refused(ValueError, "layer 'new' has no kernel yet: build it", layers.Conv2D(2, 3, name="new"), "dct")
    refused(ValueError, "must give a 3x2 bank for layer 'conv2d.*', got none of that size", plain, fb.dct(3))
    refused(ValueError, r"got none for shared \(3x3\), deep \(5x5\)", model, fb.dct(7))
    refused(
        ValueError,
        "must give a bank for a convolution of the model",
        model,
        lambda size, layer: None,
    )
    refused(ValueError, "must give layer 'shared' a 3x3 bank, got 4x4", model, lambda *_: fb.dct(4))
    refused(ValueError, "`bank_or_chooser` for layer 'shared'.*powers of two", model, "hadamard")
    refused(
        ValueError,
        "must name layers of the model .its convolutions: shared, .*deep.*, got 'nowhere'",
        model,
        "dct",
        where="nowhere",
    )
    refused(TypeError, "must name convolutions of Keras, got the Dense 'head'", model, "dct", where=["head"])
    refused(ValueError, "`family` must be one of", model, "no such family")
    refused(ValueError, "`train` must be one of 'coefficients', 'basis', 'both', got 'all'", model, "dct", train="all")


def test_a_bank_of_other_dimensions_leaves_layers_alone() -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="a"), layers.Reshape((36, 4)), layers.Conv1D(4, 3, name="b")]
    )
    conversion = project(model, fb.dct(3))
    assert set(on_bank(conversion.model)) == {"a"}
    assert conversion.report.left_alone == ("b (3-sample)",)


def test_a_users_convolution_is_left_alone_and_named(model: Any) -> None:
    class Own(layers.Conv2D):  # type: ignore[misc]
        pass

    model = keras.Sequential([keras.Input((8, 8, 1)), Own(4, 3, name="own"), layers.Conv2D(4, 3, name="plain")])
    conversion = project(model, fb.dct(3))
    assert conversion.report.left_alone == ("own (3x3)",)
    assert type(conversion.model.layers[0]) is Own


def test_a_model_class_that_cannot_be_copied_is_refused() -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self, filters: int = 3) -> None:
            inputs = keras.Input((8, 8, 1))
            super().__init__(inputs, layers.Conv2D(filters, 3)(inputs))

    outer = keras.Sequential([keras.Input((8, 8, 1)), Own(), layers.Conv2D(2, 3)])
    for model in (Own(), outer):
        refused(TypeError, "holds the Own 'own.*', which Keras can copy as a plain Functional only", model, fb.dct(3))


def test_a_layer_that_is_named_must_get_a_bank(model: Any) -> None:
    refused(
        ValueError,
        "must give a 5x5 bank for layer 'deep', which `where` names; it is 3x3",
        model,
        fb.dct(3),
        where=["shared", "deep"],
    )
    assert set(on_bank(project(model, lambda size, _: fb.dct(size) if size == (3, 3) else None).model)) >= {"shared"}


def test_errors_of_a_chooser_name_the_layer(model: Any, built: Any) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        project(model, lambda size, layer: 1 / 0)
    assert caught.value.__notes__ == ["in `bank_or_chooser`, for layer 'shared' with kernels of 3x3"]
    refused(ValueError, "`bank_or_chooser` for layer 'shared': .*images", model, "pca")
    refused(TypeError, "`bank_or_chooser` must be a FilterBank", model, None)
    plain, _ = built("Conv2D")
    refused(ValueError, "`where` and `compile` speak of a model's layers", plain, "dct", where="conv")
    refused(ValueError, "`where` and `compile` speak of a model's layers", plain, "dct", compile=True)


def test_subclassed_models_and_wrapped_layers_are_refused() -> None:
    class Subclassed(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.convolution = layers.Conv2D(2, 3)

        def call(self, inputs: Any) -> Any:
            return self.convolution(inputs)

    subclassed = Subclassed()
    subclassed(np.zeros((1, 5, 5, 1), dtype="float32"))
    refused(TypeError, "got the subclassed Subclassed: convert its layers one by one", subclassed, "dct")
    wrapped = keras.Sequential([keras.Input((2, 5, 5, 1)), layers.TimeDistributed(layers.Conv2D(2, 3), name="each")])
    refused(
        TypeError,
        "layer 'each', a TimeDistributed, holds a layer that cannot be exchanged.*or leave it out with `where`",
        wrapped,
        "dct",
    )


# Another bank


def test_rebase_finds_the_closest_kernel_on_the_other_bank(noise: Any) -> None:
    images = np.random.default_rng(0).normal(size=(2, 7, 6, 2)).astype("float32")
    layer = BasisConv2D(3, fb.dct(3, n=6), coefficient_initializer=noise(), strides=2, activation="relu", name="mine")
    layer(images)
    other = fb.gabor(3)
    conversion = rebase(layer, other, inputs=images)
    kernel = values(layer.kernel).astype("float64")
    np.testing.assert_allclose(
        values(conversion.layer.kernel), fb.compose(fb.decompose(kernel, other), other), rtol=0, atol=1e-6
    )
    assert conversion.layer.bank is other
    assert conversion.layer.name == "mine"
    assert conversion.layer.strides == (2, 2)
    assert conversion.report[0].bank == "gabor, 8"
    assert 0.1 < conversion.report[0].energy < 1
    there_and_back = rebase(rebase(layer, fb.delta(3)).layer, layer.bank).layer
    np.testing.assert_allclose(values(there_and_back.coefficients), values(layer.coefficients), rtol=0, atol=1e-6)


def test_rebase_keeps_residual_and_bias(noise: Any) -> None:
    layer = BasisConv2D(3, fb.dct(3, n=6), coefficient_initializer=noise(), residual=True, bias_initializer="ones")
    layer.build((None, 7, 6, 2))
    layer.residual_kernel.assign(noise(3)(layer.residual_kernel.shape))
    new = rebase(layer, fb.dct(3)).layer
    np.testing.assert_array_equal(values(new.residual_kernel), values(layer.residual_kernel))
    np.testing.assert_array_equal(values(new.bias), values(layer.bias))
    np.testing.assert_allclose(values(new.kernel), values(layer.kernel), rtol=0, atol=1e-6)


def test_rebase_refuses() -> None:
    layer = BasisConv2D(3, fb.dct(3, n=6))
    with pytest.raises(TypeError, match="`layer` must be a layer on a bank, got Conv2D; `project` takes plain ones"):
        rebase(layers.Conv2D(2, 3), fb.dct(3))
    with pytest.raises(ValueError, match="has no kernel yet"):
        rebase(layer, fb.dct(3))
    layer.build((None, 7, 6, 2))
    with pytest.raises(ValueError, match="must have the size of the layer's, 3x3, got 5x5"):
        rebase(layer, fb.dct(5))
    layer.basis.assign(layer.bank.filters * 2)
    with pytest.raises(FrozenBasisError):
        rebase(layer, fb.dct(3))
