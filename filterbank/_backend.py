"""Keras and its backend, before they are imported."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util


def choose_backend(purpose: str) -> str:
    """Settle on a Keras backend before Keras is imported: the one asked for, or the first that is installed."""
    wanted = os.environ.get("KERAS_BACKEND")
    known = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}
    candidates = [wanted] if wanted else list(known)
    for backend in candidates:
        if util.find_spec("keras") and util.find_spec(known.get(backend, backend)):
            os.environ["KERAS_BACKEND"] = backend
            return backend
    missing, extra = wanted or "a Keras backend", wanted if wanted in known else "tensorflow"
    raise ImportError(f'{purpose} and needs {missing}; pip install "filterbank[{extra}]"')


@contextmanager
def without_log() -> Iterator[None]:
    """Keep what TensorFlow logs about itself from the terminal, unless the user has chosen a level.

    Its lines come from C++, and no level counts before its log is set up: they are taken out of what goes to stderr
    while it loads. All else follows when it has loaded.
    """
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            log.seek(0)
            for line in log:
                if not re.match(rb"I\d{4} |WARNING: All log messages before absl", line):
                    os.write(2, line)
