"""The dtype that a model is wanted in."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import torch

from linscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        raise UsageError(
            f"no model runs in {name[:40]}", hint=f"{', '.join(RUNNABLE)}, or int8 and int4 for weights alone"
        )
    found: torch.dtype = getattr(torch, name)
    return found


@contextlib.contextmanager
def by_default(dtype: torch.dtype | None) -> Iterator[None]:
    """Inside, tensors that nobody gives a dtype are made in ``dtype``, where one was asked for."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype or before)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def in_precision(model: nn.Module, dtype: torch.dtype | None) -> nn.Module:
    """``model`` with its floating-point parameters and buffers in ``dtype``, where one was asked for."""
    return model if dtype is None else model.to(dtype)
