"""Banks that the page cannot make itself: those that draw NumPy's random numbers, or learn from images."""

from __future__ import annotations

import base64
import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from skimage import data

from .. import families
from .._bank import FilterBank

COUNT = 32  # filters of a table, at most: more would make the page large
SEEDS = (0, 1, 2)
IMAGE = "skimage.data.camera()"  # as Python's line names it
LEFT_OUT = ("ica", "dictionary")  # they need scikit-learn, which the command does without


def tables() -> dict[str, Any]:
    """Return the tables of banks by family, as the page reads them."""
    photograph = data.camera()
    seeded = [{"name": "rng", "kind": "choice", "default": 0, "choices": list(SEEDS), "always": True}]
    return {
        "random": _table((3, 5, 7, 11), seeded, families.random),
        "v1": _table((15, 21), seeded, families.v1),
        "pca": _table((3, 5, 7, 11, 15), [], functools.partial(families.pca, photograph), first=[IMAGE]),
        "zca": _table((3, 5, 7, 11), [], functools.partial(families.zca, photograph), first=[IMAGE]),
    }


def _table(
    sizes: Sequence[int], parameters: list[dict[str, Any]], make: Callable[..., FilterBank], first: Sequence[str] = ()
) -> dict[str, Any]:
    """Return banks of all sizes and seeds; `first` are the arguments before the size."""
    choices = [{"rng": seed} for seed in parameters[0]["choices"]] if parameters else [{}]
    banks = [_packed(make, size, arguments) for size in sizes for arguments in choices]
    return {"sizes": list(sizes), "parameters": parameters, "first": list(first), "banks": banks}


def _packed(make: Callable[..., FilterBank], size: int, arguments: dict[str, Any]) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # The page scales them to the norm that is chosen.
        bank = make(size, n=min(COUNT, size**2), norm=None, **arguments)
    return {
        "size": size,
        "arguments": arguments,
        "filters": base64.b64encode(bank.filters.astype("<f8").tobytes()).decode("ascii"),
        "columns": {name: np.asarray(column).tolist() for name, column in bank.parameters.items()},
        "truncated": len(bank) == COUNT,
        "remarks": [{"kind": "python", "text": _sentence(str(warning.message))} for warning in caught],
    }


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}.".replace("`", "")
