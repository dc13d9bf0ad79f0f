r"""
Onto a bank and back
====================

A trained plain network is put onto a bank of ten filters, its coefficients train on for a moment, and
the result goes back to plain Keras layers. At the end you will know what each of the three steps keeps
of the network's outputs: nothing is lost where the bank spans all kernels or a residual holds the rest,
something is lost where neither does, and the way back costs no more than a rounding of float32.
"""

# %%
# A trained network
# -----------------
#
# Two plain convolutions on scikit-learn's handwritten digits: 1,000 to train on, 797 to test on.

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import filterbank as fb
from filterbank.layers import fold, project

digits, labels = load_digits(return_X_y=True)
digits = (digits.reshape(-1, 8, 8, 1).astype("float32") - 8) / 8
images, test_images, test_labels = digits[:1000], digits[1000:], labels[1000:]

keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(16, 5, padding="same", activation="relu", name="first"),
        keras.layers.Conv2D(24, 5, strides=2, padding="same", activation="relu", name="second"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, name="scores"),
    ]
)


def train(model, rate, epochs):
    """Train a model on the digits."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(images, labels[:1000], batch_size=32, epochs=epochs, verbose=0)


def scores(model):
    """Return the outputs of a model for the test images, (797, 10)."""
    return np.asarray(model(test_images))


def accuracy(model):
    """Return the share of the test images that the model names rightly."""
    return np.mean(np.argmax(scores(model), axis=1) == test_labels)


train(network, 0.003, 6)
original = scores(network)
print(
    f"plain network: test accuracy {accuracy(network):.1%}, outputs from {original.min():.1f} to {original.max():.1f}"
)

# %%
# Project
# -------
#
# ``project`` finds the coefficients by least squares and leaves the given network as it is. On all 25
# cosines it is a change of coordinates; on the first ten the report says how much of the kernels' energy
# they explain; with ``residual=True`` a free kernel takes the rest. Given inputs, the report also
# compares the outputs of every layer, for what reaches it in the given network.

ten = fb.dct(5, n=10)
projections = {
    "all 25 cosines": project(network, "dct", inputs=test_images),
    "ten cosines": project(network, ten, inputs=test_images),
    "ten cosines and a residual": project(network, ten, inputs=test_images, residual=True),
}
for name, conversion in projections.items():
    difference = np.abs(scores(conversion.model) - original).max()
    print(f"{name}: test accuracy {accuracy(conversion.model):.1%}, largest difference of an output {difference:.2g}")
    print(conversion.report, end="\n\n")

# %%
# Fine-tune the coefficients
# --------------------------
#
# From where the projection left them, for two epochs, at a third of the rate. The filters do not move, which
# ``verify`` proves.

on_bank = projections["ten cosines"].model
projected = {name: np.array(on_bank.get_layer(name).kernel) for name in ("first", "second")}
projected_scores = scores(on_bank)
before = accuracy(on_bank)
train(on_bank, 0.001, 2)
print(f"test accuracy {before:.1%} after the projection, {accuracy(on_bank):.1%} after two epochs")
for name in ("first", "second"):
    print(on_bank.get_layer(name).verify())
fb.plot.model(on_bank)

# %%
# Fold
# ----
#
# ``fold`` composes the kernels once and for all. What comes out knows nothing of the library.

folded = fold(on_bank)
print([type(layer).__module__.split(".")[0] + " " + type(layer).__name__ for layer in folded.layers])
step = np.finfo(np.float32).eps
tuned_scores, folded_scores = scores(on_bank), scores(folded)
for name in ("first", "second"):
    composed, kernel = (np.asarray(model.get_layer(name).kernel) for model in (on_bank, folded))
    difference = np.abs(kernel - composed).max() / np.abs(composed).max()
    print(f"kernels of {name}: largest difference {difference / step:.1f} steps of float32")
difference = np.abs(folded_scores - tuned_scores).max() / np.abs(tuned_scores).max()
print(f"outputs: largest difference {difference / step:.1f} steps of float32")

# %%
# The kernels on their way
# ------------------------
#
# The first layer: as trained, as the ten cosines say it, and after the fine-tuning, which is what was
# folded. All on one scale.

stages = {
    "trained": np.asarray(network.get_layer("first").kernel),
    "projected": projected["first"],
    "fine-tuned, folded": np.asarray(folded.get_layer("first").kernel),
}
figure = plt.figure(figsize=(9, 2.9), layout="constrained")
limit = max(np.abs(kernels).max() for kernels in stages.values())
for part, (name, kernels) in zip(figure.subfigures(1, 3), stages.items(), strict=True):
    fb.plot.kernels(kernels, limit=limit, fig=part)
    part.suptitle(name)

# %%
# The outputs on their way
# ------------------------
#
# Every dot is one of the ten scores of a test image, before and after a step. What lies on the diagonal was
# kept.

steps = {
    "project on ten cosines": (original, projected_scores),
    "fine-tune the coefficients": (projected_scores, tuned_scores),
    "fold": (tuned_scores, folded_scores),
}
figure, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained", sharex=True, sharey=True)
for ax, (name, (first, then)) in zip(axes, steps.items(), strict=True):
    ax.axline((0, 0), slope=1, color="0.5", linewidth=0.8)
    ax.plot(first.ravel(), then.ravel(), ".", markersize=2, alpha=0.4)
    ax.set(title=name, xlabel="score before", aspect="equal")
    share = np.mean(np.argmax(first, axis=1) == np.argmax(then, axis=1))
    ax.text(0.04, 0.95, f"{share:.1%} of the decisions kept", transform=ax.transAxes, va="top", fontsize="small")
axes[0].set_ylabel("score after")
