"""Every layer is its Keras sibling for settings that Hypothesis draws, refusals included."""

from typing import Any

import numpy as np
import pytest
from every import PAIRS, Pair, derive, refusal
from hypothesis import given, settings
from hypothesis import strategies as st

import filterbank as fb


@st.composite
def arguments(draw: st.DrawFn, pair: Pair) -> dict[str, Any]:
    """Draw arguments that the layer knows; some are refused."""
    rank = len(pair.size)
    # Keras's depthwise convolutions know one stride for all axes only.
    sides = st.integers(1, 3) if pair.kernel == "depthwise" else st.tuples(*[st.integers(1, 3)] * rank)
    choices = {
        "strides": sides,
        "padding": st.sampled_from(["valid", "same", *(["causal"] if rank == 1 and not pair.transposed else [])]),
        "dilation_rate": st.sampled_from([1, 1, 1, 2]),
        "groups": st.sampled_from([1, 2, 4]),
        "depth_multiplier": st.integers(1, 3),
        "filters": st.sampled_from([1, 4, 8]),
        "use_bias": st.booleans(),
        "activation": st.sampled_from([None, "relu", "tanh"]),
        "data_format": st.sampled_from([None, None, None, "channels_last", "channels_first"]),
        f"{pair.kernel}_regularizer": st.sampled_from([None, "l1", "l2", "l1_l2"]),
        "pointwise_regularizer": st.sampled_from([None, "l2"]),
        "bias_regularizer": st.sampled_from([None, "l1"]),
        "activity_regularizer": st.sampled_from([None, "l2"]),
        f"{pair.kernel}_constraint": st.sampled_from([None, "non_neg"]),
    }
    return {name: draw(values) for name, values in choices.items() if pair.takes(name)}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_outputs_or_refusals_are_the_siblings(pair: Pair) -> None:
    computed: list[Any] = []

    @settings(max_examples=settings.default.max_examples // 2)
    @given(chosen=arguments(pair), size=st.tuples(*[st.integers(1, 3)] * len(pair.size)), data=st.data())
    def hold(chosen: dict[str, Any], size: tuple[int, ...], data: st.DataObject) -> None:
        twin = pair._replace(size=size)
        bank = fb.delta(size)
        refused = refusal(twin.like, **chosen)
        assert refusal(twin.on, bank=bank, **chosen) == refused
        if refused is not None:
            return
        own = {"execution": data.draw(st.sampled_from(["auto", "compose", "factor"]))} if pair.takes("groups") else {}
        layer, plain = twin.on(bank, **chosen, **own), twin.like(**chosen)
        config, expected = layer.get_config(), plain.get_config()
        assert {name: config[name] for name in expected if name != "kernel_size"} == {
            name: value for name, value in expected.items() if name != "kernel_size"
        }
        assert layer.from_config(config).get_config() == config
        images = twin.images(chosen.get("data_format"))
        refused = refusal(plain.build, input_shape=images.shape)
        assert refusal(layer.build, input_shape=images.shape) == refused
        if refused is not None:
            return
        pull = np.random.default_rng(5).normal(size=plain.compute_output_shape(images.shape)).astype("float32")
        derive(layer, images, pull).assert_like(derive(plain, images, pull))
        computed.append(chosen)

    hold()
    assert computed
