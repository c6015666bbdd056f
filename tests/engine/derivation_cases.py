"""Layers, their inputs and their counts, each worked out by hand beside it. Tuples of sizes are tensors to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from linscope.sources.layers import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable

    Cases = dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...], int]]


def packed(*lengths: int, features: int) -> PackedSequence:
    return pack_sequence([torch.rand(length, features) for length in lengths], enforce_sorted=False)


def state(*sizes: tuple[int, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(torch.rand(size) for size in sizes)


LINEAR: Cases = {
    "linear": (lambda: nn.Linear(4, 2), ((32, 3, 4),), 768),  # 32·3·(4·2)
    "linear, no batch": (lambda: nn.Linear(2, 3), ((2,),), 6),  # 2·3
    "linear, five dimensions": (lambda: nn.Linear(3, 2), ((2, 2, 2, 2, 3),), 96),  # 16·(3·2)
    "linear, no rows": (lambda: nn.Linear(4, 2), ((0, 4),), 0),
    "lazy linear": (lambda: nn.LazyLinear(5), ((3, 4),), 60),  # 3·(4·5)
    "parameter by hand": (lambda: Parameter(4, 2), ((32, 3, 4),), 768),
    "bilinear": (lambda: nn.Bilinear(5, 7, 3), ((4, 5), (4, 7)), 504),  # 4·3·(5·7 + 7)
    "bilinear, no batch": (lambda: nn.Bilinear(5, 7, 3), ((5,), (7,)), 126),
    "linear cross entropy": (
        lambda: nn.LinearCrossEntropyLoss(8, 5),
        ((3, 8), torch.zeros(3, dtype=torch.int64)),
        120,  # 3·(8·5)
    ),
    "linear cross entropy of positions": (
        lambda: nn.LinearCrossEntropyLoss(8, 5, out_features=(2, 3)),
        ((4, 8), torch.zeros(4, 2, 3, dtype=torch.int64)),
        960,  # 4·(8·5·6)
    ),
}

CONVOLUTIONS: Cases = {
    "conv1d": (lambda: nn.Conv1d(3, 4, 3), ((2, 3, 10),), 576),  # 2·8 positions, 4·3·3
    "conv1d, same with an even kernel": (lambda: nn.Conv1d(3, 4, 4, padding="same"), ((2, 3, 10),), 960),  # 2·10·4·3·4
    "conv2d": (lambda: nn.Conv2d(3, 8, 3), ((1, 3, 8, 9),), 9072),  # 6·7 positions, 8·3·9
    "conv2d, stride": (
        lambda: nn.Conv2d(3, 4, (3, 5), stride=(2, 1), padding=(1, 2)),
        ((1, 3, 9, 7),),
        6300,  # 5·7 positions, 4·3·15
    ),
    "conv2d, no batch": (lambda: nn.Conv2d(3, 8, 3), ((3, 8, 9),), 9072),
    "conv2d, groups": (lambda: nn.Conv2d(4, 8, 3, padding=1, groups=2), ((1, 4, 6, 6),), 5184),  # 36·8·(4/2)·9
    "conv2d, depthwise": (lambda: nn.Conv2d(6, 6, 3, padding=1, groups=6), ((1, 6, 6, 6),), 1944),  # 36·6·1·9
    "conv2d, dilation": (lambda: nn.Conv2d(2, 3, 3, dilation=2), ((1, 2, 7, 7),), 486),  # 3·3 positions, 3·2·9
    "conv2d, circular": (
        lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
        ((1, 2, 4, 4),),
        864,  # 16·3·2·9
    ),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2), ((1, 2, 4, 4, 4),), 1296),  # 27 positions, 3·2·8
    "lazy conv1d": (lambda: nn.LazyConv1d(4, 3), ((2, 3, 10),), 576),
    "lazy conv2d": (lambda: nn.LazyConv2d(8, 3), ((1, 3, 8, 9),), 9072),
    "lazy conv3d": (lambda: nn.LazyConv3d(3, 2), ((1, 2, 4, 4, 4),), 1296),
    "transposed 1d": (lambda: nn.ConvTranspose1d(3, 4, 3), ((2, 3, 5),), 360),  # 2·5 inputs, 3·4·3
    "transposed 2d, stride": (
        lambda: nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1),
        ((2, 3, 4, 4),),
        6144,  # 2·16 inputs, 3·4·16, though 8·8 come out
    ),
    "transposed 2d, no batch": (lambda: nn.ConvTranspose2d(2, 3, 2, stride=2), ((2, 4, 4),), 384),  # 16·2·3·4
    "transposed 2d, groups": (
        lambda: nn.ConvTranspose2d(4, 6, 3, groups=2),
        ((1, 4, 5, 5),),
        2700,  # 25 inputs, 4·(6/2)·9
    ),
    "transposed 3d": (lambda: nn.ConvTranspose3d(2, 3, 2), ((1, 2, 3, 3, 3),), 1296),  # 27·2·3·8
    "lazy transposed 1d": (lambda: nn.LazyConvTranspose1d(4, 3), ((2, 3, 5),), 360),
    "lazy transposed 2d": (lambda: nn.LazyConvTranspose2d(3, 2, stride=2), ((2, 4, 4),), 384),
    "lazy transposed 3d": (lambda: nn.LazyConvTranspose3d(3, 2), ((1, 2, 3, 3, 3),), 1296),
}

RECURRENT: Cases = {
    # steps · batch · gates · hidden · (input + hidden)
    "rnn": (lambda: nn.RNN(4, 5), ((3, 2, 4),), 270),  # 6·1·5·9
    "rnn, relu": (lambda: nn.RNN(4, 5, nonlinearity="relu"), ((3, 2, 4),), 270),
    "rnn, two layers": (lambda: nn.RNN(4, 5, num_layers=2, batch_first=True), ((2, 3, 4),), 570),  # 270 + 6·5·10
    "gru, both directions": (lambda: nn.GRU(4, 5, bidirectional=True), ((3, 2, 4),), 1620),  # 6·2·3·5·9
    "gru, three layers, both directions": (
        lambda: nn.GRU(4, 5, num_layers=3, bidirectional=True),
        ((3, 2, 4),),
        7020,  # 1620 + 2 layers · 6·2·3·5·(10+5)
    ),
    "gru, no batch": (lambda: nn.GRU(4, 5), ((3, 4),), 405),  # 3·3·5·9
    "gru, no batch, a state": (lambda: nn.GRU(4, 5), ((3, 4), (1, 5)), 405),
    "gru, packed": (lambda: nn.GRU(4, 5, bidirectional=True), (packed(3, 1, 2, features=4),), 1620),  # 3+1+2 = 6 steps
    "lstm": (lambda: nn.LSTM(4, 5), ((3, 2, 4),), 1080),  # 6·4·5·9
    "lstm, batch first": (lambda: nn.LSTM(4, 5, batch_first=True), ((2, 3, 4),), 1080),
    "lstm, a state": (lambda: nn.LSTM(4, 5, bias=False), ((3, 2, 4), state((1, 2, 5), (1, 2, 5))), 1080),
    "lstm, projection": (lambda: nn.LSTM(4, 5, proj_size=2), ((3, 2, 4),), 780),  # 6·(4·5·(4+2) + 5·2)
    "lstm, projection, two layers, both directions": (
        lambda: nn.LSTM(4, 5, proj_size=2, num_layers=2, bidirectional=True),
        ((3, 2, 4),),
        3120,  # layer 0: 6·2·(20·(4+2) + 10) = 1560; layer 1 reads 2·2: 6·2·(20·(4+2) + 10) = 1560
    ),
    "rnn cell": (lambda: nn.RNNCell(4, 5), ((2, 4),), 90),  # 2·1·5·9
    "gru cell": (lambda: nn.GRUCell(4, 5), ((2, 4),), 270),  # 2·3·5·9
    "lstm cell, no batch": (lambda: nn.LSTMCell(4, 5, bias=False), ((4,),), 180),  # 4·5·9
}


def attention(**options: Any) -> Callable[[], nn.Module]:
    return lambda: nn.MultiheadAttention(8, 2, **options)


ATTENTION: Cases = {
    # four projections, and twice batch · L · S · embed_dim
    "self": (attention(), ((3, 2, 8),) * 3, 1824),  # 4·6·64 + 2·2·3·3·8
    "self, batch first": (attention(batch_first=True), ((2, 3, 8),) * 3, 1824),
    "self, no batch": (attention(), ((3, 8),) * 3, 912),  # 4·3·64 + 2·3·3·8
    "cross": (attention(), ((3, 2, 8), (5, 2, 8), (5, 2, 8)), 2528),  # 2·6·64 + 2·10·64 + 2·2·3·5·8
    "other sizes of key and value": (
        attention(kdim=6, vdim=5),
        ((3, 2, 8), (4, 2, 6), (4, 2, 5)),
        1856,  # q, out 2·6·64 = 768; k 8·6·8 = 384; v 8·5·8 = 320; 2·2·3·4·8 = 384
    ),
    "a bias key": (attention(add_bias_kv=True), ((3, 2, 8),) * 3, 1920),  # 1536 + 2·2·3·(3+1)·8
    "a zero key": (attention(add_zero_attn=True), ((3, 2, 8),) * 3, 1920),
    "both": (
        attention(add_bias_kv=True, add_zero_attn=True),
        ((3, 2, 8), (5, 2, 8), (5, 2, 8)),
        2720,  # 2·6·64 + 2·10·64 + 2·2·3·(5+2)·8
    ),
}

ENCODER = 3360  # S=3, N=2, d=8, ff=16: attention 1824, feed-forward 2·6·8·16 = 1536
DECODER = 5888  # T=3, S=5: self 1824, cross 2528, feed-forward 1536


def encoder_layer(**options: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(8, 2, 16, **options)


def decoder_layer(**options: Any) -> nn.TransformerDecoderLayer:
    return nn.TransformerDecoderLayer(8, 2, 16, **options)


TRANSFORMERS: Cases = {
    "encoder layer": (encoder_layer, ((3, 2, 8),), ENCODER),
    "encoder layer, batch first": (lambda: encoder_layer(batch_first=True), ((2, 3, 8),), ENCODER),
    "encoder layer, norm first, gelu": (
        lambda: encoder_layer(norm_first=True, activation="gelu"),
        ((3, 2, 8),),
        ENCODER,
    ),
    "encoder layer, a module as activation": (lambda: encoder_layer(activation=nn.SiLU()), ((3, 2, 8),), ENCODER),
    "encoder layer, no batch": (encoder_layer, ((3, 8),), ENCODER // 2),
    "decoder layer": (decoder_layer, ((3, 2, 8), (5, 2, 8)), DECODER),
    "decoder layer, batch first": (
        lambda: decoder_layer(batch_first=True, norm_first=True),
        ((2, 3, 8), (2, 5, 8)),
        DECODER,
    ),
    "decoder layer, no batch": (decoder_layer, ((3, 8), (5, 8)), DECODER // 2),
    "encoder": (lambda: nn.TransformerEncoder(encoder_layer(), 2), ((3, 2, 8),), 2 * ENCODER),
    "decoder with a norm": (
        lambda: nn.TransformerDecoder(decoder_layer(), 2, norm=nn.LayerNorm(8)),
        ((3, 2, 8), (5, 2, 8)),
        2 * DECODER,
    ),
    "whole": (
        lambda: nn.Transformer(8, 2, 2, 1, 16),
        ((5, 2, 8), (3, 2, 8)),
        17728,  # encoder at S=5: 2·(4·10·64 + 2·2·25·8 + 2·10·128) = 2·5920; decoder 5888
    ),
    "whole, batch first": (lambda: nn.Transformer(8, 2, 2, 1, 16, batch_first=True), ((2, 5, 8), (2, 3, 8)), 17728),
    "whole, no batch": (lambda: nn.Transformer(8, 2, 2, 1, 16), ((5, 8), (3, 8)), 17728 // 2),
}

CASES = {**LINEAR, **CONVOLUTIONS, **RECURRENT, **ATTENTION, **TRANSFORMERS}
