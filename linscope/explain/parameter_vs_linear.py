"""Lesson: an ``nn.Parameter`` by hand against ``nn.Linear``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing, real
from linscope.explain.linear_map import LINEAR, LinearMap, by_hand, linear_row, open_program
from linscope.explain.registry import lesson
from linscope.explain.wording import macs, parameter_sum
from linscope.explain.worked import element, turned_picture
from linscope.report.lesson import Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Picture


@lesson(
    "parameter-vs-linear",
    title="nn.Linear, and nn.Parameter by hand",
    example="[4,3] -> nn.Linear(3,2)",
    about="a linear layer",
    on=linear_row,
    takes_numbers=True,
)
def parameter_vs_linear(b: Board) -> Lesson:
    """Y = XW against Y = XWᵀ: the same numbers, the same parameters, the same MACs."""
    m, say = open_program(b), b.say
    other = _copy(b, m)
    b.same("copied", f"{other}(x)", "y", size=m.size, terms=m.terms)
    for name, key in (("layer", "parameters"), (other, "parameters_other")):
        b.true(
            key,
            f"sum(p.numel() for p in {name}.parameters()) == {m.parameters}",
            say("{name} has {count} parameters", name=name, count=parameter_sum(m)),
        )
    for name, key in (("layer", "macs"), (other, "macs_other")):
        b.macs(key, f"{name}(x)", m.macs, say("{name}(x) takes {macs}", name=name, macs=macs(say, m.macs)))
    worked = element(b, m)
    picture = _picture(b, m, other)
    _hooks(b, m)
    n, o = m.in_features, m.out_features
    bias = " + b" if m.has_bias else ""
    return b.lesson(
        say(
            "nn.Linear stores W as (out, in) = {stored} and computes Y = XWᵀ{bias}; by hand W is (in, out) = {used} "
            "and Y = XW{bias}, with no transpose: the same numbers, once one is copied into the other turned over.",
            stored=(o, n), used=(n, o), bias=bias,
        ),
        chains=(
            meeting(m.input_shape, (n, o), m.output_shape, say("by hand: W as it is; nn.Linear: Wᵀ of {s}", s=(o, n))),
        ),
        parts=(_table(b, m), picture, worked),
    )  # fmt: skip


def _copy(b: Board, m: LinearMap) -> str:
    """Write the other of the two layers, with this one's weight in it; its name."""
    name, made = ("hand", f"ByHand({m.in_features}, {m.out_features})")
    if m.kind != LINEAR:
        bias = "" if m.has_bias else ", bias=False"
        name, made = "linear", f"nn.Linear({m.in_features}, {m.out_features}{bias})"
    b.write(
        "",
        *(by_hand(m) if m.kind == LINEAR else ()),
        f"{name} = {made}",
        "with torch.no_grad():",
        f"    {name}.weight.copy_(layer.weight.T)",
        *((f"    {name}.bias.copy_(layer.bias)",) if m.has_bias else ()),
        "",
    )
    return name


def _picture(b: Board, m: LinearMap, other: str) -> Picture | None:
    """What each of the two holds: the one is the other turned over."""
    hand, linear = (other, "layer") if m.kind == LINEAR else ("layer", other)
    held, size = (f"{hand}.weight", f"{linear}.weight"), (m.out_features, m.in_features)
    caption = b.say("What the two hold: column a of the one is row a of the other.")
    return turned_picture(b, caption, held[1], held[0], size, ("nn.Linear", b.say("by hand")))


def _table(b: Board, m: LinearMap) -> Table:
    say, n, o = b.say, m.in_features, m.out_features
    bias = " + b" if m.has_bias else ""
    bound = f"±1/√{n} = {real(n**-0.5)}"
    return Table(
        "",
        ("", say("by hand"), "nn.Linear"),
        (
            ("weight", f"(in, out) = {(n, o)}", f"(out, in) = {(o, n)}"),
            (say("computes"), f"Y = XW{bias}", f"Y = XWᵀ{bias}"),
            ("bias", say("yours to add"), say("there by default: {n:,} more", n=o)),
            (say("start"), say("yours; torch.randn is N(0, 1)"), say("uniform within {bound}", bound=bound)),
            (say("parameters"), f"{m.parameters:,}", f"{m.parameters:,}"),
            ("MACs", f"{m.macs:,}", f"{m.macs:,}"),
        ),
        (False, False, False),
    )


def _hooks(b: Board, m: LinearMap) -> None:
    """A counter that hooks modules, asked about the layer made by hand."""
    if not b.light:
        return
    bias = ",bias=True" if m.has_bias else ""
    spec = f"{flowing(m.input_shape)} -> Parameter({m.in_features},{m.out_features}{bias})"
    report = b.analyze(spec, crosscheck=True)
    said = next((o.macs for o in report.crosschecks if o.source == "thop"), None)
    if said is None:
        return  # thop is not there to be asked
    b.counts("counted", b.say("linscope counts the @ by hand"), m.macs, report.totals.macs)
    b.counts("hooks", b.say("thop, which hooks modules, sees none in the @"), 0, said)
    b.mistake(
        b.say("“A layer made by hand costs nothing”: so says a counter that hooks modules."),
        "thop.profile(by_hand, inputs=(x,))",
        (b.say("{said} of {macs}", said=said, macs=macs(b.say, m.macs)),),
        b.say("The @ is an operator and no module. Counted at the operators it is {macs}.", macs=macs(b.say, m.macs)),
    )
