"""Train the networks, side by side, and prove what stayed frozen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..layers import BasisConv2D, KernelHistory, fold
from ._data import PATCH, Settings, Textures
from ._plan import SIDE, Contender

OUTPUTS = 64


class Trained(NamedTuple):
    """One network after training."""

    contender: Contender
    seed: int
    model: Any
    history: KernelHistory | None
    accuracy: float
    seconds_per_epoch: float

    @property
    def layer(self) -> Any:
        """Its convolution."""
        return self.model.layers[0]

    @property
    def trainable(self) -> int:
        """How many numbers of the convolution train."""
        return sum(int(np.prod(weight.shape)) for weight in self.layer.trainable_weights)


class Proof(NamedTuple):
    """What was verified after training, and after a trip through a file and back to plain Keras."""

    verification: str
    moved: float
    reload_difference: float
    fold_difference: float
    folded: str


def network(contender: Contender) -> Any:
    """Return the network: 64 kernels, how much each responds on average, and a decision."""
    if contender.bank is None:
        layer = keras.layers.Conv2D(OUTPUTS, SIDE, activation="relu", name="plain")
    else:
        layer = BasisConv2D(OUTPUTS, contender.bank, activation="relu", name="on_bank")
    return keras.Sequential(
        [
            keras.Input((PATCH, PATCH, 1)),
            layer,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def train_all(contenders: list[Contender], data: Textures, settings: Settings, console: Console) -> list[Trained]:
    """Train every contender with every seed, with a bar for the epochs."""
    columns = (
        TextColumn("[cyan]{task.description:<32}"),
        BarColumn(bar_width=12),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]:<19}"),
        TimeElapsedColumn(),
    )  # 79 characters wide
    console.print(f"Training, {settings.epochs} epochs for each layer and seed:")
    results = []
    with Progress(*columns, console=console) as progress:
        for contender in contenders:
            for seed in settings.seeds:
                task = progress.add_task(f"{contender.name}, seed {seed}", total=settings.epochs, note="")
                watch = keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs, task=task: progress.update(
                        task, completed=epoch + 1, note=f"train accuracy {logs['accuracy']:.2f}"
                    )
                )
                results.append(_train(contender, seed, data, settings, watch))
                progress.update(task, note=f"test accuracy {results[-1].accuracy:.3f}")
    return results


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Time each epoch; the first also compiles, so it does not count."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self._start)


def _train(contender: Contender, seed: int, data: Textures, settings: Settings, watch: Any) -> Trained:
    keras.utils.set_random_seed(seed)
    model = network(contender)
    loss = keras.losses.SparseCategoricalCrossentropy()
    model.compile(keras.optimizers.Adam(contender.learning_rate), loss, metrics=["accuracy"])
    history = None if contender.bank is None else KernelHistory(every=3)
    clock = _Clock()
    callbacks = [clock, watch, *([] if history is None else [history])]
    model.fit(data.images, data.labels, batch_size=32, epochs=settings.epochs, verbose=0, callbacks=callbacks)
    accuracy = float(model.evaluate(data.test_images, data.test_labels, verbose=0)[1])
    return Trained(contender, seed, model, history, accuracy, float(np.median(clock.seconds[1:])))


def prove(trained: Trained, data: Textures, out: Path) -> Proof:
    """Verify the basis; save and reload the model, and fold it; compare the predictions."""
    assert trained.history is not None
    verification = trained.layer.verify()
    records = trained.history.coefficients[trained.layer.name]
    moved = float(np.linalg.norm(records[-1] - records[0]) / np.linalg.norm(records[0]))
    trained.model.save(out / "model.keras")
    trained.history.save(out / "history.npz")
    reloaded = keras.models.load_model(out / "model.keras")
    folded = fold(trained.model)
    before = _predictions(trained.model, data)
    return Proof(
        str(verification),
        moved,
        float(np.abs(_predictions(reloaded, data) - before).max()),
        float(np.abs(_predictions(folded, data) - before).max()),
        type(folded.layers[0]).__name__,
    )


def _predictions(model: Any, data: Textures) -> Any:
    return np.asarray(model.predict(data.test_images, verbose=0))
