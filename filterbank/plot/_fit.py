"""Names of axes and notes that stay in the caller's figure, once all else is drawn.

Layouts make room for the height of a note below axes, but not for its width where it is wider than they are.
"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.axis import Axis, XAxis

from ._canvas import is_own, settled_inches
from ._tiles import in_lines

LEAST = 0.6  # of its size, the smallest that a text becomes
TIMES = 3  # a change of the texts changes the axes, and these the room


def keep_inside(ax: Axes) -> None:
    """Break, shrink and move the names and notes of axes, and of those in them, that would leave the figure."""
    if is_own(ax):
        return  # It was made to fit.
    named = [(one, axis) for one in ax.findobj(Axes) for axis in (one.xaxis, one.yaxis) if axis.label.get_text()]
    least = {axis: LEAST * float(axis.label.get_fontsize()) for _, axis in named}
    for _ in range(TIMES):
        settled_inches(ax)
        changes = [_keep(one, axis, least[axis]) for one, axis in named]
        if not any(changes):
            return


def _keep(ax: Axes, axis: Axis, least: float) -> bool:
    """Keep one name inside, no smaller than so many points, and return whether it had to change."""
    label, box = axis.label, axis.label.get_window_extent()
    along = 0 if isinstance(axis, XAxis) else 1
    length, (start, end) = ax.bbox.size[along], _room(ax, along)
    has, text, points = box.size[along], label.get_text(), float(label.get_fontsize())
    if along and has > length and "\n" not in text:
        letters = max(9, int(len(text) * length / has))
        broken = in_lines(text.replace(" (", "; ("), letters, "; ").replace("; (", " (").replace(";\n(", "\n(")
        if broken != text:
            label.set_text(broken)
            return True
    if has > end - start and points > least:
        label.set_fontsize(max(least, points * 0.98 * (end - start) / has))
        return True
    shift = max(start - box.min[along], 0.0) + min(end - box.max[along], 0.0)
    if abs(shift) < 0.5 or has > end - start:
        return False
    place = list(label.get_position())
    place[along] += shift / length
    label.set_position((place[0], place[1]))
    return True


def _room(ax: Axes, along: int) -> tuple[float, float]:
    """Return where the axes' share of the figure starts and ends, in pixels."""
    figure = ax.figure.bbox
    start, length = figure.min[along], figure.size[along]
    spec = ax.get_subplotspec()
    if spec is None or along:
        return start, start + length
    columns = spec.get_gridspec().ncols
    cells = spec.colspan
    return (
        min(start + length * cells.start / columns, ax.bbox.x0),
        max(start + length * cells.stop / columns, ax.bbox.x1),
    )
