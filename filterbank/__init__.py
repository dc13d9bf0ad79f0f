"""Banks of filters for convolutions: make them, analyse them, train only their coefficients.

The names are in `__init__.pyi`, and each is loaded when it is first used.
"""

import importlib.util

import lazy_loader

__version__ = "0.1.0"

_load, _, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__.remove("layers")  # `from filterbank import *` shall not load Keras, nor need it


def __getattr__(name: str) -> object:
    if name == "layers" or name in __all__:
        return _load(name)
    from difflib import get_close_matches  # needed by mistakes only

    meant = "".join(f"; did you mean {near!r}?" for near in get_close_matches(name, __all__, n=1))
    # With `obj` unset, Python adds no guess of its own.
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{meant}", name=name)


def __dir__() -> list[str]:
    return [*__all__, "layers"] if importlib.util.find_spec("keras") else __all__
