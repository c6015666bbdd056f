"""What the tracer does with an operator: looked up once, and kept for the life of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch._ops import OpOverload

from linscope import teaching
from linscope.engine.formulas.registry import RULES, rule_for
from linscope.engine.opening import is_composite, opener
from linscope.engine.projection import allocates
from linscope.report.record import FREE

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Elements, Formula
    from linscope.engine.opening import Opener


Place = tuple[int, str]
"""Where an argument stands: its position and its name."""


class Handling(NamedTuple):
    """The rule of an operator; what runs it as the operators it is made of, where that is how to count it;
    whether it may allocate much; which of its arguments it writes to; which it writes to only while the other is true;
    and whether what it gives may lie in memory of its own."""

    name: str
    state: str
    formula: Formula | None
    inside: Elements | None
    on_integers: bool
    opens: Opener | None
    allocates: bool
    writes: tuple[Place, ...]
    updates: tuple[tuple[Place, Place], ...]
    makes: bool


HANDLINGS: dict[int, Handling] = {}
"""By the id of the operator: operators are never freed, and their own hash is slow Python."""


def handling_of(func: Any) -> Handling:
    """How to handle ``func``, decided now if this is its first call."""
    known = HANDLINGS.get(id(func))
    if known is None:
        rule = rule_for(func)
        moves = rule.state == FREE
        writes, updates = places_written(func)
        known = Handling(
            rule.name,
            rule.state,
            rule.formula,
            rule.inside,
            rule.on_integers,
            opener(func) if rule.opens or (not moves and is_composite(func)) else None,
            not moves or allocates(func),
            writes,
            updates,
            _makes(func),
        )
        HANDLINGS[id(func)] = known
    return known


def forget(lesson: teaching.Taught) -> None:
    """What was decided before the lesson may be wrong after it."""
    RULES.clear()
    HANDLINGS.clear()


teaching.LISTENERS.append(forget)


_STATISTICS = ("running_mean", "running_var")


def places_written(func: Any) -> tuple[tuple[Place, ...], tuple[tuple[Place, Place], ...]]:
    """The arguments that the schema says are written to, and running statistics, about which it keeps quiet; the
    latter apart, with the flag for training, where the operator has one."""
    if not isinstance(func, OpOverload):
        return (), ()
    arguments = list(enumerate(func._schema.arguments))
    training = next(((index, each.name) for index, each in arguments if each.name == "training"), None)
    always: list[Place] = []
    updates: list[tuple[Place, Place]] = []
    for index, argument in arguments:
        if argument.name in _STATISTICS and training is not None:
            updates.append(((index, argument.name), training))
        elif argument.name in _STATISTICS or (argument.alias_info is not None and argument.alias_info.is_write):
            always.append((index, argument.name))
    return tuple(always), tuple(updates)


def argument_at(place: Place, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The argument that stands at ``place`` of a call; None where it was left out."""
    index, name = place
    return args[index] if index < len(args) else kwargs.get(name)


def _makes(func: Any) -> bool:
    """Whether anything that it gives is more than a view: an operator that writes may enlarge what it writes to."""
    if not isinstance(func, OpOverload):
        return True
    return any(given.alias_info is None or given.alias_info.is_write for given in func._schema.returns)
