"""Where a total comes from, in a line: the product behind it, or the sum it is."""

from __future__ import annotations

from itertools import groupby
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from linscope.render.figures import number, several
from linscope.report.derivation import Derivation

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.render.tree import Node
    from linscope.report.derivation import Term
    from linscope.report.record import LayerRow

MOST_SUMMANDS = 6
"""Longer sums are for the table of layers, and for the JSON form."""


class Origin(NamedTuple):
    """A product or a sum, and for a sum whose terms have names a line for each of them."""

    text: str = ""
    lines: tuple[str, ...] = ()


class _Part(NamedTuple):
    """``times`` × ``each``; ``node`` is None where it is what a layer with others inside does by itself."""

    times: int
    each: int
    node: Node | None


def macs_origin(nodes: tuple[Node, ...], total: int) -> Origin:
    """Where the total MACs come from."""
    parts = _parts(nodes, lambda row: row.subtree_macs, lambda row: row.macs)
    row = _only(parts, total)
    if row is None:
        return Origin(_sum(parts, total))
    terms = row.derivation.terms if row.derivation else ()
    if not 0 < len(terms) <= MOST_SUMMANDS:
        return Origin()
    if len(terms) == 1:
        return Origin(f"{_pretty(terms[0])}{_gloss(row, terms[0])}")
    counts = [Derivation((term,)).count for term in terms]
    return Origin(
        " + ".join(map(number, counts)),
        tuple(
            f"{f'{term.label}: ' if term.label else ''}{_pretty(term)} = {number(count)}"
            for term, count in zip(terms, counts, strict=True)
        ),
    )


def parameters_origin(nodes: tuple[Node, ...], total: int) -> str:
    """Where the total parameters come from: the shapes of the one layer that has any, or a sum of layers."""
    parts = _parts(nodes, lambda row: row.subtree_parameters, lambda row: row.parameters.total)
    row = _only(parts, total)
    if row is None:
        return _sum(parts, total)
    shapes = [sizes for _, sizes in row.parameters.shapes]
    told = len(shapes) <= MOST_SUMMANDS and sum(map(prod, shapes)) == total
    if not told or [len(sizes) for sizes in shapes] == [1]:
        return ""
    return " + ".join(" × ".join(map(number, sizes)) or "1" for sizes in shapes)


def _parts(nodes: tuple[Node, ...], whole: Callable[[LayerRow], int], own: Callable[[LayerRow], int]) -> list[_Part]:
    """What adds up to the total: the outermost calls, or what is inside where one of them holds it all."""
    parts = [_Part(node.times, whole(node.row), node) for node in nodes if whole(node.row)]
    if len(parts) == 1 and parts[0].times == 1 and parts[0].node and parts[0].node.children:
        outer = parts[0].node
        by_itself = [_Part(1, own(outer.row), None)] if own(outer.row) else []
        return by_itself + _parts(outer.children, whole, own)
    return parts


def _only(parts: list[_Part], total: int) -> LayerRow | None:
    """The one call that the whole total comes from."""
    if len(parts) == 1 and parts[0].node and (parts[0].times, parts[0].each) == (1, total):
        return parts[0].node.row
    return None


def _sum(parts: list[_Part], total: int) -> str:
    alike = groupby(parts, key=lambda part: part.each)
    summands = [(sum(part.times for part in group), each) for each, group in alike]
    whole = sum(times * each for times, each in summands) == total
    if not whole or len(summands) > MOST_SUMMANDS or [times for times, _ in summands] == [1]:
        return ""
    return " + ".join(several(times, number(each)) for times, each in summands)


def _pretty(term: Term) -> str:
    return Derivation((term,)).pretty()


def _gloss(row: LayerRow, term: Term) -> str:
    """What the product means where the weight is one matrix that every row goes through."""
    matrices = [sizes for _, sizes in row.parameters.shapes if len(sizes) == 2]
    weights = prod(factor.value for factor in term.weights)
    if not term.weights or [prod(sizes) for sizes in matrices] != [weights]:
        return ""
    rows = prod(factor.value for factor in term.rows)
    if rows == 1:
        return f": one row, through {number(weights)} weights"
    return f": {number(rows)} rows, each through the same {number(weights)} weights"
