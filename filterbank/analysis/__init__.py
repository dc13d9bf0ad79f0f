"""Numbers about banks: how independent their filters are, and what they do to frequencies.

Every function takes a bank or plain filters `(n, *size)`.
"""

from ._algebra import coherence, condition_number, effective_rank, gram, rank, singular_values
from ._spectrum import FrameBounds, frame_bounds, frequency_response, is_tight

__all__ = [
    "FrameBounds",
    "coherence",
    "condition_number",
    "effective_rank",
    "frame_bounds",
    "frequency_response",
    "gram",
    "is_tight",
    "rank",
    "singular_values",
]
