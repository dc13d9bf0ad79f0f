"""The Gabor nearest to each kernel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

import filterbank as fb
from filterbank.analysis import fit_gabor
from filterbank.analysis._gabor_fit import _linear, _pair, _slopes

SIZES = [(11, 11), (8, 8), (9, 12), (11,), (12,)]
NAMES = ("frequency", "orientation", "phase", "sigma", "aspect_ratio", "amplitude")


def as_kernels(bank):
    return np.moveaxis(np.asarray(bank), 0, -1)[..., None, :]


def formula(size, frequency, orientation, phase, sigma, aspect_ratio, centre):
    """Return the formula of the docstring, with loops over nothing and in other words than the code."""
    places = np.meshgrid(*((np.arange(side) - (side - 1) / 2 - c) for side, c in zip(size, centre, strict=True)))
    place = places[0] + 1j * (places[1] if len(size) == 2 else 0)  # meshgrid swaps: the first is y
    place = place.T if len(size) == 2 else place
    y, x = (place.real, place.imag) if len(size) == 2 else (0, place.real)
    turned = (x + 1j * y) * np.exp(-1j * orientation)
    bell = np.exp(-(turned.real**2 + (aspect_ratio * turned.imag) ** 2) / (2 * sigma**2))
    return bell * np.cos(2 * np.pi * frequency * turned.real + phase)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")  # cut by the window, and dependent where phases are equal
@given(data=st.data(), size=st.sampled_from(SIZES))
def test_parameters_of_the_family_come_back(data, size):
    side = min(size)
    frequency = data.draw(st.floats(1.3 / side, 0.35), label="frequency")
    sigma = data.draw(st.floats(0.13, 0.2), label="sigma") * side
    phases = [data.draw(st.floats(-3, 3), label="phase"), 0.0, np.pi / 2]
    more = {}
    if len(size) == 2:
        more["orientations"] = [0.0, data.draw(st.floats(0.01, 3.1), label="orientation")]
        more["aspect_ratio"] = data.draw(st.floats(0.7, 1.4), label="aspect ratio")
    bank = fb.gabor(size, frequencies=[frequency], sigma=sigma, phases=phases, **more)
    fit = fit_gabor(as_kernels(bank))
    for name in ("frequency", "sigma", "aspect_ratio", "phase", *(["orientation"] if more else [])):
        np.testing.assert_allclose(getattr(fit, name)[0], bank.parameters[name], rtol=0, atol=1e-6, err_msg=name)
    assert fit.centre.shape == (1, len(bank), len(size))
    np.testing.assert_allclose(fit.centre, 0, atol=1e-6)
    np.testing.assert_allclose(fit.explained, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(fit.kernels, as_kernels(bank), rtol=0, atol=1e-7)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("amplitude", [1.0, -2e-3, 1e200])
def test_shifted_ones_come_back_with_centre_and_amplitude(size, amplitude):
    centre = (0.8, -1.3)[-len(size) :]
    orientation, ratio = (2.0, 0.8) if len(size) == 2 else (0.0, 1.0)
    kernel = amplitude * formula(size, 0.19, orientation, 0.7, 1.6, ratio, centre)
    fit = fit_gabor(kernel[..., None, None])
    phase = 0.7 if amplitude > 0 else 0.7 - np.pi
    expected = (0.19, orientation, phase, 1.6, ratio, abs(amplitude))
    for name, value in zip(NAMES, expected, strict=True):
        assert getattr(fit, name)[0, 0] == pytest.approx(value, rel=1e-6, abs=1e-6), name
    np.testing.assert_allclose(fit.centre[0, 0], centre, rtol=0, atol=1e-6)
    np.testing.assert_allclose(fit.kernels[..., 0, 0], kernel, rtol=0, atol=1e-8 * abs(amplitude))


@pytest.mark.parametrize("size", [(7, 7), (8, 6), (3, 3), (9,)])
def test_no_search_of_scipys_from_there_gets_lower(size):
    kernels = np.random.default_rng(0).normal(size=(*size, 2, 3))
    fit = fit_gabor(kernels)
    for p, q in np.ndindex(2, 3):
        kernel = kernels[..., p, q]
        start = [getattr(fit, name)[p, q] for name in NAMES] + list(fit.centre[p, q])
        lower = [0.125 / max(size), -np.inf, -np.inf, 0.3, 0, 0] + [-side / 2 for side in size]
        upper = [0.5, np.inf, np.inf, 2 * max(size), np.inf, np.inf] + [side / 2 for side in size]
        if len(size) == 1:
            lower[1], upper[1], lower[4], upper[4] = -1e-9, 1e-9, 1 - 1e-9, 1 + 1e-9

        def residual(numbers, kernel=kernel):
            frequency, orientation, phase, sigma, ratio, amplitude, *centre = numbers
            return (amplitude * formula(size, frequency, orientation, phase, sigma, ratio, centre) - kernel).ravel()

        lost = np.sum(residual(start) ** 2)
        assert fit.explained[p, q] == pytest.approx(1 - lost / np.sum(kernel**2), abs=1e-9)
        inside = np.clip(start, np.add(lower, 1e-10), np.subtract(upper, 1e-10))
        found = least_squares(residual, inside, bounds=(lower, upper), x_scale=np.maximum(np.abs(inside), 1e-3))
        ratio = found.x[3] / found.x[4]
        if 0.3 <= ratio <= 2 * max(size):
            assert 2 * found.cost >= lost * (1 - 1e-3)


def test_derivatives_are_those_of_differences():
    rng = np.random.default_rng(0)
    numbers = rng.uniform([0.1, 0, 0.3, -0.3, -1, -1], [0.4, 3, 1, 0.3, 1, 1], size=(5, 6))
    # Exact where nothing is left, as there Kaufman's derivatives are the whole.
    targets = 0.7 * _pair(numbers, (7, 8))[0] - 1.2 * _pair(numbers, (7, 8))[1]
    slopes = _slopes(numbers, targets, (7, 8))[2]
    for index in range(6):
        move = np.zeros(6)
        move[index] = 1e-6
        ahead, behind = (_slopes(numbers + sign * move, targets, (7, 8))[1] for sign in (1, -1))
        np.testing.assert_allclose(slopes[..., index], (ahead - behind) / 2e-6, rtol=0, atol=1e-8)
    np.testing.assert_allclose(_linear(numbers, targets, (7, 8)), np.tile([0.7, -1.2], (5, 1)), rtol=0, atol=1e-10)


def test_noise_costs_what_it_costs_and_leaves_the_parameters_near():
    kernels = as_kernels(fb.gabor(11, frequencies=[0.2], sigma=2.0))
    noise = np.random.default_rng(0).normal(size=kernels.shape)
    noise *= 0.1 / np.linalg.norm(noise, axis=(0, 1))
    fit = fit_gabor(kernels + noise)
    assert (fit.explained > 0.98).all()
    np.testing.assert_allclose(fit.frequency, 0.2, rtol=0, atol=0.01)
    np.testing.assert_allclose(fit.sigma, 2, rtol=0, atol=0.15)


def test_a_wave_the_other_way_round_is_the_same():
    size = (9, 9)
    one, other = (formula(size, 0.2, angle, phase, 1.8, 1.2, (0, 0)) for angle, phase in ((1, 0.4), (1 + np.pi, -0.4)))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-15)
    fit = fit_gabor(np.stack([one, -other], axis=-1)[:, :, None])
    np.testing.assert_allclose(fit.orientation, 1, rtol=0, atol=1e-6)
    np.testing.assert_allclose(fit.phase, [[0.4, 0.4 - np.pi]], rtol=0, atol=1e-6)


def test_zero_and_constant_kernels_have_defined_answers():
    kernels = np.zeros((7, 7, 1, 3))
    kernels[..., 1] = 3.0
    kernels[3, 3, 0, 2] = 1.0
    fit = fit_gabor(kernels)
    assert fit.amplitude[0, 0] == 0
    for name in ("frequency", "orientation", "phase", "sigma", "aspect_ratio", "explained", "centre"):
        assert np.isnan(getattr(fit, name)[0, 0]).all()
        assert np.isfinite(getattr(fit, name)[0, 1:]).all()
    assert not fit.kernels[..., 0, 0].any()
    assert fit.frequency[0, 1] == pytest.approx(0.125 / 7)
    assert fit.explained[0, 1] > 0.99
    assert fit.explained[0, 2] > 0.999
    assert len(fit.bank) == 2
    np.testing.assert_array_equal(fit.bank.parameters["output"], [1, 2])
    nothing = fit_gabor(np.zeros((5, 1, 2)))
    assert str(nothing) == "0 kernels: all are zero"
    with pytest.raises(ValueError, match="all kernels are zero: nothing was fitted"):
        _ = nothing.bank


def test_the_bank_holds_the_fits_and_their_parameters(tmp_path):
    kernels = np.random.default_rng(0).normal(size=(7, 7, 2, 3))
    fit = fit_gabor(kernels)
    bank = fit.bank
    assert bank.shape == (6, 7, 7)
    for index, (p, q) in enumerate(np.ndindex(2, 3)):
        assert (bank.parameters["input"][index], bank.parameters["output"][index]) == (p, q)
        assert bank.parameters["centre_y"][index] == fit.centre[p, q, 0]
        cosine = np.sum(bank[index] * kernels[..., p, q]) / np.linalg.norm(kernels[..., p, q])
        # The best multiple of a filter explains the squared cosine.
        assert cosine**2 == pytest.approx(fit.explained[p, q], abs=1e-9)
    bank.save(tmp_path / "bank.npz")
    assert fb.load(tmp_path / "bank.npz") == bank
    assert str(fit).splitlines()[0].split() == ["6", "kernels", "25", "%", "median", "75", "%", "unit"]


def test_more_starts_never_lose_and_progress_is_told():
    kernels = np.random.default_rng(1).normal(size=(6, 6, 20, 16))
    told = []
    few = fit_gabor(kernels, starts=1, progress=lambda done, whole: told.append((done, whole)))
    assert told == [(256, 320), (320, 320)]
    assert (fit_gabor(kernels, starts=3).explained >= few.explained - 1e-12).all()


@pytest.mark.parametrize(
    ("kernels", "starts", "error", "text"),
    [
        (np.ones((3, 3, 3, 1, 1)), 12, ValueError, "of one or two dimensions to fit Gabors, got three"),
        (np.ones((1, 1, 2, 2)), 12, ValueError, "at least 3 pixels along each axis to fit Gabors, got 1x1"),
        (np.ones((2, 1, 2)), 12, ValueError, "got 2-sample"),
        (np.full((3, 3, 1, 1), np.inf), 12, ValueError, "`kernels` must be finite"),
        (np.ones((3, 3, 1, 1)), 25, ValueError, "`starts` must be an integer from 1 to 24, got 25"),
    ],
)
def test_what_cannot_be_is_refused(kernels, starts, error, text):
    with pytest.raises(error, match=text):
        fit_gabor(kernels, starts=starts)
