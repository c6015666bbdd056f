"""Errors for people: the caret under the place, whatever the text around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.sample_errors import ERRORS
from rich.cells import cell_len, set_cell_size

from linscope.errors import NotationError, Place
from linscope.render import Look, render_error
from linscope.render.characters import ascii_only, visible
from linscope.render.excerpt import excerpt


def text(name: str, **look: object) -> str:
    return render_error(*ERRORS[name], "table", Look(**look))


def under(source: str, carets: str) -> str:
    """What of ``source`` stands above the carets."""
    before = len(carets) - len(carets.lstrip(" |"))
    rest = source
    while cell_len(source) - cell_len(rest) < before:
        rest = rest[1:]
    return set_cell_size(rest, carets.count("^")).rstrip()


def test_the_design_to_the_letter() -> None:
    assert text("shape") == (
        "error[shape]: Linear(4,2) expects 4 features in the last dimension, got 5\n"
        "  [32,3,5] -> Linear(4,2)\n"
        "              ^^^^^^^^^^^\n"
        "  in: [32,3,5]   last dimension 5, in_features 4\n"
        "  try: Linear(5,2), or transpose(1,2) first if the features are dimension 1\n"
    )


def test_wide_characters_before_the_place_do_not_move_the_caret() -> None:
    _, source, carets, _ = text("wide").splitlines()
    # two wide characters before it: 入力=[2] -> é is 13 columns, and 层 itself takes two
    assert carets == " " * (2 + 13) + "^^"
    assert under(source, carets) == "层"


def test_of_several_lines_the_right_one_is_shown_with_its_number() -> None:
    assert text("lines").splitlines()[1:3] == ["  3 |   -> Linaer(2,2)", "    |      ^^^^^^"]


def test_a_carriage_return_at_the_end_of_a_line_is_no_part_of_it() -> None:
    assert excerpt(Place("[2]\r\n-> X\r\n", 8, 9), 40, visible) == ("2 | -> X", "  |    ^")


def test_a_long_line_is_seen_through_a_window_around_the_place() -> None:
    for width in (100, 60, 40):
        *_, source, carets = text("long", width=width).splitlines()
        assert cell_len(source) <= width
        assert source.startswith("  …")
        assert under(source, carets) == "Linear(5,4)"


def test_the_window_shows_both_sides_of_a_place_in_the_middle() -> None:
    line = "a" * 50_000 + "HERE" + "b" * 50_000
    shown, carets = excerpt(Place(line, 50_000, 50_004), 40, visible)
    assert cell_len(shown) == 40
    assert shown.startswith("…aaa") and shown.endswith("bbb…")
    assert under(shown, carets) == "HERE"


def test_a_place_longer_than_the_window_is_marked_as_far_as_it_is_seen() -> None:
    shown, carets = excerpt(Place("x" * 1_000, 0, 1_000), 20, visible)
    assert shown == "x" * 18 + "…"
    assert carets == "^" * 18


def test_a_place_at_the_end_has_a_caret_after_the_text() -> None:
    assert text("unfinished").splitlines()[2] == " " * (2 + 7) + "^"


def test_what_was_asked_for_is_shown_where_no_place_is() -> None:
    assert text("bug", width=40).splitlines()[1] == "  " + "x" * 36 + "…"


def test_nothing_in_the_users_text_is_obeyed() -> None:
    shown = text("hostile")
    assert "\x1b" not in shown and "\x07" not in shown and "\x9b" not in shown
    assert "  line one\n  line\\x9btwo\n  \\u202eevil\n" in shown
    assert "try: [red]Linear[/red]\n" in text("wide", color=False)
    assert "[red]Linear[/red]" in text("wide", color=True)


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("width", [100, 60, 40])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for ascii in (False, True):
        assert all(cell_len(line) <= width for line in text(name, width=width, ascii=ascii).splitlines())


@pytest.mark.parametrize("name", ERRORS)
def test_ascii_is_ascii_and_colour_is_colour(name: str) -> None:
    text(name, ascii=True).encode("ascii")
    assert "\x1b" not in text(name)
    assert text(name, color=True).startswith("\x1b[1;31merror[")


@given(st.text("aZ[,]->层🙂é→ \t\x1b\n", max_size=60), st.data(), st.integers(20, 80), st.booleans())
def test_the_carets_stand_under_the_place(line: str, data: st.DataObject, width: int, ascii: bool) -> None:
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    clean = ascii_only if ascii else visible
    shown, carets = excerpt(Place(line, start, end), width, clean)
    assert cell_len(shown) <= width
    assert set(carets) <= set(" |^")
    assert carets.endswith("^")
    marked = line[start:end].partition("\n")[0].replace("\t", " ")
    if marked and "…" not in shown and "..." not in shown:
        assert under(shown, carets) == clean(marked).rstrip()


def test_a_place_beyond_the_text_is_no_crash() -> None:
    error = NotationError("odd", place=Place("ab", 7, 9))
    assert render_error(error, None, "plain", Look()).splitlines()[1:] == ["  ab", "    ^"]
