"""Every picture says in words what it shows, and saved files carry it."""

import io
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text
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
    assert "A kernel of 7 samples, as" in fb.plot.alt_text(fb.plot.decomposition(np.ones(7), fb.dct((7,))))
    assert "scale from -3 to 3" in fb.plot.alt_text(fb.plot.filters(3 * np.eye(4)[None]))
    assert "each on its own scale" in fb.plot.alt_text(fb.plot.filters(BANK, scale="each"))
    kernel = np.tensordot([3.0, 4.0], BANK.filters[:2], 1)
    assert "strongest term, which reaches 64 %" in fb.plot.alt_text(fb.plot.decomposition(kernel, BANK, terms=1))


def test_trainings_say_their_scale_and_what_is_left_out():
    steps = 2 * np.linspace(-1, 1, 4)[:, None, None, None, None] * np.ones((4, 5, 5, 3, 16))
    for draw in (fb.plot.training, lambda *given, **how: fb.plot.animate(*given, **how).figure):
        grey = fb.plot.alt_text(draw(steps, rgb=False, outputs=5))
        assert "on one scale from -2 to 2" in grey
        assert "in colour" not in grey
        assert "5 of 16 outputs." in grey
        assert "in colour, on one scale from -2 to 2" in fb.plot.alt_text(draw(steps))
        assert "of 16 outputs" not in fb.plot.alt_text(draw(steps, outputs=16))


def test_numbers_about_signals_are_of_samples():
    signals = fb.compose(np.random.default_rng(0).standard_normal((5, 2, 4)), fb.dct((9,), n=5))
    compared = fb.analysis.compare(signals, {"dct": fb.dct((9,), n=3)})
    fitted = fb.analysis.fit_gabor(signals)
    assert "3 filters of 9 samples, of 8 kernels" in fb.plot.alt_text(fb.plot.comparison(compared))
    assert "nearest to 8 kernels of 9 samples" in fb.plot.alt_text(fb.plot.tuning(fitted))


def test_names_stay_as_they_were_given():
    """A sentence begins with a capital, a name need not."""
    banks = {"zeta": BANK, "eta": fb.gabor(5)}
    kernels = fb.compose(WEIGHTS, BANK)
    compared = fb.analysis.compare(kernels, banks, n=3, resamples=2)
    named = [SimpleNamespace(name="zeta", kernel_size=(5, 5), kernel=kernels)]
    on_bank = BasisLayer(WEIGHTS, BANK, name="zeta")
    drawn = [
        fb.plot.singular_values(banks),
        fb.plot.energy_curve(kernels, banks, draws=0),
        fb.plot.comparison(compared),
        fb.plot.comparison({"zeta": compared}),
        fb.plot.training(History(layers=("zeta",))),
        fb.plot.animate(History(layers=("zeta",))).figure,
        fb.plot.model(SimpleNamespace(name="zeta", layers=named)),
        fb.plot.kernels(on_bank),
        fb.plot.decomposition(on_bank),
    ]
    for figure in drawn:
        text = fb.plot.alt_text(figure)
        assert "zeta" in text
        assert "Zeta" not in text
        assert not any("Zeta" in one.get_text() for one in figure.findobj(Text))


def test_kernels_and_models_say_whose_scale_it_is():
    colours = 3 * np.ones((5, 5, 3, 4))
    assert "in colour, each on its own scale." in fb.plot.alt_text(fb.plot.kernels(colours, scale="each"))
    assert "in colour, on one scale from -3 to 3." in fb.plot.alt_text(fb.plot.kernels(colours))
    model = SimpleNamespace(name="one", layers=[SimpleNamespace(name="first", kernel_size=5, kernel=colours)])
    own, shared = (fb.plot.alt_text(fb.plot.model(model, scale=scale)) for scale in ("layer", "shared"))
    assert "Each layer on its own scale." in own
    assert "Kernels of three inputs in colour." in own
    assert "own scale" not in shared
    assert "Kernels on one scale from -3 to 3." in shared


CLIPPED = {
    "filters": lambda limit: fb.plot.filters(3 * np.eye(4)[None], limit=limit),
    "kernels": lambda limit: fb.plot.kernels(-3 * np.ones((2, 2, 1, 4)), limit=limit),
    "coefficients": lambda limit: fb.plot.coefficients(-3 * np.ones((2, 1, 4)), limit=limit),
    "responses": lambda limit: fb.plot.responses(3 * np.ones((9, 9)), np.ones((1, 1, 1)), limit=limit),
    "patches": lambda limit: fb.plot.patches(-3 * np.ones((9, 9)), 4, limit=limit),
}


@pytest.mark.parametrize("name", CLIPPED)
def test_values_beyond_the_limit_are_said(name):
    assert "to 2, which values of up to ±3 exceed" in fb.plot.alt_text(CLIPPED[name](2))
    for limit in (None, 3, 4):
        assert "exceed" not in fb.plot.alt_text(CLIPPED[name](limit))


def test_nothing_exceeds_the_scale_of_filters_that_are_zero():
    assert "exceed" not in fb.plot.alt_text(fb.plot.filters(np.zeros((2, 3, 3)), limit=0.1))


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
