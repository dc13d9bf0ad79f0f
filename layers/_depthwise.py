"""The depthwise and separable convolutions on a bank."""

from __future__ import annotations

import keras

from ._basis import BasisMixin


@keras.saving.register_keras_serializable(package="filterbank")
class BasisDepthwiseConv1D(BasisMixin, keras.layers.DepthwiseConv1D):
    """1-D depthwise convolution whose kernels are sums of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, width)`, in the place of `kernel_size`.
    strides, padding, depth_multiplier, data_format, dilation_rate, activation, use_bias : optional
        As in DepthwiseConv1D.
    depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer : optional
        As in DepthwiseConv1D, where the kernel is the composed one; see BasisConv2D.
    activity_regularizer, depthwise_constraint, bias_constraint : optional
        As in DepthwiseConv1D, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in, depth_multiplier)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in, depth_multiplier)`.
    basis : keras.Variable
        The weight `b`, `(n, width)`.
    kernel : tensor
        The composed kernel `(width, in, depth_multiplier)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisDepthwiseConv1D
    >>> layer = BasisDepthwiseConv1D(fb.gaussian_derivative((7,)), depth_multiplier=2)
    >>> layer.build((None, 32, 3))
    >>> tuple(layer.kernel.shape)
    (7, 3, 2)
    """

    dimensions = 1


@keras.saving.register_keras_serializable(package="filterbank")
class BasisDepthwiseConv2D(BasisMixin, keras.layers.DepthwiseConv2D):
    """2-D depthwise convolution whose kernels are sums of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, height, width)`, in the place of `kernel_size`.
    strides, padding, depth_multiplier, data_format, dilation_rate, activation, use_bias : optional
        As in DepthwiseConv2D.
    depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer : optional
        As in DepthwiseConv2D, where the kernel is the composed one; see BasisConv2D.
    activity_regularizer, depthwise_constraint, bias_constraint : optional
        As in DepthwiseConv2D, where the kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in, depth_multiplier)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in, depth_multiplier)`.
    basis : keras.Variable
        The weight `b`, `(n, height, width)`.
    kernel : tensor
        The composed kernel `(height, width, in, depth_multiplier)`, in the dtype the layer computes in.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisDepthwiseConv2D
    >>> layer = BasisDepthwiseConv2D(fb.gaussian_derivative(7), depth_multiplier=2)
    >>> layer.build((None, 32, 32, 3))
    >>> tuple(layer.kernel.shape)
    (7, 7, 3, 2)
    """

    dimensions = 2


@keras.saving.register_keras_serializable(package="filterbank")
class BasisSeparableConv1D(BasisMixin, keras.layers.SeparableConv1D):
    """1-D separable convolution whose depthwise kernels are sums of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, width)`, in the place of `kernel_size`.
    strides, padding, data_format, dilation_rate, depth_multiplier, activation, use_bias : optional
        As in SeparableConv1D.
    depthwise_initializer, pointwise_initializer, bias_initializer : optional
        As in SeparableConv1D, where the depthwise kernel is the composed one; see BasisConv2D.
    depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer : optional
        As in SeparableConv1D, where the depthwise kernel is the composed one; see BasisConv2D.
    depthwise_constraint, pointwise_constraint, bias_constraint : optional
        As in SeparableConv1D, where the depthwise kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in, depth_multiplier)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in, depth_multiplier)`.
    basis : keras.Variable
        The weight `b`, `(n, width)`.
    depthwise_kernel : tensor
        The composed kernel `(width, in, depth_multiplier)`, in the dtype the layer computes in.
    pointwise_kernel : keras.Variable
        As in Keras, `(1, in * depth_multiplier, filters)`.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisSeparableConv1D
    >>> layer = BasisSeparableConv1D(16, fb.dct((5,), n=3))
    >>> layer.build((None, 32, 3))
    >>> [weight.name for weight in layer.trainable_weights]
    ['coefficients', 'pointwise_kernel', 'bias']
    """

    dimensions = 1
    kernel_name = "depthwise_kernel"
    depthwise_kernel = BasisMixin.kernel


@keras.saving.register_keras_serializable(package="filterbank")
class BasisSeparableConv2D(BasisMixin, keras.layers.SeparableConv2D):
    """2-D separable convolution whose depthwise kernels are sums of fixed filters: `W = sum_i a_i * b_i`.

    Parameters
    ----------
    filters : int
        Number of output channels.
    bank : FilterBank or array_like
        The fixed filters `b`, `(n, height, width)`, in the place of `kernel_size`.
    strides, padding, data_format, dilation_rate, depth_multiplier, activation, use_bias : optional
        As in SeparableConv2D.
    depthwise_initializer, pointwise_initializer, bias_initializer : optional
        As in SeparableConv2D, where the depthwise kernel is the composed one; see BasisConv2D.
    depthwise_regularizer, pointwise_regularizer, bias_regularizer, activity_regularizer : optional
        As in SeparableConv2D, where the depthwise kernel is the composed one; see BasisConv2D.
    depthwise_constraint, pointwise_constraint, bias_constraint : optional
        As in SeparableConv2D, where the depthwise kernel is the composed one; see BasisConv2D.
    coefficient_initializer, coefficient_regularizer, coefficient_constraint : optional
        As in BasisConv2D, for the coefficients `(n, in, depth_multiplier)`.
    train, residual, residual_regularizer, execution : optional
        As in BasisConv2D; `execution` is "compose" here, as filtering first saves no work.
    **kwargs
        Arguments of every Keras layer: `name`, `dtype`, `trainable`.

    Attributes
    ----------
    coefficients : keras.Variable
        The weight `a`, `(n, in, depth_multiplier)`.
    basis : keras.Variable
        The weight `b`, `(n, height, width)`.
    depthwise_kernel : tensor
        The composed kernel `(height, width, in, depth_multiplier)`, in the dtype the layer computes in.
    pointwise_kernel : keras.Variable
        As in Keras, `(1, 1, in * depth_multiplier, filters)`.
    bank : FilterBank
        The bank.

    See Also
    --------
    BasisConv2D : Everything that the layers on a bank have in common.

    Examples
    --------
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisSeparableConv2D
    >>> layer = BasisSeparableConv2D(16, fb.dct(5, n=6))
    >>> layer.build((None, 32, 32, 3))
    >>> [weight.name for weight in layer.trainable_weights]
    ['coefficients', 'pointwise_kernel', 'bias']
    """

    dimensions = 2
    kernel_name = "depthwise_kernel"
    depthwise_kernel = BasisMixin.kernel
