"""Time layers under execution="auto", and count what they keep for gradients, against plain Keras layers.

python -m tests.benchmarks.auto tensorflow|compiled|jax|memory [-o FILE] [--quick]
"""

import os
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


def row(shape, unit, auto, plain, kind):
    return {"case": shape.name, "unit": unit, "samples": {"auto": auto, f"Conv2D, {kind}": plain}}


def times(backend):
    from .layers import measure
    from .shapes import GRID

    for shape in GRID:
        for kind, samples in measure(backend, shape, ["auto"]):
            yield row(shape, "s", samples["auto"], samples["plain"], kind)


def memory():
    from . import memory

    for kept in memory.rows():
        yield row(kept["shape"], "numbers", [kept["auto"]], [kept["plain"]], "numbers kept")


if __name__ == "__main__":
    tables.main(
        __doc__,
        tensorflow=backed(partial(times, "tensorflow"), "tensorflow"),
        compiled=backed(partial(times, "compiled"), "tensorflow"),
        jax=backed(partial(times, "jax"), "jax"),
        memory=backed(memory, "jax"),
    )
