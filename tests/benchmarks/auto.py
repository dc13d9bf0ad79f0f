"""Time layers under execution="auto", and count what they keep for gradients, against plain Keras layers.

python -m tests.benchmarks.auto tensorflow|compiled|jax|memory [-o FILE] [--quick]
python -m tests.benchmarks.auto best-tensorflow|best-compiled|best-jax         against the best way it could have chosen

The best way is the one of the lowest median in the same rounds, so that noise alone makes it a little faster.
"""

import os
import statistics
from functools import partial
from itertools import islice

from . import tables

CASES_IF_QUICK = 2


def backed(rows, backend):
    """Return the function of rows, on a backend of Keras if both are there."""

    def on_backend(quick=False):
        missing = [module for module in ("keras", backend) if not tables.installed(module)]
        if missing:
            yield tables.skipped("all layers", missing[0])
            return
        os.environ["KERAS_BACKEND"] = backend
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        yield from islice(rows(), CASES_IF_QUICK if quick else None)

    return on_backend


def row(case, unit, **samples):
    return {"case": case, "unit": unit, "samples": samples}


def times(backend):
    from .layers import measure
    from .shapes import GRID

    for shape in GRID:
        for kind, samples in measure(backend, shape, ["auto"]):
            yield row(shape.name, "s", auto=samples["auto"], **{f"Conv2D, {kind}": samples["plain"]})


def against_best(backend):
    from .layers import BACKENDS, measure
    from .shapes import FEW

    named = BACKENDS[backend]
    for shape in FEW:
        for kind, samples in measure(backend, shape, ["auto", *shape.ways(named)]):
            candidates = shape.candidates(named, kind == "training")
            best = min(candidates, key=lambda way: statistics.median(samples[way]))
            yield row(f"{shape.name}: {best}", "s", auto=samples["auto"], **{f"best way, {kind}": samples[best]})


def memory():
    from . import memory

    for kept in memory.rows():
        shape, plain = kept.pop("shape"), kept.pop("plain")
        for way, numbers in kept.items():
            yield row(shape.name, "numbers", **{way: [numbers], f"Conv2D, kept by {way}": [plain]})


if __name__ == "__main__":
    tables.main(
        __doc__,
        tensorflow=backed(partial(times, "tensorflow"), "tensorflow"),
        compiled=backed(partial(times, "compiled"), "tensorflow"),
        jax=backed(partial(times, "jax"), "jax"),
        memory=backed(memory, "jax"),
        **{
            f"best-{name}": backed(partial(against_best, name), name.replace("compiled", "tensorflow"))
            for name in ("tensorflow", "compiled", "jax")
        },
    )
