"""How far kernels went in training."""

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank.analysis import drift
from filterbank.layers import BasisConv2D, KernelHistory


class Recorded:
    """What a KernelHistory is to `drift`."""

    def __init__(self, series, steps=None):
        self.coefficients = dict.fromkeys(series)
        self.kernels = series.__getitem__
        count = len(next(iter(series.values()), []))
        self.steps = np.arange(count) if steps is None else steps
        self.epochs = np.asarray(self.steps, dtype=float) / 2


@pytest.mark.parametrize("shape", [(4, 5, 2, 3), (6, 3, 3, 1, 4), (3, 2, 3, 2, 1, 2), (1, 3, 3, 2, 2)])
def test_every_number_by_its_definition(shape):
    series = np.random.default_rng(0).normal(size=shape)
    result = drift(Recorded({"layer": series}))["layer"]
    start, end = series[0], series[-1]
    for t, kernels in enumerate(series):
        assert result.norm[t] == pytest.approx(np.linalg.norm(kernels))
        assert result.distance[t] == pytest.approx(np.linalg.norm(kernels - start) / np.linalg.norm(start))
        assert result.to_end[t] == pytest.approx(np.vdot(kernels, end) / np.linalg.norm(kernels) / np.linalg.norm(end))
        before = series[max(t - 1, 0)]
        assert result.change[t] == pytest.approx(np.linalg.norm(kernels - before) / np.linalg.norm(before))
        kept = 0
        for p, q in np.ndindex(shape[-2:]):
            unit = start[..., p, q] / np.linalg.norm(start[..., p, q])
            kept += np.sum(unit * kernels[..., p, q]) ** 2
        assert result.explained_by_start[t] == pytest.approx(kept / np.sum(kernels**2))


def test_kernels_that_only_grow_stay_explained():
    start = np.random.default_rng(0).normal(size=(3, 3, 2, 4))
    growth = np.random.default_rng(1).uniform(0.5, 2, size=(5, 1, 1, 2, 4))
    result = drift(Recorded({"layer": np.concatenate([start[None], start * growth])}))["layer"]
    np.testing.assert_allclose(result.explained_by_start, 1, rtol=0, atol=1e-12)
    assert (result.distance[1:] > 0).all()


@pytest.mark.parametrize("scale", [1e-170, 1e170])
def test_only_the_norm_knows_the_scale(scale):
    series = np.random.default_rng(0).normal(size=(4, 3, 3, 2, 2))
    one, scaled = (drift(Recorded({"layer": values}))["layer"] for values in (series, series * scale))
    np.testing.assert_allclose(scaled.norm, one.norm * scale, rtol=1e-12)
    for name in ("distance", "change", "to_end", "explained_by_start"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(one, name), rtol=1e-10)


def test_from_nothing_it_is_infinitely_far():
    series = np.zeros((4, 3, 3, 1, 2))
    series[2:, 1, 1] = 1
    result = drift(Recorded({"layer": series}))["layer"]
    np.testing.assert_array_equal(result.distance, [0, 0, np.inf, np.inf])
    np.testing.assert_array_equal(result.change, [0, 0, np.inf, 0])
    np.testing.assert_allclose(result.to_end, [np.nan, np.nan, 1, 1], rtol=1e-15)
    np.testing.assert_array_equal(result.explained_by_start, [1, 1, 0, 0])
    assert np.isnan(drift(Recorded({"layer": series[::-1]}))["layer"].to_end).all()


def test_a_history_of_a_training_is_read(tmp_path):
    keras.utils.set_random_seed(0)
    layers = [BasisConv2D(4, fb.dct(3, n=4), name="first"), BasisConv2D(2, fb.gabor(3), name="second")]
    model = keras.Sequential([keras.Input((8, 8, 1)), *layers])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    start = {layer.name: keras.ops.convert_to_numpy(layer.kernel) for layer in layers}
    history = KernelHistory(tmp_path / "history.npz")
    images = np.random.default_rng(0).normal(size=(16, 8, 8, 1)).astype("float32")
    model.fit(images, np.ones((16, 4, 4, 2)), epochs=3, batch_size=8, verbose=0, callbacks=[history])
    for source in (history, KernelHistory.load(tmp_path / "history.npz")):
        found = drift(source)
        assert list(found) == ["first", "second"]
        for layer in layers:
            result = found[layer.name]
            np.testing.assert_array_equal(result.steps, [0, 2, 4, 6])
            np.testing.assert_array_equal(result.epochs, [0, 1, 2, 3])
            moved = np.linalg.norm(keras.ops.convert_to_numpy(layer.kernel) - start[layer.name])
            assert result.distance[-1] == pytest.approx(moved / np.linalg.norm(start[layer.name]), rel=1e-5)


def test_long_histories_print_some_records():
    series = np.random.default_rng(0).normal(size=(40, 3, 1, 2))
    lines = str(drift(Recorded({"layer": series}))["layer"]).splitlines()
    assert len(lines) == 14
    assert lines[1].split()[0] == "0"
    assert lines[-2].split()[0] == "39"
    assert lines[-1] == "12 of 40 records"


def test_what_is_no_history_is_refused():
    with pytest.raises(TypeError, match=r"`history` must be a KernelHistory, .* got a ndarray"):
        drift(np.ones((3, 3)))
    with pytest.raises(ValueError, match="`history` must hold at least one record, got none: give it to `fit`"):
        drift(KernelHistory())
    with pytest.raises(ValueError, match="`kernels of layer` must be finite"):
        drift(Recorded({"layer": np.full((2, 3, 1, 1), np.nan)}))
