"""What an analysis comes to: a few labelled values, each with where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.figures import calls, number, tensor
from linscope.render.memory import memory_fact
from linscope.render.page import Fact, Facts, Span
from linscope.render.provenance import MOST_SUMMANDS, macs_origin, parameters_origin
from linscope.report.record import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.render.tree import Node
    from linscope.report.record import Opinion, Report

BIAS_NOTE = "bias-free"
"""The note that explains the parameter count, and so stands beside it and not among the notes."""
PARAMETER_NOTES = ("unused-parameters", "lazy-parameters", "packed-weights")
"""Those that tell parameters apart, and stand beneath their count."""
NO_MACS_NOTE = "no-macs"
BESIDE = (BIAS_NOTE, *PARAMETER_NOTES, NO_MACS_NOTE)
"""All that stand beside a count, and so not among the notes."""


def summary(report: Report, nodes: tuple[Node, ...]) -> Facts:
    """Output, parameters, memory, MACs, FLOPs, what is not in them, who agrees, how it ran, and the notes."""
    return Facts(
        (
            *_outputs(report),
            _parameters(report, nodes),
            *_buffers(report),
            *memory_fact(report),
            *_macs(report, nodes),
            *_elementwise(report),
            *_uncounted(report),
            *_crosscheck(report),
            *_run(report),
            *_notes(report),
        )
    )


def _plain(label: str, value: str, remark: str = "") -> Fact:
    return Fact(label, (Span(value),), remark)


def _outputs(report: Report) -> Iterator[Fact]:
    if report.outputs:
        first, *others = map(tensor, report.outputs)
        also = (Span(f"{'' if place else 'also '}{other}") for place, other in enumerate(others))
        yield Fact("Output shape", (Span(first), *also))


def _parameters(report: Report, nodes: tuple[Node, ...]) -> Fact:
    count = report.totals.parameters
    beside = [note.message for note in report.notes if note.code == BIAS_NOTE]
    origin = parameters_origin(nodes, count.total)
    more = []
    if count.frozen:
        more.append(f"trainable {number(count.trainable)}, frozen {number(count.frozen)}")
    if count.shared:
        more.append(f"shared {number(count.shared)}, counted once")
    more += [note.message for note in report.notes if note.code in PARAMETER_NOTES]
    return Fact(
        "Parameters",
        (Span(number(count.total), "total"),),
        "; ".join((origin, *beside) if origin else beside),
        tuple(more),
    )


def _buffers(report: Report) -> Iterator[Fact]:
    if report.totals.buffers:
        yield _plain("Buffers", number(report.totals.buffers), f"{number(report.totals.buffer_bytes)} bytes")


def _macs(report: Report, nodes: tuple[Node, ...]) -> Iterator[Fact]:
    if report.run.mode == HEADER:
        yield _plain("MACs", "unknown", "the file holds tensors, and no forward that would use them")
        return
    least = "" if report.complete else "at least "
    origin = macs_origin(nodes, report.totals.macs)
    lines = (*origin.lines, *_attention(report))
    yield Fact("MACs", (Span(f"{least}{number(report.totals.macs)}", "total"),), origin.text, lines)
    yield _plain("FLOPs", f"{least}{number(report.totals.flops)}", "2 × MACs")


def _attention(report: Report) -> Iterator[str]:
    """What attention adds to the products of weights: it alone grows with the square of the sequence."""
    attention = sum(row.macs for row in report.operators if "scaled_dot_product" in row.name)
    if 0 < attention < report.totals.macs:
        rest = number(report.totals.macs - attention)
        yield f"attention's own two products {number(attention)}, all other products {rest}"


def _elementwise(report: Report) -> Iterator[Fact]:
    if not report.totals.elementwise:
        return
    rows = sorted((row for row in report.operators if row.elements), key=lambda row: -row.elements)
    told = [f"{row.name} {number(row.elements)}" for row in rows[:MOST_SUMMANDS]]
    if len(rows) > MOST_SUMMANDS:
        told.append(f"others {number(sum(row.elements for row in rows[MOST_SUMMANDS:]))}")
    by = f": {', '.join(told)}" if told else ""
    yield _plain("Element-wise", number(report.totals.elementwise), f"elements, apart from the MACs{by}")


def _uncounted(report: Report) -> Iterator[Fact]:
    if report.complete or report.run.mode == HEADER:
        return
    named = tuple(f"{row.name}, {calls(row.calls)}{_where(row.modules, report)}" for row in report.uncounted)
    word = "operator" if len(named) == 1 else "operators"
    yield Fact(
        "Uncounted",
        (Span(f"{number(len(named))} {word} without a formula: MACs and FLOPs are lower bounds", "warning"),),
        more=named,
    )


def _where(modules: tuple[str, ...], report: Report) -> str:
    """The layers by path; the steps of a chain, whose paths are numbers, as they were written."""
    written = {row.path: row.written for row in report.layers if row.path.isdecimal()}
    return f" in {', '.join(written.get(path, path) or 'the model itself' for path in modules)}" if modules else ""


def _crosscheck(report: Report) -> Iterator[Fact]:
    if not report.crosschecks:
        return
    yield Fact(
        "Cross-check",
        tuple(map(_verdict, report.crosschecks)),
        more=tuple(_reason(o.source, o.reason) for o in report.crosschecks if o.reason),
    )


def _reason(source: str, reason: str) -> str:
    return reason if reason.startswith(source) else f"{source}: {reason}"


def _verdict(opinion: Opinion) -> Span:
    said = opinion.source if opinion.macs is None else f"{opinion.source} {number(opinion.macs)}"
    if opinion.agrees is None:
        return Span(f"{said} –", "label")
    return Span(f"{said} ✓", "good") if opinion.agrees else Span(f"{said} ✗", "bad")


def _run(report: Report) -> Iterator[Fact]:
    """What is out of the ordinary about the run; where it could not be real a note says why."""
    run = report.run
    said = [f"on shapes alone ({run.mode})"] if run.mode != "real" and not run.why else []
    if run.training:
        said.append("in training mode")
    if said and run.mode != HEADER:
        yield _plain("Run", ", ".join(said))


def _notes(report: Report) -> Iterator[Fact]:
    messages = [note.message for note in report.notes if note.code not in BESIDE]
    for index, message in enumerate(messages):
        yield _plain("" if index else "Note" if len(messages) == 1 else "Notes", message)
