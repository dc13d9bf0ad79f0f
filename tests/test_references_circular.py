"""The families of disks and rings against second implementations, pixel by pixel, and the zernike package.

Bessel functions come from their integral and roots from bisection, radial polynomials from fractions, so nothing here
shares code with scipy.special, which the families use.
"""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

import filterbank as fb

AGREEMENT = 1e-14  # of the largest magnitude of each filter
WINDOWS = [(7, 7), (8, 8), (11, 11), (6, 9), (9, 4)]


def bessel(order, x):
    """Return J_m(x), the mean of cos(m t - x sin t): for periodic functions the trapezoid rule is exact."""
    turns = [2 * math.pi * k / 256 for k in range(256)]
    return math.fsum(math.cos(order * t - x * math.sin(t)) for t in turns) / 256


def bisected(order, low, high):
    sign = bessel(order, low) > 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (bessel(order, middle) > 0) == sign else (low, middle)
    return (low + high) / 2


def roots_up_to(highest):
    """Return (root, m, q) up to `highest`, rising, by steps and bisection."""
    found = []
    for order in range(int(highest) + 1):
        # The first root lies above the order; below it there are only sign changes of rounding.
        steps = [max(order, 0.5) + 0.25 * k for k in range(int(4 * (highest - order)) + 2)]
        values = [bessel(order, x) for x in steps]
        between = [k for k in range(len(steps) - 1) if values[k] * values[k + 1] < 0]
        roots = [bisected(order, steps[k], steps[k + 1]) for k in between]
        found += [(root, order, q) for q, root in enumerate(roots, start=1) if root <= highest]
    return sorted(found)


def sampled(window, formula):
    """Return `formula(r, phi)` at every pixel, phi from x towards y, which grows downward."""
    height, width = window
    values = np.empty(window)
    for row in range(height):
        for column in range(width):
            y, x = row - (height - 1) / 2, column - (width - 1) / 2
            values[row, column] = formula(math.sqrt(x * x + y * y), math.atan2(y, x))
    return values


def assert_agree(filters, references):
    assert len(filters) == len(references)
    for one, reference in zip(filters, references, strict=True):
        np.testing.assert_allclose(one, reference, rtol=0, atol=AGREEMENT * max(1e-300, abs(reference).max()))


def around(order, is_cosine, phi):
    return math.cos(order * phi) if is_cosine else math.sin(order * phi)


# Fourier-Bessel


def fourier_bessel_reference(window):
    disk = min(window) / 2
    references = []
    for root, order, _ in roots_up_to(math.pi * disk):
        scale = (math.sqrt(2) if order else 1) / abs(bessel(order + 1, root))
        for is_cosine in (True, False)[: 2 if order else 1]:

            def formula(r, phi, root=root, order=order, scale=scale, is_cosine=is_cosine):
                if r > disk:
                    return 0.0
                return scale * bessel(order, root * r / disk) * around(order, is_cosine, phi)

            references.append(sampled(window, formula))
    return references


@pytest.mark.parametrize("window", WINDOWS)
def test_fourier_bessel_agrees_with_integrals_to_1e_14(window):
    assert_agree(fb.fourier_bessel(window, norm=None).filters, fourier_bessel_reference(window))


def test_fourier_bessel_is_in_the_order_of_the_roots():
    bank = fb.fourier_bessel(11)
    found = roots_up_to(math.pi * 5.5)
    every = [entry for entry in found for _ in range(2 if entry[1] else 1)]
    root, angular, radial = zip(*every, strict=True)
    np.testing.assert_allclose(bank.parameters["root"], root, rtol=1e-14, atol=0)
    np.testing.assert_array_equal(bank.parameters["angular_order"], angular)
    np.testing.assert_array_equal(bank.parameters["radial_order"], radial)
    np.testing.assert_allclose(bank.parameters["frequency"], np.array(root) / (11 * np.pi), rtol=1e-14, atol=0)
    pairs = list(zip(angular, radial, strict=True))
    published = [(0, 1), (1, 1), (1, 1), (2, 1), (2, 1), (0, 2), (3, 1), (3, 1), (1, 2), (1, 2)]
    assert pairs[:10] == published


def test_fourier_bessel_is_orthonormal_on_a_fine_disk():
    flat = fb.fourier_bessel(201, n=12, max_root=8, norm=None).filters.reshape(12, -1)
    gram = flat @ flat.T / (math.pi * 100.5**2)
    np.testing.assert_allclose(gram, np.eye(12), rtol=0, atol=1e-5)


def test_fourier_bessel_says_what_7x7_cannot_hold():
    text = "the 38 filters of a 7x7 Fourier-Bessel bank are dependent: rank 35 of 38"
    with pytest.warns(fb.BankWarning) as caught:
        assert len(fb.fourier_bessel(7, max_root=13.33)) == 38
    messages = [str(warning.message) for warning in caught]
    assert any(text in message for message in messages)
    aliased = "15 of the 38 filters of a 7x7 Fourier-Bessel bank lie above the Nyquist frequency"
    assert any(message.startswith(aliased) for message in messages)
    with pytest.raises(ValueError, match=re.escape(text)):
        fb.fourier_bessel(7, max_root=13.33, strict=True)


def test_fourier_bessel_refuses():
    with pytest.raises(ValueError, match=r"`max_root` must be .* at least 2\.404.*, got 2; the first root of"):
        fb.fourier_bessel(7, max_root=2)
    with pytest.raises(
        ValueError, match="`n` must be at most 23 for a 7x7 Fourier-Bessel bank, got 38; raise `max_root`"
    ):
        fb.fourier_bessel(7, n=38)


# Circular harmonics


def circular_harmonic_reference(window, rings, sigmas, highest):
    references = []
    for order in range(max(highest) + 1):
        for radius, sigma, limit in zip(rings, sigmas, highest, strict=True):
            for is_cosine in (True, False)[: 2 if order else 1] if order <= limit else ():

                def formula(r, phi, order=order, radius=radius, sigma=sigma, is_cosine=is_cosine):
                    if r == 0 and order > 0:
                        return 0.0
                    return math.exp(-((r - radius) ** 2) / (2 * sigma**2)) * around(order, is_cosine, phi)

                references.append(sampled(window, formula))
    return references


# By escnn's rule, worked out by hand: 0 in the centre, 2 r on odd rings, 2 r - 1 on even ones, 2 at the border.
DEFAULTS = {
    (7, 7): [0, 2, 3, 2],
    (8, 8): [0, 2, 3, 6],
    (11, 11): [0, 2, 3, 6, 7, 2],
    (6, 9): [0, 2, 3],
    (9, 4): [0, 2],
}


@pytest.mark.parametrize("window", WINDOWS)
def test_circular_harmonic_agrees_with_scalar_loops_to_1e_14(window):
    highest = DEFAULTS[window]
    sigmas = [0.6] * (len(highest) - 1) + [0.4]
    references = circular_harmonic_reference(window, range(len(highest)), sigmas, highest)
    assert_agree(fb.circular_harmonic(window, norm=None).filters, references)


def test_circular_harmonic_takes_rings():
    arguments = ([0.5, 2.25], [0.7, 1.1], [1, 4])
    references = circular_harmonic_reference((9, 10), *arguments)
    bank = fb.circular_harmonic((9, 10), rings=[0.5, 2.25], sigma=[0.7, 1.1], max_order=[1, 4], norm=None)
    assert_agree(bank.filters, references)
    np.testing.assert_array_equal(bank.parameters["angular_order"], [0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4])
    np.testing.assert_array_equal(bank.parameters["radius"][:6], [0.5, 2.25, 0.5, 0.5, 2.25, 2.25])
    np.testing.assert_array_equal(bank.parameters["sigma"][:2], [0.7, 1.1])


def test_circular_harmonic_is_zero_at_the_origin_beyond_order_0():
    bank = fb.circular_harmonic(7, norm=None)
    centre = bank.filters[:, 3, 3]
    assert not centre[bank.parameters["angular_order"] > 0].any()
    np.testing.assert_allclose(centre[:2], [1, math.exp(-1 / 0.72)], rtol=1e-15, atol=0)


def test_circular_harmonic_says_what_the_grid_does():
    with pytest.warns(fb.BankWarning, match="2 of the 8 filters of a 7x7 circular-harmonic bank lie above the Nyquist"):
        fb.circular_harmonic(7, rings=[1, 2], max_order=[3, 0], sigma=0.6)
    with pytest.warns(fb.BankWarning, match=r"the window cuts .* filter 0 loses 69\.2% of its energy; use smaller"):
        fb.circular_harmonic(7, rings=[4], max_order=0)
    with pytest.raises(ValueError, match="lie above the Nyquist frequency"):
        fb.circular_harmonic(7, rings=[1], max_order=3, strict=True)


def test_circular_harmonic_refuses():
    with pytest.raises(ValueError, match="`sigma` must be one number or one for each of the 4 rings, got 2"):
        fb.circular_harmonic(7, sigma=[0.6, 0.4])
    with pytest.raises(ValueError, match="`max_order` must be one number or one for each of the 4 rings, got 3"):
        fb.circular_harmonic(7, max_order=[1, 2, 3])
    with pytest.raises(TypeError, match=r"`max_order` must be an integer of at least 0, got 1\.5"):
        fb.circular_harmonic(7, max_order=1.5)
    with pytest.raises(ValueError, match=r"`rings` must be .* at least 0 pixels, got -1"):
        fb.circular_harmonic(7, rings=[-1])


# Zernike

NOLL = [(0, 0), (1, 1), (1, 1), (2, 0), (2, 2), (2, 2), (3, 1), (3, 1), (3, 3), (3, 3), (4, 0), (4, 2), (4, 2), (4, 4)]


def radial_polynomial(n, m, square):
    """Return R_n^m(rho) / rho^m for a fraction rho^2, by the sum of factorials: exactly."""
    f = math.factorial
    return sum(
        Fraction((-1) ** s * f(n - s), f(s) * f((n + m) // 2 - s) * f((n - m) // 2 - s)) * square ** ((n - m) // 2 - s)
        for s in range((n - m) // 2 + 1)
    )


def zernike_reference(window, n, m, is_cosine, twice_radius):
    height, width = window
    values = np.zeros(window)
    for row in range(height):
        for column in range(width):
            y, x = 2 * row - height + 1, 2 * column - width + 1
            square = Fraction(x * x + y * y, twice_radius**2)
            if square > 1:
                continue
            rho = math.sqrt(square)
            wave = around(m, is_cosine, math.atan2(y, x)) * math.sqrt((2 if m else 1) * (n + 1))
            values[row, column] = float(radial_polynomial(n, m, square)) * rho**m * wave
    return values


@pytest.mark.parametrize(("window", "max_order"), [*((window, None) for window in WINDOWS), ((15, 16), 11)])
def test_zernike_agrees_with_fractions_to_1e_14(window, max_order):
    bank = fb.zernike(window, max_order=max_order, norm=None)
    columns = zip(*(bank.parameters[name].tolist() for name in ("radial_order", "angular_order", "noll")), strict=True)
    references = [zernike_reference(window, n, m, j % 2 == 0 or m == 0, min(window)) for n, m, j in columns]
    assert_agree(bank.filters, references)


@pytest.mark.parametrize(("side", "radius"), [(11, None), (12, None), (31, None), (11, 5.0), (12, 5.5)])
def test_zernike_agrees_with_the_zernike_package_to_1e_14(side, radius):
    package = pytest.importorskip("zernike")
    bank = fb.zernike(side, max_order=6, radius=radius, norm=None)
    other = package.RZern(6)
    axis = (np.arange(side) - (side - 1) / 2) / (radius or side / 2)
    other.make_cart_grid(*np.meshgrid(axis, axis))
    references = [np.nan_to_num(other.eval_grid(unit, matrix=True)) for unit in np.eye(other.nk)]
    assert_agree(bank.filters, references)


def test_zernike_is_in_nolls_order():
    bank = fb.zernike(31, n=14)
    pairs = zip(bank.parameters["radial_order"].tolist(), bank.parameters["angular_order"].tolist(), strict=True)
    assert list(pairs) == NOLL
    # Even numbers are cosines: at angle 0, so along x, the sines are zero.
    along_x = bank.filters[:, 15, 20:]
    is_sine = ~along_x.any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(is_sine) + 1, [3, 5, 7, 9, 13])
    np.testing.assert_array_equal(bank.parameters["noll"], np.arange(1, 15))


def test_zernike_loses_orthogonality_on_the_grid_and_orthonormalize_restores_it():
    flat = fb.zernike(11).filters.reshape(21, -1)
    assert 0.05 < abs(flat @ flat.T - np.eye(21)).max() < 0.5
    flat = fb.orthonormalize(fb.zernike(11)).filters.reshape(21, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(21), rtol=0, atol=1e-14)


def test_zernike_refuses():
    with pytest.raises(ValueError, match=r"`radius` must be .* at most 3\.5 pixels, got 4; use a larger `size`"):
        fb.zernike(7, radius=4)
    with pytest.raises(ValueError, match="`max_order` must be an integer of at least 0, got -1"):
        fb.zernike(7, max_order=-1)
    with (
        pytest.warns(fb.BankWarning, match="9 of the 45 filters of a 5x5 Zernike bank lie above the Nyquist"),
        pytest.warns(fb.BankWarning, match="the 45 filters of a 5x5 Zernike bank are dependent: rank 21 of 45"),
    ):
        fb.zernike(5, max_order=8)


# All three


FAMILIES = [fb.fourier_bessel, fb.circular_harmonic, fb.zernike]


@pytest.mark.parametrize("family", FAMILIES)
def test_orientation_turns_the_cosine(family):
    bank = family(12, norm=None)
    order, turned = bank.parameters["angular_order"], bank.parameters["orientation"]
    for index in np.flatnonzero(turned > 0):
        partner = next(j for j in (index - 1, index + 1) if order[j] == order[index] and turned[j] == 0)
        wave = np.array(
            [sampled((12, 12), lambda r, phi, m=order[index], t=t: math.cos(m * (phi - t))) for t in (0, turned[index])]
        )
        np.testing.assert_allclose(bank[index] * wave[0], bank[partner] * wave[1], rtol=0, atol=2e-14)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("side", [*range(2, 17), 21, 31])
def test_the_defaults_need_no_warning(family, side):
    assert len(family(side)) >= 1


def test_filters_between_whose_waves_all_pixels_lie_are_zero():
    plain = fb.circular_harmonic((3, 4), rings=[1], max_order=1, norm=None)
    assert plain.filters.any(axis=(1, 2)).all()
    with pytest.warns(fb.BankWarning):
        line = fb.zernike((2, 3), max_order=1, norm=None)
    assert not line[1].any()
    assert line[2].any()
    with pytest.raises(ValueError, match="`norm` 'l2' cannot scale filter 1: it is zero everywhere"):
        fb.zernike((2, 3), max_order=1)
