"""Time a bank on an image against loops over its filters, in turns: python tests/benchmarks/apply.py."""

import statistics
import time

import cv2
import numpy as np
from scipy import ndimage, signal

import filterbank as fb

SIDE, FILTERS = 1024, 64


def with_ndimage(image, filters):
    return [ndimage.correlate(image, one, mode="reflect") for one in filters]


def with_opencv(image, filters):
    return [cv2.filter2D(image, -1, one, borderType=cv2.BORDER_REFLECT) for one in filters]


def with_oaconvolve(image, filters):
    widths = [(side // 2, side - 1 - side // 2) for side in filters.shape[1:]]
    padded = np.pad(image, widths, mode="symmetric")
    return [signal.oaconvolve(padded, one[::-1, ::-1], mode="valid") for one in filters]


def seconds(function, *arguments):
    """Time the second of two calls: the first takes fresh memory from the system, which costs more than the rest."""
    function(*arguments)
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def main(rounds=3):
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        image = rng.standard_normal((SIDE, SIDE)).astype(dtype)
        for k in (5, 11, 31):
            banks = {"random": rng.standard_normal((FILTERS, k, k))}
            if k > 5:
                banks["dct"] = fb.dct(k, n=FILTERS).filters
            for name, bank in banks.items():
                filters = bank.astype(dtype)
                ours, theirs = fb.apply(image[:99], bank), np.array(with_opencv(image[:99], filters))
                agreement = np.abs(theirs - ours).max() / np.abs(ours).max()
                times = {"apply": [], "OpenCV": [], "oaconvolve": [], "ndimage": []}
                for _ in range(rounds):
                    times["apply"].append(seconds(fb.apply, image, bank))
                    times["OpenCV"].append(seconds(with_opencv, image, filters))
                    times["oaconvolve"].append(seconds(with_oaconvolve, image, filters))
                    # Every filter takes the same time: four of them stand for all.
                    times["ndimage"].append(seconds(with_ndimage, image, filters[:4]) * len(filters) / 4)
                text = ", ".join(
                    f"{other} {statistics.median(b / a for a, b in zip(times['apply'], times[other], strict=True)):.1f}"
                    for other in times
                    if other != "apply"
                )
                print(
                    f"{np.dtype(dtype).name}, {FILTERS} {name} filters of {k}x{k} on {SIDE}x{SIDE}: "
                    f"{statistics.median(times['apply']) * 1e3:.0f} ms; times as long: {text} "
                    f"(agrees with OpenCV to {agreement:.0e})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
