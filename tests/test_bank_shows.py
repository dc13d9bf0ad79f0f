"""How a bank shows itself: the repr, and the HTML of notebooks."""

import inspect
import json
import math
import re

import numpy as np
import pytest
from pages import Page, page_of
from test_recipes import IMAGE, RECIPES

import filterbank as fb
from filterbank._html import SAID_IF_NONE, call
from filterbank.families import FAMILIES

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


@pytest.mark.parametrize("size", [(5,), (5, 7), (3, 4, 5)])
def test_html_has_a_picture_of_each_filter_and_a_table(size):
    bank = fb.dct(size, n=4)
    page = page_of(bank)
    assert len(page.pictures) == 4
    window = {1: "5 samples", 2: "5x7 pixels", 3: "3x4x5 pixels"}[len(size)]
    assert page.facts == {
        "family": "dct",
        "filters": f"4 of {window}",
        "rank": "4 of 4",
        "condition": "1",
        "columns": ", ".join(bank.parameters),
        "recipe": f"fb.make(family='dct', size={list(size)}, n=4, dc=True, norm='l2')",
        "fingerprint": f"{bank.fingerprint[:16]}…",
    }


def test_pictures_are_blue_below_zero_white_at_zero_and_red_above():
    (only,) = page_of(fb.FilterBank([[[-1.0, 0.0, 1.0], [0.5, 0.0, -0.5]]])).pixels()
    (blue, white, red), (pink, _, pale) = only
    assert blue[2] - blue[0] > 100
    assert np.ptp(white) == 0
    assert white.min() > 240
    assert red[0] - red[2] > 100
    assert pink[0] > pink[2]
    assert pale[2] > pale[0]
    assert only.shape == (2, 3, 3)


def test_all_pictures_share_one_scale():
    bank = fb.FilterBank([np.full((2, 2), 0.1), np.full((2, 2), -1.0)])
    faint, strong = page_of(bank).pixels()
    assert faint[0, 0, 1] > strong[0, 0, 1] + 100
    assert "2 filters. On one scale: blue to -1, white 0, red to 1." in page_of(bank).texts


def test_zero_filters_are_white():
    page = page_of(fb.FilterBank(np.zeros((1, 2, 2))))
    (only,) = page.pixels()
    assert np.ptp(only) == 0
    assert "1 filter. All zero." in page.texts


def coloured(pixels):
    """Return where a picture is red, and where it is blue."""
    return pixels[..., 0] > pixels[..., 2] + 50, pixels[..., 2] > pixels[..., 0] + 50


def test_a_line_is_drawn_up_and_down_from_zero_by_its_values():
    values = np.array([1.0, -1.0, 0.5, -0.25, 0.0])
    (only,) = page_of(fb.FilterBank([values])).pixels()
    red, blue = coloured(only)
    half = len(only) // 2
    np.testing.assert_allclose(red.sum(axis=0) / half, np.maximum(values, 0), atol=1 / half)
    np.testing.assert_allclose(blue.sum(axis=0) / half, np.maximum(-values, 0), atol=1 / half)
    assert not red[half:].any()
    assert not blue[: half + 1].any()
    assert np.ptp(only[half]) == 0  # the line at zero, grey


def test_peaks_of_a_long_line_stay():
    values = np.zeros(1000)
    values[[300, 305, 700]] = 1, -1, -0.5
    (only,) = page_of(fb.FilterBank([values])).pixels()
    red, blue = coloured(only)
    assert only.shape[1] < 100
    assert red.any(axis=0).sum() == 1
    np.testing.assert_array_equal(np.sort(blue.sum(axis=0))[-3:], [0, len(only) // 4, len(only) // 2])


def test_of_volumes_the_strongest_slice_is_drawn():
    volume = np.zeros((1, 3, 2, 2))
    volume[0, 2, 0, 1], volume[0, 0] = 1, -0.25  # nothing in the middle
    page = page_of(fb.FilterBank(volume))
    (only,) = page.pixels()
    red, blue = coloured(only)
    np.testing.assert_array_equal(red, [[False, True], [False, False]])
    assert not blue.any()
    assert "The strongest slices, on one scale" in page.text


@pytest.mark.parametrize(("size", "shown"), [((5, 7), (40, 56)), ((20, 5), (56, 14)), ((1, 99), (4, 56))])
def test_pictures_keep_the_shape_of_the_filters(size, shown):
    (picture,) = page_of(fb.FilterBank(np.ones((1, *size)))).pictures
    height, width = shown
    assert (picture["height"], picture["width"]) == (str(height), str(width))
    assert f"width:{width}px;height:{height}px" in picture["style"]


def test_pictures_have_a_border_that_both_themes_show_and_sharp_pixels():
    for picture in page_of(fb.dct(3)).pictures:
        assert "border:1px solid rgba(128,128,128," in picture["style"]
        assert "image-rendering:pixelated" in picture["style"]


def test_pictures_are_named_by_the_columns_or_the_values():
    bank = fb.gabor(11)
    names = [picture["alt"] for picture in page_of(bank).pictures]
    assert len(set(names)) == len(bank)
    for index, name in enumerate(names):
        columns = {column: values[index] for column, values in bank.parameters.items()}
        expected = f"filter {index}: frequency {columns['frequency']:.3g}, orientation {columns['orientation']:.3g}"
        assert name.startswith(expected)
        assert len(name) < 100
    (only,) = page_of(fb.FilterBank([[-0.25, 1.5]])).pictures
    assert only["alt"] == only["title"] == "filter 0, values from -0.25 to 1.5"


LARGE = {
    "a thousand": lambda: fb.random(64, n=1000, rng=0),
    "noise": lambda: fb.FilterBank(np.random.default_rng(0).uniform(-1, 1, (30, 100, 100))),
    "noise at the limit": lambda: fb.FilterBank(np.random.default_rng(0).uniform(-1, 1, (30, 48, 48))),
    "lines": lambda: fb.random((500,), n=60, rng=0),
    "volumes": lambda: fb.random((16, 16, 16), n=30, rng=0),
    "large volumes": lambda: fb.FilterBank(np.random.default_rng(0).uniform(-1, 1, (24, 2, 64, 64))),
    "state": lambda: fb.random(9, rng=np.random.Generator(np.random.MT19937(3))),
    "arguments": lambda: fb.gabor(9, orientations=list(np.linspace(0, 3, 3000)), frequencies=0.2, n=40),
    "indices": lambda: fb.delta(40)[list(range(1599, -1, -1))],
    "columns": lambda: fb.FilterBank(PIXELS, parameters={f"column{i}": range(9) for i in range(20000)}),
    "a long name": lambda: fb.FilterBank(PIXELS, family="x" * 100_000, parameters={"y" * 999: ["z" * 999] * 9}),
}


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE)
def test_html_stays_below_100_kilobytes(make):
    html = make()._repr_html_()
    assert 2_000 < len(html.encode()) < 100_000
    assert len(Page(html).pictures) <= 24


@pytest.mark.parametrize("bank", [fb.FilterBank([[1.0]]), fb.FilterBank([[[1.0]]]), fb.FilterBank([[[[-1.0]]]])])
def test_one_filter_of_one_pixel_shows_itself(bank):
    (only,) = page_of(bank).pixels()
    red, blue = coloured(only)
    assert red.any() == (bank.ndim < 3)
    assert blue.any() == (bank.ndim == 3)


def test_html_says_how_many_filters_are_not_shown():
    assert page_of(fb.dct(11)).texts[0].startswith("24 filters and 97 more.")


def test_texts_are_escaped_and_written_as_python():
    columns = {"<b>name</b>": ["<i>'&\""] * 9}
    recipe = {"family": "true <i>null</i>", "flag": True, "filters": None}
    bank = fb.FilterBank(PIXELS, family="true <i>null</i>", parameters=columns, recipe=recipe)
    assert not re.search("<b>|<i>", bank._repr_html_())
    page = page_of(bank)
    assert page.facts["family"] == "true <i>null</i>"
    assert page.facts["columns"] == "<b>name</b>"
    assert page.facts["made by"] == "true <i>null</i>(flag=True)"
    assert page.pictures[0]["alt"] == "filter 0: <b>name</b> <i>'&\""


def is_again(bank, recipe):
    """Run what a page says of the recipe, as a reader would."""
    known = {"fb": fb, "bank": bank}
    for line in re.findall(r"bank\.save\(.*?\)", recipe):
        eval(line, known)
    again = eval(re.search(r"fb\.(make|load)\(.*\)", recipe)[0], known)
    assert again.filters.tobytes() == bank.filters.tobytes()
    assert again.recipe == bank.recipe


def size_for(family):
    """Return a window that the family can fill: a power of two for those that ask for one."""
    return (8 if family.name in ("hadamard", "wavelet_basis") else 9,) * (2 if 2 in family.dimensions else 1)


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if "learned" not in family.promises], ids=lambda family: family.name
)
@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_the_recipe_is_a_line_that_makes_the_bank_again(family):
    bank = family.function(size_for(family))
    line = page_of(bank).facts["recipe"]
    assert line.startswith("fb.make(family=")
    is_again(bank, line)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_no_argument_left_out_of_the_line_means_anything(family):
    """None is left out where it is the default; where it is another value, the line says it."""
    given = (IMAGE, 3) if "learned" in family.promises else (size_for(family),)
    for name, parameter in inspect.signature(family.function).parameters.items():
        if parameter.default is None or parameter.default is parameter.empty:
            continue
        if name in SAID_IF_NONE:
            assert f"{name}=None" in call(fb.FilterBank(PIXELS, recipe={"family": family.name, name: None}))
        else:
            with pytest.raises((TypeError, ValueError), match=f"`{name}`|NoneType"):
                family.function(*given, **{name: None})


@pytest.mark.parametrize("make", RECIPES.values(), ids=RECIPES)
@pytest.mark.filterwarnings("ignore:the filters became dependent")
def test_the_recipe_is_a_line_or_says_how(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bank = make()
    recipe = page_of(bank).facts["recipe"]
    is_again(bank, recipe)
    has_filters = '"filters"' in json.dumps(bank.recipe)
    assert recipe.startswith("it holds the filters themselves: " if has_filters else "fb.make(family=")


@pytest.mark.parametrize("name", ["state", "arguments", "indices"])
@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_a_recipe_too_long_for_a_line_says_how(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bank = LARGE[name]()
    facts = page_of(bank).facts
    assert facts["recipe"].startswith("it is too long for a line: ")
    assert facts["made by"].startswith(f"{bank.family}(size=[")
    is_again(bank, facts["recipe"])


def test_numbers_that_python_has_no_literal_for_are_written_so_that_it_reads_them():
    numbers = {"family": "mine", "size": [math.inf, -math.inf], "more": {"n": math.nan, "texts": ["a'b"]}}
    line = page_of(fb.FilterBank(PIXELS, recipe=numbers)).facts["recipe"]
    found = eval(line.replace("fb.make", "dict"))
    assert repr(found) == repr(numbers)


def test_groups_and_tables_say_what_they_are():
    html = fb.dct(5)._repr_html_()
    assert "role='group' aria-label='24 filters and 1 more'" in html
    assert "<table aria-label='The bank dct'>" in html
