"""The frozen bank as a front end: the responses of its filters."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from filterbank import FilterBank
from filterbank._check import choice

from ._arguments import OfClass, as_bank, without_self
from ._frozen import BankMixin
from ._ways import channel_axis, responses

OUTPUTS = ("linear", "abs", "energy")


class ResponseMixin(BankMixin):
    """The responses of a frozen bank, in any number of dimensions."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # Python 3.11.2 looks for a signature in an inherited `__new__` first, which Keras's layers have.
        super().__init_subclass__(**kwargs)
        cls.__signature__ = OfClass(without_self(cls.__init__))

    def __init__(
        self,
        bank: Any,
        strides: int | tuple[int, ...] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, ...] = 1,
        *,
        output: str = "linear",
        use_gain: bool = False,
        gain_initializer: Any = "ones",
        gain_regularizer: Any = None,
        gain_constraint: Any = None,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self._bank = as_bank(bank, type(self).__name__, self.dimensions)
        self.output_kind = choice("output", output, OUTPUTS)
        self._pairs = quadrature_pairs(self._bank) if output == "energy" else None
        self.rank, self.kernel_size = self.dimensions, self._bank.size
        self.strides, self.padding, self.data_format, self.dilation_rate = strides, padding, data_format, dilation_rate
        plain = self._plain()
        self.strides, self.padding = plain.strides, plain.padding
        self.data_format, self.dilation_rate = plain.data_format, plain.dilation_rate
        self.use_gain = use_gain
        self.gain_initializer = keras.initializers.get(gain_initializer)
        self.gain_regularizer = keras.regularizers.get(gain_regularizer)
        self.gain_constraint = keras.constraints.get(gain_constraint)
        self.gain: Any = None
        self.basis = None
        self.input_spec = plain.input_spec

    def _plain(self) -> Any:
        """Return a Keras convolution of that shape, which checks the arguments and knows the shape of the output."""
        return getattr(keras.layers, f"Conv{self.dimensions}D")(
            1,
            self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
            name="plain",  # else Keras would count it, and number the user's layers on
        )

    @property
    def _outputs_per_channel(self) -> int:
        return len(self._bank) if self._pairs is None else len(self._pairs)

    def build(self, input_shape: Any) -> None:
        """Make the weights: the basis, and a gain for each response if there is one."""
        axis = channel_axis(self)
        channels = input_shape[axis]
        self.input_spec = keras.InputSpec(min_ndim=self.rank + 2, axes={axis: channels})
        self.compute_output_shape(input_shape)
        self._add_basis(self.variable_dtype)
        if self.use_gain:
            self.gain = self.add_weight(
                name="gain",
                shape=(channels * self._outputs_per_channel,),
                initializer=self.gain_initializer,
                regularizer=self.gain_regularizer,
                constraint=self.gain_constraint,
            )

    def call(self, inputs: Any) -> Any:
        """Filter every channel with every filter."""
        outputs = responses(self, inputs, self.basis, dense=False)
        axis = channel_axis(self)
        if self.output_kind == "abs":
            outputs = ops.abs(outputs)
        elif self._pairs is not None:
            channels = inputs.shape[axis]
            # Not from the bank: torch compiles this, and no arrays that cannot be written to.
            first = np.arange(channels)[:, None] * self.basis.shape[0]
            even, odd = (ops.take(outputs, (first + column).ravel(), axis=axis) for column in self._pairs.T)
            outputs = ops.square(even) + ops.square(odd)
        if self.gain is not None:
            outputs = outputs * ops.reshape(self.gain, (-1, *(1,) * self.rank) if axis == 1 else (-1,))
        return outputs

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Return the shape of the output: one channel for each response of each input channel."""
        axis = channel_axis(self)
        shape = list(self._plain().compute_output_shape(input_shape))
        shape[axis] = input_shape[axis] * self._outputs_per_channel
        return tuple(shape)

    def _facts(self) -> list[tuple[str, str]]:
        gain = f", each times a gain{' that trains' if self.trainable else ''}" if self.use_gain else ""
        return [("outputs", f"{self.output_kind}, {self._outputs_per_channel} of each input channel{gain}")]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON-able, the bank among them."""
        return {
            **super().get_config(),
            "bank": keras.saving.serialize_keras_object(self._bank),
            "strides": self.strides,
            "padding": self.padding,
            "output": self.output_kind,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "use_gain": self.use_gain,
            "gain_initializer": keras.initializers.serialize(self.gain_initializer),
            "gain_regularizer": keras.regularizers.serialize(self.gain_regularizer),
            "gain_constraint": keras.constraints.serialize(self.gain_constraint),
            "activity_regularizer": keras.regularizers.serialize(self.activity_regularizer),
        }


def quadrature_pairs(bank: FilterBank) -> npt.NDArray[np.intp]:
    """Return the indices of quadrature partners, `(pairs, 2)`: filters alike but for a quarter of a wave."""
    way_out = "fb.concatenate(bank, fb.quadrature(bank)) adds the partners"
    if "orientation" not in bank.parameters and bank.ndim == 2:
        way_out = "fb.gabor and fb.log_gabor make pairs; fb.quadrature takes the `orientation` of other waves"
    if "phase" not in bank.parameters:
        raise ValueError(f"`bank` must have the column `phase` to find pairs for output='energy'; {way_out}")
    alike: dict[tuple[Any, ...], list[int]] = {}
    for index in range(len(bank)):
        alike.setdefault(tuple(_rounded(bank, name, index) for name in bank.parameters if name != "phase"), []).append(
            index
        )
    phase = bank.parameters["phase"]
    pairs = []
    for group in alike.values():
        while group:
            first = group.pop(0)
            partner = next((other for other in group if abs(np.sin(phase[other] - phase[first])) > 1 - 1e-9), None)
            if partner is None:
                raise ValueError(
                    f"`bank` must hold the quadrature partner of every filter for output='energy', filter {first} has "
                    f"none; {way_out}, or select filters that have one"
                )
            group.remove(partner)
            pairs.append((first, partner))
    return np.array(sorted(pairs), dtype=np.intp)


def _rounded(bank: FilterBank, name: str, index: int) -> Any:
    value = bank.parameters[name][index]
    return f"{value:.9g}" if isinstance(value, np.floating) else value


@keras.saving.register_keras_serializable(package="filterbank")
class BankResponse1D(ResponseMixin):
    """The responses of a frozen bank to every input channel, as a 1-D front end of a network.

    Parameters
    ----------
    bank : FilterBank or array_like
        The filters, `(n, width)`.
    strides, padding, data_format, dilation_rate : optional
        As in Conv1D, causal padding included.
    output : {"linear", "abs", "energy"}, default "linear"
        What becomes of the responses: themselves, their magnitudes, or the sums of squares of each filter's response
        and that of its quadrature partner, as complex cells of the visual cortex compute. Partners are found by the
        column `phase` of the bank: alike in all else, a quarter of a wave apart.
    use_gain : bool, default False
        Whether each output channel is multiplied by a number of its own, which trains.
    gain_initializer : str or keras.initializers.Initializer, default "ones"
        What the gains start as.
    gain_regularizer, gain_constraint : optional
        Penalty and constraint of the gains.
    activity_regularizer : optional
        As in Conv1D.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    basis : keras.Variable
        The frozen weight, `(n, width)`.
    gain : keras.Variable or None
        The gains, one for each output channel.
    bank : FilterBank
        The bank.

    Raises
    ------
    ValueError
        If the bank is not 1-D or only zeros, a filter has no partner for its energy, or for what Conv1D refuses.

    Notes
    -----
    Output channel `c * m + i` is output i of input channel c, as in a depthwise convolution; m is the number of
    filters, or of pairs. Layers correlate, as Keras does.

    References
    ----------
    E. H. Adelson and J. R. Bergen, "Spatiotemporal energy models for the perception of motion", J. Opt. Soc. Am. A 2
    (1985), 284-299.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BankResponse1D
    >>> front = BankResponse1D(fb.gabor((11,), frequencies=[0.1, 0.2]), output="energy")
    >>> front.compute_output_shape((None, 100, 2))
    (None, 90, 4)
    """

    dimensions = 1


@keras.saving.register_keras_serializable(package="filterbank")
class BankResponse2D(ResponseMixin):
    """The responses of a frozen bank to every input channel, as a 2-D front end of a network.

    Parameters
    ----------
    bank : FilterBank or array_like
        The filters, `(n, height, width)`.
    strides, padding, data_format, dilation_rate : optional
        As in Conv2D.
    output : {"linear", "abs", "energy"}, default "linear"
        What becomes of the responses: themselves, their magnitudes, or the sums of squares of each filter's response
        and that of its quadrature partner, as complex cells of the visual cortex compute. Partners are found by the
        column `phase` of the bank: alike in all else, a quarter of a wave apart.
    use_gain : bool, default False
        Whether each output channel is multiplied by a number of its own, which trains.
    gain_initializer : str or keras.initializers.Initializer, default "ones"
        What the gains start as.
    gain_regularizer, gain_constraint : optional
        Penalty and constraint of the gains.
    activity_regularizer : optional
        As in Conv2D.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    basis : keras.Variable
        The frozen weight, `(n, height, width)`.
    gain : keras.Variable or None
        The gains, one for each output channel.
    bank : FilterBank
        The bank.

    Raises
    ------
    ValueError
        If the bank is not 2-D or only zeros, a filter has no partner for its energy, or for what Conv2D refuses.

    Notes
    -----
    Output channel `c * m + i` is output i of input channel c, as in a depthwise convolution; m is the number of
    filters, or of pairs. Layers correlate, as Keras does.

    References
    ----------
    E. H. Adelson and J. R. Bergen, "Spatiotemporal energy models for the perception of motion", J. Opt. Soc. Am. A 2
    (1985), 284-299.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BankResponse2D
    >>> front = BankResponse2D(fb.gabor(11), output="energy")
    >>> front.compute_output_shape((None, 32, 32, 1))
    (None, 22, 22, 8)
    """

    dimensions = 2


@keras.saving.register_keras_serializable(package="filterbank")
class BankResponse3D(ResponseMixin):
    """The responses of a frozen bank to every input channel, as a 3-D front end of a network.

    Parameters
    ----------
    bank : FilterBank or array_like
        The filters, `(n, depth, height, width)`.
    strides, padding, data_format, dilation_rate : optional
        As in Conv3D.
    output : {"linear", "abs", "energy"}, default "linear"
        What becomes of the responses: themselves, their magnitudes, or the sums of squares of each filter's response
        and that of its quadrature partner, as complex cells of the visual cortex compute. Partners are found by the
        column `phase` of the bank: alike in all else, a quarter of a wave apart.
    use_gain : bool, default False
        Whether each output channel is multiplied by a number of its own, which trains.
    gain_initializer : str or keras.initializers.Initializer, default "ones"
        What the gains start as.
    gain_regularizer, gain_constraint : optional
        Penalty and constraint of the gains.
    activity_regularizer : optional
        As in Conv3D.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    basis : keras.Variable
        The frozen weight, `(n, depth, height, width)`.
    gain : keras.Variable or None
        The gains, one for each output channel.
    bank : FilterBank
        The bank.

    Raises
    ------
    ValueError
        If the bank is not 3-D or only zeros, a filter has no partner for its energy, or for what Conv3D refuses.

    Notes
    -----
    Output channel `c * m + i` is output i of input channel c, as in a depthwise convolution; m is the number of
    filters, or of pairs. Layers correlate, as Keras does.

    References
    ----------
    E. H. Adelson and J. R. Bergen, "Spatiotemporal energy models for the perception of motion", J. Opt. Soc. Am. A 2
    (1985), 284-299.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BankResponse3D
    >>> front = BankResponse3D(fb.gabor((7, 7, 7), frequencies=[0.25]), output="energy")
    >>> front.compute_output_shape((None, 16, 16, 16, 1))
    (None, 10, 10, 10, 13)
    """

    dimensions = 3
