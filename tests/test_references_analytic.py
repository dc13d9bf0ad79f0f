"""`log_gabor` and `morlet` against slow sums and loops from their formulas, and `morlet` against kymatio's."""

import cmath
import math

import numpy as np
import pytest

import filterbank as fb

pytestmark = pytest.mark.filterwarnings("ignore::filterbank.BankWarning")


def log_gabor_by_sums(size, f0, theta, phase, s, count, grid):
    """The inverse transform written as a sum over an odd grid of frequencies, at the pixels of the window."""
    cycles = np.fft.fftfreq(grid)
    fy, fx = np.meshgrid(cycles, cycles, indexing="ij")
    radius = np.hypot(fy, fx)
    spectrum = np.zeros_like(radius)
    lit = radius > 0
    spectrum[lit] = np.exp(-(np.log(radius[lit] / f0) ** 2) / (2 * math.log(s) ** 2))
    turn = np.angle(np.exp(1j * (np.arctan2(fy, fx) - theta)))
    spectrum *= (1 + np.cos(np.clip(np.abs(turn) * count / 2, 0, np.pi))) / 2
    filter_ = np.empty(size)
    for row in range(size[0]):
        for column in range(size[1]):
            y, x = row - (size[0] - 1) / 2, column - (size[1] - 1) / 2
            wave = np.sum(spectrum * np.exp(2j * np.pi * (fy * y + fx * x))) / grid**2
            filter_[row, column] = (wave * cmath.exp(1j * phase)).real
    return filter_ - filter_.mean()


@pytest.mark.parametrize("size", [(9, 9), (8, 8), (6, 9)])
@pytest.mark.parametrize(("theta", "phase"), [(0.0, 0.0), (0.7, np.pi / 2), (2.0, 0.4)])
def test_log_gabor_is_the_sum_over_frequencies(size, theta, phase):
    # The library's grid for these windows: the smallest fast odd length from 128 on.
    bank = fb.log_gabor(size, frequencies=[0.2], orientations=[theta], phases=[phase], angular_count=6, norm=None)
    expected = log_gabor_by_sums(size, 0.2, theta, phase, 0.65, 6, grid=135)
    np.testing.assert_allclose(bank[0], expected, rtol=0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize(("size", "f0", "phase"), [(15, 0.25, np.pi / 2), (9, 0.2, 0.0), (9, 0.1, np.pi / 2)])
def test_log_gabor_is_the_integral_over_frequencies_but_for_what_wraps_around(size, f0, phase):
    bank = fb.log_gabor(size, frequencies=[f0], orientations=[0.7], phases=[phase], angular_count=6, norm=None)
    # Ten times as many samples a side, so a tenth of the wraps: by matrices, as only the window is needed.
    grid = 1351
    f = (np.arange(grid) - grid // 2) / grid
    fy, fx = f[:, None], f[None, :]
    radius = np.hypot(fy, fx)
    spectrum = np.exp(-(np.log(np.where(radius > 0, radius, 1e-300) / f0) ** 2) / (2 * math.log(0.65) ** 2))
    turn = np.angle(np.exp(1j * (np.arctan2(fy, fx) - 0.7)))
    spectrum *= (1 + np.cos(np.clip(np.abs(turn) * 3, 0, np.pi))) / 2
    waves = np.exp(2j * np.pi * np.outer(np.arange(size) - (size - 1) / 2, f))
    whole = (waves @ spectrum @ waves.T * cmath.exp(1j * phase)).real / grid**2
    expected = whole - whole.mean()
    np.testing.assert_allclose(bank[0], expected, rtol=0, atol=2e-4 * np.abs(expected).max())


def test_log_gabor_in_three_dimensions_is_the_sum_over_frequencies():
    bank = fb.log_gabor((5, 4, 5), frequencies=[0.25], orientations=[[1, 2, 2]], angular_count=4, norm=None)
    f = (np.arange(151) - 75) / 151
    parts = np.meshgrid(f, f, f, indexing="ij", sparse=True)
    radius = np.sqrt(sum(part**2 for part in parts))
    safe = np.where(radius > 0, radius, 1)
    spectrum = np.where(radius > 0, np.exp(-(np.log(safe / 0.25) ** 2) / (2 * math.log(0.65) ** 2)), 0)
    angle = np.arccos(np.clip((parts[0] + 2 * parts[1] + 2 * parts[2]) / 3 / safe, -1, 1))
    spectrum = spectrum * (1 + np.cos(np.minimum(angle * 2, np.pi))) / 2
    waves = [np.exp(2j * np.pi * np.outer(np.arange(side) - (side - 1) / 2, f)) for side in (5, 4, 5)]
    analytic = np.einsum("zi,yj,xk,ijk->zyx", *waves, spectrum, optimize=True) / 151**3
    for one, phase in zip(bank, (0, np.pi / 2), strict=True):
        whole = (analytic * cmath.exp(1j * phase)).real
        expected = whole - whole.mean()
        np.testing.assert_allclose(one, expected, rtol=0, atol=2e-3 * np.abs(expected).max())


def test_log_gabor_in_one_dimension_is_an_integral():
    bank = fb.log_gabor((31,), frequencies=[0.1], norm=None)
    f = (np.arange(200_000) + 0.5) / 400_000
    spectrum = np.exp(-(np.log(f / 0.1) ** 2) / (2 * math.log(0.65) ** 2))
    x = np.arange(-15, 16)
    even = np.array([np.sum(spectrum * np.cos(2 * np.pi * f * place)) for place in x]) / 400_000
    odd = np.array([-np.sum(spectrum * np.sin(2 * np.pi * f * place)) for place in x]) / 400_000
    np.testing.assert_allclose(bank[0], even - even.mean(), rtol=0, atol=1e-5 * even.max())
    np.testing.assert_allclose(bank[1], odd, rtol=0, atol=1e-5 * even.max())


def test_log_gabor_pairs_are_quadrature_partners_without_mean():
    bank = fb.log_gabor(31, frequencies=[0.1, 0.2])
    assert np.abs(bank.filters.sum((1, 2))).max() < 1e-14
    even, odd = bank.filters[0::2], bank.filters[1::2]
    assert np.abs(np.flip(even, (1, 2)) - even).max() < 1e-14
    assert np.abs(np.flip(odd, (1, 2)) + odd).max() < 1e-14


def test_log_gabor_columns_and_defaults():
    bank = fb.log_gabor(31)
    assert list(bank.parameters) == ["frequency", "orientation", "phase", "sigma_on_f"]
    assert np.unique(bank.parameters["frequency"]) == pytest.approx([0.25 / 2.1**2, 0.25 / 2.1, 0.25])
    assert len(np.unique(bank.parameters["orientation"])) == 5
    volume = fb.log_gabor((7, 7, 7), frequencies=[0.25], orientations=3)
    assert list(volume.parameters)[:4] == ["frequency", "direction_z", "direction_y", "direction_x"]


def test_log_gabor_orientations_that_tile_are_dependent_and_it_says_so():
    with pytest.warns(fb.BankWarning, match="are dependent: rank 11 of 12"):
        fb.log_gabor(15, frequencies=[0.25], orientations=6)
    with pytest.raises(ValueError, match="are dependent: rank 11 of 12"):
        fb.log_gabor(15, frequencies=[0.25], orientations=6, strict=True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"sigma_on_f": 1.0}, "`sigma_on_f` must be a finite number and above 0 and at most 0.999"),
        ({"frequencies": [0.0]}, "`frequencies` must be a finite number and above 0 cycles per pixel"),
        ({"angular_count": 0}, "`angular_count` must be a finite number and above 0"),
    ],
)
def test_log_gabor_refuses(arguments, text):
    with pytest.raises(ValueError, match=text):
        fb.log_gabor(11, **arguments)


def morlet_by_loops(size, j, theta, phase, slant):
    sigma, xi = 0.8 * 2**j, 3 * math.pi / 4 / 2**j
    bells, waves = {}, {}
    for row in range(size[0]):
        for column in range(size[1]):
            y, x = row - (size[0] - 1) / 2, column - (size[1] - 1) / 2
            along = x * math.cos(theta) + y * math.sin(theta)
            across = -x * math.sin(theta) + y * math.cos(theta)
            bells[row, column] = math.exp(-(along**2 + slant**2 * across**2) / (2 * sigma**2))
            waves[row, column] = cmath.exp(1j * xi * along)
    share = sum(bells[p] * waves[p] for p in bells) / sum(bells.values())
    filter_ = np.empty(size)
    for place, bell in bells.items():
        filter_[place] = (bell * (waves[place] - share) * cmath.exp(1j * phase)).real
    return filter_


@pytest.mark.parametrize("size", [(11, 11), (12, 12), (9, 14)])
@pytest.mark.parametrize(("theta", "phase", "slant"), [(0.0, 0.0, 0.5), (0.9, np.pi / 2, 1.0), (2.5, 1.0, 0.7)])
def test_morlet_is_the_formula(size, theta, phase, slant):
    bank = fb.morlet(size, scales=2, orientations=[theta], phases=[phase], slant=slant, norm=None)
    low, coarse, fine = bank
    for one, j in ((coarse, 1), (fine, 0)):
        np.testing.assert_allclose(one, morlet_by_loops(size, j, theta, phase, slant), rtol=0, atol=1e-15)
    y, x = np.meshgrid(*(np.arange(side) - (side - 1) / 2 for side in size), indexing="ij")
    np.testing.assert_allclose(low, np.exp(-(x**2 + y**2) / (2 * 1.6**2)), rtol=0, atol=1e-15)


def test_morlet_is_kymatios_on_the_plane():
    """kymatio's x runs along the rows, its origin is in a corner, and its periodic copies are far away here."""
    filter_bank = pytest.importorskip("kymatio.scattering2d.filter_bank", reason="kymatio is not installed")
    theirs = filter_bank.morlet_2d(64, 64, sigma=1.6, theta=0.6, xi=3 * np.pi / 8, slant=0.5)
    centred = np.roll(theirs, (32, 32), (0, 1))[1:, 1:].T
    ours = fb.morlet(63, scales=2, orientations=[0.6], slant=0.5, low_pass=False, norm=None)[:2]
    factor = 0.5 / (2 * 3.1415 * 1.6**2)  # kymatio's pi is 3.1415
    # kymatio makes its filters in single precision.
    np.testing.assert_allclose(ours[0] * factor, centred.real, rtol=0, atol=1e-6 * factor)
    np.testing.assert_allclose(-ours[1] * factor, centred.imag, rtol=0, atol=1e-6 * factor)


def test_morlet_waves_have_no_mean_and_columns():
    bank = fb.morlet(15)
    assert np.abs(bank.filters[1:].sum((1, 2))).max() < 1e-14
    assert bank.parameters["frequency"][[0, 1, -1]] == pytest.approx([0, 3 / 32, 3 / 8], abs=0)
    assert np.isnan(bank.parameters["orientation"][0])
    assert fb.morlet(15, low_pass=False) == bank[1:]


def test_morlet_says_what_the_window_cuts():
    with pytest.warns(fb.BankWarning, match=r"the window cuts \d+ of the 33 filters of an 11x11 Morlet bank"):
        fb.morlet(11, scales=4)
