"""A check from the command line or from Python: a target, and what must hold of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.checks.budgets import FIGURES, plain_budget
from linscope.checks.cases import Case, shortened
from linscope.checks.shapes import expected
from linscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from linscope.checks.budgets import Budget


def case_of(
    target: Any,
    *,
    name: str | None = None,
    bindings: Sequence[Mapping[str, int]] = (),
    output: str | Sequence[str] | None = None,
    layers: Mapping[str, str] | None = None,
    figures: Mapping[str, int | str | None] | None = None,
    message: str | None = None,
    options: Mapping[str, Any] | None = None,
    torch_defaults: bool = False,
) -> Case:
    """The check of ``target``.

    Args:
        figures: by params, macs or memory, what each must be: a number, an expression, or ``<=`` and a limit.
        options: keyword arguments of ``linscope.analyze`` for a model.

    Raises:
        NotationError: a shape, an amount or an expression that is none. UsageError: an unknown figure.
    """
    outputs = (output,) if isinstance(output, str) else tuple(output or ())
    return Case(
        name=shortened(name or (target if isinstance(target, str) else type(target).__name__)),
        target=target,
        bindings=tuple(tuple(binding.items()) for binding in bindings) or ((),),
        outputs=tuple(map(expected, outputs)),
        budgets=tuple(budgets_of(figures or {})),
        layers=tuple((path, expected(shape)) for path, shape in (layers or {}).items()),
        message=message,
        options={key: value for key, value in (options or {}).items() if value is not None and value != {}},
        torch_defaults=torch_defaults,
    )


def budgets_of(figures: Mapping[str, int | str | None]) -> list[Budget]:
    """The budgets that values by key write; a key without a value sets none.

    Raises:
        NotationError: as ``plain_budget``. UsageError: an unknown key.
    """
    for key in figures:
        if key not in FIGURES:
            raise UsageError(f"there is no figure {key!r}", hint=f"one of {', '.join(FIGURES)}")
    return [plain_budget(value, FIGURES[key]) for key, value in figures.items() if value is not None]


def apart(cases: Sequence[Case]) -> list[Case]:
    """The cases with names that differ: the second of a name is ``name #2``."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    named = []
    for case in cases:
        seen[case.name] = seen.get(case.name, 0) + 1
        number = seen[case.name]
        named.append(case if number == 1 else replace(case, name=f"{case.name} #{number}"))
    return named
