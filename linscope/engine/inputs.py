"""Drawing the tensors that go in, from their specs."""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from linscope.subject import NORMAL, Draw, TensorSpec

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.guard import Allowance

_CPU = torch.device("cpu")
_META = torch.device("meta")

WIDEST = 8
"""Bytes per element while a tensor is drawn: whole numbers are drawn as int64, whatever they become."""


class Drawer(NamedTuple):
    """Where tensors are drawn, and what they may cost.

    Args:
        mode: real; or meta or fake, where tensors given as such are taken for their shapes.
        device: where the model's parameters are; on meta nothing is drawn.
        allowance: asked before a tensor is drawn; None where nothing is allocated.
    """

    mode: str
    device: torch.device
    allowance: Allowance | None

    def materialize(self, value: Any) -> Any:
        """``value`` with a drawn tensor in place of every TensorSpec, however nested.

        Raises:
            DoesNotFit: when the allowance refuses.
        """
        kind = type(value)
        if kind is TensorSpec:
            return self._drawn(value)
        if kind is tuple or kind is list:
            return kind([self.materialize(item) for item in value])
        if kind is dict:
            return {key: self.materialize(item) for key, item in value.items()}
        if self.mode != "real" and isinstance(value, torch.Tensor):
            return torch.empty_like(value, device="meta" if self.mode == "meta" else None)
        return value

    def _drawn(self, spec: TensorSpec) -> torch.Tensor:
        """A tensor of the shape and dtype of ``spec``, filled as it says from torch's default generator."""
        dtype: torch.dtype = getattr(torch, spec.dtype)
        if self.device.type == "meta":
            return torch.empty(spec.shape, dtype=dtype, device=self.device)
        if self.allowance is not None:
            self.allowance.ask(prod(spec.shape) * max(dtype.itemsize, WIDEST))
        # Drawn on the CPU whatever the device: the same seed gives the same numbers everywhere.
        if spec.draw is NORMAL and dtype.is_floating_point:
            drawn = torch.randn(spec.shape, dtype=dtype)
        else:
            drawn = _filled(spec.draw, spec.shape, dtype)
        return drawn if self.device.type == "cpu" else drawn.to(self.device)


def device_of(model: nn.Module, mode: str) -> torch.device:
    """Where the inputs of ``model`` belong: beside its first parameter or buffer."""
    if mode == "meta":
        return _META
    first = next(chain(model.parameters(), model.buffers()), None)
    return first.device if first is not None else _CPU


def _filled(how: Draw, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    match how.kind:
        case "values":
            return torch.tensor(how.values).to(dtype).reshape(shape)
        case "integers":
            return torch.randint(int(how.low), max(int(how.high), int(how.low) + 1), shape).to(dtype)
        case "permutation":
            return _permuted(how, shape).to(dtype)
        case "uniform":
            return (torch.rand(shape) * (how.high - how.low) + how.low).to(dtype)
    if dtype == torch.bool:
        return torch.randint(0, 2, shape).to(torch.bool)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, dtype=dtype)
    return torch.randint(0, 10, shape).to(dtype)


def _permuted(how: Draw, shape: tuple[int, ...]) -> torch.Tensor:
    """Distinct whole numbers along the flattened trailing ``span`` dimensions."""
    lead = shape[: len(shape) - how.span]
    each = prod(shape[len(shape) - how.span :])
    rows = [torch.randperm(int(how.high - how.low))[:each] + int(how.low) for _ in range(prod(lead))]
    return torch.stack(rows).reshape(shape) if rows else torch.empty(shape, dtype=torch.int64)
