r"""
What did the layer learn?
=========================

A plain convolution and one on a bank, trained on the same photographs, side by side: the kernels,
what they are made of, what of a plain layer's kernels a bank could have said, and how near they come
to Gabor filters. At the end you can ask a trained layer of your own the same questions.
"""

# %%
# Two layers, one task
# --------------------
#
# Patches of brick, grass and gravel (scikit-image), the left halves of the photographs to train on,
# the right halves to see that both layers learned. The bank is for textures: Gabor filters at two frequencies,
# four orientations and two phases. Ten low-pass filters would throw away what tells textures apart.

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D

photographs = [data.brick(), data.grass(), data.gravel()]
left = np.stack([photograph[:, :256] for photograph in photographs]).astype("float32")
right = np.stack([photograph[:, 256:] for photograph in photographs]).astype("float32")
mean, deviation = left.mean(), left.std()


def patches(halves, step):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left, step=20)
test_images, test_labels = patches(right, step=20)


def trained(layer):
    """Return a model on that layer after twelve epochs."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.005), loss, metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=12, verbose=0)
    return model


bank = fb.gabor(11)
plain = keras.layers.Conv2D(16, 11, activation="relu", name="plain")
on_bank = BasisConv2D(16, bank, activation="relu", name="on_bank")
guesses = np.bincount(test_labels).max() / len(test_labels)
for layer in (plain, on_bank):
    accuracy = trained(layer).evaluate(test_images, test_labels, verbose=0)[1]
    trainable = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
    learned = "learned its task" if accuracy > 2 * guesses else "did not learn its task"
    print(f"{layer.name:>8}: {trainable:5,} weights train in the layer, and it {learned}")

# %%
# Learned means here: right more than twice as often as a guess, on the right halves. Which of the two does
# better is no question for one seed and a rate that nobody tuned; :ref:`sphx_glr_gallery_plot_textures.py` asks
# it with three seeds, rates chosen for each, and random banks as the control.

# %%
# The kernels
# -----------
#
# Plain kernels keep much of the noise that they started from. Kernels on a bank cannot: they are
# Gabors added up. Every picture can be drawn in a part of a figure of yours.

figure = plt.figure(figsize=(9, 4), layout="constrained")
for layer, part in zip((plain, on_bank), figure.subfigures(1, 2), strict=True):
    fb.plot.kernels(layer, fig=part)

# %%
# What a kernel is made of
# ------------------------

fb.plot.decomposition(on_bank, out=int(np.argmax(np.linalg.norm(on_bank.coefficients, axis=(0, 1)))))

# %%
# What a bank could have said
# ---------------------------
#
# The plain layer's kernels, projected onto banks of fifteen filters by least squares: the share of
# their energy that each family explains, with the interval that another draw of the kernels would give.
# Random filters are the control, and the principal components of the kernels themselves are the best
# that any fifteen filters could do.

candidates = {
    "gabor": bank,
    "dct": fb.dct(11, n=16),
    "hermite": fb.hermite(11, n=15),
    "pca of the photographs": fb.pca(left, 11, n=16),
}
comparison = fb.analysis.compare(plain, candidates)
print(comparison)
fb.plot.comparison(comparison)

# %%
# The Gabor nearest to each kernel
# --------------------------------
#
# A kernel is asked for one Gabor, of eight numbers: how much of its energy that explains, and what wave it is.
# Kernels of noise are the control, because eight numbers say something of anything. The rows below are
# the kernels that their Gabors explain best, each above its Gabor, in the same colours.

noise = np.random.default_rng(0).normal(size=(11, 11, 1, 16))
contenders = {"plain": plain.kernel, "on the bank": on_bank.kernel, "noise": noise}
fits = {name: fb.analysis.fit_gabor(np.asarray(kernels)) for name, kernels in contenders.items()}
for name, fit in fits.items():
    explained = fit.explained[0]
    print(f"{name:>11}: a Gabor explains {explained.mean():.0%} of a kernel on average, {explained.max():.0%} at best")

figure = plt.figure(figsize=(9, 5.4), layout="constrained")
for part, (name, fit) in zip(figure.subfigures(3, 1), fits.items(), strict=True):
    kernels = np.asarray(contenders[name])
    for column, q in zip(part.subplots(2, 8).T, np.argsort(-fit.explained[0])[:8], strict=True):
        limit = np.abs(kernels[..., 0, q]).max()
        for ax, values in zip(column, (kernels, fit.kernels), strict=True):
            ax.imshow(values[..., 0, q], cmap="RdBu_r", vmin=-limit, vmax=limit)
            ax.set(xticks=[], yticks=[])
        angle = np.rad2deg(fit.orientation[0, q])
        text = f"{fit.explained[0, q]:.0%}: {fit.frequency[0, q]:.2f}, {angle:.0f}°"
        column[0].set_title(text, fontsize="x-small")
    part.suptitle(f"{name}: share explained, cycles per pixel, direction of the wave", fontsize="small")

# %%
# :ref:`sphx_glr_gallery_plot_first_layers.py` asks the same of networks that were trained on photographs of
# faces, and :ref:`sphx_glr_gallery_plot_projecting.py` puts a trained network on a bank and takes it back to
# plain Keras.
