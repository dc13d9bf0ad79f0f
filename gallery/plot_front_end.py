r"""
A V1 front end
==============

The first visual area of the cortex, V1, can be put in front of a network: filters drawn from what neurons
of the macaque prefer, frozen; simple cells, which rectify what the filters say, and complex cells, which
add the squares of two that stand a quarter of a wave apart. At the end you will know how the two are told
apart in an experiment, what each says of a photograph, and what a network of a few weights makes of them.
"""

# %%
# The filters
# -----------
#
# ``fb.v1`` draws orientation, frequency, widths and phase from published counts of neurons. At 16 pixels a
# degree, a patch of 32 pixels is two degrees of the visual field. ``fb.quadrature`` makes the partner of
# each filter, a quarter of a wave apart. A window of 21 pixels cuts the widest filters a little, and the
# library says so; here it is wanted.

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BankResponse2D

with warnings.catch_warnings(action="ignore", category=fb.BankWarning):
    neurons = fb.v1(21, samples=32, pixels_per_degree=16, rng=0)
partners = fb.quadrature(neurons)
pairs = fb.concatenate(neurons, partners)
degrees = neurons.parameters["frequency"] * 16
print(f"{len(neurons)} neurons, prefer {degrees.min():.1f} to {degrees.max():.1f} cycles per degree")
fb.plot.filters(neurons, scale="each")

# %%
# What they are tuned to, measured on the filters themselves; half a cycle per pixel is 8 cycles per degree here.

fb.plot.tuning(neurons, marginals=True)

# %%
# Two kinds of cells
# ------------------
#
# ``BankResponse2D`` is the frozen bank as a layer. ``output="energy"`` finds the partners by the bank's
# column ``phase`` and adds their squares; the root puts both kinds of cells in the unit of the image.


def simple(images):
    """Return the rectified responses of the neurons' filters."""
    return keras.ops.relu(BankResponse2D(neurons, padding="same")(images))


def complex_(images):
    """Return the roots of the energies of the filters and their partners."""
    return keras.ops.sqrt(BankResponse2D(pairs, output="energy", padding="same")(images))


front = BankResponse2D(pairs, output="energy")
front.build((None, 32, 32, 1))
print(front.verify())

# %%
# The experiment
# --------------
#
# A grating of the frequency and the direction that a neuron prefers drifts over it, as in the laboratory.
# A simple cell answers when the bars fit, a complex cell all the time. The measure of it is the modulation
# ratio, the response's amplitude at the frequency of the drift over its mean (Skottun et al., Vision Res. 31
# (1991), 1079-1086): cells above 1 are called simple, and those below complex.

y, x = np.mgrid[-10:11, -10:11]
drift = np.linspace(0, 2, 65)[:-1]  # two periods
responses = {"simple": [], "complex": []}
for neuron in range(len(neurons)):
    frequency, angle = (neurons.parameters[name][neuron] for name in ("frequency", "orientation"))
    waves = np.cos(2 * np.pi * (frequency * (x * np.cos(angle) + y * np.sin(angle)) - drift[:, None, None]))
    one, other = (np.tensordot(waves, bank.filters[neuron], 2) for bank in (neurons, partners))
    responses["simple"].append(np.maximum(one, 0))
    responses["complex"].append(np.hypot(one, other))
ratios = {}
for kind, curves in responses.items():
    spectrum = np.fft.rfft(curves, axis=1)
    ratios[kind] = 2 * np.abs(spectrum[:, 2]) / np.abs(spectrum[:, 0])
    print(f"{kind} cells: modulation ratio {ratios[kind].min():.2f} to {ratios[kind].max():.2f}")

figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
for kind, curves in responses.items():
    ax.plot(drift, curves[0], label=f"{kind} cell")
ax.set(xlabel="drift of the grating in periods", ylabel="response of the first neuron", xlim=(0, 2))
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False, loc="center right")

# %%
# What they say of a photograph
# -----------------------------
#
# Bricks, seen by the neurons that come closest to the two directions of the joints. A simple cell draws
# lines where its filter fits; a complex cell has none of its own: it is an envelope.

bricks = data.brick()[:160, :160].astype("float32") / 255
image = (bricks - bricks.mean())[None, ..., None]
seen = {"simple": np.asarray(simple(image))[0], "complex": np.asarray(complex_(image))[0]}
orientation = neurons.parameters["orientation"]
figure, axes = plt.subplots(1, 5, figsize=(10, 2.35), layout="constrained")
axes[0].imshow(bricks, cmap="gray")
axes[0].set_title("bricks", fontsize="small")
for places, angle, name in ((axes[1:3], 0, "along x"), (axes[3:], np.pi / 2, "along y")):
    neuron = int(np.argmin(np.abs(np.sin(orientation - angle))))
    limit = max(maps[..., neuron].max() for maps in seen.values())
    for ax, (kind, maps) in zip(places, seen.items(), strict=True):
        ax.imshow(maps[..., neuron], cmap="viridis", vmin=0, vmax=limit)
        ax.set_title(f"{kind}, wave {name} ({np.rad2deg(orientation[neuron]):.0f}°)", fontsize="small")
for ax in axes:
    ax.set_axis_off()

# %%
# A network of a few weights behind it
# ------------------------------------
#
# Brick, grass and gravel, the left halves to train on, the right halves to test on, every patch at mean
# zero and deviation one. Behind the frozen cells stand the mean over the patch and one dense layer. The
# controls are the bare linear responses, whose means say next to nothing of a texture, and rectified random
# filters, as many as there are in V1 with its partners. Three seeds each.

photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")


def patches(start, stop):
    """Cut the columns from start to stop into 32x32 patches; return them with the number of their photograph."""
    part = photographs[:, :, start:stop].reshape(3, 16, 32, -1, 32).swapaxes(2, 3).reshape(-1, 32, 32, 1)
    images = part - part.mean(axis=(1, 2), keepdims=True)
    return images / images.std(axis=(1, 2), keepdims=True), np.repeat(np.arange(3), len(part) // 3)


(images, labels), (test_images, test_labels) = patches(0, 256), patches(256, 512)


def cells(kind, seed):
    """Return a function from images to the responses of cells of that kind."""
    if kind == "random, rectified":
        filters = fb.random(21, n=len(pairs), rng=seed)
        return lambda images: keras.ops.relu(BankResponse2D(filters, strides=2)(images))
    linear = BankResponse2D(neurons, strides=2)
    energy = BankResponse2D(pairs, strides=2, output="energy")
    return {
        "linear": linear,
        "simple": lambda images: keras.ops.relu(linear(images)),
        "complex": lambda images: keras.ops.sqrt(energy(images)),
        "simple and complex": lambda images: keras.ops.concatenate(
            [keras.ops.relu(linear(images)), keras.ops.sqrt(energy(images))], axis=-1
        ),
    }[kind]


def accuracy(kind, seed):
    """Return the weights that train and the test accuracy of a network behind such cells."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((32, 32, 1))
    means = keras.layers.GlobalAveragePooling2D()(cells(kind, seed)(inputs))
    outputs = keras.layers.Dense(3)(keras.layers.BatchNormalization(momentum=0.8)(means))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels, batch_size=64, epochs=8, verbose=0)
    weights = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return weights, float(np.mean(np.argmax(model(test_images), axis=1) == test_labels))


for kind in ("linear", "simple", "complex", "simple and complex", "random, rectified"):
    runs = [accuracy(kind, seed) for seed in range(3)]
    print(f"{kind:>18}: {runs[0][0]:3} weights train, " + ", ".join(f"{score:.1%}" for _, score in runs))
