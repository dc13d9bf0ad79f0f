"""What the grid does to filters, said aloud: aliasing, cut envelopes, dependent sets."""

from __future__ import annotations

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
    definition itself ends at a `support`.
    """
    pixels = tuple(range(1, len(window) + 1))
    whole = tuple(3 * side for side in window) if support is None else tuple(support)
    inside, everywhere = (np.sum(formula(sides) ** 2, axis=pixels) for sides in (tuple(window), whole))
    return _share_lost(inside, everywhere)


def gaussian_energy_lost(inside: Float64, window: Sequence[int], *sigmas: Float64) -> Float64:
    """Return the share outside the window of Gaussians of peak 1, by the sums of their squares inside.

    The whole sum is exact for Gaussians along the axes; turned ones reach it from a sigma of 0.8 pixels on.
    """
    sums = [_sum_of_squares(sigma, side) for sigma, side in zip(sigmas, window, strict=True)]
    return _share_lost(inside, np.prod(sums, axis=0))


def _sum_of_squares(sigma: Float64, side: int) -> Float64:
    """Return the sum of `exp(-x^2 / sigma^2)` over all pixels of a line, centred for that side."""
    x = np.arange(-8, 9) + (0 if side % 2 else 0.5)
    summed = np.sum(np.exp(-((x / np.asarray(sigma)[..., None]) ** 2)), axis=-1)
    # From one pixel on, the sum is the integral to 1e-4.
    result: Float64 = np.where(np.asarray(sigma) < 1, summed, np.sqrt(np.pi) * sigma)
    return result


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
            f"(filter {np.argmax(aliased)} first); use lower frequencies"
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
    n, pixels = len(bank), bank.filters[0].size
    if min(n, pixels) ** 2 * max(n, pixels) > AFFORDABLE_RANK:
        return f"{n} filters on {pixels} pixels" if n > pixels else ""
    rank, _ = rank_and_condition(bank)
    return f"rank {rank} of {n}" if rank < n else ""
