"""Filters as neurons of the primary visual cortex have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from .. import _check
from .._check import Float64, Size
from .._norm import Norm
from ._family import Draft, makes_bank
from ._honesty import gabor_energy_lost
from .oscillating import along_and_across, gaussian_bells, gaussian_integral, wave_directions, without_rounding

# Counts of neurons between edges. Orientation in degrees: De Valois, Yund and Hepler 1982.
ORIENTATION_EDGES = np.array([-22.5, 22.5, 67.5, 112.5, 157.5])
ORIENTATION_COUNTS = np.array([66, 49, 77, 54])
# Spatial frequency in cycles per degree: De Valois, Albrecht and Thorell 1982.
FREQUENCY_EDGES = np.array([0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0])
FREQUENCY_COUNTS = np.array([4, 4, 8, 25, 32, 26, 28, 12])
# Width of the envelope in cycles of the wave, along it (rows) and across it (columns): Ringach 2002.
CYCLE_EDGES = np.logspace(-1, 0.2, 6)
CYCLE_COUNTS = np.array([[2, 0, 1, 0, 0], [8, 9, 4, 1, 0], [1, 2, 19, 17, 3], [0, 0, 1, 7, 4], [0, 0, 0, 0, 0]])
CORRELATION = 0.75  # of the normal scores of frequency and width along the wave

PUBLISHED_SCALE = 28.0  # pixels per degree, of VOneNet
DEGREES_IN_WINDOW = 4.0  # hold 99.9 % of the neurons' filters
LOWEST_SCALE = 1.4  # pixels per degree: the lowest bin of frequencies, up to 0.7, lies below Nyquist
DRAWS_AT_ONCE = 64


@makes_bank(
    "V1",
    more="raise `samples` or drop `n`",
    wider="use a larger `size` or fewer `pixels_per_degree`",
)
def v1(
    size: Size,
    n: int | None = None,
    *,
    pixels_per_degree: float | None = None,
    samples: int = 64,
    rng: Any = None,
    strict: bool = False,
    norm: Norm = "l2",
) -> Draft:
    r"""Make Gabor filters drawn from what neurons of the macaque's primary visual cortex prefer.

    Parameters
    ----------
    size : int or tuple of int
        Window in pixels, square for an int, a pair for height and width.
    n : int, optional
        Keep the first `n` filters. The order is that in which they are drawn.
    pixels_per_degree : float, optional
        How many pixels a degree of the visual field has, at least 1.4: the width of the images in pixels over that in
        degrees. The default makes the shortest side 4 degrees, which hold 99.9 % of the neurons, within two bounds: at
        most 28, as in VOneNet, whose windows of 25 pixels cut many filters; and at least 16, where the highest
        frequency of 8 cycles per degree meets Nyquist. So in windows below 64 pixels a `BankWarning` may say what is
        cut.
    samples : int, default 64
        How many filters are drawn.
    rng : int, numpy.random.Generator or anything else that numpy.random.default_rng takes, optional
        Where the numbers come from; the same seed gives the same bytes, and the first filters depend neither on `n`
        nor on `samples`.
    strict : bool, default False
        Raise an error instead of a `BankWarning` where draws are repeated, or filters cut by the window or dependent.
    norm : {"l2", "l1", "max", None}, default "l2"
        Scale of each filter; None keeps the amplitude of `gabor`.

    Returns
    -------
    FilterBank
        With the columns `frequency` (cycles per pixel), `orientation` and `phase` (radians), `sigma` (pixels, along the
        wave) and `aspect_ratio` (sigma over the width across it), as of `gabor`, and `redrawn`: how many draws before
        the filter's own had frequencies above Nyquist.

    Raises
    ------
    ValueError
        If `pixels_per_degree` is below 1.4 or `samples` below 1.

    Warns
    -----
    BankWarning
        If frequencies were above Nyquist (0.5 cycles per pixel) and drawn again, so that those of the bank are not the
        tables' any more; if the window cuts more than 1 % of a filter's energy; or if the filters are dependent.

    Notes
    -----
    Orientation, frequency and the widths of the envelope along and across the wave follow the counts of neurons below,
    evenly within a bin: of the angle, and of the logarithm of frequency and widths. The width along the wave, in
    cycles, and the frequency are tied by a Gaussian copula of correlation 0.75, the width across follows from the
    joint counts of both, and the phase is even. The filters are those of `gabor`.

    VOneNet's code draws frequencies above Nyquist too and lets them alias: 78 % of them at 28 pixels over 8 degrees.
    It runs x along the rows, so that its filters are the transposed ones of these, and by default ends the
    frequencies at 5.6 cycles per degree.

    References
    ----------
    J. Dapello et al., "Simulating a primary visual cortex at the front of CNNs improves robustness to image
    perturbations", NeurIPS 2020. R. L. De Valois, E. W. Yund and N. Hepler, "The orientation and direction selectivity
    of cells in macaque visual cortex", Vision Res. 22 (1982), 531-544. R. L. De Valois, D. G. Albrecht and
    L. G. Thorell, "Spatial frequency selectivity of cells in macaque visual cortex", Vision Res. 22 (1982), 545-559.
    D. L. Ringach, "Spatial structure and symmetry of simple-cell receptive fields in macaque primary visual cortex",
    J. Neurophysiol. 88 (2002), 455-463.

    Examples
    --------
    >>> import filterbank as fb
    >>> bank = fb.v1(63, n=8, pixels_per_degree=16, rng=0)
    >>> bank.parameters["frequency"].round(2)
    array([0.21, 0.14, 0.38, 0.3 , 0.17, 0.09, 0.31, 0.33])
    """
    window = _check.size(size, family="v1", dimensions=(2,))
    samples = _check.integer("samples", samples, at_least=1)
    scale = _scale(pixels_per_degree, min(window))
    drawn, redrawn = _draws(rng, samples, scale / 2)
    drawn, redrawn = {name: column[:n] for name, column in drawn.items()}, redrawn[:n]

    frequency = drawn["frequency"] / scale
    sigma, across_sigma = drawn["cycles_along"] / frequency, drawn["cycles_across"] / frequency
    directions, _ = wave_directions(drawn["orientation"], 2)
    along, across = along_and_across(directions, window)
    column = (-1, 1, 1)
    ratio = sigma / across_sigma
    bells = gaussian_bells(along, across, sigma.reshape(column), ratio.reshape(column))
    waves = np.cos(2 * np.pi * frequency.reshape(column) * along + drawn["phase"].reshape(column))
    filters, inside = without_rounding(bells * waves, bells, 2)
    return Draft(
        filters / gaussian_integral(sigma, ratio, 2).reshape(column),
        {
            "frequency": frequency,
            "orientation": drawn["orientation"],
            "phase": drawn["phase"],
            "sigma": sigma,
            "aspect_ratio": ratio,
            "redrawn": redrawn,
        },
        available=samples,
        lost=gabor_energy_lost(
            inside, window, frequency[:, None] * directions, drawn["phase"], sigma, across_sigma, np.zeros(1)
        ),
        remarks=_remarks(redrawn),
    )


def _scale(pixels_per_degree: float | None, shortest: int) -> float:
    if pixels_per_degree is None:
        return min(PUBLISHED_SCALE, max(shortest / DEGREES_IN_WINDOW, 2 * float(FREQUENCY_EDGES[-1])))
    return _check.number(
        "pixels_per_degree",
        pixels_per_degree,
        at_least=LOWEST_SCALE,
        hint="with fewer, hardly any neuron's frequency is below Nyquist",
    )


def _draws(rng: np.random.Generator, samples: int, highest: float) -> tuple[dict[str, Float64], npt.NDArray[np.intp]]:
    """Return neurons with frequencies up to `highest` cycles per degree, and how many came before each in vain."""
    blocks: list[dict[str, Float64]] = []
    kept = 0
    # In blocks, so that more samples begin with the same ones.
    while kept < samples:
        blocks.append(_neurons(rng, DRAWS_AT_ONCE))
        kept += int(np.count_nonzero(blocks[-1]["frequency"] <= highest))
    every = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    places = np.flatnonzero(every["frequency"] <= highest)[:samples]
    return {name: column[places] for name, column in every.items()}, np.diff(places, prepend=-1) - 1


def _neurons(rng: np.random.Generator, count: int) -> dict[str, Float64]:
    """Draw neurons: frequency (cycles per degree), orientation and phase (radians), widths (cycles)."""
    scores, uniform = rng.standard_normal((2, count)), rng.random((3, count))
    tied = CORRELATION * scores[0] + np.sqrt(1 - CORRELATION**2) * scores[1]
    logs = np.log(CYCLE_EDGES)
    cycles, rows = _quantiles(special.ndtr(scores[0]), CYCLE_COUNTS.sum(axis=1), logs)
    across = np.empty(count)
    for row in np.unique(rows):
        across[rows == row] = _quantiles(uniform[0, rows == row], CYCLE_COUNTS[row], logs)[0]
    degrees, _ = _quantiles(uniform[1], ORIENTATION_COUNTS, ORIENTATION_EDGES)
    frequency, _ = _quantiles(special.ndtr(tied), FREQUENCY_COUNTS, np.log(FREQUENCY_EDGES))
    return {
        "frequency": np.exp(frequency),
        "orientation": np.deg2rad(degrees) % np.pi,
        "phase": 2 * np.pi * uniform[2],
        "cycles_along": np.exp(cycles),
        "cycles_across": np.exp(across),
    }


def _quantiles(shares: Float64, counts: npt.NDArray[np.intp], edges: Float64) -> tuple[Float64, npt.NDArray[np.intp]]:
    """Return the quantiles of a histogram at `shares`, and the bins that they lie in."""
    cumulative = np.concatenate([[0], np.cumsum(counts)]) / np.sum(counts)
    bins = np.minimum(np.searchsorted(cumulative[1:], shares, side="right"), np.flatnonzero(counts)[-1])
    inside = (shares - cumulative[bins]) / np.diff(cumulative)[bins]
    return edges[bins] + inside * np.diff(edges)[bins], bins


def _remarks(redrawn: npt.NDArray[np.intp]) -> tuple[str, ...]:
    vain = int(redrawn.sum())
    if not vain:
        return ()
    draws = vain + len(redrawn)
    return (
        f"{vain} of {draws} draws ({vain / draws:.0%}) had frequencies above Nyquist (0.5 cycles per pixel) and were "
        f"repeated, so the bank lacks the high frequencies of the tables; use more `pixels_per_degree`, 16 for all",
    )
