"""Statistics of the patches of images: their number, mean and covariance, exact and in one pass."""

from __future__ import annotations

import copy
import functools
import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _check, _cluster, _store, _values
from ._check import Float64, Size
from ._images import Channels, Depths, Source, UnreadableError, expected, sources
from ._patch_sums import have_finite_patches
from ._progress import Bar
from ._running import VALUES_IN_BLOCK, Moments, Running, all_finite, blocks, merged
from ._table import shows_itself

VALUES_IN_TASK = 2**23  # of a dask array; one worker reads so many at once
CHANNELS = ("average", "separate", "stack")
RAISE_OR_SKIP = ("raise", "skip")


class PatchesInterrupted(KeyboardInterrupt):
    """What `patch_moments` raises when it is interrupted, by Ctrl-C say.

    Parameters
    ----------
    partial : PatchMoments or None
        The moments of the patches that were summed until then, None if there were none, or a cluster has them. Its
        `images` are the whole ones; of the next one, some patches may be in it, if it is larger than a block.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> def images():
    ...     yield data.camera()
    ...     raise KeyboardInterrupt
    >>> try:
    ...     moments = fb.patch_moments(images(), 7)
    ... except fb.PatchesInterrupted as stop:
    ...     moments = stop.partial
    >>> moments.images
    1
    """

    def __init__(self, partial: PatchMoments | None) -> None:
        images = partial.images if partial else 0
        super().__init__(
            f"stopped after {images} images; their moments are in `partial` of this filterbank.PatchesInterrupted"
        )
        self.partial = partial


@shows_itself
@dataclass(frozen=True, eq=False)
class PatchMoments:
    """The first and second moments of patches, as `patch_moments` makes them.

    Parameters
    ----------
    size : tuple of int
        Shape of a patch in pixels; with channels on top of each other, they are the last axis.
    count : int
        How many patches there are.
    mean : ndarray, shape (pixels,)
        The mean patch, row by row, in units of the images.
    covariance : ndarray, shape (pixels, pixels)
        Mean products of the deviations from it, divided by `count`, in squared units of the images.
    images : int, default 1
        How many images the patches are of.
    remove_mean : bool, default False
        Whether each patch's own mean was taken away.
    skipped : tuple of str, default ()
        What was left out, and why: a line for each image.

    Raises
    ------
    TypeError, ValueError
        If the numbers do not go together, or are not finite.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> one, other = (fb.patch_moments(image, 7) for image in (data.camera(), data.coins()))
    >>> print(one + other)
    368302 patches of 7x7 pixels from 2 images
    mean 119, standard deviation 69.7, between pixels of a patch 20.4
    """

    size: tuple[int, ...]
    count: int
    mean: Float64 = field(repr=False)
    covariance: Float64 = field(repr=False)
    images: int = 1
    remove_mean: bool = False
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.size or not all(_check.is_integer(side) and side > 0 for side in self.size):
            raise ValueError(f"`size` must be whole numbers of pixels above 0, got {_check.shown(self.size)}")
        pixels = math.prod(self.size)
        for name, shape in (("mean", (pixels,)), ("covariance", (pixels, pixels))):
            values = np.asarray(getattr(self, name), dtype=np.float64)
            if values.shape != shape:
                raise ValueError(f"`{name}` must be {shape} for patches of {self.size}, got shape {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"`{name}` must be finite, got NaN or infinity; scale images of huge values down")
            object.__setattr__(self, name, _values.frozen(values))
        rounding = 1e-10 * np.abs(self.covariance).max()
        if np.abs(self.covariance - self.covariance.T).max() > rounding or self.covariance.diagonal().min() < -rounding:
            raise ValueError("`covariance` must be symmetric, with variances of at least 0; (c + c.T) / 2 makes it so")
        object.__setattr__(self, "size", tuple(int(side) for side in self.size))
        object.__setattr__(self, "count", _check.integer("count", self.count, at_least=1))
        object.__setattr__(self, "images", _check.integer("images", self.images, at_least=1))
        object.__setattr__(self, "remove_mean", _check.flag("remove_mean", self.remove_mean))
        object.__setattr__(self, "skipped", tuple(str(line) for line in self.skipped))

    @property
    def nbytes(self) -> int:
        """Bytes of the mean and the covariance."""
        return int(self.mean.nbytes + self.covariance.nbytes)

    def merge(self, other: PatchMoments) -> PatchMoments:
        """Return the moments of the patches of both, as if they had been read together; `+` and `sum` do the same.

        Parameters
        ----------
        other : PatchMoments
            Of patches of the same size, taken at any `stride`: each patch counts once.

        Returns
        -------
        PatchMoments
            The same to rounding in any order.

        Raises
        ------
        TypeError
            If `other` is none.
        ValueError
            If the patches are of different sizes, or only some without their means.
        """
        if not isinstance(other, PatchMoments):
            raise TypeError(f"`other` must be PatchMoments, got {_check.shown(other)}")
        for name in ("size", "remove_mean"):
            if getattr(self, name) != getattr(other, name):
                raise ValueError(
                    f"`other` must have the same `{name}` {getattr(self, name)}, got {getattr(other, name)}; "
                    f"make both with the same"
                )
        both = merged(
            Moments(self.count, self.mean, self.covariance), Moments(other.count, other.mean, other.covariance)
        )
        return replace(
            self,
            count=both.patches,
            mean=both.mean,
            covariance=both.covariance,
            images=self.images + other.images,
            skipped=self.skipped + other.skipped,
        )

    def __add__(self, other: PatchMoments) -> PatchMoments:
        return self.merge(other) if isinstance(other, PatchMoments) else NotImplemented

    def __radd__(self, other: object) -> PatchMoments:
        return self if _check.is_integer(other) and other == 0 else NotImplemented  # where `sum` begins

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the moments to a `.npz` file: exact, without pickle, all or nothing.

        Parameters
        ----------
        path : str or path-like
            The file; its name is taken as it is.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        _store.write_npz(
            path,
            "patch moments",
            {
                "size": np.array(self.size),
                "count": np.array(self.count),
                "mean": self.mean,
                "covariance": self.covariance,
                "images": np.array(self.images),
                "remove_mean": np.array(self.remove_mean),
                "skipped": np.array(self.skipped, dtype=np.str_),
            },
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PatchMoments:
        """Read moments that `save` wrote.

        Parameters
        ----------
        path : str or path-like
            The `.npz` file.

        Returns
        -------
        PatchMoments
            The same moments, bit for bit.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is truncated, comes from another program or a newer format.
        """
        arrays = _store.read_npz(path, "patch moments")
        try:
            return cls(
                size=tuple(arrays["size"].tolist()),
                count=arrays["count"].item(),
                mean=arrays["mean"],
                covariance=arrays["covariance"],
                images=arrays["images"].item(),
                remove_mean=arrays["remove_mean"].item(),
                skipped=tuple(arrays["skipped"].tolist()),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{os.fspath(path)!r} is a damaged file of patch moments: {error}") from error

    def __str__(self) -> str:
        deviation = math.sqrt(max(0.0, float(self.covariance.diagonal().mean())))
        within = math.sqrt(max(0.0, float(self.covariance.diagonal().mean() - self.covariance.mean())))
        plural = "" if self.images == 1 else "s"
        lines = [
            f"{self.count} patches of {_check.window_words(self.size)} from {self.images} image{plural}"
            + ", without their means" * self.remove_mean,
            f"mean {self.mean.mean():.3g}, standard deviation {deviation:.3g}, between pixels of a patch {within:.3g}",
        ]
        return "\n".join(lines + [f"left out: {line}" for line in self.skipped])


def patch_moments(
    images: npt.ArrayLike | Iterable[Any] | str | os.PathLike[str],
    size: Size,
    *,
    stride: int | tuple[int, ...] = 1,
    channels: Channels = "average",
    remove_mean: bool = False,
    progress: bool = False,
    nan: Literal["raise", "skip"] = "raise",
    on_error: Literal["raise", "skip"] = "raise",
) -> PatchMoments:
    """Return number, mean and covariance of all overlapping patches of images, exactly and in one pass.

    Parameters
    ----------
    images : array_like, path, or iterable of array_like and paths
        One image `(height, width)`, a stack `(count, height, width)`, a path, or any iterable of them, also of
        different sizes, read once; for 1-D and 3-D patches, signals and volumes. A last axis more of 1 to 4 entries
        holds channels, all of which count. Files are images that scikit-image reads, with pages as a stack, CMYK as RGB
        and without the transparency that they say they have, `.npy` arrays, and `.npz` files of one array. Arrays of
        any library with `shape`, `dtype` and slices are read in parts: `numpy.memmap`, zarr. Arrays of dask and bags of
        images or paths are summed where dask computes, on a cluster if there is a client. Values are taken as they are:
        images of 16 bits weigh 66000 times as much in a covariance as those of 8.
    size : int or tuple of int
        Size of a patch in pixels, square for an int, of one, two or three dimensions for a tuple.
    stride : int or tuple of int, default 1
        Pixels from one patch to the next, along each axis.
    channels : {"average", "separate", "stack"}, default "average"
        What to do with channels: take their mean, take each for an image of its own, or let a patch reach through all
        of them, `(*size, channels)`.
    remove_mean : bool, default False
        Take from each patch its own mean.
    progress : bool, default False
        Show a bar with images and pixels per second; of dask its own bar of tasks, on a cluster see its dashboard.
    nan : {"raise", "skip"}, default "raise"
        What to do about NaN, infinity and masked pixels: raise an error, or leave out the patches that hold one, and
        name in `skipped` the images that have no other.
    on_error : {"raise", "skip"}, default "raise"
        What to do about images that cannot be used, unreadable files or arrays smaller than a patch: raise an error, or
        leave them out and say so in `skipped`.

    Returns
    -------
    PatchMoments
        With the covariance divided by the number of patches.

    Raises
    ------
    TypeError
        If images are complex or not numbers.
    MemoryError
        If there is no room for the covariance.
    ValueError
        If there is no image or no patch; if an image is smaller than a patch, of other dimensions than `size`, not
        finite, or of a different number of channels where they stack.
    PatchesInterrupted
        On Ctrl-C, with the moments until then in its `partial`; it is a `KeyboardInterrupt`. What the workers of a
        cluster have summed is lost.

    Warns
    -----
    BankWarning
        If there are files of different depths, such as 8 and 16 bits; of moments that are merged, nobody notices.

    Notes
    -----
    The sum over all places of the product of two pixels of a patch is the autocorrelation of the image at their
    distance, less the places at which a patch would hang over the border. The autocorrelation comes from a Fourier
    transform of the image in float64, about a value near its mean; the rest from the strips along the border,
    `size - 1` pixels wide. This is estimated to take ``10 c v`` ns for `v` values in `c` channels, ``4 k`` ns for each
    value in the strips where `k` is the longest side of a patch, and 40 us for each pixel of the sides; writing patches
    of `p` pixels out as rows of a matrix, ``p (4 + p / 100)`` ns each. The smaller estimate decides, and a `stride`
    above 1 takes rows. Both agree to rounding.

    Large images are cut into overlapping blocks of about 0.5 million values; memory beyond the images is a small
    multiple of that and a few covariances. Of arrays that are stored in chunks, whole ones are read, up to 8 million
    values at a time. Moments of blocks and images are merged in a binary tree, so that rounding
    grows with the logarithm of their number.

    References
    ----------
    T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37 (1983),
    242-247. J. P. Lewis, "Fast template matching", Vision Interface (1995), 120-123.

    Examples
    --------
    >>> import filterbank as fb
    >>> from skimage import data
    >>> moments = fb.patch_moments(data.camera(), 11)
    >>> print(moments)
    252004 patches of 11x11 pixels from 1 image
    mean 128, standard deviation 73.9, between pixels of a patch 21.7
    """
    window = _check.size(size, family="patch_moments")
    steps = _stride(stride, window)
    _check.choice("channels", channels, CHANNELS)
    _check.choice("nan", nan, RAISE_OR_SKIP)
    _check.choice("on_error", on_error, RAISE_OR_SKIP)
    _check.flag("remove_mean", remove_mean)
    _check.flag("progress", progress)
    reader = _Reader(window, steps, channels, remove_mean, nan == "skip", on_error == "skip")
    if _cluster.is_collection(images):
        part = _on_workers(images, reader, progress)
        part.depths.tell()
        return _complete(part)
    try:
        with Bar(expected(images, window) if progress else None, progress) as bar:

            def refuse(error: Exception) -> None:
                reader.refuse(error)
                bar.advance(1, 0)

            for source in sources(images, window, refuse, reader.hint):
                bar.expect(source.count - 1)
                reader.add(source, bar)
            moments = reader.moments()
    except KeyboardInterrupt:
        raise PatchesInterrupted(reader.moments()) from None
    reader.depths.tell()
    return _some(moments, reader.skipped)


def _some(moments: PatchMoments | None, skipped: list[str]) -> PatchMoments:
    if moments is None:
        left_out = f": {'; '.join(skipped[:3])}" if skipped else ""
        raise ValueError(f"`images` must hold at least one image with a finite patch, got none{left_out}")
    return moments


def _stride(stride: object, window: tuple[int, ...]) -> tuple[int, ...]:
    steps = tuple(stride) if isinstance(stride, (list, tuple)) else (stride,) * len(window)
    if len(steps) != len(window):
        raise ValueError(f"`stride` must be an integer or one for each of {len(window)} axes, got {stride!r}")
    return tuple(_check.integer("stride", step, at_least=1) for step in steps)


class _Reader:
    """What `patch_moments` has read so far."""

    def __init__(
        self,
        window: tuple[int, ...],
        stride: tuple[int, ...],
        channels: Channels,
        remove_mean: bool,
        skip_nan: bool,
        skip_errors: bool,
    ) -> None:
        self.window, self.stride, self.channels = window, stride, channels
        self.skip_nan, self.skip_errors = skip_nan, skip_errors
        self.skipped: list[str] = []
        self.depths = Depths()
        self.depth: int | None = None  # channels of a patch, where they stack
        self._running = Running(window, stride, remove_mean)

    @property
    def hint(self) -> str:
        """What to do about files that cannot be used."""
        return "" if self.skip_errors else 'on_error="skip" leaves such files out'

    def refuse(self, error: Exception) -> None:
        """Note what is wrong with an image, or raise it."""
        if not self.skip_errors:
            raise error
        self.skipped.append(str(error))

    def add(self, source: Source, bar: Bar) -> None:
        """Add the patches of an image or a stack, part by part."""
        if self.channels == "stack" and self.depth not in (None, source.channels):
            self.refuse(
                ValueError(
                    f'`images` must all have {self.depth} channels where channels="stack", got {source.channels} '
                    f"in {source.name}"
                )
            )
            return
        self.depth = source.channels if self.channels == "stack" else 1
        self.depths.add(source)
        at_once = _at_once(source, VALUES_IN_TASK if source.chunks else VALUES_IN_BLOCK)
        for start in range(0, source.count, at_once):
            self._add_images(source, range(start, min(start + at_once, source.count)), bar)

    def _add_images(self, source: Source, images: range, bar: Bar) -> None:
        """Add some images of a stack, or none of them if they cannot be read."""
        before, without = self._running.state(), set(images)
        try:
            for some, values, share, last in self._parts(source, images):
                without.difference_update(self._with_patches(values, source, some))
                self._running.add(values, ended=len(some) - len(without.intersection(some)) if last else 0)
                bar.advance(share * len(some), values.size)
        except UnreadableError as error:
            self._running.restore(before)
            if not self.skip_errors or len(images) == 1:
                self.refuse(error)
            else:
                for at in images:
                    self._add_images(source, range(at, at + 1), bar)
            return
        self.skipped += [f"no finite patch in {source.name_of(slice(at, at + 1))}" for at in sorted(without)]

    def _parts(self, source: Source, images: range) -> Iterator[tuple[range, Float64, float, bool]]:
        """Yield parts: of which images, their values, which share of these images, and whether they end with it."""
        layout = (source.sides, self.window, self.stride, source.channels)
        if not source.chunks:
            parts = list(blocks(*layout))
            for part in parts:
                values = source.read(slice(images.start, images.stop), part, self.channels)
                yield images, values, 1 / len(parts), part is parts[-1]
            return
        tiles = list(blocks(*layout, VALUES_IN_TASK, source.chunks[1:]))
        for tile in tiles:
            held = source.in_memory(slice(images.start, images.stop), tile)
            at_once = _at_once(held, VALUES_IN_BLOCK)
            for start in range(0, held.count, at_once):
                own = range(start, min(start + at_once, held.count))
                for some, values, share, last in self._parts(held, own):
                    here = range(images.start + some.start, images.start + some.stop)
                    yield here, values, share / len(tiles), last and tile is tiles[-1]

    def _with_patches(self, values: Float64, source: Source, images: range) -> Iterable[int]:
        """Return which images have patches here, or refuse them if they are not finite."""
        if all_finite(values):
            return images
        if not self.skip_nan:
            at = images.start + int(np.flatnonzero(~np.isfinite(values).reshape(len(images), -1).all(axis=1))[0])
            raise ValueError(
                f"`images` must be finite, got NaN or infinity in {source.name_of(slice(at, at + 1))}; "
                f'nan="skip" leaves such patches out'
            )
        # Separate channels are images of their own here.
        have = have_finite_patches(values, self.window, self.stride).reshape(len(images), -1)
        return [at for at, has in zip(images, have, strict=True) if has.any()]

    def part(self, found: Iterable[Source]) -> _Part:
        """Add images in a task of dask, and return what came of them."""
        for source in found:
            self.add(source, Bar(None, shown=False))
        return _Part(self.moments(), self.skipped, self.depths)

    def moments(self) -> PatchMoments | None:
        """Return the moments of all patches so far, None without any."""
        with np.errstate(over="ignore", invalid="ignore"):  # PatchMoments refuses what is not finite
            total = self._running.moments()
        if total is None:
            return None
        size = self.window if self.channels != "stack" else (*self.window, self.depth or 1)
        covariance = (total.covariance + total.covariance.T) / 2
        images = max(1, self._running.images)  # the first may be read in part, where it was interrupted
        remove_mean = self._running.remove_mean
        return PatchMoments(size, total.patches, total.mean, covariance, images, remove_mean, tuple(self.skipped))


def _at_once(source: Source, most: int) -> int:
    """Return how many images to take together for so many values: one, or some, in whole chunks if they have some."""
    count = max(1, most // max(1, source.channels * math.prod(source.sides)))
    chunk = source.chunks[0] if source.chunks else 1
    return count // chunk * chunk or count


class _Part(NamedTuple):
    """What a task of dask found: moments, if there are patches, what it left out, and the depths of files."""

    moments: PatchMoments | None
    skipped: list[str]
    depths: Depths


def _on_workers(images: Any, reader: _Reader, progress: bool) -> _Part:
    """Sum a dask bag or array; each task begins with a copy of `reader`, which has read nothing."""
    if _cluster.is_bag(images):
        return _of_bag(images, reader, progress)

    def of_block(source: Source) -> _Part:
        return copy.deepcopy(reader).part([source])

    parts, count, cuts = [], 0, []
    for source in sources(images, reader.window, reader.refuse):
        count, at_once = source.count, _at_once(source, VALUES_IN_TASK)
        layout = (source.sides, reader.window, reader.stride, source.channels)
        cuts = list(blocks(*layout, VALUES_IN_TASK, source.chunks and source.chunks[1:]))
        for start in range(0, count, at_once):
            parts += [source.part(slice(start, start + at_once), block) for block in cuts]
    part = _reduced(parts, of_block, progress, len(cuts))
    moments = part.moments and replace(part.moments, images=count - len(part.skipped))
    return part._replace(moments=moments, skipped=[*reader.skipped, *part.skipped])


def _of_bag(images: Any, reader: _Reader, progress: bool) -> _Part:
    partitions = list(enumerate(images.to_delayed()))

    def entries(partition: tuple[int, Any], own: _Reader) -> Iterator[Source]:
        return sources(partition[1], own.window, own.refuse, own.hint, f" of partition {partition[0]}")

    def first_depth(partition: tuple[int, Any]) -> int | None:
        return next((source.channels for source in entries(partition, copy.deepcopy(reader))), None)

    def of_part(partition: tuple[int, Any]) -> _Part:
        own = copy.deepcopy(reader)
        return own.part(entries(partition, own))

    if reader.channels == "stack":  # as many as the first image has, on all workers
        depths = (_cluster.computed(first_depth, partition) for partition in partitions)
        reader.depth = next((depth for depth in depths if depth), None)
    return _reduced(partitions, of_part, progress)


def _reduced(parts: Iterable[Any], of_part: Callable[[Any], _Part], progress: bool, blocks_each: int = 1) -> _Part:
    """Sum the parts where dask computes; each image counts in so many blocks, and is left out if it has none."""

    def whole(part: _Part) -> _Part:
        skipped = [line for line, times in Counter(part.skipped).items() if times >= blocks_each]
        images = max(1, part.moments.images // blocks_each) if part.moments else 0
        return part._replace(moments=part.moments and replace(part.moments, images=images), skipped=skipped)

    try:
        return whole(_cluster.reduced(parts, of_part, _together, progress) or _together([]))
    except _cluster.Interrupted as stop:
        moments, skipped, _ = whole(stop.partial)
        raise PatchesInterrupted(moments and replace(moments, skipped=tuple(skipped))) from None


def _together(parts: list[_Part]) -> _Part:
    found = [part.moments for part in parts if part.moments is not None]
    return _Part(
        functools.reduce(PatchMoments.merge, found) if found else None,
        [line for part in parts for line in part.skipped],
        Depths({largest: name for part in reversed(parts) for largest, name in part.depths.items()}),
    )


def _complete(part: _Part) -> PatchMoments:
    return replace(_some(part.moments, part.skipped), skipped=tuple(part.skipped))
