"""Lesson 5: what a bias adds, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.brief.code import difference, dtype, needed, parameters, program
from linscope.explain.brief.registry import FULL, lesson
from linscope.explain.brief.support import refuted, row_of, verified
from linscope.explain.brief.wording import many, used_name
from linscope.report.evidence import LINEAR
from linscope.report.record import Explanation

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Report, Verification

BIAS_FREE_NOTE = "bias-free"
"""The report's note that the notation left out a bias which nn.Linear would have had."""

_BEFORE_NORM = "Before a BatchNorm it is cancelled: it is part of the mean that the BatchNorm subtracts."


@lesson("bias", order=5)
def bias(report: Report, e: LinearEvidence, level: str) -> Explanation:
    """One number per output: out_features parameters, and no MACs."""
    full = level == FULL
    claim = refuted(e, "bias" if e.has_bias else "matmul") or _claim(report, e)
    lines = (_additions(e), _BEFORE_NORM) if full else ()
    return Explanation("bias", "The bias", claim, None, lines, _code(e) if full else (), _shown(e))


def _claim(report: Report, e: LinearEvidence) -> str:
    added = e.out_features
    cost = f"{many(added, 'more parameter')}, {e.weights:,} + {added:,} = {e.weights + added:,}, and no MACs"
    if e.has_bias:
        return f"One number per output, the same for every row: {cost}."
    if e.kind != LINEAR:
        return f"None here. By hand it is yours to add: {cost}."
    why = ", by notation" if _left_out(report, e) else ""
    return f"None here{why}. nn.Linear's default has one: {cost}."


def _left_out(report: Report, e: LinearEvidence) -> bool:
    """Whether it was the notation that left the bias out of this layer, and not whoever wrote it."""
    row = row_of(report, e)
    if row is None or all(note.code != BIAS_FREE_NOTE for note in report.notes):
        return False
    bare = row.written.startswith(("Linear(", "LazyLinear("))
    return bare and "bias" not in row.written and "False" not in row.written


def _additions(e: LinearEvidence) -> str:
    additions, macs = e.rows * e.out_features, e.rows * e.weights
    taken = f"{many(e.rows, 'row')} × {many(e.out_features, 'output')} = {many(additions, 'addition')}"
    return f"It takes {taken}; an addition is no MAC: {many(macs, 'MAC')} with it or without."


def _shown(e: LinearEvidence) -> tuple[Verification, ...]:
    if e.has_bias:
        return verified(e, f"layer(x) - x @ {used_name(e)} = bias, in every row", "bias")
    return verified(e, f"layer(x) = x @ {used_name(e)}, with nothing added", "matmul")


def _code(e: LinearEvidence) -> tuple[str, ...]:
    biased = "layer"
    body: list[str] = []
    if not e.has_bias:
        body.append(parameters("layer", e.weights))
        if e.kind != LINEAR:
            return program(e, difference("layer(x)", "x @ layer.weight"), *body, define=needed(e))
        biased = "biased"
        body.append(f"{biased} = nn.Linear({e.in_features}, {e.out_features}{dtype(e)})  # has a bias")
    product = f"@ {biased}.{used_name(e)}"
    body += [
        parameters(biased, e.weights + e.out_features),
        difference(f"{biased}(x) - x {product}", f"{biased}.bias"),
    ]
    if e.rows > 1 and e.dtype in ("float32", "float64"):
        body += [
            "",
            f"norm = nn.BatchNorm1d({e.out_features}{dtype(e)})  # in training mode, over all rows",
            f"rows = x.reshape(-1, {e.in_features})",
            difference(f"norm({biased}(rows))", f"norm(rows {product})"),
        ]
    return program(e, *body, define=needed(e))
