"""Arrays in JSON and in files: exact, without pickle, and suspicious of what it reads."""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
import os
import reprlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._check import Array, is_integer

READABLE_DTYPES = ("<f8", "<f4")
FORMAT_VERSION = 1
READERS = {
    "bank": "filterbank.load",
    "patch moments": "filterbank.PatchMoments.load",
    "history": "filterbank.layers.KernelHistory.load",
}


def encode(array: Array) -> dict[str, Any]:
    """Return a float array as a JSON-able dict: shape, dtype and base64 of its bytes."""
    exact = np.ascontiguousarray(array, dtype="<f8")
    return {
        "shape": list(exact.shape),
        "dtype": "<f8",
        "data": base64.b64encode(exact.tobytes()).decode("ascii"),
    }


def decode(record: Any) -> Array:
    """Return the array of `encode`, after checking that the record is consistent.

    The length of the text is compared with the shape before anything is decoded, so that a record
    cannot make the reader allocate more than it brings along.
    """
    if not isinstance(record, Mapping) or set(record) != {"shape", "dtype", "data"}:
        raise ValueError("an encoded array must be a dict of `shape`, `dtype` and `data`")
    shape, dtype, data = record["shape"], record["dtype"], record["data"]
    if not isinstance(dtype, str) or dtype not in READABLE_DTYPES:
        raise ValueError(f"`dtype` must be one of {READABLE_DTYPES}, got {reprlib.repr(dtype)}")
    if (
        not isinstance(shape, (list, tuple))
        or not 2 <= len(shape) <= 4
        or not all(is_integer(side) and side > 0 for side in shape)
    ):
        raise ValueError(f"`shape` must be 2 to 4 whole numbers above 0, got {reprlib.repr(shape)}")
    nbytes = math.prod(int(side) for side in shape) * np.dtype(dtype).itemsize
    if not isinstance(data, str) or len(data) != 4 * -(-nbytes // 3):
        raise ValueError(f"`data` must be base64 text of {nbytes} bytes for the shape {shape!r}")
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"`data` is not base64: {error}") from error
    if len(raw) != nbytes:
        raise ValueError(f"`data` must hold {nbytes} bytes for the shape {shape!r}, got {len(raw)}")
    return np.frombuffer(raw, dtype=dtype).reshape(shape)


def jsonable(value: Any) -> Any:
    """Return `value` as JSON keeps it: arrays and tuples become lists, NumPy numbers Python's."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): jsonable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [jsonable(entry) for entry in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{type(value).__name__} has no place in a recipe: {value!r}")


def write_npz(path: str | os.PathLike[str], kind: str, arrays: Mapping[str, Any]) -> None:
    """Write arrays to exactly `path`, which afterwards is the old file or the whole new one."""
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {os.fspath(path)!r}: there is no folder {str(target.parent)!r}")
    content = io.BytesIO()
    np.savez_compressed(content, **{"kind": np.array(kind), "version": np.array(FORMAT_VERSION), **arrays})
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read_npz(path: str | os.PathLike[str], kind: str) -> dict[str, Array]:
    """Read what `write_npz` wrote; refuse truncated, foreign and future files."""
    name = os.fspath(path)
    content = Path(path).read_bytes()
    try:
        arrays = _arrays(content)
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds over damaged bytes
        raise ValueError(f"{name!r} is not a filterbank {kind} file, or is damaged: {error}") from error
    found, version = arrays.pop("kind", None), arrays.pop("version", None)
    if str(found) != kind and str(found) in READERS:
        raise ValueError(f"{name!r} is a filterbank {found} file, not a {kind} file; {READERS[str(found)]} reads it")
    if str(found) != kind or version is None or version.shape or version.dtype.kind not in "iu" or version < 1:
        raise ValueError(
            f"{name!r} is not a filterbank {kind} file: it holds {sorted(arrays)}; "
            f"np.load reads arrays of other programs"
        )
    if version > FORMAT_VERSION:
        raise ValueError(
            f"{name!r} has format {version}, this filterbank reads up to {FORMAT_VERSION}; install a newer filterbank"
        )
    return arrays


def _arrays(content: bytes) -> dict[str, Array]:
    # np.load takes all else for a pickle, and says how to load one.
    if content.startswith(b"\x93NUMPY"):
        raise ValueError("it holds one bare array")
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise ValueError("it is no .npz archive")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def parse_json(text: str) -> Any:
    """Parse JSON text; one error for everything that can be wrong with it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
