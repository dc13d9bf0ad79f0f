"""Banks kept: files, configurations, pickles. What is written comes back exactly; what is damaged is refused."""

import copy
import json
import os
import pickle
import stat
import threading
import zipfile

import numpy as np
import pytest

import filterbank as fb
from filterbank import _store

PIXELS = np.eye(9).reshape(9, 3, 3)


@pytest.fixture
def bank():
    return fb.gabor(5)


def named():
    columns = {"number": np.arange(9), "name": [f"pixel {i}" for i in range(9)], "gap": [np.nan, *range(8)]}
    return fb.FilterBank(PIXELS, parameters=columns, family="Pixel \u00e9\u4e2d")


BANKS = {
    "gabor": lambda: fb.gabor(5, n=3),
    "custom": named,
    "sliced": lambda: fb.dct((2, 3, 2))[1:],
    "random": lambda: fb.random(3, rng=1),
    "generator": lambda: fb.random(3, rng=np.random.Generator(np.random.MT19937(1))),
    "learned": lambda: fb.normalize(fb.pca(np.arange(99.0).reshape(9, 11) ** 2 % 7, 3, n=4), "max"),
    "joined": lambda: fb.concatenate(fb.wavelet((6,)), fb.dct((6,), n=2)),
    "infinite column": lambda: fb.gabor(5, frequencies=0.1, sigma=0.6, n=1, phases=0),
}
every_bank = pytest.mark.parametrize("make", BANKS.values(), ids=BANKS)


def assert_same(found, bank):
    assert found == bank
    assert found.filters.tobytes() == bank.filters.tobytes()
    assert found.family == bank.family
    # By way of texts, in which NaN equals NaN.
    assert json.dumps(found.recipe) == json.dumps(bank.recipe)
    assert found.fingerprint == bank.fingerprint
    assert list(found.parameters) == list(bank.parameters)
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(found.parameters[name], column)
        assert found.parameters[name].dtype == column.dtype
    assert not any(array.flags.writeable for array in (found.filters, *found.parameters.values()))


# Copies and pickles


def test_copies_are_the_bank_itself(bank):
    assert copy.copy(bank) is bank
    assert copy.deepcopy(bank) is bank
    assert copy.deepcopy({"bank": [bank]})["bank"][0] is bank


@every_bank
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_are_exact(make, protocol):
    bank = make()
    assert_same(pickle.loads(pickle.dumps(bank, protocol)), bank)


# Files


@every_bank
def test_files_are_exact(make, tmp_path):
    bank = make()
    bank.save(tmp_path / "bank.npz")
    assert_same(fb.load(tmp_path / "bank.npz"), bank)


@pytest.mark.parametrize("name", ["bank", "bank.dat", "with space.npz", "bank.npz.npz", "\u00e9.npz"])
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "path"])
def test_the_file_is_named_exactly_so(name, kind, bank, tmp_path):
    bank.save(kind(tmp_path / name))
    assert os.listdir(tmp_path) == [name]
    assert fb.load(kind(tmp_path / name)) == bank


def test_a_relative_path_is_of_the_working_directory(bank, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bank.save("bank.npz")
    assert fb.load("bank.npz") == bank


def test_files_need_no_pickle_and_are_plain_npz(bank, tmp_path):
    bank.save(tmp_path / "bank.npz")
    with np.load(tmp_path / "bank.npz", allow_pickle=False) as arrays:
        assert arrays["kind"] == "bank"
        assert arrays["version"] == 1
        np.testing.assert_array_equal(arrays["filters"], bank.filters)
        np.testing.assert_array_equal(arrays["parameter_phase"], bank.parameters["phase"])
        assert json.loads(str(arrays["recipe"])) == bank.recipe


def test_files_have_the_permissions_of_new_files(bank, tmp_path):
    (tmp_path / "other").write_text("")
    bank.save(tmp_path / "bank.npz")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("bank.npz", "other")]
    assert modes[0] == modes[1]


class Crash(BaseException):
    """Not an Exception: as a keyboard interrupt is none."""


@pytest.mark.parametrize("moment", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("exists", [False, True])
def test_a_crash_while_writing_leaves_the_old_file_and_nothing_else(moment, exists, bank, tmp_path, monkeypatch):
    path = tmp_path / "bank.npz"
    if exists:
        fb.dct(3).save(path)
    before = path.read_bytes() if exists else None

    def crash(*_):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(os, moment, crash)
        with pytest.raises(Crash):
            bank.save(path)
    assert os.listdir(tmp_path) == ["bank.npz"] * exists
    assert (path.read_bytes() if exists else None) == before
    bank.save(path)
    assert fb.load(path) == bank


def test_readers_never_see_half_a_file(bank, tmp_path):
    """While one thread replaces the file again and again, every reading finds a whole bank."""
    path, banks = tmp_path / "bank.npz", [bank, fb.dct(5)]
    bank.save(path)
    done = threading.Event()

    def write():
        for turn in range(40):
            banks[turn % 2].save(path)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    readings = 0
    while not done.is_set():
        assert fb.load(path) in banks
        readings += 1
    writer.join()
    assert readings > 0
    assert os.listdir(tmp_path) == ["bank.npz"]


def test_a_missing_folder_is_named_and_so_is_a_missing_file(bank, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cannot write '.*bank.npz': there is no folder '.*nowhere'"):
        bank.save(tmp_path / "nowhere" / "bank.npz")
    with pytest.raises(FileNotFoundError, match=r"No such file or directory: .*bank\.npz"):
        fb.load(tmp_path / "bank.npz")


def test_a_folder_is_not_replaced(bank, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        bank.save(tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


# Files that are not what they should be


def rewritten(path, **changes):
    """Write the arrays of a file again, some of them changed; None leaves one out."""
    with np.load(path) as archive:
        arrays = {**{name: archive[name] for name in archive.files}, **changes}
    with open(path, "wb") as file:
        np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.fixture
def saved(bank, tmp_path):
    bank.save(tmp_path / "bank.npz")
    return tmp_path / "bank.npz"


def test_every_truncation_is_refused(saved):
    content = saved.read_bytes()
    for length in [*range(0, len(content), 29), *range(len(content) - 30, len(content))]:
        saved.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is not a filterbank bank file, or is damaged"):
            fb.load(saved)


def loaded_or_refused(path):
    try:
        return fb.load(path)
    except ValueError as error:
        return error


def test_a_flipped_bit_is_refused_or_does_no_harm(saved, bank):
    """One bit of every fifth byte; what is not a bank any more is a ValueError, and nothing else."""
    content = saved.read_bytes()
    outcomes = []
    for place in range(0, len(content), 5):
        damaged = bytearray(content)
        damaged[place] ^= 1 << (place % 8)
        saved.write_bytes(damaged)
        outcomes.append(loaded_or_refused(saved))
    refusals = [one for one in outcomes if isinstance(one, ValueError)]
    assert all("bank.npz" in str(error) for error in refusals)
    assert len(refusals) > len(outcomes) / 2
    for found in (one for one in outcomes if not isinstance(one, ValueError)):
        assert_same(found, bank)


def test_lost_columns_are_missed(saved):
    """A damaged directory of the archive can hide its last entries."""
    rewritten(saved, parameter_phase=None)
    with pytest.raises(ValueError, match="is a damaged filterbank bank file: 'parameter_phase"):
        fb.load(saved)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\x89PNG\r\n",
        b"import filterbank\n",
        b"text",
        b"\x93NUMPY",
        b"{}",
        b"\x80\x04K\x05.",
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_other_files_are_refused(content, saved):
    saved.write_bytes(content)
    with pytest.raises(ValueError, match=r"bank\.npz' is not a filterbank bank file") as caught:
        fb.load(saved)
    assert "pickle" not in str(caught.value)


def test_files_of_other_programs_are_refused(saved):
    np.save(saved.with_name("array.npy"), np.ones(3))
    with pytest.raises(ValueError, match="is not a filterbank bank file, or is damaged: it holds one bare array"):
        fb.load(saved.with_name("array.npy"))
    np.savez(saved.with_name("other.npz"), weights=np.ones(3), b=np.ones(2))
    with pytest.raises(ValueError, match=r"it holds \['b', 'weights'\]; np.load reads arrays of other programs"):
        fb.load(saved.with_name("other.npz"))
    with zipfile.ZipFile(saved.with_name("plain.zip"), "w") as archive:
        archive.writestr("kind.npy", "bank")
    with pytest.raises(ValueError, match="is not a filterbank bank file"):
        fb.load(saved.with_name("plain.zip"))
    _store.write_npz(saved, "history", {"filters": np.ones((2, 2))})
    with pytest.raises(ValueError, match=r"is a filterbank history file, not a bank .*KernelHistory\.load reads it"):
        fb.load(saved)


class Bomb:
    def __reduce__(self):
        return os.abort, ()


def test_pickled_objects_are_refused_and_not_run(saved):
    np.savez(saved.with_suffix(""), kind=np.array("bank"), version=np.array(1), filters=np.array([Bomb()]))
    with pytest.raises(ValueError, match="Object arrays cannot be loaded when allow_pickle=False"):
        fb.load(saved)
    saved.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="is not a filterbank bank file, or is damaged"):
        fb.load(saved)


def test_files_of_the_future_are_refused(saved):
    rewritten(saved, version=np.array(2), filters=np.array("unknown"))
    with pytest.raises(ValueError, match="has format 2, this filterbank reads up to 1; install a newer filterbank"):
        fb.load(saved)


@pytest.mark.parametrize("version", [None, 0, -1, 1.0, "1", [1], [[1, 2]], True, np.nan])
def test_versions_are_whole_numbers(version, saved):
    rewritten(saved, version=None if version is None else np.array(version))
    with pytest.raises(ValueError, match="is not a filterbank bank file: it holds"):
        fb.load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"filters": np.ones((8, 5, 5))},
            "names the fingerprint .*, but its filters have .*: it was damaged or edited",
        ),
        ({"fingerprint": np.array("0" * 64)}, "names the fingerprint 0{64}, but its filters have"),
        ({"fingerprint": None}, "is a damaged filterbank bank file: 'fingerprint"),
        ({"filters": None}, "is a damaged filterbank bank file: 'filters"),
        ({"recipe": None}, "is a damaged filterbank bank file: 'recipe"),
        ({"family": None}, "is a damaged filterbank bank file: 'family"),
        ({"filters": np.full((8, 5, 5), np.nan)}, "is a damaged filterbank bank file: `filters` must be finite"),
        ({"filters": np.ones((8, 5, 5), dtype=complex)}, "is a damaged filterbank bank file: `filters` must be real"),
        ({"filters": np.ones(8)}, "is a damaged filterbank bank file: `filters` must be"),
        ({"recipe": np.array("{")}, "is a damaged filterbank bank file: not JSON"),
        ({"recipe": np.array("[1]")}, "is a damaged filterbank bank file: `recipe` must be a dict, got list"),
        ({"recipe": np.array("[" * 10**5)}, "is a damaged filterbank bank file: not JSON"),
        ({"recipe": np.array('{"a":' * 800 + "1" + "}" * 800)}, "is a damaged filterbank bank file"),
        ({"parameter_phase": np.ones(3)}, "is a damaged filterbank bank file: parameter `phase` must have one entry"),
    ],
)
def test_damaged_contents_are_refused(changes, message, saved):
    rewritten(saved, **changes)
    with pytest.raises(ValueError, match=message):
        fb.load(saved)


def test_a_header_that_promises_too_much_is_refused(saved):
    """8 exabytes in the header of an array, and no data behind it."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("filters.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(ValueError, match="is not a filterbank bank file, or is damaged"):
        fb.load(saved)
