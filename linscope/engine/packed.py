"""The packed weights of quantized layers: tensors inside objects of C++, which are no parameters of PyTorch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import _disable_current_modes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

_PLAIN = ("torch.nn.", "linscope.")
"""Packages whose layers hold parameters and buffers, and pack nothing."""


def packed_of(module: nn.Module) -> tuple[int, int]:
    """Elements and bytes of the weights and biases that ``module`` itself, not a child of it, holds packed.

    Scales and zero points are not counted.
    """
    if type(module).__module__.startswith(_PLAIN):
        return 0, 0
    elements = size = 0
    for value in tuple(module.__dict__.values()):
        if isinstance(value, torch.ScriptObject):
            with _disable_current_modes():
                for weight, *biases in _layers(value):
                    elements += weight.numel() + sum(bias.numel() for bias in biases)
                    size += _bytes(weight) + sum(bias.numel() * bias.element_size() for bias in biases)
    return elements, size


def _layers(packed: Any) -> Iterator[list[torch.Tensor]]:
    """The weight, and the bias if any, of a packed layer; those of both maps of a packed recurrent cell."""
    if packed._has_method("unpack"):
        found = packed.unpack()
        tensors = [t for t in (found if isinstance(found, tuple) else (found,)) if isinstance(t, torch.Tensor)]
        if tensors:
            yield tensors
    elif packed._type().qualified_name().endswith(".rnn.CellParamsBase"):
        # (kind, tensors, numbers, integers, packed layers): the tensors are the biases of the packed layers again
        for inner in packed.__getstate__()[0][4]:
            yield from _layers(inner)


def _bytes(weight: torch.Tensor) -> int:
    """What a weight takes while it is packed: torch packs in half precision what it unpacks as float32."""
    if weight.is_floating_point():
        return weight.numel() * torch.float16.itemsize
    return min(weight.numel() * weight.element_size(), weight.untyped_storage().nbytes())  # two of 4 bits share one
