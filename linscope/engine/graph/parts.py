"""One operator of a graph: its rule by its name alone, and its count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch._ops import OpOverload, OpOverloadPacket

from linscope import teaching
from linscope.engine.formulas.registry import FORMULAS, INSIDE, Rule, decide, rule_for
from linscope.engine.formulas.taught import taught_formula
from linscope.engine.formulas.touched import elements
from linscope.errors import LinscopeError
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED

if TYPE_CHECKING:
    from linscope.report.derivation import Derivation

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,120}")


LAYERED = frozenset(
    f"aten.{name}" for name in ("lstm", "gru", "rnn_tanh", "rnn_relu", "quantized_lstm", "quantized_gru")
)
"""Operators whose formulas go through their layers, however many their arguments claim."""

MOST_LAYERS = 10_000


class Part(NamedTuple):
    """One operator, counted. A node is one, or what it is made of."""

    name: str
    state: str
    derivation: Derivation | None = None
    elements: int = 0


def operator_called(target: str) -> OpOverload | None:
    """The operator of that name, ``aten.conv2d.default``, as far as torch knows it in this process."""
    words = target.split(".")
    if len(words) != 3 or not all(map(_WORD.fullmatch, words)):
        return None
    packet = getattr(getattr(torch.ops, words[0]), words[1], None)
    operator = getattr(packet, words[2], None) if isinstance(packet, OpOverloadPacket) else None
    return operator if isinstance(operator, OpOverload) else None


def rule_called(target: str, operator: OpOverload | None) -> Rule:
    """What to do with an operator, which torch may not know.

    Raises:
        ModelError: a formula that a user taught does not go with the operator.
    """
    if operator is not None:
        return rule_for(operator)
    name = "::".join(target.split(".")[:2])[:200]
    state, by = decide(name)
    if by is None and teaching.load_plugins():
        state, _ = decide(name)
    lesson = teaching.TAUGHT.get(name)
    formula = taught_formula(lesson, None) if lesson is not None and state == COUNTED else FORMULAS.get(name)
    work = INSIDE.get(name) or (elements if state == ELEMENTWISE else None)
    return Rule(name.replace("::", ".", 1), state, formula, work)


def part_of(rule: Rule, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Part:
    """The count of one call. What its formula cannot count, as no call of torch's would look so, is uncounted.

    Raises:
        ModelError: a formula of a user's that fails.
    """
    state = rule.state
    if state == FREE:
        return Part(rule.name, FREE)
    if rule.name in LAYERED and any(type(a) is int and a > MOST_LAYERS for a in args):
        return Part(rule.name, UNCOUNTED)
    try:
        if rule.on_integers and _is_whole(args[0]) and _is_whole(result):
            state = ELEMENTWISE
        derivation = rule.formula(args, kwargs, result) if rule.formula is not None else None
        touched = rule.inside(args, kwargs, result) if rule.inside is not None and state != UNCOUNTED else 0
    except LinscopeError:
        raise
    except Exception:  # whatever comes of arguments that nobody has checked
        return Part(rule.name, UNCOUNTED)
    return Part(rule.name, state, derivation, touched)


def _is_whole(value: Any) -> bool:
    """Whether the tensor, or the first of a tuple, holds integers or bools."""
    tensor = value[0] if isinstance(value, tuple | list) else value
    return not (tensor.is_floating_point() or tensor.is_complex())
