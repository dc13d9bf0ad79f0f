"""Products of 1-D functions, in the order that separable families share."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check, _grid
from .._check import Float64
from ._family import Draft

Orders = npt.NDArray[np.intp]


def orders(counts: Sequence[int], below: int | None = None) -> Orders:
    """Return every order `(i, j, ...)`, `(n, dimensions)`: by total order, then by the first axis.

    `counts` holds how many orders each axis has; `below` keeps total orders below it.
    """
    total = sum(counts) if below is None else below
    every = (
        order for order in itertools.product(*(range(min(count, total)) for count in counts)) if sum(order) < total
    )
    # `sorted` is stable and `product` counts up from the first axis, so ties are in that order.
    return np.array(sorted(every, key=sum), dtype=np.intp).reshape(-1, len(counts))


def orders_of_level(window: Sequence[int], level: int | None) -> Orders:
    """Return the orders of a transform of the window whose total is below `level`, or all of them."""
    return orders(window, below=None if level is None else _check.integer("level", level, at_least=1))


def products(tables: Sequence[Float64], chosen: Orders) -> Float64:
    """Return the outer products of rows of 1-D tables `(orders, side)`, one for each order."""
    return _grid.outer([table[chosen[:, axis]] for axis, table in enumerate(tables)])


def order_columns(chosen: Orders) -> dict[str, npt.NDArray[Any]]:
    """Return the columns that name orders: `order`, the total, and `order_y`, `order_x`."""
    names = _grid.axis_names(chosen.shape[1])
    return {
        "order": chosen.sum(axis=1),
        **{f"order_{name}": chosen[:, axis] for axis, name in enumerate(names)},
    }


def separable_draft(
    tables: Sequence[Float64],
    every: Orders,
    n: int | None,
    columns: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Draft:
    """Draft the first `n` products; `columns` holds further columns for every order."""
    chosen = every[:n]
    return Draft(
        products(tables, chosen),
        {
            **order_columns(chosen),
            **{name: column[:n] for name, column in (columns or {}).items()},
        },
        available=len(every),
    )
