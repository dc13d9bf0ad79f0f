"""The explorer for everybody: its pictures, the keyboard, a phone, light and dark."""

import numpy as np
import pytest
from explorer_cases import CASES, TABLED
from explorer_driver import STATE, choose, control, pasted_text, pixels
from matplotlib import colormaps

PHONE = {"width": 390, "height": 844}
FAMILIES = [*CASES, *TABLED]


@pytest.fixture
def page(explorer_page):
    return explorer_page


def test_tiles_have_one_scale_and_matplotlibs_colours(page):
    state = choose(page, "gabor", {"size": 11})
    assert state["n"] == 16
    reach = np.abs(state["filters"]).max()
    colours = colormaps["RdBu_r"](np.linspace(0, 1, 256))[:, :3] * 255
    image = pixels(page, "tiles")
    tile = image.shape[0] / 4  # four rows of four
    values = set()
    for k in range(16):
        x, y = (k % 4 + 0.5) * tile, (k // 4 + 0.5) * tile
        middle = state["filters"][k][60]
        values.add(round(middle, 6))
        assert np.abs(image[int(y), int(x)] - colours[round((middle / reach + 1) / 2 * 255)]).max() <= 4
    assert len(values) > 2


def test_a_click_on_a_tile_chooses_its_filter(page):
    choose(page, "gabor", {"size": 11})
    box = page.locator("#tiles").bounding_box()
    tile = box["height"] / 4
    for k in (0, 3, 9, 15):
        page.mouse.click(box["x"] + (k % 4 + 0.5) * tile, box["y"] + (k // 4 + 0.5) * tile)
        assert page.locator("#chosen").input_value() == str(k)
        assert page.locator("#one-title").inner_text() == f"Filter {k} of 16"


def test_a_scale_for_each_filter_is_asked_for_and_said(page):
    state = choose(page, "gabor", {"size": 11, "norm": "None"})
    shared = pixels(page, "tiles")
    assert f"{np.abs(state['filters']).max():.4g}" in page.locator("#tiles-scale").inner_text()
    page.get_by_label("a scale for each filter").check()
    own = pixels(page, "tiles")
    assert "largest of each" in page.locator("#tiles-scale").inner_text()
    weakest = np.argmin(np.abs(state["filters"]).max(axis=1))
    row, column = divmod(int(weakest), 4)
    tile = shared.shape[0] // 4
    place = (slice(row * tile + 8, (row + 1) * tile - 8), slice(column * tile + 8, (column + 1) * tile - 8))
    assert np.ptp(own[place]) > np.ptp(shared[place])


def test_the_plane_is_dark_where_nothing_passes(page):
    def at_zero():
        image = pixels(page, "plane")
        inner = min(image.shape[1] - 54, 330)
        return image[6 + inner // 2, 46 + inner // 2]

    low, high = (np.array(colormaps["viridis"](end)[:3]) * 255 for end in (0.0, 1.0))
    choose(page, "log_gabor", {})
    assert np.abs(at_zero() - low).max() <= 4
    choose(page, "gaussian_derivative", {"max_order": 0})
    assert np.abs(at_zero() - high).max() <= 8


def test_by_keyboard_alone(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "family"
    page.keyboard.type("dct")
    assert page.evaluate(STATE)["python"] == "fb.dct(8)"
    reached = {}
    for _ in range(40):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(FOCUSED)
        if name.startswith("BODY"):
            break
        reached[name] = ring
        if name in KEYS:
            page.keyboard.press(KEYS[name])
    assert set(reached.values()) == {"solid"}
    assert {"INPUT level, slider", "BUTTON level: auto", "SELECT norm", "INPUT values", "INPUT filter, slider"} <= set(
        reached
    )
    assert page.evaluate(STATE)["python"] == "fb.dct(9, dc=False)"
    assert pasted_text(page) == "fb.dct(9, dc=False)"
    page.locator("#chosen-range").focus()
    page.keyboard.press("End")
    assert page.locator("#one-title").inner_text() == "Filter 79 of 80"


KEYS = {"INPUT size, slider": "ArrowRight", "INPUT dc": "Space", "BUTTON Copy": "Enter"}
FOCUSED = """() => {
  const one = document.activeElement;
  const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? one.textContent;
  return [`${one.tagName} ${name.trim()}`, getComputedStyle(one).outlineStyle];
}"""


def test_every_control_has_a_name_and_every_id_is_one(page):
    for family in FAMILIES:
        page.get_by_label("family").select_option(family)
        assert page.evaluate(NAMELESS) == [], family
        assert page.evaluate(REPEATED) == [], family


NAMELESS = """() => {
  const named = (one) => one.getAttribute("aria-label") || one.labels?.length
    || (one.tagName === "BUTTON" && one.textContent.trim());
  const all = Array.from(document.querySelectorAll("input, select, button, canvas"));
  return all.filter((one) => !named(one)).map((one) => one.outerHTML);
}"""
REPEATED = """() => {
  const ids = Array.from(document.querySelectorAll("[id]"), (one) => one.id);
  return ids.filter((id, k) => ids.indexOf(id) !== k);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_it(open_page, explorer, overflow, scheme):
    with open_page(explorer, viewport=PHONE, color_scheme=scheme, has_touch=True) as (page, heard):
        for family in FAMILIES:
            page.get_by_label("family").select_option(family)
            assert overflow(page) == 0, family
        choose(
            page, "gabor", {"frequencies": [0.1, 0.15, 0.2, 0.25, 0.3, 0.35], "bandwidth": 1.35, "aspect_ratio": 0.75}
        )
        assert overflow(page) == 0
        # The filters stay in sight while the last parameter is set.
        control(page, "norm").scroll_into_view_if_needed()
        box = page.locator("#tiles").bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] < PHONE["height"] / 2
        assert heard.errors == []
        assert heard.external == []


def test_on_a_phone_line_and_numbers_stay_in_sight(open_page, explorer):
    with open_page(explorer, viewport=PHONE, has_touch=True) as (page, _):
        sliders = page.locator('#parameters input[type="range"]').all()
        assert len(sliders) > 3
        for slider in sliders:
            slider.focus()
            focused, tiles = slider.bounding_box(), page.locator("#tiles").bounding_box()
            result = page.locator(".result").bounding_box()
            assert tiles["y"] + tiles["height"] <= focused["y"]
            assert focused["y"] + focused["height"] <= result["y"]
            assert result["height"] < PHONE["height"] / 5
            code, numbers = page.locator(".code").bounding_box(), page.locator(".numbers").bounding_box()
            assert code["y"] + code["height"] <= numbers["y"]
            for name in ("#python", "#copy", "#count", "#rank", "#condition", "#bounds"):
                box = page.locator(name).bounding_box()
                assert box["height"] > 10
                assert box["x"] + box["width"] <= PHONE["width"], name
                assert result["y"] <= box["y"], name
                assert box["y"] + box["height"] <= PHONE["height"], name


def test_light_and_dark_have_contrast(open_page, explorer):
    for scheme in ("light", "dark"):
        with open_page(explorer, color_scheme=scheme) as (page, _):
            assert page.evaluate(CONTRAST, ["body", "body"]) > 10
            for soft in (".help", ".more", "footer", "button.quiet", "#copy"):
                assert page.evaluate(CONTRAST, [soft, soft]) >= 4.5, (scheme, soft)


# The ratio of luminances of WCAG 2, of an element's text and the nearest background behind it.
CONTRAST = """([selector]) => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const opaque = (one) => { const [, , , alpha = 1] = rgb(getComputedStyle(one).backgroundColor); return alpha > 0; };
  const one = document.querySelector(selector);
  let behind = one;
  while (!opaque(behind)) behind = behind.parentElement;
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = rgb(colour).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [a, b] = [luminance(getComputedStyle(one).color), luminance(getComputedStyle(behind).backgroundColor)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@pytest.mark.parametrize(("motion", "still"), [("reduce", True), ("no-preference", False)])
def test_nothing_moves_for_those_who_want_it_so(open_page, explorer, motion, still):
    with open_page(explorer, reduced_motion=motion) as (page, _):
        duration = page.evaluate('getComputedStyle(document.getElementById("copy")).transitionDuration')
        assert (duration == "0s") is still
