r"""
Every family
============

A family is a function that makes a bank: ``fb.dct(11)``, ``fb.gabor(11)``. Each takes the size of
the window, how many filters to keep, and what the family itself knows. This page draws all of them,
from the same table that the library and its tests are made from, and says what each promises.
"""

# sphinx_gallery_thumbnail_number = 1

import matplotlib.pyplot as plt
from skimage import data

import filterbank as fb

print(fb.catalogue())

# %%
# The first sixteen filters of each, 16x16 pixels. Families learned from images see a photograph
# from scikit-image.

SHOWN = 16


def example(family):
    """Return a bank of the family at its defaults."""
    settings = {"images": data.camera()} if "learned" in family.promises else {}
    settings |= {"rng": 0} if "random" in family.promises else {}
    if {"learned", "random"} <= set(family.promises):
        settings |= {"components": SHOWN, "patches": 2000}  # enough to see what they are
    bank = fb.make(family.name, 16, **settings)
    return bank[:SHOWN]


families = [family for family in fb.catalogue().values() if 2 in family.dimensions]
figure = plt.figure(figsize=(10, 1.25 * len(families)), layout="constrained")
for family, part in zip(families, figure.subfigures(len(families), 1), strict=True):
    fb.plot.filters(example(family), columns=SHOWN, colorbar=False, fig=part)
    part.suptitle(f"{family.name}: {family.title}", x=0.01, ha="left", size="small")

# %%
# What a bank knows about itself
# ------------------------------
#
# A bank is an immutable array with names. Its columns say what each filter is, and they go along
# when you select some.

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
# Rank and condition say what a bank is worth. A bank of 64 Gabor filters at 5x5 pixels cannot have
# more than 25 different ones, and the library says so when it makes them.

import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    crowded = fb.gabor(5, frequencies=[0.1, 0.15, 0.2, 0.25], orientations=8)
print(crowded)
for warning in caught:
    print("-", warning.message)
