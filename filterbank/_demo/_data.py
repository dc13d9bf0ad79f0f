"""The photographs: left halves to train on, right halves to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._check import Float64

TEXTURES = ("brick", "grass", "gravel")
PATCH = 32  # pixels


@dataclass(frozen=True)
class Settings:
    """How much the demo does."""

    seed: int = 0
    repeats: int = 2
    epochs: int = 12
    keep_every: int = 1

    @classmethod
    def quick(cls, seed: int) -> Settings:
        """Return settings for a few seconds."""
        return cls(seed=seed, repeats=1, epochs=6, keep_every=2)

    @property
    def seeds(self) -> range:
        """The seeds that every network is trained with."""
        return range(self.seed, self.seed + self.repeats)


class Textures(NamedTuple):
    """Patches `(count, 32, 32, 1)` and the numbers of their textures."""

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.intp]
    test_images: npt.NDArray[np.float32]
    test_labels: npt.NDArray[np.intp]


def photographs() -> Float64:
    """Return scikit-image's photographs of the textures, `(3, 512, 512)` from 0 to 1."""
    from skimage import data

    return np.stack([getattr(data, name)() / 255 for name in TEXTURES])


def training_halves(whole: Float64) -> Float64:
    """Return the left halves, scaled to mean 0 and deviation 1 over all of them."""
    return _halves(whole)[0]


def _halves(whole: Float64) -> list[Float64]:
    """Return the left and the right halves, both scaled as the left ones need it."""
    middle = whole.shape[2] // 2
    left, right = whole[:, :, :middle], whole[:, :, middle:]
    return [(half - left.mean()) / left.std() for half in (left, right)]


def textures(settings: Settings) -> Textures:
    """Cut the photographs into patches that do not overlap; the test halves are scaled as the training halves."""
    scaled = _halves(photographs())
    (images, labels), (test_images, test_labels) = (_patches(half, settings.keep_every) for half in scaled)
    return Textures(images, labels, test_images, test_labels)


def _patches(halves: Float64, keep_every: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    count, height, width = halves.shape
    rows, columns = height // PATCH, width // PATCH
    tiles = halves[:, : rows * PATCH, : columns * PATCH].reshape(count, rows, PATCH, columns, PATCH)
    patches = tiles.swapaxes(2, 3).reshape(count, rows * columns, PATCH, PATCH, 1)[:, ::keep_every]
    labels = np.repeat(np.arange(count), patches.shape[1])
    return patches.reshape(-1, PATCH, PATCH, 1).astype(np.float32), labels
