"""The banks that learned kernels are compared with when nobody names any."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from .. import families
from .._bank import BankWarning, FilterBank

# Two complete transforms, two sets of polynomials, what is concentrated, the jet, and waves under an envelope.
DEFAULT = ("dct", "fourier", "legendre", "slepian", "hermite", "gaussian_derivative", "gabor", "log_gabor")
BY_ORDER = ("hermite", "gaussian_derivative", "zernike")
BY_ORIENTATION = ("gabor", "log_gabor")
MOST_ORDERS = 64
MOST_ORIENTATIONS = 64
# Shares of the shortest side for widths; cycles per pixel; octaves.
WIDTHS = (0.12, 0.16, 0.2, 0.25, 0.3)
FREQUENCIES = ((0.25,), (0.125,), (0.0625, 0.125), (0.125, 0.25), (0.18, 0.36), (0.0625, 0.125, 0.25))
BANDWIDTHS = (1.0, 1.5)
ORIENTATIONS = (4, 6, 8)


def family_names() -> list[str]:
    """Return the names of all families that need no images."""
    return [family.name for family in families.FAMILIES if "learned" not in family.promises]


def made(name: str, size: tuple[int, ...], **arguments: Any) -> FilterBank:
    """Return a bank of a family; what its grid does to the filters is no matter for what they explain."""
    function: Callable[..., FilterBank] = getattr(families, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BankWarning)
        return function(size, **arguments)


def with_filters(name: str, size: tuple[int, ...], n: int) -> FilterBank:
    """Return a bank of a family with at least `n` filters: at its defaults, or else with more orders or orientations.

    Raises ValueError where the family has no so large one.
    """
    arguments: Iterator[dict[str, Any]] = iter([{}])
    if name in BY_ORDER:
        arguments = iter([{}, *({"max_order": order} for order in range(MOST_ORDERS))])
    elif name in BY_ORIENTATION and len(size) > 1:
        arguments = iter([{}, *({"orientations": count} for count in range(4, MOST_ORIENTATIONS))])
    elif name in BY_ORIENTATION:
        octaves = [0.5 / 2 ** (step / 2) for step in range(1, 8)]
        arguments = iter([{}, *({"frequencies": octaves[:count][::-1]} for count in range(2, 8))])
    for chosen in arguments:
        bank = made(name, size, **chosen)
        if len(bank) >= n:
            return bank
    raise ValueError(f"{name} has {len(bank)} filters of this size, which is fewer than {n}")


def grid(size: tuple[int, ...], n: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield families and arguments to try: those of the table in `suggest`."""
    shortest = min(size)
    for name in ("dct", "dst", "fourier", "hadamard", "legendre", "chebyshev", "wavelet_basis"):
        yield name, {}
    for bandwidth in (None, 0.1, 0.2, 0.3, 0.4):
        yield "slepian", {} if bandwidth is None else {"bandwidth": bandwidth}
    order = next(order for order in range(n) if math.comb(order + len(size), len(size)) >= n)
    for name in ("hermite", "gaussian_derivative"):
        for width in WIDTHS:
            yield name, {"sigma": round(width * shortest, 3), "max_order": order}
    for name in ("fourier_bessel", "circular_harmonic", "zernike", "steerable", "steerable_pyramid"):
        yield name, {}
    directions = ORIENTATIONS if len(size) == 2 else (None,)
    for frequencies in FREQUENCIES:
        for count in directions:
            turned = {} if count is None else {"orientations": count}
            for bandwidth in BANDWIDTHS:
                yield "gabor", {"frequencies": list(frequencies), "bandwidth": bandwidth, **turned}
            yield "log_gabor", {"frequencies": list(frequencies), **turned}
