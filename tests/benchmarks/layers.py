"""Time layers on a bank against the plain Keras layers of the same shape, in turns.

python -m tests.benchmarks.layers tensorflow|compiled|jax         `execution="auto"`
python -m tests.benchmarks.layers BACKEND --ways -o FILE          every way that pays somewhere there, for `rates`
python -m tests.benchmarks.layers BACKEND --ways all              every way there is
"""

import argparse
import json
import os
import statistics

import numpy as np

from .shapes import GRID
from .timing import in_turns

BACKENDS = {"tensorflow": "tensorflow", "compiled": "tensorflow, compiled", "jax": "jax"}


def layers(shape, ways):
    """Return models of the plain layer, and of one on a bank for each way."""
    import keras

    from filterbank.layers import BasisConv2D

    settings = {"strides": shape.stride, "padding": "same"}
    made = {"plain": keras.layers.Conv2D(shape.outputs, shape.k, **settings)}
    for way in ways:
        made[way] = BasisConv2D(shape.outputs, shape.bank(), **settings)
        made[way].execution = way
    images = (shape.side, shape.side, shape.channels)
    return {way: keras.Sequential([keras.Input(images), layer]) for way, layer in made.items()}


def steps(backend, model, images, inner):
    """Return a forward pass and a training step of a model: output, gradients of weights (and images), update."""
    gradient = np.random.default_rng(1).normal(size=model.compute_output_shape(images.shape)).astype("float32")
    if backend == "jax":
        return with_jax(model, images, gradient, inner)
    return with_tensorflow(model, images, gradient, inner, compiled=backend == "compiled")


def with_tensorflow(model, images, gradient, inner, compiled):
    import tensorflow as tf

    images, gradient = tf.constant(images), tf.constant(gradient)

    @tf.function(jit_compile=compiled)
    def forward(images):
        return model(images)

    @tf.function(jit_compile=compiled)
    def train(images, gradient):
        weights = [weight.value for weight in model.trainable_weights]
        with tf.GradientTape() as tape:
            if inner:
                tape.watch(images)
            outputs = model(images, training=True)
        gradients = tape.gradient(outputs, weights + [images] * inner, output_gradients=gradient)
        for weight, of_weight in zip(weights, gradients, strict=False):
            weight.assign_sub(1e-9 * of_weight)
        return outputs, gradients[len(weights) :]

    return lambda: forward(images), lambda: train(images, gradient)


def with_jax(model, images, gradient, inner):
    import jax

    frozen = [weight.value for weight in model.non_trainable_variables]
    trained = [weight.value for weight in model.trainable_variables]
    images, gradient = jax.numpy.asarray(images), jax.numpy.asarray(gradient)

    def call(weights, images, training=False):
        return model.stateless_call(weights, frozen, images, training=training)[0]

    @jax.jit
    def train(trained, images, gradient):
        if inner:
            outputs, back = jax.vjp(lambda weights, images: call(weights, images, training=True), trained, images)
        else:
            outputs, back = jax.vjp(lambda weights: call(weights, images, training=True), trained)
        of_weights, *of_images = back(gradient)
        return [weight - 1e-9 * of for weight, of in zip(trained, of_weights, strict=True)], outputs, of_images

    forward = jax.jit(call)
    return (
        lambda: jax.block_until_ready(forward(trained, images)),
        lambda: jax.block_until_ready(train(trained, images, gradient)),
    )


def measure(backend, shape, ways, rounds=9):
    """Yield "forward" and "training" with the seconds of the plain layer and of each way."""
    images = np.random.default_rng(0).normal(size=(shape.batch, shape.side, shape.side, shape.channels))
    pairs = {
        way: steps(backend, model, images.astype("float32"), shape.inner) for way, model in layers(shape, ways).items()
    }
    for kind, name in enumerate(("forward", "training")):
        yield name, in_turns({way: pair[kind] for way, pair in pairs.items()}, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backend", choices=BACKENDS)
    parser.add_argument("--ways", nargs="?", const="paying", choices=("paying", "all"))
    parser.add_argument("-o", "--output", type=argparse.FileType("a"))
    arguments = parser.parse_args()
    os.environ["KERAS_BACKEND"] = arguments.backend.replace("compiled", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for shape in GRID:
        of_backend = BACKENDS[arguments.backend] if arguments.ways == "paying" else None
        ways = shape.ways(of_backend) if arguments.ways else ["auto"]
        for kind, seconds in measure(arguments.backend, shape, ways):
            plain = seconds.pop("plain")
            ratios = {
                way: statistics.median(own / theirs for own, theirs in zip(times, plain, strict=True))
                for way, times in seconds.items()
            }
            told = ", ".join(f"{way} {ratio:.2f}" for way, ratio in ratios.items())
            print(f"{shape.name}, {kind}: {1e3 * statistics.median(plain):.2f} ms; {told}", flush=True)
            if arguments.output:
                row = {"backend": BACKENDS[arguments.backend], "shape": shape, "kind": kind, "plain": plain, **seconds}
                print(json.dumps(row), file=arguments.output, flush=True)


if __name__ == "__main__":
    main()
