"""Lesson 3: only the last dimension changes. The short form goes on with the weights that all rows share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.brief.code import difference, dtype, needed, program
from linscope.explain.brief.registry import FULL, lesson
from linscope.explain.brief.shared_weights import checks, serves, work
from linscope.explain.brief.support import refuted, verified
from linscope.explain.brief.wording import many
from linscope.explain.figures import flowing
from linscope.report.record import Explanation

if TYPE_CHECKING:
    from linscope.report.evidence import LinearEvidence
    from linscope.report.record import Report


@lesson("last-dimension", order=3)
def last_dimension(report: Report, e: LinearEvidence, level: str) -> Explanation:
    """(*, in) -> (*, out): the leading dimensions count rows, and pass through."""
    name = "last-dimension"
    change = f"(*, {e.in_features}) → (*, {e.out_features}), whatever stands before"
    if level == FULL:
        title = "Only the last dimension changes"
        claim = refuted(e, "addmm") or f"{change}, nothing included: the leading dimensions only count rows."
        matrix = f"x as one matrix {flowing((e.rows, e.in_features))}, through the layer = layer(x)"
        return Explanation(name, title, claim, _chain(e), _read(e), _code(e), verified(e, matrix, "addmm"))
    title = "Only the last dimension changes, and all rows share the weights"
    claim = refuted(e, "rows_alone") or f"{change}: {serves(e)}."
    return Explanation(name, title, claim, _chain(e), (work(e),), (), checks(report, e))


def _chain(e: LinearEvidence) -> str:
    rows = many(e.rows, "row")
    into, out = f"{rows} of {e.in_features}", f"{rows} of {e.out_features}"
    return f"{flowing(e.input_shape)} = {into} → {out} = {flowing(e.output_shape)}"


def _read(e: LinearEvidence) -> tuple[str, ...]:
    """The input's shape, told from the right."""
    told = [f"{e.in_features} features make a sample"]
    for depth, size in enumerate(reversed(e.input_shape[:-1])):
        told.append(f"{many(size, 'sample')}" if depth == 0 else f"{size:,} of those")
    if len(told) == 1:
        told.append("there is one, and no dimension counts it")
    return (f"Read {flowing(e.input_shape)} from the right: {'; '.join(told)}.",)


def _code(e: LinearEvidence) -> tuple[str, ...]:
    features, outputs = e.in_features, e.out_features
    return program(
        e,
        "y = layer(x)",
        f"assert y.shape == {e.output_shape}",
        f"rows = x.reshape(-1, {features})  # {(e.rows, features)}",
        difference("layer(rows).reshape(y.shape)", "y"),
        "",
        "for leading in ((), (7,), (2, 3, 5)):",
        f"    assert layer(torch.randn(*leading, {features}{dtype(e)})).shape == (*leading, {outputs})",
        define=needed(e),
    )
