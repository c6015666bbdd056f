"""``_`` in place of a number that the incoming shape decides: for which argument of which layer, and how."""

from __future__ import annotations

from collections.abc import Callable

Shapes = tuple[tuple[int, ...], ...]
Rule = Callable[[Shapes], int]


def _last(shapes: Shapes) -> int:
    return shapes[0][-1]


def _second(shapes: Shapes) -> int:
    return shapes[0][1]


def _before(spatial: int) -> Rule:
    """The channels: the dimension in front of the spatial ones, batched or not."""
    return lambda shapes: shapes[0][-spatial - 1]


_RULES: dict[tuple[str, str], Rule] = {
    ("Linear", "in_features"): _last,
    ("Parameter", "in_features"): _last,
    ("Bilinear", "in1_features"): _last,
    ("Bilinear", "in2_features"): lambda shapes: shapes[1][-1],
    ("MultiheadAttention", "embed_dim"): _last,
    ("LayerNorm", "normalized_shape"): _last,
    ("RMSNorm", "normalized_shape"): _last,
    ("GroupNorm", "num_channels"): _second,
    ("PReLU", "num_parameters"): _second,
    ("SyncBatchNorm", "num_features"): _second,
    ("AdaptiveLogSoftmaxWithLoss", "in_features"): _last,
    ("LinearCrossEntropyLoss", "in_features"): _last,
    **{(name, "d_model"): _last for name in ("Transformer", "TransformerEncoderLayer", "TransformerDecoderLayer")},
    **{(name, "input_size"): _last for name in ("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell")},
    **{(f"{kind}{n}d", "in_channels"): _before(n) for kind in ("Conv", "ConvTranspose") for n in (1, 2, 3)},
    **{(f"BatchNorm{n}d", "num_features"): _second for n in (1, 2, 3)},
    **{(f"InstanceNorm{n}d", "num_features"): _before(n) for n in (1, 2, 3)},
}


def decided(layer: str, argument: str) -> Rule | None:
    """How the incoming shapes decide ``argument`` of ``layer``, or None where they do not."""
    return _RULES.get((layer, argument))


def decidable(layer: str) -> tuple[str, ...]:
    """The arguments of ``layer`` that the incoming shape decides."""
    return tuple(argument for name, argument in _RULES if name == layer)
