"""Expressions: what they come to, and that any other text is an error with a place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linscope.checks.expressions import DEEPEST, LONGEST, Expression, parse_expression
from linscope.errors import NotationError

SIZES = {"B": 32, "T": 3, "heads_2": 8}


@pytest.mark.parametrize(
    ("text", "value", "substituted"),
    [
        ("768", 768, "768"),
        ("8*B*T", 768, "8*32*3"),
        ("B*(T+1) - 4//3", 127, "32*(3+1) - 4//3"),
        ("2-3-4", -5, "2-3-4"),
        ("100//7//2", 7, "100//7//2"),
        ("-B + --T", -29, "-32 + --3"),
        ("1_000*heads_2", 8000, "1_000*8"),
        (" ( ( B ) ) ", 32, " ( ( 32 ) ) "),
        ("-7//2", -4, "-7//2"),
    ],
)
def test_what_an_expression_comes_to(text: str, value: int, substituted: str) -> None:
    expression = parse_expression(text)
    assert expression.value(SIZES) == value
    assert expression.substituted(SIZES) == substituted


@pytest.mark.parametrize(
    ("text", "start", "words", "hint"),
    [
        ("", 0, "missing here", "8*B*T"),
        ("8*", 2, "missing here", "8*B*T"),
        ("8**2", 2, "belongs before '*'", "3*3"),
        ("8/2", 1, "'/' has no meaning", "//"),
        ("1.5", 1, "'.' has no meaning", "whole numbers"),
        ("2B", 1, "belongs before 'B'", "8*B*T"),
        ("(B", 0, "not closed", ")"),
        ("B)", 1, "nothing is open", "leave"),
        ("B*__import__('os')", 13, "has no meaning", ""),
        ("a.b", 1, "'.' has no meaning", ""),
        ("lambda: 0", 6, "':' has no meaning", ""),
        ("007", 0, "leading zeros", ""),
        ("9" * 101, 0, "101 digits", "100"),
        ("(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1), DEEPEST, "within one another", "flatter"),
        ("-" * (DEEPEST + 1) + "1", DEEPEST, "within one another", "flatter"),
        ("1+" * LONGEST + "1", 0, "characters", "1,000"),
        ("B\0", 1, "U+0000", ""),
        ("٣*B", 0, "no meaning", ""),
    ],
)
def test_what_is_no_expression(text: str, start: int, words: str, hint: str) -> None:
    with pytest.raises(NotationError) as raised:
        parse_expression(text)
    error = raised.value
    assert words in error.message
    assert error.place is not None and error.place.start == start
    assert hint in (error.hint or "")


def test_a_name_without_a_size_names_the_one_that_was_meant() -> None:
    with pytest.raises(NotationError) as raised:
        parse_expression("8*b*T").value(SIZES)
    assert raised.value.message == "b is no name here"
    assert raised.value.hint == "did you mean B?"
    assert raised.value.place is not None and raised.value.place.start == 2
    with pytest.raises(NotationError, match="is no name here") as raised:
        parse_expression("8*Z").value({})
    assert "bind" in (raised.value.hint or "")


def test_a_division_by_zero_is_an_error_with_its_place() -> None:
    with pytest.raises(NotationError, match="division by zero") as raised:
        parse_expression("8//(B-32)").value(SIZES)
    assert raised.value.place is not None and raised.value.place.start == 1


numbers = st.integers(0, 10**9).map(str)
names = st.sampled_from(sorted(SIZES))


def _combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*", "//", " * "]), inner).map("".join)
    return pairs | inner.map("({})".format) | inner.map("-{}".format)


expressions = st.recursive(numbers | names, _combined, max_leaves=12)


@given(expressions)
@settings(max_examples=300, deadline=None)
def test_it_comes_to_what_python_would_say(text: str) -> None:
    """The one place where ``eval`` is right: a second opinion, on text that this test has made."""
    try:
        wanted = eval(text, {}, dict(SIZES))
    except ZeroDivisionError:
        wanted = None
    try:
        expression = parse_expression(text)
        assert expression.value(SIZES) == wanted
        assert eval(expression.substituted(SIZES), {}) == wanted
        assert expression.names == {name for name in SIZES if name in text}
    except NotationError as error:
        assert wanted is None or "within one another" in error.message


def expression_or_placed_error(text: str) -> None:
    try:
        expression = parse_expression(text)
        assert isinstance(expression, Expression)
        expression.value(dict.fromkeys(expression.names, 7))
    except NotationError as error:
        assert error.place is not None
        assert 0 <= error.place.start <= error.place.end <= len(text)
        assert error.message and error.hint


pieces = st.sampled_from(["8", "B", "T", "+", "-", "*", "//", "/", "(", ")", " ", "_", "1_0", ".", "**", "é", "\n"])


@given(st.text() | st.lists(pieces, max_size=25).map("".join))
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_an_error_with_a_place(text: str) -> None:
    expression_or_placed_error(text)
