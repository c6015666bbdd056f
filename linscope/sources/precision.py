"""The dtype that a named model is wanted in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from linscope.errors import UsageError

if TYPE_CHECKING:
    from torch import nn

RUNNABLE = ("float32", "float64", "bfloat16", "float16")
"""By torch's names: what a forward can be run in."""


def precision(name: str | None) -> torch.dtype | None:
    """The dtype of that name; None where none was asked for.

    Raises:
        UsageError: no model can be run in it.
    """
    if name is None:
        return None
    if name not in RUNNABLE:
        raise UsageError(f"no model runs in {name[:40]}", hint=f"one of {', '.join(RUNNABLE)}")
    found: torch.dtype = getattr(torch, name)
    return found


def in_precision(model: nn.Module, dtype: torch.dtype | None) -> nn.Module:
    """``model`` with its floating-point parameters and buffers in ``dtype``, where one was asked for."""
    return model if dtype is None else model.to(dtype)
