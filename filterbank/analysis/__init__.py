"""Numbers about banks: how independent their filters are, and what they do to frequencies; and about learned kernels.

Every function on banks takes a bank or plain filters `(n, *size)`; every one on kernels takes an array or tensor
`(*size, in, out)` or a layer.
"""

import importlib
from typing import Any

from ._algebra import coherence, condition_number, effective_rank, gram, rank, singular_values
from ._coefficients import CoefficientSpectrum, coefficient_spectrum
from ._compare import Candidate, ComparedBank, Comparison, Suggestion, compare, suggest
from ._coverage import Coverage, coverage
from ._drift import Drift, drift
from ._explained import EnergyCurve, Projection, energy_curve, project
from ._gabor_fit import GaborFit, fit_gabor
from ._kernels import model_kernels
from ._metrics import KernelMetrics, kernel_metrics
from ._reconstruction import Reconstruction, ShiftInvariance, perfect_reconstruction, shift_invariance
from ._report import BankReport, report
from ._spectrum import FrameBounds, frame_bounds, frequency_response, is_tight
from ._tuning import Tuning, tuning
from ._turning import RotationError, rotation_error

__all__ = [
    "BankReport",
    "Candidate",
    "CoefficientSpectrum",
    "ComparedBank",
    "Comparison",
    "Coverage",
    "Drift",
    "EnergyCurve",
    "FrameBounds",
    "GaborFit",
    "KernelMetrics",
    "Projection",
    "Reconstruction",
    "RotationError",
    "ShiftInvariance",
    "Suggestion",
    "Tuning",
    "coefficient_spectrum",
    "coherence",
    "compare",
    "condition_number",
    "coverage",
    "drift",
    "effective_rank",
    "energy_curve",
    "fit_gabor",
    "frame_bounds",
    "frequency_response",
    "gram",
    "is_tight",
    "kernel_metrics",
    "model_kernels",
    "perfect_reconstruction",
    "project",
    "rank",
    "report",
    "rotation_error",
    "shift_invariance",
    "singular_values",
    "suggest",
    "tuning",
]


def __getattr__(name: str) -> Any:
    """Find `prune_layer` here too, where it is looked for; it makes layers, so Keras is loaded when it is asked for."""
    if name == "prune_layer":
        return importlib.import_module("filterbank.layers").prune_layer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
