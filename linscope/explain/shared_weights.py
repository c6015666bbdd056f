"""Lesson: all rows share the weights, so rows multiply the work and not the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import passing
from linscope.explain.figures import flowing, product
from linscope.explain.linear_map import LinearMap, linear_row, open_program
from linscope.explain.registry import lesson
from linscope.explain.wording import macs, parameter_sum, rows, weights
from linscope.explain.worked import element
from linscope.report.lesson import Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson


@lesson(
    "shared-weights",
    title="All rows share the weights",
    example="[32,3,4] -> Linear(4,2)",
    about="a linear layer",
    on=linear_row,
    takes_numbers=True,
)
def shared_weights(b: Board) -> Lesson:
    """Rows times weights is the work; the parameters do not depend on the rows."""
    m, say = open_program(b), b.say
    if len(m.input_shape) > 1:
        last = ", ".join(str(size - 1) for size in m.input_shape[:-1])
        b.same("first_alone", f"layer(x[{m.first}])", f"y[{m.first}]", size=m.size, terms=m.terms)
        b.same("last_alone", f"layer(x[{last}])", f"y[{last}]", size=m.size, terms=m.terms)
    b.true(
        "parameters",
        f"sum(p.numel() for p in layer.parameters()) == {m.parameters}",
        say("layer has {count} parameters", count=parameter_sum(m)),
    )
    b.macs("macs", "layer(x)", m.macs, say("layer(x) takes {macs}", macs=macs(say, m.macs)))
    b.macs(
        "twice", "layer(torch.stack((x, x)))", 2 * m.macs,
        say("twice the rows take {macs}, with the same parameters", macs=macs(say, 2 * m.macs)),
    )  # fmt: skip
    b.counts("report", say("MACs at the operators of the analysis"), m.macs, b.row.macs)
    worked = element(b, m)
    _flops(b, m)
    every = product(*m.input_shape[:-1]) if len(m.input_shape) > 1 else "1"
    return b.lesson(
        say(
            "The same {weights} weights serve all {rows} rows: parameters do not depend on the leading dimensions, "
            "MACs do.",
            weights=product(m.in_features, m.out_features), rows=every,
        ) if m.rows > 1 else say(
            "The {weights} weights serve the one row here, and would serve any number: parameters do not depend on "
            "the leading dimensions, MACs do.",
            weights=product(m.in_features, m.out_features),
        ),
        chains=(
            passing(
                flowing(m.input_shape), f"= {rows(say, m.rows)}", f"× {weights(say, m.weights)}",
                f"= {macs(say, m.macs)}",
            ),
        ),
        parts=(
            Worked("", (f"MACs  = rows · in · out = {_factors(m)} = {m.macs:,}", f"FLOPs = 2 · MACs = {2 * m.macs:,}")),
            worked,
            _growing(b, m),
        ),
    )  # fmt: skip


def _factors(m: LinearMap) -> str:
    lead = " · ".join(f"{size:,}" for size in m.input_shape[:-1]) or "1"
    return f"{lead} · ({m.in_features:,} · {m.out_features:,})"


def _growing(b: Board, m: LinearMap) -> Table:
    say = b.say
    sizes = sorted({1, m.rows, 2 * m.rows, 1000 * m.rows})
    return Table(
        say("More rows, the same weights:"),
        (say("rows"), say("parameters"), "MACs", "FLOPs"),
        tuple(
            (f"{n:,}", f"{m.parameters:,}", f"{n * m.weights:,}", f"{2 * n * m.weights:,}") for n in sizes
        ),
        (True, True, True, True),
    )  # fmt: skip


def _flops(b: Board, m: LinearMap) -> None:
    """The number that is called FLOPs and is MACs."""
    if len(b.report.layers) > 1 or not b.light:
        return
    report = b.analyze(b.report.target, crosscheck=True)
    said = next((o.macs for o in report.crosschecks if o.source == "thop"), None)
    if said is None or said != report.totals.macs:
        return  # thop is not there to be asked, or has nothing to say of a @
    b.counts("thop", b.say("thop's first number is the MACs"), m.macs, said)
    b.mistake(
        b.say("“thop gives FLOPs”: its first number is often read so, and named so."),
        "macs, params = thop.profile(layer, inputs=(x,))",
        (f"{said:,}",),
        b.say(
            "{macs}. A multiply and an add counted as two are {flops:,} FLOPs: always say which.",
            macs=macs(b.say, m.macs), flops=2 * m.macs,
        ),
    )  # fmt: skip
