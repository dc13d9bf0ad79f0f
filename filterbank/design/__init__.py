"""From bank to bank: scale, centre, orthonormalise, tighten, prune, join, turn, resize.

Every function takes a bank or plain filters and returns a bank, with the columns that still hold and one more step in
its recipe.
"""

from ._frame import concatenate, dual, tighten, whiten
from ._geometry import quadrature, resize, rotate, steer
from ._rank import orthonormalize, prune
from ._scale import normalize, window, zero_mean

__all__ = [
    "concatenate",
    "dual",
    "normalize",
    "orthonormalize",
    "prune",
    "quadrature",
    "resize",
    "rotate",
    "steer",
    "tighten",
    "whiten",
    "window",
    "zero_mean",
]
