r"""
Initialisation: ten layers deep
===============================

Coefficients that start too small let a signal die on its way through a network, and coefficients that
start too large let it explode. You will see what ten layers make of photographs when the library starts
the coefficients, and when they start from Keras's initializers directly; for which banks this is the
same, for which it is not, and which banks need more than a start.
"""

# %%
# The two ways to start
# ---------------------
#
# A layer on a bank draws the kernel that the plain layer would draw, with ``kernel_initializer``, and
# projects it onto the bank; what an incomplete bank cannot say is made up for by a factor, so that the
# energy of the kernel, and with it the variance that white noise leaves, is that of the kernel drawn. The
# other way is ``coefficient_initializer``: Keras draws ``a``, ``(n, in, out)``, and knows nothing of
# the filters that it multiplies.

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D

warnings.simplefilter("ignore", fb.BankWarning)  # the window of five pixels cuts some Gabors
waves = {"frequencies": [0.12, 0.2, 0.35], "orientations": 6}
banks = {
    "all 25 cosines": fb.dct(5),
    "36 Gabors, unit energy": fb.gabor(5, **waves),
    "36 Gabors, peak 1": fb.gabor(5, **waves, norm="max"),
    "6 coarsest cosines": fb.dct(5, n=6),
}
for name, bank in banks.items():
    energies = np.sum(bank.filters**2, axis=(1, 2))
    print(
        f"{name:>20}: {len(bank)} filters of rank {fb.analysis.rank(bank)}, condition "
        f"{fb.analysis.condition_number(bank):.3g}, energy of a filter {energies.min():.2g} to {energies.max():.2g}"
    )

# %%
# Ten layers
# ----------
#
# Patches of four photographs go through ten convolutions of 5x5 pixels with sixteen outputs and
# rectifiers. ``he_normal`` is made to keep the mean square behind rectifiers; ``glorot_uniform``, the
# default of Keras, is made for layers without them, and leaves half of it or less at each. What is
# measured is the mean square of the activations, over three draws of the weights.

images = np.stack([data.camera(), data.brick(), data.grass(), data.gravel()]).astype("float32")
images = images[:, :448, :448].reshape(4, 7, 64, 7, 64).swapaxes(2, 3).reshape(-1, 64, 64, 1)[::14]
images = (images - images.mean()) / images.std()
noise = np.random.default_rng(0).normal(size=images.shape).astype("float32")
depth, draws = 10, 3


def convolution(bank, initializer, start):
    """Return a plain layer, or one on a bank that starts in one of the two ways."""
    if bank is None:
        return keras.layers.Conv2D(16, 5, activation="relu", kernel_initializer=initializer)
    return BasisConv2D(16, bank, activation="relu", **{start: initializer})


def mean_squares(inputs, bank, initializer, start="kernel_initializer", layers=depth):
    """Return the mean square of the inputs and of each layer's activations, (draws, layers + 1)."""
    found = np.empty((draws, layers + 1))
    for draw in range(draws):
        keras.utils.set_random_seed(draw)
        values = keras.ops.convert_to_tensor(inputs)
        found[draw, 0] = np.mean(np.square(inputs, dtype=np.float64))
        for layer in range(layers):
            values = convolution(bank, initializer, start)(values)
            found[draw, layer + 1] = np.mean(np.square(values, dtype=np.float64))
    return found


ways = {
    "the library's start, he_normal": ("he_normal", "kernel_initializer"),
    "he_normal on the coefficients": ("he_normal", "coefficient_initializer"),
    "glorot_uniform on the coefficients": ("glorot_uniform", "coefficient_initializer"),
}
plain = mean_squares(images, None, "he_normal")
results = {
    name: {way: mean_squares(images, bank, *arguments) for way, arguments in ways.items()}
    for name, bank in banks.items()
}


def growth(squares):
    """Return the factor from layer to layer, the geometric mean over depth and draws."""
    return np.exp(np.mean(np.log(squares[:, -1] / squares[:, 0])) / depth)


print(f"factor from layer to layer; plain layers, he_normal: {growth(plain):.2f}")
for name, of_bank in results.items():
    print(f"{name:>20}: " + "; ".join(f"{way} {growth(squares):.3g}" for way, squares in of_bank.items()))

# %%
# The picture
# -----------
#
# Thin lines are the draws, thick ones their geometric mean, grey the plain layers. Cosines that fill the
# window change nothing but the coordinates. The 36 Gabors are more than the 25 pixels can tell apart:
# coefficients of equal size favour what many of them share. The library's start draws the kernel first, so
# it is that of the plain layers.

figure, axes = plt.subplots(1, 4, figsize=(9.5, 3.4), layout="constrained", sharey=True)
for ax, (name, of_bank) in zip(axes, results.items(), strict=True):
    ax.plot(np.exp(np.log(plain).mean(axis=0)), color="0.55", linewidth=5, alpha=0.6, label="plain layers, he_normal")
    for colour, (way, squares) in zip(("C0", "C1", "C2"), of_bank.items(), strict=True):
        ax.plot(squares.T, color=colour, linewidth=0.5)
        ax.plot(np.exp(np.log(squares).mean(axis=0)), color=colour, linewidth=1.8, label=way)
    ax.set(title=name, xlabel="layer", yscale="log", xticks=range(0, depth + 1, 2))
    ax.title.set_fontsize("medium")
    ax.grid(color="0.5", alpha=0.25, linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("mean square of the activations")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)

# %%
# When the bank's scale matters
# -----------------------------
#
# Filters of unit energy are what every family makes unless asked otherwise. A set of your own may have any
# scale. The library's start does not feel it; coefficients that Keras draws do, at every layer.

for factor in (0.1, 1, 10):
    scaled = fb.FilterBank(factor * banks["all 25 cosines"].filters)
    ours, naive = (growth(mean_squares(images, scaled, *ways[way])) for way in list(ways)[:2])
    print(
        f"cosines times {factor:>3}: the library's start {ours:.2f} a layer, he_normal on the coefficients {naive:.3g}"
    )

# %%
# What no rule for white noise can know
# -------------------------------------
#
# Both ways are right for noise: at the first layer it keeps its mean square. But activations are not
# noise. Behind a rectifier they have a mean, and they are smooth where images are. A bank of coarse
# filters lets just that through, so six cosines amplify from layer to layer, however they start.

for name, bank in banks.items():
    first = [mean_squares(inputs, bank, "he_normal", layers=1)[:, 1].mean() for inputs in (noise, images)]
    print(f"{name:>20}: noise leaves the first layer with mean square {first[0]:.2f}, photographs with {first[1]:.2f}")

# %%
# The way out is to measure: send some images through, layer by layer, and divide the coefficients by
# what came out. Every other patch gives the scale here, and it is judged on the patches between. Batch
# normalization behind each layer does the same at every step of training.

keras.utils.set_random_seed(0)
values, others = keras.ops.convert_to_tensor(images[::2]), keras.ops.convert_to_tensor(images[1::2])
squares = []
for _ in range(depth):
    layer = convolution(banks["6 coarsest cosines"], "he_normal", "kernel_initializer")
    layer.build(values.shape)
    layer.coefficients.assign(layer.coefficients / np.sqrt(np.mean(np.square(layer(values)))))
    values, others = layer(values), layer(others)
    squares.append(float(np.mean(np.square(others))))
print("mean squares of the patches between, layer by layer: " + ", ".join(f"{square:.2f}" for square in squares))
