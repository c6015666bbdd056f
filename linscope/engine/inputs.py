"""Drawing the tensors that go in, from their specs."""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.utils.rnn import PackedSequence

from linscope.engine.copying import shape_alone
from linscope.engine.twins import MOST_WHOLE, lifted
from linscope.nested import rebuilt
from linscope.subject import NORMAL, Draw, TensorSpec

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.guard import Allowance

_CPU = torch.device("cpu")
_META = torch.device("meta")

WIDEST = 8
"""Bytes per element while a tensor is drawn: whole numbers are drawn as int64, whatever they become."""


class Drawer:
    """Where tensors are drawn, and what they may cost.

    Args:
        mode: real; or meta or fake, where tensors given as such are taken for their shapes.
        device: where the model's parameters are; on meta nothing is drawn.
        allowance: asked before a tensor is drawn; None where nothing is allocated.
    """

    __slots__ = ("allowance", "device", "given", "mode")

    def __init__(self, mode: str, device: torch.device, allowance: Allowance | None) -> None:
        self.mode = mode
        self.device = device
        self.allowance = allowance
        self.given: dict[int, torch.Tensor] = {}

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
        if isinstance(value, torch.Tensor):
            return value if self.mode == "real" else self._shape_alone(value)
        if isinstance(value, PackedSequence):
            # The lengths stay values in every mode: they are what the layer loops over.
            data, sizes, *indices = value
            return PackedSequence(self.materialize(data), sizes, *map(self.materialize, indices))
        return rebuilt(value, self.materialize)

    def _shape_alone(self, value: torch.Tensor) -> torch.Tensor:
        """What stands for ``value`` where there are no values: the same for the same tensor."""
        found = self.given.get(id(value))
        if found is None:
            elsewhere = self.mode == "meta" or value.is_meta
            found = shape_alone(value, self.device.type if elsewhere else None)
            found = self.given[id(value)] = found.requires_grad_(value.requires_grad)
        return found

    def _drawn(self, spec: TensorSpec) -> torch.Tensor:
        """A tensor of the shape and dtype of ``spec``, filled as it says from torch's default generator."""
        dtype: torch.dtype = getattr(torch, spec.dtype)
        if self.device.type == "meta":
            if dtype.is_floating_point or dtype.is_complex or prod(spec.shape) > MOST_WHOLE:
                return torch.empty(spec.shape, dtype=dtype, device=self.device)
            with torch.device("cpu"):  # token ids and masks are what code looks at
                values = _filled(spec.draw, spec.shape, dtype)
            whole: torch.Tensor = lifted(values)
            return whole
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
    if first is None or (mode == "fake" and first.is_meta):
        return _CPU
    return first.device


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
