"""The explorer's pictures of frequencies: spectra, power and contours are those of `analysis` and of scikit-image."""

import numpy as np
import pytest
from explorer_driver import STATE, choose, made_in_python, pixels
from matplotlib import colormaps
from scipy.interpolate import RegularGridInterpolator
from skimage.measure import find_contours

import filterbank as fb

# One filter of each is oblique, so that a flipped axis shows: a Gabor at 30 degrees, and Kirsch's second mask, at 45.
OBLIQUE = {
    "gabor": ({"size": 15, "frequencies": [0.2], "orientations": 6, "phases": "even"}, 1),
    "gradient": ({"kind": "kirsch"}, 1),
}


@pytest.fixture(params=OBLIQUE)
def chosen(request, explorer_page):
    """Return the page, what it shows of an oblique filter, and the magnitudes of all filters in Python."""
    settings, number = OBLIQUE[request.param]
    choose(explorer_page, request.param, settings)
    explorer_page.locator("#chosen").fill(str(number))
    state = explorer_page.evaluate(STATE)
    assert state["filter"] == number
    return explorer_page, state, magnitudes(state)


def magnitudes(state):
    """Return Python's magnitudes on the page's frequencies, from -0.5 to 0.5 with both ends."""
    bank, _ = made_in_python(state["python"])
    grid = np.abs(fb.analysis.frequency_response(bank, state["points"] - 1))
    return np.pad(grid, [(0, 0), (0, 1), (0, 1)], mode="wrap")


def lean(plane):
    """How much more lies where the frequencies of both axes have one sign than where they have two, as a share."""
    half = plane.shape[0] // 2
    same = plane[:half, :half].sum() + plane[half + 1 :, half + 1 :].sum()
    other = plane[:half, half + 1 :].sum() + plane[half + 1 :, :half].sum()
    return (same - other) / (same + other)


def rounded(points):
    return sorted({(round(x, 9), round(y, 9)) for x, y in points})


def test_spectra_and_power_are_pythons(chosen):
    _, state, expected = chosen
    assert abs(lean(expected[state["filter"]])) > 0.1
    shape = expected.shape[1:]
    own = np.reshape(state["magnitudes"], shape)
    np.testing.assert_allclose(own, expected[state["filter"]], rtol=0, atol=1e-12 * expected.max())
    power = (expected**2).sum(axis=0)
    np.testing.assert_allclose(np.reshape(state["power"], shape), power, rtol=0, atol=1e-12 * power.max())


def test_contours_are_scikit_images(chosen):
    _, state, expected = chosen
    assert len(state["contours"]) == len(expected)
    for number, (pieces, plane) in enumerate(zip(state["contours"], expected, strict=True)):
        lines = find_contours(plane, plane.max() / 2)
        # Both interpolate between samples, so the points are the same; a row is along y.
        points = np.concatenate(lines)[:, ::-1] / (state["points"] - 1) - 0.5
        ends = np.reshape(pieces, (-1, 2))
        found, wanted = np.array(rounded(ends)), np.array(rounded(points))
        assert len(wanted) > 20
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-9, err_msg=f"filter {number}")
        # And they are joined alike: as many pieces, each as long.
        lengths = [np.linalg.norm(np.diff(line, axis=0), axis=1) / (state["points"] - 1) for line in lines]
        own = np.linalg.norm(np.diff(pieces, axis=1)[:, 0], axis=1)
        np.testing.assert_allclose(np.sort(own), np.sort(np.concatenate(lengths)), rtol=0, atol=1e-9)


def test_the_chosen_contour_is_drawn_where_it_lies(chosen):
    page, state, expected = chosen
    image = pixels(page, "plane")
    inner = min(image.shape[1] - 54, 330)
    orange = np.argwhere(np.abs(image - [255, 157, 60]).max(axis=2) < 30)
    assert len(orange) > 50
    plane = expected[state["filter"]]
    line = np.concatenate(find_contours(plane, plane.max() / 2)) * inner / (state["points"] - 1)
    places = orange - [6, 46] + 0.5
    away = np.linalg.norm(places[:, None] - line, axis=2)
    assert away.min(axis=1).max() < 3  # every pixel of that colour lies on the line, which is 2 wide
    within = ((line > 2) & (line < inner - 2)).all(axis=1)
    assert away.min(axis=0)[within].max() < 4  # and the line is all there


def coloured(map_, left, top, size, image):
    """Return the part of a canvas that a map fills, and what Matplotlib would draw of the map at its pixels."""
    samples = np.linspace(0, 1, len(map_))
    inside = np.arange(2, int(size) - 2)  # but for the frame
    part = image[np.ix_(top + inside, int(left) + inside)]
    down, right = (inside + 0.5) / size, (inside + 0.5 + int(left) - left) / size
    # The browser interpolates the colours of the samples.
    colours = colormaps["viridis"](map_ / map_.max())[..., :3] * 255
    places = tuple(np.meshgrid(down, right, indexing="ij"))
    return part, RegularGridInterpolator((samples, samples), colours)(places)


@pytest.mark.parametrize("canvas", ["one", "plane"])
def test_maps_reach_from_border_to_border(explorer_page, canvas):
    """The first and the last sample stand on the borders: half a sample beside it, steep flanks would be elsewhere."""
    choose(explorer_page, "gabor", {"size": 31, "frequencies": [0.43], "n": 1, "bandwidth": 0.4})
    state = explorer_page.evaluate(STATE)
    image = pixels(explorer_page, canvas)
    own = magnitudes(state)[0]
    if canvas == "one":
        size = min((image.shape[1] - 12) / 2 - 1, 190)
        part, wanted = coloured(own, 1 + size + 12, 1, size, image)
    else:
        size = min(image.shape[1] - 54, 330)
        part, wanted = coloured(own**2, 46, 6, size, image)
        # The contour hides some of it.
        line = np.abs(part - wanted).max(axis=2) > 60
        part = np.where(line[..., None], wanted, part)
    flank = (slice(len(part) // 2 - 8, len(part) // 2 + 8), slice(-12, None))  # where the lobe meets the border
    assert np.ptp(wanted[flank][..., 1]) > 60
    # Of 256 levels: 4 where the samples stand right, 9 and more where they are half a sample off.
    assert np.abs(part - wanted)[flank].max(axis=2).mean() < 6
