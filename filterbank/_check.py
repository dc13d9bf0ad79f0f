"""Argument checks, one wording each: the name, the rule with its unit, what came, a way out."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Float64: TypeAlias = npt.NDArray[np.float64]
Size: TypeAlias = int | tuple[int, ...]


def shown(value: object) -> str:
    """Show a value in an error: an array by its shape, others as Python writes them, but not at any length."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def is_integer(value: object) -> bool:
    """Whether `value` is a whole number of an integer type (bool is none)."""
    return isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.bool_))


def integer(name: str, value: object, *, at_least: int, at_most: int | None = None, hint: str = "") -> int:
    """Return `value` as an int within the bounds."""
    rule = f"an integer of at least {at_least}"
    if at_most is not None:
        rule = f"an integer from {at_least} to {at_most}"
    tail = f"; {hint}" if hint else ""
    if not is_integer(value):
        raise TypeError(f"`{name}` must be {rule}, got {shown(value)}{tail}")
    number = operator.index(value)  # type: ignore[arg-type]  # is_integer vouches for it
    if number < at_least or (at_most is not None and number > at_most):
        raise ValueError(f"`{name}` must be {rule}, got {number}{tail}")
    return number


def size(value: object, *, family: str, dimensions: Collection[int] = (1, 2, 3), at_least: int = 1) -> tuple[int, ...]:
    """Return the window as a tuple, one whole number of pixels for each dimension.

    An int is a square 2-D window; a tuple has one entry for each dimension.
    """
    if is_integer(value):
        window: tuple[Any, ...] = (value, value)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        window = tuple(value)
    else:
        raise TypeError(
            f"`size` must be an int (a square window) or a tuple of ints, one per dimension, in pixels, "
            f"got {shown(value)}"
        )
    window = tuple(integer("size", side, at_least=at_least) for side in window)
    if len(window) not in dimensions:
        allowed = " or ".join(f"{count}-D" for count in sorted(dimensions))
        raise ValueError(f"`size` of {family} must be {allowed}, got {len(window)} dimensions: {value!r}")
    return window


def number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    unit: str = "",
    hint: str = "",
) -> float:
    """Return `value` as a finite float within the bounds."""
    rules = [
        text
        for bound, text in (
            (above, f"above {above}"),
            (at_least, f"at least {at_least}"),
            (at_most, f"at most {at_most}"),
        )
        if bound is not None
    ]
    counted_in = f" {unit}" if rules else f" in {unit}"
    rule = " and ".join(["a finite number", *rules]) + (counted_in if unit else "")
    tail = f"; {hint}" if hint else ""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be {rule}, got {shown(value)}{tail}")
    result = float(value)
    fits = (
        math.isfinite(result)
        and (above is None or result > above)
        and (at_least is None or result >= at_least)
        and (at_most is None or result <= at_most)
    )
    if not fits:
        raise ValueError(f"`{name}` must be {rule}, got {value!r}{tail}")
    return result


def numbers_of(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    unit: str = "",
) -> Float64:
    """Return one number or several as a 1-D float64 array with at least one entry."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    several = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
    entries: list[object] = list(value) if several else [value]  # type: ignore[call-overload]
    if not entries:
        raise ValueError(f"`{name}` must hold at least one number, got {value!r}")
    return np.array(
        [number(name, entry, above=above, at_least=at_least, at_most=at_most, unit=unit) for entry in entries]
    )


def angles(name: str, value: object, turns: int = 1) -> Float64:
    """Return angles in radians, within so many turns: more look like degrees."""
    values = numbers_of(name, value, unit="radians")
    if np.abs(values).max() > turns * 2 * math.pi * (1 + 1e-9):
        raise ValueError(
            f"`{name}` must be in radians, of at most {2 * turns} pi, got {values[np.abs(values).argmax()]:g}; "
            f"np.deg2rad turns degrees into radians"
        )
    return values


def flag(name: str, value: object) -> bool:
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"`{name}` must be True or False, got {shown(value)}")
    return bool(value)


def choice(name: str, value: object, allowed: Collection[Any]) -> Any:
    """Return `value` if it is one of the allowed ones."""
    if not any(value is entry or value == entry for entry in allowed):
        listed = ", ".join(repr(entry) for entry in allowed)
        raise ValueError(f"`{name}` must be one of {listed}, got {shown(value)}")
    return value


def window_name(window: Sequence[int]) -> str:
    """Name a window as people do: '11x11', or '11-sample' in one dimension."""
    if len(window) == 1:
        return f"{window[0]}-sample"
    return "x".join(str(side) for side in window)


def window_words(window: Sequence[int]) -> str:
    """Say how large a window is: '8x8 pixels', '31 samples'."""
    return f"{window[0]} samples" if len(window) == 1 else f"{window_name(window)} pixels"


def first(n: object, available: int, *, what: str, hint: str) -> int:
    """Return how many filters to keep: all, or the first `n` of those available."""
    if n is None:
        return available
    count = integer("n", n, at_least=1)
    if count > available:
        raise ValueError(f"`n` must be at most {available} for {what}, got {count}; {hint}")
    return count


def article(text: str) -> str:
    """Put 'a' or 'an' before a window's name as it is spoken: 'an 11x11', 'a 5x5'."""
    digits = text.split("x")[0].split("-")[0]
    spoken_with_vowel = digits in {"11", "18"} or digits.startswith("8")
    return f"{'an' if spoken_with_vowel else 'a'} {text}"
