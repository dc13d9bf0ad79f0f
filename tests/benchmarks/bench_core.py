"""Times of the core, for pytest-benchmark: pytest tests/benchmarks/bench_core.py."""

import warnings

import numpy as np
import pytest

import filterbank as fb

IMAGE = np.random.default_rng(0).standard_normal((512, 512))
FAMILIES = {
    "gabor": lambda: fb.gabor(31, frequencies=np.linspace(0.1, 0.4, 8), orientations=16),
    "dct": lambda: fb.dct(31),
    "hermite": lambda: fb.hermite(31, max_order=9),
    "wavelet": lambda: fb.wavelet(31),
    "slepian": lambda: fb.slepian(15),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("k", [5, 11, 31])
def test_apply(benchmark, k, dtype):
    benchmark(fb.apply, IMAGE.astype(dtype), fb.random(k, n=16, rng=0))


def test_apply_in_two_passes(benchmark):
    benchmark(fb.apply, IMAGE, fb.dct(11, n=16))


@pytest.mark.parametrize("k", [5, 11])
def test_patch_moments(benchmark, k):
    benchmark(fb.patch_moments, IMAGE, k)


@pytest.mark.parametrize("name", FAMILIES)
def test_family(benchmark, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        benchmark(FAMILIES[name])
