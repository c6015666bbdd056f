"""Attention in loops: scores, weights, values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from brute.products import linear, matmul

if TYPE_CHECKING:
    from brute.counting import Count


def attended(
    count: Count,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """q (…, L, E), k (…, S, E), v (…, S, Ev)."""
    if q.is_nested:
        triples = zip(q.unbind(), k.unbind(), v.unbind(), strict=True)
        return torch.nested.as_nested_tensor([attended(count, *each) for each in triples])
    if enable_gqa:
        k, v = (t.repeat_interleave(q.shape[-3] // t.shape[-3], -3) for t in (k, v))
    scores = matmul(count, q, k.mT) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    scores = _masked(scores, attn_mask)
    return matmul(count, F.dropout(scores.softmax(-1), dropout_p), v)


def _masked(scores: Tensor, mask: Tensor | None) -> Tensor:
    """True is kept; numbers are added."""
    if mask is None:
        return scores
    return scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask


def multi_head(
    count: Count,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    **separate: Any,
) -> tuple[Tensor, Tensor | None]:
    """``F.multi_head_attention_forward``: (length, batch, size) in and out, or without the batch."""
    if query.dim() == 2:
        inputs = (t.unsqueeze(1) for t in (query, key, value))
        out, weights = multi_head(
            count, *inputs, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
            dropout_p, out_proj_weight, out_proj_bias, training, key_padding_mask, need_weights, attn_mask,
            average_attn_weights, is_causal, **separate,
        )  # fmt: skip
        return out.squeeze(1), None if weights is None else weights.squeeze(0)
    size = embed_dim_to_check
    projections = _projections(in_proj_weight, separate)
    biases = [None] * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    inputs = zip((query, key, value), projections, biases, strict=True)
    q, k, v = (linear(count, t, weight, bias) for t, weight, bias in inputs)
    batch, extra = query.shape[1], 0
    if bias_k is not None and bias_v is not None:
        k, v = (torch.cat([t, b.expand(1, batch, size)]) for t, b in ((k, bias_k), (v, bias_v)))
        extra += 1
    q, k, v = (t.unflatten(-1, (num_heads, -1)).permute(1, 2, 0, 3) for t in (q, k, v))  # (batch, heads, length, each)
    if add_zero_attn:
        k, v = (torch.cat([t, t.new_zeros(*t.shape[:2], 1, t.shape[3])], 2) for t in (k, v))
        extra += 1
    scores = matmul(count, q, k.mT) * q.shape[-1] ** -0.5
    for mask in (attn_mask, None if key_padding_mask is None else key_padding_mask[:, None, None]):
        if mask is not None:  # here True is hidden
            mask = F.pad(mask, (0, extra))
            scores = _masked(scores, ~mask if mask.dtype == torch.bool else mask)
    weights = F.dropout(scores.softmax(-1), dropout_p, training)
    mixed = matmul(count, weights, v).permute(2, 0, 1, 3).flatten(2)  # (length, batch, size)
    out = linear(count, mixed, out_proj_weight, out_proj_bias)
    if not need_weights:
        return out, None
    return out, weights.mean(1) if average_attn_weights else weights


def _projections(stacked: Tensor | None, separate: dict[str, Any]) -> list[Tensor]:
    if stacked is not None:
        return list(stacked.chunk(3))
    return [separate[f"{name}_proj_weight"] for name in "qkv"]
