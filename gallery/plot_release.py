r"""
Freeze first, release after
===========================

A bank is a good start, and not always a good end. Here the coefficients train on a frozen Gabor bank
first, and then the bank is released and trains too, from where it stands. You will see when it
moves, how far, what its filters become, and whether it was worth it.
"""

# %%
# Three ways to train
# -------------------
#
# The same layer and data, three seeds each: the bank frozen for good, the bank free from the start,
# and the bank frozen for twelve epochs, then free. A layer whose bank may train is made with
# ``train="both"``; ``FreezeBasis`` holds it until its epoch.

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D, FreezeBasis, KernelHistory

photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")
left, right = photographs[:, :, :256], photographs[:, :, 256:]
mean, deviation = left.mean(), left.std()


def patches(halves, step):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left, step=32)
test_images, test_labels = patches(right, step=32)
bank = fb.gabor(11, orientations=2)
epochs = 18


def trained(train, callbacks, seed):
    """Return the layer, the losses of the epochs and the test accuracy of a model on it."""
    keras.utils.set_random_seed(seed)
    layer = BasisConv2D(8, bank, strides=2, activation="relu", train=train, name="textures")
    model = keras.Sequential(
        [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, metrics=["accuracy"])
    fit = model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=callbacks)
    return layer, fit.history["loss"], model.evaluate(test_images, test_labels, verbose=0)[1]


ways = {
    "frozen": ("coefficients", lambda: [KernelHistory()]),
    "free from the start": ("both", lambda: []),
    "frozen, then free": ("both", lambda: [FreezeBasis(until_epoch=12)]),
}
results = {name: [trained(train, callbacks(), seed) for seed in range(3)] for name, (train, callbacks) in ways.items()}
for name, runs in results.items():
    scores = ", ".join(f"{accuracy:.1%}" for _, _, accuracy in runs)
    moved = ", ".join(f"{layer.verify().moved:.0%}" for layer, _, _ in runs)
    print(f"{name:>20}: test accuracy {scores}; bank moved by {moved}")

# %%
# The training loss
# -----------------
#
# Thin lines are the seeds. At the release the loss of the third way takes the freedom.

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for index, (name, runs) in enumerate(results.items()):
    losses = np.array([losses for _, losses, _ in runs])
    ax.plot(np.arange(1, epochs + 1), losses.T, color=f"C{index}", linewidth=0.6)
    ax.plot(np.arange(1, epochs + 1), losses.mean(axis=0), color=f"C{index}", linewidth=2, label=name)
ax.axvline(12.5, color="k", linewidth=0.8, linestyle=":")
ax.annotate("release", (12.5, ax.get_ylim()[1]), xytext=(3, -10), textcoords="offset points", fontsize="small")
ax.set(xlabel="epoch", ylabel="training loss")
ax.legend(frameon=False)

# %%
# What the filters became
# -----------------------
#
# ``verify`` reports how far the basis is from its bank, and ``current_bank`` takes it out as a bank
# like any other: to save, to analyse, to freeze in the next network.

layer = results["frozen, then free"][0][0]
print(layer.verify())
released = layer.current_bank()
figure = plt.figure(figsize=(8, 2.4), layout="constrained")
before, after = figure.subfigures(1, 2)
fb.plot.filters(bank, fig=before)
fb.plot.filters(released, fig=after)
before.suptitle("the bank")
after.suptitle("the basis after its release")
print(released)
