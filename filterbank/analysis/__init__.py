"""Numbers about banks: how independent their filters are, and what they do to frequencies; and about learned kernels.

Every function on banks takes a bank or plain filters `(n, *size)`; every one on kernels takes an array or tensor
`(*size, in, out)` or a layer.
"""

from ._algebra import coherence, condition_number, effective_rank, gram, rank, singular_values
from ._coverage import Coverage, coverage
from ._explained import EnergyCurve, Projection, energy_curve, project
from ._kernels import model_kernels
from ._reconstruction import Reconstruction, ShiftInvariance, perfect_reconstruction, shift_invariance
from ._report import BankReport, report
from ._spectrum import FrameBounds, frame_bounds, frequency_response, is_tight
from ._tuning import Tuning, tuning
from ._turning import RotationError, rotation_error

__all__ = [
    "BankReport",
    "Coverage",
    "EnergyCurve",
    "FrameBounds",
    "Projection",
    "Reconstruction",
    "RotationError",
    "ShiftInvariance",
    "Tuning",
    "coherence",
    "condition_number",
    "coverage",
    "effective_rank",
    "energy_curve",
    "frame_bounds",
    "frequency_response",
    "gram",
    "is_tight",
    "model_kernels",
    "perfect_reconstruction",
    "project",
    "rank",
    "report",
    "rotation_error",
    "shift_invariance",
    "singular_values",
    "tuning",
]
