"""The shapes that an operator gives, where torch's own kernel for meta asks for more than the CPU's, or makes more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


def _grouped_mm(args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor | None:
    """(rows, in) @ (groups, in, out) -> (rows, out), of any dtype: torch's takes bfloat16 alone."""
    a, b = args[0], args[1]
    if not (a.is_meta and a.dim() == 2 and b.dim() == 3 and a.shape[-1] == b.shape[-2]):
        return None
    result: torch.Tensor = a.new_empty(a.shape[0], b.shape[-1], dtype=kwargs.get("out_dtype"))
    return result


def _batch_norm(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[torch.Tensor, ...] | None:
    """(N, C, …) -> (N, C, …); of the running statistics nothing is computed, where torch's makes room for it."""
    x, training = args[0], args[5] if len(args) > 5 else kwargs.get("training")
    if training or not x.is_meta:
        return None
    return torch.empty_like(x), x.new_empty(0), x.new_empty(0)


KERNELS: dict[str, Callable[[tuple[Any, ...], dict[str, Any]], Any]] = {
    "aten::_grouped_mm": _grouped_mm,
    "aten::native_batch_norm": _batch_norm,
}
"""By the name of the operator; None leaves the call to torch."""
