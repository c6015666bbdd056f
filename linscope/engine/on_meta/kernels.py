"""The shapes that an operator gives, where torch's own kernel for meta asks for more than the CPU's, makes more, or
looks past an index that is known and out of range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from linscope.engine.on_meta.twins import twin_of

if TYPE_CHECKING:
    from collections.abc import Callable


OutOfRange: type[IndexError] = type("IndexError", (IndexError,), {"__module__": "builtins"})
"""As certain as on the CPU, unlike other errors on shapes alone, and called what it is called there."""


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


def _looked_up(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """(rows, …) looked up by whole numbers."""
    _check(args[0].shape[0], args[1], "index out of range in self")


def _selected(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Rows along a dimension, or elements along it, by whole numbers."""
    source, dim, places = args[:3]
    if source.dim():
        _check(source.shape[dim], places, f"index out of bounds for dimension {dim} with size {source.shape[dim]}")


def _indexed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """An index of masks takes up as many dimensions as each has: those check themselves."""
    if not any(isinstance(index, torch.Tensor) and index.dtype in (torch.bool, torch.uint8) for index in args[1]):
        for dim, (size, index) in enumerate(zip(args[0].shape, args[1], strict=False)):
            if index is not None:
                _check(size, index, f"index out of bounds for dimension {dim} with size {size}", wraps=True)


def _check(size: int, places: torch.Tensor, words: str, *, wraps: bool = False) -> None:
    """Raise as the CPU does where ``places``, as far as they are known, are not all within ``size``."""
    twin = twin_of(places) if places.is_meta else None
    if twin is not None and twin.values.numel():
        least, most = (int(end) for end in twin.values.aminmax())
        if most >= size or least < (-size if wraps else 0):
            raise OutOfRange(words)


KERNELS: dict[str, Callable[[tuple[Any, ...], dict[str, Any]], Any]] = {
    "aten::_grouped_mm": _grouped_mm,
    "aten::native_batch_norm": _batch_norm,
    "aten::embedding": _looked_up,
    "aten::index_select": _selected,
    "aten::gather": _selected,
    "aten::index": _indexed,
}
"""By the name of the operator; None leaves the call to torch."""
