"""What each way to compute a layer costs: counts of its work, and measured rates for them.

A way is counted per output position and image (`work`), and its cost is the sum of the counts times the rates of the
backend. The rates are fitted to measured times by `python -m tests.benchmarks.rates`, relative to writing one output.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

WAYS = ("compose", "depthwise", "dense", "separable", "lines", "depthwise lines", "unfolded")
MOST_KEPT = 1.5  # activations kept for the gradients, relative to the plain layer's


class Counts(NamedTuple):
    """Numbers of operations for one output position; or the rate of each."""

    gathered: float = 0  # inputs under the window, of fewer than four channels, which are gathered one by one
    packed: float = 0  # inputs under the window, of four channels or more
    multiplied: float = 0  # multiplications of convolutions
    back: float = 0  # multiplications of convolutions in gradients
    back_packed: float = 0  # what these gather
    depthwise: float = 0  # multiplications of depthwise convolutions
    depthwise_back: float = 0  # the same in gradients
    mixed: float = 0  # multiplications of matrix products
    between: float = 0  # numbers written between two stages
    copied: float = 0  # inputs copied from under the window
    composed: float = 0  # multiplications that compose kernels
    calls: float = 0  # operations started
    written: float = 0  # outputs


class Shape(NamedTuple):
    """What the cost of a layer depends on."""

    channels: int
    outputs: int
    n: int
    rank: int  # of the bank
    window: tuple[int, ...]
    axis: int  # of the lines
    lines: int  # their number
    strides: tuple[int, ...]
    positions: float  # of all outputs in a batch
    training: bool = False
    released: bool = False  # whether the basis trains

    @property
    def inner(self) -> bool:
        """Whether gradients pass on to the inputs: more channels than images have are another layer's."""
        return self.training and self.channels > 4


# What was measured to pay somewhere on that backend, and is chosen from.
PAYING = {
    "tensorflow": ("compose", "depthwise", "separable", "lines", "depthwise lines"),
    "tensorflow, compiled": ("compose", "dense", "separable", "lines", "unfolded"),
    "jax": ("compose", "separable", "lines", "unfolded"),
}
GAIN = 0.9  # a way other than composing is told to take at most so much of its time, or composing is chosen
VECTOR = {"tensorflow": 16, "tensorflow, compiled": 1, "jax": 1}  # outputs that a convolution computes together

# Fitted to measured times on two cores of an x86-64 processor with AVX-512; what no way that pays counts is a guess.
RATES = {
    "tensorflow": Counts(
        gathered=0.0282,
        packed=0.0002,
        multiplied=0.0301,
        back=0.0462,
        back_packed=0.0002,
        depthwise=0.0486,
        depthwise_back=0.843,
        mixed=0.0338,
        between=1.89,
        copied=0.0887,
        composed=0.0001,
        calls=833000.0,
        written=1,
    ),
    "tensorflow, compiled": Counts(
        gathered=0.259,
        packed=0.0731,
        multiplied=0.0054,
        back=0.0053,
        back_packed=0.115,
        depthwise=0.231,
        depthwise_back=0.231,
        mixed=0.0027,
        between=0.458,
        copied=0.737,
        composed=0.032,
        calls=129000.0,
        written=1,
    ),
    "jax": Counts(
        gathered=0.0002,
        packed=0.0858,
        multiplied=0.0031,
        back=0.0028,
        back_packed=0.0094,
        depthwise=0.02,
        depthwise_back=0.02,
        mixed=0.0031,
        between=0.457,
        copied=0.372,
        composed=0.0127,
        calls=0.0226,
        written=1,
    ),
}


@functools.lru_cache(maxsize=1024)
def cheapest(backend: str, shape: Shape, ways: tuple[str, ...]) -> str:
    """Return the way with the lowest cost, if it is lower than that of composing by more than the model may err."""
    costs = {way: cost(backend, way, shape) * (GAIN if way == "compose" else 1) for way in ways}
    return min(costs, key=lambda way: costs[way])


def cost(backend: str, way: str, shape: Shape) -> float:
    """Return the cost of one output position, relative to writing one output."""
    return sum(rate * count for rate, count in zip(RATES[backend], work(way, shape, VECTOR[backend]), strict=True))


def kept(way: str, shape: Shape) -> float:
    """Return how many numbers are kept for the gradients, for each output position; the output is one of them."""
    inputs = shape.channels * math.prod(shape.strides)
    if way == "compose":
        return inputs + shape.outputs
    if way in ("lines", "depthwise lines"):
        across = math.prod(shape.strides) / shape.strides[shape.axis]
        return shape.channels * shape.lines * across + shape.outputs
    if not shape.released:
        return shape.channels * shape.rank + shape.outputs
    copies = math.prod(shape.window) * shape.channels if way == "unfolded" else inputs
    return shape.channels * shape.n + shape.outputs + copies


def work(way: str, shape: Shape, vector: int) -> Counts:
    """Count the work for one output position; outputs are computed in vectors of that many channels."""
    counts = dict.fromkeys(Counts._fields, 0.0)
    pixels, line = math.prod(shape.window), shape.window[shape.axis]
    channels, outputs, rank = shape.channels, shape.outputs, shape.n if shape.released else shape.rank
    passes = 1 + shape.training

    def rounded(number: int) -> int:
        return -(-number // vector) * vector

    def convolve(window: int, inputs: int, to: int, trains: bool, times: float = 1) -> None:
        counts["gathered" if inputs < 4 else "packed"] += window * inputs * times
        counts["multiplied"] += window * inputs * rounded(to) * times
        if trains and shape.training:
            counts["back"] += window * inputs * rounded(to) * times
            counts["back_packed"] += window * inputs * times
        if shape.inner:
            counts["back"] += window * to * rounded(inputs) * times
            counts["back_packed"] += window * to * times

    def depthwise(window: int, number: int) -> None:
        if channels == 1:
            convolve(window, 1, number, shape.released)
        else:
            work = window * channels * number
            counts["depthwise"] += work
            counts["depthwise_back"] += work * (shape.inner + shape.released * shape.training)

    def mix() -> None:
        counts["between"] += channels * rank
        counts["mixed"] += channels * rank * rounded(outputs) * (passes + shape.inner)

    def compose(parts: int) -> None:
        counts["composed"] += shape.n * parts * channels * outputs / shape.positions * passes

    stages = 1
    if way == "compose":
        compose(pixels)
        convolve(pixels, channels, outputs, True)
    elif way == "depthwise":
        depthwise(pixels, rank)
        mix()
    elif way == "dense":
        convolve(pixels, channels, channels * rank, shape.released)
        mix()
    elif way == "unfolded":
        counts["copied"] += pixels * channels * passes
        counts["mixed"] += pixels * channels * rank * (passes + shape.released)
        mix()
    else:
        across, more = pixels // line, math.prod(shape.strides) / shape.strides[shape.axis]
        if way == "depthwise lines":
            depthwise(line, shape.lines)
        else:
            convolve(line, channels, channels * shape.lines, False, more)
        counts["between"] += channels * shape.lines * more
        if way == "separable":
            stages = 2
            convolve(across, channels * shape.lines, channels * rank, False)
            mix()
        else:
            compose(across * shape.lines)
            convolve(across, channels * shape.lines, outputs, True)
    counts["calls"] = (stages + 1) * passes / shape.positions
    counts["written"] = outputs
    return Counts(**counts)
