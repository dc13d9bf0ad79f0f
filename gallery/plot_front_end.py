r"""
A V1 front end
==============

The first visual area of the cortex, V1, can be put in front of a network: filters drawn from what neurons
of the macaque prefer, frozen; simple cells, which rectify what the filters say, and complex cells, which
add the squares of two that stand a quarter of a wave apart. At the end you will know how the two are told
apart in an experiment, what each says of a photograph, and what a linear classifier makes of them.
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
# A linear classifier behind it
# -----------------------------
#
# Brick, grass and gravel: the left parts of the photographs to train on, the next to choose by, the right to
# test on, every patch at mean zero and deviation one. A front end is frozen, so its responses, each the mean
# over the patch, are computed once. Behind it stands ridge regression onto the three classes: a solution in
# closed form, which no start and no order of the patches can sway. What it asks for is a penalty, and each
# front end gets the one that does best on the patches to choose by.
#
# Complex cells differ from rectified filters in three things: the filters are those of V1, they come in pairs,
# and the pairs are squared. So every kind of cell has a control with as many features: random filters,
# rectified as simple cells are, and pairs of random filters, independent of each other, which go through the
# same energy. The bare linear responses, whose means say next to nothing of a texture, are there too. Five
# draws of every bank.

photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")


def patches(start, stop):
    """Cut the columns from start to stop into 32x32 patches; return them with the number of their photograph."""
    part = photographs[:, :, start:stop].reshape(3, 16, 32, -1, 32).swapaxes(2, 3).reshape(-1, 32, 32, 1)
    images = part - part.mean(axis=(1, 2), keepdims=True)
    return images / images.std(axis=(1, 2), keepdims=True), np.repeat(np.arange(3), len(part) // 3)


parts = patches(0, 192), patches(192, 288), patches(288, 512)
print(
    ", ".join(
        f"{len(images)} patches to {use}" for (images, _), use in zip(parts, ("train", "choose", "test"), strict=True)
    )
)


def means(first, second):
    """Return the features of the parts by kind of cell, for a bank and one with the partners of its filters."""
    found = {"linear": [], "simple": [], "complex": []}
    for images, _ in parts:
        one, other = (np.asarray(BankResponse2D(bank, strides=2)(images)) for bank in (first, second))
        found["linear"].append(one.mean(axis=(1, 2)))
        found["simple"].append(np.maximum(one, 0).mean(axis=(1, 2)))
        found["complex"].append(np.hypot(one, other).mean(axis=(1, 2)))
    found["simple and complex"] = [np.hstack(both) for both in zip(found["simple"], found["complex"], strict=True)]
    return found


def banks(design, draw):
    """Return a bank of 32 filters and one with their partners."""
    if design == "random":
        both = fb.random(21, n=64, rng=draw)
        return both[:32], both[32:]
    with warnings.catch_warnings(action="ignore", category=fb.BankWarning):
        cells = fb.v1(21, samples=32, pixels_per_degree=16, rng=draw)
    return cells, fb.quadrature(cells)


penalties = 10.0 ** np.arange(-4, 5)


def accuracies(features):
    """Return the penalty that was chosen and the accuracy on the patches to test on."""
    centre, spread = features[0].mean(axis=0), features[0].std(axis=0)
    train, choose, test = (
        np.hstack([(values - centre) / spread, np.ones((len(values), 1))]).astype("float64") for values in features
    )
    free = np.diag([1.0] * len(centre) + [0.0])  # the constant goes without a penalty
    decisions = [
        np.linalg.solve(train.T @ train + penalty * free, train.T @ np.eye(3)[parts[0][1]]) for penalty in penalties
    ]
    right = [np.mean(np.argmax(choose @ decision, axis=1) == parts[1][1]) for decision in decisions]
    best = len(right) - 1 - int(np.argmax(right[::-1]))  # of equals the largest penalty
    return penalties[best], float(np.mean(np.argmax(test @ decisions[best], axis=1) == parts[2][1]))


scores, chosen = {}, {}
for design in ("V1", "random"):
    draws = [means(*banks(design, draw)) for draw in range(5)]
    for kind in draws[0]:
        name = f"{design}, {kind}"
        chosen[name], scores[name] = np.transpose([accuracies(draw[kind]) for draw in draws])
        count = draws[0][kind][0].shape[1]
        tested = ", ".join(f"{score:.1%}" for score in scores[name])
        print(f"{name:>26}: {count} features, test accuracy {scores[name].mean():.1%}; draws {tested}")
        print(" " * 28 + "penalties " + ", ".join(f"{penalty:g}" for penalty in chosen[name]))

# %%
# Dots are the draws, bars their means, grey the random filters.

figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
for design, colour, shift in (("V1", "C0", -0.15), ("random", "0.5", 0.15)):
    for row, kind in enumerate(("linear", "simple", "complex", "simple and complex")):
        values = scores[f"{design}, {kind}"]
        ax.plot(values, np.full(len(values), row + shift), "o", color=colour, markersize=4, alpha=0.7)
        ax.vlines(values.mean(), row + shift - 0.13, row + shift + 0.13, color=colour, linewidth=2)
    ax.plot([], [], "o", color=colour, label=f"{design} filters")
ax.set_yticks(range(4), labels=["linear", "simple", "complex", "simple and complex"])
ax.invert_yaxis()
ax.axvline(1 / 3, color="0.5", linewidth=0.8, linestyle=":")
ax.text(0.34, 3.2, "guessing", fontsize="small")
ax.xaxis.set_major_formatter("{x:.0%}")
ax.set(xlabel="test accuracy", title="Linear classifiers behind V1 and behind random filters")
ax.spines[["top", "right"]].set_visible(False)
ax.legend(frameon=False)

# %%
# What may be said
# ----------------
#
# The draws share their test patches, so more draws do not make the error of those smaller; it is printed for
# each lead below, for patches as if independent, which patches of one photograph are not. A lead of less than
# twice its error is unclear. That of V1 over random filters in the same kind of cell says what the filters are
# worth; that of complex over simple cells, on the same filters, what pairs and squares are worth, where a
# complex cell sees through two filters and a simple cell through one. The random filters are white noise, neither
# smooth nor of one frequency: a lead over them speaks for band-pass filters, and is no evidence for the counts of
# neurons. Three photographs are three textures, not all of them.


def lead(one, other):
    """Return a line on the lead of one over another and its standard error."""
    square = 0.0
    for found in (scores[one], scores[other]):
        square += found.var(ddof=1) / len(found) + found.mean() * (1 - found.mean()) / len(parts[2][1])
    return f"{one} over {other}: {scores[one].mean() - scores[other].mean():+.1%}, standard error {np.sqrt(square):.1%}"


for kind in ("simple", "complex", "simple and complex"):
    print(lead(f"V1, {kind}", f"random, {kind}"))
for design in ("V1", "random"):
    print(lead(f"{design}, complex", f"{design}, simple"))
