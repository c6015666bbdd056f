"""Arguments and results in containers: dicts, dataclasses, named tuples, nested as people nest them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

__all__ = [
    "AsDataclass",
    "AsDict",
    "AsNamed",
    "FromBatch",
    "FromDict",
    "FromLists",
    "Optional",
    "Pair",
    "Points",
    "nn",
    "torch",
]


class Pair(NamedTuple):
    """Two tensors by name."""

    left: torch.Tensor
    right: torch.Tensor


@dataclass
class Points:
    """Tensors beside what is none."""

    values: torch.Tensor
    states: tuple[torch.Tensor, ...]
    count: int
    label: str | None = None


class FromDict(nn.Module):
    """A dict in, a dict out."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {name: self.layer(value) for name, value in batch.items()}


class FromLists(nn.Module):
    """A dict of lists of tensors, and a list of pairs, in."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, batch: dict[str, list[torch.Tensor]], pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> Any:
        lists = {name: [self.layer(item) for item in items] for name, items in batch.items()}
        return lists, [(self.layer(a), self.layer(b)) for a, b in pairs]


class FromBatch(nn.Module):
    """An object of the user's own in."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, batch: Any) -> torch.Tensor:
        return self.layer(batch.left) + self.layer(batch.right)


class AsDataclass(nn.Module):
    """A dataclass out, with tensors in a tuple of its own and values that are no tensors."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, x: torch.Tensor) -> Points:
        y = self.layer(x)
        return Points(values=y, states=(x, y.sum(-1)), count=len(x), label="points")


class AsNamed(nn.Module):
    """A named tuple within a tuple out, and a None."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, x: torch.Tensor) -> Any:
        return Pair(self.layer(x), x), None, [x.shape[0]]


class _Output(OrderedDict[str, Any]):
    """A mapping whose entries are attributes too, as model libraries make them."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class AsDict(nn.Module):
    """An ordered mapping of its own class out, with lists of hidden states."""

    def __init__(self, size: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(size, size) for _ in range(depth)])

    def forward(self, x: torch.Tensor) -> _Output:
        states = [x]
        for layer in self.layers:
            states.append(layer(states[-1]))
        return _Output(last=states[-1], hidden_states=tuple(states), attentions=None)


class Optional(nn.Module):
    """Arguments by keyword only, with a default, a flag and a None."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(
        self, x: torch.Tensor, *, y: torch.Tensor | None = None, twice: bool = False, name: str = "sum"
    ) -> torch.Tensor:
        x = x if y is None else x + y
        x = self.layer(x)
        return getattr(torch, name)(x, -1) if not twice else getattr(torch, name)(x + x, -1)
