"""`tuning` of single filters, against what made them, dense grids, loops, and what must not change it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filterbank as fb
from filterbank.analysis import tuning

RNG = np.random.default_rng(0)
RANDOM = {
    "1-D even": RNG.standard_normal((4, 6)),
    "1-D odd": RNG.standard_normal((4, 9)),
    "2-D odd": RNG.standard_normal((4, 5, 5)),
    "2-D mixed": RNG.standard_normal((4, 4, 7)),
    "2-D row": RNG.standard_normal((4, 1, 6)),
    "3-D": RNG.standard_normal((3, 3, 2, 4)),
}
KEYS = {
    "frequency",
    "orientation",
    "bandwidth",
    "orientation_bandwidth",
    "phase",
    "symmetry",
    "dc",
    "energy",
    "centroid",
    "support",
    "separability",
    "edge",
}
seeds = st.integers(0, 2**32 - 1)


def octaves(frequency, sigma):
    """Return the half-amplitude bandwidth of Petkov and Kruizinga."""
    share = frequency * sigma * math.pi
    fall = math.sqrt(math.log(2) / 2)
    return math.log2((share + fall) / (share - fall))


def transform(one, wave):
    """Sum over pixels about the centre of the window, one by one."""
    centre = [(side - 1) / 2 for side in one.shape]
    return sum(
        value * np.exp(-2j * np.pi * sum(f * (at - c) for f, at, c in zip(wave, index, centre, strict=True)))
        for index, value in np.ndenumerate(one)
    )


def waves(tuned):
    """Return the frequency vectors `(n, dimensions)` that a 2-D or 3-D bank is tuned to."""
    angle = np.nan_to_num(tuned["orientation"])
    if angle.ndim == 2:
        return tuned["frequency"][:, None] * angle
    return tuned["frequency"][:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def assert_alike(found, expected, but=(), **tolerance):
    tolerance = {"rtol": 1e-6, "atol": 1e-8, **tolerance}
    for name in KEYS - set(but):
        np.testing.assert_allclose(found[name], expected[name], err_msg=name, **tolerance)


# Against what made the filters


@given(
    size=st.sampled_from([60, 61]),
    frequency=st.floats(0.1, 0.3),
    angle=st.floats(0, math.pi - 1e-3),
    phase=st.floats(-3, 3),
    sigma=st.floats(4, 7),
)
def test_gabor_filters_are_tuned_to_their_parameters(size, frequency, angle, phase, sigma):
    """Their mirrored wave, exp(-(2 pi f sigma)^2 / 2) of the peak or less, moves all that a little."""
    bank = fb.gabor(
        size, frequencies=[frequency], orientations=[angle], phases=[phase], sigma=sigma, aspect_ratio=0.9, norm=None
    )
    tuned = tuning(bank)
    assert tuned["frequency"][0] == pytest.approx(frequency, rel=0.003)
    assert tuned["orientation"][0] == pytest.approx(angle, abs=0.003)
    assert tuned["phase"][0] == pytest.approx(phase, abs=0.003)
    if frequency * sigma > 0.8:
        assert tuned["frequency"][0] == pytest.approx(frequency, rel=1e-5)
        assert tuned["bandwidth"][0] == pytest.approx(octaves(frequency, sigma), rel=1e-3)
        assert tuned["bandwidth"][0] == pytest.approx(bank.parameters["bandwidth"][0], rel=1e-3)


def test_orientation_bandwidth_is_where_the_gaussian_across_has_fallen_to_half():
    frequency, sigma, ratio = 0.2, 6.0, 0.8
    bank = fb.gabor(61, frequencies=[frequency], orientations=3, phases=[0], sigma=sigma, aspect_ratio=ratio)
    expected = []
    for angle in np.linspace(0, 1, 200_001):  # exp(-2 pi^2 (sx^2 (f cos - f)^2 + sy^2 (f sin)^2)) = 1/2
        along, across = frequency * (math.cos(angle) - 1), frequency * math.sin(angle)
        fall = 2 * math.pi**2 * ((sigma * along) ** 2 + (sigma / ratio * across) ** 2)
        if fall >= math.log(2):
            expected = 2 * angle
            break
    np.testing.assert_allclose(tuning(bank)["orientation_bandwidth"], expected, rtol=1e-4)


def test_orientation_bandwidths_of_round_filters_and_derivatives():
    """Of a first derivative the magnitude falls with the cosine, to half at 60 degrees; to both sides of any angle."""
    derivative = fb.gaussian_derivative(25, max_order=1, sigma=3, norm=None)
    round_one = fb.laplacian_of_gaussian(25, sigmas=[3], norm=None)[0]
    mixed = derivative[1] / 3 + 0.2 * round_one  # falls to half beyond 60 degrees
    found = tuning([derivative[1], derivative[2], derivative[1] + derivative[2], round_one, mixed])
    np.testing.assert_allclose(found["orientation_bandwidth"][:4], [2 * np.pi / 3] * 3 + [np.pi], rtol=5e-4)
    np.testing.assert_allclose(found["orientation"][:3], [0, np.pi / 2, np.pi / 4], atol=1e-9)
    angles = np.linspace(0, np.pi / 2, 2001)
    radius = found["frequency"][4]
    y, x = np.mgrid[-12:13, -12:13]
    turns = np.outer(np.sin(angles), y.ravel()) + np.outer(np.cos(angles), x.ravel())
    height = np.abs(np.exp(-2j * np.pi * radius * turns) @ mixed.ravel())
    expected = 2 * angles[np.argmax(height <= height[0] / 2)]
    assert 2 * np.pi / 3 < expected < np.pi
    assert found["orientation_bandwidth"][4] == pytest.approx(expected, abs=0.002)


@given(frequency=st.floats(0.12, 0.3), phase=st.floats(-3, 3), size=st.sampled_from([60, 61]))
def test_lines_are_tuned_to_frequency_and_phase(frequency, phase, size):
    tuned = tuning(fb.gabor((size,), frequencies=[frequency], phases=[phase], sigma=7))
    assert tuned["frequency"][0] == pytest.approx(frequency, rel=1e-4)
    assert tuned["phase"][0] == pytest.approx(phase, abs=1e-3)
    assert tuned["bandwidth"][0] == pytest.approx(octaves(frequency, 7), rel=1e-3)
    assert tuned["orientation"][0] == 0
    assert np.isnan(tuned["orientation_bandwidth"][0])
    assert tuned["centroid"].shape == (1, 1)


@given(seed=seeds)
def test_volumes_are_tuned_to_directions(seed):
    direction = np.random.default_rng(seed).standard_normal(3)
    direction /= np.linalg.norm(direction) * np.sign(direction[-1])
    tuned = tuning(fb.gabor((18, 19, 20), frequencies=[0.25], orientations=[direction], phases=[0.4], sigma=3))
    np.testing.assert_allclose(tuned["orientation"], [direction], atol=1e-3)
    assert tuned["frequency"][0] == pytest.approx(0.25, rel=1e-3)
    assert tuned["phase"][0] == pytest.approx(0.4, abs=1e-3)
    assert tuned["bandwidth"][0] == pytest.approx(octaves(0.25, 3), rel=0.01)
    assert np.isnan(tuned["orientation_bandwidth"][0])


@pytest.mark.parametrize("name", RANDOM)
def test_no_frequency_passes_more_than_the_peak(name):
    filters = RANDOM[name]
    tuned = tuning(filters)
    grid = tuple((24 if filters.ndim < 4 else 12) * side for side in filters.shape[1:])
    axes = tuple(range(1, filters.ndim))
    highest = np.abs(np.fft.fftn(filters, grid, axes=axes)).max(axis=axes)
    vectors = tuned["frequency"][:, None] if filters.ndim == 2 else waves(tuned)
    for one, wave, most, phase in zip(filters, vectors, highest, tuned["phase"], strict=True):
        peak = transform(one, wave)
        assert abs(peak) >= most * (1 - 1e-12)
        assert abs(peak) <= most * 1.01
        assert peak == pytest.approx(abs(peak) * np.exp(1j * phase), abs=1e-8 * most)
        for step in np.vstack([np.eye(len(wave)), -np.eye(len(wave))]) * 1e-4:
            assert abs(transform(one, wave + step)) <= abs(peak) * (1 + 1e-12)


def test_bandwidths_are_those_of_dense_lines():
    for one in RANDOM["2-D odd"]:
        tuned = tuning(one[None])
        frequency, angle = tuned["frequency"][0], tuned["orientation"][0]
        if frequency == 0:
            continue
        direction = np.array([np.sin(angle), np.cos(angle)])
        places = np.linspace(0, 0.5 / np.abs(direction).max(), 4001)
        y, x = np.mgrid[:5, :5] - 2
        along = (y * direction[0] + x * direction[1]).ravel()
        height = np.abs(np.exp(-2j * np.pi * np.outer(places, along)) @ one.ravel())
        half = abs(transform(one, frequency * direction)) / 2
        low, high = places[(height <= half) & (places < frequency)], places[(height <= half) & (places > frequency)]
        expected = np.log2(high.min() / low.max()) if low.size and high.size and low.max() else np.inf
        assert tuned["bandwidth"][0] == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("k", [5, 8])
def test_dct_filters_are_tuned_to_what_their_indices_say(k):
    """Of a cosine of so many half turns in a line the peak lies within one of them."""
    tuned = tuning(fb.dct((k,)))
    assert tuned["frequency"][0] == 0
    np.testing.assert_allclose(tuned["frequency"][1:], np.arange(1, k) / (2 * k), atol=0.51 / k)
    np.testing.assert_allclose(tuned["symmetry"], (-1.0) ** np.arange(k), atol=1e-12)
    np.testing.assert_allclose(tuned["dc"], [math.sqrt(k), *[0] * (k - 1)], atol=1e-14)
    plane = tuning(fb.dct(k))
    assert plane["separability"] == pytest.approx(np.ones(k * k))
    assert plane["energy"] == pytest.approx(np.ones(k * k))
    # Each is a product of lines, and so is its transform.
    across, along = (fb.dct(k).parameters[f"order_{axis}"] for axis in "yx")
    expected = np.hypot(tuned["frequency"][across], tuned["frequency"][along])
    np.testing.assert_allclose(plane["frequency"], expected, atol=1e-9)
    angle = np.arctan2(tuned["frequency"][across], tuned["frequency"][along])
    np.testing.assert_allclose(plane["orientation"][1:], angle[1:], atol=1e-9)


def test_waves_at_the_nyquist_frequency():
    tuned = tuning([[[1.0, -1], [1, -1]], [[1, 1], [-1, -1]], [[1, -1], [-1, 1]]])
    np.testing.assert_allclose(tuned["frequency"], [0.5, 0.5, math.sqrt(0.5)], atol=1e-12)
    np.testing.assert_allclose(tuned["orientation"], [0, math.pi / 2, math.pi / 4], atol=1e-12)
    np.testing.assert_allclose(tuned["phase"], [math.pi / 2, math.pi / 2, math.pi], atol=1e-9)
    assert np.isinf(tuned["bandwidth"]).all()
    line = tuning([[1.0, -1, 1, -1]])
    assert line["phase"][0] == pytest.approx(-math.pi / 2)


# Against loops and NumPy


@pytest.mark.parametrize("name", RANDOM)
def test_sums_over_pixels_are_those_of_loops(name):
    filters = RANDOM[name]
    tuned = tuning(filters)
    assert set(tuned) == KEYS
    for i, one in enumerate(filters):
        energy = math.fsum((one**2).ravel())
        centre = [(side - 1) / 2 for side in one.shape]
        flipped = np.flip(one)
        even, odd = (one + flipped) / 2, (one - flipped) / 2
        assert tuned["energy"][i] == pytest.approx(energy, rel=1e-14)
        assert tuned["dc"][i] == pytest.approx(math.fsum(one.ravel()), abs=1e-14)
        assert tuned["symmetry"][i] == pytest.approx((np.sum(even**2) - np.sum(odd**2)) / energy, abs=1e-14)
        middle = [
            sum(v**2 * (index[axis] - centre[axis]) for index, v in np.ndenumerate(one)) / energy
            for axis in range(one.ndim)
        ]
        np.testing.assert_allclose(tuned["centroid"][i], middle, atol=1e-14)
        ring = sum(
            v**2
            for index, v in np.ndenumerate(one)
            if any(at in (0, side - 1) for at, side in zip(index, one.shape, strict=True))
        )
        assert tuned["edge"][i] == pytest.approx(ring / energy, abs=1e-14)
        distances = {index: math.dist(np.subtract(index, centre), middle) for index in np.ndindex(one.shape)}
        smallest = next(
            radius
            for radius in sorted(distances.values())
            if sum(one[index] ** 2 for index, far in distances.items() if far <= radius + 1e-12) >= 0.95 * energy
        )
        assert tuned["support"][i] == pytest.approx(smallest, abs=1e-12)
        if one.ndim == 2:
            values = np.linalg.svd(one, compute_uv=False)
            assert tuned["separability"][i] == pytest.approx(values[0] ** 2 / energy, rel=1e-12)
        if one.ndim == 1:
            assert tuned["separability"][i] == 1


@given(seed=seeds)
def test_separability_of_volumes(seed):
    """1 for products; of sums of orthogonal products the largest; never below what random products reach."""
    random = np.random.default_rng(seed)
    factors = [np.linalg.qr(random.standard_normal((side, 2)))[0] for side in (3, 4, 5)]
    first, second = (np.einsum("i,j,k->ijk", *(factor[:, i] for factor in factors)) for i in (0, 1))
    found = tuning([first, 2 * first + second, first - 3 * second])["separability"]
    np.testing.assert_allclose(found, [1, 4 / 5, 9 / 10], atol=1e-9)
    volume = random.standard_normal((3, 3, 4))
    reached = 0.0
    for _ in range(200):
        a, b = random.standard_normal(3), random.standard_normal(4)
        left = np.einsum("ijk,j,k->i", volume, a / np.linalg.norm(a), b / np.linalg.norm(b))
        reached = max(reached, float(left @ left) / np.sum(volume**2))
    best = tuning(volume[None])["separability"][0]
    assert reached <= best < 1
    # The best matrix of rank one that an unfolding has is a bound from above.
    unfolded = [np.linalg.norm(np.moveaxis(volume, a, 0).reshape(volume.shape[a], -1), 2) ** 2 for a in range(3)]
    assert best <= min(unfolded) / np.sum(volume**2) + 1e-12


# What must not change it


@pytest.mark.parametrize("name", RANDOM)
@given(exponent=st.integers(-200, 200))
def test_scale_changes_sum_and_energy_only(name, exponent):
    filters = RANDOM[name]
    found, expected = tuning(filters * 2.0**exponent), tuning(filters)
    assert_alike(found, expected, but=("dc", "energy"), rtol=1e-12, atol=0)
    np.testing.assert_allclose(found["dc"], expected["dc"] * 2.0**exponent, rtol=1e-12)
    np.testing.assert_allclose(found["energy"], expected["energy"] * 4.0**exponent, rtol=1e-12)


def test_filters_whose_squares_vanish_are_not_zero():
    assert_alike(tuning(1e-200 * RANDOM["2-D odd"]), tuning(RANDOM["2-D odd"]), but=("dc", "energy"))


@pytest.mark.parametrize("name", RANDOM)
def test_sign_turns_the_phase_by_half_a_wave(name):
    found, expected = tuning(-RANDOM[name]), tuning(RANDOM[name])
    assert_alike(found, expected, but=("dc", "phase"))
    np.testing.assert_allclose(found["dc"], -expected["dc"], atol=1e-14)
    np.testing.assert_allclose(np.exp(1j * found["phase"]), -np.exp(1j * expected["phase"]), atol=1e-8)


@pytest.mark.parametrize("name", RANDOM)
@given(seed=seeds)
def test_filters_are_measured_by_themselves(name, seed):
    order = np.random.default_rng(seed).permutation(len(RANDOM[name]))
    found, expected = tuning(RANDOM[name][order]), tuning(RANDOM[name])
    assert_alike(found, {key: values[order] for key, values in expected.items()})
    assert_alike(tuning(RANDOM[name][order[:1]]), {key: values[order[:1]] for key, values in expected.items()})


@given(seed=seeds, height=st.integers(2, 6), width=st.integers(2, 6))
def test_quarter_turns_turn_the_orientation_alone(seed, height, width):
    filters = np.random.default_rng(seed).standard_normal((3, height, width))
    before, after = tuning(filters), tuning(np.rot90(filters, -1, axes=(1, 2)))  # from x towards y
    np.testing.assert_allclose(after["centroid"], before["centroid"] @ [[0, -1], [1, 0]], atol=1e-12)
    np.testing.assert_allclose(after["frequency"], before["frequency"], atol=1e-9)
    # At the Nyquist frequency a wave has two orientations, of which the smaller counts.
    inner = ~(np.abs(waves(before)).max(axis=1) > 0.5 - 1e-9)
    before, after = ({key: values[inner] for key, values in tuned.items()} for tuned in (before, after))
    assert_alike(after, before, but=("orientation", "phase", "centroid"))
    known = before["frequency"] > 0
    turn = np.exp(2j * (after["orientation"] - before["orientation"]))
    np.testing.assert_allclose(turn[known], -1, atol=1e-6)
    # Of that wave, or of its negative.
    np.testing.assert_allclose(np.cos(after["phase"]), np.cos(before["phase"]), atol=1e-6)


# Filters without a wave


@pytest.mark.parametrize("size", [(5,), (4, 6), (3, 2, 3)])
def test_zero_filters_are_not_a_number_but_for_their_sums(size):
    tuned = tuning(np.stack([np.zeros(size), np.ones(size)]))
    for name, values in tuned.items():
        assert np.isnan(values[0]).all() != (name in ("dc", "energy"))
    assert (tuned["dc"][0], tuned["energy"][0]) == (0, 0)
    assert set(tuning(np.zeros((1, *size)))) == KEYS


@pytest.mark.parametrize("size", [(5,), (4, 6), (3, 2, 3), (1, 1)])
def test_constants_pass_zero_frequency_best(size):
    tuned = tuning(np.full((1, *size), -2.0))
    pixels = math.prod(size)
    inside = math.prod(max(side - 2, 0) for side in size)
    assert tuned["frequency"][0] == 0
    assert np.isnan(tuned["orientation"]).all()
    assert np.isnan(tuned["orientation_bandwidth"]).all()
    assert tuned["bandwidth"][0] == math.inf
    assert tuned["phase"][0] == pytest.approx(math.pi)
    assert (tuned["dc"][0], tuned["energy"][0]) == (-2 * pixels, 4 * pixels)
    assert tuned["symmetry"][0] == pytest.approx(1)
    assert tuned["separability"][0] == pytest.approx(1)
    assert tuned["edge"][0] == pytest.approx(1 - inside / pixels)
    np.testing.assert_allclose(tuned["centroid"], 0, atol=1e-14)


@pytest.mark.parametrize("size", [(7,), (15, 15), (4, 4), (3, 2, 3)])
def test_single_pixels_pass_all_frequencies_so_the_lowest_counts(size):
    tuned = tuning(fb.delta(size))
    assert (tuned["frequency"] == 0).all()
    assert (tuned["support"] == 0).all()
    np.testing.assert_allclose(tuned["phase"], 0)
    assert tuned["separability"] == pytest.approx(1)
    place = np.argwhere(np.ones(size)) - (np.array(size) - 1) / 2
    np.testing.assert_allclose(tuned["centroid"], place)
    mirrored = (place == 0).all(axis=1)
    np.testing.assert_allclose(tuned["symmetry"], mirrored)


def test_lines_in_a_plane_are_tuned_as_lines():
    """Their transform is flat along one axis, which must not keep the peak from being found along the other."""
    line = RNG.standard_normal((3, 7))
    line -= line.mean(axis=1, keepdims=True)
    plane = np.zeros((3, 5, 7))
    plane[:, 2] = line
    along, across = tuning(plane), tuning(plane.transpose(0, 2, 1))
    expected = tuning(line)
    for found in (along, across):
        np.testing.assert_allclose(found["frequency"], expected["frequency"], atol=1e-12)
        np.testing.assert_allclose(found["bandwidth"], expected["bandwidth"], rtol=1e-9)
    np.testing.assert_allclose(along["orientation"], 0, atol=1e-12)
    np.testing.assert_allclose(across["orientation"], math.pi / 2, atol=1e-12)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (np.full((1, 3, 3), np.nan), "finite"),
        (np.full((1, 3, 3), np.inf), "finite"),
        (np.ones(3), "`bank` must be"),
        (np.ones((1, 2, 2, 2, 2)), "`bank` must be"),
        (np.ones((0, 3, 3)), "`bank` must hold at least one"),
    ],
)
def test_what_is_no_bank_is_refused(filters, message):
    with pytest.raises(ValueError, match=message):
        tuning(filters)


def test_the_table_rounds_and_has_dashes_for_what_there_is_not():
    text = str(tuning(np.stack([np.zeros((5, 5)), *fb.gabor(5, frequencies=[0.25], orientations=[np.pi / 2])])))
    head, first, second, third = (line.split() for line in text.splitlines())
    assert head[:3] == ["filter", "frequency", "angle"]
    assert len(head) == len(first) == len(second) == len(third)
    assert (first[1], first[4], first[-1]) == ("-", "-", "-")
    assert second[2] == third[2] == "90"
    assert third[5] in ("90", "-90")
    assert len(str(tuning(RANDOM["3-D"])).splitlines()) == 4
