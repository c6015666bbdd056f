"""Formulas that users teach, called as the engine calls its own, and their failures as errors of the user's."""

from __future__ import annotations

import inspect
import operator
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torch._ops import OpOverload

from linscope.errors import ModelError
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Args, Formula, Kwargs
    from linscope.teaching import Taught

Call = Callable[[tuple[Any, ...], dict[str, Any], Any], Any]

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def taught_formula(lesson: Taught, func: Any) -> Formula:
    """The formula of ``lesson`` for one overload, in the engine's terms.

    Raises:
        ModelError: now, where its parameters are not the operator's; when called, where it fails.
    """
    call = _matched(lesson, func)

    def count(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
        try:
            given = call(args, kwargs, result)
        except Exception as error:
            raise _failed(lesson, error) from error
        return Derivation(tuple(_terms(lesson, given)))

    return count


def _matched(lesson: Taught, func: Any) -> Call:
    """How to call the function: which arguments of the operator go where."""
    function = lesson.function
    assert function is not None
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a callable written in C
        return lambda args, kwargs, result: function(*args, **kwargs)
    schema = func._schema.arguments if isinstance(func, OpOverload) else ()
    by_position = [a for a in schema if not a.kwarg_only]
    defaults = [a.default_value for a in by_position]
    kinds = [p.kind for p in parameters.values()]
    names = [n for n, p in parameters.items() if p.kind in _BY_POSITION and n != "result"]
    takes = len(by_position) if inspect.Parameter.VAR_POSITIONAL in kinds else len(names)
    by_name = {n: p for n, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY and n != "result"}
    wants_result = "result" in parameters
    wants_rest = inspect.Parameter.VAR_KEYWORD in kinds
    named = {a.name: (i, a.default_value) for i, a in enumerate(schema)}
    strange = [n for n, p in by_name.items() if n not in named and p.default is p.empty]
    strange += [n for n in names[len(by_position) :] if parameters[n].default is inspect.Parameter.empty]
    if schema and strange:
        raise ModelError(
            f"the formula of {lesson.operator} takes {', '.join(strange)}, which the operator does not have",
            details=(f"formula: {lesson.place}", f"operator: {func._schema}"),
            hint="take its arguments in order, and the keyword-only ones by their names",
        )

    def call(args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> Any:
        positional = [*args, *defaults[len(args) :]][: takes if schema else None]
        keywords = {}
        for name in by_name:
            index, default = named.get(name, (len(args), None))
            if name in kwargs or name in named:
                keywords[name] = kwargs[name] if name in kwargs else args[index] if index < len(args) else default
        if wants_rest:
            keywords |= kwargs
        if wants_result:
            keywords["result"] = result
        return function(*positional, **keywords)

    return call


def _terms(lesson: Taught, given: Any) -> list[Term]:
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return [term for one in given for term in _terms(lesson, one)]
    if isinstance(given, Mapping):
        return [Term(tuple(Factor(str(name), _whole(lesson, value, name)) for name, value in given.items()))]
    return [Term((Factor("macs", _whole(lesson, given)),))]


def _whole(lesson: Taught, value: Any, name: object = None) -> int:
    """``value`` as a non-negative int; of a float nobody knows what was rounded, so it is refused."""
    try:
        number = operator.index(value) if not isinstance(value, bool) else -1
    except TypeError:
        number = -1
    if number < 0:
        factor = "" if name is None else f" for the factor {str(name)!r}"
        raise ModelError(
            f"the formula of {lesson.operator} returned {repr(value)[:60]}{factor}, which is no count",
            details=(f"formula: {lesson.place}",),
            hint="return a whole number, named factors ({'rows': 96, 'in': 4, 'out': 2}), or a list of these",
        )
    return number


def _failed(lesson: Taught, error: Exception) -> ModelError:
    """The user's own lines of the traceback, and what was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f"{f.filename}:{f.lineno} in {f.name}: {f.line}" for f in frames if f.filename != __file__]
    words = str(error).partition("\n")[0][:200]
    return ModelError(
        f"the formula of {lesson.operator} raised {type(error).__name__}: {words}",
        details=tuple(own[-8:]),
        hint=f"mend it in {lesson.place}",
    )
