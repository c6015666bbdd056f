"""Lesson: what a new layer's weights are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.chains import passing
from linscope.explain.figures import real
from linscope.explain.linear_map import LinearMap, linear_map, open_program, torch_row
from linscope.explain.registry import lesson
from linscope.report.lesson import Prose, Table

if TYPE_CHECKING:
    from linscope.explain.board import Board
    from linscope.report.lesson import Lesson
    from linscope.report.record import LayerRow, Report

_ERRORS = 5
"""Standard errors that chance explains: beyond them lies less than one draw in a million."""


def _several(report: Report) -> LayerRow | None:
    """A layer with so many weights that they have a deviation."""
    row = torch_row(report)
    found = None if row is None else linear_map(row)
    return row if found is not None and found.weights > 1 else None


@lesson(
    "initialization",
    title="What the weights start from",
    example="[1000,64] -> nn.Linear(64,32)",
    about="nn.Linear with two weights or more",
    on=_several,
)
def initialization(b: Board) -> Lesson:
    """U(-1/√in, 1/√in), which is kaiming_uniform_(a=√5), and no standard normal."""
    m, say = open_program(b), b.say
    n, o = m.in_features, m.out_features
    bound = n**-0.5
    b.write(f"bound = {n} ** -0.5")
    inside = say("float32 rounds the bound itself")
    b.true("bound", "weight.abs().max().item() <= bound * (1 + 1e-6)", say("no weight is beyond ±1/√{n}", n=n), inside)
    if m.has_bias:
        b.true("bias_bound", "bias.abs().max().item() <= bound * (1 + 1e-6)", say("nor is a bias"), inside)
    chance = say("drawn at random: {errors} standard errors of so many numbers", errors=_ERRORS)
    # The fourth moment of a uniform number is 1.8 σ⁴: the standard error of its deviation is σ √(0.8 / 4n).
    spread = bound / 3**0.5
    b.near(
        "deviation", "weight.std()", "bound / 3 ** 0.5", _ERRORS * spread * (0.2 / m.weights) ** 0.5,
        statement=say("the standard deviation is 1/√{n}/√3 = {s}", n=n, s=real(spread)), why=chance,
    )  # fmt: skip
    b.write(
        "", f"torch.manual_seed({b.seed})", f"again = torch.empty({o}, {n})",
        "nn.init.kaiming_uniform_(again, a=5 ** 0.5)",
    )  # fmt: skip
    b.same("kaiming", "again", "weight", why=say("bit for bit: the same numbers from the same seed"))
    _by_hand(b, m, chance)
    b.write("", "own = nn.init.xavier_uniform_(layer.weight)  # in place")
    b.true("own", "own is layer.weight", say("a function of torch.nn.init changes the weight in place"))
    return b.lesson(
        say(
            "nn.Linear draws weight and bias uniformly between -1/√in and 1/√in, here ±1/√{n} = ±{bound}; "
            "torch.randn by hand draws from the standard normal, which is √(3·in) = {times} times as wide.",
            n=n, bound=real(bound), times=real((3 * n) ** 0.5),
        ),
        chains=(passing(f"weight {(o, n)}", f"~ U(-1/√{n}, 1/√{n})", f"= U({real(-bound)}, {real(bound)})"),),
        parts=(
            _drawn(b, m, bound),
            Prose(say("kaiming_uniform_(a=√5) is √(6 / ((1 + 5) · in)) = 1/√in: the same bound by another name.")),
            Prose(say("Another start is one line: nn.init.xavier_uniform_(layer.weight), nn.init.zeros_(layer.bias).")),
        ),
    )  # fmt: skip


def _drawn(b: Board, m: LinearMap, bound: float) -> Table | None:
    if not b.light:
        return None
    say, n = b.say, m.in_features
    torch = [real(b.value(f"again.{f}()")) for f in ("min", "max", "std")]
    hand = [real(b.value(f"hand.{f}()")) for f in ("min", "max", "std")]
    # One row of one output has no deviation: what it is off by then is its size.
    spread = ".std()" if m.rows * m.out_features > 1 else ".abs().max()"
    outputs = [real(b.value(f"{y}{spread}")) for y in ("y", "hand_y")]
    return Table(
        say("Seed {seed}, {count:,} weights each:", seed=b.seed, count=m.weights),
        ("", "nn.Linear", f"torch.randn({n}, {m.out_features})"),
        (
            (say("expected"), f"±{real(bound)}, σ = {real(bound / 3**0.5)}", "σ = 1"),
            (say("smallest"), torch[0], hand[0]),
            (say("largest"), torch[1], hand[1]),
            (say("deviation"), torch[2], hand[2]),
            (say("deviation of y"), *outputs),
        ),
        (False, False, False),
    )


def _by_hand(b: Board, m: LinearMap, chance: str) -> None:
    """A standard normal weight on the same x, and the claim that nn.Linear's is one."""
    n, o = m.in_features, m.out_features
    b.write("", f"hand = torch.randn({n}, {o})", "hand_y = x @ hand")
    # Given x, an output is normal with variance |x|²: its mean square over all is off by √(2 / outputs) at most.
    b.near(
        "by_hand", f"hand_y.square().sum() / (x.square().sum() * {o})", "1", _ERRORS * (2 / o) ** 0.5,
        statement=b.say("by hand an output's mean square is |x|², √in times a unit input"), why=chance,
    )  # fmt: skip
    if not b.light:
        return
    ran = "(weight.abs() > bound * (1 + 1e-6)).sum(), (hand.abs() > bound).float().mean()"
    beyond, normal = b.value(ran)
    b.mistake(
        b.say("“nn.Linear starts from a standard normal.”"),
        ran,
        (
            b.say("{beyond:,} of {count:,} beyond the bound; of a standard normal {share:.0%}", beyond=beyond,
                  count=m.weights, share=normal),
        ),
        b.say("It is uniform, within ±1/√in. Whoever writes randn by hand starts {times} times as wide.",
              times=real((3 * n) ** 0.5)),
    )  # fmt: skip
