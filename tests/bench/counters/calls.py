"""Arguments of any kind, for counters that take tensors alone, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_unflatten

if TYPE_CHECKING:
    from bench.cases import Built

NOTHING = torch.zeros(1)
"""For counters that insist on an input."""


class Closed(nn.Module):
    """A model with its arguments; whatever it is called with is ignored.

    It has a frozen parameter of no elements, for counters that look for a first parameter.
    """

    def __init__(self, built: Built) -> None:
        super().__init__()
        self.model = built.model
        self.nothing = nn.Parameter(torch.empty(0), requires_grad=False)
        self._arguments = (built.args, built.kwargs)  # in a tuple, which no module looks into

    def forward(self, *ignored: Any) -> Any:
        args, kwargs = self._arguments
        return self.model(*args, **kwargs)


class Flat(nn.Module):
    """A model that takes the tensors among its arguments, however nested they were; the rest is closed over."""

    def __init__(self, built: Built) -> None:
        super().__init__()
        self.model = built.model
        self._leaves, self._structure = tree_flatten((built.args, built.kwargs))

    @property
    def tensors(self) -> tuple[torch.Tensor, ...]:
        return tuple(leaf for leaf in self._leaves if isinstance(leaf, torch.Tensor)) or (NOTHING,)

    def forward(self, *tensors: torch.Tensor) -> Any:
        given = iter(tensors)
        leaves = [next(given) if isinstance(leaf, torch.Tensor) else leaf for leaf in self._leaves]
        args, kwargs = tree_unflatten(leaves, self._structure)
        return self.model(*args, **kwargs)


def of_tensors(built: Built) -> bool:
    """Whether every argument is a tensor, and there is one."""
    values = (*built.args, *built.kwargs.values())
    return bool(values) and all(isinstance(value, torch.Tensor) for value in values)
