"""What a user teaches about an operator: its formula, or that it is free or element-wise. No torch at import.

    @linscope.formula("mylib::rotate")
    def rotate(x, weight):  # the operator's own arguments, tensors as they are
        return {"rows": x.shape[0], "in": weight.shape[0], "out": weight.shape[1]}

    linscope.free("mylib::shuffle")
    linscope.elementwise("mylib::swish")

A package that brings operators names a module in the entry point group ``linscope.formulas``; it is imported when
an operator is met that nobody has decided about, and teaches in the same words.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from linscope.errors import ModelError
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, Note

Function = TypeVar("Function", bound=Callable[..., Any])

GROUP = "linscope.formulas"


@dataclass(frozen=True, slots=True)
class Taught:
    """What was taught about one operator: its state, and its formula where that is counted.

    ``place`` is where in the user's code, ``formulas.py:12``; ``replaces``: it may overrule what is built in.
    """

    operator: str
    state: str
    function: Callable[..., Any] | None
    place: str
    replaces: bool


TAUGHT: dict[str, Taught] = {}
"""All that was taught, by the operator's name."""

LISTENERS: list[Callable[[Taught], None]] = []
"""Called with each lesson before it is taken up; one that raises refuses it. The engine listens once it is loaded."""

BROKEN: list[str] = []
"""The entry points that could not be loaded, a line for each."""

FILES: dict[str, tuple[str, ...]] = {}
"""The files that were run for what they teach, each with the operators it taught."""


def formula(*operators: str, replace: bool = False) -> Callable[[Function], Function]:
    """Register the function below as the formula of ``operators``, named like ``"mylib::rotate"``.

    It is called with the operator's own arguments, by position and in the order of its schema, defaults filled in;
    keyword-only parameters get the arguments of their names. It may take fewer than there are. One more, named
    ``result``, gets what the operator returned. It returns the multiply-accumulates of one call: a whole number,
    or named factors whose product is the count, ``{"rows": 96, "in": 4, "out": 2}``, or a list of either, which
    add up. In-place variants (``mylib::rotate_``) and all overloads share the formula.

    Args:
        replace: overrule what linscope, or an earlier formula, says of the operator.

    Raises:
        ModelError: a name is not one of an operator, or the operator is decided already. When it is called: the
            formula raises, or returns no whole number.
    """
    _check_names("formula", operators)

    def register(function: Function) -> Function:
        if not callable(function):
            raise ModelError(
                f"a formula is a function, not {type(function).__name__}",
                hint=f'@linscope.formula("{operators[0]}") above its def',
            )
        code = getattr(function, "__code__", None)
        place = _place(code.co_filename, code.co_firstlineno) if code else repr(function)[:80]
        for operator in operators:
            _teach(Taught(operator, COUNTED, function, place, replace))
        return function

    return register


def free(*operators: str, replace: bool = False) -> None:
    """Say that ``operators`` only view, move or make data: no arithmetic at all.

    Raises:
        ModelError: as ``formula``.
    """
    _declare("free", operators, FREE, replace)


def elementwise(*operators: str, replace: bool = False) -> None:
    """Say that ``operators`` work on each element or reduce over elements, without a contraction.

    They add the elements of their largest operand or result to the element-wise line, and no MACs.

    Raises:
        ModelError: as ``formula``.
    """
    _declare("elementwise", operators, ELEMENTWISE, replace)


@cache
def load_plugins() -> bool:
    """Import what packages offer under the entry point group, once; whether anything was taught by it.

    One that fails is noted in ``BROKEN``, and its operators stay uncounted.
    """
    from importlib import metadata  # tens of milliseconds, which only unknown operators cost

    before = len(TAUGHT)
    for entry in metadata.entry_points(group=GROUP):
        try:
            entry.load()
        except Exception as error:  # a package that is not ours must not stop an analysis
            words = str(error).partition("\n")[0][:200]
            BROKEN.append(f"{entry.name} = {entry.value}: {type(error).__name__}: {words}")
    return len(TAUGHT) > before


def notes(ran: Collection[str]) -> tuple[Note, ...]:
    """What a report should say of all this: files that were run, lessons that were used, and what is broken.

    Args:
        ran: the operators that ran, by the names under which they are reported, ``mylib.rotate``.
    """
    files = [
        Note(
            "formulas-file",
            f"ran {path}, which decided {', '.join(operators) or 'nothing'}",
            (("file", path), ("operators", operators)),
        )
        for path, operators in FILES.items()
    ]
    used = [lesson for lesson in TAUGHT.values() if ran_as(lesson) & set(ran)]
    lessons = Note(
        "taught",
        f"decided by other code than linscope's: {', '.join(f'{u.operator} ({u.place})' for u in used)}",
        (("operators", tuple(u.operator for u in used)),),
    )
    broken = [Note("broken-formulas", f"an entry point of {GROUP} cannot be loaded: {line}") for line in BROKEN]
    return (*files, *([lessons] if used else ()), *broken)


def ran_as(lesson: Taught) -> set[str]:
    """The names under which calls that the lesson is about are reported."""
    shown = lesson.operator.replace("::", ".", 1)
    return {shown, f"{shown}_"}


def _declare(word: str, operators: tuple[str, ...], state: str, replace: bool) -> None:
    _check_names(word, operators)
    caller = sys._getframe(2)
    place = _place(caller.f_code.co_filename, caller.f_lineno)
    for operator in operators:
        _teach(Taught(operator, state, None, place, replace))


def _teach(lesson: Taught) -> None:
    earlier = TAUGHT.get(lesson.operator)
    if earlier is not None and earlier.place != lesson.place and not lesson.replaces:  # a reload teaches anew
        raise already_decided(lesson, f"{earlier.state} by {earlier.place}")
    for listener in LISTENERS:
        listener(lesson)
    TAUGHT[lesson.operator] = lesson


def already_decided(lesson: Taught, how: str) -> ModelError:
    """The error of teaching about an operator of which something is known."""
    return ModelError(
        f"{lesson.operator} is already decided: {how}",
        details=(f"and again in {lesson.place}",),
        hint="replace=True overrules it",
    )


def _check_names(word: str, operators: tuple[Any, ...]) -> None:
    example = f'such as linscope.{word}("mylib::rotate")'
    if not operators:
        raise ModelError(f"linscope.{word} needs the name of an operator", hint=example)
    for name in operators:
        if not isinstance(name, str):
            raise ModelError(f"an operator is named by text, not by {type(name).__name__}", hint=example)
        namespace, colons, operator = name.partition("::")
        if not colons or not namespace or not operator:
            dotted = name.removeprefix("torch.ops.").replace(".", "::", 1)
            meant = f'"{dotted}"' if "::" in dotted else f'"mylib::{name}"'
            raise ModelError(f"{name!r} names no operator: its namespace is missing", hint=f"write it like {meant}")
        if "." in operator:
            raise ModelError(
                f"{name!r} names one overload, and a formula is for all of them",
                hint=f'"{name.partition(".")[0]}"',
            )


def _place(filename: str, line: int) -> str:
    return f"{filename.replace(chr(92), '/').rpartition('/')[2]}:{line}"
