"""Time whole processes that import filterbank against those that import what it stands on, in turns.

python -m tests.benchmarks.imports [-o FILE] [--quick]
"""

import os
import subprocess
import sys
from functools import partial

from . import tables
from .timing import in_turns

# Importing filterbank is at most 1.15 times as long as NumPy, and its layers 0.3 s longer than Keras.
NUMPY = {"import filterbank": "import filterbank", "import numpy": "import numpy"}
# Names load when they are first used: a first bank waits for SciPy.
FIRST_BANK = {"a first bank": "import filterbank; filterbank.dct(11)", "import scipy.fft": "import scipy.fft"}
KERAS = {"filterbank.layers": "from filterbank.layers import BasisConv2D", "import keras": "import keras"}


def python(code):
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode on the disk, each process would compile
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, stderr=subprocess.DEVNULL)


def measured(case, codes, rounds):
    functions = {name: partial(python, code) for name, code in codes.items()}
    return {"case": case, "unit": "s", "samples": in_turns(functions, rounds, least=0)}


def rows(quick=False):
    yield measured("the core", NUMPY, 2 if quick else 21)
    yield measured("the core and its first bank", FIRST_BANK, 2 if quick else 21)
    missing = [module for module in ("keras", "tensorflow") if not tables.installed(module)]
    if missing:
        yield tables.skipped("the layers, on TensorFlow", missing[0])
    elif not quick:
        yield measured("the layers, on TensorFlow", KERAS, 9)


if __name__ == "__main__":
    tables.main(__doc__, rows=rows)
