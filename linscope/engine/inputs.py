"""Drawing the tensors that go in, from their specs."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch

from linscope.subject import NORMAL, Draw, TensorSpec

if TYPE_CHECKING:
    from linscope.engine.guard import Allowance

WIDEST = 8
"""Bytes per element while a tensor is drawn: whole numbers are drawn as int64, whatever they become."""


def materialize(value: Any, mode: str, allowance: Allowance | None) -> Any:
    """``value`` with a drawn tensor in place of every TensorSpec, however nested; without values (``meta``,
    ``fake``) the tensors given as such are taken for their shapes.

    Raises:
        DoesNotFit: when ``allowance`` refuses.
    """
    kind = type(value)
    if kind is TensorSpec:
        return draw(value, mode, allowance)
    if kind is tuple or kind is list:
        return kind([materialize(item, mode, allowance) for item in value])
    if kind is dict:
        return {key: materialize(item, mode, allowance) for key, item in value.items()}
    if mode != "real" and isinstance(value, torch.Tensor):
        return torch.empty_like(value, device="meta" if mode == "meta" else None)
    return value


def draw(spec: TensorSpec, mode: str, allowance: Allowance | None) -> torch.Tensor:
    """A tensor of the shape and dtype of ``spec``, filled as it says from torch's default generator."""
    dtype: torch.dtype = getattr(torch, spec.dtype)
    if mode == "meta":
        return torch.empty(spec.shape, dtype=dtype, device="meta")
    if allowance is not None:
        allowance.ask(prod(spec.shape) * max(dtype.itemsize, WIDEST))
    if spec.draw is NORMAL and dtype.is_floating_point:
        return torch.randn(spec.shape, dtype=dtype)
    return _filled(spec.draw, spec.shape, dtype)


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
