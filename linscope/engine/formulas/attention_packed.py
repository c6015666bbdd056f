"""Attention whose heads stand inside, after the length, and whose sequences may lie end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor

from linscope.engine.formulas.attention import (
    attention,
    attention_backward,
    heads_first,
    over_pairs,
    repeated,
    softening,
)
from linscope.engine.formulas.registry import formula, inside
from linscope.report.derivation import Derivation, Factor

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Args, Kwargs


def heads_inside(q: Tensor, k: Tensor, v: Tensor, ends: Args, used: Tensor | None = None) -> Derivation:
    """q (B, L, heads, E), or sequences end to end, (sum of L, heads, E).

    ``ends`` are where those of q and of k end, and the longest of each: (ends_q, ends_k, longest_q, longest_k).
    ``used`` are the lengths of the keys where they lie in a cache with room to spare. All these are values: without
    them (meta, fake) every sequence is taken to be as long as the longest.
    """
    ends_q, ends_k, longest_q, longest_k = ends
    heads, size, value_size = q.shape[-2], q.shape[-1], v.shape[-1]
    if ends_q is None:
        rows = (Factor("batch", q.shape[0]), Factor("heads", heads), Factor("L", q.shape[1]))
        return attention(rows, k.shape[1], size, value_size)
    if ends_q.is_meta or type(ends_q) is not Tensor:
        rows = (Factor("batch", ends_q.shape[0] - 1), Factor("heads", heads), Factor("L", longest_q))
        return attention(rows, longest_k, size, value_size)
    keys = used if used is not None else (ends_q if ends_k is None else ends_k).diff()
    pairs = heads * int((ends_q.diff() * keys).sum())
    return over_pairs(Factor("sum of heads·L·S", pairs), size, value_size)


class _Places(NamedTuple):
    """Where an operator has its arguments: q, k and v from ``first`` on, the four of the ends from ``ends`` on."""

    first: int
    ends: int
    causal: int
    dropout: int | None = None
    mask: int | None = None
    used: int | None = None

    def products(self, args: Args, kwargs: Kwargs, result: Any) -> Derivation:
        q, k, v = args[self.first : self.first + 3]
        return heads_inside(q, k, v, args[self.ends : self.ends + 4], self._used(args, kwargs))

    def softened(self, args: Args, kwargs: Kwargs, result: Any) -> int:
        """As ``softening``; a causal mask is made for every sequence, and shared by its heads."""
        q, k = args[self.first : self.first + 2]
        products = self.products(args, kwargs, result)
        sharing = q.shape[-2] if args[self.ends] is not None else q.shape[-2] * q.shape[0]
        scores = products.terms[0].product // max(q.shape[-1], 1)
        return softening(
            q.numel() + repeated(k, q.shape[-2], k.shape[-2]),
            products,
            q.shape[-1],
            masked=self.mask is not None and args[self.mask] is not None,
            causal=scores // max(sharing, 1) if _is_set(args, self.causal) else 0,
            dropped=_is_set(args, self.dropout),
        )

    def _used(self, args: Args, kwargs: Kwargs) -> Tensor | None:
        used: Tensor | None = kwargs.get("seqused_k")
        return args[self.used] if self.used is not None and self.used < len(args) else used


def _is_set(args: Args, index: int | None) -> bool:
    return index is not None and index < len(args) and bool(args[index])


_FORWARD = {
    "aten::_flash_attention_forward": _Places(0, 3, causal=8, dropout=7),
    "aten::_flash_attention_forward_no_dropout_inplace": _Places(1, 4, causal=9),
    "aten::_efficient_attention_forward": _Places(0, 4, causal=9, dropout=8, mask=3),
    "torch_attn::_varlen_attn": _Places(0, 3, causal=7, used=11),
    "torch_attn::_varlen_attn_out": _Places(1, 4, causal=8, used=12),
}
for _name, _places in _FORWARD.items():
    formula(_name)(_places.products)
    inside(_name)(_places.softened)


@formula(
    "aten::_flash_attention_backward",
    "aten::_efficient_attention_backward",
    "torch_attn::_varlen_attn_backward",
)
def packed_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, q, k, v, …, ends_q, ends_k, longest_q, longest_k, …)``."""
    return attention_backward(heads_inside(args[1], args[2], args[3], args[6:10]))


_CUDNN = _Places(0, 4, causal=10, dropout=9, mask=3)


@formula("aten::_cudnn_attention_forward")
def cudnn(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Heads first where it is not packed."""
    if args[4] is None:
        return heads_first(args[0], args[1], args[2], result[0])
    return _CUDNN.products(args, kwargs, result)


@inside("aten::_cudnn_attention_forward")
def cudnn_softened(args: Args, kwargs: Kwargs, result: Any) -> int:
    if args[4] is not None:
        return _CUDNN.softened(args, kwargs, result)
    q, k = args[:2]
    return softening(
        q.numel() + repeated(k, q.shape[1], k.shape[1]),
        cudnn(args, kwargs, result),
        q.shape[-1],
        masked=args[3] is not None,
        causal=q.shape[-2] * k.shape[-2] if _is_set(args, 10) else 0,
        dropped=_is_set(args, 9),
    )


@formula("aten::_cudnn_attention_backward")
def cudnn_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, q, k, v, …, ends_q, ends_k, longest_q, longest_k, …)``."""
    if args[9] is None:
        return attention_backward(heads_first(args[1], args[2], args[3], args[0]))
    return attention_backward(heads_inside(args[1], args[2], args[3], args[9:13]))


@formula("onnx::Attention")
def onnx_attention(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Q (B, heads, L, E) or (B, L, heads·E); with what was kept of the past, the keys are (B, heads, S, E)."""
    q, (_, keys, values, *_) = args[0], result
    heads = q.shape[1] if q.dim() == 4 else kwargs["q_num_heads"]
    rows = (Factor("batch", q.shape[0]), Factor("heads", heads), Factor("L", q.shape[-2]))
    return attention(rows, keys.shape[2], keys.shape[3], values.shape[3])


@inside("onnx::Attention")
def onnx_softened(args: Args, kwargs: Kwargs, result: Any) -> int:
    q, keys = args[0], result[1]
    products = onnx_attention(args, kwargs, result)
    heads = products.terms[0].rows[1].value
    return softening(
        q.numel() + repeated(keys, heads, keys.shape[1]),
        products,
        keys.shape[-1],
        masked=len(args) > 3 and args[3] is not None,
        causal=q.shape[-2] * keys.shape[2] if kwargs.get("is_causal") else 0,
        dropped=False,
    )
