"""Files of images as arrays: pages lead, channels come last, without what a file says is transparency."""

from __future__ import annotations

import contextlib
import glob
import os

import numpy as np

from ._check import Array


def read_image(path: str) -> Array:
    """Return what a file holds: `.npy` arrays, not yet in memory, `.npz` files of one, images with channels last."""
    array: Array
    if os.path.isdir(path):
        raise IsADirectoryError(f"`images` must be files, got the folder {path!r}; pass Path({path!r}).glob('*.jpg')")
    ending = os.path.splitext(path)[1].lower()
    try:
        if ending == ".npy":
            array = np.lib.format.open_memmap(path, mode="r")
        elif ending == ".npz":
            array = _only_array(path)
        elif ending in (".tif", ".tiff") and os.path.isfile(path):
            array = _tiff(path)
        else:
            from imageio.v3 import imread

            array = np.asarray(imread(path))
    except FileNotFoundError:
        pattern = f"; pass glob.glob({path!r})" if glob.has_magic(path) else ""
        raise FileNotFoundError(f"`images` must be files that exist, got {path!r}{pattern}") from None
    except Exception as error:  # Each of the image readers behind it has exceptions of its own.
        reason = str(error).partition("\n")[0]
        raise ValueError(f"`images` must be files of images or .npy arrays, got {path!r}: {reason}") from error
    return _in_colour(path, array) if array.ndim > 2 and array.shape[-1] in (2, 4) else array


def _only_array(path: str) -> Array:
    with np.load(path, allow_pickle=False) as archive:
        if len(archive.files) != 1:
            raise ValueError(f"it holds {len(archive.files)} arrays; save one as .npy")
        array: Array = archive[archive.files[0]]
        return array


def _tiff(path: str) -> Array:
    """Read a TIFF file: scikit-image takes three or four pages for the channels of one, whatever the file says."""
    from tifffile import TiffFile

    with TiffFile(path) as file:
        series = file.series[0]
        array: Array = series.asarray()
        if "S" not in series.axes:
            return array
        array = np.moveaxis(array, series.axes.index("S"), -1)
        samples = series.keyframe.extrasamples
        return _without_last(array) if samples and samples[-1].name in ("ASSOCALPHA", "UNASSALPHA") else array


def _without_last(array: Array) -> Array:
    return array[..., 0] if array.shape[-1] == 2 else array[..., :-1]


def _in_colour(path: str, array: Array) -> Array:
    """Return an image without the transparency that its mode has, and four inks as red, green and blue."""
    from PIL import Image, UnidentifiedImageError

    with contextlib.suppress(OSError, UnidentifiedImageError), Image.open(path) as image:
        if image.mode == "CMYK":
            return np.asarray(image.convert("RGB"))
        if image.mode[-1] in "Aa" or "transparency" in image.info:
            return _without_last(array)
    return array
