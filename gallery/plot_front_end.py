r"""
Complex cells as a front end
============================

Simple cells of the visual cortex respond to a wave at one place; complex cells add the squares of
two that stand a quarter of a wave apart, and so respond to the wave wherever it is. A frozen Gabor
bank in front of a network does the same. You will see the responses, and what a network of a few
weights makes of them.
"""

# %%
# The bank and its energies
# -------------------------
#
# ``BankResponse2D`` finds the pairs by the bank's column ``phase``.

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BankResponse2D

bank = fb.gabor(15, frequencies=[0.12, 0.25], orientations=4)
front = BankResponse2D(bank, output="energy", padding="same")
brick = data.brick()[:128, :128].astype("float32") / 255
energies = np.asarray(front(brick[None, ..., None] - brick.mean()))[0]
print(front.verify())
print(f"{len(bank)} filters make {energies.shape[-1]} energies")

# %%
# Responses to bricks
# -------------------
#
# The long joints run down the picture, so the wave along x answers there; the short ones answer to
# the wave along y. The energy has no stripes of its own: it is an envelope.

figure, axes = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained")
simple = np.asarray(BankResponse2D(bank, padding="same")(brick[None, ..., None] - brick.mean()))[0]
columns = bank.parameters["orientation"], bank.parameters["frequency"], bank.parameters["phase"]
upright = int(np.flatnonzero(np.isclose(columns[0], np.pi / 2) & (columns[1] == 0.12) & (columns[2] == 0))[0])
for ax, picture, title, colours in (
    (axes[0], brick, "bricks", "gray"),
    (axes[1], simple[..., upright], "simple cell, wave along y", "RdBu_r"),
    (axes[2], energies[..., upright // 2], "complex cell, wave along y", "viridis"),
    (axes[3], energies[..., 0], "complex cell, wave along x", "viridis"),
):
    end = np.abs(picture).max()
    ax.imshow(picture, cmap=colours, **({"vmin": -end, "vmax": end} if colours == "RdBu_r" else {}))
    ax.set_title(title, fontsize="small")
    ax.set_axis_off()

# %%
# A network of a few weights behind it
# ------------------------------------
#
# Brick, grass and gravel, the left halves to train on, the right halves to test on. Behind the
# frozen front end stand a gain for each response, the mean over the patch and one dense layer. The
# control is a random bank in the place of the Gabors, whose filters have no partners; three seeds each.
# The mean of a linear response says next to nothing of a texture: what matters is that it is rectified.
# The magnitudes of the 16 single filters are as good here as the 8 energies, which average out the rest.

photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")
left, right = photographs[:, :, :256], photographs[:, :, 256:]
mean, deviation = left.mean(), left.std()


def patches(halves, step=24):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left)
test_images, test_labels = patches(right)


def accuracy(bank, output, seed):
    """Return the test accuracy of a network behind that front end, after fifteen epochs."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            BankResponse2D(bank, strides=2, output=output, use_gain=True),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.fit(images, labels, batch_size=32, epochs=15, verbose=0)
    return float(np.mean(np.argmax(model.predict(test_images, verbose=0), axis=1) == test_labels))


for name, filters, output in (
    ("Gabor, linear", bank, "linear"),
    ("Gabor, abs", bank, "abs"),
    ("Gabor, energy", bank, "energy"),
    ("random, abs", fb.random(15, n=16, rng=0), "abs"),
):
    scores = [accuracy(filters, output, seed) for seed in range(3)]
    print(f"{name:>14}: " + ", ".join(f"{score:.1%}" for score in scores))
