"""What a forward needs of memory, as people read it: each figure with what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.figures import number, several, tensor
from linscope.render.page import Fact, Span
from linscope.report.memory import PACKED, is_real, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.report.memory import Memory
    from linscope.report.record import Report

LEAST_TOLD = 2**20
"""Bytes in all from which a reader is told unasked; the JSON form has fewer, too."""
UNKNOWN = "unknown"


def memory_fact(report: Report) -> Iterator[Fact]:
    """The total, and a line for each of its parts; nothing where it is little and nobody asked."""
    memory = report.memory
    if memory.total < LEAST_TOLD and memory.weights_as is None and memory.kv_cache is None:
        return
    parts = tuple(_parts(report))
    least = "at least " if memory.activations is None else ""
    widest = max(len(amount) for amount, _ in parts)
    yield Fact(
        "Memory",
        (Span(f"{least}{readable(memory.total)}"),),
        more=tuple(f"{amount:<{widest}}   {what}" for amount, what in parts),
        hang=widest + 3,
    )


def _parts(report: Report) -> Iterator[tuple[str, str]]:
    """How much, and what it is."""
    memory = report.memory
    if memory.parameters:
        yield readable(memory.parameters), f"parameters{_parameters(memory)}"
    if memory.buffers:
        yield readable(memory.buffers), f"buffers{_by_dtype([(held.dtype, held.buffers) for held in memory.held])}"
    if memory.activations is None:
        yield UNKNOWN, "activations: nothing ran"
    else:
        most = f"activations at their most, {_where(report)}, without operators' scratch memory"
        yield readable(memory.activations), most
    if memory.kv_cache is not None:
        yield readable(memory.kv_cache), f"KV cache: keys and values that are kept of {_tokens(report)}"


def _parameters(memory: Memory) -> str:
    held = [(held.dtype, held.parameters) for held in memory.held if held.parameters]
    stored = [dtype for dtype, _ in held if is_real(dtype)]
    if memory.weights_as is None or not stored:
        return _by_dtype(held)
    others = [f"{_named(dtype)} {readable(bytes)}" for dtype, bytes in held if not is_real(dtype)]
    beside = f"; with {', '.join(others)}" if others else ""
    return (
        f" as {memory.weights_as}, without scales and zero points; they are {' and '.join(stored)} in the run{beside}"
    )


def _by_dtype(sizes: list[tuple[str, int]]) -> str:
    """``in float32``; with how much of each where there are several."""
    told = [(_named(dtype), bytes) for dtype, bytes in sizes if bytes]
    if len(told) == 1:
        return f" in {told[0][0]}"
    return f": {', '.join(f'{dtype} {readable(bytes)}' for dtype, bytes in told)}"


def _named(dtype: str) -> str:
    return "packed weights" if dtype == PACKED else dtype


def _where(report: Report) -> str:
    """The layer that ran when it was the most, by its path; the step of a chain as it was written."""
    path = report.memory.reached_in or ""
    written = {row.path: row.written for row in report.layers if row.path.isdecimal()}
    return f"in {written.get(path, path)}" if path else "in the model itself"


def _tokens(report: Report) -> str:
    """How many tokens went in."""
    ids = next((given.shape for given in report.inputs if given.name == "input_ids" and len(given.shape) == 2), None)
    if ids is None:
        return ", ".join(map(tensor, report.inputs))
    batch, length = ids
    return f"{several(batch, number(length))} tokens"
