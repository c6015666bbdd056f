"""Models of different character in plain PyTorch, each with its exact counts, for measuring what tracing costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable


class Bottleneck(nn.Module):
    """ResNet's block of three convolutions: 1×1 down to ``width``, 3×3, and 1×1 up to four times ``width``."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = nn.Identity()
        if stride > 1 or channels != 4 * width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        return self.relu(self.bn3(self.conv3(y)) + self.shortcut(x))


def resnet50() -> nn.Module:
    """3, 4, 6 and 3 bottlenecks of width 64, 128, 256 and 512."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
    ]  # fmt: skip
    channels = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            layers.append(Bottleneck(channels, width, stride if block == 0 else 1))
            channels = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


class VisionTransformer(nn.Module):
    """Patches as tokens, a class token before them, and PyTorch's own encoder."""

    def __init__(self, size: int, heads: int, depth: int, patch: int, tokens: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, size, patch, patch)
        self.first = nn.Parameter(torch.zeros(1, 1, size))
        self.places = nn.Parameter(torch.zeros(1, 1 + tokens, size))
        layer = nn.TransformerEncoderLayer(size, heads, 4 * size, activation="gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, nn.LayerNorm(size), enable_nested_tensor=False)
        self.head = nn.Linear(size, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2)  # (batch, tokens, size)
        tokens = torch.cat((self.first.expand(len(x), -1, -1), tokens), dim=1) + self.places
        return self.head(self.encoder(tokens)[:, 0])


class Tagger(nn.Module):
    """An embedding, a stack of LSTMs in both directions, and a label for every word."""

    def __init__(self, words: int, size: int, depth: int, labels: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, size)
        self.lstm = nn.LSTM(size, size, depth, batch_first=True, bidirectional=True)
        self.labels = nn.Linear(2 * size, labels)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.labels(self.lstm(self.words(words))[0])


def separable(channels: int, out: int, stride: int) -> nn.Module:
    """MobileNet's block: a 3×3 convolution of each channel alone, then one of 1×1."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU6(inplace=True),
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6(inplace=True),
    )


def mobilenet() -> nn.Module:
    """MobileNet as first published."""
    steps = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)]
    steps += [(512, 512, 1)] * 5 + [(512, 1024, 2), (1024, 1024, 1)]
    stem = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(inplace=True))
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))
    return nn.Sequential(stem, *(separable(*step) for step in steps), *head)


def mlp() -> nn.Module:
    """Many layers with next to nothing to do."""
    return nn.Sequential(*(layer for _ in range(200) for layer in (nn.Linear(16, 16), nn.ReLU())))


class Decoder(nn.Module):
    """GPT's block: causal attention by one fused operator, then a feed-forward of four times the size."""

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
        self.qkv, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.up, self.down = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        qkv = self.qkv(self.norm1(x)).unflatten(-1, (3, self.heads, -1))  # (batch, length, 3, heads, each)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (batch, heads, length, each)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Language(nn.Module):
    """GPT: words and places, decoders, and the words' own table to tell the next word by."""

    def __init__(self, words: int, length: int, size: int, heads: int, depth: int) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(words, size), nn.Embedding(length, size)
        self.blocks = nn.Sequential(*(Decoder(size, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(size)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        x = self.words(words) + self.places(torch.arange(words.shape[1], device=words.device))
        return F.linear(self.norm(self.blocks(x)), self.words.weight)


@dataclass(frozen=True, slots=True)
class Model:
    """A model to be measured.

    Args:
        name: what it is.
        build: makes it.
        given: what goes in.
        parameters: how many it has.
        macs: how many one forward takes.
    """

    name: str
    build: Callable[[], nn.Module]
    given: Callable[[], torch.Tensor]
    parameters: int
    macs: int


MODELS = (
    # published of torchvision's: 25,557,032 parameters, 4.089 GMACs
    Model("ResNet-50", resnet50, lambda: torch.randn(1, 3, 224, 224), 25_557_032, 4_089_184_256),
    # published: 4.2 million parameters, 569 million multiply-adds
    Model("MobileNet", mobilenet, lambda: torch.randn(1, 3, 224, 224), 4_231_976, 568_740_352),
    # published as DeiT-Ti: 5,717,416 parameters; 196·768·192 + 12·(197·12·192² + 2·197²·192) + 192·1000 MACs
    Model(
        "ViT-tiny",
        lambda: VisionTransformer(192, 3, 12, 16, 196),
        lambda: torch.randn(1, 3, 224, 224),
        5_717_416,
        1_253_683_200,
    ),
    # 5000·256 + 128·256 + 6·(12·256² + 13·256) + 2·256 parameters
    # 256·6·12·256² + 6·2·2·128²·256 + 256·256·5000 MACs, for 2·128 = 256 words
    Model(
        "GPT, 6 blocks of 256",
        lambda: Language(5000, 128, 256, 8, 6),
        lambda: torch.randint(5000, (2, 128)),
        6_051_840,
        1_636_302_848,
    ),
    # 10000·128 + 2·4·128·(128 + 128 + 2) + 2·4·128·(256 + 128 + 2) + 256·20 + 20 parameters
    # 256·(2·4·128·(128 + 128) + 2·4·128·(256 + 128) + 256·20) MACs, for 8·32 = 256 words
    Model(
        "LSTM, 2 layers both ways",
        lambda: Tagger(10_000, 128, 2, 20),
        lambda: torch.randint(10_000, (8, 32)),
        1_944_596,
        169_082_880,
    ),
    # 200·(16·16 + 16) parameters; 4·200·16·16 MACs
    Model("MLP, 400 tiny layers", mlp, lambda: torch.randn(4, 16), 54_400, 204_800),
)
