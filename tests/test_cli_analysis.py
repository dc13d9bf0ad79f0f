"""`filterbank report` and `filterbank inspect`: tables, JSON, pages, and one line for what is wrong."""

import json
import subprocess
import sys
from html.parser import HTMLParser

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank import analysis
from filterbank.cli import app
from filterbank.layers import BankResponse2D, BasisConv2D


class Page(HTMLParser):
    """What a page shows, and what it asks for."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.alternatives, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.sources += [found[name] for name in ("src", "href") if name in found]
        if tag == "img":
            self.alternatives.append(found["alt"])

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Return a function that runs the command in an empty folder: status, standard output, error output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def command(*arguments):
        with pytest.raises(SystemExit) as ended:
            app([str(each) for each in arguments])
        written = capsys.readouterr()
        return ended.value.code, written.out, written.err

    return command


@pytest.fixture
def model():
    """Return a model with every kind of row."""
    layers = [
        keras.layers.Conv2D(8, 5, name="plain"),
        BankResponse2D(fb.gabor(5), name="front", output="abs"),
        BasisConv2D(6, fb.dct(3, n=4), name="basis"),
        keras.layers.Conv2D(4, 1, name="mix"),
        keras.layers.Conv2D(2, 3, kernel_initializer="zeros", name="dead"),
    ]
    return keras.Sequential([keras.Input((16, 16, 3)), *layers])


@pytest.fixture
def saved(model, tmp_path):
    """Return the file of the model."""
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


# report


def test_report_prints_what_the_library_says(run, tmp_path):
    fb.gabor(11).save(tmp_path / "bank.npz")
    status, out, err = run("report", "bank.npz")
    assert (status, err) == (0, "")
    assert out.strip() == str(analysis.report(fb.gabor(11))).strip()


def test_report_as_json(run, tmp_path):
    fb.gabor(11).save(tmp_path / "bank.npz")
    assert json.loads(run("report", "bank.npz", "--json")[1]) == analysis.report(fb.gabor(11)).to_dict()


def test_report_as_a_page_that_needs_nothing_else(run, tmp_path):
    bank = fb.FilterBank(fb.gabor(5).filters, family="<b>mine</b>")
    bank.save(tmp_path / "bank.npz")
    status, out, _ = run("report", "bank.npz", "--html", "bank.html")
    assert status == 0
    assert "written to bank.html" in out
    text = (tmp_path / "bank.html").read_text()
    page = Page(text)
    assert page.alternatives == ["The filters"]
    assert all(source.startswith("data:") for source in page.sources)
    assert "<b>mine" not in text
    words = " ".join(page.words)
    assert all(sentence in words for sentence in analysis.report(bank).advice)


@pytest.mark.parametrize("command", ["report", "inspect"])
def test_a_missing_file_is_one_line(run, command):
    status, out, err = run(command, "none.npz")
    assert (status, out) == (2, "")
    assert err.startswith("filterbank: there is no file 'none.npz'; ")
    assert err.count("\n") == 1


# inspect


def test_inspect_has_a_row_for_every_layer(run, saved, model):
    status, out, _ = run("inspect", saved, "-n", 4, "--json")
    assert status == 0
    rows = {row["layer"]: row for row in json.loads(out)}
    assert list(rows) == ["front", "plain", "basis", "mix", "dead"]
    plain = rows["plain"]
    assert (plain["size"], plain["inputs"], plain["outputs"]) == ([5, 5], 3, 8)
    assert (plain["trainable"], plain["frozen"], plain["verification"], plain["n"]) == (608, 0, None, 4)
    kernels = keras.ops.convert_to_numpy(model.get_layer("plain").kernel)
    comparison = analysis.compare(kernels, n=4, order="greedy", resamples=0)
    assert plain["best"] == comparison.best.name
    assert plain["explained"] == pytest.approx({row.name: row.explained for row in comparison.rows})
    metrics = analysis.kernel_metrics(kernels)
    assert plain["metrics"]["median_sparsity"] == pytest.approx(float(np.median(metrics.sparsity)))
    assert rows["basis"]["explained"]["dct"] == pytest.approx(1)
    assert (rows["basis"]["verification"], rows["basis"]["frozen"]) == ("proven", 36)
    assert (rows["front"]["verification"], rows["front"]["trainable"]) == ("proven", 0)
    assert rows["mix"]["note"] == "kernels of one pixel only mix channels"
    assert "zero" in rows["dead"]["note"]


def test_inspect_prints_a_table_and_writes_a_page(run, saved, tmp_path):
    status, out, _ = run("inspect", saved, "--html", "model.html")
    assert status == 0
    rows = out.partition("\nbest, n: ")[0]  # the legend comes after
    lines = {line.split()[0]: line.split() for line in rows.splitlines() if line.split()}
    assert lines["basis"][1:4] == ["3x3x64x6", "dct,", "3"]
    assert lines["basis"][-1] == "proven"
    page = Page((tmp_path / "model.html").read_text())
    assert page.alternatives == ["Kernels of plain", "Kernels of basis", "Kernels of dead"]
    assert all(source.startswith("data:") for source in page.sources)
    assert "filters of 5x5" in " ".join(page.words)


def test_broken_kernels_and_legacy_files_have_rows(run, tmp_path):
    layers = [keras.layers.Conv3D(2, 3, name="volume"), keras.layers.Conv3DTranspose(4, 2, name="up")]
    model = keras.Sequential([keras.Input((6, 6, 6, 1)), *layers])
    broken = [np.full(layers[0].kernel.shape, np.nan), np.zeros(2)]
    layers[0].set_weights(broken)
    for name in ("model.keras", "model.h5"):
        model.save(tmp_path / name)
        _status, out, _ = run("inspect", name, "--json")
        rows = {row["layer"]: row for row in json.loads(out)}
        assert (rows["volume"]["inputs"], rows["volume"]["outputs"]) == (1, 2)
        assert "finite" in rows["volume"]["note"]
        assert (rows["up"]["inputs"], rows["up"]["outputs"], rows["up"]["size"]) == (2, 4, [2, 2, 2])
        assert 0 < rows["up"]["explained"][rows["up"]["best"]] < 1


def test_a_front_end_alone_has_a_row(run, tmp_path):
    keras.Sequential([keras.Input((8, 8, 1)), BankResponse2D(fb.dct(3, n=2), name="front")]).save(
        tmp_path / "model.keras"
    )
    (row,) = json.loads(run("inspect", "model.keras", "--json")[1])
    assert (row["layer"], row["verification"]) == ("front", "proven")


def test_a_released_basis_is_said_to_have_moved(run, tmp_path):
    layer = BasisConv2D(2, fb.dct(3, n=4), train="both", name="released")
    model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    layer.basis.assign(layer.bank.filters * 1.5)
    model.save(tmp_path / "model.keras")
    (row,) = json.loads(run("inspect", "model.keras", "--json")[1])
    assert row["verification"] == "50.00% away"


CUSTOM = """
import keras
@keras.saving.register_keras_serializable(package="mine")
class Odd(keras.layers.Layer):
    def call(self, inputs):
        return inputs
"""
MAKE = """
import keras, odd_layers
model = keras.Sequential([keras.Input((8, 8, 1)), odd_layers.Odd(), keras.layers.Conv2D(2, 3, name="conv")])
model.save("odd.keras")
model.save("odd.h5")
"""


def test_unknown_classes_are_named_and_can_be_imported(run, tmp_path):
    (tmp_path / "odd_layers.py").write_text(CUSTOM)
    subprocess.run([sys.executable, "-c", MAKE], check=True, cwd=tmp_path, capture_output=True)
    status, out, err = run("inspect", "odd.keras")
    assert (status, out) == (2, "")
    assert err.startswith(
        "filterbank: 'odd.keras' holds 'Odd', which is not known here: name the module that registers"
    )
    assert err.endswith(" with --import\n")
    assert "holds 'mine>Odd', which is not known here" in run("inspect", "odd.h5")[2]
    status, out, err = run("inspect", "odd.keras", "--import", "odd_layers", "--json")
    assert (status, [row["layer"] for row in json.loads(out)]) == (0, ["conv"])
    status, _, err = run("inspect", "odd.keras", "--import", "no_such_module")
    assert (status, err) == (2, "filterbank: No module named 'no_such_module'\n")


def test_what_is_no_model_is_one_line(run, tmp_path):
    (tmp_path / "bad.keras").write_bytes(b"nothing")
    status, out, err = run("inspect", "bad.keras")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err == "filterbank: 'bad.keras' is no Keras model, or a damaged one\n"
    (tmp_path / "folder.keras").mkdir()
    assert run("inspect", "folder.keras")[2].startswith("filterbank: 'folder.keras' is a folder, no model")
    (tmp_path / "bad.h5").write_bytes(b"nothing")
    status, out, err = run("inspect", "bad.h5")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("filterbank: cannot read 'bad.h5' as a Keras model: ")
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(tmp_path / "dense.keras")
    assert run("inspect", "dense.keras")[2] == "filterbank: 'dense.keras' has no convolution\n"
