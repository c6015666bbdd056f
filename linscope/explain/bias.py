"""Lesson: what a bias adds, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import passing
from linscope.explain.figures import flowing
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import element
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson


@lesson(
    "bias",
    title="The bias",
    example="[32,3,4] -> nn.Linear(4,2)",
    about="nn.Linear",
    on=torch_row,
    takes_numbers=True,
)
def bias(b: Board) -> Lesson:
    """One number per output: out_features parameters, additions, and no MACs."""
    m, say = open_program(b), b.say
    n, o, added = m.in_features, m.out_features, m.rows * m.out_features
    b.write("", *_biased(m))
    size, terms = "x.abs() @ weight.T.abs() + bias.abs()", n + 3
    b.same("bias", "biased(x) - x @ weight.T", "bias.expand(y.shape)", size=size, terms=terms)
    for name, count, key in (("bare", m.weights, "parameters_bare"), ("biased", m.weights + o, "parameters")):
        b.true(
            key,
            f"sum(p.numel() for p in {name}.parameters()) == {count}",
            say("{name} has {count} parameters", name=name, count=f"{count:,}"),
        )
    for name, key in (("bare", "macs_bare"), ("biased", "macs")):
        b.macs(key, f"{name}(x)", m.macs, say("{name}(x) takes {macs}", name=name, macs=macs(say, m.macs)))
    worked = element(b, m)
    cancelled = _before_norm(b, m)
    return b.lesson(
        say(
            "A bias is one number per output, added to every row: {o:,} more parameters, {weights:,} + {o:,} = "
            "{whole:,}, {added:,} additions, and no MACs.",
            o=o, weights=m.weights, whole=m.weights + o, added=added,
        ),
        chains=(passing(flowing(m.output_shape), f"+ {flowing((o,))}", f"= {flowing(m.output_shape)}",
                        note=say("the same {o:,} numbers in every one of {rows:,} rows", o=o, rows=m.rows)),),
        parts=(
            Table(
                "",
                ("", say("parameters"), "MACs", say("additions")),
                (
                    ("bias=False", f"{m.weights:,}", f"{m.macs:,}", "0"),
                    ("bias=True", f"{m.weights:,} + {o:,} = {m.weights + o:,}", f"{m.macs:,}", f"{added:,}"),
                ),
                (False, True, True, True),
            ),
            worked,
            Prose(say("nn.Linear has a bias unless told otherwise; linscope's Linear(n, m) has none.")),
            cancelled,
        ),
    )  # fmt: skip


def _biased(m: LinearMap) -> tuple[str, ...]:
    """The layer with and without a bias, on the same weight."""
    n, o = m.in_features, m.out_features
    bias = ("    biased.bias.copy_(bias)",) if m.has_bias else ()
    return (
        f"bare = nn.Linear({n}, {o}, bias=False)",
        f"biased = nn.Linear({n}, {o})",
        "with torch.no_grad():",
        "    bare.weight.copy_(weight)",
        "    biased.weight.copy_(weight)",
        *bias,
        "",
        *(() if m.has_bias else ("bias = biased.bias.detach()",)),
    )


def _before_norm(b: Board, m: LinearMap) -> Prose | None:
    """A BatchNorm subtracts the mean, and the bias with it."""
    if m.rows < 2:
        return None
    b.write("", f"rows = x.reshape(-1, {m.in_features})", f"norm = nn.BatchNorm1d({m.out_features})  # training mode")
    # What the normalised numbers may be off by: that of what goes in, over the deviation it is divided by.
    size = "(rows.abs() @ weight.T.abs() + bias.abs()) / ((rows @ weight.T).var(0, correction=0) + norm.eps).sqrt()"
    b.same("cancelled", "norm(biased(rows))", "norm(bare(rows))", size=size, terms=m.rows + m.in_features + 4)
    b.mistake(
        b.say("“Every layer should have a bias”: before a BatchNorm it does nothing."),
        "norm(biased(rows)) - norm(bare(rows))",
        (b.say("0, up to rounding"),),
        b.say("BatchNorm subtracts the mean, and the bias is part of it: write bias=False there."),
    )
    return Prose(b.say("Before a BatchNorm it is cancelled: it is part of the mean that the BatchNorm subtracts."))
