"""A module whose forward is one expression: the shortest way to write a functional call down in a table."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class Of(nn.Module):
    """``Of("x @ w", w=(4, 3))``: an expression in its inputs ``x``, ``y``, ``z`` and in parameters of its own.

    Args:
        expression: Python, with ``torch``, ``nn`` and ``F`` in reach.
        dtype: of the parameters; torch's default where it is None.
        shapes: the parameters by name, random normal.
    """

    def __init__(self, expression: str, *, dtype: torch.dtype | None = None, **shapes: tuple[int, ...]) -> None:
        super().__init__()
        self.code = compile(expression, expression, "eval")
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.randn(shape, dtype=dtype)))

    def forward(self, *inputs: torch.Tensor) -> Any:
        given = dict(zip("xyz", inputs, strict=False))
        return eval(self.code, {"torch": torch, "nn": nn, "F": F, **dict(self.named_parameters()), **given})
