"""Attention: Q Kᵀ and A V, counted in full, causal, windowed or masked all the same.

With grouped queries several query heads share a key head; the products are still the query heads'. Keys of the
past are met like those of the present.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.sources.onnx.call import Call, UnknownSizeError
from linscope.sources.onnx.formulas.registry import FORMULAS, formula, inside

if TYPE_CHECKING:
    from collections.abc import Sequence


def _products(batch: int, heads: int, length: int, keys: int, size: int, value_size: int) -> tuple[Term, Term]:
    rows = (Factor("batch", batch), Factor("heads", heads), Factor("L", length))
    s, value = Factor("S", keys), Factor("E" if value_size == size else "Ev", value_size)
    return Term(rows, (s, Factor("E", size)), "Q Kᵀ"), Term(rows, (s, value), "A V")


def _heads_first(call: Call, index: int, heads: int) -> tuple[int, int, int]:
    """Heads, length and size of an input: (batch, heads, length, size), or (batch, length, heads · size)."""
    sizes = call.input(index)
    if len(sizes) == 4:
        return sizes[1], sizes[2], sizes[3]
    if len(sizes) != 3 or heads < 1:
        raise UnknownSizeError
    return heads, sizes[1], sizes[2] // heads


def _past(call: Call, index: int) -> int:
    """How many keys the past has, (batch, heads, past, size); none where there is no past."""
    return call.input(index)[2] if call.given(index) is not None else 0


@formula("Attention", "ai.onnx.preview.FlexAttention")
def attention(call: Call) -> Derivation:
    """``(Q, K, V, mask, past key, past value)``."""
    heads, length, size = _heads_first(call, 0, call.number("q_num_heads", 0))
    _, keys, key_size = _heads_first(call, 1, call.number("kv_num_heads", 0))
    _, _, value_size = _heads_first(call, 2, call.number("kv_num_heads", 0))
    if key_size != size:
        raise UnknownSizeError
    past = _past(call, 4) if call.operator == "Attention" else 0
    return Derivation(_products(call.input(0)[0], heads, length, keys + past, size, value_size))


@formula("com.microsoft.Attention", "com.microsoft.QAttention")
def projected_attention(call: Call) -> Derivation:
    """``(input (batch, L, in), weight (in, q + k + v), …)`` with the projections inside.

    The past is (2, batch, heads, past, size), the fifth input, the ninth where quantized.
    """
    batch, length, _ = call.input(0)
    features, whole = call.input(1)
    q, k, v = _projected(call, whole)
    heads = call.number("num_heads")
    if heads < 1 or q % heads or v % heads or q != k or call.number("past_present_share_buffer", 0):
        raise UnknownSizeError
    index = 8 if call.operator.endswith("QAttention") else 4
    past = call.input(index)[3] if call.given(index) is not None else 0
    tokens = (Factor("batch", batch), Factor("L", length))
    projection = Term(tokens, (Factor("in", features), Factor("query, key and value", q + k + v)), "projection")
    return Derivation((projection, *_products(batch, heads, length, length + past, q // heads, v // heads)))


def _projected(call: Call, whole: int) -> Sequence[int]:
    sizes = call.attributes.get("qkv_hidden_sizes")
    if not sizes:
        return (whole // 3,) * 3
    if len(sizes) != 3 or sum(sizes) != whole:
        raise UnknownSizeError
    return tuple(sizes)


@formula("com.microsoft.MultiHeadAttention")
def multi_head_attention(call: Call) -> Derivation:
    """``(query, key, value, bias, padding mask, bias of the scores, past key, past value)``.

    The query may hold all three, (batch, L, heads, 3, size), the key both others, (batch, S, heads, 2, size).
    """
    heads = call.number("num_heads")
    query = call.input(0)
    if call.number("past_present_share_buffer", 0) or heads < 1:
        raise UnknownSizeError
    if len(query) == 5:
        batch, length, _, _, size = query
        return Derivation(_products(batch, heads, length, length, size, size))
    batch, length, hidden = query
    key = call.input(1)
    if len(key) == 5:
        keys, value_size = key[1], key[4]
    else:
        _, keys, _ = _heads_first(call, 1, heads)
        _, _, value_size = _heads_first(call, 2, heads)
    return Derivation(_products(batch, heads, length, keys + _past(call, 6), hidden // heads, value_size))


@formula("com.microsoft.GroupQueryAttention")
def grouped_attention(call: Call) -> Derivation:
    """``(query, key, value, past key, past value, lengths, total length, …)``; the query may hold all three.

    The total length counts the past, whose buffer may be longer; where it is not known, no more than that is.
    """
    heads, shared = call.number("num_heads"), call.number("kv_num_heads")
    batch, length, hidden = call.input(0)
    parts = heads if call.given(1) is not None else heads + 2 * shared
    total = call.whole(6)
    if parts < 1 or (total is None and call.given(3) is not None):
        raise UnknownSizeError
    size = hidden // parts
    return Derivation(_products(batch, heads, length, total or length, size, size))


@inside(
    "Attention",
    "com.microsoft.Attention",
    "com.microsoft.QAttention",
    "com.microsoft.MultiHeadAttention",
    "com.microsoft.GroupQueryAttention",
)
def softening(call: Call) -> int:
    """Queries and keys are scaled, and the softmax of the scores taken; a mask, causal or given, is added to them."""
    scores, _ = FORMULAS[call.operator](call).terms[-2:]
    rows, (keys, size) = [factor.value for factor in scores.rows], [factor.value for factor in scores.weights]
    batch, heads, length = rows
    masked = bool(call.number("is_causal", 0) or call.number("unidirectional", 0) or call.given(3))
    return batch * heads * (length + keys) * size + batch * heads * length * keys * (1 + masked)
