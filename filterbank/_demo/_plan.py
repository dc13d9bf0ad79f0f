"""Which banks take part, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .. import families
from .._bank import FilterBank
from .._recipes import catalogue
from ._data import Settings, photographs, training_halves

SIDE = 11  # pixels of a kernel


class Contender(NamedTuple):
    """A network that takes part: its bank, or none for a plain convolution."""

    name: str
    reason: str
    bank: FilterBank | None
    learning_rate: float = 0.01


def plan(settings: Settings, chosen: Mapping[str, str | FilterBank]) -> list[Contender]:
    """Return what is compared: the plain layer, the chosen banks or the demo's own, and a random bank beside them."""
    free = "every pixel of every kernel is free: what banks are measured against"
    slower = "the same at a lower rate: that of the banks may be too high for it"
    plain = [
        Contender("plain Conv2D, rate 0.01", free, None),
        Contender("plain Conv2D, rate 0.003", slower, None, 0.003),
    ]
    designed = [_chosen(name, entry, settings) for name, entry in chosen.items()] or _own()
    widest = max(len(one.bank) for one in designed if one.bank is not None)
    control = Contender(
        "random",
        "filters of random numbers, as many as the largest designed bank has, 16 at most: the control",
        families.random(_side(designed), min(widest, 16), rng=settings.seed),
    )
    return [*plain, *designed, control]


def _own() -> list[Contender]:
    halves = training_halves(photographs())
    return [
        Contender(
            "gabor",
            "bars and edges at two scales and four orientations: what tells textures apart",
            families.gabor(SIDE),
        ),
        Contender(
            "dct, 28",
            "cosine waves up to order 6: fine enough to follow the grain of the textures",
            families.dct(SIDE, 28),
        ),
        Contender(
            "dct, 10",
            "only the ten coarsest cosine waves: they let little but brightness and slow shading through",
            families.dct(SIDE, 10),
        ),
        Contender(
            "pca",
            "the 16 patterns in which the training halves vary most, which are coarse ones too",
            families.pca(halves, SIDE, 16),
        ),
    ]


def _chosen(name: str, entry: str | FilterBank, settings: Settings) -> Contender:
    if isinstance(entry, FilterBank):
        return Contender(name, "a bank from your file", entry)
    family = catalogue()[entry]
    if 2 not in family.dimensions:
        raise ValueError(f"the demo needs 2-D banks, {entry} makes none")
    size = 8 if family.sides == "power of two" else SIDE
    arguments = {"rng": settings.seed} if "random" in family.promises else {}
    if "learned" in family.promises:
        bank = family.function(training_halves(photographs()), size, **arguments)
    else:
        bank = family.function(size, **arguments)
    # A whole basis would be a plain convolution again.
    return Contender(name, family.title.removesuffix("."), bank[:16] if "complete" in family.promises else bank)


def _side(designed: list[Contender]) -> tuple[int, ...]:
    sizes = [one.bank.size for one in designed if one.bank is not None]
    if any(len(size) != 2 for size in sizes):
        raise ValueError("the demo needs 2-D banks of filters")
    return sizes[0]
