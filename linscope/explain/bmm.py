"""Lesson: batched matrix products, and the recipe with torch.bmm that does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.numbers import numbers
from linscope.explain.registry import lesson
from linscope.explain.worked import element, product_picture
from linscope.report.lesson import Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

EXAMPLE = "[3,2] -> Linear(2,3)"
EXAMPLE_X = ((1, 2), (3, 4), (5, 6))


def _matrix(report: Report) -> LayerRow | None:
    """A linear layer on several rows, and nothing else before them."""
    row = torch_row(report)
    return row if row is not None and len(row.input_shapes[0]) == 2 and row.input_shapes[0][0] > 1 else None


@lesson(
    "bmm",
    title="Batched matrix products, and the recipe that does not run",
    example=EXAMPLE,
    about="nn.Linear on a matrix of several rows",
    on=_matrix,
    takes_numbers=True,
)
def bmm(b: Board) -> Lesson:
    """(b, n, m) times (b, m, p), with the same b: torch.bmm never broadcasts."""
    if b.x is None and b.report.target == EXAMPLE:
        b.x = numbers("--x", EXAMPLE_X)
    m, say = open_program(b), b.say
    rows, n, o = m.rows, m.in_features, m.out_features
    plus = " + bias" if m.has_bias else ""
    b.write("", "W = weight.unsqueeze(0)", "columns = x.unsqueeze(-1)")
    b.true("left", f"tuple(W.shape) == {(1, o, n)}", say("weight.unsqueeze(0) is {shape}", shape=(1, o, n)))
    b.true("right", f"tuple(columns.shape) == {(rows, n, 1)}", say("x.unsqueeze(-1) is {shape}", shape=(rows, n, 1)))
    b.fails(
        "recipe",
        "torch.bmm(W, columns)",
        "RuntimeError",
        claim=say("“torch.bmm(w.unsqueeze(0), x.unsqueeze(-1)) is what nn.Linear does”: so goes a recipe."),
        instead=say(
            "bmm wants the same batch on both sides, and these are 1 and {rows}: weight.expand({rows}, {o}, {n}) "
            "first, or torch.matmul, which broadcasts.",
            rows=rows, o=o, n=n,
        ),
    )  # fmt: skip
    b.write(f"z = torch.bmm(weight.expand({rows}, {o}, {n}), columns)")
    b.true("shape", f"tuple(z.shape) == {(rows, o, 1)}", say("with expand it is {shape}", shape=(rows, o, 1)))
    b.same("repaired", f"z.squeeze(-1){plus}", "y", size=m.size, terms=m.terms)
    b.same("matmul", f"torch.matmul(weight, columns).squeeze(-1){plus}", "y", size=m.size, terms=m.terms)
    b.true(
        "no_copy",
        f"weight.expand({rows}, {o}, {n}).data_ptr() == weight.data_ptr()",
        say("expand copies nothing"),
    )
    worked = element(b, m)
    return b.lesson(
        say(
            "torch.bmm takes (b, n, m) and (b, m, p) with the same b and never broadcasts: the recipe with "
            "weight.unsqueeze(0) raises, weight.expand({rows}, {o}, {n}) or torch.matmul gives what nn.Linear gives.",
            rows=rows, o=o, n=n,
        ),
        chains=(
            meeting(
                (rows, o, n), (rows, n, 1), (rows, o, 1), say("a batch of {rows}, and the {n}s meet", rows=rows, n=n)
            ),
        ),
        parts=(_shapes(b, m), product_picture(b, m), worked),
    )  # fmt: skip


def _shapes(b: Board, m: LinearMap) -> Table:
    say, rows, n, o = b.say, m.rows, m.in_features, m.out_features
    return Table(
        "",
        (say("what is written"), say("left"), say("right"), say("what comes of it")),
        (
            ("bmm(W, columns)", str((1, o, n)), str((rows, n, 1)), say("an error: batches of 1 and {n}", n=rows)),
            ("bmm(expand, columns)", str((rows, o, n)), str((rows, n, 1)), str((rows, o, 1))),
            ("matmul(weight, columns)", str((o, n)), str((rows, n, 1)), say("{s}, broadcast", s=(rows, o, 1))),
            ("nn.Linear(x)", str((rows, n)), f"{(n, o)}", f"{(rows, o)}"),
        ),
        (False, False, False, False),
    )
