"""Lesson: reading a shape of many dimensions, from the right."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.explain.chains import passing
from linscope.explain.figures import at, flowing, product, real
from linscope.explain.linear_map import GAP, fit, linear_row, map_of
from linscope.explain.registry import lesson
from linscope.report.lesson import Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report


def _several(report: Report) -> LayerRow | None:
    row = linear_row(report)
    return row if row is not None and len(row.input_shapes[0]) > 1 else None


@lesson(
    "reading-shapes",
    title="Reading a shape, from the right",
    example="[32,3,4] -> Linear(4,2)",
    about="a linear layer on two dimensions or more",
    on=_several,
    takes_numbers=True,
)
def reading_shapes(b: Board) -> Lesson:
    """The last dimension is one sample's features, the one before it counts samples, and so on outward."""
    m, say = map_of(b), b.say
    fit(b, m)
    shape = m.input_shape
    strides = tuple(prod(shape[index + 1 :]) for index in range(len(shape)))
    last = tuple(size - 1 for size in shape)
    place = sum(index * stride for index, stride in zip(last, strides, strict=True))
    drawn = b.x.code("x") if b.x is not None else (f"x = torch.randn({', '.join(map(str, shape))})",)
    # The layer is drawn first, so that x is the x of an analysis with the same seed.
    made = f"layer = {m.made}" if m.made.startswith("nn.") else f"torch.randn({m.in_features}, {m.out_features})"
    seed = (f"torch.manual_seed({b.seed})",)
    b.write("import torch", "from torch import nn", "", *GAP, "", *seed, made, *drawn)
    b.true("strides", f"x.stride() == {strides}", say("x has strides {strides}", strides=strides))
    b.true("rows", f"x[..., 0].numel() == {m.rows}", say("x holds {rows} rows", rows=product(*shape[:-1])))
    here = at("x", *last)
    b.same(
        "place", f"x.flatten()[{place}]", here, why=say("bit for bit: it is the same number in memory"),
    )  # fmt: skip
    _reshape(b, shape)
    sums = " + ".join(f"{index}·{stride}" for index, stride in zip(last, strides, strict=True))
    value = f" = {real(b.value(here))}" if b.light else ""
    return b.lesson(
        say(
            "Read {shape} from the right: {n} features make a sample, and each dimension further left counts "
            "what stands to the right of it.",
            shape=flowing(shape), n=shape[-1],
        ),
        chains=(passing(*_outward(b, shape)),),
        parts=(
            Table(
                "",
                (say("dimension"), say("size"), say("stride"), say("what it counts")),
                tuple(_dimension(b, shape, strides, index) for index in reversed(range(len(shape)))),
                (False, True, True, False),
            ),
            Worked(
                say("One number found by hand: the index times the strides."),
                (f"{here} = x.flatten()[{sums}] = x.flatten()[{place:,}]{value}",),
            ),
        ),
    )  # fmt: skip


def _outward(b: Board, shape: tuple[int, ...]) -> tuple[str, ...]:
    """``4 features · 3 samples · 32 of those``."""
    told = [b.say("{n:,} features", n=shape[-1])]
    for depth, size in enumerate(reversed(shape[:-1])):
        told.append(b.say("× {n:,} samples", n=size) if depth == 0 else b.say("× {n:,} of those", n=size))
    return (*told, f"= {product(*shape)}")


def _dimension(b: Board, shape: tuple[int, ...], strides: tuple[int, ...], index: int) -> tuple[str, ...]:
    from_right = index - len(shape)
    if from_right == -1:
        told = b.say("the features of one sample: what a linear layer sees")
    elif from_right == -2:
        told = b.say("samples, each a row of {n:,} features", n=shape[-1])
    else:
        told = b.say("blocks of {shape}", shape=flowing(shape[index + 1 :]))
    return (str(from_right), f"{shape[index]:,}", f"{strides[index]:,}", told)


def _reshape(b: Board, shape: tuple[int, ...]) -> None:
    """reshape keeps the order of the numbers, and so does not turn dimensions."""
    one, other = shape[-2], shape[-1]
    if min(one, other) < 2:
        return
    turned = (*shape[:-2], other, one)
    if b.light and b.value(f"torch.equal(x.reshape({turned}), x.transpose(-1, -2))"):
        return  # numbers of the reader's own that do not show it
    b.true(
        "reshape",
        f"not torch.equal(x.reshape({turned}), x.transpose(-1, -2))",
        b.say("x.reshape{turned} and x.transpose(-1, -2) are of one size, and differ", turned=turned),
    )
    if b.light:
        read = b.value(f"x.reshape({turned})")
        right = b.value("x.transpose(-1, -2)")
        for _ in shape[:-2]:
            read, right = read[0], right[0]
        shown = f"{', '.join(map(real, read[0][:4]))}  ≠  {', '.join(map(real, right[0][:4]))}"
        b.mistake(
            b.say("“reshape swaps the dimensions”: the sizes come out right, the numbers do not."),
            f"x.reshape{turned}",
            (shown,),
            b.say("reshape reads the same numbers in the same order; transpose(-1, -2) is what swaps."),
        )
