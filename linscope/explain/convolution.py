"""Lesson: a convolution is one small linear map, applied at every position."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from linscope.explain.chains import meeting
from linscope.explain.figures import at, flowing
from linscope.explain.layer_costs import check_costs, macs_part, parameter_table
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.wording import macs, parameters
from linscope.explain.worked import Seen, dot_product, drawn_product
from linscope.explain.written import called, written_code

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Picture, Worked
    from linscope.report.record import LayerRow, Report

_AXES = {"Conv1d": 1, "Conv2d": 2, "Conv3d": 3}


def _convolution(report: Report) -> LayerRow | None:
    """The first convolution of a batch that is padded with zeros, if at all."""
    return next((row for row in report.layers if row.type in _AXES and _shape(row) is not None), None)


class _Geometry:
    """Kernel, stride, padding and dilation, a number per axis."""

    def __init__(self, call: dict[str, Any], axes: int) -> None:
        def each(name: str, usual: int) -> tuple[int, ...]:
            value = call.get(name, usual)
            return (value,) * axes if isinstance(value, int) else tuple(value)

        self.kernel = each("kernel_size", 1)
        self.stride = each("stride", 1)
        self.padding = each("padding", 0)
        self.dilation = each("dilation", 1)
        self.groups = int(call.get("groups", 1))


def _shape(row: LayerRow) -> _Geometry | None:
    call = called(row)
    axes = _AXES[row.type]
    if call is None or row.output_dtypes != ("float32",) or len(row.input_shapes[0]) != axes + 2:
        return None
    if call.get("padding_mode", "zeros") != "zeros" or isinstance(call.get("padding", 0), str):
        return None
    return _Geometry(call, axes)


@lesson(
    "convolution",
    title="A convolution is a linear map at every position",
    example="[1,3,8,8] -> Conv2d(3,4,3)",
    about="a convolution of a batch, padded with zeros if at all",
    on=_convolution,
)
def convolution(b: Board) -> Lesson:
    """Every output is one window of the input times one filter: windows as columns, filters as rows."""
    say, row = b.say, b.row
    g = _shape(row)
    assert g is not None
    weight = dict(row.parameters.shapes)["weight"]
    bias = "bias" in dict(row.parameters.shapes)
    given, gave = row.input_shapes[0], row.output_shapes[0]
    positions, window = prod(gave[2:]), prod(weight[1:])
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"layer = {written_code(row)}", f"x = torch.randn({', '.join(map(str, given))})", "y = layer(x).detach()",
        "weight = layer.weight.detach()", *(("bias = layer.bias.detach()",) if bias else ()),
    )  # fmt: skip
    b.true("shape", f"tuple(weight.shape) == {weight}", say("weight is {shape}", shape=weight))
    picture = None
    if len(given) < 5 and positions * window * given[0] <= 1 << 24:
        _unfolded(b, g, gave, bias)
        picture = _picture(b, (weight[0], window, positions)) if g.groups == 1 else None
    worked = _element(b, g, gave, weight, bias)
    b.macs("run", "layer(x)", row.macs, say("layer(x) takes {macs}", macs=macs(say, row.macs)))
    check_costs(b)
    _larger(b)
    n, o = given[0], weight[0]
    return b.lesson(
        say(
            "Each of the {positions} output positions is a window of {window} numbers, met by {o} filters of as many: "
            "a linear map of {window} to {o}, with the same {weights} weights everywhere.",
            positions=f"{n * positions:,}", window=f"{window:,}", o=f"{o:,}", weights=f"{o * window:,}",
        ),
        chains=(
            meeting((o // g.groups, window), (window, positions), (o // g.groups, positions),
                    say("filters as rows, windows as columns; images: {n:,}", n=n) if g.groups == 1 else
                    say("filters as rows, windows as columns; images: {n:,}, groups: {groups:,}", n=n,
                        groups=g.groups)),
        ),
        parts=(parameter_table(b), macs_part(b), picture, worked),
    )  # fmt: skip


def _unfolded(b: Board, g: _Geometry, gave: tuple[int, ...], bias: bool) -> None:
    """All windows as columns of one matrix, and the filters as rows of another: their product is the output."""
    flat = len(gave) == 3  # torch unfolds images: a line is one of height 1

    def both(values: tuple[int, ...], first: int) -> tuple[int, ...]:
        return (first, *values) if flat else values

    image = "x.unsqueeze(2)" if flat else "x"
    options = f"dilation={both(g.dilation, 1)}, padding={both(g.padding, 0)}, stride={both(g.stride, 1)}"
    b.write(
        "", "windows = nn.functional.unfold(", f"    {image}, {both(g.kernel, 1)},", f"    {options},", ")",
    )  # fmt: skip
    tail = " + bias.unsqueeze(-1)" if bias else ""
    product = "weight.flatten(1) @ windows"
    size = f"weight.flatten(1).abs() @ windows.abs(){tail.replace('bias', 'bias.abs()')}"
    if g.groups > 1:
        b.write(
            f"windows = windows.unflatten(1, ({g.groups}, -1))",
            f"filters = weight.flatten(1).unflatten(0, ({g.groups}, -1))",
        )
        product = "(filters @ windows).flatten(1, 2)"
        size = f"(filters.abs() @ windows.abs()).flatten(1, 2){tail.replace('bias', 'bias.abs()')}"
    b.same("unfolded", f"({product}{tail}).view(y.shape)", "y", size=size, terms=prod(g.kernel) * _channels(b) + 2)


def _picture(b: Board, sizes: tuple[int, int, int]) -> Picture | None:
    """Filters as rows, windows as columns, and the outputs where they meet."""
    filters, window, positions = sizes
    return drawn_product(
        b,
        b.say("A row is a filter, a column is a window; the output is where they meet, before the bias."),
        Seen("weight.flatten(1)", "weight.flatten(1)", (filters, window)),
        Seen("windows[0]", "windows[0]", (window, positions)),
        Seen("weight.flatten(1) @ windows[0]", "weight.flatten(1) @ windows[0]", (filters, positions)),
    )


def _channels(b: Board) -> int:
    return dict(b.row.parameters.shapes)["weight"][1]


def _element(b: Board, g: _Geometry, gave: tuple[int, ...], weight: tuple[int, ...], bias: bool) -> Worked | None:
    """The first output channel in the middle of the first image, from the window that lies there."""
    if not b.light:
        return None
    middle = tuple(size // 2 for size in gave[2:])
    # F.pad takes the last axis first, before and after.
    pads = ", ".join(f"{p}, {p}" for p in reversed(g.padding))
    cuts = [
        f"{i * s}:{i * s + d * (k - 1) + 1}" + (f":{d}" if d > 1 else "")
        for i, s, d, k in zip(middle, g.stride, g.dilation, g.kernel, strict=True)
    ]
    padded = f"nn.functional.pad(x, ({pads}))" if any(g.padding) else "x"
    b.write("", f"window = {padded}[0, :{weight[1]}, {', '.join(cuts)}]")
    here, tail = at("y", 0, 0, *middle), " + bias[0]" if bias else ""
    b.true("window", f"tuple(window.shape) == {weight[1:]}", b.say("a window is {shape}", shape=weight[1:]))
    b.same("worked", f"(window * weight[0]).sum(){tail}", here,
           size=f"(window * weight[0]).abs().sum(){tail.replace('[0]', '[0].abs()')}",
           terms=prod(weight[1:]) + 2)  # fmt: skip
    line = b.say("the window in the middle · weight[0]")
    return dot_product(b, here, line, b.value("window.flatten()"), b.value("weight[0].flatten()"),
                       b.value("bias[0]") if bias else None, b.value(here))  # fmt: skip


def _larger(b: Board) -> None:
    """A larger image makes more work, and no more parameters."""
    row, say = b.row, b.say
    given = row.input_shapes[0]
    larger = (*given[:2], *(2 * size for size in given[2:]))
    call = written_code(row).removeprefix("nn.")
    spec = f"{flowing(larger)} -> nn.{call}"
    if row.macs > 10**8:
        return
    totals = b.analyze(spec, crosscheck=False).totals
    b.counts("larger", say("twice the size on each side, and as many parameters"), row.parameters.total,
             totals.parameters.total)  # fmt: skip
    b.mistake(
        say("“Few parameters, little work.”"),
        spec,
        (f"{parameters(say, totals.parameters.total)}, {macs(say, totals.macs)}",),
        say("The same parameters as on {shape}, and {times:.2g} times the MACs: every weight works at every position.",
            shape=flowing(given), times=totals.macs / row.macs),
    )  # fmt: skip
