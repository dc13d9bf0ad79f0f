"""Pictures of kernels and coefficients for TensorBoard."""

from __future__ import annotations

import io
import os
import time
from typing import Any

import keras

from filterbank._check import integer

from ._history import layers_by_name


class TensorBoardKernels(keras.callbacks.Callback):
    """Write pictures of the kernels and coefficients of every layer on a bank for TensorBoard, while a model trains.

    Parameters
    ----------
    log_dir : str or path-like, default "logs"
        The folder that TensorBoard watches.
    every : int, default 1
        After how many epochs to write; the start is written too.

    Raises
    ------
    ImportError
        If the package `tensorboard` is missing.
    ValueError
        At the start of training, if the model has no layer on a bank.

    See Also
    --------
    KernelHistory : Keep the numbers.

    Examples
    --------
    >>> import keras, numpy as np
    >>> import filterbank as fb
    >>> from filterbank.layers import BasisConv2D, TensorBoardKernels
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), BasisConv2D(4, fb.dct(5, n=6))])
    >>> model.compile("sgd", "mse")
    >>> images, targets = np.ones((8, 8, 8, 1)), np.zeros((8, 4, 4, 4))
    >>> _ = model.fit(images, targets, verbose=0, callbacks=[TensorBoardKernels("logs")])
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "logs", *, every: int = 1) -> None:
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.every = integer("every", every, at_least=1)
        try:
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError as error:
            raise ImportError(
                f"TensorBoardKernels needs the package tensorboard ({error}); pip install tensorboard"
            ) from error
        self._event, self._summary, self._make_writer = event_pb2.Event, summary_pb2.Summary, EventFileWriter

    def on_train_begin(self, logs: Any = None) -> None:
        """Write how the layers start."""
        if not layers_by_name(self.model):
            raise ValueError("TensorBoardKernels found no layer on a bank in the model")
        self._writer = self._make_writer(self.log_dir)
        self._write(0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the pictures of the epoch."""
        if (epoch + 1) % self.every == 0:
            self._write(epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the file."""
        self._writer.close()

    def _write(self, step: int) -> None:
        # Not at the top: Matplotlib is loaded by those who draw.
        from filterbank.plot import coefficients, kernels

        values = []
        for name, layer in layers_by_name(self.model).items():
            for tag, draw in (("kernels", kernels), ("coefficients", coefficients)):
                picture = self._summary.Image(encoded_image_string=_png(draw(layer)))
                values.append(self._summary.Value(tag=f"{name}/{tag}", image=picture))
        self._writer.add_event(self._event(step=step, wall_time=time.time(), summary=self._summary(value=values)))
        self._writer.flush()


def _png(figure: Any) -> bytes:
    """Return the picture as a file, and close it."""
    import matplotlib.pyplot as plt

    file = io.BytesIO()
    figure.savefig(file, format="png")
    plt.close(figure)
    return file.getvalue()
