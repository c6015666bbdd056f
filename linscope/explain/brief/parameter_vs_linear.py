"""Lesson 2: an ``nn.Parameter`` by hand against ``nn.Linear``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.brief.code import by_hand, difference, new_by_hand, new_linear, parameters, program
from linscope.explain.brief.registry import FULL, lesson
from linscope.explain.brief.support import counted, refuted, row_of, verified
from linscope.explain.brief.wording import many, parameter_sum, plus_bias
from linscope.explain.figures import real
from linscope.report.evidence import LINEAR
from linscope.report.record import Explanation

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Report


@lesson("parameter-vs-linear", order=2)
def parameter_vs_linear(report: Report, e: LinearEvidence, level: str) -> Explanation:
    """Y = XW against Y = XWᵀ: the same numbers, the same parameters, the same MACs."""
    name = "parameter-vs-linear"
    title = "nn.Linear, and nn.Parameter by hand" if e.kind == LINEAR else "nn.Parameter by hand, and nn.Linear"
    claim = refuted(e, "by_hand") or _claim(e)
    shown = verified(e, _statement(e), "by_hand")
    if level == FULL:
        return Explanation(
            name, title, claim, None, (*_table(e), _same(report, e)), _code(e), (*shown, *counted(report, e))
        )
    return Explanation(name, title, claim, None, (_same(report, e),), (), shown)


def _claim(e: LinearEvidence) -> str:
    out_in, in_out = (e.out_features, e.in_features), (e.in_features, e.out_features)
    b = plus_bias(e, " + b")
    linear = f"nn.Linear: W (out, in) = {out_in}, Y = XWᵀ{b}."
    hand = f"By hand: W (in, out) = {in_out}, Y = XW{b}, no transpose."
    return f"{linear} {hand}" if e.kind == LINEAR else f"{hand} {linear}"


def _statement(e: LinearEvidence) -> str:
    if e.kind == LINEAR:
        return f"x @ nn.Parameter(weight.T.clone()){plus_bias(e)} = layer(x)"
    return "an nn.Linear that holds weight.T = layer(x)"


def _same(report: Report, e: LinearEvidence) -> str:
    """What both have in common, and who sees it: hooks see modules, and ``@`` is none."""
    same = f"Same {parameter_sum(e)} parameters, same {many(e.rows * e.weights, 'MAC')}"
    said = next((o.macs for o in report.crosschecks if o.source == "thop" and o.macs is not None), None)
    row = row_of(report, e)
    if e.kind != LINEAR and said is not None and row is not None and row.macs == report.totals.macs:
        return f"{same}. thop hooks modules, and the @ is none: it says {said:,}."
    return f"{same}; a counter that hooks modules misses the @ by hand and says 0."


def _table(e: LinearEvidence) -> tuple[str, ...]:
    n, m = e.in_features, e.out_features
    b = plus_bias(e, " + b")
    bound = f"uniform within ±1/√{n}" + (f" = {real(n**-0.5)}" if n else "")
    rows = (
        ("", "by hand", "nn.Linear"),
        ("weight", f"(in, out) = {(n, m)}", f"(out, in) = {(m, n)}"),
        ("computes", f"Y = XW{b}", f"Y = XWᵀ{b}"),
        ("bias", "yours to add", f"there by default: {many(m, 'more parameter')}"),
        ("start", "yours; torch.randn is N(0, 1)", bound),
    )
    second = max(len(row[1]) for row in rows)
    return tuple(f"{label:<8}  {hand:<{second}}  {linear}" for label, hand, linear in rows)


def _code(e: LinearEvidence) -> tuple[str, ...]:
    linear = e.kind == LINEAR
    other = "hand" if linear else "linear"
    total = e.weights + (e.out_features if e.has_bias else 0)
    bias = (f"    {other}.bias.copy_(layer.bias)",) if e.has_bias else ()
    return program(
        e,
        f"{other} = {new_by_hand(e) if linear else new_linear(e)}",
        "with torch.no_grad():",
        f"    {other}.weight.copy_(layer.weight.T)",
        *bias,
        "",
        difference(f"{other}(x)", "layer(x)"),
        parameters(other, total),
        parameters("layer", total),
        define=by_hand(e),
    )
