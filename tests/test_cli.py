"""The `filterbank` command: what it prints, what it writes, and one line for every mistake."""

import json
import subprocess
import sys

import numpy as np
import pytest
from skimage import data, io

import filterbank as fb
from filterbank.cli import app


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Run every command in a folder of its own, as wide as a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("MPLBACKEND", "Agg")


def run(capsys, *words):
    """Return exit status, stdout and stderr of one command."""
    with pytest.raises(SystemExit) as stop:
        app(list(words), prog_name="filterbank")
    captured = capsys.readouterr()
    return stop.value.code, captured.out, captured.err


def test_families_lists_every_family(capsys):
    status, out, _ = run(capsys, "families")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:] if line[:1].isalpha()][: len(fb.catalogue())]
    for name, family in fb.catalogue().items():
        assert name in out
        assert family.title.split(",")[0] in out
    assert "121" in out


def test_families_as_json(capsys):
    _, out, _ = run(capsys, "families", "--json")
    records = {record["name"]: record for record in json.loads(out)}
    assert list(records) == list(fb.catalogue())
    assert records["dct"]["filters"] == "121"
    assert records["wavelet_basis"]["filters"] == "64 at 8x8"
    assert records["gabor"]["parameters"]["--aspect-ratio"] == "1"


def test_one_family_shows_its_parameters(capsys):
    status, out, _ = run(capsys, "families", "gabor")
    assert status == 0
    assert "--frequencies" in out
    assert "cycles per pixel" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dct", "--size", "11", "--n", "10"], lambda: fb.dct(11, 10)),
        (["dct", "--size", "11x7", "--level=3", "--no-dc"], lambda: fb.dct((11, 7), level=3, dc=False)),
        (["dct", "--size", "32,"], lambda: fb.dct((32,))),
        (
            [
                "gabor",
                "-s",
                "15",
                "--frequencies",
                "0.2,0.25",
                "--orientations",
                "8",
                "--phases",
                "0",
                "pi/2",
                "--zero-mean",
            ],
            lambda: fb.gabor(15, frequencies=[0.2, 0.25], orientations=8, zero_mean=True),
        ),
        (
            ["wavelet", "-s", "11", "--wavelet", "haar", "--levels", "2"],
            lambda: fb.wavelet(11, wavelet="haar", levels=2),
        ),
        (["random", "-s", "5", "--rng", "7", "--norm", "max"], lambda: fb.random(5, rng=7, norm="max")),
    ],
)
def test_make_reaches_every_kind_of_parameter(capsys, words, expected):
    status, out, err = run(capsys, "make", *words, "-o", "bank.npz")
    assert (status, err) == (0, "")
    assert fb.load("bank.npz") == expected()
    assert repr(expected()) in out


def test_make_learns_from_images(capsys):
    grey, colour = data.camera()[200:264, 200:264], data.astronaut()[:64, :64]
    io.imsave("grey.png", grey)
    io.imsave("colour.png", colour)
    status, _, _ = run(capsys, "make", "pca", "--size", "5", "--n", "4", "--images", "*.png", "-o", "pca.npz")
    assert status == 0
    images = [colour.mean(axis=2), grey]
    np.testing.assert_allclose(fb.load("pca.npz").filters, fb.pca(images, 5, 4).filters, rtol=0, atol=1e-10)


def test_make_passes_warnings_on(capsys):
    status, _, err = run(capsys, "make", "gabor", "-s", "5", "--orientations", "32", "-o", "bank.npz")
    assert status == 0
    assert "filterbank: warning:" in err
    assert "are dependent: rank" in err


def test_show_draws_a_picture(capsys):
    fb.gabor(11).save("bank.npz")
    status, out, _ = run(capsys, "show", "bank.npz", "-o", "bank.png", "--labels", "frequency,phase")
    assert status == 0
    assert "drawn to bank.png" in out
    assert io.imread("bank.png").shape[2] in (3, 4)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["families", "gabr"], "there is no family 'gabr'; did you mean 'gabor'?"),
        (["make", "nothing", "-s", "5", "-o", "x.npz"], "there is no family 'nothing'; filterbank families lists them"),
        (["make", "dct", "-s", "eleven", "-o", "x.npz"], "--size must be whole numbers of pixels"),
        (["make", "dct", "-s", "11", "--n", "200", "-o", "x.npz"], "`n` must be at most 121 for an 11x11 DCT bank"),
        (["make", "dct", "-s", "11", "--levl", "2", "-o", "x.npz"], "--levl"),
        (["make", "dct", "-s", "11"], "Missing option"),
        (["make", "pca", "-s", "11", "-o", "x.npz"], "pca is learned from images: add --images 'photos/*.jpg'"),
        (["make", "pca", "-s", "11", "--images", "no*.jpg", "-o", "x.npz"], "no*.jpg"),
        (["make", "dct", "-s", "11", "-o", "no/folder/x.npz"], "cannot write 'no/folder/x.npz'"),
        (["show", "missing.npz"], "there is no file 'missing.npz'"),
        (["show", "foreign.npz", "-o", "x.png"], "is not a filterbank bank file"),
        (["show", "bank.npz"], "there is no display to open a window on"),
        (["show", "bank.npz", "-o", "bank.xyz"], "cannot write 'bank.xyz'"),
        (["demo", "--bank", "gabr"], "there is no family 'gabr'; did you mean 'gabor'?"),
        (["demo", "--bank", "missing.npz"], "there is no file 'missing.npz'"),
        (["fly"], "No such command 'fly'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_status_two(capsys, words, text):
    np.savez("foreign.npz", a=1)
    fb.dct(3).save("bank.npz")
    status, out, err = run(capsys, *words)
    assert status == 2
    assert text in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in out + err


def test_version_and_help(capsys):
    assert run(capsys, "--version")[1] == f"filterbank {fb.__version__}\n"
    status, out, _ = run(capsys, "--help")
    assert status == 0
    assert "filterbank make gabor --size 11 -o bank.npz" in out
    assert "filterbank demo" in run(capsys, "demo", "--help")[1]


def test_help_and_families_load_nothing_heavy():
    code = (
        "import sys; from filterbank.cli import app\n"
        "try: app(['families'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'matplotlib', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_python_dash_m():
    done = subprocess.run([sys.executable, "-m", "filterbank", "--version"], check=True, capture_output=True, text=True)
    assert done.stdout == f"filterbank {fb.__version__}\n"
