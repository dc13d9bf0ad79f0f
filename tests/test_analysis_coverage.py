"""`coverage`, `perfect_reconstruction` and `shift_invariance`, against sums, SciPy's filters and simulated noise."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import filterbank as fb
from filterbank import analysis

RNG = np.random.default_rng(0)
BANKS = {
    "1-D even": fb.FilterBank(RNG.standard_normal((3, 6))),
    "1-D odd": fb.gabor((9,), frequencies=[0.2]),
    "2-D odd": fb.FilterBank(RNG.standard_normal((3, 5, 5))),
    "2-D even": fb.FilterBank(RNG.standard_normal((2, 4, 4))),
    "2-D mixed": fb.FilterBank(RNG.standard_normal((12, 3, 4))),
    "3-D": fb.FilterBank(RNG.standard_normal((3, 3, 2, 4))),
    "complete": fb.dct((3, 4)),
}

# Coverage


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("extra", [None, 0, 3])
def test_the_mean_of_the_power_is_the_energy(name, extra):
    bank = BANKS[name]
    shape = None if extra is None else tuple(side + extra for side in bank.size)
    covered = analysis.coverage(bank, shape)
    assert covered.power.mean() == pytest.approx(np.sum(bank.filters**2), rel=1e-12)
    assert tuple(map(len, covered.frequencies)) == covered.power.shape
    assert covered.per_octave.sum() == pytest.approx(1)
    assert covered.per_orientation.sum() == pytest.approx(1 if bank.ndim == 2 else 0)
    assert len(covered.per_orientation) == len(covered.orientations) == (8 if bank.ndim == 2 else 0)
    assert len(covered.per_octave) == len(covered.octaves)
    assert (covered.power[tuple(side // 2 for side in covered.power.shape)]) == pytest.approx(
        np.sum(bank.filters.reshape(len(bank), -1).sum(axis=1) ** 2)
    )


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("bins", [1, 3, 8])
def test_every_frequency_is_in_the_bin_that_its_length_and_angle_say(name, bins):
    bank = BANKS[name]
    covered = analysis.coverage(bank, 12, orientations=bins)
    per_octave, per_orientation = np.zeros(len(covered.octaves)), np.zeros(bins)
    for index, power in np.ndenumerate(covered.power):
        wave = [line[at] for line, at in zip(covered.frequencies, index, strict=True)]
        length = math.hypot(*wave)
        octave = next(i for i, low in enumerate(covered.octaves) if length >= low - 1e-12)
        per_octave[octave] += power
        if bank.ndim == 2 and length:
            angle = math.degrees(math.atan2(*wave)) + 90 / bins + 1e-7
            per_orientation[math.floor(angle / (180 / bins)) % bins] += power
    np.testing.assert_allclose(covered.per_octave, per_octave / per_octave.sum(), atol=1e-12)
    if bank.ndim == 2:
        np.testing.assert_allclose(covered.per_orientation, per_orientation / per_orientation.sum(), atol=1e-12)


@given(octave=st.integers(0, 2), turn=st.integers(0, 7), size=st.sampled_from([40, 41]))
def test_a_gabor_filter_covers_its_octave_and_orientation(octave, turn, size):
    frequency = 0.36 / 2**octave
    bank = fb.gabor(size, frequencies=[frequency], orientations=[np.pi * turn / 8], phases=[0], sigma=7)
    covered = analysis.coverage(bank, 128)
    assert np.argmax(covered.per_octave) == octave
    assert covered.per_octave[octave] > 0.85
    assert np.argmax(covered.per_orientation) == turn
    assert covered.orientations[turn] == pytest.approx(np.pi * turn / 8)
    assert covered.per_orientation[turn] > 0.5
    assert covered.octaves[octave] == 0.25 / 2**octave


def test_octaves_go_down_to_waves_twice_as_long_as_the_window():
    for size in (1, 2, 3, 8, 15, 49):
        octaves = analysis.coverage(np.ones((1, size, size)), max(size, 4)).octaves
        assert octaves[-1] == 0
        assert octaves[0] == 0.25
        np.testing.assert_allclose(octaves[1:-1] / octaves[:-2], 0.5)
        assert octaves[-2] <= max(1 / (2 * size), 0.25)
        assert octaves[-2] > 1 / (4 * size) or len(octaves) == 2


@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, 6))
def test_quarter_turns_move_power_by_half_the_bins(seed, size):
    """On an odd grid, whose frequencies a quarter turn maps onto each other."""
    filters = np.random.default_rng(seed).standard_normal((2, size, size))
    before, after = (
        analysis.coverage(each, 15, orientations=6) for each in (filters, np.rot90(filters, -1, axes=(1, 2)))
    )
    np.testing.assert_allclose(after.power, np.rot90(before.power, -1), atol=1e-10)
    np.testing.assert_allclose(after.per_octave, before.per_octave, atol=1e-12)
    np.testing.assert_allclose(after.per_orientation, np.roll(before.per_orientation, 3), atol=1e-12)


@given(scale=st.floats(1e-3, 1e3))
def test_shares_do_not_know_the_scale(scale):
    bank = BANKS["2-D odd"].filters
    found, expected = analysis.coverage(scale * bank, 16), analysis.coverage(-bank, 16)
    np.testing.assert_allclose(found.power, scale**2 * expected.power)
    np.testing.assert_allclose(found.per_octave, expected.per_octave)
    np.testing.assert_allclose(found.per_orientation, expected.per_orientation)


def test_what_covers_nothing_or_everything():
    nothing = analysis.coverage(np.zeros((2, 3, 3)))
    assert not nothing.power.any()
    assert not nothing.per_octave.any()
    assert not nothing.per_orientation.any()
    single = analysis.coverage(np.ones((1, 1, 1)), 512)
    np.testing.assert_allclose(single.power, 1)
    # Of the square of frequencies: triangles, and the disk of those below 0.25.
    first, second = math.tan(math.pi / 16) / 2, math.tan(3 * math.pi / 16) / 2
    areas = [first, (second - first) / 2, 0.5 - second, (second - first) / 2]
    np.testing.assert_allclose(single.per_orientation, [*areas, *areas], atol=0.001)
    np.testing.assert_allclose(single.per_octave, [1 - math.pi / 16, math.pi / 16], atol=0.001)
    constant = analysis.coverage(np.ones((1, 8, 8)), 8)
    np.testing.assert_allclose(constant.per_octave, [0, 0, 0, 1], atol=1e-12)
    assert "around 0 degrees" in str(constant)
    assert "degrees" not in str(analysis.coverage(np.ones((1, 8)), 8))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"orientations": 0}, ValueError, "`orientations` must be"),
        ({"orientations": 2.5}, TypeError, "`orientations` must be"),
        ({"shape": 4}, ValueError, "`shape` must be at least the size of a filter, 5x5, got 4x4"),
        ({"shape": (8, 8, 8)}, ValueError, "the grid"),
    ],
)
def test_wrong_coverage_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        analysis.coverage(fb.dct(5), **arguments)


@pytest.mark.parametrize("measure", [analysis.coverage, analysis.perfect_reconstruction, analysis.shift_invariance])
def test_filters_must_be_numbers(measure):
    with pytest.raises(ValueError, match="finite"):
        measure(np.full((1, 3, 3), np.nan))


# Reconstruction


def responses_to(signal, bank):
    """Correlate a periodic signal with every filter, by SciPy."""
    return [ndimage.correlate(signal, one, mode="wrap") for one in bank]


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("extra", [0, 3, 6])
def test_scipys_responses_and_the_dual_rebuild_every_signal(name, extra):
    bank = BANKS[name]
    shape = tuple(side + extra for side in bank.size)
    found = analysis.perfect_reconstruction(bank, shape)
    assert found.possible
    assert found.lost == 0
    assert found.error < 1e-9
    assert found.dual.shape == (len(bank), *shape)
    signal = np.random.default_rng(1).standard_normal(shape)
    rebuilt = np.zeros(shape)
    for response, filter_of_dual in zip(responses_to(signal, bank), found.dual, strict=True):
        for place in np.ndindex(shape):  # a convolution, pixel by pixel
            rebuilt += filter_of_dual[place] * np.roll(response, place, axis=tuple(range(bank.ndim)))
    np.testing.assert_allclose(rebuilt, signal, atol=1e-9 * found.condition)
    power = np.sum(np.abs(np.fft.fftn(bank.filters, shape, axes=tuple(range(1, bank.ndim + 1)))) ** 2, axis=0)
    assert found.condition == pytest.approx(power.max() / power.min(), rel=1e-6)


@pytest.mark.parametrize("name", BANKS)
def test_the_dual_is_the_shortest_of_those_that_rebuild(name):
    """The rows of the pseudo-inverse of the matrix of all responses."""
    bank = BANKS[name]
    shape = tuple(side + 1 for side in bank.size)
    pixels = np.eye(math.prod(shape)).reshape(-1, *shape)
    matrix = np.stack([np.ravel(responses_to(pixel, bank)) for pixel in pixels], axis=1)
    inverse = np.linalg.pinv(matrix)  # (pixels, n * pixels)
    # What a response of 1 at pixel 0 is rebuilt as is the filter of the dual.
    expected = inverse.reshape(math.prod(shape), len(bank), -1)[:, :, 0].T.reshape(len(bank), *shape)
    np.testing.assert_allclose(analysis.perfect_reconstruction(bank, shape).dual, expected, atol=1e-8)


@pytest.mark.parametrize("name", ["2-D mixed", "complete"])
def test_the_finite_dual_of_filters_that_span_the_window_rebuilds_too(name):
    bank = BANKS[name]
    assert analysis.perfect_reconstruction(bank).finite
    signal = np.random.default_rng(1).standard_normal((9, 10))
    rebuilt = 0
    for response, one in zip(responses_to(signal, bank), fb.dual(bank), strict=True):
        rebuilt = rebuilt + ndimage.convolve(response, one, mode="wrap")
    np.testing.assert_allclose(rebuilt / math.prod(bank.size), signal, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-150, 1e-3, 1e3, 1e150]))
def test_scale_changes_the_dual_alone(seed, scale):
    filters = np.random.default_rng(seed).standard_normal((3, 3, 2))
    found, expected = (analysis.perfect_reconstruction(each, 6) for each in (scale * filters, filters))
    np.testing.assert_allclose(found.dual * scale, expected.dual, rtol=1e-9)
    assert found.condition == pytest.approx(expected.condition)
    assert (found.possible, found.finite) == (expected.possible, expected.finite)


def test_lost_frequencies_are_counted():
    found = analysis.perfect_reconstruction(fb.gradient(3), 8)  # differences lose constants, and waves of two pixels
    assert not found.possible
    assert not found.finite
    assert found.condition == math.inf
    power = np.sum(np.abs(np.fft.fft2(fb.gradient(3).filters, (8, 8))) ** 2, axis=0)
    assert found.lost == np.mean(power < 1e-12)
    assert found.lost == pytest.approx(float(str(found).split()[5].rstrip("%")) / 100, abs=1e-4)
    assert found.error > 1e-3
    flat = analysis.perfect_reconstruction(np.ones((1, 4)), 8)  # the mean of 4 loses 3 of 8 frequencies
    assert flat.lost == pytest.approx(3 / 8)


def test_what_the_dual_of_a_bank_that_loses_frequencies_rebuilds_is_the_rest():
    bank, shape = fb.gradient(3), (8, 8)
    found = analysis.perfect_reconstruction(bank, shape)
    signal = np.random.default_rng(1).standard_normal(shape)
    rebuilt = sum(
        dual[place] * np.roll(response, place, axis=(0, 1))
        for response, dual in zip(responses_to(signal, bank), found.dual, strict=True)
        for place in np.ndindex(shape)
    )
    lost = np.sum(np.abs(np.fft.fft2(bank.filters, shape)) ** 2, axis=0) < 1e-12
    np.testing.assert_allclose(np.fft.fft2(rebuilt), np.where(lost, 0, np.fft.fft2(signal)), atol=1e-12)


def test_reconstruction_from_nothing_and_from_single_pixels():
    nothing = analysis.perfect_reconstruction(np.zeros((2, 3, 3)))
    assert nothing[:4] == (False, 1.0, math.inf, 1.0)
    assert not nothing.dual.any()
    assert not nothing.finite
    one = analysis.perfect_reconstruction(np.full((1, 1, 1), 2.0), 5)
    assert one.possible
    assert one.finite
    assert one.condition == pytest.approx(1)
    expected = np.zeros((1, 5, 5))
    expected[0, 0, 0] = 0.5
    np.testing.assert_allclose(one.dual, expected, atol=1e-15)
    assert "finite dual does it too" in str(one)
    assert "only a dual without end" in str(analysis.perfect_reconstruction(BANKS["2-D odd"], 9))
    with pytest.raises(ValueError, match="`shape` must be at least"):
        analysis.perfect_reconstruction(fb.dct(5), 4)


# Shift invariance


@pytest.mark.parametrize(
    ("bank", "stride"),
    [
        (fb.FilterBank(RNG.standard_normal((2, 5))), 2),
        (fb.FilterBank(RNG.standard_normal((3, 4))), 3),
        (fb.gabor(7, frequencies=[0.2], orientations=[0.3]), 2),
        (fb.FilterBank(RNG.standard_normal((2, 3, 2))), (1, 3)),
        (fb.gradient(3), (2, 3)),
    ],
)
def test_shift_invariance_is_the_share_of_the_variance_that_the_signal_has(bank, stride):
    """Over 2000 signals of white noise, whose responses are taken at every offset."""
    random = np.random.default_rng(0)
    shape = (60,) if bank.ndim == 1 else (12, 18)
    strides = (stride,) * bank.ndim if isinstance(stride, int) else stride
    offsets = list(itertools.product(*map(range, strides)))
    draws = 2000
    energies = np.empty((len(bank), draws, len(offsets)))
    for draw in range(draws):
        for i, response in enumerate(responses_to(random.standard_normal(shape), bank)):
            for j, offset in enumerate(offsets):
                taken = response[tuple(slice(start, None, step) for start, step in zip(offset, strides, strict=True))]
                energies[i, draw, j] = np.sum(taken**2)
    found = analysis.shift_invariance(bank, stride, shape)
    for each, expected in zip([*energies, energies.sum(axis=0)], [*found.per_filter, found.together], strict=True):
        signal, offset = each.mean(axis=1).var(), each.var(axis=1).mean()
        share = signal / (signal + offset)
        # The errors of variances from so many draws, thrice, and what frequencies that are their own aliases do.
        assert share == pytest.approx(expected, abs=0.01 + 3 * share * (1 - share) * math.sqrt(4 / draws))


@pytest.mark.parametrize("stride", [1, 2, 3, (2,), (3, 1), (2, 3), (2, 1, 2)])
def test_a_single_pixel_is_in_one_of_all_offsets(stride):
    dimensions = 2 if isinstance(stride, int) else len(stride)
    size = (3,) * dimensions
    found = analysis.shift_invariance(2 * fb.delta(size).filters[:1], stride, (12,) * dimensions)
    offsets = stride**2 if isinstance(stride, int) else math.prod(stride)
    assert found.per_filter[0] == pytest.approx(1 / offsets)
    assert found.together == pytest.approx(1 / offsets)


def test_filters_without_aliases_are_invariant():
    """A filter that fills the grid and passes frequencies below a quarter only, at every second pixel."""
    frequency = np.fft.fftfreq(32)
    inside = np.where(np.hypot(frequency[:, None], frequency) < 0.24, RNG.uniform(1, 2, (32, 32)), 0)
    low = np.fft.ifft2(inside + np.roll(np.flip(inside), 1, axis=(0, 1))).real
    found = analysis.shift_invariance(low[None], 2, 32)
    assert found.per_filter[0] == pytest.approx(1, abs=1e-12)
    assert analysis.shift_invariance(low[None], 4, 32).per_filter[0] < 0.9
    assert analysis.shift_invariance(low[None], 1, 32).per_filter[0] == 1


def test_complete_orthonormal_banks_are_as_their_pixels_together():
    """The energies of a complete orthonormal bank are those of the patches, whatever the bank."""
    found = analysis.shift_invariance(fb.dct(3), 2, 12).together
    patch = analysis.shift_invariance(fb.delta(3), 2, 12).together
    assert found == pytest.approx(patch, rel=1e-12)
    assert analysis.shift_invariance(fb.dct(4), 2, 12).together == pytest.approx(1)  # each pixel counts as often


def test_zero_filters_have_no_shift_invariance():
    found = analysis.shift_invariance(np.stack([np.zeros((3, 3)), np.ones((3, 3))]))
    assert np.isnan(found.per_filter[0])
    assert found.together == pytest.approx(found.per_filter[1])
    nothing = analysis.shift_invariance(np.zeros((1, 3, 3)))
    assert np.isnan(nothing.together)
    assert str(nothing)
    assert "nan" not in str(found)


def test_the_grid_becomes_a_multiple_of_the_stride():
    bank = BANKS["2-D odd"]
    found, expected = analysis.shift_invariance(bank, 3, 10), analysis.shift_invariance(bank, 3, 12)
    np.testing.assert_array_equal(found.per_filter, expected.per_filter)


@pytest.mark.parametrize(
    ("stride", "error", "message"),
    [
        (0, ValueError, "`stride` must be"),
        ((2, -1), ValueError, "`stride` must be"),
        ((2, 2, 2), ValueError, "`stride` must be one for each of the 2 axes, or one for all, got"),
        (2.0, TypeError, "`stride` must be"),
        ("2", TypeError, "`stride` must be"),
        (True, TypeError, "`stride` must be"),
    ],
)
def test_wrong_strides_are_refused(stride, error, message):
    with pytest.raises(error, match=message):
        analysis.shift_invariance(fb.dct(3), stride)


def test_strides_may_be_numpys_integers():
    assert analysis.shift_invariance(fb.dct(3), np.int64(2), 6).together == pytest.approx(
        analysis.shift_invariance(fb.dct(3), [2, 2], 6).together
    )


def test_strides_that_leave_next_to_nothing_are_refused():
    with pytest.raises(ValueError, match="`stride` must leave one pixel of at most 1024, got one of 10000"):
        fb.analysis.shift_invariance(fb.dct(3), 100)
