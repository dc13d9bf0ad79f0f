"""Setting the explorer's controls as a reader does, and making in Python what it shows."""

import base64
import io
import warnings

import numpy as np
import skimage
from PIL import Image

import filterbank as fb

STATE = "window.filterbankExplorer.state()"
REMARKS = {"aliased": "are aliased", "cut": "window cuts"}


def control(page, name):
    return page.locator(f'[data-parameter="{name}"]')


def put(page, name, value):
    """Set a parameter by its control, as the kind of value says."""
    box = control(page, name)
    if isinstance(value, bool):
        box.get_by_role("checkbox").set_checked(value)
    elif isinstance(value, str):
        box.get_by_role("combobox").select_option(label=value)
    elif isinstance(value, list):
        put_several(box, value)
    else:
        box.get_by_role("spinbutton").fill(str(value))


def put_several(box, values):
    box.get_by_role("button", name="set by hand").click()
    rows = box.get_by_role("spinbutton")
    while rows.count() < len(values):
        box.get_by_role("button", name="add one").click()
    while rows.count() > len(values):
        box.get_by_role("button", name=f"{rows.count()}: remove").click()
    for row, value in zip(rows.all(), values, strict=True):
        row.fill(str(value))


def choose(page, family, settings):
    page.get_by_label("family").select_option(family)
    page.get_by_role("button", name="Back to the defaults").click()
    for name, value in settings.items():
        put(page, name, value)
    return page.evaluate(STATE)


def made_in_python(line):
    """Return the bank that a line makes, and of what it warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bank = eval(line, {"fb": fb, "skimage": skimage})
    texts = " ".join(str(warning.message) for warning in caught)
    return bank, {kind for kind, words in REMARKS.items() if words in texts}


def pixels(page, canvas):
    """Return the colours of a canvas, `(height, width, 3)`, at one pixel for each of the page's."""
    address = page.evaluate('(id) => document.getElementById(id).toDataURL("image/png")', canvas)
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as image:
        return np.array(image.convert("RGB"), dtype=int)


def pasted_text(page):
    """Return what Ctrl+V gives in a field of the same window."""
    page.evaluate(PASTE_AREA)
    page.keyboard.press("Control+V")
    text = page.locator("#paste").input_value()
    page.evaluate('document.getElementById("paste").remove()')
    return text


PASTE_AREA = """() => {
  const area = document.createElement("textarea");
  area.id = "paste";
  document.body.append(area);
  area.focus();
}"""
