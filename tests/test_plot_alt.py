"""Every picture says in words what it shows, and saved files carry it."""

import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from plotted import BANK, WEIGHTS, BasisLayer, History, nested_model

import filterbank as fb

PICTURES = {
    "filters": lambda: fb.plot.filters(BANK),
    "kernels": lambda: fb.plot.kernels(nested_model()),
    "coefficients": lambda: fb.plot.coefficients(BasisLayer(WEIGHTS, BANK)),
    "decomposition": lambda: fb.plot.decomposition(BasisLayer(WEIGHTS, BANK)),
    "spectrum": lambda: fb.plot.spectrum(BANK),
    "spectrum, contours": lambda: fb.plot.spectrum(BANK, kind="contours"),
    "spectrum, polar": lambda: fb.plot.spectrum(BANK, kind="polar"),
    "coverage": lambda: fb.plot.coverage(BANK),
    "tuning": lambda: fb.plot.tuning(BANK),
    "animate": lambda: fb.plot.animate(History()).figure,
    "model": lambda: fb.plot.model(nested_model()),
    "responses": lambda: fb.plot.responses(np.eye(20), BANK),
    "orientations": lambda: fb.plot.responses(np.eye(20), fb.gabor(5), kind="orientation"),
    "training": lambda: fb.plot.training(History()),
    "gram": lambda: fb.plot.gram(BANK),
    "singular_values": lambda: fb.plot.singular_values({"dct": BANK, "twice": np.concatenate([BANK, BANK])}),
    "energy_curve": lambda: fb.plot.energy_curve(BasisLayer(WEIGHTS, BANK)),
    "comparison": lambda: fb.plot.comparison({"conv": fb.analysis.compare(BasisLayer(WEIGHTS, BANK), ["dct"], 3)}),
    "patches": lambda: fb.plot.patches(np.eye(9), 4),
}


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_says_what_it_shows(name):
    text = fb.plot.alt_text(PICTURES[name]())
    assert re.fullmatch(r"([A-Z0-9].*\.)+", text)
    assert ".." not in text
    assert "  " not in text


def test_the_words_come_from_the_data():
    assert "10 filters of 8x8 pixels of the family dct" in fb.plot.alt_text(fb.plot.filters(fb.dct(8, n=10)))
    assert "1 filter of 7 samples" in fb.plot.alt_text(fb.plot.filters(np.ones((1, 7))))
    assert "scale from -3 to 3" in fb.plot.alt_text(fb.plot.filters(3 * np.eye(4)[None]))
    assert "each on its own scale" in fb.plot.alt_text(fb.plot.filters(BANK, scale="each"))
    kernel = np.tensordot([3.0, 4.0], BANK.filters[:2], 1)
    assert "strongest term, which reaches 64 %" in fb.plot.alt_text(fb.plot.decomposition(kernel, BANK, terms=1))


def test_saved_files_carry_the_words(tmp_path):
    figure = PICTURES["filters"]()
    text = fb.plot.alt_text(figure)
    figure.savefig(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["Description"] == text
    figure.savefig(tmp_path / "a.svg", metadata={"Creator": "me"})
    assert text in (tmp_path / "a.svg").read_text()
    figure.savefig(tmp_path / "a.jpg")
    own = io.BytesIO()
    figure.savefig(own, format="png", metadata={"Description": "mine"})
    with Image.open(own) as image:
        assert image.info["Description"] == "mine"


def test_pictures_in_a_figure_of_the_caller_follow_each_other():
    figure = plt.figure()
    left, right = figure.subplots(1, 2)
    fb.plot.filters(BANK, ax=left)
    fb.plot.filters(BANK[:2], ax=right)
    assert fb.plot.alt_text(figure).index("6 filters") < fb.plot.alt_text(figure).index("2 filters")
    assert fb.plot.alt_text(plt.figure()) == ""


def test_what_is_no_figure_is_named():
    with pytest.raises(TypeError, match=r"`figure` must be a Matplotlib Figure or SubFigure, got a str"):
        fb.plot.alt_text("picture")
