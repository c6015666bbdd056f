"""Multi-head attention: four projections and two products per head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.derivations.registry import Shape, Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import nn


@derivation("MultiheadAttention")
def multihead_attention(module: nn.MultiheadAttention, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Counted in full, causal or not, weights returned or not.

    query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> (L, N, embed_dim); N and the sequence
    change places with ``batch_first``, and without N there is none. ``add_bias_kv`` and ``add_zero_attn``
    each append one key after the projections, so only the two products see it.
    """
    if len(inputs) < 3 or not outputs or inputs[0] != outputs[0]:
        return None
    query, key, value = inputs[:3]
    last = (query[-1], key[-1], value[-1])
    if last != (module.embed_dim, module.kdim, module.vdim) or key[:-1] != value[:-1]:
        return None
    batch, length = _batch_and_length(query, module.batch_first)
    _, keys = _batch_and_length(key, module.batch_first)
    attended = keys + (module.bias_k is not None) + module.add_zero_attn

    embed = Factor("embed_dim", module.embed_dim)
    queried = (*batch, Factor("L", length))
    stored = (*batch, Factor("S", keys))
    heads = (*batch, Factor("num_heads", module.num_heads))
    appended = "S" if attended == keys else f"S + {attended - keys}"
    pairs = (Factor("L", length), Factor(appended, attended), Factor("head_dim", module.head_dim))
    return Derivation(
        (
            Term(queried, (embed, embed), "query projection"),
            Term(stored, (Factor("kdim", module.kdim), embed), "key projection"),
            Term(stored, (Factor("vdim", module.vdim), embed), "value projection"),
            Term(heads, pairs, "Q Kᵀ"),
            Term(heads, pairs, "attention × V"),
            Term(queried, (embed, embed), "output projection"),
        )
    )


def _batch_and_length(shape: Shape, batch_first: bool) -> tuple[tuple[Factor, ...], int]:
    if len(shape) == 2:  # (L, E)
        return (), shape[0]
    batch, length = shape[:2] if batch_first else (shape[1], shape[0])
    return (Factor("N", batch),), length
