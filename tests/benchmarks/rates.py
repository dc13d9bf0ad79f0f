"""Fit the rates of `layers/_costs.py` to measured times: python -m tests.benchmarks.rates ways-*.json.

Each file holds what `python -m tests.benchmarks.layers BACKEND --ways -o FILE` wrote.
"""

import collections
import json
import statistics
import sys

import numpy as np
from scipy.optimize import least_squares

from filterbank.layers._costs import GAIN, MOST_KEPT, VECTOR, WAYS, Counts, kept, work

from .shapes import GRID

FAVOUR = 0.003  # how strongly rates that no time speaks of are drawn to a common value


def measured(path):
    """Return the median ratio to the plain layer of each way, and the plain layer's time: `{(shape, kind): {way: ratio}}`."""
    ratios, backend = {}, None
    for line in open(path):
        row = json.loads(line)
        backend = {"jit": "tensorflow, compiled"}.get(row["backend"], row["backend"])
        times = row.get("seconds", row); plain = times["plain"]
        key = next(shape for shape in GRID if list(shape) == row["shape"]), row["kind"]
        ratios[key] = {
            way: statistics.median(a / b for a, b in zip(own, plain, strict=True))
            for way, own in times.items()
            if way in WAYS
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
    best = min((least_squares(errors, start, loss="soft_l1", f_scale=0.1) for start in starts), key=lambda fit: fit.cost)
    rates = np.exp(best.x)
    return Counts(*(rates / rates[-1]).tolist()), float(np.sqrt(np.mean(errors(best.x)[: len(expected)] ** 2)))


def chosen(backend, rates, shape, kind, ways):
    """Return the way that these rates choose, and those it is chosen from."""
    costed = shape.costed(kind == "training")
    if kind == "training":
        ways = [way for way in ways if kept(way, costed) <= MOST_KEPT * kept("compose", costed)]
    costs = {way: np.dot(rates, work(way, costed, VECTOR[backend])) * (GAIN if way == "compose" else 1) for way in ways}
    return min(costs, key=costs.get), costs


def main():
    for path in sys.argv[1:]:
        backend, ratios = measured(path)
        rates, error = fitted(backend, ratios)
        digits = ", ".join(f"{name}={rate:.3g}" for name, rate in zip(Counts._fields, rates, strict=True))
        print(f'    "{backend}": Counts({digits}),  # {len(ratios)} shapes and passes, error {error:.0%}')
        summary = collections.defaultdict(list)
        for (shape, kind), ways in ratios.items():
            way, costs = chosen(backend, rates, shape, kind, ways)
            best = min((w for w in ways if w in costs), key=ways.get)
            summary[kind].append((ways[way], ways[way] / ways[best]))
            if ways[way] > 1.1 * ways[best] or ways[way] > 1.15:
                print("     ", *shape, kind, f"chose {way} {ways[way]:.2f}, best {best} {ways[best]:.2f}; told {costs[best]/costs[way]:.2f}")
        for kind, pairs in summary.items():
            of_plain, of_best = np.exp(np.log(pairs).mean(axis=0)), np.max(pairs, axis=0)
            print(f"# {kind}: {of_plain[0]:.3f} of the plain layer, at most {of_best[0]:.2f}; {of_plain[1]:.3f} of the best way, at most {of_best[1]:.2f}")


if __name__ == "__main__":
    main()
