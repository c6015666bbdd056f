"""Where tensors are shapes alone: made on meta, values that need no weight known, attention as one operator."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.utils._device import DeviceContext

from linscope.engine.known import Known
from linscope.engine.twins import lifted, twin_of
from linscope.report.record import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

_CPU = torch.device("cpu")
_META = torch.device("meta")
_GET_ITEM = torch.Tensor.__getitem__
_ATTENTION = functional.scaled_dot_product_attention


class OnMeta(DeviceContext):
    """What ``torch.device("meta")`` is as a context, and two things more.

    Numbers that Python hands over are remembered: by ``torch.tensor``, as a list of indices, and back into text.
    Fused attention is the operator that the CPU would run, which torch has no choice of on meta: there it opens it
    into matrix products with all scores held at once.
    """

    def __init__(self) -> None:
        super().__init__(_META)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is _ATTENTION:
            fused = _fused(*args, **kwargs)
            if fused is not None:
                return fused
        elif func is functional.multi_head_attention_forward:
            with _fused_inside():
                return super().__torch_function__(func, types, args, kwargs)  # type: ignore[no-untyped-call]  # torch's own
        elif func is torch.tensor or func is torch.as_tensor:
            device = kwargs.get("device")
            if device is None or torch.device(device) == _META:
                return _known(func, args, kwargs)
        elif func is _GET_ITEM:
            args = (args[0], _indices(args[1])) if args[0].is_meta else args
        elif func is torch.Tensor.__format__ and (twin := twin_of(args[0])) is not None:
            args = (twin.values, *args[1:])
        return super().__torch_function__(func, types, args, kwargs)  # type: ignore[no-untyped-call]  # torch's own


@contextlib.contextmanager
def on_meta(*, routed: bool = False) -> Iterator[Known]:
    """Inside, tensors are shapes alone.

    Args:
        routed: whether experts are taken to be chosen evenly, where no weight is there to choose them.
    """
    with OnMeta(), Known(routed=routed) as known:
        yield known


def routing_notes() -> tuple[Note, ...]:
    """What the report must say of a run, while it is still inside: that routing was taken to be even, where it was."""
    known = Known.current()
    if known is None or not known.assumed:
        return ()
    return (
        Note(
            "even-routing",
            "without weights nothing chooses among experts: every token is taken to go to as many of them as the model "
            "says, and every expert to get as many tokens as any other",
        ),
    )


@contextlib.contextmanager
def _fused_inside() -> Iterator[None]:
    """Inside, torch's own functions find fused attention as above: what they call in turn passes the context by."""

    def attention(*args: Any, **kwargs: Any) -> torch.Tensor:
        fused = _fused(*args, **kwargs)
        return _ATTENTION(*args, **kwargs) if fused is None else fused

    functional.scaled_dot_product_attention = attention
    try:
        yield
    finally:
        functional.scaled_dot_product_attention = _ATTENTION


def _indices(index: Any) -> Any:
    """The index with what is written as a list of numbers as a tensor that remembers them."""
    if isinstance(index, tuple):
        return tuple(map(_indices, index))
    if isinstance(index, list) and index and all(isinstance(i, int) for i in index):
        return _known(torch.tensor, (index,), {})
    return index


def _known(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    data = args[0] if args else kwargs["data"]
    if isinstance(data, torch.Tensor) and data.is_meta:
        made: torch.Tensor = func(*args, **{**kwargs, "device": _META})
        return made
    values = func(*args, **{**kwargs, "device": _CPU})
    shape: torch.Tensor = lifted(values.detach().clone())
    return shape.requires_grad_(values.requires_grad)


def _fused(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> torch.Tensor | None:
    """Attention as the CPU's fused operator does it; None where that does not take it.

    query (B, heads, L, E), key and value (B, key heads, S, E) -> (B, heads, L, E).
    """
    takes = (
        query.is_meta
        and query.dim() == key.dim() == value.dim() == 4
        and query.shape[-1] == key.shape[-1] == value.shape[-1]
        and (enable_gqa or query.shape[1] == key.shape[1] == value.shape[1])
        and query.shape[0] == key.shape[0] == value.shape[0]
        and key.shape[:3] == value.shape[:3]
        and query.dtype == key.dtype == value.dtype
        and query.stride(-1) == key.stride(-1) == value.stride(-1) == 1
        and min(query.shape) > 0
        and min(key.shape) > 0
        and dropout_p == 0
        and (attn_mask is None or attn_mask.dim() in (2, 4))
        and not (is_causal and attn_mask is not None)
    )
    if not takes:
        return None
    if attn_mask is not None and attn_mask.dtype is torch.bool:
        allowed, hidden = (torch.scalar_tensor(x, dtype=query.dtype, device=_META) for x in (0.0, float("-inf")))
        attn_mask = torch.where(attn_mask, allowed, hidden)
    flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu.default
    output: torch.Tensor = flash(query, key, value, dropout_p, is_causal, attn_mask=attn_mask, scale=scale)[0]
    return output
