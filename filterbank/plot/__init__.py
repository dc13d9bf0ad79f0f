"""Pictures of banks and learned kernels: the only place that imports Matplotlib.

Every function returns the Matplotlib `Figure` that holds its picture, but `animate`, whose `Animation` has a figure
that pyplot does not know. Without ``ax=`` and ``fig=`` a function makes a new one with pyplot, as ``plt.figure`` does:
a notebook shows it when the cell ends, a script at ``plt.show()``. Pyplot keeps it until ``plt.close(fig)``, and warns
when more than twenty are open: a loop that saves many pictures closes each, or draws in figures of its own. With
``ax=`` or ``fig=`` it draws there, makes no figure and leaves pyplot alone. No rcParams are changed. `alt_text` says
in words what a picture shows, and saved files carry it.
"""

from ._alt import alt_text
from ._animate import animate
from ._animation import Animation
from ._coefficients import coefficients
from ._comparison import comparison
from ._coverage import coverage
from ._decomposition import decomposition
from ._energy_curve import energy_curve
from ._filters import filters
from ._gram import gram
from ._kernels import kernels
from ._model import model
from ._patches import patches
from ._responses import responses
from ._singular_values import singular_values
from ._spectrum import spectrum
from ._training import training
from ._tuning import tuning

__all__ = [
    "Animation",
    "alt_text",
    "animate",
    "coefficients",
    "comparison",
    "coverage",
    "decomposition",
    "energy_curve",
    "filters",
    "gram",
    "kernels",
    "model",
    "patches",
    "responses",
    "singular_values",
    "spectrum",
    "training",
    "tuning",
]
