"""A module of the user's own as a source: run as it is, and left as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from linscope.errors import UsageError
from linscope.notation.bound import bind
from linscope.notation.parser import parse_inputs
from linscope.notation.spec import Named
from linscope.sources.draws import draws_for
from linscope.sources.dtypes import default_dtype
from linscope.sources.failures import explained_model
from linscope.subject import Subject, TensorSpec


def subject_of(model: nn.Module, inputs: Any, sizes: Mapping[str, int], *, training: bool | None = None) -> Subject:
    """The subject of ``model`` on ``inputs``.

    Args:
        inputs: a tensor; a shape string (``"[32,3,4]"``, ``"[2,128]:int64"``, several joined by commas, with
            names where they go to arguments by name); a sequence of positional arguments; or a dict of
            arguments by name. Shape strings stand for drawn tensors at any depth.

    Raises:
        UsageError: no inputs. NotationError: a string that is no shape.
    """
    if inputs is None:
        raise UsageError("a module needs inputs to run on", hint='linscope.analyze(model, "[32,3,4]"), or a tensor')
    args, kwargs = _arguments(inputs, sizes)
    return Subject(
        target=type(model).__name__,
        build=lambda: model,
        arguments=lambda built: _drawn(built, args, kwargs),
        training=training,
        owned=False,
        explain=explained_model,
    )


def _arguments(inputs: Any, sizes: Mapping[str, int]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, str):
        specs = _shapes(inputs, sizes)
        return (
            tuple(s for s in specs if s.name is None),
            {s.name: s for s in specs if s.name is not None},
        )
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        return (), {str(name): _read(value, sizes) for name, value in inputs.items()}
    if isinstance(inputs, Sequence) and not hasattr(inputs, "_fields"):
        return tuple(_read(value, sizes) for value in inputs), {}
    return (inputs,), {}


def _read(value: Any, sizes: Mapping[str, int]) -> Any:
    """``value`` with a spec in place of every shape string."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        first, *_ = _shapes(value, sizes)
        return first
    if isinstance(value, dict):
        return {name: _read(item, sizes) for name, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_read(item, sizes) for item in value)
    return value


def _shapes(text: str, sizes: Mapping[str, int]) -> tuple[TensorSpec, ...]:
    spec = parse_inputs(text)
    names = {d.name for i in spec.inputs for d in i.shape.dimensions if isinstance(d, Named)}
    bound = bind(spec, {name: size for name, size in sizes.items() if name in names})
    usual = default_dtype()
    return tuple(TensorSpec(i.shape, i.dtype or usual, i.name) for i in bound.inputs)


def _drawn(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with a draw for each spec that stands as an argument of its own."""
    specs = [v for v in (*args, *kwargs.values()) if isinstance(v, TensorSpec)]
    draws = iter([replace(s, draw=d) for s, d in zip(specs, draws_for(model, specs), strict=True)])
    return (
        tuple(next(draws) if isinstance(v, TensorSpec) else v for v in args),
        {k: next(draws) if isinstance(v, TensorSpec) else v for k, v in kwargs.items()},
    )


def is_module(target: Any) -> bool:
    """Whether this source takes ``target``."""
    return isinstance(target, nn.Module)
