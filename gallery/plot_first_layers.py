r"""
Which filters do real first layers want?
========================================

Two networks that were trained on photographs of faces, from dlib: one recognises them, one finds
them. You will see how far the kernels of their first layers are Gabor filters, and which of eight
families says most of them with how many filters, with intervals, beside what no filters can surpass.
"""

# %%
# The kernels
# -----------
#
# Red, green and blue in, so each kernel is drawn in colour; grey is zero.

import warnings

import matplotlib.pyplot as plt
import numpy as np

import filterbank as fb

file = np.load("../tests/data/first_layers.npz")
layers = {"face recognition": file["face_recognition_7x7"], "face detector": file["face_detector_5x5"]}

figure = plt.figure(figsize=(8, 3.3), layout="constrained")
for part, (name, kernels) in zip(figure.subfigures(1, 2), layers.items(), strict=True):
    fb.plot.kernels(kernels, scale="each", fig=part)
    part.suptitle(f"{name}, {kernels.shape[3]} kernels of {kernels.shape[0]}x{kernels.shape[1]}", fontsize="medium")

# %%
# What they are like
# ------------------
#
# Smooth, without dead kernels, and far less diverse than noise: the variance entropy says how many
# directions the kernels spread over.

for name, kernels in layers.items():
    print(f"{name}\n{fb.analysis.kernel_metrics(kernels)}\n")

# %%
# Are they Gabors?
# ----------------
#
# ``fit_gabor`` finds the nearest Gabor of every kernel, of each colour its own. Here are kernels of
# the green channel in the order of how well that works: the kernel, the Gabor, what is left, all three
# in the same colours. The line shows the direction of the wave, the ellipse where the envelope has
# fallen to 60 %.

fits = {name: fb.analysis.fit_gabor(kernels) for name, kernels in layers.items()}
for name, fit in fits.items():
    print(f"{name}\n{fit}\n")


def draw_fits(fit, kernels, axes, channel=1):
    """Draw some kernels, from the best explained to the worst, above their Gabors and what is left."""
    order = np.argsort(-fit.explained[channel])
    some = order[np.linspace(0, len(order) - 1, axes.shape[1]).round().astype(int)]
    centre = (np.array(fit.size) - 1) / 2
    for column, q in zip(axes.T, some, strict=True):
        kernel, gabor = kernels[..., channel, q], fit.kernels[..., channel, q]
        limit = np.abs(kernel).max()
        for place, values in zip(column, (kernel, gabor, kernel - gabor), strict=True):
            place.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit)
            place.set(xticks=[], yticks=[])
            place.spines[:].set_visible(False)
        y, x = centre + fit.centre[channel, q]
        angle, along = fit.orientation[channel, q], fit.sigma[channel, q]
        across = along / fit.aspect_ratio[channel, q]
        turn = np.linspace(0, 2 * np.pi, 100)
        ring = along * np.cos(turn), across * np.sin(turn)
        column[1].plot(
            x + ring[0] * np.cos(angle) - ring[1] * np.sin(angle),
            y + ring[0] * np.sin(angle) + ring[1] * np.cos(angle),
            color="k",
            linewidth=0.8,
        )
        step = 0.5 / fit.frequency[channel, q] * np.array([-0.5, 0.5])
        column[1].plot(x + step * np.cos(angle), y + step * np.sin(angle), color="k", linewidth=1.4)
        column[1].set(xlim=(-0.5, fit.size[1] - 0.5), ylim=(fit.size[0] - 0.5, -0.5))
        column[0].set_title(f"{fit.explained[channel, q]:.0%}", fontsize="medium")
    for place, text in zip(axes[:, 0], ("kernel", "Gabor", "left"), strict=True):
        place.set_ylabel(text)


figure = plt.figure(figsize=(8, 6.4), layout="constrained")
for part, (name, fit) in zip(figure.subfigures(2, 1, hspace=0.06), fits.items(), strict=True):
    draw_fits(fit, layers[name], part.subplots(3, 10))
    mean = np.mean(fit.explained)
    part.suptitle(f"{name}: Gabors explain {mean:.0%} of a kernel on average", fontsize="medium")

# %%
# Eight families at their best
# ----------------------------
#
# A Gabor of its own for every kernel has eight numbers a kernel. A bank is shared by all of them. For
# each family, ``suggest`` searches the parameters that suit the kernels; then every family's bank gives
# its filters one by one, the most useful first. No filters do better than the kernels' own principal
# components, and random ones explain one pixel's worth each.

families = ("dct", "fourier", "legendre", "slepian", "hermite", "gaussian_derivative", "gabor", "log_gabor")
counts = {"face recognition": 16, "face detector": 10}
banks = {}
for name, kernels in layers.items():
    suggestion = fb.analysis.suggest(kernels, counts[name])
    print(f"{name}\n{suggestion}\n")
    banks[name] = {}
    for candidate in suggestion.ranking:
        if candidate.family in families and candidate.family not in banks[name]:
            with warnings.catch_warnings(action="ignore", category=fb.BankWarning):  # at the edge of the window
                bank = fb.make(candidate.family, kernels.shape[:2], **candidate.arguments)
            banks[name][candidate.family] = bank

figure, axes = plt.subplots(1, 2, figsize=(8.6, 4.2), layout="constrained", sharey=True)
for place, (name, kernels) in zip(axes, layers.items(), strict=True):
    most = counts[name]
    own = fb.analysis.energy_curve(kernels, fb.kernel_basis(kernels, most)).explained
    place.plot(range(most + 1), own, color="k", linewidth=2, label="the kernels' own")
    for index, family in enumerate(families):
        curve = fb.analysis.energy_curve(kernels, banks[name][family], order="greedy").explained[: most + 1]
        style = {"color": f"C{index % 4}", "linestyle": "-" if index < 4 else "--"}
        place.plot(range(len(curve)), curve, label=family, linewidth=1.4, **style)
    place.plot([0, most], [0, most / kernels[..., 0, 0].size], color="0.6", linewidth=1.4, label="random filters")
    place.set(title=f"{name}, {kernels.shape[0]}x{kernels.shape[1]}", xlabel="filters", xlim=(0, most), ylim=(0, 1))
    place.yaxis.set_major_formatter("{x:.0%}")
    place.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("energy of the kernels explained")
axes[1].legend(frameon=False, fontsize="small", loc="lower right")

# %%
# The verdict
# -----------
#
# At equal numbers of filters, with intervals from a thousand resamples of the kernels. Wins is the share
# of the resamples in which the family is the best of the eight.

for name, kernels in layers.items():
    comparison = fb.analysis.compare(kernels, banks[name], counts[name], order="greedy")
    print(f"{name}\n{comparison}\n")
    best = comparison.best
    optimum = next(row for row in comparison.rows if row.name == "the kernels' own")
    saved = 1 - comparison.n / kernels[..., 0, 0].size
    rivals = [row.name for row in comparison.rows if not row.is_reference and row.high >= best.low and row is not best]
    print(
        f"{best.name} says {best.explained:.1%} with {comparison.n} filters, {saved:.0%} fewer numbers than pixels; "
        f"the optimum is {optimum.explained:.1%}. Intervals that reach its own: {', '.join(rivals) or 'none'}.\n"
    )
