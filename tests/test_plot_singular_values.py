"""The picture of singular values."""

import numpy as np
import pytest
from plotted import BANK, RNG, WEIGHTS, BasisLayer, nested_model

import filterbank as fb

GABOR = fb.gabor(11)
TWICE = np.concatenate([GABOR.filters, GABOR.filters])
ZEROS = np.diag([4.0, 2, 0, 0])


def curves_of(axes):
    """Return the lines with values, and those of what is exactly zero."""
    curves = [line for line in axes.lines if not line.get_label().startswith("_")]
    triangles = [line for line in axes.lines if line.get_marker() == "v" and line.get_linestyle() == "None"]
    return curves, triangles


def thresholds_of(axes):
    return [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_values_are_those_of_the_analysis_over_the_largest():
    axes = fb.plot.singular_values(GABOR).axes[0]
    ((curve,), triangles) = curves_of(axes)
    values = fb.analysis.singular_values(GABOR)
    np.testing.assert_array_equal(curve.get_ydata(), values / values[0])
    np.testing.assert_array_equal(curve.get_xdata(), np.arange(1, 17))
    assert not triangles
    assert axes.get_yscale() == "log"
    (absolute,), _ = curves_of(fb.plot.singular_values(GABOR, relative=False).axes[0])
    np.testing.assert_array_equal(absolute.get_ydata(), values)


def test_the_ranks_and_the_condition_stand_above():
    axes = fb.plot.singular_values({"gabor": GABOR, "twice": TWICE}).axes[0]
    condition, effective = fb.analysis.condition_number(GABOR), fb.analysis.effective_rank(GABOR)
    assert legend_of(axes) == [
        f"gabor: rank 16 of 16, effective rank {effective:.3g}, condition number {condition:.3g}",
        f"twice: rank 16 of 32, effective rank {fb.analysis.effective_rank(TWICE):.3g}, condition number ∞",
    ]
    axes.figure.canvas.draw()
    assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1


def test_the_threshold_of_the_rank_is_drawn_where_values_are_near_it():
    assert not thresholds_of(fb.plot.singular_values(GABOR).axes[0])
    for relative in (True, False):
        axes = fb.plot.singular_values(TWICE, relative=relative).axes[0]
        (threshold,) = thresholds_of(axes)
        (curve,), _ = curves_of(axes)
        assert np.count_nonzero(curve.get_ydata() > threshold) == fb.analysis.rank(TWICE) == 16
        np.testing.assert_allclose(threshold, curve.get_ydata()[0] * 121 * np.finfo(float).eps)
        low, high = axes.get_ylim()
        assert low < curve.get_ydata().min() < threshold < curve.get_ydata().max() < high
        assert [text.get_text() for text in axes.texts] == ["counts as zero below"]


def test_values_that_are_zero_are_at_the_lower_end():
    axes = fb.plot.singular_values(ZEROS).axes[0]
    ((curve,), (triangles,)) = curves_of(axes)
    np.testing.assert_array_equal(curve.get_ydata(), [1, 0.5])
    np.testing.assert_array_equal(triangles.get_xdata(), [3, 4])
    assert set(triangles.get_ydata()) == {axes.get_ylim()[0]}
    assert axes.get_xlabel() == "number of the singular value; triangles: 2 values exactly zero"


def test_a_bank_that_is_zero_has_only_zeros():
    axes = fb.plot.singular_values(np.zeros((3, 5, 5))).axes[0]
    ((curve,), (triangles,)) = curves_of(axes)
    assert not len(curve.get_ydata())
    np.testing.assert_array_equal(triangles.get_xdata(), [1, 2, 3])
    axes.figure.canvas.draw()


@pytest.mark.parametrize("bank", [GABOR, GABOR[:1], fb.dct((5,)), fb.dct((3, 3, 3), n=8), np.eye(1000, 1024)])
def test_the_scale_holds_all_values_and_at_least_a_decade(bank):
    axes = fb.plot.singular_values(bank).axes[0]
    ((curve,), _) = curves_of(axes)
    low, high = axes.get_ylim()
    assert low < curve.get_ydata().min() <= curve.get_ydata().max() < high
    assert high / low >= 10
    left, right = axes.get_xlim()
    assert left < 1 <= len(curve.get_xdata()) < right
    axes.figure.canvas.draw()
    shown = [tick for tick in axes.get_xticks() if left < tick < right]
    assert shown
    assert all(tick == round(tick) for tick in shown)
    assert axes.lines[0].get_marker() == ("" if len(bank) == 1000 else "o")


def test_scales_of_few_decades_have_plain_numbers():
    axes = fb.plot.singular_values(GABOR).axes[0]
    axes.figure.canvas.draw()
    low, high = axes.get_ylim()
    ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    assert [label.get_text() for tick, label in ticks if low <= tick <= high] == ["0.05", "0.1", "0.2", "0.5", "1", "2"]


def test_of_a_layer_its_bank_is_drawn():
    axes = fb.plot.singular_values(BasisLayer(WEIGHTS, BANK)).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), np.ones(6), rtol=1e-12)


def test_the_words_hold_the_numbers():
    said = fb.plot.alt_text(fb.plot.singular_values({"small": GABOR}))
    assert "small: 16 filters of 11x11 pixels of the family gabor" in said
    assert f"the smallest of 16 values {1 / fb.analysis.condition_number(GABOR):.3g}." in said
    assert "more filters than pixels" not in said


def test_dependent_filters_and_a_smallest_value_that_is_not_zero_are_explained():
    bank = RNG.standard_normal((30, 3, 3))
    said = fb.plot.alt_text(fb.plot.singular_values(bank, relative=False))
    smallest = np.linalg.svd(bank.reshape(30, 9), compute_uv=False)[-1]
    assert "rank 9 of 30, " in said.lower()
    assert "condition number ∞, as there are more filters than pixels, the smallest of 9 values " in said
    assert said.endswith(f" {smallest:.3g}.")


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        ({}, ValueError, "`source` must hold at least one entry, got an empty mapping"),
        ({3: GABOR}, TypeError, "`source` must have names that are str, got 3"),
        (nested_model(), TypeError, "`source` must be a bank, a layer or filters .*, got a model"),
    ],
)
def test_what_is_no_bank_is_refused(source, error, text):
    with pytest.raises(error, match=text):
        fb.plot.singular_values(source)
