"""The two kinds of step that torch.nn has no class for."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class Parameter(nn.Module):
    """The layer made by hand: ``y = x @ W + b`` with W an ``nn.Parameter`` of shape (in, out).

    Args:
        in_features: size of the last dimension that comes in.
        out_features: size of the last dimension that goes out.
        bias: whether a ``b`` of shape (out,) is added.

    Weight and bias are drawn from the standard normal, as ``torch.randn`` by hand does.
    """

    is_hand_made = True

    def __init__(self, in_features: int, out_features: int, bias: bool = False) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = nn.Parameter(torch.randn(in_features, out_features))
        self.bias = nn.Parameter(torch.randn(out_features)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight  # (*, in) @ (in, out) = (*, out)
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_features}, {self.out_features}, bias={self.bias is not None}"


class TensorMethod(nn.Module):
    """A method of the tensor that comes in, as a step: ``flatten(1)``."""

    is_tensor_method = True

    def __init__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.name = name
        self._args = args
        self._kwargs = kwargs

    def forward(self, x: torch.Tensor) -> Any:
        return getattr(x, self.name)(*self._args, **self._kwargs)

    def __repr__(self) -> str:
        return self.name
