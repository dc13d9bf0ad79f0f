"""The convolutions on a bank."""

from __future__ import annotations

import keras

from ._basis import BasisMixin


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv1D(BasisMixin, keras.layers.Conv1D):
    """1-D convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`, and only `a` trains.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, width)`, in the place of `kernel_size`.
    strides, padding, data_format, dilation_rate, groups, activation, use_bias : optional
        As in Conv1D, causal padding included.
    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer : optional
        As in Conv1D, where the kernel is the composed one; see BasisConv2D.
    kernel_constraint, bias_constraint : optional
        As in Conv1D, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in // groups, filters)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in // groups, filters)`.
    basis : keras.Variable
        The weight `b`, `(n, width)`.
    kernel : tensor
        The composed kernel `(width, in // groups, filters)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv1D
    >>> layer = BasisConv1D(8, fb.dct((9,), n=4), padding="causal")
    >>> layer.build((None, 100, 2))
    >>> tuple(layer.coefficients.shape), tuple(layer.kernel.shape)
    ((4, 2, 8), (9, 2, 8))
    """

    dimensions = 1


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv2D(BasisMixin, keras.layers.Conv2D):
    """2-D convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`, and only `a` trains.

    Every argument of `keras.layers.Conv2D` keeps its place, name, meaning and default, but for `kernel_size`, in
    whose place the bank comes. `kernel_initializer`, `kernel_regularizer` and `kernel_constraint` speak of the
    composed kernel, the arguments below of the coefficients.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, height, width)`.
    strides, padding, data_format, dilation_rate, groups, activation, use_bias : optional
        As in Conv2D.
    kernel_initializer : str or keras.initializers.Initializer, default "glorot_uniform"
        What the composed kernel starts as. It is drawn in its full shape and projected onto the bank; a random
        one is scaled so that the output has the variance of a plain Conv2D, whatever the bank. Any other (an array
        in a `Constant`, a function) is projected and left as it is: the closest kernel that the bank can make.
    bias_initializer : optional
        As in Conv2D.
    kernel_regularizer : str or keras.regularizers.Regularizer, optional
        Penalty of the composed kernel.
    bias_regularizer, activity_regularizer : optional
        As in Conv2D.
    kernel_constraint : str or keras.constraints.Constraint, optional
        Constraint of the composed kernel, pulled back to the coefficients by least squares: exact when the
        constrained kernel lies in the span of the bank (scaling does), approximate otherwise. Not with a `train`
        that releases the bank.
    bias_constraint : optional
        As in Conv2D.
    coefficient_initializer : str or keras.initializers.Initializer, optional
        What the coefficients `a`, `(n, in // groups, filters)`, start as, in place of `kernel_initializer`.
    coefficient_regularizer : str or keras.regularizers.Regularizer, optional
        Penalty of the coefficients.
    coefficient_constraint : str or keras.constraints.Constraint, optional
        Constraint of the coefficients, applied before that of the kernel.
    train : {"coefficients", "basis", "both"}, default "coefficients"
        What trains. "basis" and "both" release `b` on purpose, to fine-tune it from the bank on: `verify` then says
        how far it has moved, and `current_bank` takes it out.
    residual : bool, default False
        Whether to add a free kernel of the same size, zero at first, for what the bank cannot say. What is said of
        the composed kernel is said without it.
    residual_regularizer : str or keras.regularizers.Regularizer, optional
        Penalty of that free kernel.
    execution : {"auto", "compose", "factor"}, default "auto"
        How the same function is computed: "compose" the kernel and convolve once, or "factor" the kernel, convolve
        with what is fixed first and then with what is composed, which is less work for few input channels, and for
        large filters made of few lines. "auto" takes what costs least by a model of measured times, in training and
        otherwise, among the ways that keep at most 1.5 times the activations of Conv2D for the gradients.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in // groups, filters)`.
    basis : keras.Variable
        The weight `b`, `(n, height, width)`, frozen unless `train` says otherwise.
    residual_kernel : keras.Variable or None
        The free kernel, of the shape of `kernel`.
    kernel : tensor
        The composed kernel `(height, width, in // groups, filters)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    Raises
    ------
    TypeError
        If the bank is not real numbers, or an argument is missing or unknown.
    ValueError
        If the bank is not 2-D or only zeros, or for what Conv2D refuses.

    See Also
    --------
    fold : The plain Conv2D with the same output.

    Notes
    -----
    The basis is a weight that does not train: `summary` counts it, files hold it, and no optimizer sees it. What
    could still move it (`set_weights`, `basis.assign`, legacy files) `verify` finds, and saving refuses. A file
    with another bank does not load; Keras goes on to load the other layers of that file before it raises.

    Before an export, `fold`: a SavedModel and torch.export would compose the kernel at every run. On several devices
    each holds the basis; a `keras.distribution.LayoutMap` may shard the coefficients by outputs, never by filters:
    ``layout[".*textures/coefficients"] = (None, None, "model")``.

    Examples
    --------
    >>> import keras
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D
    >>> layer = BasisConv2D(64, fb.dct(11, n=10), activation="relu", name="textures")
    >>> model = keras.Sequential([keras.Input((32, 32, 1)), layer])
    >>> [weight.name for weight in model.trainable_weights], tuple(layer.coefficients.shape)
    (['coefficients', 'bias'], (10, 1, 64))
    >>> print(layer.verify())  # doctest: +ELLIPSIS
    textures: basis identical to its bank, sha256 ...; 704 numbers train, 1,210 are frozen
    """

    dimensions = 2


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv3D(BasisMixin, keras.layers.Conv3D):
    """3-D convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`, and only `a` trains.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, depth, height, width)`, in the place of `kernel_size`.
    strides, padding, data_format, dilation_rate, groups, activation, use_bias : optional
        As in Conv3D.
    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer : optional
        As in Conv3D, where the kernel is the composed one; see BasisConv2D.
    kernel_constraint, bias_constraint : optional
        As in Conv3D, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in // groups, filters)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in // groups, filters)`.
    basis : keras.Variable
        The weight `b`, `(n, depth, height, width)`.
    kernel : tensor
        The composed kernel `(depth, height, width, in // groups, filters)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv3D
    >>> layer = BasisConv3D(8, fb.dct((3, 3, 3), n=4), padding="same")
    >>> layer.build((None, 16, 16, 16, 2))
    >>> tuple(layer.coefficients.shape), tuple(layer.kernel.shape)
    ((4, 2, 8), (3, 3, 3, 2, 8))
    """

    dimensions = 3
