"""Banks by name: the catalogue, and making a bank from its recipe."""

from __future__ import annotations

import difflib
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from . import _store, design
from ._bank import FilterBank
from ._check import Size
from .families import FAMILIES, Family

STEPS: dict[str, Callable[..., FilterBank]] = {
    "select": lambda bank, indices: bank[indices],
    "normalize": design.normalize,
    "zero_mean": design.zero_mean,
    "window": design.window,
    "orthonormalize": design.orthonormalize,
    "tighten": design.tighten,
    "dual": design.dual,
    "whiten": design.whiten,
    "prune": design.prune,
    "resize": design.resize,
    "quadrature": design.quadrature,
    "steer": design.steer,
    "rotate": design.rotate,
}


class Catalogue(dict[str, Family]):
    """The families by name; prints as a table."""

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return name, title, dimensions and promises of each family, as texts."""
        return [
            (
                name,
                family.title,
                ", ".join(f"{count}-D" for count in family.dimensions),
                ", ".join(family.promises),
            )
            for name, family in self.items()
        ]

    def __repr__(self) -> str:
        rows = [("family", "title", "size", "promises"), *self.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return "\n".join(
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
        )

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("family", "title", "size", "promises"))
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:left'>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def catalogue() -> Catalogue:
    """Return the families by name.

    Returns
    -------
    dict of str to Family
        Each with `function`, `title`, `promises`, `dimensions` and `reference`; prints as a table.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.catalogue()["dct"].title
    'Products of cosines from coarse to fine: the discrete cosine transform.'
    """
    return Catalogue((family.name, family) for family in FAMILIES)


def make(
    family: str,
    size: Size | None = None,
    n: int | None = None,
    *,
    filters: Mapping[str, Any] | npt.ArrayLike | None = None,
    parameters: Mapping[str, Any] | None = None,
    then: Sequence[Mapping[str, Any]] = (),
    banks: Iterable[Mapping[str, Any]] = (),
    **arguments: Any,
) -> FilterBank:
    """Make a bank by the name of its family, or from a recipe.

    Parameters
    ----------
    family : str
        A name in `catalogue`, "custom" or "concatenate".
    size : int or tuple of int
        Window in pixels.
    n : int, optional
        Keep the first `n` filters.
    filters : dict or array_like, optional
        In recipes that bring their filters along: the encoded values, or the filters themselves.
    parameters : dict, optional
        The columns that go with `filters`.
    then : list of dict, optional
        In recipes of designed banks: the steps of design, in their order.
    banks : list of dict, optional
        In recipes of joined banks: the recipe of each.
    **arguments
        What the family takes. Families learned from images take ``images=``.

    Returns
    -------
    FilterBank
        The bank; ``make(**bank.recipe)`` is bit for bit the bank that the recipe is of.

    Raises
    ------
    TypeError
        If the family does not take one of the arguments.
    ValueError
        If there is no family of that name, or its own rules are broken.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.make("gabor", 11, frequencies=[0.25], orientations=6)
    >>> fb.make(**bank.recipe) == bank
    True
    """
    if filters is not None and not _has_images(arguments):
        window = {} if size is None else {"size": size, "n": n}
        steps = {"then": list(then)} if then else {}
        return FilterBank(
            _store.decode(filters) if isinstance(filters, Mapping) else filters,
            parameters=parameters,
            family=family,
            recipe={"family": family, **window, **arguments, **steps, "filters": None},
        )
    if parameters is not None and filters is None:
        raise TypeError("`parameters` go with `filters`, got them alone; families make their own columns")
    bank = _made(family, size, n, banks, arguments)
    for step in then:
        bank = _designed(bank, step)
    return bank


def _designed(bank: FilterBank, step: Mapping[str, Any]) -> FilterBank:
    name = step.get("step") if isinstance(step, Mapping) else step
    if not isinstance(step, Mapping) or name not in list(STEPS):
        raise ValueError(f"`then` must name steps as {{'step': name}}, one of {', '.join(STEPS)}, got {name!r}")
    return STEPS[name](bank, **{key: value for key, value in step.items() if key != "step"})


def _has_images(arguments: Mapping[str, Any]) -> bool:
    """Whether images to learn from are there, and not just the record of them in a recipe."""
    images = arguments.get("images")
    return images is not None and not isinstance(images, Mapping)


def _made(
    family: str,
    size: Size | None,
    n: int | None,
    banks: Iterable[Mapping[str, Any]],
    arguments: Mapping[str, Any],
) -> FilterBank:
    if family == "concatenate":
        if size is not None or n is not None or arguments:
            raise TypeError("a joined bank is made of `banks` only, got other arguments; put them into its recipes")
        return design.concatenate(*(make(**recipe) for recipe in banks))
    if banks:
        raise TypeError(f'`banks` go with family "concatenate", got them for {family!r}')
    known = catalogue()
    if family == "custom":
        raise TypeError("`filters` is missing: a custom bank is made of them; pass filters=, or use FilterBank")
    if family not in list(known):
        near = difflib.get_close_matches(str(family), known, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"`family` must be one of {', '.join(known)}, got {family!r}{meant}")
    if size is None:
        raise TypeError(f"`size` is missing: the window of {family} in pixels, such as size=11")
    function = known[family].function
    if "learned" in known[family].promises:
        if not _has_images(arguments):
            raise TypeError(f"`images` is missing: {family} is learned from images; pass images=, or the whole recipe")
        return function(size=size, n=n, **arguments)
    return function(size, n, **arguments)
