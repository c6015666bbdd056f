"""What holds of every spec and of every text."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from notation.strategies import specs

from linscope.errors import NotationError
from linscope.notation import Spec, parse, unparse
from linscope.notation.catalogue import layer_names


@given(specs)
@settings(max_examples=300, deadline=None)
def test_unparse_is_undone_by_parse(spec: Spec) -> None:
    text = unparse(spec)
    assert parse(text) == spec
    assert unparse(parse(text)) == text


def spec_or_placed_error(text: str) -> None:
    try:
        assert isinstance(parse(text), Spec)
    except NotationError as error:
        assert error.place is not None
        assert 0 <= error.place.start <= error.place.end <= len(text)
        assert error.message and error.hint


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_spec_or_an_error_with_a_place(text: str) -> None:
    spec_or_placed_error(text)


words = st.sampled_from(
    ["[", "]", "(", ")", "{", "}", ",", "->", "→", ":", "=", "*", "_", "...", "32", "-1", "1e5", "1_0", "'a'",
     "Linear", "nn.ReLU", "Sequential", "flatten", "B", "x", "int64", "torch.float32", "True", "None", " ", "\n"]
)  # fmt: skip


@given(st.lists(words, max_size=25).map("".join))
@settings(max_examples=500, deadline=None)
def test_any_run_of_the_notations_own_words_is_a_spec_or_an_error_with_a_place(text: str) -> None:
    spec_or_placed_error(text)


@given(st.lists(words, max_size=12).map(" ".join).map(lambda tail: f"[2,3] -> {tail}"))
@settings(max_examples=500, deadline=None)
def test_any_continuation_is_a_spec_or_an_error_with_a_place(text: str) -> None:
    spec_or_placed_error(text)


def test_every_cut_and_every_lost_character_of_a_spec_is_a_spec_or_an_error_with_a_place() -> None:
    whole = "src=[B=2,3]:int64, [4] -> (Conv2d(3,(1,2),padding='same',bias=_) -> flatten(1)) * 2 -> [_, ..., 3]"
    for i in range(len(whole)):
        spec_or_placed_error(whole[:i])
        spec_or_placed_error(whole[i:])
        spec_or_placed_error(whole[:i] + whole[i + 1 :])
        spec_or_placed_error(whole[:i] + random.Random(i).choice("[](){},:=*'\"x9 -") + whole[i:])


def test_every_layer_by_name_alone_is_a_spec_or_an_error_with_a_place() -> None:
    for name in layer_names():
        spec_or_placed_error(f"[2,3] -> {name}")
        spec_or_placed_error(f"[2,3] -> nn.{name}()")
