r"""
How few filters are enough?
===========================

A network is trained on plain convolutions and then projected onto banks of a few filters, by least
squares: on the best bank for its own kernels, on cosines, on random filters. You will see what each
costs in accuracy, and how training the bank itself for a moment wins much of it back.
"""

# %%
# A network to compress
# ---------------------
#
# It tells patches of brick, grass and gravel apart (scikit-image; the left halves of the photographs
# to train on, the right halves to test on).

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import project

photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")
left, right = photographs[:, :, :256], photographs[:, :, 256:]
mean, deviation = left.mean(), left.std()


def patches(halves, step=20):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left)
test_images, test_labels = patches(right)

keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((32, 32, 1)),
        keras.layers.Conv2D(16, 7, strides=2, activation="relu", name="first"),
        keras.layers.Conv2D(32, 5, activation="relu", name="second"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
network.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
network.fit(images, labels, batch_size=32, epochs=10, verbose=0)


def accuracy(model):
    """Return the share of test patches that the model names rightly."""
    return float(np.mean(np.argmax(model.predict(test_images, verbose=0), axis=1) == test_labels))


print(f"plain network: test accuracy {accuracy(network):.1%} of {len(test_labels)} patches")

# %%
# Every layer on its own best filters
# -----------------------------------
#
# ``fb.kernel_basis`` finds the filters that hold a layer's kernels best: their singular vectors. A
# chooser gets the size of the kernel and the layer, and returns a bank. The report says what was kept.

conversion = project(network, lambda size, layer: fb.kernel_basis(layer, 0.8), inputs=test_images)
print(conversion.report)

# %%
# Accuracy against what is stored
# -------------------------------
#
# Coefficients, banks and biases of both layers are counted. Random filters are the control: three
# draws, each shown.


def stored(model):
    """Return how many numbers the convolutions of a model hold."""
    return sum(model.get_layer(name).count_params() for name in ("first", "second"))


counts = (1, 2, 4, 8, 16)
choosers = {
    "its own filters": lambda n: lambda size, layer: fb.kernel_basis(layer, n),
    "cosines": lambda n: lambda size, layer: fb.dct(size, n=n),
    **{
        f"random filters, draw {draw}": lambda n, draw=draw: lambda size, layer: fb.random(size, n=n, rng=draw)
        for draw in range(3)
    },
}
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for name, chooser in choosers.items():
    models = [project(network, chooser(n)).model for n in counts]
    scores = [accuracy(model) for model in models]
    style = {"color": "0.7", "marker": "."} if "random" in name else {"marker": "o"}
    label = "random filters, three draws" if name.endswith("0") else None if "random" in name else name
    axes.plot([stored(model) for model in models], scores, label=label, **style)
    print(f"{name:>24}: " + ", ".join(f"{n}: {score:.0%}" for n, score in zip(counts, scores, strict=True)))
axes.axhline(accuracy(network), color="k", linewidth=0.8, linestyle=":", label="plain network")
axes.set(xlabel="numbers stored in the two convolutions", ylabel="test accuracy", xscale="log", ylim=(0.25, 1.02))
axes.axvline(stored(network), color="k", linewidth=0.8, linestyle=":")
axes.legend(frameon=False)

# %%
# Fine tuning by the filters alone
# --------------------------------
#
# Three filters a layer lose much. With ``train="basis"`` the coefficients stay and the filters
# move: few numbers, trained for two epochs on the same patches.

tuned = project(network, lambda size, layer: fb.kernel_basis(layer, 3), train="basis").model
before = accuracy(tuned)
tuned.compile(keras.optimizers.Adam(0.003), loss)
tuned.fit(images, labels, batch_size=32, epochs=2, verbose=0)
for name in ("first", "second"):
    print(tuned.get_layer(name).verify())
print(f"test accuracy with three filters a layer: {before:.1%}, after two epochs {accuracy(tuned):.1%}")

figure = plt.figure(figsize=(7, 1.9), layout="constrained")
top, bottom = figure.subfigures(1, 2)
fb.plot.filters(fb.kernel_basis(network.get_layer("first").kernel, 3), fig=top)
fb.plot.filters(tuned.get_layer("first"), fig=bottom)
top.suptitle("before")
bottom.suptitle("after fine tuning")
