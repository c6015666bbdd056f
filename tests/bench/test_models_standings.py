"""The verdicts on the ten models, and the tables of them."""

from __future__ import annotations

from bench.models_standings import BEGIN, END, Line, Said, block, rows, summary, table

MADE_UP = (
    Line("one", {"linscope": Said(8, True, (0.3, 0.3)), "linscope, meta": Said(8, True, (0.1, 0.2)),
                 "right": Said(8, True, (0.2, 0.2)), "hasty": Said(7, False, (0.01, 0.01))}),
    Line("two", {"linscope": Said(9, True, (0.3, 0.3)), "linscope, meta": Said(9, True, (0.4, 0.4)),
                 "right": Said(9, True, (0.2, 0.2)), "hasty": Said(None, False)}),
    Line("three", {"linscope": Said(9, True, (0.3, 0.3)), "linscope, meta": Said(9, True, (0.4, 0.4)),
                   "right": Said(1, False, (0.2, 0.2)), "hasty": Said(None, False)}),
)  # fmt: skip


def test_our_faster_way_is_held_against_the_fastest_right_one() -> None:
    assert [line.verdict() for line in MADE_UP] == ["0.75 × right", "1.50 × right", "alone in being right"]
    assert [line.holds() for line in MADE_UP] == [True, False, True]


def test_a_wrong_count_of_ours_never_holds() -> None:
    line = Line("one", {"linscope": Said(7, False, (0.1,)), "right": Said(8, True, (0.2,))})
    assert (line.verdict(), line.holds()) == ("wrong", False)


def test_the_rows_have_times_in_brackets_where_the_count_is_wrong() -> None:
    head, *body, verdicts = rows(MADE_UP)
    assert head[2:] == ("one", "two", "three")
    assert body[2] == ("right", "2", "200 ms", "200 ms", "(200 ms)")
    assert body[3] == ("hasty", "0", "(10 ms)", "failed", "failed")
    assert verdicts[2] == "0.75 × right"


def test_the_summary_says_whether_it_holds() -> None:
    assert summary(MADE_UP).endswith("linscope: slower, or wrong, on two")
    assert summary(MADE_UP[:1]).endswith("linscope: no slower than the fastest right one on any")


def test_the_tables() -> None:
    assert len(table(MADE_UP).splitlines()) == 6
    text = block(MADE_UP, {"torch": "2"})
    assert text.startswith(BEGIN) and text.endswith(END)
    assert "| one | 300 ms | 150 ms | 200 ms | (10 ms) | 0.75 × right |" in text
    assert "| right on, of 3 | 3 | 3 | 2 | 0 | |" in text.replace("|  |", "| |")
