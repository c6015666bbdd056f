"""Models for ``linscope analyze "py:examples/net.py:Net"``: a class, a factory and an instance."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    """Digits of 28 × 28 pixels to ten scores.

    Args:
        width: channels of the first convolution.
        depth: convolutions, each of twice the channels of the one before.
    """

    def __init__(self, width: int = 8, depth: int = 2) -> None:
        super().__init__()
        channels = [1, *(width * 2**i for i in range(depth))]
        self.body = nn.ModuleList(nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise(channels))
        self.head = nn.Linear(channels[-1] * (28 // 2**depth) ** 2, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for conv in self.body:
            x = F.max_pool2d(F.relu(conv(x)), 2)  # half as high, half as wide
        return self.head(x.flatten(1))


def mlp(width: int) -> nn.Sequential:
    """The same scores from two layers of ``width``."""
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, width), nn.ReLU(), nn.Linear(width, 10))


tiny = Net(width=2, depth=1).eval()
