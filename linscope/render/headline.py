"""The line at the top: what went in, what happened to it, what came out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from linscope.render.figures import number, shape, tensor
from linscope.render.page import Chain
from linscope.render.tree import calls, title
from linscope.report.record import HEADER

if TYPE_CHECKING:
    from linscope.render.tree import Node
    from linscope.report.record import Report

# Beyond these the table below, which has every step, is the better place to read them.
MOST_STEPS = 8


def headline(report: Report, nodes: tuple[Node, ...]) -> Chain:
    """The outermost calls one after another, where each takes what the last one gave; else their number."""
    if report.run.mode == HEADER:
        tensors = sum(len(row.parameters.shapes) for row in report.layers)
        return Chain(f"{report.target}: {number(tensors)} tensor{'' if tensors == 1 else 's'}", ())
    start = ", ".join(map(tensor, report.inputs)) or "nothing"
    end = ", ".join(map(tensor, report.outputs)) or "nothing"
    if not nodes:
        return Chain(start, (("", end),) if end != start else ())
    if len(nodes) > MOST_STEPS or not _follow(report, nodes):
        layers = sum(map(calls, nodes))
        return Chain(start, ((f"{number(layers)} layer{'' if layers == 1 else 's'}", end),))
    came_out = [shape(node.row.output_shapes[0]) for node in nodes[:-1]]
    return Chain(start, tuple(zip(map(title, nodes), [*came_out, end], strict=True)))


def _follow(report: Report, nodes: tuple[Node, ...]) -> bool:
    """Whether the report's inputs go through ``nodes`` in order and come out as its outputs."""
    rows = [node.row for node in nodes]
    return (
        all(row.input_shapes and row.output_shapes for row in rows)
        and rows[0].input_shapes[0] in [tensor.shape for tensor in report.inputs]
        and rows[-1].output_shapes[0] in [tensor.shape for tensor in report.outputs]
        and all(a.output_shapes[0] == b.input_shapes[0] for a, b in pairwise(rows))
        and all(n.times == 1 or n.row.input_shapes[0] == n.row.output_shapes[0] for n in nodes)
    )
