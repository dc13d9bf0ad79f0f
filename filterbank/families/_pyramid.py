"""The filters of the steerable pyramid, by integrals of their spectra in polar coordinates."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from .. import _grid
from .._check import Float64


def spread_angles(degree: int) -> Float64:
    """Return the angles of the `degree + 1` copies that steer a filter of that degree."""
    return np.arange(degree + 1) * np.pi / (degree + 1)


class Plane(NamedTuple):
    """The window in polar coordinates: the distances that occur, which of them each pixel has, and its angle."""

    distances: Float64
    place: npt.NDArray[np.intp]
    angle: Float64


def plane_of(window: tuple[int, ...]) -> Plane:
    """Return the polar coordinates of a window."""
    y, x = _grid.mesh(window)
    # Coordinates are halves, so four times the square is a whole number, and equal distances are equal.
    squares, place = np.unique(4 * (y**2 + x**2), return_inverse=True)
    return Plane(np.sqrt(squares) / 2, place.reshape(window), np.arctan2(y, x))


def oriented_bands(plane: Plane, degree: int, level: int) -> tuple[Float64, Float64]:
    """Return the oriented filters of one octave and the share of energy that each loses, `(degree + 1, ...)`."""
    centre = np.pi / 2 ** (level + 1)
    octaves, omega, weight = _nodes(plane, centre, -1, 1)
    spectrum = np.cos(np.pi / 2 * octaves)
    count = degree + 1
    scale = np.sqrt(4.0**degree / (count * special.comb(2 * degree, degree)))
    turned = plane.angle - spread_angles(degree)[:, None, None]
    filters = np.zeros(turned.shape)
    for m, share in _cosine_power(degree):
        # (-i)^N of the definition times i^m of the transform.
        sign = (-1) ** ((degree - m) // 2)
        radial = special.jv(m, plane.distances[:, None] * omega) @ (weight * spectrum)
        filters += scale * sign * share * radial[plane.place] * np.cos(m * turned)
    return filters, _lost(filters, np.sum(weight * spectrum**2) / count)


def _cosine_power(degree: int) -> list[tuple[int, float]]:
    """Return the waves (m, share) in `cos(t)^degree = sum share cos(m t)`."""
    waves = range(degree, -1, -2)
    return [(m, (2 if m else 1) * float(special.comb(degree, (degree - m) // 2)) / 2**degree) for m in waves]


def low_pass(plane: Plane, levels: int) -> tuple[Float64, Float64]:
    """Return what is left below the levels, `(1, *window)`, and the share of energy that it loses."""
    edge = np.pi / 2**levels
    filters = _disk(plane, edge, lambda octaves: -np.sin(np.pi / 2 * octaves))
    return filters, _lost(filters, _low_energy(plane, edge))


def high_pass(plane: Plane) -> tuple[Float64, Float64]:
    """Return all that the grid holds, the sinc, without the disk below the high-pass."""
    y, x = _grid.mesh(plane.angle.shape)
    filters = np.sinc(y) * np.sinc(x) - _disk(plane, np.pi, lambda octaves: 1 - np.cos(np.pi / 2 * octaves))
    return filters, _lost(filters, 1 - _low_energy(plane, np.pi))


def _disk(plane: Plane, edge: float, falling: Callable[[Float64], Float64]) -> Float64:
    """Return the inverse transform of a disk that is flat up to half the edge and then falls, `(1, *window)`."""
    octaves, omega, weight = _nodes(plane, edge, -1, 0)
    phase = plane.distances * edge / 2
    flat = np.divide(special.j1(phase), phase, out=np.full(phase.shape, 0.5), where=phase > 0) * edge**2 / (8 * np.pi)
    radial = flat + special.j0(plane.distances[:, None] * omega) @ (weight * falling(octaves))
    disk: Float64 = radial[plane.place][None]
    return disk


def _low_energy(plane: Plane, edge: float) -> float:
    octaves, _, weight = _nodes(plane, edge, -1, 0)
    return float(edge**2 / (16 * np.pi) + np.sum(weight * np.sin(np.pi / 2 * octaves) ** 2))


def _nodes(plane: Plane, centre: float, low: float, high: float) -> tuple[Float64, Float64, Float64]:
    """Return octaves from `centre`, frequencies and weights that integrate `omega d omega / (2 pi)`."""
    # Gauss and Legendre need about half a node for each radian of the fastest wave, and some for the rest.
    count = 40 + int(plane.distances[-1] * centre * 2**high)
    node, weight = np.polynomial.legendre.leggauss(count)
    octaves = (low + high) / 2 + (high - low) / 2 * node
    omega = centre * 2**octaves
    return octaves, omega, weight * (high - low) / 2 * np.log(2) * omega**2 / (2 * np.pi)


def _lost(filters: Float64, energy: float) -> Float64:
    lost: Float64 = np.clip(1 - np.sum(filters**2, axis=(-2, -1)) / energy, 0, 1)
    return lost
