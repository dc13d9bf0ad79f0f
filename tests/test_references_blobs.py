"""Differences of Gaussians and Laplacians of a Gaussian against SciPy's and scikit-image's own responses."""

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage
from skimage import filters

import filterbank as fb

AGREEMENT = 1e-14  # of the largest magnitude of each filter
ODD_WINDOWS = [(31,), (21, 21), (15, 27), (11, 13, 15)]
ANY_WINDOWS = [(8,), (9,), (6, 6), (7, 7), (5, 8), (4, 5, 6)]


def pixel(window):
    """Return a single bright pixel in the middle of an image twice as large, and where the window lies."""
    shape = tuple(2 * side + 1 for side in window)
    image = np.zeros(shape)
    image[window] = 1
    return image, tuple(slice(side - side // 2, side + side // 2 + 1) for side in window)


def assert_close(actual, expected, tolerance=AGREEMENT):
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def scalar_gaussian(window, sigma):
    """Return a Gaussian that sums to 1, one value at a time, and the squared radii."""
    places = list(itertools.product(*([i - (side - 1) / 2 for i in range(side)] for side in window)))
    squared = [sum(place**2 for place in one) for one in places]
    values = [math.exp(-square / (2 * sigma**2)) for square in squared]
    total = math.fsum(values)
    return [value / total for value in values], squared


# Differences of Gaussians


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", ODD_WINDOWS)
@pytest.mark.parametrize("ratio", [1.6, 1.1, 3])
def test_dog_is_the_difference_of_scipys_gaussian_filters(window, ratio):
    sigmas = [2.3, 1.0, 0.6]
    image, inside = pixel(window)
    radius = [side // 2 for side in window]
    for one, sigma in zip(fb.dog(window, sigmas=sigmas, ratio=ratio, norm=None), sigmas, strict=True):
        narrow = ndimage.gaussian_filter(image, sigma, radius=radius, mode="constant")
        wide = ndimage.gaussian_filter(image, ratio * sigma, radius=radius, mode="constant")
        assert_close(one, (narrow - wide)[inside])


def test_dog_is_scikit_images(photograph):
    patch = photograph[100:160, 200:280] / 255
    # There the wide Gaussian ends with this window at 21 pixels, and the narrow one at 13, where 1e-9 of it is left.
    (response,) = fb.apply(patch, fb.dog(43, sigmas=2, norm=None), mode="nearest")
    reference = filters.difference_of_gaussians(patch, 2, 3.2, truncate=21 / 3.2)
    assert_close(response, reference, 1e-9)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", ANY_WINDOWS)
@pytest.mark.parametrize("ratio", [1.6, 2])
def test_dog_of_the_formula(window, ratio):
    for one, sigma in zip(fb.dog(window, sigmas=[1.2, 0.7], ratio=ratio, norm=None), (1.2, 0.7), strict=True):
        narrow, wide = (scalar_gaussian(window, width)[0] for width in (sigma, ratio * sigma))
        assert_close(one, np.subtract(narrow, wide).reshape(window))


# Laplacians of a Gaussian


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", ODD_WINDOWS)
def test_laplacian_of_gaussian_is_scipys_without_its_mean(window):
    sigmas = [2.3, 1.0, 0.6]
    image, inside = pixel(window)
    ends = {"mode": "constant", "radius": [side // 2 for side in window]}
    for one, sigma in zip(fb.laplacian_of_gaussian(window, sigmas=sigmas, norm=None), sigmas, strict=True):
        laplacian = ndimage.gaussian_laplace(image, sigma, **ends)[inside]
        gaussian = ndimage.gaussian_filter(image, sigma, **ends)[inside]
        assert_close(one, laplacian - laplacian.sum() * gaussian)


def test_laplacian_of_gaussian_is_scipys_to_the_last_digits_where_the_window_holds_it():
    image, inside = pixel((61, 61))
    for one, sigma in zip(fb.laplacian_of_gaussian(61, sigmas=[3, 2], norm=None), (3, 2), strict=True):
        assert_close(one, ndimage.gaussian_laplace(image, sigma, mode="constant", truncate=10)[inside])


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", ANY_WINDOWS)
def test_laplacian_of_gaussian_of_the_formula(window):
    sigmas = [1.3, 0.8, 0.5]
    for one, sigma in zip(fb.laplacian_of_gaussian(window, sigmas=sigmas, norm=None), sigmas, strict=True):
        gaussian, squared = scalar_gaussian(window, sigma)
        variance = math.fsum(square * value for square, value in zip(squared, gaussian, strict=True))
        expected = [(square - variance) / sigma**4 * g for square, g in zip(squared, gaussian, strict=True)]
        assert_close(one, np.reshape(expected, window))


def test_laplacian_of_gaussian_is_the_limit_of_the_difference():
    (limit,) = fb.laplacian_of_gaussian(31, sigmas=2)
    (difference,) = fb.dog(31, sigmas=2 / math.sqrt(1.0002), ratio=1.0002)
    assert_close(-difference, limit, 1e-4)


# Both


FAMILIES = [fb.dog, fb.laplacian_of_gaussian]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("window", [(7,), (31,), (8, 8), (31, 31), (9, 30), (7, 8, 9), (21, 21, 21)])
def test_blobs_sum_to_zero(family, window):
    pixels = tuple(range(1, len(window) + 1))
    np.testing.assert_allclose(family(window, norm=None).filters.sum(pixels), 0, rtol=0, atol=1e-14)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("side", range(7, 32))
def test_defaults_fit_the_window_from_coarse_to_fine(family, side):
    for dimensions in (1, 2, 3) if side < 12 else (1, 2):
        bank = family((side,) * dimensions, strict=True)
        sigma, frequency = bank.parameters["sigma"], bank.parameters["frequency"]
        np.testing.assert_allclose(sigma[:-1] / sigma[1:], math.sqrt(2), rtol=1e-14)
        assert (frequency <= 0.35).all()
        assert frequency[-1] * math.sqrt(2) > 0.35


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dimensions", [1, 2])
def test_frequency_is_the_peak_of_the_spectrum(family, dimensions):
    bank = family((63,) * dimensions, sigmas=[3.0, 1.5])
    line = bank.filters if dimensions == 1 else bank.filters.sum(axis=1)  # a section of the spectrum
    spectrum = np.abs(np.fft.rfft(line, 2**14))
    np.testing.assert_allclose(spectrum.argmax(axis=1) / 2**14, bank.parameters["frequency"], rtol=0, atol=1e-4)


def test_what_the_window_cuts_and_the_grid_aliases():
    with pytest.warns(fb.BankWarning, match=r"the window cuts 1 of the 2 filters of an 11x11 .*: filter 0 loses 8\.4%"):
        fb.laplacian_of_gaussian(11, sigmas=[3, 1])
    whole = fb.laplacian_of_gaussian(61, sigmas=[3])[0]
    assert 1 - np.sum(whole[25:36, 25:36] ** 2) / np.sum(whole**2) == pytest.approx(0.084, abs=5e-4)
    with pytest.warns(fb.BankWarning, match="1 of the 2 filters of an 11x11 difference-of-Gaussians bank lie above"):
        fb.dog(11, sigmas=[1, 0.3])
    with pytest.raises(ValueError, match="use a larger `size` or smaller `sigmas`"):
        fb.dog(11, sigmas=3, strict=True)


def test_errors_of_blobs():
    with pytest.raises(ValueError, match="`ratio` must be a finite number and above 1, got 1"):
        fb.dog(11, ratio=1)
    with pytest.raises(ValueError, match="`sigmas` must be a finite number and above 0 pixels, got 0"):
        fb.laplacian_of_gaussian(11, sigmas=[1, 0])
    with pytest.raises(
        ValueError, match="`n` must be at most 3 for an 11x11 Laplacian-of-Gaussian bank, got 4; add `si"
    ):
        fb.laplacian_of_gaussian(11, n=4)
    with pytest.raises(ValueError, match="`size` must be an integer of at least 3, got 2"):
        fb.dog(2)
