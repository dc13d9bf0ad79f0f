"""`kernel_basis`: the bank that holds given kernels best."""

import numpy as np
import pytest

import filterbank as fb

KERNELS = np.random.default_rng(0).normal(size=(5, 4, 3, 8))


def energy_left(kernels, bank):
    return np.sum((kernels - fb.compose(fb.decompose(kernels, bank), bank)) ** 2)


@pytest.mark.parametrize("shape", [(7, 2, 5), (5, 4, 3, 8), (3, 2, 3, 2, 4)])
@pytest.mark.parametrize("n", [None, 1, 3])
def test_filters_are_the_left_singular_vectors(shape, n):
    kernels = np.random.default_rng(1).normal(size=shape)
    window = shape[:-2]
    bank = fb.kernel_basis(kernels, n)
    matrix = kernels.reshape(np.prod(window), -1)
    rank = np.linalg.matrix_rank(matrix)
    count = n or rank
    assert bank.shape == (count, *window)
    flat = bank.filters.reshape(count, -1)
    np.testing.assert_allclose(flat @ flat.T, np.eye(count), rtol=0, atol=1e-14)
    # Eigenvectors of the Gram matrix, by another routine than the singular value decomposition.
    values, vectors = np.linalg.eigh(matrix @ matrix.T)
    np.testing.assert_allclose(bank.parameters["singular_value"] ** 2, values[::-1][:count], rtol=1e-12)
    np.testing.assert_allclose(np.abs(np.sum(flat * vectors.T[::-1][:count], axis=1)), 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(bank.parameters["energy"], values[::-1][:count] / values.sum(), rtol=1e-12)
    strongest = np.take_along_axis(flat, np.abs(flat).argmax(axis=1)[:, None], axis=1)
    assert (strongest > 0).all()


def test_it_loses_exactly_the_energy_of_the_vectors_left_out_and_no_bank_less():
    bank = fb.kernel_basis(KERNELS, 6)
    left = energy_left(KERNELS, bank)
    strengths = np.linalg.svd(KERNELS.reshape(20, -1), compute_uv=False)
    np.testing.assert_allclose(left, np.sum(strengths[6:] ** 2), rtol=1e-12)
    for other in (fb.dct((5, 4), n=6), fb.random((5, 4), n=6, rng=0), fb.pca([KERNELS[..., 0, 0]] * 2, (2, 2))):
        if other.size == (5, 4):
            assert energy_left(KERNELS, other) > left


@pytest.mark.parametrize("share", [0.3, 0.75, 0.95, 1.0])
def test_a_share_takes_as_few_filters_as_hold_it(share):
    bank = fb.kernel_basis(KERNELS, share)
    whole = np.sum(KERNELS**2)
    assert energy_left(KERNELS, bank) <= (1 - share + 1e-12) * whole
    if len(bank) > 1:
        assert energy_left(KERNELS, bank[: len(bank) - 1]) > (1 - share) * whole


def test_a_share_that_a_vector_reaches_exactly_needs_no_further_one():
    kernels = np.diag([2.0, 1.0, 1.0, 1.0, 1.0]).reshape(5, 1, 5)
    assert len(fb.kernel_basis(kernels, 0.5)) == 1
    assert len(fb.kernel_basis(kernels, 0.500001)) == 2


def test_the_rank_is_all_there_is():
    kernels = fb.compose(np.random.default_rng(0).normal(size=(4, 3, 16)), fb.gabor(7)[:4])
    assert len(fb.kernel_basis(kernels)) == 4
    assert len(fb.kernel_basis(kernels, 1.0)) == 4
    with pytest.raises(ValueError, match="`n` must be at most 4 for the span of these kernels, got 5; drop `n`"):
        fb.kernel_basis(kernels, 5)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int64"])
def test_all_real_numbers_are_taken(dtype):
    kernels = (10 * KERNELS).astype(dtype)
    expected = fb.kernel_basis(kernels.astype("float64"), 3)
    assert fb.kernel_basis(kernels, 3) == expected


def test_the_bank_is_one_like_any_other(tmp_path):
    bank = fb.kernel_basis(KERNELS, 3)
    assert fb.make(**bank.recipe) == bank
    bank.save(tmp_path / "bank.npz")
    assert dict(fb.load(tmp_path / "bank.npz").parameters).keys() == {"singular_value", "energy"}
    assert "kernel_basis: 3 filters of 5x4" in repr(bank)


@pytest.mark.parametrize(
    ("kernels", "n", "error", "text"),
    [
        (np.ones((3, 3)), None, ValueError, r"`kernels` must be \(\*size, in, out\) .* got shape \(3, 3\)"),
        (np.ones((3, 3, 0, 2)), None, ValueError, r"got shape \(3, 3, 0, 2\)"),
        (np.ones((2,) * 6), None, ValueError, "of one to three dimensions"),
        (np.full((3, 2, 2), np.nan), None, ValueError, "`kernels` must be finite"),
        (np.zeros((3, 2, 2)), None, ValueError, "`kernels` must not be all zero"),
        (np.ones((3, 2, 2)) * 1j, None, TypeError, "`kernels` must be real numbers, got complex128"),
        (KERNELS, 0, ValueError, "`n` must be an integer of at least 1, got 0"),
        (KERNELS, 0.0, ValueError, "`n` must be a finite number and above 0"),
        (KERNELS, 1.5, ValueError, "at most 1, got 1.5; a share of the energy, or an int"),
        (KERNELS, "all", TypeError, "`n` must be a finite number"),
    ],
)
def test_what_cannot_be_is_refused(kernels, n, error, text):
    with pytest.raises(error, match=text):
        fb.kernel_basis(kernels, n)
