"""How the coefficients moved during training."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt

from filterbank import FilterBank, compose
from filterbank._check import Array, integer, is_integer
from filterbank._store import parse_json, read_npz, write_npz

from ._basis import BasisMixin
from ._proof import Verification, live_values


class KernelHistory(keras.callbacks.Callback):
    """Record the coefficients of every layer on a bank while a model trains, and prove its bank at the end.

    Parameters
    ----------
    path : str or path-like, optional
        A `.npz` file to write after every epoch and at the end, all or nothing each time.
    every : "epoch" or int, default "epoch"
        When to record: after each epoch, or after every so many batches. The start is recorded too.
    layers : iterable of str, optional
        Names of the layers to record. The default is every layer on a bank.

    Attributes
    ----------
    steps : ndarray of int, shape (T,)
        Training steps done at each record, 0 at the start.
    epochs : ndarray of float, shape (T,)
        Epochs done at each record; whole numbers for ``every="epoch"``.
    coefficients : dict of str to ndarray, each (T, n, in, out)
        By name of the layer.
    banks : dict of str to FilterBank
        By name of the layer.
    verifications : list of Verification
        The proofs, after training.

    Raises
    ------
    FrozenBasisError
        At the end of training, if a basis is no longer its bank.
    ValueError
        At the start of training, if the model has no layer on a bank or none of a given name.

    See Also
    --------
    filterbank.plot.training : Draw how kernels moved.

    Examples
    --------
    >>> import keras, numpy as np
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, KernelHistory
    >>> layer = BasisConv2D(4, fb.dct(5, n=6), name="first")
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    >>> model.compile("sgd", "mse")
    >>> history = KernelHistory()
    >>> images, targets = np.ones((8, 8, 8, 1)), np.zeros((8, 4, 4, 4))
    >>> _ = model.fit(images, targets, epochs=2, verbose=0, callbacks=[history])
    >>> history.coefficients["first"].shape
    (3, 6, 1, 4)
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        every: Literal["epoch"] | int = "epoch",
        layers: Iterable[str] | None = None,
    ) -> None:
        super().__init__()
        self.path = path
        if every != "epoch" and not is_integer(every):
            raise TypeError(f'`every` must be "epoch" or a number of batches, got {every!r}')
        self.every = every if every == "epoch" else integer("every", every, at_least=1)
        self.layers = None if layers is None else [layers] if isinstance(layers, str) else list(layers)
        self._forget()

    def _forget(self) -> None:
        self.banks: dict[str, FilterBank] = {}
        self.verifications: list[Verification] = []
        self._step, self._epoch, self._in_epoch = 0, 0, 0
        self._steps: list[int] = []
        self._epochs: list[float] = []
        self._records: dict[str, list[Array]] = {}

    # What was recorded

    @property
    def steps(self) -> npt.NDArray[np.intp]:
        """Training steps done at each record."""
        return np.array(self._steps, dtype=np.intp)

    @property
    def epochs(self) -> npt.NDArray[np.float64]:
        """Epochs done at each record."""
        return np.array(self._epochs, dtype=np.float64)

    @property
    def coefficients(self) -> dict[str, Array]:
        """The coefficients `(T, n, in, out)` of each layer."""
        return {name: np.stack(records) for name, records in self._records.items()}

    def kernels(self, layer: str) -> Array:
        """Compose the kernels of one layer at every record.

        Parameters
        ----------
        layer : str
            Name of the layer.

        Returns
        -------
        ndarray
            The kernels, `(T, *size, in, out)`.

        Raises
        ------
        ValueError
            If no layer of that name was recorded.
        """
        if layer not in self._records:
            raise ValueError(f"`layer` must be one of {', '.join(self._records) or 'none yet'}, got {layer!r}")
        coefficients = np.moveaxis(np.stack(self._records[layer]), 0, 1)
        return np.moveaxis(compose(coefficients, self.banks[layer]), self.banks[layer].ndim, 0)

    # Recording

    def on_train_begin(self, logs: Any = None) -> None:
        """Record the start."""
        self._forget()
        self.banks = {layer.name: layer.bank for layer in self._chosen()}
        self._record()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count, and record after every so many batches."""
        done = batch + 1 - self._in_epoch
        before = self._step
        self._step, self._in_epoch = before + done, batch + 1
        if self.every != "epoch" and before // self.every != self._step // self.every:
            self._record()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the epoch and write the file."""
        self._epoch, self._in_epoch = epoch + 1, 0
        if self.every == "epoch":
            self._record()
        self._write()

    def on_train_end(self, logs: Any = None) -> None:
        """Record the end, write the file and prove the banks."""
        if self._steps[-1] != self._step:
            self._record()
        self._write()
        self.verifications = [layer.verify() for layer in self._chosen()]

    def _record(self) -> None:
        per_epoch = self.params.get("steps") if self.params else None
        share = self._in_epoch / per_epoch if per_epoch else 0.0
        self._steps.append(self._step)
        self._epochs.append(self._epoch + share)
        for layer in self._chosen():
            self._records.setdefault(layer.name, []).append(live_values(layer.coefficients))

    def _chosen(self) -> list[Any]:
        found = {layer.name: layer for layer in layers_on_banks(self.model)}
        if not found:
            raise ValueError("KernelHistory found no layer on a bank in the model, or none that is built")
        missing = [name for name in self.layers or [] if name not in found]
        if missing:
            raise ValueError(f"`layers` must name layers on a bank among {', '.join(found)}, got {missing[0]!r}")
        return [layer for name, layer in found.items() if self.layers is None or name in self.layers]

    # Files

    def _write(self) -> None:
        if self.path is not None:
            self.save(self.path)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was recorded to a `.npz` file, without pickle, all or nothing.

        Parameters
        ----------
        path : str or path-like
            The file, named exactly so.
        """
        banks = {name: bank.get_config() for name, bank in self.banks.items()}
        records = {f"coefficients_{index}": values for index, values in enumerate(self.coefficients.values())}
        write_npz(
            path,
            "history",
            {"steps": self.steps, "epochs": self.epochs, "banks": np.array(json.dumps(banks)), **records},
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> KernelHistory:
        """Read a history that was written.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        KernelHistory
            With `steps`, `epochs`, `coefficients` and `banks` as they were.

        Raises
        ------
        ValueError
            If the file is damaged, foreign or from a newer format.
        """
        arrays = read_npz(path, "history")
        history = cls()
        try:
            banks = parse_json(str(arrays["banks"]))
            history.banks = {name: FilterBank.from_config(config) for name, config in banks.items()}
            history._steps = arrays["steps"].tolist()
            history._epochs = arrays["epochs"].tolist()
            history._records = {
                name: list(arrays[f"coefficients_{index}"]) for index, name in enumerate(history.banks)
            }
        except (KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)!r} is a damaged filterbank history file: {error}") from error
        return history


def layers_on_banks(model: Any) -> Iterator[Any]:
    """Yield the built layers on a bank of a model and of the models and layers inside."""
    seen: set[int] = set()
    for layer in model._flatten_layers():
        if isinstance(layer, BasisMixin) and layer.built and id(layer) not in seen:
            seen.add(id(layer))
            yield layer
