"""Banks by name: the catalogue, and making a bank from its recipe."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _check, _norm, _store, design
from ._bank import FilterBank
from ._check import Size
from ._table import Table
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
WIDTH = 100  # characters of a line of the printed catalogue
SAME_SHAPE = ("normalize", "zero_mean", "window", "tighten", "dual", "whiten", "rotate")


class Catalogue(dict[str, Family]):
    """The families by name; prints as a table."""

    columns = ("family", "title", "size", "promises", "reference")

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return name, title, dimensions, promises and reference of each family, as texts."""
        return [
            (
                name,
                family.title,
                ", ".join(f"{count}-D" for count in family.dimensions),
                ", ".join(family.promises),
                family.reference,
            )
            for name, family in self.items()
        ]

    def __repr__(self) -> str:
        margin = max(map(len, self), default=0) + 2
        lines = [f"{'family':{margin}}{'size':15}title, promises [reference]"]
        for name, title, size, promises, reference in self.rows():
            head = f"{name:{margin}}{size:15}"
            for text in (title, f"{promises} [{reference}]".lstrip()):
                for line in textwrap.wrap(text, WIDTH - len(head), break_on_hyphens=False):
                    lines.append(head + line)
                    head = " " * len(head)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        every = Table(self.columns, self.rows(), texts=range(len(self.columns)), title="Families of filters")
        return every.html(most=len(self))


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
        In recipes that bring their filters along: the encoded values, after all steps, or the filters themselves.
        Of the other arguments only those of learned families go with them, and have to be true of them.
    parameters : dict, optional
        The columns that go with `filters`.
    then : list of dict, optional
        In recipes of designed banks: the steps of design, in their order. They made encoded `filters` what they are.
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
        If the family does not take one of the arguments, or it does not go with `filters`.
    ValueError
        If there is no family of that name, its own rules are broken, or `filters` are not what the rest says.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.make("gabor", 11, frequencies=[0.25], orientations=6)
    >>> fb.make(**bank.recipe) == bank
    True
    """
    if filters is not None and not (_has_images(arguments) and _learned(family)):
        if banks:
            raise TypeError(f"`banks` do not go with `filters`, got both for {family!r}; drop one of them")
        window = {name: value for name, value in (("size", size), ("n", n)) if size is not None or value is not None}
        return _brought_along(family, filters, parameters, {**window, **arguments}, list(then))
    if parameters is not None and filters is None:
        raise TypeError("`parameters` go with `filters`, got them alone; families make their own columns")
    bank = _made(family, size, n, banks, arguments)
    for step in then:
        bank = _designed(bank, step)
    return bank


def _brought_along(
    family: str,
    filters: Mapping[str, Any] | npt.ArrayLike,
    parameters: Mapping[str, Any] | None,
    arguments: Mapping[str, Any],
    then: list[Mapping[str, Any]],
) -> FilterBank:
    """Return the bank of a recipe that holds its filters, unless the rest of the recipe cannot be true of them."""
    learned = _learned(family)
    takes = [name for name in inspect.signature(learned.function).parameters if name != "strict"] if learned else []
    if unknown := [name for name in arguments if name not in takes]:
        listed = ", ".join(f"`{name}`" for name in ("parameters", "then", *takes))
        raise TypeError(f"`{unknown[0]}` does not go with the `filters` of {family!r}, which take {listed}; drop it")
    if then and not isinstance(filters, Mapping):
        raise TypeError(
            "`then` goes with the encoded `filters` of a recipe; take the steps on the bank of yours instead"
        )
    steps = [_step(step) for step in then]
    bank = FilterBank(
        _store.decode(filters) if isinstance(filters, Mapping) else filters,
        parameters=parameters,
        family=family,
        recipe={"family": family, **arguments, **({"then": then} if then else {}), "filters": None},
    )
    if set(steps) <= set(SAME_SHAPE):
        _require_shape(bank, arguments.get("size"), arguments.get("n"))
    if not steps and "norm" in arguments:
        scaled = _norm.normalized(bank.filters, arguments["norm"])
        if not np.allclose(bank.filters, scaled, rtol=0, atol=1e-9 * np.abs(scaled).max()):
            raise ValueError(
                f"`norm` must be that of the `filters`, got {arguments['norm']!r}; use filterbank.normalize"
            )
    return bank


def _require_shape(bank: FilterBank, size: Any, n: Any) -> None:
    if size is not None and _check.size(size, family=bank.family) != bank.size:
        raise ValueError(f"`size` must be that of the `filters`, {bank.size}, got {size!r}; give other filters for it")
    if n is not None and _check.integer("n", n, at_least=1) != len(bank):
        raise ValueError(f"`n` must be the number of the `filters`, {len(bank)}, got {n!r}; select with bank[:n]")


def _designed(bank: FilterBank, step: Mapping[str, Any]) -> FilterBank:
    return STEPS[_step(step)](bank, **{key: value for key, value in step.items() if key != "step"})


def _step(step: Any) -> str:
    """Return the name of a step, one of those there are."""
    name = step.get("step") if isinstance(step, Mapping) else step
    if not isinstance(step, Mapping) or name not in list(STEPS):
        raise ValueError(f"`then` must name steps as {{'step': name}}, one of {', '.join(STEPS)}, got {name!r}")
    return str(name)


def _learned(family: object) -> Family | None:
    """Return the family of that name if it is learned from images."""
    return next((one for one in FAMILIES if one.name == family and "learned" in one.promises), None)


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
    if _learned(family):
        if not _has_images(arguments):
            raise TypeError(f"`images` is missing: {family} is learned from images; pass images=, or the whole recipe")
        return function(size=size, n=n, **arguments)
    return function(size, n, **arguments)
