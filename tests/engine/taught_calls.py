"""A model that is one call of something, analysed; and a call of an operator of the library ``mylib``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.record import Report


def ran(call: Callable[[torch.Tensor], Any], **options: Any) -> Report:
    """The report on ``call`` of a tensor (3, 4)."""

    class Calls(nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            return call(x)

    return linscope.analyze(Calls(), "[3,4]", crosscheck=False, **options)


def rotate(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """``mylib::rotate`` of x, with a weight (4, 5)."""
    return torch.ops.mylib.rotate(x, torch.ones(4, 5), *args, **kwargs)
