"""What `filterbank demo` does: three textures, several banks, one proof, one report."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ._data import Settings
from ._plan import Contender, plan

__all__ = ["Contender", "Settings", "choose_backend", "plan", "run"]


def choose_backend() -> str:
    """Settle on a Keras backend before Keras is imported: the one asked for, or the first that is installed."""
    wanted = os.environ.get("KERAS_BACKEND")
    known = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
    candidates = [wanted] if wanted else list(known)
    for backend in candidates:
        if util.find_spec("keras") and util.find_spec(known.get(backend, backend)):
            os.environ["KERAS_BACKEND"] = backend
            return backend
    missing, extra = wanted or "a Keras backend", wanted if wanted in known else "tensorflow"
    raise ImportError(f'the demo trains networks and needs {missing}; pip install "filterbank[{extra}]"')


@contextmanager
def _without_log() -> Iterator[None]:
    """Keep what TensorFlow logs about itself from the terminal, unless the user has chosen a level.

    Its lines come from C++, and no level counts before its log is set up: they are taken out of what goes to stderr
    while it loads. All else follows when it has loaded.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            log.seek(0)
            for line in log:
                if not re.match(rb"I\d{4} |WARNING: All log messages before absl", line):
                    os.write(2, line)


def run(contenders: list[Contender], settings: Settings, out: Path, console: Console) -> None:
    """Train, prove, draw and report into the folder `out`."""
    # These import Keras and Matplotlib, which takes seconds: the backend is settled by now.
    with console.status("loading Keras and Matplotlib"), _without_log():
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
