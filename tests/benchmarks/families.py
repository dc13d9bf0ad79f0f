"""Time 1,024 Gabor filters of 31x31 against a loop of cv2.getGaborKernel, in turns.

python -m tests.benchmarks.families [-o FILE] [--quick]
"""

import warnings
from functools import partial

import numpy as np

import filterbank as fb

from . import tables
from .timing import in_turns

FREQUENCIES = np.linspace(0.1, 0.4, 16)
ANGLES = np.arange(32) * np.pi / 32
PHASES = (0.0, np.pi / 2)
CASES = {
    "round envelopes": {},
    "aspect ratio 0.5": {"aspect_ratio": 0.5},
    "a sigma for each frequency": {"sigma": np.linspace(6.0, 3.0, 16)},
    "zero mean, which OpenCV does not make": {"zero_mean": True},
}


def ours(sigma=5.0, **arguments):
    return fb.gabor(31, frequencies=FREQUENCIES, orientations=ANGLES, phases=PHASES, sigma=sigma, **arguments)


def opencv(sigma=5.0, aspect_ratio=1.0, zero_mean=False):
    import cv2

    return np.stack(
        [
            cv2.getGaborKernel((31, 31), width, angle, 1 / frequency, aspect_ratio, phase)
            for frequency, width in zip(FREQUENCIES, np.broadcast_to(sigma, 16), strict=True)
            for angle in ANGLES
            for phase in PHASES
        ]
    )


def rows(quick=False):
    if not tables.installed("cv2"):
        yield tables.skipped("Gabor filters", "cv2")
        return
    for name, arguments in list(CASES.items())[: 1 if quick else None]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fb.BankWarning)  # 1,024 filters on 961 pixels are dependent
            functions = {"fb.gabor": partial(ours, **arguments), "OpenCV": partial(opencv, **arguments)}
            samples = in_turns(functions, 3 if quick else 30, least=0)
        yield {"case": f"Gabor filters, {name}", "unit": "s", "samples": samples}


if __name__ == "__main__":
    tables.main(__doc__, rows=rows)
