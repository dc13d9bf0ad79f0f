r"""
Tiling the frequency plane
==========================

How wide must Gabor filters be, and how far apart, so that nothing is lost between them? You will see how
bandwidth and spacing decide the frame bounds of a bank, what the bounds mean for rebuilding a photograph from its
responses, and what makes a bank tight, where the responses add up to the photograph itself.
"""

# %%
# From spacing to width
# ---------------------
#
# Filters stand an octave apart, in six orientations. Those of a bandwidth of one octave touch at half of their
# amplitude along the frequencies. Neighbours in orientation touch there too if the aspect ratio of the Gaussian, for
# :math:`K` orientations and :math:`B` octaves, is
# :math:`\frac{2 \cdot 2^{B/2}}{2^B - 1} \tan\frac{\pi}{2K}`: the rule of Manjunath and Ma (IEEE Trans. Pattern Anal.
# Mach. Intell. 18 (1996), 837-842), in the terms of :func:`filterbank.gabor`. The contours below, of half amplitude,
# are measured from the filters.

import warnings

import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import filterbank as fb


def touching(bandwidth, orientations):
    """Return the aspect ratio at which neighbours of that many orientations touch at half amplitude."""
    return 2 * 2 ** (bandwidth / 2) / (2**bandwidth - 1) * np.tan(np.pi / (2 * orientations))


def tiles(orientations=6, bandwidth=1.0, spacing=1.0, aspect_ratio=None, size=31):
    """Return Gabor filters from 0.094 to 0.375 cycles per pixel, `spacing` octaves apart; six orientations touch."""
    frequencies = 0.375 * 2.0 ** np.arange(-2, spacing / 2, spacing)
    return fb.gabor(
        size,
        frequencies=frequencies,
        orientations=orientations,
        bandwidth=bandwidth,
        aspect_ratio=aspect_ratio or touching(1, 6),
        norm=None,
    )


bank = tiles()
print(bank)
print(f"aspect ratio {touching(1, 6):.3f}, frequencies {np.unique(bank.parameters['frequency'])}")


widths = {
    "too narrow": tiles(bandwidth=0.7, aspect_ratio=touching(0.7, 8), size=51),
    "touching": bank,
    "wider than need be": tiles(bandwidth=1.5, aspect_ratio=touching(1.5, 3)),
}
figure = plt.figure(figsize=(9, 3.3), layout="constrained")
for part, (name, some) in zip(figure.subfigures(1, 3), widths.items(), strict=True):
    even = some[some.parameters["phase"] == 0]
    fb.plot.spectrum(even, kind="contours", color="frequency", colorbar=False, fig=part)
    part.suptitle(name, fontsize="medium")

# %%
# What the spacing costs
# ----------------------
#
# A bank changes the energy of a wave by the sum of its filters' squared magnitudes there. Inside the octaves that the
# bank is made for, the ratio of the largest sum to the smallest says how even it is. The filters keep their width here
# and only stand closer or further apart. Too few orientations leave gaps that no number of frequencies fills; past
# the point where the filters touch, twice as many buy less and less.


def evenness(bank):
    """Return the largest over the smallest power at the frequencies from 0.094 to 0.375 cycles per pixel."""
    covered = fb.analysis.coverage(bank, 256)
    radius = np.hypot(*np.meshgrid(*covered.frequencies, indexing="ij"))
    inside = covered.power[(radius >= 0.094) & (radius <= 0.375)]
    return inside.max() / inside.min()


print("orientations  octaves between  filters  power varies")
for orientations in (3, 4, 6, 12):
    for spacing in (1.0, 0.5):
        some = tiles(orientations, spacing=spacing)
        print(f"{orientations:12d}  {spacing:15.1f}  {len(some):7d}  {evenness(some):8.2f}-fold")

# %%
# Both ends
# ---------
#
# Constants and the corners of the plane lie outside every Gabor. A Gaussian takes the low end, and a pixel less a
# narrow Gaussian the high end; they too touch their neighbours at half amplitude. Now no frequency is lost: the lower
# frame bound is above zero. The amplitudes of the formula (``norm=None``) matter, as filters of unit energy have
# higher peaks the narrower they are in frequency. The picture shows the power over frequency, and where it is least
# and largest: the frame bounds A and B.


def with_ends(bank):
    """Return a bank with a round low-pass and a round high-pass filter more."""
    frequency = bank.parameters["frequency"]
    reach = np.sqrt(2 * np.log(2)) / (2 * np.pi)  # sigma of a Gaussian times the frequency where it has fallen to half
    low, high = (
        fb.gaussian_derivative(31, n=1, sigma=reach / edge, sampling="discrete", norm="l1")[0]
        for edge in (frequency.min() * 2 / 3, frequency.max() * 4 / 3)
    )
    pixel = np.pad([[1.0]], 15)
    return fb.concatenate(bank, np.sqrt(0.5) * np.stack([low, pixel - high]))


def ratio(bank):
    """Return the upper frame bound over the lower one."""
    bounds = fb.analysis.frame_bounds(bank)
    return bounds.upper / bounds.lower


frame = with_ends(bank)
for name, some in {
    "Gabors": bank,
    "with both ends": frame,
    "unit energy, with both ends": fb.normalize(frame),
}.items():
    bounds = fb.analysis.frame_bounds(some)
    print(f"{name:>27}: power {bounds.lower:.2g} to {bounds.upper:.3g}, varies {ratio(some):.3g}-fold")

figure = plt.figure(figsize=(9, 3.6), layout="constrained")
for part, (name, some) in zip(figure.subfigures(1, 2), {"Gabors": bank, "with both ends": frame}.items(), strict=True):
    fb.plot.coverage(some, fig=part)
    part.suptitle(name, fontsize="medium")

# %%
# Made tight
# ----------
#
# Dividing the spectrum of every filter by the root of the power of all of them makes the power 1 everywhere. The
# filters become infinitely long, though they fall off soon; cut to a window they are nearly tight, the more so the
# larger the window. Each stays close to the Gabor that it was: the cosine between the two is printed, and the slowest
# waves are drawn, which change most.


def tightened(bank, size, shape=(256, 256)):
    """Return the filters of the nearest tight frame of periodic images, cut to a window."""
    spectra = np.fft.fft2(bank.filters, shape)
    filters = np.fft.ifft2(spectra / np.sqrt(np.sum(np.abs(spectra) ** 2, axis=0))).real
    margin = (size - bank.size[0]) // 2
    return fb.FilterBank(np.roll(filters, (margin, margin), axis=(1, 2))[:, :size, :size])


for size in (31, 47, 63):
    cut = tightened(frame, size)
    bounds = fb.analysis.frame_bounds(cut)
    print(f"cut to {size}x{size}: power {bounds.lower:.3f} to {bounds.upper:.3f}, varies {ratio(cut):.3g}-fold")
tight = tightened(frame, 31)

cosines = np.sum(fb.normalize(tight).filters * fb.normalize(frame).filters, axis=(1, 2))
print(f"cosines with the filters before: {cosines[:-2].min():.3f} to {cosines[:-2].max():.3f}")
figure = plt.figure(figsize=(9, 2.6), layout="constrained")
for part, (name, some) in zip(figure.subfigures(1, 2), {"Gabors": frame, "made tight": tight}.items(), strict=True):
    fb.plot.filters(fb.normalize(some)[[0, 1, 2, 3, 4, 5, 6, 7]], columns=4, fig=part)
    part.suptitle(name, fontsize="medium")

# %%
# A photograph from its responses
# -------------------------------
#
# Correlate, convolve the responses with the same filters, add up: a tight frame gives the photograph back. Of any other
# frame the sum is a wrong photograph, and repeating the step on what is left mends it. With the bounds :math:`A` and
# :math:`B` each step leaves at most the share :math:`(B - A) / (B + A)` of the error (Duffin and Schaeffer, Trans. Am.
# Math. Soc. 72 (1952), 341-366). The dual on the grid of the photograph does in one step what these steps approach.

photograph = data.camera()[60:204, 150:294] / 255


def around(image, bank):
    """Return the sum of the responses of an image, each convolved with its filter; images are periodic."""
    responses = fb.apply(image, bank, mode="wrap")
    turned = bank.filters[:, ::-1, ::-1]
    return sum(fb.apply(response, one[None], mode="wrap")[0] for response, one in zip(responses, turned, strict=True))


def steps(bank, count):
    """Return the image after one step, the errors of all steps as shares, and the share that each step may leave."""
    bounds = fb.analysis.frame_bounds(bank, photograph.shape)
    rebuilt, errors, first = np.zeros_like(photograph), [1.0], None
    for _ in range(count):
        rebuilt = rebuilt + 2 / (bounds.lower + bounds.upper) * around(photograph - rebuilt, bank)
        errors.append(np.linalg.norm(photograph - rebuilt) / np.linalg.norm(photograph))
        first = rebuilt if first is None else first
    return first, np.array(errors), (bounds.upper - bounds.lower) / (bounds.upper + bounds.lower)


runs = {"with both ends": steps(frame, 5), "made tight, cut to 31x31": steps(tight, 5)}
dual = fb.analysis.perfect_reconstruction(frame, photograph.shape)
responses = np.fft.fft2(fb.apply(photograph, frame, mode="wrap"))
exact = np.fft.ifft2(np.sum(responses * np.fft.fft2(dual.dual), axis=0)).real

figure, ax = plt.subplots(figsize=(5.5, 3.4), layout="constrained")
for index, (name, (_, errors, share)) in enumerate(runs.items()):
    ax.semilogy(errors, "o-", color=f"C{index}", label=name)
    ax.semilogy(share ** np.arange(len(errors)), ":", color=f"C{index}", label=f"bound, {share:.2f} a step")
    print(f"{name:>24}: error after one step {errors[1]:.1%}, after five {errors[-1]:.1g}")
print(f"{'the dual':>24}: largest error {np.abs(exact - photograph).max():.1e}")
ax.set(xlabel="steps", ylabel="error, share of the photograph")
ax.legend(frameon=False)

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, (name, image) in zip(
    axes, {"photograph": photograph, **{f"one step, {name}": run[0] for name, run in runs.items()}}.items(), strict=True
):
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set_title(name, fontsize="medium")
    ax.set_axis_off()

# %%
# Tight for patches
# -----------------
#
# :func:`filterbank.tighten` is another thing: it makes a bank tight for single patches of the window's size, by moving
# the filters as little as that takes. Where the filters span all patches, the power over frequency is constant too.
# That takes as many filters as pixels, so small windows: here 36 Gabors in 5x5 pixels, which says that they are
# dependent as soon as they are made. On our 38 filters in 961 pixels it does the opposite, as it raises what is weak
# in the patches that they span.

with warnings.catch_warnings(action="ignore", category=fb.BankWarning):
    small = fb.gabor(5, frequencies=[0.1, 0.2, 0.4], orientations=6)
parseval = fb.tighten(small)
for name, some in {"36 of 5x5": small, "38 of 31x31": frame}.items():
    print(f"{name:>12}: power varies {ratio(some):.3g}-fold, tightened {ratio(fb.tighten(some)):.3g}-fold")

# A patch stands at as many places as it has pixels, so the sum is as many times the photograph.
rebuilt = around(photograph, parseval) / 25
print(f"photograph from the tightened 5x5 filters: largest error {np.abs(rebuilt - photograph).max():.1e}")
cosines = np.sum(fb.normalize(parseval).filters * fb.normalize(small).filters, axis=(1, 2))
print(f"cosines with the filters before: {cosines.min():.2f} to {cosines.max():.2f}")

figure = plt.figure(figsize=(9, 2.2), layout="constrained")
for part, (name, some) in zip(
    figure.subfigures(1, 2), {"Gabors": small, "tightened for patches": parseval}.items(), strict=True
):
    fb.plot.filters(fb.normalize(some), fig=part, columns=12)
    part.suptitle(name, fontsize="medium")

# %%
# The price shows: tight in so few pixels, the filters are Gabors no more. In large windows the frame is nearly as even
# as one likes, and the filters stay what they were designed to be.

plt.show()
