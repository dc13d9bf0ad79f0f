"""`FilterBank`: what it takes, what it refuses, how it is sliced, compared and protected."""

import hashlib
import json
import pickle
from types import MappingProxyType

import numpy as np
import pytest

import filterbank as fb

PIXELS = np.eye(9).reshape(9, 3, 3)


@pytest.fixture
def bank():
    return fb.gabor(5)


def named(count=9, **more):
    columns = {"number": np.arange(count), "name": [f"pixel {i}" for i in range(count)], **more}
    return fb.FilterBank(PIXELS[:count], parameters=columns)


# What it takes


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "longdouble", ">f8", "int8", "uint64", "bool"])
def test_any_real_numbers_become_float64(dtype):
    bank = fb.FilterBank(PIXELS.astype(dtype))
    assert bank.filters.dtype == np.dtype("=f8")
    np.testing.assert_array_equal(bank.filters, PIXELS)
    assert bank.family == "custom"


@pytest.mark.parametrize("size", [(7,), (3, 4), (2, 3, 4)])
def test_one_two_and_three_dimensions(size):
    values = np.arange(5.0 * np.prod(size)).reshape(5, *size)
    bank = fb.FilterBank(values.tolist())
    assert bank.shape == (5, *size)
    assert bank.size == size
    assert bank.ndim == len(size)
    assert len(bank) == 5
    np.testing.assert_array_equal(bank.filters, values)


def test_memory_order_does_not_matter():
    expected = np.arange(24.0).reshape(2, 3, 4)
    for same in (np.asfortranarray(expected), expected[:, ::-1][:, ::-1], np.repeat(expected, 2, axis=2)[..., ::2]):
        bank = fb.FilterBank(same)
        assert bank.filters.tobytes() == expected.tobytes()
        assert bank.filters.flags.c_contiguous


def test_a_bank_of_a_bank_is_custom_and_equal(bank):
    again = fb.FilterBank(bank)
    assert again == bank
    assert again.family == "custom"
    assert not again.parameters


def test_minus_zero_is_zero():
    minus = fb.FilterBank(-0.0 * PIXELS)
    assert minus == fb.FilterBank(0 * PIXELS)
    assert minus.filters.tobytes() == bytes(minus.filters.nbytes)
    assert minus.fingerprint == fb.FilterBank(0 * PIXELS).fingerprint
    column = fb.FilterBank(PIXELS, parameters={"shift": np.full(9, -0.0)}).parameters["shift"]
    assert not np.signbit(column).any()


@pytest.mark.parametrize(
    ("filters", "error", "message"),
    [
        (1j * PIXELS, TypeError, "`filters` must be real numbers, got complex128; keep real and imaginary parts as"),
        (PIXELS.astype(object), TypeError, "`filters` must be real numbers, got object"),
        ("abc", TypeError, "`filters` must be real numbers, got <U3"),
        (None, TypeError, "`filters` must be real numbers, got object"),
        ([[1, 10**30]], TypeError, "`filters` must be real numbers, got object"),
        ([[1, 2], [3]], ValueError, "`filters` must be one array with rows of equal length"),
        (3.0, ValueError, r"`filters` must be \(n, width\), .*, got shape \(\)"),
        ([1.0, 2.0], ValueError, r"`filters` must be .* or \(n, depth, height, width\), got shape \(2,\)"),
        (np.ones((1, 1, 1, 1, 1)), ValueError, r"got shape \(1, 1, 1, 1, 1\)"),
        (np.ones((0, 3, 3)), ValueError, r"at least one filter of one pixel, got shape \(0, 3, 3\)"),
        (np.ones((2, 0, 3)), ValueError, r"at least one filter of one pixel, got shape \(2, 0, 3\)"),
        ([[1, np.nan], [1, 2]], ValueError, r"`filters` must be finite, got NaN or infinity in filter 0 \(1 of 2"),
        ([[1, 2], [np.inf, 2]], ValueError, r"`filters` must be finite, got NaN or infinity in filter 1 \(1 of 2"),
        ([[1], [-np.inf], [np.nan]], ValueError, r"in filter 1 \(2 of 3 filters\)"),
    ],
)
def test_what_is_no_bank_is_refused(filters, error, message):
    with pytest.raises(error, match=message):
        fb.FilterBank(filters)


@pytest.mark.skipif(np.finfo(np.longdouble).max <= np.finfo(np.float64).max, reason="long doubles are doubles here")
def test_long_doubles_beyond_doubles_are_refused():
    with pytest.raises(ValueError, match="must be finite"):
        fb.FilterBank([[np.longdouble("1e4000")]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"parameters": [1]}, TypeError, "`parameters` must be a dict, got list"),
        ({"parameters": {1: np.arange(9)}}, TypeError, "`parameters` must have texts as keys, got 1"),
        (
            {"parameters": {"a": 3}},
            ValueError,
            r"parameter `a` must have one entry for each of the 9 filters, got shape \(\)",
        ),
        ({"parameters": {"a": [1, 2]}}, ValueError, r"`a` must have one entry .* 9 filters, got shape \(2,\)"),
        ({"parameters": {"a": np.ones((9, 1))}}, ValueError, r"`a` must have one entry .*, got shape \(9, 1\)"),
        ({"parameters": {"a": [None] * 9}}, TypeError, "parameter `a` must hold numbers or texts, got object"),
        ({"parameters": {"a": [b"x"] * 9}}, TypeError, r"parameter `a` must hold numbers or texts, got \|S1"),
        ({"parameters": {"a": [1j] * 9}}, TypeError, "parameter `a` must hold numbers or texts, got complex128"),
        ({"parameters": {"a": [[1], 2] * 4 + [3]}}, ValueError, "`a` must be one array with rows of equal length"),
        ({"parameters": {"a": ["x" * 1001] + [""] * 8}}, ValueError, "`a` must have texts of at most 1000 characters"),
        ({"family": 3}, TypeError, "`family` must be a str, the name of the family, got int"),
        ({"recipe": [1]}, TypeError, "`recipe` must be a dict, got list"),
        ({"recipe": {"family": "x", "value": 1j}}, TypeError, "complex has no place in a recipe: 1j"),
        ({"recipe": {"family": "x", "value": np.array([1j])}}, TypeError, "complex has no place in a recipe: 1j"),
        ({"recipe": {"family": "x", "value": {1, 2}}}, TypeError, r"set has no place in a recipe: \{1, 2\}"),
    ],
)
def test_wrong_columns_families_and_recipes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.FilterBank(PIXELS, **arguments)


def test_numpy_values_become_json_in_a_recipe():
    recipe = {"family": "x", "a": np.float32(0.5), "b": np.arange(3), "c": (1, None), "d": range(2), "e": np.str_("t")}
    kept = fb.FilterBank(PIXELS, recipe=recipe).recipe
    assert kept == {"family": "x", "a": 0.5, "b": [0, 1, 2], "c": [1, None], "d": [0, 1], "e": "t"}
    assert json.loads(json.dumps(kept)) == kept


def test_a_recipe_that_is_given_out_is_a_copy(bank):
    bank.recipe["size"].append(7)
    bank.recipe["n"] = 3
    assert bank.recipe["size"] == [5, 5]
    assert bank.recipe["n"] is None


def test_a_recipe_that_is_taken_in_is_a_copy():
    mine = {"family": "custom", "notes": ["a"], "filters": None}
    bank = fb.FilterBank(PIXELS, recipe=mine)
    mine["notes"].append("b")
    assert bank.recipe["notes"] == ["a"]


def test_columns_have_the_type_with_which_they_come_back():
    bank = named(
        half=np.arange(9, dtype=np.float16), wide=np.array(["a"] * 9, dtype="U500"), mask=[True, False, True] * 3
    )
    again = pickle.loads(pickle.dumps(bank))
    assert list(again.parameters) == list(bank.parameters) == ["number", "name", "half", "wide", "mask"]
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], column)
        assert again.parameters[name].dtype == column.dtype
    assert bank.parameters["half"].dtype == np.float64
    assert bank.parameters["mask"].dtype == bool


# One filter, fewer filters


@pytest.mark.parametrize("key", [0, 3, -1, -9, np.int64(2), np.uint8(8), np.int8(-9)])
def test_an_integer_gives_one_filter(key):
    one = named()[key]
    assert isinstance(one, np.ndarray)
    np.testing.assert_array_equal(one, PIXELS[key])
    assert not one.flags.writeable


KEYS = [
    slice(2, 5),
    slice(None, None, -2),
    slice(-3, 100),
    [0, 4],
    [-1, 0],
    [3, 3],
    (np.arange(9) % 2 == 0),
    [True] * 4 + [False] * 5,
    np.array([8, 1], dtype=np.uint8),
    range(1, 4),
]


@pytest.mark.parametrize("key", KEYS)
def test_other_keys_give_smaller_banks_with_their_columns(key):
    part = named()[key]
    chosen = np.arange(9)[key if not isinstance(key, range) else list(key)]
    assert isinstance(part, fb.FilterBank)
    assert part.family == "custom"
    np.testing.assert_array_equal(part.filters, PIXELS[chosen])
    np.testing.assert_array_equal(part.parameters["number"], chosen)
    assert list(part.parameters["name"]) == [f"pixel {i}" for i in chosen]


@pytest.mark.parametrize("key", KEYS)
def test_slices_write_themselves_into_the_recipe(key):
    part = fb.dct(3)[key]
    again = fb.make(**json.loads(json.dumps(part.recipe)))
    assert again == part
    assert again.recipe == part.recipe
    assert part[0:1][[0]].recipe["then"][-2:] == [{"step": "select", "indices": [0]}] * 2


@pytest.mark.parametrize("key", [9, -10, 10**30, np.int64(9)])
def test_integers_out_of_range_are_index_errors(key):
    with pytest.raises(IndexError, match=f"filter {key} does not exist: the bank has 9 filters"):
        named()[key]


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        ((0, 1), TypeError, r"indexed by filter only: use bank.filters\[...\] for rows and columns"),
        ((), TypeError, "indexed by filter only"),
        ((slice(None), 0), TypeError, "indexed by filter only"),
        (None, TypeError, "indexed by an int, a slice, a list of ints or a mask, got None"),
        (..., TypeError, "indexed by an int, .* got Ellipsis"),
        (True, TypeError, "indexed by an int, .* got True"),
        (np.True_, TypeError, "indexed by an int, .* got np.True_"),
        (1.0, TypeError, "indexed by an int, .* got 1.0"),
        ("frequency", TypeError, "indexed by an int, .* got 'frequency'"),
        ([0.0, 1.0], TypeError, "indexed by an int, .* got"),
        ([[0, 1]], TypeError, "indexed by an int, .* got"),
        (["a"], TypeError, "indexed by an int, .* got"),
        ([True, False], IndexError, "a mask must have 9 entries, one a filter, got 2"),
        ([9], IndexError, "index 9 is out of bounds"),
        ([], ValueError, r"\[\] selects no filter of 9; a bank has at least one"),
        (slice(4, 4), ValueError, "selects no filter of 9"),
        ([False] * 9, ValueError, "selects no filter of 9"),
    ],
)
def test_wrong_keys_are_explained(key, error, message):
    with pytest.raises(error, match=message):
        named()[key]


def test_iteration_gives_the_filters():
    assert len(list(named())) == 9
    for one, expected in zip(named(), PIXELS, strict=True):
        np.testing.assert_array_equal(one, expected)


# As an array: the copy semantics of NumPy 2


def test_asarray_shares_the_memory_and_array_copies(bank):
    assert np.asarray(bank) is bank.filters
    assert np.asarray(bank, dtype=np.float64) is bank.filters
    assert np.asarray(bank, copy=False) is bank.filters
    for mine in (np.array(bank), np.asarray(bank, copy=True), np.asarray(bank, dtype=np.float32)):
        assert not np.shares_memory(mine, bank.filters)
        mine[:] = 7
    assert bank == fb.gabor(5)


def test_another_type_cannot_come_without_a_copy(bank):
    with pytest.raises(ValueError, match="a bank is float64: as float32 it must be copied"):
        np.asarray(bank, dtype=np.float32, copy=False)
    np.testing.assert_array_equal(np.asarray(bank, dtype="c8"), bank.filters.astype("c8"))


def test_numpy_functions_take_banks(bank):
    np.testing.assert_array_equal(np.abs(bank), np.abs(bank.filters))
    assert np.mean(bank) == bank.filters.mean()
    assert np.stack([bank, bank]).shape == (2, 8, 5, 5)


# Equality, hash, fingerprint


def test_equality_is_shape_and_values(bank):
    assert bank == fb.FilterBank(bank.filters, parameters={"any": np.arange(8)}, family="other")
    assert bank != bank[:7]
    assert bank != fb.FilterBank(np.nextafter(bank.filters, 1))
    assert fb.FilterBank(np.ones((2, 6))) != fb.FilterBank(np.ones((2, 2, 3)))
    assert bank != 3
    assert bank != "bank"
    assert bank is not None
    assert (bank == None) is False  # noqa: E711


def test_equal_banks_are_one_key(bank):
    assert hash(bank) == hash(fb.gabor(5)) == hash(fb.FilterBank(bank.filters))
    assert len({bank, fb.gabor(5), fb.FilterBank(bank)}) == 1
    assert len({bank, bank[:7]}) == 2


def test_the_fingerprint_is_the_sha256_of_shape_and_float32_values(bank):
    content = np.array([8, 5, 5], dtype="<i8").tobytes() + bank.filters.astype("<f4").tobytes()
    assert bank.fingerprint == hashlib.sha256(content).hexdigest()
    assert bank.fingerprint == fb.FilterBank(bank.filters.astype(np.float32)).fingerprint
    assert fb.FilterBank(np.ones((2, 6))).fingerprint != fb.FilterBank(np.ones((2, 2, 3))).fingerprint


def test_values_beyond_float32_have_a_fingerprint():
    assert len(fb.FilterBank([[1e300]]).fingerprint) == 64


# Frozen


@pytest.mark.parametrize(
    "name", ["filters", "_filters", "family", "recipe", "parameters", "fingerprint", "new", "__class__"]
)
def test_attributes_cannot_be_set_or_deleted(bank, name):
    with pytest.raises(AttributeError, match=f"a FilterBank cannot be changed: `{name}` stays"):
        setattr(bank, name, 3)
    with pytest.raises(AttributeError, match=f"a FilterBank cannot be changed: `{name}` stays"):
        delattr(bank, name)
    assert bank == fb.gabor(5)


def bases(array):
    while isinstance(array, np.ndarray):
        yield array
        array = array.base


ARRAYS = {
    "filters": lambda bank: bank.filters,
    "one filter": lambda bank: bank[0],
    "asarray": np.asarray,
    "column": lambda bank: bank.parameters["phase"],
}


@pytest.mark.parametrize("get", ARRAYS.values(), ids=ARRAYS)
def test_no_way_to_write_through_an_array_or_what_is_under_it(bank, get):
    layers = list(bases(get(bank)))
    assert isinstance(layers[-1].base, bytes)
    for array in layers:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
        with pytest.raises(ValueError, match="cannot set WRITEABLE flag to True"):
            array.setflags(write=True)
        with pytest.raises(ValueError, match="cannot set WRITEABLE flag to True"):
            array.flags.writeable = True
    with pytest.raises(ValueError, match="read-only"):
        np.add(layers[0], 1, out=layers[0])
    assert memoryview(get(bank)).readonly


def test_columns_cannot_be_exchanged(bank):
    assert isinstance(bank.parameters, MappingProxyType)
    with pytest.raises(TypeError, match="does not support item assignment"):
        bank.parameters["phase"] = np.zeros(8)
    with pytest.raises(TypeError, match="does not support item deletion"):
        del bank.parameters["phase"]


def test_the_given_array_is_not_the_bank(bank):
    mine, column = PIXELS.copy(), np.arange(9)
    made = fb.FilterBank(mine, parameters={"number": column})
    mine[:] = 5
    column[:] = 5
    np.testing.assert_array_equal(made.filters, PIXELS)
    np.testing.assert_array_equal(made.parameters["number"], np.arange(9))


def test_a_bank_is_not_initialised_twice(bank):
    with pytest.raises(AttributeError, match="a FilterBank cannot be changed"):
        bank.__init__(PIXELS)
    assert bank == fb.gabor(5)


def test_there_are_no_subclasses_and_no_loose_attributes(bank):
    with pytest.raises(TypeError, match="FilterBank has no subclasses: write functions that take and return banks"):
        type("Mine", (fb.FilterBank,), {})
    assert not hasattr(bank, "__dict__")
