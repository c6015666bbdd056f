"""One graph, read and counted, as a report."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linscope.graph.flow import Flow
from linscope.graph.held import Holdings
from linscope.graph.remarks import remarks
from linscope.graph.rows import called, layer_rows, operator_rows
from linscope.report.record import UNCOUNTED, Report, Run, Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.graph.held import Held
    from linscope.graph.steps import Step
    from linscope.report.record import Note, TensorInfo

GRAPH = "graph"
"""The mode of what was not run: a graph was read, with the shapes that it gives."""

Versions = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A graph and what was made of it.

    Args:
        target: what the user asked for, in their words.
        inputs: the tensors that go in, as they are shown.
        outputs: those that come out, likewise.
        goes_in: the names under which the steps read the inputs.
        comes_out: the names under which they write the outputs.
        steps: what the graph does, in order.
        tensors: shape and dtype of every tensor that a step reads or writes and whose sizes are known.
        held: what the file holds.
        training: whether the graph is one of training mode.
        notes: remarks of the source's own.
        versions: of the packages that had a part in it.
    """

    target: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    goes_in: tuple[str, ...]
    comes_out: tuple[str, ...]
    steps: tuple[Step, ...]
    tensors: Mapping[str, TensorInfo]
    held: tuple[Held, ...]
    training: bool = False
    notes: tuple[Note, ...] = ()
    versions: Versions = ()


def report_on(reading: Reading) -> Report:
    """The report on a graph."""
    steps = reading.steps
    calls = called(steps)
    holdings = Holdings(reading.held, {call.scope.path for call in calls})
    flow = Flow(steps, reading.goes_in, reading.comes_out)
    operators = operator_rows(steps)
    return Report(
        target=reading.target,
        inputs=reading.inputs,
        outputs=reading.outputs,
        layers=layer_rows(calls, holdings, flow, reading.tensors),
        operators=operators,
        totals=Totals(
            holdings.total(),
            holdings.buffers,
            holdings.buffer_bytes,
            sum(row.macs for row in operators),
            sum(row.elements for row in operators),
        ),
        uncounted=tuple(row for row in operators if row.state == UNCOUNTED),
        crosschecks=(),
        notes=(*remarks(holdings), *reading.notes),
        run=Run(GRAPH, "cpu", reading.training, 0),
        environment=environment(reading.versions),
        memory=holdings.memory(),
    )


def environment(versions: Versions = ()) -> Versions:
    """The versions that a result depends on, without importing torch for its own."""
    import linscope

    return (
        ("linscope", linscope.__version__),
        ("python", platform.python_version()),
        *versions,
        ("platform", f"{platform.system()} {platform.machine()}"),
    )
