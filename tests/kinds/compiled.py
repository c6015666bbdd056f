"""Modules that are no longer Python alone: scripted, traced, frozen, compiled, exported, in another layout."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import fx, nn
from torch.utils import mkldnn

__all__ = ["Blocked", "Compiled", "Function", "Loop", "Mixed", "fx", "mkldnn", "mlp", "net", "nn", "torch"]


def mlp() -> nn.Sequential:
    """4 to 8 to 3."""
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))


def net() -> nn.Sequential:
    """A picture (2, 6, 6) to 3 numbers."""
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))


class Loop(nn.Module):
    """A loop and a branch on a value, which a script keeps."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, size)

    def forward(self, x: torch.Tensor, times: int) -> torch.Tensor:
        for _ in range(times):
            x = self.layer(x) if x.dim() == 2 else x
        return x


class Mixed(nn.Module):
    """A compiled child between two that are not."""

    def __init__(self, child: nn.Module) -> None:
        super().__init__()
        self.before = nn.Linear(5, 4)
        self.child = child
        self.after = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.after(self.child(self.before(x)))


class Compiled(nn.Module):
    """A child that was compiled in place."""

    def __init__(self, child: nn.Module) -> None:
        super().__init__()
        self.child = child
        child.compile(backend="eager")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.child(x)


@torch.compile(backend="eager")
def _product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.relu(x @ weight)


class Function(nn.Module):
    """A weight handed to a compiled function."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _product(x, self.weight)


class Blocked(nn.Module):
    """A convolution in mkldnn's own layout, and back."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 2, 3, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x.to_mkldnn(), self.weight.to_mkldnn()).to_dense()
