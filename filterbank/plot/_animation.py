"""A picture that moves: drawn frame by frame, written as GIF or as a page that plays it."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from .. import _check
from .._check import Array
from ._canvas import descriptions

if TYPE_CHECKING:
    from PIL.Image import Image

SAMPLED = 6  # frames that the colours of all are taken from
COLOURS = 256
PLACES = np.array([1 << 16, 1 << 8, 1])  # of red, green and blue in one number
FREQUENT = 96  # of them, that are kept exactly
HELD = 1000  # milliseconds that the last frame stays
CONTROLS = 70  # pixels under the picture


class Animation:
    """A picture that moves, as `animate` makes it; a notebook plays it.

    Parameters
    ----------
    figure : Figure
        What is drawn on; pyplot does not know it.
    draw : callable
        Draws a frame, of which it takes the number.
    labels : sequence of str
        What to call each frame.
    fps : float
        Frames in a second.

    Examples
    --------
    >>> import numpy as np
    >>> import filterbank as fb
    >>> kernels = np.random.default_rng(0).standard_normal((5, 7, 7, 1, 4)).cumsum(axis=0)
    >>> movie = fb.plot.animate(kernels)
    >>> len(movie), movie.labels[-1]
    (5, 'record 4')
    >>> movie.draw(2)  # of the five frames, the one in the middle
    """

    def __init__(self, figure: Figure, draw: Callable[[int], None], labels: Sequence[str], fps: float) -> None:
        self.figure = figure
        self.labels = tuple(labels)
        self.fps = fps
        self._draw = draw

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<Animation of {len(self)} frames, from {self.labels[0]} to {self.labels[-1]}>"

    def draw(self, frame: int) -> None:
        """Draw one frame on the figure.

        Parameters
        ----------
        frame : int
            Its number, from 0.
        """
        self._draw(_check.integer("frame", frame, at_least=0, at_most=len(self) - 1))

    def save(self, path: str | os.PathLike[str], *, dpi: float = 100, progress: bool = False) -> None:
        """Write a GIF, or a page of HTML that needs nothing else to play, also from the keyboard.

        Parameters
        ----------
        path : str or path-like
            The file, ending in ``.gif`` or ``.html``.
        dpi : float, default 100
            Pixels for each inch of the figure.
        progress : bool, default False
            Show how far it is.
        """
        write = writer_of(path)
        write(self, Path(path), _check.number("dpi", dpi, above=0), _check.flag("progress", progress))

    def _repr_html_(self) -> str:
        width, height = (round(side * 100) for side in self.figure.get_size_inches())
        # In a frame of its own, so that several on a page and the page itself do not meet.
        return (
            f'<iframe srcdoc="{html.escape(self._page)}" sandbox="allow-scripts" title="Animation" '
            f'style="border: 0; width: 100%; max-width: {width + 20}px; height: {height + CONTROLS}px"></iframe>'
        )

    @cached_property
    def _page(self) -> str:
        return page(self, 100, progress=False)


def writer_of(path: object) -> Callable[[Animation, Path, float, bool], None]:
    """Return what writes a file of that name, or refuse it."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"`path` must be the name of a file, got {_check.shown(path)}")
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(
            f"`path` must end in {' or '.join(WRITERS)}, got {os.fspath(path)!r}; for a film, draw each frame with "
            f"`draw` and save the figure"
        )
    return WRITERS[suffix]


def _write_gif(animation: Animation, path: Path, dpi: float, progress: bool) -> None:
    first, *rest = frames_of(animation, dpi, progress=progress)
    delay = round(1000 / animation.fps)
    durations = [delay] * len(rest) + [max(delay, HELD)]
    settings = {"comment": descriptions(animation.figure).encode(), "loop": 0, "disposal": 1, "optimize": False}
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=durations, **settings)


def _write_page(animation: Animation, path: Path, dpi: float, progress: bool) -> None:
    path.write_text(page(animation, dpi, progress=progress), encoding="utf-8")


WRITERS = {".gif": _write_gif, ".html": _write_page}


def page(animation: Animation, dpi: float, *, progress: bool) -> str:
    """Return the page that plays an animation."""
    import jinja2

    images = frames_of(animation, dpi, progress=progress)
    environment = jinja2.Environment(loader=jinja2.PackageLoader("filterbank.plot", "."), autoescape=True)
    return environment.get_template("_player.html").render(
        title=animation.labels[-1],
        frames=[_as_source(image) for image in images],
        labels=animation.labels,
        longest=max(map(len, animation.labels)),
        alt=descriptions(animation.figure),
        width=images[0].width,
        height=images[0].height,
        delay=round(1000 / animation.fps),
    )


def _as_source(image: Image) -> str:
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def frames_of(animation: Animation, dpi: float, *, progress: bool) -> list[Image]:
    """Return all frames as images of one palette; the figure shows the last one at the end."""
    with _fixed_layout(animation):
        some = np.unique(np.linspace(0, len(animation) - 1, SAMPLED).round().astype(int))
        palette = _palette(np.vstack([_pixels(animation, int(frame), dpi) for frame in some]))
        return [
            _on_palette(_pixels(animation, frame, dpi), palette) for frame in _counted(range(len(animation)), progress)
        ]


def _palette(pixels: Array) -> Array:
    """Return at most 256 colours for some pixels, as numbers: the most frequent as they are, and means of the rest."""
    from PIL import Image

    codes, counts = np.unique(pixels, return_counts=True)
    if len(codes) <= COLOURS:
        return codes
    order = codes[np.argsort(-counts, kind="stable")]
    rest = Image.fromarray(_colours(order[None, FREQUENT:]))
    means = rest.quantize(COLOURS - FREQUENT, method=Image.Quantize.MEDIANCUT).getpalette()
    return np.concatenate([order[:FREQUENT], np.array(means).reshape(-1, 3) @ PLACES])


def _on_palette(pixels: Array, palette: Array) -> Image:
    """Return pixels as an image of the nearest colours of a palette."""
    from PIL import Image
    from scipy.spatial import KDTree

    codes, places = np.unique(pixels, return_inverse=True)
    colours = _colours(palette)
    nearest = KDTree(colours.astype(np.float64)).query(_colours(codes))[1].astype(np.uint8)
    image = Image.frombytes("P", pixels.shape[::-1], nearest[places].tobytes())
    image.putpalette(colours.tobytes())
    return image


def _colours(codes: Array) -> Array:
    """Return red, green and blue of colours that are one number each."""
    found: Array = (codes[..., None] // PLACES % 256).astype(np.uint8)
    return found


def _pixels(animation: Animation, frame: int, dpi: float) -> Array:
    """Return a frame `(height, width)`, each pixel's red, green and blue as one number."""
    animation.draw(frame)
    file = io.BytesIO()
    # Else a user's "tight" would give every frame a size of its own.
    with rc_context({"savefig.bbox": None}):
        animation.figure.savefig(file, format="rgba", dpi=dpi)
    width, height = (int(side * dpi + 1e-9) for side in animation.figure.get_size_inches())
    codes: Array = np.frombuffer(file.getvalue(), np.uint8).reshape(height, width, 4)[..., :3] @ PLACES
    return codes


@contextmanager
def _fixed_layout(animation: Animation) -> Iterator[None]:
    """Lay the figure out once, so that nothing jumps and every frame takes less time."""
    for _ in range(2):  # The second time, Matplotlib's layout comes closer.
        _pixels(animation, 0, 100)
    engine = animation.figure.get_layout_engine()
    animation.figure.set_layout_engine("none")
    try:
        yield
    finally:
        animation.figure.set_layout_engine(engine if engine is not None else "none")


def _counted(frames: Sequence[int], progress: bool) -> Iterable[int]:
    if not progress:
        return frames
    from rich.console import Console
    from rich.progress import track

    return track(frames, "frames", console=Console(stderr=True))
