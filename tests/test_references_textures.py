"""Texture banks against scalar loops over the published MATLAB code, and against the textbook's figures.

No package of Python has these banks right, so the second implementation is here: the code of the Visual Geometry
Group (makeLMfilters.m, makeRFSfilters.m, makeSfilters.m) read line by line, on its own grid, where y points upward.
"""

import math
import re

import numpy as np
import pytest
from scipy import signal

import filterbank as fb

AGREEMENT = 1e-14  # of the largest magnitude of each filter
ROOT2 = math.sqrt(2)


def gauss1d(sigma, x, order):
    variance = sigma**2
    value = math.exp(-x * x / (2 * variance)) / math.sqrt(2 * math.pi * variance)
    return value * {0: 1, 1: -x / variance, 2: (x * x - variance) / variance**2}[order]


def published(height, width, formula):
    """Return `formula(x, y upward)` at every pixel, minus its mean, with magnitudes that sum to 1."""
    rows = [
        [formula(column - (width - 1) / 2, (height - 1) / 2 - row) for column in range(width)] for row in range(height)
    ]
    mean = math.fsum(value for row in rows for value in row) / (height * width)
    total = math.fsum(abs(value - mean) for row in rows for value in row)
    return np.array([[(value - mean) / total for value in row] for row in rows])


def elongated(scale, order, angle):
    cosine, sine = math.cos(angle), math.sin(angle)
    return lambda x, y: gauss1d(3 * scale, cosine * x - sine * y, 0) * gauss1d(scale, sine * x + cosine * y, order)


def gaussian(sigma):
    return lambda x, y: math.exp(-(x * x + y * y) / (2 * sigma**2))


def laplacian(sigma):
    return lambda x, y: (x * x + y * y - 2 * sigma**2) / sigma**4 * gaussian(sigma)(x, y)


def ring(sigma, tau):
    return lambda x, y: math.cos(math.pi * tau * math.hypot(x, y) / sigma) * gaussian(sigma)(x, y)


def edges_and_bars(scales):
    angles = [math.pi * turn / 6 for turn in range(6)]
    return [elongated(scale, order, angle) for order in (1, 2) for scale in scales for angle in angles]


def leung_malik(basic):
    blobs = [blob for s in basic for blob in (gaussian(s), laplacian(s), laplacian(3 * s))]
    return edges_and_bars(basic[:-1]) + blobs


def root_filter_set(scales, blob):
    return [*edges_and_bars(scales), gaussian(blob), laplacian(blob)]


def schmid(pairs):
    return [ring(sigma, tau) for sigma, tau in pairs]


SCHMID_PAIRS = [
    (2, 1),
    (4, 1),
    (4, 2),
    (6, 1),
    (6, 2),
    (6, 3),
    (8, 1),
    (8, 2),
    (8, 3),
    (10, 1),
    (10, 2),
    (10, 3),
    (10, 4),
]
LARGE = [ROOT2, 2, 2 * ROOT2, 4]


def assert_published(bank, formulas):
    assert len(bank) == len(formulas)
    for one, formula in zip(bank, formulas, strict=True):
        # y points upward there and downward here, so the odd filters, the edges, are turned round.
        reference = published(*bank.size, formula)[::-1, ::-1]
        np.testing.assert_allclose(one, reference, rtol=0, atol=AGREEMENT * np.abs(reference).max())


@pytest.mark.parametrize("window", [49, (50, 51)])
def test_leung_malik_is_the_published_bank(window):
    bank = fb.leung_malik(window, norm=None)
    assert_published(bank, leung_malik(LARGE))
    assert bank == fb.leung_malik(window, norm=None, strict=True)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", [11, 12, (9, 14), (64, 20)])
@pytest.mark.parametrize("sigmas", [(1, ROOT2, 2, 2 * ROOT2), (0.8, 1.3)])
def test_leung_malik_of_given_sigmas_is_the_formula_in_any_window(window, sigmas):
    assert_published(fb.leung_malik(window, sigmas=sigmas, norm=None), leung_malik(list(sigmas)))


def test_leung_malik_of_one_sigma_has_all_kinds():
    bank = fb.leung_malik(21, sigmas=1.2, norm=None)
    assert_published(bank, leung_malik([1.2, 1.2])[:-3])


@pytest.mark.parametrize("window", [49, (50, 51)])
def test_root_filter_set_is_the_published_bank(window):
    assert_published(fb.root_filter_set(window, norm=None, strict=True), root_filter_set([1, 2, 4], 10))


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", [15, 16, (9, 14)])
def test_root_filter_set_of_given_sigmas(window):
    assert_published(fb.root_filter_set(window, sigmas=[1, 1.5], norm=None), root_filter_set([1, 1.5], 3.75))
    bank = fb.root_filter_set(window, sigmas=[1, 1.5], blob_sigma=2, norm=None)
    assert_published(bank, root_filter_set([1, 1.5], 2))


@pytest.mark.parametrize("window", [49, (50, 51)])
def test_schmid_is_the_published_bank(window):
    assert_published(fb.schmid(window, norm=None, strict=True), schmid(SCHMID_PAIRS))


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("window", [15, 16, (9, 14)])
def test_schmid_of_given_sigmas_and_cycles(window):
    bank = fb.schmid(window, sigmas=[1.5, 3], cycles=[1, 2], norm=None)
    assert_published(bank, schmid([(1.5, 1), (3, 1), (3, 2)]))
    assert_published(fb.schmid(window, sigmas=[2, 3], cycles=1, norm=None), schmid([(2, 1), (3, 1)]))


FAMILIES = [fb.leung_malik, fb.root_filter_set, fb.schmid]


@pytest.mark.parametrize("family", FAMILIES)
def test_published_scale(family):
    bank = family(49, norm=None)
    np.testing.assert_allclose(np.abs(bank.filters).sum((1, 2)), 1, rtol=0, atol=1e-14)
    np.testing.assert_allclose(bank.filters.sum((1, 2)), 0, rtol=0, atol=1e-15)
    np.testing.assert_allclose(family(49, norm="l1").filters, bank.filters, rtol=0, atol=1e-16)


def test_columns_of_leung_malik():
    columns = fb.leung_malik(49).parameters
    assert columns["kind"].tolist() == ["edge"] * 18 + ["bar"] * 18 + ["gaussian", "laplacian", "laplacian"] * 4
    assert columns["order"].tolist() == [1] * 18 + [2] * 18 + [0, 2, 2] * 4
    np.testing.assert_array_equal(columns["sigma"][:18], np.repeat(ROOT2 ** np.arange(1, 4), 6))
    np.testing.assert_array_equal(columns["sigma"][36:39], ROOT2 * np.array([1, 1, 3]))
    np.testing.assert_array_equal(
        columns["orientation"][:36], np.tile(np.array([3, 4, 5, 0, 1, 2]) * np.pi / 6, 6), strict=True
    )
    assert np.isnan(columns["orientation"][36:]).all()


def test_the_published_angle_is_the_long_way_of_a_bar():
    bar = fb.leung_malik(49)[18 + 6 + 1]  # sigma 2, angle pi/6: from x towards y, which is downward
    rows, columns = np.indices(bar.shape) - 24
    strength = bar**2
    angle = 0.5 * np.arctan2(2 * (strength * rows * columns).sum(), (strength * (columns**2 - rows**2)).sum())
    assert angle == pytest.approx(np.pi / 6, abs=1e-3)


@pytest.mark.parametrize(
    ("family", "side", "scale"),
    [
        (fb.leung_malik, 48, 48 / 49),
        (fb.leung_malik, 31, 31 / 49),
        (fb.root_filter_set, 44, 44 / 49),
        (fb.schmid, 37, 37 / 49),
    ],
)
def test_smaller_windows_shrink_the_published_bank(family, side, scale):
    bank = family((side, 60), strict=True)
    np.testing.assert_allclose(bank.parameters["sigma"], family(49).parameters["sigma"] * scale, rtol=1e-15)


@pytest.mark.parametrize(("family", "finest"), [(fb.leung_malik, 0.89), (fb.root_filter_set, 0.89), (fb.schmid, 1.5)])
def test_windows_too_small_for_the_grid_say_what_they_cut(family, finest):
    with pytest.warns(
        fb.BankWarning, match=r"the window cuts \d+ of the \d+ filters of a 20x20 .*; use a larger `size`"
    ):
        bank = family(20)
    assert bank.parameters["sigma"].min() == pytest.approx(finest, rel=1e-15)
    with pytest.raises(ValueError, match=r"loses \d+\.\d% of its energy"):
        family(20, strict=True)


def test_share_of_energy_lost_is_of_the_published_support():
    def energy(formula, side):
        places = [index - (side - 1) / 2 for index in range(side)]
        return sum(formula(x, y) ** 2 for x in places for y in places)

    with pytest.warns(fb.BankWarning, match="use a larger `size` or smaller `sigmas`") as caught:
        fb.leung_malik(25, sigmas=LARGE)
    index, percent = re.search(r"filter (\d+) loses ([\d.]+)% of its energy", str(caught[0].message)).groups()
    formula = leung_malik(LARGE)[int(index)]
    assert float(percent) / 100 == pytest.approx(1 - energy(formula, 25) / energy(formula, 49), abs=5e-4)
    # What the Notes say of the widest: the plane has another twentieth.
    assert energy(laplacian(12), 49) / energy(laplacian(12), 147) == pytest.approx(0.945, abs=5e-4)


def test_frequencies_above_nyquist_are_said():
    with pytest.warns(fb.BankWarning, match="7 of the 15 filters of a 21x21 Leung-Malik bank lie above the Nyquist"):
        fb.leung_malik(21, sigmas=0.4)
    with pytest.warns(fb.BankWarning, match="1 of the 3 filters of a 21x21 Schmid bank lie above the Nyquist"):
        fb.schmid(21, sigmas=2.5, cycles=3)


def test_errors_of_texture_banks():
    with pytest.raises(ValueError, match="`n` must be at most 48 for a 49x49 Leung-Malik bank, got 49; add `sigmas`"):
        fb.leung_malik(49, n=49)
    with pytest.raises(ValueError, match="`sigmas` must be a finite number and above 0 pixels, got -1"):
        fb.root_filter_set(49, sigmas=[1, -1])
    with pytest.raises(ValueError, match="`blob_sigma` must be a finite number and above 0 pixels, got 0"):
        fb.root_filter_set(49, blob_sigma=0)
    with pytest.raises(ValueError, match="`cycles` must be one number or one for each of the 5 `sigmas`, got 2"):
        fb.schmid(49, cycles=[1, 2])
    with pytest.raises(TypeError, match=r"`cycles` must be an integer of at least 1, got 1\.5"):
        fb.schmid(49, cycles=1.5)
    with pytest.raises(ValueError, match="`cycles` must be an integer of at least 1, got 0"):
        fb.schmid(49, cycles=[1, 0, 1, 1, 1])
    with pytest.raises(ValueError, match="`size` must be an integer of at least 3, got 2"):
        fb.schmid(2)


# Responses


def test_responses_are_those_of_matlab(photograph):
    patch = photograph[200:270, 180:260].astype(float)
    bank = fb.leung_malik(49, norm=None)
    responses = fb.apply(patch, bank)[:, 24:-24, 24:-24]
    for response, formula in zip(responses, leung_malik(LARGE), strict=True):
        matlab = signal.convolve2d(patch, published(49, 49, formula), mode="valid")
        np.testing.assert_allclose(response, matlab, rtol=0, atol=1e-12)


def test_maximum_responses_of_the_root_filter_set(photograph):
    patch = photograph[200:260, 180:250]
    bank = fb.root_filter_set(49)
    every = fb.apply(patch, bank, mode="wrap")
    eight = fb.apply(patch, bank, mode="wrap", reduce="max_orientation")
    expected = [every[6 * group : 6 * group + 6].max(axis=0) for group in range(6)] + [every[36], every[37]]
    np.testing.assert_array_equal(eight, np.stack(expected))
    assert eight.shape == (8, 60, 70)


def test_maximum_responses_follow_the_columns(photograph):
    patch = photograph[200:230, 180:215].astype(np.float32)
    bank = fb.gabor(9)  # two frequencies or more, four orientations, two phases
    every = fb.apply(patch, bank)
    reduced = fb.apply(patch, bank, reduce="max_orientation")
    frequency, phase = bank.parameters["frequency"], bank.parameters["phase"]
    expected = [
        every[(frequency == f) & (phase == p)].max(axis=0) for f in np.unique(frequency) for p in np.unique(phase)
    ]
    np.testing.assert_array_equal(reduced, np.stack(expected))
    assert reduced.dtype == np.float32
    mixed = fb.apply(patch, bank[[7, 0, 2]], reduce="max_orientation")
    np.testing.assert_array_equal(mixed, np.stack([every[7], np.maximum(every[0], every[2])]))


def test_maximum_responses_do_not_turn_with_the_image(photograph):
    patch = photograph[200:261, 180:241]
    bank = fb.root_filter_set(49)[18:]  # bars and blobs: edges change their sign on the way
    turned = fb.apply(np.rot90(patch), bank, reduce="max_orientation")
    straight = np.rot90(fb.apply(patch, bank, reduce="max_orientation"), axes=(1, 2))
    np.testing.assert_allclose(turned, straight, rtol=0, atol=1e-10)


def test_errors_of_maximum_responses(photograph):
    with pytest.raises(ValueError, match="needs a bank with the column `orientation`, got order, order_y, order_x"):
        fb.apply(photograph, fb.dct(3), reduce="max_orientation")
    with pytest.raises(ValueError, match="needs a bank with the column `orientation`, got none; use a family"):
        fb.apply(photograph, np.ones((1, 3, 3)), reduce="max_orientation")
    with pytest.raises(ValueError, match="`reduce` must be one of None, 'max_orientation', got 'mean'"):
        fb.apply(photograph, fb.gabor(5), reduce="mean")


# Laws


def test_laws_vectors_are_convolutions_of_three_taps():
    level, edge, spot = [1, 2, 1], [-1, 0, 1], [-1, 2, -1]
    expected = [
        np.convolve(level, level),
        np.convolve(edge, level),
        np.convolve(spot, level),
        -np.convolve(edge, spot),
        np.convolve(spot, spot),
    ]
    bank = fb.laws((5,), norm=None)
    np.testing.assert_array_equal(bank.filters, expected)
    assert bank.parameters["name"].tolist() == ["L5", "E5", "S5", "W5", "R5"]


def test_laws_masks_of_the_textbook():
    bank = fb.laws(5, norm=None)
    names = bank.parameters["name"].tolist()
    assert len(names) == len(set(names)) == 25
    assert names[:6] == ["L5L5", "L5E5", "E5L5", "L5S5", "E5E5", "S5L5"]
    e5l5 = [[-1, -4, -6, -4, -1], [-2, -8, -12, -8, -2], [0] * 5, [2, 8, 12, 8, 2], [1, 4, 6, 4, 1]]
    np.testing.assert_array_equal(bank[names.index("E5L5")], e5l5)
    np.testing.assert_array_equal(bank[names.index("L5E5")], np.transpose(e5l5))
    r5r5 = bank[names.index("R5R5")]
    np.testing.assert_array_equal(r5r5[2], [6, -24, 36, -24, 6])


@pytest.mark.parametrize("window", [(5, 5), (7, 5), (6, 9), (8, 12)])
def test_larger_windows_hold_laws_masks_in_the_middle(window):
    bank, masks = fb.laws(window, norm=None), fb.laws(5, norm=None)
    top, left = ((side - 5) // 2 for side in window)
    inside = (slice(None), slice(top, top + 5), slice(left, left + 5))
    np.testing.assert_array_equal(bank.filters[inside], masks.filters)
    outside = bank.filters.copy()
    outside[inside] = 0
    assert not outside.any()


def test_laws_in_three_dimensions():
    bank = fb.laws((5, 5, 6), norm=None)
    vectors = dict(zip(["L5", "E5", "S5", "W5", "R5"], fb.laws((5,), norm=None), strict=True))
    assert len(bank) == 125
    for name, one in zip(bank.parameters["name"], bank, strict=True):
        z, y, x = (vectors[name[at : at + 2]] for at in (0, 2, 4))
        np.testing.assert_array_equal(one[:, :, :5], np.einsum("i,j,k->ijk", z, y, x))
    assert not bank.filters[..., 5].any()


def test_laws_errors():
    with pytest.raises(ValueError, match="`size` must be an integer of at least 5, got 4"):
        fb.laws((4, 5))
    with pytest.raises(ValueError, match="`n` must be at most 25 for a 5x5 Laws bank, got 26; drop `n`"):
        fb.laws(5, n=26)
