"""Rows of samples, the comparisons in them, and the command line of every table.

A row is plain data: `{"case", "unit", "samples"}`. The samples are `{name: [number of each round]}`, filterbank's
first; `"agreement"` tells how far the results of the others are from filterbank's, relative to its largest number. A
row that was not measured is `{"case", "skipped"}`, with the reason.
"""

import argparse
import importlib.util
import json
from typing import NamedTuple

import numpy as np

TITLES = {
    "cv2": "OpenCV",
    "jax": "JAX",
    "keras": "Keras",
    "sklearn": "scikit-learn",
    "tensorflow": "TensorFlow",
}


class Comparison(NamedTuple):
    """Medians of filterbank and another, and quartiles of the ratio of each round: below 1, filterbank takes less."""

    case: str
    other: str
    ours: str
    theirs: str
    ratio: float
    low: float
    high: float


def installed(module):
    return importlib.util.find_spec(module) is not None


def skipped(case, module):
    return {"case": case, "skipped": f"{TITLES[module]} is not installed"}


def amount(value, unit):
    if unit != "s":
        return f"{value:,.0f}"
    return f"{value:.2f} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def comparisons(row):
    own, *others = row.get("samples", {"": []})
    for other in others:
        ours, theirs = np.array(row["samples"][own]), np.array(row["samples"][other])
        low, ratio, high = np.quantile(ours / theirs, [0.25, 0.5, 0.75]).tolist()
        medians = (amount(np.median(values), row["unit"]) for values in (ours, theirs))
        yield Comparison(row["case"], other, *medians, ratio, low, high)


def line(row):
    if "skipped" in row:
        return f"{row['case']}: skipped, {row['skipped']}"
    agreement = row.get("agreement", {})
    told = [
        f"{one.ours} against {one.theirs} of {one.other}, ratio {one.ratio:.2f} ({one.low:.2f} to {one.high:.2f})"
        + (f", agrees to {agreement[one.other]:.0e}" if one.other in agreement else "")
        for one in comparisons(row)
    ]
    return f"{row['case']}: {'; '.join(told)}"


def main(about, **parts):
    """Print, and write as lines of JSON, the rows of a function `part(quick)`: of the first, if none is named."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=parts, default=next(iter(parts)))
    parser.add_argument("-o", "--output", type=argparse.FileType("w"), help="a file for the rows, as lines of JSON")
    parser.add_argument("--quick", action="store_true", help="few rounds of few cases, to see that it works")
    arguments = parser.parse_args()
    for row in parts[arguments.part](arguments.quick):
        print(line(row), flush=True)
        if arguments.output:
            print(json.dumps(row), file=arguments.output, flush=True)
