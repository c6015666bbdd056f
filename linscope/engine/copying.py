"""Copies of a user's model: with its values, or as shapes alone."""

from __future__ import annotations

import copy
import io
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from torch.utils._python_dispatch import _disable_current_modes

from linscope.engine.twins import is_whole, lifted, twin_of
from linscope.errors import ModelError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Iterator


def copied(model: nn.Module) -> nn.Module:
    """``model`` again, with values of its own.

    Raises:
        ModelError: the model holds something that cannot be copied.
    """
    return _deep_copy(model, {id(b): _empty_buffer(b, b.device) for b in _buffers(model) if is_lazy(b)})


def without_values(model: nn.Module, device: str | None) -> nn.Module:
    """A copy of the user's model whose tensors are shapes alone; nothing large is copied.

    Args:
        device: ``meta``; or None for wherever they are, which gives fake tensors within a fake mode.

    Raises:
        ModelError: the model holds something that cannot be copied.
    """
    memo: dict[int, object] = {}
    for tensor in _tensors(model):
        if id(tensor) not in memo:
            memo[id(tensor)] = _empty(tensor, device)
    if device == "meta":
        for module in model.modules():
            if isinstance(module, torch.jit.ScriptModule) and id(module) not in memo:
                again = _script_on_meta(module)
                memo |= {id(m): n for m, n in zip(module.modules(), again.modules(), strict=True)}
    return _deep_copy(model, memo)


def _script_on_meta(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Its tensors belong to the compiled code and cannot be exchanged: it is written down, and read back on meta."""
    try:
        with _disable_current_modes():
            written = io.BytesIO()
            torch.jit.save(module, written)
            written.seek(0)
            again: torch.jit.ScriptModule = torch.jit.load(written, map_location="meta")  # type: ignore[no-untyped-call]
            return again
    except Exception as error:
        raise _not_copied(module, error) from error


def holds_values(model: nn.Module) -> bool:
    """Whether a tensor of the model is not on meta: its constructor put it elsewhere by itself."""
    return any(not tensor.is_meta for tensor in _tensors(model))


def _empty(tensor: torch.Tensor, device: str | None) -> torch.Tensor:
    """A tensor of the kind, shape and dtype of ``tensor``, and of no values."""
    if isinstance(tensor, UninitializedParameter):
        # Torch makes none of a fake tensor; one without a size needs no fake.
        with _disable_current_modes():
            return UninitializedParameter(  # type: ignore[call-arg]  # its stub lacks them
                requires_grad=tensor.requires_grad, device=device or tensor.device, dtype=tensor.dtype
            )
    if isinstance(tensor, UninitializedBuffer):
        return _empty_buffer(tensor, device or tensor.device)
    empty = shape_alone(tensor, device)
    return nn.Parameter(empty, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty


def shape_alone(tensor: torch.Tensor, device: str | None) -> torch.Tensor:
    """``tensor`` without its values; what only its values know the size of (a sparse tensor) keeps that size."""
    if tensor.is_mkldnn or (tensor.is_nested and (device != "meta" or tensor.layout is torch.strided)):
        kind = "nested tensor" if tensor.is_nested else "tensor in oneDNN's own layout"
        raise ValuesError(f"a {kind} is no shape alone", hint="--run real runs it as it is")
    if tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_quantized:
        return _on_meta(tensor) if device == "meta" else torch.empty_like(tensor.detach(), device=device)
    if device != "meta":
        with _disable_current_modes():  # a fake sparse tensor stores nothing: it stays a real one
            return tensor.detach()
    return tensor.detach().to(device)


def _on_meta(tensor: torch.Tensor) -> torch.Tensor:
    """``tensor`` on meta, its values remembered where they are whole numbers: positions, ids, masks."""
    twin = twin_of(tensor) if tensor.is_meta else None
    with _disable_current_modes():
        if twin is not None or (is_whole(tensor) and not tensor.is_meta):
            remembered: torch.Tensor = lifted((tensor if twin is None else twin.values).detach().cpu().clone())
            return remembered
        return torch.empty_like(tensor.detach(), device="meta")


def _empty_buffer(buffer: torch.Tensor, device: Any) -> torch.Tensor:
    return UninitializedBuffer(device=device, dtype=buffer.dtype)  # type: ignore[call-arg]  # its stub lacks them


def _buffers(model: nn.Module) -> Iterator[torch.Tensor]:
    return (b for module in model.modules() for b in module._buffers.values() if b is not None)


def _tensors(model: nn.Module) -> Iterator[torch.Tensor]:
    """Every tensor that the model's modules hold: parameters, buffers, and plain attributes however nested."""
    for module in model.modules():
        yield from (p for p in module._parameters.values() if p is not None)
        yield from (b for b in module._buffers.values() if b is not None)
        if not isinstance(module, torch.jit.ScriptModule):
            yield from _nested([value for name, value in module.__dict__.items() if name not in _TABLES])


_TABLES = frozenset(nn.Module().__dict__)
"""What every module has, and holds no tensor in but its parameters and buffers."""


def _nested(waiting: list[Any]) -> Iterator[torch.Tensor]:
    while waiting:
        value = waiting.pop()
        if isinstance(value, torch.Tensor):
            yield value
        elif type(value) in (list, tuple):
            waiting.extend(value)
        elif type(value) is dict:
            waiting.extend(value.values())


def _deep_copy(model: nn.Module, memo: dict[int, object]) -> nn.Module:
    try:
        # A weight computed from others has a history, and torch copies no tensor that has one.
        for module in model.modules():
            if not isinstance(module, torch.jit.ScriptModule):
                for value in module.__dict__.values():
                    if isinstance(value, torch.Tensor) and value.grad_fn is not None and id(value) not in memo:
                        memo[id(value)] = value.detach().clone()
                    elif isinstance(value, torch.ScriptObject):
                        memo[id(value)] = value  # packed weights never change, and copying them reads values
        return copy.deepcopy(model, memo)
    except Exception as error:
        raise _not_copied(model, error) from error


def _not_copied(model: nn.Module, error: Exception) -> ModelError:
    return ModelError(
        f"{type(model).__name__} cannot be copied, and only a copy can be run so",
        details=(f"torch: {str(error).partition(chr(10))[0][:200]}",),
        hint="--run real runs the model itself",
    )
