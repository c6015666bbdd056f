"""Transformer layers, stacks and the whole: sums of what their parts derive, in the names of the larger layer.

Parts are asked through the registry, so that a part that someone replaced is counted as what it is, or not
at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.engine.derivations.factors import labelled, renamed, total
from linscope.engine.derivations.registry import Shape, Shapes, derivation, derive
from linscope.report.derivation import Derivation, Factor

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZES = {"embed_dim": "d_model", "kdim": "d_model", "vdim": "d_model", "num_heads": "nhead"}
_ENCODER_SELF = {**_SIZES, "L": "S"}
_DECODER_SELF = {**_SIZES, "L": "T", "S": "T"}
_DECODER_CROSS = {**_SIZES, "L": "T"}
_INTO = {"in_features": "d_model", "out_features": "dim_feedforward"}
_OUT_OF = {"in_features": "dim_feedforward", "out_features": "d_model"}


@derivation("TransformerEncoderLayer")
def encoder_layer(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """src (S, N, d_model) -> the same; (N, S, d_model) with ``batch_first``; without N there is none."""
    if not inputs or outputs[:1] != inputs[:1]:
        return None
    src = inputs[0]
    return total(
        (
            _part("self_attn", module.self_attn, (src, src, src), src, _ENCODER_SELF),
            _feed_forward(module, src, "S"),
            *(_part(name, getattr(module, name), (src,), src) for name in ("norm1", "norm2")),
        )
    )


@derivation("TransformerDecoderLayer")
def decoder_layer(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """tgt (T, N, d_model), memory (S, N, d_model) -> as tgt; the order of dimensions as in the encoder."""
    if len(inputs) < 2 or outputs[:1] != inputs[:1]:
        return None
    tgt, memory = inputs[:2]
    return total(
        (
            _part("self_attn", module.self_attn, (tgt, tgt, tgt), tgt, _DECODER_SELF),
            _part("multihead_attn", module.multihead_attn, (tgt, memory, memory), tgt, _DECODER_CROSS),
            _feed_forward(module, tgt, "T"),
            *(_part(name, getattr(module, name), (tgt,), tgt) for name in ("norm1", "norm2", "norm3")),
        )
    )


@derivation("TransformerEncoder")
def encoder(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """``num_layers`` times the layer, and the norm: src -> the same shape."""
    return _stack(module, inputs[:1], outputs)


@derivation("TransformerDecoder")
def decoder(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """``num_layers`` times the layer, and the norm: tgt, memory -> the shape of tgt."""
    return _stack(module, inputs[:2], outputs)


@derivation("Transformer")
def transformer(module: nn.Transformer, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """src, tgt -> the shape of tgt. None around a custom encoder or decoder with no derivation."""
    if len(inputs) < 2 or not outputs or outputs[0] not in inputs[:2]:
        return None
    # By keyword the two may come in either order: what comes out has the shape of tgt.
    src, tgt = inputs[:2] if inputs[1] == outputs[0] else (inputs[1], inputs[0])
    return total(
        (
            _part("encoder", module.encoder, (src,), src, {"num_layers": "num_encoder_layers"}),
            _part("decoder", module.decoder, (tgt, src), tgt, {"num_layers": "num_decoder_layers"}),
        )
    )


def _stack(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """All layers see the same shapes; equal ones are written once, times their number."""
    if not inputs or outputs[:1] != inputs[:1]:
        return None
    layers = [derive(layer, inputs, outputs[:1]) for layer in module.layers]
    norm = Derivation() if module.norm is None else _part("norm", module.norm, inputs[:1], inputs[0])
    first = layers[0] if layers else Derivation()
    if first is None or any(layer != first for layer in layers):
        return total((*layers, norm))
    times = Factor("num_layers", len(layers))
    repeated = tuple(term._replace(rows=(times, *term.rows)) for term in first.terms)
    return total((Derivation(repeated), norm))


def _feed_forward(module: Any, shape: Shape, length: str) -> Derivation | None:
    """linear1, the activation, linear2: (*, d_model) -> (*, dim_feedforward) -> (*, d_model)."""
    hidden = (*shape[:-1], getattr(module.linear1, "out_features", 0))
    rows = {"dim1": length} if getattr(module.self_attn, "batch_first", False) else {"N": length, "dim1": "N"}
    if len(shape) == 2:  # no batch
        rows = {"N": length}
    return total(
        (
            _part("linear1", module.linear1, (shape,), hidden, {**rows, **_INTO}),
            _activation(module.activation, hidden),
            _part("linear2", module.linear2, (hidden,), shape, {**rows, **_OUT_OF}),
        )
    )


def _activation(activation: object, hidden: Shape) -> Derivation | None:
    if isinstance(activation, nn.Module):
        return _part("activation", activation, (hidden,), hidden)
    # Of functions only torch's own are known to contract nothing.
    own = getattr(activation, "__module__", None) or ""
    return Derivation() if own.split(".")[0] == "torch" else None


_AS_THEY_ARE: Mapping[str, str] = {}


def _part(
    name: str, module: nn.Module, inputs: Shapes, output: Shape, names: Mapping[str, str] = _AS_THEY_ARE
) -> Derivation | None:
    found = derive(module, inputs, (output,))
    return None if found is None else labelled(name, renamed(found, names))
