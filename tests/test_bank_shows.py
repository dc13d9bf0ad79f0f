"""How a bank shows itself: the repr, and the HTML of notebooks."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

import filterbank as fb

PIXELS = np.eye(9).reshape(9, 3, 3)


@pytest.mark.parametrize(
    ("bank", "text"),
    [
        (lambda: fb.dct(11, n=10), "<FilterBank dct: 10 filters of 11x11, rank 10, condition 1>"),
        (lambda: fb.FilterBank(PIXELS[:1]), "<FilterBank custom: 1 filter of 3x3, rank 1, condition 1>"),
        (lambda: fb.dct((7,)), "<FilterBank dct: 7 filters of 7, rank 7, condition 1>"),
        (lambda: fb.delta((2, 3, 4)), "<FilterBank delta: 24 filters of 2x3x4, rank 24, condition 1>"),
        (lambda: fb.dct(3)[[0, 1, 1]], "<FilterBank dct: 3 filters of 3x3, rank 2, condition inf>"),
        (lambda: fb.FilterBank(np.ones((5, 2, 2))), "<FilterBank custom: 5 filters of 2x2, rank 1, condition inf>"),
        (lambda: fb.FilterBank(np.zeros((2, 3))), "<FilterBank custom: 2 filters of 3, rank 0, condition inf>"),
        (lambda: fb.FilterBank([[1, 0], [0, 4e-3]]), "<FilterBank custom: 2 filters of 2, rank 2, condition 250>"),
        (lambda: fb.FilterBank([[1, 0], [0, 1e-9]]), "<FilterBank custom: 2 filters of 2, rank 2, condition 1e+09>"),
        (lambda: fb.FilterBank([[1, 0], [0, 1e-17]]), "<FilterBank custom: 2 filters of 2, rank 1, condition inf>"),
        (lambda: fb.FilterBank(5e-324 * PIXELS), "<FilterBank custom: 9 filters of 3x3, rank 9, condition 1>"),
    ],
    ids=range(11),
)
def test_repr_names_family_shape_rank_and_condition(bank, text):
    assert repr(bank()) == text


def test_rank_and_condition_are_numpys():
    bank = fb.hermite(7)
    flat = bank.filters.reshape(len(bank), -1)
    rank, condition = np.linalg.matrix_rank(flat), np.linalg.cond(flat)
    assert repr(bank).endswith(f"rank {rank}, condition {condition:.3g}>")


@pytest.mark.parametrize("norms", [1, 1e-200, 1e200, np.geomspace(1, 1e-6, 600)], ids=str)
def test_large_orthogonal_banks_need_no_decomposition(norms, monkeypatch):
    """Their singular values are their norms; anything else is decomposed."""
    large = np.eye(600, 625) * np.reshape(norms, (-1, 1))
    if np.max(norms) == 1:
        monkeypatch.setattr(np.linalg, "svd", None)
    ratio = np.max(norms) / np.min(norms)
    assert repr(fb.FilterBank(large.reshape(600, 25, 25))).endswith(f"25x25, rank 600, condition {ratio:.3g}>")


def test_large_dependent_banks_are_noticed():
    large = np.eye(600, 625)
    large[1] = large[0] + 1e-3 * large[1]
    large[3] = large[2]
    assert repr(fb.FilterBank(large.reshape(600, 25, 25))).endswith("rank 599, condition inf>")
    assert repr(fb.FilterBank(large[:3].repeat(300, axis=0).reshape(900, 625))).endswith("rank 3, condition inf>")


VOID = {"img", "br"}


class Checked(HTMLParser):
    """Every tag is closed in its order; the texts and images are kept."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.images = [], [], []

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs)
        if tag == "img":
            self.images.append(dict(attrs)["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def parsed(html):
    parser = Checked()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser


def pictures(html):
    for source in parsed(html).images:
        head, data = source.split(",")
        assert head == "data:image/png;base64"
        yield np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


@pytest.mark.parametrize("size", [(5,), (5, 7), (3, 4, 5)])
def test_html_has_a_picture_of_each_filter_and_a_table(size):
    bank = fb.dct(size, n=4)
    page = parsed(bank._repr_html_())
    assert len(page.images) == 4
    text = " ".join(page.texts)
    for part in ("family dct", "4 of", "rank 4 of 4", "condition 1", "order_x", "frequency", bank.fingerprint[:16]):
        assert part in text
    assert f"fb.make(family='dct', size={list(size)}, n=4, dc=True, norm='l2')" in text


def test_pictures_are_blue_below_zero_white_at_zero_and_red_above():
    (only,) = pictures(fb.FilterBank([[[-1.0, 0.0, 1.0], [0.5, 0.0, -0.5]]])._repr_html_())
    (blue, white, red), (pink, _, pale) = only
    assert blue[2] - blue[0] > 100
    assert np.ptp(white) == 0
    assert white.min() > 240
    assert red[0] - red[2] > 100
    assert pink[0] > pink[2]
    assert pale[2] > pale[0]
    assert only.shape == (2, 3, 3)


def test_all_pictures_share_one_scale():
    faint, strong = pictures(fb.FilterBank([np.full((2, 2), 0.1), np.full((2, 2), 1.0)])._repr_html_())
    assert faint[0, 0, 1] > strong[0, 0, 1] + 100


def test_zero_filters_are_white():
    (only,) = pictures(fb.FilterBank(np.zeros((1, 2, 2)))._repr_html_())
    assert np.ptp(only) == 0


LARGE = {
    "noise": lambda: fb.FilterBank(np.random.default_rng(0).uniform(-1, 1, (30, 100, 100))),
    "noise at the limit": lambda: fb.FilterBank(np.random.default_rng(0).uniform(-1, 1, (30, 48, 48))),
    "lines": lambda: fb.random((500,), n=60, rng=0),
    "volumes": lambda: fb.random((16, 16, 16), n=30, rng=0),
    "state": lambda: fb.random(9, rng=np.random.Generator(np.random.MT19937(3))),
    "arguments": lambda: fb.gabor(9, orientations=list(np.linspace(0, 3, 3000)), frequencies=0.2, n=40),
    "indices": lambda: fb.delta(40)[list(range(1599, -1, -1))],
    "columns": lambda: fb.FilterBank(PIXELS, parameters={f"column{i}": range(9) for i in range(20000)}),
}


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_html_stays_below_100_kilobytes(make):
    html = make()._repr_html_()
    assert 2_000 < len(html.encode()) < 100_000
    page = parsed(html)
    assert len(page.images) <= 24


def test_html_says_how_many_filters_are_not_shown():
    assert "and 97 more" in parsed(fb.dct(11)._repr_html_()).texts[0].replace("\xa0", "")


def test_texts_are_escaped_and_written_as_python():
    columns = {"<b>name</b>": np.arange(9)}
    recipe = {"family": "true <i>null</i>", "flag": True, "filters": None}
    html = fb.FilterBank(PIXELS, family="true <i>null</i>", parameters=columns, recipe=recipe)._repr_html_()
    assert not re.search("<b>|<i>", html)
    text = "".join(parsed(html).texts)
    assert "<b>name</b>" in text
    assert "fb.make(family='true <i>null</i>', flag=True, filters=...)" in text


def test_a_recipe_without_values_that_are_none_is_the_call_that_makes_the_bank():
    bank = fb.gaussian_derivative(9, sigma=1.5, sampling="integrated")
    (call,) = [text for text in parsed(bank._repr_html_()).texts if text.startswith("fb.make(")]
    assert eval(call, {"fb": fb}) == bank
