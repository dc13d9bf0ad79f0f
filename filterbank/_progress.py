"""A bar of progress through images."""

from __future__ import annotations

import contextlib
import time
from typing import Any


class Bar:
    """A bar with images and values per second on stderr, while it is entered; nothing at all where it is not `shown`.

    Parameters
    ----------
    total : int or None
        How many images are expected, None if nobody knows.
    shown : bool
        Whether there is a bar.
    """

    def __init__(self, total: int | None, shown: bool) -> None:
        self.total, self.shown = total, shown
        self._images, self._values, self._began = 0.0, 0, time.monotonic()
        self._stack = contextlib.ExitStack()
        self._bar: Any = None

    def __enter__(self) -> Bar:
        if self.shown:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            rate = TextColumn("images  {task.fields[rate]}")
            columns = (BarColumn(), MofNCompleteColumn(), rate, TimeElapsedColumn())
            self._bar = self._stack.enter_context(Progress(*columns, console=Console(stderr=True)))
            self._bar.add_task("", total=self.total, rate="")
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def expect(self, images: int) -> None:
        """Count on so many images more."""
        if self.total is not None:
            self.total += images

    def advance(self, images: float, values: int) -> None:
        """Count images, also parts of one, and their values."""
        self._images, self._values = self._images + images, self._values + values
        if self._bar is not None:
            seconds = max(time.monotonic() - self._began, 1e-9)
            rate = f"{self._images / seconds:.1f} images and {self._values / seconds / 1e6:.1f} megapixels a second"
            self._bar.update(self._bar.task_ids[0], total=self.total, completed=round(self._images, 6), rate=rate)
