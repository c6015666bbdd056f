"""Lesson: a recurrent layer is two linear maps and a few gates, once for every step."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing
from linscope.explain.layer_costs import check_costs, macs_part, parameter_table
from linscope.explain.linear_map import GAP
from linscope.explain.registry import lesson
from linscope.explain.wording import macs, parameters
from linscope.explain.worked import dot_product
from linscope.explain.written import called, written_code

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson, Worked
    from linscope.report.record import LayerRow, Report

_GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


_MOST_STEPS = 64
"""Steps that are still run twice over: torch prepares a kernel for each length."""


class _Sizes(NamedTuple):
    """A call: N sequences of L steps, ``into`` numbers in each, and a state of ``hidden``."""

    gates: int
    into: int
    hidden: int
    steps: int
    batch: int
    bias: bool
    relu: bool
    order: str
    """``batch``, ``length`` or ``none``: which dimension comes first, or that there is no batch."""


def _recurrent(report: Report) -> LayerRow | None:
    """The first recurrent layer without a projection, on one tensor."""
    return next((row for row in report.layers if row.type in _GATES and _sizes(row) is not None), None)


def _sizes(row: LayerRow) -> _Sizes | None:
    call, shapes = called(row), dict(row.parameters.shapes)
    given = row.input_shapes[0] if row.input_shapes else ()
    if call is None or call.get("proj_size", 0) or len(row.input_shapes) != 1 or len(given) not in (2, 3):
        return None
    if row.output_dtypes[0] != "float32" or "weight_ih_l0" not in shapes or 0 in given:
        return None
    gates = _GATES[row.type]
    first = bool(call.get("batch_first", False))
    order = "none" if len(given) == 2 else "batch" if first else "length"
    steps, batch = {"batch": (given[-2], given[0]), "length": (given[0], given[-2]), "none": (given[0], 1)}[order]
    rows, into = shapes["weight_ih_l0"]
    relu = call.get("nonlinearity", "tanh") == "relu"
    return _Sizes(gates, into, rows // gates, steps, batch, "bias_ih_l0" in shapes, relu, order)


@lesson(
    "recurrent",
    title="A recurrent layer: the same maps at every step",
    example="[2,5,3] -> LSTM(3,4,batch_first=True)",
    about="RNN, LSTM or GRU without a projection, on one tensor",
    on=_recurrent,
)
def recurrent(b: Board) -> Lesson:
    """Per step gates · hidden · (input + hidden), whatever the length; steps one after another."""
    say, row = b.say, b.row
    s = _sizes(row)
    assert s is not None
    _program(b, s)
    size = "x.abs().max() * W.abs().sum(-1) + U.abs().sum(-1)" + (" + bw.abs() + bu.abs()" if s.bias else "")
    b.same("state", "h", "last[0]", size=size, terms=s.steps * (s.into + s.hidden + 4),
           statement=say("the loop's last state is the layer's, in its first layer and direction"))  # fmt: skip
    worked = _first_gate(b, s)
    b.macs("run", "layer(x)", row.subtree_macs, say("layer(x) takes {macs}", macs=macs(say, row.subtree_macs)))
    check_costs(b)
    _longer(b, s)
    wide = s.gates * s.hidden
    return b.lesson(
        say(
            "Every step sends the input through W {w} and the state through U {u}: {gates} · {hidden} · ({into} + "
            "{hidden}) weights, the same at each of the {steps} steps.",
            w=(wide, s.into), u=(wide, s.hidden), gates=s.gates, hidden=s.hidden, into=s.into, steps=s.steps,
        ),
        chains=(
            meeting((s.batch, s.into), (s.into, wide), (s.batch, wide), say("the input of a step, x Wᵀ")),
            meeting((s.batch, s.hidden), (s.hidden, wide), (s.batch, wide), say("the state before it, h Uᵀ")),
        ),
        parts=(macs_part(b), parameter_table(b), worked),
    )  # fmt: skip


def _program(b: Board, s: _Sizes) -> None:
    """The layer, and its first layer as a loop."""
    given = b.row.input_shapes[0]
    canonical = {"batch": "x.transpose(0, 1)", "length": "x", "none": "x.unsqueeze(1)"}[s.order]
    last = "last" if s.order != "none" else "last.unsqueeze(1)"
    biases = ("bw = layer.bias_ih_l0.detach()", "bu = layer.bias_hh_l0.detach()") if s.bias else ()
    bw, bu = (" + bw", " + bu") if s.bias else ("", "")
    states = ("h = c = " if s.gates == 4 else "h = ") + f"torch.zeros({s.batch}, {s.hidden})"
    loop: tuple[str, ...]
    if s.gates == 4:
        loop = (
            f"    i, f, g, o = (step @ W.T{bw} + h @ U.T{bu}).chunk(4, -1)",
            "    c = f.sigmoid() * c + i.sigmoid() * g.tanh()", "    h = o.sigmoid() * c.tanh()",
        )  # fmt: skip
    elif s.gates == 3:
        loop = (
            f"    r, z, n = (step @ W.T{bw}).chunk(3, -1)", f"    hr, hz, hn = (h @ U.T{bu}).chunk(3, -1)",
            "    z = (z + hz).sigmoid()", "    n = (n + (r + hr).sigmoid() * hn).tanh()", "    h = (1 - z) * n + z * h",
        )  # fmt: skip
    else:
        loop = (f"    h = (step @ W.T{bw} + h @ U.T{bu}).{'relu' if s.relu else 'tanh'}()",)
    out = "y, (last, cells) = layer(x)" if s.gates == 4 else "y, last = layer(x)"
    b.write(
        "import torch", "from torch import nn", "", *GAP, "", f"torch.manual_seed({b.seed})",
        f"layer = {written_code(b.row)}", f"x = torch.randn({', '.join(map(str, given))})", out,
        *((f"last = {last}",) if s.order == "none" else ()),
        "W = layer.weight_ih_l0.detach()", "U = layer.weight_hh_l0.detach()", *biases, "", states,
        f"for step in {canonical}:  # {(s.batch, s.into)} at a time", *loop, "",
    )  # fmt: skip
    wide = s.gates * s.hidden
    b.true("w", f"tuple(W.shape) == {(wide, s.into)}", b.say("W is {shape}", shape=(wide, s.into)))
    b.true("u", f"tuple(U.shape) == {(wide, s.hidden)}", b.say("U is {shape}", shape=(wide, s.hidden)))


def _first_gate(b: Board, s: _Sizes) -> Worked | None:
    """What the first gate is fed at the first step, where the state is still 0."""
    if not b.light:
        return None
    x = {"batch": "x[0, 0]", "length": "x[0, 0]", "none": "x[0]"}[s.order]
    tail = " + (bw + bu)[0]" if s.bias else ""
    linear = f"nn.functional.linear({x}, W{', bw + bu' if s.bias else ''})[0]"
    b.same("worked", f"({x} * W[0]).sum(){tail}", linear, size=f"({x} * W[0]).abs().sum() + 1", terms=s.into + 3)
    return dot_product(b, b.say("gate"), f"{x} · W[0]", b.value(x), b.value("W[0]"),
                       b.value("(bw + bu)[0]") if s.bias else None, b.value(linear))  # fmt: skip


def _longer(b: Board, s: _Sizes) -> None:
    """A longer sequence makes more steps, and no more parameters."""
    row, say = b.row, b.say
    if s.steps > _MOST_STEPS or 2 * row.subtree_macs > 10**8 or 2 * prod(row.input_shapes[0]) > 10**7:
        return
    given = list(row.input_shapes[0])
    given[1 if s.order == "batch" else 0] *= 2
    spec = f"{flowing(tuple(given))} -> {written_code(row)}"
    totals = b.analyze(spec, crosscheck=False).totals
    told = say("twice the steps, and as many parameters")
    b.counts("longer", told, row.parameters.total, totals.parameters.total)
    b.counts("longer_macs", say("and twice the MACs"), 2 * row.subtree_macs, totals.macs)
    b.mistake(
        say("“A longer sequence needs more parameters.”"),
        spec,
        (f"{parameters(say, totals.parameters.total)}, {macs(say, totals.macs)}",),
        say("The same W and U work at every step: more steps are more MACs, one after another."),
    )
