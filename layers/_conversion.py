"""What a conversion gives: the new layer or model, and a row for each layer of what was kept and what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from filterbank._table import Table, shows_itself


class ConvertedLayer(NamedTuple):
    """What the conversion of one layer kept and cost.

    Parameters
    ----------
    layer : str
        Name of the layer.
    bank : str
        Family and number of filters, and whether there is a residual.
    energy : float
        The share of the kernel's energy (sum of squares) that the bank explains. A residual holds the rest.
    before, after : int
        How many numbers train, before and after, where the layer does; a bank that does not is not among them.
    difference : float or None
        The largest difference of the layer's output for what reaches the layer in the given inputs.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> from filterbank.layers import project
    >>> layer = keras.layers.Conv2D(64, 11, kernel_initializer="ones")
    >>> layer.build((None, 32, 32, 1))
    >>> row = project(layer, fb.dct(11, n=10)).report[0]
    >>> row.before, row.after, round(row.energy, 6)
    (7808, 704, 1.0)
    """

    layer: str
    bank: str
    energy: float
    before: int
    after: int
    difference: float | None


@shows_itself
class ConversionReport(tuple[ConvertedLayer, ...]):
    """Rows of `ConvertedLayer`, one for each converted layer; prints as a table.

    Parameters
    ----------
    rows : iterable of ConvertedLayer
        The rows.
    left_alone : iterable of str, optional
        The convolutions that were not converted, name and size, such as "head (1x1)".

    Attributes
    ----------
    left_alone : tuple of str
        As given.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> from filterbank.layers import project
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="edges")])
    >>> report = project(model, fb.dct(3)).report
    >>> [row.layer for row in report]
    ['edges']
    """

    left_alone: tuple[str, ...]

    def __new__(cls, rows: Iterable[ConvertedLayer], left_alone: Iterable[str] = ()) -> ConversionReport:
        """Make a tuple of the rows."""
        report = super().__new__(cls, rows)
        report.left_alone = tuple(left_alone)
        return report

    def _table(self) -> Table:
        head = ("layer", "bank", "energy", "before", "after", "difference")
        rows = [
            (
                row.layer,
                row.bank,
                f"{row.energy:.2%}",
                f"{row.before:,}",
                f"{row.after:,}",
                "-" if row.difference is None else f"{row.difference:.3g}",
            )
            for row in self
        ]
        left_alone = f"left alone: {', '.join(self.left_alone)}" if self.left_alone else ""
        return Table(head, rows, texts=(0, 1), note=left_alone)


@shows_itself
class Conversion(NamedTuple):
    """A converted layer or model, and what the conversion kept and cost; prints as the table of its report.

    Parameters
    ----------
    layer : keras.layers.Layer or None
        The new layer, where a layer was given.
    model : keras.Model or None
        The new model, where a model was given.
    report : tuple of ConvertedLayer
        A row for each converted layer; prints as a table.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> from filterbank.layers import project
    >>> convolution = keras.layers.Conv2D(8, 5, kernel_initializer="ones", name="first")
    >>> model = keras.Sequential([keras.Input((32, 32, 3)), convolution])
    >>> print(project(model, "dct").report)
    layer  bank      energy  before  after  difference
    first  dct, 25  100.00%     608    608           -
    """

    layer: Any
    model: Any
    report: ConversionReport

    def _table(self) -> Table:
        return self.report._table()
