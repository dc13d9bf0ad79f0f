"""Time the covariance of all patches against what a user would write, in turns.

python -m tests.benchmarks.patches [-o FILE] [--quick]    images and small images
python -m tests.benchmarks.patches digits                 60,000 small images; scikit-learn needs 13 GB
python -m tests.benchmarks.patches workers                200 megapixels in files, one process of dask against two
"""

import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np

import filterbank as fb

from . import tables
from .timing import in_turns

GENERATOR = np.random.default_rng(0)


def scikit_learn(images, k):
    """Take the patches of each image into one matrix, in the images' own type, and fit it."""
    from sklearn.decomposition import PCA
    from sklearn.feature_extraction.image import extract_patches_2d

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


def size(image):
    return "x".join(map(str, image.shape))


def memory(image):
    tracemalloc.start()
    fb.patch_moments(image, 11)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    samples = {"fb.patch_moments": [peak], "bytes of image": [image.nbytes]}
    return {"case": f"{size(image)}, 11x11, memory beyond the image", "unit": "bytes", "samples": samples}


def measured(case, functions, rounds):
    return {"case": case, "unit": "s", "samples": in_turns(functions, rounds, least=0)}


def against_scikit_learn(case, name, function, images, k, rounds):
    if not tables.installed("sklearn"):
        return tables.skipped(case, "sklearn")
    return measured(case, {name: function, "scikit-learn": partial(scikit_learn, images, k)}, rounds)


def small_images(count, rounds):
    images = GENERATOR.integers(0, 256, (count, 28, 28)).astype(np.uint8)
    case = f"{count:,} of 28x28, 7x7"
    return against_scikit_learn(case, "fb.patch_moments", partial(fb.patch_moments, images, 7), images, 7, rounds)


def rows(quick=False):
    side, rounds = (256, 2) if quick else (2048, 5)
    image = GENERATOR.standard_normal((side, side)).cumsum(axis=0).cumsum(axis=1)
    yield memory(image)
    sizes = {f"{k}x{k}": partial(fb.patch_moments, image, k) for k in (16, 5)}
    yield measured(f"{size(image)}, large patches against small ones", sizes, rounds)
    functions = {
        "fb.patch_moments": partial(fb.patch_moments, image, 11),
        "chunked BLAS": partial(chunks_of_blas, [image], 11),
    }
    found, expected = fb.patch_moments(image, 11).covariance, chunks_of_blas([image - image.mean()], 11)
    agreement = {"chunked BLAS": float(np.abs(found - expected).max() / expected.max())}
    yield {**measured(f"{size(image)}, 11x11", functions, rounds), "agreement": agreement}
    case = f"{size(image)}, PCA of moments at 11x11"
    yield against_scikit_learn(case, "fb.pca", lambda: fb.pca(fb.patch_moments(image, 11), 11), [image], 11, rounds)
    yield small_images(600 if quick else 6000, rounds)


def digits(quick=False):
    yield small_images(6000 if quick else 60_000, 3)


def workers(quick=False):
    """Sum the patches of images in files on clusters of processes with one thread each."""
    import dask.bag
    from distributed import Client, LocalCluster

    files, side, rounds = (4, 400, 1) if quick else (20, 3200, 3)
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

        yield measured(
            f"{files * side**2 / 1e6:.0f} megapixels in {files} files, 11x11",
            {"two workers": lambda: sums(clients[0]), "one worker": lambda: sums(clients[1])},
            rounds,
        )
        for closing in (*clients, *clusters):
            closing.close()


if __name__ == "__main__":
    tables.main(__doc__, rows=rows, digits=digits, workers=workers)
