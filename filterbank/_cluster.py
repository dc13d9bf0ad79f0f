"""A sum over parts as a tree of dask's tasks: only the sums move between workers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
MERGED_AT_ONCE = 8


class Interrupted(KeyboardInterrupt):
    """What `reduced` raises when it is interrupted, with all that was computed until then, merged, in `partial`."""

    def __init__(self, partial: Any) -> None:
        super().__init__()
        self.partial = partial


def is_collection(value: object) -> bool:
    """Whether the value is a collection of dask, not yet computed."""
    return hasattr(value, "__dask_graph__") and hasattr(value, "dask")


def is_bag(value: object) -> bool:
    """Whether the collection is a bag: parts that are lists."""
    return not hasattr(value, "shape") and hasattr(value, "to_delayed")


def computed(function: Callable[[Any], T], part: Any) -> T:
    """Compute a function of a part where dask computes."""
    import dask

    result: T = dask.compute(dask.delayed(function, pure=False)(part))[0]
    return result


def reduced(
    parts: Iterable[Any], of_part: Callable[[Any], T], merge: Callable[[list[T]], T], progress: bool = False
) -> T | None:
    """Compute `of_part` of each part where dask computes, and merge them there; None without parts.

    The tasks depend on their arguments only: those of a worker that dies are computed again, and count once. What the
    threads of this process have computed when they are interrupted is not lost, what a cluster has is.
    """
    import dask
    from dask.callbacks import Callback
    from dask.diagnostics import ProgressBar

    one, several = dask.delayed(of_part, pure=False), dask.delayed(merge, pure=False)
    level = [one(part) for part in parts]
    if not level:
        return None
    merged_from: dict[Any, list[Any]] = {part.key: [] for part in level}
    while len(level) > 1:
        groups = [level[at : at + MERGED_AT_ONCE] for at in range(0, len(level), MERGED_AT_ONCE)]
        level = [several(group) for group in groups]
        merged_from |= {part.key: [one.key for one in group] for part, group in zip(level, groups, strict=True)}
    done: dict[Any, T] = {}  # and not yet merged

    def keep(key: Any, value: Any, *_: Any) -> None:
        if key in merged_from:
            done[key] = value
            for one in merged_from[key]:
                done.pop(one, None)

    try:
        with Callback(posttask=keep), ProgressBar(out=sys.stderr) if progress else contextlib.nullcontext():
            total: T = dask.compute(level[0])[0]
    except KeyboardInterrupt:
        raise Interrupted(merge(list(done.values()))) from None
    return total
