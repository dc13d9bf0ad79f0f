"""What a page says of one convolution of a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._bank import FilterBank
from .._check import Float64, window_name
from . import _tiles
from ._alt import counted
from ._sources import Block, layer_bank, layer_block, layer_coefficients


@dataclass(frozen=True)
class Row:
    """What is drawn of one convolution."""

    block: Block
    kind: str
    bank: FilterBank | None
    coefficients: Float64 | None

    @classmethod
    def of(cls, layer: Any, title: str) -> Row:
        """Read a layer."""
        block = layer_block(layer, title)
        on_bank = hasattr(layer, "bank")
        bank, weights = (layer_bank(layer), layer_coefficients(layer)) if on_bank else (None, None)
        return cls(block, type(layer).__name__, bank, weights)

    @property
    def limit(self) -> float:
        """The largest magnitude of the kernels."""
        return _tiles.limit_of(self.block.kernels)

    @property
    def is_matrix(self) -> bool:
        """Whether the kernels are single pixels."""
        return math.prod(self.block.kernels.shape[:-2]) == 1

    @property
    def in_colour(self) -> bool:
        """Whether kernels are drawn in colour."""
        return self.block.kernels.shape[-2] == 3 and self.block.dimensions > 1 and self.block.mixes_inputs

    @property
    def facts(self) -> list[str]:
        """Size and channels, and what they are made of."""
        *size, inputs, outputs = self.block.kernels.shape
        sign = "→" if self.block.mixes_inputs else "x"
        facts = [f"{window_name(size)}, {inputs} {sign} {outputs}"]
        if self.bank is None or self.coefficients is None:
            return [*facts, f"{self.block.kernels.size:,} weights"]
        family = "" if self.bank.family == "custom" else f"{self.bank.family}, "
        return [*facts, f"{family}{counted(len(self.bank), 'filter')}", f"{self.coefficients.size:,} coefficients"]

    def tiles(self) -> Float64:
        """Return the kernels `(n, *size)`, in colour `(n, *size, 3)`, strongest first."""
        kernels = np.moveaxis(self.block.kernels, (-2, -1), (0, 1))
        tiles = np.moveaxis(kernels, 0, -1) if self.in_colour else kernels.reshape(-1, *kernels.shape[2:])
        norms = np.linalg.norm(tiles.reshape(len(tiles), -1), axis=1)
        strongest: Float64 = tiles[np.argsort(-norms, kind="stable")]
        return strongest

    def energies(self) -> Float64:
        """Return the share of the energy that the best 0, 1, 2, ... filters hold."""
        flat = self.block.kernels.reshape(-1, math.prod(self.block.kernels.shape[-2:])) / self.limit
        values = np.clip(np.linalg.eigvalsh(flat @ flat.T)[::-1], 0, None)
        shares: Float64 = np.concatenate([[0.0], np.cumsum(values)]) / (values.sum() or 1.0)
        return shares
