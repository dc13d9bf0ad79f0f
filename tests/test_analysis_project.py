"""What a bank explains of kernels: projections and energy curves."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotted import BasisConv2DTranspose, Layer, nested_model

import filterbank as fb
from filterbank.analysis import energy_curve, model_kernels, project

SHAPES = [(7, 2, 5), (1, 3, 2), (5, 4, 3, 8), (4, 4, 1, 1), (1, 1, 2, 3), (3, 2, 3, 2, 4)]
RNG = np.random.default_rng(0)


def kernels_of(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def explained_by(kernels, filters):
    """Project with the pseudo-inverse, by the normal equations."""
    matrix = np.reshape(filters, (len(filters), -1)).T
    flat = kernels.reshape(len(matrix), -1)
    projected = matrix @ np.linalg.pinv(matrix.T @ matrix) @ (matrix.T @ flat)
    return np.sum(projected**2) / np.sum(flat**2)


@pytest.mark.parametrize("shape", SHAPES)
def test_projection_splits_kernels_into_orthogonal_parts(shape):
    kernels, filters = kernels_of(shape), kernels_of((3, *shape[:-2]), seed=1)
    result = project(kernels, filters)
    assert result.coefficients.shape == (3, *shape[-2:])
    np.testing.assert_allclose(result.kernels + result.residual, kernels, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.kernels, fb.compose(result.coefficients, filters), rtol=0, atol=1e-12)
    pixels = tuple(range(len(shape) - 2))
    np.testing.assert_allclose(np.tensordot(filters, result.residual, len(pixels)), 0, atol=1e-10)
    assert result.explained == pytest.approx(explained_by(kernels, filters), abs=1e-12)
    each = np.sum(result.kernels**2, axis=pixels) / np.sum(kernels**2, axis=pixels)
    np.testing.assert_allclose(result.explained_per_kernel, each, rtol=0, atol=1e-12)


def test_complete_banks_explain_all_and_orthogonal_ones_nothing():
    kernels = kernels_of((5, 5, 2, 3))
    assert project(kernels, fb.delta(5)).explained == pytest.approx(1, abs=1e-15)
    inside = fb.compose(kernels_of((10, 2, 3)), fb.dct(5)[:10])
    assert project(inside, fb.dct(5)[10:]).explained == pytest.approx(0, abs=1e-15)
    assert project(inside, fb.dct(5)[:10]).explained_per_kernel == pytest.approx(np.ones((2, 3)))


@given(seed=st.integers(0, 999), scale=st.sampled_from([-3.0, 1e-200, 1e200]))
def test_what_is_explained_knows_no_scale_order_or_rotation(seed, scale):
    rng = np.random.default_rng(seed)
    kernels, filters = rng.normal(size=(4, 3, 2, 3)), rng.normal(size=(5, 4, 3))
    expected = project(kernels, filters)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    mixed = np.linalg.qr(rng.normal(size=(5, 5)))[0] * [1, 2, 3, 4, 5]
    for changed_kernels, changed_filters in (
        (kernels * scale, filters),
        (kernels, filters * -7.0),
        (kernels, rng.permutation(filters)),
        (kernels, np.tensordot(mixed, filters, 1)),
        ((turn @ kernels.reshape(12, -1)).reshape(kernels.shape), (filters.reshape(5, -1) @ turn.T).reshape(5, 4, 3)),
    ):
        changed = project(changed_kernels, changed_filters)
        assert changed.explained == pytest.approx(expected.explained, abs=1e-9)
        np.testing.assert_allclose(changed.explained_per_kernel, expected.explained_per_kernel, rtol=0, atol=1e-9)


def test_zeros_have_defined_answers():
    kernels = np.zeros((3, 3, 1, 2))
    assert project(kernels, fb.dct(3, n=2)).explained == 1
    kernels[..., 1] = fb.dct(3)[1][..., None]
    result = project(kernels, fb.dct(3, n=1))
    assert result.explained == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(result.explained_per_kernel, [[1, 0]], rtol=0, atol=1e-15)
    nothing = project(kernels, np.zeros((2, 3, 3)))
    assert nothing.explained == 0
    assert not nothing.coefficients.any()
    np.testing.assert_array_equal(energy_curve(np.zeros((3, 3, 1, 2)), fb.dct(3, n=2)).explained, np.ones(3))
    np.testing.assert_array_equal(energy_curve(kernels, np.zeros((2, 3, 3)), "greedy").explained, np.zeros(3))


# The curve


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", ["given", "greedy", "backward"])
def test_curve_is_the_projection_on_the_first_filters(shape, order):
    kernels, filters = kernels_of(shape), kernels_of((6, *shape[:-2]), seed=1)
    curve = energy_curve(kernels, filters, order)
    assert sorted(curve.order) == list(range(6))
    assert curve.explained[0] == 0
    assert (np.diff(curve.explained) >= 0).all()
    for count in range(1, 7):
        assert curve.explained[count] == pytest.approx(
            project(kernels, filters[curve.order[:count]]).explained, abs=1e-9
        )


def test_given_keeps_the_order():
    np.testing.assert_array_equal(energy_curve(kernels_of((5, 5, 1, 2)), fb.gabor(5)).order, np.arange(8))


@given(seed=st.integers(0, 999))
def test_greedy_order_is_that_of_a_pursuit_with_a_new_fit_at_every_step(seed):
    rng = np.random.default_rng(seed)
    kernels, filters = rng.normal(size=(3, 3, 2, 2)), rng.normal(size=(7, 3, 3)) * rng.uniform(0.1, 9, size=(7, 1, 1))
    matrix, flat = filters.reshape(7, 9), kernels.reshape(9, 4)
    taken, rest = [], flat
    for _ in range(7):
        likeness = [
            -1 if index in taken else np.sum((row @ rest) ** 2) / (row @ row) for index, row in enumerate(matrix)
        ]
        taken.append(int(np.argmax(likeness)))
        rest = flat - matrix[taken].T @ np.linalg.lstsq(matrix[taken].T, flat, rcond=None)[0]
    np.testing.assert_array_equal(energy_curve(kernels, filters, "greedy").order, taken)


@given(seed=st.integers(0, 999))
def test_backward_order_drops_what_costs_least_with_a_new_fit_at_every_step(seed):
    rng = np.random.default_rng(seed)
    kernels, filters = rng.normal(size=(3, 3, 2, 2)), rng.normal(size=(7, 3, 3)) * rng.uniform(0.1, 9, size=(7, 1, 1))
    kept, dropped = list(range(7)), []
    while len(kept) > 1:
        left = [explained_by(kernels, filters[[other for other in kept if other != index]]) for index in kept]
        dropped.append(kept.pop(int(np.argmax(left))))
    np.testing.assert_array_equal(energy_curve(kernels, filters, "backward").order, [*kept, *dropped[::-1]])


@pytest.mark.parametrize("order", ["greedy", "backward"])
def test_choosers_find_the_best_subsets_of_an_orthonormal_bank(order):
    kernels, bank = kernels_of((3, 3, 2, 2)), fb.dct(3)
    curve = energy_curve(kernels, bank, order).explained
    for count in range(1, 9):
        best = max(explained_by(kernels, bank[list(some)].filters) for some in itertools.combinations(range(9), count))
        assert curve[count] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("order", ["greedy", "backward"])
def test_the_filters_that_made_the_kernels_are_found_first(order):
    bank = fb.gabor(11)
    kernels = fb.compose(kernels_of((3, 2, 4)), bank[[3, 9, 14]])
    curve = energy_curve(kernels, bank, order)
    assert set(curve.order[:3]) == {3, 9, 14}
    assert curve.explained[3] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("order", ["greedy", "backward"])
def test_dependent_filters_add_nothing_and_come_last(order):
    filters = np.concatenate(
        [fb.dct(3)[:2].filters, 5 * fb.dct(3)[:2].filters, np.zeros((1, 3, 3)), fb.dct(3)[2:].filters]
    )
    kernels = kernels_of((3, 3, 2, 2))
    curve = energy_curve(kernels, filters, order)
    assert {0, 1} & set(curve.order[9:]) or {2, 3} & set(curve.order[9:])
    assert 4 in curve.order[9:]
    assert curve.explained[9] == pytest.approx(1, abs=1e-12)
    assert energy_curve(kernels, filters).explained[4:6] == pytest.approx(energy_curve(kernels, filters).explained[2])


def test_no_bank_is_above_the_kernels_own():
    kernels = kernels_of((5, 5, 2, 8))
    own = energy_curve(kernels, fb.kernel_basis(kernels)).explained
    for bank in (fb.dct(5), fb.random(5, rng=0), fb.gabor(5)):
        for order in ("given", "greedy", "backward"):
            curve = energy_curve(kernels, bank, order).explained
            optimum = np.pad(own, (0, max(len(curve) - len(own), 0)), constant_values=1)
            assert (curve <= optimum[: len(curve)] + 1e-12).all()


# Where kernels come from


def test_layers_and_tensors_are_taken():
    kernels = kernels_of((5, 5, 2, 3))
    expected = project(kernels, fb.gabor(5))
    assert project(Layer(kernels), fb.gabor(5)).explained == expected.explained
    separable = SimpleNamespace(depthwise_kernel=kernels, pointwise_kernel=np.ones((1, 1, 6, 4)))
    assert project(separable, fb.gabor(5)).explained == expected.explained
    depthwise = SimpleNamespace(depthwise_kernel=kernels, kernel=None)
    assert project(depthwise, fb.gabor(5)).explained == expected.explained


def test_transposed_layers_have_their_inputs_first():
    layer = BasisConv2DTranspose(kernels_of((4, 2, 3)), fb.dct(5, n=4))
    np.testing.assert_allclose(
        project(layer, layer.bank).coefficients, np.swapaxes(layer.coefficients, 1, 2), rtol=0, atol=1e-12
    )


def test_a_model_gives_its_kernels_by_layer():
    found = model_kernels(nested_model())
    assert {name: values.shape for name, values in found.items()} == {
        "block/conv": (3, 3, 2, 4),
        "block/each/colour": (3, 3, 3, 4),
        "last": (3, 3, 2, 2),
    }
    one_pixel = SimpleNamespace(name="mixer", layers=[Layer(np.ones((1, 1, 3, 4)))])
    with pytest.raises(ValueError, match="`model` must have a convolution of more than one pixel, got 'mixer'"):
        model_kernels(one_pixel)
    with pytest.raises(TypeError, match="`model` must be a model, with `layers`, got a ndarray"):
        model_kernels(np.ones((3, 3, 1, 1)))


@pytest.mark.parametrize("name", ["kernel_metrics", "fit_gabor", "compare"])
def test_a_bank_is_no_kernels(name):
    with pytest.raises(TypeError, match=r"got a FilterBank, whose filters are \(n, \*size\); np.moveaxis"):
        getattr(fb.analysis, name)(fb.gabor(5))
