"""Convolutions called as functions, and convolutions written as products of unfolded patches."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from kinds.expression import Of

__all__ = ["BlurPool", "Of", "Standardised", "Unfolded", "Windows", "nn"]


class Unfolded(nn.Module):
    """A convolution as im2col: patches unfolded, multiplied with the weights, folded back to a picture."""

    def __init__(self, channels: int, out: int, kernel: int, **geometry: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.geometry = geometry
        self.weight = nn.Parameter(torch.randn(out, channels * kernel * kernel))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        patches = F.unfold(x, self.kernel, **self.geometry)  # (batch, channels·kernel², positions)
        return self.weight @ patches  # (batch, out, positions)


class Windows(nn.Module):
    """A 1-D convolution over windows that are views: ``x.unfold`` and an einsum."""

    def __init__(self, channels: int, out: int, kernel: int) -> None:
        super().__init__()
        self.kernel = kernel
        self.weight = nn.Parameter(torch.randn(out, channels, kernel))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        windows = x.unfold(2, self.kernel, 1)  # (batch, channels, positions, kernel)
        return torch.einsum("bclk,ock->bol", windows, self.weight)


class BlurPool(nn.Module):
    """A fixed kernel, a buffer, over each channel by itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        kernel = torch.tensor([1.0, 2.0, 1.0])
        self.register_buffer("kernel", torch.outer(kernel, kernel).expand(channels, 1, 3, 3).contiguous() / 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), self.kernel, stride=2, groups=x.shape[1])


class Standardised(nn.Conv2d):
    """A Conv2d that standardises its weight first."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spread, centre = torch.var_mean(self.weight, dim=(1, 2, 3), keepdim=True)
        weight = (self.weight - centre) * torch.rsqrt(spread + 1e-5)
        return F.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
