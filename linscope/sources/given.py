"""What goes into a model: the user's tensors and shape strings as the arguments of its forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from linscope.nested import rebuilt
from linscope.notation.bound import bind
from linscope.notation.parser import parse_inputs
from linscope.notation.spec import Named
from linscope.sources.calling import check_inputs
from linscope.sources.draws import draws_for
from linscope.sources.dtypes import default_dtype
from linscope.subject import Given, TensorSpec


def arguments_of(
    inputs: Any, sizes: Mapping[str, int], usual: str | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments, a TensorSpec in place of every shape string, however deep.

    Args:
        inputs: a tensor; a shape string (``"[32,3,4]"``, ``"[2,128]:int64"``, several joined by commas, with
            names where they go to arguments by name); a sequence of positional arguments; a dict of arguments by
            name; or both of them in a ``Given``.
        sizes: of named dimensions.
        usual: the dtype of shapes that name none, by torch's name; None for torch's default.

    Raises:
        NotationError: a string that is no shape.
    """
    usual = usual or default_dtype()
    if isinstance(inputs, Given):
        return (
            tuple(_read(value, sizes, usual) for value in inputs.positional),
            {name: _read(value, sizes, usual) for name, value in inputs.by_name.items()},
        )
    if isinstance(inputs, str):
        specs = _shapes(inputs, sizes, usual)
        return (
            tuple(s for s in specs if s.name is None),
            {s.name: s for s in specs if s.name is not None},
        )
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        return (), {str(name): _read(value, sizes, usual) for name, value in inputs.items()}
    if isinstance(inputs, tuple | list) and not hasattr(inputs, "_fields"):
        return tuple(_read(value, sizes, usual) for value in inputs), {}
    return (_read(inputs, sizes, usual),), {}


def _read(value: Any, sizes: Mapping[str, int], usual: str) -> Any:
    """``value`` with a spec in place of every shape string, however deep."""
    if isinstance(value, str):
        return _shapes(value, sizes, usual)[0] if value.lstrip().startswith("[") else value
    return rebuilt(value, lambda item: _read(item, sizes, usual))


def _shapes(text: str, sizes: Mapping[str, int], usual: str) -> tuple[TensorSpec, ...]:
    spec = parse_inputs(text)
    names = {d.name for i in spec.inputs for d in i.shape.dimensions if isinstance(d, Named)}
    bound = bind(spec, {name: size for name, size in sizes.items() if name in names})
    return tuple(TensorSpec(i.shape, i.dtype or usual, i.name) for i in bound.inputs)


def drawn(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with a draw for each spec among them: those that stand as an argument of their own first, as
    they go to the forward's arguments; then those inside others.

    Raises:
        UsageError: the forward does not take such arguments.
    """
    check_inputs(model, args, kwargs)
    specs = [v for v in (*args, *kwargs.values()) if isinstance(v, TensorSpec)]
    inside = [spec for v in (*args, *kwargs.values()) if not isinstance(v, TensorSpec) for spec in _specs_in(v)]
    draws = {
        id(spec): replace(spec, draw=draw)
        for own in (specs, inside)
        for spec, draw in zip(own, draws_for(model, own), strict=True)
    }

    def filled(value: Any) -> Any:
        return draws[id(value)] if isinstance(value, TensorSpec) else rebuilt(value, filled)

    return tuple(map(filled, args)), {name: filled(value) for name, value in kwargs.items()}


def _specs_in(value: Any) -> list[TensorSpec]:
    found: list[TensorSpec] = []

    def look(item: Any) -> Any:
        if isinstance(item, TensorSpec):
            found.append(item)
            return item
        return rebuilt(item, look)

    look(value)
    return found
