"""`apply` against scipy.ndimage.correlate: every mode, parity and number of dimensions, small filters and large."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import filterbank as fb
from filterbank import _correlate

MODES = ["reflect", "mirror", "nearest", "wrap", "constant"]


def noise(*shape):
    return np.random.default_rng(8).standard_normal(shape)


def expected_of(image, filters, **settings):
    return np.stack([ndimage.correlate(image, one, **settings) for one in filters])


def expected_by_padding(image, filters, mode):
    """Sums of products over windows of the padded image: SciPy 1.17's "reflect" is wrong for tiny images."""
    names = {"reflect": "symmetric", "mirror": "reflect", "nearest": "edge"}
    size = filters.shape[1:]
    padded = np.pad(image, [(k // 2, k - 1 - k // 2) for k in size], mode=names.get(mode, mode))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size).reshape(*image.shape, -1)
    return np.moveaxis(windows @ filters.reshape(len(filters), -1).T, -1, 0)


def assert_equal(found, expected, tolerance):
    peak = np.abs(expected).max()
    np.testing.assert_allclose(found / peak, expected / peak, rtol=0, atol=tolerance)


SHAPES = {
    "small line": ((40,), (2, 5)),
    "even line": ((40,), (2, 6)),
    "long line": ((300,), (2, 101)),
    "long even line": ((300,), (2, 100)),
    "small": ((20, 30), (3, 5, 5)),
    "even": ((20, 30), (3, 4, 4)),
    "rectangle": ((20, 30), (3, 3, 8)),
    "at the limit": ((20, 30), (3, 9, 9)),
    "beyond the limit": ((20, 30), (3, 9, 10)),
    "large": ((40, 50), (2, 21, 21)),
    "large even": ((40, 50), (2, 20, 22)),
    "larger than the image": ((7, 9), (2, 15, 12)),
    "seven times the image": ((3, 4), (2, 21, 23)),
    "one pixel": ((1, 1), (2, 11, 10)),
    "small volume": ((9, 8, 10), (2, 3, 4, 3)),
    "large volume": ((12, 11, 10), (2, 7, 6, 5)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("image", "filters"), SHAPES.values(), ids=SHAPES)
def test_apply_is_scipys_correlation(image, filters, mode):
    values, bank = noise(*image), noise(*filters)
    found = fb.apply(values, fb.FilterBank(bank), mode=mode, cval=0.7)
    assert found.shape == (filters[0], *image)
    assert_equal(found, expected_of(values, bank, mode=mode, cval=0.7), 2e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("image", "filters"),
    [((2,), (2, 17)), ((1,), (2, 80)), ((3, 4), (2, 25, 26)), ((2, 40), (2, 30, 2)), ((20, 20), (2, 5, 6))],
)
def test_filters_may_be_many_times_larger_than_the_image(image, filters, mode):
    values, bank = noise(*image), noise(*filters)
    assert_equal(fb.apply(values, bank, mode), expected_by_padding(values, bank, mode), 2e-14)


def test_the_mode_is_reflect_and_may_be_given_by_place():
    image, bank = noise(20, 20), fb.gabor(11)
    np.testing.assert_array_equal(fb.apply(image, bank), fb.apply(image, bank, "reflect"))
    assert np.abs(fb.apply(image, bank) - fb.apply(image, bank, "wrap")).max() > 0.1


@pytest.mark.parametrize("filters", [(3, 5, 5), (3, 16, 15)])
def test_float32_stays_float32(filters):
    image, bank = noise(30, 30).astype(np.float32), noise(*filters)
    found = fb.apply(image, bank)
    assert found.dtype == np.float32
    assert_equal(found, expected_of(image.astype(float), bank.astype(np.float32).astype(float)), 5e-7)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "bool", "float16", ">f8", "longdouble"])
@pytest.mark.parametrize("side", [5, 12])
def test_other_numbers_become_float64(dtype, side):
    image = (noise(20, 20) > 0).astype(dtype)
    found = fb.apply(image, fb.dct(side, n=4))
    assert found.dtype == np.float64
    assert_equal(found, expected_of(image.astype(float), fb.dct(side, n=4)), 1e-14)


def test_unsigned_integers_do_not_wrap_round(photograph):
    gradient = fb.FilterBank([[[-1.0, 0.0, 1.0]]])
    found = fb.apply(photograph, gradient)
    assert found.min() < -100
    np.testing.assert_array_equal(found[0], ndimage.correlate(photograph.astype(float), gradient[0]))


def test_a_pixel_answers_with_the_filter_turned_round():
    """Correlation as Keras does it: the response to an impulse is the flipped filter."""
    impulse = np.zeros((9, 9))
    impulse[4, 4] = 1
    filters = noise(1, 5, 3)
    response = fb.apply(impulse, filters, mode="constant")[0]
    np.testing.assert_array_equal(response[2:7, 3:6], filters[0, ::-1, ::-1])


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("side", [5, 15])
def test_a_broken_pixel_breaks_only_what_it_touches(value, side):
    image, filters = noise(40, 40), noise(2, side, side)
    image[20, 20] = value
    found, expected = fb.apply(image, filters), expected_of(image, filters)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    assert np.count_nonzero(~np.isfinite(found[0])) == side**2


@given(
    image=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    data=st.data(),
    mode=st.sampled_from(MODES),
)
def test_any_shapes(image, data, mode):
    sides = [data.draw(st.integers(1, 14 if len(image) < 3 else 6)) for _ in image]
    values, filters = noise(*image), noise(2, *sides)
    assert_equal(fb.apply(values, filters, mode), expected_by_padding(values, filters, mode), 5e-14)


@pytest.mark.parametrize("filters", [(3, 5, 5), (3, 16, 15)])
def test_a_stack_is_its_images(filters):
    stack, bank = noise(2, 4, 20, 30), noise(*filters)
    found = fb.apply(stack, bank)
    assert found.shape == (2, 4, 3, 20, 30)
    for index in np.ndindex(2, 4):
        np.testing.assert_array_equal(found[index], fb.apply(stack[index], bank))
    assert fb.apply(noise(6, 100), noise(2, 9)).shape == (6, 2, 100)


@pytest.mark.parametrize(("axis", "places"), [(-1, (1, 2)), (2, (1, 2)), (0, (2, 3))])
def test_channels_are_filtered_each_by_itself(axis, places):
    image, bank = np.moveaxis(noise(20, 30, 3), -1, axis), noise(4, 5, 5)
    found = fb.apply(image, bank, channel_axis=axis)
    assert found.shape == (4, 20, 30, 3)
    for channel in range(3):
        np.testing.assert_array_equal(found[..., channel], fb.apply(image.take(channel, axis=axis), bank))
    stack = np.stack([image, -image])
    both = fb.apply(stack, bank, channel_axis=axis if axis < 0 else axis + 1)
    np.testing.assert_array_equal(both, np.stack([found, -found]))


def test_stacks_of_narrow_images_are_no_colours():
    assert fb.apply(noise(5, 4, 4), noise(2, 3, 3)).shape == (5, 2, 4, 4)
    with pytest.raises(ValueError, match="looks like colour"):
        fb.apply(noise(40, 40, 4), noise(2, 3, 3))
    assert fb.apply(noise(2, 40, 4), noise(2, 3)).shape == (2, 40, 2, 4)


def test_the_largest_of_each_orientation_of_a_stack():
    stack, bank = noise(3, 20, 20), fb.root_filter_set(49)
    reduced = fb.apply(stack, bank, reduce="max_orientation")
    np.testing.assert_array_equal(reduced[1], fb.apply(stack[1], bank, reduce="max_orientation"))


# The ways to compute the same.


SEPARABLE = {
    "dct": fb.dct(9, n=20).filters,
    "even and odd sides": fb.dct((6, 9), n=12).filters,
    "volumes": fb.dct((3, 4, 5), n=9).filters,
    "with zeros": np.concatenate([fb.dct(5, n=3).filters, np.zeros((1, 5, 5))]),
}


@pytest.mark.parametrize("filters", SEPARABLE.values(), ids=SEPARABLE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_every_way_gives_the_same(filters, dtype):
    images = noise(2, *(side + 11 for side in filters.shape[1:])).astype(dtype)
    places = [side - k + 1 for side, k in zip(images.shape[1:], filters.shape[1:], strict=True)]
    expected = _correlated_by_windows(images.astype(float), filters)
    split = _correlate.separated(filters)
    assert 1 <= len(split.columns) < len(filters)
    passes = functools.partial(_correlate.by_passes, split=split)
    filters = filters.astype(dtype)
    for way in (_correlate.by_products, _correlate.by_transforms, passes):
        responses = np.full((2, len(filters), *places), np.nan, dtype)
        way(images, filters, responses)
        assert_equal(responses, expected, 1e-14 if dtype == np.float64 else 2e-6)


def _correlated_by_windows(images, filters):
    axes = tuple(range(1, images.ndim))
    windows = np.lib.stride_tricks.sliding_window_view(images, filters.shape[1:], axis=axes)
    return np.moveaxis(np.tensordot(windows, filters, (range(-len(axes), 0), range(1, filters.ndim))), -1, 1)


def test_filters_of_higher_rank_do_not_separate():
    assert _correlate.separated(fb.gabor(9).filters) is None
    turned = fb.gabor(9, orientations=[0, np.pi / 2]).filters
    assert len(_correlate.separated(turned).rests) < len(turned)


@pytest.mark.parametrize("at_once", [1, 50, 400, 10**6])
def test_columns_of_any_number_give_the_same(at_once, monkeypatch):
    monkeypatch.setattr(_correlate, "VALUES_AT_ONCE", at_once)
    for image, filters in (
        (noise(20, 30), noise(3, 5, 4)),
        (noise(6, 7, 8), noise(2, 3, 2, 3)),
        (noise(50), noise(2, 7)),
    ):
        assert_equal(fb.apply(image, filters, "wrap"), expected_by_padding(image, filters, "wrap"), 2e-14)


@pytest.mark.parametrize(("sides", "filters"), [((300, 40), (5, 9, 9)), ((70, 70), (3, 33, 20)), ((2000,), (2, 300))])
@pytest.mark.parametrize("block", [40, 64, 10**4])
def test_blocks_of_any_size_give_the_same(sides, filters, block, monkeypatch):
    monkeypatch.setattr(_correlate, "SIDES", (block,))
    _correlate._sides.cache_clear()
    images, bank = noise(2, *sides), noise(*filters)
    places = [side - k + 1 for side, k in zip(sides, filters[1:], strict=True)]
    responses = np.full((2, len(bank), *places), np.nan)
    _correlate.by_transforms(images, bank, responses)
    _correlate._sides.cache_clear()
    assert_equal(responses, _correlated_by_windows(images, bank), 2e-14)


def test_the_estimate_takes_each_way_where_it_wins():
    def way(filters, side=1024):
        chosen = _correlate.fastest((1, side, side), filters)
        return getattr(chosen, "func", chosen)

    assert way(noise(64, 5, 5)) is _correlate.by_products
    assert way(noise(64, 31, 31)) is _correlate.by_transforms
    assert way(fb.dct(11, n=64).filters) is _correlate.by_passes
    assert way(noise(1, 3, 3), side=10) is _correlate.by_products


def test_lists_and_plain_filters_are_taken():
    found = fb.apply([[1, 2, 3], [4, 5, 6]], [[[0, 0, 1]]], mode="constant")
    np.testing.assert_array_equal(found, [[[2, 3, 0], [5, 6, 0]]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            (np.ones((9, 9, 3)), fb.dct(3)),
            ValueError,
            r"`image` of shape \(9, 9, 3\) looks like colour, .* 3 pixels wide; pass channel_axis=-1",
        ),
        (
            (np.ones(9), fb.dct(3)),
            ValueError,
            r"`image` must have at least 2 dimensions like the filters, and pixels, got shape \(9,\)",
        ),
        ((np.ones((0, 9)), fb.dct(3)), ValueError, r"`image` must have at least 2 dimensions .*, got shape \(0, 9\)"),
        ((np.ones((9, 9)) * 1j, fb.dct(3)), TypeError, "`image` must be real numbers, got complex128"),
        (([["a"]], fb.dct(3)), TypeError, "`image` must be real numbers, got <U1"),
        ((np.ones((9, 9)), fb.dct(3), "same"), ValueError, "`mode` must be one of 'reflect', .*'constant', got 'same'"),
        ((np.ones((9, 9)), fb.dct(3), "grid-wrap"), ValueError, "`mode` must be one of .* got 'grid-wrap'"),
        ((np.ones((9, 9)), fb.dct(3), ["wrap"]), ValueError, r"`mode` must be one of .* got \['wrap'\]"),
        ((np.ones((9, 9)), np.ones(3)), ValueError, r"`bank` must be \(n, width\), .* got shape \(3,\)"),
    ],
    ids=range(9),
)
def test_wrong_arguments_are_explained(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.apply(*arguments)
