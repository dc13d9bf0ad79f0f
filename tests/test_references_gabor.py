"""`gabor` against scikit-image, OpenCV and the formula written out, to the last digits.

Tolerances are relative to the peak of the envelope, `1 / (2 pi sx sy)`.
"""

import itertools
import math
import re

import cv2
import numpy as np
import pytest
from skimage.filters import gabor_kernel

import filterbank as fb

pytestmark = pytest.mark.filterwarnings("ignore::filterbank.BankWarning")

ODD_SIZES = [(11, 11), (7, 15), (21, 9), (1, 5)]
ANGLES = [0, 0.3, math.pi / 4, 1.9, -2.5]
PHASES = [0, 0.7, math.pi / 2, -2]


def assert_equal(filters, expected, peak, tolerance):
    np.testing.assert_allclose(filters / peak, expected / peak, rtol=0, atol=tolerance)


def about_the_centre(kernel, size):
    """Crop or pad with zeros to `size`, pixels on pixels."""
    margins = [(have - want) / 2 for have, want in zip(kernel.shape, size, strict=True)]
    assert all(margin == int(margin) >= 0 for margin in margins)
    return kernel[tuple(slice(int(m), int(m) + side) for m, side in zip(margins, size, strict=True))]


def of_skimage(size, frequency, angle, phase, **envelope):
    sigma = min(value for name, value in envelope.items() if name.startswith("sigma"))
    kernel = gabor_kernel(frequency, angle, offset=phase, n_stds=max(size) / sigma, **envelope)
    return about_the_centre(kernel.real, size)


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize(("sigma", "ratio"), [(1.5, 0.5), (3, 1), (4, 2)])
def test_gabor_is_scikit_images(size, sigma, ratio):
    peak = ratio / (2 * math.pi * sigma**2)
    bank = fb.gabor(
        size,
        frequencies=[0.05, 0.12, 0.25, 0.5],
        orientations=ANGLES,
        phases=PHASES,
        sigma=sigma,
        aspect_ratio=ratio,
        norm=None,
    )
    assert len(bank) == 80
    for one, (frequency, angle, phase) in zip(
        bank, itertools.product([0.05, 0.12, 0.25, 0.5], ANGLES, PHASES), strict=True
    ):
        expected = of_skimage(size, frequency, angle, phase, sigma_x=sigma, sigma_y=sigma / ratio)
        assert_equal(one, expected, peak, 5e-15)


@pytest.mark.parametrize("octaves", [0.6, 1, 1.7])
@pytest.mark.parametrize("frequency", [0.08, 0.2])
def test_the_bandwidth_is_scikit_images(frequency, octaves):
    """scikit-image derives sigma from the bandwidth with its own constants."""
    bank = fb.gabor(13, frequencies=frequency, orientations=ANGLES, phases=PHASES, bandwidth=octaves, norm=None)
    sigma = bank.parameters["sigma"][0]
    kernels = [
        gabor_kernel(frequency, angle, bandwidth=octaves, offset=phase, n_stds=13 / sigma).real
        for angle, phase in itertools.product(ANGLES, PHASES)
    ]
    expected = np.stack([about_the_centre(kernel, (13, 13)) for kernel in kernels])
    assert_equal(bank.filters, expected, 1 / (2 * math.pi * sigma**2), 5e-15)
    np.testing.assert_allclose(bank.parameters["bandwidth"], octaves, rtol=1e-13)


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize(("sigma", "ratio"), [(1.5, 0.5), (3, 1), (4, 2)])
def test_gabor_is_opencvs_turned_round_and_scaled(size, sigma, ratio):
    """OpenCV leaves the factor out and turns the kernel by 180 degrees."""
    frequencies = [0.08, 0.2, 0.37]
    bank = fb.gabor(
        size,
        frequencies=frequencies,
        orientations=ANGLES,
        phases=PHASES,
        sigma=sigma,
        aspect_ratio=ratio,
        norm=None,
    )
    factor = ratio / (2 * math.pi * sigma**2)
    expected = [
        cv2.getGaborKernel(size[::-1], sigma, angle, 1 / f, ratio, phase, cv2.CV_64F)
        for f, angle, phase in itertools.product(frequencies, ANGLES, PHASES)
    ]
    assert_equal(bank.filters, factor * np.flip(expected, axis=(1, 2)), factor, 5e-15)


def test_opencvs_turn_matters_but_for_even_phases():
    turned = cv2.getGaborKernel((11, 11), 3, 0.3, 5, 1, 0.7, cv2.CV_64F)
    bank = fb.gabor(11, frequencies=0.2, orientations=[0.3], phases=0.7, sigma=3, norm=None)
    assert np.abs(turned / (18 * math.pi) - bank[0]).max() > 0.1 * bank[0].max()


def test_opencv_makes_even_sizes_odd_and_we_do_not():
    assert cv2.getGaborKernel((8, 8), 2, 0, 4, 1, 0).shape == (9, 9)
    assert fb.gabor(8).size == (8, 8)


def slow_gabor(size, f, angle, phase, sigma, ratio, zero_mean):
    """The formula, pixel by pixel."""
    height, width = size
    envelope, wave = np.zeros(size), np.zeros(size)
    for row in range(height):
        for column in range(width):
            y, x = row - (height - 1) / 2, column - (width - 1) / 2
            along = x * math.cos(angle) + y * math.sin(angle)
            across = -x * math.sin(angle) + y * math.cos(angle)
            exponent = along**2 / (2 * sigma**2) + across**2 / (2 * (sigma / ratio) ** 2)
            envelope[row, column] = math.exp(-exponent) / (2 * math.pi * sigma * sigma / ratio)
            wave[row, column] = math.cos(2 * math.pi * f * along + phase)
    share = math.fsum((envelope * wave).ravel()) / math.fsum(envelope.ravel()) if zero_mean else 0
    return envelope * (wave - share)


@pytest.mark.parametrize("size", [(8, 8), (6, 9), (5, 12), (11, 11), (2, 3)])
@pytest.mark.parametrize("zero_mean", [False, True])
def test_gabor_is_the_formula_at_even_sizes(size, zero_mean):
    settings = {"sigma": [2.5, 1.2], "aspect_ratio": 0.7, "zero_mean": zero_mean}
    bank = fb.gabor(size, frequencies=[0.1, 0.3], orientations=ANGLES, phases=PHASES, norm=None, **settings)
    every = itertools.product([(0.1, 2.5), (0.3, 1.2)], ANGLES, PHASES)
    for one, ((f, sigma), angle, phase) in zip(bank, every, strict=True):
        expected = slow_gabor(size, f, angle, phase, sigma, 0.7, zero_mean)
        assert_equal(one, expected, 0.7 / (2 * math.pi * sigma**2), 2e-15)


@pytest.mark.parametrize(("window", "ratio"), [((9,), 1.0), ((6,), 1.0), ((5, 4, 5), 1.0), ((4, 5, 3), 0.6)])
def test_gabor_is_the_formula_in_one_and_three_dimensions(window, ratio):
    """Voxel by voxel: a Gaussian of integral 1 about the wave's direction, round across it."""
    vectors = [[1.0]] if len(window) == 1 else [[0.0, 0.0, 1.0], [1.0, 2.0, -2.0]]
    orientations = {} if len(window) == 1 else {"orientations": vectors}
    settings = {"frequencies": [0.1, 0.3], "sigma": [1.2, 0.9], "phases": PHASES, "aspect_ratio": ratio}
    bank = fb.gabor(window, **settings, **orientations, norm=None)
    every = itertools.product([(0.1, 1.2), (0.3, 0.9)], vectors, PHASES)
    for one, ((f, sigma), vector, phase) in zip(bank, every, strict=True):
        unit = np.array(vector) / np.linalg.norm(vector)
        for index in np.ndindex(window):
            place = np.array(index) - (np.array(window) - 1) / 2
            along = float(place @ unit)
            across = float(place @ place) - along**2
            bell = math.exp(-(along**2 + ratio**2 * across) / (2 * sigma**2))
            integral = (2 * math.pi) ** (len(window) / 2) * sigma ** len(window) / ratio ** (len(window) - 1)
            expected = bell / integral * math.cos(2 * math.pi * f * along + phase)
            assert one[index] == pytest.approx(expected, rel=0, abs=1e-14)


def test_zero_mean_is_zero_on_the_grid():
    bank = fb.gabor(12, zero_mean=True)
    np.testing.assert_allclose(bank.filters.sum((1, 2)), 0, atol=1e-15)
    assert np.abs(fb.gabor(12).filters.sum((1, 2))).max() > 0.1


def test_columns_name_the_filters_in_their_order():
    bank = fb.gabor(15, frequencies=[0.1, 0.3], orientations=3, phases=[0, 1], sigma=[2, 4], aspect_ratio=0.5)
    every = list(itertools.product([0.1, 0.3], [0, math.pi / 3, 2 * math.pi / 3], [0, 1]))
    for name, column in zip(("frequency", "orientation", "phase"), zip(*every, strict=True), strict=True):
        np.testing.assert_allclose(bank.parameters[name], column, rtol=1e-15)
    np.testing.assert_array_equal(bank.parameters["sigma"], [2] * 6 + [4] * 6)
    np.testing.assert_array_equal(bank.parameters["aspect_ratio"], 0.5)


def test_a_sigma_too_small_for_a_bandwidth_has_an_infinite_one():
    narrow, wide = (fb.gabor(11, frequencies=0.1, sigma=sigma) for sigma in (0.5, 5))
    assert np.isinf(narrow.parameters["bandwidth"]).all()
    assert np.isfinite(wide.parameters["bandwidth"]).all()


def test_the_wave_of_angle_zero_varies_along_x_and_angles_turn_downward():
    """Rows are y, growing downward: at 45 degrees the crests run from bottom left to top right."""
    level, falling = fb.gabor(9, frequencies=0.25, orientations=[0, math.pi / 4], phases=0, sigma=3)
    assert (level[:, 4] > 0).all()
    assert level[4, 2] < 0 < level[4, 4]
    assert falling[3, 5] > 0
    assert falling[5, 3] > 0
    assert falling[3, 3] < 0
    assert falling[5, 5] < 0


@pytest.mark.parametrize(
    ("size", "count", "lowest"), [(5, 8, 0.25), (9, 8, 0.25), (10, 16, 0.125), (11, 16, 0.125), (20, 24, 0.0625)]
)
def test_default_frequencies_are_octaves_that_fit_the_window(size, count, lowest):
    bank = fb.gabor(size)
    assert len(bank) == count
    assert bank.parameters["frequency"].min() == lowest
    assert bank.parameters["frequency"].max() == 0.25
    assert np.diff(bank.parameters["frequency"]).min() >= 0
    assert (bank.parameters["sigma"] <= size / 4).all()


def test_the_odd_wave_at_the_nyquist_frequency_is_nothing():
    """On whole pixels it is zero; what rounding leaves of it must not be scaled up to a filter."""
    assert not fb.gabor(11, frequencies=0.5, orientations=1, phases=math.pi / 2, norm=None).filters.any()
    for frequency in (0.5, 1.0):
        with pytest.raises(
            ValueError, match=rf"`frequencies` {frequency:g} at phase 1\.5708 is zero at every pixel: at"
        ):
            fb.gabor(11, frequencies=frequency, orientations=1)
    assert fb.gabor(12, frequencies=0.5, orientations=1, phases=math.pi / 2).filters.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"frequencies": 0}, "`frequencies` must be a finite number and above 0 cycles per pixel, got 0"),
        ({"frequencies": []}, r"`frequencies` must hold at least one number, got \[\]"),
        ({"frequencies": [0.1, -0.2]}, "`frequencies` must be .* got -0.2"),
        ({"frequencies": float("nan")}, "`frequencies` must be .* got nan"),
        ({"orientations": 0}, "`orientations` must be an integer of at least 1, got 0"),
        ({"phases": []}, "`phases` must hold at least one number"),
        ({"sigma": 0}, "`sigma` must be a finite number and above 0 pixels, got 0"),
        ({"bandwidth": -1}, "`bandwidth` must be a finite number and above 0 octaves, got -1"),
        ({"aspect_ratio": 0}, "`aspect_ratio` must be a finite number and above 0, got 0"),
        ({"sigma": 2, "bandwidth": 1}, r"`sigma` \(pixels\) and `bandwidth` \(octaves\) say the same"),
        ({"sigma": [1, 2, 3]}, "`sigma` must be one number or one for each of the 2 frequencies, got 3"),
        ({"bandwidth": [1, 2, 3]}, "`bandwidth` must be one number or one for each of the 2 frequencies, got 3"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        fb.gabor(11, **arguments)


@pytest.mark.parametrize("value", ["0.1", None, 1j, True, [[0.1]]])
def test_numbers_must_be_numbers(value):
    with pytest.raises(TypeError, match="`phases` must be a finite number in radians, got"):
        fb.gabor(11, phases=value)


@pytest.mark.parametrize("window", [5, 7, 11, 15, 31, (9, 14), (11,), (7, 7, 7)])
@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_by_default_the_envelope_fits_the_window_at_any_frequency(window, ratio):
    bank = fb.gabor(window, frequencies=[0.12, 0.25], aspect_ratio=ratio, strict=True)
    side = min(window) if isinstance(window, tuple) else window
    sigma, frequency = bank.parameters["sigma"], bank.parameters["frequency"]
    octave = 3 * np.sqrt(np.log(2) / 2) / (np.pi * frequency)
    widest = side / np.where(frequency * side < 1, 5, 4.2) * min(1, ratio)
    np.testing.assert_allclose(sigma, np.minimum(octave, widest))


@pytest.mark.parametrize("size", [(9,), (8, 7), (5, 4, 6)])
@pytest.mark.parametrize("zero_mean", [False, True])
@pytest.mark.parametrize("ratio", [1.0, 0.6])
def test_the_share_of_energy_lost_is_that_of_the_filter(size, zero_mean, ratio):
    arguments = {"frequencies": [0.03, 0.31], "phases": [0.4, 2.0], "sigma": [2.8, 0.4], "norm": None}
    ratio = ratio if len(size) > 1 else 1.0
    with pytest.warns(fb.BankWarning, match="the window cuts") as caught:
        bank = fb.gabor(size, **arguments, aspect_ratio=ratio, zero_mean=zero_mean)
    index, percent = re.search(r"filter (\d+) loses ([\d.]+)% of its energy", str(caught[0].message)).groups()
    # The whole filter, on a window that holds it: with the window's own share of the envelope taken away.
    plane = tuple(side + 30 for side in size)
    whole = fb.gabor(plane, **arguments, aspect_ratio=ratio)[int(index)]
    middle = tuple(slice(15, 15 + side) for side in size)
    if zero_mean:
        bell = fb.gabor(plane, **{**arguments, "frequencies": [1e-9] * 2, "phases": [0.0] * 2}, aspect_ratio=ratio)
        bell = bell[int(index)]
        whole = whole - bell * (whole[middle].sum() / bell[middle].sum())
        amplitude = bank[int(index)].sum()
        assert abs(amplitude) < 1e-12
    expected = 1 - np.sum(whole[middle] ** 2) / np.sum(whole**2)
    assert float(percent) / 100 == pytest.approx(expected, abs=6e-4)
