"""First layers that were trained on photographs: what the analysis says of them (data/README.md has their origin)."""

from pathlib import Path

import numpy as np
import pytest

import filterbank as fb
from filterbank.analysis import compare, fit_gabor, kernel_metrics, suggest

with np.load(Path(__file__).parent / "data" / "first_layers.npz") as file:
    LAYERS = {name: file[name] for name in file.files}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("order", ["given", "greedy", "backward"])
def test_nothing_beats_their_own_components_and_every_family_beats_noise(name, order):
    kernels = LAYERS[name]
    result = compare(kernels, ["dct", "fourier", "legendre", "slepian", "hermite"], 6, order=order)
    assert result.rows[0].name == "the kernels' own"
    assert result.rows[-1].name == "random filters"
    assert result.rows[-1].explained == pytest.approx(6 / kernels[..., 0, 0].size, abs=0.03)
    own = fb.kernel_basis(kernels, 6).parameters["energy"].sum()
    assert result.rows[0].explained == pytest.approx(own, abs=1e-12)


@pytest.mark.parametrize(("name", "least"), [("face_recognition_7x7", 0.86), ("face_detector_5x5", 0.9)])
def test_most_of_them_are_nearly_gabors(name, least):
    fit = fit_gabor(LAYERS[name])
    assert fit.explained.mean() > least
    left = np.sum((LAYERS[name] - fit.kernels) ** 2, axis=(0, 1)) / np.sum(LAYERS[name] ** 2, axis=(0, 1))
    np.testing.assert_allclose(fit.explained, 1 - left, rtol=0, atol=1e-6)
    # Noise of the same size is much less so.
    noise = np.random.default_rng(0).normal(size=LAYERS[name].shape)
    assert fit_gabor(noise, starts=4).explained.mean() < least - 0.2


@pytest.mark.parametrize("name", LAYERS)
def test_they_are_smoother_and_less_diverse_than_noise(name):
    metrics, noise = (
        kernel_metrics(kernels) for kernels in (LAYERS[name], np.random.default_rng(0).normal(size=LAYERS[name].shape))
    )
    assert np.median(metrics.smoothness) > 0.85 > 0.65 > np.median(noise.smoothness)
    assert metrics.variance_entropy_ratio < 0.7 < 0.95 < noise.variance_entropy_ratio
    assert not metrics.dead.any()


@pytest.mark.parametrize(("name", "n", "least"), [("face_recognition_7x7", 16, 0.965), ("face_detector_5x5", 10, 0.97)])
def test_a_suggestion_comes_near_the_optimum(name, n, least):
    suggestion = suggest(LAYERS[name], n)
    assert least < suggestion.explained < suggestion.optimum
    assert suggestion.optimum == pytest.approx(fb.kernel_basis(LAYERS[name], n).parameters["energy"].sum(), abs=1e-9)
