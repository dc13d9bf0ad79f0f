"""The picture of patches of images."""

import numpy as np
import pytest
import skimage.io
from PIL import Image
from plotted import image_of, tiles_of
from scipy import stats

import filterbank as fb
from filterbank.plot._patches import _drawn

RNG = np.random.default_rng(3)
# Every value tells where it stands.
PLACES = np.arange(600.0).reshape(20, 30)
COLOUR = RNG.integers(0, 256, size=(24, 26, 3), dtype=np.uint8)


def patches_of(figure, size=(4, 4)):
    """Return the patches in grey, `(n, *size)`."""
    return np.asarray(tiles_of(figure.axes[0], size)).reshape(-1, *size)


def corners(figure, size=(4, 4)):
    """Return the value at the first pixel of each patch of `PLACES`."""
    return patches_of(figure, size)[:, 0, 0]


def test_patches_are_windows_of_the_image_all_different():
    figure = fb.plot.patches(PLACES, 4, n=35, columns=7)
    tiles = patches_of(figure)
    assert len(tiles) == 35
    for tile in tiles:
        y, x = divmod(int(tile[0, 0]), 30)
        np.testing.assert_array_equal(tile, PLACES[y : y + 4, x : x + 4])
    assert len({tile[0, 0] for tile in tiles}) == 35


def test_the_seed_decides():
    one, same, other = (corners(fb.plot.patches(PLACES, 4, n=30, columns=6, rng=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.any(one != other)


def test_all_patches_are_equally_likely_whatever_image_they_are_in():
    # 2 + 6 + 2 patches of one pixel, in images that come one by one and in a stack.
    images = [np.array([[0, 1]]), np.arange(2, 8).reshape(3, 2), np.array([[[8]], [[9]]])]
    rng = np.random.default_rng(0)
    counts = np.zeros(10)
    for _ in range(400):
        for patch in _drawn(iter(images), (1, 1), 3, rng):
            counts[int(patch.values[0, 0, 0])] += 1
    assert counts.sum() == 1200
    # Without replacement the counts vary less than a chi square; with a fixed seed this is no gamble.
    assert stats.chisquare(counts).pvalue > 0.01


def test_fewer_patches_than_asked_for_are_all_drawn():
    figure = fb.plot.patches(np.arange(12.0).reshape(3, 4), 2, n=64, columns=3, order="place")
    np.testing.assert_array_equal(corners(figure, (2, 2)), [0, 1, 2, 4, 5, 6])
    assert fb.plot.alt_text(figure).startswith("6 patches of 2x2 pixels from 1 image")


def test_orders():
    image = RNG.normal(size=(30, 30)).cumsum(axis=0) + 100
    ordered = {
        order: patches_of(fb.plot.patches(image, 5, n=24, columns=6, order=order), (5, 5))
        for order in ("random", "place", "contrast", "brightness")
    }
    assert np.all(np.diff(ordered["contrast"].std(axis=(1, 2))) <= 0)
    assert np.all(np.diff(ordered["brightness"].mean(axis=(1, 2))) >= 0)
    everything = {tuple(tile.ravel()) for tile in ordered["random"]}
    assert all({tuple(tile.ravel()) for tile in tiles} == everything for tiles in ordered.values())
    starts = corners(fb.plot.patches(PLACES, 4, n=30, columns=6, order="place"))
    assert np.all(np.diff(starts) > 0)


def test_grey_goes_from_the_smallest_value_drawn_to_the_largest():
    axes = fb.plot.patches(PLACES + 7, 4, n=30, columns=6).axes[0]
    values = image_of(axes).get_array().compressed()
    assert image_of(axes).get_clim() == (values.min(), values.max())
    assert image_of(axes).get_cmap().name == "gray"
    bar = axes.child_axes[0]
    np.testing.assert_array_equal(bar.get_yticks(), [values.min(), values.max()])
    assert image_of(fb.plot.patches(PLACES, 4, limit=255).axes[0]).get_clim() == (0, 255)


def test_without_means_the_scale_is_symmetric():
    figure = fb.plot.patches(PLACES, 4, n=30, columns=6, remove_mean=True)
    image = image_of(figure.axes[0])
    tiles = patches_of(figure)
    np.testing.assert_allclose(tiles.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(tiles[0], PLACES[:4, :4] - PLACES[:4, :4].mean())
    assert image.get_clim() == (-np.abs(tiles).max(), np.abs(tiles).max())
    assert image.get_cmap().name == "RdBu_r"
    assert "without their means" in fb.plot.alt_text(figure)


def test_negative_values_make_the_scale_symmetric():
    image = image_of(fb.plot.patches(PLACES - 100, 4, limit=3).axes[0])
    assert image.get_clim() == (-3, 3)


def test_each_patch_can_have_its_own_scale():
    axes = fb.plot.patches(PLACES, 4, n=30, columns=6, scale="each").axes[0]
    tiles = patches_of(axes.figure)
    np.testing.assert_allclose(tiles.min(axis=(1, 2)), 0)
    np.testing.assert_allclose(tiles.max(axis=(1, 2)), 1)
    assert axes.get_xlabel() == "each patch on its own scale"
    axes = fb.plot.patches(PLACES, 4, n=30, columns=6, scale="each", remove_mean=True).axes[0]
    tiles = patches_of(axes.figure)
    np.testing.assert_allclose(np.abs(tiles).max(axis=(1, 2)), 1)


def test_colour_images_are_drawn_in_their_colours():
    axes = fb.plot.patches(COLOUR, 5, n=12, columns=4, limit=255).axes[0]
    tiles = tiles_of(axes, (5, 5)).reshape(-1, 5, 5, 4)
    np.testing.assert_array_equal(tiles[..., 3], 1)
    windows = np.lib.stride_tricks.sliding_window_view(COLOUR, (5, 5), axis=(0, 1)).reshape(-1, 3, 5, 5)
    for tile in tiles[..., :3]:
        difference = np.abs(np.moveaxis(tile, -1, 0) * 255 - windows).max(axis=(1, 2, 3))
        assert difference.min() < 1e-9
    assert axes.get_xlabel() == "colours from 0 to 255"
    assert not axes.child_axes


def test_the_transparency_of_files_is_left_out(tmp_path):
    opaque = fb.plot.patches(COLOUR, 5, n=12, columns=4).axes[0]
    Image.fromarray(np.concatenate([COLOUR, COLOUR[..., :1]], axis=2)).save(tmp_path / "masked.png")
    masked = fb.plot.patches(tmp_path / "masked.png", 5, n=12, columns=4).axes[0]
    np.testing.assert_array_equal(image_of(opaque).get_array(), image_of(masked).get_array())


def test_colours_without_means_are_grey_at_zero():
    axes = fb.plot.patches(COLOUR, 5, n=12, columns=4, remove_mean=True).axes[0]
    tiles = np.asarray(tiles_of(axes, (5, 5)))[..., :3].reshape(-1, 75)
    np.testing.assert_allclose(tiles.mean(axis=1), 0.5)
    assert axes.get_xlabel().startswith("grey is 0; full colour is ±")


def test_channels_are_averaged_where_colours_are_not_drawn():
    mean = COLOUR.astype(float).mean(axis=-1)
    grey = fb.plot.patches(COLOUR, 5, n=12, columns=4, rgb=False).axes[0]
    alone = fb.plot.patches(mean, 5, n=12, columns=4).axes[0]
    assert np.ma.allclose(image_of(grey).get_array(), image_of(alone).get_array())


@pytest.mark.parametrize("remove_mean", [False, True])
def test_grey_patches_are_grey_beside_those_in_colour(remove_mean):
    grey = COLOUR[..., :1].repeat(3, axis=2)
    tiles, expected = (
        np.asarray(tiles_of(fb.plot.patches(images, 5, n=40, columns=8, remove_mean=remove_mean).axes[0], (5, 5)))
        for images in ([COLOUR, grey[..., 0]], [COLOUR, grey])
    )
    np.testing.assert_array_equal(tiles, expected)
    spread = np.ptp(tiles[..., :3], axis=-1).max(axis=(-2, -1))
    assert 0 < np.count_nonzero(spread == 0) < 40
    with pytest.raises(ValueError, match="got 1 in image 0"):
        fb.plot.patches([grey[..., 0], COLOUR[:, :, 1]], 5, rgb=True)


def test_images_come_from_anywhere(tmp_path):
    image = RNG.integers(0, 256, size=(20, 30), dtype=np.uint8)
    skimage.io.imsave(tmp_path / "a.png", image, check_contrast=False)
    np.save(tmp_path / "a.npy", image)
    expected = image_of(fb.plot.patches(image, 4).axes[0]).get_array()
    for source in (tmp_path / "a.png", str(tmp_path / "a.npy"), [image], iter([image]), image[None], image.tolist()):
        assert np.ma.allequal(image_of(fb.plot.patches(source, 4).axes[0]).get_array(), expected)


class Counted:
    """An array that counts what is read of it."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.read = array, array.shape, array.dtype, 0

    def __getitem__(self, key):
        part = self.array[key]
        self.read += part.size
        return part


def test_no_more_is_read_than_is_drawn():
    large = Counted(np.broadcast_to(np.float32(1), (10**6, 1000, 1000)))
    fb.plot.patches(large, 4, n=30)
    assert large.read == 30 * 16


def test_signals_are_bars_about_zero_and_volumes_slices():
    signal = RNG.random(400)
    axes = fb.plot.patches(signal, (8,), n=6, columns=3).axes[0]
    bars = axes.collections[1]
    assert len(bars.get_array()) == 48
    assert set(bars.get_array()) <= set(signal)
    assert bars.get_clim() == (-max(bars.get_array()), max(bars.get_array()))
    figure = fb.plot.patches(RNG.random((12, 14, 16)), (3, 5, 7), n=2, columns=2)
    assert figure.axes[0].get_xlabel() == "central slices yx, zx, zy"
    assert "2 patches of 3x5x7 pixels" in fb.plot.alt_text(figure)


@pytest.mark.parametrize("n", [1, 1000])
def test_one_patch_and_a_thousand(n):
    figure = fb.plot.patches(PLACES[:, :28].repeat(3, axis=1), 4, n=n)
    figure.canvas.draw()
    filled = ~np.ma.getmaskarray(image_of(figure.axes[0]).get_array())
    zoom = 5  # of a tile of four pixels, so that gaps can be narrow
    assert filled.sum() == n * (4 * zoom) ** 2


def test_constant_images_have_a_scale():
    image = image_of(fb.plot.patches(np.full((9, 9), 5.0), 3).axes[0])
    assert image.get_clim() == (5, 6)
    black = image_of(fb.plot.patches(np.zeros((9, 9, 3)), 3).axes[0])
    np.testing.assert_array_equal(black.get_array()[..., :3].max(), 0)


@pytest.mark.parametrize(
    ("images", "keywords", "error", "text"),
    [
        (fb.patch_moments(PLACES, 4), {}, TypeError, r"PatchMoments, which hold no patches.*fb\.pca\(moments, size\)"),
        ([], {}, ValueError, "`images` must hold at least one image, got none"),
        (PLACES[:3], {}, ValueError, "at least as large as a patch of 4x4"),
        (np.full((9, 9), np.nan), {}, ValueError, "`images` must be finite, got NaN or infinity in a patch of image 0"),
        (PLACES + 1j, {}, TypeError, "`images` must be real numbers"),
        (PLACES, {"rgb": True}, ValueError, "`rgb` needs images .*three channels, got 1 in image 0; drop rgb=True"),
        (PLACES, {"n": 0}, ValueError, "`n` must be"),
        (PLACES, {"order": "size"}, ValueError, "`order` must be one of 'random'"),
        (PLACES, {"scale": "own"}, ValueError, "`scale` must be one of"),
        (PLACES, {"scale": "each", "limit": 3}, ValueError, "`limit` ends one scale for all"),
        ("no.png", {}, FileNotFoundError, "`images` must be files that exist, got 'no.png'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(images, keywords, error, text):
    with pytest.raises(error, match=text):
        fb.plot.patches(images, 4, **keywords)
