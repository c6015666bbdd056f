"""One graph to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from linscope.engine.graph.counting import Counter
from linscope.graph.reading import Reading, report_on
from linscope.graph.steps import Scope
from linscope.report.record import Note, TensorInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.graph import Graph
    from linscope.graph.program import Block
    from linscope.report.record import Report


def analyze_graph(graph: Graph) -> Report:
    """The report on a graph: nothing is run but torch's own operators, and those on tensors without values.

    Raises:
        TargetError: a node that torch could never have written.
    """
    counter = Counter()
    steps = tuple(counter.steps(graph.block, (_root(graph.block),)))
    return report_on(
        Reading(
            target=graph.target,
            inputs=tuple(_told(graph.inputs, counter, named=True)),
            outputs=tuple(_told(graph.outputs, counter, named=False)),
            goes_in=graph.inputs,
            comes_out=graph.outputs,
            steps=steps,
            tensors=counter.tensors,
            held=graph.held,
            training=graph.training,
            notes=(*_unsized(graph, counter), *graph.notes),
            versions=(("torch", str(torch.__version__)), *graph.versions),
        )
    )


def _root(block: Block) -> Scope:
    """The model itself, as the first node has it that knows."""
    return next((node.scopes[0] for node in block.nodes if node.scopes), Scope("", "Module"))


def _told(names: tuple[str, ...], counter: Counter, *, named: bool) -> Iterator[TensorInfo]:
    for name in names:
        tensor = counter.tensors.get(name)
        if tensor is not None:
            yield TensorInfo(tensor.shape, tensor.dtype, name if named else None)


def _unsized(graph: Graph, counter: Counter) -> Iterator[Note]:
    """That sizes were not known, where that leaves something out."""
    tensors = [name for name in graph.outputs if name not in counter.tensors]
    if not counter.unsized and not tensors:
        return
    left_out = [*counter.unsized, *(f"output {name}" for name in tensors)]
    yield Note(
        "sizes-unknown",
        f"sizes that values decide are not known here: left out of elements and outputs are {', '.join(left_out[:6])}",
        (("operators", tuple(counter.unsized)), ("outputs", tuple(tensors))),
    )
