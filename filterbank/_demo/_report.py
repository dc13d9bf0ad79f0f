"""What is said and drawn: the terminal's text, the pictures and the self-contained page."""

from __future__ import annotations

import statistics
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from .. import __version__, _page, plot
from .._check import window_name
from ._data import TEXTURES, Settings, Textures
from ._experiment import Proof, Trained

INTRODUCTION = (
    "A convolution slides small kernels over an image, and training moves every pixel of each. Here a kernel W is a "
    "sum of fixed filters, W = a1 b1 + a2 b2 + ... : the filters b, together the bank, are made beforehand and stay "
    "frozen; only the coefficients a, how much of each filter goes into the sum, train. What does that cost or win?",
    "The task: tell photographs of brick, grass and gravel apart by patches of 32x32 pixels. The left half of each "
    "photograph is for training, the right half for testing.",
)


class Row(NamedTuple):
    """One line of the table: a contender over all its seeds."""

    name: str
    reason: str
    filters: str
    trainable: int
    accuracies: list[float]
    milliseconds: float
    designed: bool

    @property
    def mean(self) -> float:
        """The mean test accuracy."""
        return statistics.fmean(self.accuracies)

    @property
    def seeds(self) -> str:
        """The test accuracy of each seed."""
        return "  ".join(f"{accuracy:.3f}" for accuracy in self.accuracies)


def rows(trained: list[Trained]) -> list[Row]:
    """Return the table, in the order of training."""
    return [_row(list(group)) for _, group in groupby(trained, key=lambda one: one.contender.name)]


def _row(group: list[Trained]) -> Row:
    contender = group[0].contender
    bank = contender.bank
    return Row(
        contender.name,
        contender.reason,
        "free" if bank is None else f"{len(bank)} of {window_name(bank.size)}",
        group[0].trainable,
        [one.accuracy for one in group],
        1000 * statistics.median(one.seconds_per_epoch for one in group),
        bank is not None and contender.name != "random",
    )


def featured(trained: list[Trained], table: list[Row]) -> Trained:
    """Return the first network on the designed bank with the best mean accuracy."""
    return next(one for one in trained if one.contender.name == _best(table).name)


def _best(table: list[Row]) -> Row:
    """Return the designed bank with the best mean accuracy."""
    return max((row for row in table if row.designed), key=lambda row: row.mean)


def verdict(table: list[Row], data: Textures) -> list[str]:
    """Say what the figures say, no more."""
    plain = max((row for row in table if row.filters == "free"), key=lambda row: row.mean)
    best = _best(table)
    worst = min((row for row in table if row.designed), key=lambda row: row.mean)
    control = next(row for row in table if row.name == "random")
    seeds = len(best.accuracies)
    # The standard error of an accuracy over so many patches; seeds share the patches, so they make it no smaller.
    # Rounded as it is printed, and so are the accuracies below: what is said must agree with the figures.
    error = round(float(np.sqrt(best.mean * (1 - best.mean) / len(data.test_labels))), 3)
    said = [
        f"Of the designed banks {best.name} does best: accuracy {best.mean:.3f} with {best.trainable:,} trainable "
        f"numbers in the layer. The better plain convolution reaches {plain.mean:.3f} with {plain.trainable:,}, "
        f"{plain.trainable / best.trainable:.1f} times as many.",
        f"The random bank reaches {control.mean:.3f}: {_compared(best.mean, control.mean, 2 * error)}",
    ]
    if worst is not best:
        said.append(f"The weakest is {worst.name} with {worst.mean:.3f} ({worst.reason}).")
    said.append(
        f"An accuracy here is the mean over {seeds} random start{'s' if seeds > 1 else ''} (the seeds). On "
        f"{len(data.test_labels)} test patches its standard error is about {error:.3f}: differences below "
        f"twice that, {2 * error:.3f}, mean nothing."
    )
    return said


def _compared(designed: float, control: float, least: float) -> str:
    """Say what the difference to the control means; below `least` it means nothing."""
    lead = round(round(designed, 3) - round(control, 3), 3)
    if abs(lead) < round(least, 3):
        return "no clear difference, so what helps here may be having fewer numbers to learn, not the design."
    if lead > 0:
        return "the design is worth something beyond having fewer numbers to learn."
    return "better than any design here, so it is not the design that helps."


def tell_results(console: Console, table: list[Row], said: list[str]) -> None:
    """Print the table and what it says."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    drawn.add_column("layer", style="cyan", no_wrap=True)
    for title in ("filters", "trainable", "accuracy", "by seed", "ms"):
        drawn.add_column(title, justify="right", no_wrap=True)
    for row in table:
        drawn.add_row(
            row.name, row.filters, f"{row.trainable:,}", f"{row.mean:.3f}", row.seeds, f"{row.milliseconds:.0f}"
        )
    console.print()
    console.print(drawn)
    console.print(
        "[dim]filters: how many each kernel is a sum of; trainable: numbers in the layer that training moves; "
        "accuracy: share of the test patches told rightly, 0.333 by guessing; ms: per epoch[/dim]\n"
    )
    for sentence in said:
        console.print(f"- {sentence}")


def proof_lines(one: Trained, proof: Proof) -> list[str]:
    """Return the proof in sentences."""
    bank = one.contender.bank
    assert bank is not None
    return [
        f"the filters are bit for bit the bank, sha256 {bank.fingerprint}; the coefficients moved by {proof.moved:.0%} "
        f"of their length at the start.",
        f"layer.verify() says: {proof.verification}.",
        f"trains: {', '.join(weight.name for weight in one.layer.trainable_weights)}; "
        f"frozen: {', '.join(weight.name for weight in one.layer.non_trainable_weights)}.",
        f"saved to model.keras and reloaded: probabilities differ by at most {proof.reload_difference:.1e}.",
        f"folded into a plain {proof.folded}, which holds the sums W: probabilities differ by at most "
        f"{proof.fold_difference:.1e}.",
    ]


# Pictures


def draw(one: Trained, plain: Trained, data: Textures, out: Path) -> list[tuple[str, str, str]]:
    """Draw the pictures to files; return name, title and caption of each."""
    bank = one.contender.bank
    assert bank is not None
    strongest = int(np.argmax(np.linalg.norm(_numbers(one.layer.coefficients), axis=(0, 1))))
    labels = [name for name in ("orientation", "phase", "frequency") if name in bank.parameters] or None
    pictures = {
        "patches": (_patches(data), "What is told apart", "Patches of the training halves, as the network sees them."),
        "filters": (
            plot.filters(bank, labels=labels),
            f"The bank b: {one.contender.name}",
            f"Designed before training, frozen ever since: {one.contender.reason}. Blue is below zero, red above.",
        ),
        "coefficients": (
            plot.coefficients(one.layer, sort="strongest"),
            "The coefficients a: all that trained",
            "A row for each filter, a column for each of the 64 kernels, with its number below: read down a column to "
            "see what its kernel is made of.",
        ),
        "kernels": (
            plot.kernels(one.layer),
            "The kernels W that they add up to",
            "Each is a weighted sum of the filters above, so none of them holds noise that the filters do not have.",
        ),
        "decomposition": (
            plot.decomposition(one.layer, out=strongest),
            "One kernel, term by term",
            f"Kernel {strongest}, the one with the largest coefficients, and the strongest terms of its sum.",
        ),
        "training": (
            plot.training(one.history),
            "How the kernels moved while the filters stood still",
            "Snapshots of the five kernels that moved most, and below how far the coefficients are from their start. "
            "Every snapshot is a sum of the same filters; only the amounts differ.",
        ),
        "plain": (
            plot.kernels(plain.layer),
            "The kernels of the plain convolution",
            "For comparison, on a scale of their own: every pixel was free, and much of the random start is still "
            "there.",
        ),
    }
    for name, (figure, _, _) in pictures.items():
        figure.savefig(out / f"{name}.png", dpi=130)
        _close(figure)
    return [(f"{name}.png", title, caption) for name, (_, title, caption) in pictures.items()]


def _patches(data: Textures) -> Figure:
    shown = 6
    figure = Figure(figsize=(7, 3.7), layout="constrained")
    axes = figure.subplots(len(TEXTURES), shown)
    limit = np.abs(data.images).max()
    for label, line in enumerate(axes):
        images = data.images[data.labels == label]
        chosen = images[np.linspace(0, len(images) - 1, shown).astype(int)]
        for place, image in zip(line, chosen, strict=True):
            place.imshow(image[..., 0], cmap="gray", vmin=-limit, vmax=limit)
            place.set(xticks=[], yticks=[])
        line[0].set_ylabel(TEXTURES[label])
    return figure


def _close(figure: Any) -> None:
    import matplotlib.pyplot as plt

    plt.close(figure)


def _numbers(weight: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(weight))


# The page


def write_page(
    out: Path,
    settings: Settings,
    data: Textures,
    table: list[Row],
    said: list[str],
    proof: list[str],
    pictures: list[tuple[str, str, str]],
) -> Path:
    """Write the report as one file that needs nothing else."""
    target = out / "report.html"
    _page.write(
        target,
        "demo.html",
        version=__version__,
        keras=keras.__version__,
        backend=keras.config.backend(),
        settings=settings,
        introduction=INTRODUCTION,
        counts=(len(data.labels), len(data.test_labels)),
        rows=table,
        proven=_best(table).name,
        verdict=said,
        proof=proof,
        figures=[
            _page.picture(Path(name).stem, (out / name).read_bytes(), title, caption)
            for name, title, caption in pictures
        ],
    )
    return target
