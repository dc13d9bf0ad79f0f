"""Steerable filters against the paper's tables written out, and the pyramid against pyrtools and plain integrals."""

import math
import re
import warnings
from contextlib import nullcontext

import numpy as np
import pytest
from scipy import signal, special

import filterbank as fb

AGREEMENT = 1e-14  # of the largest magnitude of each filter

# The separable filters of Freeman and Adelson 1991, without the factor exp(-(x^2 + y^2)).
TABLES = {
    "G1": [lambda x, y: -2 * x, lambda x, y: -2 * y],
    "G2": [
        lambda x, y: 0.9213 * (2 * x**2 - 1),
        lambda x, y: 1.843 * x * y,
        lambda x, y: 0.9213 * (2 * y**2 - 1),
    ],
    "H2": [
        lambda x, y: 0.9780 * (-2.254 * x + x**3),
        lambda x, y: 0.9780 * (-0.7515 + x**2) * y,
        lambda x, y: 0.9780 * (-0.7515 + y**2) * x,
        lambda x, y: 0.9780 * (-2.254 * y + y**3),
    ],
    "G4": [
        lambda x, y: 1.246 * (0.75 - 3 * x**2 + x**4),
        lambda x, y: 1.246 * (-1.5 * x + x**3) * y,
        lambda x, y: 1.246 * (x**2 - 0.5) * (y**2 - 0.5),
        lambda x, y: 1.246 * (-1.5 * y + y**3) * x,
        lambda x, y: 1.246 * (0.75 - 3 * y**2 + y**4),
    ],
    "H4": [
        lambda x, y: 0.3975 * (7.189 * x - 7.501 * x**3 + x**5),
        lambda x, y: 0.3975 * (1.438 - 4.501 * x**2 + x**4) * y,
        lambda x, y: 0.3975 * (x**3 - 2.225 * x) * (y**2 - 0.6638),
        lambda x, y: 0.3975 * (y**3 - 2.225 * y) * (x**2 - 0.6638),
        lambda x, y: 0.3975 * (1.438 - 4.501 * y**2 + y**4) * x,
        lambda x, y: 0.3975 * (7.189 * y - 7.501 * y**3 + y**5),
    ],
}
KINDS = list(TABLES)
PAPER_GRID = {"G1": (9, 0.67), "G2": (9, 0.67), "H2": (9, 0.67), "G4": (13, 0.5), "H4": (13, 0.5)}
WINDOWS = [(9, 9), (13, 13), (8, 8), (7, 10), (31, 31)]


def sampled(window, spacing, polynomial, angle=0.0):
    """Return the polynomial, turned by the angle, times the Gaussian at every pixel."""
    height, width = window
    values = np.empty(window)
    for row in range(height):
        for column in range(width):
            x, y = spacing * (column - (width - 1) / 2), spacing * (row - (height - 1) / 2)
            along = x * math.cos(angle) + y * math.sin(angle)
            across = -x * math.sin(angle) + y * math.cos(angle)
            values[row, column] = polynomial(along, across) * math.exp(-(x * x + y * y))
    return values


def assert_agree(filters, references, agreement=AGREEMENT):
    assert len(filters) == len(references)
    for one, reference in zip(filters, references, strict=True):
        np.testing.assert_allclose(one, reference, rtol=0, atol=agreement * abs(reference).max())


# Freeman and Adelson's sets


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", WINDOWS)
def test_separable_sets_are_the_papers_to_1e_14(kind, window):
    taps, step = PAPER_GRID[kind]
    spacing = step * taps / min(window)
    references = [sampled(window, spacing, polynomial) for polynomial in TABLES[kind]]
    bank = fb.steerable(window, kind=kind, norm=None)
    assert_agree(bank.filters, references)
    np.testing.assert_allclose(bank.parameters["spacing"], spacing, rtol=1e-15, atol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [9, 12])
def test_rotated_sets_are_the_first_filter_turned_to_1e_14(kind, side):
    count = len(TABLES[kind])
    references = [sampled((side, side), 0.6, TABLES[kind][0], math.pi * j / count) for j in range(count)]
    bank = fb.steerable(side, kind=kind, basis="rotated", spacing=0.6, norm=None)
    assert_agree(bank.filters, references)
    np.testing.assert_allclose(bank.parameters["orientation"], np.pi * np.arange(count) / count, rtol=1e-15, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_spacing_is_the_papers_on_its_grid(kind):
    taps, step = PAPER_GRID[kind]
    assert fb.steerable(taps, kind=kind).parameters["spacing"][0] == pytest.approx(step, rel=1e-15, abs=0)


@pytest.mark.parametrize(("kind", "order"), [("G1", 1), ("G2", 2), ("G4", 4)])
def test_even_sets_are_derivatives_of_the_gaussian(kind, order):
    """The j-th filter is a multiple of the derivative of order N - j along x and j along y."""
    x = 0.5 * (np.arange(13) - 6)
    bank = fb.steerable(13, kind=kind, spacing=0.5)
    for j, one in enumerate(bank):
        line = [(-1) ** n * special.eval_hermite(n, x) * np.exp(-(x**2)) for n in (j, order - j)]
        derivative = np.outer(*line)
        # The mixed filters of the table have a positive sign where the derivative is negative.
        expected = derivative / np.linalg.norm(derivative)
        np.testing.assert_allclose(one, expected, rtol=0, atol=1e-14)


def along_x(kind):
    x = 0.01 * (np.arange(4001) - 2000)
    return np.array([TABLES[kind][0](u, 0.0) * math.exp(-u * u) for u in x.tolist()])


def energy(line):
    """Return the energy in the plane of a filter that is `line` along x and a Gaussian along y."""
    return np.sum(line**2) * 0.01 * math.sqrt(math.pi / 2)


@pytest.mark.parametrize(("even", "odd", "missed"), [("G2", "H2", 0.0097), ("G4", "H4", 0.0008)])
def test_the_constants_are_those_of_energy_1_and_of_the_nearest_polynomials(even, odd, missed):
    """The even filters have energy 1; the odd ones are what polynomials reach of their Hilbert transforms.

    A least-squares fit leaves a rest that is orthogonal to it, so both energies add up. The constants have four digits.
    """
    assert energy(along_x(even)) == pytest.approx(1, rel=0, abs=3e-4)
    rest = energy(along_x(odd) - np.imag(signal.hilbert(along_x(even))))
    assert rest == pytest.approx(missed, rel=0, abs=5e-5)
    assert energy(along_x(odd)) + rest == pytest.approx(1, rel=0, abs=3e-4)
    for kind in (even, odd):
        bank = fb.steerable(301, kind=kind, spacing=0.04, norm=None)
        assert np.sum(bank[0] ** 2) * 0.04**2 == pytest.approx(energy(along_x(kind)), rel=1e-12, abs=0)


def test_sets_come_in_the_order_given():
    bank = fb.steerable(9, kind=("H2", "G1"))
    np.testing.assert_array_equal(bank.parameters["kind"], ["H2"] * 4 + ["G1"] * 2)
    np.testing.assert_array_equal(bank.parameters["order"], [2] * 4 + [1] * 2)
    np.testing.assert_array_equal(bank.parameters["power_x"], [3, 2, 1, 0, 1, 0])
    np.testing.assert_array_equal(bank.parameters["power_y"], [0, 1, 2, 3, 0, 1])
    np.testing.assert_array_equal(bank[:4], fb.steerable(9, kind="H2"))
    assert list(fb.steerable(9).parameters["kind"]) == ["G2"] * 3 + ["H2"] * 4


@pytest.mark.parametrize("kind", ["G1", "G2", "G4"])
def test_the_frequency_is_the_peak_of_the_spectrum(kind):
    bank = fb.steerable(25, kind=kind)
    spectrum = abs(np.fft.rfft(bank[0].sum(axis=0), 4096))
    peak = np.argmax(spectrum) / 4096
    assert bank.parameters["frequency"][0] == pytest.approx(peak, rel=0, abs=1 / 4096)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("side", [9, 12])
def test_zero_mean_takes_away_the_gaussian(kind, side):
    plain = fb.steerable(side, kind=kind, norm=None)
    bank = fb.steerable(side, kind=kind, zero_mean=True, norm=None)
    np.testing.assert_allclose(bank.filters.sum(axis=(1, 2)), 0, rtol=0, atol=1e-14)
    gaussian = sampled((side, side), plain.parameters["spacing"][0], lambda x, y: 1.0)
    taken = plain.filters.sum(axis=(1, 2))[:, None, None] * gaussian / gaussian.sum()
    np.testing.assert_allclose(bank.filters, plain.filters - taken, rtol=0, atol=1e-15)


def test_sums_on_the_papers_grids():
    for kind, side, share in (("G2", 9, 0.0015), ("G4", 13, 0.0054)):
        first = fb.steerable(side, kind=kind, norm=None)[0]
        assert -first.sum() / abs(first).max() == pytest.approx(share, rel=0, abs=5e-5)


def test_steerable_says_what_the_grid_does():
    with pytest.warns(
        fb.BankWarning, match="3 of the 3 filters of a 5x5 steerable bank lie above the Nyquist frequency"
    ):
        fb.steerable(5, kind="G2", spacing=1.6)
    with pytest.warns(
        fb.BankWarning, match="the window cuts .* of its energy; use a larger `size` or a larger `spacing`"
    ):
        fb.steerable(7, kind="G2", spacing=0.3)
    with pytest.raises(ValueError, match="the window cuts"):
        fb.steerable(7, kind="G2", spacing=0.3, strict=True)


def test_steerable_refuses():
    with pytest.raises(ValueError, match="`kind` must be one of 'G1', 'G2', 'H2', 'G4', 'H4', got 'G3'"):
        fb.steerable(9, kind="G3")
    with pytest.raises(ValueError, match="`kind` must name at least one set of G1, G2, H2, G4, H4"):
        fb.steerable(9, kind=())
    with pytest.raises(ValueError, match="`basis` must be one of 'separable', 'rotated', got 'x'"):
        fb.steerable(9, basis="x")
    with pytest.raises(ValueError, match=r"`spacing` must be a finite number .*above 0.* units of x, got 0"):
        fb.steerable(9, spacing=0)
    with pytest.raises(ValueError, match="`size` must be an integer of at least 3, got 2"):
        fb.steerable(2)


# The steerable pyramid


def inverse(radial, order, angle, edges, x, y):
    """Integrate the spectrum of a band over the plane: Simpson's rule in radius, equal steps in angle.

    The spectrum is (-i)^N radial(omega) sqrt(c) cos^N(theta - angle).
    """
    count = order + 1
    scale = math.sqrt(2 ** (2 * order) * math.factorial(order) ** 2 / (count * math.factorial(2 * order)))
    theta = np.arange(256) * 2 * math.pi / 256
    phase = x * np.cos(theta) + y * np.sin(theta)
    total = 0.0
    for low, high in edges:
        radius = np.linspace(low, high, 4001)[:, None]
        weight = np.where(np.arange(4001) % 2, 4.0, 2.0)[:, None] * (high - low) / 12000
        weight[[0, -1]] /= 2
        waves = np.exp(1j * radius * phase) * (-1j) ** order * scale * np.cos(theta - angle) ** order
        total += np.sum(weight * radius * radial(radius) * waves.mean(axis=1, keepdims=True)).real
    return total / (2 * math.pi)


def band(level):
    """Return the raised cosine (its root) of a level, and where its pieces begin and end."""
    centre = math.pi / 2 ** (level + 1)
    return lambda radius: np.cos(math.pi / 2 * np.log2(radius / centre)), [(centre / 2, centre), (centre, 2 * centre)]


def some_pixels(side):
    return (0, 0), (1, side - 2), (side // 2, side - 1), (side - 1, 2), (side // 2, side // 2)


@pytest.mark.parametrize(
    ("order", "side", "levels"), [(0, 7, 1), (1, 8, 1), (2, 16, 2), (3, 15, 2), (3, 12, 1), (5, 9, 1)]
)
def test_bands_agree_with_integrals_over_the_plane_to_1e_13(order, side, levels):
    bank = fb.steerable_pyramid(side, order=order, levels=levels, zero_mean=False, norm=None)
    assert len(bank) == levels * (order + 1)
    for index, one in enumerate(bank):
        level, b = levels - 1 - index // (order + 1), index % (order + 1)
        for row, column in some_pixels(side):
            x, y = column - (side - 1) / 2, row - (side - 1) / 2
            reference = inverse(band(level)[0], order, math.pi * b / (order + 1), band(level)[1], x, y)
            assert one[row, column] == pytest.approx(reference, rel=0, abs=1e-13 * abs(one).max())


@pytest.mark.parametrize(("side", "levels"), [(15, 1), (21, 2), (16, 1)])
def test_residuals_agree_with_integrals_over_the_plane_to_1e_13(side, levels):
    # The high-pass is wider than any even window, which has no pixel in its centre.
    with nullcontext() if side % 2 else pytest.warns(fb.BankWarning, match="the window cuts 1 of the 6 filters"):
        bank = fb.steerable_pyramid(side, levels=levels, residuals=True, zero_mean=False, norm=None)
    edge = math.pi / 2**levels
    for row, column in some_pixels(side):
        x, y = column - (side - 1) / 2, row - (side - 1) / 2
        low = inverse(np.ones_like, 0, 0, [(0, edge / 2)], x, y)
        low += inverse(lambda r: -np.sin(math.pi / 2 * np.log2(r / edge)), 0, 0, [(edge / 2, edge)], x, y)
        below = inverse(np.ones_like, 0, 0, [(0, math.pi / 2)], x, y)
        below += inverse(lambda r: 1 - np.cos(math.pi / 2 * np.log2(r / math.pi)), 0, 0, [(math.pi / 2, math.pi)], x, y)
        everything = math.prod(math.sin(math.pi * t) / (math.pi * t) if t else 1.0 for t in (x, y))
        assert bank[0][row, column] == pytest.approx(low, rel=0, abs=1e-13 * abs(bank[0]).max())
        assert bank[-1][row, column] == pytest.approx(everything - below, rel=0, abs=1e-13 * abs(bank[-1]).max())


def pyrtools_filters(side, order, scales, transform):
    """Return the responses of pyrtools' pyramid to one pixel of a large image, in our order: they are subsampled."""
    pyrtools = pytest.importorskip("pyrtools")
    image = np.zeros((transform, transform))
    image[transform // 2, transform // 2] = 1
    pyramid = pyrtools.pyramids.SteerablePyramidFreq(image, height=scales, order=order).pyr_coeffs
    names = [(level, b) for level in range(scales - 1, -1, -1) for b in range(order + 1)]
    reach = side // 2

    def about_the_pixel(name, step):
        # Subsampling drops frequencies, and so the factor of the inverse transform's length.
        half, middle = reach // step, transform // step // 2
        return pyramid[name][middle - half : middle + half + 1, middle - half : middle + half + 1] / step**2

    return (
        [("residual_lowpass", 2**scales), *((name, 2 ** name[0]) for name in names), ("residual_highpass", 1)],
        about_the_pixel,
    )


def distance_to_pyrtools(order, transform):
    """Return the largest difference at each scale relative to the peak, from the low-pass to the high-pass."""
    side, scales = 31, 3
    bank = fb.steerable_pyramid(side, order=order, levels=scales, residuals=True, zero_mean=False, norm=None)
    names, about_the_pixel = pyrtools_filters(side, order, scales, transform)
    distances = {}
    for one, (name, step) in zip(bank, names, strict=True):
        reach = side // 2 // step * step
        ours = one[15 - reach : 16 + reach : step, 15 - reach : 16 + reach : step]
        scale = name if isinstance(name, str) else f"level {name[0]}"
        difference = abs(ours - about_the_pixel(name, step)).max() / abs(one).max()
        distances[scale] = max(distances.get(scale, 0), difference)
    return distances


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("order", [0, 1, 2, 3, 5])
def test_the_pyramid_is_what_pyrtools_comes_close_to_as_its_transforms_grow(order):
    """pyrtools samples the spectrum, which repeats the filters in space, and reads it off a table of 1024 steps."""
    small, large = (distance_to_pyrtools(order, transform) for transform in (128, 512))
    assert large["level 0"] < 6e-6
    assert large["residual_highpass"] < 4e-6
    assert large["level 1"] < 1e-5
    assert large["level 2"] < 4e-5
    assert large["residual_lowpass"] < 6e-5
    assert small["level 2"] > 20 * large["level 2"]
    assert small["residual_lowpass"] > 20 * large["residual_lowpass"]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_squared_spectra_add_up_to_1(order):
    bank = fb.steerable_pyramid(95, order=order, levels=2, residuals=True, zero_mean=False, norm=None)
    total = np.sum(abs(np.fft.fft2(bank.filters, (256, 256))) ** 2, axis=0)
    # Cut at 95 pixels, so with ripples.
    np.testing.assert_allclose(total, 1, rtol=0, atol=8e-3)
    assert total.mean() == pytest.approx(1, rel=0, abs=2e-4)


@pytest.mark.parametrize("order", [0, 2, 3])
def test_bands_sum_to_zero(order):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        bank = fb.steerable_pyramid(12, order=order, levels=2, residuals=True, norm=None)
        plain = fb.steerable_pyramid(12, order=order, levels=2, residuals=True, zero_mean=False, norm=None)
    np.testing.assert_allclose(bank.filters[1:].sum(axis=(1, 2)), 0, rtol=0, atol=1e-14)
    mean = plain.filters.mean(axis=(1, 2), keepdims=True)
    mean[0] = 0
    np.testing.assert_allclose(bank.filters, plain.filters - mean, rtol=0, atol=1e-15)


def test_columns_of_the_pyramid():
    with pytest.warns(fb.BankWarning):
        bank = fb.steerable_pyramid(15, order=1, levels=2, residuals=True)
    columns = bank.parameters
    assert list(columns["band"]) == ["lowpass", "band", "band", "band", "band", "highpass"]
    np.testing.assert_array_equal(columns["scale"], [4, 2, 2, 1, 1, 0.5])
    np.testing.assert_array_equal(columns["order"], [0, 1, 1, 1, 1, 0])
    np.testing.assert_allclose(columns["orientation"], [0, 0, np.pi / 2, 0, np.pi / 2, 0], rtol=1e-15, atol=0)
    # The peak of the spectrum: along the orientation, at the frequency.
    spectra = abs(np.fft.fft2(bank.filters, (256, 256)))[:, :128, :128]
    for index in (1, 2, 3, 4):
        row, column = np.unravel_index(np.argmax(spectra[index]), (128, 128))
        assert math.hypot(row, column) / 256 == pytest.approx(columns["frequency"][index], rel=0, abs=0.02)
        assert (row > column) == (columns["orientation"][index] > 1)


@pytest.mark.parametrize("side", [*range(7, 17), 21, 31])
def test_the_defaults_need_no_warning(side):
    for bank in (fb.steerable(side), fb.steerable(side, kind=("G4", "H4")), fb.steerable_pyramid(side)):
        assert len(bank) >= 4


def test_levels_are_those_that_the_window_holds():
    counts = {side: len(fb.steerable_pyramid(side)) // 4 for side in (7, 13, 14, 27, 31)}
    assert counts == {7: 1, 13: 1, 14: 2, 27: 2, 31: 3}
    with pytest.warns(fb.BankWarning, match=r"the window cuts 4 of the 8 filters of a 13x13 steerable-pyramid bank"):
        fb.steerable_pyramid(13, levels=2)
    with pytest.raises(ValueError, match=re.escape("use a larger `size` or fewer `levels`")):
        fb.steerable_pyramid(5, strict=True)


def test_the_pyramid_refuses():
    with pytest.raises(ValueError, match="`order` must be an integer from 0 to 15, got 16"):
        fb.steerable_pyramid(9, order=16)
    with pytest.raises(ValueError, match="`levels` must be an integer of at least 1, got 0"):
        fb.steerable_pyramid(9, levels=0)
    with pytest.raises(ValueError, match="`size` of steerable_pyramid must be 2-D, got 3 dimensions"):
        fb.steerable_pyramid((9, 9, 9))
