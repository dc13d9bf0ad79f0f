"""What the page needs of the families' own tables, so that no number stands twice."""

from __future__ import annotations

import warnings
from typing import Any

import pywt

from .. import families
from .._bank import BankWarning
from ..families import elementary, textures
from ..families.steerable import SETS

# Of PyWavelets' hundred: the short ones, orthogonal and biorthogonal.
WAVELETS = ("haar", "db2", "db3", "db4", "sym4", "coif1", "bior1.3", "bior2.2", "rbio2.2")


def constants() -> dict[str, Any]:
    """Return taps, polynomials and scales, as the page's families read them."""
    return {
        "wavelets": {name: _taps(pywt.Wavelet(name)) for name in WAVELETS},
        "laws": {name: list(vector) for name, vector in elementary.LAWS_VECTORS.items()},
        "gradients": {kind: _masks(kind) for kind in elementary.GRADIENTS},
        "steerable": {
            name: {"derivative": one.derivative, "extent": one.extent, "factors": one.factors}
            for name, one in SETS.items()
        },
        "textures": {
            "leung_malik": textures.LEUNG_MALIK_SIGMAS.tolist(),
            "root_filter_set": textures.ROOT_FILTER_SET_SIGMAS.tolist(),
            "schmid": textures.SCHMID_SIGMAS.tolist(),
            "schmid_cycles": list(textures.SCHMID_CYCLES),
        },
    }


def _taps(wavelet: pywt.Wavelet) -> dict[str, list[float]]:
    return {"low": list(wavelet.dec_lo), "high": list(wavelet.dec_hi)}


def _masks(kind: elementary.Gradient) -> dict[str, Any]:
    side = {"roberts": 2, "farid": 5}.get(kind, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BankWarning)  # Kirsch's masks sum to zero; the page finds that by itself.
        bank = families.gradient(side, kind=kind, norm=None)
    return {
        "side": side,
        "masks": bank.filters.reshape(len(bank), -1).tolist(),
        "orientations": bank.parameters["orientation"].tolist(),
    }
