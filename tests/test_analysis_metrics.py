"""What a set of learned kernels is like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

import filterbank as fb
from filterbank.analysis import kernel_metrics

SIZES = [(5, 5), (4, 6), (7,), (1, 1), (1, 5), (3, 2, 4)]


def as_kernels(filters):
    return np.moveaxis(np.asarray(filters), 0, -1)[..., None, :]


def kernels_of(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("size", SIZES)
def test_every_kernel_has_its_numbers(size):
    kernels = kernels_of((*size, 2, 5))
    metrics = kernel_metrics(kernels)
    axes = tuple(range(len(size)))
    for p, q in np.ndindex(2, 5):
        kernel = kernels[..., p, q]
        energy = np.sum(kernel**2)
        assert metrics.norm[p, q] == pytest.approx(np.sqrt(energy))
        assert metrics.symmetry[p, q] == pytest.approx(np.sum(((kernel + np.flip(kernel)) / 2) ** 2) / energy)
        rough = sum(np.sum(np.diff(kernel, axis=axis) ** 2) for axis in axes) / energy
        assert metrics.smoothness[p, q] == pytest.approx(1 - rough / (4 * len(size)))
        if kernel.size > 1:
            root = np.sqrt(kernel.size)
            hoyer = (root - np.abs(kernel).sum() / np.sqrt(energy)) / (root - 1)
            assert metrics.sparsity[p, q] == pytest.approx(hoyer)
        else:
            assert np.isnan(metrics.sparsity[p, q])


def test_closed_forms_of_sparsity_smoothness_and_symmetry():
    board = np.indices((6, 6)).sum(axis=0) % 2 * 2.0 - 1
    spot = np.zeros((6, 6))
    spot[2, 3] = -4
    slope = np.tile(np.arange(6.0) - 2.5, (6, 1))
    metrics = kernel_metrics(as_kernels([np.full((6, 6), 7.0), board, spot, slope]))
    assert metrics.sparsity[0] == pytest.approx([0, 0, 1, (6 - 54 / np.sqrt(105)) / 5], abs=1e-12)
    # Neighbours differ by 2 in 5 of 6 places a line; a single pixel has two neighbours along each axis.
    assert metrics.smoothness[0] == pytest.approx([1, 1 - 5 / 6, 1 - 4 / 8, 1 - 30 / (8 * 105)])
    assert metrics.symmetry[0] == pytest.approx([1, 1, 0.5, 0], abs=1e-12)


def test_cosines_are_as_smooth_as_their_frequency_says():
    bank = fb.dct(8)
    rows, columns = (bank.parameters[f"order_{name}"] for name in ("y", "x"))
    expected = 1 - sum(np.sin(np.pi * index / 16) ** 2 for index in (rows, columns)) / 2
    np.testing.assert_allclose(kernel_metrics(as_kernels(bank)).smoothness[0], expected, rtol=0, atol=1e-12)


# Directions


@pytest.mark.parametrize("phase", [0.0, np.pi / 2])
def test_orientations_are_those_of_gabors(phase):
    angles = np.arange(8) * np.pi / 8
    bank = fb.gabor(15, frequencies=[0.15], orientations=angles, phases=[phase])
    metrics = kernel_metrics(as_kernels(bank))
    error = np.mod(metrics.orientation[0] - angles + np.pi / 2, np.pi) - np.pi / 2
    np.testing.assert_allclose(error, 0, atol=0.03)
    assert (metrics.anisotropy > 0.6).all()
    assert metrics.orientation_entropy == pytest.approx(1, abs=1e-3)
    assert kernel_metrics(as_kernels(bank[[2]])).orientation_entropy == 0


def test_stripes_are_directed_and_discs_are_not():
    y, x = np.mgrid[-3:4, -3:4]
    metrics = kernel_metrics(
        as_kernels([np.cos(x), np.cos(y), x + y, x - y, np.exp(-(x**2 + y**2) / 4), np.ones((7, 7))])
    )
    assert metrics.orientation[0, :4] == pytest.approx([0, np.pi / 2, np.pi / 4, 3 * np.pi / 4])
    assert metrics.anisotropy[0] == pytest.approx([1, 1, 1, 1, 0, 0], abs=1e-12)
    assert np.isnan(metrics.orientation[0, 4:]).all()
    # Four directions of eight, weighted by the energy of their gradients.
    gradients = [np.sum(np.diff(np.cos(np.arange(-3, 4))) ** 2) * 6] * 2 + [2 * 36] * 2
    assert metrics.orientation_entropy == pytest.approx(entropy(gradients, base=8))


@pytest.mark.parametrize("shape", [(7, 1, 4), (3, 3, 3, 1, 4), (1, 5, 1, 4), (5, 5, 1, 1)])
def test_without_two_dimensions_there_is_no_orientation(shape):
    kernels = np.ones(shape) if shape[0] == 5 else kernels_of(shape)
    metrics = kernel_metrics(kernels)
    assert np.isnan(metrics.orientation).all()
    assert np.isnan(metrics.orientation_entropy)
    assert not metrics.anisotropy.any()


# All kernels together


def test_variance_entropy_is_that_of_the_covariance():
    kernels = kernels_of((3, 4, 5, 20)) * np.linspace(0.1, 2, 12).reshape(3, 4, 1, 1)
    variances = np.linalg.eigvalsh(np.cov(kernels.reshape(12, 100)))
    assert kernel_metrics(kernels).variance_entropy == pytest.approx(entropy(variances) / np.log(10), abs=1e-12)


def test_variance_entropy_of_orthogonal_kernels_of_equal_length_is_the_logarithm():
    kernels = as_kernels(np.concatenate([fb.delta(3).filters, -fb.delta(3).filters]))
    assert kernel_metrics(kernels).variance_entropy == pytest.approx(np.log10(9))


@pytest.mark.parametrize("shape", [(3, 3, 2, 4), (5, 5, 16, 16), (11, 4, 8)])
def test_noise_is_like_noise_whatever_its_size_and_number(shape):
    ratios = [kernel_metrics(kernels_of(shape, seed), rng=seed).variance_entropy_ratio for seed in range(20)]
    assert np.mean(ratios) == pytest.approx(1, abs=0.02)


def test_kernels_on_a_line_have_no_entropy_and_a_single_one_no_variance():
    line = kernels_of((5, 5, 1, 1)) * np.arange(-2.0, 5)
    assert kernel_metrics(line).variance_entropy == pytest.approx(0, abs=1e-12)
    assert kernel_metrics(line).variance_entropy_ratio == pytest.approx(0, abs=1e-12)
    for kernels in (kernels_of((5, 5, 1, 1)), np.repeat(kernels_of((5, 5, 1, 1)), 4, axis=-1), np.zeros((3, 3, 1, 2))):
        metrics = kernel_metrics(kernels)
        assert np.isnan(metrics.variance_entropy)
        assert np.isnan(metrics.variance_entropy_ratio)


def test_dead_kernels_are_beside_the_median():
    kernels = as_kernels(
        fb.random(5, n=9, rng=0).filters * np.array([1, 1, 1, 1, 1, 0.0101, 0.0099, 0, 2]).reshape(9, 1, 1)
    )
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels).dead), [6, 7])
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels, dead=0).dead), [7])
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels, dead=0.02).dead), [5, 6, 7])


def test_duplicates_are_multiples_of_one_before_them():
    one, two, three = fb.random(5, n=3, rng=0).filters
    near, far = 0.995 * two + np.sqrt(1 - 0.995**2) * three, 0.98 * two - np.sqrt(1 - 0.98**2) * three
    kernels = as_kernels([one, -3 * one, 0 * one, two, near, far, 1e-9 * one])
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels).duplicate), [1, 4])
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels, duplicate=1.0).duplicate), [1])
    np.testing.assert_array_equal(np.flatnonzero(kernel_metrics(kernels, duplicate=0.97).duplicate), [1, 4, 5])


def test_duplicates_are_found_in_parts_too(monkeypatch):
    kernels = np.concatenate([kernels_of((3, 3, 1, 20)), -kernels_of((3, 3, 1, 20))], axis=-1)
    whole = kernel_metrics(kernels).duplicate
    monkeypatch.setattr("filterbank.analysis._metrics.NUMBERS_AT_ONCE", 120)
    np.testing.assert_array_equal(kernel_metrics(kernels).duplicate, whole)
    np.testing.assert_array_equal(np.flatnonzero(whole), range(20, 40))


@given(seed=st.integers(0, 999), scale=st.sampled_from([-2.0, 1e-150, 1e150]))
def test_only_the_norm_knows_the_scale_and_no_number_the_order_of_outputs(seed, scale):
    rng = np.random.default_rng(seed)
    kernels = rng.normal(size=(5, 4, 2, 6))
    order = rng.permutation(6)
    one, scaled, mixed = (kernel_metrics(values) for values in (kernels, kernels * scale, kernels[..., order]))
    np.testing.assert_allclose(scaled.norm, one.norm * abs(scale), rtol=1e-12)
    for name in ("sparsity", "smoothness", "symmetry", "orientation", "anisotropy"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(one, name), rtol=0, atol=1e-7, err_msg=name)
        np.testing.assert_allclose(getattr(mixed, name), getattr(one, name)[:, order], rtol=0, atol=1e-12, err_msg=name)
    for name in ("variance_entropy", "variance_entropy_ratio", "orientation_entropy"):
        assert getattr(scaled, name) == pytest.approx(getattr(one, name), abs=1e-9)
        assert getattr(mixed, name) == pytest.approx(getattr(one, name), abs=1e-9)


def test_zeros_have_defined_answers_and_print():
    metrics = kernel_metrics(np.zeros((3, 3, 1, 2)))
    assert metrics.dead.all()
    assert not metrics.norm.any()
    for name in ("sparsity", "smoothness", "symmetry", "orientation"):
        assert np.isnan(getattr(metrics, name)).all()
    assert not metrics.duplicate.any()
    assert "dead                    2" in str(metrics)
    assert str(kernel_metrics(np.ones((2, 2, 1, 1)))).startswith("1 kernel of 2x2")


@pytest.mark.parametrize(
    ("kernels", "more", "error", "text"),
    [
        (np.full((3, 3, 1, 1), np.nan), {}, ValueError, "`kernels` must be finite"),
        (np.ones((3, 3)), {}, ValueError, r"`kernels` must be \(\*size, in, out\)"),
        (np.ones((3, 3, 1, 1)), {"dead": -1}, ValueError, "`dead` must be a finite number and at least 0"),
        (np.ones((3, 3, 1, 1)), {"duplicate": 0}, ValueError, "`duplicate` must be a finite number and above 0"),
        (np.ones((3, 3, 1, 1)), {"simulations": 0}, ValueError, "`simulations` must be"),
    ],
)
def test_what_cannot_be_is_refused(kernels, more, error, text):
    with pytest.raises(error, match=text):
        kernel_metrics(kernels, **more)


def test_duplicates_among_many_are_those_of_all_pairs(monkeypatch):
    kernels = kernels_of((3, 1, 2, 60)).round()  # many alike
    pairs = kernel_metrics(kernels).duplicate
    assert 10 < np.count_nonzero(pairs) < 110
    monkeypatch.setattr("filterbank.analysis._metrics.MANY", 10)
    for neighbours in (2, 8):
        monkeypatch.setattr("filterbank.analysis._metrics.NEIGHBOURS", neighbours)
        np.testing.assert_array_equal(kernel_metrics(kernels).duplicate, pairs)
        np.testing.assert_array_equal(kernel_metrics(kernels, duplicate=0.7).duplicate, duplicates_of(kernels, 0.7))


def duplicates_of(kernels, threshold):
    """Return what a loop over all pairs finds."""
    columns = kernels.reshape(-1, kernels.shape[-2] * kernels.shape[-1]).T
    lengths = np.linalg.norm(columns, axis=1)
    alive = lengths > 0.01 * np.median(lengths)
    found = [
        bool(alive[i])
        and any(
            alive[j] and abs(columns[i] @ columns[j]) >= threshold * (1 - 1e-12) * lengths[i] * lengths[j]
            for j in range(i)
        )
        for i in range(len(columns))
    ]
    return np.reshape(found, kernels.shape[-2:])
