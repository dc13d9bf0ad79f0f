"""Training on two devices equals training on one, and every device holds the bank, bit for bit.

Each backend has a process of its own, with two virtual CPU devices from its first moment on, in which the same model
is trained on one device and on both. The processes choose their backend, so they run once, beside TensorFlow's tests.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import filterbank as fb

ROOT = Path(fb.__file__).resolve().parent.parent
BANK = fb.dct((4, 3), n=4)

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="these processes choose their backend: once is enough"
)

TRAINING = """
import sys
import keras
import numpy as np
import filterbank as fb
from filterbank.layers import BasisConv2D

random = np.random.default_rng(0)
images, targets = random.normal(size=(16, 9, 8, 3)).astype("float32"), random.normal(size=(16, 2)).astype("float32")
results = {}


def built():
    keras.utils.set_random_seed(1)
    layer = BasisConv2D(4, fb.dct((4, 3), n=4), activation="relu", name="filters")
    head = [keras.layers.Flatten(), keras.layers.Dense(2, name="head")]
    model = keras.Sequential([keras.Input((9, 8, 3)), layer, *head])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", jit_compile=False)
    return model


def keep(name, moment, arrays):
    results.update({f"{name} {moment} {index}": np.array(array) for index, array in enumerate(arrays)})


def trained(name, model):
    keep(name, "before", model.get_weights())
    model.fit(images, targets, epochs=2, batch_size=8, shuffle=False, verbose=0)
    keep(name, "after", model.get_weights())
    layer = model.get_layer("filters")
    layer.verify()
    return layer
"""

TENSORFLOW = f"""
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
{TRAINING}
trained("one", built())
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = built()
layer = trained("mirrored", model)
for name in ("basis", "coefficients"):
    replicas = strategy.experimental_local_results(getattr(layer, name).value)
    assert len({{replica.device for replica in replicas}}) == 2, replicas
    keep("mirrored", name, replicas)
np.savez(sys.argv[1], **results)
"""

JAX = f"""
{TRAINING}
devices = keras.distribution.list_devices()
assert len(devices) == 2, devices
trained("one", built())
layout = keras.distribution.LayoutMap(keras.distribution.DeviceMesh((1, 2), ("batch", "model"), devices))
layout[".*filters/coefficients"] = (None, None, "model")
layout[".*filters/bias"] = ("model",)
for name, distribution in (
    ("data", keras.distribution.DataParallel(devices=devices)),
    ("model", keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")),
):
    keras.distribution.set_distribution(distribution)
    layer = trained(name, built())
    for weight in (layer.basis, layer.coefficients):
        shards = weight.value.addressable_shards
        assert len({{shard.device for shard in shards}}) == 2, shards
        keep(name, weight.name, [shard.data for shard in shards])
np.savez(sys.argv[1], **results)
"""


def run(code: str, backend: str, folder: Path) -> Any:
    """Run code in a process of its own and return the arrays that it keeps."""
    path = folder / "results.npz"
    result = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,  # so that it imports the same filterbank
        env={**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 0, result.stderr
    with np.load(path) as arrays:
        return dict(arrays)


def each(results: dict[str, np.ndarray], name: str, what: str) -> list[np.ndarray]:
    prefix = f"{name} {what} "
    return [array for key, array in results.items() if key.startswith(prefix)]


def assert_as_on_one_device(results: dict[str, np.ndarray], name: str) -> None:
    start, end = each(results, "one", "before"), each(results, "one", "after")
    moved = [np.abs(after - before).max() > 1e-3 for before, after in zip(start, end, strict=True)]
    assert sorted(moved) == [False, True, True, True, True]  # all but the basis
    for found, expected in zip(each(results, name, "before"), start, strict=True):
        np.testing.assert_array_equal(found, expected)
    for found, expected in zip(each(results, name, "after"), end, strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def assert_bank_everywhere(results: dict[str, np.ndarray], name: str) -> None:
    replicas = each(results, name, "basis")
    assert len(replicas) == 2
    for replica in replicas:
        assert replica.dtype == np.float32
        assert replica.tobytes() == BANK.filters.astype("float32").tobytes()


def test_mirrored_strategy_of_tensorflow(tmp_path: Path) -> None:
    results = run(TENSORFLOW, "tensorflow", tmp_path)
    assert_as_on_one_device(results, "mirrored")
    assert_bank_everywhere(results, "mirrored")
    replicas = each(results, "mirrored", "coefficients")
    assert len(replicas) == 2
    np.testing.assert_array_equal(*replicas)


def test_data_and_model_parallel_of_jax(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    results = run(JAX, "jax", tmp_path)
    for name in ("data", "model"):
        assert_as_on_one_device(results, name)
        assert_bank_everywhere(results, name)
    np.testing.assert_array_equal(*each(results, "data", "coefficients"))
    # Each of two devices has half of the four outputs, and all filters.
    shards = each(results, "model", "coefficients")
    assert [shard.shape for shard in shards] == [(4, 3, 2)] * 2
    whole = next(array for array in each(results, "model", "after") if array.shape == (4, 3, 4))
    np.testing.assert_array_equal(np.concatenate(shards, axis=-1), whole)
