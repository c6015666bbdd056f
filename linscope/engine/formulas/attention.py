"""Attention: Q Kᵀ and A V, under the names of every backend, where the heads are a dimension before the length.

Each of the L queries of a head meets each of its S keys twice: over E features for its score, over Ev for its
value. Masks, causal or not, and windows decide which scores are used; attention is counted in full all the
same. With grouped queries several query heads share a key head; the products are still the query heads'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.registry import formula, inside
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Elements, Kwargs

SCORES = "Q Kᵀ"
VALUES = "A V"
_BACKWARD = (("Q Kᵀ again", False), ("dA = dO Vᵀ", True), ("dV = Aᵀ dO", True), ("dQ", False), ("dK", False))
_HEADS = {0: (), 1: ("batch",), 2: ("batch", "heads")}


def attention(rows: Iterable[Factor], keys: int, size: int, value_size: int) -> Derivation:
    """Both products: ``rows`` are the queries, every one against ``keys`` keys of ``size`` features."""
    rows, s = tuple(rows), Factor("S", keys)
    value = Factor("E" if value_size == size else "Ev", value_size)
    return Derivation((Term(rows, (s, Factor("E", size)), SCORES), Term(rows, (s, value), VALUES)))


def attention_backward(forward: Derivation) -> Derivation:
    """Five products: the scores worked out again, then the gradients of A, V, Q and K."""
    scores, values = forward.terms
    return Derivation(
        tuple((values if over_values else scores)._replace(label=label) for label, over_values in _BACKWARD)
    )


def heads_first(q: Tensor, k: Tensor, v: Tensor, out: Tensor) -> Derivation:
    """q (…, L, E), k (…, S, E), v (…, S, Ev); the output has the batch and heads they broadcast to."""
    if q.is_nested:
        return _nested(q.unbind(), k.unbind(), v.unbind())
    *batch, length, value_size = out.shape
    names = _HEADS.get(len(batch)) or ("batch", *(f"dim{i}" for i in range(1, len(batch) - 1)), "heads")
    rows = (*map(Factor, names, batch), Factor("L", length))
    return attention(rows, k.shape[-2], q.shape[-1], value_size)


def _nested(q: Sequence[Tensor], k: Sequence[Tensor], v: Sequence[Tensor]) -> Derivation:
    """Components (heads, L_i, E), (heads, S_i, E), (heads, S_i, Ev)."""
    pairs = sum(a.shape[0] * a.shape[1] * b.shape[1] for a, b in zip(q, k, strict=True))
    return over_pairs(Factor("sum of heads·L·S", pairs), q[0].shape[-1], v[0].shape[-1])


def over_pairs(pairs: Factor, size: int, value_size: int) -> Derivation:
    value = Factor("E" if value_size == size else "Ev", value_size)
    return Derivation((Term((pairs,), (Factor("E", size),), SCORES), Term((pairs,), (value,), VALUES)))


@formula(
    "aten::scaled_dot_product_attention",
    "aten::_scaled_dot_product_attention_math",
    "aten::_scaled_dot_product_attention_math_for_mps",
    "aten::_scaled_dot_product_flash_attention",
    "aten::_scaled_dot_product_flash_attention_for_cpu",
    "aten::_scaled_dot_product_efficient_attention",
    "aten::_scaled_dot_product_cudnn_attention",
    "aten::_scaled_dot_product_fused_attention_overrideable",
    "aten::_triton_scaled_dot_attention",
)
def scaled_dot_product(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    out = result[0] if isinstance(result, (tuple, list)) else result
    return heads_first(args[0], args[1], args[2], out)


@formula(
    "aten::_scaled_dot_product_flash_attention_backward",
    "aten::_scaled_dot_product_flash_attention_for_cpu_backward",
    "aten::_scaled_dot_product_efficient_attention_backward",
    "aten::_scaled_dot_product_cudnn_attention_backward",
    "aten::_scaled_dot_product_fused_attention_overrideable_backward",
)
def scaled_dot_product_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, q, k, v, …)``: the gradient has the shape of the output."""
    return attention_backward(heads_first(args[1], args[2], args[3], args[0]))


def softening(scaled: int, products: Derivation, size: int, *, masked: bool, causal: int, dropped: bool) -> int:
    """The element-wise work of attention, as much as where it is not fused.

    ``scaled`` elements of Q and K are multiplied by the scale; a mask is added to the scores, their softmax taken,
    and dropout, twice: what it draws is scaled, and multiplied by. ``causal`` is the size of a mask made, L · S.
    """
    scores = products.terms[0].product // max(size, 1)
    return scaled + causal + scores * (1 + (masked or bool(causal)) + 2 * dropped)


def repeated(k: Tensor, heads: int, of: int) -> int:
    """Elements of the keys once each of their heads is repeated for the query heads that share it."""
    return k.numel() * heads // max(of, 1)


def _fused(mask: int | None, dropout: int, causal: int) -> Elements:
    """For an operator ``(q, k, v, …)`` with these arguments at these positions; the mask may be by keyword."""

    def touched(args: Args, kwargs: Kwargs, result: Any) -> int:
        q, k = args[:2]
        masked = (kwargs.get("attn_mask") if mask is None else _at(args, mask)) is not None
        return softening(
            q.numel() + repeated(k, q.shape[1], k.shape[1]),
            scaled_dot_product(args, kwargs, result),
            q.shape[-1],
            masked=masked,
            causal=q.shape[-2] * k.shape[-2] if _at(args, causal) else 0,
            dropped=bool(_at(args, dropout)),
        )

    return touched


def _at(args: Args, index: int) -> Any:
    """An argument, or None where it was left at its default."""
    return args[index] if index < len(args) else None


inside("aten::_scaled_dot_product_flash_attention", "aten::_scaled_dot_product_flash_attention_for_cpu")(
    _fused(None, dropout=3, causal=4)
)
inside("aten::_scaled_dot_product_efficient_attention", "aten::_scaled_dot_product_cudnn_attention")(
    _fused(3, dropout=5, causal=6)
)
inside("aten::_scaled_dot_product_fused_attention_overrideable")(_fused(3, dropout=4, causal=5))
