"""Where a picture goes: the axes or figure that was passed, or a new figure that fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias, cast

import matplotlib.pyplot as plt
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.transforms import Affine2DBase, ScaledTranslation, Transform, blended_transform_factory

AnyFigure: TypeAlias = Figure | SubFigure
Inches: TypeAlias = tuple[float, float]

ALT_KEYS = {"png": "Description", "svg": "Description", "svgz": "Description", "pdf": "Subject"}


class Picture(Figure):
    """A figure that a notebook cell shows once, and that writes its alternative text into its files.

    The value of a cell's last line is shown, and then every figure that is still open: a function that returns its
    figure would be seen twice. So of two times in a row while the figure is open the second is left out.
    """

    _was_shown = False

    def _ipython_display_(self) -> None:
        is_open = any(manager.canvas.figure is self for manager in Gcf.get_all_fig_managers())
        self._was_shown = is_open and not self._was_shown
        if self._was_shown or not is_open:
            raise NotImplementedError  # By this IPython knows to show it as any other figure.

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Save as every figure does, with what it shows in words among the file's metadata."""
        named = Path(fname).suffix[1:] if isinstance(fname, (str, Path)) else ""
        kind = str(kwargs.get("format") or named or plt.rcParams["savefig.format"]).lower()
        if kind in ALT_KEYS and (text := descriptions(self)):
            kwargs["metadata"] = {ALT_KEYS[kind]: text, **(kwargs.get("metadata") or {})}
        super().savefig(fname, **kwargs)


def descriptions(figure: AnyFigure) -> str:
    """Return the texts of the axes that have one, in the order of drawing."""
    checked = checked_figure(figure, "figure")
    # Matplotlib itself labels the axes of colour bars, as "<colorbar>".
    texts = [str(ax.get_label()) for ax in checked.axes]
    return " ".join(text for text in texts if text and not text.startswith("<"))


def given_axes(ax: Axes | None, fig: AnyFigure | None) -> Axes | None:
    """Return the axes to draw on, if the caller passed some or a figure for them."""
    if ax is not None and fig is not None:
        raise ValueError("`ax` and `fig` both say where to draw; pass one of them")
    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"`ax` must be one Matplotlib Axes, got {_named(ax)}; pass a figure as `fig`")
    return ax if fig is None else checked_figure(fig).add_subplot()


def checked_figure(fig: AnyFigure, name: str = "fig") -> AnyFigure:
    """Return `fig` if it is one."""
    if not isinstance(fig, (Figure, SubFigure)):
        raise TypeError(f"`{name}` must be a Matplotlib Figure or SubFigure, got {_named(fig)}")
    return fig


def new_figure(size: Inches) -> Figure:
    """Make a figure of that size in inches."""
    return plt.figure(figsize=size, layout="compressed", FigureClass=Picture)


def axes_inches(ax: Axes) -> Inches:
    """Return width and height of the axes in inches, as they are now."""
    figure = ax.figure.figure
    box = ax.get_window_extent()
    return float(box.width / figure.dpi), float(box.height / figure.dpi)


def settled_inches(ax: Axes) -> Inches:
    """Return width and height that the axes have when the figure's layout has made room for what is around them."""
    figure = whole_figure(ax)
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    return axes_inches(ax)


def inches_from(ax: Axes, edge: float) -> Transform:
    """Return coordinates: x in inches from the left (0) or right (1) edge, y as a share of the height."""
    start = ScaledTranslation(edge, 0, cast(Affine2DBase, ax.transAxes))
    return blended_transform_factory(ax.figure.figure.dpi_scale_trans + start, ax.transAxes)


def whole_figure(ax: Axes) -> Figure:
    """Return the figure that the axes are in, also from within a subfigure."""
    figure = ax.figure.figure
    assert isinstance(figure, Figure)
    return figure


def is_own(ax: Axes) -> bool:
    """Return whether the axes are in a figure that was made here, to fit its picture."""
    return isinstance(whole_figure(ax), Picture)


def bare(ax: Axes) -> None:
    """Leave nothing of the axes but room for titles and labels."""
    ax.spines[:].set_visible(False)
    ax.patch.set_visible(False)
    ax.tick_params(length=0)
    ax.set_xticks([])
    ax.set_yticks([])


def _named(value: object) -> str:
    return f"a {type(value).__name__}"
