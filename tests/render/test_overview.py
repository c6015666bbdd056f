"""Which layers are shown: down to a depth, or the most expensive. Columns add up whatever is folded or left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render.builders import distinct, layer, parameters, product, report
from render.samples import SAMPLES

from linscope.render import Look, render
from linscope.render.depth import MOST_ROWS, shown
from linscope.render.look import MEASURES, Ranking
from linscope.render.overview import layers
from linscope.render.page import Grid
from linscope.render.ranking import place, ranked
from linscope.render.tree import Node, hidden, tree
from linscope.report.memory import Memory

if TYPE_CHECKING:
    from linscope.report.record import LayerRow, Report

COLUMNS = {"macs": "MACs", "parameters": "Parameters", "memory": "Memory bytes"}


def table(report: Report, **look: object) -> str:
    return render(report, "table", Look(explain="none", **look))


def count(text: str) -> int:
    """``80 × 8,192`` is 655,360; ``4 + shared 4`` is 4."""
    times, sign, each = text.removeprefix("≥ ").partition(" × ")
    amount = (each if sign else times).partition(" + ")[0].removeprefix("shared ").replace(",", "")
    return int(amount) * (int(times.replace(",", "")) if sign else 1)


def column(grid: Grid, title: str) -> list[int]:
    at = [column.title for column in grid.columns].index(title)
    return [count(row[at].lines[0]) for row in grid.rows]


# ── models of any nesting ───────────────────────────────────────────────────────────────────────────


@st.composite
def nested(draw: st.DrawFn) -> Report:
    """A model whose layers hold others, with parameters and MACs of their own anywhere."""
    rows: list[LayerRow] = []

    def add(path: str, depth: int) -> tuple[int, int]:
        own = draw(st.integers(0, 3))
        terms = (product({"rows": 2}, {"in": own}),) if own else ()
        held = parameters(own, weight=(own,)) if own else parameters(0)
        rows.append(layer(path, draw(st.sampled_from(["A", "B"])), (2, 3), (2, 3), depth=depth, own=held, terms=terms))
        at = len(rows) - 1
        inner = draw(st.integers(0, 3)) if depth < 3 else 0
        sums = [add(f"{path}.{i}" if path else str(i), depth + 1) for i in range(inner)]
        macs, parameters_ = rows[at].macs + sum(m for m, _ in sums), own + sum(p for _, p in sums)
        rows[at] = replace(
            rows[at],
            subtree_macs=macs,
            subtree_parameters=parameters_,
            has_children=bool(inner),
            allocated=draw(st.integers(0, 2)) * 8,
        )
        return macs, parameters_

    add("", 0)
    return report("py:net.py:Net", *rows)


@given(nested(), st.integers(0, 4))
@settings(deadline=None, max_examples=60)
def test_folded_to_any_depth_the_tree_holds_every_call_and_every_count(model: Report, depth: int) -> None:
    nodes = tree(model, depth)
    assert sum(map(_calls, nodes)) + hidden(nodes) == len(model.layers)
    assert sum(node.times * _own_and_within(node, "macs") for node in nodes) == model.totals.macs
    assert sum(node.times * _own_and_within(node, "parameters") for node in nodes) == model.totals.parameters.total


@given(nested(), st.integers(0, 4))
@settings(deadline=None, max_examples=60)
def test_the_rows_of_a_folded_table_add_up_to_the_totals(model: Report, depth: int) -> None:
    grid = layers(model, tree(model), Look(depth=depth)).grid
    rows = [row for row in grid.rows if row[0].style != "total"]
    follows = [*(row[0].indent for row in rows[1:]), 0]
    innermost = [row[0].indent >= after for row, after in zip(rows, follows, strict=True)]
    for title, total in (("MACs", model.totals.macs), ("Parameters", model.totals.parameters.total)):
        counts = column(Grid(grid.columns, tuple(rows)), title)
        assert sum(count for count, counts_once in zip(counts, innermost, strict=True) if counts_once) == total


def _calls(node: Node) -> int:
    inner = sum(map(_calls, node.children))
    return node.times * (inner if node.cycle else 1 + inner)


def _own_and_within(node: Node, what: str) -> int:
    """What a node shows of itself, and what is shown beneath it: at the leaves all that was folded into them."""
    row = node.row
    if not node.children:
        return row.subtree_macs if what == "macs" else row.subtree_parameters
    own = row.macs if what == "macs" else row.parameters.total
    return own + sum(child.times * _own_and_within(child, what) for child in node.children)


@given(nested(), st.integers(1, 5), st.sampled_from(MEASURES))
@settings(deadline=None, max_examples=60)
def test_a_ranking_adds_up_to_the_totals_however_long_it_is(model: Report, top: int, by: str) -> None:
    grid = layers(model, tree(model), Look(ranking=Ranking(top, by))).grid
    for title in [c.title for c in grid.columns if c.title in COLUMNS.values()]:
        *parts, total = column(grid, title)
        assert sum(parts) == total
    *parts, total = column(grid, COLUMNS[by])
    rest = any(" other" in row[0].lines[0] for row in grid.rows)
    assert parts[: len(parts) - rest] == sorted(parts[: len(parts) - rest], reverse=True)
    assert total == (
        sum(row.parameters.bytes + row.allocated for row in model.layers)
        if by == "memory"
        else model.totals.macs
        if by == "macs"
        else model.totals.parameters.total
    )


@given(nested())
@settings(deadline=None, max_examples=60)
def test_a_ranking_holds_every_call_once(model: Report) -> None:
    found = [row for group in ranked(model, "macs") for row in group.rows]
    assert sorted(id(row) for row in found) == sorted(id(row) for row in model.layers)
    for group in ranked(model, "memory"):
        assert len({row.macs for row in group.rows}) == 1


# ── depth ───────────────────────────────────────────────────────────────────────────────────────────


def test_deeper_layers_fold_into_those_around_them_and_that_is_said() -> None:
    shown = table(SAMPLES["encoder"], depth=1)
    assert "Linear(8, 16)" not in shown
    assert "2 × TransformerEncoderLayer(8, 2, 16, batch_first=True)" in shown
    assert "2 × 600" in shown and "2 × 5,920" in shown
    assert "Down to depth 1: 12 deeper layers are in the figures of those around; --depth=2 shows all" in shown
    assert "Down to" not in table(SAMPLES["encoder"], depth=2)
    assert "Down to depth 1" in render(SAMPLES["encoder"], "markdown", Look(depth=1))


def test_formats_for_programs_hold_every_layer() -> None:
    for format in ("json", "jsonl", "csv", "plain"):
        whole = render(SAMPLES["encoder"], format, Look())
        assert render(SAMPLES["encoder"], format, Look(depth=0, ranking=Ranking(1))) == whole


def blocks(count: int) -> Report:
    """A model of ``count`` blocks, no two alike, each with a layer inside."""
    rows = [layer("", "Net", (2, 3), (2, 3), subtree=(0, 0))]
    for i in range(count):
        rows.append(layer(str(i), f"Block({i})", (2, 3), (2, 3), depth=1, subtree=(0, 0)))
        rows.append(layer(f"{i}.0", f"Linear({i})", (2, 3), (2, 3), depth=2))
    return report("py:net.py:Net", *rows)


@pytest.mark.parametrize(("count", "rows"), [(3, 7), (19, 39), (20, 21), (39, 40), (100, 101)])
def test_a_terminal_gets_what_it_has_room_for(count: int, rows: int) -> None:
    model = blocks(count)
    told = shown(model, tree(model), Look(width=80))
    assert len(layers(model, tree(model), Look(width=80)).grid.rows) == rows
    assert bool(told.remark) == (1 + 2 * count > MOST_ROWS)
    assert shown(model, tree(model), Look(width=None)).nodes == tree(model)  # a file has room for all


def test_a_chain_is_never_folded_away() -> None:
    assert "Down to" not in table(distinct(100), width=80)


def test_an_operator_without_a_count_in_a_folded_layer_shows() -> None:
    shown = table(SAMPLES["uncounted"], depth=0)
    assert "≥ " in shown


# ── the most expensive ──────────────────────────────────────────────────────────────────────────────


def stack() -> Report:
    """Three alike layers of 2·4·4 = 32 MACs in blocks, and a head of 2·4·2 = 16."""
    up = product({"rows": 2}, {"in": 4, "out": 4})
    head = product({"rows": 2}, {"in": 4, "out": 2})
    rows = [layer("", "Net", (2, 4), (2, 2), subtree=(112, 56))]
    rows += [
        layer(f"blocks.{i}.up", "Linear", (2, 4), (2, 4), depth=1, own=parameters(16, weight=(4, 4)), terms=(up,))
        for i in range(3)
    ]
    rows.append(layer("head", "Linear", (2, 4), (2, 2), depth=1, own=parameters(8, weight=(2, 4)), terms=(head,)))
    return report("py:net.py:Net", *rows)


def test_what_is_alike_is_ranked_as_one_and_the_rest_is_told() -> None:
    lines = table(stack(), ranking=Ranking(1)).splitlines()
    first = next(i for i, line in enumerate(lines) if "Layer by itself" in line)
    assert [" ".join(line.split()) for line in lines[first + 1 : first + 4]] == [
        "3 × blocks.*.up Linear [2, 4] 3 × 16 3 × 32 85.7% ██████▉",  # 96 of 112
        "2 others 8 16 14.3% █▏",
        "Total 56 112 100% ████████",
    ]


def test_nothing_without_a_share_is_ranked() -> None:
    shown = table(stack(), ranking=Ranking(10))
    assert "head" in shown and "the model" not in shown and "1 other " in shown


def test_memory_of_a_layer_is_its_parameters_and_what_it_made() -> None:
    model = stack()
    rows = tuple(replace(row, allocated=100 if row.path == "head" else 0) for row in model.layers)
    model = replace(model, layers=rows, memory=Memory(activations=100))
    shown = table(model, ranking=Ranking(2, "memory"))
    assert "3 × 64" in shown  # 16 parameters of 4 bytes
    assert " 132 " in shown  # 8 of 4, and 100
    assert "Memory bytes: a layer's parameters, and all that its own operators made" in shown
    assert "unknown, as nothing ran" in table(replace(model, memory=Memory()), ranking=Ranking(2, "memory"))


def test_names_that_differ_in_a_number_are_one_star() -> None:
    rows = tuple(replace(row, path=row.path.replace("blocks.", "block_")) for row in stack().layers)
    assert "3 × block_*.up" in table(replace(stack(), layers=rows), ranking=Ranking(1))


def test_steps_of_a_chain_are_named_as_they_were_written() -> None:
    shown = table(SAMPLES["chain"], ranking=Ranking(1))
    assert "  nn.Linear(10, 50)   [3, 50] " in shown and "Type" not in shown


def test_calls_of_one_layer_are_told_by_their_numbers() -> None:
    (group,) = ranked(report("t", *(layer("relu", "ReLU", (2,), (2,), call=call) for call in (1, 2, 3))), "macs")
    assert place(group) == "relu, calls 1–3"
