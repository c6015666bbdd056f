"""What a forward needs of memory, as people read it: each figure with what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.figures import number, several, tensor
from linscope.render.page import Fact, Span
from linscope.report.memory import PACKED, is_real
from linscope.report.memory import readable as size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.report.memory import Memory
    from linscope.report.record import Report

LEAST_TOLD = 2**20
"""Bytes in all from which a reader is told unasked; the JSON form has fewer, too."""


def memory_fact(report: Report) -> Iterator[Fact]:
    """The total, and a line for each of its parts; nothing where it is little and nobody asked."""
    memory = report.memory
    if memory.total < LEAST_TOLD and memory.weights_as is None and memory.kv_cache is None:
        return
    least = "at least " if memory.activations is None else ""
    yield Fact(
        "Memory",
        (Span(f"{least}{size(memory.total)}"),),
        more=tuple(_lines(report)),
    )


def _lines(report: Report) -> Iterator[str]:
    memory = report.memory
    if memory.parameters:
        yield f"parameters {size(memory.parameters)}{_parameters(memory)}"
    if memory.buffers:
        yield f"buffers {size(memory.buffers)}{_by_dtype([(held.dtype, held.buffers) for held in memory.held])}"
    if memory.activations is None:
        yield "activations unknown: nothing ran"
    else:
        most = f"activations {size(memory.activations)} at their most, {_where(report)}"
        yield f"{most}; without what operators take for themselves"
    if memory.kv_cache is not None:
        yield f"KV cache {size(memory.kv_cache)}, {_tokens(report)}"


def _parameters(memory: Memory) -> str:
    if memory.weights_as is None:
        return _by_dtype([(held.dtype, held.parameters) for held in memory.held])
    stored = [held for held in memory.held if held.parameters and is_real(held.dtype)]
    others = [(held.dtype, held.parameters) for held in memory.held if held.parameters and not is_real(held.dtype)]
    if not stored:
        return _by_dtype(others)
    ran = " and ".join(held.dtype for held in stored)
    beside = f"; besides {', '.join(f'{_dtype(dtype)} {size(bytes)}' for dtype, bytes in others)}" if others else ""
    return f" as {memory.weights_as}, without scales and zero points; they are {ran} in the run{beside}"


def _by_dtype(sizes: list[tuple[str, int]]) -> str:
    """``in float32``; with how much of each where there are several."""
    told = [(dtype, bytes) for dtype, bytes in sizes if bytes]
    if len(told) == 1:
        return f" in {_dtype(told[0][0])}" if told[0][0] != PACKED else ", packed"
    return f": {', '.join(f'{_dtype(dtype)} {size(bytes)}' for dtype, bytes in told)}"


def _dtype(name: str) -> str:
    return "packed weights" if name == PACKED else name


def _where(report: Report) -> str:
    """The layer that ran when it was the most, by its path; the step of a chain as it was written."""
    path = report.memory.reached_in or ""
    written = {row.path: row.written for row in report.layers if row.path.isdecimal()}
    return f"in {written.get(path, path)}" if path else "outside of every layer"


def _tokens(report: Report) -> str:
    """How many tokens went in."""
    ids = next((given.shape for given in report.inputs if given.name == "input_ids" and len(given.shape) == 2), None)
    if ids is None:
        return f"keys and values of {', '.join(map(tensor, report.inputs))}"
    batch, length = ids
    return f"keys and values of {several(batch, number(length))} tokens"
