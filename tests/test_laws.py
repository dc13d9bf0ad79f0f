"""The laws of the table of families: each family once, held to what its row promises.

A family that is added to `filterbank.families.FAMILIES` is held to all of them without an edit here.
`test_laws_can_fail.py` shows it on toy families, and shows of every law that a family can break it.
"""

import inspect
import json
import math
import re
import warnings
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data as images_of

import filterbank as fb
from filterbank.families import FAMILIES, Family

MOST_PIXELS = {1: 24, 2: 100, 3: 80}
LONGEST_SIDE = {1: 24, 2: 14, 3: 6}


# Windows, images and banks


def sides(family, dimensions):
    """Return the sides of windows that the row allows."""
    every = range(1, LONGEST_SIDE[dimensions] + 1)
    if family.sides == "any":
        return list(every)
    if family.sides == "power of two":
        return [side for side in every if side & (side - 1) == 0]
    least = int(re.fullmatch(r"at least (\d+)", family.sides)[1])
    return list(range(least, max(LONGEST_SIDE[dimensions], least + 3) + 1))


def is_iterative(family):
    """Whether banks are learned by iteration from a random start: these take seconds, not milliseconds."""
    return {"learned", "random"} <= set(family.promises)


def draw_window(draw, family):
    """Draw a window: odd and even sides, square and not, of every number of dimensions the row names."""
    dimensions = draw(st.sampled_from(family.dimensions))
    most = 9 if is_iterative(family) else MOST_PIXELS[dimensions]
    window, room = [], max(most, min(sides(family, dimensions)) ** dimensions)
    for left in range(dimensions - 1, -1, -1):
        least = min(sides(family, dimensions))
        window.append(draw(st.sampled_from([k for k in sides(family, dimensions) if k * least**left <= room])))
        room //= window[-1]
    return tuple(draw(st.permutations(window)))


@cache
def photographs(window):
    """Return two pieces of the photograph, somewhat larger than the window; frames that move for volumes."""
    camera = images_of.camera()
    shape = tuple(side + 7 for side in window)
    if len(shape) == 1:
        return [camera[200, : shape[0]], camera[260, 90 : 90 + shape[0]]]
    if len(shape) == 2:
        return [camera[100 : 100 + shape[0], 200 : 200 + shape[1]], camera[: shape[0], 50 : 50 + shape[1]]]
    frames = [camera[100 + 3 * z : 100 + 3 * z + shape[1], 200 : 200 + shape[2]] for z in range(shape[0])]
    return [np.stack(frames)]


def make(family, window, **arguments):
    """Make a bank; seeds and images are supplied where a family needs them, and warnings are another matter."""
    if "random" in family.promises:
        arguments.setdefault("rng", 3)
    if "learned" in family.promises and "images" not in arguments:
        arguments["images"] = photographs(window)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        return family.function(size=window, **arguments)


def flat(bank):
    return bank.filters.reshape(len(bank), -1)


def draw_bank(draw, family, **arguments):
    return make(family, draw_window(draw, family), **arguments)


# Laws of all families


def law_values(family, draw):
    """Filters are finite float64 `(n, *size)` that nobody can write to."""
    window = draw_window(draw, family)
    bank = make(family, window)
    assert isinstance(bank, fb.FilterBank)
    assert bank.family == family.name
    assert bank.filters.dtype == np.float64
    assert bank.filters.shape == (len(bank), *window)
    assert bank.size == window
    assert np.isfinite(bank.filters).all()
    assert not bank.filters.flags.writeable
    assert all(column.shape == (len(bank),) for column in bank.parameters.values())


def law_int_is_square(family, draw):
    """An int is a square window, where the family has 2-D ones."""
    if 2 not in family.dimensions:
        return
    least, most = min(sides(family, 2)), 3 if is_iterative(family) else 10
    side = draw(st.sampled_from([k for k in sides(family, 2) if k == least or k <= most]))
    images = {"images": photographs((side, side))} if "learned" in family.promises else {}
    assert make(family, (side, side), **images) == make(family, side, **images)


def law_prefix(family, draw):
    """`n` keeps the first `n` filters of the whole bank, to the last bit, and their columns."""
    window = draw_window(draw, family)
    whole = make(family, window)
    n = draw(st.integers(1, len(whole)))
    part = make(family, window, n=n)
    assert part.filters.tobytes() == whole.filters[:n].tobytes()
    assert list(part.parameters) == list(whole.parameters)
    for name, column in part.parameters.items():
        np.testing.assert_array_equal(column, whole.parameters[name][:n])


def law_norms(family, draw):
    """Every norm is 1 to 1e-14 where asked for, and norm=None is the same up to a positive factor."""
    window = draw_window(draw, family)
    plain = flat(make(family, window, norm=None))
    measures = {
        "l2": lambda rows: np.sqrt(np.sum(rows**2, axis=1)),
        "l1": lambda rows: np.sum(np.abs(rows), axis=1),
        "max": lambda rows: np.max(np.abs(rows), axis=1),
    }
    for norm, measure in measures.items():
        scaled = flat(make(family, window, norm=norm))
        np.testing.assert_allclose(measure(scaled), 1, rtol=0, atol=1e-14)
        np.testing.assert_allclose(scaled, plain / measure(plain)[:, None], rtol=0, atol=1e-14)
    assert make(family, window) == make(family, window, norm="l2")


def law_too_many(family, draw):
    """Asking for more filters than there are is an error that says how many there are."""
    window = draw_window(draw, family)
    available = len(make(family, window))
    with pytest.raises(ValueError, match=rf"^`n` must be at most {available} for .*, got {available + 1}; \w+"):
        make(family, window, n=available + 1)
    with pytest.raises(ValueError, match="`n` must be an integer of at least 1, got 0"):
        make(family, window, n=0)


def law_repeatable(family, draw):
    """The same arguments give the same bytes."""
    window = draw_window(draw, family)
    first, second = make(family, window), make(family, window)
    assert first.filters.tobytes() == second.filters.tobytes()
    assert first.recipe == second.recipe


def law_recipe(family, draw):
    """The recipe survives JSON, and makes the same bytes, columns and recipe."""
    window = draw_window(draw, family)
    n = draw(st.none() | st.integers(1, len(make(family, window))))
    norm = draw(st.sampled_from(["l2", "l1", "max", None]))
    bank = make(family, window, n=n, norm=norm)
    recipe = json.loads(json.dumps(bank.recipe))
    assert recipe == bank.recipe
    assert recipe["family"] == family.name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        again = fb.make(**recipe)
    assert again.filters.tobytes() == bank.filters.tobytes()
    assert again.recipe == bank.recipe
    assert again.fingerprint == bank.fingerprint
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], column)
        assert again.parameters[name].dtype == column.dtype


def law_refuses_dimensions(family, draw):
    """Windows of dimensions that the row does not name are refused, with both numbers."""
    others = [count for count in (0, 1, 2, 3, 4) if count not in family.dimensions]
    window = (min(sides(family, 2)),) * draw(st.sampled_from(others))
    images = {"images": [np.eye(40)]} if "learned" in family.promises else {}
    with pytest.raises(ValueError, match=rf"`size` of {family.name} must be .*-D.*, got {len(window)} dimensions"):
        make(family, window, **images)
    with pytest.raises(TypeError, match="`size` must be an int"):
        make(family, 5.0, **images)


def law_keywords(family, draw):
    """All but `size` and `n` go by name, and an unknown name is an error that names the family."""
    names = list(inspect.signature(family.function).parameters.values())
    assert [one.name for one in names if one.kind is not one.KEYWORD_ONLY][-2:] == ["size", "n"]
    assert [(one.name, one.default) for one in names[-2:]] == [("strict", False), ("norm", "l2")]
    with pytest.raises(TypeError, match=rf"{family.name}\(\) got an unexpected keyword argument 'colour'"):
        draw_bank(draw, family, colour="red")
    with pytest.raises(ValueError, match="`norm` must be one of 'l2', 'l1', 'max', None, got 'l7'"):
        draw_bank(draw, family, norm="l7")


def law_strict(family, draw):
    """What the family warns of is an error if strict, and nothing else is; the recipe says nothing of it."""
    window = draw_window(draw, family)
    arguments = {"images": photographs(window)} if "learned" in family.promises else {}
    if "random" in family.promises:
        arguments["rng"] = 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bank = family.function(size=window, **arguments)
    assert "strict" not in bank.recipe
    if caught:
        with (
            warnings.catch_warnings(action="ignore"),
            pytest.raises(ValueError, match="^" + re.escape("; ".join(str(one.message) for one in caught))),
        ):
            family.function(size=window, strict=True, **arguments)
    else:
        assert family.function(size=window, strict=True, **arguments) == bank


# Laws of promises


def law_orthonormal(family, draw):
    rows = flat(draw_bank(draw, family))
    np.testing.assert_allclose(rows @ rows.T, np.eye(len(rows)), rtol=0, atol=1e-13)


def law_complete(family, draw):
    rows = flat(draw_bank(draw, family))
    assert rows.shape[0] >= rows.shape[1]
    assert np.linalg.matrix_rank(rows) == rows.shape[1]


def law_independent(family, draw):
    rows = flat(draw_bank(draw, family))
    assert np.linalg.matrix_rank(rows) == len(rows)


def law_zero_mean(family, draw):
    """Sums are zero to 1e-14 of the sum of magnitudes, and at norm 1 to 1e-14, in the large windows of papers too."""
    window = draw(st.sampled_from([(31, 31), (49, 49)])) if draw(st.booleans()) else draw_window(draw, family)
    norm = draw(st.sampled_from(["l2", "l1", "max", None]))
    rows = flat(make(family, window, norm=norm))
    sums = np.array([math.fsum(row) for row in rows])
    assert np.all(np.abs(sums) <= 1e-14 * np.abs(rows).sum(axis=1))
    if norm in ("l2", "l1"):
        np.testing.assert_allclose(sums, 0, rtol=0, atol=1e-14)


def law_symmetric(family, draw):
    bank = draw_bank(draw, family)
    rows, turned = flat(bank), flat(bank)[:, ::-1]
    distance = np.minimum(np.abs(rows - turned).max(axis=1), np.abs(rows + turned).max(axis=1))
    np.testing.assert_allclose(distance, 0, rtol=0, atol=1e-14)


def law_separable(family, draw):
    """A product of 1-D filters has rank one however its axes are split."""
    for one in draw_bank(draw, family):
        for axis in range(one.ndim):
            values = np.linalg.svd(np.moveaxis(one, axis, 0).reshape(one.shape[axis], -1), compute_uv=False)
            np.testing.assert_allclose(values[1:], 0, rtol=0, atol=1e-14)


def law_oriented(family, draw):
    """Where the energy of a spectrum has a clear direction, the column says it, and elsewhere it may say none.

    Only windows with odd sides: in others a wave at the Nyquist frequency runs along two directions.
    """
    bank = make(family, (2 * draw(st.integers(4, 11)) + 1,) * 2)
    waves = np.fft.fftfreq(63)
    energy = np.abs(np.fft.fft2(bank.filters, (63, 63))) ** 2
    twice = np.where(np.hypot(waves[:, None], waves), np.exp(2j * np.arctan2(waves[:, None], waves)), 0)
    vectors = (energy * twice).sum(axis=(1, 2)) / energy.sum(axis=(1, 2))
    clear = np.abs(vectors) > 0.5
    angles = np.asarray(bank.parameters["orientation"], dtype=float)
    assert clear.any()
    np.testing.assert_array_less(np.abs(np.angle(vectors * np.exp(-2j * angles)))[clear] / 2, np.radians(10))


def law_random(family, draw):
    """SPEC 7: `rng` is whatever numpy.random.default_rng takes."""
    window = draw_window(draw, family)
    if math.prod(window) < 3:  # there is one filter without mean, up to its sign
        return
    seed = draw(st.integers(0, 2**64))
    bank = make(family, window, rng=seed)
    assert bank == make(family, window, rng=np.random.default_rng(seed))
    assert bank == make(family, window, rng=np.random.SeedSequence(seed))
    assert bank != make(family, window, rng=seed + 1)
    assert make(family, window, rng=None) != make(family, window, rng=None)
    generator = np.random.default_rng(seed)
    assert make(family, window, rng=generator) == bank
    assert make(family, window, rng=generator) != bank
    for wrong in ("seed", -1, 1.5):
        with pytest.raises((TypeError, ValueError), match="`rng` must be a seed or a generator"):
            make(family, window, rng=wrong)


def law_learned(family, draw):
    """The images come first, matter, and are not needed to make the bank from its recipe."""
    window = draw_window(draw, family)
    assert next(iter(inspect.signature(family.function).parameters)) == "images"
    images = photographs(window)
    bank = make(family, window)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)
        seed = {"rng": 3} if "random" in family.promises else {}
        assert bank == family.function(images, window, **seed)
        assert bank == fb.make(family.name, images=images, size=window, **seed)
    digest = bank.recipe["images"]["sha256"]
    if math.prod(window) > 4:  # of two pixels, every image has the same components
        others = [np.random.default_rng(3).standard_normal(image.shape) for image in images]
        assert bank != make(family, window, images=others)
        assert digest != make(family, window, images=others).recipe["images"]["sha256"]
    with pytest.raises(TypeError, match="`images` is missing"):
        fb.make(family.name, window)


ALWAYS = {
    "values": law_values,
    "int is square": law_int_is_square,
    "prefix": law_prefix,
    "norms": law_norms,
    "too many": law_too_many,
    "repeatable": law_repeatable,
    "recipe": law_recipe,
    "refuses dimensions": law_refuses_dimensions,
    "keywords": law_keywords,
    "strict": law_strict,
}
PROMISED = {
    "orthonormal": law_orthonormal,
    "complete": law_complete,
    "independent": law_independent,
    "zero-mean": law_zero_mean,
    "symmetric": law_symmetric,
    "separable": law_separable,
    "oriented": law_oriented,
    "random": law_random,
    "learned": law_learned,
}


def laws_of(family):
    """Return the laws that hold a family by name; a promise without a law is a KeyError."""
    return {**ALWAYS, **{promise: PROMISED[promise] for promise in family.promises}}


def cases(families):
    return [
        pytest.param(family, law, id=f"{family.name}-{name}")
        for family in families
        for name, law in laws_of(family).items()
    ]


def hold(family, law, **how):
    """Hold the family to the law, on windows and values that Hypothesis picks."""

    @settings(**how)
    @given(data=st.data())
    def check(data):
        law(family, data.draw)

    check()


@pytest.mark.parametrize(("family", "law"), cases(FAMILIES))
def test_law(family, law):
    share = 4 if is_iterative(family) else 1
    hold(family, law, max_examples=settings.default.max_examples // share)


def test_every_promise_of_the_documentation_has_a_law():
    documented = set(re.findall(r'- "([\w-]+)":', inspect.getdoc(Family)))
    assert documented == set(PROMISED)


def test_rows_are_complete():
    for family in FAMILIES:
        assert family.title.endswith(".")
        assert "\n" not in family.title
        assert family.reference
        assert set(family.dimensions) <= {1, 2, 3}
        assert family.function.__doc__.splitlines()[0].startswith(("Make", "Learn"))
