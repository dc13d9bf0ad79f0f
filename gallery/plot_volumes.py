r"""
Motion in a volume
==================

A video is a volume of time, height and width, and what moves in it leaves slanted stripes. You will see how filters of
three dimensions read the direction of motion from them, find a disk that single frames hide, and how far their answer
is off, on photographs moved by known amounts.
"""

# sphinx_gallery_thumbnail_number = 4

# %%
# Motion is orientation
# ---------------------
#
# A photograph of grass moves to the right by a pixel a frame. Cut along time and width, the video shows stripes, and
# their slope is the speed (Adelson and Bergen, J. Opt. Soc. Am. A 2 (1985), 284-299).

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from scipy import ndimage
from skimage import color, data

import filterbank as fb

FRAMES = 9
grass, gravel = data.grass() / 255, data.gravel() / 255


def video(velocity, corner=(200, 200), side=64, frames=FRAMES, photograph=grass):
    """Return `(frames, side, side)`: the photograph moving by a velocity (y, x) in pixels a frame, by cubic splines."""
    margin = 40
    larger = photograph[corner[0] - margin : corner[0] + side + margin, corner[1] - margin : corner[1] + side + margin]
    moves = np.outer(np.arange(frames) - frames // 2, velocity)
    return np.stack([ndimage.shift(larger, move)[margin:-margin, margin:-margin] for move in moves])


moving = video((0, 1), frames=31)
print("a volume of", moving.shape)
figure, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained", width_ratios=(1, 1.3))
axes[0].axhline(32, color="C1")
titles = ("a frame", "y (pixels)"), ("the marked row over time", "frame")
for ax, image, (title, label) in zip(axes, (moving[15], moving[:, 32]), titles, strict=True):
    ax.imshow(image, cmap="gray")
    ax.set(title=title, xlabel="x (pixels)", ylabel=label)

# %%
# A bank of directions
# --------------------
#
# A wave that moves along the angle :math:`\theta` by :math:`s` pixels a frame is a plane wave along
# :math:`(-s, \sin\theta, \cos\theta)` in time, y and x. Eight directions around the circle, at one pixel a frame, of
# 0.16 cycles per pixel; pairs of waves whose squares add up to an energy. Half of the even ones are drawn, in
# slices; z is time.

angles = np.pi * np.arange(8) / 4
directions = np.stack([-np.ones(8), np.sin(angles), np.cos(angles)], axis=1)
bank = fb.gabor((FRAMES,) * 3, frequencies=[0.16 * np.sqrt(2)], orientations=directions, bandwidth=1.5, zero_mean=True)
print(bank)
even = bank[bank.parameters["phase"] == 0]
fb.plot.filters(even[:4], labels=[f"{np.degrees(angle):.0f}°" for angle in angles[:4]], columns=2)

# %%
# In frequency each is a pair of balls, opposite to each other. Seen along time they are a ring of eight, from the side
# they lie above and below the plane of what stands still.

fb.plot.spectrum(even, kind="contours", color="frequency", cmap=ListedColormap(["C0"]), colorbar=False)

# %%
# The responses are squared and added in pairs, and the votes of the eight directions make one direction.


def energies(volume):
    """Return the energy of each direction in the middle frame, `(8, height, width)`."""
    responses = fb.apply(volume, bank)[:, len(volume) // 2]
    return np.sum(responses.reshape(8, 2, *responses.shape[1:]) ** 2, axis=1)


def direction(energy):
    """Return a complex number: its angle is the direction of motion, its magnitude how clear it is."""
    opposite = np.roll(energy, 4, axis=0)
    return np.tensordot(np.exp(1j * angles), (energy - opposite) / (energy + opposite), 1) / 4


# %%
# A disk that frames hide
# -----------------------
#
# In front of moving grass moves a disk of grass, in another direction. Each frame is grass all over. The energies,
# averaged over 15x15 pixels, of each direction against the opposite one (the opponent energy of the paper), vote for
# the direction.

y, x = np.mgrid[-63.5:64, -63.5:64]
disk = np.hypot(y, x) < 32
behind, before = (video((np.sin(a), np.cos(a)), corner, side=128) for a, corner in ((0.6, (60, 60)), (3.3, (300, 280))))
scene = np.where(disk, before, behind)
found = direction(ndimage.uniform_filter(energies(scene), (0, 15, 15)))


def coloured(vote):
    """Return colours of one lightness: the hue for the direction, as light as it is clear."""
    strength = np.clip(np.abs(vote), 0, 1)
    hue = np.stack([0.9 * np.ones(vote.shape), 0.5 * np.cos(np.angle(vote)), 0.5 * np.sin(np.angle(vote))], axis=-1)
    return color.lab2rgb(80 * hue * strength[..., None])


down, right = np.mgrid[-1:1:101j, -1:1:101j]
ring = np.abs(np.hypot(down, right) - 0.75) < 0.25
figure, axes = plt.subplots(1, 3, figsize=(8, 3.6), layout="constrained", width_ratios=(4, 4, 1))
axes[0].imshow(scene[FRAMES // 2], cmap="gray")
axes[1].imshow(coloured(found))
axes[1].contour(disk, levels=[0.5], colors="w", linewidths=1, linestyles=":")
axes[2].imshow(coloured(np.where(ring, np.exp(1j * np.arctan2(down, right)), 0)))
for ax, title in zip(axes, ("the middle frame", "direction of motion", "moves to"), strict=True):
    ax.set_title(title, fontsize="medium")
    ax.set_axis_off()


def off(vote, angle):
    """Return by how many degrees a direction is off."""
    return np.degrees(np.angle(vote * np.exp(-1j * angle)))


inner, outer = np.hypot(y, x) < 24, (np.hypot(y, x) > 40) & (np.abs(y) < 56) & (np.abs(x) < 56)
for name, where, angle in (("disk", inner, 3.3), ("around it", outer, 0.6)):
    wrong = np.abs(off(found[where], angle))
    print(f"{name:>9}: moves to {np.degrees(angle):.0f} degrees; off by {np.median(wrong):.1f} in the median")

# %%
# How exact, and at which speeds
# ------------------------------
#
# The same reading of a whole square: one direction for each video, at the speed that the filters were made for and
# others. It takes texture of many orientations: of a single straight edge only the motion across it can be seen.

print("        pixels a frame   off in degrees, for motion to 10, 33, 56, 79 degrees")
for name, photograph in {"grass": grass, "gravel": gravel}.items():
    for speed in (0.25, 0.5, 1, 2):
        errors = []
        for angle in np.deg2rad([10, 33, 56, 79]):
            moving = video((speed * np.sin(angle), speed * np.cos(angle)), photograph=photograph)
            energy = energies(moving)[:, 8:-8, 8:-8].mean(axis=(1, 2))
            errors.append(off(direction(energy), angle))
        print(f"{name:8s}{speed:14.2f}   " + ", ".join(f"{error:6.1f}" for error in errors))

# %%
# The errors depend on the photograph more than on the speed: eight directions of one frequency see every texture by
# the few of its waves that they are tuned to.

plt.show()
