"""Text made safe, measured and folded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from linscope.render.characters import ascii_only, cells, fold, visible

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=80)


@given(ANYTHING)
def test_whatever_comes_in_what_is_shown_is_printable_and_can_be_written(text: str) -> None:
    assert visible(text).isprintable()
    visible(text).encode("utf-8")
    assert ascii_only(text).isprintable()
    ascii_only(text).encode("ascii")


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text: str) -> None:
    assert visible(text) == ascii_only(text) == text
    assert cells(text) == len(text)


@given(ANYTHING.map(visible), st.integers(3, 40), st.integers(0, 6))
def test_folded_lines_fit_and_lose_nothing_but_spaces(text: str, width: int, hang: int) -> None:
    lines = fold(text, width, hang)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cells(line) <= width for line in lines)


@given(ANYTHING.map(visible))
def test_without_a_width_nothing_is_folded(text: str) -> None:
    assert fold(text, None) == [text]


def test_folds_come_at_spaces_then_at_punctuation_then_anywhere() -> None:
    assert fold("one two three", 8) == ["one two", "three"]
    assert fold("one two three", 9, hang=2) == ["one two", "  three"]
    assert fold("Sequential(Linear(4,2))", 20) == ["Sequential(Linear(4,", "2))"]
    assert fold("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert fold("  indented words", 12) == ["  indented", "words"]


def test_wide_characters_take_two_columns() -> None:
    assert cells("层x") == 3
    assert fold("层层层", 4) == ["层层", "层"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("32 · 3 × (4 · 2)", "32 * 3 x (4 * 2)"),
        ("─ Linear →", "- Linear ->"),
        ("Y = X Wᵀ", "Y = X W^T"),
        ("U(-1/√in, 1/√in), a=√5", "U(-1/sqrt(in), 1/sqrt(in)), a=sqrt(5)"),
        ("✓ ✗ – … ≤ ≥", "ok no - ... <= >="),
        ("层", "\\u5c42"),
        ("\x1b[31m", "\\x1b[31m"),
    ],
)
def test_signs_are_spelled_out_in_ascii(text: str, shown: str) -> None:
    assert ascii_only(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\tb", "a\\tb"), ("\x9b31m", "\\x9b31m"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800"), ("é→", "é→")],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_widths_are_those_of_rich() -> None:
    for text in ("─→·×✓✗ᵀ√–…≤≥", "é", "e\u0301", "入力", "🙂"):
        assert cells(text) == cell_len(text)
