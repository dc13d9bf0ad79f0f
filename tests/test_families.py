"""`delta` and `random`, the checks of arguments that all families share, and the catalogue."""

import inspect
import json
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import page_of
from scipy import stats

import filterbank as fb
from filterbank import _check, _grid, _norm
from filterbank.families import FAMILIES

# delta and random


@pytest.mark.parametrize("size", [(4,), (3, 4), (2, 3, 2)])
def test_delta_is_the_pixels_row_by_row(size):
    bank = fb.delta(size)
    for index, one in enumerate(bank):
        expected = np.zeros(size)
        expected.flat[index] = 1
        np.testing.assert_array_equal(one, expected)
        place = tuple(bank.parameters[f"position_{name}"][index] for name in ("z", "y", "x")[-len(size) :])
        assert one[place] == 1


def test_delta_of_many_pixels_makes_only_what_is_asked_for():
    assert fb.delta(1000, n=3).shape == (3, 1000, 1000)


@pytest.mark.parametrize("n", [1, 63, 64, 65, 130, 169])
def test_random_begins_alike_at_any_n(n):
    """Also across the blocks in which it is made."""
    whole = fb.random(13, rng=5)
    assert fb.random(13, n=n, rng=5).filters.tobytes() == whole.filters[:n].tobytes()
    flat = whole.filters.reshape(169, 169)
    np.testing.assert_allclose(flat @ flat.T, np.eye(169), rtol=0, atol=1e-14)


def test_random_is_uniform_over_directions():
    """No direction is preferred: the first entry of a random unit vector of three has a flat distribution."""
    first = [fb.random((3,), n=1, rng=seed).filters[0, 0] for seed in range(400)]
    last = [fb.random((3,), rng=seed).filters[2, 1] for seed in range(400)]
    assert stats.kstest(first, "uniform", (-1, 2)).pvalue > 0.01
    assert stats.kstest(last, "uniform", (-1, 2)).pvalue > 0.01


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_random_recipes_hold_the_state_of_any_generator_of_numpy(kind):
    generator = np.random.Generator(getattr(np.random, kind)(3))
    generator.integers(9, size=3, dtype=np.int32)
    bank = fb.random(4, rng=generator)
    recipe = json.loads(json.dumps(bank.recipe))
    assert recipe["rng"]["bit_generator"] == kind
    assert fb.make(**recipe) == bank
    assert fb.make(**recipe).recipe == bank.recipe


@pytest.mark.parametrize(
    "rng", [None, [1, 2], np.array([3, 4]), np.random.PCG64(3), np.random.SeedSequence(9)], ids=range(5)
)
def test_random_recipes_rebuild_whatever_made_the_numbers(rng):
    bank = fb.random(4, rng=rng)
    assert fb.make(**json.loads(json.dumps(bank.recipe))) == bank


def test_seeds_stay_numbers_in_the_recipe():
    assert fb.random(3, rng=np.int64(7)).recipe["rng"] == 7
    assert fb.random(3, rng=2**100).recipe["rng"] == 2**100


@pytest.mark.parametrize(
    ("rng", "message"),
    [
        ({}, "`rng` names no bit generator of NumPy: None"),
        ({"bit_generator": "os"}, "`rng` names no bit generator of NumPy: 'os'"),
        ({"bit_generator": ["PCG64"]}, "`rng` names no bit generator"),
        ({"bit_generator": "PCG64"}, "`rng` is no state of NumPy's PCG64: KeyError"),
        ({"bit_generator": "PCG64", "state": 5}, "`rng` is no state of NumPy's PCG64: TypeError"),
        ({"bit_generator": "PCG64", "state": {"state": -1, "inc": 3}}, "`rng` is no state of NumPy's PCG64: Overflow"),
        ({"bit_generator": "SFC64", "state": {"state": []}}, "`rng` is no state of NumPy's SFC64: ValueError"),
        ({"bit_generator": "MT19937", "state": {"key": [1], "pos": 3}}, "`rng` is no state of NumPy's MT19937"),
    ],
)
def test_damaged_states_are_refused(rng, message):
    with pytest.raises(ValueError, match=message):
        fb.random(4, rng=rng)


# Arguments that all families share


@pytest.mark.parametrize(
    ("size", "window"),
    [(3, (3, 3)), (np.int64(3), (3, 3)), ((4,), (4,)), ([2, 3], (2, 3)), ((2, np.uint8(3), 4), (2, 3, 4))],
)
def test_sizes_are_ints_or_tuples(size, window):
    assert fb.delta(size).size == window
    assert fb.delta(size).recipe["size"] == list(window)


@pytest.mark.parametrize(
    ("size", "error", "message"),
    [
        (0, ValueError, "`size` must be an integer of at least 1, got 0"),
        (-3, ValueError, "`size` must be an integer of at least 1, got -3"),
        ((3, 0), ValueError, "`size` must be an integer of at least 1, got 0"),
        ((3, 2.0), TypeError, "`size` must be an integer of at least 1, got 2.0"),
        ((3, True), TypeError, "`size` must be an integer of at least 1, got True"),
        (3.0, TypeError, r"`size` must be an int \(a square window\) or a tuple of ints, .* in pixels, got 3.0"),
        (True, TypeError, r"`size` must be an int \(a square window\) .* got True"),
        ("11", TypeError, r"`size` must be an int \(a square window\) .* got '11'"),
        (None, TypeError, r"`size` must be an int \(a square window\) .* got None"),
        (np.array([3, 4]), TypeError, r"`size` must be an int \(a square window\) .* got an array of shape \(2,\)$"),
        ((), ValueError, r"`size` of delta must be 1-D or 2-D or 3-D, got 0 dimensions: \(\)"),
        ((2, 2, 2, 2), ValueError, "`size` of delta must be 1-D or 2-D or 3-D, got 4 dimensions"),
    ],
)
def test_wrong_sizes_are_explained(size, error, message):
    with pytest.raises(error, match=message):
        fb.delta(size)


@pytest.mark.parametrize(
    ("n", "error", "message"),
    [
        (0, ValueError, "`n` must be an integer of at least 1, got 0"),
        (-1, ValueError, "`n` must be an integer of at least 1, got -1"),
        (2.0, TypeError, "`n` must be an integer of at least 1, got 2.0"),
        (True, TypeError, "`n` must be an integer of at least 1, got True"),
        ("all", TypeError, "`n` must be an integer of at least 1, got 'all'"),
        (26, ValueError, r"^`n` must be at most 25 for a 5x5 DCT bank, got 26; use a larger `size` or drop `n`$"),
    ],
)
def test_wrong_counts_are_explained(n, error, message):
    with pytest.raises(error, match=message):
        fb.dct(5, n=n)


@pytest.mark.parametrize(
    ("size", "named"),
    [(11, "an 11x11"), (8, "an 8x8"), (18, "an 18x18"), ((7,), "a 7-sample"), ((81, 2), "an 81x2"), ((1, 8), "a 1x8")],
)
def test_windows_are_named_as_they_are_spoken(size, named):
    with pytest.raises(ValueError, match=f" for {named} delta bank, got 9999"):
        fb.delta(size, n=9999)


def test_the_first_error_of_the_question_reads_as_the_design_says():
    message = "`n` must be at most 121 for an 11x11 DCT bank, got 200; use a larger `size` or drop `n`"
    with pytest.raises(ValueError, match="^" + message + "$"):
        fb.dct(11, n=200)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fb.dct(), r"^dct\(\) missing a required argument: 'size'; it takes size, n, level, dc, strict, norm$"),
        (
            lambda: fb.dct(5, 3, 4),
            r"^dct\(\) too many positional arguments; it takes size, n, level, dc, strict, norm$",
        ),
        (
            lambda: fb.dct(5, leve=3),
            r"^dct\(\) got an unexpected keyword argument 'leve'; did you mean `level`\? it takes size, n, level",
        ),
        (lambda: fb.gabor(11, orientation=8), "'orientation'; did you mean `orientations`. it takes size, n, "),
        (lambda: fb.gabor(11, orientations=8, frequency=0.2), "'frequency'; did you mean `frequencies`. it takes"),
        (lambda: fb.dct(5, colour="red"), r"^dct\(\) got an unexpected keyword argument 'colour'; it takes size, n"),
        (lambda: fb.pca(5), r"^pca\(\) missing .* 'size'; it takes images, size, n, strict, norm; the images come"),
        (
            lambda: fb.pca(11, images=np.eye(9)),
            r"^pca\(\) multiple .* 'images'; .*; the images come first: pca\(images, 11",
        ),
        (lambda: fb.pca(11, np.eye(999)), r"^`images` must be images, got 11; they come first: pca\(images, 11\)$"),
        (lambda: fb.dct(np.eye(999)), r"in pixels, got an array of shape \(999, 999\)$"),
        (lambda: fb.dct(9, [0] * 999), r"at least 1, got \[[0, ]{0,199}\.\.\.$"),
    ],
    ids=range(11),
)
def test_wrong_calls_name_the_family_and_what_it_takes(call, message):
    with pytest.raises(TypeError, match=message):
        call()


# Family, parameter and what its docstring allows, of every parameter that is one of some names.
NAMED = [
    pytest.param(family, name, re.findall(r'"\w+"|None', allowed), id=f"{family.name}-{name}")
    for family in FAMILIES
    for name, allowed in re.findall(r"^(\w+) : (\{.*\}|str\b)", inspect.getdoc(family.function), re.MULTILINE)
]


@pytest.mark.parametrize(("family", "name", "allowed"), NAMED)
def test_what_is_none_of_the_names_is_refused_with_the_names(family, name, allowed):
    images = [np.eye(20)] if "learned" in family.promises else []
    for wrong in (3, "nonsense") if "None" in allowed else (3, "nonsense", None):
        with pytest.raises(ValueError, match=f"^`{name}` must be .*, got {wrong!r}") as raised:
            family.function(*images, 8, **{name: wrong})
        assert all(one.replace('"', "'") in str(raised.value) for one in allowed)


@pytest.mark.parametrize("value", [np.float32(0.5), np.int8(3), 2**80, 1.5])
def test_numbers_are_numbers_of_any_type(value):
    assert _check.number("x", value) == value
    assert isinstance(_check.number("x", value), float)
    np.testing.assert_array_equal(_check.numbers_of("x", np.array([value, value], dtype=object)), [value] * 2)


@pytest.mark.parametrize(
    ("bounds", "value", "message"),
    [
        ({"above": 1}, 1, "`x` must be a finite number and above 1, got 1"),
        ({"at_least": 1, "unit": "pixels"}, 0.9, "`x` must be a finite number and at least 1 pixels, got 0.9"),
        ({"at_most": 0.5, "hint": "use less"}, 0.6, "`x` must be a finite number and at most 0.5, got 0.6; use less"),
        ({"above": 0, "at_most": 2}, np.inf, "`x` must be a finite number and above 0 and at most 2, got inf"),
    ],
)
def test_bounds_are_named(bounds, value, message):
    with pytest.raises(ValueError, match=message):
        _check.number("x", value, **bounds)


@given(side=st.integers(2, 40), seed=st.integers(0, 99))
def test_balance_is_exact_to_rounding_and_keeps_zeros_and_symmetry(side, seed):
    half = np.random.default_rng(seed).standard_normal(side)
    line = np.array([0, *half, *half[::-1], 0])
    rough = np.stack([line - np.where(line, line.mean(), 0), np.zeros_like(line)])
    even, zero = _norm.balanced(rough)
    assert not zero.any()
    assert even[0] == even[-1] == 0
    np.testing.assert_array_equal(even, even[::-1])
    assert abs(math.fsum(even)) <= 2.0**-53 * np.abs(even).sum()
    odd = np.array([half, -half[::-1]]).reshape(1, -1)
    np.testing.assert_array_equal(_norm.balanced(odd), odd)


@given(size=st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_coordinates_are_centred_and_symmetric(size):
    for side, coordinates in zip(size, _grid.axes(size), strict=True):
        assert len(coordinates) == side
        np.testing.assert_array_equal(coordinates, -coordinates[::-1])
        np.testing.assert_array_equal(np.diff(coordinates), 1)
    assert np.broadcast_shapes(*(part.shape for part in _grid.mesh(size))) == tuple(size)


def test_angles_turn_from_x_towards_y():
    """A quarter of a turn: what was y is x'."""
    y, x = np.array([0.0, 2.0]), np.array([1.0, 0.0])
    turned_y, turned_x = _grid.rotated(y, x, np.pi / 2)
    np.testing.assert_allclose(turned_x, [0, 2], atol=1e-15)
    np.testing.assert_allclose(turned_y, [-1, 0], atol=1e-15)


# The catalogue


def test_the_catalogue_has_every_family_by_name():
    catalogue = fb.catalogue()
    assert list(catalogue) == [family.name for family in FAMILIES]
    assert len(set(catalogue)) == len(FAMILIES)
    for name, family in catalogue.items():
        assert family.name == name
        assert family.function is getattr(fb, name)


def test_the_catalogue_prints_as_a_table():
    lines = str(fb.catalogue()).splitlines()
    assert lines[0].split() == ["family", "size", "title,", "promises", "[reference]"]
    assert max(map(len, lines)) <= 100
    size, text = lines[0].index("size"), lines[0].index("title")
    names = [line[:size].strip() for line in lines]
    assert [name for name in names if name] == ["family", *fb.catalogue()]
    begins = [*(place for place, name in enumerate(names) if name), len(lines)][1:]
    for first, after, family in zip(begins[:-1], begins[1:], FAMILIES, strict=True):
        assert lines[first][size:text].strip() == "-D, ".join(map(str, family.dimensions)) + "-D"
        said = " ".join(line[text:] for line in lines[first:after])
        assert said.split() == f"{family.title} {', '.join(family.promises)} [{family.reference}]".split()


def test_the_catalogue_is_a_table_in_notebooks():
    head, *rows = page_of(fb.catalogue()).rows
    assert len(rows) == len(FAMILIES)
    assert head == ["family", "title", "size", "promises", "reference"]
    assert [row[0] for row in rows] == list(fb.catalogue())
    assert [row[4] for row in rows] == [family.reference for family in FAMILIES]


def test_changing_a_catalogue_changes_no_other():
    fb.catalogue().clear()
    assert fb.catalogue()


def test_flags_are_true_or_false():
    for wrong in ("yes", 2, None):
        with pytest.raises(TypeError, match="`strict` must be True or False, got"):
            fb.dct(5, strict=wrong)
        with pytest.raises(TypeError, match="`zero_mean` must be True or False, got"):
            fb.gabor(5, zero_mean=wrong)
    assert fb.dct(5, dc=np.bool_(False)) == fb.dct(5)[1:]


UNDERSAMPLED = {
    "gaussian_derivative": {"sigma": 0.3, "max_order": 4},
    "hermite": {"sigma": 0.3},
    "zernike": {"max_order": 14},
    "dog": {"sigmas": [1, 0.2]},
}


@pytest.mark.parametrize("family", UNDERSAMPLED)
@pytest.mark.filterwarnings("ignore:.*are dependent:filterbank.BankWarning")
def test_what_the_grid_cannot_hold_is_said(family):
    with pytest.warns(fb.BankWarning, match="lie above the Nyquist frequency of 0.5 cycles per pixel and are aliased"):
        fb.make(family, 7, **UNDERSAMPLED[family])
    with pytest.raises(ValueError, match="use lower frequencies or orders, or larger scales"):
        fb.make(family, 7, **UNDERSAMPLED[family], strict=True)


def test_filters_that_float32_cannot_tell_apart_are_said_to_be_dependent():
    with pytest.warns(fb.BankWarning, match=r"are dependent: condition \d\.\de\+\d\d, beyond what float32 can tell"):
        fb.gabor(11, orientations=20)


def test_the_scale_of_filters_makes_none_dependent():
    bank = fb.legendre((24,), norm=None)
    assert np.ptp(np.linalg.norm(bank.filters, axis=1)) > 1e3
