"""Time the covariance of all patches against what a user would write, in turns.

python tests/benchmarks/patches.py              images and small images
python tests/benchmarks/patches.py digits       60,000 small images; scikit-learn needs 13 GB
python tests/benchmarks/patches.py workers      200 megapixels in files, one process of dask against two
"""

import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.feature_extraction.image import extract_patches_2d

import filterbank as fb

GENERATOR = np.random.default_rng(0)


def scikit_learn(images, k):
    """Take the patches of each image into one matrix, in the images' own type, and fit it."""
    views = np.lib.stride_tricks.sliding_window_view(images[0], (k, k))
    patches = np.empty((len(images), views.shape[0] * views.shape[1], k * k), images[0].dtype)
    for own, image in zip(patches, images, strict=True):
        own[...] = extract_patches_2d(image, (k, k)).reshape(-1, k * k)
    return PCA(svd_solver="covariance_eigh").fit(patches.reshape(-1, k * k))


def chunks_of_blas(images, k, at_once=2**16):
    """Accumulate sums and products of the patches, a band of rows at a time."""
    total, products, count = np.zeros(k * k), np.zeros((k * k, k * k)), 0
    for image in images:
        views = np.lib.stride_tricks.sliding_window_view(image, (k, k))
        rows = max(1, at_once // views.shape[1])
        for start in range(0, len(views), rows):
            patches = views[start : start + rows].reshape(-1, k * k)
            total, products, count = total + patches.sum(axis=0), products + patches.T @ patches, count + len(patches)
    mean = total / count
    return products / count - np.outer(mean, mean)


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def compare(title, one, other, rounds):
    """Print the medians of both, and of the ratio of each round."""
    one(), other()
    pairs = [(seconds(one), seconds(other)) for _ in range(rounds)]
    ratios = sorted(theirs / mine for mine, theirs in pairs)
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"{title}: {mine * 1e3:.0f} ms against {theirs * 1e3:.0f} ms (medians of {rounds}), "
        f"{statistics.median(ratios):.1f} times ({ratios[0]:.1f} to {ratios[-1]:.1f})",
        flush=True,
    )


def main(rounds=5):
    image = GENERATOR.standard_normal((2048, 2048)).cumsum(axis=0).cumsum(axis=1)
    tracemalloc.start()
    moments = fb.patch_moments(image, 11)
    print(
        f"2048x2048, 11x11: {tracemalloc.get_traced_memory()[1] / image.nbytes:.2f} times the image in memory beyond it"
    )
    tracemalloc.stop()
    expected = chunks_of_blas([image - image.mean()], 11)
    print(f"agreement with chunked BLAS: {np.abs(moments.covariance - expected).max() / expected.max():.1e}")
    compare(
        "2048x2048, 5x5 against 16x16",
        lambda: fb.patch_moments(image, 5),
        lambda: fb.patch_moments(image, 16),
        rounds,
    )
    compare(
        "2048x2048, 11x11, against chunked BLAS",
        lambda: fb.patch_moments(image, 11),
        lambda: chunks_of_blas([image], 11),
        rounds,
    )
    compare(
        "2048x2048, PCA of moments at 11x11, against scikit-learn",
        lambda: fb.pca(fb.patch_moments(image, 11), 11),
        lambda: scikit_learn([image], 11),
        rounds,
    )
    digits(6000, rounds)


def digits(count=60_000, rounds=3):
    images = GENERATOR.integers(0, 256, (count, 28, 28)).astype(np.uint8)
    compare(
        f"{count:,} of 28x28, 7x7, against scikit-learn",
        lambda: fb.patch_moments(images, 7),
        lambda: scikit_learn(images, 7),
        rounds,
    )


def workers(rounds=3, files=20, side=3200):
    """Sum the patches of images in files on clusters of processes with one thread each."""
    import dask.bag
    from distributed import Client, LocalCluster

    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"{at}.npy") for at in range(files)]
        for path in paths:
            np.save(path, GENERATOR.integers(0, 256, (side, side)).astype(np.uint8))
        clusters = [
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                dashboard_address=None,
                worker_dashboard_address=None,
                silence_logs="ERROR",
            )
            for count in (2, 1)
        ]
        clients = [Client(cluster, set_as_default=False) for cluster in clusters]

        def sums(client):
            with client.as_current():
                return fb.patch_moments(dask.bag.from_sequence(paths, npartitions=files), 11)

        compare(
            f"{files * side**2 / 1e6:.0f} megapixels in {files} files, 11x11, two workers against one",
            lambda: sums(clients[0]),
            lambda: sums(clients[1]),
            rounds,
        )
        for closing in (*clients, *clusters):
            closing.close()


if __name__ == "__main__":
    {"digits": digits, "workers": workers}.get("".join(sys.argv[1:]), main)()
