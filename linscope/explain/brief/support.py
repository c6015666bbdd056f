"""What a lesson may state: what a comparison on the run's tensors supports, or else that none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.figures import at, real, signed
from linscope.report.record import Verification

if TYPE_CHECKING:
    from linscope.report.evidence import Comparison, LinearEvidence
    from linscope.report.record import LayerRow, Report

_OF_ONE_ROW = ("row_worked", "column", "rows_alone")


def verified(e: LinearEvidence, statement: str, *subjects: str) -> tuple[Verification, ...]:
    """``statement`` with the largest difference among the comparisons of these subjects.

    Where any of them does not hold: those that do not, each in its own words. Where none was made (shapes
    alone): the statement, as not verified.
    """
    made = [c for c in map(e.comparison, subjects) if c is not None]
    failed = [c for c in made if not c.holds]
    if failed:
        return tuple(_verification(e, c) for c in failed)
    if not made:
        return (Verification(statement, None, None, None),)
    return (
        Verification(
            statement + _scope(e, made),
            max(c.max_difference for c in made),
            max(c.tolerance for c in made),
            True,
        ),
    )


def each_verified(e: LinearEvidence, *subjects: str) -> tuple[Verification, ...]:
    """Every comparison of these subjects that was made, in its own words."""
    return tuple(_verification(e, c) for c in map(e.comparison, subjects) if c is not None)


def refuted(e: LinearEvidence, *subjects: str) -> str | None:
    """The sentence that has to be said in place of a claim, where a comparison behind it does not hold."""
    for c in map(e.comparison, subjects):
        if c is not None and not c.holds:
            return (
                f"This did not hold on this run: {c.right} against {c.left}, "
                f"max |difference| {real(c.max_difference)} where rounding explains {real(c.tolerance)}."
            )
    return None


def worked(e: LinearEvidence, outputs: int) -> tuple[str, ...]:
    """The first ``outputs`` elements of one output row, product by product; nothing where no values ran."""
    wrong = refuted(e, "row_worked")
    if wrong or not e.row_output:
        return (wrong,) if wrong else ()
    return tuple(_element(e, j) for j in range(min(outputs, len(e.row_output))))


def counted(report: Report, e: LinearEvidence) -> tuple[Verification, ...]:
    """Rows times weights against the MACs that the run counted at the operators; nothing without its row."""
    row = row_of(report, e)
    if row is None:
        return ()
    macs = e.rows * e.weights
    gap = float(abs(row.macs - macs))
    statement = f"{e.rows:,} × {e.weights:,} = {macs:,} MACs, as counted at the operators"
    return (Verification(statement, gap, 0.0, gap == 0),)


def row_of(report: Report, e: LinearEvidence) -> LayerRow | None:
    """The report's row of the call that the evidence is of."""
    return next((row for row in report.layers if row.path == e.path), None)


def _element(e: LinearEvidence, j: int) -> str:
    products = zip(e.row_input, e.row_weights[j], strict=True)
    terms = [(value, f"{real(abs(value))}·{signed(weight)}") for value, weight in products]
    if not e.row_is_whole:
        rest = e.row_rest[j]
        terms.append((rest, f"{real(abs(rest))} (the other {e.in_features - len(e.row_input):,})"))
    if e.has_bias:
        terms.append((e.row_bias[j], f"{real(abs(e.row_bias[j]))} (bias)"))
    return f"{at('y', *e.row_index, j)} = {_summed(terms) or '0'} = {real(e.row_output[j])}"


def _summed(terms: list[tuple[float, str]]) -> str:
    """Terms, each with the number whose sign it takes: ``-0.5·2 + 3·(-1) - 4·2``."""
    text = "".join(f" {'-' if number < 0 else '+'} {term}" for number, term in terms)
    return text.removeprefix(" + ") if text.startswith(" + ") else text.replace(" - ", "-", 1)


def _verification(e: LinearEvidence, c: Comparison) -> Verification:
    return Verification(f"{c.right} = {c.left}{_scope(e, [c])}", c.max_difference, c.tolerance, c.holds)


def _scope(e: LinearEvidence, made: list[Comparison]) -> str:
    """`` (first 10 of 64 rows)`` where not everything was compared."""
    parts = []
    if e.rows_compared < e.rows and any(c.subject not in _OF_ONE_ROW for c in made):
        parts.append(f"{e.rows_compared:,} of {e.rows:,} rows")
    if e.outputs_compared < e.out_features:
        parts.append(f"{e.outputs_compared:,} of {e.out_features:,} outputs")
    return f" (first {', '.join(parts)})" if parts else ""
