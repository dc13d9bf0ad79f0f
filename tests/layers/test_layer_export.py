"""Exported models give the numbers of the layers and of the folded model; int8 costs what it costs a plain layer.

Keras 3.15 exports a SavedModel from TensorFlow and JAX, LiteRT and ONNX from TensorFlow, and torch.export belongs to
torch; the other pairs need further packages (jax2onnx, litert-torch) or fail in Keras itself.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank.layers import (
    BankResponse1D,
    BankResponse2D,
    BankResponse3D,
    BasisConv1D,
    BasisConv1DTranspose,
    BasisConv2D,
    BasisConv2DTranspose,
    BasisConv3D,
    BasisConv3DTranspose,
    BasisDepthwiseConv1D,
    BasisDepthwiseConv2D,
    BasisSeparableConv1D,
    BasisSeparableConv2D,
    fold,
)

BACKEND = keras.backend.backend()
SHAPE = (9, 8, 3)

on_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras exports this from TensorFlow")
not_on_torch = pytest.mark.skipif(
    BACKEND == "torch", reason="Keras 3.15 gives torch.export dynamic_shapes of another structure than the inputs"
)
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="torch.export exports what runs on torch")

MODELS: dict[str, Callable[[], list[Any]]] = {
    "compose": lambda: [BasisConv2D(4, fb.dct((4, 3), n=4), activation="relu", execution="compose", name="first")],
    "factor": lambda: [BasisConv2D(4, fb.dct((4, 3), n=4), activation="relu", execution="factor", name="first")],
    "kinds": lambda: [
        BasisSeparableConv2D(4, fb.dct(3, n=3), padding="same", activation="relu"),
        BasisDepthwiseConv2D(fb.dct(3, n=3), padding="same"),
        BankResponse2D(fb.dct(3, n=3), padding="same", output="abs"),
        BasisConv2DTranspose(2, fb.dct(3, n=4)),
    ],
    "1-D": lambda: [
        BasisConv1D(4, fb.dct((5,), n=3), padding="causal", activation="relu"),
        BasisDepthwiseConv1D(fb.dct((3,), n=2)),
        BasisSeparableConv1D(4, fb.dct((3,), n=2), padding="same"),
        BankResponse1D(fb.gabor((5,), frequencies=[0.2]), output="energy"),
        BasisConv1DTranspose(2, fb.dct((3,), n=2)),
    ],
    "3-D": lambda: [
        BasisConv3D(4, fb.dct((3, 3, 2), n=6), activation="relu"),
        BankResponse3D(fb.dct((2, 2, 2), n=3), output="abs"),
        BasisConv3DTranspose(2, fb.dct((2, 2, 2), n=4)),
    ],
}
SHAPES = {"1-D": (16, 3), "3-D": (6, 5, 4, 3)}


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> np.ndarray:
    """Return small images, white noise, for the model if there is one."""
    shape = request.getfixturevalue("model").input_shape[1:] if "model" in request.fixturenames else SHAPE
    return np.random.default_rng(0).normal(size=(32, *shape)).astype("float32")


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    """Return a model with layers on banks."""
    return sequential(*MODELS[request.param](), shape=SHAPES.get(request.param, SHAPE))


@pytest.fixture(params=["layers", "folded"])
def exported(request: pytest.FixtureRequest, model: Any, examples: np.ndarray) -> Any:
    """Return the model to export: itself or folded, called once as ONNX wants."""
    result = model if request.param == "layers" else fold(model)
    result(examples[:1])
    return result


def sequential(*layers: Any, shape: tuple[int, ...] = SHAPE) -> Any:
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input(shape), *layers, keras.layers.Flatten(), keras.layers.Dense(3, name="head")])


def predict(model: Any, examples: np.ndarray) -> np.ndarray:
    return np.array(model.predict(examples, verbose=0))


def assert_same_numbers(found: Any, model: Any, examples: np.ndarray) -> None:
    expected = predict(model, examples)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found, predict(fold(model), examples), rtol=0, atol=1e-5)


@not_on_torch
@pytest.mark.filterwarnings("ignore:The `native_serialization` parameter is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*jax2tf:DeprecationWarning")
def test_saved_model(exported: Any, model: Any, examples: np.ndarray, tmp_path: Path) -> None:
    tensorflow = pytest.importorskip("tensorflow", reason="a SavedModel is TensorFlow's")
    exported.export(tmp_path / "saved", verbose=False)
    artifact = tensorflow.saved_model.load(str(tmp_path / "saved"))
    assert_same_numbers(artifact.serve(examples).numpy(), model, examples)


@on_tensorflow
def test_saved_model_composes_at_run_time_unless_folded(tmp_path: Path) -> None:
    import tensorflow

    model = sequential(*MODELS["compose"]())
    shapes = []
    for name, each in (("layers", model), ("folded", fold(model))):
        each.export(tmp_path / name, verbose=False)
        variables = tensorflow.saved_model.load(str(tmp_path / name)).variables
        shapes.append({tuple(variable.shape) for variable in variables if len(variable.shape) > 2})
    assert shapes == [{(4, 4, 3), (4, 3, 4)}, {(4, 3, 3, 4)}]


@on_tensorflow
def test_litert(exported: Any, model: Any, examples: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    exported.export(path, format="litert", verbose=False)
    assert_same_numbers(interpret(path, examples), model, examples)


@on_tensorflow
@pytest.mark.filterwarnings("ignore:In the future `np.object` will be defined:FutureWarning")
def test_onnx(exported: Any, model: Any, examples: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx", reason="Keras exports ONNX with tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    path = tmp_path / "model.onnx"
    exported.export(path, format="onnx", verbose=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert_same_numbers(session.run(None, {session.get_inputs()[0].name: examples})[0], model, examples)


@on_tensorflow
@pytest.mark.filterwarnings("ignore:In the future `np.object` will be defined:FutureWarning")
def test_onnx_holds_the_composed_kernel(examples: np.ndarray, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("tf2onnx", reason="Keras exports ONNX with tf2onnx")
    model = sequential(*MODELS["compose"]())
    graphs = []
    for name, each in (("layers", model), ("folded", fold(model))):
        each(examples[:1])
        each.export(tmp_path / f"{name}.onnx", format="onnx", verbose=False)
        graphs.append(onnx.load(tmp_path / f"{name}.onnx").graph)
    assert [node.op_type for node in graphs[0].node] == [node.op_type for node in graphs[1].node]
    kernel = keras.ops.convert_to_numpy(model.get_layer("first").kernel).transpose(3, 2, 0, 1)
    for graph in graphs:
        held = [onnx.numpy_helper.to_array(each) for each in graph.initializer if len(each.dims) == 4]
        assert len(held) == 1
        np.testing.assert_allclose(held[0], kernel, rtol=0, atol=1e-6)


@on_torch
def test_torch_export(exported: Any, model: Any, examples: np.ndarray, tmp_path: Path) -> None:
    import torch

    images = torch.tensor(examples)
    program = torch.export.export(exported.eval(), (images,), strict=False)
    torch.export.save(program, tmp_path / "model.pt2")
    loaded = torch.export.load(tmp_path / "model.pt2").module()
    assert_same_numbers(loaded(images).detach().numpy(), model, examples)


# int8


@on_tensorflow
def test_int8_after_fold_costs_what_it_costs_the_plain_layer(examples: np.ndarray, tmp_path: Path) -> None:
    model = sequential(*MODELS["compose"]())
    layer = model.get_layer("first")
    plain = sequential(keras.layers.Conv2D(4, (4, 3), activation="relu", name="first"))
    plain.get_layer("first").set_weights([keras.ops.convert_to_numpy(value) for value in (layer.kernel, layer.bias)])
    plain.get_layer("head").set_weights(model.get_layer("head").get_weights())
    expected = predict(model, examples)
    errors = [np.abs(quantized(each, examples, tmp_path) - expected) for each in (fold(model), plain)]
    assert 0 < errors[0].max() < 0.05 * np.ptp(expected)
    assert errors[0].max() <= 1.2 * errors[1].max()
    assert errors[0].mean() <= 1.2 * errors[1].mean()


@on_tensorflow
def test_int8(model: Any, examples: np.ndarray, tmp_path: Path) -> None:
    expected = predict(model, examples)
    errors = [np.abs(quantized(each, examples, tmp_path) - expected) for each in (fold(model), model)]
    assert 0 < errors[0].max() < 0.05 * np.ptp(expected)
    # Converters fold the composition themselves; to filter first and mix after rounds once more.
    assert 0 < errors[1].max() < 0.05 * np.ptp(expected)


def quantized(model: Any, examples: np.ndarray, folder: Path) -> np.ndarray:
    """Return what the model gives after quantization of weights and activations, both ends included."""
    import tensorflow

    path = folder / "int8.tflite"
    model.export(
        path,
        format="litert",
        verbose=False,
        optimizations=[tensorflow.lite.Optimize.DEFAULT],
        representative_dataset=lambda: ([example[None]] for example in examples),
        target_spec={"supported_ops": [tensorflow.lite.OpsSet.TFLITE_BUILTINS_INT8]},
        inference_input_type=tensorflow.int8,
        inference_output_type=tensorflow.int8,
    )
    return interpret(path, examples, dtype="int8")


def interpret(path: Path, examples: np.ndarray, dtype: str = "float32") -> np.ndarray:
    """Run a LiteRT file on one example after the other."""
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT's interpreter is a package by itself")
    interpreter = litert.Interpreter(str(path))
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    assert source["dtype"] == result["dtype"] == np.dtype(dtype)
    found = []
    for example in examples[:, None]:
        if dtype == "int8":
            scale, zero = source["quantization"]
            example = np.clip(np.round(example / scale) + zero, -128, 127).astype("int8")
        interpreter.set_tensor(source["index"], example)
        interpreter.invoke()
        found.append(interpreter.get_tensor(result["index"])[0])
    scale, zero = result["quantization"] if dtype == "int8" else (1, 0)
    return (np.stack(found).astype("float32") - zero) * scale
