"""The corpora: what is accepted and its one canonical form, what is rejected and with which words, where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linscope.errors import NotationError
from linscope.notation import parse, unparse
from linscope.notation.spec import Fixed, Group, Layer, Literal, Method, Spec, Step

DATA = Path(__file__).parents[1] / "data"


def accepted() -> list[tuple[str, str]]:
    text = "\n".join(line for line in (DATA / "accepted.txt").read_text().splitlines() if not line.startswith("#"))
    pairs = []
    for block in text.split("\n----\n"):
        spec, _, canonical = block.rpartition("\n= ")
        pairs.append((spec.removeprefix("\n"), canonical.strip()))
    return pairs


REJECTED = json.loads((DATA / "rejected.json").read_text())


@pytest.mark.parametrize(("text", "canonical"), accepted())
def test_accepted_forms_have_one_canonical_form(text: str, canonical: str) -> None:
    spec = parse(text)
    assert unparse(spec) == canonical
    assert parse(canonical) == spec


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case["text"][:40] or "empty")
def test_rejected_forms_say_what_where_and_what_instead(case: dict[str, object]) -> None:
    with pytest.raises(NotationError) as caught:
        parse(str(case["text"]))
    error = caught.value
    assert str(case["message"]) in error.message
    assert error.place is not None
    assert [error.place.start, error.place.end] == case["place"]
    assert str(case["hint"]) in (error.hint or "")
    assert error.exit_code == 2


def test_every_node_points_at_its_own_text() -> None:
    text = "[B=2, 3] -> (Linear(3, out_features=4) -> flatten(1)) * 2 -> [B, ...]"
    spec = parse(text)

    def at(node: object) -> str:
        span = node.span  # type: ignore[attr-defined]
        return text[span.start : span.end]

    assert at(spec.inputs[0]) == "[B=2, 3]"
    assert [at(d) for d in spec.inputs[0].shape.dimensions] == ["B=2", "3"]
    group, assertion = spec.steps
    assert isinstance(group, Group)
    assert at(group) == "(Linear(3, out_features=4) -> flatten(1)) * 2"
    linear, flatten = group.steps
    assert isinstance(linear, Layer) and isinstance(flatten, Method)
    assert at(linear) == "Linear(3, out_features=4)"
    assert [at(a) for a in linear.arguments] == ["3", "out_features=4"]
    assert [at(a.value) for a in linear.arguments] == ["3", "4"]
    assert at(flatten) == "flatten(1)"
    assert at(assertion) == "[B, ...]"


def test_equality_looks_past_layout_and_not_past_values() -> None:
    assert parse("[3,4]->ReLU") == parse("[ 3, 4 ]  -> ReLU()")
    assert parse("[3,4] -> Linear(4,2)") != parse("[3,4] -> nn.Linear(4,2)")
    assert parse("[3,4] -> Dropout(1)") != parse("[3,4] -> Dropout(1.0)")
    assert parse("[3,4] -> Dropout(1)") != parse("[3,4] -> Dropout(True)")


def test_a_size_is_kept_exactly() -> None:
    (dimension,) = parse(f"[{2**63 - 1}] -> ReLU").inputs[0].shape.dimensions
    assert dimension == Fixed(2**63 - 1)


@pytest.mark.parametrize("opening", ["Sequential(", "(", "[3] -> (", "Linear([", "Linear({'a':"])
def test_nesting_ten_thousand_deep_is_an_error_with_a_place(opening: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse("[3] -> " + opening * 10_000)
    assert caught.value.place is not None


@pytest.mark.parametrize("text", ["x" * 100_000, "[" * 100_000, "9" * 100_000, "[3] -> Linear(" + "9" * 100_000])
def test_a_hundred_thousand_characters_of_nothing_are_an_error_with_a_place(text: str) -> None:
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert caught.value.place is not None
    assert len(caught.value.message) < 300


def test_a_chain_of_ten_thousand_layers_is_read_whole() -> None:
    spec = parse("[3,4] -> " + " -> ".join(["Linear(4,4)"] * 10_000))
    assert len(spec.steps) == 10_000
    assert parse(unparse(spec)) == spec


def leaves(steps: tuple[Step, ...]) -> list[Step]:
    return [leaf for s in steps for leaf in (leaves(s.steps) if isinstance(s, Group) else [s])]


def test_words_without_quotes_are_strings_only_where_print_shows_them_so() -> None:
    spec: Spec = parse("[1,2,5,5] -> Conv2d(2,3,2,padding=same)")
    (conv,) = leaves(spec.steps)
    assert isinstance(conv, Layer)
    assert conv.arguments[-1].value == Literal("same")
    with pytest.raises(NotationError):
        parse("[1,2,5,5] -> Conv2d(2,3,2,same)")
