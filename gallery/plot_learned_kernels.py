r"""
What did the layer learn?
=========================

A plain convolution and one on a bank, trained on the same photographs, side by side: the kernels,
what they are made of, and what of a plain layer's kernels a bank could have said. At the end you
can ask a trained layer of your own the same questions.
"""

# %%
# Two layers, one task
# --------------------
#
# Patches of brick, grass and gravel (scikit-image), the left halves of the photographs to train on,
# the right halves to test on. The bank is for textures: Gabor filters at two frequencies, four
# orientations and two phases. Ten low-pass filters would throw away what tells textures apart.

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D, fold

photographs = [data.brick(), data.grass(), data.gravel()]
left = np.stack([photograph[:, :256] for photograph in photographs]).astype("float32")
right = np.stack([photograph[:, 256:] for photograph in photographs]).astype("float32")
mean, deviation = left.mean(), left.std()


def patches(halves, step):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left, step=20)
test_images, test_labels = patches(right, step=20)


def trained(layer):
    """Return a model on that layer after twelve epochs."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=12, verbose=0)
    return model


bank = fb.gabor(11)
plain = keras.layers.Conv2D(16, 11, activation="relu", name="plain")
on_bank = BasisConv2D(16, bank, activation="relu", name="on_bank")
for layer in (plain, on_bank):
    model = trained(layer)
    accuracy = model.evaluate(test_images, test_labels, verbose=0)[1]
    trainable = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
    print(f"{layer.name:>8}: {trainable:5,} weights train in the layer, test accuracy {accuracy:.1%}")

# %%
# The kernels
# -----------
#
# Plain kernels keep much of the noise that they started from. Kernels on a bank cannot: they are
# Gabors added up. Every picture can be drawn in a part of a figure of yours.

figure = plt.figure(figsize=(9, 4), layout="constrained")
for layer, part in zip((plain, on_bank), figure.subfigures(1, 2), strict=True):
    fb.plot.kernels(layer, fig=part)

# %%
# What a kernel is made of
# ------------------------

fb.plot.decomposition(on_bank, out=int(np.argmax(np.linalg.norm(on_bank.coefficients, axis=(0, 1)))))

# %%
# What a bank could have said
# ---------------------------
#
# The plain layer's kernels, projected onto banks of fifteen filters by least squares: the share of
# their energy that each family explains, with the interval that another draw of the kernels would give.
# Random filters are the control, and the principal components of the kernels themselves are the best
# that any fifteen filters could do.

candidates = {
    "gabor": bank,
    "dct": fb.dct(11, n=16),
    "hermite": fb.hermite(11, n=15),
    "pca of the photographs": fb.pca(left, 11, n=16),
}
print(fb.analysis.compare(plain, candidates))

# %%
# Back to plain Keras
# -------------------
#
# ``fold`` composes the kernels once and for all: a model of plain layers with the same output, for
# export or to train on freely.

folded = fold(model)
difference = np.abs(folded.predict(test_images, verbose=0) - model.predict(test_images, verbose=0)).max()
print([type(layer).__name__ for layer in folded.layers], f"largest difference of an output: {difference:.1e}")
