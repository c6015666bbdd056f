"""Whole layers of attention in one operator: the fast paths of nn.MultiheadAttention and nn.TransformerEncoderLayer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.attention import SCORES, VALUES
from linscope.engine.formulas.registry import formula, inside
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Kwargs


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


@inside("aten::_native_multi_head_attention")
def native_multi_head_work(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(q, k, v, embed, heads, …, mask, need_weights, average_weights, …)`` with the mask at 9.

    The three projections' bias, then Q scaled and a softmax, whose mean over the heads may be asked for; where the
    weights are not needed, Q and K are scaled, and a mask is added. It is what the layer costs without its fast path.
    """
    embed: int = args[3]
    tokens, scores = _sizes(args[0], args[4])
    masked = len(args) > 9 and args[9] is not None
    if len(args) > 10 and not args[10]:
        return _attended(tokens * embed, scores, masked=masked)
    averaged = len(args) < 12 or args[11]
    return 4 * tokens * embed + scores * (1 + bool(averaged))


@inside("aten::_transformer_encoder_layer_fwd")
def encoder_layer_work(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(src, embed, heads, …, mask, …)`` with the mask at 18: attention, two sums, two norms and an activation."""
    src: Tensor = args[0]
    embed: int = args[1]
    feed_forward: int = args[14].shape[0]
    tokens, scores = _sizes(src, args[2])
    masked = len(args) > 18 and args[18] is not None
    return _attended(tokens * embed, scores, masked=masked) + tokens * (4 * embed + feed_forward)


def _sizes(x: Tensor, heads: int) -> tuple[int, int]:
    """Tokens, and scores of self-attention, of x (batch, length, embed)."""
    lengths = [c.shape[0] for c in x.unbind()] if x.is_nested else [x.shape[1]] * x.shape[0]
    return sum(lengths), heads * sum(n * n for n in lengths)


def _attended(features: int, scores: int, *, masked: bool) -> int:
    """Three biases, Q and K scaled, a mask added, and the softmax."""
    return 5 * features + scores * (1 + masked)
