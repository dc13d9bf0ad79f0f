"""Filters of a family at another angle: combined from the family's own, or made again."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import linalg, special

from .._bank import BankWarning, FilterBank
from .._check import Array, Float64, is_integer
from .._norm import Norm, normalized
from . import FAMILIES
from ._family import Family
from ._pyramid import spread_angles
from .steerable import SETS

Columns = Mapping[str, Array]


class CannotTurnError(ValueError):
    """The filters of a bank cannot be turned in the way asked for."""


class Origin(NamedTuple):
    """Which filters of which family a bank holds, up to their scale, and how far they were turned since."""

    family: Family
    arguments: dict[str, Any]
    norm: Norm
    selections: tuple[Any, ...]
    angle: float

    def kept(self, values: Array) -> Array:
        """Return what is left of values for all filters of the family, after every selection."""
        for selection in self.selections:
            values = values[selection]
        return values

    def made(self, **changed: Any) -> FilterBank:
        """Make the filters of the family, of which selections were taken, with changed arguments."""
        return self.family.function(**{**self.arguments, "norm": self.norm, **changed})

    def quietly(self, **changed: Any) -> FilterBank:
        """Make filters that were made before, so without the warnings that came with them."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BankWarning)
            return self.made(**changed)


def steered(bank: FilterBank, angle: float) -> tuple[Float64, Columns]:
    """Return the filters turned by linear combination of the family's, and the columns that change."""
    if bank.family not in BLOCKS:
        raise CannotTurnError(
            f"`bank` must be of a steerable family to be steered, one of {', '.join(BLOCKS)}, got {bank.family}; "
            f"use filterbank.rotate"
        )
    origin = _origin(bank)
    whole = origin.quietly(n=None, norm=None)
    blocks = BLOCKS[bank.family]

    def at(turn: float) -> Float64:
        matrix = linalg.block_diag(*blocks(whole.parameters, turn))
        # All of them, so that the last digits do not depend on which are kept.
        return normalized(origin.kept(np.tensordot(matrix, whole.filters, axes=1)), origin.norm)

    turned: Float64 = at(origin.angle + angle) * _scale(bank, at(origin.angle))
    if blocks is _round:
        return turned, {}
    start = bank.parameters.get("orientation", np.zeros(len(bank)))
    return turned, {"orientation": start + angle}


def remade(bank: FilterBank, angle: float) -> tuple[Float64, Columns]:
    """Return the filters made again at orientations turned by the angle, and their columns."""
    known = {family.name: family for family in FAMILIES}
    if bank.family not in known or "orientations" not in inspect.signature(known[bank.family].function).parameters:
        raise CannotTurnError(
            f"`bank` must be of a family that takes `orientations` to be made again, got {bank.family}; "
            f"use filterbank.rotate without `how`"
        )
    origin = _origin(bank)
    bank_of_family = origin.quietly()
    angles = _given_angles(origin.arguments["orientations"], bank_of_family)
    pinned = PINNED.get(bank.family, {}) if origin.arguments["orientations"] is None else {}
    pinned = {name: value for name, value in pinned.items() if origin.arguments[name] is None}

    def at(turn: float) -> dict[str, Any]:
        return {"orientations": (angles + turn).tolist(), **pinned}

    if not np.array_equal(origin.quietly(**at(0.0)).filters, bank_of_family.filters):
        raise CannotTurnError(f"`bank` of {bank.family} does not come out the same from a list of its orientations")
    new, before = origin.made(**at(origin.angle + angle)), origin.quietly(**at(origin.angle))
    filters = origin.kept(new.filters) * _scale(bank, origin.kept(before.filters))
    return filters, {name: origin.kept(column) for name, column in new.parameters.items()}


# Arguments whose default is another one when orientations are given than when they are not.
PINNED: dict[str, dict[str, Any]] = {"log_gabor": {"angular_count": 6.0}}


def _given_angles(orientations: Any, made: FilterBank) -> Float64:
    if is_integer(orientations):
        return np.pi * np.arange(int(orientations)) / int(orientations)
    if orientations is None:
        column = made.parameters["orientation"]
        return np.array(list(dict.fromkeys(column[np.isfinite(column)].tolist())))
    return np.array(orientations, dtype=np.float64, ndmin=1)


def _origin(bank: FilterBank) -> Origin:
    """Follow the recipe from the family to the bank."""
    recipe = {key: value for key, value in bank._recipe.items() if key not in ("then", "family")}
    families = {family.name: family for family in FAMILIES}
    if bank.family not in families or bank._recipe.get("family") != bank.family or "filters" in recipe:
        raise CannotTurnError(f"`bank` must have a recipe that names its family, got {bank.family}")
    origin = Origin(families[bank.family], recipe, recipe["norm"], (slice(recipe["n"]),), 0.0)
    for step in bank._recipe.get("then", []):
        origin = _followed(origin, step)
    return origin


def _followed(origin: Origin, step: Mapping[str, Any]) -> Origin:
    name = step["step"]
    if name == "select":
        return origin._replace(selections=(*origin.selections, step["indices"]))
    if name == "normalize":
        return origin if step["norm"] is None else origin._replace(norm=step["norm"])
    if name == "steer" or (name == "rotate" and step["how"] != "spline"):
        return origin._replace(angle=origin.angle + step["angle"])
    raise CannotTurnError(
        f"`bank` must hold the filters of its family, scaled at most, but the step {name!r} came after; turn it first"
    )


def _scale(bank: FilterBank, expected: Float64) -> Float64:
    """Return the factor between each filter and the family's, `(n, 1, 1)`."""
    squares = np.sum(expected**2, axis=(1, 2), keepdims=True)
    products = np.sum(bank.filters * expected, axis=(1, 2), keepdims=True)
    factor: Float64 = np.divide(products, squares, out=np.ones_like(squares), where=squares > 0)
    if not np.allclose(bank.filters, factor * expected, rtol=0, atol=1e-9 * np.abs(bank.filters).max()):
        raise CannotTurnError("`bank` must hold the filters that its recipe makes, scaled at most; they differ")
    return factor


# The sets that turn into themselves, by family: from the columns of the whole bank, block after block


def cosine_and_sine(angle: float) -> tuple[float, float]:
    """Return both, exact at quarter turns."""
    quarters = angle / (np.pi / 2)
    if abs(quarters - round(quarters)) < 1e-12:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[round(quarters) % 4]
    return float(np.cos(angle)), float(np.sin(angle))


def _powers(degree: int, leading: Float64, angle: float) -> Float64:
    """Return the matrix of a set with the leading terms `leading_i x^(degree - i) y^i`."""
    cosine, sine = cosine_and_sine(angle)
    along, across = np.polynomial.Polynomial([cosine, sine]), np.polynomial.Polynomial([-sine, cosine])
    rows = np.zeros((degree + 1, degree + 1))
    for i in range(degree + 1):
        # In powers of y, as those of x follow.
        terms = (along ** (degree - i) * across**i).coef
        rows[i, : len(terms)] = terms
    return rows * leading[:, None] / leading


def _copies(degree: int, angle: float) -> Float64:
    """Return the matrix of `degree + 1` copies of a filter whose angular parts are those of cos(t)^degree."""
    angles = spread_angles(degree)
    waves = np.arange(-degree, degree + 1, 2)
    weights: Float64 = np.cos(waves * (angles[:, None] + angle - angles)[..., None]).mean(axis=-1)
    return weights


def _pair(order: int, angle: float) -> Float64:
    cosine, sine = cosine_and_sine(order * angle)
    return np.array([[cosine, sine], [-sine, cosine]])


def _by_order(
    leading: Callable[[Float64, Float64], Float64],
) -> Callable[[Columns, float], Iterable[Float64]]:
    def blocks(columns: Columns, angle: float) -> Iterable[Float64]:
        # Each set begins with the filter that has its whole order along x.
        for degree in columns["order_x"][columns["order_y"] == 0].tolist():
            y = np.arange(degree + 1.0)
            yield _powers(degree, leading(degree - y, y), angle)

    return blocks


def _of_disk(columns: Columns, angle: float) -> Iterable[Float64]:
    order, is_cosine, start = columns["angular_order"], columns["orientation"] == 0, 0
    while start < len(order):
        # Of Noll's pairs every other one begins with the sine.
        wave = int(order[start])
        yield _pair(wave, angle if is_cosine[start] else -angle) if wave else np.ones((1, 1))
        start += 2 if wave else 1


def _of_sets(columns: Columns, angle: float) -> Iterable[Float64]:
    start = 0
    while start < len(columns["kind"]):
        chosen = SETS[columns["kind"][start]]
        leading = np.array([scale * x[-1] * y[-1] for scale, x, y in chosen.factors])
        separable = "power_x" in columns
        yield _powers(chosen.degree, leading, angle) if separable else _copies(chosen.degree, angle)
        start += chosen.degree + 1


def _of_pyramid(columns: Columns, angle: float) -> Iterable[Float64]:
    for first in np.flatnonzero(columns["orientation"] == 0).tolist():
        yield _copies(int(columns["order"][first]), angle)


def _round(columns: Columns, angle: float) -> Iterable[Float64]:
    yield np.eye(len(next(iter(columns.values()))))


BLOCKS: dict[str, Callable[[Columns, float], Iterable[Float64]]] = {
    "steerable": _of_sets,
    "steerable_pyramid": _of_pyramid,
    "gaussian_derivative": _by_order(lambda x, y: np.ones_like(x)),
    "hermite": _by_order(lambda x, y: 1 / np.sqrt(special.factorial(x) * special.factorial(y))),
    "fourier_bessel": _of_disk,
    "circular_harmonic": _of_disk,
    "zernike": _of_disk,
    "dog": _round,
    "laplacian_of_gaussian": _round,
    "schmid": _round,
}
