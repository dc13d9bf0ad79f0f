"""What the grid does to filters, said aloud: aliasing, cut envelopes, dependent sets."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .._bank import BankWarning, FilterBank, rank_and_condition
from .._check import Float64

ACCEPTED_LOSS = 0.01
# Operations of the singular values that a warning is worth; beyond, only more filters than pixels are noticed.
AFFORDABLE_RANK = 2 * 10**7


def above_nyquist(*components: Float64) -> npt.NDArray[np.bool_]:
    """Return which waves, by their components in cycles per pixel along the axes, the grid aliases."""
    fastest: Float64 = np.max(np.abs(components), axis=0)
    return fastest > 0.5 + 1e-12


def energy_lost(
    formula: Callable[[tuple[int, ...]], Float64], window: Sequence[int], support: Sequence[int] | None = None
) -> Float64:
    """Return the share of each filter's energy outside the window, `(n,)`.

    `formula` evaluates the filters on any window; one of three times the sides stands for the plane, unless the
    definition itself ends at a `support`. The window is its middle: evaluated on the window itself, filters that are
    made to sum to something there would be others.
    """
    whole = tuple(3 * side for side in window) if support is None else tuple(support)
    energy = formula(whole) ** 2
    middle = tuple(
        slice((length - side) // 2, (length + side) // 2) for length, side in zip(whole, window, strict=True)
    )
    pixels = tuple(range(1, len(window) + 1))
    return _share_lost(energy[(slice(None), *middle)].sum(axis=pixels), energy.sum(axis=pixels))


def gabor_energy_lost(
    inside: Float64,
    window: Sequence[int],
    waves: Float64,
    phase: Float64,
    sigma: Float64,
    across: Float64,
    share: Float64,
) -> Float64:
    r"""Return the share of energy outside the window of filters `bell * (cos(2 pi waves x + phase) - share)`, `(n,)`.

    `inside` are the sums of their squares in the window, `waves` `(n, dimensions)` in cycles per pixel, and the bell,
    of peak 1, is `sigma` wide along the wave and `across` across it. The sum over all pixels of a Gaussian times a wave
    is the sum of its Fourier transform over all aliases of the wave (Poisson), which is exact, and quick.
    """
    # bell^2 (cos - share)^2 holds waves of frequency 0, 1 and 2.
    flat, once, twice = (_sum_of_waves(times * waves, waves, sigma, across, window) for times in (0, 1, 2))
    everywhere = (flat + np.cos(2 * phase) * twice) / 2 - 2 * share * np.cos(phase) * once + share**2 * flat
    return _share_lost(inside, everywhere)


def _sum_of_waves(
    waves: Float64, directions: Float64, sigma: Float64, across: Float64, window: Sequence[int]
) -> Float64:
    """Return the sums over all pixels of `bell^2 cos(2 pi waves x)`, `(n,)`, about the centre of the window."""
    dimensions = len(window)
    # A narrow Gaussian has a wide transform: more aliases count, as many as are worth their time.
    reach = min((64, 16, 6)[dimensions - 1], 1 + int(1.35 / min(sigma.min(), across.min())))
    aliases = np.array(list(itertools.product(range(-reach, reach + 1), repeat=dimensions)))
    # The pixels of an even side stand at halves: every second alias changes its sign.
    signs = np.prod(np.where(np.array(window) % 2 == 0, (-1.0) ** aliases, 1.0), axis=1)
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    places = 2 * np.pi * (aliases - waves[:, None])
    along = np.einsum("nad,nd->na", places, unit) ** 2
    beside = np.einsum("nad,nad->na", places, places) - along
    terms = signs * np.exp(-((sigma**2)[:, None] * along + (across**2)[:, None] * beside) / 4)
    sums: Float64 = np.pi ** (dimensions / 2) * sigma * across ** (dimensions - 1) * terms.sum(axis=1)
    return sums


def _share_lost(inside: Float64, everywhere: Float64) -> Float64:
    share = np.divide(inside, everywhere, out=np.ones_like(inside), where=everywhere > 0)
    lost: Float64 = np.clip(1 - share, 0, 1)
    return lost


def remarks(
    bank: FilterBank,
    what: str,
    aliased: npt.NDArray[np.bool_] | None,
    lost: Float64 | None,
    remedy: str,
) -> list[str]:
    """Return a sentence with figure and way out for everything that is not as the arguments promise."""
    found = []
    if aliased is not None and (aliased := aliased[: len(bank)]).any():
        found.append(
            f"{_count(aliased)} of {what} lie above the Nyquist frequency of 0.5 cycles per pixel and are aliased "
            f"(filter {np.argmax(aliased)} first); use lower frequencies or orders, or larger scales"
        )
    if lost is not None and (cut := (lost := lost[: len(bank)]) > ACCEPTED_LOSS).any():
        worst = int(np.argmax(lost))
        found.append(
            f"the window cuts {_count(cut)} of {what}: filter {worst} loses {lost[worst]:.1%} of its energy; {remedy}"
        )
    if dependence := _dependence(bank):
        found.append(
            f"{what} are dependent: {dependence}; use fewer filters or a larger `size`, or "
            f"filterbank.orthonormalize, which drops what the others span"
        )
    return found


def tell(found: list[str], strict: bool) -> None:
    """Warn of each remark, or raise them all if strict."""
    if found and strict:
        raise ValueError("; ".join(found))
    for remark in found:
        # From the family's wrapper to the line that made the bank.
        warnings.warn(remark, BankWarning, stacklevel=3)


def tell_of_new_dependence(bank: FilterBank, *before: FilterBank) -> FilterBank:
    """Return the bank; warn if its filters are dependent though those of no bank before were."""
    dependence = _dependence(bank)
    if dependence and not any(map(_dependence, before)):
        warnings.warn(
            f"the filters became dependent: {dependence}; filterbank.prune drops those that others make superfluous",
            BankWarning,
            # From the step of design to the line that called it.
            stacklevel=3,
        )
    return bank


def _count(mask: npt.NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(mask))


def _dependence(bank: FilterBank) -> str:
    """Return what makes the filters dependent, their scale aside: the rank, or the condition if float32 cannot tell."""
    n, pixels = len(bank), bank.filters[0].size
    if min(n, pixels) ** 2 * max(n, pixels) > AFFORDABLE_RANK:
        return f"{n} filters on {pixels} pixels" if n > pixels else ""
    lengths = np.linalg.norm(bank.filters.reshape(n, -1), axis=1)
    if np.any(np.abs(lengths - 1) > 1e-9) and lengths.all():
        bank = FilterBank(bank.filters / lengths.reshape(-1, *(1,) * bank.ndim))
    rank, condition = rank_and_condition(bank)
    if rank < n:
        return f"rank {rank} of {n}"
    return (
        f"condition {condition:.1e}, beyond what float32 can tell" if condition > 1 / np.finfo(np.float32).eps else ""
    )
