"""Files that are read as data: opened as the command line opens them, and spoilt in every way we can think of."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from linscope.errors import LinscopeError
from linscope.report.record import Report
from linscope.sources.registry import open_source, split
from linscope.subject import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(target: str, **asked: Any) -> Report:
    """The report on what ``target`` names."""
    named = split(target)
    assert named is not None
    opened = open_source(*named, Asked(target, **asked))
    if isinstance(opened, Report):
        return opened
    from linscope.engine.graph import analyze_graph

    return analyze_graph(opened)


def adds_up(report: Report) -> bool:
    """Whether rows add up to the totals, in every column, and so do subtrees at the top."""
    rows = report.layers
    top = [row for row in rows if row.depth == 0]
    return (
        sum(row.macs for row in rows) == report.totals.macs == sum(row.subtree_macs for row in top)
        and sum(row.parameters.total for row in rows) == report.totals.parameters.total
        and sum(row.subtree_parameters for row in top) == report.totals.parameters.total
        and sum(row.elementwise for row in rows) == report.totals.elementwise
        and sum(row.macs for row in report.operators) == report.totals.macs
    )


def spoilt(good: bytes, times: int, *, within: int | None = None) -> Iterator[bytes]:
    """``good`` cut short, with bytes changed, and with a piece of it put in again, ``times`` times; the same ones
    every time. Changes are made to the first ``within`` bytes."""
    chance = random.Random(0)
    within = len(good) if within is None else within
    for turn in range(times):
        data = bytearray(good)
        if turn % 3 == 0:
            data = data[: chance.randrange(len(data))]
        elif turn % 3 == 1:
            for _ in range(chance.choice((1, 1, 4))):
                data[chance.randrange(within)] = chance.randrange(256)
        else:
            start, place = chance.randrange(within), chance.randrange(within)
            data[place:place] = data[start : start + chance.randrange(1, 64)]
        yield bytes(data)


def outcome(path: Path, data: bytes, scheme: str, **asked: Any) -> str | Report:
    """What becomes of a file of ``data``: a report, or the kind of error; anything else that is raised goes through."""
    path.write_bytes(data)
    try:
        report = read(f"{scheme}:{path}", **asked)
    except LinscopeError as error:
        assert error.exit_code in (1, 2, 3)
        assert "Traceback" not in str(error)
        return error.kind
    report.to_json()
    return report
