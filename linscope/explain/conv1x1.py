"""Lesson: a convolution of width 1 is a linear layer over the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import dot_product
from linscope.explain.written import called, written_code
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Worked
    from linscope.report.record import LayerRow, Report

_KINDS = {"Conv1d": 1, "Conv2d": 2, "Conv3d": 3}


def _pointwise(report: Report) -> LayerRow | None:
    """A convolution whose kernel is 1 everywhere, with nothing else to it."""
    return next((row for row in report.layers if _is_pointwise(row)), None)


def _is_pointwise(row: LayerRow) -> bool:
    weight = dict(row.parameters.shapes).get("weight")
    call = called(row)
    if row.type not in _KINDS or weight is None or call is None or set(weight[2:]) != {1}:
        return False
    plain = all(call.get(name, usual) in (usual, *same) for name, usual, same in _PLAIN)
    return plain and len(row.input_shapes[0]) == _KINDS[row.type] + 2 and row.output_dtypes == ("float32",)


_PLAIN = (
    ("stride", 1, ((1,), (1, 1), (1, 1, 1))),
    ("padding", 0, ((0,), (0, 0), (0, 0, 0), "valid")),
    ("groups", 1, ()),
)
"""Arguments that have to be as they are by default, and other ways to write that."""


@lesson(
    "conv1x1",
    title="A convolution of width 1 is a linear layer over channels",
    example="[32,4,3] -> Conv1d(4,2,1)",
    about="a convolution whose kernel is 1, such as Conv1d(4, 2, 1)",
    on=_pointwise,
)
def conv1x1(b: Board) -> Lesson:
    """Conv1d(k=1) on (N, C, L) is Linear on (N, L, C): same parameters, same MACs."""
    say, row = b.say, b.row
    weight = dict(row.parameters.shapes)["weight"]
    bias = "bias" in dict(row.parameters.shapes)
    o, n = weight[:2]
    given, gave = row.input_shapes[0], row.output_shapes[0]
    turned, turned_out = (given[0], *given[2:], n), (gave[0], *gave[2:], o)
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"conv = {written_code(row)}", f"x = torch.randn({', '.join(map(str, given))})", "y = conv(x).detach()", "",
        f"linear = nn.Linear({n}, {o}{'' if bias else ', bias=False'})", "with torch.no_grad():",
        "    linear.weight.copy_(conv.weight.flatten(1))", *(("    linear.bias.copy_(conv.bias)",) if bias else ()), "",
    )  # fmt: skip
    b.true("weight", f"tuple(conv.weight.shape) == {weight}", say("conv.weight is {shape}", shape=weight))
    size = f"nn.functional.linear(x.abs().movedim(1, -1), linear.weight.abs(){', linear.bias.abs()' if bias else ''})"
    b.same("equal", "linear(x.movedim(1, -1)).movedim(-1, 1)", "y", size=size, terms=n + 2)
    count = n * o + (o if bias else 0)
    for name, key in (("conv", "parameters"), ("linear", "parameters_linear")):
        b.true(key, f"sum(p.numel() for p in {name}.parameters()) == {count}",
               say("{name} has {count} parameters", name=name, count=f"{count:,}"))  # fmt: skip
    b.macs("macs", "conv(x)", row.macs, say("{name}(x) takes {macs}", name="conv", macs=macs(say, row.macs)))
    b.macs("macs_linear", "linear(x.movedim(1, -1))", row.macs,
           say("{name}(x) takes {macs}", name="linear", macs=macs(say, row.macs)))  # fmt: skip
    wider = (*(1,) * (len(weight) - 3), 2)
    b.true("wider", f"nn.{row.type}({n}, {o}, {wider}).weight.numel() == 2 * {n * o}",
           say("a kernel of two positions has twice the weights"))  # fmt: skip
    if len(given) == 3 and given[-1] != n:
        b.fails(
            "turned", "linear(x)", "RuntimeError",
            claim=say("“Then the two can be exchanged as they are.”"),
            instead=say("Conv1d has its channels in dimension 1, Linear its features in the last: x.transpose(1, 2)."),
        )  # fmt: skip
    return b.lesson(
        say(
            "{conv} takes the {n} channels of each position and gives {o}: that is Linear({n}, {o}) with the channels "
            "last, with the same parameters and the same MACs.",
            conv=row.written, n=n, o=o,
        ),
        chains=(
            meeting(turned, (n, o), turned_out,
                    say("x {shape} with its channels moved last", shape=flowing(given))),
        ),
        parts=(
            Table(
                "", ("", row.type, "Linear"),
                (
                    (say("goes in"), flowing(given), flowing(turned)),
                    (say("weight"), str(weight), str((o, n))),
                    (say("comes out"), flowing(gave), flowing(turned_out)),
                    (say("parameters"), f"{count:,}", f"{count:,}"),
                    ("MACs", f"{row.macs:,}", f"{row.macs:,}"),
                ),
                (False, False, False),
            ),
            _position(b, n, given, bias),
            Prose(say("A wider kernel sees its neighbours too: each further position adds in · out weights.")),
        ),
    )  # fmt: skip


def _position(b: Board, channels: int, given: tuple[int, ...], bias: bool) -> Worked | None:
    """The first output channel at the first position, from the channels that stand there."""
    if not b.light:
        return None
    place = ", ".join("0" for _ in given[2:])
    here, there = f"y[0, 0, {place}]", f"x[0, :, {place}]"
    tail = " + conv.bias[0]" if bias else ""
    b.same(
        "worked", f"({there} * conv.weight[0].flatten()).sum(){tail}", here,
        size=f"({there} * conv.weight[0].flatten()).abs().sum()" + (" + conv.bias[0].abs()" if bias else ""),
        terms=channels + 2,
    )  # fmt: skip
    return dot_product(
        b, here, f"{there} · conv.weight[0]", b.value(there), b.value("conv.weight[0].flatten()"),
        b.value("conv.bias[0]") if bias else None, b.value(here),
    )  # fmt: skip
