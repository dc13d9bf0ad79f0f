"""`FilterBank`, the only data type."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn, final, overload

import numpy as np
import numpy.typing as npt

from . import _store, _values
from ._check import Array, Float64, is_integer


class BankWarning(UserWarning):
    """A bank is not what its parameters promise: filters are aliased, cut or dependent."""


@final
class FilterBank:
    """A set of fixed filters, with how it was made.

    Immutable: its arrays cannot be written to, and what changes a bank returns a new one.

    Parameters
    ----------
    filters : array_like
        The filters, `(n, width)`, `(n, height, width)` or `(n, depth, height, width)`: real, finite,
        at least one. They are copied and kept as float64.
    parameters : mapping of str to array_like, optional
        Columns of `n` numbers or texts that name each filter: `{"frequency": [...], ...}`.
    family : str, optional
        Name of the family.
    recipe : mapping, optional
        Family name and arguments, JSON-able, from which `filterbank.make` makes the bank again. Without
        one, the recipe holds the filters themselves.

    Raises
    ------
    TypeError
        If the filters are complex or not numbers, or the recipe is not JSON-able.
    ValueError
        If they have another number of dimensions, there is none, or one is not finite; if a column has not `n`
        entries.

    See Also
    --------
    filterbank.make : A bank by the name of its family.
    filterbank.load : Read a bank that `save` wrote.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> bank = fb.FilterBank(np.eye(9).reshape(9, 3, 3))
    >>> bank
    <FilterBank custom: 9 filters of 3x3, rank 9, condition 1>
    >>> bank[4]
    array([[0., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """

    __slots__ = ("_family", "_filters", "_fingerprint", "_parameters", "_recipe", "_singular")

    _family: str
    _filters: Float64
    _fingerprint: str | None
    _parameters: Mapping[str, Array]
    _recipe: dict[str, Any]
    _singular: Float64 | None

    def __init__(
        self,
        filters: npt.ArrayLike,
        *,
        parameters: Mapping[str, npt.ArrayLike] | None = None,
        family: str = "custom",
        recipe: Mapping[str, Any] | None = None,
    ) -> None:
        if hasattr(self, "_filters"):
            raise AttributeError("a FilterBank cannot be changed: make a new bank")
        if not isinstance(family, str):
            raise TypeError(f"`family` must be a str, the name of the family, got {type(family).__name__}")
        values = _values.frozen(_values.checked_filters(filters))
        columns = _values.columns(parameters, len(values))
        recipe = _values.mapping("recipe", recipe) or {"family": family, "filters": None}
        for name, value in (
            ("_filters", values),
            ("_parameters", MappingProxyType(columns)),
            ("_family", family),
            ("_recipe", _store.jsonable(recipe)),
            ("_fingerprint", None),
            ("_singular", None),
        ):
            object.__setattr__(self, name, value)

    # What it is

    @property
    def filters(self) -> Float64:
        """The filters, `(n, *size)` float64, read-only."""
        return self._filters

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Columns of `n` entries that name each filter; which ones, the family documents."""
        return self._parameters

    @property
    def family(self) -> str:
        """Name of the family the bank comes from."""
        return self._family

    @property
    def recipe(self) -> dict[str, Any]:
        """What makes this bank again, JSON-able: `filterbank.make(**bank.recipe)`.

        Banks that numbers alone cannot make again (custom ones, those learned from images) bring their
        filters along, as base64 text.
        """
        recipe: dict[str, Any] = json.loads(json.dumps(self._recipe))
        if "filters" in recipe:
            recipe["filters"] = _store.encode(self._filters)
            recipe["parameters"] = _store.jsonable(self._parameters)
        return recipe

    @property
    def fingerprint(self) -> str:
        """The sha256 (hexadecimal) of the shape and the values as little-endian float32."""
        if self._fingerprint is None:
            with np.errstate(over="ignore"):
                values = self._filters.astype("<f4")
            digest = hashlib.sha256(np.asarray(self.shape, dtype="<i8").tobytes())
            digest.update(values.tobytes())
            object.__setattr__(self, "_fingerprint", digest.hexdigest())
        assert self._fingerprint is not None
        return self._fingerprint

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of `filters`, `(n, *size)`."""
        return self._filters.shape

    @property
    def size(self) -> tuple[int, ...]:
        """The window of one filter in pixels, `(height, width)` in 2-D."""
        return self._filters.shape[1:]

    @property
    def ndim(self) -> int:
        """Number of dimensions of one filter: 1, 2 or 3."""
        return self._filters.ndim - 1

    # As a sequence and an array

    def __len__(self) -> int:
        return len(self._filters)

    def __iter__(self) -> Iterator[Float64]:
        return iter(self._filters)

    @overload
    def __getitem__(self, key: int | np.integer[Any]) -> Float64: ...
    @overload
    def __getitem__(self, key: slice | list[int] | list[bool] | Array) -> FilterBank: ...
    def __getitem__(self, key: Any) -> Float64 | FilterBank:
        if is_integer(key):
            if not -len(self) <= key < len(self):
                raise IndexError(f"filter {key} does not exist: the bank has {len(self)} filters")
            one: Float64 = self._filters[key]
            return one
        indices = _values.indices(key, len(self))
        return self._derive("select", self._filters[indices], {"indices": indices}, indices)

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if copy is False and dtype is not None and np.dtype(dtype) != self._filters.dtype:
            raise ValueError(f"a bank is float64: as {np.dtype(dtype)} it must be copied; use np.asarray")
        if copy:
            return np.array(self._filters, dtype=dtype)
        return np.asarray(self._filters, dtype=dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FilterBank):
            return NotImplemented
        return np.array_equal(self._filters, other._filters)

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    # Kept and moved about

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bank to a `.npz` file: exact, without pickle, all or nothing.

        Parameters
        ----------
        path : str or path-like
            The file, named exactly so; one that exists is replaced in one step.

        See Also
        --------
        filterbank.load : The way back.
        """
        _store.write_npz(
            path,
            "bank",
            {
                "filters": self._filters,
                "family": np.array(self._family),
                "recipe": np.array(json.dumps(self._recipe)),
                "fingerprint": np.array(self.fingerprint),
                # By name, so that one that gets lost is missed.
                "columns": np.array(list(self._parameters), dtype=np.str_),
                **{f"parameter_{name}": column for name, column in self._parameters.items()},
            },
        )

    def get_config(self) -> dict[str, Any]:
        """Return the bank as a JSON-able dict, as Keras keeps it in a model's configuration.

        Returns
        -------
        dict
            The values (base64), family, recipe, parameters and fingerprint.
        """
        return {
            "filters": _store.encode(self._filters),
            "family": self._family,
            "recipe": json.loads(json.dumps(self._recipe)),
            "parameters": _store.jsonable(self._parameters),
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FilterBank:
        """Make the bank of `get_config` again.

        Parameters
        ----------
        config : mapping
            What `get_config` returned, also after a trip through JSON.

        Returns
        -------
        FilterBank
            The same bank.

        Raises
        ------
        ValueError
            If the values are damaged or do not match the fingerprint.
        """
        try:
            bank = cls(
                _store.decode(config["filters"]),
                parameters=config["parameters"],
                family=config["family"],
                recipe=config["recipe"],
            )
            fingerprint = config["fingerprint"]
        except (LookupError, TypeError, RecursionError) as error:
            raise ValueError(f"the configuration of a bank is damaged: {error!r}") from error
        return bank._expect(fingerprint, "the configuration")

    def _expect(self, fingerprint: object, where: str) -> FilterBank:
        if fingerprint != self.fingerprint:
            named = fingerprint[:64] if isinstance(fingerprint, str) else type(fingerprint).__name__
            raise ValueError(
                f"{where} names the fingerprint {named}, but its filters have "
                f"{self.fingerprint}: it was damaged or edited"
            )
        return self

    def _derive(
        self,
        step: str,
        filters: Float64,
        arguments: Mapping[str, Any],
        kept: npt.NDArray[np.intp] | None = None,
        parameters: Mapping[str, npt.ArrayLike] | None = None,
    ) -> FilterBank:
        """Return a bank made from this one, with the step written into its recipe.

        `kept` names the filters that the columns go along with; `parameters` replaces columns.
        """
        recipe = dict(self._recipe)
        recipe["then"] = [*recipe.get("then", []), {"step": step, **arguments}]
        columns = {name: column if kept is None else column[kept] for name, column in self._parameters.items()}
        return FilterBank(
            filters,
            parameters={**columns, **(parameters or {})},
            family=self._family,
            recipe=recipe,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return FilterBank.from_config, (self.get_config(),)

    def __copy__(self) -> FilterBank:
        return self

    def __deepcopy__(self, memo: object) -> FilterBank:
        return self

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a FilterBank cannot be changed: `{name}` stays; make a new bank")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a FilterBank cannot be changed: `{name}` stays; make a new bank")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("FilterBank has no subclasses: write functions that take and return banks")

    # How it shows itself

    def __repr__(self) -> str:
        window = "x".join(map(str, self.size))
        count = f"{len(self)} filter{'s' if len(self) > 1 else ''}"
        rank, condition = rank_and_condition(self)
        return f"<FilterBank {self._family}: {count} of {window}, rank {rank}, condition {condition:.3g}>"

    def _repr_html_(self) -> str:
        from ._html import bank_html

        return bank_html(self)


def load(path: str | os.PathLike[str]) -> FilterBank:
    """Read a bank that `FilterBank.save` wrote.

    Parameters
    ----------
    path : str or path-like
        The `.npz` file.

    Returns
    -------
    FilterBank
        The same bank: values, parameters, family and recipe.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, comes from another program or a newer format, or its values do not
        match its fingerprint.

    Examples
    --------
    >>> import filterbank as fb
    >>> fb.dct(5).save("dct.npz")
    >>> fb.load("dct.npz") == fb.dct(5)
    True
    """
    arrays = _store.read_npz(path, "bank")
    name = os.fspath(path)
    try:
        bank = FilterBank(
            arrays["filters"],
            parameters={column: arrays[f"parameter_{column}"] for column in arrays["columns"].tolist()},
            family=str(arrays["family"]),
            recipe=_store.parse_json(str(arrays["recipe"])),
        )
        fingerprint = str(arrays["fingerprint"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{name!r} is a damaged filterbank bank file: {error}") from error
    return bank._expect(fingerprint, repr(name))


def as_filters(bank: FilterBank | npt.ArrayLike, name: str = "bank") -> Float64:
    """Return the `(n, *size)` float64 values of a bank or of a plain array, checked."""
    return bank.filters if isinstance(bank, FilterBank) else _values.checked_filters(bank, name)


def as_bank(bank: FilterBank | npt.ArrayLike) -> FilterBank:
    """Return the bank itself, or plain filters as a bank."""
    return bank if isinstance(bank, FilterBank) else FilterBank(as_filters(bank))


def singular_values(bank: FilterBank) -> Float64:
    """Return the singular values of the bank as an `(n, pixels)` matrix, falling; kept after."""
    if bank._singular is None:
        flat = bank.filters.reshape(len(bank), -1)
        object.__setattr__(bank, "_singular", _values.singular_values(flat))
    assert bank._singular is not None
    return bank._singular


def rank_tolerance(bank: FilterBank) -> float:
    """Return the share of the largest singular value up to which the others count as zero."""
    return float(max(len(bank), bank.filters[0].size) * np.finfo(np.float64).eps)


def rank_and_condition(bank: FilterBank) -> tuple[int, float]:
    """Return the numerical rank and the condition number, infinite for dependent filters."""
    values = singular_values(bank)
    rank = int(np.count_nonzero(values > values[0] * rank_tolerance(bank)))
    condition = float(values[0] / values[-1]) if rank == len(bank) else np.inf
    return rank, condition
