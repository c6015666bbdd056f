"""What a name in the user's code stands for, as a subject: a class, a factory, or an instance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.errors import TargetError, UsageError
from linscope.sources import module as instances
from linscope.sources.calling import check_arguments, needs_nothing, signature_of
from linscope.sources.constructing import constructed
from linscope.sources.failures import explained_model
from linscope.sources.given import arguments_of, drawn
from linscope.sources.picking import listed, picked
from linscope.sources.precision import in_precision, precision
from linscope.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from linscope.sources.loading import Home
    from linscope.subject import Asked


def subject_of(loaded: ModuleType, name: str, home: Home, asked: Asked) -> Subject:
    """The subject of ``name`` in the user's module ``loaded``.

    Raises:
        TargetError: there is no such name, or it stands for no model.
        UsageError: no inputs, a batch size of its own, or arguments that ``name`` does not take.
        NotationError: inputs that are no shapes.
    """
    found = picked(loaded, name, home.written)
    if isinstance(found, nn.Module):
        return _instance(found, name, home, asked)
    if not callable(found) or (isinstance(found, type) and not issubclass(found, nn.Module)):
        kind = f"the class {name}, no nn.Module" if isinstance(found, type) else f"of the type {type(found).__name__}"
        raise TargetError(
            f"{name} in {home.written} stands for no model: it is {kind}",
            details=listed(loaded),
            hint="name an nn.Module class, a function that returns one, or an instance",
        )
    check_arguments(found, name, asked.arguments)
    return _made(found, name, home, asked)


def _made(make: Callable[..., Any], name: str, home: Home, asked: Asked) -> Subject:
    """A class or a factory: built anew for each run."""
    _need_inputs(getattr(make, "forward", None), name, asked)
    dtype = precision(asked.dtype)
    args, kwargs = arguments_of(() if asked.inputs is None else asked.inputs, asked.sizes, asked.dtype)
    arguments = dict(asked.arguments)

    def called() -> nn.Module:
        model = make(**arguments)
        if not isinstance(model, nn.Module):
            raise TargetError(
                f"{name}() in {home.written} gives no nn.Module, but a value of the type {type(model).__name__}",
                hint="name a function that returns the model alone",
            )
        return in_precision(model, dtype)

    return Subject(
        target=asked.target,
        build=lambda: constructed(called, f"{name}({_written(arguments)})"),
        arguments=lambda built: drawn(built, args, kwargs),
        training=bool(asked.training),
        owned=True,
        explain=explained_model,
        learns=True,  # whether it does is not known before it is built
        foreign=True,
        around=lambda: home.surroundings,
    )


def _instance(model: nn.Module, name: str, home: Home, asked: Asked) -> Subject:
    """A module as it stands in the user's code: in its own mode, and left as it is."""
    if asked.arguments:
        raise UsageError(
            f"{name} in {home.written} is built already: it takes no arguments",
            hint=f"leave --arg out, or name its class, {type(model).__name__}",
        )
    if asked.dtype is not None:
        raise UsageError(
            f"{name} in {home.written} is built already, and keeps its own dtype",
            hint=f"leave --dtype out, or name its class, {type(model).__name__}",
        )
    _need_inputs(model.forward, name, asked)
    inputs = () if asked.inputs is None else asked.inputs
    subject = instances.subject_of(model, inputs, asked.sizes, training=asked.training)
    return replace(subject, target=asked.target, around=lambda: home.surroundings)


def _need_inputs(forward: Callable[..., Any] | None, name: str, asked: Asked) -> None:
    if asked.inputs is None and not (forward is not None and needs_nothing(forward)):
        takes = f": its forward takes {signature_of(forward)}" if forward is not None else ""
        raise UsageError(
            f"{name} needs inputs{takes}", hint='--input "[1,3,224,224]", or by name, --input "x=[1,128]:int64"'
        )
    for option, value in (("-B", asked.batch), ("-T", asked.length)):
        if value is not None:
            raise UsageError(f"{option} is for models that know their own inputs", hint="write the size in --input")


def _written(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())[:80]
