"""`patch_moments` of dask's arrays and bags: the same moments, on threads and on a cluster of which a worker dies."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import filterbank as fb
from filterbank import patches

dask = pytest.importorskip("dask")
array = pytest.importorskip("dask.array")
bags = pytest.importorskip("dask.bag")
distributed = pytest.importorskip("distributed")


def assert_same(moments, expected):
    assert (moments.size, moments.count, moments.images) == (expected.size, expected.count, expected.images)
    scale = expected.covariance.max()
    np.testing.assert_allclose(moments.covariance, expected.covariance, rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-12)


@pytest.mark.parametrize("values_in_task", [500, 2000, 10**9])
@pytest.mark.parametrize(
    ("shape", "chunks", "arguments"),
    [
        ((70, 50), (32, 32), {}),
        ((70, 50), (7, 50), {"stride": 3}),
        ((12, 20, 17), (5, 20, 9), {"remove_mean": True}),
        ((40, 30, 3), (11, 30, 2), {"channels": "stack"}),
        ((3, 20, 20, 3), (2, 20, 20, 3), {"channels": "separate"}),
    ],
)
def test_arrays(shape, chunks, arguments, values_in_task, monkeypatch):
    monkeypatch.setattr(patches, "VALUES_IN_TASK", values_in_task)
    values = np.random.default_rng(0).random(shape)
    lazy = array.from_array(values, chunks=chunks)
    assert_same(fb.patch_moments(lazy, 5, **arguments), fb.patch_moments(values, 5, **arguments))


@pytest.mark.parametrize("partitions", [1, 3, 20])
def test_bags_of_images_and_paths(partitions, tmp_path, photograph):
    images = [photograph[i : i + 20 + i, 9 * i : 9 * i + 30] for i in range(20)]
    paths = [tmp_path / f"{i}.npy" for i in range(20)]
    for path, image in zip(paths, images, strict=True):
        np.save(path, image)
    expected = fb.patch_moments(images, 6)
    for entries in (images, paths):
        bag = bags.from_sequence(entries, npartitions=partitions)
        assert_same(fb.patch_moments(bag.map(lambda entry: entry), 6), expected)


def test_what_was_left_out_comes_back(photograph):
    entries = ["none.png", photograph[:30, :30], "nowhere.png", photograph[:2]]
    bag = bags.from_sequence(entries, npartitions=4)
    expected = fb.patch_moments(entries, 5, on_error="skip")
    with_bag = fb.patch_moments(bag, 5, on_error="skip")
    assert_same(with_bag, expected)
    assert len(with_bag.skipped) == 3
    # Of whichever task is first.
    with pytest.raises((FileNotFoundError, ValueError), match=r"`images` must be (files that exist|at least as large)"):
        fb.patch_moments(bag, 5)
    with pytest.raises(ValueError, match="got none: `images` must be files that exist"):
        fb.patch_moments(bags.from_sequence(["none.png"]), 5, on_error="skip")


def test_files_of_different_depths(tmp_path, photograph):
    for name, image in (("a", photograph), ("b", photograph.astype(np.uint16))):
        np.save(tmp_path / f"{name}.npy", image[:30, :30])
    bag = bags.from_sequence([tmp_path / "a.npy", tmp_path / "b.npy"], npartitions=2)
    with pytest.warns(fb.BankWarning, match=r"up to 255 in '.*a.npy' and up to 65535 in '.*b.npy'"):
        fb.patch_moments(bag, 5)


NOISE = np.random.default_rng(2).random((8, 20, 18))


@pytest.mark.parametrize("partitions", [1, 2, 8])
def test_channels_that_do_not_stack_over_partitions(partitions):
    colour = np.stack([NOISE[0]] * 3, axis=-1)
    images = [NOISE[0, :2], NOISE[1], colour, NOISE[2], NOISE[3], colour, colour, NOISE[4]]
    bag = bags.from_sequence(images, npartitions=partitions)
    expected = fb.patch_moments(images, 5, channels="stack", on_error="skip")
    moments = fb.patch_moments(bag, 5, channels="stack", on_error="skip")
    assert_same(moments, expected)
    assert len(moments.skipped) == len(expected.skipped) == 4
    assert "all have 1 channels where" in moments.skipped[1]
    with pytest.raises(ValueError, match=r'all have 1 channels where channels="stack", got 3 in image \d of partition'):
        fb.patch_moments(bags.from_sequence(images[1:], npartitions=partitions), 5, channels="stack")


def test_errors_name_the_image_and_its_partition():
    images = [*NOISE[:3], np.full((20, 18), np.nan), NOISE[3]]
    for partitions, place in ((1, "image 3 of partition 0"), (5, "image 0 of partition 3")):
        bag = bags.from_sequence(images, npartitions=partitions)
        with pytest.raises(ValueError, match=f"NaN or infinity in {place};"):
            fb.patch_moments(bag, 5)
        moments = fb.patch_moments(bag, 5, nan="skip")
        assert (moments.images, moments.skipped) == (4, (f"no finite patch in {place}",))
        assert_same(moments, fb.patch_moments(images, 5, nan="skip"))


@pytest.mark.parametrize("values_in_task", [100, 1000, 10**9])
def test_images_of_arrays_without_a_finite_patch(values_in_task, monkeypatch):
    monkeypatch.setattr(patches, "VALUES_IN_TASK", values_in_task)
    stack = NOISE.copy()
    stack[2], stack[3, 4:, 4:] = np.nan, np.nan
    stack[5, :15] = np.inf
    moments = fb.patch_moments(array.from_array(stack, chunks=(3, 10, 10)), 5, nan="skip")
    assert_same(moments, fb.patch_moments(stack, 5, nan="skip"))
    assert moments.images == 6
    assert moments.skipped == ("no finite patch in image 2", "no finite patch in image 3")


def test_arrays_that_cannot_be_summed():
    with pytest.raises(ValueError, match=r"got none: `images` must be at least as large as a patch of 5x5"):
        fb.patch_moments(array.from_array(NOISE[0, :3]), 5, on_error="skip")


def test_masked_arrays_and_the_bar_of_dask(capsys):
    masked = np.ma.masked_greater(NOISE, 0.99)
    lazy = array.from_array(masked, chunks=(4, 20, 18))
    moments = fb.patch_moments(lazy, 3, nan="skip", progress=True)
    assert_same(moments, fb.patch_moments(masked, 3, nan="skip"))
    assert moments.count < NOISE.size * 0.9
    out, err = capsys.readouterr()
    assert not out
    assert "100% Completed" in err


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_an_interruption_on_this_machine_leaves_the_moments_so_far(scheduler, photograph):
    images = [photograph[i : i + 20, 9 * i : 9 * i + 30] for i in range(40)]
    seen = []

    def entry(at):
        if len(seen) == 33:
            raise KeyboardInterrupt
        seen.append(at)
        return images[at]

    bag = bags.from_sequence(range(40), npartitions=40).map(entry)
    with dask.config.set(scheduler=scheduler, num_workers=1), pytest.raises(fb.PatchesInterrupted) as caught:
        fb.patch_moments(bag, 6)
    assert_same(caught.value.partial, fb.patch_moments([images[at] for at in seen], 6))
    seen = [None] * 33
    with (
        dask.config.set(scheduler=scheduler),
        pytest.raises(fb.PatchesInterrupted, match="after 0 images") as caught,
    ):
        fb.patch_moments(bag, 6)
    assert caught.value.partial is None


@pytest.mark.parametrize(("shape", "most"), [((60, 50), 1), ((9, 30, 20), 5)])
def test_an_interruption_of_an_array_counts_whole_images(shape, most, monkeypatch):
    monkeypatch.setattr(patches, "VALUES_IN_TASK", 500)
    values, add, calls = np.random.default_rng(0).random(shape), patches._Reader.add, []

    def interrupted(*arguments):
        calls.append(None)
        if len(calls) == 8:
            raise KeyboardInterrupt
        add(*arguments)

    monkeypatch.setattr(patches._Reader, "add", interrupted)
    with dask.config.set(scheduler="synchronous"), pytest.raises(fb.PatchesInterrupted) as caught:
        fb.patch_moments(array.from_array(values, chunks=-1), 5)
    assert 1 <= caught.value.partial.images <= most
    assert caught.value.partial.count > 0


def test_unknown_chunks_are_refused():
    values = array.from_array(np.ones((30, 30)))
    with pytest.raises(ValueError, match=r"of known shape, got \(nan, 30\) in image 0; call compute_chunk_sizes\(\)"):
        fb.patch_moments(values[values[:, 0] > 0], 5)


class Slow:
    """An image that takes a while to read, and writes into a log that it was."""

    shape, ndim, dtype = (30, 25), 2, np.dtype(float)

    def __init__(self, seed, log):
        self.seed, self.log = seed, log

    def __getitem__(self, key):
        values = np.random.default_rng(self.seed).random(self.shape)[key]
        if values.size:
            with open(self.log, "a") as file:
                file.write(f"{os.getpid()} {self.seed}\n")
            time.sleep(0.1)
        return values


def kill_one_worker(log, killed):
    """Kill, as if its machine went down, the first worker that has read three images, while it reads the next."""
    while not killed:
        time.sleep(0.02)
        readers = [line.split()[0] for line in log.read_text().splitlines()]
        for reader in set(readers):
            if readers.count(reader) >= 3 and not killed:
                os.kill(int(reader), signal.SIGKILL)
                killed.append(reader)


def bag_of(images):
    return bags.from_sequence(images, npartitions=15)


def array_of(images):
    return array.stack([array.from_array(image, chunks=-1, asarray=False) for image in images])


# The connection to a worker that died goes with noise.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("collection", [bag_of, array_of])
def test_a_killed_worker_loses_nothing_and_counts_nothing_twice(collection, tmp_path, monkeypatch):
    monkeypatch.setattr(patches, "VALUES_IN_TASK", 2 * 30 * 25)
    log, killed = tmp_path / "log", []
    log.touch()
    images = [Slow(seed, log) for seed in range(30)]
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        distributed.Client(cluster),
    ):
        killer = threading.Thread(target=kill_one_worker, args=(log, killed), daemon=True)
        killer.start()
        moments = fb.patch_moments(collection(images), 4)
        killer.join(timeout=30)
    lines = log.read_text().splitlines()
    assert len(killed) == 1
    assert len({line.split()[0] for line in lines}) >= 2
    assert len(lines) > len(images)  # some were read again
    assert_same(moments, fb.patch_moments([np.random.default_rng(seed).random((30, 25)) for seed in range(30)], 4))
