"""What `filterbank demo` does: three textures, several banks, one proof, one report."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from .._backend import without_log
from ._data import Settings
from ._plan import Contender, plan

__all__ = ["Contender", "Settings", "plan", "run"]


def run(contenders: list[Contender], settings: Settings, out: Path, console: Console) -> None:
    """Train, prove, draw and report into the folder `out`."""
    # These import Keras and Matplotlib, which takes seconds: the backend is settled by now.
    with console.status("loading Keras and Matplotlib"), without_log():
        from . import _experiment, _report
        from ._data import textures
    data = textures(settings)
    for paragraph in _report.INTRODUCTION:
        console.print(paragraph)
    console.print(f"{len(data.labels)} patches to train on, {len(data.test_labels)} to test on. The banks, and why:\n")
    listed = Table.grid(padding=(0, 2))
    for contender in contenders:
        listed.add_row(f"[cyan]{contender.name}[/cyan]", contender.reason)
    console.print(listed)
    console.print()

    trained = _experiment.train_all(contenders, data, settings, console)
    table = _report.rows(trained)
    said = _report.verdict(table, data)
    _report.tell_results(console, table, said)

    best = _report.featured(trained, table)
    proof = _report.proof_lines(best, _experiment.prove(best, data, out))
    console.print(f"\n[bold]The proof[/bold], on {best.contender.name}:")
    for line in proof:
        console.print(f"- {line}")
    with console.status("drawing"):
        pictures = _report.draw(best, trained[0], data, out)
        page = _report.write_page(out, settings, data, table, said, proof, pictures)
    console.print(f"\nThe report, with the pictures and what they show: [bold]{page}[/bold]")
