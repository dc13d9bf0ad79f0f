"""The benchmarks run and say what they measured; how long anything takes is not tested."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import apply, families, patches, tables
from benchmarks.__main__ import TABLES, measured, show
from benchmarks.auto import backed
from benchmarks.timing import in_turns
from rich.console import Console

ROOT = Path(__file__).parents[1]
ROW = {"case": "a case", "unit": "s", "samples": {"ours": [1.0, 2.0, 9.0], "theirs": [2.0, 2.0, 3.0]}}


def run(*arguments):
    command = [sys.executable, "-m", "tests.benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def shown(capsys, *rows):
    """Return what is printed of the rows of one table."""
    machine = {"processor": "a processor", "cores": 2, "memory": 4}
    show(
        {"date": "today", "machine": machine, "versions": {}, "tables": {"a table": {"rows": rows}}}, Console(width=99)
    )
    return capsys.readouterr().out


def test_all_samples_are_written_and_compared(tmp_path):
    done = run("imports", "apply", "--quick", "-o", tmp_path / "results.json")
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["quick"] is True
    assert results["machine"]["cores"] >= 1
    assert results["machine"]["processor"]
    assert {"python", "filterbank", "numpy", "scipy", "PyWavelets"} <= set(results["versions"])
    assert list(results["tables"]) == ["imports", "apply"]
    for name, result in results["tables"].items():
        assert "failed" not in result
        rows = [row for row in result["rows"] if "skipped" not in row]
        assert len(rows) == 2
        for row in rows:
            assert row["unit"] == "s"
            assert {len(samples) for samples in row["samples"].values()} == {2}
            assert min(min(samples) for samples in row["samples"].values()) > 0
        assert f"\n{name}" in done.stdout
    filters, wavelets = (row for row in results["tables"]["apply"]["rows"] if "skipped" not in row)
    assert {"oaconvolve", "ndimage"} <= set(filters["agreement"])
    assert list(wavelets["agreement"]) == ["pywt.swt2"]
    assert max([*filters["agreement"].values(), *wavelets["agreement"].values()]) < 1e-13


def test_an_unknown_table_is_answered_with_those_there_are():
    done = run("aply")
    assert done.returncode == 2
    assert f"there is no table 'aply'; choose of {', '.join(TABLES)}" in " ".join(done.stderr.split())


def test_ratios_are_of_each_round_and_below_one_where_filterbank_takes_less():
    (one,) = tables.comparisons(ROW)
    assert (one.case, one.other, one.ours, one.theirs) == ("a case", "theirs", "2.00 s", "2.00 s")
    assert (one.low, one.ratio, one.high) == (0.75, 1.0, 2.0)


def test_the_summary_has_the_geometric_mean_and_the_worst_case(capsys):
    slow = {"case": "a slow case", "unit": "s", "samples": {"ours": [4.0], "theirs": [1.0]}}
    (line,) = (line for line in shown(capsys, ROW, slow).splitlines() if line.startswith(" a table"))
    assert line.split() == ["a", "table", "theirs", "a", "slow", "case", "4.00", "2.00", "2"]


def test_what_others_are_missing_for_is_skipped_and_said(monkeypatch, capsys):
    monkeypatch.setattr(tables, "installed", lambda module: module not in ("cv2", "sklearn", "jax"))
    (row,) = families.rows(quick=True)
    assert "a table: Gabor filters skipped, OpenCV is not installed" in shown(capsys, row)
    skipped, *rows = apply.rows(quick=True)
    assert tables.line(skipped) == "loops of OpenCV: skipped, OpenCV is not installed"
    assert [list(row["samples"]) for row in rows] == [["fb.apply", "oaconvolve", "ndimage"], ["fb.apply", "pywt.swt2"]]
    memory, sizes, against_blas, *others = patches.rows(quick=True)
    assert memory["samples"]["bytes of image"] == [256 * 256 * 8]
    assert list(sizes["samples"]) == ["16x16", "5x5"]
    assert against_blas["agreement"]["chunked BLAS"] < 1e-13
    assert [row["skipped"] for row in others] == ["scikit-learn is not installed"] * 2
    assert list(backed(None, "jax")()) == [{"case": "all layers", "skipped": "JAX is not installed"}]


def test_a_table_that_fails_keeps_its_reason(monkeypatch):
    monkeypatch.setitem(TABLES, "none", ("nothing",))
    result = measured("none", True, print)
    assert result["rows"] == []
    assert "nothing" in result["failed"]


@pytest.mark.parametrize(("least", "before", "expected"), [(0, 0, "ab" + "ab" * 2), (0, 1, "ab" + "aabb" * 2)])
def test_functions_take_turns(least, before, expected):
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = in_turns(functions, 2, least=least, before=before)
    assert "".join(calls) == expected
    assert {name: len(samples) for name, samples in times.items()} == {"a": 2, "b": 2}
