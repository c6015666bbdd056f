"""The table of counters in the README is that of the stored answers, and these are about today's truth tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench.alone import Failed, alone
from bench.cases import cases
from bench.counters.registry import FILES
from bench.standings import (
    EXACT,
    FAILED,
    SILENT,
    STORED,
    WARNED,
    WRONG,
    Answer,
    Line,
    Standings,
    block,
    from_json,
    rows,
    table,
    to_json,
    with_block,
)

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
AGAIN = "python tests/bench/peers.py --store --readme"

MADE_UP = Standings(
    {"right": "1", "hasty": "2", "shy": "3"},
    {"torch": "2"},
    (
        Line("a", 60, 12, (Answer(60, 12), Answer(0, 12), Answer(failure="TypeError"))),
        Line("b", 8, 2, (Answer(8, 2), Answer(4, 3), Answer(0, None, warned=True))),
        Line("c", 0, 0, (Answer(0, 0, warned=True), Answer(5, 0), Answer(0, None))),
    ),
)


def test_how_a_counter_did() -> None:
    assert [line.on_macs(1) for line in MADE_UP.lines] == [SILENT, WRONG, WRONG]
    assert [line.on_macs(2) for line in MADE_UP.lines] == [FAILED, WARNED, EXACT]
    assert [line.on_parameters(1) for line in MADE_UP.lines] == [True, False, True]


def test_the_rows_count_macs_where_there_are_any_and_parameters_everywhere() -> None:
    assert list(rows(MADE_UP)) == [
        ("right", "1", "2", "0", "0", "0", "0", "3"),
        ("hasty", "2", "0", "1", "1", "0", "0", "2"),
        ("shy", "3", "0", "0", "0", "1", "1", "–"),
    ]
    assert [MADE_UP.from_nothing(counter) for counter in range(3)] == [0, 1, 0]


def test_the_columns_of_the_terminal_line_up() -> None:
    counts, *body = table(MADE_UP).splitlines()
    assert counts == "2 cases with MACs, 3 in all"
    assert len({len(line) for line in body}) == 1


def test_what_is_stored_is_read_back() -> None:
    assert from_json(to_json(MADE_UP)) == MADE_UP
    assert json.loads(to_json(MADE_UP))["lines"][0] == ["a", 60, 12, [[60, 12, False], [0, 12, False], "TypeError"]]


def test_the_block_replaces_the_one_before_and_nothing_else() -> None:
    text = with_block("before\n<!-- peers:begin -->\nold\n<!-- peers:end -->\nafter\n", MADE_UP)
    assert text == f"before\n{block(MADE_UP)}\nafter\n"
    assert with_block(text, MADE_UP) == text
    with pytest.raises(ValueError, match="peers:begin"):
        with_block("no place", MADE_UP)


def test_the_readme_shows_what_is_stored() -> None:
    stored = from_json(STORED.read_text(encoding="utf-8"))
    assert block(stored) in README.read_text(encoding="utf-8"), f"run {AGAIN}"


def test_the_stored_answers_are_about_every_case_of_today() -> None:
    stored = from_json(STORED.read_text(encoding="utf-8"))
    known = {(line.case, line.macs, line.parameters) for line in stored.lines}
    today = [(case.name, case.macs, case.parameters) for case in cases()]
    assert len(today) == len(set(today))
    assert set(today) == known, f"the tables have changed: run {AGAIN}"
    assert all(len(line.said) == len(stored.versions) for line in stored.lines)


def test_ours_is_right_on_everything_stored() -> None:
    stored = from_json(STORED.read_text(encoding="utf-8"))
    ours = list(stored.versions).index("linscope")
    wrong = [line.case for line in stored.lines if line.on_macs(ours) != EXACT or not line.on_parameters(ours)]
    assert wrong == []


def test_every_counter_is_registered() -> None:
    files = {path.stem for path in (HERE / "counters").glob("*.py")}
    assert files - {"__init__", "registry", "calls"} == set(FILES)


def test_work_alone_gives_its_result_and_no_more() -> None:
    kept: list[int] = []
    assert alone(lambda: kept.append(1) or len(kept), 10) == 1
    assert kept == []


def test_work_alone_that_fails_says_how() -> None:
    assert alone(lambda: 1 // 0, 10) == Failed("ZeroDivisionError")
    assert alone(lambda: os._exit(3), 10) == Failed("crashed")
    assert alone(lambda: time.sleep(60), 0.1) == Failed("out of time")


@pytest.mark.slow
def test_the_counters_can_be_asked() -> None:
    for name in ("calflops", "fvcore", "ptflops", "torchinfo"):
        pytest.importorskip(name)
    done = subprocess.run(
        [sys.executable, str(HERE / "peers.py"), "--only", "[32,3,4] -> Linear(4,2)", "--details", "linscope"],
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    counts, head, *body = done.stdout.splitlines()
    assert counts == "1 cases with MACs, 1 in all"
    assert head.split()[0] == "version"
    assert [line.split()[0] for line in body][:1] == ["linscope"]
    assert len(body) == 9
