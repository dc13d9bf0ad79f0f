"""The picture of frequency responses: tiles, contours, curves and polar curves."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, image_of, texts_of, tiles_of

import filterbank as fb
from filterbank.plot._colours import frequency_colours, orientation_colours
from filterbank.plot._labels import MINUS
from filterbank.plot._spectrum_lines import orientation_groups

GABOR = fb.gabor(15)
VOLUMES = fb.dct((5, 7, 7), n=4)
SIGNALS = fb.dct((16,), n=5)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def lines_of(ax, *, grid=False):
    """Return the lines of filters in axes, or those of its grid."""
    found = [one for one in ax.collections if isinstance(one, LineCollection)]
    return [one for one in found if (one.get_gid() == "frequencies") == grid]


def magnitude_at(one, waves):
    """Return the magnitude of one filter's transform at frequencies `(count, dimensions)`, by its definition."""
    places = np.stack([axis.ravel() for axis in np.meshgrid(*map(np.arange, one.shape), indexing="ij")], axis=1)
    return np.abs(np.exp(-2j * np.pi * waves @ places.T) @ one.ravel())


# Tiles


def test_tiles_are_the_magnitudes_with_zero_frequency_in_the_middle():
    ax = fb.plot.spectrum(GABOR).axes[0]
    side = 243
    tiles = tiles_of(ax, (side, side)).reshape(16, side, side)
    expected = np.abs(fb.analysis.frequency_response(GABOR, (side, side)))
    np.testing.assert_allclose(tiles, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(tiles[:, side // 2, side // 2], np.abs(GABOR.filters.sum(axis=(1, 2))), atol=1e-12)
    assert image_of(ax).get_clim() == (0.0, pytest.approx(expected.max(), rel=1e-12))


def test_y_points_down():
    """A wave of 45 degrees, from x to y, has its peaks at the lower right and the upper left."""
    one = fb.gabor(15, frequencies=[0.2], orientations=[np.pi / 4], phases=[0.0])
    (tile,) = tiles_of(fb.plot.spectrum(one).axes[0], (243, 243)).reshape(1, 243, 243)
    middle = 243 // 2
    y, x = np.unravel_index(tile[middle:].argmax(), tile[middle:].shape)
    assert y == pytest.approx(0.2 / np.sqrt(2) * 243, abs=1.5)
    assert x - middle == pytest.approx(0.2 / np.sqrt(2) * 243, abs=1.5)


def test_each_filter_can_have_its_own_scale():
    bank = fb.FilterBank(GABOR.filters[:3] * np.array([1.0, 5.0, 0.0])[:, None, None])
    figure = fb.plot.spectrum(bank, scale="each")
    tiles = tiles_of(figure.axes[0], (243, 243)).reshape(3, 243, 243)
    np.testing.assert_allclose(tiles.max(axis=(1, 2)), [1, 1, 0])
    assert image_of(figure.axes[0]).get_clim() == (0, 1)
    assert "each filter on its own scale" in figure.axes[0].get_xlabel()
    assert "each on its own scale" in fb.plot.alt_text(figure)


def test_the_first_tile_has_numbers_where_there_is_room():
    ax = fb.plot.spectrum(GABOR).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == [f"{MINUS}0.5", "0", "0.5"]
    assert not fb.plot.spectrum(RNG.standard_normal((1000, 5, 5))).axes[0].get_xticks().size


def test_a_thousand_filters_are_one_image_of_few_samples():
    (image,) = fb.plot.spectrum(RNG.standard_normal((1000, 5, 5))).axes[0].get_images()
    assert 1000 * 33**2 < np.isfinite(np.ma.filled(image.get_array(), np.nan)).sum() < 5e6


def test_tiles_of_volumes_are_slices_through_zero_frequency():
    ax = fb.plot.spectrum(VOLUMES).axes[0]
    side = 243
    tiles = tiles_of(ax, (side, 3 * side)).reshape(4, side, 3, side)  # without the gaps
    few = np.arange(side // 2 % 20, side, 20)  # with the middle
    frequency = (few - side // 2) / side
    down, across = (part.ravel() for part in np.meshgrid(frequency, frequency, indexing="ij"))
    nothing = np.zeros_like(down)
    slices = [(nothing, down, across), (down, nothing, across), (down, across, nothing)]
    for number, waves in enumerate(slices):
        shown = tiles[:, few, number][:, :, few].reshape(4, -1)
        expected = [magnitude_at(one, np.stack(waves, axis=1)) for one in VOLUMES.filters]
        np.testing.assert_allclose(shown, expected, atol=1e-10)
    assert "slices yx, zx, zy through zero frequency" in ax.get_xlabel().replace("\n", " ")


def test_tiles_of_signals_are_curves():
    ax = fb.plot.spectrum(SIGNALS).axes[0]
    (curves,) = [one for one in lines_of(ax) if len(one.get_segments()[0]) > 2]
    segments = np.array(curves.get_segments())
    floor, top = ax.get_yticks()
    height = (segments[0, :, 1] - floor) / (top - floor)
    response = np.abs(np.fft.rfft(SIGNALS.filters, 2 * (segments.shape[1] - 1)))
    np.testing.assert_allclose(height, response[0] / response.max(), atol=1e-12)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.5"]


# Contours


@pytest.mark.parametrize("level", [0.5, 0.8])
def test_contours_lie_at_the_level(level):
    ax = fb.plot.spectrum(GABOR, kind="contours", level=level).axes[0]
    (lines,) = lines_of(ax)
    segments = lines.get_segments()
    colours = lines.get_colors()
    assert len(segments) == 2 * len(GABOR)
    tuned = fb.analysis.tuning(GABOR)
    for index, one in enumerate(GABOR.filters):
        angle, frequency = tuned["orientation"][index], tuned["frequency"][index]
        peak = magnitude_at(one, frequency * np.array([[np.sin(angle), np.cos(angle)]]))[0]
        for segment in segments[2 * index : 2 * index + 2]:
            np.testing.assert_allclose(magnitude_at(one, segment[:, ::-1]) / peak, level, atol=0.02)
        hue = orientation_colours()(np.degrees(angle) / 180)
        np.testing.assert_allclose(colours[2 * index][:3], hue[:3], atol=0.03)
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 0.5), (0.5, -0.5))


def test_contours_by_frequency_are_coloured_by_octaves():
    figure = fb.plot.spectrum(GABOR, kind="contours", color="frequency")
    (lines,) = lines_of(figure.axes[0])
    low, high = lines.get_colors()[:16], lines.get_colors()[16:]  # of the filters of 0.125, and of 0.25
    np.testing.assert_allclose(high - high[0], 0, atol=0.01)
    np.testing.assert_allclose(low - low[0], 0, atol=0.04)
    assert np.abs(low[0] - high[0]).max() > 0.5
    bar = figure.axes[0].child_axes[0]
    assert "peak frequency" in bar.get_ylabel()
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0.124", "0.176", "0.25"]


@pytest.mark.parametrize("frequencies", [[0.2], [0.2, 0.201], [0.15, 0.2], [0.35, 0.37]])
def test_colours_of_frequencies_span_an_octave_at_least(frequencies):
    bank = fb.gabor(31, frequencies=frequencies, orientations=2)
    ax = fb.plot.spectrum(bank, kind="contours", color="frequency").axes[0]
    (bar,) = ax.child_axes
    low, high = bar.get_ylim()
    assert high == pytest.approx(2 * low)
    peaks = fb.analysis.tuning(bank)["frequency"]
    assert low < peaks.min() <= peaks.max() < high
    (lines,) = lines_of(ax)
    octaves = np.log2(peaks.max() / peaks.min())
    steps = np.abs(frequency_colours().colors - lines.get_colors()[:, None]).sum(axis=-1).argmin(axis=1)
    assert np.ptp(steps) / 255 == pytest.approx(octaves, abs=0.01)


@pytest.mark.parametrize(
    ("bank", "color", "planes"), [(VOLUMES, "orientation", 3), (np.ones((1, 5, 5)), "frequency", 0)]
)
def test_without_a_colour_there_is_no_colour_bar(bank, color, planes):
    ax = fb.plot.spectrum(bank, kind="contours", color=color).axes[0]
    assert len(ax.child_axes) == planes
    assert "colour of text" in ax.get_xlabel()
    assert len(fb.plot.spectrum(GABOR, kind="contours", color=color).axes[0].child_axes) == 1


def test_contours_of_rings_are_in_the_colour_of_text():
    bank = fb.FilterBank(np.concatenate([GABOR.filters[:1], fb.dog(15).filters[:1], np.zeros((1, 15, 15))]))
    with plt.style.context("dark_background"):
        ax = fb.plot.spectrum(bank, kind="contours").axes[0]
    (lines,) = lines_of(ax)
    assert len(lines.get_segments()) == 4  # two lobes, and the inner and outer edge of a ring
    np.testing.assert_array_equal(lines.get_colors()[-1][:3], [1, 1, 1])
    assert "colour of text: 1 filter without orientation" in ax.get_xlabel()
    assert "1 filter of zeros not drawn" in ax.get_xlabel()


def test_rings_are_coloured_by_frequency_where_nothing_has_an_orientation():
    ax = fb.plot.spectrum(fb.dog(15), kind="contours").axes[0]
    assert "colour of text" not in ax.get_xlabel()
    ax = fb.plot.spectrum(BANK, kind="contours", color="frequency").axes[0]
    assert "colour of text: 1 filter with the peak at zero frequency" in ax.get_xlabel().replace("\n", " ")


def test_many_contours_are_fine_and_faint():
    few, many = (fb.plot.spectrum(RNG.standard_normal((n, 5, 5)), kind="contours").axes[0] for n in (3, 300))
    assert lines_of(many)[0].get_linewidths()[0] < lines_of(few)[0].get_linewidths()[0]
    assert lines_of(many)[0].get_alpha() < lines_of(few)[0].get_alpha() == 1


def test_contours_of_volumes_are_outlines_in_three_planes():
    """The outline of a box of frequencies is no smaller than its slice, and there if the slice is not."""
    z, y, x = np.meshgrid(*(np.arange(9) - 4,) * 3, indexing="ij")
    wave = np.exp(-(z**2 + y**2 + x**2) / 8) * np.cos(2 * np.pi * (0.2 * z + 0.1 * y + 0.15 * x))
    ax = fb.plot.spectrum(wave[None], kind="contours").axes[0]
    planes = ax.child_axes[:3]
    assert [plane.get_xlabel() for plane in planes] == ["frequency in x", "frequency in x", "frequency in y"]
    for plane, (across, down) in zip(planes, [(0.15, 0.1), (0.15, 0.2), (0.1, 0.2)], strict=True):
        (lines,) = lines_of(plane)
        middles = np.array([segment.mean(axis=0) for segment in lines.get_segments()])
        right = middles[middles[:, 0] > 0]
        np.testing.assert_allclose(right, [[across, down]], atol=0.02)


def test_signals_are_curves_with_thick_passbands():
    ax = fb.plot.spectrum(SIGNALS, kind="contours", level=0.7).axes[0]
    thin, thick = lines_of(ax)
    response = np.abs(np.fft.rfft(SIGNALS.filters, 1024))
    np.testing.assert_allclose([one[:, 1] for one in thin.get_segments()], response, atol=1e-12)
    np.testing.assert_allclose(thin.get_segments()[0][[0, -1], 0], [0, 0.5])
    assert len(thick.get_segments()) >= len(SIGNALS)
    for index, segment in enumerate(thick.get_segments()[: len(SIGNALS)]):
        peak = response[index].max()
        assert segment[:, 1].min() == pytest.approx(0.7 * peak, rel=0.05)
    assert ax.get_xlim() == (0, 0.5)
    assert "cycles per sample" in ax.get_xlabel()


def test_labels_stand_at_the_peaks():
    ax = fb.plot.spectrum(GABOR, kind="contours", labels="index").axes[0]
    texts = texts_of(ax)
    assert sorted(int(one) for text in texts for one in text.split(", ")) == list(range(16))
    assert len(texts) == 8  # cosine and sine, whose peaks are near, share one
    tuned = fb.analysis.tuning(GABOR)
    for text in ax.texts:
        index = int(text.get_text().split(", ")[0])
        assert np.hypot(*text.get_position()) == pytest.approx(tuned["frequency"][index])


def test_labels_of_polar_curves_stand_at_their_largest():
    ax = fb.plot.spectrum(GABOR, kind="polar", labels="index").axes[0]
    tuned = fb.analysis.tuning(GABOR)
    peaks = np.abs(lines_of(ax)[0].get_segments())[..., 1].max(axis=1)
    for text in ax.texts:
        index = int(text.get_text().split(", ")[0])
        assert text.get_position() == pytest.approx((tuned["orientation"][index], peaks[index]))


# Polar curves


@pytest.mark.parametrize("scale", ["shared", "each"])
def test_polar_curves_are_the_response_around_the_circle(scale):
    ax = fb.plot.spectrum(GABOR, kind="polar", scale=scale).axes[0]
    (lines,) = lines_of(ax)
    tuned = fb.analysis.tuning(GABOR)
    for one, frequency, line in zip(GABOR.filters, tuned["frequency"], lines.get_segments(), strict=True):
        angles, radius = line.T
        expected = magnitude_at(one, frequency * np.stack([np.sin(angles), np.cos(angles)], axis=1))
        np.testing.assert_allclose(radius, expected / (expected.max() if scale == "each" else 1), atol=1e-10)
        np.testing.assert_allclose(radius[:180], radius[180:360], atol=1e-10)  # real filters
    assert ax.get_theta_direction() == -1


def test_polar_curves_leave_out_zero_frequency_and_say_so():
    ax = fb.plot.spectrum(BANK, kind="polar").axes[0]
    (lines,) = lines_of(ax)
    assert len(lines.get_segments()) == len(BANK) - 1
    assert "not drawn: 1 filter whose peak is zero frequency" in ax.get_xlabel()


@pytest.mark.parametrize(("filters", "dimensions"), [(SIGNALS, "1-D"), (VOLUMES, "3-D")])
def test_polar_curves_need_orientations(filters, dimensions):
    with pytest.raises(
        ValueError, match=f"`kind` 'polar' needs 2-D filters, .* got {dimensions} ones; kind='contours'"
    ):
        fb.plot.spectrum(filters, kind="polar")


def test_polar_curves_go_into_polar_axes():
    figure = plt.figure()
    left = figure.add_subplot(1, 2, 1, projection="polar")
    assert fb.plot.spectrum(GABOR, kind="polar", ax=left) is figure
    assert len(lines_of(left)) == 1
    fb.plot.spectrum(GABOR, kind="polar", fig=plt.figure())
    with pytest.raises(ValueError, match="`ax` must be polar axes for kind='polar', got others"):
        fb.plot.spectrum(GABOR, kind="polar", ax=figure.add_subplot(1, 2, 2))
    with pytest.raises(ValueError, match="pass one of them"):
        fb.plot.spectrum(GABOR, kind="polar", ax=left, fig=figure)


# Sources and arguments


def test_layers_are_drawn_by_their_bank_or_their_kernels():
    kernels = RNG.standard_normal((5, 5, 2, 4))
    ax = fb.plot.spectrum(Layer(kernels, kernel_size=(5, 5))).axes[0]
    tiles = tiles_of(ax, (243, 243)).reshape(8, 243, 243)
    np.testing.assert_allclose(tiles[:, 121, 121], np.abs(kernels.sum(axis=(0, 1))).ravel(), atol=1e-12)
    ax = fb.plot.spectrum(BasisLayer(WEIGHTS, BANK), kind="contours").axes[0]
    assert len(lines_of(ax)[0].get_segments()) == len(
        lines_of(fb.plot.spectrum(BANK, kind="contours").axes[0])[0].get_segments()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "power"}, "`kind` must be one of 'filters', 'contours', 'polar', got 'power'"),
        ({"color": "red"}, "`color` must be one of None, 'orientation', 'frequency', got 'red'"),
        ({"level": 0}, "`level` must be a finite number, above 0 and at most 1, got 0|`level` must be .*above 0"),
        ({"kind": "polar", "columns": 3}, "`columns` arranges the tiles of kind='filters', got 3 with kind='polar'"),
        ({"scale": "own"}, "`scale` must be one of 'shared', 'each', got 'own'"),
    ],
)
def test_what_is_wrong_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        fb.plot.spectrum(BANK, **arguments)


@pytest.mark.parametrize("kind", ["filters", "contours", "polar"])
def test_zeros_alone_are_drawn_as_nothing(kind):
    figure = fb.plot.spectrum(np.zeros((2, 5, 5)), kind=kind)
    assert fb.plot.alt_text(figure)
    drawn = [segment for lines in lines_of(figure.axes[0]) for segment in lines.get_segments()]
    assert not drawn or kind == "filters"


@pytest.mark.parametrize("kind", ["filters", "contours"])
@pytest.mark.parametrize("bank", [SIGNALS, BANK, VOLUMES], ids=["1-D", "2-D", "3-D"])
def test_settings_of_matplotlib_stay(bank, kind):
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        figure = fb.plot.spectrum(bank, kind=kind)
        figure.draw_without_rendering()
        assert dict(plt.rcParams) == before


# What those see who lack the pigment for green, or for red, of linear RGB: G. M. Machado, M. M. Oliveira and
# L. A. F. Fernandes, "A physiologically-based model for simulation of color vision deficiency", IEEE TVCG 15 (2009).
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]


@pytest.mark.parametrize("seen_as", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["normal", "deuteranopia", "protanopia"])
def test_orientations_far_apart_are_told_apart_by_all_eyes(seen_as):
    from skimage.color import rgb2lab

    colours = orientation_colours()(np.arange(180) / 180)[:, :3]
    linear = np.where(colours > 0.04045, ((colours + 0.055) / 1.055) ** 2.4, colours / 12.92)
    seen = np.clip(linear @ np.transpose(seen_as), 0, 1)
    lab = rgb2lab(np.where(seen > 0.0031308, 1.055 * seen ** (1 / 2.4) - 0.055, 12.92 * seen))
    turn = np.abs(np.arange(180)[:, None] - np.arange(180))
    far = np.minimum(turn, 180 - turn) >= 45
    assert np.linalg.norm(lab[:, None] - lab, axis=-1)[far].min() > 15  # 2.3 can just be noticed


def test_colours_of_orientations_meet():
    from skimage.color import rgb2lab

    colours = orientation_colours()(np.arange(256) / 256)[:, :3]
    steps = np.linalg.norm(np.diff(rgb2lab(np.vstack([colours, colours[:1]])[None])[0], axis=0), axis=1)
    assert steps.max() < 1.2 * steps.mean()


# Words


@pytest.mark.parametrize(
    ("bank", "count"),
    [
        (fb.gabor(15, frequencies=(0.1, 0.2), orientations=6), 6),
        (fb.gabor(11, orientations=5), 5),
        (fb.log_gabor(21), 5),
        (fb.leung_malik(49), 6),
    ],
    ids=["six", "five", "log", "leung_malik"],
)
@pytest.mark.parametrize("kind", ["contours", "polar"])
def test_the_words_count_orientations_and_not_their_rounding(bank, count, kind):
    for source in (bank, bank.filters):
        assert f", at {count} orientations." in fb.plot.alt_text(fb.plot.spectrum(source, kind=kind))


def test_measured_orientations_that_are_no_groups_are_not_counted():
    assert orientation_groups(np.array([0.0, 179.5, 45.0, 46.0, 90.0])) == 3
    assert orientation_groups(np.arange(0.0, 180.0, 1.5)) is None
    assert orientation_groups(np.array([0.0, 1.9, 3.8, 5.7, 90.0])) is None
    assert orientation_groups(np.array([30.0])) == 1
    noise = np.random.default_rng(0).normal(size=(60, 7, 7))
    assert "at various orientations" in fb.plot.alt_text(fb.plot.spectrum(noise, kind="contours"))
