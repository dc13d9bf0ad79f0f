"""Count the activations that gradients keep, against the plain layer's: python -m tests.benchmarks.memory [-o FILE].

What a layer keeps is what JAX holds between its forward and backward pass, and its output, which the next layer keeps.
"""

import argparse
import json
import os

import numpy as np

from .layers import layers
from .shapes import GRID


def kept(model, shape, images):
    """Return how many numbers that depend on the images the gradients of the model keep, and its output."""
    import jax

    frozen = [weight.value for weight in model.non_trainable_variables]
    trained = [weight.value for weight in model.trainable_variables]

    def call(weights, images):
        return model.stateless_call(weights, frozen, images, training=True)[0]

    if shape.inner:
        outputs, back = jax.vjp(call, trained, images)
    else:
        outputs, back = jax.vjp(lambda weights: call(weights, images), trained)
    held = {id(leaf): leaf for leaf in [*jax.tree_util.tree_leaves(back), outputs]}
    return sum(leaf.size for leaf in held.values() if leaf.ndim >= 4 and len(leaf) == len(images))


def rows():
    """Yield the numbers kept by the plain layer, under "auto" and in every way."""
    for shape in GRID:
        images = np.zeros((2, shape.side, shape.side, shape.channels), "float32")
        ways = shape.ways() if shape.channels <= 8 else []
        numbers = {way: kept(model, shape, images) for way, model in layers(shape, ["auto", *ways]).items()}
        yield {"shape": shape, **numbers}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=argparse.FileType("w"))
    arguments = parser.parse_args()
    os.environ["KERAS_BACKEND"] = "jax"
    most = 0
    for row in rows():
        ratios = {way: row[way] / row["plain"] for way in row if way not in ("shape", "plain")}
        most = max(most, ratios["auto"])
        print(f"{row['shape'].name}: {', '.join(f'{way} {ratio:.2f}' for way, ratio in ratios.items())}", flush=True)
        if arguments.output:
            print(json.dumps(row), file=arguments.output)
    print(f"auto keeps at most {most:.2f} times what the plain layer keeps")


if __name__ == "__main__":
    main()
