r"""
Textures, on a bank and without
===============================

Does a network tell textures apart better on a Gabor bank than on free kernels? Both take part in two
sizes, each with the learning rate that suits it best, with every seed shown and random banks as the
control. At the end you will know what the design of the filters was worth here, what the size of the
kernels was worth, and how far apart two accuracies must be before anything may be claimed.
"""

# %%
# The task
# --------
#
# Photographs of brick, grass and gravel from scikit-image. Every photograph is cut from left to right
# into three parts: to train, to choose learning rates, and to test; no patch crosses from one into
# another. Every patch is brought to mean zero and deviation one, so that neither brightness nor contrast
# gives a texture away.

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D

names = ("brick", "grass", "gravel")
photographs = np.stack([getattr(data, name)() for name in names]).astype("float32")


def patches(start, stop):
    """Cut the columns from start to stop into 32x32 patches; return them with the number of their photograph."""
    part = photographs[:, :, start:stop].reshape(3, 16, 32, -1, 32).swapaxes(2, 3).reshape(-1, 32, 32, 1)
    images = part - part.mean(axis=(1, 2), keepdims=True)
    return images / images.std(axis=(1, 2), keepdims=True), np.repeat(np.arange(3), len(part) // 3)


train, validation, test = patches(0, 192), patches(192, 288), patches(288, 512)
print(f"{len(train[0])} patches to train on, {len(validation[0])} to choose by, {len(test[0])} to test on")

figure, axes = plt.subplots(3, 8, figsize=(7, 2.8), layout="constrained")
for row, name, number in zip(axes, names, range(3), strict=True):
    for ax, image in zip(row, train[0][train[1] == number][::12], strict=True):
        ax.imshow(image[..., 0], cmap="gray", vmin=-2.5, vmax=2.5)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(name)

# %%
# Who takes part
# --------------
#
# Sixteen kernels each. A Gabor bank has two frequencies, four orientations and two phases. A random bank
# has as many filters of noise, drawn anew for each seed: the same number of weights, and no design. A
# plain layer owns every pixel of its kernels. Small windows cut the Gabors, and the library warns of it;
# here that is wanted.

import warnings

warnings.simplefilter("ignore", fb.BankWarning)
gabor = {11: fb.gabor(11), 5: fb.gabor(5, frequencies=[0.2, 0.35], orientations=4)}


def on_bank(bank):
    """Return sixteen kernels on that bank."""
    return BasisConv2D(16, bank, strides=4, activation="relu")


def plain(side):
    """Return sixteen free kernels."""
    return keras.layers.Conv2D(16, side, strides=4, activation="relu")


contenders = {
    "plain, 11x11": [lambda: plain(11)],
    "Gabor bank, 11x11": [lambda: on_bank(gabor[11])],
    "random bank, 11x11": [lambda draw=draw: on_bank(fb.random(11, n=16, rng=draw)) for draw in range(3)],
    "plain, 5x5": [lambda: plain(5)],
    "Gabor bank, 5x5": [lambda: on_bank(gabor[5])],
    "random bank, 5x5": [lambda draw=draw: on_bank(fb.random(5, n=16, rng=draw)) for draw in range(3)],
}

# %%
# Every rate, every seed
# ----------------------
#
# A network is the layer, the mean of each response over the patch and a decision. A compiled network is put
# back to the start of every seed and rate, because Keras takes longer to compile so small a network than to
# train it.

rates, seeds, passes = (0.002, 0.006, 0.02), range(3), 12


def network(make_layer, seed):
    """Return a compiled network at the start of that seed."""
    keras.utils.set_random_seed(seed)
    pooled = [keras.layers.GlobalAveragePooling2D(), keras.layers.BatchNormalization(momentum=0.8)]
    model = keras.Sequential([keras.Input((32, 32, 1)), make_layer(), *pooled, keras.layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    return model


def train_from(start, model, rate, seed):
    """Train a network from the start of another one, which has the same layers."""
    for variable, first in zip(model.variables, start.variables, strict=True):
        variable.assign(first)
    for variable, first in zip(model.optimizer.variables, start.optimizer.variables, strict=True):
        variable.assign(first)
    model.optimizer.learning_rate = rate
    generator = np.random.default_rng(seed)
    for _ in range(passes):
        for batch in np.split(generator.permutation(len(train[0])), 9):
            model.train_on_batch(train[0][batch], train[1][batch])


def accuracy(model, images, labels):
    """Return the share of patches that the model names rightly."""
    return float(np.mean(np.argmax(model(images), axis=1) == labels))


def accuracies(makers):
    """Return the accuracies, (seeds, rates, 2): on the patches to choose by and on those to test on."""
    found = np.empty((len(seeds), len(rates), 2))
    for make_layer, some in zip(makers, (some.tolist() for some in np.array_split(seeds, len(makers))), strict=True):
        model = network(make_layer, 0)
        for seed in some:
            start = network(make_layer, seed)
            for column, rate in enumerate(rates):
                train_from(start, model, rate, seed)
                found[seed, column] = accuracy(model, *validation), accuracy(model, *test)
    return found


results = {name: accuracies(makers) for name, makers in contenders.items()}
chosen = {name: int(np.argmax(scores[:, :, 0].mean(axis=0))) for name, scores in results.items()}
weights = {}
for name, makers in contenders.items():
    layer = makers[0]()
    layer.build((None, 32, 32, 1))
    weights[name] = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
for name, scores in results.items():
    of_seeds = ", ".join(f"{score:.1%}" for score in scores[:, chosen[name], 1])
    print(f"{name:>18}: {weights[name]:5,} weights train, rate {rates[chosen[name]]}, test accuracy {of_seeds}")

# %%
# All of it in one picture
# ------------------------
#
# Full dots are the seeds at the rate that did best on the middle parts of the photographs, bars their
# mean; hollow dots are the other rates, which show how much a layer asks of who tunes it.

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for row, (name, scores) in enumerate(results.items()):
    colour = f"C{row % 3}"
    best = scores[:, chosen[name], 1]
    others = np.delete(scores[:, :, 1], chosen[name], axis=1).ravel()
    ax.plot(others, np.full(len(others), row + 0.18), "o", color=colour, fillstyle="none", markersize=4, alpha=0.7)
    ax.plot(best, np.full(len(best), row - 0.12), "o", color=colour, markersize=6)
    ax.vlines(best.mean(), row - 0.32, row + 0.08, color=colour, linewidth=2)
ax.set_yticks(range(len(results)), labels=[f"{name}\n{weights[name]:,} weights" for name in results], fontsize="small")
ax.invert_yaxis()
ax.xaxis.set_major_formatter("{x:.0%}")
ax.set_xlabel("test accuracy")
ax.plot([], [], "o", color="0.5", label="seeds at the chosen rate")
ax.plot([], [], "o", color="0.5", fillstyle="none", markersize=4, label="other rates")
ax.legend(frameon=False, fontsize="small", loc="lower left")
ax.grid(axis="x", color="0.5", alpha=0.3, linewidth=0.6)
ax.spines[["top", "right"]].set_visible(False)

# %%
# What may be said
# ----------------
#
# The standard error of a mean has two parts: the draw of the test patches, which more seeds make no smaller,
# and the seeds. Differences below twice the error of both together are called unclear.


def summary(name):
    """Return mean and squared standard error of the test accuracies of a contender."""
    scores = results[name][:, chosen[name], 1]
    mean = scores.mean()
    return mean, mean * (1 - mean) / len(test[0]) + scores.var(ddof=1) / len(seeds)


for side in ("11x11", "5x5"):
    for other in ("random bank", "plain"):
        (ours, our_square), (theirs, their_square) = summary(f"Gabor bank, {side}"), summary(f"{other}, {side}")
        lead, error = ours - theirs, np.sqrt(our_square + their_square)
        verdict = "no clear difference" if abs(lead) < 2 * error else "ahead" if lead > 0 else "behind"
        print(f"{side}: Gabor bank against {other}: {lead:+.1%}, standard error {error:.1%}: {verdict}")
for kind in ("plain", "Gabor bank", "random bank"):
    (small, square), (large, other_square) = summary(f"{kind}, 5x5"), summary(f"{kind}, 11x11")
    print(f"{kind}: 5x5 against 11x11 {small - large:+.1%}, standard error {np.sqrt(square + other_square):.1%}")
