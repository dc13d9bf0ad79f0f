"""Pictures of models and trainings that Keras made."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import slices_of, tiles_of

import filterbank as fb
from filterbank.layers import (
    BasisConv1D,
    BasisConv1DTranspose,
    BasisConv2D,
    BasisConv3D,
    BasisConv3DTranspose,
    BasisDepthwiseConv2D,
    KernelHistory,
)


def test_a_keras_model_on_one_page():
    bank = fb.dct(5, n=6)
    inner = keras.Sequential(
        [keras.Input((16, 16, 4)), BasisDepthwiseConv2D(bank, name="depthwise"), keras.layers.Conv2D(8, 1, name="mix")],
        name="inner",
    )
    model = keras.Sequential(
        [
            keras.Input((20, 20, 3)),
            BasisConv2D(4, bank, name="first"),
            inner,
            keras.layers.Conv2DTranspose(2, 3, name="up"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ],
        name="outer",
    )
    (axes,) = fb.plot.model(model).axes
    texts = [text.get_text() for text in axes.texts]
    assert [name for name in texts if name in ("first", "inner/depthwise", "inner/mix", "up")] == [
        "first",
        "inner/depthwise",
        "inner/mix",
        "up",
    ]
    assert any("BasisConv2D, 5x5, 3 → 4\ndct, 6 filters\n72 coefficients" in text for text in texts)
    assert any("Conv2DTranspose, 3x3, 8 → 2\n144 weights" in text for text in texts)
    first, mix = model.get_layer("first"), inner.get_layer("mix")
    coefficients, matrix = (
        next(image.get_array() for image in axes.get_images() if image.get_array().shape == shape)
        for shape in [(6, 12), (4, 8)]
    )
    weights = np.asarray(first.coefficients, dtype=np.float64).reshape(6, -1)
    np.testing.assert_allclose(coefficients, weights / np.abs(weights).max(), rtol=1e-12)
    kernel = keras.ops.convert_to_numpy(mix.kernel)[0, 0].astype(np.float64)
    np.testing.assert_allclose(matrix, kernel / np.abs(kernel).max(), rtol=1e-12)
    plt.close("all")


def test_the_film_of_a_training_ends_with_the_kernels_of_the_model():
    layer = BasisConv2D(3, fb.dct(5, n=6), train="both", residual=True, name="first")
    model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = KernelHistory()
    rng = np.random.default_rng(0)
    images, targets = rng.standard_normal((8, 8, 8, 1)), rng.standard_normal((8, 4, 4, 3))
    model.fit(images, targets, epochs=2, verbose=0, callbacks=[history])
    movie = fb.plot.animate(history)
    assert movie.labels == ("epoch 0", "epoch 1", "epoch 2")
    kernels = np.moveaxis(keras.ops.convert_to_numpy(layer.kernel)[:, :, 0], -1, 0)
    for frame, expected in [(2, kernels), (0, np.moveaxis(history.kernels("first")[0][:, :, 0], -1, 0))]:
        movie.draw(frame)
        shown = tiles_of(movie.figure.axes[0], (5, 5)).reshape(-1, 5, 5)[:3]
        np.testing.assert_allclose(shown, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "moved"),
    [({"train": "basis"}, "kernels"), ({"residual": True}, "kernels"), ({}, "coefficients")],
    ids=["basis", "residual", "coefficients"],
)
def test_the_distance_from_the_start_is_that_of_all_that_trains(settings, moved):
    layer = BasisConv2D(3, 3 * fb.gabor(5, n=4, orientations=4).filters, name="first", **settings)
    model = keras.Sequential([keras.Input((8, 8, 2)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = KernelHistory()
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 8, 8, 2)), rng.normal(size=(8, 4, 4, 3)), epochs=2, verbose=0, callbacks=[history])
    values = history.kernels("first") if moved == "kernels" else history.coefficients["first"]
    expected = [np.linalg.norm(value - values[0]) / np.linalg.norm(values[0]) for value in values]
    top, curves = fb.plot.training(history).axes
    np.testing.assert_allclose(curves.get_lines()[0].get_ydata(), expected, rtol=1e-5, atol=1e-7)
    assert expected[-1] > 0.01
    assert f"that of the {moved} of the layer first ends at {expected[-1]:.3g}" in curves.get_label()
    assert "input 0 of 2" in top.get_xlabel()
    assert "nput 0 of 2" in top.get_label()
    movie = fb.plot.animate(history)
    assert f"distance of the {moved} from the start" in movie.figure.axes[1].get_label()
    assert "input 0 of 2" in movie.figure.axes[0].get_xlabel()
    plt.close("all")


@pytest.mark.parametrize(("layer_on", "size"), [(BasisConv1D, (9,)), (BasisConv3D, (3, 5, 5))])
def test_trainings_of_other_dimensions_begin_and_end_with_the_kernels_of_the_model(layer_on, size):
    layer = layer_on(3, fb.dct(size, n=6), name="first")
    model = keras.Sequential([keras.Input((*size, 2)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    history = KernelHistory()
    rng = np.random.default_rng(0)
    images, targets = rng.standard_normal((8, *size, 2)), rng.standard_normal((8, *[1] * len(size), 3))
    start = keras.ops.convert_to_numpy(layer.kernel)
    model.fit(images, targets, epochs=2, verbose=0, callbacks=[history])
    kernels = [np.moveaxis(one[..., 1, :], -1, 0) for one in (start, keras.ops.convert_to_numpy(layer.kernel))]
    assert np.abs(kernels[1] - kernels[0]).max() > 0.01

    movie = fb.plot.animate(history, in_=1)
    for frame, expected in [(2, kernels[1]), (0, kernels[0])]:
        movie.draw(frame)
        np.testing.assert_allclose(drawn(movie.figure.axes[0], size)[:3], [seen(one) for one in expected], atol=1e-6)
    axes = fb.plot.training(history, in_=1, snapshots=2).axes[0]
    both = [seen(one) for one in np.stack(kernels, axis=1).reshape(-1, *size)]
    np.testing.assert_allclose(drawn(axes, size), both, atol=1e-6)
    plt.close("all")


@pytest.mark.parametrize(("layer_on", "size"), [(BasisConv1DTranspose, (9,)), (BasisConv3DTranspose, (3, 5, 5))])
def test_trainings_of_transposed_layers_have_their_outputs(layer_on, size, tmp_path):
    layer = layer_on(3, fb.dct(size, n=6), residual=True, name="first")
    model = keras.Sequential([keras.Input((*[1] * len(size), 2)), layer])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    rng = np.random.default_rng(0)
    images, targets = rng.standard_normal((8, *[1] * len(size), 2)), rng.standard_normal((8, *size, 3))
    model.fit(images, targets, epochs=1, verbose=0, callbacks=[KernelHistory(tmp_path / "history.npz")])
    history = KernelHistory.load(tmp_path / "history.npz")
    assert history.transposed == {"first"}
    kernels = np.moveaxis(keras.ops.convert_to_numpy(layer.kernel)[..., 1], -1, 0)
    expected = [seen(one) for one in kernels]
    top = fb.plot.training(history, in_=1, snapshots=1).axes[0]
    assert [label.get_text() for label in top.get_yticklabels()] == ["output 0", "output 1", "output 2"]
    np.testing.assert_allclose(drawn(top, size), expected, atol=1e-6)
    movie = fb.plot.animate(history, in_=1)
    np.testing.assert_allclose(drawn(movie.figure.axes[0], size)[:3], expected, atol=1e-6)
    (image,) = fb.plot.animate(history, what="coefficients", outputs=[2]).figure.axes[0].get_images()
    coefficients = keras.ops.convert_to_numpy(layer.coefficients)
    np.testing.assert_allclose(image.get_array(), coefficients[:, 2], atol=1e-6)
    plt.close("all")


def drawn(axes, size):
    """Return the numbers that a picture draws, those of a kernel after the other."""
    if len(size) == 1:
        return axes.collections[1].get_array().reshape(-1, *size)
    return tiles_of(axes, (5, 15)).reshape(-1, 5, 15)


def seen(kernel):
    """Return what a picture shows of a kernel: all of a signal, and of a volume the slices."""
    return kernel if kernel.ndim == 1 else slices_of(kernel)
