"""Lesson: BatchNorm1d after a linear layer: the channels are the second dimension, not the last."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.errors import LinscopeError
from linscope.explain.chains import passing
from linscope.explain.figures import flowing, real
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.report.lesson import Prose, Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report


def _norm(report: Report) -> LayerRow | None:
    """The first BatchNorm1d that has parameters."""
    rows = (row for row in report.layers if row.type == "BatchNorm1d" and row.output_dtypes == ("float32",))
    return next((row for row in rows if "weight" in dict(row.parameters.shapes)), None)


@lesson(
    "batchnorm",
    title="BatchNorm1d: channels are the second dimension",
    example="[32,3,4] -> Linear(4,2) -> BatchNorm1d(3)",
    about="BatchNorm1d",
    on=_norm,
)
def batchnorm(b: Board) -> Lesson:
    """(N, C) and (N, C, L): each channel is normalised over everything else; the last dimension does not count."""
    say, shape = b.say, b.row.input_shapes[0]
    c, values = shape[1], prod(shape) // shape[1]
    over = "(0, 2)" if len(shape) == 3 else "0"
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"norm = nn.BatchNorm1d({c})  # in training mode",
        f"y = torch.randn({', '.join(map(str, shape))})  # as a linear layer gives it",
    )  # fmt: skip
    enough = values > 1
    if enough:
        _normalised(b, shape, over, values)
    b.true("parameters", f"sum(p.numel() for p in norm.parameters()) == {2 * c}",
           say("norm has {n} parameters: a scale and a shift per channel", n=2 * c))  # fmt: skip
    b.counts("macs", say("it takes no MACs"), 0, b.row.macs)
    said = _wrong(b, shape)
    b.fails(
        "one_value", f"nn.BatchNorm1d({c})(torch.randn(1, {c}))", "ValueError",
        claim=say("“It works on one sample as well”: not in training mode."),
        instead=say("One value has no deviation: a batch of two or more, or norm.eval()."),
    )  # fmt: skip
    b.true("evaluation", f"tuple(nn.BatchNorm1d({c}).eval()(torch.randn(1, {c})).shape) == {(1, c)}",
           say("in evaluation one sample will do"))  # fmt: skip
    return b.lesson(
        say(
            "BatchNorm1d takes (N, C) or (N, C, L), with the channels second: {shape} has {c} of them, each normalised "
            "over {values} values. What a linear layer made its last dimension is L there, not C.",
            shape=flowing(shape), c=c, values=f"{values:,}",
        ),
        chains=(passing(flowing(shape), "→", f"BatchNorm1d({c})", "→", flowing(b.row.output_shapes[0]),
                        note=say("dimension 1 is {c}: the channels", c=c)),),
        parts=(
            Table(
                "", (say("goes in"), "C", say("fits"), say("each channel is normalised over")),
                (
                    ("(N, C)", say("dimension 1, the last"), f"BatchNorm1d({shape[-1]})", "N"),
                    ("(N, C, L)", say("dimension 1, not the last"), f"BatchNorm1d({c})", "N · L"),
                ),
                (False, False, False, False),
            ),
            _channel(b, shape, over) if enough else None,
            said,
            Prose(say("For one channel per feature: y.flatten(0, 1) first, (N · L, C), and BatchNorm1d of the last "
                      "dimension; or y.transpose(1, 2).")) if len(shape) == 3 else None,
        ),
    )  # fmt: skip


def _normalised(b: Board, shape: tuple[int, ...], over: str, values: int) -> None:
    """The layer against the formula: each channel's mean taken away, divided by its deviation."""
    b.write(
        "", f"mean = y.mean({over}, keepdim=True)", f"var = y.var({over}, correction=0, keepdim=True)",
        "by_hand = (y - mean) / (var + norm.eps).sqrt()",
    )  # fmt: skip
    size = "(y.abs() + mean.abs()) / (var + norm.eps).sqrt()"
    b.same("formula", "by_hand", "norm(y)", size=size, terms=values + 4)
    b.same("mean", f"norm(y).mean({over})", f"torch.zeros({shape[1]})", size=size, terms=values + 4,
           statement=b.say("each channel's mean is 0 afterwards"))  # fmt: skip


def _channel(b: Board, shape: tuple[int, ...], over: str) -> Worked | None:
    if not b.light:
        return None
    here = f"norm(y)[{', '.join('0' for _ in shape)}]"
    first = f"y[{', '.join('0' for _ in shape)}]"
    value, mean, var = b.value(first), b.value("mean.flatten()[0]"), b.value("var.flatten()[0]")
    under = " " * len(here)
    minus = f"- {real(mean)}" if mean >= 0 else f"+ {real(-mean)}"
    return Worked(
        b.say("One number worked out, rounded to 4 digits; mean and variance are those of channel 0:"),
        (
            f"{here} = ({first} - mean) / √(variance + eps)",
            f"{under} = ({real(value)} {minus}) / √({real(var)} + 1e-05)",
            f"{under} = {real(b.value(here))}",
        ),
    )


def _wrong(b: Board, shape: tuple[int, ...]) -> Worked | None:
    """Channels taken for the last dimension: the error, and its two repairs."""
    say = b.say
    if len(shape) != 3 or shape[1] == shape[2]:
        return None
    c, features = shape[1:]
    b.fails(
        "last", f"nn.BatchNorm1d({features})(y)", "RuntimeError",
        claim=say("“BatchNorm1d({n}) goes after a layer with {n} outputs.”", n=features),
        instead=say("Dimension 1 is {c}: BatchNorm1d({c}), or flatten the leading dimensions first.", c=c),
    )  # fmt: skip
    flat = (shape[0] * c, features)
    b.true("flattened", f"tuple(nn.BatchNorm1d({features})(y.flatten(0, 1)).shape) == {flat}",
           say("flattened to {flat}, BatchNorm1d({n}) takes it", flat=flat, n=features))  # fmt: skip
    b.true("turned", f"tuple(nn.BatchNorm1d({features})(y.transpose(1, 2)).shape) == {(shape[0], features, c)}",
           say("with features and L exchanged, BatchNorm1d({n}) takes it", n=features))  # fmt: skip
    spec = f"{flowing(shape)} -> BatchNorm1d({features})"
    try:
        b.analyze(spec)
    except LinscopeError as error:
        hint = (f"try: {error.hint}",) if error.hint else ()
        lines = (f'linscope analyze "{spec}"', f"error[{error.kind}]: {error.message}", *error.details, *hint)
        return Worked(say("What linscope says of it:"), lines)
    return None
