"""Keras 3 layers whose kernel is a sum of fixed filters: `W = sum_i a_i * b_i`, and only `a` trains."""

import importlib
import sys

if __name__ == "layers":
    # Imported from the checkout by its folder's name. A second copy would register every layer twice, so this
    # name stands for the real module.
    sys.modules[__name__] = importlib.import_module("filterbank.layers")
else:
    try:
        import keras
    except ImportError as error:
        raise ImportError(
            f"filterbank.layers needs Keras 3 and a backend ({error}); install them with "
            f'pip install "filterbank[tensorflow]", or "filterbank[jax]" and set KERAS_BACKEND=jax'
        ) from error
    if int(keras.__version__.split(".")[0]) < 3:
        raise ImportError(f"filterbank.layers needs Keras 3, got {keras.__version__}; pip install -U keras")

    from ._basis import EnergySplit
    from ._conv import BasisConv1D, BasisConv2D, BasisConv3D
    from ._conversion import Conversion, ConvertedLayer
    from ._depthwise import BasisDepthwiseConv1D, BasisDepthwiseConv2D, BasisSeparableConv1D, BasisSeparableConv2D
    from ._fold import fold
    from ._history import KernelHistory
    from ._project import project, rebase
    from ._proof import FrozenBasisError, Verification
    from ._prune import PrunedLayer, prune_layer
    from ._release import FreezeBasis, ReleaseBasis
    from ._response import BankResponse1D, BankResponse2D, BankResponse3D
    from ._tensorboard import TensorBoardKernels
    from ._transposed import BasisConv1DTranspose, BasisConv2DTranspose, BasisConv3DTranspose

    __all__ = [
        "BankResponse1D",
        "BankResponse2D",
        "BankResponse3D",
        "BasisConv1D",
        "BasisConv1DTranspose",
        "BasisConv2D",
        "BasisConv2DTranspose",
        "BasisConv3D",
        "BasisConv3DTranspose",
        "BasisDepthwiseConv1D",
        "BasisDepthwiseConv2D",
        "BasisSeparableConv1D",
        "BasisSeparableConv2D",
        "Conversion",
        "ConvertedLayer",
        "EnergySplit",
        "FreezeBasis",
        "FrozenBasisError",
        "KernelHistory",
        "PrunedLayer",
        "ReleaseBasis",
        "TensorBoardKernels",
        "Verification",
        "fold",
        "project",
        "prune_layer",
        "rebase",
    ]
