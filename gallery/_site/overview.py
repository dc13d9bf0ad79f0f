"""Draw overview.png, the picture of the README and of the site: run me after a change to the pictures."""

import os
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb
from filterbank.layers import BasisConv2D

keras.utils.set_random_seed(0)
photographs = np.stack([data.brick(), data.grass(), data.gravel()]).astype("float32")
windows = np.lib.stride_tricks.sliding_window_view(photographs, (32, 32), axis=(1, 2))[:, ::28, ::28]
images = (windows.reshape(-1, 32, 32, 1) - photographs.mean()) / photographs.std()
labels = np.repeat(np.arange(3), windows.shape[1] * windows.shape[2])

layer = BasisConv2D(24, fb.dct(11, n=10), activation="relu")
model = keras.Sequential(
    [keras.Input((32, 32, 1)), layer, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.01), loss)
model.fit(images, labels, epochs=10, verbose=0)

TITLES = ("the bank b: fixed", "the coefficients a: trained", r"the kernels $W = a_0\,b_0 + a_1\,b_1 + \dots$")


def draw(name, style, **background):
    """Draw the three parts beside each other, in a style of Matplotlib's."""
    with plt.style.context(style):
        figure = plt.figure(figsize=(11, 3.8), layout="constrained", **background)
        parts = figure.subfigures(1, 3, width_ratios=[0.72, 1.35, 1.5], wspace=0.04)
        fb.plot.filters(layer.bank, columns=2, colorbar=False, fig=parts[0])
        fb.plot.coefficients(layer, colorbar=False, fig=parts[1])
        fb.plot.kernels(np.asarray(layer.kernel), colorbar=False, fig=parts[2])
        for part, title in zip(parts, TITLES, strict=True):
            part.suptitle(title, fontsize="medium")
        figure.savefig(Path(__file__).with_name(name), dpi=150, transparent=style == "dark_background")


draw("overview.png", "default", facecolor="white")
draw("overview_dark.png", "dark_background")
