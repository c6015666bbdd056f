"""Lesson: what the backward pass of a linear layer computes, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import product
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import dot_product
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Worked


@lesson(
    "backward",
    title="The backward pass costs two forwards",
    example="[32,3,4] -> nn.Linear(4,2)",
    about="nn.Linear",
    on=torch_row,
    takes_numbers=True,
)
def backward(b: Board) -> Lesson:
    """dX = dY W, dW = dYᵀ X, db = Σ dY: each product as many MACs as the forward."""
    m, say = open_program(b), b.say
    n, o, rows = m.in_features, m.out_features, m.rows
    b.write(
        "", "x.requires_grad_()", "dy = torch.randn(y.shape)  # from the layers above",
        "loss = (layer(x) * dy).sum()",
    )  # fmt: skip
    b.macs("forward", "layer(x)", m.macs, say("the forward takes {macs}", macs=macs(say, m.macs)))
    b.macs("backward", "loss.backward()", 2 * m.macs, say("the backward takes {macs}", macs=macs(say, 2 * m.macs)))
    b.write("", f"X, dY = x.detach().reshape(-1, {n}), dy.reshape(-1, {o})")
    b.same("dx", "dY @ weight", f"x.grad.reshape(-1, {n})", size="dY.abs() @ weight.abs()", terms=o + 2)
    b.same("dw", "dY.T @ X", "layer.weight.grad", size="dY.abs().T @ X.abs()", terms=rows + 2)
    if m.has_bias:
        b.same("db", "dY.sum(0)", "layer.bias.grad", size="dY.abs().sum(0)", terms=rows + 2)
    b.write("", "first = (layer(x.detach()) * dy).sum()  # a first layer: x needs no gradient")
    b.macs("first", "first.backward()", m.macs, say("without dX it takes {macs}", macs=macs(say, m.macs)))
    b.counts("report", say("MACs at the operators of the analysis"), m.macs, b.row.macs)
    worked = _worked(b, m)
    _mistake(b, m)
    return b.lesson(
        say(
            "dX = dY W, dW = dYᵀ X{db}: each product takes as many MACs as the forward, {macs}, so a training step is "
            "about three forwards, {three} (two in the first layer, whose dX nobody needs).",
            db=", db = Σ dY" if m.has_bias else "", macs=f"{m.macs:,}", three=macs(say, 3 * m.macs),
        ),
        chains=(
            meeting((rows, n), (n, o), (rows, o), "Y = X Wᵀ"),
            meeting((rows, o), (o, n), (rows, n), "dX = dY W"),
            meeting((o, rows), (rows, n), (o, n), say("dW = dYᵀ X: the rows meet, and every row has its say")),
        ),
        parts=(_table(b, m), worked, Prose(say("The three sizes are the same; each product sums over another one."))),
    )  # fmt: skip


def _table(b: Board, m: LinearMap) -> Table:
    say = b.say
    count = product(m.rows, m.in_features, m.out_features)
    lines = [("forward", "Y = X Wᵀ", say("{n} features", n=m.in_features), count)]
    lines += [("dX", "dY W", say("{n} outputs", n=m.out_features), count)]
    lines += [("dW", "dYᵀ X", say("{n} rows", n=m.rows), count)]
    if m.has_bias:
        lines.append(("db", "Σ dY", say("nothing: additions"), "0"))
    lines.append((say("in all"), "", "", f"3 · {m.macs:,} = {3 * m.macs:,}"))
    return Table("", ("", say("product"), say("sums over"), "MACs"), tuple(lines), (False, False, False, True))


def _worked(b: Board, m: LinearMap) -> Worked | None:
    """One element of dX: the gradients of a row's outputs, each times its weight."""
    if not b.light:
        return None
    here = f"x.grad[{m.first}, 0]" if m.first else "x.grad[0]"
    row = f"dy[{m.first}]" if m.first else "dy"
    b.same("worked", f"({row} * weight[:, 0]).sum()", here, size=f"({row} * weight[:, 0]).abs().sum()",
           terms=m.out_features + 2)  # fmt: skip
    line = b.say("{row} · column 0 of weight", row=row)
    return dot_product(b, here, line, b.value(row), b.value("weight[:, 0]"), None, b.value(here))


def _mistake(b: Board, m: LinearMap) -> None:
    b.mistake(
        b.say("“Training costs twice the forward”: a backward pass is taken for one product."),
        "loss.backward()",
        (macs(b.say, 2 * m.macs),),
        b.say("It is two products, dX and dW: with the forward {macs} a step.", macs=macs(b.say, 3 * m.macs)),
    )
