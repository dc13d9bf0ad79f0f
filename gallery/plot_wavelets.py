r"""
Wavelets as a bank
==================

The undecimated wavelet transform is a bank of a few filters like any other. You will see that it gives PyWavelets'
coefficients, what it takes for the image to come back from them, what a transform loses that keeps only every eighth
pixel, and which bank takes most noise off a photograph: wavelets, every one of their shifts, or cosines.
"""

# sphinx_gallery_thumbnail_number = 6

# %%
# The filters
# -----------
#
# A level filters the approximation of the level before. Put together, each subband is one filter, twice as long at
# every level. Correlating with it gives the subband of ``pywt.swt2``, up to whole pixels, which the bank knows.

import matplotlib.pyplot as plt
import numpy as np
import pywt
from skimage import data, metrics, restoration

import filterbank as fb

bank = fb.wavelet(22, wavelet="db2", levels=3)
fb.plot.filters(bank, labels=["subband", "level"], columns=5, scale="each")

# %%
# A level up is half the frequencies: which each filter passes.

fb.plot.spectrum(bank, labels=["subband", "level"], columns=5, scale="each")

# %%
# The same numbers as PyWavelets', and the photograph through the filters.


photograph = data.camera()[40:296, 100:356] / 255
approximation, *details = pywt.swt2(photograph, "db2", 3, trim_approx=True)
theirs = np.stack([approximation, *(band for level in details for band in level)])
shifts = zip(bank.parameters["shift_y"], bank.parameters["shift_x"], strict=True)
ours = fb.apply(photograph, bank, mode="wrap")
ours = np.stack([np.roll(one, shift, axis=(0, 1)) for one, shift in zip(ours, shifts, strict=True)])
print(bank)
print(f"largest difference from pywt.swt2: {np.abs(ours - theirs).max():.1e}")
fb.plot.responses(photograph, bank, labels=["subband", "level"], columns=4, scale="each")

# %%
# Whether the image comes back
# ----------------------------
#
# It does where the power of all filters together vanishes at no frequency. With filters of unit energy, the power of
# an orthogonal wavelet falls by four a level; divided by two a level, it is the same everywhere, and the bank is a
# tight frame (Mallat, A Wavelet Tour of Signal Processing, 3rd ed., section 5.2): the same filters rebuild the image.
# Biorthogonal wavelets come back too, with filters of their own.


def scaled(bank):
    """Return the bank with the filters divided by two at every level."""
    return fb.FilterBank(bank.filters / 2.0 ** bank.parameters["level"][:, None, None])


print("wavelet   window  power varies  scaled by level  error of rebuilt noise")
for name, size in {"haar": 8, "db2": 22, "sym4": 50, "coif1": 36, "bior2.2": 36, "bior4.4": 64}.items():
    some = fb.wavelet(size, wavelet=name, levels=3)
    first, second = (fb.analysis.perfect_reconstruction(one, (128, 128)) for one in (some, scaled(some)))
    varies = f"{first.condition:8.2f}-fold {second.condition:11.2f}-fold"
    print(f"{name:8s} {size:3d}x{size:<3d} {varies} {second.error:20.1e}")

# %%
# Every eighth pixel
# ------------------
#
# The usual transform keeps a third-level coefficient at every eighth pixel: as many numbers as pixels, but they depend
# on where the eighths begin. The steerable pyramid keeps every fourth at that frequency, made so that next to nothing
# is aliased (Simoncelli et al., IEEE Trans. Inf. Theory 38 (1992), 587-607). Here the photograph moves by single
# pixels, and the energy of what is kept of its upright edges is summed. ``shift_invariance`` is the share of the
# variation of such an energy that is owed to the signal, for white noise.

pyramid = fb.steerable_pyramid(43, levels=3, order=1)
coarse = {
    "db2, every eighth": (bank[(bank.parameters["level"] == 3) & (bank.parameters["subband"] == "vertical")], 8),
    "steerable, every fourth": (pyramid[pyramid.parameters["scale"] == 4][:1], 4),
}
figure, ax = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
invariances = []
for name, (one, stride) in coarse.items():
    response = fb.apply(photograph, one, mode="wrap")[0]
    energy = np.array([np.sum(np.roll(response, move, axis=1)[::stride, ::stride] ** 2) for move in range(17)])
    energy *= stride**2 / np.sum(response**2)
    invariance = fb.analysis.shift_invariance(one, stride=stride).per_filter[0]
    invariances.append(f"{name:>23}: energy {energy.min():.3f} to {energy.max():.3f}, invariance {invariance:.3f}")
    ax.plot(energy, "o-", markersize=4, label=name)
ax.axhline(1, color="0.5", linestyle=":")
ax.set(xlabel="photograph moved by (pixels)", ylabel="energy, share of all pixels'", ylim=(0.8, 1.25))
ax.legend(frameon=False, ncols=2)
print(*invariances, sep="\n")

# %%
# Taking noise off
# ----------------
#
# Noise spreads over all coefficients alike; a photograph is in a few. So small coefficients are set to zero, and the
# image is rebuilt with the dual of the bank (Donoho and Johnstone, Biometrika 81 (1994), 425-455; with all shifts,
# Coifman and Donoho, "Translation-invariant de-noising", 1995). The threshold is in deviations of the noise in each
# coefficient. Nothing here is particular to wavelets: the same function takes the cosines of every 8x8 window. Printed
# are the scores at the best threshold, which only knows who has the photograph without noise.

deviation = 0.1
noisy = photograph + deviation * np.random.default_rng(0).standard_normal(photograph.shape)
thresholds = np.arange(1.5, 4.6, 0.25)


def denoised(bank, smooth):
    """Return the image rebuilt from large coefficients, for each threshold; `smooth` ones are all kept."""
    synthesis = np.fft.rfft2(fb.analysis.perfect_reconstruction(bank, noisy.shape).dual)
    responses = fb.apply(noisy, bank, mode="wrap")
    noise = deviation * np.linalg.norm(bank.filters, axis=(1, 2))[:, None, None]
    for threshold in thresholds:
        large = (np.abs(responses) > threshold * noise) | smooth[:, None, None]
        yield np.fft.irfft2(np.sum(np.fft.rfft2(responses * large) * synthesis, axis=0), noisy.shape)


def decimated(name):
    """Return the same with PyWavelets' usual transform, which keeps as many coefficients as pixels."""
    kept, *levels = pywt.wavedec2(noisy, name, "periodization", level=3)
    for threshold in thresholds:
        hard = [tuple(pywt.threshold(band, threshold * deviation, "hard") for band in level) for level in levels]
        yield pywt.waverec2([kept, *hard], name, "periodization")


def stationary(name):
    """Return the same with PyWavelets' undecimated transform."""
    kept, *levels = pywt.swt2(noisy, name, 3, trim_approx=True)
    for threshold in thresholds:
        hard = [tuple(pywt.threshold(band, threshold * deviation, "hard") for band in level) for level in levels]
        yield pywt.iswt2([kept, *hard], name)


def quality(image):
    """Return the peak signal-to-noise ratio in decibels."""
    return metrics.peak_signal_noise_ratio(photograph, image, data_range=1)


long, cosines = fb.wavelet(50, wavelet="sym4", levels=3), fb.dct(8)
runs = {
    "PyWavelets, db2, decimated": decimated("db2"),
    "PyWavelets, sym4, decimated": decimated("sym4"),
    "PyWavelets, db2, undecimated": stationary("db2"),
    "db2": denoised(scaled(bank), bank.parameters["subband"] == "approximation"),
    "sym4": denoised(scaled(long), long.parameters["subband"] == "approximation"),
    "cosines": denoised(cosines, cosines.parameters["frequency"] == 0),
}
figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
best = {"photograph": photograph, "noisy": noisy}
for name, images in runs.items():
    images = list(images)
    scores = [quality(image) for image in images]
    top = int(np.argmax(scores))
    best[name] = images[top]
    style = "kx" if "undecimated" in name else "--" if "PyWavelets" in name else "-"
    ax.plot(thresholds, scores, style, markersize=5, zorder=3 if style == "kx" else 2, label=name)
    print(f"{name:>28}: {scores[top]:.2f} dB at {thresholds[top]:.2f} deviations")
chosen = restoration.denoise_wavelet(noisy, wavelet="db2", wavelet_levels=3, sigma=deviation)
ax.set(xlabel="threshold (deviations of the noise)", ylabel="peak signal-to-noise ratio (dB)")
ax.legend(frameon=False, fontsize="small")
print(f"{'scikit-image, BayesShrink':>28}: {quality(chosen):.2f} dB, db2, decimated; noisy {quality(noisy):.2f} dB")
print(f"db2 from PyWavelets' image: {np.abs(best['db2'] - best['PyWavelets, db2, undecimated']).max():.1e} at most")

# %%
# All shifts are worth more than the choice of the wavelet: without them a different grid of errors stands at every
# edge, and with them the errors average out. And in this photograph, at this noise, cosines do better than both
# wavelets.

shown = ("photograph", "noisy", "PyWavelets, db2, decimated", "db2", "cosines")
figure, axes = plt.subplots(1, 5, figsize=(9, 2.2), layout="constrained")
for ax, name in zip(axes, shown, strict=True):
    ax.imshow(best[name][40:140, 30:130], cmap="gray", vmin=0, vmax=1)
    score = "" if name == "photograph" else f"\n{quality(best[name]):.1f} dB"
    ax.set_title(name.replace("PyWavelets, ", "") + score, fontsize="small")
    ax.set_axis_off()

plt.show()
