"""The shapes of layers that are measured."""

from typing import NamedTuple

import filterbank as fb


class Shape(NamedTuple):
    channels: int
    k: int
    n: int
    outputs: int
    side: int
    batch: int
    stride: int = 1
    family: str = "dct"

    def bank(self):
        return fb.dct(self.k, n=self.n) if self.family == "dct" else fb.random(self.k, n=self.n, rng=0)

    @property
    def name(self):
        k, side = self.k, self.side
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        return (
            f"{self.channels} to {self.outputs} channels, {self.n} {self.family} filters of {k}x{k}, "
            f"{self.batch} of {side}x{side}{stride}"
        )

    @property
    def inner(self):
        """Whether gradients of the inputs are measured too: images have none."""
        return self.channels > 4

    def ways(self, backend=None):
        """Return the ways that a layer of this shape has, of those that pay somewhere on a backend if one is named."""
        from filterbank.layers._costs import PAYING, WAYS  # loads Keras, whose backend is to be named first

        ways = PAYING[backend] if backend else WAYS
        return [
            way for way in ways if (way != "unfolded" or self.k <= 7) and (way != "depthwise lines" or self.stride == 1)
        ]

    def candidates(self, backend, training):
        """Return the ways that "auto" chooses from on that backend: in training, those that do not keep too much."""
        from filterbank.layers._costs import MOST_KEPT, kept

        costed = self.costed(training)
        most = MOST_KEPT * kept("compose", costed)
        return [way for way in self.ways(backend) if not training or kept(way, costed) <= most]

    def costed(self, training):
        """Return the same shape as the library counts its work."""
        from filterbank.layers import _costs as costs
        from filterbank.layers._ways import spans

        bank = self.bank()
        found = spans(bank, "float32")
        return costs.Shape(
            channels=self.channels,
            outputs=self.outputs,
            n=self.n,
            rank=len(found.filters),
            window=bank.size,
            axis=found.axis,
            lines=len(found.lines),
            strides=(self.stride, self.stride),
            positions=self.batch * (-(-self.side // self.stride)) ** 2,
            training=training,
        )


QUESTION, COLOUR = Shape(1, 11, 10, 64, 64, 32), Shape(3, 11, 10, 64, 64, 16)
GRID = [
    QUESTION,
    Shape(1, 11, 10, 64, 64, 32, family="random"),
    Shape(1, 5, 8, 32, 64, 16),
    Shape(1, 7, 12, 64, 32, 32, family="random"),
    Shape(1, 15, 20, 64, 64, 8),
    Shape(1, 15, 225, 64, 32, 4),
    Shape(1, 3, 4, 32, 64, 32),
    Shape(1, 3, 9, 64, 64, 16),
    Shape(1, 11, 121, 64, 32, 8),
    Shape(1, 9, 40, 32, 48, 8, family="random"),
    Shape(1, 11, 10, 64, 128, 8, 2),
    Shape(1, 7, 16, 64, 64, 16, 2, "random"),
    COLOUR,
    Shape(3, 11, 10, 64, 64, 16, family="random"),
    Shape(3, 7, 12, 64, 64, 16),
    Shape(3, 7, 12, 64, 64, 16, family="random"),
    Shape(3, 3, 6, 32, 64, 16),
    Shape(3, 5, 8, 64, 64, 16),
    Shape(3, 5, 25, 32, 64, 8),
    Shape(3, 7, 12, 64, 128, 4, 2),
    Shape(3, 11, 32, 96, 64, 8, 2, "random"),
    Shape(3, 15, 10, 64, 64, 4),
    Shape(8, 7, 8, 64, 32, 16),
    Shape(8, 7, 8, 64, 32, 16, family="random"),
    Shape(8, 3, 6, 16, 64, 16),
    Shape(8, 5, 8, 32, 32, 16),
    Shape(8, 11, 10, 32, 32, 8),
    Shape(8, 5, 8, 64, 64, 4, 2),
    Shape(16, 3, 4, 32, 32, 16),
    Shape(16, 3, 9, 16, 64, 4, 2),
    Shape(16, 5, 8, 32, 32, 16),
    Shape(16, 7, 10, 32, 32, 8, family="random"),
    Shape(16, 15, 20, 32, 32, 2),
    Shape(32, 3, 6, 64, 32, 8),
    Shape(32, 3, 9, 64, 32, 8, 2),
    Shape(32, 5, 10, 64, 16, 16),
    Shape(32, 7, 8, 32, 16, 8),
    Shape(64, 3, 6, 64, 32, 8),
    Shape(64, 11, 10, 64, 16, 4),
    Shape(64, 11, 10, 64, 16, 4, family="random"),
    Shape(64, 5, 6, 128, 16, 8),
    Shape(64, 3, 4, 128, 16, 8, 2),
    Shape(128, 3, 6, 128, 16, 8),
    Shape(128, 5, 8, 64, 8, 8),
    Shape(128, 3, 9, 128, 8, 16),
    Shape(256, 3, 6, 256, 8, 8),
    Shape(256, 3, 6, 256, 8, 8, 2),
    Shape(256, 5, 10, 128, 8, 4),
    Shape(1, 11, 10, 64, 16, 1),
    Shape(3, 7, 12, 64, 16, 1),
    Shape(3, 3, 6, 16, 224, 1),
    Shape(16, 5, 8, 32, 8, 1),
    Shape(64, 3, 6, 64, 8, 1),
    Shape(256, 3, 9, 256, 4, 1),
]
FEW = GRID[::6]  # where every way is measured, with the question's own shape and the one of three channels
