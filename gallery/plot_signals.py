r"""
Banks for signals
=================

Everything works in one dimension too: here on an electrocardiogram of three heartbeats, from PyWavelets. You will see
its beats over time and frequency, in how much noise a filter of a bank still finds them, and whether filters that are
learned from the recording say more of its next beat than cosines do.
"""

# sphinx_gallery_thumbnail_number = 3

# %%
# Gabor pairs over four octaves
# -----------------------------
#
# A window of one number in a tuple makes filters of one dimension, ``(n, width)``. Each frequency has an even and an
# odd wave; some even ones are drawn.

import matplotlib.pyplot as plt
import numpy as np
import pywt
from scipy import signal

import filterbank as fb

beats = pywt.data.ecg().astype(float)
frequencies = 0.01 * 2.0 ** (np.arange(0, 13) / 3)
bank = fb.gabor((257,), frequencies=frequencies, bandwidth=1)
print(bank)
fb.plot.filters(bank[::6], labels="frequency", columns=3)

# %%
# A third of an octave apart and an octave wide, they overlap; of unit energy, they are the higher the narrower.

fb.plot.spectrum(bank[bank.parameters["phase"] == 0], kind="contours", color="frequency")

# %%
# Over time and frequency
# -----------------------
#
# The root of the sum of the squares of each pair is the envelope of its wave. A beat is a sharp peak: it answers in
# every band at once, for a shorter time the higher the band. The slow waves before and after it answer in the low ones
# only.


def envelopes(recording):
    """Return the envelope of every frequency, `(frequencies, samples)`."""
    pairs = fb.apply(recording - np.median(recording), bank).reshape(len(frequencies), 2, -1)
    return np.linalg.norm(pairs, axis=1)


figure, axes = plt.subplots(2, 1, figsize=(8, 4.6), layout="constrained", sharex=True, height_ratios=(2, 3))
axes[0].plot(beats, linewidth=1)
axes[0].set_ylabel("recording")
edges = np.append(frequencies, frequencies[-1] * 2 ** (1 / 3)) / 2 ** (1 / 6)
drawn = axes[1].pcolormesh(np.arange(len(beats) + 1) - 0.5, edges, envelopes(beats), rasterized=True)
axes[1].set(yscale="log", xlabel="sample", ylabel="cycles per sample", xlim=(0, len(beats) - 1))
axes[1].set_yticks([0.01, 0.02, 0.04, 0.08, 0.16], ["0.01", "0.02", "0.04", "0.08", "0.16"])
axes[1].minorticks_off()
figure.colorbar(drawn, ax=axes[1], label="envelope")
contrast = [np.max(one) / np.median(one) for one in envelopes(beats)]
print("largest over median envelope, low to high:", np.round(contrast[::3], 1))

# %%
# Beats under noise
# -----------------
#
# White noise and a slow drift are added, many times. A beat counts as found if one of the three highest peaks is
# within ten samples of it, no two peaks being closer than a hundred. Filters of unit energy pass the same share of
# white noise, so the one that responds most to the clean beats is the best of the bank. Best of all filters is the beat
# itself (the matched filter; Turin, IRE Trans. Inf. Theory 6 (1960), 311-329): here the first beat, less its mean.

truth = signal.find_peaks(beats, distance=100, height=beats.max() / 2)[0]
even = bank[bank.parameters["phase"] == 0]
best = int(np.argmax(fb.apply(beats, even)[:, truth].mean(axis=1)))
window = beats[truth[0] - 32 : truth[0] + 33]
beat = fb.normalize(fb.zero_mean(window[None]))
cosine = beat[0] @ fb.normalize(even[[best]].filters[:, 96:161])[0]
print(f"beats at {truth}; best {frequencies[best]:.3f} cycles per sample, cosine with the beat {cosine:.2f}")


def found(recording):
    """Return the share of the beats that the three highest peaks find."""
    peaks = signal.find_peaks(recording, distance=100)[0]
    highest = peaks[np.argsort(recording[peaks])[-3:]]
    return np.mean(np.abs(truth[:, None] - highest).min(axis=1) <= 10)


detectors = {
    "the recording": lambda recording: recording,
    "envelope of the best Gabor": lambda recording: envelopes(recording)[best],
    "the best Gabor": lambda recording: fb.apply(recording, even[[best]])[0],
    "the first beat": lambda recording: fb.apply(recording, beat)[0],
}
rng = np.random.default_rng(0)
levels = (25, 50, 100, 150, 200, 300)
shares = {name: [] for name in detectors}
for level in levels:
    draws = []
    for _ in range(100):
        drift = 150 * np.sin(2 * np.pi * (np.arange(len(beats)) / 600 + rng.uniform()))
        draws.append(beats + drift + level * rng.standard_normal(len(beats)))
    for name, detector in detectors.items():
        shares[name].append(np.mean([found(detector(draw)) for draw in draws]))
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, values in shares.items():
    ax.plot(np.array(levels) / np.ptp(beats), values, "o-", label=name)
ax.set(xlabel="deviation of the noise, share of the height of a beat", ylabel="beats found", ylim=(0, 1.03))
ax.legend(frameon=False, fontsize="small", loc="lower left")
print("deviation of the noise    " + "".join(f"{level:6d}" for level in levels))
for name, values in shares.items():
    print(f"{name:26s}" + "".join(f"{value:6.0%}" for value in values))

# %%
# The envelope does not know up from down, and pays for it. Of the two that do, the Gabor was made without a look at the
# beat; only its frequency was chosen.

# %%
# Learned or designed?
# --------------------
#
# The principal components of all windows of the first two beats, and what the first ``n`` of them miss of the windows
# of the third, beside cosines, Slepian sequences and wavelets.

size = (64,)
known, new = fb.patch_moments(beats[:684], size), fb.patch_moments(beats[684:], size)
bases = {
    "components of the third": fb.pca(new, size),
    "components of the first two": fb.pca(known, size),
    "cosines": fb.dct(size),
    "Slepian": fb.slepian(size),
    "wavelets, db2": fb.wavelet_basis(size, wavelet="db2"),
    "random": fb.random(size, rng=0),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
axes[0].plot(bases["components of the first two"].filters[:4].T, label=["1", "2", "3", "4"])
axes[0].legend(frameon=False, ncols=4, loc="lower center", fontsize="small")
axes[0].set(title="four components of the first two beats", xlabel="sample", ylim=(-0.28, 0.24))
counts = np.array([2, 4, 8, 12, 16, 24])
rows = ["missed of the third beat, n =" + "".join(f"{count:7d}" for count in counts)]
for name, basis in bases.items():
    energies = np.einsum("ip,pq,iq->i", basis.filters, new.covariance, basis.filters)
    missed = 1 - np.cumsum(energies) / np.trace(new.covariance)
    rows.append(f"{name:29s}" + "".join(f"{missed[count - 1]:7.1%}" for count in counts))
    axes[1].semilogy(np.arange(1, 41), missed[:40], label=name, linestyle=":" if "third" in name else "-")
axes[1].set(xlabel="filters", ylabel="share of the variance missed", ylim=(1e-4, 1.1))
axes[1].legend(frameon=False, fontsize="small")
print(*rows, sep="\n")

# %%
# Windows begin anywhere, so a beat stands anywhere in them, and the components must say every shift of it alike: that
# makes waves of them, whatever the shape of the beat. The cosines miss little more and need no recording. The wavelets
# fit single beats at single places, which the first few of a fixed order cannot do.

plt.show()
