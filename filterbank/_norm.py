"""The scale of filters, their balance about zero, and their sign."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from ._check import Float64, choice

Norm: TypeAlias = Literal["l2", "l1", "max"] | None
NORMS = ("l2", "l1", "max", None)


def normalized(filters: Float64, norm: Norm) -> Float64:
    """Scale each filter to norm 1; None leaves the amplitudes alone."""
    choice("norm", norm, NORMS)
    if norm is None:
        return filters
    # In one memory layout: NumPy's order of summation, so the last digit, depends on it.
    flat = np.ascontiguousarray(filters.reshape(len(filters), -1))
    peak = np.abs(flat).max(axis=1)
    if not peak.all():
        zero = np.flatnonzero(peak == 0)
        raise ValueError(
            f"`norm` {norm!r} cannot scale filter {zero[0]}: it is zero everywhere "
            f"({len(zero)} of {len(filters)} are); use norm=None or drop it"
        )
    # Dividing by the peak first keeps the squares of tiny filters from vanishing.
    flat = flat / peak[:, None]
    if norm == "l2":
        flat /= np.sqrt(np.einsum("ij,ij->i", flat, flat))[:, None]
    elif norm == "l1":
        flat /= np.sum(np.abs(flat), axis=1, keepdims=True)
    scaled: Float64 = flat.reshape(filters.shape)
    return scaled


def balanced(filters: Float64) -> Float64:
    """Take from filters of mean zero what rounding left of their sums, in proportion to the magnitudes.

    So zeros stay zero, and what is symmetric stays so.
    """
    flat = filters.reshape(len(filters), -1)
    magnitudes = np.abs(flat)
    totals = magnitudes.sum(axis=1)
    # Multiples of one power of two add up without rounding; what is left of the values is too small to matter.
    steps = np.ldexp(3.0, np.frexp(totals)[1])[:, None]
    coarse = (flat + steps) - steps
    sums = coarse.sum(axis=1) + (flat - coarse).sum(axis=1)
    shares = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
    corrected: Float64 = (flat - magnitudes * shares[:, None]).reshape(filters.shape)
    return corrected


def with_signs(vectors: Float64) -> Float64:
    """Make the entry of largest magnitude positive; among equals up to rounding, the first."""
    magnitude = np.abs(vectors)
    first = np.argmax(magnitude >= magnitude.max(axis=1, keepdims=True) * (1 - 1e-9), axis=1)
    signs = np.sign(vectors[np.arange(len(vectors)), first])
    signed: Float64 = vectors * signs[:, None]
    return signed
