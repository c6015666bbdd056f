"""Whether attention was causal, masked, or neither; read off the arguments it was called with.

The count does not depend on it. Where attention is written out in products, its mask is a tensor among others,
and nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CAUSAL = "causal"
MASKED = "masked"
NEITHER = "neither"

_NAMES = """
    scaled_dot_product_attention _scaled_dot_product_attention_math _scaled_dot_product_attention_math_for_mps
    _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu
    _scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention
    _scaled_dot_product_fused_attention_overrideable _flash_attention_forward _efficient_attention_forward
    _cudnn_attention_forward _native_multi_head_attention _triton_multi_head_attention _transformer_encoder_layer_fwd
"""
ATTENTION = frozenset(f"aten.{name}" for name in _NAMES.split())
"""The operators that are asked, by the names under which they are reported."""

_CAUSAL = frozenset({"is_causal", "custom_mask_type"})
_MASKS = frozenset({"attn_mask", "attn_bias", "bias", "mask", "window_size", "window_size_left", "window_size_right"})

_places: dict[int, tuple[tuple[int, str, bool], ...]] = {}
"""By the id of an operator: position and name of each argument that says something, and whether that is causality."""


def of_operator(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """The kind of one call of an operator of ``ATTENTION``."""
    places = _places.get(id(func))
    if places is None:
        names = enumerate(argument.name for argument in func._schema.arguments)
        places = _places[id(func)] = tuple((i, n, n in _CAUSAL) for i, n in names if n in _CAUSAL | _MASKS)
    found = NEITHER
    for index, name, causal in places:
        value = args[index] if index < len(args) else kwargs.get(name)
        if value is None or value is False:
            continue
        if causal:
            if value:  # a flag, or for the efficient kernels 0 for none
                return CAUSAL
        elif isinstance(value, Tensor) or value >= 0:  # a mask, or a window that is open where negative
            found = MASKED
    return found


def of_module(module: nn.Module | None, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """The kind of one call of ``nn.MultiheadAttention``; None of any other module."""
    if not isinstance(module, nn.MultiheadAttention) or type(module).forward is not _MULTIHEAD:
        return None

    def given(index: int, name: str) -> Any:
        return args[index] if index < len(args) else kwargs.get(name)

    if given(7, "is_causal"):
        return CAUSAL
    masks = given(3, "key_padding_mask"), given(5, "attn_mask")
    return NEITHER if masks == (None, None) else MASKED


_MULTIHEAD: Callable[..., Any] = nn.MultiheadAttention.forward
