"""What holds a bank: the basis, its proof, its files."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from filterbank import FilterBank

from ._arguments import bank_from_config
from ._composition import basis_values
from ._proof import FrozenBasisError, Verification, count, distance, live_values, require_same
from ._shown import layer_html

keras.saving.register_keras_serializable(package="filterbank")(FilterBank)

# Where the layers of the library keep their weights.
KNOWN_WEIGHTS = (
    *("coefficients", "basis", "residual_kernel", "lora_coefficients_a", "lora_coefficients_b"),
    *("pointwise_kernel", "bias", "gain"),
)


class BankMixin(keras.layers.Layer):
    """A layer with a bank: it keeps the bank's values as the weight `basis`, and proves that they are.

    In files, its own weights go by their names, so that it does not matter which of them train. Keras saves those of
    layers inside it, which a user's subclass may have, for themselves.
    """

    dimensions: int
    _bank: FilterBank
    basis: Any = None

    @property
    def _released(self) -> bool:
        """Whether the basis trains on purpose: then it is not compared with the bank."""
        return False

    @property
    def bank(self) -> FilterBank:
        """The bank that `basis` holds."""
        return self._bank

    def _add_basis(self, dtype: Any) -> None:
        self.basis = super().add_weight(
            shape=self._bank.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(basis_values(self._bank, dtype)),
            trainable=self._released,
            autocast=False,
            dtype=dtype,
            name="basis",
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Make the layer of a configuration; a bank that is none is refused before Keras shows the whole of it."""
        return super().from_config({**config, "bank": bank_from_config(config["bank"])} if "bank" in config else config)

    # Proof

    def verify(self) -> Verification:
        """Prove that the basis is bit for bit the bank, in the dtype of the layer.

        Returns
        -------
        Verification
            The fingerprint and how many numbers train; prints as a sentence. Of a basis that trains on purpose, how
            far it has moved.

        Raises
        ------
        FrozenBasisError
            If a value of the frozen basis differs from the bank, or the basis has been set to train.
        ValueError
            If the layer is not built yet.
        """
        if self.basis is None:
            raise ValueError(f"layer {self.name!r} has no basis to verify yet: build it or call it first")
        basis = live_values(self.basis)
        if not self._released:
            require_same(
                self.name, self._bank, basis, "in its weight", "layer.basis.assign(layer.bank.filters) restores it"
            )
            if self.basis.trainable:
                raise FrozenBasisError(
                    f"the basis of layer {self.name!r} is its bank still, but would train: "
                    f"layer.basis.trainable = False freezes it (compile the model again)"
                )
        trainable, frozen = count(self.trainable_weights), count(self.non_trainable_weights)
        moved = distance(self._bank, basis) if self._released else 0.0
        return Verification(self.name, self._bank.fingerprint, trainable, frozen, moved)

    def current_bank(self) -> FilterBank:
        """Take the basis out as a bank: the bank itself unless the basis trained.

        Returns
        -------
        FilterBank
            The values as they are now, with the parameters of the bank they started from.

        Raises
        ------
        FrozenBasisError
            If the frozen basis is no longer its bank.
        ValueError
            If the layer is not built yet, or the values are not finite.
        """
        if self.verify().moved == 0:
            return self._bank
        return FilterBank(live_values(self.basis).astype(np.float64), parameters=self._bank.parameters)

    # How it shows itself

    def _facts(self) -> list[tuple[str, str]]:
        """Return what there is to say of this kind of layer: names and texts."""
        return []

    def _repr_html_(self) -> str:
        return layer_html(self)

    # Files

    def _stored_weights(self) -> dict[str, Any]:
        """Return what a file holds: values by the names of the weights."""
        return self._loadable_weights()

    def save_own_variables(self, store: Any) -> None:
        """Save the weights by name; a frozen basis that is not the bank is refused."""
        if self.basis is None:
            return
        self.verify()
        for name, value in self._stored_weights().items():
            store[name] = value

    def load_own_variables(self, store: Any) -> None:
        """Load the weights; a file with another bank or other shapes is refused before anything changes."""
        found = sorted(store.keys())
        if self.basis is None and not found:
            return
        if self.basis is None:
            raise ValueError(
                f"layer {self.name!r} has no weights yet, the file has {len(found)}: build the model first"
            )
        expected = self._loadable_weights()
        if found != sorted(expected):
            raise ValueError(
                f"layer {self.name!r} has the weights {', '.join(expected)}, the file "
                f"{', '.join(found) or 'none'}: it was saved from another layer"
            )
        values = {name: store[name] for name in expected}
        self._require_loadable(values, expected)
        for name, weight in expected.items():
            frozen = weight is self.basis and not self._released
            weight.assign(basis_values(self._bank, weight.dtype) if frozen else values[name])

    def _loadable_weights(self) -> dict[str, Any]:
        """Return the weights that a file fills, by name; of several of one name, a user's own ones are numbered."""
        inside = {id(weight) for layer in self._flatten_layers(include_self=False) for weight in layer.weights}
        known = {id(getattr(self, name, None)) for name in KNOWN_WEIGHTS}
        named: dict[str, Any] = {}
        for weight in sorted(self.weights, key=lambda weight: id(weight) not in known):
            if id(weight) not in inside:
                same = sum(name.partition(":")[0] == weight.name for name in named)
                named[f"{weight.name}:{same}" if same else weight.name] = weight
        return named

    def _require_loadable(self, values: dict[str, Any], expected: dict[str, Any]) -> None:
        # The bank first: with another number of filters the shape of the coefficients is a mere consequence.
        basis = np.asarray(values["basis"])
        if not self._released:
            way_out = "make the layer with the bank that the file was saved with"
            require_same(self.name, self._bank, basis, "in the file", way_out)
        elif not np.isfinite(basis.astype(np.float64)).all():
            raise ValueError(f"`basis` of layer {self.name!r} must be finite, the file has NaN or infinity")
        for name, weight in expected.items():
            if tuple(values[name].shape) != tuple(weight.shape):
                raise ValueError(
                    f"`{name}` of layer {self.name!r} has shape {tuple(weight.shape)}, in the file "
                    f"{tuple(values[name].shape)}"
                )
