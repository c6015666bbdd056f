"""Lesson: in_features is the last dimension of what comes in, or it does not run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import LinscopeError
from linscope.explain.chains import meeting
from linscope.explain.figures import flowing
from linscope.explain.linear_map import LinearMap, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.explain.worked import element
from linscope.report.lesson import Worked

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson


@lesson(
    "in-features",
    title="in_features is the last dimension",
    example="[32,3,4] -> Linear(4,2)",
    about="nn.Linear",
    on=torch_row,
    takes_numbers=True,
)
def in_features(b: Board) -> Lesson:
    """The two numbers that have to be equal, the error where they are not, and its repair."""
    m, say = open_program(b), b.say
    n, o = m.in_features, m.out_features
    wrong = (*m.input_shape[:-1], n + 1)
    b.true("fits", f"x.shape[-1] == layer.in_features == {n}", say("the last dimension of x is in_features, {n}", n=n))
    b.fails(
        "mismatch",
        f"layer(torch.randn{wrong})" if len(wrong) > 1 else f"layer(torch.randn({n + 1}))",
        "RuntimeError",
        claim=say("“in_features is the size of the batch”, or of any other dimension."),
        instead=say("in_features is the last dimension: {n} here, so Linear({more}, {o}) is what takes {more}.",
                    n=n, more=n + 1, o=o),
    )  # fmt: skip
    b.true(
        "repaired",
        f"tuple(nn.Linear({n + 1}, {o})(torch.randn({wrong})).shape) == {(*wrong[:-1], o)}",
        say("Linear({more}, {o}) takes it", more=n + 1, o=o),
    )
    if len(m.input_shape) > 1:
        turned = (*m.input_shape[:-2], n, m.input_shape[-2])
        b.true(
            "turned", f"tuple(layer(torch.randn({turned}).transpose(-1, -2)).shape) == {m.output_shape}",
            say("{n} features in another dimension fit once they are made the last", n=n),
        )  # fmt: skip
    worked = element(b, m)
    said = _said(b, m, wrong)
    return b.lesson(
        say(
            "nn.Linear({n}, {o}) looks at the last dimension alone, and that has to be {n}: an x of {wrong} does not "
            "fit, and Linear({more}, {o}) is what takes it.",
            n=n, o=o, wrong=flowing(wrong), more=n + 1,
        ),
        chains=(meeting(m.input_shape, (n, o), m.output_shape, say("{n} = {n}: it fits", n=n)),
                meeting(wrong, (n, o), None, say("{more} ≠ {n}: an error", more=n + 1, n=n))),
        parts=(worked, said),
    )  # fmt: skip


def _said(b: Board, m: LinearMap, wrong: tuple[int, ...]) -> Worked | None:
    """What linscope says of it, which names both numbers."""
    bias = ", bias=True" if m.has_bias else ""
    spec = f"{flowing(wrong)} -> Linear({m.in_features}, {m.out_features}{bias})"
    try:
        b.analyze(spec)
    except LinscopeError as error:
        both = str(m.in_features) in error.message and str(m.in_features + 1) in error.message
        b.counts("both_numbers", b.say("linscope's error names both numbers"), 1, int(both))
        hint = (f"try: {error.hint}",) if error.hint else ()
        lines = (f'linscope analyze "{spec}"', f"error[{error.kind}]: {error.message}", *error.details, *hint)
        return Worked(b.say("What linscope says of it:"), lines)
    b.counts("both_numbers", b.say("linscope's error names both numbers"), 1, 0)
    return None
