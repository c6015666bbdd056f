"""The properties of the notation again, over many more texts than the default run has time for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from notation.strategies import specs
from notation.test_properties import spec_or_placed_error, words

from linscope.notation import Spec, parse, unparse


@pytest.mark.slow
@given(specs)
@settings(max_examples=5_000, deadline=None)
def test_unparse_is_undone_by_parse(spec: Spec) -> None:
    assert parse(unparse(spec)) == spec


@pytest.mark.slow
@given(st.text() | st.lists(words, max_size=40).map("".join) | st.lists(words, max_size=40).map(" ".join))
@settings(max_examples=20_000, deadline=None)
def test_any_text_is_a_spec_or_an_error_with_a_place(text: str) -> None:
    spec_or_placed_error(text)
    spec_or_placed_error(f"[2,3] -> {text}")
