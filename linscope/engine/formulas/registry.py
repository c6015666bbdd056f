"""One registry, operator -> count, and the state of every operator.

An operator is known by the name of its packet, ``aten::addmm``: the ``.out`` overload shares it, and the
in-place ``addmm_`` falls back on it. Every operator has one state: *counted* (it has a formula here), *free*,
*element-wise*, or *uncounted*, which is also where an operator lands that nobody has decided about. What a user
has taught goes before what is built in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch._ops import HigherOrderOperator, OpOverload

from linscope import teaching
from linscope.engine.formulas.states import ELEMENTWISE_NAMES, FREE_NAMES, KNOWN_UNCOUNTED, ON_INTEGERS, OPENED_NAMES
from linscope.engine.formulas.taught import taught_formula
from linscope.engine.formulas.touched import elements as elements
from linscope.report.derivation import Derivation
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED

Operator = OpOverload | HigherOrderOperator

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Formula = Callable[[Args, Kwargs, Any], Derivation]
"""``(args, kwargs, result) -> Derivation``: looks at shapes, integers and flags, not at values."""
Elements = Callable[[Args, Kwargs, Any], int]
"""``(args, kwargs, result) -> elements`` touched by element-wise work."""

FORMULAS: dict[str, Formula] = {}
"""The counted operators, by name. Filled by the modules of this package as they are imported."""

INSIDE: dict[str, Elements] = {}
"""The element-wise work inside operators that fuse more than their operands show, by name. Filled likewise."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with one operator.

    Args:
        formula: there exactly where ``state`` is counted.
        inside: the element-wise work of the operator: all of it, or what a counted one does besides.
        opens: run as the operators it is made of, wherever it can be.
        on_integers: uncounted in general, but bookkeeping, hence element-wise, on whole numbers.
    """

    name: str
    state: str
    formula: Formula | None = None
    inside: Elements | None = None
    opens: bool = False
    on_integers: bool = False


class Decision(NamedTuple):
    """The state of an operator, and whose word that is: its own name's, a relative's, a user's, or nobody's."""

    state: str
    by: str | None


RULES: dict[Operator, Rule] = {}
"""The rules of the operators met so far; ``rule_for`` fills it."""

_STATES: dict[str, str] = (
    dict.fromkeys(FREE_NAMES, FREE)
    | dict.fromkeys(ELEMENTWISE_NAMES, ELEMENTWISE)
    | dict.fromkeys(KNOWN_UNCOUNTED, UNCOUNTED)
    | dict.fromkeys(OPENED_NAMES, UNCOUNTED)  # where one cannot be opened after all
)


def formula(*names: str) -> Callable[[Formula], Formula]:
    """Register a function as the formula of operators.

    Raises:
        ValueError: a name already has a formula or another state.
    """

    def register(function: Formula) -> Formula:
        for name in names:
            if name in FORMULAS or name in _STATES:
                raise ValueError(f"{name} is already decided")
            FORMULAS[name] = function
        return function

    return register


def inside(*names: str) -> Callable[[Elements], Elements]:
    """Register a function as the element-wise work inside operators that fuse some in.

    Raises:
        ValueError: a name has some already.
    """

    def register(function: Elements) -> Elements:
        for name in names:
            if name in INSIDE:
                raise ValueError(f"{name} is already decided")
            INSIDE[name] = function
        return function

    return register


def rule_for(func: Operator) -> Rule:
    """The rule of an operator, from ``RULES`` or decided now. Never raises for want of a decision.

    Raises:
        ModelError: a formula that a user taught does not go with the operator.
    """
    rule = RULES.get(func)
    if rule is None:
        rule = RULES[func] = _rule(func, qualified_name(func))
    return rule


def _rule(func: Operator, name: str) -> Rule:
    shown, base = name.replace("::", ".", 1), _base(name)
    state, by = decision(name)
    if by is None and teaching.load_plugins():  # nobody has decided: ask the packages that came to teach
        state, _ = decision(name)
    lesson = _lesson(name)
    if lesson is not None:
        return Rule(shown, state, taught_formula(lesson, func) if state == COUNTED else None, _work(name, state))
    if state == COUNTED:
        return Rule(shown, state, FORMULAS.get(name) or FORMULAS[base], _work(name, state))
    inside = _work(name, state)
    return Rule(shown, state, None, inside, opens=name in OPENED_NAMES, on_integers=base in ON_INTEGERS)


def _work(name: str, state: str) -> Elements | None:
    """The element-wise work of an operator of this name and state."""
    known = INSIDE.get(name) or INSIDE.get(_base(name))
    may_be_it = state == ELEMENTWISE or _base(name) in ON_INTEGERS
    return elements if known is None and may_be_it else known


def qualified_name(func: Operator) -> str:
    """``aten::addmm`` for any overload of addmm; ``higher_order::flex_attention``."""
    if isinstance(func, HigherOrderOperator):
        return f"higher_order::{func._name}"
    return func._schema.name


def decide(name: str) -> tuple[str, Formula | None]:
    """The state of an operator by name, and its formula where it is counted."""
    state, _ = decision(name)
    lesson = _lesson(name)
    if lesson is not None:
        return state, taught_formula(lesson, None) if state == COUNTED else None
    return state, FORMULAS.get(name) or FORMULAS.get(_base(name))


def decision(name: str) -> Decision:
    """The state of an operator by name, and by whose word."""
    lesson = _lesson(name)
    return built_in(name) if lesson is None else Decision(lesson.state, lesson.place)


def built_in(name: str) -> Decision:
    """What ``decision`` says where nobody has taught anything."""
    for own in (name, _base(name)):
        if own in FORMULAS:
            return Decision(COUNTED, own)
        if own in _STATES:
            return Decision(_STATES[own], own)
    return _by_kinship(name)


def refuse(lesson: teaching.Taught) -> None:
    """Refuse a lesson about an operator that has a state, unless it says that it replaces that.

    Raises:
        ModelError: it has, and the lesson does not.
    """
    state, by = built_in(lesson.operator)
    if state != UNCOUNTED and not lesson.replaces:
        kin = "" if by == lesson.operator else f", as {by} is"
        raise teaching.already_decided(lesson, f"{state} by linscope{kin}")


def verify() -> None:
    """Refuse what was taught before the engine was there to listen.

    Raises:
        ModelError: as ``refuse``.
    """
    for lesson in teaching.TAUGHT.values():
        refuse(lesson)


teaching.LISTENERS.append(refuse)


def _lesson(name: str) -> teaching.Taught | None:
    return teaching.TAUGHT.get(name) or teaching.TAUGHT.get(_base(name))


def _by_kinship(name: str) -> Decision:
    for kin in _kin(_base(name)):
        # A relative says what kind of work this is, never how much: counts are not inherited.
        state = _STATES.get(kin)
        if state in (FREE, ELEMENTWISE):
            return Decision(state, kin)
    return Decision(UNCOUNTED, None)


def _base(name: str) -> str:
    """``aten::relu`` for ``aten::relu_``; a dunder stays what it is."""
    return name[:-1] if name.endswith("_") and not name.endswith("__") else name


def _kin(name: str) -> Iterator[str]:
    """Operators that do the same kind of work as ``name``, under names that are not its own.

    A copying view (``t_copy``) is a move like the view; a list variant (``_foreach_add``) repeats its
    operator; ``prims`` and ``quantized`` operators do what their aten namesakes do; the backward pass of
    element-wise work is element-wise, that of a move is a move.
    """
    namespace, _, operator = name.partition("::")
    if namespace in ("prims", "quantized", "_quantized"):
        yield f"aten::{operator}"
    elif namespace == "aten":
        if operator.startswith("_foreach_"):
            yield f"aten::{operator.removeprefix('_foreach_')}"
        for suffix in ("_copy", "_functional", "_backward", "_backward_data"):
            if operator.endswith(suffix):
                yield f"aten::{operator.removesuffix(suffix)}"
