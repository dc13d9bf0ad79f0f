"""The picture of a training."""

from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotted import BANK, History, slices_of, tiles_of

import filterbank as fb

matplotlib.use("Agg")


def kernels_of(history, name, moment):
    return fb.compose(history.coefficients[name][moment], BANK)


def names(axis):
    return [tick.get_text() for tick in axis.get_ticklabels()]


def test_kernels_over_time_on_one_scale():
    history = History()
    axes = fb.plot.training(history, outputs=[2, 0], snapshots=5).axes[0]
    tiles = tiles_of(axes, (5, 5))
    for column, moment in enumerate([0, 5, 10, 15, 20]):
        expected = kernels_of(history, "first", moment)[:, :, 0][:, :, [2, 0]].transpose(2, 0, 1)
        np.testing.assert_array_equal(tiles[:, column], expected)
    limit = np.abs(tiles).max()
    assert axes.get_images()[0].get_clim() == (-limit, limit)
    assert names(axes.yaxis) == ["output 2", "output 0"]
    assert names(axes.xaxis) == ["epoch 0", "1.25", "2.5", "3.75", "5"]


def test_curves_are_relative_distances_of_the_coefficients():
    history = History()
    axes = fb.plot.training(history, time="steps").axes[1]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["first", "second"]
    for line, values in zip(axes.get_lines(), history.coefficients.values(), strict=True):
        moved = [np.sqrt(np.sum((one - values[0]) ** 2)) / np.sqrt(np.sum(values[0] ** 2)) for one in values]
        np.testing.assert_array_equal(line.get_xdata(), history.steps)
        np.testing.assert_allclose(line.get_ydata(), moved, rtol=1e-12)
    assert axes.get_xlabel() == "step (dots: the kernels above)"
    assert axes.get_ylim()[0] == 0


def test_dots_mark_the_kernels_of_the_layer_that_is_drawn():
    first, second = fb.plot.training(History(), layer="second", snapshots=3).axes[1].get_lines()
    assert second.get_markevery() == [0, 10, 20]
    assert second.get_marker() == "o"
    assert first.get_marker() == "None"


def test_the_layer_can_be_chosen():
    history = History()
    axes = fb.plot.training(history, layer="second", outputs=[1], snapshots=2).axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (5, 5))[0, 1], kernels_of(history, "second", 20)[:, :, 0, 1])


def test_the_outputs_that_moved_most_are_drawn():
    history = History()
    values = history.coefficients["first"]
    values[...] = values[0]
    values[-1, 0, 0, [5, 1]] += (2, 1)
    assert names(fb.plot.training(history, outputs=2).axes[0].yaxis) == ["output 1", "output 5"]
    assert len(names(fb.plot.training(history).axes[0].yaxis)) == 5


def test_the_input_can_be_chosen():
    history = History(inputs=2)
    axes = fb.plot.training(history, outputs=[1], in_=1, snapshots=1).axes[0]
    np.testing.assert_array_equal(tiles_of(axes, (5, 5))[0, 0], kernels_of(history, "first", 20)[:, :, 1, 1])
    with pytest.raises(ValueError, match="`in_` must be an integer from 0 to 1, got 2"):
        fb.plot.training(history, in_=2)


def test_three_inputs_are_colours():
    history = History(inputs=3)
    axes = fb.plot.training(history, outputs=[4], snapshots=2).axes[0]
    ends = np.stack([kernels_of(history, "first", moment)[..., 4] for moment in (0, 20)])
    colours = tiles_of(axes, (5, 5))[0, ..., :3]
    np.testing.assert_allclose(colours, 0.5 + ends / np.abs(ends).max() / 2, rtol=0, atol=1e-15)
    assert axes.get_xlabel().startswith("RGB: inputs 0, 1, 2; grey is 0; full colour is ±")
    plain = fb.plot.training(history, outputs=[4], snapshots=2, rgb=False).axes[0]
    np.testing.assert_array_equal(tiles_of(plain, (5, 5))[0], ends[..., 0])


def test_colour_needs_three_inputs():
    with pytest.raises(ValueError, match=r"`rgb` needs kernels .* exactly 3 inputs, got shape \(5, 5, 1, 7\)"):
        fb.plot.training(History(), rgb=True)


def test_an_array_of_kernels_over_time():
    kernels = np.random.default_rng(0).standard_normal((4, 5, 5, 1, 2))
    top, bottom = fb.plot.training(kernels, colorbar=False).axes
    np.testing.assert_array_equal(tiles_of(top, (5, 5)), kernels[:, :, :, 0].transpose(3, 0, 1, 2))
    assert names(top.xaxis) == ["record 0", "1", "2", "3"]
    assert bottom.get_legend() is None
    moved = np.linalg.norm((kernels - kernels[0]).reshape(4, -1), axis=1) / np.linalg.norm(kernels[0])
    np.testing.assert_allclose(bottom.get_lines()[0].get_ydata(), moved, rtol=1e-12)


@pytest.mark.parametrize("inputs", [1, 3])
def test_kernels_and_curves_go_one_below_the_other_into_given_axes(inputs):
    history = History(inputs=inputs)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    assert fb.plot.training(history, snapshots=3, ax=left) is figure
    expected = fb.plot.training(history, snapshots=3)
    kernels, curves = left.child_axes
    for drawn, lone in ((kernels, expected.axes[0]), (curves, expected.axes[1])):
        for line, other in zip(drawn.get_lines(), lone.get_lines(), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())
    np.testing.assert_array_equal(tiles_of(kernels, (5, 5)), tiles_of(expected.axes[0], (5, 5)))
    figure.draw_without_rendering()
    assert kernels.get_tightbbox().y0 > curves.get_window_extent().y1
    whole = left.get_window_extent().padded(1)
    assert all(
        whole.y0 <= place.get_window_extent().y0 <= place.get_window_extent().y1 <= whole.y1
        for place in left.child_axes
    )
    assert fb.plot.alt_text(figure) == fb.plot.alt_text(expected)
    assert not right.has_data()


def test_moments_in_narrow_columns_are_named_every_so_many():
    figure, axes = plt.subplots(figsize=(3, 3))
    fb.plot.training(History(), ax=axes)
    figure.draw_without_rendering()
    shown = [text for text in axes.child_axes[0].get_xticklabels() if text.get_text()]
    assert 2 <= len(shown) < 8
    for one, following in pairwise(text.get_window_extent() for text in shown):
        assert one.x1 < following.x0
    assert "" not in names(fb.plot.training(History()).axes[0].xaxis)


def test_the_words_count_kernels_and_moments():
    figure = fb.plot.training(History(), outputs=2, snapshots=3)
    assert fb.plot.alt_text(figure).startswith(
        "2 kernels of 5x5 pixels of the layer first at 3 moments from epoch 0 to epoch 5, on one scale from "
    )


def test_signals_are_bars_on_one_scale():
    bank = fb.dct((9,))
    history = History(bank=bank, inputs=3)
    figure = fb.plot.training(history, outputs=[4, 1], in_=1, snapshots=3)
    axes = figure.axes[0]
    bars = axes.collections[1]
    moments = [fb.compose(history.coefficients["first"][moment], bank)[:, 1, [4, 1]] for moment in (0, 10, 20)]
    kernels = np.stack(moments).transpose(2, 0, 1)  # a row for each output, in it the moments
    np.testing.assert_allclose(bars.get_array(), kernels.ravel(), rtol=0, atol=1e-13)
    limit = np.abs(kernels).max()
    assert bars.get_clim() == pytest.approx((-limit, limit))
    corners = np.array([path.vertices[[0, 2]] for path in bars.get_paths()])
    columns, rows = np.floor(corners.mean(axis=1)).astype(int).T
    assert columns.reshape(2, 3, 9).tolist() == np.broadcast_to([[0], [1], [2]], (2, 3, 9)).tolist()
    assert rows.reshape(2, -1).tolist() == [[0] * 27, [1] * 27]
    heights = corners[:, 0, 1] - corners[:, 1, 1]  # y grows downward
    np.testing.assert_allclose(heights / np.abs(heights).max(), kernels.ravel() / limit, rtol=0, atol=1e-12)
    assert names(axes.yaxis) == ["output 4", "output 1"]
    assert names(axes.xaxis) == ["epoch 0", "2.5", "5"]
    assert "2 kernels of 9 samples of the layer first at 3 moments" in fb.plot.alt_text(figure)


def test_volumes_are_slices():
    bank = fb.dct((3, 5, 5), n=8)
    history = History(bank=bank)
    figure = fb.plot.training(history, outputs=[4, 1], snapshots=3)
    tiles = tiles_of(figure.axes[0], (5, 15))
    for column, moment in enumerate([0, 10, 20]):
        kernels = fb.compose(history.coefficients["first"][moment], bank)[..., 0, :]
        np.testing.assert_array_equal(tiles[:, column], [slices_of(kernels[..., output]) for output in (4, 1)])
    assert figure.axes[0].get_xlabel() == "central slices yx, zx, zy"
    assert "2 kernels of 3x5x5 pixels of the layer first" in fb.plot.alt_text(figure)


def test_volumes_of_three_inputs_are_colours():
    bank = fb.dct((3, 5, 5), n=8)
    history = History(bank=bank, inputs=3)
    axes = fb.plot.training(history, outputs=[4], snapshots=1).axes[0]
    kernel = fb.compose(history.coefficients["first"][-1], bank)[..., 4]
    colours = np.stack([slices_of(kernel[..., one]) for one in range(3)], axis=-1)
    shown = tiles_of(axes, (5, 15))[0, 0]
    drawn = np.isfinite(colours[..., 0])
    np.testing.assert_array_equal(shown[..., 3], drawn)
    np.testing.assert_allclose(shown[drawn][:, :3], 0.5 + colours[drawn] / np.abs(kernel).max() / 2, rtol=0, atol=1e-14)


def test_one_dimensional_kernels_over_time_need_a_height():
    kernels = np.random.default_rng(0).standard_normal((4, 9, 1, 2))
    with pytest.raises(ValueError, match=r"got shape \(4, 9, 1, 2\); .* need a height, kernels\[:, None\]$"):
        fb.plot.training(kernels)
    tiles = tiles_of(fb.plot.training(kernels[:, None]).axes[0], (1, 9))
    np.testing.assert_array_equal(tiles[:, :, 0], kernels[:, :, 0].transpose(2, 0, 1))


def test_a_start_of_zero_is_said():
    axes = fb.plot.training(History(start=0.0)).axes[1]
    assert axes.get_xlabel() == "epoch (dots: the kernels above); from zero: relative to the largest"
    assert max(axes.get_lines()[0].get_ydata()) == 1


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_a_single_record_is_a_point(start):
    figure = fb.plot.training(History(times=1, start=start))
    axes = figure.axes[1]
    for line in axes.get_lines():
        assert line.get_ydata().tolist() == [0]
        assert line.get_marker() == "o"
    assert (axes.get_xlim(), axes.get_ylim()) == ((-1, 1), (0, 1))
    assert axes.get_xticks().tolist() == [0]
    figure.canvas.draw()


def test_what_keras_calls_a_history_is_none_of_kernels():
    source = type("History", (), {"history": {"loss": [1.0]}, "epoch": [0]})()
    with pytest.raises(TypeError, match=r"must be a KernelHistory, which is given to `fit` as a callback.* a History"):
        fb.plot.training(source)


def test_of_many_layers_the_drawn_one_stands_out():
    layers = [f"conv_{index}" for index in range(12)]
    axes = fb.plot.training(History(layers=layers), layer="conv_3").axes[1]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["11 other layers", "conv_3"]
    assert {line.get_color() for line in axes.get_lines() if line.get_marker() != "o"} == {"0.6"}


@pytest.mark.parametrize(
    ("source", "settings", "text"),
    [
        (History(times=0, layers=()), {}, "`source` must hold at least one record, got an empty history"),
        (History(), {"layer": "third"}, "`layer` must be one of 'first', 'second', got 'third'"),
        (History(), {"time": "hours"}, "`time` must be one of 'epochs', 'steps', got 'hours'"),
        (History(), {"snapshots": 0}, "`snapshots` must be an integer of at least 1, got 0"),
        (History(), {"outputs": 8}, "`outputs` must be an integer from 1 to 7, got 8"),
        (np.ones((5, 5)), {}, r"must be a KernelHistory or kernels \(times, \*size, in, out\) .* got shape \(5, 5\)"),
        (np.ones((5, 5, 1, 6)), {}, r"got shape \(5, 5, 1, 6\); kernels of one moment are for plot\.kernels"),
        (np.ones((2, 5, 5, 1, 1)), {"layer": "first"}, "`layer` chooses from a history, got 'first' with an array"),
    ],
)
def test_what_cannot_be_drawn_is_refused(source, settings, text):
    with pytest.raises(ValueError, match=text):
        fb.plot.training(source, **settings)
