"""Number formats: half, double and complex, whole numbers, and tensors that store only what is not zero."""

from __future__ import annotations

import torch
from torch import nn

from kinds.expression import Of

__all__ = ["Graph", "Of", "Sparse", "nn", "ones", "sparse", "torch"]


def ones(*shape: int, dtype: torch.dtype) -> torch.Tensor:
    """A tensor of ones, for formats that no random number is drawn in."""
    return torch.ones(shape, dtype=dtype)


def sparse(rows: int, columns: int, *, layout: torch.layout = torch.sparse_coo) -> torch.Tensor:
    """A matrix whose only elements are those where the row and the column add up to an even number."""
    dense = torch.ones(rows, columns)
    dense[(torch.arange(rows)[:, None] + torch.arange(columns)) % 2 == 1] = 0
    return dense.to_sparse(layout=layout)


class Graph(nn.Module):
    """A graph convolution: what each node's neighbours say, ``adjacency @ (x @ w)``, adjacency sparse."""

    def __init__(self, nodes: int, size: int, out: int, layout: torch.layout = torch.sparse_coo) -> None:
        super().__init__()
        self.register_buffer("adjacency", sparse(nodes, nodes, layout=layout))
        self.layer = nn.Linear(size, out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.adjacency @ self.layer(x)


class Sparse(nn.Module):
    """A product with a sparse operand given by the caller, under a function of one's choice."""

    def __init__(self, expression: str, **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.body = Of(expression, **shapes)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.body(*inputs)
