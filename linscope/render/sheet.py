"""The tables of a report: its layers, its operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from linscope.render.figures import number, runs, several, shape, stored
from linscope.render.page import EARLY, Cell, Column, Grid, without_empty
from linscope.render.shares import OF_COUNTED, PERCENT, with_shares
from linscope.render.tree import title
from linscope.report.record import COUNTED, HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.tree import Node
    from linscope.report.record import LayerRow, Report

_LAYER = Column("Layer", folds=True)
_INPUT = Column("Input", moves=EARLY)
_OUTPUT = Column("Output", moves=EARLY, lead=" → ")
_WEIGHT = Column("Weight", moves=EARLY, lead="   ")
_PARAMETERS = Column("Parameters", numeric=True)
_MACS = Column("MACs", numeric=True)


class _Row(NamedTuple):
    """``macs`` and ``parameters`` are of all the calls that the row stands for, those within them included."""

    cells: tuple[Cell, ...]
    macs: int
    parameters: int


def layers(report: Report, nodes: tuple[Node, ...]) -> Grid:
    """A row per layer call, those that are alike folded, with a total where there is something to add up.

    What a layer with others inside does by itself has a row of its own beneath it, so that columns add up. Shares
    are of the MACs; of the parameters where no MACs are known.
    """
    rows = [row for node in nodes for row in _rows(node, 0, 1)]
    if len(nodes) > 1 or any(node.times > 1 for node in nodes):
        rows.append(_total(report))
    columns = (_LAYER, _INPUT, _OUTPUT, _WEIGHT, _PARAMETERS, _MACS)
    if report.run.mode == HEADER:
        grid = Grid(columns[:-1], tuple(row.cells[:-1] for row in rows))
        parts, whole = [row.parameters for row in rows], report.totals.parameters.total
    else:
        grid = Grid(columns, tuple(row.cells for row in rows))
        parts, whole = [row.macs for row in rows], report.totals.macs
    percents = PERCENT if report.complete or report.run.mode == HEADER else OF_COUNTED
    return without_empty(with_shares(grid, parts, whole, percents))


def _rows(node: Node, depth: int, outer: int) -> Iterator[_Row]:
    """``outer`` is how many times the row stands for what it is nested in."""
    row, times = node.row, outer * node.times
    composite = bool(node.children or node.inside)
    macs = row.subtree_macs if composite else row.macs
    count = row.subtree_parameters if composite else row.parameters.total
    yield _Row(
        (
            Cell((_label(node),), indent=depth),
            Cell(runs(map(shape, row.input_shapes))),
            Cell(runs(map(shape, row.output_shapes))),
            Cell(() if composite else _weights(row)),
            _count(number(count) if composite else _parameters(row), times),
            _count(number(macs), times, open=node.open),
        ),
        times * macs,
        times * count,
    )
    if node.children and (row.macs or row.parameters.shapes):
        yield _Row(
            (
                Cell(("by itself",), "label", depth + 1),
                Cell(),
                Cell(),
                Cell(_weights(row)),
                _count(_parameters(row), times),
                _count(number(row.macs), times),
            ),
            times * row.macs,
            times * row.parameters.total,
        )
    for child in node.children:
        yield from _rows(child, depth + 1, times)


def _label(node: Node) -> str:
    name = f"{node.name}: " if node.name else ""
    return f"{name}{title(node)}{_again(node)}{_aliases(node.row)}"


def _aliases(row: LayerRow) -> str:
    """The other names of a layer that the model holds in several places, at its first call."""
    return f", also {', '.join(row.aliases)}" if row.aliases and row.call == 1 else ""


def _again(node: Node) -> str:
    """Which call it is, where it is not the first."""
    if node.last_call == 1:
        return ""
    if node.last_call == node.row.call:
        return f", call {number(node.last_call)}"
    return f", calls {number(node.row.call)}–{number(node.last_call)}"


def _weights(row: LayerRow) -> tuple[str, ...]:
    """The shapes of the parameters, biases aside: a bias is as long as the output is wide."""
    return runs(stored(sizes) for name, sizes in row.parameters.shapes if not _is_bias(name))


def _is_bias(name: str) -> bool:
    own = name.rpartition(".")[2]
    return own.startswith("bias") or own.endswith("_bias")


def _parameters(row: LayerRow) -> str:
    count = row.parameters
    parts = [number(count.total)] if count.total else []
    parts += [f"{word} {number(n)}" for word, n in (("shared", count.shared), ("packed", count.packed)) if n]
    return " + ".join(parts) or "0"


def _count(text: str, times: int, *, open: bool = False) -> Cell:
    if text == "0":
        return Cell(("≥ 0",)) if open else Cell(("0",), "zero")
    many = several(times, text)
    return Cell((f"≥ {many}" if open else many,))


def _total(report: Report) -> _Row:
    least = "" if report.complete else "≥ "
    macs, parameters = report.totals.macs, report.totals.parameters.total
    return _Row(
        (
            Cell(("Total",), "total"),
            Cell(),
            Cell(),
            Cell(),
            Cell((number(parameters),), "total"),
            Cell((f"{least}{number(macs)}",), "total"),
        ),
        macs,
        parameters,
    )


def operators(report: Report) -> Grid:
    """A row per operator, with the distinct products behind its count."""
    columns = (
        Column("Operator", folds=True),
        Column("Calls", numeric=True),
        Column("State"),
        Column("MACs", numeric=True),
        Column("Elements", numeric=True),
        Column("Products", folds=True, moves=EARLY),
    )
    return without_empty(
        Grid(
            columns,
            tuple(
                (
                    Cell((row.name,)),
                    Cell((number(row.calls),)),
                    Cell((row.state,)),
                    Cell((number(row.macs),) if row.state == COUNTED else ()),
                    Cell((number(row.elements),) if row.elements else ()),
                    Cell(tuple(_product(product.pretty(), calls) for product, calls in row.derivations)),
                )
                for row in report.operators
            ),
        )
    )


def _product(pretty: str, calls: int) -> str:
    return pretty if calls == 1 else several(calls, f"[{pretty}]")
