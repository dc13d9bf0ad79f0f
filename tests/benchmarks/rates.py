"""Fit the rates of `layers/_costs.py` to measured times: python -m tests.benchmarks.rates ways-*.json.

Each file holds what `python -m tests.benchmarks.layers BACKEND --ways -o FILE` wrote.
"""

import json
import statistics
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from filterbank.layers._costs import GAIN, PAYING, VECTOR, Counts, work

from .shapes import GRID

FAVOUR = 0.003  # how strongly rates that no time speaks of are drawn to a common value


def measured(path):
    """Return the backend, and the median ratio of each way to the plain layer, `{(shape, kind): {way: ratio}}`."""
    ratios, backend = {}, ""
    for line in Path(path).read_text().splitlines():
        row = json.loads(line)
        backend = row["backend"]
        key = next(shape for shape in GRID if list(shape) == row["shape"]), row["kind"]
        ratios[key] = {
            way: statistics.median(a / b for a, b in zip(row[way], row["plain"], strict=True))
            for way in PAYING[backend]
            if way in row
        }
    return backend, ratios


def fitted(backend, ratios):
    """Return the rates that best tell the ratio of each way to composing; slow ways matter less."""
    counts, against, expected, weights = [], [], [], []
    for (shape, kind), ways in ratios.items():
        costed = shape.costed(kind == "training")
        compose = work("compose", costed, VECTOR[backend])
        for way, ratio in ways.items():
            if way != "compose":
                counts.append(work(way, costed, VECTOR[backend]))
                against.append(compose)
                expected.append(np.log(ratio / ways["compose"]))
                weights.append(min(1, ways["compose"] / ratio))
    counts, against, expected, weights = map(np.array, (counts, against, expected, weights))

    def errors(logs):
        rates = np.exp(logs)
        return np.append(
            weights * (np.log(counts @ rates) - np.log(against @ rates) - expected), FAVOUR * (logs - np.log(0.01))
        )

    generator = np.random.default_rng(0)
    starts = [np.log(0.01) + 2 * generator.normal(size=len(Counts._fields)) for _ in range(12)]
    best = min(
        (least_squares(errors, start, loss="soft_l1", f_scale=0.1) for start in starts), key=lambda fit: fit.cost
    )
    rates = np.exp(best.x)
    return Counts(*(rates / rates[-1]).tolist()), float(np.sqrt(np.mean(errors(best.x)[: len(expected)] ** 2)))


def chosen(backend, rates, shape, kind, ways):
    """Return the way that these rates choose, and those it is chosen from."""
    training = kind == "training"
    costed, ways = shape.costed(training), [way for way in shape.candidates(backend, training) if way in ways]
    costs = {way: np.dot(rates, work(way, costed, VECTOR[backend])) * (GAIN if way == "compose" else 1) for way in ways}
    return min(costs, key=costs.get), costs


def main():
    for path in sys.argv[1:]:
        backend, ratios = measured(path)
        rates, error = fitted(backend, ratios)
        print(f"{backend}: {len(ratios)} shapes and passes, ratios told to {error:.0%}")
        print(", ".join(f"{name}={rate:.3g}" for name, rate in zip(Counts._fields, rates, strict=True)))
        for kind in ("forward", "training"):
            pairs = []
            for shape, ways in ((shape, ways) for (shape, of), ways in ratios.items() if of == kind):
                way, costs = chosen(backend, rates, shape, kind, ways)
                best = min(costs, key=ways.get)
                pairs.append((ways[way], ways[way] / ways[best]))
                if pairs[-1][1] > 1.1:
                    print(f"{shape.name}, {kind}: {way} {ways[way]:.2f}, and {best} {ways[best]:.2f}")
            (plain, other), (most, worst) = np.exp(np.log(pairs).mean(axis=0)), np.max(pairs, axis=0)
            print(
                f"{kind}: {plain:.3f} of the plain layer, at most {most:.2f}; {other:.3f} of the best way, {worst:.2f}"
            )


if __name__ == "__main__":
    main()
