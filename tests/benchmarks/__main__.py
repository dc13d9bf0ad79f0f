"""Run the benchmarks, each table in a process of its own, and compare filterbank with what else there is.

python -m tests.benchmarks [-o results.json] [--quick] [TABLE ...]

Ratios are filterbank's time, or memory, to the other's: below 1, filterbank takes less. Each round of a case times both
in turns and has a ratio; told are their median and quartiles.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import filterbank as fb

from .tables import comparisons

TABLES = {
    "layers-tensorflow": ("auto", "tensorflow"),
    "layers-compiled": ("auto", "compiled"),
    "layers-jax": ("auto", "jax"),
    "best-tensorflow": ("auto", "best-tensorflow"),
    "best-compiled": ("auto", "best-compiled"),
    "best-jax": ("auto", "best-jax"),
    "memory": ("auto", "memory"),
    "apply": ("apply",),
    "families": ("families",),
    "patches": ("patches",),
    "imports": ("imports",),
}
LIBRARIES = (
    "numpy",
    "scipy",
    "keras",
    "tensorflow",
    "jax",
    "opencv-python-headless",
    "opencv-python",
    "scikit-learn",
    "PyWavelets",
)


def machine():
    return {"processor": processor(), "cores": os.cpu_count(), "memory": memory(), "system": platform.platform()}


def processor():
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def memory():
    """Return the gigabytes of memory, or None where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def versions():
    found = {"python": platform.python_version(), "filterbank": fb.__version__}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def measured(name, quick, tell):
    """Run a table, tell its lines as they come, and return `{"rows"}`; a failure's reason is added as `"failed"`."""
    module, *part = TABLES[name]
    with tempfile.TemporaryDirectory() as folder:
        rows, errors = Path(folder) / "rows", Path(folder) / "errors"
        command = [sys.executable, "-m", f"{__package__}.{module}", *part, "-o", str(rows), *["--quick"] * quick]
        with (
            errors.open("w") as stream,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True) as process,
        ):
            for line in process.stdout:
                tell(line.strip())
        result = {"rows": [json.loads(line) for line in rows.read_text().splitlines()] if rows.exists() else []}
        if process.returncode:
            result["failed"] = errors.read_text().strip().rpartition("\n")[2] or f"exit status {process.returncode}"
    return result


def table(title, left, right):
    """Return an empty table; text is on the left, numbers are on the right."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in left:
        made.add_column(heading)
    for heading in right:
        made.add_column(heading, justify="right", no_wrap=True)
    return made


def cases(name, rows):
    made = table(name, ("case", "against"), ("ours", "other", "ratio", "quartiles"))
    for one in (one for row in rows for one in comparisons(row)):
        made.add_row(one.case, one.other, one.ours, one.theirs, f"{one.ratio:.2f}", f"{one.low:.2f}, {one.high:.2f}")
    return made


def summary(tables):
    title = "filterbank's time or memory to the other's: below 1, filterbank takes less; means are geometric"
    made = table(title, ("table", "against", "worst case"), ("worst", "mean", "cases"))
    for name, result in tables.items():
        by_other = {}
        for one in (one for row in result["rows"] for one in comparisons(row)):
            by_other.setdefault(one.other, []).append(one)
        for other, ones in by_other.items():
            worst, mean = max(ones, key=lambda one: one.ratio), statistics.geometric_mean(one.ratio for one in ones)
            made.add_row(name, other, worst.case, f"{worst.ratio:.2f}", f"{mean:.2f}", str(len(ones)))
    return made


def show(results, console):
    for name, result in results["tables"].items():
        if any("samples" in row for row in result["rows"]):
            console.print(cases(name, result["rows"]))
        for row in result["rows"]:
            if "skipped" in row:
                console.print(f"{name}: {row['case']} skipped, {row['skipped']}")
        if "failed" in result:
            console.print(f"{name} failed: {result['failed']}", style="red", markup=False)
    console.print(summary(results["tables"]))
    own = results["machine"]
    console.print(
        f"{results['date']}; {own['processor']}, {own['cores']} cores, {own['memory']} GB; "
        + ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; all, if none is named")
    parser.add_argument("-o", "--output", type=Path, help="a file for all samples, as JSON")
    parser.add_argument("--quick", action="store_true", help="few rounds of few cases, to see that it works")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.tables if name not in TABLES]
    if unknown:
        parser.error(f"there is no table {unknown[0]!r}; choose of {', '.join(TABLES)}")
    console, names = Console(), arguments.tables or list(TABLES)
    results = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "quick": arguments.quick,
        "machine": machine(),
        "versions": versions(),
        "tables": {},
    }
    columns = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:

            def tell(line, name=name):
                progress.update(task, description=f"{name}: {line}")

            tell("starts")
            results["tables"][name] = measured(name, arguments.quick, tell)
            progress.advance(task)
            if arguments.output:  # after each table: what is measured is kept if a later one is interrupted
                arguments.output.write_text(json.dumps(results, indent=1) + "\n")
    show(results, console)
    return any("failed" in result for result in results["tables"].values())


if __name__ == "__main__":
    sys.exit(main())
