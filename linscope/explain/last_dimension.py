"""Lesson: only the last dimension changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import meeting
from linscope.explain.figures import flowing, product
from linscope.explain.linear_map import linear_row, open_program
from linscope.explain.registry import lesson
from linscope.explain.wording import rows
from linscope.explain.worked import element, product_picture
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson

_ELSEWHERE = (((2, 3, 4, 4), 5), ((3, 10), 2), ((2,), 3))
"""Inputs of other ranks, and how many features each is to have afterwards."""


@lesson(
    "last-dimension",
    title="Only the last dimension changes",
    example="[32,3,4] -> Linear(4,2)",
    about="a linear layer",
    on=linear_row,
    takes_numbers=True,
)
def last_dimension(b: Board) -> Lesson:
    """(*, in) -> (*, out): the leading dimensions count rows, and pass through."""
    m, say = open_program(b), b.say
    flat = f"layer(x.reshape(-1, {m.in_features})).reshape(y.shape)"
    b.true("shape", f"tuple(y.shape) == {m.output_shape}", say("y is {shape}", shape=flowing(m.output_shape)))
    b.same("matrix", flat, "y", size=m.size, terms=m.terms)
    for index, (shape, out) in enumerate(_ELSEWHERE):
        gave = (*shape[:-1], out)
        made = f"nn.Linear({shape[-1]}, {out})"
        b.true(
            f"rank{index}",
            f"tuple({made}(torch.randn({shape})).shape) == {gave}",
            say("{layer} turns {shape} into {gave}", layer=made, shape=shape, gave=gave),
        )
    worked = element(b, m)
    _second(b, m.in_features, m.input_shape)
    leading = product(*m.input_shape[:-1]) if len(m.input_shape) > 1 else "1"
    return b.lesson(
        say(
            "A linear layer turns (*, {n}) into (*, {m}), whatever stands before, nothing included: "
            "the leading dimensions only count rows, {rows} here.",
            n=m.in_features, m=m.out_features, rows=leading,
        ),
        chains=(
            meeting((m.rows, m.in_features), (m.in_features, m.out_features), (m.rows, m.out_features),
                    say("{shape} is {rows} of {n}", shape=flowing(m.input_shape), rows=rows(say, m.rows),
                        n=m.in_features)),
        ),
        parts=(
            Table(
                say("The same on other shapes:"),
                (say("goes in"), say("layer"), say("comes out")),
                tuple((str(s), f"Linear({s[-1]}, {o})", str((*s[:-1], o))) for s, o in _ELSEWHERE),
                (False, False, False),
            ),
            product_picture(b, m),
            worked,
            Prose(say("Read the shape from the right: features first, then what counts them.")),
        ),
    )  # fmt: skip


def _second(b: Board, features: int, shape: tuple[int, ...]) -> None:
    """Features that stand elsewhere are not found."""
    if len(shape) < 3 or shape[-2] == features:
        return
    turned = (*shape[:-2], shape[-1], shape[-2])
    b.fails(
        "elsewhere",
        f"layer(torch.randn({turned}))",
        "RuntimeError",
        claim=b.say("“It finds the features by their size”: put in another dimension, they are looked for in vain."),
        instead=b.say("It looks at the last dimension alone: x.transpose(-1, -2) first."),
    )
