"""Dtypes by the names that specs write."""

from __future__ import annotations

from functools import cache

import torch


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def default_dtype() -> str:
    """What an input without a dtype is drawn as."""
    return dtype_name(torch.get_default_dtype())
