"""Time families against what a user would call instead, in turns: python tests/benchmarks/families.py."""

import statistics
import time
import warnings

import cv2
import numpy as np

import filterbank as fb

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
    return np.stack(
        [
            cv2.getGaborKernel((31, 31), width, angle, 1 / frequency, aspect_ratio, phase)
            for frequency, width in zip(FREQUENCIES, np.broadcast_to(sigma, 16), strict=True)
            for angle in ANGLES
            for phase in PHASES
        ]
    )


def seconds(function, arguments):
    start = time.perf_counter()
    function(**arguments)
    return time.perf_counter() - start


def main(rounds=30):
    print(f"1,024 Gabor filters at 31x31, {rounds} rounds in turns: filterbank against a loop of cv2.getGaborKernel")
    for name, arguments in CASES.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fb.BankWarning)  # 1,024 filters on 961 pixels are dependent
            pairs = [(seconds(ours, arguments), seconds(opencv, arguments)) for _ in range(rounds + 1)][1:]
        ratios = sorted(mine / theirs for mine, theirs in pairs)
        mine, theirs = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
        print(
            f"{name}: {mine:.1f} ms against {theirs:.1f} ms (medians), "
            f"ratio {statistics.median(ratios):.2f} (median), {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
