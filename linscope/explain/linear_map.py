"""A linear layer of a report as the lessons see it, and the program that makes it and what goes in."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.explain.figures import flowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.explain.board import Board
    from linscope.report.record import LayerRow, Report

LINEAR = "Linear"
PARAMETER = "Parameter"

GAP = ("def gap(a, b):", "    return (a - b).abs().max().item()")
"""How a lesson's program says how far apart two tensors are."""


@dataclass(frozen=True, slots=True)
class LinearMap:
    """One call of ``nn.Linear``, or of the layer made by hand."""

    kind: str
    in_features: int
    out_features: int
    has_bias: bool
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]

    @property
    def rows(self) -> int:
        return prod(self.input_shape[:-1])

    @property
    def weights(self) -> int:
        """Elements of the weight, the bias aside."""
        return self.in_features * self.out_features

    @property
    def macs(self) -> int:
        return self.rows * self.weights

    @property
    def parameters(self) -> int:
        return self.weights + (self.out_features if self.has_bias else 0)

    @property
    def first(self) -> str:
        """Where the first row stands among the leading dimensions: ``0, 0``; empty where there are none."""
        return ", ".join("0" for _ in self.input_shape[:-1])

    @property
    def used(self) -> str:
        """What x meets from the right, as code."""
        return "weight.T" if self.kind == LINEAR else "weight"

    @property
    def plus_bias(self) -> str:
        return " + bias" if self.has_bias else ""

    @property
    def made(self) -> str:
        """The call that makes the layer."""
        if self.kind == PARAMETER:
            return f"ByHand({self.in_features}, {self.out_features})"
        bias = "" if self.has_bias else ", bias=False"
        return f"nn.Linear({self.in_features}, {self.out_features}{bias})"

    @property
    def size(self) -> str:
        """What the absolute values of the products of each output sum to, as code: the measure of its rounding."""
        return f"x.abs() @ {self.used}.abs()" + (" + bias.abs()" if self.has_bias else "")

    @property
    def terms(self) -> int:
        """How many numbers are summed for an output, and two for the roundings at the end."""
        return self.in_features + 2


def linear_map(row: LayerRow) -> LinearMap | None:
    """The row as a linear map of real numbers; None for any other layer."""
    shapes = dict(row.parameters.shapes)
    weight = shapes.get("weight")
    plain = set(shapes) <= {"weight", "bias"} and len(row.input_shapes) == 1 == len(row.output_shapes)
    if row.type not in (LINEAR, PARAMETER) or weight is None or len(weight) != 2 or not plain:
        return None
    ins, outs = weight if row.type == PARAMETER else reversed(weight)
    given, gave = row.input_shapes[0], row.output_shapes[0]
    if (
        not ins
        or not outs
        or given[-1:] != (ins,)
        or gave != (*given[:-1], outs)
        or row.output_dtypes[:1] != ("float32",)
    ):
        return None
    return LinearMap(row.type, ins, outs, "bias" in shapes, given, gave)


_OF_TORCH = ("Transformer", "MultiheadAttention")
"""Layers of torch's own whose linear layers nobody wrote; how their names begin."""


def linear_row(report: Report) -> LayerRow | None:
    """The first linear layer of the user's own, made by hand or not."""
    return next(_linear(report), None)


def torch_row(report: Report) -> LayerRow | None:
    """The first ``nn.Linear`` of the user's own."""
    return next((row for row in _linear(report) if row.type == LINEAR), None)


def _linear(report: Report) -> Iterator[LayerRow]:
    inside = tuple(f"{row.path}." for row in report.layers if row.type.startswith(_OF_TORCH))
    return (row for row in report.layers if linear_map(row) is not None and not row.path.startswith(inside))


def map_of(board: Board) -> LinearMap:
    """The linear map that a lesson is told on."""
    found = linear_map(board.row)
    assert found is not None
    return found


def open_program(board: Board, *more: str) -> LinearMap:
    """Write the beginning of a program: ``layer``, what goes in, ``x``, its weight and bias, and what comes out, ``y``.

    The numbers are those of an analysis with the same seed, or the reader's own.

    Raises:
        UsageError: numbers of the reader's that do not fit the layer.
    """
    m = map_of(board)
    fit(board, m)
    made = [f"torch.manual_seed({board.seed})", f"layer = {m.made}"]
    if board.weights is not None:
        made += ["with torch.no_grad():", *_indented(board.weights.code("own")), "    layer.weight.copy_(own)", ""]
    drawn = f"x = torch.randn({', '.join(map(str, m.input_shape))})"
    made += board.x.code("x") if board.x is not None else (drawn,)
    board.write(
        "import torch",
        "from torch import nn",
        "",
        *GAP,
        "",
        *(by_hand(m) if m.kind == PARAMETER else ()),
        *made,
        "",
        "weight = layer.weight.detach()",
        *(("bias = layer.bias.detach()",) if m.has_bias else ()),
        "y = layer(x).detach()",
        *more,
    )
    return m


def by_hand(m: LinearMap) -> tuple[str, ...]:
    """The class ``ByHand``: the layer as one writes it without ``nn.Linear``."""
    bias = ("        self.bias = nn.Parameter(torch.randn(n_out))",) if m.has_bias else ()
    return (
        "class ByHand(nn.Module):",
        "    def __init__(self, n_in, n_out):",
        "        super().__init__()",
        "        self.weight = nn.Parameter(torch.randn(n_in, n_out))",
        *bias,
        "    def forward(self, x):",
        f"        return x @ self.weight{' + self.bias' if m.has_bias else ''}",
        "",
    )


def fit(board: Board, m: LinearMap) -> None:
    """See whether the reader's numbers are of the layer's sizes.

    Raises:
        UsageError: they are not; with the sizes that would do.
    """
    stored = (m.out_features, m.in_features) if m.kind == LINEAR else (m.in_features, m.out_features)
    layer = board.row.written
    if board.x is not None and board.x.shape != m.input_shape:
        raise UsageError(
            f"--x is {flowing(board.x.shape)}, and {layer} takes {flowing(m.input_shape)} here",
            hint=f"give --x the shape {flowing(m.input_shape)}, or the spec the input {flowing(board.x.shape)}",
        )
    if board.weights is not None and board.weights.shape != stored:
        order = "(out, in)" if m.kind == LINEAR else "(in, out)"
        turned = board.weights.shape == stored[::-1]
        raise UsageError(
            f"--weights is {board.weights.shape}, and {layer} stores {order} = {stored}",
            hint="that is the transpose: give it a row per output" if turned else f"give --weights the shape {stored}",
        )


def _indented(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"    {line}" for line in lines)
