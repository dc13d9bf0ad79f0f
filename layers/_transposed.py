"""The transposed convolutions on a bank."""

from __future__ import annotations

import keras

from ._basis import BasisMixin


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv1DTranspose(BasisMixin, keras.layers.Conv1DTranspose):
    """1-D transposed convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, width)`, in the place of `kernel_size`.
    strides, padding, output_padding, data_format, dilation_rate, activation, use_bias : optional
        As in Conv1DTranspose.
    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer : optional
        As in Conv1DTranspose, where the kernel is the composed one; see BasisConv2D.
    kernel_constraint, bias_constraint : optional
        As in Conv1DTranspose, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, filters, in)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, filters, in)`.
    basis : keras.Variable
        The weight `b`, `(n, width)`.
    kernel : tensor
        The composed kernel `(width, filters, in)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv1DTranspose
    >>> layer = BasisConv1DTranspose(8, fb.dct((4,), n=4), strides=2, padding="same")
    >>> tuple(layer.compute_output_shape((None, 16, 2)))
    (None, 32, 8)
    """

    dimensions = 1


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv2DTranspose(BasisMixin, keras.layers.Conv2DTranspose):
    """2-D transposed convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, height, width)`, in the place of `kernel_size`.
    strides, padding, output_padding, data_format, dilation_rate, activation, use_bias : optional
        As in Conv2DTranspose.
    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer : optional
        As in Conv2DTranspose, where the kernel is the composed one; see BasisConv2D.
    kernel_constraint, bias_constraint : optional
        As in Conv2DTranspose, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, filters, in)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, filters, in)`.
    basis : keras.Variable
        The weight `b`, `(n, height, width)`.
    kernel : tensor
        The composed kernel `(height, width, filters, in)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2DTranspose
    >>> layer = BasisConv2DTranspose(8, fb.dct(4, n=4), strides=2, padding="same")
    >>> tuple(layer.compute_output_shape((None, 16, 16, 2)))
    (None, 32, 32, 8)
    """

    dimensions = 2


@keras.saving.register_keras_serializable(package="filterbank")
class BasisConv3DTranspose(BasisMixin, keras.layers.Conv3DTranspose):
    """3-D transposed convolution whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, depth, height, width)`, in the place of `kernel_size`.
    strides, padding, data_format, output_padding, dilation_rate, activation, use_bias : optional
        As in Conv3DTranspose.
    kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, activity_regularizer : optional
        As in Conv3DTranspose, where the kernel is the composed one; see BasisConv2D.
    kernel_constraint, bias_constraint : optional
        As in Conv3DTranspose, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, filters, in)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, filters, in)`.
    basis : keras.Variable
        The weight `b`, `(n, depth, height, width)`.
    kernel : tensor
        The composed kernel `(depth, height, width, filters, in)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv3DTranspose
    >>> layer = BasisConv3DTranspose(8, fb.dct((4, 4, 4), n=4), strides=2, padding="same")
    >>> tuple(layer.compute_output_shape((None, 16, 16, 16, 2)))
    (None, 32, 32, 32, 8)
    """

    dimensions = 3
