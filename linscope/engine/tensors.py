"""Reading tensors out of whatever a forward takes and gives: nested containers, packed sequences, fields."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.nn.utils.rnn import PackedSequence

_NAMES: dict[torch.dtype, str] = {}


def dtype_name(dtype: torch.dtype) -> str:
    """``float32`` for ``torch.float32``."""
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = str(dtype).removeprefix("torch.")
    return name


_NOTHING_TO_DO = contextlib.nullcontext()


def plainly() -> contextlib.AbstractContextManager[Any]:
    """To be entered to look at many tensors: within a default device every look takes torch ten times as long."""
    return torch._C.DisableTorchFunction() if torch._C._len_torch_function_stack() else _NOTHING_TO_DO


def shape_of(tensor: torch.Tensor) -> tuple[int, ...]:
    """The sizes as plain integers; a nested tensor's ragged dimension is given as its padded size."""
    if tensor.is_nested:
        return tuple(int(size) for size in tensor.to_padded_tensor(0.0).shape)
    return tuple(tensor.shape)


def leaves(value: Any, name: str | None = None) -> Iterator[tuple[str | None, torch.Tensor]]:
    """Every tensor inside ``value`` in order, each with the key or field it stood under, if any."""
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, str(key))
    elif isinstance(value, PackedSequence):
        yield name, value.data  # its other tensors say which row belongs to which sequence
    elif isinstance(value, tuple | list):
        fields = getattr(value, "_fields", None) or [name] * len(value)
        for field, item in zip(fields, value, strict=True):
            yield from leaves(item, field)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for entry in dataclasses.fields(value):
            yield from leaves(getattr(value, entry.name), entry.name)


def tensors_in(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
    """The tensors of a call, positional arguments first. The common case costs no generator."""
    if not kwargs and all(isinstance(a, torch.Tensor) for a in args):
        return list(args)
    found = [t for _, t in leaves(args)]
    found.extend(t for _, t in leaves(kwargs))
    return found
