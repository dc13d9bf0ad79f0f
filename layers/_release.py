"""Train on a frozen bank first, then release the bank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from filterbank._check import integer

from ._arguments import as_names
from ._basis import BasisMixin
from ._history import layers_by_name
from ._proof import live_values


class ReleaseBasis(keras.callbacks.Callback):
    """Keep bases frozen until an epoch, then let them train: coefficients first, fine tuning after.

    It is for layers made with ``train="both"`` or ``train="basis"``; the others stay frozen for good.

    Parameters
    ----------
    epoch : int
        The first epoch, counted from 0 as Keras does, in which the bases train.
    layers : iterable of str, optional
        Names of the layers. The default is every layer on a bank whose basis may train.

    Raises
    ------
    TypeError
        If `epoch` is no integer.
    ValueError
        If it is negative; at the start of training, if there is no such layer.

    Notes
    -----
    The optimizer is exchanged for one of the same configuration that knows the weights which train now; what it
    remembers of the others (momenta, the count of its steps) goes along. Keras restores from a file, or from
    BackupAndRestore, no optimizer that knows other weights: one saved in the frozen phase starts anew.

    Examples
    --------
    >>> import keras, numpy as np
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, ReleaseBasis
    >>> layer = BasisConv2D(4, fb.dct(5, n=6), train="both")
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), layer])
    >>> model.compile("sgd", "mse")
    >>> images, targets = np.ones((8, 8, 8, 1)), np.zeros((8, 4, 4, 4))
    >>> _ = model.fit(images, targets, epochs=2, verbose=0, callbacks=[ReleaseBasis(1)])
    >>> layer.verify().moved > 0
    True
    """

    def __init__(self, epoch: int, *, layers: Iterable[str] | None = None) -> None:
        super().__init__()
        self.epoch = integer("epoch", epoch, at_least=0)
        self.layers = as_names(layers)

    def on_train_begin(self, logs: Any = None) -> None:
        """Look for the layers."""
        self._chosen()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Freeze or release the bases."""
        released = epoch >= self.epoch
        changed = [layer for layer in self._chosen() if layer.basis.trainable != released]
        for layer in changed:
            layer.basis.trainable = released
        if changed:
            _follow_trainable_weights(self.model)

    def _chosen(self) -> list[BasisMixin]:
        found = {name: layer for name, layer in layers_by_name(self.model).items() if layer.train != "coefficients"}
        missing = [name for name in self.layers or [] if name not in found]
        if not found or missing:
            raise ValueError(
                f"{type(self).__name__} needs layers on a bank made with train='both' or 'basis', got "
                f"{repr(missing[0]) if missing else 'a model without one'}"
            )
        return [layer for name, layer in found.items() if self.layers is None or name in self.layers]


class FreezeBasis(ReleaseBasis):
    """The same as `ReleaseBasis`, said the other way round.

    Parameters
    ----------
    until_epoch : int
        The first epoch, counted from 0 as Keras does, in which the bases train.
    layers : iterable of str, optional
        Names of the layers. The default is every layer on a bank whose basis may train.

    See Also
    --------
    ReleaseBasis : What it does.

    Examples
    --------
    >>> from filterbank.layers import FreezeBasis
    >>> FreezeBasis(until_epoch=5).epoch
    5
    """

    def __init__(self, until_epoch: int, *, layers: Iterable[str] | None = None) -> None:
        super().__init__(integer("until_epoch", until_epoch, at_least=0), layers=layers)


def _follow_trainable_weights(model: Any) -> None:
    """Give the model an optimizer for the weights that train now, and make it compile its training anew."""
    old = model.optimizer
    new = type(old).from_config(old.get_config())
    new.build(model.trainable_variables)
    # As copies: JAX deletes what its training was given, and the model's configuration keeps the old optimizer.
    remembered = {variable.path: live_values(variable) for variable in old.variables}
    # Moving averages of weights that train from now on start at the weights.
    averaged = {f"{weight.path.replace('/', '_')}_average": weight for weight in model.trainable_variables}
    for variable in new.variables:
        _, _, name = variable.path.rpartition("/")
        if variable.path in remembered:
            variable.assign(remembered[variable.path])
        elif name in averaged:
            variable.assign(live_values(averaged[name]))
    model.optimizer = new
    model.make_train_function(force=True)
