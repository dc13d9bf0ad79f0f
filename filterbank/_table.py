"""Results as tables, of text and of HTML: the one place that makes either."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

Result = TypeVar("Result")

# Notebooks keep every table that was shown: of longer ones, so many rows of both ends are.
MOST_ROWS, FIRST, LAST = 30, 20, 5


class Code(str):
    """A cell of code, which breaks anywhere: a line of Python, or a fingerprint."""

    __slots__ = ()


class Table(NamedTuple):
    """Cells in rows, under a head of as many or of none; the columns `texts` stand left, numbers right.

    `units` go below the head, in HTML; `note` follows the table; `title` names it to those who do not see it.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: Sequence[int] = (0,)
    units: Sequence[str] = ()
    note: str = ""
    title: str = ""

    def __str__(self) -> str:
        lines = [*([self.head] if self.head else []), *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligned = [
            "  ".join(
                cell.ljust(width) if index in self.texts else cell.rjust(width)
                for index, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([*aligned, *([self.note] if self.note else [])])

    def html(self, most: int = MOST_ROWS) -> str:
        """Return the table as HTML that takes its colours from the page; of more rows than `most`, both ends."""
        title = f" aria-label='{html.escape(self.title)}'" if self.title else ""
        names = "".join(
            f"<th scope='col'{self._side(index)}>{html.escape(name)}{self._unit(index)}</th>"
            for index, name in enumerate(self.head)
        )
        head = f"<thead><tr>{names}</tr></thead>" if names else ""
        shown = [*self.rows] if len(self.rows) <= most else [*self.rows[:FIRST], *self.rows[-LAST:]]
        lines = [self._row(row) for row in shown]
        left_out = len(self.rows) - len(shown)
        if left_out:
            width = len(self.rows[0])
            lines.insert(FIRST, f"<tr><td colspan='{width}'{_LEFT}>{left_out} rows more; print shows them</td></tr>")
        body = f"<table{title}>{head}<tbody>{''.join(lines)}</tbody></table>" if lines else ""
        return body + (paragraphs(self.note) if self.note else "")

    def _row(self, row: Sequence[str]) -> str:
        cells = [f"<td{self._side(index)}>{_cell(cell)}</td>" for index, cell in enumerate(row)]
        # The first cell names its row.
        cells[0] = f"<th scope='row'{self._side(0)}>{_cell(row[0])}</th>"
        return f"<tr>{''.join(cells)}</tr>"

    def _side(self, index: int) -> str:
        return _LEFT if index in self.texts else _RIGHT

    def _unit(self, index: int) -> str:
        unit = self.units[index] if self.units else ""
        return f"<br><small>{html.escape(unit)}</small>" if unit else ""


def facts(rows: Iterable[tuple[str, str]], title: str = "") -> str:
    """Return what there is to say of one thing as an HTML table of names and texts."""
    return Table((), [*rows], texts=(0, 1), title=title).html()


def paragraphs(text: str) -> str:
    """Return lines of text as HTML."""
    return "".join(f"<p style='margin:0.3em 0'>{html.escape(line)}</p>" for line in text.splitlines())


def shows_itself(result: type[Result]) -> type[Result]:
    """Let results show themselves: as text and in notebooks by their `_table`, or in notebooks by their text."""
    has_table = hasattr(result, "_table")
    methods = {"__str__": _table_text, "_repr_html_": _table_html} if has_table else {"_repr_html_": _text_html}
    for name, method in methods.items():
        if name not in vars(result):
            setattr(result, name, method)
    return result


class _HasTable(Protocol):
    def _table(self) -> Table: ...


def _table_text(result: _HasTable) -> str:
    return str(result._table())


def _table_html(result: _HasTable) -> str:
    return result._table().html()


def _text_html(result: object) -> str:
    return paragraphs(str(result))


_LEFT, _RIGHT = " style='text-align:left'", " style='text-align:right'"


def _cell(text: str) -> str:
    if isinstance(text, Code):
        return f"<code style='white-space:pre-wrap;overflow-wrap:anywhere'>{html.escape(text)}</code>"
    return html.escape(text)
