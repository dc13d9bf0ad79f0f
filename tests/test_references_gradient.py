"""Masks of edge detectors against scikit-image's, SciPy's and OpenCV's own responses, and Kirsch's numbers."""

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import filters

import filterbank as fb

SKIMAGE = {
    "sobel": (filters.sobel_v, filters.sobel_h),
    "prewitt": (filters.prewitt_v, filters.prewitt_h),
    "scharr": (filters.scharr_v, filters.scharr_h),
    "farid": (filters.farid_v, filters.farid_h),
}
SIDES = {"sobel": 3, "prewitt": 3, "scharr": 3, "farid": 5, "roberts": 2, "kirsch": 3}


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(4).standard_normal((40, 31))


@pytest.mark.parametrize("kind", SKIMAGE)
@pytest.mark.parametrize("side", [5, 7, 11])
def test_responses_are_scikit_images(image, kind, side):
    responses = fb.apply(image, fb.gradient(side, kind=kind, norm=None))
    for response, reference in zip(responses, SKIMAGE[kind], strict=True):
        np.testing.assert_allclose(response, reference(image), rtol=0, atol=1e-14)


@pytest.mark.parametrize("window", [2, 4, (2, 6)])
def test_roberts_responses_are_scikit_images_up_to_a_pixel(image, window):
    along, across = fb.apply(image, fb.gradient(window, kind="roberts", norm=None), mode="wrap")
    inside = (slice(3, -3), slice(3, -3))
    bank = fb.gradient(window, kind="roberts")
    shift = [side // 2 - (side - 2) // 2 for side in bank.size]
    for response, reference in ((along, filters.roberts_pos_diag), (across, filters.roberts_neg_diag)):
        moved = np.roll(reference(image), shift, (0, 1))
        np.testing.assert_allclose(response[inside], moved[inside], rtol=0, atol=1e-14)


def test_scales_of_scipy_and_opencv(image):
    sobel, prewitt, scharr = (
        fb.apply(image, fb.gradient(3, kind=k, norm=None)) for k in ("sobel", "prewitt", "scharr")
    )
    for response, axis in zip(sobel, (1, 0), strict=True):
        np.testing.assert_allclose(4 * response, ndimage.sobel(image, axis), rtol=0, atol=1e-13)
    for response, axis in zip(prewitt, (1, 0), strict=True):
        np.testing.assert_allclose(3 * response, ndimage.prewitt(image, axis), rtol=0, atol=1e-13)
    for response, (dx, dy) in zip(scharr, ((1, 0), (0, 1)), strict=True):
        reference = cv2.Scharr(image, cv2.CV_64F, dx, dy, borderType=cv2.BORDER_REFLECT)
        np.testing.assert_allclose(16 * response, reference, rtol=0, atol=1e-13)


def test_sobel_of_the_textbook():
    textbook = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    np.testing.assert_array_equal(4 * fb.gradient(3, norm=None).filters, [textbook, textbook.T])
    np.testing.assert_array_equal(fb.gradient(3).filters, fb.gradient(3, kind="sobel").filters)


def test_kirsch_of_the_textbook():
    bank = fb.gradient(3, n=7, kind="kirsch", norm=None)
    np.testing.assert_array_equal(bank[0], [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]])
    np.testing.assert_array_equal(bank[1], [[-3, -3, -3], [-3, 0, 5], [-3, 5, 5]])
    np.testing.assert_array_equal(bank[6], [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]])
    for place in range(5):  # a quarter turn from x towards y is two masks on
        np.testing.assert_array_equal(bank[place + 2], np.rot90(bank[place], -1))


def test_the_eight_of_kirsch_are_dependent():
    with pytest.warns(fb.BankWarning, match="the 8 filters of a 3x3 gradient bank are dependent: rank 7 of 8"):
        bank = fb.gradient(3, kind="kirsch", norm=None)
    np.testing.assert_array_equal(bank.filters.sum(axis=0), np.zeros((3, 3)))
    with pytest.raises(ValueError, match="rank 7 of 8"):
        fb.gradient(3, kind="kirsch", strict=True)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("kind", SIDES)
@pytest.mark.parametrize("window", [(5, 5), (6, 9), (8, 12), (31, 7)])
def test_larger_windows_hold_the_masks_in_the_middle(kind, window):
    side = SIDES[kind]
    bank, masks = fb.gradient(window, kind=kind, norm=None), fb.gradient(side, kind=kind, norm=None)
    top, left = ((extent - side) // 2 for extent in window)
    inside = (slice(None), slice(top, top + side), slice(left, left + side))
    np.testing.assert_array_equal(bank.filters[inside], masks.filters)
    outside = bank.filters.copy()
    outside[inside] = 0
    assert not outside.any()


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("kind", SIDES)
def test_orientation_is_where_the_image_grows_brighter(kind):
    bank = fb.gradient(SIDES[kind], kind=kind, norm=None)
    assert set(bank.parameters["kind"]) == {kind}
    y, x = np.mgrid[: SIDES[kind], : SIDES[kind]]
    for one, angle in zip(bank, bank.parameters["orientation"], strict=True):
        along = (one * (x * np.cos(angle) + y * np.sin(angle))).sum()
        across = (one * (y * np.cos(angle) - x * np.sin(angle))).sum()
        assert along > 0
        assert across == pytest.approx(0, abs=1e-14 * along)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("kind", SIDES)
def test_masks_sum_to_zero(kind):
    for window in (5, (6, 11)):
        sums = fb.gradient(window, kind=kind, norm=None).filters.sum((1, 2))
        np.testing.assert_allclose(sums, 0, rtol=0, atol=1e-16)


def test_errors_of_gradient():
    with pytest.raises(
        ValueError, match="`size` must be at least 5 pixels a side for kind='farid', got 3x9; use a larg"
    ):
        fb.gradient((3, 9), kind="farid")
    with pytest.raises(ValueError, match=r"`kind` must be one of 'sobel', 'prewitt', .*, got 'canny'"):
        fb.gradient(3, kind="canny")
    with pytest.raises(ValueError, match='`n` must be at most 2 for a 3x3 gradient bank, got 3; use kind="kirsch"'):
        fb.gradient(3, n=3)
    with pytest.raises(ValueError, match="`size` of gradient must be 2-D, got 1 dimensions"):
        fb.gradient((3,))
