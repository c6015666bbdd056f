"""Lesson 3, second half: all rows share the weights, so rows multiply the work and not the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.brief.code import difference, needed, parameters, program
from linscope.explain.brief.registry import FULL, lesson
from linscope.explain.brief.support import counted, each_verified, refuted, verified
from linscope.explain.brief.wording import many, parameter_sum
from linscope.explain.figures import product
from linscope.report.record import Explanation

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Report, Verification


@lesson("shared-weights", order=4)
def shared_weights(report: Report, e: LinearEvidence, level: str) -> Explanation | None:
    """Rows times weights is the work. In short form this is part of ``last-dimension``."""
    if level != FULL:
        return None
    return Explanation(
        lesson="shared-weights",
        title="All rows share the weights",
        claim=refuted(e, "rows_alone") or f"Parameters do not depend on the leading dimensions: {serves(e)}.",
        lines=(work(e), _twice(e)),
        code=_code(e),
        verified=checks(report, e),
    )


def serves(e: LinearEvidence) -> str:
    """``the same 4 · 2 = 8 weights serve all 32 · 3 = 96 rows``."""
    weights = f"the same {product(e.in_features, e.out_features)} weights serve"
    if e.rows == 1:
        return f"{weights} the 1 row here and would serve any number"
    return f"{weights} all {product(*e.input_shape[:-1])} rows"


def work(e: LinearEvidence) -> str:
    """The MACs and FLOPs of the call, as products."""
    macs = e.rows * e.weights
    return (
        f"{many(e.rows, 'row')} × {many(e.weights, 'weight')} = {many(macs, 'MAC')}; "
        f"{2 * macs:,} FLOPs, two per MAC. What many call FLOPs are the MACs."
    )


def checks(report: Report, e: LinearEvidence) -> tuple[Verification, ...]:
    """Rows sent alone against the same rows among the others, and the work against what was counted."""
    alone = each_verified(e, "rows_alone") or verified(e, "a row sent alone = the same row of layer(x)")
    return (*alone, *counted(report, e))


def _twice(e: LinearEvidence) -> str:
    macs = e.rows * e.weights
    return f"Twice the rows would be {2 * macs:,} MACs, with {parameter_sum(e)} parameters as before."


def _code(e: LinearEvidence) -> tuple[str, ...]:
    total = e.weights + (e.out_features if e.has_bias else 0)
    return program(
        e,
        f"rows = x.reshape(-1, {e.in_features})",
        f"y = layer(x).reshape(-1, {e.out_features})",
        "for i in (0, len(rows) - 1):",
        "    " + difference("layer(rows[i])", "y[i]"),
        "",
        parameters("layer", total),
        f"assert len(rows) * layer.weight.numel() == {e.rows * e.weights}  # MACs",
        define=needed(e),
    )
