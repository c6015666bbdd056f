"""Lesson: an embedding is a row of a table, and a product with a one-hot vector only on paper."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing, real
from linscope.explain.layer_costs import check_costs, parameter_table
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.report.lesson import Prose, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_MOST = 10**8
"""MACs of the product that nobody makes."""


def _embedding(report: Report) -> LayerRow | None:
    return next(
        (row for row in report.layers if row.type == "Embedding" and row.output_dtypes == ("float32",)),
        None,
    )


@lesson(
    "embedding",
    title="An embedding is a row of a table",
    example="[2,5]:int64 -> Embedding(10,4)",
    about="Embedding",
    on=_embedding,
)
def embedding(b: Board) -> Lesson:
    """weight[ids]: parameters for every entry of the table, and no MACs."""
    say, row = b.say, b.row
    count, size = dict(row.parameters.shapes)["weight"]
    shape = row.input_shapes[0]
    ids, paper = prod(shape), prod(shape) * count * size
    sizes = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"layer = nn.Embedding({count}, {size})", f"ids = torch.randint({count}, {sizes})", "y = layer(ids).detach()",
        "weight = layer.weight.detach()",
    )  # fmt: skip
    b.same("row", "weight[ids]", "y", why=say("bit for bit: a row is copied, nothing is added"))
    worked = _row(b, shape)
    b.macs("run", "layer(ids)", 0, say("layer(ids) takes no MACs"))
    check_costs(b)
    if paper <= _MOST and b.light:
        b.write("", f"one_hot = nn.functional.one_hot(ids, {count}).float()")
        b.same("one_hot", "one_hot @ weight", "y", why=say("bit for bit: one number times 1, the others times 0"))
        b.macs("paper", "one_hot @ weight", paper, say("one_hot @ weight takes {macs}", macs=macs(say, paper)))
        b.mistake(
            say("“An embedding multiplies by the whole table.”"),
            "one_hot @ weight",
            (say("{macs}, of which the layer does 0", macs=macs(say, paper)),),
            say("It copies {ids:,} rows of {size:,} numbers; the product is done on paper alone.", ids=ids, size=size),
        )
    return b.lesson(
        say(
            "Embedding({count}, {size}) keeps a row of {size} numbers for each of {count} entries and looks up one per "
            "id: {parameters} parameters, and no MACs.",
            count=count, size=size, parameters=f"{count * size:,}",
        ),
        chains=(
            meeting((*shape, count), (count, size), (*shape, size),
                    say("on paper: ids as one-hot rows. In the machine: weight[ids]")),
        ),
        parts=(
            parameter_table(b), worked,
            Prose(say("The gradient is as sparse: only the rows that were looked up get one.")),
        ),
    )  # fmt: skip


def _row(b: Board, shape: tuple[int, ...]) -> Worked | None:
    """The first id, and the row that it is."""
    if not b.light:
        return None
    here = f"[{', '.join('0' for _ in shape)}]" if shape else ""
    entry, numbers = b.value(f"ids{here}"), b.value(f"y{here}")
    b.write("", "layer(ids).sum().backward()")
    b.true("sparse", "bool((layer.weight.grad.abs().sum(-1) > 0).sum() == ids.unique().numel())",
           b.say("as many rows have a gradient as there are different ids"))  # fmt: skip
    shown = ", ".join(real(number) for number in numbers[:4]) + (", …" if len(numbers) > 4 else "")
    return Worked(
        b.say("One id looked up, of {shape}:", shape=flowing(shape)),
        (f"ids{here} = {entry}", f"y{here} = weight[{entry}] = [{shown}]"),
    )
