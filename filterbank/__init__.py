"""Banks of filters for convolutions: make them, analyse them, train only their coefficients.

The names are in `__init__.pyi`, and each is loaded when it is first used.
"""

import importlib.util

import lazy_loader

__version__ = "0.1.0"

__getattr__, _, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__.remove("layers")  # `from filterbank import *` shall not load Keras, nor need it


def __dir__() -> list[str]:
    return [*__all__, "layers"] if importlib.util.find_spec("keras") else __all__
