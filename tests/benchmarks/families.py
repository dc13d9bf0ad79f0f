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


def ours():
    return fb.gabor(31, frequencies=FREQUENCIES, orientations=ANGLES, phases=PHASES, sigma=5.0)


def opencv():
    return np.stack(
        [
            cv2.getGaborKernel((31, 31), 5.0, angle, 1 / frequency, 1.0, phase)
            for frequency in FREQUENCIES
            for angle in ANGLES
            for phase in PHASES
        ]
    )


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main(rounds=30):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fb.BankWarning)  # 1,024 filters on 961 pixels are dependent
        pairs = [(seconds(ours), seconds(opencv)) for _ in range(rounds + 1)][1:]
    ratios = sorted(mine / theirs for mine, theirs in pairs)
    print(f"1,024 Gabor filters at 31x31, {rounds} rounds in turns")
    print(f"filterbank {statistics.median(mine for mine, _ in pairs) * 1e3:.1f} ms (median)")
    print(f"cv2.getGaborKernel {statistics.median(theirs for _, theirs in pairs) * 1e3:.1f} ms (median)")
    print(f"ratio {statistics.median(ratios):.2f} (median), {ratios[0]:.2f} to {ratios[-1]:.2f}")


if __name__ == "__main__":
    main()
