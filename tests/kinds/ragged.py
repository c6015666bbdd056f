"""Sequences of different lengths: packed, nested, and padded with a mask."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence

from kinds.expression import Of

__all__ = [
    "Of",
    "Repacked",
    "Tagger",
    "Unpadded",
    "encoder",
    "heads",
    "jagged",
    "nested",
    "nn",
    "packed",
    "padding",
    "torch",
]


def packed(features: int, *lengths: int, dtype: torch.dtype | None = None) -> PackedSequence:
    """Sequences of these lengths, packed."""
    return pack_sequence([torch.randn(n, features, dtype=dtype) for n in lengths], enforce_sorted=False)


def nested(features: int, *lengths: int) -> torch.Tensor:
    """Sequences of these lengths in a nested tensor."""
    return torch.nested.nested_tensor([torch.randn(n, features) for n in lengths])


def jagged(features: int, *lengths: int) -> torch.Tensor:
    """The same in the jagged layout."""
    return torch.nested.nested_tensor([torch.randn(n, features) for n in lengths], layout=torch.jagged)


def heads(count: int, size: int, *lengths: int) -> torch.Tensor:
    """Sequences of these lengths for each of several heads, (heads, length, size), in a nested tensor."""
    return torch.nested.nested_tensor([torch.randn(count, n, size) for n in lengths])


def padding(*lengths: int) -> torch.Tensor:
    """True past each length, as wide as the longest."""
    return torch.arange(max(lengths))[None, :] >= torch.tensor(lengths)[:, None]


def encoder(size: int, heads: int, hidden: int, layers: int) -> nn.TransformerEncoder:
    """An encoder that would take its fast path: batch first, evaluating, nothing in its way."""
    layer = nn.TransformerEncoderLayer(size, heads, hidden, batch_first=True)
    return nn.TransformerEncoder(layer, layers).eval()


class Tagger(nn.Module):
    """Embedding, packed LSTM, a tag for each word: packs and pads by itself."""

    def __init__(self, words: int, size: int, hidden: int, tags: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * hidden, tags)

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        rows = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        padded, _ = pad_packed_sequence(self.lstm(rows)[0], batch_first=True)
        return self.head(padded)


class Unpadded(nn.Module):
    """A Linear on the words alone, picked out of the padding by a mask."""

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(size, out)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        real = torch.arange(x.shape[1])[None, :] < lengths[:, None]
        return self.layer(x[real])


class Repacked(nn.Module):
    """Padding left out by the model itself, 3 rows of the first sequence and 5 of the second, and put back."""

    def __init__(self, body: nn.Module, layout: torch.layout) -> None:
        super().__init__()
        self.body = body
        self.layout = layout

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = torch.nested.as_nested_tensor([x[0, :3], x[1, :5]], layout=self.layout)
        return self.body(rows).to_padded_tensor(0.0)
