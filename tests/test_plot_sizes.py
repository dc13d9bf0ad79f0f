"""Every picture in small figures, subplots and subfigures of the caller, light and dark."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest
from plotted import RNG, BasisLayer, History, Layer, drawn_texts

import filterbank as fb

IMAGE = RNG.random((40, 60)).cumsum(axis=1)
BANKS = {n: fb.gabor(11, n=n, orientations=6) for n in (1, 3, 20)}
LAYERS = {n: BasisLayer(RNG.standard_normal((n, 2, n)), bank, name="a_layer") for n, bank in BANKS.items()}
KERNELS = RNG.standard_normal((5, 5, 2, 16))
COMPARED = fb.analysis.compare(KERNELS, ["dct", "gabor", "hermite"], n=6, draws=2)
WEIGHTS = RNG.standard_normal((3, 3, 3, 6))
MODELS = {
    n: SimpleNamespace(name="net", layers=[Layer(WEIGHTS, name=f"block{i}_conv2d") for i in range(n)])
    for n in (1, 3, 20)
}


def named(n):
    return {f"bank {index}": fb.dct(5, n=index + 2) for index in range(n)}


PICTURES = {
    "filters": lambda n, **to: fb.plot.filters(BANKS[n], labels="orientation", **to),
    "kernels": lambda n, **to: fb.plot.kernels(LAYERS[n], **to),
    "coefficients": lambda n, **to: fb.plot.coefficients(LAYERS[n], **to),
    "coefficients, sorted": lambda n, **to: fb.plot.coefficients(LAYERS[n], sort="strongest", **to),
    "gram": lambda n, **to: fb.plot.gram(BANKS[n], **to),
    "gram, labels": lambda n, **to: fb.plot.gram(BANKS[n], labels=["frequency", "orientation"], **to),
    "decomposition": lambda n, **to: fb.plot.decomposition(LAYERS[n], **to),
    "singular values": lambda n, **to: fb.plot.singular_values(named(n), **to),
    "energy curve": lambda n, **to: fb.plot.energy_curve(KERNELS, named(min(n, 3)), draws=2, **to),
    "comparison": lambda n, **to: fb.plot.comparison({f"block{i}_conv2d": COMPARED for i in range(n)}, **to),
    "comparison of one": lambda n, **to: fb.plot.comparison(COMPARED, **to),
    "coverage": lambda n, **to: fb.plot.coverage(BANKS[n], **to),
    "model": lambda n, **to: fb.plot.model(MODELS[n], **to),
    "patches": lambda n, **to: fb.plot.patches(IMAGE, 7, n=n, **to),
    "responses": lambda n, **to: fb.plot.responses(IMAGE, BANKS[n], **to),
    "orientations": lambda n, **to: fb.plot.responses(IMAGE, fb.gabor(11), kind="orientation", **to),
    "spectrum": lambda n, **to: fb.plot.spectrum(BANKS[n], **to),
    "contours": lambda n, **to: fb.plot.spectrum(BANKS[n], kind="contours", **to),
    "polar": lambda n, **to: fb.plot.spectrum(BANKS[n], kind="polar", **to),
    "training": lambda n, **to: fb.plot.training(History(times=n, layers=[f"layer_{i}" for i in range(n)]), **to),
    "tuning": lambda n, **to: fb.plot.tuning(BANKS[n], **to),
    "tuning, all": lambda n, **to: fb.plot.tuning(BANKS[n], color="symmetry", marginals=True, **to),
}
ALIKE = {"comparison of one", "orientations"}
PARTS = ["energy curve", "coverage", "contours", "polar", "decomposition"]
# Inches of a square figure for what is in several parts.
SIDE = {**dict.fromkeys(PARTS, 2.6), "singular values": 3, "tuning, all": 3, "training": 3.4}


def square(side=2):
    return {"fig": plt.figure(figsize=(side, side), layout="constrained")}


def narrow():
    return {"fig": plt.figure(figsize=(3.4, 2.6), layout="constrained")}


def subplot(projection=None):
    _, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained", subplot_kw={"projection": projection})
    return {"ax": axes[1, 0]}


def subfigure():
    return {"fig": plt.figure(figsize=(9, 4), layout="constrained").subfigures(1, 3)[1]}


def problems(fig, where):
    """Say which texts leave the figure, or lie over another."""
    point = fig.dpi / 72
    room = where.bbox.padded(2 * point)
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(where)]
    found = [f"{text!r} leaves" for text, box in boxes if not (room.contains(*box.min) and room.contains(*box.max))]
    return found + [
        f"{one!r} on {other!r}"
        for (one, here), (other, there) in itertools.combinations(boxes, 2)
        if here.padded(-1.5 * point).overlaps(there.padded(-1.5 * point))
    ]


@pytest.mark.parametrize("place", [square, narrow, subplot, subfigure])
@pytest.mark.parametrize(
    ("picture", "n"), [(one, n) for one in PICTURES for n in ((1,) if one in ALIKE else (1, 3, 20))]
)
def test_texts_stay_in_the_figure_and_apart(picture, n, place):
    with plt.style.context("dark_background" if place is square else "default"):
        more = {square: SIDE.get(picture, 2), subplot: "polar" if picture == "polar" else None}
        to = place(more[place]) if place in more else place()
        figure = PICTURES[picture](n, **to)
        figure.canvas.draw()
        where = to.get("fig") or figure
        shown = problems(figure, where)
        plt.close(figure)
    assert not shown
