"""Operators that take functions: branches, loops, scans, and attention with a score of one's own."""

from __future__ import annotations

import torch
from torch import nn
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.map import map as mapped
from torch._higher_order_ops.while_loop import while_loop
from torch.nn.attention.flex_attention import flex_attention

__all__ = ["Branch", "Flex", "Map", "Scan", "While"]


class Flex(nn.Module):
    """``flex_attention``, the score lowered by the distance where asked."""

    def __init__(self, *, distance: bool = False) -> None:
        super().__init__()
        self.distance = distance

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        def nearer(score: torch.Tensor, b: object, h: object, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
            return score - (i - j).abs()

        return flex_attention(q, k, v, score_mod=nearer if self.distance else None)


class Branch(nn.Module):
    """``torch.cond``: one product where the sum of x is negative, two where it is not."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, size)
        self.weight = nn.Parameter(torch.randn(size, size))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cond(x.sum() < 0, lambda x: self.layer(x), lambda x: x @ self.weight @ self.weight, (x,))


class While(nn.Module):
    """``while_loop``: a Linear, three times."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, self.layer(x)), (torch.tensor(0), x))[1]


class Map(nn.Module):
    """A Linear for each of the first dimension."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return mapped(lambda row: self.layer(row), x)


class Scan(nn.Module):
    """The products of all leading matrices, x[0] @ … @ x[i], by ``associative_scan``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return associative_scan(lambda a, b: a @ b, x, 0, combine_mode="generic")
