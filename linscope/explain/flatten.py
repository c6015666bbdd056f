"""Lesson: why fully connected layers are said to be huge: whoever flattens first connects everything."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.explain.board import MOST_ELEMENTS, MOST_MACS
from linscope.explain.chains import meeting
from linscope.explain.figures import flowing, product
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.wording import macs
from linscope.explain.worked import element
from linscope.report.lesson import Prose, Table, Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_MOST_COLUMNS, _MOST_ROWS = 32, 16
"""Inputs and outputs that are drawn as signs."""

FEATURE_MAP = "[1,3,4,4] -> flatten(1) -> Linear(48,10)"
"""What a classifier does at its end: channels and positions become one row of numbers."""


def _deep(report: Report) -> LayerRow | None:
    row = torch_row(report)
    return row if row is not None and len(row.input_shapes[0]) > 2 else None


@lesson(
    "flatten",
    title="Why others say that fully connected layers are huge",
    example="[32,3,4] -> Linear(4,2)",
    about="nn.Linear on three dimensions or more",
    on=_deep,
    takes_numbers=True,
)
def flatten(b: Board) -> Lesson:
    """Flatten first and the last dimension becomes everything: the two side by side, and what each can express."""
    m, say = open_program(b), b.say
    batch, inner = m.input_shape[0], prod(m.input_shape[1:-1])
    ins, outs = inner * m.in_features, inner * m.out_features
    back = flowing(m.output_shape)
    spec = f"{flowing(m.input_shape)} -> flatten(1) -> Linear({ins},{outs}) -> view{m.output_shape} -> {back}"
    flat = b.analyze(spec, crosscheck=False).totals
    b.counts(
        "flat_parameters",
        say("flattened, the layer has {count} weights", count=product(ins, outs)),
        ins * outs,
        flat.parameters.total,
    )
    b.counts("flat_macs", say("and takes {macs}", macs=macs(say, batch * ins * outs)), batch * ins * outs, flat.macs)
    b.counts(
        "parameters",
        say("along the last dimension it has {n:,}", n=m.weights),
        m.weights,
        b.row.parameters.total - (m.out_features if m.has_bias else 0),
    )
    b.counts("macs", say("and takes {macs}", macs=macs(say, m.macs)), m.macs, b.row.macs)
    feature = b.analyze(FEATURE_MAP, crosscheck=False).totals
    b.counts(
        "feature_map",
        say("a feature map [3, 4, 4], flattened to 48, meets {n} weights", n=480),
        480,
        feature.parameters.total,
    )
    small = ins * outs <= 1 << 20 and inner > 1
    if small:
        _special_case(b, m, inner, ins, outs)
        _what_depends(b, m, ins, outs)
    worked = element(b, m)
    _large_input(b, m)
    return b.lesson(
        say(
            "Flatten first and the last dimension becomes everything: {flat} weights and {flat_macs}, "
            "for as many numbers as {own} weights and {macs} give along the last dimension.",
            flat=product(ins, outs), flat_macs=macs(say, batch * ins * outs),
            own=product(m.in_features, m.out_features), macs=macs(say, m.macs),
        ),
        chains=(
            meeting(m.input_shape, (m.in_features, m.out_features), m.output_shape, say("along the last dimension")),
            meeting((batch, ins), (ins, outs), (batch, outs),
                    say("flattened: {shape} becomes {flat}", shape=flowing(m.input_shape), flat=flowing((batch, ins)))),
        ),
        parts=(
            _table(b, m, ins, outs),
            *(_connected(b, m, inner) if small else ()),
            worked,
            Prose(
                say("The flattened layer can do all that the other does, and more: block_diag puts the small weight on "
                    "the diagonal of the large one, and the rest of it is 0.")
            ) if small else None,
        ),
    )  # fmt: skip


def _table(b: Board, m: LinearMap, ins: int, outs: int) -> Table:
    say, batch = b.say, m.input_shape[0]
    bias = say("bias aside") if m.has_bias else ""
    return Table(
        bias,
        ("", say("last dimension"), say("flattened")),
        (
            (say("layer"), f"Linear({m.in_features}, {m.out_features})", f"Linear({ins}, {outs})"),
            (say("weights"), product(m.in_features, m.out_features), product(ins, outs)),
            ("MACs", f"{m.macs:,}", f"{batch} · {ins * outs:,} = {batch * ins * outs:,}"),
            (say("an output sees"), say("its own row"), say("every number of the sample")),
            (say("a longer input"), say("the same layer"), say("another layer")),
            (say("where it stands"), say("makes no difference"), say("is learned")),
        ),
        (False, False, False),
    )


def _connected(b: Board, m: LinearMap, inner: int) -> tuple[Worked, ...]:
    """Which inputs each output sees: a row of signs per output."""
    ins, outs = m.in_features, m.out_features
    if inner * ins > _MOST_COLUMNS or inner * outs > _MOST_ROWS:
        return ()
    blocks = ["·" * (i * ins) + "#" * ins + "·" * ((inner - 1 - i) * ins) for i in range(inner)]
    own = tuple(" ".join(row) for row in blocks for _ in range(outs))
    every = (" ".join("#" * (inner * ins)),) * (inner * outs)
    return (
        Worked(b.say("Along the last dimension, each output (a row) sees the inputs of its own row (#):"), own),
        Worked(b.say("Flattened, it sees every input:"), every),
    )


def _special_case(b: Board, m: LinearMap, inner: int, ins: int, outs: int) -> None:
    """The shared layer as a flattened one: its weight repeated along the diagonal."""
    bias = f" + bias.repeat({inner})" if m.has_bias else ""
    b.write("", f"big = torch.block_diag(*[weight] * {inner})  # {(outs, ins)}")
    b.true("block_shape", f"tuple(big.shape) == {(outs, ins)}", b.say("big is {shape}", shape=(outs, ins)))
    b.same("block_diag", f"(x.flatten(1) @ big.T{bias}).reshape(y.shape)", "y", size=m.size, terms=ins + 2)


def _what_depends(b: Board, m: LinearMap, ins: int, outs: int) -> None:
    """What changes where one row of the first sample does."""
    first = ", ".join("0" for _ in m.input_shape[:-1])
    inner = m.rows // m.input_shape[0]
    b.write(
        "", "def rows_changed(before, after):", "    return (before != after).any(-1).sum().item()", "",
        f"flat = nn.Linear({ins}, {outs}, bias=False)", "def flattened(x):",
        "    return flat(x.flatten(1)).view(y.shape)", "", "moved = x.clone()", f"moved[{first}] += 1",
    )  # fmt: skip
    if b.light and not b.value("rows_changed(layer(x), layer(moved))"):
        return  # weights of the reader's own that do not show it
    b.true(
        "sees_own_row", "rows_changed(layer(x), layer(moved)) == 1",
        b.say("one row of x changes, and one row of y does: a row sees itself alone"),
    )  # fmt: skip
    b.true(
        "sees_all", f"rows_changed(flattened(x), flattened(moved)) == {inner}",
        b.say("flattened, every row of that sample changes"),
    )  # fmt: skip


def _large_input(b: Board, m: LinearMap) -> None:
    """A large input makes work, not parameters."""
    if 100 * m.rows * max(m.in_features, m.out_features) > MOST_ELEMENTS or 100 * m.macs > MOST_MACS:
        return
    shape = (m.input_shape[0], 100 * m.input_shape[1], *m.input_shape[2:])
    spec = f"{flowing(shape)} -> Linear({m.in_features},{m.out_features})"
    larger = b.analyze(spec, crosscheck=False).totals
    ins = prod(shape[1:])
    outs = ins // m.in_features * m.out_features
    b.counts("large_input", b.say("a hundred times the input, and as many weights"), m.weights, larger.parameters.total)
    b.mistake(
        b.say("“This Linear must have thousands of parameters, its input is so large.”"),
        spec,
        (
            b.say("{own:,} weights; flattened it would be {flat:,}", own=larger.parameters.total, flat=ins * outs),
        ),
        b.say(
            "A Linear has in_features · out_features weights, whatever the other dimensions are. Only flattening "
            "makes the whole input its in_features."
        ),
    )  # fmt: skip
