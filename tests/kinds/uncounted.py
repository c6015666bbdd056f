"""Arithmetic that is no contraction and no work on single elements: it has no count, and must be named."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from kinds.expression import Of

__all__ = ["Of", "Spectral", "Transformer", "Warped", "definite", "nn", "torch"]


def definite(size: int) -> torch.Tensor:
    """A symmetric matrix that is positive definite."""
    return torch.eye(size) + torch.ones(size, size)


class Spectral(nn.Module):
    """A product in frequency space between two transforms: the transforms are uncounted, the product is not."""

    def __init__(self, modes: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(modes, size, size, dtype=torch.complex64))
        self.out = nn.Linear(size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        length = x.shape[1]
        waves = torch.fft.rfft(x, dim=1)  # (batch, length // 2 + 1, size)
        waves = torch.einsum("bms,mst->bmt", waves[:, : len(self.weight)], self.weight)
        return self.out(torch.fft.irfft(waves, n=length, dim=1))


class Warped(nn.Module):
    """A spatial transformer: a picture sampled where a Linear says."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.where = nn.Linear(features, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        theta = self.where(x.flatten(1)).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class Transformer(nn.Module):
    """Tokens mixed by a Fourier transform, then a feed-forward."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.up = nn.Linear(size, hidden)
        self.down = nn.Linear(hidden, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + torch.fft.fft2(x).real
        return x + self.down(F.gelu(self.up(x)))
