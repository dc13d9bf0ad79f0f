r"""
Freeze first, release after
===========================

A bank is a good start, and not always a good end. Here the coefficients train on a frozen Gabor bank
first, and then the bank is released and trains too, from where it stands. You will see what the release
does to the loss, how far the bank moves, and what its filters become. Whether it is worth it, this page
cannot tell.
"""

# %%
# Three ways to train
# -------------------
#
# The same layer and data, three seeds each: the bank frozen for good, the bank free from the start,
# and the bank frozen for twelve epochs, then free. A layer whose bank may train is made with
# ``train="both"``; ``FreezeBasis`` holds it until its epoch. ``KernelHistory`` proves after every epoch that a
# bank that must not move did not. A plain convolution of the same shape trains beside them.

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


def plain():
    """Return a plain convolution."""
    return keras.layers.Conv2D(8, 11, strides=2, activation="relu")


def on_bank(train):
    """Return a function that makes the layer on the bank, of which that trains."""
    return lambda: BasisConv2D(8, bank, strides=2, activation="relu", train=train)


def trained(make_layer, callbacks, seed):
    """Return the layer, the losses of the epochs and the test accuracy of a model on it."""
    keras.utils.set_random_seed(seed)
    layer = make_layer()
    model = keras.Sequential(
        [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss)
    fit = model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0, callbacks=callbacks)
    right = np.argmax(model(test_images), axis=1) == test_labels
    return layer, fit.history["loss"], float(np.mean(right))


ways = {
    "plain": (plain, lambda: []),
    "frozen": (on_bank("coefficients"), lambda: [KernelHistory()]),
    "free from the start": (on_bank("both"), lambda: []),
    "frozen, then free": (on_bank("both"), lambda: [FreezeBasis(until_epoch=12)]),
}
results = {
    name: [trained(make_layer, callbacks(), seed) for seed in range(3)]
    for name, (make_layer, callbacks) in ways.items()
}
for name, runs in results.items():
    moved = ", ".join(f"{layer.verify().moved:.0%}" for layer, _, _ in runs if name != "plain")
    print(f"{name:>20}: " + (f"its bank moved by {moved}" if moved else "no bank"))

# %%
# What the accuracies do not prove
# --------------------------------
#
# They are printed so that you can see that every way learned. All trained at one rate that nobody tuned, on three
# seeds, without a random bank as the control, and a layer whose bank trains has more weights: none of it says
# that one way is better than another. :ref:`sphx_glr_gallery_plot_textures.py` shows what such a claim takes.

for name, runs in results.items():
    trainable = sum(int(np.prod(weight.shape)) for weight in runs[0][0].trainable_weights)
    scores = ", ".join(f"{accuracy:.1%}" for _, _, accuracy in runs)
    print(f"{name:>20}: {trainable:5,} weights train at the end, test accuracy {scores}")

# %%
# The training loss
# -----------------
#
# Thin lines are the seeds, thick ones their means. The dotted line is where ``FreezeBasis`` lets go of the bank.

figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for index, (name, runs) in enumerate(results.items()):
    losses = np.array([losses for _, losses, _ in runs])
    colour = "0.5" if name == "plain" else f"C{index - 1}"
    ax.plot(np.arange(1, epochs + 1), losses.T, color=colour, linewidth=0.6)
    ax.plot(np.arange(1, epochs + 1), losses.mean(axis=0), color=colour, linewidth=2, label=name)
ax.axvline(12.5, color="k", linewidth=0.8, linestyle=":")
ax.annotate("release", (12.5, ax.get_ylim()[1]), xytext=(3, -10), textcoords="offset points", fontsize="small")
ax.set(xlabel="epoch", ylabel="training loss", xticks=range(3, epochs + 1, 3))
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
