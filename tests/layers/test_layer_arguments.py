"""The constructor: the Keras layer's own arguments, with `kernel_size` replaced by a bank."""

import inspect
from typing import Any

import keras
import numpy as np
import pytest

import filterbank as fb
from filterbank.layers import BasisConv2D, BasisSeparableConv2D

OWN = {
    "coefficient_initializer": None,
    "coefficient_regularizer": None,
    "coefficient_constraint": None,
    "train": "coefficients",
    "residual": False,
    "residual_regularizer": None,
    "execution": "auto",
}


def parameters(constructor: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(constructor).parameters.values())


def test_signature_is_the_plain_layers_with_a_bank_for_the_kernel_size(kind: Any) -> None:
    expected = [
        parameter.replace(name="bank") if parameter.name == "kernel_size" else parameter
        for parameter in parameters(kind.plain)
    ]
    found = [parameter for parameter in parameters(kind.basis) if parameter.name not in OWN]
    assert found == expected


def test_own_arguments_are_keywords_with_defaults(kind: Any) -> None:
    own = {parameter.name: parameter for parameter in parameters(kind.basis) if parameter.name in OWN}
    assert {parameter.kind for parameter in own.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert {name: parameter.default for name, parameter in own.items()} == OWN


def test_arguments_in_order_of_position_mean_what_they_mean_in_keras() -> None:
    values = [(2, 1), "same", "channels_last", (1, 1), 2, "relu", False, "he_normal", "ones", "l1", "l2", "l1"]
    plain = keras.layers.Conv2D(4, (3, 5), *values)
    layer = BasisConv2D(4, fb.dct((3, 5), n=3), *values)
    ignored = {"name", "bank", "kernel_size", "build_config", *OWN}
    of_plain, of_layer = plain.get_config(), layer.get_config()
    assert set(of_layer) - set(of_plain) == {"bank", *OWN}
    assert {k: v for k, v in of_layer.items() if k not in ignored} == {
        k: v for k, v in of_plain.items() if k not in ignored
    }
    assert layer.kernel_size == plain.kernel_size


def test_signature_of_a_users_subclass_is_its_own(kind: Any, bank: fb.FilterBank) -> None:
    class Scaled(kind.basis):  # type: ignore[misc, name-defined]
        def __init__(self, filters: int, bank: Any, scale: float = 2.0, **kwargs: Any) -> None:
            super().__init__(filters, bank, **kwargs)
            self.scale = scale

    class Renamed(kind.basis):  # type: ignore[misc, name-defined]
        pass

    assert [parameter.name for parameter in parameters(Scaled)] == ["filters", "bank", "scale", "kwargs"]
    assert parameters(Renamed) == parameters(kind.basis)
    assert Scaled(2, bank, scale=3.0, strides=2).strides == (2,) * len(kind.size)


@pytest.mark.parametrize(
    "arguments",
    [
        {"strides": 0},
        {"strides": (1, 2, 3, 4)},
        {"strides": 2, "dilation_rate": 2},
        {"padding": "full"},
        {"padding": "causal"},
        {"groups": 0},
        {"groups": 3},
        {"filters": 0},
        {"filters": -4},
        {"data_format": "channels_middle"},
        {"activation": "no such function"},
        {"kernel_initializer": "no such initializer"},
        {"kernel_regularizer": "no such regularizer"},
        {"kernel_constraint": "no such constraint"},
        {"kernel_shape": (3, 3)},
    ],
    ids=lambda arguments: ",".join(f"{name}={value}" for name, value in arguments.items()),
)
def test_what_the_plain_layer_refuses_is_refused_in_the_same_words(
    kind: Any, bank: fb.FilterBank, arguments: dict[str, Any]
) -> None:
    common = {"filters": 4, **arguments}
    with pytest.raises((ValueError, TypeError)) as of_plain:
        kind.plain(kernel_size=kind.size, **common)
    with pytest.raises(type(of_plain.value)) as of_layer:
        kind.basis(bank=bank, **common)
    assert str(of_layer.value) == str(of_plain.value).replace(kind.plain.__name__, kind.basis.__name__)


@pytest.mark.parametrize("name", ["coefficient_initializer", "coefficient_regularizer", "coefficient_constraint"])
def test_unknown_names_of_own_arguments_are_refused(kind: Any, bank: fb.FilterBank, name: str) -> None:
    with pytest.raises(ValueError, match="no such thing"):
        kind.basis(4, bank, **{name: "no such thing"})


def test_unknown_execution_is_refused(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(ValueError, match=r"`execution` must be one of 'auto', 'compose', 'factor', got 'fast'"):
        kind.basis(4, bank, execution="fast")


def test_kernel_size_is_refused(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(TypeError, match="`kernel_size` is the size of the bank here: drop it"):
        kind.basis(4, bank=bank, kernel_size=3)


def test_missing_bank_and_too_many_arguments_are_type_errors(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(TypeError, match="bank"):
        kind.basis(4)
    with pytest.raises(TypeError, match="too many positional arguments"):
        kind.basis(4, bank, *[None] * 30)


def test_channels_that_groups_do_not_divide_are_refused(kind: Any, bank: fb.FilterBank) -> None:
    layer = kind.basis(4, bank, groups=2)
    with pytest.raises(ValueError, match="number of input channels must be evenly divisible"):
        layer.build((None, *(9,) * len(kind.size), 3))


def test_images_smaller_than_the_bank_are_refused(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(ValueError, match="output"):
        kind.basis(4, bank).build((None, *(2,) * len(kind.size), 3))


# The bank


def test_bank_is_taken_as_it_is(kind: Any, bank: fb.FilterBank) -> None:
    assert kind.basis(4, bank).bank is bank


@pytest.mark.parametrize("of", [np.asarray, np.ndarray.tolist, lambda a: a.astype("float32"), tuple])
def test_plain_array_is_a_bank(kind: Any, of: Any) -> None:
    array = np.arange(1.0, 1 + 2 * np.prod(kind.size)).reshape(2, *kind.size)
    layer = kind.basis(4, of(array))
    assert layer.bank == fb.FilterBank(array)
    assert layer.bank.family == "custom"
    assert layer.kernel_size == kind.size


def test_a_later_change_of_the_array_does_not_reach_the_layer(kind: Any) -> None:
    array = np.ones((2, *kind.size))
    layer = kind.basis(4, array)
    array[:] = 7
    layer.build((None, *(9,) * len(kind.size), 3))
    assert layer.verify().frozen == array.size
    assert np.array_equal(keras.ops.convert_to_numpy(layer.basis), np.ones_like(array))


@pytest.mark.parametrize(
    ("filters", "error", "text"),
    [
        (
            np.ones((2, 5)),
            ValueError,
            "`bank` of BasisConv2D must have 2-D filters, an array .*, got 1-D ones, 5-sample",
        ),
        (np.ones((2, 3, 3, 3)), ValueError, "must have 2-D filters, an array .*, got 3-D ones, 3x3x3"),
        (np.ones(3), ValueError, r"`bank` must be a FilterBank, as .* or an array .*got shape \(3,\)"),
        (np.ones((0, 3, 3)), ValueError, "at least one filter"),
        (np.zeros((2, 3, 3)), ValueError, "must have a filter other than zero"),
        (np.full((2, 3, 3), np.nan), ValueError, "must be finite, got NaN or infinity in filter 0"),
        (np.ones((2, 3, 3)) * 1j, TypeError, "must be real numbers, got complex128; keep real and imaginary"),
        ("dct", TypeError, r"`bank` must be a FilterBank, .*got 'dct': filterbank.make\('dct', 11\) makes one"),
        (None, TypeError, "`bank` must be a FilterBank, as .* or an array .*got None: call a family"),
        (3, ValueError, "got 3; it stands in the place of `kernel_size`"),
        ({"class_name": "Dense", "config": {"units": 1}}, ValueError, "configuration of a FilterBank.*'Dense'"),
    ],
    ids=["1-D", "3-D", "one filter's row", "empty", "zeros", "NaN", "complex", "text", "None", "size", "other config"],
)
def test_what_is_no_bank_is_refused(filters: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        BasisConv2D(4, filters)


@pytest.mark.parametrize(("dtype", "scale"), [("float16", 1e6), ("float16", 1e-10), ("float32", 1e300)])
def test_bank_that_the_dtype_cannot_hold_is_refused_when_built(
    kind: Any, bank: fb.FilterBank, dtype: str, scale: float
) -> None:
    layer = kind.basis(4, bank.filters * scale, dtype=dtype)
    with pytest.raises(ValueError, match=f"`bank` must fit into {dtype}, got values up to .*; scale it"):
        layer.build((None, *(9,) * len(kind.size), 3))


def test_a_mistyped_argument_is_named_with_the_one_that_was_meant(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(TypeError, match="takes no `coefficients_initializer`; did you mean `coefficient_initializer`"):
        kind.basis(4, bank, coefficients_initializer="zeros")


def test_arguments_of_the_kernel_are_those_of_the_depthwise_one() -> None:
    with pytest.raises(TypeError, match="takes no `kernel_regularizer`; did you mean `depthwise_regularizer`"):
        BasisSeparableConv2D(4, fb.dct(3), kernel_regularizer="l2")


def test_swapped_arguments_are_named(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(TypeError, match="`filters` is the number of output channels, got a FilterBank"):
        kind.basis(bank, 4)


def test_residual_arguments_belong_together(kind: Any, bank: fb.FilterBank) -> None:
    with pytest.raises(ValueError, match="`residual_regularizer` speaks of the residual, got residual=False"):
        kind.basis(4, bank, residual_regularizer="l2")
    with pytest.raises(ValueError, match="speak of coefficients that train, got train='basis'"):
        kind.basis(4, bank, train="basis", coefficient_regularizer="l2")
    with pytest.raises(TypeError, match="`residual` must be True or False, got 'yes'"):
        kind.basis(4, bank, residual="yes")


# What the layer is


def test_weights_have_the_names_and_shapes_of_the_documentation(kind: Any, bank: fb.FilterBank) -> None:
    layer = kind.basis(4, bank, groups=1)
    assert layer.coefficients is None
    assert layer.basis is None
    layer.build((None, *(9,) * len(kind.size), 3))
    shapes = {weight.name: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"coefficients": (4, 3, 4), "bias": (4,), "basis": bank.shape}
    assert [weight.name for weight in layer.trainable_weights] == ["coefficients", "bias"]
    assert [weight.name for weight in layer.non_trainable_weights] == ["basis"]
    assert tuple(layer.kernel.shape) == (*kind.size, 3, 4)
    assert isinstance(layer, kind.plain)


def test_kernel_before_build_says_what_to_do(kind: Any, bank: fb.FilterBank, backend: str) -> None:
    # torch's modules say it in their own words.
    text = "has no attribute 'kernel'" if backend == "torch" else "You must build the layer before accessing `kernel`"
    with pytest.raises(AttributeError, match=text):
        _ = kind.basis(4, bank).kernel


def test_attributes_do_not_appear_with_build(kind: Any, bank: fb.FilterBank) -> None:
    # Keras walks `dir()` when it saves; what appears there late is lost in files of unbuilt layers.
    plain, layer = kind.plain(4, kind.size), kind.basis(4, bank)
    before = set(dir(layer)) - set(dir(plain))
    for each in (plain, layer):
        each.build((None, *(9,) * len(kind.size), 3))
    assert set(dir(layer)) - set(dir(plain)) == before


def test_output_shape_is_the_plain_layers(kind: Any, bank: fb.FilterBank) -> None:
    arguments = {"filters": 4, "strides": 2, "padding": "same"}
    shape = (None, *(9, 8, 7)[: len(kind.size)], 3)
    layer, plain = kind.basis(bank=bank, **arguments), kind.plain(kernel_size=kind.size, **arguments)
    assert layer.compute_output_shape(shape) == plain.compute_output_shape(shape)
    symbolic = layer(keras.Input(shape[1:]))
    assert tuple(symbolic.shape) == plain.compute_output_shape(shape)
