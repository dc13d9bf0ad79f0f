"""`make`: banks by name, and from recipes to the last bit."""

import json

import numpy as np
import pytest

import filterbank as fb

pytestmark = pytest.mark.filterwarnings("ignore:the filters became dependent")

IMAGE = np.arange(99.0).reshape(9, 11) ** 2 % 7
RECIPES = {
    "family": lambda: fb.gabor(7, frequencies=[0.2], orientations=np.linspace(0, 1, 3), sigma=(1.5,)),
    "whole numbers of NumPy": lambda: fb.dct(np.int32(5), n=np.int64(3), level=np.uint8(4)),
    "one-dimensional": lambda: fb.wavelet((12,), wavelet="haar", levels=2, norm=None),
    "selected": lambda: fb.dct(5)[3:9][[True, False] * 3],
    "steps": lambda: fb.normalize(fb.zero_mean(fb.gabor(7)), "l1"),
    "qr": lambda: fb.orthonormalize(fb.gabor(7)),
    "symmetric": lambda: fb.orthonormalize(fb.hermite(7), "symmetric"),
    "svd": lambda: fb.orthonormalize(fb.hermite(7), "svd", tol=1e-6)[:3],
    "random": lambda: fb.zero_mean(fb.random(4, rng=3)),
    "learned": lambda: fb.pca(IMAGE, 3, n=4),
    "learned and designed": lambda: fb.normalize(fb.pca(IMAGE, 3, n=6)[2:5], "max"),
    "custom": lambda: fb.FilterBank(np.ones((2, 3, 3)), parameters={"name": ["a", "é"], "value": [1.5, 2]}),
    "custom, of a name": lambda: fb.FilterBank(np.eye(4).reshape(4, 2, 2), family="mine"),
    "custom, of a family's name": lambda: fb.normalize(fb.FilterBank(np.ones((1, 3, 3)), family="dct")),
    "custom, of a learned family's name": lambda: fb.FilterBank(np.ones((1, 3, 3)), family="pca"),
    "learned, of amplitudes": lambda: fb.zca(IMAGE, (2, 3), epsilon=0.1, norm=None),
    "learned and resized": lambda: fb.resize(fb.pca(IMAGE, 3, n=4), (5, 4))[[3, 0]],
    "learned and rotated": lambda: fb.rotate(fb.zero_mean(fb.pca(IMAGE, 3, n=4, norm="max")), 0.3),
    "custom and designed": lambda: fb.orthonormalize(np.ones((2, 3, 3)))[[0]],
    "joined": lambda: fb.concatenate(fb.dct(5, n=3), fb.gabor(5), fb.pca(IMAGE, 5, n=2), np.ones((1, 5, 5))),
    "joined twice": lambda: fb.normalize(fb.concatenate(fb.concatenate(fb.dct(3), fb.delta(3))[::2], fb.dct(3)))[1:],
}


@pytest.mark.parametrize("make", RECIPES.values(), ids=RECIPES)
def test_recipes_make_the_same_bank_after_json(make):
    bank = make()
    again = fb.make(**json.loads(json.dumps(bank.recipe)))
    assert again.filters.tobytes() == bank.filters.tobytes()
    assert again.family == bank.family
    assert again.recipe == bank.recipe
    assert list(again.parameters) == list(bank.parameters)
    for name, column in bank.parameters.items():
        np.testing.assert_array_equal(again.parameters[name], column)


@pytest.mark.parametrize("make", RECIPES.values(), ids=RECIPES)
def test_recipes_of_what_was_read_are_the_same(make, tmp_path):
    bank = make()
    bank.save(tmp_path / "bank.npz")
    assert fb.make(**fb.load(tmp_path / "bank.npz").recipe) == bank


def test_a_recipe_is_the_call_with_all_its_defaults():
    assert fb.dct(11, n=10).recipe == {
        "family": "dct",
        "size": [11, 11],
        "n": 10,
        "level": None,
        "dc": True,
        "norm": "l2",
    }


def test_steps_are_in_their_order():
    bank = fb.normalize(fb.zero_mean(fb.dct(3)[1:]), "l1")
    assert [step["step"] for step in bank.recipe["then"]] == ["select", "zero_mean", "normalize"]


def test_designing_leaves_the_first_recipe_alone():
    bank = fb.dct(3)
    fb.zero_mean(bank)
    assert "then" not in bank.recipe


def test_banks_by_name_are_the_functions_banks():
    assert fb.make("gabor", 11, n=10) == fb.gabor(11, n=10)
    assert fb.make("gabor", 11, 10) == fb.gabor(11, 10)
    assert fb.make(family="dct", size=(3, 4), norm="max") == fb.dct((3, 4), norm="max")
    assert fb.make("pca", images=IMAGE, size=3, n=2) == fb.pca(IMAGE, 3, n=2)
    assert fb.make("pca", 3, 4, images=IMAGE) == fb.pca(IMAGE, 3, 4)
    assert fb.make("custom", filters=np.ones((2, 3, 3))) == fb.FilterBank(np.ones((2, 3, 3)))


def test_steps_can_be_asked_for_by_name():
    bank = fb.make(
        "gabor", 7, then=[{"step": "orthonormalize", "method": "symmetric"}, {"step": "select", "indices": [0]}]
    )
    assert bank == fb.orthonormalize(fb.gabor(7), "symmetric")[:1]


@pytest.mark.parametrize("seed", [None, 5])
def test_learned_banks_are_learned_anew_from_other_images(seed):
    recipe = fb.pca(IMAGE, 3, n=4).recipe
    other = np.random.default_rng(seed).normal(size=(12, 12))
    assert fb.make(**{**recipe, "images": other}) == fb.pca(other, 3, n=4)


PCA = fb.pca(IMAGE, 3, n=4).recipe
SCALED = fb.normalize(fb.pca(IMAGE, 3, n=4), "l1").recipe
ONES = np.ones((1, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({**PCA, "n": 3}, ValueError, "`n` must be the number of the `filters`, 4, got 3; select with bank"),
        ({**PCA, "n": 4.0}, TypeError, "`n` must be an integer"),
        ({**SCALED, "n": 3}, ValueError, "`n` must be the number of the `filters`, 4, got 3"),
        ({**fb.pca(IMAGE, 3, n=4)[1:].recipe, "then": []}, ValueError, "`n` must be the number of the `filters`, 3"),
        ({**PCA, "size": 5}, ValueError, r"`size` must be that of the `filters`, \(3, 3\), got 5"),
        ({**PCA, "size": (3, 4)}, ValueError, r"`size` must be that of the `filters`, \(3, 3\), got \(3, 4\)"),
        ({**PCA, "norm": "max"}, ValueError, "`norm` must be that of the `filters`, got 'max'; use filterbank.norm"),
        ({**PCA, "norm": "L2"}, ValueError, "`norm` must be one of 'l2', 'l1', 'max', None, got 'L2'"),
        ({**PCA, "strict": True}, TypeError, "`strict` does not go with the `filters` of 'pca', which take"),
        ({**PCA, "rng": 1}, TypeError, "`rng` does not go with .* `images`, `size`, `n`, `norm`; drop it"),
        ({**PCA, "banks": [PCA]}, TypeError, "`banks` do not go with `filters`, got both for 'pca'"),
        ({**PCA, "then": [{"step": "shrink"}]}, ValueError, "`then` must name steps as .* got 'shrink'"),
        ({"family": "dct", "size": 5, "filters": ONES}, TypeError, "`size` does not go with the `filters` of 'dct'"),
        ({"family": "dct", "n": 1, "filters": ONES}, TypeError, "`n` does not go with the `filters` of 'dct'"),
        ({"family": "dct", "filters": ONES, "images": ONES}, TypeError, "`images` does not go with .* 'dct'"),
        ({"family": "custom", "filters": ONES, "colour": "red"}, TypeError, "take `parameters`, `then`; drop it"),
        (
            {"family": "custom", "filters": ONES, "then": [{"step": "normalize"}]},
            TypeError,
            "`then` goes with the encoded `filters` of a recipe; take the steps on the bank of yours instead",
        ),
    ],
)  # fmt: skip
def test_filters_are_what_the_rest_of_a_recipe_says(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.make(**arguments)


FAMILY = "`family` must be one of gabor, .*, got "


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"family": "dcf", "size": 5}, ValueError, FAMILY + "'dcf'; did you mean 'dct'?"),
        ({"family": "hermit", "size": 5}, ValueError, FAMILY + "'hermit'; did you mean 'hermite'?"),
        ({"family": "qqq", "size": 5}, ValueError, FAMILY + "'qqq'$"),
        ({"family": "", "size": 5}, ValueError, FAMILY + "''$"),
        ({"family": ["dct"], "size": 5}, ValueError, FAMILY + r"\['dct'\]"),
        ({"family": None, "size": 5}, ValueError, FAMILY + "None"),
        ({"family": "__class__", "size": 5}, ValueError, FAMILY + "'__class__'"),
        ({"family": "dct"}, TypeError, "`size` is missing: the window of dct in pixels, such as size=11"),
        ({"family": "dct", "size": 5, "foo": 1}, TypeError, r"dct\(\) got an unexpected keyword argument 'foo'"),
        ({"family": "pca", "size": 5}, TypeError, "`images` is missing: pca is learned from images; pass images="),
        ({"family": "pca", "size": 5, "images": {"sha256": "0"}}, TypeError, "`images` is missing"),
        ({"family": "custom", "size": 5}, TypeError, "`filters` is missing: a custom bank is made of them"),
        ({"family": "dct", "size": 5, "parameters": {"a": [1]}}, TypeError, "`parameters` go with `filters`"),
        ({"family": "dct", "size": 5, "banks": [1]}, TypeError, "`banks` go with family \"concatenate\", got .* 'dct'"),
        ({"family": "concatenate"}, ValueError, "`concatenate` needs at least one bank, got none"),
        ({"family": "concatenate", "size": 5}, TypeError, "a joined bank is made of `banks` only"),
        (
            {"family": "dct", "size": 5, "then": ["normalize"]},
            ValueError,
            "`then` must name steps as .* got 'normalize'",
        ),
        ({"family": "dct", "size": 5, "then": [{}]}, ValueError, "`then` must name steps as .* got None"),
        ({"family": "dct", "size": 5, "then": [{"step": "save"}]}, ValueError, "one of select, normalize, .* 'save'"),
        ({"family": "dct", "size": 5, "then": [{"step": ["select"]}]}, ValueError, r"got \['select'\]"),
        ({"family": "mine", "filters": {"shape": [1]}}, ValueError, "an encoded array must be a dict"),
    ],
)
def test_wrong_recipes_are_explained(arguments, error, message):
    with pytest.raises(error, match=message):
        fb.make(**arguments)
