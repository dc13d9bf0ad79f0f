"""What a picture shows, in words, for those who cannot see it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from .._bank import FilterBank
from .._check import window_words
from ._canvas import descriptions, whole_figure
from ._fit import keep_inside
from ._labels import plain


def alt_text(figure: Figure | SubFigure) -> str:
    """Return what a picture of this module shows, in words: the alternative text for a web page or a paper.

    A figure that this module made also writes it into the files that it saves, as the metadata "Description" of PNG
    and SVG and "Subject" of PDF.

    Parameters
    ----------
    figure : Figure or SubFigure
        What a function of this module returned.

    Returns
    -------
    str
        A sentence or more for each axes that this module drew in; "" if there are none.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.plot.alt_text(fb.plot.filters(fb.dct(8, n=10)))
    '10 filters of 8x8 pixels of the family dct, one tile each, on one scale from -0.24 to 0.24.'
    """
    return descriptions(figure)


def finish(ax: Axes, *sentences: str) -> Figure:
    """Give the axes their text, of sentences without a full stop, and return the figure they are in."""
    ax.set_label(" ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in sentences if sentence))
    keep_inside(ax)
    return whole_figure(ax)


def counted(count: int, what: str) -> str:
    """Say how many there are: '1 filter', '12 filters', '2 patches'."""
    return f"{count} {what}{('es' if what.endswith('ch') else 's') * (count != 1)}"


def bank_words(bank: FilterBank) -> str:
    """Say what a bank holds: '10 filters of 8x8 pixels of the family dct'."""
    family = "" if bank.family == "custom" else f" of the family {bank.family}"
    return f"{counted(len(bank), 'filter')} of {window_words(bank.size)}{family}"


def scale_words(limit: float, scale: str = "shared", *, rgb: bool = False, values: npt.ArrayLike = ()) -> str:
    """Say what the colours mean, where they are one scale about zero, and whether values are beyond it."""
    how = "in colour, " * rgb
    if scale == "each":
        return f"{how}each on its own scale"
    return f"{how}on one scale from {plain(-limit, 2)} to {plain(limit, 2)}{clip_words(limit, values)}"


def clip_words(limit: float, values: npt.ArrayLike) -> str:
    """Say that a scale ends below the largest magnitude, if it does."""
    largest = float(np.abs(values).max(initial=0.0))
    return f", which values of up to ±{plain(largest, 2)} exceed" * (largest > limit)
