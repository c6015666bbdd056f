"""Attention: the function of PyTorch in all its options, written out by hand, and as PyTorch's module."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from kinds.expression import Of

__all__ = [
    "ByHand",
    "CausalBlock",
    "Functional",
    "Linearised",
    "Mathematical",
    "Of",
    "Relative",
    "causal",
    "hidden",
    "nn",
]


def causal(length: int) -> torch.Tensor:
    """What must not be seen: True above the diagonal."""
    return torch.ones(length, length, dtype=torch.bool).triu(1)


def hidden(*lengths: int) -> torch.Tensor:
    """What is padding: True past each length, as wide as the longest."""
    return torch.arange(max(lengths))[None, :] >= torch.tensor(lengths)[:, None]


class ByHand(nn.Module):
    """Multi-head attention written out over x (batch, length, size): one Linear for q, k and v, two ``@``."""

    def __init__(self, size: int, heads: int, *, masked: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.masked = masked
        self.qkv = nn.Linear(size, 3 * size)
        self.out = nn.Linear(size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, size = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, size // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, length, size/heads)
        scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
        if self.masked:
            scores = scores.masked_fill(torch.ones_like(scores, dtype=torch.bool).triu(1), float("-inf"))
        mixed = scores.softmax(-1) @ v
        return self.out(mixed.transpose(1, 2).reshape(batch, length, size))


class CausalBlock(nn.Module):
    """A pre-norm decoder block: grouped-query attention by SDPA, then a gated feed-forward."""

    def __init__(self, size: int, heads: int, groups: int, hidden_size: int) -> None:
        super().__init__()
        self.heads, self.groups, self.each = heads, groups, size // heads
        self.norm1, self.norm2 = nn.RMSNorm(size), nn.RMSNorm(size)
        self.q = nn.Linear(size, heads * self.each, bias=False)
        self.kv = nn.Linear(size, 2 * groups * self.each, bias=False)
        self.o = nn.Linear(heads * self.each, size, bias=False)
        self.gate = nn.Linear(size, hidden_size, bias=False)
        self.up = nn.Linear(size, hidden_size, bias=False)
        self.down = nn.Linear(hidden_size, size, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm1(x)
        q = self.q(y).unflatten(-1, (self.heads, self.each)).transpose(1, 2)  # (batch, heads, length, each)
        k, v = self.kv(y).unflatten(-1, (2, self.groups, self.each)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.o(mixed.transpose(1, 2).flatten(2))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Relative(nn.Module):
    """Scores with a learnt bias for each distance, by einsum: q·k + q·r."""

    def __init__(self, length: int, size: int) -> None:
        super().__init__()
        self.distances = nn.Parameter(torch.randn(length, length, size))

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        scores = torch.einsum("bhqd,bhkd->bhqk", q, k) + torch.einsum("bhqd,qkd->bhqk", q, self.distances)
        return torch.einsum("bhqk,bhkd->bhqd", scores.softmax(-1), v)


class Linearised(nn.Module):
    """Attention without scores: keys and values are contracted first, (size, size) for each head."""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        return F.elu(q) @ (F.elu(k).transpose(-2, -1) @ v)


class Mathematical(nn.Module):
    """The same function with every backend but the plain one turned off."""

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        with sdpa_kernel(SDPBackend.MATH):
            return F.scaled_dot_product_attention(q, k, v)


class Functional(nn.Module):
    """``F.multi_head_attention_forward`` with parameters of its own, over (length, batch, size)."""

    def __init__(self, size: int, heads: int, *, weights: bool = True) -> None:
        super().__init__()
        self.size, self.heads, self.weights = size, heads, weights
        self.w_in = nn.Parameter(torch.randn(3 * size, size))
        self.b_in = nn.Parameter(torch.zeros(3 * size))
        self.w_out = nn.Parameter(torch.randn(size, size))

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        mixed, _ = F.multi_head_attention_forward(
            q, k, v, self.size, self.heads, self.w_in, self.b_in, None, None, False, 0.0, self.w_out, None,
            training=self.training, need_weights=self.weights,
        )  # fmt: skip
        return mixed
