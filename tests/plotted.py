"""What the tests of pictures share: sources that look like Keras's, and what a picture holds."""

from types import SimpleNamespace

import numpy as np
from matplotlib.axis import Axis
from matplotlib.text import Text

import filterbank as fb

RNG = np.random.default_rng(0)
BANK = fb.dct(5, n=6)
WEIGHTS = RNG.standard_normal((6, 2, 4))


class Layer(SimpleNamespace):
    """What a Keras convolution looks like to a picture."""

    def __init__(self, kernel, **more):
        super().__init__(**{"name": "layer", "kernel": kernel, "kernel_size": (), **more})


class BasisLayer(Layer):
    def __init__(self, coefficients, bank, **more):
        super().__init__(fb.compose(coefficients, bank), coefficients=coefficients, bank=bank, **more)


class BasisConv2DTranspose(BasisLayer):
    """Outputs come before inputs, as in Keras's transposed convolutions."""


def nested_model():
    shared = Layer(RNG.standard_normal((3, 3, 2, 4)), name="conv")
    wrapped = SimpleNamespace(name="each", layer=Layer(RNG.standard_normal((3, 3, 3, 4)), name="colour"))
    dense = SimpleNamespace(name="dense", kernel=np.full((4, 3), 99.0))
    attention = SimpleNamespace(name="attention", kernel=np.full((4, 3, 2), 99.0))
    block = SimpleNamespace(name="block", layers=[shared, dense, wrapped])
    return SimpleNamespace(
        name="model", layers=[attention, block, shared, Layer(2 * np.ones((3, 3, 2, 2)), name="last")]
    )


class History:
    """What `KernelHistory` keeps."""

    def __init__(self, times=21, inputs=1, layers=("first", "second"), start=1.0, bank=BANK):
        rng = np.random.default_rng(0)
        moves = rng.standard_normal((len(layers), times, len(bank), inputs, 7)).cumsum(axis=1)
        moves[:, :1] *= start
        self.coefficients = dict(zip(layers, moves, strict=True))
        self.banks = dict.fromkeys(layers, bank)
        self.steps = np.arange(times) * 10
        self.epochs = self.steps / 40


def tiles_of(ax, size):
    """Return all tiles `(rows, columns, *size)` in the image of a picture, one value for each pixel of a filter."""
    (image,) = ax.get_images()
    sheet = image.get_array()
    columns, rows = round(image.get_extent()[1]), round(image.get_extent()[2])
    height, width = sheet.shape[0] // rows, sheet.shape[1] // columns
    cells = [
        sheet[y * height : (y + 1) * height, x * width : (x + 1) * width] for y in range(rows) for x in range(columns)
    ]
    tiles = [shrunk(trimmed(cell), size) for cell in cells if not empty(cell).all()]
    return np.array(tiles).reshape(-1, columns, *tiles[0].shape) if len(tiles) == rows * columns else np.array(tiles)


def empty(cell):
    """Where nothing is drawn: NaN, or transparent where there are colours."""
    return cell[..., 3] == 0 if cell.ndim == 3 else np.ma.getmaskarray(cell)


def trimmed(cell):
    """Return the tile without its margins and the gaps in it."""
    return np.asarray(cell[~empty(cell).all(axis=1)][:, ~empty(cell).all(axis=0)])


def shrunk(tile, size):
    """Return one value for each pixel of the filter, after seeing that the pixel is drawn in one colour."""
    zoom = tile.shape[0] // size[0]
    assert tile.shape[:2] == (zoom * size[0], zoom * size[1])
    small = tile[::zoom, ::zoom]
    np.testing.assert_array_equal(small.repeat(zoom, axis=0).repeat(zoom, axis=1), tile)
    return small


def image_of(axes):
    (image,) = axes.get_images()
    return image


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def slices_of(volume):
    """Return what `tiles_of` finds of a volume of 3x5x5: the slices yx, zx and zy through its centre, side by side."""
    tile = np.full((5, 15), np.nan)
    tile[:, :5], tile[1:4, 5:10], tile[1:4, 10:] = volume[1], volume[:, 2], volume[:, :, 2]
    return tile


def drawn_texts(fig):
    """Return the texts that are seen; an axis also has labels beyond its ends."""
    beyond = set()
    for axis in fig.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        beyond |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    return [text for text in set(fig.findobj(Text)) - beyond if text.get_visible() and text.get_text().strip()]
