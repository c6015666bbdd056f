"""Two reports in their JSON form to what differs between them."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from linscope.comparison.matching import matched
from linscope.comparison.reading import side_of
from linscope.comparison.remarks import remarks
from linscope.comparison.saved import checked
from linscope.comparison.tree import as_written, itself
from linscope.report.comparison import ADDED, CHANGED, REMOVED, RENAMED, Comparison, Figure, LayerChange, generic
from linscope.report.record import COMPLETE

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from linscope.comparison.reading import Row, Side

BOUND = ("macs", "elementwise")
"""Figures that leave out the work of operators without a count."""


def compare_forms(
    before: Mapping[str, Any], after: Mapping[str, Any], names: tuple[str, str] = ("the first", "the second")
) -> Comparison:
    """What changed from one report to another, both as ``Report.to_dict`` or a saved file has them.

    Raises:
        UsageError: one of them is no report, or not a whole one; ``names`` is how the messages call them.
    """
    old, new = (side_of(checked(form, name), name) for form, name in zip((before, after), names, strict=True))
    pairs = matched(old.rows, new.rows)
    same_rest = _same_rest(old, new, pairs)
    differing = {b: _differing(old.rows[a], new.rows[b]) for a, b in pairs.items()}
    alike = [(old.rows[a], new.rows[b]) for a, b in pairs.items() if not differing[b]]
    return Comparison(
        before=old.about,
        after=new.about,
        totals=_totals(old, new, same_rest),
        layers=tuple(_changes(old, new, pairs, differing, same_rest)),
        unchanged=len(alike),
        moved=sum(a.side.path != b.side.path for a, b in alike),
        notes=remarks(old, new, same_rest),
    )


def _same_rest(old: Side, new: Side, pairs: Mapping[int, int]) -> bool:
    """Whether the work without a count is the same on both sides: the same operators, as often, and the layers they
    ran in are the same, with all within them, since an operator may have had what came out of those."""
    if not old.uncounted or old.uncounted != new.uncounted or not (old.placed and new.placed):
        return False
    opened = [index for index, row in enumerate(old.rows) if row.uncounted]
    return sum(bool(row.uncounted) for row in new.rows) == len(opened) and all(
        index in pairs and _inside(old.rows, index) == _inside(new.rows, pairs[index]) for index in opened
    )


def _inside(rows: tuple[Row, ...], index: int) -> list[Hashable]:
    """A row and those within it, each as it is in itself."""
    depth = rows[index].depth
    return [itself(rows[index]), *map(itself, takewhile(lambda row: row.depth > depth, rows[index + 1 :]))]


def _totals(old: Side, new: Side, same_rest: bool) -> tuple[Figure, ...]:
    names = dict.fromkeys((*old.totals, *new.totals))
    return tuple(
        Figure(
            name,
            old.totals.get(name),
            new.totals.get(name),
            before_least=_least(name, old),
            after_least=_least(name, new),
            same_rest=same_rest and name in BOUND,
        )
        for name in names
        if (old.totals.get(name), new.totals.get(name)) != (None, None)
    )


def _least(name: str, side: Side) -> bool:
    if name in BOUND:
        return side.about.status != COMPLETE
    return side.lazy > 0 and name in ("parameters", "trainable", "parameter_bytes")


def _changes(
    old: Side, new: Side, pairs: Mapping[int, int], differing: Mapping[int, tuple[str, ...]], same_rest: bool
) -> Iterator[LayerChange]:
    """The rows that are not the same, in the order of the second report; what is gone comes before what is there
    in its place."""
    counterpart = {b: a for a, b in pairs.items()}
    gone = [index for index in range(len(old.rows)) if index not in pairs]
    gone.reverse()
    places = _places(counterpart, len(new.rows), len(old.rows))
    for index, row in enumerate(new.rows):
        while gone and gone[-1] < places[index]:
            yield _change(REMOVED, old.rows[gone.pop()], None, (), same_rest)
        if index not in counterpart:
            yield _change(ADDED, None, row, (), same_rest)
        elif differing[index]:
            kind = RENAMED if differing[index] == ("path",) else CHANGED
            yield _change(kind, old.rows[counterpart[index]], row, differing[index], same_rest)
    while gone:
        yield _change(REMOVED, old.rows[gone.pop()], None, (), same_rest)


def _places(counterpart: Mapping[int, int], rows: int, end: int) -> list[int]:
    """For each row of the second report, where its counterpart stands in the first, or the next that has one."""
    places = []
    for index in reversed(range(rows)):
        end = counterpart.get(index, end)
        places.append(end)
    return places[::-1]


def _change(kind: str, old: Row | None, new: Row | None, what: tuple[str, ...], same_rest: bool) -> LayerChange:
    before, after = (dict(row.counts) if row else {} for row in (old, new))
    return LayerChange(
        kind,
        old.side if old else None,
        new.side if new else None,
        what,
        tuple(
            Figure(
                name,
                before.get(name, 0),
                after.get(name, 0),
                before_least=name in BOUND and old is not None and bool(old.uncounted),
                after_least=name in BOUND and new is not None and bool(new.uncounted),
                same_rest=same_rest and name in BOUND,
            )
            for name in before or after
        ),
    )


def _differing(old: Row, new: Row) -> tuple[str, ...]:
    """The aspects in which two calls differ, by name; a position in a chain is none."""
    if itself(old) == itself(new) and old.side.path == new.side.path:
        return ()
    a, b = old.side, new.side
    written = as_written(old) != as_written(new) and a.written != b.written and old.leaf and new.leaf
    aspects = (
        ("path", generic(a.path) != generic(b.path)),
        ("type", a.type != b.type),
        ("written", written),
        ("input_shapes", a.input_shapes != b.input_shapes),
        ("output_shapes", a.output_shapes != b.output_shapes),
        ("output_dtypes", a.output_dtypes != b.output_dtypes),
        ("parameter_shapes", a.parameter_shapes != b.parameter_shapes),
        *((name, count != dict(new.counts)[name]) for name, count in old.counts),
        ("uncounted", old.uncounted != new.uncounted),
    )
    return tuple(name for name, differs in aspects if differs)
