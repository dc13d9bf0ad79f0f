"""Pictures of models and trainings that Keras made."""

import keras
import matplotlib.pyplot as plt
import numpy as np
from plotted import tiles_of

import filterbank as fb
from filterbank.layers import BasisConv2D, BasisDepthwiseConv2D, KernelHistory


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
