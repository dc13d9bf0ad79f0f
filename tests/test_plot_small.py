"""Pictures with many texts, in figures and subfigures of the caller that are small."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import RNG, BasisLayer, History, Layer, drawn_texts

import filterbank as fb

GABOR = fb.gabor(11)
ON_BANK = BasisLayer(RNG.standard_normal((16, 16, 8)), GABOR, name="a_layer_of_gabor_filters")
MODEL = SimpleNamespace(
    name="small_model",
    layers=[
        Layer(RNG.standard_normal((7, 7, 3, 16)), name="block1_conv1"),
        Layer(RNG.standard_normal((3, 3, 16, 32)), name="second_separable_conv2d"),
        Layer(RNG.standard_normal((1, 1, 16, 32)), name="pointwise"),
    ],
)
PICTURES = {
    "model": lambda fig: fb.plot.model(MODEL, fig=fig),
    "model on banks": lambda fig: fb.plot.model(
        SimpleNamespace(name="small_model", layers=[*MODEL.layers, ON_BANK]), fig=fig
    ),
    "decomposition": lambda fig: fb.plot.decomposition(ON_BANK, out=2, fig=fig),
    "decomposition of an array": lambda fig: fb.plot.decomposition(GABOR[3], fb.dct(11), fig=fig),
    "training": lambda fig: fb.plot.training(History(), fig=fig),
}
KERNELS = RNG.standard_normal((11, 11, 3, 16))
BANKS = {"gabor": GABOR, "hermite": fb.hermite(11, 15), "a longer name": fb.dct(11, n=20)}
CURVES = {
    "singular values of one": lambda ax: fb.plot.singular_values(GABOR, ax=ax),
    "singular values": lambda ax: fb.plot.singular_values(BANKS, ax=ax),
    "energy curve": lambda ax: fb.plot.energy_curve(KERNELS, {"dct": fb.dct(11, n=40)}, ax=ax),
}


def whole(figure):
    return figure


def half(figure):
    return figure.subfigures(1, 2)[1]


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize(("inches", "part"), [((3.6, 3), whole), ((6, 4), whole), ((8, 3.4), half)])
def test_no_text_lies_over_another_or_a_tile_or_leaves_the_figure(picture, inches, part):
    figure = plt.figure(figsize=inches, layout="compressed")
    fig = part(figure)
    PICTURES[picture](fig)
    figure.canvas.draw()
    point = figure.dpi / 72
    boxes = [(text.get_text(), text.get_window_extent()) for text in drawn_texts(fig)]
    for (one, here), (other, there) in itertools.combinations(boxes, 2):
        assert not here.padded(-point).overlaps(there.padded(-point)), (one, other)
    tiles = [image.get_window_extent() for axes in fig.axes for image in axes.get_images()]
    for text, box in boxes:
        assert fig.bbox.padded(2 * point).contains(box.x0, box.y0), text
        assert fig.bbox.padded(2 * point).contains(box.x1, box.y1), text
        if picture.startswith("model"):
            assert not any(box.padded(-point).overlaps(tile) for tile in tiles), text
    plt.close(figure)


def test_sums_go_on_in_the_next_row_where_that_makes_them_larger():
    figure = plt.figure(figsize=(3.6, 3), layout="compressed")
    fb.plot.decomposition(ON_BANK, fig=figure)
    figure.canvas.draw()
    (axes,) = figure.axes
    assert axes.get_xlim()[1] == 4
    assert axes.get_window_extent().width / figure.dpi / 4 > 0.5
    plt.close(figure)
    assert np.isclose(fb.plot.decomposition(ON_BANK).axes[0].get_xlim()[1], 7)
    plt.close("all")


@pytest.mark.parametrize("picture", CURVES)
@pytest.mark.parametrize(("inches", "across"), [((3.4, 2.6), 1), ((6.4, 4.8), 2), ((8, 3), 2)])
def test_curves_keep_their_room_beside_long_legends(picture, inches, across):
    figure, places = plt.subplots(1, across, figsize=inches, layout="constrained", squeeze=False)
    for axes in places.flat:
        CURVES[picture](axes)
    figure.canvas.draw()
    for axes in places.flat:
        legend = axes.get_legend().get_window_extent()
        assert figure.bbox.x0 <= legend.x0
        assert legend.x1 <= figure.bbox.x1
        assert legend.y1 <= figure.bbox.y1
        assert axes.bbox.height > 0.45 * figure.bbox.height
        assert axes.bbox.width > 0.6 * figure.bbox.width / across
        assert all("rank" in text.get_text() or "%" in text.get_text() for text in axes.get_legend().get_texts())
    plt.close(figure)


def test_where_little_room_is_a_legend_has_only_names():
    figure, axes = plt.subplots(figsize=(2.5, 2), layout="constrained")
    CURVES["singular values"](axes)
    figure.canvas.draw()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(BANKS)
    assert axes.bbox.height > 0.35 * figure.bbox.height
    plt.close(figure)
