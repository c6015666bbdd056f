"""Modules with quantized weights, which are packed and are no parameters."""

from __future__ import annotations

import torch
from torch import nn
from torch.ao import quantization
from torch.ao.quantization import quantize_fx

__all__ = ["Alone", "aware", "dynamic", "nn", "rewritten", "static", "torch"]


class Alone(nn.Module):
    """The first output of a layer, such as an LSTM, and no state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)[0]


def dynamic(model: nn.Module, *kinds: type[nn.Module], dtype: torch.dtype = torch.qint8) -> nn.Module:
    """``model`` with every layer of these kinds quantized, its inputs as they come."""
    return quantization.quantize_dynamic(nn.Sequential(model), set(kinds), dtype=dtype)


class _Stubbed(nn.Sequential):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__(quantization.QuantStub(), *layers, quantization.DeQuantStub())


def static(example: tuple[int, ...], *layers: nn.Module) -> nn.Module:
    """``layers`` calibrated on one input and converted, activations and all."""
    model = _Stubbed(*layers).eval()
    model.qconfig = quantization.get_default_qconfig(torch.backends.quantized.engine)
    quantization.prepare(model, inplace=True)
    model(torch.randn(example))
    return quantization.convert(model, inplace=True)


def rewritten(example: tuple[int, ...], *layers: nn.Module) -> nn.Module:
    """``layers`` quantized as a graph."""
    inputs = (torch.randn(example),)
    mapping = quantization.get_default_qconfig_mapping()
    model = quantize_fx.prepare_fx(nn.Sequential(*layers).eval(), mapping, inputs)
    model(*inputs)
    return quantize_fx.convert_fx(model)


def aware(*layers: nn.Module) -> nn.Module:
    """``layers`` as they are trained to be quantized later."""
    model = nn.Sequential(*layers).train()
    model.qconfig = quantization.get_default_qat_qconfig(torch.backends.quantized.engine)
    return quantization.prepare_qat(model)
