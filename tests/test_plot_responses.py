"""The pictures of an image through a bank."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, texts_of
from skimage.color import rgb2hsv, rgb2lab

import filterbank as fb
from filterbank.plot import _tiles
from filterbank.plot._colours import orientation_colours
from filterbank.plot._orientation import has_pairs
from filterbank.plot._tuned import read

IMAGE = RNG.standard_normal((40, 30))
GABOR = fb.gabor(15, frequencies=[0.15], orientations=6)
# Banks that a map of orientations can be made of, and those it cannot, with why.
MAPPED = {
    "gabor": lambda: fb.gabor(11),
    "log_gabor": lambda: fb.log_gabor(11),
    "morlet": lambda: fb.morlet(11),
    "v1": lambda: fb.v1(11, rng=0),
    "steerable": lambda: fb.steerable(11),
    "rotated": lambda: fb.steerable(11, basis="rotated"),
    "steerable_pyramid": lambda: fb.steerable_pyramid(11),
    "leung_malik": lambda: fb.leung_malik(11),
    "root_filter_set": lambda: fb.root_filter_set(11),
    "fourier": lambda: fb.fourier(11),
    "three orientations": lambda: fb.log_gabor(11, orientations=3),
}
MIRRORED = "answer to one orientation, evenly spaced, .* got a map that is (8|90)"
UNMAPPED = {
    "laplacian_of_gaussian": "at 3 orientations or more .* got none",
    "dog": "at 3 orientations or more .* got none",
    "schmid": "at 3 orientations or more .* got only 45°",
    "gradient": "at 3 orientations or more .* got only 0° and 90°",
} | dict.fromkeys(("dct", "legendre", "hermite", "gaussian_derivative", "wavelet", "laws", "zernike"), MIRRORED)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def assert_same(found, expected):
    """One filter by itself and all together are summed in different orders."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def cells_of(sheet, count, shape):
    """Return the tiles `(n, *shape)` of an image of responses, the first and empty one left out."""
    columns, rows = round(sheet.get_extent()[1]), round(sheet.get_extent()[2])
    values = sheet.get_array().filled(np.nan)
    height, width = values.shape[0] // rows, values.shape[1] // columns
    found = []
    for number in range(1, count + 1):
        y, x = divmod(number, columns)
        cell = values[y * height : (y + 1) * height, x * width : (x + 1) * width]
        inside = np.isfinite(cell)
        found.append(cell[inside.any(axis=1)][:, inside.any(axis=0)].reshape(shape))
    return np.array(found)


def test_a_montage_is_the_image_and_its_responses_on_one_scale():
    axes = fb.plot.responses(IMAGE, BANK).axes[0]
    sheet, image, *insets = axes.get_images()
    expected = fb.apply(IMAGE, BANK)
    assert_same(cells_of(sheet, len(BANK), (40, 30)), expected)
    limit = np.abs(expected).max()
    assert sheet.get_clim() == pytest.approx((-limit, limit))
    np.testing.assert_array_equal(image.get_array(), IMAGE)
    assert image.get_clim() == (IMAGE.min(), IMAGE.max())
    for inset, one in zip(insets, BANK.filters, strict=True):
        np.testing.assert_array_equal(inset.get_array(), one)
        assert inset.get_clim() == (-np.abs(BANK.filters).max(), np.abs(BANK.filters).max())


def test_each_filter_is_in_the_corner_of_its_response():
    axes = fb.plot.responses(IMAGE, BANK, columns=3, labels="index").axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 3), (3, 0))
    insets = axes.get_images()[2:]
    for number, inset in enumerate(insets, 1):
        left, right, bottom, top = inset.get_extent()
        y, x = divmod(number, 3)
        assert x < left < right < x + 0.5
        assert y < top < bottom < y + 0.5
    assert texts_of(axes) == ["image", *map(str, range(6))]


def test_the_border_goes_on_as_asked():
    sheet = fb.plot.responses(IMAGE, BANK, mode="wrap").axes[0].get_images()[0]
    assert_same(cells_of(sheet, len(BANK), (40, 30)), fb.apply(IMAGE, BANK, "wrap"))


def test_each_on_its_own_scale_is_said():
    axes = fb.plot.responses(IMAGE, np.stack([np.eye(3), 10 * np.eye(3), 0 * np.eye(3)]), scale="each").axes[0]
    sheet = axes.get_images()[0]
    assert sheet.get_clim() == (-1, 1)
    peaks = np.abs(cells_of(sheet, 3, (40, 30))).max(axis=(1, 2))
    np.testing.assert_allclose(peaks, [1, 1, 0], rtol=1e-15)
    assert axes.get_xlabel().startswith("each response on its own scale;")


@pytest.mark.parametrize(
    ("image", "bank", "others"),
    [
        (IMAGE, BANK, "the image and the filters on scales of their own"),
        (IMAGE, RNG.standard_normal((1000, 3, 3)), "the image on a scale of its own"),
        (RNG.random((40, 30, 3)), BANK, "the filters on a scale of their own"),
        (np.arange(50.0), fb.dct((9,), n=3), "the signal and the filters on scales of their own"),
        (RNG.standard_normal((8, 10, 12)), fb.dct((3, 3, 3), n=2), "the volume and the filters on scales of their own"),
    ],
    ids=["image", "many", "colour", "signal", "volume"],
)
def test_what_is_not_on_the_scale_of_the_responses_is_said(image, bank, others):
    figure = fb.plot.responses(image, bank)
    assert others in figure.axes[0].get_xlabel().replace("\n", " ").split("; ")
    assert f"{others[0].upper()}{others[1:]}." in fb.plot.alt_text(figure)


def test_the_scale_can_end_where_asked():
    assert fb.plot.responses(IMAGE, BANK, limit=3).axes[0].get_images()[0].get_clim() == (-3, 3)


def test_a_layer_brings_its_bank():
    sheet = fb.plot.responses(IMAGE, BasisLayer(WEIGHTS, BANK)).axes[0].get_images()[0]
    assert_same(cells_of(sheet, len(BANK), (40, 30)), fb.apply(IMAGE, BANK))


def test_of_large_responses_the_strongest_of_each_block_is_drawn():
    image = RNG.standard_normal((300, 500))
    figure = fb.plot.responses(image, BANK)
    (axes,) = figure.axes
    responses = fb.apply(image, BANK)
    block = int(axes.get_xlabel().split("x")[-1])
    assert axes.get_xlabel().endswith(f"each pixel the strongest response of {block}x{block}")
    assert block > 1
    shape = (-(-300 // block), -(-500 // block))
    drawn = cells_of(axes.get_images()[0], len(BANK), shape)
    for y, x in [(0, 0), (3, 5), (shape[0] - 1, shape[1] - 1)]:
        part = responses[:, y * block : (y + 1) * block, x * block : (x + 1) * block].reshape(6, -1)
        strongest = part[np.arange(6), np.abs(part).argmax(axis=1)]
        assert_same(drawn[:, y, x], strongest)
    assert np.abs(drawn).max() == axes.get_images()[0].get_clim()[1] == pytest.approx(np.abs(responses).max())


def test_means_and_strongest_of_blocks():
    values = np.arange(2 * 5 * 4.0).reshape(2, 5, 4) - 7
    np.testing.assert_array_equal(_tiles.strongest(values, 2)[0], [[-7, -5], [6, 8], [10, 12]])
    np.testing.assert_array_equal(_tiles.means(values, 2)[0], [[-4.5, -2.5], [3.5, 5.5], [9.5, 11.5]])
    colours = np.stack([values[0], 2 * values[0], 3 * values[0]], axis=-1)[None]
    np.testing.assert_array_equal(_tiles.means(colours, 2)[0, ..., 1], [[-9, -5], [7, 11], [19, 23]])


def test_many_responses_stay_a_small_picture():
    figure = fb.plot.responses(RNG.standard_normal((512, 512)), RNG.standard_normal((64, 3, 3)))
    (axes,) = figure.axes
    assert max(figure.get_size_inches()) <= 12
    assert axes.get_images()[0].get_array().size < 4e6
    tiny = fb.plot.responses(IMAGE, RNG.standard_normal((1000, 3, 3))).axes[0]
    assert len(tiny.get_images()) == 2  # no filter could be seen in its corner


@pytest.mark.parametrize("channels", [3, 4])
def test_of_a_colour_image_the_filters_see_the_luminance(channels):
    colours = RNG.integers(0, 256, (20, 30, channels)).astype(np.uint8)
    axes = fb.plot.responses(colours, BANK).axes[0]
    sheet, image, *_ = axes.get_images()
    grey = colours[..., 0] * 0.2125 + colours[..., 1] * 0.7154 + colours[..., 2] * 0.0721
    np.testing.assert_allclose(cells_of(sheet, len(BANK), (20, 30)), fb.apply(grey, BANK), atol=1e-10)
    np.testing.assert_allclose(image.get_array(), colours[..., :3] / 255, rtol=1e-15)
    assert axes.get_xlabel() == "responses to the luminance; the filters on a scale of their own"


@pytest.mark.parametrize("kind", [np.int32, np.int64, list, np.uint16])
def test_white_of_integers_is_that_of_their_images(kind):
    colours = np.random.default_rng(0).integers(0, 200, (20, 30, 3))
    given = colours.tolist() if kind is list else colours.astype(kind)
    (image, *_) = fb.plot.responses(given, BANK).axes[0].get_images()[1:]
    white = 65535 if kind is np.uint16 else 255
    np.testing.assert_allclose(image.get_array(), colours / white, rtol=1e-15)


@pytest.mark.parametrize(("largest", "white"), [(1, 1), (300, 300), (1.04, 1.04), (0.5, 1)])
def test_white_of_other_numbers_is_one_or_the_largest(largest, white):
    colours = np.full((20, 30, 3), largest)
    colours[0] = 0
    image = fb.plot.responses(colours, BANK).axes[0].get_images()[1]
    np.testing.assert_allclose(image.get_array(), colours / white, rtol=1e-15)


def test_signals_are_curves():
    signal, bank = RNG.standard_normal(50), fb.dct((9,), n=3)
    axes = fb.plot.responses(signal, bank, columns=1).axes[0]
    bars, curves = axes.collections[1], axes.collections[-1]
    np.testing.assert_array_equal(bars.get_array(), bank.filters.ravel())
    expected = fb.apply(signal, bank)
    limit = np.abs(expected).max()
    for number, points in enumerate(curves.get_segments(), 1):
        x, y = points.T
        assert number < y.min() <= y.max() < number + 1
        rise = np.polyfit(expected[number - 1], y, 1)
        np.testing.assert_allclose(np.polyval(rise, expected[number - 1]), y, atol=1e-12)
        assert rise[0] < 0  # rows grow downwards
        np.testing.assert_allclose(np.diff(x), np.diff(x)[0])
    (line,) = axes.get_lines()
    assert np.corrcoef(line.get_ydata(), signal)[0, 1] < -0.999999
    assert f"half a tile is a response of {limit:.3g}" in axes.get_xlabel()
    assert not axes.child_axes


def test_volumes_are_slices():
    volume, bank = RNG.standard_normal((8, 10, 12)), fb.dct((3, 3, 3), n=2)
    axes = fb.plot.responses(volume, bank, columns=3).axes[0]
    sheet, image, *insets = axes.get_images()
    responses = fb.apply(volume, bank)
    np.testing.assert_array_equal(image.get_array().filled(0)[:, :12], volume[4])
    values = sheet.get_array().compressed().round(9) + 0.0
    for one in responses.round(9) + 0.0:
        assert all(np.isin(part, values).all() for part in (one[4], one[:, 5], one[:, :, 6]))
    assert sheet.get_clim()[1] == pytest.approx(np.abs(responses).max())
    assert len(insets) == 6
    np.testing.assert_array_equal(insets[1].get_array(), bank.filters[0][:, 1])


def test_a_constant_image_and_one_filter_of_zero():
    figure = fb.plot.responses(np.ones((9, 9)), np.zeros((1, 3, 3)))
    assert figure.axes[0].get_images()[0].get_clim() == (-1, 1)
    figure.canvas.draw()
    fb.plot.responses(np.ones(9), np.zeros((1, 3))).canvas.draw()
    dark = fb.plot.responses(np.zeros((20, 20)), GABOR, kind="orientation")
    assert not dark.axes[0].get_images()[1].get_array().any()
    assert "there is none" in fb.plot.alt_text(dark)


# Orientations


def wave(degrees, frequency=0.15, side=61):
    y, x = np.mgrid[:side, :side]
    angle = np.radians(degrees)
    return np.cos(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))


@pytest.mark.parametrize("degrees", [0, 17, 45, 90, 110, 135, 179])
@pytest.mark.parametrize("named", [True, False])
def test_the_hue_of_a_wave_is_its_orientation(degrees, named):
    bank = GABOR if named else GABOR.filters
    axes = fb.plot.responses(wave(degrees), bank, kind="orientation").axes[0]
    centre = axes.get_images()[1].get_array()[20:41, 20:41]
    lab = rgb2lab(centre.mean(axis=(0, 1)))
    found = np.degrees(np.mod(np.arctan2(lab[2], lab[1]) - np.pi / 2, 2 * np.pi)) / 2
    assert abs((found - degrees + 90) % 180 - 90) < 6
    assert ("as the bank says" if named else "as measured") in axes.get_xlabel()


@pytest.mark.parametrize("degrees", [20, 110, 135])
@pytest.mark.parametrize("kind", [("G2", "H2"), "G1", "H4"])
@pytest.mark.parametrize("turn", [0, 0.3])
def test_a_separable_steerable_bank_finds_the_orientation_of_a_wave(degrees, kind, turn):
    bank = fb.steer(fb.steerable(15, kind=kind), turn)
    axes = fb.plot.responses(wave(degrees), bank, kind="orientation", cmap="hsv").axes[0]
    hue = rgb2hsv(axes.get_images()[1].get_array())[20:41, 20:41, 0] * 180
    assert np.median(np.abs((hue - degrees + 90) % 180 - 90)) < 3
    assert ("no quadrature pairs" in axes.get_xlabel()) == isinstance(kind, str)
    assert f"{len(bank)} filters" in fb.plot.alt_text(axes.figure)


def test_angles_that_no_family_promises_are_measured():
    bank = fb.steerable(15, kind="H2", basis="rotated")
    assert "orientation" in bank.parameters
    assert "as measured" in fb.plot.responses(wave(20), bank, kind="orientation").axes[0].get_xlabel()


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 100, 135])
@pytest.mark.parametrize("name", MAPPED)
def test_a_map_is_right_or_refused(name, degrees):
    """The orientation of a wave of the frequency that the steerable filters are tuned to is found within 15 degrees."""
    figure = fb.plot.responses(wave(degrees), MAPPED[name](), kind="orientation")
    found = float(re.search(r"all in all (\d+)°", fb.plot.alt_text(figure))[1])
    assert abs((found - degrees + 90) % 180 - 90) < 15


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
@pytest.mark.parametrize("name", UNMAPPED)
def test_banks_that_cannot_tell_orientations_are_refused(name):
    with pytest.raises(ValueError, match=UNMAPPED[name]) as error:
        fb.plot.responses(wave(30), fb.make(name, 11), kind="orientation")
    assert "whole banks of gabor and steerable are" in str(error.value)


@pytest.mark.filterwarnings("ignore::filterbank.BankWarning")
def test_few_cells_of_v1_leave_orientations_out_and_many_do_not():
    with pytest.raises(ValueError, match=r"map that is 35° wrong of a wave at 79°; .* as are many cells of v1, and"):
        fb.plot.responses(wave(79), fb.v1(11, n=16, rng=5), kind="orientation")
    for seed in range(8):
        fb.plot.responses(wave(79), fb.v1(11, n=32, rng=seed), kind="orientation")


def test_a_part_of_a_circle_and_columns_turned_by_a_quarter_are_refused():
    part = fb.gabor(15, frequencies=[0.2], orientations=8)[:6]
    turned = fb.FilterBank(GABOR.filters, parameters={"orientation": GABOR.parameters["orientation"] + np.pi / 2})
    for bank in (part, turned):
        with pytest.raises(ValueError, match=r"evenly spaced, .* got a map that is \d\d° wrong of a wave at \d+°"):
            fb.plot.responses(IMAGE, bank, kind="orientation")


def test_a_filter_without_orientation_has_none_in_either_picture():
    spots = fb.laplacian_of_gaussian(11).filters
    assert np.isfinite(fb.analysis.tuning(spots)["orientation"]).any()
    (angles,) = read(spots).angles
    assert np.isnan(angles).all()
    both = [
        fb.FilterBank(np.concatenate([GABOR.filters, *more]))
        for more in ([], [np.pad(spots, ((0, 0), (2, 2), (2, 2)))])
    ]
    maps = [fb.plot.responses(IMAGE, bank, kind="orientation").axes[0].get_images()[1] for bank in both]
    np.testing.assert_array_equal(maps[0].get_array(), maps[1].get_array())


def test_the_map_is_the_sum_of_energies_at_twice_the_angle():
    image = RNG.standard_normal((30, 20))
    axes = fb.plot.responses(image, GABOR, kind="orientation", limit=2.5, cmap="twilight").axes[0]
    angle = GABOR.parameters["orientation"][:, None, None]
    vector = np.sum(fb.apply(image, GABOR) ** 2 * np.exp(2j * angle), axis=0)
    hue = np.mod(np.angle(vector) / 2, np.pi) / np.pi
    expected = plt.get_cmap("twilight")(hue)[..., :3] * np.clip(np.sqrt(np.abs(vector)) / 2.5, 0, 1)[..., None]
    np.testing.assert_allclose(axes.get_images()[1].get_array(), expected, atol=1e-12)
    np.testing.assert_array_equal(axes.get_images()[0].get_array(), image)


def test_a_hundredth_of_the_pixels_is_brighter_than_the_scale():
    axes = fb.plot.responses(IMAGE, GABOR, kind="orientation").axes[0]
    assert "which 1 % of the pixels exceed" in axes.get_xlabel()
    angle = GABOR.parameters["orientation"][:, None, None]
    strength = np.sqrt(np.abs(np.sum(fb.apply(IMAGE, GABOR) ** 2 * np.exp(2j * angle), axis=0)))
    assert f"brightest at {np.percentile(strength, 99):.3g}" in axes.get_xlabel()


def test_the_hues_are_even_and_horizontal_and_vertical_are_yellow_and_blue():
    lab = rgb2lab(orientation_colours().colors)
    assert np.ptp(np.hypot(lab[:, 1], lab[:, 2])) < 0.5
    steps = np.linalg.norm(np.diff(lab, axis=0, append=lab[:1]), axis=1)
    assert steps.max() < 1.1 * steps.min()
    assert (lab[:, 0].argmax(), lab[:, 0].argmin()) == (64, 192)
    assert lab[0, 2] > 37.9
    assert lab[128, 2] < -37.9


def test_the_wheel_turns_from_x_to_y():
    (wheel,) = fb.plot.responses(IMAGE, GABOR, kind="orientation").axes[0].child_axes
    (disc,) = wheel.get_images()
    colours = disc.get_array()
    middle = len(colours) // 2
    np.testing.assert_allclose(colours[middle, -1, :3], orientation_colours()(0)[:3], atol=1e-12)
    np.testing.assert_allclose(colours[-1, middle, :3], orientation_colours()(0.5)[:3], atol=0.02)
    assert disc.get_extent() == [-1, 1, 1, -1]
    assert wheel.get_ylim()[0] > 0 > wheel.get_ylim()[1]
    assert texts_of(wheel) == ["0°", "45°", "90°", "135°"]
    assert colours[0, 0, 3] == 0
    assert not fb.plot.responses(IMAGE, GABOR, kind="orientation", colorbar=False).axes[0].child_axes


def test_quadrature_pairs_are_told_from_other_filters():
    assert has_pairs(GABOR)
    assert not has_pairs(fb.gabor(15, phases=[0]))
    assert not has_pairs(fb.FilterBank(np.ones((2, 3, 3)), parameters={"phase": [0, np.pi]}))
    assert not has_pairs(fb.dct(5))
    single = fb.plot.responses(IMAGE, fb.gabor(15, phases=[0]), kind="orientation").axes[0]
    assert "no quadrature pairs" in single.get_xlabel()


def test_filters_without_an_orientation_do_not_count():
    blobs = fb.FilterBank(
        np.concatenate([GABOR.filters, np.ones((1, 15, 15))]),
        parameters={"orientation": [*GABOR.parameters["orientation"], np.nan]},
    )
    maps = [fb.plot.responses(IMAGE, bank, kind="orientation").axes[0].get_images()[1] for bank in (GABOR, blobs)]
    np.testing.assert_array_equal(maps[0].get_array(), maps[1].get_array())


@pytest.mark.parametrize(
    ("image", "bank", "settings", "error", "text"),
    [
        (np.ones(9), BANK, {}, ValueError, r"`image` must have 2 dimensions .* colours \(height, width, 3\), got .*9,"),
        (np.ones((9, 9, 5)), BANK, {}, ValueError, r"got shape \(9, 9, 5\); draw one channel of one image at a time"),
        (np.ones((9, 9)), fb.dct((3,)), {}, ValueError, r"must have 1 dimensions like the filters, got shape \(9, 9\)"),
        (np.full((9, 9), np.nan), BANK, {}, ValueError, "`image` must be finite, got NaN or infinity in 81 of 81"),
        (["a"], BANK, {}, TypeError, "`image` must be real numbers, got a list"),
        (IMAGE, Layer(np.ones((3, 3, 1, 1))), {}, TypeError, "got a layer without a bank: use plot.kernels"),
        (IMAGE, BANK, {"kind": "edges"}, ValueError, "`kind` must be one of 'montage', 'orientation', got 'edges'"),
        (IMAGE, BANK, {"mode": "same"}, ValueError, "`mode` must be one of 'reflect', 'mirror'"),
        (IMAGE, BANK, {"scale": "own"}, ValueError, "`scale` must be one of 'shared', 'each', got 'own'"),
        (IMAGE, BANK, {"columns": 0}, ValueError, "`columns` must be an integer of at least 1, got 0"),
        (IMAGE, GABOR, {"kind": "orientation", "limit": 0}, ValueError, "`limit` must be a finite number and above 0"),
        (IMAGE, GABOR, {"kind": "orientation", "labels": "index"}, ValueError, '`labels` is for kind="montage"'),
        (IMAGE, GABOR, {"kind": "orientation", "scale": "each"}, ValueError, '`scale` is for kind="montage"'),
        (IMAGE, GABOR[:2], {"kind": "orientation"}, ValueError, "at 3 orientations or more .* got only 0°"),
        (IMAGE, np.ones((2, 1, 1)), {"kind": "orientation"}, ValueError, "at 3 orientations or more .* got none"),
        (
            IMAGE,
            fb.zero_mean(fb.steerable(9)),
            {"kind": "orientation"},
            ValueError,
            "unless .* basis=.rotated.: .*zero_",
        ),
        (np.ones(9), fb.dct((3,)), {"kind": "orientation"}, ValueError, "must be of two dimensions .* 3-sample"),
    ],
)
def test_what_cannot_be_drawn_is_refused(image, bank, settings, error, text):
    with pytest.raises(error, match=text):
        fb.plot.responses(image, bank, **settings)
