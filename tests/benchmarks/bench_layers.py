"""Times of forward passes, for pytest-benchmark: KERAS_BACKEND=jax pytest tests/benchmarks/bench_layers.py."""

import numpy as np
import pytest

import filterbank as fb

keras = pytest.importorskip("keras", reason="Keras is not installed")

from filterbank.layers import BasisConv2D  # noqa: E402

IMAGES = np.random.default_rng(0).standard_normal((8, 64, 64, 3)).astype("float32")


@pytest.mark.parametrize("execution", ["plain", "auto", "compose", "factor"])
def test_forward(benchmark, execution):
    if execution == "plain":
        layer = keras.layers.Conv2D(32, 7)
    else:
        layer = BasisConv2D(32, fb.dct(7, n=12), execution=execution)
    model = keras.Sequential([layer])
    benchmark(model.predict_on_batch, IMAGES)
