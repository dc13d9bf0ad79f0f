r"""
Every family
============

A family is a function that makes a bank: ``fb.dct(11)``, ``fb.gabor(11)``. Each takes the size of
the window, how many filters to keep, and what the family itself knows. This page draws all of them,
from the same table that the library and its tests are made from, and says what each promises.
"""

# sphinx_gallery_thumbnail_number = 1

import warnings

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb

for name, family in fb.catalogue().items():
    print(f"{name:>21}: {family.title} ({family.reference})")

# %%
# The filters and their spectra
# -----------------------------
#
# The first twelve filters of each family in a window of 32x32 pixels, at its defaults, and under each the
# magnitude of its spectrum: zero frequency in the middle, half a cycle per pixel at the border, the
# brightest point of each its own peak. Filters of a few pixels, and those learned from a photograph from
# scikit-image, are in a window of 9x9. Of families with a filter for each pixel, the ones about the middle are shown.

SHOWN = 12
SMALL = ("laws", "delta", "gradient")  # filters of at most five pixels
EACH_PIXEL = ("delta", "zca")  # a filter for each pixel of the window


def example(family):
    """Return a bank of the family at its defaults, as large as it may be."""
    settings = {"images": data.camera()} if "learned" in family.promises else {}
    settings |= {"rng": 0} if "random" in family.promises else {}
    if {"learned", "random"} <= set(family.promises):
        settings |= {"components": SHOWN, "patches": 2000}  # enough to see what they are
    size = 9 if "learned" in family.promises or family.name in SMALL else 32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)  # some texture banks want 49 pixels
        bank = fb.make(family.name, size, **settings)
    if family.name in EACH_PIXEL:
        from_middle = np.hypot(*(bank.parameters[name] - size // 2 for name in ("position_y", "position_x")))
        bank = bank[np.sort(np.argsort(from_middle, kind="stable")[:SHOWN])]
    return bank[:SHOWN]


def side_by_side(tiles):
    """Return tiles in a row, each scaled to its peak, with a gap of an eighth of a tile."""
    scaled = tiles / np.abs(tiles).max(axis=(1, 2), keepdims=True)
    scaled, gap = scaled.repeat(8, axis=1).repeat(8, axis=2), tiles.shape[-1]
    return np.concatenate(np.pad(scaled, ((0, SHOWN - len(tiles)), (0, 0), (0, gap)), constant_values=np.nan), axis=1)


def draw(families):
    """Draw some families, two rows each."""
    figure = plt.figure(figsize=(9, 1.75 * len(families)), layout="constrained")
    for family, part in zip(families, figure.subfigures(len(families), 1, squeeze=False)[:, 0], strict=True):
        bank = example(family)
        spectra = np.abs(np.fft.fftshift(np.fft.fft2(bank.filters, (64, 64)), axes=(1, 2)))
        above, below = part.subplots(2, 1)
        above.imshow(side_by_side(bank.filters), cmap="RdBu_r", vmin=-1, vmax=1)
        below.imshow(side_by_side(spectra), cmap="magma", vmin=0, vmax=1)
        above.set_axis_off()
        below.set_axis_off()
        part.suptitle(f"{family.name}: {family.title}", x=0.01, ha="left", size="small")


families = [family for family in fb.catalogue().values() if 2 in family.dimensions]
draw(families[:8])

# %%
draw(families[8:16])

# %%
draw(families[16:24])

# %%
draw(families[24:])

# %%
# What a bank knows about itself
# ------------------------------
#
# A bank is an immutable array with names. Its columns say what each filter is, and they go along when
# you select some.

bank = fb.gabor(16)
print(bank)
for name, column in bank.parameters.items():
    print(f"{name:>14}: {column[:6].round(3)} ...")

vertical = bank[bank.parameters["orientation"] == 0]
fb.plot.filters(vertical, labels=["frequency", "phase"])

# %%
# Its recipe makes it again, bit for bit, also after a trip through JSON.

print(vertical.recipe)
print(fb.make(**vertical.recipe) == vertical)

# %%
# Rank and condition say what a bank is worth. A bank of 64 Gabor filters at 5x5 pixels cannot have more
# than 25 different ones, and the library says so when it makes them.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    crowded = fb.gabor(5, frequencies=[0.1, 0.15, 0.2, 0.25], orientations=8)
print(crowded)
for warning in caught:
    print("-", warning.message)
