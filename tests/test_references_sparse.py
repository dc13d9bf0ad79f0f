"""`zca`, `ica` and `dictionary` against scikit-learn and what they promise; `gabor`'s directions in 3-D."""

import numpy as np
import pytest
from sklearn.decomposition import FastICA
from sklearn.feature_extraction.image import extract_patches_2d

import filterbank as fb


@pytest.fixture(scope="module")
def image(photograph):
    return photograph[100:170, 200:280]


def test_zca_whitens_all_patches_and_is_the_symmetric_root(image):
    bank = fb.zca(image, 4, norm=None)
    patches = extract_patches_2d(image.astype(float), (4, 4)).reshape(-1, 16)
    covariance = np.cov(patches, rowvar=False, bias=True)
    whitening = bank.filters.reshape(16, 16)
    np.testing.assert_allclose(whitening @ covariance @ whitening.T, np.eye(16), rtol=0, atol=1e-9)
    np.testing.assert_allclose(whitening, whitening.T, rtol=0, atol=1e-12 * np.abs(whitening).max())


def test_zca_epsilon_is_a_share_of_the_mean_variance(image):
    patches = extract_patches_2d(image.astype(float), (3, 3)).reshape(-1, 9)
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False, bias=True))
    expected = vectors / np.sqrt(values + 0.1 * values.mean()) @ vectors.T
    ours = fb.zca(image, 3, epsilon=0.1, norm=None).filters.reshape(9, 9)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-11 * np.abs(expected).max())


def test_zca_refuses_constant_images():
    with pytest.raises(ValueError, match="`images` must vary, got constant ones"):
        fb.zca(np.ones((9, 9)), 3)


def test_ica_is_scikit_learns_up_to_order_and_sign(image):
    bank = fb.ica(image, 3, patches=10**6, rng=0, norm=None)
    rng = np.random.default_rng(0)
    patches = np.lib.stride_tricks.sliding_window_view(image.astype(float), (3, 3)).reshape(-1, 9)
    rng.choice(len(patches), len(patches), replace=False)
    search = FastICA(
        9, whiten="unit-variance", max_iter=2000, tol=1e-4, random_state=int(rng.integers(2**31))
    ).fit(patches)  # fmt: skip
    ours, theirs = bank.filters.reshape(9, 9), search.components_
    cosines = np.abs(ours @ theirs.T) / np.outer(np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1))
    np.testing.assert_allclose(np.sort(cosines.max(axis=1)), 1, rtol=0, atol=1e-9)
    assert sorted(cosines.argmax(axis=1)) == list(range(9))
    assert (np.diff(bank.parameters["energy"]) <= 0).all()


def test_ica_responses_are_uncorrelated_with_variance_one(image):
    bank = fb.ica(image, 3, patches=10**6, rng=0, norm=None)
    patches = np.lib.stride_tricks.sliding_window_view(image.astype(float), (3, 3)).reshape(-1, 9)
    responses = (patches - patches.mean(axis=0)) @ bank.filters.reshape(9, 9).T
    np.testing.assert_allclose(np.cov(responses, rowvar=False, bias=True), np.eye(9), rtol=0, atol=1e-8)


def test_ica_says_how_many_directions_there_are(image):
    with pytest.raises(
        ValueError, match=r"`components` must be an integer from 1 to 9, got 10; the patches of 3x3 pixels"
    ):
        fb.ica(image, 3, components=10, rng=0)


@pytest.mark.filterwarnings("ignore:dictionary did not settle", "ignore:the 20 filters .* are dependent")
def test_dictionary_codes_patches_with_few_filters(image):
    bank = fb.dictionary(image, 4, components=20, patches=1500, rng=0)
    assert np.linalg.norm(bank.filters.reshape(20, -1), axis=1) == pytest.approx(1, abs=1e-12)
    assert (np.diff(bank.parameters["energy"]) <= 0).all()
    assert 0 < bank.parameters["usage"].mean() < 0.5
    denser = fb.dictionary(image, 4, components=20, patches=1500, sparsity=0.1, rng=0)
    assert denser.parameters["usage"].mean() > bank.parameters["usage"].mean()


@pytest.mark.filterwarnings("ignore:dictionary did not settle")
def test_the_default_dictionary_is_independent(image):
    bank = fb.dictionary(image, 3, rng=0)
    assert len(bank) == np.linalg.matrix_rank(bank.filters.reshape(8, 9)) == 8


def test_filters_that_no_patch_uses_are_said(image):
    with pytest.raises(ValueError, match=r"(\d+) of the 40 filters are used by none of the 9 patches") as caught:
        fb.dictionary(image[:5, :5], 3, components=40, rng=0, strict=True)
    assert "dictionary did not settle" in str(caught.value)
    assert "are dependent: rank" in str(caught.value)


def test_dictionary_refuses_constant_patches():
    with pytest.raises(ValueError, match="`images` must vary within a patch, got constant ones"):
        fb.dictionary(np.ones((9, 9)), 3, rng=0)


@pytest.mark.parametrize("family", [fb.ica, fb.dictionary])
def test_without_scikit_learn_the_way_out_is_named(family, monkeypatch, image):
    monkeypatch.setitem(__import__("sys").modules, "sklearn", None)
    with pytest.raises(
        ImportError, match=r'needs scikit-learn; pip install "filterbank\[learned\]", or ".\[learned\]" in a clone'
    ):
        family(image, 3, rng=0)


@pytest.mark.filterwarnings("ignore:the window cuts")
def test_gabor_directions_in_three_dimensions():
    spiral = fb.gabor((9, 9, 9), frequencies=[0.25], orientations=7)
    vectors = np.stack([spiral.parameters[f"direction_{name}"] for name in "zyx"], axis=1)[::2]
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-14)
    assert np.abs(vectors @ vectors.T - np.eye(7)).max() < 0.95
    along_y = fb.gabor((9, 9, 9), frequencies=[0.25], orientations=[[0, 3, 0]], phases=[0.0])
    profile = along_y[0][4, :, 4]
    y, sigma = np.arange(-4, 5), along_y.parameters["sigma"][0]
    expected = np.exp(-(y**2) / (2 * sigma**2)) * np.cos(np.pi / 2 * y)
    np.testing.assert_allclose(profile / profile[4], expected, rtol=0, atol=1e-14)
    with pytest.raises(ValueError, match=r"`orientations` in 3-D must be a count or vectors \(count, 3\)"):
        fb.gabor((5, 5, 5), orientations=[0.1, 0.2])
    with pytest.raises(ValueError, match="`orientations` has no meaning in one dimension, got 3"):
        fb.gabor((9,), orientations=3)
