"""What a saved model's convolutions have learned, for `filterbank inspect`."""

from __future__ import annotations

import importlib
import math
import re
import textwrap
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from . import __version__, _page, analysis
from ._kernels import convolutions, is_transposed, kernel_of, layer_kernels
from .analysis._explained import OWN
from .layers import FrozenBasisError
from .layers._frozen import BankMixin
from .layers._history import layers_by_name

UNKNOWN_CLASS = re.compile(r"(?:Could not locate (?:class|function)|Unknown \w+:) '([^']+)'")


class InspectedLayer(NamedTuple):
    """One convolution of a model: what it costs, and what its kernels are like."""

    name: str
    kind: str
    size: tuple[int, ...]
    trainable: int
    frozen: int
    verification: str | None
    inputs: int = 1
    outputs: int = 1
    comparison: analysis.Comparison | None = None
    metrics: analysis.KernelMetrics | None = None
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        found: dict[str, Any] = {
            "layer": self.name,
            "class": self.kind,
            "size": list(self.size),
            "inputs": self.inputs,
            "outputs": self.outputs,
            "trainable": self.trainable,
            "frozen": self.frozen,
            "verification": self.verification,
            "note": self.note,
        }
        if self.comparison is not None:
            found |= {
                "n": self.comparison.n,
                "best": self.comparison.best.name,
                "explained": {row.name: row.explained for row in self.comparison.rows},
            }
        if self.metrics is not None:
            found["metrics"] = {
                "median_norm": _number(np.median(self.metrics.norm)),
                "median_sparsity": _number(_median(self.metrics.sparsity)),
                "median_smoothness": _number(_median(self.metrics.smoothness)),
                "median_symmetry": _number(_median(self.metrics.symmetry)),
                "dead": int(np.count_nonzero(self.metrics.dead)),
                "duplicates": int(np.count_nonzero(self.metrics.duplicate)),
                "variance_entropy_ratio": _number(self.metrics.variance_entropy_ratio),
                "orientation_entropy": _number(self.metrics.orientation_entropy),
            }
        return found

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its row in a table, in the order of `HEAD`."""
        best, explained, optimum = "-", "-", "-"
        if self.comparison is not None:
            shares = {row.name: row.explained for row in self.comparison.rows}
            best = f"{self.comparison.best.name}, {self.comparison.n}"
            explained, optimum = f"{self.comparison.best.explained:.1%}", f"{shares[OWN]:.1%}"
        flawed = "-"
        if self.metrics is not None:
            flawed = f"{np.count_nonzero(self.metrics.dead)}, {np.count_nonzero(self.metrics.duplicate)}"
        return (
            self.name,
            "x".join(map(str, (*self.size, self.inputs, self.outputs))),
            best,
            explained,
            optimum,
            flawed,
            f"{self.trainable:,}",
            f"{self.frozen:,}",
            self.verification or "-",
        )


HEAD = (
    *("layer", "kernels", "best, n", "explains", "at most", "flaws"),
    *("trains", "frozen", "bank"),
)
LEGEND = (
    "best, n: the family of eight of which n filters, chosen for these kernels, explain most of their energy (the sum "
    "of squares), and the share; at most: what the kernels' own n components explain; flaws: kernels next to nothing, "
    "multiples of others; trains, frozen: numbers of the layer; bank: the proof that a frozen basis is its bank, - for "
    "a plain layer"
)


def load_model(path: Path, modules: Iterable[str] = ()) -> Any:
    """Read a model in Keras's safe mode, after importing modules that define its own classes."""
    for module in modules:
        importlib.import_module(module)
    if path.is_dir():
        raise ValueError(
            f"{str(path)!r} is a folder, no model that Keras saved: model.save('model.keras') writes a file"
        )
    if path.suffix == ".npz":
        raise ValueError(f"{str(path)!r} is no Keras model; filterbank report reads banks")
    if path.suffix == ".keras" and not zipfile.is_zipfile(path):
        raise ValueError(f"{str(path)!r} is no Keras model, or a damaged one")
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        # Keras raises all kinds, with the whole configuration in the text.
        text = str(error)
        if unknown := UNKNOWN_CLASS.search(text):
            raise ValueError(
                f"{str(path)!r} holds {unknown[1]!r}, which is not known here: name the module that registers it with "
                f"--import"
            ) from error
        first = text.strip().partition("\n")[0]
        short = textwrap.shorten(first, 160, placeholder=" ...")
        raise ValueError(f"cannot read {str(path)!r} as a Keras model: {short}") from error


def inspected(model: Any, n: int | None) -> Iterator[InspectedLayer]:
    """Yield what is found of every convolution and every front end of a model, in order."""
    proven = layers_by_name(model, BankMixin)
    titles = {id(layer): title for title, layer in convolutions(model)}
    ordered = [layer for layer in model._flatten_layers() if id(layer) in titles]
    fronts = [(name, layer) for name, layer in proven.items() if id(layer) not in titles]
    for name, layer in [*fronts, *((titles[id(layer)], layer) for layer in dict.fromkeys(ordered))]:
        yield _inspected(name, layer, n)


def _inspected(name: str, layer: Any, n: int | None) -> InspectedLayer:
    row = InspectedLayer(
        name,
        type(layer).__name__,
        tuple(layer.kernel_size),
        trainable=sum(math.prod(weight.shape) for weight in layer.trainable_weights),
        frozen=sum(math.prod(weight.shape) for weight in layer.non_trainable_weights),
        verification=_verification(layer) if isinstance(layer, BankMixin) else None,
    )
    if kernel_of(layer) is None:
        return row._replace(outputs=len(layer.bank), note="a frozen front end, which has no kernel")
    channels = tuple(kernel_of(layer).shape)[-2:]
    inputs, outputs = channels[::-1] if is_transposed(layer) else channels
    row = row._replace(inputs=inputs, outputs=outputs)
    try:
        kernels = layer_kernels(layer)
        pixels = math.prod(row.size)
        if pixels == 1:
            return row._replace(note="kernels of one pixel only mix channels")
        row = row._replace(metrics=analysis.kernel_metrics(kernels))
        count = min(n or math.ceil(pixels / 3), pixels)
        return row._replace(comparison=analysis.compare(kernels, n=count, order="greedy", resamples=0))
    except ValueError as error:  # of kernels that are not finite, or all zero
        return row._replace(note=str(error))


def _verification(layer: Any) -> str:
    try:
        proof = layer.verify()
    except FrozenBasisError:
        return "MOVED"
    return f"{proof.moved:.2%} away" if proof.moved else "proven"


def write_page(path: Path, source: Path, model: Any, rows: list[InspectedLayer]) -> None:
    """Write one page about a model: the table, and kernels and comparison of every layer."""
    from . import plot

    found = dict(convolutions(model))
    parts = []
    for index, row in enumerate(rows):
        figures = []
        if row.metrics is not None:
            kernels = layer_kernels(found[row.name])
            inputs, outputs = (most if count > most else None for count, most in ((row.inputs, 8), (row.outputs, 32)))
            figure = plot.kernels(kernels, inputs=inputs, outputs=outputs)
            colours = "red, green and blue are the three inputs" if row.inputs == 3 else "blue is below zero, red above"
            caption = f"On one scale: {colours}."
            figures.append(_page.picture(f"kernels-{index}", _page.drawn(figure), f"Kernels of {row.name}", caption))
        texts = [str(each) for each in (row.comparison, row.metrics) if each is not None]
        parts.append({"row": row, "texts": texts, "figures": figures})
    _page.write(
        path,
        "model.html",
        version=__version__,
        name=source.name,
        model=model.name,
        parameters=model.count_params(),
        head=HEAD,
        rows=[row.cells() for row in rows],
        legend=LEGEND,
        parts=parts,
    )


def _median(values: Any) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else math.nan


def _number(value: Any) -> float | None:
    return None if math.isnan(value) else float(value)
