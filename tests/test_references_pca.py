"""`pca` against scikit-learn's PCA on scikit-learn's patches.

scikit-learn divides by the number of patches less one, we by the number; the comparison accounts for it.
"""

import hashlib
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from sklearn.decomposition import PCA
from sklearn.feature_extraction.image import extract_patches_2d

import filterbank as fb


@pytest.fixture(scope="module")
def crop(photograph):
    return photograph[100:148, 200:260]


def patches_by_loops(image, size):
    """Every window of the image as a row, one by one: in any number of dimensions."""
    places = itertools.product(*(range(side - k + 1) for side, k in zip(image.shape, size, strict=True)))
    return np.array(
        [image[tuple(slice(at, at + k) for at, k in zip(place, size, strict=True))].ravel() for place in places],
        dtype=np.float64,
    )


def assert_is_the_pca_of(bank, patches, gap=1e-4, solver="full"):
    """Compare eigenvalues, their shares, and the filters whose eigenvalues stand apart.

    An eigenvector is determined to the rounding unit over its distance from the next eigenvalue.
    """
    reference = PCA(svd_solver=solver).fit(patches)
    variances = reference.explained_variance_ * (len(patches) - 1) / len(patches)
    n, largest = len(bank), variances[0]
    np.testing.assert_allclose(bank.parameters["eigenvalue"] / largest, variances[:n] / largest, rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        bank.parameters["explained_variance_ratio"],
        reference.explained_variance_ratio_[:n],
        rtol=0,
        atol=1e-14,
    )
    steps = np.diff(variances / largest)
    apart = [i for i in range(n) if all(abs(steps[j]) > gap for j in (i - 1, i) if 0 <= j < len(steps))]
    assert len(apart) >= 5
    for i in apart:
        expected = reference.components_[i]
        expected = expected * np.sign(expected[np.argmax(np.abs(expected))])
        np.testing.assert_allclose(bank[i].ravel(), expected, rtol=0, atol=1e-15 / gap)


@pytest.mark.parametrize("size", [(5, 5), (4, 7), (8, 8), (1, 9)])
def test_one_image(crop, size):
    patches = extract_patches_2d(crop.astype(float), size).reshape(-1, np.prod(size))
    assert_is_the_pca_of(fb.pca(crop, size), patches)


def test_the_patches_of_loops_are_scikit_learns(crop):
    np.testing.assert_array_equal(
        patches_by_loops(crop[:12, :15], (4, 5)),
        extract_patches_2d(crop[:12, :15].astype(float), (4, 5)).reshape(-1, 20),
    )


def images_of(crop):
    return [crop, crop[5:30, 10:50] // 2, crop[::-1, :20]]


@pytest.mark.parametrize("make", [list, tuple, iter, lambda images: (image for image in images)])
def test_images_of_different_sizes_in_any_iterable(crop, make):
    images = images_of(crop)
    patches = np.concatenate([patches_by_loops(image.astype(float), (5, 5)) for image in images])
    assert_is_the_pca_of(fb.pca(make(images), 5), patches)


def test_a_stack_is_its_images(crop):
    stack = np.stack([crop[:30, :30], crop[10:40, 20:50]])
    patches = np.concatenate([patches_by_loops(image, (6, 6)) for image in stack])
    bank = fb.pca(stack, 6)
    assert_is_the_pca_of(bank, patches)
    assert bank == fb.pca(list(stack), 6) == fb.pca(np.array([*stack, None], dtype=object)[:2], 6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "int64", "float16", "float32", "float64", ">f8", "bool"])
def test_number_types_are_taken_at_their_values(crop, dtype):
    image = (crop[:30, :30] > 100 if dtype == "bool" else crop[:30, :30]).astype(dtype)
    exact = fb.pca(image.astype(np.float64), 5)
    assert fb.pca(image, 5).filters.tobytes() == exact.filters.tobytes()
    assert_is_the_pca_of(exact, patches_by_loops(image.astype(np.float64), (5, 5)), gap=1e-3)


def test_other_array_types_are_images_too(crop):
    expected = fb.pca(crop, 5)
    assert fb.pca(Image.fromarray(crop), 5) == expected
    assert fb.pca([Image.fromarray(crop)], 5) == expected
    assert fb.pca(crop.tolist(), 5) == expected
    assert fb.pca(crop[:, ::-1][:, ::-1], 5) == expected
    assert fb.pca(np.asfortranarray(crop), 5) == expected


def test_signals(photograph):
    signals = [photograph[100], photograph[200, :300]]
    patches = np.concatenate([patches_by_loops(signal, (12,)) for signal in signals])
    assert_is_the_pca_of(fb.pca(signals, (12,)), patches)
    assert fb.pca(photograph[100], (12,)) == fb.pca([photograph[100]], (12,))


def test_volumes(photograph):
    volume = np.stack([photograph[100 + 5 * z : 118 + 5 * z, 200:220] for z in range(9)])
    assert_is_the_pca_of(fb.pca(volume, (3, 4, 2)), patches_by_loops(volume, (3, 4, 2)))
    assert fb.pca(volume, (3, 4, 2)) == fb.pca([volume], (3, 4, 2))


def test_a_large_offset_costs_no_digits():
    """Second moments about zero would lose all of them at 1e8."""
    noise = np.random.default_rng(1).standard_normal((40, 50)).cumsum(axis=0)
    bank, moved = fb.pca(noise, 5), fb.pca(noise + 1e8, 5)
    np.testing.assert_allclose(moved.parameters["eigenvalue"], bank.parameters["eigenvalue"], rtol=1e-6)


def test_a_whole_photograph(photograph):
    """More patches than are held at once."""
    patches = extract_patches_2d(photograph.astype(float), (5, 5)).reshape(-1, 25)
    assert_is_the_pca_of(fb.pca(photograph, 5), patches, gap=1e-5, solver="covariance_eigh")


def test_the_entry_of_largest_magnitude_is_positive(crop):
    for one in fb.pca(crop, 7):
        assert one.max() >= -one.min() * (1 - 1e-9)


@pytest.mark.parametrize("value", [0, 7.0, 0.1, 1e300])
@pytest.mark.parametrize("family", [fb.pca, fb.zca, fb.ica, fb.dictionary])
def test_images_must_vary(family, value):
    with pytest.raises(ValueError, match=r"^`images` must vary.*, got constant ones: there is nothing to learn"):
        family(np.full((9, 9), value), 3)


def test_components_without_variance_are_said(crop):
    few = crop[:6, :7]
    message = "the patches vary in 5 directions only: the last 20 of the 25 components .* arbitrary; use n=5, or more"
    with pytest.warns(fb.BankWarning, match=message):
        whole = fb.pca(few, 5)
    assert (whole.parameters["eigenvalue"] > 1e-9).sum() == 5
    assert fb.pca(few, 5, n=5, strict=True) == whole[:5]
    with pytest.raises(ValueError, match="the last 1 of the 6 components"):
        fb.pca(few, 5, n=6, strict=True)


def test_directions_that_zca_leaves_out_are_said(crop):
    with pytest.raises(
        ValueError, match=r"the patches vary in 5 of 25 directions only, .* are dependent: rank 5 of 25"
    ):
        fb.zca(crop[:6, :7], 5, strict=True)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_is_not_read_as_a_stack(channels, crop):
    colour = np.stack([crop] * channels, axis=-1)
    with pytest.raises(
        ValueError, match=r"got shape \(\d+, \d+, \d\); of a colour image .* the mean, images.mean\(-1\)"
    ):
        fb.pca(colour, channels + 1)
    with pytest.warns(fb.BankWarning, match=r"were read as 48 images of 60x\d pixels; of a colour image"):
        narrow = fb.pca(colour, (3, channels), n=2)
    assert narrow.recipe["images"]["count"] == 48
    assert fb.pca(list(colour), (3, channels), n=2) == narrow


def test_the_recipe_records_what_was_read(crop):
    bank = fb.pca(crop, 5, n=3)
    values = np.ascontiguousarray(crop, dtype="<f8")
    digest = hashlib.sha256(str(crop.shape).encode() + values.tobytes()).hexdigest()
    assert bank.recipe["images"] == {"sha256": digest, "count": 1, "patches": 44 * 56}
    assert fb.make(**bank.recipe) == bank
    assert fb.make(**{**bank.recipe, "images": crop}) == bank
    assert fb.make(**{**bank.recipe, "images": crop[:20]}) != bank


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([], ValueError, "`images` must hold at least one image, got none"),
        (iter([]), ValueError, "`images` must hold at least one image, got none"),
        (np.ones((3, 9)), ValueError, r"at least as large as a patch of 5x5 pixels, got shape \(3, 9\) in image 0"),
        (np.ones((9, 9, 3)), ValueError, r"got shape \(9, 9, 3\); of a colour image pass one channel"),
        (
            np.ones((2, 9, 9, 3)),
            ValueError,
            r"must have 2 dimensions each .*, got shape \(9, 9, 3\) in image 0; of colour",
        ),
        ([np.ones((9, 9)), np.ones(9)], ValueError, r"must have 2 dimensions each .*, got shape \(9,\) in image 1"),
        (
            [np.ones((9, 9)), np.full((9, 9), np.nan)],
            ValueError,
            "`images` must be finite, got NaN or infinity in image 1",
        ),
        (np.ones((9, 9)) * 1j, TypeError, "`images` must be real numbers, got complex128 in image 0"),
        (np.full((9, 9), "a"), TypeError, "`images` must be real numbers, got <U1 in image 0"),
        ("photo.png", TypeError, r"got 'photo.png'; pca and zca take fb.patch_moments\(paths, size\)"),
        (
            [Path("a.png")],
            TypeError,
            r"`images` must be arrays, got .*a.png.*; pca and zca take fb.patch_moments\(paths",
        ),
        (5.5, TypeError, "`images` must be an image, a stack or an iterable of images, got 5.5"),
        (None, TypeError, "`images` must be an image, a stack or an iterable of images, got None"),
    ],
)
def test_wrong_images_are_named(images, error, message):
    with pytest.raises(error, match=message):
        fb.pca(images, 5)


def test_more_components_than_pixels_do_not_exist(crop):
    with pytest.raises(ValueError, match="`n` must be at most 25 for a 5x5 PCA bank, got 26; use a larger `size`"):
        fb.pca(crop, 5, n=26)


def test_moments_are_as_good_as_images(crop):
    images = images_of(crop)
    moments = fb.patch_moments(images[0], 5) + fb.patch_moments(images[1:], 5)
    for family in (fb.pca, fb.zca):
        bank, expected = family(moments, 5, n=9), family(images, 5, n=9)
        np.testing.assert_allclose(bank.filters, expected.filters, rtol=0, atol=1e-9)
        for name, column in expected.parameters.items():
            np.testing.assert_allclose(bank.parameters[name], column, rtol=1e-9)
        assert bank.recipe["images"] == {**expected.recipe["images"], "sha256": bank.recipe["images"]["sha256"]}
        assert bank.recipe["images"]["sha256"] != family(moments + moments, 5).recipe["images"]["sha256"]
        assert fb.make(**bank.recipe) == bank
        assert fb.make(**{**bank.recipe, "images": moments}) == bank
        assert fb.make(family.__name__, 5, 9, images=moments) == bank


def test_moments_through_all_channels_make_volumes():
    colour = data.astronaut()[:60, :60]
    moments = fb.patch_moments(colour, 4, channels="stack")
    assert fb.pca(moments, (4, 4, 3), n=5).size == (4, 4, 3)
    np.testing.assert_allclose(fb.pca(moments, (4, 4, 3), n=5), fb.pca([colour], (4, 4, 3), n=5), rtol=0, atol=1e-9)


def test_moments_of_another_size_are_refused(crop):
    message = r"`size` must be that of the patches, \(5, 5\), got \(4, 4\); make moments of that size"
    for family in (fb.pca, fb.zca):
        with pytest.raises(ValueError, match=message):
            family(fb.patch_moments(crop, 5), 4)


def test_what_the_moments_left_out_is_said(crop):
    moments = fb.patch_moments([crop, "nowhere.png"], 5, on_error="skip")
    with pytest.warns(fb.BankWarning, match="left out of the moments: .*'nowhere.png'$"):
        fb.pca(moments, 5)
    moments = fb.patch_moments([crop, "nowhere.png", *["elsewhere.png"] * 5], 5, on_error="skip")
    with pytest.warns(fb.BankWarning, match="moments, the first of 6 that `skipped` names: .*'nowhere.png'$") as caught:
        fb.pca(moments, 5)
    assert len(caught) == 1


@pytest.mark.parametrize("share", [1e-9, 0.5, 0.95, np.float32(0.99), 1.0])
def test_a_share_of_the_variance(crop, share):
    whole = fb.pca(crop, 5)
    np.testing.assert_allclose(
        whole.parameters["cumulative"], np.cumsum(whole.parameters["explained_variance_ratio"]), rtol=0, atol=1e-14
    )
    bank = fb.pca(crop, 5, n=share)
    assert bank == whole[: len(bank)]
    assert bank.recipe["n"] == len(bank)
    assert fb.make(**bank.recipe) == bank == fb.pca(crop, 5, n=len(bank))
    assert bank.parameters["cumulative"][-1] >= share - 1e-12
    assert len(bank) == 1 or bank.parameters["cumulative"][-2] < share
    assert len(fb.pca(crop, 5, n=1)) == 1


def test_the_whole_share_leaves_out_what_has_no_variance(crop):
    assert len(fb.pca(crop[:6, :7], 5, n=1.0, strict=True)) == 5


@pytest.mark.parametrize("share", [0.0, -0.5, 1.5, np.nan])
def test_shares_are_above_0_and_up_to_1(crop, share):
    with pytest.raises(ValueError, match="`n` must be a finite number and above 0 and at most 1 of the variance, got"):
        fb.pca(crop, 5, n=share)
    with pytest.raises(TypeError, match="`n` must be an integer of at least 1"):
        fb.zca(crop, 5, n=share)


def test_images_too_large_to_square_are_refused():
    with pytest.raises(ValueError, match="`images` must have squares within float64, got larger values; scale them"):
        fb.pca(np.linspace(-1e300, 1e300, 81).reshape(9, 9), 3)
