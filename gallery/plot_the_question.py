r"""
The question: how do I train only ``a``?
========================================

Somebody composed kernels ``W = sum(a * b)`` from coefficients ``a``, ``(64, 1, 10)``, and filters
``b``, ``(10, 11, 11)``, passed ``W`` as the initial kernel of a ``Conv2D(64, 11)``, and found that
Keras trains all of ``W``. They wanted only ``a`` to move, they wanted to see what is trainable, and
they wanted to *verify* it, because the model scored about the same either way.

At the end of this page you can do all three, and you will have seen where the plain layer went.
"""

# %%
# The answer in five lines
# ------------------------
#
# Give the layer the filters in place of the kernel size. What it then owns are the coefficients.

import keras
import numpy as np

import filterbank as fb
from filterbank.layers import BasisConv2D, KernelHistory

keras.utils.set_random_seed(0)

bank = fb.dct(11, n=10)  # or your own array b, (10, 11, 11)
layer = BasisConv2D(64, bank, activation="relu", name="textures")
model = keras.Sequential(
    [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
)
print("trains: ", [weight.path for weight in model.trainable_weights])
print("frozen: ", [weight.path for weight in model.non_trainable_weights])

# %%
# Real images to train on
# -----------------------
#
# Photographs of brick, grass and gravel from scikit-image, cut into patches: the left halves to
# train on, the right halves to test on. The means and deviations are those of the left halves.

from skimage import data

photographs = [data.brick(), data.grass(), data.gravel()]
left = np.stack([photograph[:, :256] for photograph in photographs]).astype("float32")
right = np.stack([photograph[:, 256:] for photograph in photographs]).astype("float32")
mean, deviation = left.mean(), left.std()


def patches(halves, step):
    """Cut each half into 32x32 patches; return them with the number of their photograph."""
    windows = np.lib.stride_tricks.sliding_window_view(halves, (32, 32), axis=(1, 2))[:, ::step, ::step]
    images = (windows.reshape(-1, 32, 32, 1) - mean) / deviation
    return images, np.repeat(np.arange(len(halves)), windows.shape[1] * windows.shape[2])


images, labels = patches(left, step=28)
test_images, test_labels = patches(right, step=28)
print(f"{len(images)} patches to train on, {len(test_images)} to test on")

# %%
# Train it, and let a callback watch
# ----------------------------------


def train(model, *callbacks):
    """Train for ten epochs; return the accuracy on the other halves."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=10, verbose=0, callbacks=callbacks)
    return model.evaluate(test_images, test_labels, verbose=0)[1]


history = KernelHistory(every=4)
accuracy = train(model, history)

# %%
# The proof
# ---------
#
# ``verify`` compares the live weight with the bank, bit for bit, and raises if a single value
# differs. The history has verified it too, when training ended, and knows how far the coefficients
# went.

print(layer.verify())
start, end = history.coefficients["textures"][[0, -1]]
print(f"coefficients moved by {np.linalg.norm(end - start) / np.linalg.norm(start):.0%} of their length")

# %%
# What the plain layer did
# ------------------------
#
# The same kernels as an initial value of a plain ``Conv2D``: at first they lie in the span of the
# ten filters, all of their energy. After training they do not, and nothing in the accuracy says so.
# That is why the two models could not be told apart by their score.

plain = keras.layers.Conv2D(
    64, 11, activation="relu", kernel_initializer=lambda shape, dtype: fb.compose(start, bank).astype(dtype)
)
plain_model = keras.Sequential(
    [keras.Input((32, 32, 1)), plain, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
)


def energy_in_span(kernel):
    """Return the share of a kernel's energy that the bank can say."""
    kernel = np.asarray(kernel)
    return np.sum(fb.compose(fb.decompose(kernel, bank), bank) ** 2) / np.sum(kernel**2)


before = energy_in_span(plain.kernel)
plain_accuracy = train(plain_model)
print(f"Conv2D:      {before:.1%} of the kernels' energy in the span of b before training,")
after = energy_in_span(plain.kernel)
print(f"             {after:.1%} after; test accuracy {plain_accuracy:.1%}, {plain.count_params():,} weights train")
after = energy_in_span(layer.kernel)
print(f"BasisConv2D: {after:.1%} after; test accuracy {accuracy:.1%}, {layer.verify().trainable:,} weights train")

# %%
# The pictures
# ------------
#
# The bank: ten cosines, coarse to fine. Blue is below zero, red above.

fb.plot.filters(bank, labels=["order_y", "order_x"])

# %%
# The coefficients that training found: a row for each filter, a column for each of the 64 kernels.

fb.plot.coefficients(layer, sort="strongest")

# %%
# One learned kernel as the sum of its strongest terms.

strongest = int(np.argmax(np.linalg.norm(layer.coefficients, axis=(0, 1))))
fb.plot.decomposition(layer, out=strongest)

# %%
# And how kernels moved while the filters stood still.

fb.plot.training(history)
