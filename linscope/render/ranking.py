"""The most expensive layers, ranked: what each does by itself, so that shares add up; positions alike told once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.render.figures import number, runs, several, shape
from linscope.render.look import MACS, MEMORY, PARAMETERS
from linscope.render.page import EARLY, Cell, Column, Grid, without_empty
from linscope.render.shares import OF_COUNTED, PERCENT, with_shares
from linscope.report.record import HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from linscope.render.look import Ranking
    from linscope.report.record import LayerRow, Report

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Alike:
    """Calls that differ in nothing but numbers in their paths, and in which call it is."""

    rows: tuple[LayerRow, ...]

    @property
    def times(self) -> int:
        return len(self.rows)

    def each(self, measure: str) -> int:
        """What one of them takes by itself."""
        return _MEASURED[measure](self.rows[0])

    def all(self, measure: str) -> int:
        return self.times * self.each(measure)


def _memory(row: LayerRow) -> int:
    return row.parameters.bytes + row.parameters.packed_bytes + row.allocated


_MEASURED: dict[str, Callable[[LayerRow], int]] = {
    MACS: lambda row: row.macs,
    PARAMETERS: lambda row: row.parameters.total,
    MEMORY: _memory,
}


def ranked(report: Report, by: str) -> tuple[Alike, ...]:
    """Layers alike together, those that take most of ``by`` first, in the order they ran where that is the same."""
    kinds: dict[Hashable, list[LayerRow]] = {}
    for row in report.layers:
        kinds.setdefault((_NUMBER.sub("*", row.path), _face(row)), []).append(row)
    return tuple(sorted((Alike(tuple(rows)) for rows in kinds.values()), key=lambda alike: -alike.all(by)))


def _face(row: LayerRow) -> Hashable:
    taken = (row.macs, row.parameters.total, _memory(row))
    return (row.type, row.written, row.input_shapes, row.output_shapes, row.has_children, taken)


def top(report: Report, ranking: Ranking) -> Grid:
    """The first layers of the ranking, what the rest comes to, and the total."""
    header = report.run.mode == HEADER
    by = PARAMETERS if header and ranking.by == MACS else ranking.by  # MACs are unknown there
    groups = ranked(report, by)
    told = [group for group in groups[: ranking.top] if group.all(by)]
    second = [by] if by == MEMORY else [] if header else [MACS]
    measures = [PARAMETERS, *second]
    whole = {measure: _whole(report, measure) for measure in measures}
    rest = {measure: whole[measure] - sum(group.all(measure) for group in told) for measure in measures}
    others = sum(group.times for group in groups[len(told) :])
    rows = [_row(group, measures, _open(report)) for group in told]
    parts = [group.all(by) for group in told]
    if others or any(rest.values()):
        rows.append(_sum(_others(others), rest, "label", least=not report.complete))
        parts.append(rest[by])
    rows.append(_sum("Total", whole, "total", least=not report.complete))
    parts.append(whole[by])
    counts = (_COLUMNS[m] if m == by else _COLUMNS[m]._replace(moves=EARLY, lead="   ") for m in measures)
    grid = Grid((_LAYER, _TYPE, _OUTPUT, *counts), tuple(rows))
    percents = PERCENT if report.complete or by != MACS else OF_COUNTED
    return without_empty(with_shares(grid, parts, whole[by], percents))


_LAYER = Column("Layer by itself", folds=True)
_TYPE = Column("Type", moves=EARLY)
_OUTPUT = Column("Output", moves=EARLY, lead=" → ")
_COLUMNS = {
    PARAMETERS: Column("Parameters", numeric=True),
    MACS: Column("MACs", numeric=True),
    MEMORY: Column("Memory bytes", numeric=True),
}


def remark(report: Report, ranking: Ranking) -> str:
    """What the memory of a layer is, where that is what it is ranked by."""
    if ranking.by != MEMORY:
        return ""
    if report.memory.activations is None:
        return "Memory bytes: a layer's parameters; what its operators make is unknown, as nothing ran."
    return (
        "Memory bytes: a layer's parameters, and all that its own operators made, however soon that was gone again. "
        "What there was at once is the memory below."
    )


def _whole(report: Report, measure: str) -> int:
    """The total; of memory the sum of the rows, since not all of it is there at once."""
    if measure == MEMORY:
        return sum(map(_memory, report.layers))
    return report.totals.macs if measure == MACS else report.totals.parameters.total


def _open(report: Report) -> frozenset[str]:
    """The layers that an operator without a count ran in."""
    return frozenset(path for operator in report.uncounted for path in operator.modules)


def _row(group: Alike, measures: Sequence[str], open: frozenset[str]) -> tuple[Cell, ...]:
    row = group.rows[0]
    least = any(row.path in open for row in group.rows)
    name = place(group)
    return (
        Cell((several(group.times, name or row.written),)),
        Cell((row.written,) if name else ()),
        Cell(runs(map(shape, row.output_shapes))),
        *(_count(group.each(m), group.times, least=least and m == MACS) for m in measures),
    )


def place(group: Alike) -> str:
    """Where they are: ``model.layers.*.mlp.down_proj``; ``relu, calls 1–3``; nothing for steps of a chain."""
    paths = zip(*(row.path.split(".") for row in group.rows), strict=True)
    path = ".".join(parts[0] if len(set(parts)) == 1 else _NUMBER.sub("*", parts[0]) for parts in paths)
    calls = sorted({row.call for row in group.rows})
    again = "" if calls == [1] else f", call {calls[0]}" if len(calls) == 1 else f", calls {calls[0]}–{calls[-1]}"
    if not again and (path == "*" or path.isdecimal()):
        return ""
    return f"{path or 'the model'}{again}"


def _others(count: int) -> str:
    return f"{number(count)} other{'' if count == 1 else 's'}" if count else "in no layer that ran"


def _sum(label: str, counts: Mapping[str, int], style: str, *, least: bool) -> tuple[Cell, ...]:
    sums = (_count(count, 1, least=least and measure == MACS, style=style) for measure, count in counts.items())
    return (Cell((label,), style), Cell(), Cell(), *sums)


def _count(count: int, times: int, *, least: bool, style: str = "") -> Cell:
    told = several(times, number(count)) if count else "0"
    return Cell((f"≥ {told}" if least else told,), style if count or least else "zero")
