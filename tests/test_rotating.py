"""rotate: against steered and remade filters, moved pixels and formulas at turned coordinates."""

import json
import math
import re

import numpy as np
import pytest
from scipy import ndimage
from skimage import data
from test_steering import coordinates

import filterbank as fb


def banks(photograph):
    """Return one bank for each way of turning."""
    return {
        "steered": [fb.steerable(9), fb.zernike(9), fb.gaussian_derivative(9, n=7), fb.steerable_pyramid(9)],
        "remade": [fb.gabor(11), fb.log_gabor(15), fb.morlet(11), fb.gabor(11, orientations=[0.2, 1.0])[::3]],
        "spline": [
            fb.dct(7),
            fb.pca([photograph[:60, :60]], 7),
            fb.zero_mean(fb.gabor(11)),
            fb.FilterBank(np.eye(9).reshape(9, 3, 3)),
        ],
    }


@pytest.mark.parametrize("how", ["steered", "remade", "spline"])
def test_rotate_says_how_and_its_recipe_makes_the_bank_again(how, photograph):
    for bank in banks(photograph)[how]:
        turned = fb.rotate(bank, 0.3)
        assert turned.recipe["then"][-1] == {"step": "rotate", "angle": 0.3, "how": how}
        again = fb.make(**json.loads(json.dumps(turned.recipe)))
        if "filters" not in bank.recipe:
            assert again.filters.tobytes() == turned.filters.tobytes()
            assert again.recipe == turned.recipe
        assert list(turned.parameters)[: len(bank.parameters)] == list(bank.parameters)
        if "orientation" in bank.parameters:
            np.testing.assert_allclose(
                turned.parameters["orientation"], bank.parameters["orientation"] + 0.3, rtol=0, atol=1e-15
            )


@pytest.mark.parametrize("quarters", [-3, -2, -1, 1, 2, 3, 4, 5])
def test_quarter_turns_move_pixels(quarters, photograph):
    for bank in [bank for several in banks(photograph).values() for bank in several]:
        turned = fb.rotate(bank, quarters * math.pi / 2)
        np.testing.assert_array_equal(turned.filters, np.rot90(bank.filters, -quarters, axes=(1, 2)))


def test_angles_turn_from_x_towards_y():
    bank = fb.FilterBank([[[0, 0, 0], [0, 0, 1], [0, 0, 0]]])
    np.testing.assert_array_equal(fb.rotate(bank, math.pi / 2)[0], [[0, 0, 0], [0, 0, 0], [0, 1, 0]])
    blob = np.exp(-((coordinates((15, 15), 0)[0]) ** 2 + (coordinates((15, 15), 0)[1] - 4) ** 2) / 3)
    turned = fb.rotate(blob[None], math.pi / 6)[0]
    row, column = ndimage.center_of_mass(turned)
    assert (column - 7, row - 7) == pytest.approx((4 * math.cos(math.pi / 6), 4 * math.sin(math.pi / 6)), abs=0.01)


def test_the_recipe_says_that_pixels_were_moved():
    for bank in (fb.dct(7), fb.gabor(7), fb.gaussian_derivative(7)):
        assert fb.rotate(bank, math.pi / 2).recipe["then"][0]["how"] == "moved"
    with pytest.raises(ValueError, match="`angle` must be a multiple of pi / 2, of pi where a window is not square"):
        fb.rotate(fb.dct(7), 0.3, how="moved")


def test_angles_that_look_like_degrees_are_refused():
    with pytest.raises(ValueError, match=r"`angle` must be in radians, of at most 4 pi, got 90; np.deg2rad"):
        fb.rotate(fb.dct(7), 90)
    with pytest.raises(ValueError, match=r"`orientations` must be in radians, of at most 2 pi, got 90; np.deg2rad"):
        fb.gabor(11, orientations=[0, 45, 90])


def test_half_turns_of_any_window_move_pixels():
    bank = fb.dct((5, 8))
    np.testing.assert_array_equal(fb.rotate(bank, math.pi).filters, bank.filters[:, ::-1, ::-1])
    assert fb.rotate(bank, math.pi / 2).size == (5, 8)


def test_remade_filters_are_the_familys_at_the_turned_orientations():
    for family, arguments in ((fb.gabor, {"frequencies": [0.2]}), (fb.log_gabor, {}), (fb.morlet, {"low_pass": False})):
        start = np.array([0.1, 0.6, 1.3])
        bank = family(15, orientations=start, **arguments)
        turned = fb.rotate(bank, 0.45)
        expected = family(15, orientations=start + 0.45, **arguments)
        np.testing.assert_array_equal(turned.filters, expected.filters)
        np.testing.assert_array_equal(turned.parameters["orientation"], expected.parameters["orientation"])


def test_remade_filters_keep_their_scale_and_follow_earlier_turns():
    bank = fb.gabor(11, norm=None, n=6)
    twice = fb.rotate(fb.rotate(fb.normalize(bank, "max")[[1, 4]], 0.2), 0.25)
    expected = fb.normalize(fb.rotate(bank, 0.45), "max")[[1, 4]]
    np.testing.assert_allclose(twice.filters, expected.filters, rtol=0, atol=1e-14)


def test_remade_filters_bring_their_own_warnings():
    bank = fb.gabor(11, frequencies=[0.6], orientations=[math.pi / 4], sigma=[2.0])
    with pytest.warns(fb.BankWarning, match="lie above the Nyquist frequency"):
        fb.rotate(bank, -math.pi / 4 + 0.01)


@pytest.mark.parametrize("angle", [0.3, 1.2])
def test_splines_come_close_to_the_formula_where_the_filter_is_smooth(angle):
    bank = fb.hermite(31, sigma=3, max_order=3)
    spline, exact = (fb.rotate(bank, angle, how=how) for how in ("spline", "steered"))
    difference = abs(spline.filters - exact.filters).max() / abs(exact.filters).max()
    assert 1e-6 < difference < 2e-3
    assert abs(spline.filters - fb.rotate(bank, -angle).filters).max() > 0.1 * abs(exact.filters).max()


def test_splines_are_zero_outside_the_window():
    turned = fb.rotate(np.ones((1, 11, 11)), math.pi / 4)[0]
    assert abs(turned[0, 0]) < 0.02
    assert turned[5, 5] == pytest.approx(1, rel=0, abs=1e-3)


def test_how_can_be_asked_for():
    bank = fb.gabor(11)
    assert fb.rotate(bank, 0.3, how="remade") == fb.rotate(bank, 0.3)
    assert fb.rotate(bank, 0.3, how="spline") != fb.rotate(bank, 0.3)
    with pytest.raises(ValueError, match=r"`bank` must be of a steerable family to be steered, .*, got gabor"):
        fb.rotate(bank, 0.3, how="steered")
    with pytest.raises(
        ValueError, match="`bank` must be of a family that takes `orientations` to be made again, got dct"
    ):
        fb.rotate(fb.dct(5), 0.3, how="remade")
    with pytest.raises(
        ValueError, match="`how` must be one of 'moved', 'steered', 'remade', 'spline', None, got 'magic'"
    ):
        fb.rotate(bank, 0.3, how="magic")
    with pytest.raises(
        ValueError, match=re.escape("`bank` must be 2-D to be turned, got 3-D; turn volumes with scipy")
    ):
        fb.rotate(fb.dct((3, 3, 3)), 0.3)


def test_a_photograph_that_turns_gives_turned_responses():
    """Turning the image and the filters alike leaves the response where nothing is cut."""
    image = data.camera().astype(float)[150:301, 150:301]
    image -= image.mean()
    y, x = coordinates(image.shape, 0)
    image *= np.exp(-(x * x + y * y) / (2 * 25**2))
    bank = fb.gaussian_derivative(15, sigma=2.0, max_order=2)
    response = fb.apply(image, bank)
    turned_image = fb.rotate(image[None], 0.5)[0]
    turned_response = fb.rotate(response, 0.5).filters
    again = fb.apply(turned_image, fb.steer(bank, 0.5))
    scale = np.linalg.norm(
        fb.steer(fb.gaussian_derivative(15, sigma=2.0, max_order=2, norm=None), 0.5).filters, axis=(1, 2)
    )
    start = np.linalg.norm(fb.gaussian_derivative(15, sigma=2.0, max_order=2, norm=None).filters, axis=(1, 2))
    again = again * (scale / start)[:, None, None]
    assert abs(again - turned_response).max() < 0.02 * abs(turned_response).max()
