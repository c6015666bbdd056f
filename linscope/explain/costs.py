"""Lesson: where a layer's parameters and MACs come from: the formula, the numbers in it, and the result."""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING

from linscope.explain.board import MOST_ELEMENTS, MOST_MACS
from linscope.explain.chains import passing
from linscope.explain.figures import flowing
from linscope.explain.layer_costs import names_of, numbers_of, sizes_of
from linscope.explain.registry import lesson
from linscope.explain.wording import macs, parameters
from linscope.explain.written import called, written_code
from linscope.report.lesson import Prose, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_MOST_LAYERS = 24
"""Rows of a table that are still read."""


def _costly(report: Report) -> LayerRow | None:
    """The outermost layer that has something to count; the first, where none has."""
    return next((row for row in report.layers if row.subtree_macs or row.subtree_parameters), None)


def _several(report: Report) -> LayerRow | None:
    """Where one lesson on one layer does not say it all."""
    row = _costly(report)
    counting = [row for row in report.layers if row.macs or row.parameters.total]
    return row if len(counting) > 1 or (row is not None and row.type not in _TOLD) else None


_TOLD = (
    *("Linear", "Parameter", "Conv1d", "Conv2d", "Conv3d", "MultiheadAttention", "RNN", "LSTM", "GRU"),
    *("Embedding", "LayerNorm", "GroupNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d"),
)
"""Layers with a lesson of their own."""


@lesson(
    "costs",
    title="Where the parameters and MACs come from",
    example="[1,3,32,32] -> Conv2d(3,8,3) -> ReLU -> Flatten -> nn.Linear(7200,10)",
    about="a layer with parameters or MACs",
    on=_costly,
    offered=_several,
)
def costs(b: Board) -> Lesson:
    """Every layer's formula, with its numbers in it, and what it comes to."""
    say, total = b.say, b.report.totals
    counting = [row for row in b.report.layers if row.macs or row.parameters.total]
    shown = counting[:_MOST_LAYERS]
    own, kept = sum(row.macs for row in b.report.layers), sum(row.parameters.total for row in b.report.layers)
    b.counts("macs", say("the layers' MACs add up to those at the operators"), own, total.macs)
    for index, row in enumerate(shown):
        _check_layer(b, index, row)
    _program(b)
    _most(b, counting)
    unknown = len(b.report.uncounted)
    outside, more = total.parameters.total - kept, len(counting) - len(shown)
    came = (flowing(info.shape) for info in b.report.outputs)
    return b.lesson(
        say(
            "{parameters} and {macs}: every layer's formula with its numbers in it, as the operators that ran have it.",
            parameters=parameters(say, total.parameters.total), macs=macs(say, total.macs),
        ),
        chains=(passing(*(flowing(info.shape) for info in b.report.inputs), "→", *came),),
        parts=(
            *(Worked(_name(row), _lines(row)) for row in shown),
            Worked("", (say("and {count:,} layers more", count=more),)) if more else None,
            Worked("", (say("{count:,} parameters stand outside of every layer that ran", count=outside),))
            if outside else None,
            Prose(say("{count:,} operators have no count, so the MACs are a lower bound.", count=unknown))
            if unknown else None,
        ),
        layer="",
    )  # fmt: skip


def _name(row: LayerRow) -> str:
    """``0: Conv2d(3, 8, 3)``."""
    return f"{row.path}: {row.written}" if row.path else row.written


def _lines(row: LayerRow) -> tuple[str, ...]:
    """Parameters and MACs of one layer, each as the product that it is."""
    shapes = [shape for _, shape in row.parameters.shapes]
    sizes = " + ".join(sizes_of(shape) for shape in shapes)
    same = f" = {row.parameters.total:,}" if any(len(shape) > 1 for shape in shapes) or len(shapes) > 1 else ""
    lines = [f"parameters = {sizes}{same}" if shapes else "parameters = 0"]
    if row.derivation is None or not row.derivation.terms:
        return (*lines, f"MACs       = {row.macs:,}")
    for index, term in enumerate(row.derivation.terms):
        lines.append(f"{'MACs       =' if index == 0 else '           +'} {names_of(term)}")
    for index, term in enumerate(row.derivation.terms):
        lines.append(f"{'           =' if index == 0 else '           +'} {numbers_of(term)}")
    return (*lines, f"           = {row.macs:,}")


def _check_layer(b: Board, index: int, row: LayerRow) -> None:
    layer = _name(row)
    if row.derivation is not None:
        told = b.say("{layer}: {count} MACs by its formula", layer=layer, count=f"{row.derivation.count:,}")
        b.counts(f"layer{index}", told, row.derivation.count, row.macs)
    count = sum(prod(shape) for _, shape in row.parameters.shapes)
    if not row.parameters.shared:
        told = b.say("{layer}: its sizes multiply to {count} parameters", layer=layer, count=f"{count:,}")
        b.counts(f"parameters{index}", told, count, row.parameters.total)


def _program(b: Board) -> None:
    """The model as a chain, where it is one of plain layers, and what it counts."""
    rows, total = b.report.layers, b.report.totals
    if not _is_chain(b.report):
        return
    shape = b.report.inputs[0].shape
    b.write(
        "import torch", "from torch import nn", "", f"torch.manual_seed({b.seed})", "net = nn.Sequential(",
        *(f"    {_made(row)}," for row in rows), ").eval()", f"x = torch.randn({', '.join(map(str, shape))})",
    )  # fmt: skip
    for index, row in enumerate(rows):
        if row.parameters.total:
            count = row.parameters.total
            b.true(f"program{index}", f"sum(p.numel() for p in net[{index}].parameters()) == {count}",
                   b.say("net[{index}] has {count:,} parameters", index=index, count=count))  # fmt: skip
    b.macs("run", "net(x)", total.macs, b.say("net(x) takes {macs}", macs=macs(b.say, total.macs)))


def _is_chain(report: Report) -> bool:
    """Whether the model is plain layers of torch.nn, one after another, on one tensor of real numbers."""
    rows = report.layers
    if report.totals.macs > MOST_MACS or report.totals.parameters.total > MOST_ELEMENTS:
        return False
    if len(rows) > _MOST_LAYERS or len(report.inputs) != 1 or report.inputs[0].dtype != "float32":
        return False
    one = all(len(row.input_shapes) == 1 == len(row.output_shapes) and not row.has_children for row in rows)
    plain = all(row.type != "Parameter" and called(row) is not None for row in rows)
    follow = all(row.output_shapes == next_.input_shapes for row, next_ in pairwise(rows))
    return one and plain and follow and rows[0].input_shapes[0] == report.inputs[0].shape


def _made(row: LayerRow) -> str:
    """The call that makes the layer, with the bias left out where the notation left it out."""
    code = written_code(row)
    bare = row.type == "Linear" and "bias" not in dict(row.parameters.shapes) and "bias" not in code
    return f"{code[:-1]}, bias=False)" if bare else code


def _most(b: Board, rows: list[LayerRow]) -> None:
    """The layer with the most parameters, where another has the most MACs."""
    most, busiest = max(rows, key=lambda row: row.parameters.total), max(rows, key=lambda row: row.macs)
    if most is busiest or busiest.macs == most.macs or most.parameters.total == busiest.parameters.total:
        return
    say = b.say
    told = tuple(
        f"{_name(row)}: {parameters(say, row.parameters.total)}, {macs(say, row.macs)}" for row in (most, busiest)
    )
    b.mistake(
        say("“The layer with the most parameters does the most work.”"),
        b.report.target,
        told,
        say("Parameters are what is stored; MACs are how often it is used."),
    )
