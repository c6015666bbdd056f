"""Attention: Q Kᵀ and A V, under the names of every backend, and the fused layers around them.

Each of the L queries of a head meets each of its S keys twice: over E features for its score, over Ev for its
value. Masks, causal or not, and windows decide which scores are used; attention is counted in full all the
same. With grouped queries several query heads share a key head; the products are still the query heads'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from linscope.engine.formulas.registry import formula
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from linscope.engine.formulas.registry import Args, Kwargs

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


def _heads_first(q: Tensor, k: Tensor, v: Tensor, out: Tensor) -> Derivation:
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
    return _over_pairs(Factor("sum of heads·L·S", pairs), q[0].shape[-1], v[0].shape[-1])


def _over_pairs(pairs: Factor, size: int, value_size: int) -> Derivation:
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
    "higher_order::flex_attention",
)
def scaled_dot_product(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    out = result[0] if isinstance(result, (tuple, list)) else result
    return _heads_first(args[0], args[1], args[2], out)


@formula(
    "aten::_scaled_dot_product_flash_attention_backward",
    "aten::_scaled_dot_product_flash_attention_for_cpu_backward",
    "aten::_scaled_dot_product_efficient_attention_backward",
    "aten::_scaled_dot_product_cudnn_attention_backward",
    "aten::_scaled_dot_product_fused_attention_overrideable_backward",
)
def scaled_dot_product_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, q, k, v, …)``: the gradient has the shape of the output."""
    return attention_backward(_heads_first(args[1], args[2], args[3], args[0]))


@formula("higher_order::flex_attention_backward")
def flex_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(q, k, v, out, …)``."""
    return attention_backward(_heads_first(args[0], args[1], args[2], args[3]))


def _heads_inside(args: Args, q: Tensor, k: Tensor, v: Tensor, lengths: int) -> Derivation:
    """q (B, L, heads, E), or sequences end to end, (sum of L, heads, E), whose ends are at ``args[lengths]``.

    The ends are values: without them (meta, fake) all sequences are taken to be as long as the longest.
    """
    ends_q, ends_k, longest_q, longest_k = args[lengths : lengths + 4]
    heads, size, value_size = q.shape[-2], q.shape[-1], v.shape[-1]
    if ends_q is None:
        rows = (Factor("batch", q.shape[0]), Factor("heads", heads), Factor("L", q.shape[1]))
        return attention(rows, k.shape[1], size, value_size)
    sequences = ends_q.shape[0] - 1
    if ends_q.is_meta or type(ends_q) is not Tensor:
        rows = (Factor("batch", sequences), Factor("heads", heads), Factor("L", longest_q))
        return attention(rows, longest_k, size, value_size)
    pairs = heads * int((ends_q.diff() * (ends_q if ends_k is None else ends_k).diff()).sum())
    return _over_pairs(Factor("sum of heads·L·S", pairs), size, value_size)


@formula("aten::_flash_attention_forward")
def flash(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _heads_inside(args, args[0], args[1], args[2], 3)


@formula("aten::_flash_attention_forward_no_dropout_inplace")
def flash_in_place(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _heads_inside(args, args[1], args[2], args[3], 4)


@formula("aten::_efficient_attention_forward")
def efficient(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _heads_inside(args, args[0], args[1], args[2], 4)


@formula("aten::_flash_attention_backward")
def flash_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return attention_backward(_heads_inside(args, args[1], args[2], args[3], 6))


@formula("aten::_efficient_attention_backward")
def efficient_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return attention_backward(_heads_inside(args, args[1], args[2], args[3], 6))


@formula("aten::_cudnn_attention_forward")
def cudnn(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Heads first where it is not packed."""
    if args[4] is None:
        return _heads_first(args[0], args[1], args[2], result[0])
    return _heads_inside(args, args[0], args[1], args[2], 4)


@formula("aten::_cudnn_attention_backward")
def cudnn_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, q, k, v, …, ends_q, ends_k, longest_q, longest_k, …)``."""
    if args[9] is None:
        return attention_backward(_heads_first(args[1], args[2], args[3], args[0]))
    return attention_backward(_heads_inside(args, args[1], args[2], args[3], 9))


def _multi_head(query: Tensor, key: Tensor, embed: int) -> tuple[Term, ...]:
    """The projections and both products of self- or cross-attention over (batch, length, embed).

    Heads split the features among them and so cancel: heads · (embed / heads) = embed.
    """
    tokens: tuple[Factor, ...]
    memory: tuple[Factor, ...]
    pairs: tuple[Factor, ...]
    if query.is_nested:
        lengths = [component.shape[0] for component in query.unbind()]
        tokens = memory = (Factor("tokens", sum(lengths)),)
        pairs = (Factor("sum of L·S", sum(n * n for n in lengths)),)
    else:
        batch, keys = Factor("batch", query.shape[0]), Factor("S", key.shape[1])
        tokens, memory = (batch, Factor("L", query.shape[1])), (batch, keys)
        pairs = (*tokens, keys)
    e = Factor("embed", embed)
    return (
        Term(tokens, (e, e), "query projection"),
        Term(memory, (e, Factor("key and value", 2 * embed)), "key and value projection"),
        Term(pairs, (e,), SCORES),
        Term(pairs, (e,), VALUES),
        Term(tokens, (e, e), "output projection"),
    )


@formula("aten::_native_multi_head_attention", "aten::_triton_multi_head_attention")
def native_multi_head(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return Derivation(_multi_head(args[0], args[1], args[3]))


@formula("aten::_transformer_encoder_layer_fwd")
def encoder_layer(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The fast path of nn.TransformerEncoderLayer: attention, then the two Linears of the feed-forward."""
    src, embed, feed_forward = args[0], args[1], args[14]
    terms = _multi_head(src, src, embed)
    weights = (Factor("embed", embed), Factor("feedforward", feed_forward.shape[0]))
    return Derivation(
        (
            *terms,
            Term(terms[0].rows, weights, "feed-forward in"),
            Term(terms[0].rows, weights[::-1], "feed-forward out"),
        )
    )
