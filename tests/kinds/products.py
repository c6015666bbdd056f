"""Matrix products of every kind: bare parameters, the functions of ``torch`` and ``torch.linalg``, einsum."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from kinds.expression import Of

__all__ = [
    "BareTensor",
    "Buffer",
    "InPlace",
    "IntoOut",
    "LowRank",
    "MadeInside",
    "Of",
    "Parameters",
    "Recurrence",
    "nn",
]


class Parameters(nn.Module):
    """Two layers by hand, ``relu(x @ w1 + b1) @ w2``: no module in sight."""

    def __init__(self, size: int, hidden: int, out: int) -> None:
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(size, hidden))
        self.b1 = nn.Parameter(torch.zeros(hidden))
        self.w2 = nn.Parameter(torch.randn(hidden, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x @ self.w1 + self.b1) @ self.w2


class LowRank(nn.Module):
    """A frozen Linear with a low-rank correction beside it."""

    def __init__(self, size: int, out: int, rank: int) -> None:
        super().__init__()
        self.base = nn.Linear(size, out)
        self.base.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(size, rank))
        self.b = nn.Parameter(torch.zeros(rank, out))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + x @ self.a @ self.b


class BareTensor(nn.Module):
    """``F.linear`` with a weight that is a plain attribute: neither parameter nor buffer."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.weight = torch.randn(out, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight)


class Buffer(nn.Module):
    """``F.linear`` with a weight that is a buffer."""

    def __init__(self, size: int, out: int, *, persistent: bool = True) -> None:
        super().__init__()
        self.register_buffer("weight", torch.randn(out, size), persistent=persistent)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight)


class MadeInside(nn.Module):
    """A weight made anew in every forward, beside its input."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.shape = (size, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ torch.ones(self.shape, dtype=x.dtype, device=x.device)


class InPlace(nn.Module):
    """A product added in place to a result of its own: ``out.addmm_(x, w)`` and its kin by name."""

    def __init__(self, method: str, result: tuple[int, ...], weight: tuple[int, ...]) -> None:
        super().__init__()
        self.method = method
        self.result = result
        self.weight = nn.Parameter(torch.randn(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return getattr(x.new_zeros(self.result), self.method)(x, self.weight)


class IntoOut(nn.Module):
    """A product written into a tensor that is there already: ``torch.mm(x, w, out=...)``."""

    def __init__(self, function: str, result: tuple[int, ...], weight: tuple[int, ...]) -> None:
        super().__init__()
        self.function = function
        self.result = result
        self.register_buffer("weight", torch.randn(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return getattr(torch, self.function)(x, self.weight, out=x.new_empty(self.result))


class Recurrence(nn.Module):
    """A recurrent net written out: ``h = tanh(x_t @ w + h @ u)`` over the steps of x (steps, batch, size)."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(size, hidden))
        self.u = nn.Parameter(torch.randn(hidden, hidden))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = x.new_zeros(x.shape[1], self.u.shape[0])
        for step in x:
            h = torch.tanh(step @ self.w + h @ self.u)
        return h
