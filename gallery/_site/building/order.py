"""The pages of the gallery, in the order in which a newcomer reads them."""

from pathlib import Path

PAGES = (
    "the_question",
    "families",
    "natural_images",
    "gabor_tiling",
    "wavelets",
    "steering",
    "signals",
    "volumes",
    "textures",
    "few_images",
    "initialisation",
    "release",
    "compress",
    "projecting",
    "front_end",
    "learned_kernels",
    "first_layers",
)


def place(name):
    """Return the place of a file of the gallery; a page that is not in the list is an error."""
    return PAGES.index(Path(name).stem.removeprefix("plot_"))
