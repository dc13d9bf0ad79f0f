"""Banks as configurations, as Keras keeps them in a model's JSON: exact, and suspicious of what comes in."""

import base64
import copy
import json
import re
import tracemalloc

import numpy as np
import pytest

import filterbank as fb
from filterbank import _store

BANKS = {
    "gabor": lambda: fb.gabor(5),
    "line": lambda: fb.wavelet((9,), wavelet="haar"),
    "space": lambda: fb.dct(3)[[4, 2]],
    "learned": lambda: fb.pca(np.arange(99.0).reshape(9, 11) ** 2 % 7, 3, n=4),
    "custom": lambda: fb.FilterBank([[1e-310, 1e300, 1 / 3]], parameters={"name": ["é"], "gap": [np.nan]}),
}


@pytest.mark.parametrize("make", BANKS.values(), ids=BANKS)
def test_configurations_survive_json(make):
    bank = make()
    config = bank.get_config()
    text = json.dumps(config)
    found = fb.FilterBank.from_config(json.loads(text))
    assert found == bank
    assert found.filters.tobytes() == bank.filters.tobytes()
    assert found.family == bank.family
    assert json.dumps(found.recipe) == json.dumps(bank.recipe)
    assert json.dumps(found.get_config()) == text
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], column)


def test_values_are_base64_of_little_endian_bytes():
    bank = fb.gabor(5)
    record = bank.get_config()["filters"]
    assert record["shape"] == [8, 5, 5]
    assert record["dtype"] == "<f8"
    assert base64.b64decode(record["data"]) == bank.filters.astype("<f8").tobytes()


def test_float32_values_are_read_too():
    values = np.arange(12, dtype="<f4").reshape(3, 2, 2)
    record = {"shape": [3, 2, 2], "dtype": "<f4", "data": base64.b64encode(values.tobytes()).decode()}
    np.testing.assert_array_equal(_store.decode(record), values)


def test_a_configuration_is_a_copy():
    bank = fb.gabor(5)
    config = bank.get_config()
    config["recipe"]["size"].append(3)
    config["parameters"]["phase"][0] = 7
    assert bank.recipe["size"] == [5, 5]
    assert bank.parameters["phase"][0] == 0


@pytest.fixture(scope="module")
def config():
    return json.loads(json.dumps(fb.gabor(5).get_config()))


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


DEEP = nested(100_000)
BYTES = 8 * 5 * 5 * 8
HOSTILE_FILTERS = [
    ({"shape": [10**9, 10**9]}, "`data` must be base64 text of 8000000000000000000 bytes for the shape"),
    ({"shape": [8, 5, 6]}, "`data` must be base64 text of 1920 bytes for the shape"),
    ({"shape": [10**5000, 2]}, "integer string conversion"),
    ({"shape": [8, 25, -1]}, "`shape` must be 2 to 4 whole numbers above 0, got"),
    ({"shape": [0, 5, 5]}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": [8.0, 5, 5]}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": [True, 40, 5]}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": [200]}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": [2, 2, 2, 5, 5]}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": 200}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": "8,5"}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"shape": DEEP}, r"`shape` must be 2 to 4 whole numbers above 0, got \[\[\[\[\[\[\[\.\.\.\]"),
    ({"shape": [1] * 10**6}, "`shape` must be 2 to 4 whole numbers above 0"),
    ({"dtype": "<f4"}, "`data` must be base64 text of 800 bytes"),
    ({"dtype": "O"}, r"`dtype` must be one of \('<f8', '<f4'\), got 'O'"),
    ({"dtype": "<f8,<f8"}, "`dtype` must be one of"),
    ({"dtype": None}, "`dtype` must be one of"),
    ({"dtype": DEEP}, "`dtype` must be one of"),
    ({"data": ""}, f"`data` must be base64 text of {BYTES} bytes"),
    ({"data": None}, f"`data` must be base64 text of {BYTES} bytes"),
    ({"data": b"AAAA"}, f"`data` must be base64 text of {BYTES} bytes"),
    ({"data": "!" * 2136}, "`data` is not base64"),
    ({"data": "é" * 2136}, "`data` is not base64"),
    ({"data": "=" * 2136}, "`data` is not base64|`data` must hold"),
    ({"data": "A" * 2132 + "===="}, "`data` is not base64|`data` must hold"),
    ({"data": base64.b64encode(np.full(200, np.nan).tobytes()).decode()}, "`filters` must be finite"),
    ({"data": base64.b64encode(np.ones(200).tobytes()).decode()}, "the configuration names the fingerprint"),
    ({"more": 1}, "an encoded array must be a dict of `shape`, `dtype` and `data`"),
]


def refusal(config):
    """Return the text of the ValueError, after checking that it cost no memory."""
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"\w") as caught:
        fb.FilterBank.from_config(config)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20
    assert len(str(caught.value)) < 1000
    return str(caught.value)


@pytest.mark.parametrize(("changes", "message"), HOSTILE_FILTERS, ids=range(len(HOSTILE_FILTERS)))
def test_hostile_values_are_refused_cheaply(config, changes, message):
    hostile = {**config, "filters": {**config["filters"], **changes}}
    assert re.search(message, refusal(hostile))


HOSTILE_PARTS = [
    ({"filters": None}, "an encoded array must be a dict"),
    ({"filters": DEEP}, "an encoded array must be a dict"),
    ({"filters": [[1.0, 2.0]]}, "an encoded array must be a dict"),
    ({"fingerprint": "0" * 64}, "names the fingerprint 0{64}, but its filters have"),
    ({"fingerprint": "0" * 10**7}, "names the fingerprint 0{64}, but its filters have"),
    ({"fingerprint": None}, "names the fingerprint NoneType, but"),
    ({"fingerprint": DEEP}, "names the fingerprint list, but"),
    ({"family": None}, "`family` must be a str"),
    ({"family": DEEP}, "`family` must be a str"),
    ({"recipe": None, "parameters": DEEP}, "`parameters` must be a dict, got list"),
    ({"recipe": [1]}, "`recipe` must be a dict, got list"),
    ({"recipe": {"size": DEEP}}, "the configuration of a bank is damaged: RecursionError"),
    ({"recipe": {"size": {1, 2}}}, "set has no place in a recipe"),
    ({"parameters": {"phase": [1.0]}}, "parameter `phase` must have one entry for each of the 8 filters"),
    ({"parameters": {"phase": DEEP}}, "`phase` must be one array with rows of equal length"),
    ({"parameters": {"phase": ["x" * 10**7, *"1234567"]}}, "parameter `phase` must have texts of at most 1000"),
    ({"parameters": {"phase": [None] * 8}}, "parameter `phase` must hold numbers or texts"),
]


@pytest.mark.parametrize(("changes", "message"), HOSTILE_PARTS, ids=range(len(HOSTILE_PARTS)))
def test_hostile_parts_are_refused_cheaply(config, changes, message):
    assert re.search(message, refusal({**config, **changes}))


@pytest.mark.parametrize("part", ["filters", "parameters", "family", "recipe", "fingerprint"])
def test_missing_parts_are_named(config, part):
    less = {name: value for name, value in config.items() if name != part}
    assert refusal(less) == f"the configuration of a bank is damaged: KeyError({part!r})"


@pytest.mark.parametrize("wrong", [None, [], "config", 5, np.ones(3)], ids=str)
def test_what_is_no_dict_is_refused(wrong):
    assert refusal(wrong).startswith("the configuration of a bank is damaged: ")


def test_a_configuration_is_not_changed_by_reading(config):
    before = copy.deepcopy(config)
    fb.FilterBank.from_config(config)
    assert config == before


def test_nesting_that_is_accepted_can_be_written_again(config):
    """What JSON can hold at one depth must not fail at another."""
    for depth in (10, 100, 300):
        bank = fb.FilterBank.from_config({**config, "recipe": {"notes": nested(depth)}})
        assert fb.FilterBank.from_config(json.loads(json.dumps(bank.get_config()))).recipe == bank.recipe
