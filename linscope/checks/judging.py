"""A report held against a check: a finding for each expectation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from linscope.checks.counts import macs_lines, memory_lines, parameter_lines
from linscope.notation.suggest import closest
from linscope.report.checks import LAYER, MACS, MEMORY, OUTPUT, PARAMETERS, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from linscope.checks.budgets import Budget
    from linscope.checks.shapes import Expected
    from linscope.report.record import LayerRow, Report


def memory_of(report: Report) -> int:
    """Bytes that one forward takes: parameters, buffers, activations at their most, and the KV cache."""
    return report.memory.total


_FIGURES: dict[str, Callable[[Report], int]] = {
    PARAMETERS: lambda report: report.totals.parameters.total,
    MACS: lambda report: report.totals.macs,
    MEMORY: memory_of,
}
"""What budgets and baselines are about."""


_LINES: dict[str, Callable[[Report], Iterator[str]]] = {
    PARAMETERS: parameter_lines,
    MACS: macs_lines,
    MEMORY: memory_lines,
}
"""Where each comes from."""


def figures_of(report: Report) -> dict[str, int]:
    """All figures, by kind."""
    return {kind: figure(report) for kind, figure in _FIGURES.items()}


def judged(
    report: Report,
    outputs: Sequence[Sequence[Expected]],
    layers: Sequence[tuple[str, Expected]],
    budgets: Sequence[Budget],
    sizes: Mapping[str, int],
) -> tuple[Finding, ...]:
    """A finding for each thing that was expected.

    Args:
        outputs: what must come out, in one place or in several; each of one tensor or of all.

    Raises:
        NotationError: an expression that divides by zero.
    """
    return (
        *(finding for shapes in outputs for finding in _outputs(report, shapes, sizes)),
        *(_layer(report, path, shape, sizes) for path, shape in layers),
        *(_budget(report, budget, sizes) for budget in budgets),
    )


def _outputs(report: Report, outputs: Sequence[Expected], sizes: Mapping[str, int]) -> Iterator[Finding]:
    """One shape is that of the output proper, the first tensor; several are those of all."""
    found = report.outputs[:1] if len(outputs) == 1 else report.outputs
    for index, wanted in enumerate(outputs):
        name = f"{index}" if len(outputs) > 1 else None
        if index >= len(found):
            count = f"{len(found)} tensor{'' if len(found) == 1 else 's'} came out"
            yield Finding(OUTPUT, wanted.words(sizes), count, False, name)
            continue
        shape, dtype = found[index].shape, found[index].dtype
        holds = wanted.fits(shape, dtype, sizes)
        lines = () if holds else (*_written(wanted, sizes), *_turned(wanted, shape, report.layers, sizes))
        yield Finding(OUTPUT, wanted.words(sizes), _shape(shape, dtype, wanted), holds, name, lines=lines)
    if len(outputs) > 1 and len(found) > len(outputs):
        yield Finding(OUTPUT, f"{len(outputs)} tensors", f"{len(found)} tensors", False)


def _shape(shape: tuple[int, ...], dtype: str | None, wanted: Expected) -> str:
    """The shape; with its dtype where one was asked for."""
    told = f":{dtype}" if wanted.shape.dtype and dtype else ""
    return f"[{', '.join(map(str, shape))}]{told}"


def _written(wanted: Expected, sizes: Mapping[str, int]) -> Iterator[str]:
    """The shape in names, with their sizes."""
    if wanted.names:
        bound = ", ".join(f"{name} = {sizes[name]}" for name in sorted(wanted.names))
        yield f"expected: {wanted.text} with {bound}"


def _turned(
    wanted: Expected, found: tuple[int, ...], rows: Sequence[LayerRow], sizes: Mapping[str, int]
) -> Iterator[str]:
    row = wanted.turn(found, rows, sizes)
    if row is not None:
        yield f"since {label(row)}: {_flow(row)}"
        return
    leaves = [row for row in rows if not row.has_children]
    if leaves:
        yield f"after the last layer, {label(leaves[-1])}: {_flow(leaves[-1])}"


def _flow(row: LayerRow) -> str:
    sides = (row.input_shapes, row.output_shapes)
    came, went = (", ".join(f"[{', '.join(map(str, shape))}]" for shape in shapes) or "nothing" for shapes in sides)
    return f"{came} → {went}"


def label(row: LayerRow) -> str:
    """``features.0 Conv2d``; a step of a spec as it was written."""
    return f"{row.path} {row.written or row.type}".strip()


def _layer(report: Report, path: str, wanted: Expected, sizes: Mapping[str, int]) -> Finding:
    calls = report.calls_of(path)
    words = wanted.words(sizes)
    if not calls:
        paths = list(dict.fromkeys(row.path for row in report.layers if row.path))
        near = closest(path, paths)
        hint = f"did you mean {near[0]}?" if near else f"the layers: {', '.join(paths[:20])}"
        return Finding(LAYER, words, "no such layer", False, path, lines=(hint,))
    for row in calls:
        shape = row.output_shapes[0] if row.output_shapes else ()
        dtype = row.output_dtypes[0] if row.output_dtypes else None
        if not row.output_shapes or not wanted.fits(shape, dtype, sizes):
            before = report.layers[: report.layers.index(row) + 1]
            call = (f"in call {row.call} of {len(calls)}",) if len(calls) > 1 else ()
            lines = (*call, *_written(wanted, sizes), *_turned(wanted, shape, before, sizes))
            return Finding(LAYER, words, _shape(shape, dtype, wanted), False, path, lines=lines)
    first = calls[0]
    return Finding(LAYER, words, _shape(first.output_shapes[0], first.output_dtypes[0], wanted), True, path)


def _budget(report: Report, budget: Budget, sizes: Mapping[str, int]) -> Finding:
    bound = budget.kind == MACS and not report.complete
    finding = budget.judged(_FIGURES[budget.kind](report), sizes, is_bound=bound)
    if finding.holds:
        return finding
    lines = [*finding.lines, *_LINES[budget.kind](report)]
    if bound:
        lines.append(f"not counted: {', '.join(row.name for row in report.uncounted)}")
    return replace(finding, lines=tuple(lines))
