"""Banks of filters for convolutions: make them, analyse them, train only their coefficients.

The names are in `__init__.pyi`, and each is loaded when it is first used.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
