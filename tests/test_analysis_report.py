"""`rotation_error` against formulas evaluated anew, and `report`, whose every way out is gone."""

import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import page_of

import filterbank as fb
from filterbank.analysis import report, rotation_error

RNG = np.random.default_rng(0)

# Rotation


def missed(turned, bank):
    """Return the share of the energy of one filter that least squares cannot make."""
    matrix = np.asarray(bank).reshape(len(bank), -1).T
    rest = turned.ravel() - matrix @ np.linalg.lstsq(matrix, turned.ravel(), rcond=1e-10)[0]
    return float(np.sum(rest**2) / np.sum(turned**2))


def gabor(size, frequency, angle, phase, sigma):
    """Evaluate the formula of the docstring of `filterbank.gabor`, without its factor."""
    y, x = (np.arange(size)[:, None] - (size - 1) / 2, np.arange(size) - (size - 1) / 2)
    wave = np.cos(2 * np.pi * frequency * (x * math.cos(angle) + y * math.sin(angle)) + phase)
    return np.exp(-(x**2 + y**2) / (2 * sigma**2)) * wave


@given(
    size=st.sampled_from([20, 21]),
    count=st.integers(1, 6),
    frequency=st.floats(0.1, 0.3),
    turn=st.floats(0, math.pi),
)
def test_gabor_filters_miss_what_the_formula_says(size, count, frequency, turn):
    bank = fb.gabor(size, frequencies=[frequency], orientations=count, sigma=3)
    found = rotation_error(bank, [turn, 0.0])
    assert found.exact
    expected = [
        missed(gabor(size, frequency, turn + np.pi * i / count, phase, 3), bank)
        for i in range(count)
        for phase in (0, np.pi / 2)
    ]
    np.testing.assert_allclose(found.errors[0], expected, atol=1e-9)
    np.testing.assert_allclose(found.errors[1], 0, atol=1e-12)
    np.testing.assert_array_equal(found.angles, [turn, 0])
    assert found.worst == found.errors.max()


def test_interpolated_filters_miss_nearly_what_the_formula_says():
    """The same filters without their family, within the disk that fits in the window."""
    bank = fb.FilterBank(fb.gabor(31, frequencies=[0.1], orientations=3, sigma=4).filters)
    angles = np.radians([10, 30, 45, 80])
    found = rotation_error(bank, angles)
    assert not found.exact
    disk = np.hypot(*np.mgrid[-15:16, -15:16]) <= 15
    for turn, errors in zip(angles, found.errors, strict=True):
        expected = [
            missed(gabor(31, 0.1, turn + np.pi * i / 3, phase, 4)[disk], bank.filters[:, disk])
            for i in range(3)
            for phase in (0, np.pi / 2)
        ]
        np.testing.assert_allclose(errors, expected, atol=1e-3)


@pytest.mark.parametrize(
    "bank",
    [
        fb.gaussian_derivative(21, max_order=2, sigma=2.5),
        fb.gaussian_derivative(20, max_order=1, sigma=2.5),
        fb.laplacian_of_gaussian(21, sigmas=[2.5]),
        fb.hermite(25, n=6, sigma=2.5),
    ],
    ids=lambda bank: f"{bank.family} {bank.size[0]}",
)
def test_steerable_banks_miss_nothing(bank):
    assert rotation_error(bank).worst < 1e-3


def test_a_part_of_a_steerable_set_misses_the_rest():
    """Of the first derivative along x, sin^2 of the angle."""
    bank = fb.gaussian_derivative(25, max_order=1, sigma=3)[[1]]
    found = rotation_error(bank, 7)
    np.testing.assert_allclose(found.angles, np.pi * np.arange(1, 8) / 8)
    np.testing.assert_allclose(found.errors[:, 0], np.sin(found.angles) ** 2, atol=1e-3)


def test_one_orientation_misses_itself_a_quarter_turn_later():
    found = rotation_error(fb.gabor(31, frequencies=[0.15], orientations=1), [np.pi / 2])
    assert found.worst > 0.999
    assert "90.0 degrees" in str(found)
    assert "made anew" in str(found)


@pytest.mark.parametrize("size", [4, 5])
def test_complete_banks_and_centred_pixels_miss_no_quarter_turn(size):
    assert rotation_error(fb.dct(size), [np.pi / 2, np.pi, -np.pi / 2]).worst < 1e-12
    assert rotation_error(fb.delta(5)[[12]], [np.pi / 2]).worst < 1e-12
    assert rotation_error(np.ones((1, 1, 1))).worst < 1e-12


def test_zero_filters_cannot_be_turned_wrongly():
    found = rotation_error(np.stack([np.zeros((5, 5)), np.eye(5)]), [np.pi / 2])
    assert np.isnan(found.errors[0, 0])
    assert found.errors[0, 1] == pytest.approx(1 - 1 / 3**2, abs=1e-12)  # three pixels in the disk, one in common
    nothing = rotation_error(np.zeros((1, 5, 5)))
    assert np.isnan(nothing.errors).all()
    assert nothing.worst == 0
    assert "0.00%" in str(nothing)


@pytest.mark.parametrize(
    ("bank", "angles", "error", "message"),
    [
        (fb.dct((5,)), 4, ValueError, "`bank` must be 2-D to be turned, got filters of 1 dimensions"),
        (fb.dct((3, 3, 3)), 4, ValueError, "`bank` must be 2-D"),
        (np.full((1, 3, 3), np.nan), 4, ValueError, "finite"),
        (fb.dct(3), 0, ValueError, "`angles` must be"),
        (fb.dct(3), [], ValueError, "`angles` must"),
        (fb.dct(3), [np.nan], ValueError, "`angles` must"),
        (fb.dct(3), "all", TypeError, "`angles` must"),
    ],
)
def test_what_cannot_be_turned_is_refused(bank, angles, error, message):
    with pytest.raises(error, match=message):
        rotation_error(bank, angles)


# Report: each advice, a bank that needs it, one that does not, and the ways out that the advice names


def waves(size, sigma=2.6, **more):
    return fb.gabor(size, frequencies=[0.15], sigma=sigma, **more)


def near_twins():
    """Return filters of which three are nearly dependent, though no two are alike."""
    one, two = np.eye(25).reshape(-1, 5, 5)[:2]
    return fb.FilterBank(np.stack([one, two, one + two + 1e-4 * np.eye(5)]))


CROWDED = fb.FilterBank(RNG.standard_normal((64, 5, 5)))
DEPENDENT = fb.FilterBank(np.concatenate([fb.dct(5, n=4).filters, fb.dct(5, n=4).filters[:2] + 1]))
COHERENT = fb.FilterBank([fb.dct(5)[1], fb.dct(5)[1] + 1e-5 * fb.dct(5)[2], fb.dct(5)[3]])
ZEROS = fb.FilterBank(np.concatenate([fb.dct(5, n=4).filters, np.zeros((2, 5, 5))]))
TWINS = fb.FilterBank([fb.dct(5)[1], fb.dct(5)[1] + 0.02 * fb.dct(5)[2], fb.dct(5)[3]])
UNEVEN = fb.FilterBank(fb.dct(5).filters * np.linspace(1, 20, 25)[:, None, None])
CUT = fb.FilterBank(waves(15).filters[:, 3:-3, 3:-3])
LONG = fb.FilterBank(fb.gradient(5).filters * 1e5)

CASES = [
    (
        "^rank 25 of 64: at 5x5 only 25 filters can differ; prune\\(rank=25\\) or a larger size$",
        "^rank",
        CROWDED,
        [lambda bank: fb.prune(bank, rank=25), lambda bank: fb.random(8, n=64)],
    ),
    (
        "^rank 4 of 30: at 5x5 only 25 filters can differ, and 4 do; prune\\(rank=4\\) or a larger size$",
        "^rank",
        np.tensordot(RNG.standard_normal((30, 4)), fb.dct(5).filters[:4], 1),
        [lambda bank: fb.prune(bank, rank=4)],
    ),
    (
        "^rank 4 of 6: some filters are sums of others; prune\\(rank=4\\) drops them$",
        "^rank",
        DEPENDENT,
        [lambda bank: fb.prune(bank, rank=4)],
    ),
    (
        "^condition .*; orthonormalize, or prune\\(max_coherence=0.9\\)$",
        "^condition",
        COHERENT,
        [fb.orthonormalize, lambda bank: fb.prune(bank, max_coherence=0.9)],
    ),
    ("^condition .*; orthonormalize$", "^condition", near_twins(), [fb.orthonormalize]),
    ("^2 filters \\(4, 5\\) are zero; leave them out$", " zero;", ZEROS, [lambda bank: bank[[0, 1, 2, 3]]]),
    ("^filter 4 is zero; leave it out$", " zero;", ZEROS[[0, 1, 2, 3, 4]], [lambda bank: bank[[0, 1, 2, 3]]]),
    (
        "^filters 0 and 1 are alike but for their length; prune\\(max_coherence=0.99\\) keeps one$",
        "alike but",
        TWINS,
        [lambda bank: fb.prune(bank, max_coherence=0.99)],
    ),
    ("^lengths from 1 to 20: normalize makes them alike$", "^lengths", UNEVEN, [fb.normalize]),
    (
        "^8 filters \\(0, 1, 2, 3, 4, 5, ...\\) are cut by the window, .*; a larger size, or narrower filters$",
        "cut by",
        CUT,
        [lambda bank: waves(21), lambda bank: waves(11, sigma=1.8)],
    ),
    (
        "^4 filters \\(0, 2, 4, 6\\) are not of zero mean, and so not blind to constants; zero_mean mends that$",
        "blind to constants",
        waves(15),
        [fb.zero_mean],
    ),
    (
        "^some frequencies (get lost|are .* times weaker) .* and concatenate with delta\\(size, n=1\\) mends it$",
        "rebuilding only",
        fb.gradient(5),
        [lambda bank: fb.concatenate(bank, fb.delta(bank.size, n=1))],
    ),
    (
        "^some frequencies (get lost|are .* times weaker) .* and normalize and concatenate with .* mends it$",
        "rebuilding only",
        LONG,
        [lambda bank: fb.concatenate(fb.normalize(bank), fb.delta(bank.size, n=1))],
    ),
]


@pytest.mark.parametrize(("advice", "sign", "bank", "ways_out"), CASES)
def test_the_ways_out_of_an_advice_lead_out(advice, sign, bank, ways_out):
    """What was advised, and every advice of its kind, is gone."""
    assert [each for each in report(bank).advice if re.search(advice, each)], report(bank).advice
    for way_out in ways_out:
        after = report(way_out(bank)).advice
        assert not [each for each in after if re.search(sign, each)], after


@pytest.mark.parametrize(
    "bank",
    [fb.dct(5), fb.dct((7,)), fb.dct((2, 3, 2)), fb.delta(3), np.ones((1, 1, 1)), fb.wavelet_basis(4, wavelet="haar")],
)
def test_tight_banks_are_told_so_and_nothing_else(bank):
    count = math.prod(bank.shape[1:])
    assert report(bank).advice == (f"tight: responses keep the energy of every signal, {count}-fold",)


def test_tight_only_is_what_keeps_the_energy():
    assert not [each for each in report(fb.dct(5, n=24)).advice if "tight" in each]


def test_a_bank_of_zeros_is_told_so_and_nothing_else():
    found = report(np.zeros((2, 3, 3)))
    assert found.advice == ("every filter is zero",)
    assert found.numbers["rank"] == 0
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["lowest_frequency"] is None
    assert str(found)


def test_filters_that_fill_the_window_on_purpose_are_not_cut():
    for bank in (
        fb.dct(7, n=10),
        fb.FilterBank(fb.legendre(7, n=10).filters),
        fb.random(5, n=8),
        np.sign(RNG.standard_normal((8, 7, 7))),
    ):
        assert not [each for each in report(bank).advice if "cut by the window" in each]


def test_the_numbers_are_those_of_the_functions():
    bank = waves(15)
    found = report(bank)
    tuned, bounds = fb.analysis.tuning(bank), fb.analysis.frame_bounds(bank)
    numbers = found.numbers
    assert numbers["rank"] == fb.analysis.rank(bank)
    assert numbers["condition"] == fb.analysis.condition_number(bank)
    assert numbers["effective_rank"] == fb.analysis.effective_rank(bank)
    assert numbers["coherence"] == fb.analysis.coherence(bank)
    assert (numbers["lower_frame_bound"], numbers["upper_frame_bound"]) == bounds[:2]
    assert numbers["certified_lower_frame_bound"] == bounds.certified_lower
    assert numbers["certified_upper_frame_bound"] == bounds.certified_upper
    assert numbers["shortest_filter"] == pytest.approx(1)
    assert numbers["longest_filter"] == pytest.approx(1)
    assert numbers["lowest_frequency"] == tuned["frequency"].min()
    assert numbers["highest_frequency"] == tuned["frequency"].max()
    assert numbers["most_energy_at_the_edge"] == tuned["edge"].max()
    shares = list(numbers["power_by_octave"].values())
    assert numbers["power_ratio"] == bounds.upper / bounds.lower
    assert sum(shares) == pytest.approx(1)
    np.testing.assert_allclose(shares, fb.analysis.coverage(bank).per_octave)
    np.testing.assert_array_equal(found.tuning["phase"], tuned["phase"])
    assert found.bank == bank


@pytest.mark.parametrize(
    "bank", [waves(15), CROWDED, ZEROS, fb.gabor((9,)), fb.dct((3, 2, 3), n=4), np.ones((1, 1)), DEPENDENT]
)
def test_reports_are_json_and_tables(bank):
    found = report(bank)
    kept = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert kept["filters"] == len(bank)
    assert kept["size"] == list(bank.shape[1:])
    assert kept["family"] == found.bank.family
    assert kept["fingerprint"] == found.bank.fingerprint
    assert kept["advice"] == list(found.advice)
    assert kept["rank"] == found.numbers["rank"]
    assert kept["tuning"]["energy"] == found.tuning["energy"].tolist()
    for name, values in found.tuning.items():
        read = np.array(kept["tuning"][name], dtype=object)
        assert read.shape == values.shape
        assert ((read == None) == np.isnan(values)).all()  # noqa: E711
        assert ((read == "inf") == np.isinf(values)).all()
    text, page = str(found), page_of(found)
    values = {row[0]: row[1] for row in page.rows if len(row) == 3}
    octaves = found.numbers["power_by_octave"]
    assert kept["power_by_octave"] == octaves
    assert all(f"{share:.1%}" in text for share in octaves.values())
    for name, value in found.numbers.items():
        if value is octaves:
            continue
        shown = "-" if np.isnan(value) else "0" if abs(value) < 1e-12 else f"{value:.4g}"
        assert re.search(rf"^{re.escape(name.replace('_', ' '))} +{re.escape(shown)}(  [a-z' ]+)?$", text, re.MULTILINE)
        assert values[name.replace("_", " ")] == shown
    for advice in found.advice:
        assert f"- {advice}" in text
        assert advice in page.texts


def test_pages_escape_what_a_bank_is_called():
    found = report(fb.FilterBank(np.ones((1, 3, 3)), family="<script>&"))
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;&amp;" in found._repr_html_()
    assert found.to_dict()["family"] == "<script>&"


@pytest.mark.parametrize("filters", [np.full((1, 3, 3), np.nan), np.ones(3), np.ones((1, 2, 2, 2, 2))])
def test_what_is_no_bank_is_refused(filters):
    with pytest.raises(ValueError, match=r"finite|`bank` must be"):
        report(filters)
