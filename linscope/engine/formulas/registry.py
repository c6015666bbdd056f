"""One registry, operator -> count, and the state of every operator.

An operator is known by the name of its packet, ``aten::addmm``: the ``.out`` overload shares it, and the
in-place ``addmm_`` falls back on it. Every operator has one state: *counted* (it has a formula here), *free*,
*element-wise*, or *uncounted*, which is also where an operator lands that nobody has decided about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._ops import HigherOrderOperator, OpOverload

from linscope.engine.formulas.states import ELEMENTWISE_NAMES, FREE_NAMES, KNOWN_UNCOUNTED
from linscope.report.derivation import Derivation
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED

Operator = OpOverload | HigherOrderOperator

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Formula = Callable[[Args, Kwargs, Any], Derivation]
"""``(args, kwargs, result) -> Derivation``: looks at shapes, integers and flags, not at values."""

FORMULAS: dict[str, Formula] = {}
"""The counted operators, by name. Filled by the modules of this package as they are imported."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with one operator. ``formula`` is there exactly where ``state`` is counted."""

    name: str
    state: str
    formula: Formula | None


RULES: dict[Operator, Rule] = {}
"""The rules of the operators met so far; ``rule_for`` fills it."""

_STATES: dict[str, str] = (
    dict.fromkeys(FREE_NAMES, FREE)
    | dict.fromkeys(ELEMENTWISE_NAMES, ELEMENTWISE)
    | dict.fromkeys(KNOWN_UNCOUNTED, UNCOUNTED)
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


def rule_for(func: Operator) -> Rule:
    """The rule of an operator, from ``RULES`` or decided now. Never raises for want of a decision."""
    rule = RULES.get(func)
    if rule is None:
        name = qualified_name(func)
        state, function = decide(name)
        rule = RULES[func] = Rule(name.replace("::", ".", 1), state, function)
    return rule


def qualified_name(func: Operator) -> str:
    """``aten::addmm`` for any overload of addmm; ``higher_order::flex_attention``."""
    if isinstance(func, HigherOrderOperator):
        return f"higher_order::{func._name}"
    return func._schema.name


def decide(name: str) -> tuple[str, Formula | None]:
    """The state of an operator by name, and its formula where it is counted."""
    for own in (name, _base(name)):
        if own in FORMULAS:
            return COUNTED, FORMULAS[own]
        if own in _STATES:
            return _STATES[own], None
    for kin in _kin(_base(name)):
        # A relative says what kind of work this is, never how much: counts are not inherited.
        state = _STATES.get(kin)
        if state in (FREE, ELEMENTWISE):
            return state, None
    return UNCOUNTED, None


def elements(args: Args, kwargs: Kwargs, result: Any) -> int:
    """Elements touched by element-wise or reduction work: those of the largest operand or result.

    The tensors of a list (``_foreach_add``) are one operand together.
    """
    largest = _numel(result) if not isinstance(result, tuple) else max(map(_numel, result), default=0)
    for operand in args:
        size = _numel(operand)
        if size > largest:
            largest = size
    for operand in kwargs.values():
        size = _numel(operand)
        if size > largest:
            largest = size
    return largest


def _numel(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, (list, tuple)):
        return sum(item.numel() for item in value if isinstance(item, Tensor))
    return 0


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
