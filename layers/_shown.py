"""How layers on a bank show themselves in a notebook: their filters, and what trains."""

from __future__ import annotations

from typing import Any

import numpy as np

from filterbank import FilterBank
from filterbank._html import count_of, rank_facts, recipe_facts, strip
from filterbank._table import Code, facts

from ._proof import FrozenBasisError, count, live_values


def layer_html(layer: Any) -> str:
    """Return the filters of a layer as they are now, and its facts, as HTML; it may be built or not."""
    rows = [
        ("layer", f"{type(layer).__name__}, {layer.name!r}"),
        ("bank", f"{layer.bank.family}, {count_of(layer.bank)}"),
        *rank_facts(layer.bank),
        *layer._facts(),
        ("numbers", _numbers(layer)),
        ("basis", _proof(layer)),
        *recipe_facts(layer.bank, "layer.bank"),
        ("fingerprint", Code(f"{layer.bank.fingerprint[:16]}…")),
    ]
    return f"<div>{strip(_as_it_is(layer))}{facts(rows, title=f'The layer {layer.name}')}</div>"


def shape_name(shape: Any) -> str:
    """Return a shape as people write it: 5 x 5 x 3 x 16."""
    return " x ".join(map(str, shape))


def _proof(layer: Any) -> str:
    """Return what can be said of the basis for certain; nothing in a notebook fails for it."""
    if layer.basis is None:
        return "not built yet: build the layer, or call it"
    try:
        moved = layer.verify().moved
    except FrozenBasisError as error:
        return f"NOT VERIFIED: {error}"
    if not np.isfinite(moved):
        return "it trains, and is not finite any more; the pictures are those of the bank"
    if moved:
        return f"it trains, and is {moved:.2%} away from the bank; current_bank takes it out"
    return f"verified: identical to the bank in {layer.basis.dtype}" + ", and trains" * bool(layer._released)


def _as_it_is(layer: Any) -> FilterBank:
    """Return the filters that the basis holds, or those of the bank while it holds none."""
    values = layer.bank.filters if layer.basis is None else live_values(layer.basis).astype(np.float64)
    return FilterBank(values, parameters=layer.bank.parameters) if np.isfinite(values).all() else layer.bank


def _numbers(layer: Any) -> str:
    if layer.basis is None:
        return "none yet"
    return f"{count(layer.trainable_weights):,} train, {count(layer.non_trainable_weights):,} are frozen"
