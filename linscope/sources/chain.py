"""The module that a spec is: its steps in order, the output of each the input of the next."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import nn

SELF_ATTENTION = (nn.MultiheadAttention,)
"""Layers that take one tensor as query, key and value when one is all there is."""

Check = Callable[[Any], None]
"""An assertion of the chain: raises unless what came out so far is of its shape."""


class Chain(nn.Module):
    """Steps, and assertions between them.

    Args:
        steps: the modules, in order.
        checks: the assertions that come before step ``i`` (``len(steps)``: at the end).

    A step that needs several tensors receives all that the step before it gave; any other receives the first.
    """

    def __init__(self, steps: Sequence[nn.Module], checks: dict[int, list[Check]]) -> None:
        super().__init__()
        for index, step in enumerate(steps):
            self._modules[str(index)] = step  # add_module checks names that are known to be good
        self._checks = checks

    @property
    def steps(self) -> tuple[nn.Module, ...]:
        return tuple(module for module in self._modules.values() if module is not None)

    def forward(self, *inputs: Any, **named: Any) -> Any:
        value: Any = inputs[0] if len(inputs) == 1 and not named else (*inputs, *named.values())
        for index, step in enumerate(self._modules.values()):
            assert step is not None
            for check in self._checks.get(index, ()):
                check(value)
            given = index == 0 and isinstance(value, tuple)
            value = step(*inputs, **named) if given else step(*_fed(step, value))
        for check in self._checks.get(len(self._modules), ()):
            check(value)
        return value


def _fed(step: nn.Module, value: Any) -> tuple[Any, ...]:
    """The arguments that ``step`` takes of ``value``."""
    if isinstance(value, torch.Tensor):
        return (value, value, value) if isinstance(step, SELF_ATTENTION) else (value,)
    if isinstance(value, tuple | list) and _needs_several(step) and not isinstance(step, SELF_ATTENTION):
        return tuple(value)
    first = first_tensor(value)
    return (first, first, first) if isinstance(step, SELF_ATTENTION) else (first,)


def _needs_several(step: nn.Module) -> bool:
    return required(type(step)) > 1  # type: ignore[arg-type]  # mypy takes the class for an instance


def first_tensor(value: Any) -> Any:
    """The output proper of a layer that gives several: the first tensor, however nested."""
    while isinstance(value, tuple | list) and value:
        value = value[0]
    return value


@cache
def required(kind: type[nn.Module]) -> int:
    """How many tensors the forward of ``kind`` cannot do without."""
    try:
        arguments = list(inspect.signature(kind.forward).parameters.values())[1:]
    except (TypeError, ValueError):
        return 1
    return sum(a.default is a.empty and a.kind in (a.POSITIONAL_ONLY, a.POSITIONAL_OR_KEYWORD) for a in arguments)
