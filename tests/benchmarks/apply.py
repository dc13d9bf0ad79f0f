"""Time a bank on an image against loops over its filters, and against PyWavelets, in turns.

python -m tests.benchmarks.apply [-o FILE] [--quick]
"""

from functools import partial

import numpy as np
import pywt
from scipy import ndimage, signal

import filterbank as fb

from . import tables
from .timing import in_turns

FILTERS = 64
STANDING_FOR_ALL = 4  # filters of the loop of ndimage, where each takes the same time
WAVELETS = [("haar", 1), ("db2", 1), ("db2", 2), ("db4", 2)]


def with_ndimage(image, filters):
    return [ndimage.correlate(image, one, mode="reflect") for one in filters[:STANDING_FOR_ALL]]


def with_opencv(image, filters):
    import cv2

    return [cv2.filter2D(image, -1, one, borderType=cv2.BORDER_REFLECT) for one in filters]


def with_oaconvolve(image, filters):
    widths = [(side // 2, side - 1 - side // 2) for side in filters.shape[1:]]
    padded = np.pad(image, widths, mode="symmetric")
    return [signal.oaconvolve(padded, one[::-1, ::-1], mode="valid") for one in filters]


def with_swt2(image, wavelet, levels):
    approximation, *details = pywt.swt2(image, wavelet, level=levels, trim_approx=True)
    return [approximation, *(plane for level in details for plane in level)]


def shifted(responses, bank):
    """Return the responses where `swt2` has them: its arrays are those of `fb.apply` up to whole pixels."""
    shifts = zip(bank.parameters["shift_y"], bank.parameters["shift_x"], strict=True)
    return np.array([np.roll(one, shift, (0, 1)) for one, shift in zip(responses, shifts, strict=True)])


def difference(ours, theirs):
    return float(np.abs(theirs - ours[: len(theirs)]).max() / np.abs(ours).max())


def rows(quick=False):
    rng = np.random.default_rng(0)
    side, rounds = (128, 2) if quick else (1024, 3)
    others = {"OpenCV": with_opencv, "oaconvolve": with_oaconvolve, "ndimage": with_ndimage}
    if not tables.installed("cv2"):
        del others["OpenCV"]
        yield tables.skipped("loops of OpenCV", "cv2")
    cases = [
        (dtype, k, name)
        for dtype in (np.float64, np.float32)
        for k in (5, 11, 31)
        for name in ("random", "dct")
        if k > 5 or name == "random"
    ]
    for dtype, k, name in cases[:1] if quick else cases:
        image = rng.standard_normal((side, side)).astype(dtype)
        bank = fb.dct(k, n=FILTERS).filters if name == "dct" else rng.standard_normal((FILTERS, k, k))
        filters = bank.astype(dtype)
        ours = fb.apply(image[:99], bank)
        agreement = {other: difference(ours, function(image[:99], filters)) for other, function in others.items()}
        functions = {other: partial(function, image, filters) for other, function in others.items()}
        # The call right before takes fresh memory from the system, which costs more than the rest.
        samples = in_turns({"fb.apply": partial(fb.apply, image, bank), **functions}, rounds, least=0, before=1)
        samples["ndimage"] = [one * FILTERS / STANDING_FOR_ALL for one in samples["ndimage"]]
        case = f"{np.dtype(dtype).name}, {FILTERS} {name} filters of {k}x{k} on {side}x{side}"
        yield {"case": case, "unit": "s", "samples": samples, "agreement": agreement}
    image = rng.standard_normal((side, side))
    for wavelet, levels in WAVELETS[:1] if quick else WAVELETS:
        k = (pywt.Wavelet(wavelet).dec_len - 1) * (2**levels - 1) + 1
        bank = fb.wavelet(k, wavelet=wavelet, levels=levels, norm=None)
        functions = {
            "fb.apply": partial(fb.apply, image, bank, mode="wrap"),
            "pywt.swt2": partial(with_swt2, image, wavelet, levels),
        }
        agreement = difference(shifted(functions["fb.apply"](), bank), functions["pywt.swt2"]())
        yield {
            "case": f"float64, {len(bank)} wavelets of {wavelet}, {k}x{k} on {side}x{side}",
            "unit": "s",
            "samples": in_turns(functions, rounds, least=0, before=1),
            "agreement": {"pywt.swt2": agreement},
        }


if __name__ == "__main__":
    tables.main(__doc__, rows=rows)
