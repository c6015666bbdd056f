"""Lesson: linear layers in a row, with something that is not linear between them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing
from linscope.explain.linear_map import GAP, linear_map
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import element
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.explain.linear_map import LinearMap
    from linscope.report.lesson import Lesson, Worked
    from linscope.report.record import LayerRow, Report

_BETWEEN = ("ReLU", "GELU", "Tanh", "Sigmoid", "SiLU", "LeakyReLU", "ELU", "Softplus", "Mish", "Hardtanh", "Identity")
"""Layers that work on each number alone, as they are by default."""


def _steps(report: Report) -> list[LayerRow] | None:
    """The layers of a chain of linear maps and activations, one into the next; None for any other model."""
    rows = list(report.layers)
    linear = [row for row in rows if row.type == "Linear" and linear_map(row) is not None]
    between = [row for row in rows if row not in linear]
    plain = all(row.type in _BETWEEN and row.written.removesuffix("()") == row.type for row in between)
    if len(linear) < 2 or not plain:
        return None
    shapes = [(row.input_shapes[0], row.output_shapes[0]) for row in rows]
    follow = all(one[1] == other[0] for one, other in pairwise(shapes))
    return rows if follow and all(row.call == 1 for row in rows) else None


def _first(report: Report) -> LayerRow | None:
    rows = _steps(report)
    return rows[0] if rows else None


@lesson(
    "mlp",
    title="Layers in a row: a network",
    example="[3,10] -> nn.Linear(10,50) -> ReLU -> nn.Linear(50,2)",
    about="a chain of nn.Linear and activations",
    on=_first,
)
def mlp(b: Board) -> Lesson:
    """Parameters and MACs add up; without an activation two linear layers are one."""
    rows, say = _steps(b.report) or [], b.say
    maps = [m for row in rows if (m := linear_map(row)) is not None]
    total = b.report.totals
    made = tuple(f"    {m.made}," if (m := linear_map(row)) else f"    nn.{row.type}()," for row in rows)
    shape = rows[0].input_shapes[0]
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        "net = nn.Sequential(", *made, ")", f"x = torch.randn({', '.join(map(str, shape))})", "y = net(x)",
    )  # fmt: skip
    out = rows[-1].output_shapes[0]
    b.true("shape", f"tuple(y.shape) == {out}", say("y is {shape}", shape=flowing(out)))
    count = sum(m.parameters for m in maps)
    b.true(
        "parameters",
        f"sum(p.numel() for p in net.parameters()) == {count}",
        say("net has {sum} parameters", sum=_sum([m.parameters for m in maps])),
    )
    work = sum(m.macs for m in maps)
    b.macs("macs", "net(x)", work, say("net(x) takes {macs}", macs=macs(say, work)))
    b.counts("report_parameters", say("parameters of the analysis"), count, total.parameters.total)
    b.counts("report_macs", say("MACs at the operators of the analysis"), work, total.macs)
    worked = _last(b, rows, maps[-1])
    _collapse(b, maps)
    return b.lesson(
        say(
            "Each layer's output is the next one's input, so out_features of one is in_features of the next; "
            "parameters add up to {parameters}, MACs to {macs}.",
            parameters=f"{count:,}", macs=f"{work:,}",
        ),
        chains=tuple(
            meeting(m.input_shape, (m.in_features, m.out_features), m.output_shape) for m in maps
        ),
        parts=(
            _table(b, rows),
            worked,
            Prose(say("An activation has no parameters and takes no MACs, and changes no shape.")),
        ),
        layer="",
    )  # fmt: skip


def _last(b: Board, rows: list[LayerRow], m: LinearMap) -> Worked | None:
    """One output of the last linear layer, from what reaches it."""
    place = max(index for index, row in enumerate(rows) if linear_map(row) is not None)
    b.write(
        "", f"h = net[:{place}](x).detach()", f"y = net[{place}](h).detach()",
        f"weight = net[{place}].weight.detach()", *((f"bias = net[{place}].bias.detach()",) if m.has_bias else ()),
    )  # fmt: skip
    return element(b, m, x="h")


def _table(b: Board, rows: list[LayerRow]) -> Table:
    say = b.say
    lines = []
    for row in rows:
        m = linear_map(row)
        count = "0"
        if m is not None:
            bias = f" + {m.out_features}" if m.has_bias else ""
            sums = f"{m.in_features} · {m.out_features}{bias}"
            count = f"{sums} = {m.parameters:,}"
        work = f"{m.rows:,} · {m.weights:,} = {m.macs:,}" if m is not None else "0"
        lines.append((row.written, flowing(row.output_shapes[0]), count, work))
    maps = [m for row in rows if (m := linear_map(row)) is not None]
    lines.append((say("in all"), "", f"{sum(m.parameters for m in maps):,}", f"{sum(m.macs for m in maps):,}"))
    return Table(
        "", (say("layer"), say("comes out"), say("parameters"), "MACs"), tuple(lines), (False, False, True, True)
    )


def _sum(counts: list[int]) -> str:
    return f"{' + '.join(f'{n:,}' for n in counts)} = {sum(counts):,}"


def _collapse(b: Board, maps: list[LinearMap]) -> None:
    """The first two linear layers with nothing between them are one."""
    one, two = maps[:2]
    if one.weights + two.weights > 1 << 20 or one.out_features != two.in_features:
        return
    bias = f" + first.bias @ second.weight.T{' + second.bias' if two.has_bias else ''}" if one.has_bias else ""
    bias = bias or (" + second.bias" if two.has_bias else "")
    size = "x.abs() @ first.weight.T.abs() @ second.weight.T.abs()"
    if one.has_bias:
        size += " + first.bias.abs() @ second.weight.T.abs()"
    b.write(
        "", f"first, second = {one.made}, {two.made}",
        f"W = second.weight @ first.weight  # {(two.out_features, one.in_features)}",
    )  # fmt: skip
    b.same(
        "collapse", "second(first(x))", f"x @ W.T{bias}", size=size, terms=one.in_features + one.out_features + 4,
        statement=b.say("without an activation, second(first(x)) = x @ W.T{bias}, W = second.weight @ first.weight",
                        bias=bias),
    )  # fmt: skip
    own, merged = one.weights + two.weights, one.in_features * two.out_features
    b.mistake(
        b.say("“Two linear layers in a row are a deeper network.”"),
        "second(first(x)) - x @ (second.weight @ first.weight).T" + (" - ..." if bias else ""),
        (b.say("0, up to rounding: {own:,} weights that do what {merged:,} do", own=own, merged=merged),),
        b.say("Products of matrices are one matrix: it takes something that is not linear between them."),
    )
