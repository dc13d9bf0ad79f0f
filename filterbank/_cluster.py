"""A sum over parts as a tree of dask's tasks: only the sums move between workers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
MERGED_AT_ONCE = 8


def is_collection(value: object) -> bool:
    """Whether the value is a collection of dask, not yet computed."""
    return hasattr(value, "__dask_graph__") and hasattr(value, "dask")


def is_bag(value: object) -> bool:
    """Whether the collection is a bag: parts that are lists."""
    return not hasattr(value, "shape") and hasattr(value, "to_delayed")


def reduced(
    parts: Iterable[Any], of_part: Callable[[Any], T], merge: Callable[[list[T]], T], progress: bool = False
) -> T | None:
    """Compute `of_part` of each part where dask computes, and merge them there; None without parts.

    The tasks depend on their arguments only: those of a worker that dies are computed again, and count once.
    """
    import dask
    from dask.diagnostics import ProgressBar

    one, several = dask.delayed(of_part, pure=False), dask.delayed(merge, pure=False)
    level = [one(part) for part in parts]
    while len(level) > 1:
        level = [several(level[at : at + MERGED_AT_ONCE]) for at in range(0, len(level), MERGED_AT_ONCE)]
    if not level:
        return None
    with ProgressBar(out=sys.stderr) if progress else contextlib.nullcontext():
        total: T = dask.compute(level[0])[0]
    return total
