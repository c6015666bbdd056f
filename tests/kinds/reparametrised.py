"""Weights worked out from others in every forward: norms, orthogonal maps, masks, factors."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune, spectral_norm, weight_norm

__all__ = [
    "Cached",
    "factored",
    "nn",
    "parametrizations",
    "prune",
    "pruned",
    "spectral_norm",
    "symmetric",
    "torch",
    "weight_norm",
]


class _Symmetric(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.triu() + x.triu(1).transpose(-1, -2)


class _Factors(nn.Module):
    """A weight (out, in) as its correction of low rank: ``weight + a @ b``."""

    def __init__(self, out: int, size: int, rank: int) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.randn(out, rank))
        self.b = nn.Parameter(torch.zeros(rank, size))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.a @ self.b


def symmetric(layer: nn.Linear) -> nn.Module:
    """``layer`` with a weight that is made symmetric."""
    return parametrize.register_parametrization(layer, "weight", _Symmetric())


def factored(layer: nn.Linear, rank: int) -> nn.Module:
    """``layer`` with a frozen weight and a correction of low rank, multiplied out in every forward."""
    layer.weight.requires_grad_(False)
    return parametrize.register_parametrization(layer, "weight", _Factors(*layer.weight.shape, rank))


def pruned(layer: nn.Module, *, finally_: bool = False) -> nn.Module:
    """``layer`` with half of its weights masked, and the mask made permanent where asked."""
    prune.l1_unstructured(layer, "weight", amount=0.5)
    return prune.remove(layer, "weight") if finally_ else layer


class Cached(nn.Module):
    """A parametrized layer called twice, its weight worked out once."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with parametrize.cached():
            return self.layer(self.layer(x))
