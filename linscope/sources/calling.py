"""Whether a class, a factory or a forward takes the arguments it is to be called with, told before it is called."""

from __future__ import annotations

import inspect
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.errors import TargetError, UsageError
from linscope.notation.suggest import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LONGEST_SIGNATURE = 160
"""Characters of a signature that are shown."""

_EXAMPLES = {"int": "64", "float": "0.1", "bool": "True", "str": "NAME", "tuple": '"(1,2)"', "list": '"[1,2]"'}
"""By the annotation of an argument; one without is most often a number."""


def check_arguments(function: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> None:
    """Whether ``function`` can be called with ``arguments``, all by name.

    Raises:
        UsageError: one it does not take, or one that it needs and does not get.
        TargetError: it needs one that cannot be given by name.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return  # made in C, or with a signature of no use: the call will tell
    details = (f"{name}{signature_of(function)}",)
    named = {p.name for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)}
    needed = [p for p in parameters if p.default is Parameter.empty]
    if any(p.kind is Parameter.POSITIONAL_ONLY for p in needed):
        raise TargetError(
            f"{name} takes arguments by position alone, and can be given them by name only",
            details=details,
            hint="name a function without arguments that calls it",
        )
    unknown = [argument for argument in arguments if argument not in named]
    if unknown and not any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        raise UsageError(f"{name} has no argument {unknown[0]}", details=details, hint=_instead(unknown[0], named))
    missing = [p for p in needed if p.name in named and p.name not in arguments]
    if missing:
        raise UsageError(
            f"{name} needs {_joined([p.name for p in missing])}",
            details=details,
            hint=" ".join(f"--arg {p.name}={_example(p)}" for p in missing),
        )


def check_inputs(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Whether the forward of ``model`` can be called so, as far as its signature tells.

    Raises:
        UsageError: an input it does not take, or one that it needs and does not get.
    """
    if model._forward_pre_hooks or type(model).__call__ is not nn.Module.__call__:
        return  # what goes in is not what the forward gets
    try:
        signature = inspect.signature(model.forward)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise _unfit(model, signature, args, kwargs, str(error)) from None


def _unfit(
    model: Any, signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any], words: str
) -> UsageError:
    """The error for inputs that ``signature``, of the forward of ``model``, does not take."""
    name, parameters = type(model).__name__, signature.parameters.values()
    details = (f"its forward takes {signature_of(model.forward)}",)
    named = [p.name for p in parameters if p.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
    in_order = [p for p in parameters if p.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    many = any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)
    others = any(p.kind is Parameter.VAR_KEYWORD for p in parameters)
    unknown = next((key for key in kwargs if key not in named and not others), None)
    if unknown is not None:
        near = closest(unknown, named)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(named[:6])}" if named else None
        return UsageError(f"{name} has no input {unknown[:60]!r}", details=details, hint=hint)
    if len(args) > len(in_order) and not many:
        takes = f"{len(in_order)} input{'' if len(in_order) == 1 else 's'}"
        given = f"{len(args)} {'is' if len(args) == 1 else 'are'} given"
        return UsageError(f"{name} takes {takes} by position, {given}", details=details)
    got = {p.name for p in in_order[: len(args)]} | kwargs.keys()
    missing = [p.name for p in parameters if p.name in named and p.default is Parameter.empty and p.name not in got]
    if missing:
        hint = " ".join(f'--input "{name}=[...]"' for name in missing)
        return UsageError(f"{name} needs {_joined(missing)} as well", details=details, hint=hint)
    return UsageError(f"{name} does not take these inputs: {words}", details=details)


def needs_nothing(forward: Callable[..., Any]) -> bool:
    """Whether a forward can be called without inputs, ``self`` aside where it is not bound to a model."""
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        return False
    own = parameters if inspect.ismethod(forward) else parameters[1:]
    variadic = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return all(p.default is not Parameter.empty and p.kind not in variadic for p in own)


def signature_of(function: Callable[..., Any]) -> str:
    """``(width, depth=3)``: what ``function`` takes, without a ``self``; ``(...)`` where nobody can say."""
    try:
        whole = inspect.signature(function)
    except (TypeError, ValueError):
        return "(...)"
    taken = [p for p in whole.parameters.values() if p.name != "self"]
    text = str(whole.replace(parameters=taken, return_annotation=inspect.Signature.empty))
    return text if len(text) <= LONGEST_SIGNATURE else text[: LONGEST_SIGNATURE - 1] + "…"


def _instead(wrong: str, named: set[str]) -> str:
    nearest = closest(wrong, sorted(named))
    if nearest:
        return f"did you mean {nearest[0]}?"
    return f"one of {', '.join(sorted(named))}" if named else "leave --arg out: it takes none"


def _joined(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _example(parameter: Parameter) -> str:
    kind = parameter.annotation
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    return _EXAMPLES.get(name.partition("[")[0], "64")
