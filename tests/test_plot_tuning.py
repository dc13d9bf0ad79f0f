"""The picture of what filters are tuned to."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from plotted import BANK, RNG, WEIGHTS, BasisLayer, Layer, texts_of

import filterbank as fb
from filterbank.plot._colours import orientation_colours
from filterbank.plot._tuned import gabor_bandwidths

GABOR = fb.gabor(31, frequencies=[0.1, 0.2], orientations=4)
SIGNALS = fb.dct((16,), n=6)
VOLUMES = fb.dct((5, 7, 7), n=12)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def named(ax, name):
    """Return the collection of that name, None if there is none."""
    return next((one for one in ax.collections if one.get_gid() == name), None)


def points_of(ax, name="filters"):
    return np.ma.filled(named(ax, name).get_offsets(), np.nan)


def bars_of(ax):
    """Return upright bars and bars across, `(count, 2 ends, 2)` each."""
    bars = np.array(named(ax, "bandwidths").get_segments())
    upright = np.ptp(bars[..., 0], axis=1) == 0
    return bars[upright], bars[~upright]


def test_points_are_frequencies_over_orientations():
    ax = fb.plot.tuning(GABOR).axes[0]
    tuned = fb.analysis.tuning(GABOR)
    np.testing.assert_array_equal(points_of(ax), np.stack([np.degrees(tuned["orientation"]), tuned["frequency"]], 1))
    assert ax.get_xlabel().startswith("orientation (degrees)")
    assert ax.get_ylabel() == "peak frequency (cycles per pixel)"
    assert ax.get_yscale() == "log"
    assert "16 filters at" in ax.get_xlabel()


def test_a_narrow_range_of_frequencies_is_not_logarithmic():
    ax = fb.plot.tuning(fb.gabor(31, frequencies=[0.15, 0.2], orientations=4)).axes[0]
    assert ax.get_yscale() == "linear"


def test_bars_are_as_long_as_the_bandwidths():
    bank = fb.gabor(31, frequencies=[0.2], orientations=[np.pi / 4, np.pi / 2], phases=[0.0])
    upright, across = bars_of(fb.plot.tuning(bank).axes[0])
    tuned = fb.analysis.tuning(bank)
    np.testing.assert_allclose(np.log2(upright[:, 1, 1] / upright[:, 0, 1]), tuned["bandwidth"])
    np.testing.assert_allclose(np.sqrt(upright[:, 0, 1] * upright[:, 1, 1]), tuned["frequency"])
    np.testing.assert_allclose(np.ptp(across[..., 0], axis=1), np.degrees(tuned["orientation_bandwidth"]))
    np.testing.assert_allclose(across[..., 0].mean(axis=1), np.degrees(tuned["orientation"]))


def test_bars_end_in_hairlines_but_where_they_go_on():
    ax = fb.plot.tuning(fb.gabor(31, frequencies=[0.2], orientations=[0.0, 1.0], phases=[0.0])).axes[0]
    upright, across = bars_of(ax)
    flat, tall = [one.get_offsets() for one in ax.collections if one.get_gid() == "ends"]
    np.testing.assert_array_equal(flat, upright.reshape(-1, 2))
    ends = across.reshape(-1, 2)
    assert len(ends) == len(tall) + 2 == 6  # of the first filter, which is cut at 0 and at 180 degrees
    np.testing.assert_array_equal(tall, ends[(ends[:, 0] > 0) & (ends[:, 0] < 180)])
    assert not ax.xaxis.get_gridlines()[0].get_visible()


def test_bars_come_back_at_the_other_side():
    bank = fb.gabor(31, frequencies=[0.2], orientations=[0.0], phases=[0.0])
    ax = fb.plot.tuning(bank).axes[0]
    _, across = bars_of(ax)
    width = np.degrees(fb.analysis.tuning(bank)["orientation_bandwidth"][0])
    np.testing.assert_allclose(np.sort(across[..., 0], axis=0), [[0, width / 2], [180 - width / 2, 180]])
    np.testing.assert_allclose(points_of(ax, "again"), [[180, points_of(ax)[0, 1]]])
    assert np.ptp(across[..., 0], axis=1).sum() == pytest.approx(width)
    assert "hollow: the same half a turn on" in ax.get_xlabel().replace("\n", " ")


def test_filters_without_orientation_stand_in_a_strip():
    rings = fb.dog(15)[:1]
    constant = np.ones((1, 15, 15))
    filters = np.concatenate([fb.gabor(15)[:3].filters, rings.filters, constant, np.zeros((1, 15, 15))])
    ax = fb.plot.tuning(filters).axes[0]
    points = points_of(ax)
    assert (points[:3, 0] <= 180).all()
    assert points[3, 0] > 186
    assert ax.get_xlim()[1] > points[3, 0]
    assert np.isnan(points[4:, 1]).all()
    ((x, y),) = points_of(ax, "zero frequency")
    assert x == points[3, 0]
    assert 0 < y < 0.1  # a share of the axes
    label = ax.get_xlabel().replace("\n", " ")
    assert "none: 1 alike in all orientations" in label
    assert "triangles: 1 at zero frequency" in label
    assert "1 of zeros not drawn" in label
    assert [text.get_text() for text in ax.get_xticklabels()][-1] == "none"


def test_colours_are_the_numbers_asked_for():
    ax = fb.plot.tuning(GABOR, color="phase").axes[0]
    phase = np.degrees(fb.analysis.tuning(GABOR)["phase"])
    np.testing.assert_allclose(
        named(ax, "filters").get_facecolor()[:, :3], orientation_colours()((phase + 180) / 360)[:, :3]
    )
    (bar,) = ax.child_axes
    assert bar.get_ylabel() == "phase"
    ax = fb.plot.tuning(GABOR, color="symmetry").axes[0]
    even, odd = named(ax, "filters").get_facecolor()[:2, :3]
    np.testing.assert_allclose(even, plt.get_cmap("RdBu_r")(1.0)[:3])
    np.testing.assert_allclose(odd, plt.get_cmap("RdBu_r")(0.0)[:3])
    numbers = np.arange(16.0)
    shown = named(fb.plot.tuning(GABOR, color=numbers, cmap="gray").axes[0], "filters").get_facecolor()
    np.testing.assert_allclose(shown[[0, -1], :3], [[0, 0, 0], [1, 1, 1]])
    shown = named(fb.plot.tuning(GABOR, color="red").axes[0], "filters").get_facecolor()
    np.testing.assert_allclose(shown, [[1, 0, 0, 1]] * 16)
    three = fb.plot.tuning(GABOR[:3], color=(1.0, 0.0, 0.0)).axes[0]
    np.testing.assert_allclose(named(three, "filters").get_facecolor(), [[1, 0, 0, 1]] * 3)
    three = fb.plot.tuning(GABOR[:3], color=[1.0, 0.0, 0.0], cmap="gray").axes[0]
    np.testing.assert_allclose(named(three, "filters").get_facecolor()[:, 0], [1, 0, 0])
    ax = fb.plot.tuning(GABOR, color="sigma", colorbar=False).axes[0]
    assert len(np.unique(named(ax, "filters").get_facecolor(), axis=0)) == len(np.unique(GABOR.parameters["sigma"]))
    assert not ax.child_axes


def test_filters_without_the_number_have_the_colour_of_text():
    bank = np.concatenate([fb.gabor(15).filters, fb.dog(15).filters])
    with plt.style.context("dark_background"):
        ax = fb.plot.tuning(bank, color="orientation").axes[0]
    colours = named(ax, "filters").get_facecolor()
    np.testing.assert_array_equal(colours[16:, :3], np.ones((3, 3)))
    assert "colour of text: 3 filters without that number" in ax.get_xlabel().replace("\n", " ")
    angles = fb.analysis.tuning(bank)["orientation"][:16]
    np.testing.assert_allclose(colours[:16, :3], orientation_colours()(angles / np.pi)[:, :3])


def test_frequencies_are_coloured_by_octaves():
    ax = fb.plot.tuning(GABOR, color="frequency").axes[0]
    (bar,) = ax.child_axes
    frequency = fb.analysis.tuning(GABOR)["frequency"]
    np.testing.assert_allclose(bar.get_ylim(), [frequency.min(), frequency.max()])
    assert bar.get_yscale() == "log"


def test_a_number_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"`color` must be a number of the filters \(frequency, .*symmetry.*\), 16 "):
        fb.plot.tuning(GABOR, color="loudness")
    with pytest.raises(ValueError, match=r"or one colour, got an array of shape \(7,\)"):
        fb.plot.tuning(GABOR, color=np.zeros(7))


def test_labels_of_filters_at_one_place_are_written_once():
    figure = fb.plot.tuning(fb.gabor(31, frequencies=[0.2], orientations=2), labels="index")
    assert sorted(int(one) for text in texts_of(figure.axes[0]) for one in text.split(", ")) == [0, 1, 2, 3]
    note = figure.axes[0].texts[0]
    assert tuple(note.xy) == pytest.approx(points_of(figure.axes[0])[0], abs=1e-6)


def test_signals_are_frequencies_filter_by_filter():
    ax = fb.plot.tuning(SIGNALS).axes[0]
    tuned = fb.analysis.tuning(SIGNALS)
    points = points_of(ax)
    np.testing.assert_array_equal(points[1:, 0], tuned["frequency"][1:])
    np.testing.assert_array_equal(points[1:, 1], np.arange(1, 6))
    np.testing.assert_array_equal(points_of(ax, "zero frequency")[:, 1], [0])
    segments = np.array(named(ax, "bandwidths").get_segments())
    np.testing.assert_allclose(np.log2(segments[:, 1, 0] / segments[:, 0, 0]), tuned["bandwidth"][1:])
    assert ax.get_xscale() == "log"
    assert ax.get_ylim() == (5.5, -0.5)
    assert "cycles per sample" in ax.get_xlabel()


def test_volumes_have_azimuth_and_elevation():
    z, y, x = np.meshgrid(*(np.arange(15) - 7,) * 3, indexing="ij")
    blob = np.exp(-(z**2 + y**2 + x**2) / 18)
    waves = 0.2 * np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, -0.6, 0.8], [-0.6, 0, 0.8], [0.6, 0, 0.8]])
    filters = [blob * np.cos(2 * np.pi * (one[0] * z + one[1] * y + one[2] * x)) for one in waves]
    figure = fb.plot.tuning(np.array(filters))
    azimuth, elevation = (points_of(panel)[:, 0] for panel in figure.axes[0].child_axes[:2])
    tilt = np.degrees(np.arctan2(0.6, 0.8))
    np.testing.assert_allclose(azimuth[[0, 1, 3, 4, 5]], [0, 90, 180 - tilt, 0, 0], atol=1e-3)
    assert azimuth[2] > 186  # along z, in the strip
    np.testing.assert_allclose(elevation, [0, 0, 90, 0, -tilt, tilt], atol=1e-3)
    assert "none: 1 along z" in figure.axes[0].get_xlabel()
    np.testing.assert_allclose([points_of(panel)[:, 1] for panel in figure.axes[0].child_axes[:2]], 0.2, atol=2e-3)


def test_sources_are_alike():
    kernels = RNG.standard_normal((7, 7, 2, 4))
    filters = np.moveaxis(kernels.reshape(7, 7, 8), -1, 0)
    expected = points_of(fb.plot.tuning(filters).axes[0])
    for source in (fb.analysis.tuning(filters), Layer(kernels, kernel_size=(7, 7))):
        np.testing.assert_array_equal(points_of(fb.plot.tuning(source).axes[0]), expected)
    shown = points_of(fb.plot.tuning(BasisLayer(WEIGHTS, BANK)).axes[0])
    np.testing.assert_array_equal(shown, points_of(fb.plot.tuning(BANK).axes[0]))


@pytest.mark.parametrize("bank", [SIGNALS, VOLUMES], ids=["1-D", "3-D"])
def test_measured_numbers_know_their_dimensions(bank):
    given, measured = (fb.plot.tuning(source).axes[0] for source in (bank, fb.analysis.tuning(bank)))
    panels = [(one.child_axes or [one])[0] for one in (given, measured)]
    np.testing.assert_array_equal(points_of(panels[0]), points_of(panels[1]))


def test_a_fit_of_gabors_is_drawn_as_it_is():
    bank = fb.gabor(21, frequencies=[0.2], orientations=4, phases=[0.0])
    fit = fb.analysis.fit_gabor(np.moveaxis(bank.filters, 0, -1)[:, :, None])
    figure = fb.plot.tuning(fit)
    ax = figure.axes[0]
    np.testing.assert_allclose(points_of(ax)[:, 1], fit.frequency[0])
    np.testing.assert_allclose(np.mod(points_of(ax)[:, 0], 180), np.degrees(fit.orientation[0]), atol=1e-9)
    upright, across = bars_of(ax)
    tuned = fb.analysis.tuning(bank)
    np.testing.assert_allclose(np.log2(upright[:, 1, 1] / upright[:, 0, 1]), tuned["bandwidth"], rtol=0.02)
    total = np.ptp(across[..., 0], axis=1).sum()
    assert total == pytest.approx(np.degrees(tuned["orientation_bandwidth"]).sum(), rel=0.02)
    assert figure.axes[0].child_axes[0].get_ylabel() == "explained"
    assert "the Gabor filters nearest to 4 kernels of 21x21" in fb.plot.alt_text(figure)


def test_bandwidths_of_gabors_are_those_of_large_windows():
    """The formulas agree with what is measured of sampled filters whose lobes do not overlap."""
    numbers = np.array([[0.2, 6.0, 1.0], [0.15, 8.0, 0.7], [0.25, 5.0, 1.4]])
    y, x = np.meshgrid(*(np.arange(121) - 60,) * 2, indexing="ij")
    filters = [
        np.exp(-(x**2 + (ratio * y) ** 2) / (2 * sigma**2)) * np.cos(2 * np.pi * frequency * x)
        for frequency, sigma, ratio in numbers
    ]
    tuned = fb.analysis.tuning(np.array(filters))
    octaves, turn = gabor_bandwidths(*numbers.T)
    np.testing.assert_allclose(octaves, tuned["bandwidth"], rtol=1e-6)
    np.testing.assert_allclose(turn, tuned["orientation_bandwidth"], rtol=1e-6)


def test_bandwidths_of_broad_gabors_have_no_end():
    octaves, turn = gabor_bandwidths(np.array([0.05, np.nan]), np.array([1.0, np.nan]), np.array([1.0, np.nan]))
    assert octaves[0] == np.inf
    assert turn[0] == np.pi
    assert np.isnan([octaves[1], turn[1]]).all()


def test_many_filters_are_small_and_faint():
    few, many = (named(fb.plot.tuning(RNG.standard_normal((n, 5, 5))).axes[0], "filters") for n in (3, 300))
    assert many.get_sizes()[0] < few.get_sizes()[0]
    assert many.get_alpha() < few.get_alpha() == 1


def test_the_caption_of_a_thousand_filters_is_short():
    label = fb.plot.tuning(np.random.default_rng(0).normal(size=(1000, 5, 5))).axes[0].get_xlabel()
    assert "places" not in label
    assert label.count("\n") <= 3


def test_numbers_of_frequencies_have_three_digits():
    axis = fb.plot.tuning(fb.dct((128,), n=40)).axes[0].xaxis
    texts = [text.get_text() for text in axis.get_ticklabels()]
    assert texts == ["0.125", "0.0625", "0.0312", "0.0156", "0.00781", "0.00391"]
    np.testing.assert_array_equal(axis.get_ticklocs(), 2.0 ** np.arange(-3, -9, -1))


def heights(ax, along="height"):
    """Return the ends and the length of the bars of a histogram."""
    if along == "height":
        return [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_height()) for bar in ax.patches]
    return [(bar.get_y(), bar.get_y() + bar.get_height(), bar.get_width()) for bar in ax.patches]


def test_histograms_count_the_filters():
    filters = np.concatenate([fb.gabor(15).filters, fb.dog(15).filters, np.ones((1, 15, 15))])
    ax = fb.plot.tuning(filters, marginals=True).axes[0]
    above, right = ax.child_axes
    points = points_of(ax)
    for low, high, count in heights(above):
        inside = sum(((points[:16, 0] + turn >= low) & (points[:16, 0] + turn < high)).sum() for turn in (-180, 0, 180))
        assert count == inside
    for low, high, count in heights(right, "width"):
        assert count == ((points[:, 1] >= low) & (points[:, 1] < high)).sum()
    assert sum(count for _, _, count in heights(right, "width")) == 19
    assert [text.get_text() for text in above.texts] == ["4"]
    assert above.get_xlim() == ax.get_xlim()
    assert (right.get_ylim(), right.get_yscale()) == (ax.get_ylim(), "log")


@pytest.mark.parametrize(("bank", "count"), [(SIGNALS, [5]), (VOLUMES, [9, 11, 11])], ids=["1-D", "3-D"])
def test_histograms_of_signals_and_volumes(bank, count):
    ax = fb.plot.tuning(bank, marginals=True).axes[0]
    panels = ax.child_axes[:2] if bank is VOLUMES else [ax]
    margins = [margin for panel in panels for margin in panel.child_axes]
    assert len(margins) == len(count)
    ends = [-7.5, -97.5]
    for number, (margin, expected) in enumerate(zip(margins, count, strict=True)):
        bars = heights(margin, "width" if number == 2 else "height")
        # The first step of azimuths is drawn at both ends.
        bars = bars[:-1] if bank is VOLUMES and number == 0 else bars
        assert sum(length for _, _, length in bars) == expected
        if bank is VOLUMES and number < 2:
            assert bars[0][0] == ends[number]


def test_it_goes_into_axes():
    figure, (left, right) = plt.subplots(1, 2)
    assert fb.plot.tuning(GABOR, ax=left) is figure
    fb.plot.tuning(VOLUMES, ax=right)
    assert len(right.child_axes) == 2
    assert isinstance(named(left, "bandwidths"), LineCollection)
    with pytest.raises(ValueError, match="pass one of them"):
        fb.plot.tuning(GABOR, ax=left, fig=figure)


@pytest.mark.parametrize("bank", [SIGNALS, GABOR, VOLUMES, np.zeros((2, 5, 5))], ids=["1-D", "2-D", "3-D", "zeros"])
def test_settings_of_matplotlib_stay(bank):
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        fb.plot.tuning(bank).draw_without_rendering()
        assert dict(plt.rcParams) == before
