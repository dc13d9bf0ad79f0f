"""What filters are tuned to, as the picture of it reads it from filters, from `Tuning` and from `GaborFit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import analysis
from .._bank import FilterBank
from .._check import Float64, window_words
from ..analysis._gabor_fit import GaborFit
from ..analysis._tuning import Tuning
from ._alt import bank_words, counted
from ._sources import source_bank

WHAT = "a bank, a layer, filters (n, *size), or what analysis.tuning or analysis.fit_gabor returned"
TURN = np.pi * (1 - 1e-9)  # radians; an orientation bandwidth of half a turn is that of filters without orientation

FIT_NUMBERS = tuple(name for name in GaborFit._fields if name not in ("centre", "size"))


@dataclass(frozen=True)
class Tuned:
    """The numbers of `n` filters."""

    bank: FilterBank
    """The filters, or as many of one sample, to name them by."""
    numbers: Mapping[str, Float64]
    """What they can be coloured by, each `(n,)`."""
    frequency: Float64
    bandwidth: Float64
    """In octaves."""
    angles: tuple[Float64, ...]
    """In degrees; none in 1-D, the orientation in 2-D, azimuth and elevation in 3-D. NaN where a filter has none."""
    width: Float64
    """The bandwidth of the orientation in degrees; NaN where there is none."""
    words: str

    @property
    def dimensions(self) -> int:
        """Number of dimensions of one filter."""
        return len(self.angles) + 1

    @property
    def is_zero(self) -> npt.NDArray[np.bool_]:
        """Which filters are zero."""
        return np.isnan(self.frequency)

    @property
    def is_still(self) -> npt.NDArray[np.bool_]:
        """Which filters have their peak at zero frequency."""
        return np.equal(self.frequency, 0)


def read(source: Any) -> Tuned:
    """Return what the filters of a source are tuned to."""
    if isinstance(source, Tuning):
        return _of_tuning(source, _unnamed(len(source["frequency"])), counted(len(source["frequency"]), "filter"))
    if isinstance(source, GaborFit):
        return _of_fit(source)
    bank = source_bank(source, WHAT)
    return _of_tuning(analysis.tuning(bank), bank, bank_words(bank))


def _unnamed(count: int) -> FilterBank:
    return FilterBank(np.zeros((count, 1)))


def _of_tuning(tuned: Tuning, bank: FilterBank, words: str) -> Tuned:
    columns = {name: np.asarray(column) for name, column in bank.parameters.items()}
    numeric = {name: column.astype(np.float64) for name, column in columns.items() if column.dtype.kind in "biuf"}
    measured = {name: values for name, values in tuned.items() if values.ndim == 1}
    frequency, width = tuned["frequency"], tuned["orientation_bandwidth"]
    angles: tuple[Float64, ...] = ()
    if tuned["orientation"].ndim == 2:
        angles = _azimuth_and_elevation(tuned["orientation"])
    elif tuned["centroid"].shape[1] == 2:
        measured["orientation"] = oriented(tuned)
        angles = (np.degrees(measured["orientation"]),)
    return Tuned(bank, numeric | measured, frequency, tuned["bandwidth"], angles, np.degrees(width), words)


def oriented(tuned: Tuning) -> Float64:
    """Return the orientations of 2-D filters in radians, NaN for those that answer to every orientation."""
    return np.where(tuned["orientation_bandwidth"] < TURN, tuned["orientation"], np.nan)


def _azimuth_and_elevation(waves: Float64) -> tuple[Float64, Float64]:
    """Return the angles in degrees of unit vectors z, y, x: from x to y, from 0 to below 180, and from there to z.

    Along z there is no azimuth.
    """
    z, y, x = waves.T
    up = np.where((y < 0) | ((y == 0) & (x < 0)), -1.0, 1.0)
    along_z = np.abs(z) > 1 - 1e-12
    azimuth = np.where(along_z, np.nan, np.degrees(np.arctan2(up * y + 0.0, up * x)))
    return azimuth, np.where(along_z, 90.0, np.degrees(np.arcsin(np.clip(up * z, -1, 1))))


def _of_fit(fit: GaborFit) -> Tuned:
    numbers = {name: np.ravel(getattr(fit, name)) for name in FIT_NUMBERS}
    frequency, sigma, ratio = (numbers[name] for name in ("frequency", "sigma", "aspect_ratio"))
    octaves, turn = gabor_bandwidths(frequency, sigma, ratio)
    flat = len(fit.size) == 2
    angles = (np.degrees(numbers["orientation"]),) if flat else ()
    width = np.degrees(turn) if flat else np.full(len(frequency), np.nan)
    words = f"the Gabor filters nearest to {counted(len(frequency), 'kernel')} of {window_words(fit.size)}"
    return Tuned(_unnamed(len(frequency)), numbers, frequency, octaves, angles, width, words)


def gabor_bandwidths(frequency: Float64, sigma: Float64, ratio: Float64) -> tuple[Float64, Float64]:
    r"""Return the half-amplitude bandwidths of Gabor filters in octaves and in radians, of the wave's own lobe.

    That lobe is a Gaussian about the frequency, of the widths :math:`1 / (2 \pi \sigma)` along the wave and that times
    the ratio across. Along the wave it falls to half where the octaves end; around the circle where

    .. math:: a (1 - c)^2 + b (1 - c^2) = \ln 2

    for the cosine c of the angle, with a and b the squares of the frequency over twice the squared widths.
    """
    along = 2 * (np.pi * frequency * sigma) ** 2
    across = along / ratio**2
    reach = np.sqrt(np.log(2) / along)
    with np.errstate(divide="ignore", invalid="ignore"):
        octaves = np.where(reach < 1, np.log2((1 + reach) / (1 - reach)), np.inf)
        cosine = (along + across - np.log(2)) / (along + np.sqrt(across**2 + (along - across) * np.log(2)))
    # Beyond a quarter turn the opposite lobe begins.
    turn = np.where(cosine > 0, 2 * np.arccos(np.clip(cosine, 0, 1)), np.pi)
    missing = np.isnan(frequency)
    return np.where(missing, np.nan, octaves), np.where(missing, np.nan, turn)
