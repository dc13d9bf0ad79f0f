"""Which bank suits learned kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _check
from .._bank import FilterBank, as_bank
from .._check import Float64
from .._table import Table, shows_itself
from ._candidates import DEFAULT, family_names, grid, made, with_filters
from ._explained import ORDERS, OWN, RANDOM, Order, as_columns, pursuit, random_directions
from ._kernels import learned, require_size

Banks: TypeAlias = Mapping[str, FilterBank | npt.ArrayLike | str] | Iterable[str]
NUMBERS_AT_ONCE = 4_000_000


class ComparedBank(NamedTuple):
    """What one bank explains, in a comparison at the same number of filters.

    Parameters
    ----------
    name : str
        The name that was given, or that of the family.
    explained : float
        The share of the kernels' energy that the bank explains.
    low, high : float
        The bootstrap interval of that share.
    wins : float
        In which share of the resamples this bank explains most of those compared; 0 for the two references.
    is_reference : bool
        True for random filters and for the kernels' own.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> row = fb.analysis.compare(np.ones((5, 5, 1, 4)), {"cosines": fb.dct(5)}, n=3).rows[0]
    >>> row.name, round(row.explained, 6), row.is_reference
    ('cosines', 1.0, False)
    """

    name: str
    explained: float
    low: float
    high: float
    wins: float
    is_reference: bool


@shows_itself
@dataclass(frozen=True)
class Comparison:
    """Banks by what they explain of kernels, with equally many filters each; prints as a table.

    Parameters
    ----------
    rows : tuple of ComparedBank
        The best first, with the two references among them.
    banks : mapping of str to FilterBank
        The filters of each that were compared, but for the random ones, of which there are several draws.
    n : int
        How many filters.
    kernels : int
        How many kernels.
    size : tuple of int
        The window in pixels.
    confidence : float
        Of the intervals.

    Examples
    --------
    >>> import filterbank as fb
    >>> kernels = fb.compose([[[1.0, 2.0]], [[0.5, -1.0]]], fb.dct(5)[[1, 5]])
    >>> comparison = fb.analysis.compare(kernels, ["dct", "legendre"], n=6, rng=0)
    >>> comparison.best.name
    'dct'
    """

    rows: tuple[ComparedBank, ...]
    banks: Mapping[str, FilterBank]
    n: int
    kernels: int
    size: tuple[int, ...]
    confidence: float

    @property
    def best(self) -> ComparedBank:
        """The best row that is no reference."""
        return next(row for row in self.rows if not row.is_reference)

    def _table(self) -> Table:
        window = _check.window_name(self.size)
        head = (f"{self.n} filters of {window}", "explained", f"{self.confidence:.0%} interval", "wins")
        rows = [
            (
                row.name,
                f"{row.explained:.1%}",
                f"{row.low:.1%} to {row.high:.1%}",
                "-" if row.is_reference else f"{row.wins:.0%}",
            )
            for row in self.rows
        ]
        drawn = 2 if np.isnan(self.rows[0].low) else len(head)  # without resamples, the shares alone
        return Table(head[:drawn], [row[:drawn] for row in rows])


def compare(
    kernels: Any,
    banks: Banks | None = None,
    n: int | None = None,
    *,
    order: Order = "given",
    resamples: int = 1000,
    confidence: float = 0.95,
    draws: int = 20,
    rng: Any = 0,
) -> Comparison:
    """Compare banks by what they explain of learned kernels, with equally many filters each.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a convolution.
    banks : mapping of str to bank or str, or iterable of str, optional
        The banks by name: banks, plain filters, or names of families, which are made at the size of the kernels, with
        more orders or orientations than their defaults where `n` asks for it. The default is the eight families "dct",
        "fourier", "legendre", "slepian", "hermite", "gaussian_derivative", "gabor" and "log_gabor", without those that
        cannot be made at this size.
    n : int, optional
        How many filters of each. The default is as many as the shortest bank has, families at their defaults.
    order : {"given", "greedy", "backward"}, default "given"
        Which ones: the first `n` in the bank's order, or those that `energy_curve` puts first for these kernels, which
        is kinder to longer banks.
    resamples : int, default 1000
        How often the kernels are drawn again, with replacement, for the intervals; 0 for none.
    confidence : float, default 0.95
        Of the intervals, between the quantiles of the resamples.
    draws : int, default 20
        How many random banks are averaged.
    rng : optional
        Anything `numpy.random.default_rng` takes, for the resamples and the random banks.

    Returns
    -------
    Comparison
        With `rows`, `best` and `banks`. Besides the banks there are two references: random filters, which explain the
        share `n / pixels` on average, and the kernels' own principal components (`filterbank.kernel_basis`), which no
        `n` filters can surpass.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If the kernels are all zero or not finite, if a bank has another size or fewer than `n` filters, or `n` is more
        than a kernel has pixels.

    Notes
    -----
    The intervals tell what another sample of such kernels would do to the shares of these very filters: which ones were
    chosen, and the kernels' own components, stay. They take kernels as independent, which those of one output from
    several inputs are not quite.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman and Hall, 1993, chapter 13.
    C. Eckart and G. Young, "The approximation of one matrix by another of lower rank", Psychometrika 1 (1936), 211-218.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.random.default_rng(0).normal(size=(8, 3, 16)), fb.gabor(7))
    >>> print(fb.analysis.compare(kernels, ["gabor", "dct", "hermite"], n=8))
    8 filters of 7x7  explained      95% interval  wins
    gabor                100.0%  100.0% to 100.0%  100%
    the kernels' own     100.0%  100.0% to 100.0%     -
    hermite               85.2%    81.7% to 87.9%    0%
    dct                   19.2%    16.4% to 22.3%    0%
    random filters        16.7%    16.1% to 17.3%     -
    """
    target = learned(kernels)
    _check.choice("order", order, ORDERS)
    resamples = _check.integer("resamples", resamples, at_least=0)
    confidence = _check.number("confidence", confidence, above=0, at_most=1)
    draws = _check.integer("draws", draws, at_least=1)
    generator = np.random.default_rng(rng)
    size, columns = target.shape[:-2], as_columns(target)
    if not columns.any():
        raise ValueError("`kernels` must not be all zero: there is nothing to explain")
    chosen, n = _chosen(banks, target, n)
    directions, kept = {}, {}
    for name, bank in chosen.items():
        taken, directions[name], _ = pursuit(bank.filters, columns, order, n)
        kept[name] = bank[taken.tolist()]
    whole = np.sum(columns**2, axis=0)
    energies = {name: np.sum((rows @ columns) ** 2, axis=0) for name, rows in directions.items()}
    own = np.linalg.svd(columns, full_matrices=False)[0][:, :n]
    randoms = [random_directions(generator, n, len(columns)) for _ in range(draws)]
    energies[RANDOM] = np.mean([np.sum((rows @ columns) ** 2, axis=0) for rows in randoms], axis=0)
    energies[OWN] = np.sum((own.T @ columns) ** 2, axis=0)
    kept[OWN] = FilterBank(own.T.reshape(-1, *size), family="kernel_basis")
    samples = _resampled(np.stack([whole, *energies.values()]), resamples, generator)
    shares = {name: float(min(energy.sum() / whole.sum(), 1.0)) for name, energy in energies.items()}
    wins = np.bincount(samples[:, : len(chosen)].argmax(axis=1), minlength=len(energies)) / max(len(samples), 1)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    rows = []
    for index, (name, share) in enumerate(shares.items()):
        low, high = np.quantile(samples[:, index], tails) if resamples else (np.nan, np.nan)
        rows.append(ComparedBank(name, share, float(low), float(high), float(wins[index]), name in (RANDOM, OWN)))
    # What rounding alone puts apart stays in its order, banks before references.
    ranked = sorted(rows, key=lambda row: -round(row.explained, 12))
    return Comparison(tuple(ranked), MappingProxyType(kept), n, columns.shape[1], size, confidence)


def _chosen(banks: Banks | None, target: Float64, n: int | None) -> tuple[dict[str, FilterBank], int]:
    """Return the banks by name, each with at least `n` filters, and `n`."""
    size, pixels = target.shape[:-2], int(np.prod(target.shape[:-2]))
    count = 1 if n is None else _check.integer("n", n, at_least=1, at_most=pixels, hint="a kernel has so many pixels")
    given = DEFAULT if banks is None else banks
    if isinstance(given, (str, FilterBank, np.ndarray)) or not isinstance(given, Iterable):
        raise TypeError(f"`banks` must be banks by name, or names of families, got {_check.shown(given)}")
    wanted = dict(given) if isinstance(given, Mapping) else {name: name for name in given}
    found: dict[str, FilterBank] = {}
    for name, bank in wanted.items():
        if name in (RANDOM, OWN):
            raise ValueError(f"`banks` must not have the name {name!r}, which is that of a reference; give another")
        if not isinstance(bank, str):
            found[name] = as_bank(bank)
            require_size(found[name].filters, target, f"banks[{name!r}]")
            continue
        _check.choice("banks", bank, family_names())
        try:
            found[name] = with_filters(bank, size, count)
        except ValueError as error:
            if banks is not None:
                raise ValueError(f"`banks` cannot have {name!r} at {_check.window_name(size)}: {error}") from None
    if not found:
        raise ValueError(f"`banks` must name at least one bank of {_check.window_name(size)} pixels, got none")
    if n is None:
        count = min(pixels, *(len(bank) for bank in found.values()))
    for name, bank in found.items():
        if len(bank) < count:
            raise ValueError(f"`n` must be at most {len(bank)}, the filters of banks[{name!r}], got {count}")
    return found, count


def _resampled(energies: Float64, resamples: int, generator: np.random.Generator) -> Float64:
    """Return what is explained of resamples of the kernels, `(resamples, banks)`; the first row given is the whole."""
    count = energies.shape[1]
    at_once = max(1, NUMBERS_AT_ONCE // count)
    shares = [np.empty((0, len(energies) - 1))]
    for first in range(0, resamples, at_once):
        times = generator.multinomial(count, np.full(count, 1 / count), size=min(at_once, resamples - first))
        sums = times @ energies.T
        whole = sums[:, :1]
        shares.append(np.divide(sums[:, 1:], whole, out=np.ones_like(sums[:, 1:]), where=whole > 0))
    return np.minimum(np.concatenate(shares), 1.0)


@shows_itself
class Candidate(NamedTuple):
    """A family with its arguments, and what `n` of its filters explain.

    Parameters
    ----------
    family : str
        Name of the family.
    arguments : dict
        What the family was called with, besides the size.
    explained : float
        The share of the kernels' energy.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> fb.analysis.suggest(np.ones((5, 5, 1, 1)), 1).ranking[0]
    Candidate(family='dct', arguments={}, explained=1.0)
    """

    family: str
    arguments: dict[str, Any]
    explained: float

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.family}({arguments})"


@shows_itself
class Suggestion(NamedTuple):
    """The bank that suits kernels best, of those that were tried; prints as a table.

    Parameters
    ----------
    bank : FilterBank
        The `n` filters, made again by their recipe like any others.
    explained : float
        The share of the kernels' energy that they explain.
    optimum : float
        What the best `n` filters of all explain, the kernels' own principal components.
    ranking : tuple of Candidate
        All that were tried, the best first.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.ones((2, 1, 1)), fb.gabor(7, 2, frequencies=[0.25], bandwidth=1.5))
    >>> print(str(fb.analysis.suggest(kernels, 2)).splitlines()[1])
    gabor(frequencies=[0.25], bandwidth=1.5, orientations=4)     100.0%
    """

    bank: FilterBank
    explained: float
    optimum: float
    ranking: tuple[Candidate, ...]

    def _repr_html_(self) -> str:
        return self.bank._repr_html_() + self._table().html()

    def _table(self) -> Table:
        best: dict[str, Candidate] = {}
        for candidate in self.ranking:
            best.setdefault(candidate.family, candidate)
        rows = [(str(candidate), f"{candidate.explained:.1%}") for candidate in best.values()]
        rows.append((OWN, f"{self.optimum:.1%}"))
        rows.append((RANDOM, f"{len(self.bank) / np.prod(self.bank.size):.1%}"))
        return Table((f"{len(self.bank)} filters chosen from each family at its best", "explained"), rows)


def suggest(kernels: Any, n: int, *, order: Order = "greedy") -> Suggestion:
    """Search families and their parameters for the bank of `n` filters that explains most of learned kernels.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a convolution.
    n : int
        How many filters.
    order : {"greedy", "backward", "given"}, default "greedy"
        Which filters of a longer bank: those that `energy_curve` puts first for these kernels, or the first ones.

    Returns
    -------
    Suggestion
        With `bank`, `explained`, `optimum` and the whole `ranking`.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If they are all zero or not finite, or `n` is more than a kernel has pixels.

    See Also
    --------
    compare : Banks of your own, with intervals and references.
    filterbank.kernel_basis : The best bank, which is learned from the kernels.

    Notes
    -----
    These are tried, where they can be made at the kernels' size with at least `n` filters:

    - dct, dst, fourier, hadamard, legendre, chebyshev, wavelet_basis, fourier_bessel, circular_harmonic, zernike,
      steerable, steerable_pyramid: at their defaults
    - slepian: the default bandwidth, 0.1, 0.2, 0.3 and 0.4
    - hermite, gaussian_derivative: sigma of 0.12, 0.16, 0.2, 0.25 and 0.3 of the shortest side, with as many orders as
      `n` needs
    - gabor: frequencies 0.25; 0.125; 0.0625 and 0.125; 0.125 and 0.25; 0.18 and 0.36; 0.0625, 0.125 and 0.25, each with
      a bandwidth of 1 and 1.5 octaves, and in 2-D 4, 6 and 8 orientations; log_gabor: the same frequencies and
      orientations

    The search sees the kernels that it is judged by. With few kernels, hold some back to judge: ``order="given"`` fits
    less to them, and may do better on others.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.random.default_rng(0).normal(size=(6, 1, 9)), fb.hermite(11, 6, sigma=1.32))
    >>> suggestion = fb.analysis.suggest(kernels, 6)
    >>> str(suggestion.ranking[0]), round(suggestion.explained, 6)
    ('hermite(sigma=1.32, max_order=2)', 1.0)
    """
    target = learned(kernels)
    _check.choice("order", order, ORDERS)
    size, columns = target.shape[:-2], as_columns(target)
    n = _check.integer("n", n, at_least=1, at_most=len(columns), hint="a kernel has so many pixels")
    if not columns.any():
        raise ValueError("`kernels` must not be all zero: there is nothing to explain")
    vectors, strengths, _ = np.linalg.svd(columns, full_matrices=False)
    few, whole = vectors * strengths, np.sum(strengths**2)
    tried: list[Candidate] = []
    best: FilterBank | None = None
    for family, arguments in grid(size, n):
        try:
            bank = made(family, size, **arguments)
        except ValueError:  # a family that has no such bank
            continue
        if len(bank) < n:
            continue
        taken, _, gains = pursuit(bank.filters, few, order, n)
        # To 12 digits: what rounding alone puts apart stays in the order of the table.
        explained = float(min(round(gains.sum() / whole, 12), 1.0))
        if best is None or explained > max(candidate.explained for candidate in tried):
            best = bank[taken.tolist()]
        tried.append(Candidate(family, arguments, explained))
    assert best is not None  # complete transforms are there at every size
    ranking = tuple(sorted(tried, key=lambda candidate: -candidate.explained))
    return Suggestion(best, ranking[0].explained, float(np.sum(strengths[:n] ** 2) / whole), ranking)
