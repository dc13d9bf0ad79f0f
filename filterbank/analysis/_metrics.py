"""What a set of learned kernels is like, without any bank."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import spatial

from .. import _check
from .._check import Float64
from .._table import Table, shows_itself
from ._explained import as_columns
from ._kernels import learned

BINS = 8  # of orientations over half a turn
NUMBERS_AT_ONCE = 4_000_000
MANY = 4096  # kernels, from which on duplicates are looked for in a tree, so many neighbours at a time
NEIGHBOURS = 8


@shows_itself
class KernelMetrics(NamedTuple):
    """What a set of kernels is like; prints as a table.

    Parameters
    ----------
    norm : ndarray of float64, shape (in, out)
        Length of each kernel, the square root of its energy.
    sparsity : ndarray of float64, shape (in, out)
        Hoyer's measure: 0 where all values have the same magnitude, 1 for a single pixel. NaN for kernels that are zero
        or have only one pixel.
    smoothness : ndarray of float64, shape (in, out)
        One less the energy of the differences between neighbouring pixels over the most that any kernel could have, 4
        times its own energy for each axis: 1 for constant kernels, about a half for noise, near 0 for a checkerboard.
        NaN for kernels that are zero.
    symmetry : ndarray of float64, shape (in, out)
        The share of the energy that is even about the centre of the window: 1 for even kernels, 0 for odd ones. NaN for
        kernels that are zero.
    orientation : ndarray of float64, shape (in, out)
        The direction in which the kernel changes most, in radians from 0 to below pi, from x towards y. NaN without a
        direction, and in one and three dimensions.
    anisotropy : ndarray of float64, shape (in, out)
        How much more it changes in that direction than across: 1 for stripes, 0 where no direction is preferred.
    dead : ndarray of bool, shape (in, out)
        Kernels that are next to nothing beside the others.
    duplicate : ndarray of bool, shape (in, out)
        Kernels that are multiples, of any sign, of one before them, the outputs of the first input coming first. Dead
        ones are not among them.
    variance_entropy : float
        Entropy of the shares of variance along the kernels' principal components, in decimal digits; NaN where there is
        no variance, as of a single kernel.
    variance_entropy_ratio : float
        The same over that of as many random kernels of this size: about 1 for noise, 0 if all kernels lie on a line.
    orientation_entropy : float
        Entropy of the histogram of orientations in 8 bins over half a turn, each kernel weighted by the energy that its
        direction has: 1 if all directions occur alike, 0 if there is only one. NaN where there is none.
    size : tuple of int
        The window in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> print(fb.analysis.kernel_metrics(np.moveaxis(fb.gabor(11).filters, 0, -1)[:, :, None]))
    16 kernels of 11x11   25 %  median   75 %
    norm                     1       1      1
    sparsity             0.345   0.373  0.457
    smoothness           0.732   0.824  0.911
    symmetry                 0     0.5      1
    dead                     0
    duplicate                0
    variance entropy      1.07
      of that of noise   93.3%
    orientation entropy  0.664
    """

    norm: Float64
    sparsity: Float64
    smoothness: Float64
    symmetry: Float64
    orientation: Float64
    anisotropy: Float64
    dead: npt.NDArray[np.bool_]
    duplicate: npt.NDArray[np.bool_]
    variance_entropy: float
    variance_entropy_ratio: float
    orientation_entropy: float
    size: tuple[int, ...]

    def _table(self) -> Table:
        count = f"{self.norm.size} kernel{'s' if self.norm.size > 1 else ''}"
        head = (f"{count} of {_check.window_name(self.size)}", "25 %", "median", "75 %")
        rows: list[tuple[str, ...]] = []
        for name in ("norm", "sparsity", "smoothness", "symmetry"):
            values = getattr(self, name)
            known = values[~np.isnan(values)]
            quartiles = np.quantile(known, [0.25, 0.5, 0.75]) if known.size else np.full(3, np.nan)
            rows.append((name, *(_short(value) for value in quartiles)))
        ratio = self.variance_entropy_ratio
        rows += [
            ("dead", f"{np.count_nonzero(self.dead)}", "", ""),
            ("duplicate", f"{np.count_nonzero(self.duplicate)}", "", ""),
            ("variance entropy", _short(self.variance_entropy), "", ""),
            ("  of that of noise", "-" if np.isnan(ratio) else f"{ratio:.1%}", "", ""),
            ("orientation entropy", _short(self.orientation_entropy), "", ""),
        ]
        return Table(head, rows)


def kernel_metrics(
    kernels: Any, *, dead: float = 0.01, duplicate: float = 0.99, simulations: int = 10, rng: Any = 0
) -> KernelMetrics:
    r"""Measure what learned kernels are like: how strong, sparse, smooth, symmetric, diverse.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a convolution.
    dead : float, default 0.01
        Kernels of at most this share of the median norm are dead.
    duplicate : float, default 0.99
        Kernels whose cosine with one before them is at least this in magnitude are duplicates.
    simulations : int, default 10
        How many sets of random kernels stand for noise.
    rng : optional
        Anything `numpy.random.default_rng` takes, for the random kernels.

    Returns
    -------
    KernelMetrics
        Arrays `(in, out)` and, of all kernels together, numbers.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If they are not finite, or a threshold is out of bounds.

    Notes
    -----
    Hoyer's sparsity of `N` pixels is :math:`(\sqrt N - \|w\|_1 / \|w\|_2) / (\sqrt N - 1)`. The variance entropy is
    :math:`-\sum_i p_i \log_{10} p_i`, where :math:`p_i` are the shares of variance along the principal components of
    the kernels less their mean. Orientations are those of the structure tensor of the gradients in the middle of every
    four pixels.

    References
    ----------
    P. O. Hoyer, "Non-negative matrix factorization with sparseness constraints", J. Mach. Learn. Res. 5 (2004),
    1457-1469.
    P. Gavrikov and J. Keuper, "CNN Filter DB: an empirical investigation of trained convolutional filters", CVPR 2022,
    19066-19076, for the variance entropy.
    J. Bigun and G. H. Granlund, "Optimal orientation detection of linear symmetry", ICCV 1987, 433-438.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> metrics = fb.analysis.kernel_metrics(np.random.default_rng(0).normal(size=(5, 5, 8, 32)))
    >>> round(metrics.variance_entropy_ratio, 2), int(metrics.dead.sum())
    (1.0, 0)
    """
    target = learned(kernels)
    dead = _check.number("dead", dead, at_least=0, at_most=1)
    duplicate = _check.number("duplicate", duplicate, above=0, at_most=1)
    simulations = _check.integer("simulations", simulations, at_least=1)
    size, channels = target.shape[:-2], target.shape[-2:]
    columns = as_columns(target)
    lengths = np.linalg.norm(columns, axis=0)
    is_dead = lengths <= dead * np.median(lengths)
    something = lengths > 0
    units = np.divide(columns, lengths, out=np.full_like(columns, np.nan), where=something)
    orientation, anisotropy, weight = _orientations(columns, size)
    entropy = _variance_entropy(columns)
    generator = np.random.default_rng(rng)
    noise = np.mean([_variance_entropy(generator.normal(size=columns.shape)) for _ in range(simulations)])
    return KernelMetrics(
        (lengths * (np.abs(target).max() or 1.0)).reshape(channels),
        _sparsity(units).reshape(channels),
        _smoothness(units, size).reshape(channels),
        # The mean of a unit and its reflection has the energy of its even part.
        (np.sum((units + units[::-1]) ** 2, axis=0) / 4).reshape(channels),
        orientation.reshape(channels),
        anisotropy.reshape(channels),
        is_dead.reshape(channels),
        _duplicates(units, ~is_dead & something, duplicate).reshape(channels),
        entropy,
        float(entropy / noise) if noise > 0 else np.nan,
        _orientation_entropy(orientation, weight),
        size,
    )


def _short(value: float) -> str:
    return "-" if np.isnan(value) else f"{0.0 if abs(value) < 5e-7 else value:.3g}"


def _sparsity(units: Float64) -> Float64:
    if len(units) == 1:
        return np.full(units.shape[1], np.nan)
    root = np.sqrt(len(units))
    sparsity: Float64 = (root - np.sum(np.abs(units), axis=0)) / (root - 1)
    return np.clip(sparsity, 0, 1)


def _smoothness(units: Float64, size: tuple[int, ...]) -> Float64:
    windows = units.reshape(*size, -1)
    axes = range(len(size))
    rough = [np.sum(np.diff(windows, axis=axis) ** 2, axis=tuple(axes)) for axis in axes]
    smooth: Float64 = 1 - np.sum(rough, axis=0) / (4 * len(size))
    return smooth


def _orientations(columns: Float64, size: tuple[int, ...]) -> tuple[Float64, Float64, Float64]:
    """Return angle, anisotropy and the energy of the gradients that has that direction, of each kernel."""
    count = columns.shape[1]
    nothing = np.full(count, np.nan), np.zeros(count), np.zeros(count)
    if len(size) != 2 or min(size) < 2:
        return nothing
    windows = columns.reshape(*size, -1)
    right, down = np.diff(windows, axis=1), np.diff(windows, axis=0)
    x, y = (right[1:] + right[:-1]) / 2, (down[:, 1:] + down[:, :-1]) / 2
    whole, straight, slanted = (np.sum(part, axis=(0, 1)) for part in (x**2 + y**2, x**2 - y**2, 2 * x * y))
    strength = np.hypot(straight, slanted)
    directed = strength > 1e-9 * np.sum(columns**2, axis=0)
    angle = np.where(directed, np.mod(np.arctan2(slanted, straight) / 2, np.pi), np.nan)
    # Rounding below half a turn.
    angle = np.where(np.pi - angle < 1e-9, 0.0, angle)
    share = np.divide(strength, whole, out=np.zeros(count), where=directed)
    return angle, np.minimum(share, 1.0), np.where(directed, strength, 0.0)


def _orientation_entropy(orientation: Float64, weight: Float64) -> float:
    if not weight.any():
        return np.nan
    known = weight > 0
    bins = np.round(orientation[known] * BINS / np.pi).astype(int) % BINS
    histogram = np.bincount(bins, weights=weight[known]).astype(np.float64)
    return _entropy(histogram) / float(np.log10(BINS))


def _variance_entropy(columns: Float64) -> float:
    """Return the entropy of the variances along the principal components; NaN without any variance."""
    centred = columns - columns.mean(axis=1, keepdims=True)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2
    if variances[0] <= np.finfo(np.float64).eps ** 2 * centred.size * np.sum(columns**2):
        return np.nan
    return _entropy(variances)


def _entropy(weights: Float64) -> float:
    shares = weights[weights > 0] / weights.sum()
    return float(max(-np.sum(shares * np.log10(shares)), 0.0))


def _duplicates(units: Float64, alive: npt.NDArray[np.bool_], threshold: float) -> npt.NDArray[np.bool_]:
    """Return which living kernels are multiples of one before them."""
    places = np.flatnonzero(alive)
    rows = np.ascontiguousarray(units[:, places].T)
    least = threshold * (1 - 1e-12)
    found, open_ = np.zeros(len(rows), dtype=bool), np.arange(len(rows))
    if len(rows) > MANY:
        # On the sphere a cosine is a distance. Where some of the nearest come before, that answers it; where all of
        # them come after, the others are looked at below.
        reach = math.sqrt(2 - 2 * least)
        tree = spatial.cKDTree(rows)
        nearest = [tree.query(side, NEIGHBOURS, distance_upper_bound=reach, workers=-1)[1] for side in (rows, -rows)]
        found = np.any(np.concatenate(nearest, axis=1) < open_[:, None], axis=1)
        full = np.any([near[:, -1] < len(rows) for near in nearest], axis=0)
        open_ = np.flatnonzero(full & ~found)
    at_once = max(1, NUMBERS_AT_ONCE // max(len(rows), 1))
    for first in range(0, len(open_), at_once):
        some = open_[first : first + at_once]
        earlier = rows[: some[-1]]
        cosines = np.abs(rows[some] @ earlier.T)
        found[some] = np.any((cosines >= least) & (np.arange(len(earlier)) < some[:, None]), axis=1)
    whole = np.zeros(len(alive), dtype=bool)
    whole[places] = found
    return whole
