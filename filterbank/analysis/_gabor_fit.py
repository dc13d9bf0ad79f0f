"""The Gabor filter nearest to each kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import _check, _grid
from .._bank import FilterBank
from .._check import Float64
from .._table import Table, shows_itself
from ._kernels import learned

# What is searched: the last axis of an array of parameters.
FREQUENCY, ORIENTATION, LOG_SIGMA, LOG_RATIO, CENTRE_Y, CENTRE_X = range(6)
NARROWEST = 0.3  # pixels; a Gaussian narrower than that is one pixel
AT_ONCE = 256  # kernels
MOST_STEPS = 200
PRECISION = 1e-13
# What is fitted, with its unit.
QUANTITIES = {
    "frequency": "cycles per pixel",
    "orientation": "radians",
    "phase": "radians",
    "sigma": "pixels",
    "aspect_ratio": "",
    "amplitude": "",
    "explained": "of the energy",
}


@shows_itself
class GaborFit(NamedTuple):
    r"""The Gabor filter nearest to each kernel.

    Parameters
    ----------
    frequency : ndarray of float64, shape (in, out)
        Frequency of the wave in cycles per pixel.
    orientation : ndarray of float64, shape (in, out)
        Angle of the wave in radians, from 0 to below pi, from x towards y; 0 in 1-D.
    phase : ndarray of float64, shape (in, out)
        Phase of the wave at the centre of the envelope in radians, above -pi up to pi.
    sigma : ndarray of float64, shape (in, out)
        Standard deviation of the envelope along the wave in pixels.
    aspect_ratio : ndarray of float64, shape (in, out)
        `sigma` over the standard deviation across the wave; 1 in 1-D.
    centre : ndarray of float64, shape (in, out, 2)
        Where the envelope has its centre, y and x in pixels from the centre of the window; (in, out, 1) in 1-D.
    amplitude : ndarray of float64, shape (in, out)
        Height of the envelope. It is 0 for kernels that are zero, whose other numbers are NaN.
    explained : ndarray of float64, shape (in, out)
        The share of the kernel's energy that the Gabor explains.
    size : tuple of int
        The window in pixels.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = np.moveaxis(fb.gabor(11)[:8].filters, 0, -1)[:, :, None]
    >>> print(fb.analysis.fit_gabor(kernels))
    8 kernels      25 %  median   75 %  unit
    frequency     0.125   0.125  0.125  cycles per pixel
    orientation   0.589    1.18   1.77  radians
    phase             0   0.785   1.57  radians
    sigma          2.62    2.62   2.62  pixels
    aspect_ratio      1       1      1
    amplitude     0.303   0.305  0.308
    explained         1       1      1  of the energy
    """

    frequency: Float64
    orientation: Float64
    phase: Float64
    sigma: Float64
    aspect_ratio: Float64
    centre: Float64
    amplitude: Float64
    explained: Float64
    size: tuple[int, ...]

    @property
    def kernels(self) -> Float64:
        """The fitted Gabors, `(*size, in, out)`; zero where the kernel is."""
        flat = np.stack(
            [
                self.frequency,
                self.orientation,
                np.log(self.sigma),
                np.log(self.aspect_ratio),
                self.centre[..., 0] if len(self.size) == 2 else np.zeros(self.frequency.shape),
                self.centre[..., -1],
            ],
            axis=-1,
        ).reshape(-1, 6)
        cosine, sine = _pair(np.nan_to_num(flat), self.size)
        phase = np.nan_to_num(self.phase).reshape(-1, 1)
        waves = self.amplitude.reshape(-1, 1) * (np.cos(phase) * cosine - np.sin(phase) * sine)
        return waves.T.reshape(*self.size, *self.frequency.shape)

    @property
    def bank(self) -> FilterBank:
        """The fitted Gabors of length 1, one for each kernel that is not zero, with their parameters as columns."""
        inputs, outputs = np.nonzero(self.amplitude)
        if not len(inputs):
            raise ValueError("a bank needs a filter, but all kernels are zero: nothing was fitted")
        filters = np.moveaxis(self.kernels[..., inputs, outputs], -1, 0)
        lengths = np.linalg.norm(filters.reshape(len(filters), -1), axis=1)
        columns = {name: getattr(self, name)[inputs, outputs] for name in QUANTITIES}
        places = {f"centre_{name}": self.centre[inputs, outputs, axis] for axis, name in self._axes()}
        return FilterBank(
            filters / lengths.reshape(-1, *(1,) * len(self.size)),
            parameters={**columns, **places, "input": inputs, "output": outputs},
            family="fit_gabor",
        )

    def _axes(self) -> list[tuple[int, str]]:
        return list(enumerate(_grid.axis_names(len(self.size))))

    def _table(self) -> Table:
        fitted = self.amplitude != 0
        count = np.count_nonzero(fitted)
        if not count:
            return Table((), (), note="0 kernels: all are zero")
        head = (f"{count} kernel{'s' if count > 1 else ''}", "25 %", "median", "75 %", "unit")
        rows = []
        for name in QUANTITIES:
            values = np.quantile(getattr(self, name)[fitted], [0.25, 0.5, 0.75])
            rows.append((name, *(f"{0.0 if abs(value) < 5e-7 else value:.3g}" for value in values), QUANTITIES[name]))
        return Table(head, rows, texts=(0, 4))


def fit_gabor(kernels: Any, *, starts: int = 12, progress: Callable[[int, int], object] | None = None) -> GaborFit:
    r"""Find the Gabor filter nearest to each kernel, by least squares.

    Parameters
    ----------
    kernels : array_like or layer
        The kernels, `(*size, in, out)` in Keras's order, or a convolution, of one or two dimensions with sides of at
        least 3.
    starts : int, default 12
        From how many places the search starts for each kernel: the best ones of a grid, which has 24 pairs of
        frequency and width. More find better Gabors of a few kernels, in more time.
    progress : callable, optional
        Called with the numbers of kernels done and of all, now and then.

    Returns
    -------
    GaborFit
        Arrays `(in, out)`: `frequency`, `orientation`, `phase`, `sigma`, `aspect_ratio`, `amplitude`, `explained`, and
        `centre` `(in, out, 2)`; with the Gabors as `kernels` and as `bank`.

    Raises
    ------
    TypeError
        If the kernels are not real numbers, or a model's.
    ValueError
        If they are of three dimensions, smaller than 3 along an axis, or not finite.

    See Also
    --------
    filterbank.gabor : The filters, with the same conventions.

    Notes
    -----
    The model of a kernel is

    .. math:: A \exp\left(-\frac{x'^2}{2\sigma^2} - \frac{\gamma^2 y'^2}{2\sigma^2}\right) \cos(2\pi f x' + \varphi)

    with :math:`x' = (x - c_x)\cos\theta + (y - c_y)\sin\theta` and
    :math:`y' = -(x - c_x)\sin\theta + (y - c_y)\cos\theta`. Amplitude and phase are linear in cosine and sine and are
    eliminated (variable projection); the other six numbers are found by Levenberg and Marquardt's method for all
    kernels at once, from the best entries of a grid of frequencies, orientations, widths and centres. They are kept in
    bounds: the frequency from an eighth of a cycle in the longest side to Nyquist along each axis, `sigma` and that
    across the wave from 0.3 pixels to twice the longest side, the centre inside the window. A number on its bound says
    that the kernel does not tell it: a blob or a constant kernel has the lowest frequency.

    A Gabor has eight numbers, and a kernel of 3x3 only nine: it is explained well whatever it is.

    References
    ----------
    J. P. Jones and L. A. Palmer, "An evaluation of the two-dimensional Gabor filter model of simple receptive fields in
    cat striate cortex", J. Neurophysiol. 58 (1987), 1233-1258.
    G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate", SIAM J. Numer. Anal. 10 (1973), 413-432.
    L. Kaufman, "A variable projection method for solving separable nonlinear least squares problems", BIT 15 (1975),
    49-57, for the derivatives.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.gabor(11, frequencies=[0.2], orientations=[0.5], phases=[1.0])
    >>> fit = fb.analysis.fit_gabor(bank.filters[0][..., None, None])
    >>> [round(float(value[0, 0]), 6) for value in (fit.frequency, fit.orientation, fit.phase, fit.explained)]
    [0.2, 0.5, 1.0, 1.0]
    """
    values = learned(kernels)
    size = values.shape[:-2]
    if len(size) == 3:
        raise ValueError("`kernels` must be of one or two dimensions to fit Gabors, got three; give slices of them")
    if min(size) < 3:
        raise ValueError(
            f"`kernels` must be at least 3 pixels along each axis to fit Gabors, got {_check.window_name(size)}"
        )
    starts = _check.integer("starts", starts, at_least=1, at_most=24)
    columns = values.reshape(-1, values.shape[-2] * values.shape[-1]).T
    peaks = np.abs(columns).max(axis=1)
    something = np.flatnonzero(peaks)
    numbers, linear = np.full((len(columns), 6), np.nan), np.zeros((len(columns), 2))
    explained = np.full(len(columns), np.nan)
    grid = _Grid.of(size)
    for first in range(0, len(something), AT_ONCE):
        some = something[first : first + AT_ONCE]
        targets = columns[some] / peaks[some, None]
        targets /= np.linalg.norm(targets, axis=1, keepdims=True)
        numbers[some], lost = _best(targets, size, grid, starts)
        explained[some] = 1 - lost
        linear[some] = _linear(numbers[some], columns[some] / peaks[some, None], size) * peaks[some, None]
        if progress is not None:
            progress(min(first + AT_ONCE, len(something)), len(something))
    return _as_fit(numbers, linear, explained, values.shape)


def _as_fit(numbers: Float64, linear: Float64, explained: Float64, shape: tuple[int, ...]) -> GaborFit:
    """Return what was found in the conventions of `fb.gabor`: orientations within half a turn."""
    angle = numbers[:, ORIENTATION]
    half_turns = np.floor(angle / np.pi)
    orientation = angle - np.pi * half_turns
    # Rounding below a whole number of half turns.
    over = np.pi - orientation < 1e-9
    orientation, half_turns = np.where(over, 0.0, orientation), half_turns + over
    # A wave in the opposite direction has the opposite sine.
    sine = np.where(half_turns % 2 == 0, linear[:, 1], -linear[:, 1])
    phase = np.where(linear.any(axis=1), np.arctan2(-sine + 0.0, linear[:, 0]), np.nan)
    phase = np.where(phase <= -np.pi, np.pi, phase)
    size, channels = shape[:-2], shape[-2:]
    centre = numbers[:, [CENTRE_Y, CENTRE_X][-len(size) :]]
    return GaborFit(
        numbers[:, FREQUENCY].reshape(channels),
        orientation.reshape(channels),
        phase.reshape(channels),
        np.exp(numbers[:, LOG_SIGMA]).reshape(channels),
        np.exp(numbers[:, LOG_RATIO]).reshape(channels),
        centre.reshape(*channels, len(size)),
        np.hypot(*linear.T).reshape(channels),
        explained.reshape(channels),
        size,
    )


class _Grid(NamedTuple):
    """Gabors to start from."""

    numbers: Float64  # (pairs of frequency and width, the rest, 6)
    directions: Float64  # (pairs, the rest, 2, pixels): cosine and sine made orthonormal

    @classmethod
    def of(cls, size: tuple[int, ...]) -> _Grid:
        flat_window, longest = len(size) == 1, max(size)
        frequencies = np.geomspace(0.25 / longest, 0.5, 8)
        orientations = np.zeros(1) if flat_window else np.arange(8) * np.pi / 8
        sigmas = np.maximum(np.array([0.12, 0.22, 0.4]) * longest, 2 * NARROWEST)
        # Round ones and, where there is a direction across, stripes.
        ratios = np.zeros(1) if flat_window else np.log([0.6, 1.0])
        offsets = [np.array([-0.25, 0, 0.25]) * side for side in ((1, *size) if flat_window else size)]
        down = np.zeros(1) if flat_window else offsets[0]
        mesh = np.meshgrid(frequencies, np.log(sigmas), orientations, ratios, down, offsets[1], indexing="ij")
        named = (FREQUENCY, LOG_SIGMA, ORIENTATION, LOG_RATIO, CENTRE_Y, CENTRE_X)
        numbers = np.stack([mesh[named.index(index)] for index in range(6)], axis=-1)
        numbers = numbers.reshape(len(frequencies) * len(sigmas), -1, 6)
        cosine, sine = _pair(numbers.reshape(-1, 6), size)
        cosine /= np.linalg.norm(cosine, axis=1, keepdims=True)
        sine -= np.sum(cosine * sine, axis=1, keepdims=True) * cosine
        lengths = np.linalg.norm(sine, axis=1, keepdims=True)
        sine = np.divide(sine, lengths, out=np.zeros_like(sine), where=lengths > 1e-6)
        pairs = np.stack([cosine, sine], axis=1)
        return cls(numbers, pairs.reshape(*numbers.shape[:2], 2, -1))

    def nearest(self, targets: Float64, starts: int) -> Float64:
        """Return the best entry of each of the best pairs of frequency and width, `(kernels, starts, 6)`."""
        best = np.empty((len(self.numbers), len(targets)))
        entries = np.empty((len(self.numbers), len(targets), 6))
        for index, (numbers, pairs) in enumerate(zip(self.numbers, self.directions, strict=True)):
            shares = np.sum((pairs @ targets.T) ** 2, axis=1)
            best[index], entries[index] = shares.max(axis=0), numbers[shares.argmax(axis=0)]
        order = np.argsort(-best, axis=0, kind="stable")[:starts]
        return np.moveaxis(np.take_along_axis(entries, order[..., None], axis=0), 0, 1)


def _best(targets: Float64, size: tuple[int, ...], grid: _Grid, starts: int) -> tuple[Float64, Float64]:
    """Return the numbers of the best Gabor for each target of length 1, and the share that it loses."""
    first = grid.nearest(targets, starts)
    numbers, lost = _search(first.reshape(-1, 6), np.repeat(targets, starts, axis=0), size)
    best = lost.reshape(-1, starts).argmin(axis=1)
    chosen = np.arange(len(targets)) * starts + best
    return numbers[chosen], lost[chosen]


def _search(numbers: Float64, targets: Float64, size: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Go downhill from every start: Levenberg and Marquardt's method, all problems at once."""
    numbers = _within(numbers, size)
    lost, residual, slopes = _slopes(numbers, targets, size)
    damping = np.full(len(numbers), 1e-2)
    going = np.arange(len(numbers))
    for _ in range(MOST_STEPS):
        if not len(going):
            break
        gradient = np.einsum("bpk,bp->bk", slopes[going], residual[going])
        # What stands on its bound and would go beyond it stays.
        stuck = _within(numbers[going] - 1e-6 * np.sign(gradient), size) == numbers[going]
        free = ~stuck[:, :, None] & ~stuck[:, None, :]
        normal = np.einsum("bpk,bpl->bkl", slopes[going], slopes[going]) * free
        diagonal = np.einsum("bkk->bk", normal)
        weight = damping[going, None] * diagonal + 1e-14 * (diagonal.max(axis=1, keepdims=True) + 1e-14)
        normal[:, range(6), range(6)] += np.where(stuck, 1.0, weight)
        step = -np.linalg.solve(normal, np.where(stuck, 0.0, gradient)[..., None])[..., 0]
        tried = _within(numbers[going] + step, size)
        new_lost, new_residual, new_slopes = _slopes(tried, targets[going], size)
        better = new_lost <= lost[going]
        gained = lost[going] - new_lost
        moved = np.abs(tried - numbers[going]).max(axis=1)
        damping[going] = np.clip(damping[going] * np.where(better, 0.2, 5.0), 1e-12, 1e12)
        taken = going[better]
        numbers[taken], lost[taken] = tried[better], new_lost[better]
        residual[taken], slopes[taken] = new_residual[better], new_slopes[better]
        settled = (better & (gained <= PRECISION * lost[going]) & (moved < 1e-10)) | (damping[going] >= 1e12)
        going = going[~settled & ~(better & (moved < PRECISION))]
    return numbers, lost


def _within(numbers: Float64, size: tuple[int, ...]) -> Float64:
    """Return numbers moved into their bounds; orientations have none."""
    longest = max(size)
    angle = numbers[:, ORIENTATION]
    nyquist = 0.5 / np.maximum(np.abs(np.cos(angle)), np.abs(np.sin(angle)))
    across = np.clip(numbers[:, LOG_SIGMA] - numbers[:, LOG_RATIO], np.log(NARROWEST), np.log(2 * longest))
    kept = numbers.copy()
    kept[:, FREQUENCY] = np.clip(numbers[:, FREQUENCY], 0.125 / longest, nyquist)
    kept[:, LOG_SIGMA] = np.clip(numbers[:, LOG_SIGMA], np.log(NARROWEST), np.log(2 * longest))
    kept[:, LOG_RATIO] = kept[:, LOG_SIGMA] - across
    for index, side in zip((CENTRE_Y, CENTRE_X)[-len(size) :], size, strict=True):
        kept[:, index] = np.clip(numbers[:, index], -side / 2, side / 2)
    if len(size) == 1:
        kept[:, [ORIENTATION, LOG_RATIO, CENTRE_Y]] = 0
    return kept


class _Parts(NamedTuple):
    """Coordinates of every pixel along and across each wave, the envelope, and the turns of the wave."""

    along: Float64
    across: Float64
    envelope: Float64
    turns: Float64


def _parts(numbers: Float64, size: tuple[int, ...]) -> _Parts:
    sides = (1, *size) if len(size) == 1 else size
    y, x = (part.ravel() for part in np.meshgrid(*_grid.axes(sides), indexing="ij"))
    frequency, angle, log_sigma, log_ratio, centre_y, centre_x = numbers.T[..., None]
    across, along = _grid.rotated(y - centre_y, x - centre_x, angle)
    envelope = np.exp(-0.5 * (along**2 + (np.exp(log_ratio) * across) ** 2) / np.exp(2 * log_sigma))
    return _Parts(along, across, envelope, 2 * np.pi * frequency * along)


def _pair(numbers: Float64, size: tuple[int, ...]) -> tuple[Float64, Float64]:
    """Return the cosine and the sine under their envelopes, each `(count, pixels)`."""
    parts = _parts(numbers, size)
    return parts.envelope * np.cos(parts.turns), parts.envelope * np.sin(parts.turns)


def _linear(numbers: Float64, targets: Float64, size: tuple[int, ...]) -> Float64:
    """Return the weights of cosine and sine that come nearest to the targets, `(count, 2)`."""
    pair = np.stack(_pair(numbers, size), axis=-1)
    weights: Float64 = np.einsum("bij,bpj,bp->bi", _inverse_gram(pair), pair, targets)
    return weights


def _inverse_gram(pair: Float64) -> Float64:
    gram = np.swapaxes(pair, 1, 2) @ pair
    return np.asarray(np.linalg.pinv(gram, rcond=1e-12, hermitian=True), dtype=np.float64)


def _slopes(numbers: Float64, targets: Float64, size: tuple[int, ...]) -> tuple[Float64, Float64, Float64]:
    """Return the energy lost, the residual `(count, pixels)` and its derivatives `(count, pixels, 6)`.

    The derivatives are Kaufman's: those of the model at fixed weights, less what cosine and sine take up.
    """
    along, across, envelope, turns = _parts(numbers, size)
    cosine, sine = np.cos(turns), np.sin(turns)
    pair = np.stack([envelope * cosine, envelope * sine], axis=-1)
    inverse = _inverse_gram(pair)
    weights = inverse @ (np.swapaxes(pair, 1, 2) @ targets[..., None])
    residual = targets - (pair @ weights)[..., 0]
    first, second = weights[:, 0], weights[:, 1]
    wave, slope = envelope * (first * cosine + second * sine), envelope * (second * cosine - first * sine)
    frequency, angle, log_sigma, log_ratio = numbers.T[:4, :, None]
    precision, ratio = np.exp(-2 * log_sigma), np.exp(2 * log_ratio)
    wave_number = 2 * np.pi * frequency

    def moved(along_moves: Float64, across_moves: Float64) -> Float64:
        """Return the change of the model where the coordinates of the pixels change so."""
        shift = -precision * (along * along_moves + ratio * across * across_moves)
        change: Float64 = wave * shift + slope * wave_number * along_moves
        return change

    model = np.stack(
        [
            slope * 2 * np.pi * along,
            moved(across, -along),
            wave * precision * (along**2 + ratio * across**2),
            -wave * precision * ratio * across**2,
            moved(-np.sin(angle), -np.cos(angle)),
            moved(-np.cos(angle), np.sin(angle)),
        ],
        axis=-1,
    )
    taken_up = pair @ (inverse @ (np.swapaxes(pair, 1, 2) @ model))
    return np.sum(residual**2, axis=1), residual, taken_up - model
