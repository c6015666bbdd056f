"""Lesson: normalisation layers: over which numbers, and what they cost."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from linscope.explain.chains import passing
from linscope.explain.figures import flowing, real
from linscope.explain.layer_costs import check_costs, parameter_table
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.written import called, written_code
from linscope.report.lesson import Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_BATCH = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")


class _Over(NamedTuple):
    """What a layer normalises over: dimensions of ``view``, which is x or x in groups; how many numbers that is.

    ``kept`` are the sizes that are left: a mean for each row, each group or each channel.
    """

    view: str
    dimensions: tuple[int, ...]
    numbers: int
    group: str
    kept: tuple[int, ...]


def _norm(report: Report) -> LayerRow | None:
    return next((row for row in report.layers if _over(row) is not None), None)


def _over(row: LayerRow) -> _Over | None:
    call, shape = called(row), row.input_shapes[0] if row.input_shapes else ()
    if call is None or len(shape) < 2 or row.output_dtypes[:1] != ("float32",) or not prod(shape) or "eps" in call:
        return None
    if row.type == "LayerNorm" and "normalized_shape" in call:
        last = call["normalized_shape"]
        count = 1 if isinstance(last, int) else len(last)
        dims = tuple(range(-count, 0))
        return _Over("x", dims, prod(shape[-count:]), "row", shape[:-count])
    if row.type == "GroupNorm" and len(shape) > 1:
        groups = call["num_groups"]
        inner = len(shape) - 2
        dims, each = tuple(range(2, 3 + inner)), prod(shape[1:]) // groups
        return _Over(f"x.unflatten(1, ({groups}, -1))", dims, each, "group", (shape[0], groups))
    if row.type in _BATCH and len(shape) > 2 and prod(shape) // shape[1] > 1:
        return _Over("x", (0, *range(2, len(shape))), prod(shape) // shape[1], "channel", (shape[1],))
    return None


@lesson(
    "normalization",
    title="Normalisation: over which numbers",
    example="[32,3,4] -> LayerNorm(4)",
    about="LayerNorm, GroupNorm or BatchNorm with eps as it is by default",
    on=_norm,
)
def normalization(b: Board) -> Lesson:
    """(x - mean) / √(variance + eps) over a row, a group or a channel; a scale and a shift; no MACs."""
    say, row = b.say, b.row
    over = _over(row)
    assert over is not None
    shape = row.input_shapes[0]
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"layer = {written_code(row)}" + ("  # in training mode" if row.type in _BATCH else ""),
        f"x = torch.randn({', '.join(map(str, shape))})", "y = layer(x).detach()", "",
        f"X, dims = {over.view}, {over.dimensions}",
        "mean = X.mean(dims, keepdim=True)", "var = X.var(dims, correction=0, keepdim=True)",
        "by_hand = ((X - mean) / (var + layer.eps).sqrt()).reshape(x.shape)",
    )  # fmt: skip
    size, terms = "(X.abs() + mean.abs()) / (var + layer.eps).sqrt()", over.numbers + 4
    b.same("formula", "by_hand", "y", size=size, terms=terms)
    b.same("mean", "by_hand.reshape(X.shape).mean(dims)", f"torch.zeros({over.kept})", size=size, terms=terms,
           statement=say("the mean over what it normalises is 0 afterwards"))  # fmt: skip
    worked = _worked(b, shape)
    b.macs("run", "layer(x)", 0, say("layer(x) takes no MACs"))
    check_costs(b)
    _evaluation(b, over)
    _other(b, shape, over)
    whole = {
        "row": say("each row, or block of rows, by itself"),
        "group": say("each sample's group of channels by itself"),
        "channel": say("each channel over the whole batch"),
    }[over.group]
    return b.lesson(
        say(
            "{layer} takes {shape} and normalises {whole}, over {numbers} numbers; what it learns is a scale and a "
            "shift, {parameters} parameters; it sums and divides, and takes no MACs.",
            layer=row.written, shape=flowing(shape), whole=whole, numbers=f"{over.numbers:,}",
            parameters=f"{row.parameters.total:,}",
        ),
        chains=(passing(flowing(shape), "→", row.written, "→", flowing(row.output_shapes[0]),
                        note=say("{n:,} element-wise steps, counted apart from the MACs", n=row.elementwise)
                        if row.elementwise else ""),),
        parts=(
            Table(
                "", (say("layer"), say("on (N, C, L)"), say("mean and variance of"), say("in evaluation")),
                (
                    ("LayerNorm", say("last dimensions"), say("one row"), say("the same")),
                    ("GroupNorm", say("C in groups, and L"), say("one sample's group"), say("the same")),
                    ("BatchNorm", say("N and L"), say("one channel of the batch"), say("what training kept")),
                ),
                (False, False, False, False),
            ),
            worked, parameter_table(b) if row.parameters.total else None,
        ),
    )  # fmt: skip


def _worked(b: Board, shape: tuple[int, ...]) -> Worked | None:
    if not b.light:
        return None
    place = f"[{', '.join('0' for _ in shape)}]"
    x, mean, var = b.value(f"x{place}"), b.value("mean.flatten()[0]"), b.value("var.flatten()[0]")
    minus = f"- {real(mean)}" if mean >= 0 else f"+ {real(-mean)}"
    under = " " * len(f"y{place}")
    return Worked(
        b.say("One number worked out, rounded to 4 digits; mean and variance are those of what it is normalised with:"),
        (
            f"y{place} = (x{place} - mean) / √(variance + eps)",
            f"{under} = ({real(x)} {minus}) / √({real(var)} + 1e-05)",
            f"{under} = {real(b.value(f'y{place}'))}",
        ),
    )


def _evaluation(b: Board, over: _Over) -> None:
    """In evaluation BatchNorm takes what it kept while training; the others do as before."""
    say = b.say
    if over.group != "channel":
        b.true("evaluation", "torch.equal(layer.eval()(x), y)", say("in evaluation it gives the same"))
        return
    own = "torch.allclose(layer.eval()(x), y)"
    if b.light and b.value(own):
        return  # numbers that are normal already
    b.true("evaluation", f"not {own}", say("in evaluation it takes the mean and variance that it kept"))


def _other(b: Board, shape: tuple[int, ...], over: _Over) -> None:
    """Normalising over other dimensions gives other numbers."""
    say = b.say
    other = (0,) if over.group != "channel" else (1,)
    outside = f"by_hand.mean({other}).abs().max().item() > 1e-3"
    if b.light and not b.value(outside):
        return  # few numbers, that happen to cancel
    b.true("other", outside,
           say("over dimensions {other} the mean is not 0", other=other))  # fmt: skip
    if b.light:
        far = b.value(f"by_hand.mean({other}).abs().max()")
        b.mistake(
            say("“All normalisation layers do the same.”"),
            f"by_hand.mean({other}).abs().max()",
            (real(far),),
            say("They differ in what they take the mean over: here dimensions {dims}, not {other}.",
                dims=over.dimensions, other=other),
        )  # fmt: skip
