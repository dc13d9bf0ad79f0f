"""`filterbank demo`: it trains, proves, draws and reports, and says no more than the figures do."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

import filterbank as fb
from filterbank import _backend, _demo
from filterbank._demo import _data, _plan

PICTURES = ("patches", "filters", "coefficients", "kernels", "decomposition", "training", "plain")


class Page(HTMLParser):
    """Collect what a page would fetch."""

    def __init__(self):
        super().__init__()
        self.sources = []

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ("src", "href")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Run the demo once, as a user does; return its output and folder."""
    folder = tmp_path_factory.mktemp("demo")
    environment = os.environ | {"COLUMNS": "160", "PYTHONWARNINGS": "default"}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    done = subprocess.run(
        [sys.executable, "-m", "filterbank", "demo", "--quick", "--seed", "1", "--out", "report"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, folder / "report", done.stderr


def test_it_compares_banks_a_plain_layer_and_a_random_bank(demo):
    lines = demo[0].splitlines()
    for name in ("plain Conv2D, rate 0.01", "plain Conv2D, rate 0.003", "gabor", "dct, 28", "dct, 10", "pca", "random"):
        (row,) = [line for line in lines if re.match(rf"{name}\s+(free|\d+ of)", line)]
        accuracy = float(re.findall(r"\d\.\d{3}", row[len(name) :])[0])
        assert 1 / 3 < accuracy <= 1, row
    assert "W = a1 b1 + a2 b2" in demo[0]
    assert "standard error" in demo[0]


def test_the_bars_fit_into_80_columns(demo):
    bars = [line.rstrip() for line in demo[0].splitlines() if re.search(r"6/6 .* \d:\d\d:\d\d *$", line)]
    assert len(bars) == 7
    assert max(map(len, bars)) <= 80


def test_it_proves_that_the_basis_stayed(demo):
    assert re.search(r"bit for bit the bank, sha256 [0-9a-f]{64}; the coefficients moved by \d+% of", demo[0])
    reloaded = float(re.search(r"reloaded: probabilities differ by at most (\S+)\.\n", demo[0])[1])
    folded = float(re.search(r"folded into a plain Conv2D, .*: probabilities differ by at most (\S+)\.\n", demo[0])[1])
    assert reloaded < 1e-6
    assert folded < 1e-4


def test_the_report_needs_nothing_else(demo):
    page = Page()
    text = (demo[1] / "report.html").read_text(encoding="utf-8")
    page.feed(text)
    assert len(page.sources) == len(PICTURES) + 1
    assert all(source.startswith("data:") for source in page.sources)
    assert "://" not in text
    assert "sha256" in text
    for name in PICTURES:
        assert (demo[1] / f"{name}.png").stat().st_size > 2000
    assert (demo[1] / "model.keras").exists()
    assert (demo[1] / "history.npz").exists()


def test_training_and_test_patches_are_of_different_halves_and_scaled_by_the_training_half():
    data = _data.textures(_data.Settings())
    assert data.images.shape == data.test_images.shape == (384, 32, 32, 1)
    assert np.bincount(data.labels).tolist() == np.bincount(data.test_labels).tolist() == [128] * 3
    assert data.images.mean() == pytest.approx(0, abs=1e-6)
    assert data.images.std() == pytest.approx(1, abs=1e-6)
    assert abs(data.test_images.mean()) > 1e-4
    first = (_data.photographs()[0, :32, :32] - _data.photographs()[:, :, :256].mean()) / _data.photographs()[
        :, :, :256
    ].std()
    np.testing.assert_allclose(data.images[0, ..., 0], first, rtol=0, atol=1e-6)


def test_tensorflow_says_nothing_about_itself(demo):
    assert not re.findall(r"^(?:I\d{4} |WARNING: All log).*", demo[2], flags=re.MULTILINE)


def test_what_else_is_said_while_keras_loads_is_passed_on(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with _backend.without_log():
        os.write(2, b"I0000 as chosen\n")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    with _backend.without_log():
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() ...\nI0000 hidden\nE0000 an error\n")
    assert capfd.readouterr().err == "I0000 as chosen\nE0000 an error\n"


def test_what_is_said_before_keras_fails_to_load_is_passed_on(capfd, monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    context = _backend.without_log()
    context.__enter__()
    os.write(2, b"no such library\n")
    error = ImportError()
    assert not context.__exit__(ImportError, error, None)
    assert capfd.readouterr().err == "no such library\n"


def test_every_contender_has_its_own_reason():
    reasons = [one.reason for one in _demo.plan(_demo.Settings(), {"hermite": "hermite"})]
    assert len(set(reasons)) == len(reasons)
    assert not any(reason.endswith(".") for reason in reasons)


@pytest.mark.parametrize(
    ("designed", "control", "meant"),
    [
        (0.948, 0.917, "the design is worth something"),
        (0.948, 0.927, "no clear difference"),
        (0.948, 0.926, "the design is worth something"),
        (0.917, 0.948, "better than any design here"),
    ],
)
def test_a_difference_means_something_from_where_the_report_says(designed, control, meant):
    from filterbank._demo import _report

    table = [
        _report.Row(name, "", filters, 1, [accuracy], 1.0, name == "gabor")
        for name, filters, accuracy in [("plain", "free", 0.9), ("gabor", "16", designed), ("random", "16", control)]
    ]
    said = _report.verdict(table, SimpleNamespace(test_labels=range(400)))
    assert meant in said[1]
    least = float(re.search(r"below twice that, (\S+), mean nothing", said[-1])[1])
    assert (round(abs(designed - control), 3) < least) == ("no clear" in said[1])


def test_chosen_banks_stand_beside_the_controls(tmp_path):
    own = fb.dct(7, n=5)
    contenders = _demo.plan(_demo.Settings(), {"hermite": "hermite", "mine.npz": own})
    assert [one.name for one in contenders] == [
        "plain Conv2D, rate 0.01", "plain Conv2D, rate 0.003", "hermite", "mine.npz", "random"
    ]  # fmt: skip
    assert contenders[3].bank == own
    assert f"{contenders[2].reason}." == fb.catalogue()["hermite"].title


@pytest.mark.parametrize("name", [name for name, family in fb.catalogue().items() if 2 in family.dimensions])
@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_every_family_can_take_part(name, monkeypatch):
    if name in ("ica", "dictionary"):
        small = _data.photographs()[:, 200:232, 200:264]
        monkeypatch.setattr(_plan, "photographs", lambda: small)
    chosen = _demo.plan(_demo.Settings(), {name: name})[2]
    assert chosen.bank.family == name
    assert chosen.bank.ndim == 2


def test_banks_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="the demo needs 2-D banks of filters"):
        _demo.plan(_demo.Settings(), {"line.npz": fb.dct((9,))})


def test_a_missing_backend_is_named(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "none_such")
    with pytest.raises(ImportError, match=r'needs none_such; pip install "filterbank\[tensorflow\]"'):
        _backend.choose_backend("the demo trains networks")
