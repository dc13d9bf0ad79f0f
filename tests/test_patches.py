"""`patch_moments` against patches taken one by one, against integers without rounding, and against itself in parts."""

import fractions
import gc
import itertools
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

import filterbank as fb
from filterbank import _patch_sums, _running, patches
from filterbank._images import Source

RELATIVE = 1e-11


def rows_by_loops(image, size, stride):
    """Every patch as a row, one by one; channels, where the image has them, come last and whole."""
    places = (range(0, side - k + 1, step) for side, k, step in zip(image.shape, size, stride, strict=False))
    return [
        image[tuple(slice(at, at + k) for at, k in zip(place, size, strict=True))].ravel()
        for place in itertools.product(*places)
    ]


def by_loops(images, size, stride=None):
    stride = stride or (1,) * len(size)
    rows = np.array([row for image in images for row in rows_by_loops(image, size, stride)], dtype=np.float64)
    apart = rows - rows.mean(axis=0)
    return len(rows), rows.mean(axis=0), apart.T @ apart / len(rows), rows.var()


def assert_are(moments, expected):
    count, mean, covariance, *variance = expected  # of a single patch, the covariance is zero
    assert moments.count == count
    np.testing.assert_allclose(moments.mean, mean, rtol=0, atol=RELATIVE * max(np.abs(mean).max(), 1e-300))
    scale = max(np.abs(covariance).max(), *variance, 1e-300)
    np.testing.assert_allclose(moments.covariance, covariance, rtol=0, atol=RELATIVE * scale)
    np.testing.assert_array_equal(moments.covariance, moments.covariance.T)
    assert np.linalg.eigvalsh(moments.covariance).min() >= -1e-13 * scale * len(mean)


@pytest.fixture(params=["autocorrelation", "rows", "estimate"])
def way(request, monkeypatch):
    """Sum in one way, or as the estimate says."""
    if request.param != "estimate":
        chosen = request.param == "autocorrelation"
        monkeypatch.setattr(
            _patch_sums, "by_autocorrelation", lambda shape, window, stride: chosen and max(stride) == 1
        )
    return request.param


WINDOWS = [
    ((9,), (4,)),
    ((7,), (7,)),
    ((40,), (1,)),
    ((9, 12), (3, 4)),
    ((9, 12), (4, 3)),
    ((6, 5), (6, 5)),
    ((6, 7), (5, 7)),
    ((8, 9), (1, 1)),
    ((8, 9), (1, 5)),
    ((8, 9), (5, 1)),
    ((30, 31), (11, 8)),
    ((5, 6, 7), (3, 2, 4)),
    ((4, 4, 5), (4, 3, 1)),
    ((9, 8, 7), (3, 3, 3)),
]


@pytest.mark.parametrize(("sides", "size"), WINDOWS)
def test_all_patches_of_an_image_and_of_two(sides, size, way):
    images = 100 + np.random.default_rng(3).standard_normal((2, *sides)).cumsum(axis=-1)
    assert_are(fb.patch_moments(images[0], size), by_loops(images[:1], size))
    assert_are(fb.patch_moments(images, size), by_loops(images, size))


@pytest.mark.parametrize(("stride", "each"), [(2, (2, 2)), ((1, 3), (1, 3)), ((5, 2), (5, 2)), (40, (40, 40))])
def test_strides(stride, each, way):
    image = np.random.default_rng(1).random((23, 17))
    assert_are(fb.patch_moments(image, (4, 3), stride=stride), by_loops([image], (4, 3), each))


@pytest.mark.parametrize("values_in_block", [1, 60, 300, 1000, 10**9])
@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("sides", [(37, 41), (90, 11)])
def test_blocks_of_any_size_give_the_same(values_in_block, stride, sides, monkeypatch, way):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", values_in_block)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", values_in_block)
    image = np.random.default_rng(2).random(sides)
    assert_are(fb.patch_moments(image, (5, 4), stride=stride), by_loops([image], (5, 4), (stride, stride)))


@given(
    sides=st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9)),
    window=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)),
    stride=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    values=st.integers(1, 2000),
)
def test_every_patch_lies_in_one_block(sides, window, stride, values):
    window = tuple(map(min, window, sides))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_running, "VALUES_IN_BLOCK", values)
        found = [
            place
            for block in _running.blocks(sides, window, stride, 1)
            for place in itertools.product(
                *(range(cut.start, cut.stop - k + 1, step) for cut, k, step in zip(block, window, stride, strict=True))
            )
        ]
    places = (range(0, side - k + 1, step) for side, k, step in zip(sides, window, stride, strict=True))
    assert sorted(found) == list(itertools.product(*places))


def by_long_doubles(images, k, remove_mean):
    rows = np.array([row for image in images for row in rows_by_loops(image, (k, k), (1, 1))], dtype=np.longdouble)
    mean = rows.mean(axis=0)
    apart = rows - mean
    if remove_mean:
        mean, apart = mean - mean.mean(), apart - apart.mean(axis=1, keepdims=True)
    return mean, apart.T @ apart / len(rows)


NOISE = np.random.default_rng(8).standard_normal((40, 30))
LEVELS = np.array([0, 1e6, -1e6])


@pytest.mark.parametrize("in_block", [1000, 2**19])
@pytest.mark.parametrize("remove_mean", [False, True])
@pytest.mark.parametrize(
    ("images", "channels"),
    [
        ([NOISE[..., None] * 1e-3 + LEVELS], "stack"),
        ([NOISE[..., None] * 1e-3 + LEVELS + 1e6 * i for i in range(3)], "stack"),
        ([NOISE * 1e-3 + level for level in LEVELS], "average"),
        ([NOISE * 3 + 20_000.0 * i for i in range(3)], "average"),
        ([NOISE * 1e-3 + (np.arange(30) > 14) * 1e6], "average"),
    ],
)
def test_levels_of_channels_images_and_places_cost_no_digits(images, channels, remove_mean, in_block, monkeypatch, way):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", in_block)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", in_block)
    moments = fb.patch_moments(images, 4, channels=channels, remove_mean=remove_mean)
    mean, covariance = by_long_doubles(images, 4, remove_mean)
    scale = float(np.abs(covariance).max())
    np.testing.assert_allclose(moments.covariance, covariance.astype(float), rtol=0, atol=RELATIVE * scale)
    atol = RELATIVE * scale**0.5 + 1e-15 * max(np.abs(image).max() for image in images)
    np.testing.assert_allclose(moments.mean, mean.astype(float), rtol=0, atol=atol)


@pytest.mark.parametrize("remove_mean", [False, True])
@pytest.mark.parametrize("pattern", [NOISE[:9, :9] * 1e6, np.arange(9) * 1e4])
def test_a_pattern_in_all_images_costs_no_digits(pattern, remove_mean, way):
    images = [pattern + part * 1e-3 for part in NOISE.ravel()[:1134].reshape(14, 9, 9)]
    covariance = by_long_doubles(images, 9, remove_mean)[1].astype(float)
    moments = fb.patch_moments(images, 9, remove_mean=remove_mean)
    np.testing.assert_allclose(moments.covariance, covariance, rtol=0, atol=RELATIVE * np.abs(covariance).max())


class Integers:
    """Sums over the patches of images of whole numbers, without rounding."""

    def __init__(self, images, k):
        views = [np.lib.stride_tricks.sliding_window_view(image.astype(np.int64), (k, k)) for image in images]
        rows = np.concatenate([view.reshape(-1, k * k) for view in views])
        self.sums = [len(rows), rows.sum(axis=0).astype(object), (rows.T @ rows).astype(object)]

    def add(self, other, times):
        self.sums = [one + times * more for one, more in zip(self.sums, other.sums, strict=True)]

    def covariance(self):
        """Return the covariance, with one rounding."""
        count, sums, products = self.sums
        return np.vectorize(lambda entry: float(fractions.Fraction(entry, count**2)), otypes=[float])(
            count * products - np.multiply.outer(sums, sums)
        )


def test_eight_bit_images_to_the_last_digits(photograph, way):
    covariance = Integers([photograph[:200, :160]], 5).covariance()
    moments = fb.patch_moments(photograph[:200, :160], 5)
    assert np.abs(moments.covariance - covariance).max() < 1e-14 * covariance.max()
    values, expected = np.linalg.eigvalsh(moments.covariance), np.linalg.eigvalsh(covariance)
    assert np.abs(values - expected).max() < 1e-14 * expected[-1]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float16", "float32", "longdouble", ">i2"])
def test_number_types_are_taken_at_their_values(photograph, dtype):
    image = photograph[:40, :40].astype(dtype)
    assert_are(fb.patch_moments(image, 5), by_loops([photograph[:40, :40]], (5, 5)))


def test_the_largest_integers_do_not_overflow(way):
    for dtype in (np.uint8, np.uint16):
        image = np.full((30, 30), np.iinfo(dtype).max, dtype)
        image[::3, ::2] = 0
        assert_are(fb.patch_moments(image, 3), by_loops([image.astype(float)], (3, 3)))


def test_a_large_offset_costs_no_digits(way):
    noise = np.random.default_rng(1).integers(0, 9, (40, 50)).astype(float)
    moments, moved = fb.patch_moments(noise, 5), fb.patch_moments(noise + 2.0**33, 5)
    np.testing.assert_allclose(moved.covariance, moments.covariance, rtol=0, atol=1e-13)


def assert_keeps_eigenvalues(moments, integers):
    covariance = integers.covariance()
    values, expected = np.linalg.eigvalsh(moments.covariance), np.linalg.eigvalsh(covariance)
    assert 0 < expected[0] < 1e-3 * expected[-1]
    assert np.abs(moments.covariance - covariance).max() < 3e-14 * covariance.max()
    assert np.abs(values - expected).max() < 3e-14 * expected[-1]


def crops(photograph, count):
    """Images of 16 bits, each brighter than the one before."""
    return [photograph[3 * i % 490 :, 7 * i % 480 :][:12, :14] + np.uint16(60_000 * i // count) for i in range(count)]


def test_many_parts_keep_the_small_eigenvalues(photograph):
    """Images of different means, of which each has the weight of all before it, to 1e12 patches."""
    images = crops(photograph, 33)
    many, integers = fb.patch_moments(images[0], 4), Integers(images[:1], 4)
    for doublings, image in enumerate(images[1:]):
        part = fb.patch_moments(image, 4)
        for _ in range(doublings):
            part += part
        many += part
        integers.add(Integers([image], 4), 2**doublings)
    assert many.count == integers.sums[0] == 99 * 2**32 > 4 * 10**11
    assert_keeps_eigenvalues(many, integers)


@pytest.mark.parametrize("in_block", [300, 20_000, 2**19])
def test_many_images_one_after_the_other_keep_the_small_eigenvalues(in_block, photograph, monkeypatch):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", in_block)
    images = crops(photograph, 2000)
    moments = fb.patch_moments(iter(images), 4)
    assert moments.images == 2000
    assert_keeps_eigenvalues(moments, Integers(images, 4))


# Where images come from


def images_of(photograph):
    return [photograph[:20, :30], photograph[100:117, 50:90], photograph[30:47, 90:130], photograph[:9, 7:40]]


def file_of(folder, name, image):
    path = folder / name
    np.save(path, image) if name.endswith("npy") else Image.fromarray(image).save(path)
    return path


@pytest.mark.parametrize("make", [list, tuple, iter, lambda images: (image for image in images)])
def test_images_of_different_sizes_in_any_iterable(photograph, make):
    images = images_of(photograph)
    moments = fb.patch_moments(make(images), (4, 5))
    assert_are(moments, by_loops(images, (4, 5)))
    assert moments.images == 4


def test_files_and_arrays_may_mix(photograph, tmp_path):
    images = images_of(photograph)
    wide = images[2].astype(np.uint16) * 256
    paths = [
        file_of(tmp_path, "a.png", images[0]),
        str(file_of(tmp_path, "b.tif", images[1])),
        file_of(tmp_path, "c.png", wide),
        file_of(tmp_path, "d.npy", images[3]),
    ]
    expected = by_loops([*images[:2], wide, images[3]], (4, 4))
    depths = (
        r"different depths.*: up to 255 in '.*a.png' and up to 65535 in '.*c.png'; divide them by 255 and 65535, or"
    )
    for entries in (paths, [paths[0], images[1], *paths[2:]]):
        with pytest.warns(fb.BankWarning, match=depths) as caught:
            assert_are(fb.patch_moments(entries, 4), expected)
        assert (len(caught), caught[0].filename) == (1, __file__)
    assert_are(fb.patch_moments([paths[0], images[1], wide, paths[3]], 4), expected)
    assert_are(fb.patch_moments(paths[0], 4), by_loops(images[:1], (4, 4)))


def test_a_stack_is_its_images(photograph):
    stack = np.stack([photograph[i : i + 12, : 2 * i + 13 - 2 * i] for i in range(50)])
    moments = fb.patch_moments(stack, 5)
    assert moments.images == 50
    for other in (list(stack), iter(stack), np.array([*stack, None], dtype=object)[:-1]):
        assert_are(fb.patch_moments(other, 5), by_loops(stack, (5, 5)))
    assert_are(moments, by_loops(stack, (5, 5)))


class InParts:
    """An array on a disk, so to say: it gives parts only, and remembers the largest."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.largest = values, values.shape, values.dtype, 0

    def __getitem__(self, key):
        part = self.values[key]
        self.largest = max(self.largest, part.size)
        return part


@pytest.mark.parametrize("shape", [(300, 200), (20, 40, 30)])
def test_arrays_on_a_disk_are_read_in_parts(shape, tmp_path, monkeypatch):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 5000)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 5000)
    values = np.random.default_rng(4).random(shape)
    np.save(tmp_path / "values.npy", values)
    in_parts = InParts(values)
    expected = fb.patch_moments(values, 5)
    for images in (np.load(tmp_path / "values.npy", mmap_mode="r"), tmp_path / "values.npy", in_parts):
        np.testing.assert_array_equal(fb.patch_moments(images, 5).covariance, expected.covariance)
    assert 0 < in_parts.largest <= 2 * 5000  # with the overlap


class Stored:
    """An array in chunks on a disk, so to say: it counts how often a chunk is read, and may be broken in places."""

    def __init__(self, values, chunks, broken=()):
        self.values, self.shape, self.dtype, self.chunks = values, values.shape, values.dtype, chunks
        self.broken, self.reads = broken, 0

    def __getitem__(self, key):
        part = self.values[key]
        if part.size:
            cuts = (cut.indices(side) for cut, side in zip(key, self.shape, strict=True))
            own = [
                range(begin // chunk, (end - 1) // chunk + 1)
                for (begin, end, _), chunk in zip(cuts, self.chunks, strict=True)
            ]
            self.reads += len(list(itertools.product(*own)))
            if any(place in self.broken for place in itertools.product(*own)):
                raise OSError("a checksum is wrong")
        return part


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize(
    ("shape", "chunks", "most"),
    [
        ((256, 256), (64, 64), 20),
        ((100, 250), (32, 90), 16),
        ((60, 20, 20), (10, 20, 20), 6),
        ((7, 40, 30), (2, 16, 16), 24),
    ],
)
def test_arrays_in_chunks_are_read_by_chunks(shape, chunks, most, stride, monkeypatch):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 1000)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 1000)
    monkeypatch.setattr(patches, "VALUES_IN_TASK", 2**15)
    values = np.random.default_rng(4).random(shape)
    stored = Stored(values, chunks)
    images = values if len(shape) == 3 else [values]
    assert_are(fb.patch_moments(stored, 5, stride=stride), by_loops(images, (5, 5), (stride, stride)))
    assert 0 < stored.reads <= most


@pytest.mark.parametrize("chunks", [None, (1, 16, 30)])
def test_images_that_cannot_be_read_are_left_out_whole(chunks, monkeypatch):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 3000)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 3000)
    monkeypatch.setattr(patches, "VALUES_IN_TASK", 3000)
    values = np.random.default_rng(4).random((6, 50, 30))
    stored = Stored(values, (1, 16, 30), broken={(2, 1, 0), (4, 3, 0)})
    whole = Stored(values[0], (50, 30))
    images = [whole, stored, Stored(values[0], (50, 30), broken={(0, 0)})]
    if chunks is None:
        monkeypatch.setattr(Source, "chunks", None)
    moments = fb.patch_moments(images, 5, on_error="skip")
    assert_are(moments, by_loops(values[[0, 0, 1, 3, 5]], (5, 5)))
    assert moments.images == 5
    assert moments.skipped == tuple(
        f"`images` must be readable, got image {at}: a checksum is wrong" for at in (3, 5, 7)
    )
    with pytest.raises(ValueError, match=r"must be readable, got images? [123].*: a checksum is wrong"):
        fb.patch_moments(images, 5)


def test_masked_pixels_are_no_numbers(photograph):
    mask = np.zeros((3, 30, 20), dtype=bool)
    mask[1, 7, 9] = mask[2] = True
    stack = np.ma.array(photograph[:90, :20].reshape(3, 30, 20), mask=mask)
    without = np.where(mask, np.nan, stack.data)
    expected = fb.patch_moments(without, 4, nan="skip")
    assert expected.count == 2 * 27 * 17 - 16
    for images in (stack, list(stack)):
        moments = fb.patch_moments(images, 4, nan="skip")
        assert_are(moments, (expected.count, expected.mean, expected.covariance))
        assert (moments.images, moments.skipped) == (2, ("no finite patch in image 2",))
        with pytest.raises(ValueError, match="NaN or infinity in image 1"):
            fb.patch_moments(images, 4)
        with pytest.raises(ValueError, match="NaN or infinity in image 1"):
            fb.pca(images, 4)


@pytest.mark.parametrize("stride", [1, 3])
@pytest.mark.parametrize("channels", patches.CHANNELS)
def test_images_without_a_finite_patch_are_named(channels, stride, monkeypatch):
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 300)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 300)
    stack = np.random.default_rng(1).random((6, 20, 18, 3))
    stack[1] = np.nan
    stack[3, ::4] = np.inf  # no patch is as low
    stack[4, ::2, :9] = np.nan
    expected = [np.isfinite(rows_by_loops(image, (4, 4), (stride, stride))).all(axis=1).any() for image in stack]
    assert expected == [True, False, True, False, True, True]
    for images in (stack, list(stack)):
        moments = fb.patch_moments(images, 4, nan="skip", channels=channels, stride=stride)
        assert (moments.images, moments.skipped) == (4, ("no finite patch in image 1", "no finite patch in image 3"))


@pytest.mark.parametrize(("shape", "size"), [((28, 30, 1), (5, 5)), ((40, 1), (5,)), ((5, 6, 7, 1), (3, 3, 3))])
def test_a_last_axis_of_one_is_a_channel(shape, size):
    image = np.random.default_rng(1).random(shape)
    for images, count in ((image, 1), ([image, image], 2), (np.stack([image] * 3), 3)):
        moments = fb.patch_moments(images, size)
        assert moments.images == count
        assert_are(moments, by_loops([image[..., 0]] * count, size))


def test_images_of_one_column_are_a_stack():
    stack = np.random.default_rng(1).random((9, 8, 1))
    assert_are(fb.patch_moments(stack, (3, 1)), by_loops(stack, (3, 1)))


def test_arrays_of_zarr_and_hdf5(tmp_path, monkeypatch):
    zarr, h5py = pytest.importorskip("zarr"), pytest.importorskip("h5py")
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 1000)
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 1000)
    stack = np.random.default_rng(4).integers(0, 65536, (7, 40, 30)).astype(np.uint16)
    expected = fb.patch_moments(stack, 5)
    stored = zarr.create_array(tmp_path / "images.zarr", shape=stack.shape, chunks=(2, 16, 16), dtype=stack.dtype)
    stored[:] = stack
    opened = zarr.open_array(tmp_path / "images.zarr", mode="r")
    np.testing.assert_array_equal(fb.patch_moments(opened, 5).covariance, expected.covariance)
    with h5py.File(tmp_path / "images.h5", "w") as file:
        file["images"] = stack
        np.testing.assert_array_equal(fb.patch_moments(file["images"], 5).covariance, expected.covariance)


def test_nested_lists_and_pillow_are_images(photograph):
    image = photograph[:9, :9]
    expected = by_loops([image], (3, 3))
    for images in (image.tolist(), [image.tolist()], Image.fromarray(image), [Image.fromarray(image)]):
        assert_are(fb.patch_moments(images, 3), expected)
    assert_are(fb.patch_moments(image.tolist(), (3,)), by_loops(image, (3,)))
    assert_are(fb.patch_moments(image[0].tolist(), (3,)), by_loops(image[:1], (3,)))


def test_a_dataset_of_tensorflow():
    tensorflow = pytest.importorskip("tensorflow")
    stack = np.random.default_rng(0).integers(0, 255, (10, 9, 9, 1)).astype(np.uint8)
    dataset = tensorflow.data.Dataset.from_tensor_slices(stack)
    expected = by_loops(stack[..., 0], (4, 4))
    assert_are(fb.patch_moments(dataset.map(lambda image: image[..., 0]), 4), expected)
    assert_are(fb.patch_moments(dataset.batch(3), 4), expected)
    assert_are(fb.patch_moments(dataset, 4, progress=True), expected)
    assert_are(fb.patch_moments(dataset.filter(lambda image: True), 4, progress=True), expected)  # of unknown length
    pairs = tensorflow.data.Dataset.from_tensor_slices((stack, np.arange(10)))
    with pytest.raises(ValueError, match="of pairs of an image and its label pass the images"):
        fb.patch_moments(pairs, 4)


# Channels, means, parts


def test_channels(way):
    colour = data.astronaut()[:40, :50]
    assert_are(fb.patch_moments(colour, 4), by_loops([colour.mean(axis=-1)], (4, 4)))
    assert_are(fb.patch_moments(colour, 4, channels="separate"), by_loops(np.moveaxis(colour, -1, 0), (4, 4)))
    stacked = fb.patch_moments(colour, 4, channels="stack")
    assert stacked.size == (4, 4, 3)
    assert_are(stacked, by_loops([colour], (4, 4)))
    assert_are(stacked, by_loops([colour], (4, 4, 3)))
    for channels in patches.CHANNELS:
        expected = fb.patch_moments(colour, 4, channels=channels)
        stack = fb.patch_moments(np.stack([colour, colour]), 4, channels=channels)
        assert_are(stack, (2 * expected.count, expected.mean, expected.covariance))


@pytest.mark.parametrize("sides", [(40,), (12, 13), (5, 6, 7)])
@pytest.mark.parametrize("count", [2, 4])
def test_all_channels_of_arrays_count(sides, count, tmp_path):
    image = np.random.default_rng(9).random((*sides, count))
    np.save(tmp_path / "image.npy", image)
    size = (3,) * len(sides)
    for images in (image, tmp_path / "image.npy"):
        assert_are(fb.patch_moments(images, size), by_loops([image.mean(axis=-1)], size))
        assert_are(fb.patch_moments(images, size, channels="stack"), by_loops([image], size))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("photometric", ["rgb", "minisblack"])
@pytest.mark.parametrize("extra", ["unassalpha", "assocalpha", "unspecified"])
def test_a_tiff_file_loses_a_channel_only_if_it_says_that_it_is_transparency(depth, photometric, extra, tmp_path):
    colours = 3 if photometric == "rgb" else 1
    image = np.random.default_rng(9).integers(0, 200, (12, 13, colours + 1)).astype(depth)
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, image, photometric=photometric, planarconfig="contig", extrasamples=[extra])
    kept = image if extra == "unspecified" else image[..., :-1]
    assert_are(fb.patch_moments(path, 4, channels="stack"), by_loops([kept], (4, 4)))


# Pillow's own, on the way to such channels.
@pytest.mark.filterwarnings("ignore:Palette images with Transparency:UserWarning")
@pytest.mark.parametrize("ending", ["png", "webp"])
@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_transparency_of_pictures_is_left_out(mode, ending, tmp_path):
    colour = np.full((12, 13, 4), 255, np.uint8)
    colour[:6, :6, :3], colour[8:, 3:, 3] = 60, 0
    picture = Image.fromarray(colour).convert("RGBA" if mode == "P" else mode)
    picture = picture.quantize(4) if mode == "P" else picture
    picture.save(tmp_path / f"a.{ending}", lossless=True)
    moments = fb.patch_moments(tmp_path / f"a.{ending}", 4, channels="stack")
    assert moments.size[2:] in ((1,), (3,))
    assert moments.images == 1
    with Image.open(tmp_path / f"a.{ending}") as opened:
        read = np.asarray(opened.convert("RGB"))
    assert_are(fb.patch_moments(tmp_path / f"a.{ending}", 4), by_loops([read.mean(axis=-1)], (4, 4)))


def test_grey_and_colour_mix_but_do_not_stack():
    colour = data.astronaut()[:20, :20]
    mixed = [colour[..., 0], colour]
    assert_are(fb.patch_moments(mixed, 4), by_loops([colour[..., 0], colour.mean(-1)], (4, 4)))
    with pytest.raises(ValueError, match=r'all have 1 channels where channels="stack", got 3 in image 1'):
        fb.patch_moments(mixed, 4, channels="stack")
    skipped = fb.patch_moments(mixed, 4, channels="stack", on_error="skip")
    assert (skipped.size, skipped.images, len(skipped.skipped)) == ((4, 4, 1), 1, 1)


@pytest.mark.parametrize("size", [(4,), (3, 5), (2, 3, 2)])
def test_each_patch_without_its_mean(size, way):
    image = 50 + np.random.default_rng(5).random((12,) * len(size)).cumsum(axis=0)
    rows = np.array(rows_by_loops(image, size, (1,) * len(size)))
    rows -= rows.mean(axis=1, keepdims=True)
    moments = fb.patch_moments(image, size, remove_mean=True)
    np.testing.assert_allclose(moments.covariance, np.cov(rows.T, bias=True), rtol=0, atol=1e-11)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=0, atol=1e-11)
    np.testing.assert_allclose(moments.covariance.sum(axis=0), 0, atol=1e-10)


@given(order=st.permutations(range(4)))
def test_moments_add_in_any_order(order):
    images = images_of(data.camera())
    parts = [fb.patch_moments(images[i], 4) for i in order]
    left = parts[0] + parts[1] + parts[2] + parts[3]
    right = parts[0].merge(parts[1].merge(parts[2].merge(parts[3])))
    for moments in (left, right):
        assert_are(moments, by_loops(images, (4, 4)))
        assert moments.images == 4


def test_moments_of_different_patches_do_not_add(photograph):
    moments = fb.patch_moments(photograph, 4)
    with pytest.raises(ValueError, match=r"`other` must have the same `size` \(4, 4\), got \(2, 8\); make both"):
        moments + fb.patch_moments(photograph, (2, 8))
    with pytest.raises(ValueError, match=r"`other` must have the same `remove_mean` False, got True"):
        moments.merge(fb.patch_moments(photograph, 4, remove_mean=True))
    with pytest.raises(TypeError, match="`other` must be PatchMoments, got 3"):
        moments.merge(3)
    for other in (3, False, 0.5):
        with pytest.raises(TypeError):
            other + moments
        with pytest.raises(TypeError):
            moments + other


def test_moments_have_a_sum(photograph):
    moments = [fb.patch_moments(image, 4) for image in images_of(photograph)]
    assert_are(sum(moments), by_loops(images_of(photograph), (4, 4)))
    assert sum(moments[:1]) is moments[0]


def test_moments_say_of_what_they_are(photograph):
    assert str(fb.patch_moments(photograph, (3, 4))).startswith("259590 patches of 3x4 pixels from 1 image\n")
    assert str(fb.patch_moments(photograph[:, 0], (11,))).startswith("502 patches of 11 samples from 1 image\n")


def test_a_covariance_that_is_too_large_is_refused_before_the_work_begins():
    with pytest.raises(MemoryError, match=r"patches of 5000000 pixels takes 600,000 GB .*; use a smaller `size`"):
        fb.patch_moments(np.ones(5_000_001), (5_000_000,))


def test_moments_are_frozen_and_kept_exactly(photograph, tmp_path):
    moments = fb.patch_moments([photograph, "nowhere.png"], (3, 4), remove_mean=True, on_error="skip")
    with pytest.raises(AttributeError):
        moments.count = 3
    with pytest.raises(ValueError, match="read-only"):
        moments.mean[0] = 1
    assert moments.nbytes == 8 * (12 + 144)
    moments.save(tmp_path / "moments.npz")
    read = fb.PatchMoments.load(tmp_path / "moments.npz")
    for name in ("size", "count", "images", "remove_mean", "skipped"):
        assert getattr(read, name) == getattr(moments, name)
    assert read.covariance.tobytes() == moments.covariance.tobytes()
    assert read.mean.tobytes() == moments.mean.tobytes()
    assert str(read) == str(moments)
    assert "left out: `images` must be files that exist, got 'nowhere.png'" in str(read)


def test_damaged_files_are_refused(photograph, tmp_path):
    path = tmp_path / "moments.npz"
    fb.patch_moments(photograph, 3).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    with pytest.raises(ValueError, match="not a filterbank patch moments file, or is damaged"):
        fb.PatchMoments.load(path)
    fb.dct(3).save(path)
    with pytest.raises(ValueError, match=r"is a filterbank bank file, not a patch moments.*; filterbank\.load reads"):
        fb.PatchMoments.load(path)
    fb.patch_moments(photograph, 3).save(path)
    with pytest.raises(ValueError, match=r"is a filterbank patch moments .*filterbank\.PatchMoments\.load reads"):
        fb.load(path)
    with pytest.raises(FileNotFoundError):
        fb.PatchMoments.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"mean": [0.0]}, ValueError, r"`mean` must be \(2,\) for patches of \(1, 2\), got shape \(1,\)"),
        ({"covariance": np.eye(3)}, ValueError, r"`covariance` must be \(2, 2\)"),
        ({"covariance": np.full((2, 2), np.nan)}, ValueError, "`covariance` must be finite"),
        ({"covariance": [[1, 1], [0, 1]]}, ValueError, r"`covariance` must be symmetric, .*; \(c \+ c.T\) / 2 makes"),
        ({"covariance": [[1, 0], [0, -1]]}, ValueError, "with variances of at least 0"),
        ({"count": -3}, ValueError, "`count` must be an integer of at least 1, got -3"),
        ({"images": -1}, ValueError, "`images` must be an integer of at least 1, got -1"),
        ({"size": ()}, ValueError, "`size` must be whole numbers"),
        ({"count": 0}, ValueError, "`count` must be an integer of at least 1, got 0"),
        ({"remove_mean": 1}, TypeError, "`remove_mean` must be True or False"),
    ],
)
def test_moments_that_cannot_be(changes, error, message):
    with pytest.raises(error, match=message):
        fb.PatchMoments(**{"size": (1, 2), "count": 3, "mean": np.zeros(2), "covariance": np.eye(2), **changes})


# Bad input


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([], ValueError, "`images` must hold at least one image with a finite patch, got none$"),
        (iter([]), ValueError, "`images` must hold at least one image with a finite patch, got none$"),
        (np.empty((0, 9, 9)), ValueError, "got none$"),
        (np.ones((3, 9)), ValueError, r"at least as large as a patch of 5x5 pixels, got shape \(3, 9\) in image 0"),
        ([np.ones((9, 9)), np.ones((9, 3))], ValueError, r"got shape \(9, 3\) in image 1; use a smaller `size`"),
        ([np.ones((9, 9)), np.ones(9)], ValueError, r"must have 2 dimensions each .*, got shape \(9,\) in image 1"),
        (np.ones((2, 9, 9, 5)), ValueError, r"must have 2 dimensions each .*, got shape \(2, 9, 9, 5\) in image 0"),
        ([np.ones((9, 9)), np.full((9, 9), np.nan)], ValueError, "must be finite, got NaN or infinity in image 1"),
        (np.stack([np.ones((9, 9))] * 4 + [np.full((9, 9), np.inf)]), ValueError, "infinity in image 4; nan="),
        (np.ones((9, 9)) * 1j, TypeError, "`images` must be real numbers, got complex128 in image 0"),
        (np.full((9, 9), "a"), TypeError, "`images` must be real numbers, got <U1 in image 0"),
        ([[[1, 2], [3]]], ValueError, "rows of different lengths in image 0"),
        (
            [(np.ones((9, 9)), 3)],
            ValueError,
            r"several arrays of different shapes in image 0; of pairs of an image and",
        ),
        (iter([(np.ones((9, 9)), np.array(3))]), ValueError, r"pass the images, \(image for image, label in pairs\)"),
        ("nowhere.png", FileNotFoundError, "`images` must be files that exist, got 'nowhere.png'"),
        ("photos/*.png", FileNotFoundError, r"got 'photos/\*.png'; pass glob.glob\('photos/\*.png'\)"),
        ("tests", IsADirectoryError, r"must be files, got the folder 'tests'; pass Path\('tests'\).glob\('\*.jpg'\)"),
        (5.5, TypeError, "`images` must be an image, a stack, a path or an iterable of them, got 5.5"),
        (None, TypeError, "got None"),
        (np.linspace(-1e300, 1e300, 81).reshape(9, 9), ValueError, "must be finite.*; scale images of huge values"),
    ],
)
def test_wrong_images_are_named(images, error, message):
    with pytest.raises(error, match=message):
        fb.patch_moments(images, 5)


def test_too_many_channels_are_said_to_be_images():
    with pytest.raises(
        ValueError, match=r"shape \(9, 9, 6\) in image 0, 9 images of 9x6 pixels: channels are 2 to 4; use"
    ):
        fb.patch_moments(np.ones((9, 9, 6)), 7)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"size": 0}, ValueError, "`size` must be an integer of at least 1, got 0"),
        ({"size": (2, 2, 2, 2)}, ValueError, "`size` of patch_moments must be 1-D or 2-D or 3-D, got 4"),
        ({"stride": 0}, ValueError, "`stride` must be an integer of at least 1, got 0"),
        ({"stride": (1, 1, 1)}, ValueError, r"`stride` must be an integer or one for each of 2 axes, got \(1, 1, 1\)"),
        ({"channels": "all"}, ValueError, "`channels` must be one of 'average', 'separate', 'stack', got 'all'"),
        ({"nan": "drop"}, ValueError, "`nan` must be one of 'raise', 'skip', got 'drop'"),
        ({"on_error": None}, ValueError, "`on_error` must be one of 'raise', 'skip', got None"),
        ({"remove_mean": 1}, TypeError, "`remove_mean` must be True or False, got 1"),
        ({"progress": "yes"}, TypeError, "`progress` must be True or False, got 'yes'"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.patch_moments(**{"images": np.eye(9), "size": 3, **arguments})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_patches_with_nan_are_left_out(bad, way):
    image = np.random.default_rng(6).random((30, 20))
    image[7, 9] = image[29, 19] = bad
    rows = np.array(rows_by_loops(image, (4, 3), (1, 1)))
    rows = rows[np.isfinite(rows).all(axis=1)]
    moments = fb.patch_moments(image, (4, 3), nan="skip")
    assert_are(moments, (len(rows), rows.mean(axis=0), np.cov(rows.T, bias=True)))
    assert moments.count == 27 * 18 - 12 - 1
    both = fb.patch_moments([image, np.full((30, 20), bad)], (4, 3), nan="skip")
    assert both.count == moments.count
    with pytest.raises(ValueError, match="at least one image with a finite patch, got none"):
        fb.patch_moments(np.full((9, 9), bad), 3, nan="skip")


# imageio leaves files open that none of its readers understands.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_files_that_cannot_be_read_are_collected(photograph, tmp_path):
    good = file_of(tmp_path, "good.png", photograph[:50, :50])
    truncated, text, array, several = (tmp_path / name for name in ("truncated.png", "text.png", "short.npy", "z.npy"))
    truncated.write_bytes(good.read_bytes()[:500])
    text.write_text("no image")
    file_of(tmp_path, "short.npy", photograph)
    array.write_bytes(array.read_bytes()[:1000])
    with several.open("wb") as file:
        np.savez(file, photograph)
    bad = [truncated, text, array, several, tmp_path / "none.png"]
    for path in bad:
        with pytest.raises((ValueError, FileNotFoundError), match=f"`images` must be files.*{path.name}") as caught:
            fb.patch_moments([good, path], 5)
        assert ('on_error="skip" leaves such files out' in str(caught.value)) == path.exists()
    small = file_of(tmp_path, "small.png", photograph[:3, :3])
    moments = fb.patch_moments([*bad[:2], good, small, *bad[2:]], 5, on_error="skip")
    assert (moments.images, len(moments.skipped)) == (1, 6)
    assert_are(moments, by_loops([photograph[:50, :50]], (5, 5)))
    for path, line in zip([*bad[:2], small, *bad[2:]], moments.skipped, strict=True):
        assert Path(path).name in line
        assert "on_error" not in line
        assert "\n" not in line
    with pytest.raises(ValueError, match=r"got none: `images` must be files.*truncated.png"):
        fb.patch_moments(bad, 5, on_error="skip")
    gc.collect()


@pytest.mark.parametrize("value", [0, 7, 0.1, -3e5])
def test_constant_images_do_not_vary(value, way):
    moments = fb.patch_moments(np.full((40, 30), value), 3)
    assert not moments.covariance.any()
    np.testing.assert_array_equal(moments.mean, value)


def test_fewer_patches_than_dimensions(photograph):
    moments = fb.patch_moments(photograph[:6, :7], 5)
    assert moments.count == 6
    assert np.linalg.matrix_rank(moments.covariance, hermitian=True) == 5


def test_an_interruption_leaves_the_moments_so_far(photograph):
    images = images_of(photograph)

    def interrupted():
        yield from images[:2]
        raise KeyboardInterrupt

    with pytest.raises(
        KeyboardInterrupt, match=r"after 2 images; .* `partial` of this filterbank\.PatchesInterrupted"
    ) as caught:
        fb.patch_moments(interrupted(), 4)
    assert_are(caught.value.partial, by_loops(images[:2], (4, 4)))
    assert caught.value.partial.images == 2
    assert_are(caught.value.partial + fb.patch_moments(images[2:], 4), by_loops(images, (4, 4)))

    def at_once():
        raise KeyboardInterrupt
        yield

    with pytest.raises(fb.PatchesInterrupted, match="stopped after 0 images") as caught:
        fb.patch_moments(at_once(), 4)
    assert caught.value.partial is None


def test_an_interruption_at_any_moment_leaves_whole_moments(monkeypatch):
    """Every sum and every merge is interrupted once: what is left is that of the images that it names."""
    stack = np.random.default_rng(7).random((12, 9, 9))
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 150)
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 150)

    def interrupt_at(moment, function, calls):
        def counted(*arguments):
            calls.append(None)
            if len(calls) == moment:
                raise KeyboardInterrupt
            return function(*arguments)

        return counted

    seen = set()
    for name in ("_moments", "merged"):
        for moment in range(1, 6):
            with monkeypatch.context() as patch:
                patch.setattr(_running, name, interrupt_at(moment, getattr(_running, name), []))
                with pytest.raises(KeyboardInterrupt) as caught:
                    fb.patch_moments(stack, 4)
            if (partial := caught.value.partial) is not None:
                assert_are(partial, by_loops(stack[: partial.images], (4, 4)))
                seen.add(partial.images)
    assert len(seen) > 3


@pytest.mark.parametrize(
    ("make", "total"),
    [
        (list, "3/3"),
        (iter, "3/3"),
        (np.stack, "3/3"),
        (lambda images: [np.stack(images[:2]), images[2], "none.png"], "4/4"),
        (lambda images: (image for image in images), "3/?"),
    ],
)
def test_a_bar_shows_images_and_pixels(make, total, photograph, capsys):
    images = [photograph[:20, :30]] * 3
    shown, silent = (
        fb.patch_moments(make(images), 4, progress=progress, on_error="skip") for progress in (True, False)
    )
    assert shown.covariance.tobytes() == silent.covariance.tobytes()
    out, err = capsys.readouterr()
    assert not out
    assert f"{total} images" in err
    assert "megapixels a second" in err


class Batches:
    """Like a dataset of tensorflow that does not know its length."""

    def __init__(self, *batches):
        self.batches = batches

    def __iter__(self):
        yield from self.batches

    def __len__(self):
        raise TypeError("the dataset length is unknown")


def test_the_bar_counts_the_images_of_batches(photograph, capsys):
    batch = np.stack([photograph[:20, :30]] * 3)
    for batches, total in ((Batches(batch, batch[:2]), "5/?"), ([batch, batch[:2]], "5/5")):
        assert fb.patch_moments(batches, 4, progress=True).images == 5
        assert f"{total} images" in capsys.readouterr().err


def test_the_bar_moves_within_a_large_image(monkeypatch):
    monkeypatch.setattr(patches, "VALUES_IN_BLOCK", 300)
    monkeypatch.setattr(_running, "VALUES_IN_BLOCK", 300)
    places = []
    monkeypatch.setattr("rich.progress.Progress.update", lambda bar, task, **shown: places.append(shown))
    fb.patch_moments(np.eye(40), 5, progress=True)
    at = [place["completed"] for place in places]
    assert len(at) > 5
    assert at == sorted(at)
    assert (0 < at[0] < 0.2, at[-1]) == (True, 1)
    assert {place["total"] for place in places} == {1}


# Which way


def test_the_estimate_takes_each_way_where_it_wins():
    chosen = _patch_sums.by_autocorrelation
    assert chosen((1, 1, 700, 700), (11, 11), (1, 1))
    assert chosen((600, 1, 28, 28), (7, 7), (1, 1))
    assert not chosen((1, 1, 28, 28), (7, 7), (1, 1))
    assert not chosen((1, 1, 700, 700), (11, 11), (2, 1))
    assert not chosen((1, 1, 700, 700), (1, 1), (1, 1))
