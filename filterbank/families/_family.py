"""What a family is, and what every family does alike: count, scale, recipe."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, ParamSpec

import numpy as np
import numpy.typing as npt

from .. import _check
from .._bank import FilterBank
from .._check import Float64
from .._norm import NORMS, balanced, normalized
from .._store import jsonable
from ._honesty import remarks, tell

P = ParamSpec("P")


@dataclass(frozen=True)
class Family:
    """One row of the table of families.

    Attributes
    ----------
    function : callable
        The public function that makes the banks.
    title : str
        What the filters are, in one sentence.
    reference : str
        Where the definition comes from.
    promises : tuple of str
        What holds for every bank of the family, at the default arguments unless the promise says more:

        - "orthonormal": the filters are, at ``norm="l2"``
        - "complete": all filters together span the window
        - "independent": no filter is a combination of the others
        - "zero-mean": every filter sums to zero
        - "symmetric": every filter is even or odd about the centre of the window
        - "separable": every filter is an outer product of 1-D filters
        - "oriented": in 2-D, the column `orientation` is the direction of each filter's wave
        - "random": the filters depend on ``rng``
        - "learned": the filters are learned from images, the first argument
    dimensions : tuple of int
        The numbers of dimensions of a window it can fill.
    sides : str
        "any", "power of two", or the smallest side as in "at least 4".
    """

    function: Callable[..., FilterBank]
    title: str
    reference: str
    promises: tuple[str, ...] = ()
    dimensions: tuple[int, ...] = (1, 2, 3)
    sides: str = "any"

    @property
    def name(self) -> str:
        """The name of the function, by which `filterbank.make` finds it."""
        return self.function.__name__


class Draft(NamedTuple):
    """The filters that the arguments of a family describe, before `n` and `norm` are applied.

    A family that would waste time on filters that `n` drops may stop at `n` and say in `available` how
    many there are. `learned_from` stands in the recipe where the images cannot. `zero_mean` says that every filter sums
    to zero but for rounding, which is then taken away after scaling. `aliased` marks filters above the
    Nyquist frequency, `lost` is the share of each filter's energy outside the window, and `remarks` says what else is
    not as the arguments promise.
    """

    filters: Float64
    parameters: Mapping[str, npt.NDArray[Any]]
    available: int | None = None
    learned_from: Mapping[str, Any] | None = None
    zero_mean: bool = False
    aliased: npt.NDArray[np.bool_] | None = None
    lost: Float64 | None = None
    remarks: tuple[str, ...] = ()


def makes_bank(
    label: str,
    more: str = "use a larger `size` or drop `n`",
    wider: str = "use a larger `size`",
    shares: bool = False,
) -> Callable[[Callable[P, Draft]], Callable[P, FilterBank]]:
    """Turn a function that drafts filters into a family.

    The family keeps the first `n` filters, scales them to `norm` and writes the recipe from the
    arguments of the call, without `strict`. `label` names the bank in errors, `more` says how to get more filters,
    `wider` what to do about filters that the window cuts. With `shares`, `n` may also be a share up to 1, a float, for
    which the draft says in `available` how many filters it takes. What the grid did to the filters is said, or an error
    if `strict`.
    """

    def decorate(draft_filters: Callable[P, Draft]) -> Callable[P, FilterBank]:
        signature = inspect.signature(draft_filters)
        name = draft_filters.__name__
        flags = [key for key, parameter in signature.parameters.items() if isinstance(parameter.default, bool)]

        @functools.wraps(draft_filters)
        def family(*args: P.args, **kwargs: P.kwargs) -> FilterBank:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError as error:
                first = f"; the images come first: {name}(images, 11)" if "images" in signature.parameters else ""
                takes = ", ".join(signature.parameters)
                raise TypeError(f"{name}() {error};{_meant(kwargs, signature)} it takes {takes}{first}") from None
            bound.apply_defaults()
            arguments = bound.arguments
            if _check.is_integer(size := arguments.get("images")):
                raise TypeError(f"`images` must be images, got {size}; they come first: {name}(images, {size})")
            share = shares and isinstance(arguments["n"], (float, np.floating))
            if share:
                arguments["n"] = _check.number("n", arguments["n"], above=0, at_most=1, unit="of the variance")
            elif arguments["n"] is not None:
                arguments["n"] = _check.integer("n", arguments["n"], at_least=1)
            _check.choice("norm", arguments["norm"], NORMS)
            for flag in flags:
                _check.flag(flag, arguments[flag])
            recipe: dict[str, Any] = {}
            if "rng" in arguments:
                arguments["rng"], recipe["rng"] = _generator(arguments["rng"])
            strict = arguments.pop("strict")
            draft = draft_filters(*bound.args, **bound.kwargs)
            window = draft.filters.shape[1:]
            what = f"{_check.article(_check.window_name(window))} {label} bank"
            available = draft.available or len(draft.filters)
            if share:
                arguments["n"] = available
            count = _check.first(arguments["n"], available, what=what, hint=more)
            if draft.learned_from is not None:
                recipe |= {**draft.learned_from, "filters": None}
            recipe = {**arguments, "size": window, **recipe}
            filters = normalized(draft.filters[:count], arguments["norm"])
            bank = FilterBank(
                balanced(filters) if draft.zero_mean else filters,
                parameters={key: column[:count] for key, column in draft.parameters.items()},
                family=name,
                recipe={"family": name, **jsonable(recipe)},
            )
            found = remarks(bank, f"the {count} filters of {what}", draft.aliased, draft.lost, wider)
            tell([*draft.remarks, *found], strict)
            return bank

        # What `help` shows: a family returns banks, the function under it only drafts.
        family.__annotations__ = {**draft_filters.__annotations__, "return": "FilterBank"}
        vars(family)["__signature__"] = signature.replace(return_annotation="FilterBank")
        return family

    return decorate


def _meant(given: Iterable[str], signature: inspect.Signature) -> str:
    """Ask for the parameter that the first unknown name resembles."""
    unknown = next((name for name in given if name not in signature.parameters), "")
    return "".join(f" did you mean `{near}`?" for near in difflib.get_close_matches(unknown, signature.parameters, n=1))


def _generator(rng: Any) -> tuple[np.random.Generator, Any]:
    """Return the generator that `rng` asks for, and what makes the same one again."""
    if isinstance(rng, Mapping):
        kind = rng.get("bit_generator")
        if kind not in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
            raise ValueError(f"`rng` names no bit generator of NumPy: {kind!r}")
        bits = getattr(np.random, kind)(0)
        try:
            bits.state = _with_arrays(rng)
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"`rng` is no state of NumPy's {kind}: {error!r}") from error
        return np.random.Generator(bits), dict(rng)
    try:
        generator = np.random.default_rng(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"`rng` must be a seed or a generator, as numpy.random.default_rng takes, got {rng!r}"
        ) from error
    if _check.is_integer(rng):
        return generator, int(rng)
    return generator, jsonable(generator.bit_generator.state)


def _with_arrays(state: Any) -> Any:
    if isinstance(state, Mapping):
        return {key: _with_arrays(entry) for key, entry in state.items()}
    return np.array(state, dtype=np.uint64) if isinstance(state, list) else state
