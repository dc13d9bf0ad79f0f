"""The `filterbank` command: what it prints, what it writes, and one line for every mistake."""

import dataclasses
import functools
import inspect
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data, io

import filterbank as fb
from filterbank import _images
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
        (
            ["gabor", "--size=11", "--frequencies=0.12,0.25", "--phases=-pi/2,0", "--orientations=0,1"],
            lambda: fb.gabor(11, frequencies=[0.12, 0.25], phases=[-np.pi / 2, 0], orientations=[0, 1]),
        ),
        (
            ["gabor", "-s", "7,7,7", "--orientations", "0,0,1;1,0,0"],
            lambda: fb.gabor((7, 7, 7), orientations=[[0, 0, 1], [1, 0, 0]]),
        ),
        (["gabor", "-s", "7x7x7", "--orientations=0,1,1;"], lambda: fb.gabor((7, 7, 7), orientations=[[0, 1, 1]])),
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
    status, out, _ = run(capsys, "make", "pca", "--size", "5", "--n", "0.9", "--images", "*.png", "-o", "share.npz")
    assert (status, out.splitlines()[0]) == (0, "fb.pca(images, 5, n=0.9)")
    assert len(fb.load("share.npz")) == len(fb.pca(images, 5, n=0.9)) < 25
    assert run(capsys, "make", "dct", "--size", "5", "--n", "few", "-o", "x.npz")[0] == 2


@pytest.mark.parametrize("size", ["5,", "5,5", "5,5,5"])
def test_make_learns_from_arrays_of_as_many_dimensions_as_the_window(capsys, size):
    window = tuple(map(int, size.rstrip(",").split(",")))
    images = np.random.default_rng(0).random((2, *[12] * len(window)))
    np.save("stack.npy", images)
    np.save("image0.npy", images[0])
    np.save("image1.npy", images[1])
    for files in (["--images=stack.npy"], ["--images", "image?.npy"], ["--images", "image0.npy", "image1.npy"]):
        status, _, err = run(capsys, "make", "pca", "--size", size, "--n", "4", *files, "-o", "pca.npz")
        assert (status, err) == (0, "")
        assert fb.load("pca.npz") == fb.pca(images, window, 4)


def test_pages_of_a_file_are_images_or_a_volume(capsys):
    pages = np.random.default_rng(0).integers(0, 256, (6, 12, 12), dtype=np.uint8)
    io.imsave("pages.tif", pages, check_contrast=False)
    for size in ("3,3", "3,3,3"):
        run(capsys, "make", "pca", "--size", size, "--n", "4", "--images", "pages.tif", "-o", "pca.npz")
        assert fb.load("pca.npz") == fb.pca(pages, tuple(map(int, size.split(","))), 4)


def test_three_and_four_pages_are_no_channels(capsys):
    """Three or four pages of a file are images, as those of an array; colour is what the file calls so."""
    pages = np.random.default_rng(0).integers(0, 256, (4, 30, 30), dtype=np.uint8)
    for count in (3, 4):
        stack = [Image.fromarray(page) for page in pages[:count]]
        stack[0].save("pages.tif", save_all=True, append_images=stack[1:])
        np.save("pages.npy", pages[:count])
        np.savez("pages.npz", pages[:count])
        for file, size in itertools.product(("pages.tif", "pages.npy", "pages.npz"), ((3, 3), (3, 3, 3))):
            expected = fb.patch_moments(pages[:count], size)
            found = fb.patch_moments(file, size)
            assert (found.images, found.count) == (expected.images, expected.count)
            np.testing.assert_array_equal(found.covariance, expected.covariance)
            run(capsys, "make", "pca", "--size", ",".join(map(str, size)), "--images", file, "-o", "pca.npz")
            np.testing.assert_array_equal(fb.load("pca.npz").filters, fb.pca(pages[:count], size).filters)


@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_channels_of_a_tiff_file_are_channels(planes):
    colour = data.astronaut()[:30, :30]
    stored = np.moveaxis(colour, -1, 0) if planes == "separate" else colour
    tifffile.imwrite("colour.tif", stored, photometric="rgb", planarconfig=planes)
    found = fb.patch_moments("colour.tif", 5)
    np.testing.assert_array_equal(found.covariance, fb.patch_moments(colour, 5).covariance)


@pytest.mark.parametrize("name", ["inks.jpg", "inks.tif"])
def test_four_inks_are_three_colours(name):
    """The black of an image in cyan, magenta, yellow and black is no transparency: all of this photograph is in it."""
    photograph = data.camera()[100:140, 200:240]
    inks = np.zeros((40, 40, 4), np.uint8)
    inks[..., 3] = 255 - photograph
    Image.fromarray(inks, mode="CMYK").save(name)
    assert fb.patch_moments(name, 5, channels="stack").size == (5, 5, 3)
    expected = fb.patch_moments(photograph, 5).covariance
    np.testing.assert_allclose(fb.patch_moments(name, 5).covariance, expected, rtol=0, atol=0.01 * expected.max())


def test_a_terminal_shows_images_and_pixels(capsys, monkeypatch):
    np.save("stack.npy", np.random.default_rng(0).random((3, 20, 20)))
    np.save("image.npy", np.random.default_rng(1).random((20, 20)))
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    _, _, err = run(capsys, "make", "pca", "--size", "3", "--images", "*.npy", "-o", "pca.npz")
    assert "4/4\x1b[0m images" in err
    assert "megapixels a second" in err


def test_an_interrupted_command_says_how_far_it_came(capsys, monkeypatch):
    stack = np.random.default_rng(0).random((6, 20, 20))
    for at in range(3):
        np.save(f"{at}.npy", stack[2 * at : 2 * at + 2])
    read = _images.read_image

    def interrupted(path):
        if path == "2.npy":
            raise KeyboardInterrupt
        return read(path)

    monkeypatch.setattr(_images, "read_image", interrupted)
    status, out, err = run(capsys, "make", "pca", "--size", "3", "--images", "*.npy", "-o", "pca.npz")
    assert (status, out) == (130, "")
    assert err == "filterbank: stopped in file 3 of 3, after 4 images; nothing was saved\n"
    assert not Path("pca.npz").exists()


def test_files_that_cannot_be_used_are_left_out_when_asked(capsys):
    image = data.camera()[:40, :40]
    io.imsave("good.png", image, check_contrast=False)
    io.imsave("small.png", image[:4, :9], check_contrast=False)
    Path("broken.png").write_bytes(Path("good.png").read_bytes()[:60])
    command = ["make", "pca", "--size", "5", "--n", "4", "--images", "*.png", "-o", "pca.npz"]
    status, _, err = run(capsys, *command)
    assert (status, err.count("broken.png")) == (2, 1)
    status, _, err = run(capsys, *command, "--on-error", "skip")
    assert status == 0
    assert [line.split("'")[1] for line in err.splitlines()] == ["broken.png", "small.png"]
    assert "of 5x5 pixels, got shape (4, 9) in 'small.png'; use a smaller --size" in err
    assert fb.load("pca.npz") == fb.pca(image, 5, 4)
    np.save("stack.npy", np.stack([np.full((40, 40), np.nan), image]))
    _, _, err = run(capsys, *command, "stack.npy", "--on-error", "skip")
    assert "left out: --images must be finite, got NaN or infinity in image 0 of 'stack.npy'" in err
    assert fb.load("pca.npz").recipe["images"]["count"] == 2
    Path("good.png").unlink()
    status, _, err = run(capsys, *command, "--on-error", "skip")
    assert status == 2
    assert "--images must have a file that can be used: --images must be files of images" in err


# What is written on the command line, and what the family shall be given. Texts stand for whatever the family names.
NOTATIONS = {
    "3": 3,
    "0.5": 0.5,
    "-0.5": -0.5,
    "1e-3": 1e-3,
    "pi/2": math.pi / 2,
    "-pi": -math.pi,
    "-3pi/4": -0.75 * math.pi,
    "none": None,
    "haar": "haar",
    "0.12,0.25": [0.12, 0.25],
    "0.12, 0.25": [0.12, 0.25],
    "0.12 0.25": [0.12, 0.25],
    "G2,H2": ["G2", "H2"],
    "-pi/2,pi/2": [-math.pi / 2, math.pi / 2],
    "-1 0": [-1, 0],
    "none,2": [None, 2],
    "3,": [3],
    "-1,": [-1],
    "0,0,1;1,0,0": [[0, 0, 1], [1, 0, 0]],
    "-1,0,0; 0,-1,0": [[-1, 0, 0], [0, -1, 0]],
    "-1 0 0;": [[-1, 0, 0]],
}
SWITCHES = {"--{}": True, "--{}=true": True, "--{} on": True, "--{}=no": False, "--{} false": False, "--no-{}": False}


@pytest.fixture
def given(capsys, monkeypatch):
    """Run `make` on a family that only keeps what it is given."""

    def arguments(family, *words):
        kept = {}

        @functools.wraps(family.function)
        def function(**named):
            kept.update(named)
            return bank

        bank, recording = fb.dct(2), dataclasses.replace(family, function=function)
        monkeypatch.setattr("filterbank.cli._family", lambda name: recording)
        monkeypatch.setattr("filterbank._store.write_npz", lambda *everything: None)
        status, _, err = run(capsys, "make", family.name, "-s", "7", *words, "-o", "bank.npz")
        assert (status, err) == (0, "")
        return {name: value for name, value in kept.items() if name not in ("size", "n")}

    return arguments


def options(family):
    """Return the option of each parameter but those of `make` itself, and whether it is a switch."""
    parameters = inspect.signature(family.function).parameters
    return {
        name: (name.replace("_", "-"), isinstance(parameter.default, bool))
        for name, parameter in parameters.items()
        if name not in ("size", "n", "images")
    }


@pytest.mark.parametrize("family", fb.catalogue().values(), ids=lambda family: family.name)
def test_every_parameter_of_every_family_takes_every_notation(given, family):
    np.save("image.npy", np.ones((7, 7)))
    learned = "learned" in family.promises
    named = {name: option for name, (option, switch) in options(family).items() if not switch}
    switches = {name: option for name, (option, switch) in options(family).items() if switch}

    def check(words, expected):
        arguments = given(family, *words, *(["--images=image.npy"] if learned else []))
        assert ("images" in arguments) == learned
        arguments.pop("images", None)
        assert arguments == expected
        assert {name: type(value) for name, value in arguments.items()} == {
            name: type(value) for name, value in expected.items()
        }

    for text, value in NOTATIONS.items():
        expected = dict.fromkeys(named, value)
        check([word for option in named.values() for word in (f"--{option}", text)], expected)
        check([f"--{option}={text}" for option in named.values()], expected)
        if ";" not in text:
            check([word for option in named.values() for word in (f"--{option}", *text.split())], expected)
    for notation, value in SWITCHES.items():
        words = [word for option in switches.values() for word in notation.format(option).split()]
        check(words, dict.fromkeys(switches, value))


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


# imageio leaves a file open that it cannot read.
@pytest.mark.filterwarnings(
    "ignore:.*unclosed file:ResourceWarning", "ignore:.*:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["families", "gabr"], "there is no family 'gabr'; did you mean 'gabor'?"),
        (["make", "nothing", "-s", "5", "-o", "x.npz"], "there is no family 'nothing'; filterbank families lists them"),
        (["make", "dct", "-s", "eleven", "-o", "x.npz"], "--size must be whole numbers of pixels"),
        (["make", "dct", "-s", "11", "--n", "200", "-o", "x.npz"], "`n` must be at most 121 for an 11x11 DCT bank"),
        (["make", "dct", "-s", "11", "--levl", "2", "-o", "x.npz"], "--levl"),
        (["make", "dct", "-s", "11"], "Missing option"),
        (["make", "gabor", "-s", "11", "--frequencies=", "-o", "x.npz"], "--frequencies needs a value"),
        (["make", "gabor", "-s", "11", "--phases=0,,1", "-o", "x.npz"], "--phases must have a value between"),
        (["make", "gabor", "-s", "11", "-x,y", "-o", "x.npz"], "gabor has no parameter -x,y"),
        (["make", "pca", "-s", "11", "-o", "x.npz"], "pca is learned from images: add --images 'photos/*.jpg'"),
        (["make", "pca", "-s", "11", "--images", "no*.jpg", "-o", "x.npz"], "no*.jpg"),
        (["make", "pca", "-s", "3", "--images", "text.png", "-o", "x.npz"], "must be files of images or .npy arrays"),
        (["make", "pca", "-s", "3,", "--images", "volume.npy", "-o", "x.npz"], "--images must have 1 dimension each"),
        (["make", "pca", "-s", "3", "--images", "objects.npy", "-o", "x.npz"], "--on-error skip leaves such files out"),
        (["make", "pca", "-s", "3", "--images", "nan.npy", "-o", "x.npz"], "finite, got NaN or infinity in 'nan.npy'"),
        (["make", "pca", "-s", "3", "--images", ".", "-o", "x.npz"], "--images must be files, got the folder '.'"),
        (["make", "gabor", "-s", "10000000", "-o", "x.npz"], "there is not enough memory: Unable to allocate"),
        (["make", "dct", "-s", "11", "-o", "no/x.npz"], "filterbank: cannot write 'no/x.npz': there is no folder 'no'"),
        (["make", "dct", "-s", "11", "-o", "x.png"], "--output must be a .npz file, got 'x.png'; write -o x.npz"),
        (["make", "dct", "-s", "11", "-o", "x"], "--output must be a .npz file, got 'x'; write -o x.npz"),
        (["show", "missing.npz"], "there is no file 'missing.npz'"),
        (["show", "foreign.npz", "-o", "x.png"], "is not a filterbank bank file"),
        (["show", "text.png"], "'text.png' is not a filterbank bank file, or is damaged: it is no .npz archive"),
        (["show", "bank.npz"], "there is no display to open a window on"),
        (["show", "bank.npz", "-o", "bank.xyz"], "cannot write 'bank.xyz'"),
        (["demo", "--bank", "gabr"], "there is no family 'gabr'; did you mean 'gabor'?"),
        (["demo", "--bank", "nope"], "filterbank families lists them, and files of banks end in .npz"),
        (["demo", "--bank", "missing.npz"], "there is no file 'missing.npz'"),
        (["demo", "--bank", "line.npz"], "the demo needs 2-D banks of filters"),
        (["fly"], "No such command 'fly'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_status_two(capsys, words, text):
    np.savez("foreign.npz", a=1)
    Path("text.png").write_text("text")
    np.save("volume.npy", np.ones((9, 9, 9)))
    np.save("objects.npy", np.array([None]))
    np.save("nan.npy", np.full((9, 9), np.nan))
    fb.dct(3).save("bank.npz")
    fb.dct((3,)).save("line.npz")
    before = set(Path().iterdir())
    status, out, err = run(capsys, *words)
    assert status == 2
    assert text in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in out + err
    assert set(Path().iterdir()) == before


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
