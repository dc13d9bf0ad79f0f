"""All that a bank says of itself, in one table, with advice."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize

from .._bank import FilterBank, as_bank, rank_and_condition
from .._check import Float64, window_name
from .._table import Table
from ..design import prune
from ._algebra import coherence, effective_rank, gram
from ._coverage import coverage
from ._spectrum import FrameBounds, are_tight, fast_grid, frame_bounds, power, waves
from ._tuning import Tuning, tuning

SAMPLES_PER_PIXEL = 4  # of the grid from which the smallest power is sought
SMALLEST = 1e-100  # of values whose squares are summed
# What advice begins at.
ILL_CONDITIONED = 1e3
CUT = 0.05  # share of the energy in the outermost pixels
EVEN = 0.9  # symmetry
DIRECTED = 0.01  # response to a constant, as a share of the largest that a filter of this energy could have
ALIKE = 0.999  # cosine
UNEVEN = 10.0  # longest over shortest filter
LEAKY = 1e-6  # smallest over largest power
LOST = 1e-13  # of the largest power, what rounding leaves of nothing
UNITS = {
    "rank": "independent filters",
    "condition": "largest over smallest singular value",
    "effective_rank": "equally strong directions",
    "coherence": "cosine",
    "shortest_filter": "root of its energy",
    "longest_filter": "root of its energy",
    "lower_frame_bound": "times a signal's energy",
    "upper_frame_bound": "times a signal's energy",
    "certified_lower_frame_bound": "times a signal's energy",
    "certified_upper_frame_bound": "times a signal's energy",
    "power_ratio": "largest over smallest power",
    "lowest_frequency": "cycles per pixel",
    "highest_frequency": "cycles per pixel",
    "most_energy_at_the_edge": "of a filter's energy",
}
STARTS = 8  # points of that grid


class BankReport(NamedTuple):
    """What `report` found; prints as a table with advice, and shows itself in a notebook.

    Parameters
    ----------
    bank : FilterBank
        The bank.
    numbers : dict
        What was measured, by name; `power_by_octave` is a dict by the lowest frequency in cycles per pixel.
        `power_ratio` is the largest power of a frequency over the smallest.
    tuning : Tuning
        What each filter is tuned to.
    advice : tuple of str
        What to know or to change, in plain words.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.analysis.report(fb.dct(5)).advice
    ('tight: responses keep the energy of every signal, 25-fold',)
    """

    bank: FilterBank
    numbers: dict[str, Any]
    tuning: Tuning
    advice: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON knows it.

        Returns
        -------
        dict
            With `family`, `fingerprint`, `size`, `filters`, what was measured, `tuning` by filter and `advice`. What
            is not a number is None, what is infinite the text "inf".
        """
        return {
            "family": self.bank.family,
            "fingerprint": self.bank.fingerprint,
            "size": list(self.bank.size),
            "filters": len(self.bank),
            **{name: _plain(value) for name, value in self.numbers.items()},
            "tuning": {name: _plain(values) for name, values in self.tuning.items()},
            "advice": list(self.advice),
        }

    def __str__(self) -> str:
        lines = [repr(self.bank).strip("<>"), "", str(self._table())]
        return "\n".join([*lines, *(["", *(f"- {each}" for each in self.advice)] if self.advice else [])])

    def _repr_html_(self) -> str:
        advice = "".join(f"<li>{html.escape(each)}</li>" for each in self.advice)
        return self.bank._repr_html_() + self._table().html() + (f"<ul>{advice}</ul>" if advice else "")

    def _table(self) -> Table:
        return Table(("measure", "value", "unit"), self.rows(), texts=(0, 2))

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the measures as texts.

        Returns
        -------
        list of tuple of str
            What was measured, the value, and its unit, or "" where it has none.
        """
        octaves = self.numbers["power_by_octave"]
        rows = [
            (name.replace("_", " "), _shown(value), UNITS.get(name, ""))
            for name, value in self.numbers.items()
            if value is not octaves
        ]
        tops = ["up", *octaves]
        return rows + [
            (
                f"power from {low} {'and' if top == 'up' else 'to'} {top} cycles per pixel",
                f"{share:.1%}",
                "of the power",
            )
            for top, (low, share) in zip(tops, octaves.items(), strict=False)
        ]


def report(bank: FilterBank | npt.ArrayLike) -> BankReport:
    """Collect what can be said of a bank, and what to do about it.

    Parameters
    ----------
    bank : FilterBank or array_like
        The bank, or filters `(n, *size)`.

    Returns
    -------
    BankReport
        With `numbers`, `tuning` and `advice`; `to_dict` makes it JSON.

    Raises
    ------
    ValueError
        If the filters are not finite, not of one to three dimensions, or beyond 1e-100 and 1e100.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> crowded = fb.FilterBank(np.random.default_rng(0).normal(size=(64, 5, 5)))
    >>> print(fb.analysis.report(crowded).advice[0])
    rank 25 of 64: at 5x5 only 25 filters can differ; prune(rank=25) or a larger size
    """
    bank = as_bank(bank)
    largest = float(np.abs(bank.filters).max())
    if largest and not SMALLEST < largest < 1 / SMALLEST:
        raise ValueError(
            f"`bank` must have values between {SMALLEST:.0e} and {1 / SMALLEST:.0e} for their squares to be numbers, "
            f"got up to {largest:.3g}; filterbank.normalize scales them"
        )
    tuned = tuning(bank)
    rank, condition = rank_and_condition(bank)
    bounds = frame_bounds(bank)
    lengths = np.sqrt(tuned["energy"])
    covered = coverage(bank)
    octaves = zip(covered.octaves.tolist(), covered.per_octave.tolist(), strict=True)
    lowest = _lowest_power(bank, bounds)
    numbers = {
        "rank": rank,
        "condition": condition,
        "effective_rank": effective_rank(bank),
        "coherence": coherence(bank),
        "shortest_filter": float(lengths.min()),
        "longest_filter": float(lengths.max()),
        "lower_frame_bound": bounds.lower,
        "upper_frame_bound": bounds.upper,
        "certified_lower_frame_bound": bounds.certified_lower,
        "certified_upper_frame_bound": bounds.certified_upper,
        "power_ratio": bounds.upper / lowest if lowest > LOST * bounds.upper else math.inf,
        "lowest_frequency": _extreme(np.nanmin, tuned["frequency"]),
        "highest_frequency": _extreme(np.nanmax, tuned["frequency"]),
        "most_energy_at_the_edge": _extreme(np.nanmax, tuned["edge"]),
        "power_by_octave": {f"{low:.3g}": share for low, share in octaves},
    }
    return BankReport(bank, numbers, tuned, tuple(_advice(bank, numbers, tuned, bounds)))


def _lowest_power(bank: FilterBank, bounds: FrameBounds) -> float:
    """Return the smallest sum of squared responses, sought between the points of the grid where no bound is enough."""
    if bounds.certified_lower > LEAKY * bounds.upper or bounds.lower <= LEAKY * bounds.upper:
        return bounds.lower
    grid = fast_grid(bank.size, SAMPLES_PER_PIXEL)
    starts = waves(grid)[np.argsort(power(bank, grid), axis=None)[:STARTS]]
    positions = np.stack([place.ravel() for place in np.indices(bank.size)], axis=1)
    flat = bank.filters.reshape(len(bank), -1)

    def at(wave: Float64) -> float:
        return float(np.sum(np.abs(flat @ np.exp(-2j * np.pi * (positions @ wave))) ** 2))

    found = (optimize.minimize(at, start, method="Nelder-Mead", options={"fatol": 0}) for start in starts)
    return min(bounds.lower, *(float(each.fun) for each in found))


def _advice(bank: FilterBank, numbers: dict[str, Any], tuned: Tuning, bounds: FrameBounds) -> Iterator[str]:
    count, pixels, rank = len(bank), math.prod(bank.size), numbers["rank"]
    window, zeros = window_name(bank.size), np.flatnonzero(tuned["energy"] == 0).tolist()
    if not rank:
        yield "every filter is zero"
        return
    if count > pixels:
        only = "" if rank == pixels else f", and {rank} do"
        differ = f"at {window} only {pixels} filters can differ{only}"
        yield f"rank {rank} of {count}: {differ}; prune(rank={rank}) or a larger size"
    elif rank < count - len(zeros):
        yield f"rank {rank} of {count}: some filters are sums of others; prune(rank={rank}) drops them"
    elif ILL_CONDITIONED < numbers["condition"] < math.inf:
        sparser = rank_and_condition(prune(bank, max_coherence=0.9))[1] <= ILL_CONDITIONED
        yield (
            f"condition {numbers['condition']:.3g}: small changes of a kernel need large ones of its coefficients; "
            f"orthonormalize{', or prune(max_coherence=0.9)' if sparser else ''}"
        )
    if zeros:
        yield f"{_filters(zeros)} zero; leave {'it' if len(zeros) == 1 else 'them'} out"
    if count <= pixels and (twins := _twins(bank)):
        yield f"filters {twins[0]} and {twins[1]} are alike but for their length; prune(max_coherence=0.99) keeps one"
    if numbers["shortest_filter"] and numbers["longest_filter"] > UNEVEN * numbers["shortest_filter"]:
        ends = f"{numbers['shortest_filter']:.3g} to {numbers['longest_filter']:.3g}"
        yield f"lengths from {ends}: normalize makes them alike"
    # Filters that are orthogonal to each other fill the window on purpose.
    if numbers["coherence"] > 1e-9 and (cut := _cut(bank, tuned)):
        most = float(tuned["edge"][cut].max())
        yield (
            f"{_filters(cut)} cut by the window, with up to {most:.0%} of the energy in its outermost pixels; a larger "
            f"size, or narrower filters"
        )
    strength = np.abs(tuned["dc"]) / np.sqrt(np.maximum(tuned["energy"], np.finfo(np.float64).tiny) * pixels)
    # Even waves; what has no symmetry was not made to be one.
    even = (tuned["frequency"] > 0) & (tuned["symmetry"] > EVEN) & np.isfinite(tuned["bandwidth"])
    if shifted := np.flatnonzero(even & (strength > DIRECTED)).tolist():
        yield f"{_filters(shifted)} not of zero mean, and so not blind to constants; zero_mean mends that"
    if are_tight(bounds):
        yield f"tight: responses keep the energy of every signal, {numbers['upper_frame_bound']:.3g}-fold"
    elif numbers["power_ratio"] > 1 / LEAKY:
        lost = math.isinf(numbers["power_ratio"])
        weak, well = ("get lost", "whole") if lost else (f"are {numbers['power_ratio']:.0e} times weaker", "well")
        first = "normalize and " if LEAKY * numbers["upper_frame_bound"] > 0.5 else ""
        yield (
            f"some frequencies {weak} in the responses, so signals do not come back {well} from them; that matters for "
            f"rebuilding only, and {first}concatenate with delta(size, n=1) mends it"
        )


def _cut(bank: FilterBank, tuned: Tuning) -> list[int]:
    """Return the filters with a noticeable share at the edge, but less than one that fills the window has."""
    pixels = math.prod(bank.size)
    even = 1 - math.prod(max(side - 2, 0) for side in bank.size) / pixels
    found: list[int] = np.flatnonzero((tuned["edge"] > CUT) & (tuned["edge"] < 0.5 * even)).tolist()
    return found


def _twins(bank: FilterBank) -> tuple[int, int] | None:
    """Return the first two filters that are alike but for length and sign."""
    products = gram(bank)
    lengths = np.sqrt(np.diag(products))
    cosines = np.abs(products) / np.maximum(np.outer(lengths, lengths), np.finfo(np.float64).tiny)
    pairs = np.argwhere(np.triu(cosines > ALIKE, k=1))
    return (int(pairs[0, 0]), int(pairs[0, 1])) if len(pairs) else None


def _filters(indices: list[int]) -> str:
    if len(indices) == 1:
        return f"filter {indices[0]} is"
    named = ", ".join(map(str, indices[:6])) + (", ..." if len(indices) > 6 else "")
    return f"{len(indices)} filters ({named}) are"


def _extreme(of: Any, values: Float64) -> float:
    return math.nan if np.isnan(values).all() else float(of(values))


def _shown(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    return "-" if math.isnan(value) else f"{0.0 if abs(value) < 1e-12 else value:.4g}"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value.tolist()]
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
