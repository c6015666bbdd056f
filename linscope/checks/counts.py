"""Where a count comes from, in a few lines: the layers that have most of it, with formula and substitution."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from linscope.report.record import LayerRow, Report

MOST_LAYERS = 5
"""Layers that are told one by one: those with the most."""

LONGEST = 120
"""Characters of a formula; a longer one is left to ``linscope analyze``."""


def macs_lines(report: Report) -> Iterator[str]:
    """``0 Linear(4, 2): rows * in_features * out_features = 96 * 4 * 2 = 768``."""
    yield from _lines(report, lambda row: row.macs, _macs)


def parameter_lines(report: Report) -> Iterator[str]:
    """``0 Linear(4, 2): weight (2, 4) = 8``."""
    yield from _lines(report, lambda row: row.parameters.total, _parameters)


def memory_lines(report: Report) -> Iterator[str]:
    """``0 Linear(4, 2): 8 parameters = 32 bytes``, then all that is no layer's."""
    yield from _lines(report, lambda row: row.parameters.bytes, _memory)
    memory = report.memory
    if memory.buffers:
        yield f"got: buffers = {memory.buffers:,} bytes"
    if memory.activations:
        layer = next((row for row in report.layers if row.path == memory.reached_in), None)
        where = f", in {f'{layer.path} {layer.written}'.strip()}" if layer is not None else ""
        yield f"got: activations at their most{where} = {memory.activations:,} bytes"
    if memory.kv_cache:
        yield f"got: KV cache = {memory.kv_cache:,} bytes"


def _lines(report: Report, count: Callable[[LayerRow], int], told: Callable[[LayerRow], str]) -> Iterator[str]:
    rows = [row for row in report.layers if count(row)]
    most = sorted(rows, key=count, reverse=True)[:MOST_LAYERS]
    for row in rows:
        if row in most:
            yield f"got: {told(row)}"
    others = len(rows) - len(most)
    if others > 0:
        rest = sum(map(count, rows)) - sum(map(count, most))
        yield f"got: {rest:,} in {others:,} more layer{'' if others == 1 else 's'}"


def _macs(row: LayerRow) -> str:
    name = f"{row.path} {row.written or row.type}".strip()
    derivation = row.derivation
    if derivation is None:
        return f"{name}: {row.macs:,}"
    steps = " = ".join((derivation.names(), derivation.numbers(), f"{row.macs:,}"))
    return f"{name}: {steps if len(steps) <= LONGEST else f'{row.macs:,}'}"


def _parameters(row: LayerRow) -> str:
    name = f"{row.path} {row.written or row.type}".strip()
    shapes = " + ".join(f"{weight} {shape}" for weight, shape in row.parameters.shapes)
    return f"{name}: {shapes} = {row.parameters.total:,}" if shapes else f"{name}: {row.parameters.total:,}"


def _memory(row: LayerRow) -> str:
    name = f"{row.path} {row.written or row.type}".strip()
    return f"{name}: {row.parameters.total:,} parameters = {row.parameters.bytes:,} bytes"
