"""What the tracer does with an operator: looked up once, and kept for the life of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._ops import OpOverload

from linscope.engine.formulas.registry import rule_for
from linscope.engine.projection import allocates
from linscope.report.record import FREE

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Formula


class Handling(NamedTuple):
    """The rule of an operator, whether it is to be opened, and whether it may allocate much."""

    name: str
    state: str
    formula: Formula | None
    is_composite: bool
    allocates: bool


HANDLINGS: dict[int, Handling] = {}
"""By the id of the operator: operators are never freed, and their own hash is slow Python."""


def handling_of(func: Any) -> Handling:
    """How to handle ``func``, decided now if this is its first call."""
    known = HANDLINGS.get(id(func))
    if known is None:
        rule = rule_for(func)
        moves = rule.state == FREE
        known = Handling(
            rule.name,
            rule.state,
            rule.formula,
            not moves and _is_composite(func),
            not moves or allocates(func),
        )
        HANDLINGS[id(func)] = known
    return known


def _is_composite(func: Any) -> bool:
    """Whether torch implements the operator by calling others, for any device."""
    return isinstance(func, OpOverload) and torch._C._dispatch_has_kernel_for_dispatch_key(
        func.name(),  # type: ignore[no-untyped-call]
        "CompositeImplicitAutograd",
    )
