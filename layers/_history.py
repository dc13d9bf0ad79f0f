"""How the coefficients moved during training."""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import keras
import numpy as np
import numpy.typing as npt

from filterbank import FilterBank, compose
from filterbank._check import Array, integer, is_integer
from filterbank._kernels import is_transposed
from filterbank._store import parse_json, read_npz, write_npz

from ._arguments import as_names
from ._basis import BasisMixin
from ._frozen import BankMixin
from ._proof import Verification, live_values

PARTS = ("coefficients", "basis", "residual")  # of which kernels are made


class KernelHistory(keras.callbacks.Callback):
    """Record the coefficients of every layer on a bank while a model trains, and prove its bank.

    Put it before a `ModelCheckpoint` or `BackupAndRestore` in the list of callbacks: it proves the banks after every
    epoch and stops the training before a model whose basis moved takes the place of a good one.

    Parameters
    ----------
    path : str or path-like, optional
        A `.npz` file to write after every epoch and at the end, all or nothing each time.
    every : "epoch" or int, default "epoch"
        When to record: after each epoch, or after every so many batches. The start is recorded too.
    layers : iterable of str, optional
        Names of the layers to record. The default is every layer on a bank. A BankResponse2D is proven; it has no
        coefficients to record.
    resume : bool, default False
        Whether to go on from the file at `path`, if there is one: what it holds up to the epoch that training starts
        with (`initial_epoch`, or where `BackupAndRestore` resumes) is kept, the rest is dropped, and steps and epochs
        count on. Without it every training starts anew. What an uninterrupted training gives, only a backup by epochs
        can give: Keras begins an epoch again from its first batch.

    Attributes
    ----------
    steps : ndarray of int, shape (T,)
        Training steps done at each record, 0 at the start.
    epochs : ndarray of float, shape (T,)
        Epochs done at each record; whole numbers for ``every="epoch"``, and where Keras cannot tell how many
        batches an epoch has.
    coefficients : dict of str to ndarray, each (T, n, in, out)
        By name of the layer, or by its path where two layers of nested models bear the same name. With the update by
        LoRA, if there is one. bfloat16 is kept as float32.
    bases : dict of str to ndarray, each (T, n, *size)
        Of the layers whose basis trains.
    residuals : dict of str to ndarray, each (T, *size, in, out)
        Of the layers with a residual.
    banks : dict of str to FilterBank
        By name of the layer.
    transposed : set of str
        Names of the layers whose coefficients and residuals have outputs before inputs, as the kernels of Keras's
        transposed convolutions.
    verifications : list of Verification
        The proofs after the last epoch.

    Raises
    ------
    FrozenBasisError
        After the epoch in which a basis was moved.
    TypeError
        If `path` is not a path.
    ValueError
        If `resume` has no `path`. At the start of training, if the model has no layer on a bank or none of a given
        name, if one is not built yet, or if the file to resume is damaged, of another model, or ends too early.

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
        resume: bool = False,
    ) -> None:
        super().__init__()
        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise TypeError(
                f"`path` must be a file to write, or nothing, got {type(path).__name__}; KernelHistory finds the "
                f"layers itself, `layers` takes their names"
            )
        self.path = path
        if every != "epoch" and not is_integer(every):
            raise TypeError(f'`every` must be "epoch" or a number of batches, got {every!r}')
        self.every = every if every == "epoch" else integer("every", every, at_least=1)
        self.layers = as_names(layers)
        if resume and path is None:
            raise ValueError("`resume` goes on from the file at `path`, got no `path`")
        self.resume = resume
        self._forget()

    def _forget(self) -> None:
        self.banks: dict[str, FilterBank] = {}
        self.transposed: set[str] = set()
        self.verifications: list[Verification] = []
        self._step, self._epoch, self._in_epoch = 0, 0, 0
        self._started = False
        self._steps_at: dict[int, int] = {}  # by the epochs done by then
        self._steps: list[int] = []
        self._epochs: list[float] = []
        self._records: dict[str, dict[str, list[Array]]] = {part: {} for part in PARTS}

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
        return self._stacked("coefficients")

    @property
    def bases(self) -> dict[str, Array]:
        """The bases `(T, n, *size)` of the layers whose basis trains."""
        return self._stacked("basis")

    @property
    def residuals(self) -> dict[str, Array]:
        """The free kernels `(T, *size, in, out)` of the layers with a residual."""
        return self._stacked("residual")

    def _stacked(self, part: str) -> dict[str, Array]:
        return {name: np.stack(records) for name, records in self._records[part].items()}

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
        coefficients = self.coefficients
        if layer not in coefficients:
            raise ValueError(
                f"`layer` must be one whose coefficients are recorded, {', '.join(coefficients) or 'none so far'}, got "
                f"{layer!r}"
            )
        of_layer = coefficients[layer]
        bases = self.bases.get(layer)
        if bases is None:
            composed = np.moveaxis(compose(np.moveaxis(of_layer, 0, 1), self.banks[layer]), self.banks[layer].ndim, 0)
        else:
            composed = np.stack([compose(*each) for each in zip(of_layer, bases, strict=True)])
        return composed + self.residuals.get(layer, 0)

    # Recording

    def on_train_begin(self, logs: Any = None) -> None:
        """Find the layers, and the file to go on from."""
        self._forget()
        chosen = self._chosen()
        self.banks = {name: layer.bank for name, layer in chosen.items()}
        self.transposed = {name for name, layer in chosen.items() if is_transposed(layer)}
        if self.resume and self.path is not None and os.path.exists(self.path):
            self._take_over(self.load(self.path))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Record the start, which need not be epoch 0, now that other callbacks have restored what they restore."""
        if self._started:
            return
        self._started, self._epoch = True, epoch
        if self._steps_at and epoch > max(self._steps_at):
            raise ValueError(
                f"the history in {str(self.path)!r} ends after epoch {max(self._steps_at)}, but training starts "
                f"after epoch {epoch}: put KernelHistory before BackupAndRestore in the list of callbacks, start with "
                f"that `initial_epoch`, or give another `path`"
            )
        if self._steps_at and epoch == 0 and max(self._steps_at) > 1:
            warnings.warn(
                f"training starts anew, so the history in {str(self.path)!r} loses its {max(self._steps_at)} epochs; "
                f"fit with initial_epoch={max(self._steps_at)} to go on",
                stacklevel=2,
            )
        self._step = self._steps_at.get(epoch, 0)
        kept = sum(step < self._step for step in self._steps)
        self._steps, self._epochs = self._steps[:kept], self._epochs[:kept]
        self._records = {
            part: {name: records[:kept] for name, records in of_part.items()} for part, of_part in self._records.items()
        }
        self._steps_at = {done: step for done, step in self._steps_at.items() if done < epoch} | {epoch: self._step}
        self._record()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count, and record after every so many batches."""
        # With several steps per execution Keras counts past the end of the epoch.
        in_epoch = min(batch + 1, self.params.get("steps") or batch + 1)
        before = self._step
        self._step, self._in_epoch = before + in_epoch - self._in_epoch, in_epoch
        if self.every != "epoch" and before // self.every != self._step // self.every:
            self._record()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record the epoch, write the file and prove the banks."""
        self._epoch, self._in_epoch = epoch + 1, 0
        self._steps_at[self._epoch] = self._step
        if self.every == "epoch":
            self._record()
        self._write()
        self._prove()

    def on_train_end(self, logs: Any = None) -> None:
        """Record the end, write the file and prove the banks."""
        if self._steps[-1:] != [self._step]:
            self._record()
        self._write()
        self._prove()

    def _prove(self) -> None:
        self.verifications = []
        self.verifications = [layer.verify() for layer in self._chosen().values()]

    def _record(self) -> None:
        per_epoch = self.params.get("steps")
        share = self._in_epoch / per_epoch if per_epoch else 0.0
        self._steps.append(self._step)
        self._epochs.append(self._epoch + share)
        for name, layer in self._chosen().items():
            for part, weight in _recorded(layer).items():
                values = live_values(weight)
                # Files of NumPy arrays know no bfloat16; float32 holds it exactly.
                values = values.astype(np.float32) if values.dtype.name == "bfloat16" else values
                self._records[part].setdefault(name, []).append(values)

    def _take_over(self, file: KernelHistory) -> None:
        """Take the records of a file, which must be of the same model."""
        if set(file.banks) != set(self.banks):
            raise self._foreign(f"it holds the layers {', '.join(file.banks)}, to record are {', '.join(self.banks)}")
        for name, layer in self._chosen().items():
            if file.banks[name] != layer.bank:
                there, here = file.banks[name].fingerprint[:16], layer.bank.fingerprint[:16]
                raise self._foreign(f"layer {name!r} is on the bank sha256 {there} there, {here} here")
            there_of = {part: records[name][0].shape for part, records in file._records.items() if name in records}
            here_of = {part: tuple(weight.shape) for part, weight in _recorded(layer).items()}
            if there_of != here_of:
                raise self._foreign(f"layer {name!r} has {_shapes(there_of)} there, here {_shapes(here_of)}")
        self._steps, self._epochs, self._steps_at = file._steps, file._epochs, file._steps_at
        self._records = file._records
        self._step = self._steps[-1]

    def _foreign(self, difference: str) -> ValueError:
        return ValueError(
            f"the history in {str(self.path)!r} is of another model: {difference}; give another `path`, or resume=False"
        )

    def _chosen(self) -> dict[str, Any]:
        found = layers_by_name(self.model, BankMixin)
        if not found:
            raise ValueError("KernelHistory found no layer on a bank in the model")
        missing = [name for name in self.layers or [] if name not in found]
        if missing:
            raise ValueError(f"`layers` must name layers on a bank among {', '.join(found)}, got {missing[0]!r}")
        chosen = {name: layer for name, layer in found.items() if self.layers is None or name in self.layers}
        unbuilt = [name for name, layer in chosen.items() if not layer.built]
        if unbuilt:
            raise ValueError(
                f"KernelHistory cannot record how layer {unbuilt[0]!r} starts, which is not built yet: give the "
                f"model an Input, or call it on one batch before `fit`"
            )
        return chosen

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
        layers: dict[str, dict[str, Any]] = {
            name: {
                "bank": bank.get_config(),
                "parts": [part for part in PARTS if name in self._records[part]],
                "transposed": name in self.transposed,
            }
            for name, bank in self.banks.items()
        }
        records = {
            f"{part}_{index}": np.stack(self._records[part][name])
            for index, (name, layer) in enumerate(layers.items())
            for part in layer["parts"]
        }
        write_npz(
            path,
            "history",
            {
                "steps": self.steps,
                "epochs": self.epochs,
                "steps_at": np.array(list(self._steps_at.items()), dtype=np.intp).reshape(-1, 2),
                "layers": np.array(json.dumps(layers)),
                **records,
            },
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
            With `steps`, `epochs`, `coefficients`, `banks` and `transposed` as they were.

        Raises
        ------
        ValueError
            If the file is damaged, foreign or from a newer format.
        """
        arrays = read_npz(path, "history")
        history = cls()
        try:
            layers = parse_json(str(arrays["layers"]))
            history.banks = {name: FilterBank.from_config(layer["bank"]) for name, layer in layers.items()}
            history.transposed = {name for name, layer in layers.items() if layer["transposed"]}
            history._steps = arrays["steps"].tolist()
            history._epochs = arrays["epochs"].tolist()
            history._steps_at = {int(done): int(step) for done, step in arrays["steps_at"]}
            for index, (name, bank) in enumerate(history.banks.items()):
                for part, values in _records_in(arrays, index, layers[name]["parts"], bank).items():
                    history._records[part][name] = list(values)
        except (KeyError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)!r} is a damaged filterbank history file: {error}") from error
        return history


def _recorded(layer: Any) -> dict[str, Any]:
    """Return what is recorded of a layer: all that makes its kernel and may change."""
    if not isinstance(layer, BasisMixin):
        return {}
    parts = {"coefficients": layer.effective_coefficients}
    if layer.train != "coefficients":
        parts["basis"] = layer.basis
    if layer.residual_kernel is not None:
        parts["residual"] = layer.residual_kernel
    return parts


def _shapes(parts: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{part} {shape}" for part, shape in parts.items()) or "nothing to record"


def _records_in(arrays: dict[str, Array], index: int, parts: list[str], bank: FilterBank) -> dict[str, Array]:
    """Return the records of one layer in a file, or raise ValueError if they do not fit the rest of it."""
    steps, epochs = arrays["steps"], arrays["epochs"]
    if steps.ndim != 1 or epochs.shape != steps.shape:
        raise ValueError(f"{epochs.shape} epochs do not fit {steps.shape} steps")
    found = {part: arrays[f"{part}_{index}"] for part in parts}
    inside = found["coefficients"].shape[2:] if found else ()
    shapes = {"coefficients": (len(bank), *inside), "basis": bank.shape, "residual": (*bank.size, *inside)}
    for part, values in found.items():
        if values.shape != (*steps.shape, *shapes[part]) or len(inside) != 2:
            raise ValueError(f"{part} of shape {values.shape} do not fit {len(steps)} records on a bank {bank.shape}")
    return found


def layers_by_name(model: Any, kind: type[BankMixin] = BasisMixin) -> dict[str, Any]:
    """Return the layers on a bank of a model and of the models and layers inside, each once, by name.

    Layers of the same name, which nested models may have, go by their path.
    """
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, kind)]
    distinct = list({id(layer): layer for layer in layers}.values())
    names = Counter(layer.name for layer in distinct)
    found = {layer.name if names[layer.name] == 1 else layer.path: layer for layer in distinct}
    if len(found) < len(distinct):
        raise ValueError(f"two layers on a bank are called the same, among {', '.join(names)}: name them apart")
    return found
