r"""
What photographs are made of
============================

The principal components of image patches, from all overlapping patches of a few photographs. You will
see that they are ordered by frequency, how fast their variance falls, how close they come to cosines,
and whether it pays to learn them: on new photographs, against the DCT.
"""

# %%
# All patches, in one pass
# ------------------------
#
# ``patch_moments`` sums over every overlapping patch without writing them out. Moments of different
# photographs add up, so a collection of any size goes through one image at a time.

import matplotlib.pyplot as plt
import numpy as np
from skimage import color, data

import filterbank as fb

size = 11
known = [color.rgb2gray(image) for image in (data.astronaut(), data.chelsea(), data.coffee())]
new = [color.rgb2gray(data.rocket()), data.camera() / 255.0, data.gravel() / 255.0, data.moon() / 255.0]
moments = fb.patch_moments(known, size)
print(moments)

# %%
# Their principal components
# --------------------------
#
# The first is the mean over the patch, then come gradients, then ever finer waves.

bank = fb.pca(moments, size)
figure = plt.figure(figsize=(6, 2.1), layout="constrained")
fb.plot.filters(bank[:24], fig=figure, columns=8)

# %%
# The variance falls as a power of the frequency
# ----------------------------------------------
#
# Photographs have the same structure at every scale, so their power falls as a power of the frequency: about its
# square in scenes that are sharp everywhere, and faster here, where much is out of focus. The components inherit it.
# Here is the variance of each against the frequency that it is tuned to, with the slope of a line through them;
# the arm above the line has one orientation, which is printed; it comes from one photograph, the cup of coffee.

tuned = fb.analysis.tuning(bank)
waves = tuned["frequency"] > 0.5 / size
frequency, variance = tuned["frequency"][waves], bank.parameters["eigenvalue"][waves]
slope, height = np.polyfit(np.log(frequency), np.log(variance), 1)

figure, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
axes.loglog(frequency, variance, "o", markersize=4, alpha=0.6, label="a component")
line = np.array([frequency.min(), frequency.max()])
axes.loglog(line, np.exp(height) * line**slope, "k", linewidth=1, label=f"slope {slope:.1f}")
axes.set(xlabel="peak frequency (cycles per pixel)", ylabel="variance")
axes.set_xticks([0.05, 0.1, 0.2, 0.5], ["0.05", "0.1", "0.2", "0.5"])
axes.minorticks_off()
axes.legend(frameon=False)

above = np.argsort(np.log(variance) - height - slope * np.log(frequency))[-10:]
angles = np.degrees(tuned["orientation"][waves][above])
print(f"the ten components furthest above the line: around {np.median(angles):.0f} degrees")

# %%
# Why they look like cosines
# --------------------------
#
# The statistics of photographs are the same everywhere, so waves are what is independent in them; at the
# borders of a window, cosines are the waves that fit best. How much of the first ``n`` components lies in the span of
# the first ``n`` filters of other families? A random span holds ``n`` of 121 on average.

counts = [3, 6, 10, 15, 21, 28]
families = {
    "dct": fb.dct(size),
    "slepian": fb.slepian(size),
    "legendre": fb.legendre(size),
    "gabor": fb.gabor(size, n=28, frequencies=[0.06, 0.12, 0.25], orientations=5),
}
print("share of the first n components, n =" + "".join(f"{count:8d}" for count in counts))
for name, family in families.items():
    shares = []
    for count in counts:
        components = np.moveaxis(bank[:count].filters, 0, -1)[..., None, :]
        shares.append(fb.analysis.project(components, family[:count]).explained)
    print(f"{name:36s}" + "".join(f"{share:8.1%}" for share in shares))
print(f"{'random, on average':36s}" + "".join(f"{count / size**2:8.1%}" for count in counts))

# %%
# Does it pay to learn them?
# --------------------------
#
# What the first ``n`` filters miss of the variance of patches, on the photographs that the components were learned
# from and on new ones. No basis can do better on its own photographs than theirs.

rng = np.random.default_rng(0)
bases = {"their own": None, "pca": bank, "dct": families["dct"], "random": fb.random(size, rng=rng)}


def missed(basis, covariance):
    """Return the share of the variance that the first filters of an orthonormal basis miss, for every number."""
    flat = basis.filters.reshape(len(basis), -1)
    return 1 - np.cumsum(np.einsum("ip,pq,iq->i", flat, covariance, flat)) / np.trace(covariance)


figure, panels = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
for axes, (title, images) in zip(
    panels, {"photographs it learned from": known, "new photographs": new}.items(), strict=True
):
    of_images = fb.patch_moments(images, size)
    for name, basis in bases.items():
        own = fb.pca(of_images, size) if basis is None else basis
        curve = missed(own, of_images.covariance)
        axes.semilogy(np.arange(1, 61), curve[:60], label=name, linestyle=":" if basis is None else "-")
        if title.startswith("new"):
            print(
                f"{name:10s} misses on new photographs: " + ", ".join(f"{curve[n - 1]:.2%} at {n}" for n in (6, 15, 28))
            )
    axes.set(title=title, xlabel="filters")
panels[0].set_ylabel("share of the variance missed")
panels[0].legend(frameon=False)

# %%
# The learned components do best on what they were learned from, by construction. On new photographs next to nothing
# of that is left over the DCT, which needs no photographs at all: the printed figures say how little.

plt.show()
