"""Numbers about banks: how independent their filters are, and what they do to frequencies; and about learned kernels.

Every function on banks takes a bank or plain filters `(n, *size)`; every one on kernels takes an array or tensor
`(*size, in, out)` or a layer.
"""

from ._algebra import coherence, condition_number, effective_rank, gram, rank, singular_values
from ._coefficients import CoefficientSpectrum, coefficient_spectrum
from ._compare import Candidate, ComparedBank, Comparison, Suggestion, compare, suggest
from ._drift import Drift, drift
from ._explained import EnergyCurve, Projection, energy_curve, project
from ._gabor_fit import GaborFit, fit_gabor
from ._kernels import model_kernels
from ._metrics import KernelMetrics, kernel_metrics
from ._spectrum import FrameBounds, frame_bounds, frequency_response, is_tight

__all__ = [
    "Candidate",
    "CoefficientSpectrum",
    "ComparedBank",
    "Comparison",
    "Drift",
    "EnergyCurve",
    "FrameBounds",
    "GaborFit",
    "KernelMetrics",
    "Projection",
    "Suggestion",
    "coefficient_spectrum",
    "coherence",
    "compare",
    "condition_number",
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
    "project",
    "rank",
    "singular_values",
    "suggest",
]
