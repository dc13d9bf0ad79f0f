r"""
Few images to train on
======================

When images are few, fewer weights should help: that is the hope that banks are sold with. Textures, from
five to fifty patches a class to learn from, put it to the test, for free kernels and for kernels
on a Gabor bank and on random filters, all in two sizes. At the end you will know what the
bank gave here, seed by seed, and what the choice of a smaller kernel gave.
"""

# %%
# The images
# ----------
#
# Patches of brick, grass and gravel (scikit-image). The left parts of the photographs are there to be drawn
# from, a few patches of each class for every seed; the next parts choose the learning rate; the right parts
# test. Every patch has mean zero and deviation one.

import itertools
import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D

warnings.simplefilter("ignore", fb.BankWarning)
photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")


def patches(start, stop):
    """Cut the columns from start to stop into 32x32 patches; return them with the number of their photograph."""
    part = photographs[:, :, start:stop].reshape(3, 16, 32, -1, 32).swapaxes(2, 3).reshape(-1, 32, 32, 1)
    images = part - part.mean(axis=(1, 2), keepdims=True)
    return images / images.std(axis=(1, 2), keepdims=True), np.repeat(np.arange(3), len(part) // 3)


(images, labels), validation, test = patches(0, 192), patches(192, 288), patches(288, 512)
print(f"{len(images)} patches to draw from, {len(validation[0])} to choose by, {len(test[0])} to test on")

# %%
# Who takes part
# --------------
#
# Sixteen kernels each, the mean of each response over the patch, and a decision. The random filters are
# drawn anew for each seed.

seeds, counts, rates = range(3), (5, 10, 20, 50), (0.0006, 0.002, 0.006, 0.02, 0.06)
gabor = {11: fb.gabor(11), 5: fb.gabor(5, frequencies=[0.2, 0.35], orientations=4)}


def plain(side):
    """Return sixteen free kernels."""
    return keras.layers.Conv2D(16, side, strides=4, activation="relu")


def on_bank(bank):
    """Return sixteen kernels on that bank."""
    return BasisConv2D(16, bank, strides=4, activation="relu")


contenders = {
    "plain, 11x11": [lambda: plain(11)],
    "Gabor bank, 11x11": [lambda: on_bank(gabor[11])],
    "random bank, 11x11": [lambda draw=draw: on_bank(fb.random(11, n=16, rng=draw)) for draw in seeds],
    "plain, 5x5": [lambda: plain(5)],
    "Gabor bank, 5x5": [lambda: on_bank(gabor[5])],
    "random bank, 5x5": [lambda draw=draw: on_bank(fb.random(5, n=16, rng=draw)) for draw in seeds],
}

# %%
# Training
# --------
#
# Every network sees 60 batches of 24 patches, drawn from its few again and again. A compiled network is
# put back to the start of each run, because Keras takes longer to compile so small a network than to train
# it; the start brings its random filters along. The rate of each contender is the one that does best on the
# patches to choose by, after training on twenty of a class, over the seeds. That takes more labelled patches
# than the smaller cases train on, so nobody with five patches a class could have chosen so well; but it is
# the same for all contenders. A chosen rate that is the first or the last of the five says that a rate
# beyond it may do better still.


def network(make_layer, seed):
    """Return a compiled network at the start of that seed."""
    keras.utils.set_random_seed(seed)
    pooled = [keras.layers.GlobalAveragePooling2D(), keras.layers.BatchNormalization(momentum=0.8)]
    model = keras.Sequential([keras.Input((32, 32, 1)), make_layer(), *pooled, keras.layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.build(model.trainable_variables)
    return model


def train_from(start, model, rate, count, seed):
    """Train a network, from the start of another one with the same layers, on so many patches of each class."""
    for ours, first in ((model, start), (model.optimizer, start.optimizer)):
        for variable, value in zip(ours.variables, first.variables, strict=True):
            variable.assign(value)
    model.optimizer.learning_rate = rate
    generator = np.random.default_rng(seed)
    few = [generator.choice(np.flatnonzero(labels == one), count, replace=False) for one in range(3)]
    for batch in generator.choice(np.concatenate(few), (60, 24)):
        model.train_on_batch(images[batch], labels[batch])


def accuracy(model, images, labels):
    """Return the share of patches that the model names rightly."""
    return float(np.mean(np.argmax(model(images), axis=1) == labels))


def accuracies(makers):
    """Return the rate that was chosen and the test accuracies, (seeds, counts)."""
    model = network(makers[0], 0)
    runs = [(network(makers[seed % len(makers)], seed), seed) for seed in seeds]
    tried = np.empty((len(rates), len(seeds), 2))
    for (row, rate), (start, seed) in itertools.product(enumerate(rates), runs):
        train_from(start, model, rate, 20, seed)
        tried[row, seed] = accuracy(model, *validation), accuracy(model, *test)
    best = int(np.argmax(tried[:, :, 0].mean(axis=1)))
    found = np.empty((len(seeds), len(counts)))
    found[:, counts.index(20)] = tried[best, :, 1]
    for (start, seed), count in itertools.product(runs, counts):
        if count != 20:
            train_from(start, model, rates[best], count, seed)
            found[seed, counts.index(count)] = accuracy(model, *test)
    return rates[best], found


results = {}
for name, makers in contenders.items():
    rate, results[name] = accuracies(makers)
    print(f"{name}, rate {rate}")
    for count, scores in zip(counts, results[name].T, strict=True):
        print(f"   {count:2} a class: {scores.mean():.1%} on average; seeds " + ", ".join(f"{s:.1%}" for s in scores))

# %%
# The curves
# ----------
#
# Dots are the seeds, each with patches and a start of its own; lines are their means.

colours = {"plain": "C0", "Gabor bank": "C1", "random bank": "0.5"}
figure, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for index, (name, scores) in enumerate(results.items()):
    style = {"color": colours[name.split(",")[0]]}
    small = "5x5" in name
    places = np.array(counts) * 1.03 ** (index - 2.5)
    ax.plot(places, scores.mean(axis=0), "--" if small else "-", linewidth=1.8, label=name, **style)
    ax.plot(places, scores.T, "o", fillstyle="none" if small else "full", markersize=4, alpha=0.7, **style)
ax.set(xscale="log", xlabel="patches of a class to train on", ylabel="test accuracy")
ax.set_xticks(counts, labels=[str(count) for count in counts])
ax.minorticks_off()
ax.yaxis.set_major_formatter("{x:.0%}")
ax.grid(color="0.5", alpha=0.3, linewidth=0.6)
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

# %%
# What may be said
# ----------------
#
# The seeds draw the same patches for every contender, so leads are taken seed by seed.

pairs = (
    ("Gabor bank, 11x11", "plain, 11x11"),
    ("Gabor bank, 11x11", "random bank, 11x11"),
    ("Gabor bank, 5x5", "plain, 5x5"),
    ("Gabor bank, 5x5", "random bank, 5x5"),
    ("plain, 5x5", "Gabor bank, 11x11"),
)
for one, other in pairs:
    leads = results[one] - results[other]
    print(f"{one} against {other}:")
    for count, lead in zip(counts, leads.T, strict=True):
        wins = np.count_nonzero(lead > 0)
        print(f"   {count:2} a class: {lead.mean():+.1%} on average, ahead with {wins} of {len(seeds)} seeds")
