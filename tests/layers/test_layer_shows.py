"""How layers on a bank show themselves in a notebook, built or not."""

from typing import Any

import keras
import numpy as np
import pytest
from every import PAIRS, Pair
from pages import page_of

import filterbank as fb
from filterbank import layers
from filterbank.layers import (
    BankResponse1D,
    BankResponse2D,
    BankResponse3D,
    BasisConv2D,
    _execution,
    project,
    prune_layer,
)
from filterbank.layers._costs import Shape

FRONT_ENDS = {BankResponse1D: (7,), BankResponse2D: (5, 4), BankResponse3D: (3, 2, 3)}


def built(**arguments: Any) -> Any:
    layer = BasisConv2D(8, fb.dct(5, n=6), name="first", **arguments)
    layer.build((None, 16, 16, 3))
    return layer


def facts(layer: Any) -> dict[str, str]:
    found: dict[str, str] = page_of(layer).facts
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_layer_shows_itself_before_and_after_it_is_built(pair: Pair) -> None:
    layer = pair.on(fb.dct(pair.size, n=2))
    before = page_of(layer)
    assert len(before.pictures) == 2
    assert before.facts["layer"] == f"{pair.basis.__name__}, 'filters'"
    assert before.facts["bank"].startswith("dct, 2 of ")
    assert before.facts["kernel"] == f"{' x '.join(map(str, pair.size))}, of channels not known yet"
    assert before.facts["coefficients"] == "2 for each kernel"
    assert before.facts["numbers"] == "none yet"
    assert before.facts["basis"] == "not built yet: build the layer, or call it"
    layer.build(pair.images().shape)
    after = facts(layer)
    verified = layer.verify()
    assert after["kernel"] == " x ".join(map(str, layer.kernel.shape))
    assert after["coefficients"] == " x ".join(map(str, layer.coefficients.shape))
    assert after["numbers"] == f"{verified.trainable:,} train, {verified.frozen:,} are frozen"
    assert after["basis"] == "verified: identical to the bank in float32"
    assert after["fingerprint"] == f"{layer.bank.fingerprint[:16]}…"
    assert len(layer._repr_html_()) < 100_000


@pytest.mark.parametrize("front_end", FRONT_ENDS, ids=lambda each: each.__name__)
def test_every_front_end_shows_itself(front_end: Any) -> None:
    size = FRONT_ENDS[front_end]
    layer = front_end(fb.dct(size, n=3), output="abs", use_gain=True)
    assert facts(layer)["outputs"] == "abs, 3 of each input channel, each times a gain that trains"
    layer.build((None, *[9] * len(size), 2))
    after = facts(layer)
    assert after["numbers"] == f"6 train, {3 * np.prod(size)} are frozen"
    assert after["basis"].startswith("verified: ")
    assert facts(front_end(fb.dct(size, n=3)))["outputs"] == "linear, 3 of each input channel"


@pytest.mark.parametrize("layer", [BasisConv2D, BankResponse2D], ids=lambda each: each.__name__)
def test_the_bank_of_a_layer_has_its_rank_condition_and_recipe(layer: Any) -> None:
    arguments = (8,) if layer is BasisConv2D else ()
    for bank in (fb.dct(5, n=6), fb.FilterBank(fb.dct(5, n=6).filters[[0, 1, 1]])):
        shown, said = facts(layer(*arguments, bank)), facts(bank)
        assert [shown[name] for name in ("rank", "condition")] == [said["rank"], said["condition"]]
        assert shown["recipe"] == said["recipe"].replace("bank.save", "layer.bank.save")
    assert shown["rank"] == "2 of 3"
    assert "layer.bank.save('bank.npz') keeps the bank" in shown["recipe"]
    assert eval(facts(layer(*arguments, fb.gabor(7)))["recipe"], {"fb": fb}) == fb.gabor(7)


def test_all_layers_are_tested_here() -> None:
    named = {name for name in layers.__all__ if name.startswith(("Basis", "BankResponse"))}
    assert named == {pair.basis.__name__ for pair in PAIRS} | {each.__name__ for each in FRONT_ENDS}


def test_auto_says_what_it_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    def cheapest(backend: str, shape: Shape, ways: tuple[str, ...]) -> str:
        return "compose" if shape.channels > 8 else "separable" if shape.training else "lines"

    monkeypatch.setattr(_execution, "cheapest", cheapest)
    layer, other = (BasisConv2D(64, fb.dct(11, n=10)) for _ in range(2))
    assert facts(layer)["execution"] == "auto"
    layer.build((None, 32, 32, 1))
    assert facts(layer)["execution"] == "auto: lines, and separable in training"
    other.build((None, 32, 32, 64))
    assert facts(other)["execution"] == "auto: compose"
    assert facts(built(execution="compose"))["execution"] == "compose"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "the coefficients"),
        ({"train": "basis"}, "the basis"),
        ({"train": "both", "residual": True}, "the coefficients and the basis, and a residual"),
        ({"trainable": False}, "nothing: trainable is False"),
    ],
)
def test_it_says_what_trains(arguments: dict[str, Any], text: str) -> None:
    layer = built(**arguments)
    assert facts(layer)["train"] == text
    count = sum(int(np.prod(weight.shape)) for weight in layer.trainable_weights)
    assert facts(layer)["numbers"].startswith(f"{count:,} train, ")


def test_lora_is_said() -> None:
    layer = built()
    layer.enable_lora(2)
    assert facts(layer)["train"] == "the coefficients, of low rank 2"


def test_a_basis_that_trains_is_shown_as_it_is() -> None:
    layer = built(train="both")
    assert facts(layer)["basis"] == "verified: identical to the bank in float32, and trains"
    layer.basis.assign(-2 * layer.basis)
    page = page_of(layer)
    assert page.facts["basis"] == "it trains, and is 300.00% away from the bank; current_bank takes it out"
    largest = 2 * np.abs(layer.bank.filters).max()
    assert f"6 filters. On one scale: blue to {-largest:.3g}, white 0, red to {largest:.3g}." in page.texts
    first = next(page.pixels())
    assert (first[..., 2] > first[..., 0] + 50).all()  # the constant, turned negative: blue


def test_a_basis_that_is_not_its_bank_is_said_and_shown_and_no_error() -> None:
    layer = built()
    layer.basis.assign(-layer.basis)
    page = page_of(layer)
    said = page.facts["basis"]
    assert said.startswith("NOT VERIFIED: the basis of layer 'first' is not its bank: ")
    assert said.endswith("layer.basis.assign(layer.bank.filters) restores it")
    first = next(page.pixels())
    assert (first[..., 2] > first[..., 0] + 50).all()


def test_a_basis_of_no_numbers_is_no_error() -> None:
    layer = built()
    layer.basis.assign(np.full(layer.basis.shape, np.nan))
    assert facts(layer)["basis"].startswith("NOT VERIFIED: ")
    released = built(train="both")
    released.basis.assign(np.full(released.basis.shape, np.nan))
    assert facts(released)["basis"] == "it trains, and is not finite any more; the pictures are those of the bank"


def test_names_are_escaped() -> None:
    layer = BasisConv2D(8, fb.FilterBank(np.ones((1, 3, 3)), family="<i>'&"), name="<b>'&\"")
    html = layer._repr_html_()
    assert "<b>" not in html
    assert "<i>" not in html
    assert "'<b>\\'&\"'" in facts(layer)["layer"]
    assert facts(layer)["bank"] == "<i>'&, 1 of 3x3 pixels"


def test_large_banks_stay_below_100_kilobytes() -> None:
    bank = fb.random(64, n=1000, rng=0)
    html = BasisConv2D(4, bank)._repr_html_()
    assert 2_000 < len(html.encode()) < 100_000


def test_results_of_conversions_show_what_they_print() -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="edges")])
    report = project(model, fb.dct(3)).report
    page = page_of(report)
    assert page.rows[0] == ["layer", "bank", "energy", "before", "after", "difference"]
    assert page.rows[1][:3] == ["edges", "dct, 9", "100.00%"]
    layer = built()
    for result in (layer.verify(), layer.energy_split(), prune_layer(layer, 4)):
        assert page_of(result).texts == [str(result)]
