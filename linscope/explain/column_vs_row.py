"""Lesson: one sample as a column, z = W x, and a batch of rows, Y = X Wᵀ: the same W, seen from two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import real
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.worked import product_picture
from linscope.report.lesson import Prose, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson

_MOST = 4


@lesson(
    "column-vs-row",
    title="W x on the blackboard, the transpose in the code",
    example="[32,3,4] -> Linear(4,2)",
    about="nn.Linear",
    on=torch_row,
    takes_numbers=True,
)
def column_vs_row(b: Board) -> Lesson:
    """z = W x + b of a column is a row of Y = X Wᵀ + b."""
    m, say = open_program(b), b.say
    n, o = m.in_features, m.out_features
    bias, column_bias = (" + bias", " + bias.unsqueeze(-1)") if m.has_bias else ("", "")
    x_row, y_row = (f"x[{m.first}]", f"y[{m.first}]") if m.first else ("x", "y")
    b.write("", f"column = {x_row}.unsqueeze(-1)", f"z = weight @ column{column_bias}")
    b.true("column", f"tuple(column.shape) == {(n, 1)}", say("one sample as a column is {shape}", shape=(n, 1)))
    b.true("z", f"tuple(z.shape) == {(o, 1)}", say("z = W x is {shape}", shape=(o, 1)))
    b.same("one_sample", "z.squeeze(-1)", y_row, size=m.size, terms=m.terms)
    b.write(f"X = x.reshape(-1, {n})")
    b.same(
        "batch", f"(weight @ X.T{column_bias}).T", f"X @ weight.T{bias}", size=m.size, terms=m.terms,
    )  # fmt: skip
    if m.rows != n:
        b.fails(
            "left", "weight @ X", "RuntimeError",
            claim=say("“z = W x, so it is weight @ x for a batch as well.”"),
            instead=say("A batch has its samples as rows: x @ weight.T, or weight @ x.T and all of it turned over."),
        )  # fmt: skip
    return b.lesson(
        say(
            "On the blackboard a sample is a column and z = W x{b}; a batch has samples as rows, and the same W acts "
            "from the right, turned over: Y = X Wᵀ{b}. One W, stored (out, in) = {stored}, serves both.",
            b=" + b" if m.has_bias else "", stored=(o, n),
        ),
        chains=(
            meeting((o, n), (n, 1), (o, 1), say("a column: z = W x")),
            meeting((m.rows, n), (n, o), (m.rows, o), say("rows: Y = X Wᵀ")),
        ),
        parts=(
            _worked(b, m),
            product_picture(b, m),
            Prose(say("Turning both sides over turns the order round: (W x)ᵀ = xᵀ Wᵀ.")),
        ),
    )  # fmt: skip


def _worked(b: Board, m: LinearMap) -> Worked | None:
    """z beside the row of y: the same numbers, standing and lying."""
    if not b.light:
        return None
    shown = min(m.out_features, _MOST)
    standing = [real(row[0]) for row in b.value("z")[:shown]]
    row = f"y[{m.first}]" if m.first else "y"
    wide = len(row)
    lying = [real(value) for value in b.value(row)[:shown]]
    more = ", …" if shown < m.out_features else ""
    return Worked(
        b.say("The same numbers, standing and lying:"),
        (f"{'z':<{wide}} = [{', '.join(standing)}{more}]ᵀ", f"{row} = [{', '.join(lying)}{more}]"),
    )
