"""What the pictures can be given."""

from types import SimpleNamespace

import matplotlib
import ml_dtypes
import numpy as np
import pytest
from plotted import BANK, WEIGHTS, BasisLayer, History, Layer, nested_model, texts_of, tiles_of

import filterbank as fb
from filterbank._kernels import as_float64

matplotlib.use("Agg")


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32, np.int8])
def test_numbers_of_all_kinds_are_read(dtype):
    values = as_float64("kernels", np.array([1.5, -2], dtype=dtype))
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, np.array([1.5, -2]).astype(dtype).astype(np.float64))


@pytest.mark.parametrize(("value", "got"), [(np.array([1j]), "complex128 values"), ("text", "a str"), (None, "a None")])
def test_what_is_not_numbers_is_refused(value, got):
    with pytest.raises(TypeError, match=f"`kernels` must be real numbers, got {got}"):
        as_float64("kernels", value)


# Kinds

SOURCES = {
    "bank": (BANK, "filters"),
    "history": (History(), "training"),
    "layer on a bank": (BasisLayer(WEIGHTS, BANK), "kernels"),
    "front end": (SimpleNamespace(name="front", bank=BANK, kernel_size=(5, 5)), "filters"),
    "layer without a bank": (Layer(np.ones((5, 5, 2, 4))), "kernels"),
    "model": (nested_model(), "kernels"),
}
DRAWN = {
    "filters": ["bank", "layer on a bank", "front end"],
    "kernels": ["layer on a bank", "layer without a bank", "model"],
    "coefficients": ["layer on a bank"],
    "decomposition": ["layer on a bank", "layer without a bank"],
    "gram": ["bank", "layer on a bank", "front end", "layer without a bank"],
    "singular_values": ["bank", "layer on a bank", "front end", "layer without a bank"],
    "spectrum": ["bank", "layer on a bank", "front end", "layer without a bank"],
    "coverage": ["bank", "layer on a bank", "front end", "layer without a bank"],
    "tuning": ["bank", "layer on a bank", "front end", "layer without a bank"],
    "training": ["history"],
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("picture", DRAWN)
def test_every_source_is_drawn_or_sent_to_its_picture(picture, kind):
    source, other = SOURCES[kind]
    draw = getattr(fb.plot, picture)
    if kind in DRAWN[picture]:
        draw(source, BANK) if (picture, kind) == ("decomposition", "layer without a bank") else draw(source)
    else:
        with pytest.raises(TypeError, match=rf"must be .*, got a {kind}: use plot\.{other}$"):
            draw(source)


def test_filters_of_a_layer_are_its_bank():
    axes = fb.plot.filters(BasisLayer(WEIGHTS, BANK), labels="order").axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (5, 5)).reshape(6, 5, 5), BANK.filters)
    assert texts_of(axes) == list("011222")


@pytest.mark.parametrize("picture", ["spectrum", "filters", "gram", "coverage", "tuning", "kernels"])
def test_mappings_and_paths_are_called_so(picture, tmp_path):
    draw = getattr(fb.plot, picture)
    with pytest.raises(TypeError, match=r"got a mapping: pass one of its entries$"):
        draw({"a": BANK})
    for path in ("bank.npz", tmp_path / "bank.npz"):
        with pytest.raises(TypeError, match=r"got a path: a saved bank is read by fb\.load$"):
            draw(path)
