"""The picture of a comparison of banks."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import filterbank as fb

RNG = np.random.default_rng(2)
KERNELS = fb.compose(RNG.normal(size=(8, 3, 16)), fb.gabor(7)[:8]) + 0.1 * RNG.normal(size=(7, 7, 3, 16))
RESULT = fb.analysis.compare(KERNELS, ["gabor", "dct", "hermite"], n=8, resamples=100)
OWN, RANDOM = "the kernels' own", "random filters"


def dots_of(axes, names=None):
    """Return where each dot is, by the name of its row."""
    names = names or [label.get_text() for label in axes.get_yticklabels()]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    return {names[int(dot.get_ydata()[0])]: (dot.get_xdata()[0], dot) for dot in dots}


def bars_of(axes):
    return {int(line.get_ydata()[0]): tuple(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 1.6}


def test_dots_are_the_shares_the_best_on_top():
    axes = fb.plot.comparison(RESULT).axes[0]
    dots = dots_of(axes)
    assert {name: share for name, (share, _) in dots.items()} == {row.name: row.explained for row in RESULT.rows}
    assert [label.get_text() for label in axes.get_yticklabels()] == [row.name for row in RESULT.rows]
    bottom, top = axes.get_ylim()
    assert (bottom, top) == (4.5, -0.5)
    assert axes.get_xlim() == (0, 1)


def test_bars_are_the_intervals():
    axes = fb.plot.comparison(RESULT).axes[0]
    assert bars_of(axes) == {place: (row.low, row.high) for place, row in enumerate(RESULT.rows)}
    said = axes.get_xlabel().replace("\n", " ")
    assert said == "energy explained by 8 filters of 7x7 pixels, of 48 kernels; bars: 95 % bootstrap intervals"


def test_without_resamples_there_are_no_bars():
    axes = fb.plot.comparison(fb.analysis.compare(KERNELS, ["dct"], n=8, resamples=0)).axes[0]
    assert not bars_of(axes)
    assert "bars" not in axes.get_xlabel()
    assert len(dots_of(axes)) == 3


def test_references_stand_out():
    axes = fb.plot.comparison(RESULT).axes[0]
    shares = {row.name: row for row in RESULT.rows}
    lines = {line.get_linestyle(): line.get_xdata()[0] for line in axes.lines if line.get_marker() == "None"}
    assert lines[":"] == shares[RANDOM].explained
    assert lines["--"] == shares[OWN].explained
    (band,) = axes.patches
    left, right = band.get_x(), band.get_x() + band.get_width()
    np.testing.assert_allclose((left, right), (shares[RANDOM].low, shares[RANDOM].high))
    hollow = {name for name, (_, dot) in dots_of(axes).items() if dot.get_markerfacecolor() != dot.get_color()}
    slanted = {label.get_text() for label in axes.get_yticklabels() if label.get_fontstyle() == "italic"}
    assert hollow == slanted == {OWN, RANDOM}


def test_shares_are_written_at_the_right():
    figure = fb.plot.comparison(RESULT)
    figure.canvas.draw()
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == [f"{100 * row.explained:.3g} %" for row in RESULT.rows]
    for text, tick in zip(axes.texts, axes.get_yticklabels(), strict=True):
        written, named = text.get_window_extent(), tick.get_window_extent()
        assert written.x0 > axes.get_window_extent().x1
        assert abs(written.y0 + written.y1 - named.y0 - named.y1) < 6


def test_layers_are_panels_with_the_same_rows():
    other = fb.analysis.compare(RNG.normal(size=(5, 5, 2, 9)), ["legendre", "dct"], n=3, resamples=20)
    axes = fb.plot.comparison({"first": RESULT, "second": other}).axes[0]
    panels = axes.child_axes
    assert [panel.get_title() for panel in panels] == ["first\n8 filters, 7x7", "second\n3 filters, 5x5"]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert set(names) == {"gabor", "dct", "hermite", "legendre", OWN, RANDOM}
    assert not any(label.get_text() for label in panels[1].get_yticklabels())
    for panel, result in zip(panels, (RESULT, other), strict=True):
        shares = {name: share for name, (share, _) in dots_of(panel, names).items()}
        assert shares == {row.name: row.explained for row in result.rows}
        assert panel.get_ylim() == (5.5, -0.5)
    rows = [*RESULT.rows, *other.rows]
    means = [np.mean([row.explained for row in rows if row.name == name]) for name in names]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize("count", [1, 7, 50])
def test_panels_do_not_overlap(count):
    quick = fb.analysis.compare(KERNELS, ["dct"], n=8, resamples=0)
    figure = fb.plot.comparison({f"block{index}/conv_of_the_layer": quick for index in range(count)})
    figure.canvas.draw()
    axes = figure.axes[0]
    assert len(axes.child_axes) == count
    boxes = [panel.get_tightbbox() for panel in axes.child_axes]
    whole = figure.bbox
    for index, box in enumerate(boxes):
        assert whole.x0 <= box.x0 < box.x1 <= whole.x1
        assert whole.y0 <= box.y0 < box.y1 <= whole.y1
        for other in boxes[index + 1 :]:
            assert box.x1 <= other.x0 + 1 or other.x1 <= box.x0 + 1 or box.y1 <= other.y0 or other.y1 <= box.y0
    named = [panel for panel in axes.child_axes if any(label.get_text() for label in panel.get_yticklabels())]
    assert len(named) == len({round(panel.get_position().y0, 6) for panel in axes.child_axes})


def test_it_goes_where_it_is_told():
    figure, (left, right) = plt.subplots(1, 2)
    assert fb.plot.comparison(RESULT, ax=left) is figure
    fb.plot.comparison({"a": RESULT, "b": RESULT}, ax=right)
    assert len(left.child_axes) == 0
    assert len(right.child_axes) == 2


def test_the_words_are_the_table():
    said = fb.plot.alt_text(fb.plot.comparison({"first": RESULT}))
    assert said.startswith(
        "Share of the energy of the kernels of first explained by 8 filters of 7x7 pixels, of 48 kernels: "
    )
    for row in RESULT.rows:
        assert f"{row.name} {100 * row.explained:.3g} %" in said


@pytest.mark.parametrize("source", [KERNELS, {"first": KERNELS}])
def test_what_is_no_comparison_is_refused(source):
    with pytest.raises(TypeError, match=r"`source` must be a Comparison.*got a ndarray; analysis.compare\(kernels\)"):
        fb.plot.comparison(source)


def test_on_a_dark_background_nothing_is_dark():
    with plt.style.context("dark_background"):
        dots = dots_of(fb.plot.comparison(RESULT).axes[0])
    assert dots[OWN][1].get_color() == "white"
    assert dots[OWN][1].get_markerfacecolor() == "black"
