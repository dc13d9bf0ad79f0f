"""The steps of design that change filters as a set or one by one: tight, dual, white, pruned, tapered, resized."""

import json

import numpy as np
import pytest
from scipy import signal

import filterbank as fb

pytestmark = pytest.mark.filterwarnings("ignore:the filters became dependent")


@pytest.fixture(scope="module")
def overcomplete():
    """Return 37 filters on 25 pixels, with their columns."""
    return fb.concatenate(fb.dct(5), fb.random(5, n=12, rng=0))


def rows(bank):
    return bank.filters.reshape(len(bank), -1)


STEPS = {
    "window": lambda bank: fb.window(bank, "hann"),
    "tighten": fb.tighten,
    "dual": fb.dual,
    "whiten": fb.whiten,
    "whiten with": lambda bank: fb.whiten(bank, np.eye(bank[0].size) + 0.5),
    "prune": fb.prune,
    "prune by": lambda bank: fb.prune(bank, rank=3, max_coherence=0.9),
    "resize": lambda bank: fb.resize(bank, tuple(side + 2 for side in bank.size)),
    "quadrature": fb.quadrature,
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("size", [9, (15,), (7, 7, 7)])
def test_every_step_keeps_columns_and_its_recipe_makes_it_again(step, size):
    bank = fb.gabor(size)
    changed = STEPS[step](bank)
    assert list(changed.parameters) == list(bank.parameters)
    assert all(len(column) == len(changed) for column in changed.parameters.values())
    assert changed.family == "gabor"
    assert fb.make(**json.loads(json.dumps(changed.recipe))) == changed


def test_tighten_gives_a_parseval_frame_of_the_span(overcomplete):
    tight = rows(fb.tighten(overcomplete))
    np.testing.assert_allclose(tight.T @ tight, np.eye(25), rtol=0, atol=1e-14)
    deficient = fb.FilterBank(np.concatenate([fb.gabor(7).filters, fb.gabor(7).filters[:3]]))
    frame = rows(fb.tighten(deficient))
    projection = frame.T @ frame
    np.testing.assert_allclose(projection @ projection, projection, rtol=0, atol=1e-14)
    np.testing.assert_allclose(rows(deficient) @ projection, rows(deficient), rtol=0, atol=1e-14)


def test_no_parseval_frame_of_the_span_is_nearer(overcomplete):
    tight = rows(fb.tighten(overcomplete))
    distance = np.linalg.norm(tight - rows(overcomplete))
    rng = np.random.default_rng(0)
    for _ in range(20):
        turn = np.linalg.qr(np.eye(25) + 0.05 * rng.standard_normal((25, 25)))[0]
        turn *= np.sign(np.diag(turn))
        assert np.linalg.norm(tight @ turn - rows(overcomplete)) > distance


def test_tighten_of_independent_filters_is_symmetric_orthonormalisation():
    bank = fb.gabor(11)
    expected = fb.orthonormalize(bank, method="symmetric").filters
    np.testing.assert_allclose(fb.tighten(bank).filters, expected, rtol=0, atol=1e-14)


def test_dual_rebuilds_patches(overcomplete):
    patch = np.random.default_rng(1).standard_normal(25)
    rebuilt = rows(fb.dual(overcomplete)).T @ (rows(overcomplete) @ patch)
    np.testing.assert_allclose(rebuilt, patch, rtol=0, atol=1e-13)
    np.testing.assert_allclose(fb.dual(fb.dual(overcomplete)).filters, overcomplete.filters, rtol=0, atol=1e-13)
    np.testing.assert_allclose(rows(fb.dual(overcomplete)), np.linalg.pinv(rows(overcomplete)).T, rtol=0, atol=1e-13)


def test_whiten_makes_responses_uncorrelated_for_a_covariance():
    bank = fb.gabor(7)
    patches = np.lib.stride_tricks.sliding_window_view(
        np.random.default_rng(2).standard_normal((60, 60)).cumsum(1), (7, 7)
    )
    covariance = np.cov(patches.reshape(-1, 49), rowvar=False)
    white = rows(fb.whiten(bank, covariance))
    np.testing.assert_allclose(white @ covariance @ white.T, np.eye(8), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("covariance", "text"),
    [
        (np.eye(4), r"`covariance` must be \(25, 25\), one row a pixel, got shape \(4, 4\)"),
        (np.triu(np.ones((25, 25))), "`covariance` must be finite and symmetric"),
        (-np.eye(25), "`covariance` must have no negative eigenvalue, got -1"),
        (np.zeros((25, 25)), "`covariance` must let a filter respond"),
    ],
)
def test_whiten_refuses(covariance, text):
    with pytest.raises(ValueError, match=text):
        fb.whiten(fb.dct(5), covariance)


def test_prune_keeps_what_spans(overcomplete):
    kept = fb.prune(overcomplete)
    assert np.linalg.matrix_rank(rows(kept)) == len(kept) == 25
    pairs = fb.FilterBank([one * scale for one in fb.dct(4, n=3) for scale in (1.0, 100.0)])
    three = fb.prune(pairs)
    assert len(three) == 3
    assert np.linalg.matrix_rank(rows(three)) == 3


def test_prune_by_coherence_keeps_the_first_of_each_crowd():
    bank = fb.FilterBank([fb.dct(4)[0], -2 * fb.dct(4)[0], fb.dct(4)[1], fb.dct(4)[0] + 0.1 * fb.dct(4)[1]])
    assert fb.prune(bank, max_coherence=0.9) == bank[[0, 2]]
    assert fb.prune(bank, max_coherence=0.999) == bank[[0, 2, 3]]
    # Of directions, by pivots of equal length: the first.
    assert fb.prune(bank, max_coherence=0.999, rank=1) == bank[[0]]


def test_prune_refuses_more_than_there_is():
    with pytest.raises(
        ValueError, match="`rank` must be an integer from 1 to 25, got 26; the filters to choose from have"
    ):
        fb.prune(fb.concatenate(fb.dct(5), fb.dct(5)), rank=26)
    with pytest.raises(ValueError, match="`max_coherence` must be a finite number and at least 0 and at most 1"):
        fb.prune(fb.dct(5), max_coherence=1.5)


@pytest.mark.parametrize("step", [fb.tighten, fb.dual])
def test_nothing_comes_of_zeros(step):
    with pytest.raises(ValueError, match="`bank` must have a filter other than zero"):
        step(np.zeros((2, 3, 3)))


def test_window_multiplies_by_a_taper_of_scipys_without_its_zeros():
    taper = signal.get_window("hann", 13, fftbins=False)[1:-1]
    assert taper.min() > 0
    np.testing.assert_array_equal(fb.window(fb.dct(11)).filters, fb.dct(11).filters * np.outer(taper, taper))
    gaussian = fb.window(fb.dct((8,)), ("gaussian", 2.0))
    expected = signal.get_window(("gaussian", 2.0), 10, fftbins=False)[1:-1]
    np.testing.assert_array_equal(gaussian[0], fb.dct((8,))[0] * expected)
    own = np.random.default_rng(0).random((5, 6))
    np.testing.assert_array_equal(fb.window(fb.dct((5, 6)), own).filters, fb.dct((5, 6)).filters * own)


def test_window_refuses():
    with pytest.raises(ValueError, match=r"`taper` must be a window of scipy.signal.get_window, got 'hat'"):
        fb.window(fb.dct(5), "hat")
    with pytest.raises(
        ValueError, match=r"`taper` must have the size of the bank, \(5, 5\) pixels, got shape \(4, 4\)"
    ):
        fb.window(fb.dct(5), np.ones((4, 4)))


def test_resize_draws_the_same_filters_larger_and_its_columns_follow():
    small, large = fb.gabor(15, frequencies=[0.2]), fb.gabor(45, frequencies=[0.2 / 3])
    resized = fb.normalize(fb.resize(small, 45))
    assert np.abs(resized.filters - large.filters).max() < 0.02 * np.abs(large.filters).max()
    for name in ("frequency", "sigma", "orientation", "phase"):
        assert resized.parameters[name] == pytest.approx(large.parameters[name])
    uneven = fb.resize(small, (15, 45))
    assert uneven.parameters["frequency"] == pytest.approx(small.parameters["frequency"], abs=0)
    with pytest.raises(ValueError, match="`size` of the resized bank must be 2-D, got 1 dimensions"):
        fb.resize(small, (15,))


def test_quadrature_turns_cosines_into_sines_along_the_orientation():
    angles = [0.0, 0.6, np.pi / 2, 2.2]
    even = fb.gabor(31, frequencies=[0.2], orientations=angles, phases=[0.0], zero_mean=True)
    odd = fb.gabor(31, frequencies=[0.2], orientations=angles, phases=[-np.pi / 2])
    partners = fb.quadrature(even)
    # What is left is the Gaussian's tail beyond zero frequency, exp(-2 (pi f sigma)^2) in energy.
    assert np.abs(partners.filters - odd.filters).max() < 0.01 * np.abs(odd.filters).max()
    assert partners.parameters["phase"] == pytest.approx(-np.pi / 2)
    np.testing.assert_allclose(fb.quadrature(even.filters, angles).filters, partners.filters, rtol=0, atol=1e-15)


def test_quadrature_of_a_wave_that_fits_is_exact():
    x = np.arange(-60, 61)
    bell = np.exp(-(x**2) / 200)
    partner = fb.quadrature(np.stack([bell * np.cos(2 * np.pi * x / 4)]))
    np.testing.assert_allclose(partner[0], bell * np.sin(2 * np.pi * x / 4), rtol=0, atol=2e-9)  # the window cuts 1e-8


@pytest.mark.parametrize("family", [fb.leung_malik, fb.root_filter_set])
def test_partners_of_bars_are_edges(family):
    bank = family(49)
    order, sigma = (bank.parameters[name] for name in ("order", "sigma"))
    edges, bars = (
        bank[(order == kind) & (sigma == sigma.min()) & np.isfinite(bank.parameters["orientation"])] for kind in (1, 2)
    )
    cosines = np.sum(fb.normalize(fb.quadrature(bars)).filters * edges.filters, axis=(1, 2))
    assert np.abs(cosines).min() > 0.9


def test_quadrature_needs_a_direction():
    for bank in (fb.dct(5), fb.steerable(9)):
        with pytest.raises(ValueError, match="`orientation` must be given, one angle in radians or one for each"):
            fb.quadrature(bank)
    with pytest.raises(ValueError, match="or one for each of the 25 filters, got 2"):
        fb.quadrature(fb.dct(5), [0.1, 0.2])
    with pytest.raises(ValueError, match=r"direction for every filter, got none for 1 of \d+ \(filter 0 first\)"):
        fb.quadrature(fb.morlet(11))
    with pytest.raises(ValueError, match="`orientation` is for 2-D banks, got a 3-D one; drop it"):
        fb.quadrature(fb.gabor((7, 7, 7)), 0.3)
    with pytest.raises(ValueError, match="`bank` must have the columns direction_z, direction_y, direction_x in 3-D"):
        fb.quadrature(fb.dct((3, 3, 3)))
