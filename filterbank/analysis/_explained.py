"""How much of learned kernels a bank can say."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

from .. import _check
from .._bank import FilterBank, as_filters
from .._check import Float64
from .._compose import compose, decompose
from .._norm import normalized
from .._table import Table, shows_itself
from ._kernels import learned, require_size

Order: TypeAlias = Literal["given", "greedy", "backward"]
ORDERS = ("given", "greedy", "backward")
RANDOM, OWN = "random filters", "the kernels' own"  # what banks are compared with
# A filter whose distance from the span of others is below this share of its length adds nothing to them.
NOTHING_NEW = 1e-9


@shows_itself
class Projection(NamedTuple):
    """Kernels as sums of a bank's filters, and what is left of them.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (n, in, out)
        The weights of the filters: least squares, and the shortest where the bank is dependent.
    kernels : ndarray of float64, shape (*size, in, out)
        What the bank says: the filters, weighted.
    residual : ndarray of float64, shape (*size, in, out)
        What it cannot say: the given kernels less `kernels`.
    explained : float
        The share of the energy, the sum of squares over all kernels, that the bank explains; 1 where all kernels are
        zero, of which nothing is lost.
    explained_per_kernel : ndarray of float64, shape (in, out)
        The same of each kernel.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> print(fb.analysis.project(np.random.default_rng(0).normal(size=(5, 5, 3, 16)), fb.dct(5, n=10)))
    10 filters explain 40.9% of the energy of 48 kernels; of a single one, 17.3% to 64.1%
    """

    coefficients: Float64
    kernels: Float64
    residual: Float64
    explained: float
    explained_per_kernel: Float64

    def __str__(self) -> str:
        each = self.explained_per_kernel
        return (
            f"{len(self.coefficients)} filters explain {self.explained:.1%} of the energy of {each.size} kernels; of a "
            f"single one, {each.min():.1%} to {each.max():.1%}"
        )


@shows_itself
class EnergyCurve(NamedTuple):
    """What the first filters of a bank explain of kernels.

    Parameters
    ----------
    explained : ndarray of float64, shape (n + 1,)
        Entry `i` is the share of the kernels' energy that the first `i` filters of `order` explain together: from 0
        for none to what the bank explains. Never falling.
    order : ndarray of int, shape (n,)
        Which filter comes when.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.array([[[2.0]], [[0.0]], [[4.0]]]), fb.dct(5, n=3))
    >>> print(fb.analysis.energy_curve(kernels, fb.dct(5, n=3), order="greedy"))
    filters  last added  explained
          1           2      80.0%
          2           0     100.0%
          3           1     100.0%
    """

    explained: Float64
    order: npt.NDArray[np.intp]

    def _table(self) -> Table:
        pairs = zip(self.order, self.explained[1:], strict=True)
        rows = [(f"{count}", f"{index}", f"{share:.1%}") for count, (index, share) in enumerate(pairs, start=1)]
        return Table(("filters", "last added", "explained"), rows, texts=())


def project(kernels: Any, bank: FilterBank | npt.ArrayLike) -> Projection:
    """Project kernels onto a bank: what a layer on it could say of them.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, an array or a tensor of any framework; or a convolution, whose
        kernels (the depthwise ones of a separable one, inputs before outputs of a transposed one) are taken.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.

    Returns
    -------
    Projection
        With `coefficients`, `kernels`, `residual`, `explained` and `explained_per_kernel`.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If they are not of the bank's size, or not finite.

    See Also
    --------
    filterbank.layers.project : Turn the layer into one on the bank.
    filterbank.kernel_basis : The bank that explains most.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = np.ones((5, 5, 1, 4))
    >>> projection = fb.analysis.project(kernels, fb.dct(5, n=1))
    >>> projection.coefficients.shape, round(projection.explained, 12)
    ((1, 1, 4), 1.0)
    """
    target, filters = learned(kernels), as_filters(bank)
    require_size(filters, target)
    coefficients = decompose(target, filters)
    spoken = compose(coefficients, filters)
    residual = target - spoken
    pixels = tuple(range(target.ndim - 2))
    # In units of the largest value, whose square neither overflows nor vanishes.
    unit = np.abs(target).max() or 1.0
    energy, lost = (np.sum((values / unit) ** 2, axis=pixels) for values in (target, residual))
    return Projection(coefficients, spoken, residual, float(_kept(lost.sum(), energy.sum())), _kept(lost, energy))


def energy_curve(kernels: Any, bank: FilterBank | npt.ArrayLike, order: Order = "given") -> EnergyCurve:
    """Return how much of kernels the first filters of a bank explain, for every number of filters.

    Parameters
    ----------
    kernels : array_like or layer
        As in `project`.
    bank : FilterBank or array_like
        The filters, `(n, *size)`.
    order : {"given", "greedy", "backward"}, default "given"
        The order of the bank; or at each step the filter that is most like what is still unexplained of all kernels
        together, by simultaneous orthogonal matching pursuit; or from the end, at each step without the filter whose
        loss costs least when all kernels are fitted anew to the rest. Filters that add nothing come last.

    Returns
    -------
    EnergyCurve
        With `explained` `(n + 1,)`, which begins with 0 for no filter and ends with what `project` explains, and
        `order` `(n,)`. Of kernels that are all zero, everything is explained from the start.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If they are not of the bank's size, or not finite.

    Notes
    -----
    The pursuit takes the filter of length 1 whose squared inner products with the residuals have the largest sum, fits
    all kernels anew to the filters taken, and goes on. A filter within 1e-9 of its length of the span of those taken
    adds nothing. Backward elimination is better where few filters go, the pursuit where few stay; of an orthogonal bank
    both find the best filters of every number.

    References
    ----------
    J. A. Tropp, A. C. Gilbert and M. J. Strauss, "Algorithms for simultaneous sparse approximation. Part I: Greedy
    pursuit", Signal Process. 86 (2006), 572-588.
    S. F. Cotter, B. D. Rao, K. Engan and K. Kreutz-Delgado, "Sparse solutions to linear inverse problems with multiple
    measurement vectors", IEEE Trans. Signal Process. 53 (2005), 2477-2488, for the sum of squares.
    C. Couvreur and Y. Bresler, "On the optimality of the backward greedy algorithm for the subset selection problem",
    SIAM J. Matrix Anal. Appl. 21 (2000), 797-808.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = fb.compose(np.ones((8, 1, 1)), fb.dct(5, n=8))
    >>> fb.analysis.energy_curve(kernels, fb.dct(5, n=10)).explained[[0, 4, 8, 10]].round(6)
    array([0. , 0.5, 1. , 1. ])
    """
    target, filters = learned(kernels), as_filters(bank)
    require_size(filters, target)
    _check.choice("order", order, ORDERS)
    chosen, _, gains = pursuit(filters, as_columns(target), order)
    whole = np.sum(as_columns(target) ** 2)
    if not whole:
        return EnergyCurve(np.ones(len(filters) + 1), chosen)
    shares = np.concatenate([[0.0], np.cumsum(gains) / whole])
    return EnergyCurve(np.minimum(shares, 1.0), chosen)


def as_columns(kernels: Float64) -> Float64:
    """Return kernels as columns `(pixels, kernels)`, in units of the largest value."""
    return kernels.reshape(-1, kernels.shape[-2] * kernels.shape[-1]) / (np.abs(kernels).max() or 1.0)


def unit_rows(filters: Float64) -> tuple[Float64, Float64]:
    """Return filters as rows of length 1, zero where they are, and their lengths."""
    units = filters.reshape(len(filters), -1).copy()
    lengths = np.linalg.norm(units, axis=1)
    something = units.any(axis=1)
    if something.any():
        units[something] = normalized(units[something], "l2")
    return units, lengths


def pursuit(
    filters: Float64, columns: Float64, order: Order, count: int | None = None
) -> tuple[npt.NDArray[np.intp], Float64, Float64]:
    """Take filters one by one, as `energy_curve` does, at most `count`.

    Returns
    -------
    order : ndarray of int, shape (count,)
        Which filter is taken when.
    directions : ndarray, shape (count, pixels)
        What each adds to those before: orthonormal rows, zero where it adds nothing.
    gains : ndarray, shape (count,)
        The energy of the columns along each direction.
    """
    count = len(filters) if count is None else count
    units, _ = unit_rows(filters)
    rest = columns
    if rest.shape[1] > len(rest):  # as few columns with the same inner products
        vectors, strengths, _ = np.linalg.svd(rest, full_matrices=False)
        rest = vectors * strengths
    sequence = backward(units, rest) if order == "backward" else np.arange(len(units))
    rest, outside = rest.copy(), units.copy()
    free = np.ones(len(units), dtype=bool)
    chosen = np.zeros(count, dtype=np.intp)
    directions, gains = np.zeros((count, units.shape[1])), np.zeros(count)
    for step in range(count):
        distances = np.linalg.norm(outside, axis=1)
        pick = int(sequence[np.argmax(free[sequence])])
        if order == "greedy" and (useful := free & (distances > NOTHING_NEW)).any():
            pick = int(np.argmax(np.where(useful, np.sum((units @ rest) ** 2, axis=1), -1.0)))
        chosen[step], free[pick] = pick, False
        if distances[pick] > NOTHING_NEW:
            direction = outside[pick] / distances[pick]
            # Once more, against what rounding left of those before.
            direction = direction - directions[:step].T @ (directions[:step] @ direction)
            direction /= np.linalg.norm(direction)
            along = direction @ rest
            directions[step], gains[step] = direction, along @ along
            rest -= np.outer(direction, along)
            outside -= np.outer(outside @ direction, direction)
    return chosen, directions, gains


def backward(units: Float64, columns: Float64) -> npt.NDArray[np.intp]:
    """Return filters of length 1 or 0 in the opposite of the order in which to drop them, the cheapest first."""
    # Those that others span go before all others: of a factorization with pivots, the last ones.
    triangle, pivots = qr(units.T, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    rank = int(np.count_nonzero(diagonal > NOTHING_NEW))
    kept, dropped = np.sort(pivots[:rank]), list(pivots[rank:][::-1])
    inverse = np.linalg.pinv(units[kept])
    weights, precision = inverse.T @ columns, inverse.T @ inverse
    while len(kept):
        costs = np.sum(weights**2, axis=1) / np.diag(precision)
        cheapest = int(np.argmin(costs))
        dropped.append(kept[cheapest])
        # The fit to the rest, and its precision, by the inverse of the matrix without one row and column.
        factor = precision[:, cheapest] / precision[cheapest, cheapest]
        weights = np.delete(weights - np.outer(factor, weights[cheapest]), cheapest, axis=0)
        precision = precision - np.outer(factor, precision[cheapest])
        precision = np.delete(np.delete(precision, cheapest, axis=0), cheapest, axis=1)
        kept = np.delete(kept, cheapest)
    return np.array(dropped[::-1], dtype=np.intp)


def reference_curves(kernels: Any, n: int, draws: int, rng: Any) -> tuple[Float64, Float64]:
    """Return what the kernels' own components explain, `(n + 1,)`, and draws of random filters, `(draws, n + 1)`.

    No other filters explain more than the former, for any number of them.
    """
    columns = as_columns(learned(kernels))
    vectors, strengths, _ = np.linalg.svd(columns, full_matrices=False)
    few, whole = vectors * strengths, np.sum(strengths**2)
    gains = np.zeros((draws + 1, n))
    gains[0, : len(strengths)] = strengths[:n] ** 2
    generator = np.random.default_rng(rng)
    for draw in gains[1:]:
        draw[:] = np.sum((random_directions(generator, n, len(columns)) @ few) ** 2, axis=1)
    shares = np.cumsum(gains, axis=1) / whole if whole else np.ones_like(gains)
    start = np.full((draws + 1, 1), 0.0 if whole else 1.0)
    curves = np.minimum(np.concatenate([start, shares], axis=1), 1.0)
    return curves[0], curves[1:]


def random_directions(generator: np.random.Generator, n: int, pixels: int) -> Float64:
    """Return orthonormal rows `(n, pixels)` in random directions."""
    return np.asarray(np.linalg.qr(generator.normal(size=(pixels, n)))[0].T)


def _kept(lost: Any, energy: Any) -> Any:
    """Return one less the share that is lost; 1 where there is nothing to lose."""
    lost, energy = np.asarray(lost), np.asarray(energy)
    shares = np.divide(lost, energy, out=np.zeros_like(energy), where=energy > 0)
    return np.maximum(1 - shares, 0.0)
