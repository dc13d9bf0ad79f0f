"""The explorer in Chromium: every filter and every number that it shows is Python's."""

import math

import numpy as np
import pytest
from explorer_cases import CASES, TABLED
from explorer_driver import STATE, choose, control, made_in_python, pasted_text, put

import filterbank as fb
from filterbank.analysis import condition_number, frame_bounds, rank


@pytest.fixture
def page(explorer_page):
    return explorer_page


def assert_is_pythons(state):
    bank, warned = made_in_python(state["python"])
    shape = (state["n"], state["size"], state["size"])
    np.testing.assert_allclose(
        np.reshape(state["filters"], shape), bank.filters, rtol=0, atol=1e-10 * np.abs(bank.filters).max()
    )
    assert state["rank"] == rank(bank)
    expected = condition_number(bank)
    # No arithmetic of 53 bits knows the smallest singular value better than to this share.
    assert state["condition"] == pytest.approx(expected, rel=max(1e-9, 1e-14 * min(expected, 1e300)))
    assert math.isinf(state["condition"]) == math.isinf(expected)
    bounds = frame_bounds(bank)
    found = [state[name] for name in ("lower", "upper", "certifiedLower", "certifiedUpper")]
    np.testing.assert_allclose(found, bounds, rtol=0, atol=1e-10 * bounds.upper)
    for name, column in state["parameters"].items():
        if isinstance(column[0], str):
            assert column == bank.parameters[name].tolist()
        else:
            np.testing.assert_allclose(column, bank.parameters[name], rtol=1e-9, atol=1e-12, err_msg=name)
    return warned


@pytest.mark.parametrize("family", CASES)
def test_filters_and_numbers_are_pythons(page, family):
    for settings in CASES[family]:
        state = choose(page, family, settings)
        assert state["family"] == family
        assert set(state["given"]) == set(settings) - {"size", "n", "norm"}
        warned = assert_is_pythons(state)
        assert {remark["kind"] for remark in state["remarks"]} == warned, settings


@pytest.mark.parametrize("family", TABLED)
def test_tables_are_pythons(page, family):
    for settings in TABLED[family]:
        state = choose(page, family, settings)
        assert state["family"] == family
        assert_is_pythons(state)
        assert page.locator("#imports").inner_text().startswith("import skimage") is (family in ("pca", "zca"))


def test_the_cases_are_all_families_of_the_page(page):
    assert sorted(page.evaluate("window.filterbankExplorer.families")) == sorted([*CASES, *TABLED])


def test_the_line_says_what_was_set_and_nothing_else(page):
    settings = {"size": 11, "frequencies": [0.125, 0.25], "orientations": 6, "zero_mean": True, "norm": "None"}
    state = choose(page, "gabor", settings)
    assert state["python"] == ("fb.gabor(11, frequencies=[0.125, 0.25], orientations=6, zero_mean=True, norm=None)")
    assert page.locator("#python").inner_text() == state["python"]
    control(page, "orientations").get_by_role("button", name="auto").click()
    control(page, "frequencies").get_by_role("button", name="auto").click()
    assert page.evaluate(STATE)["python"] == "fb.gabor(11, zero_mean=True, norm=None)"


def test_a_copied_line_makes_the_bank(page):
    state = choose(page, "hermite", {"size": 9, "max_order": 3})
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    pasted = pasted_text(page)
    assert pasted == "fb.hermite(9, max_order=3)"
    bank, _ = made_in_python(pasted)
    np.testing.assert_allclose(np.reshape(state["filters"], bank.shape), bank.filters, rtol=0, atol=1e-12)


def test_sliders_move_everything(page):
    before = choose(page, "dog", {})
    slider = control(page, "ratio").get_by_role("slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    after = page.evaluate(STATE)
    assert after["given"] == {"ratio": pytest.approx(1.8)}
    assert control(page, "ratio").get_by_role("spinbutton").input_value() == "1.8"
    assert after["filters"] != before["filters"]
    assert_is_pythons(after)
    box = control(page, "size").get_by_role("slider").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    assert page.evaluate(STATE)["size"] == 31


def test_the_numbers_shown_are_the_states(page):
    state = choose(page, "gabor", {"size": 9})
    assert page.locator("#rank").inner_text() == str(state["rank"])
    assert page.locator("#count").inner_text() == str(state["n"])
    assert page.locator("#condition").inner_text() == f"{state['condition']:.4g}"
    assert f"{state['upper']:.4g}" in page.locator("#bounds").inner_text()
    page.wait_for_function(f'document.getElementById("spoken").textContent.includes("rank {state["rank"]}")')
    assert page.locator("#spoken").get_attribute("aria-live") == "polite"


def test_what_python_refuses_is_said_and_no_line_is_offered(page):
    page.get_by_label("family").select_option("gaussian_derivative")
    put(page, "sampling", "discrete")
    put(page, "size", 10)
    assert page.evaluate(STATE) is None
    assert "must be odd" in page.locator("#remarks").inner_text()
    assert page.get_by_role("button", name="Copy").is_disabled()
    with pytest.raises(ValueError, match="must be odd"):
        fb.gaussian_derivative(10, sampling="discrete")
    put(page, "size", 11)
    assert_is_pythons(page.evaluate(STATE))
    assert page.get_by_role("button", name="Copy").is_enabled()


def test_a_number_out_of_bounds_changes_nothing_and_goes_when_left(page):
    before = choose(page, "gabor", {"size": 11})
    field = control(page, "size").get_by_role("spinbutton")
    for text in ("99", "0", ""):
        field.fill(text)
        assert page.evaluate(STATE) == before
        field.blur()
        assert field.input_value() == "11"


def test_dependent_filters_are_called_so(page):
    choose(page, "gradient", {"kind": "kirsch"})
    assert "rank 7 of 8" in page.locator("#remarks").inner_text()
    assert page.locator("#condition").inner_text() == "∞"


def test_an_address_is_a_bank(open_page, explorer, page):
    state = choose(page, "gabor", {"size": 13, "frequencies": [0.1, 0.3], "phases": "odd", "n": 5, "norm": "max"})
    with open_page(page.url) as (other, heard):
        assert other.evaluate(STATE) == state
        # What is no bank's is left out, and the rest kept.
        other.goto(explorer.as_uri() + "#dct?size=9&level=junk&n=-3&norm=l7&dc=false&frequencies=1")
        other.wait_for_function('window.filterbankExplorer.state().family === "dct"')
        assert other.evaluate(STATE)["python"] == "fb.dct(9, dc=False)"
        other.goto(explorer.as_uri() + "#nothing?size=9")
        other.wait_for_function('window.filterbankExplorer.state().family === "gabor"')
        assert heard.errors == []
