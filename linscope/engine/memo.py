"""Shapes worked out once: the hundredth block of a model asks the same of each operator as the first did, and the
next model often, too.

Torch works shapes out in Python, for some operators in a millisecond. What comes out depends on nothing but the
operator, the shapes, strides and dtypes of the tensors that go in, the other arguments, and torch's default dtype.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn

_META = torch.device("meta")
_PLAIN = (torch.Tensor, nn.Parameter)
_SIMPLE = (int, float, bool, str, torch.dtype, torch.device, torch.layout, torch.memory_format, type(None))


class Shape(NamedTuple):
    """What a tensor without values is."""

    size: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype

    def made(self) -> torch.Tensor:
        return torch.empty_strided(self.size, self.stride, dtype=self.dtype, device=_META)


MOST = 1 << 16
"""Answers that are kept; past that, all are forgotten."""


class Memo:
    """What operators of torch's own gave for arguments of a kind."""

    __slots__ = ("_known", "_left")

    def __init__(self) -> None:
        self._known: dict[Any, Shape | None] = {}
        self._left: set[Any] = set()

    def call(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What ``func``, which gives one new tensor, gives; from memory where it gave it before."""
        key = _key(func, args, kwargs)
        if key is None:
            return func(*args, **kwargs)
        try:
            shape = self._known[key]
        except KeyError:
            result = func(*args, **kwargs)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = _shape_of(result, (*args, *kwargs.values()))
            return result
        return shape.made() if shape is not None else func(*args, **kwargs)

    def write(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What ``func``, which writes to its first argument and gives that, gives: of values there is nothing to do,
        and where it left the shape as it was before, it will again."""
        key = _key(func, args, kwargs)
        if key in self._left:
            return args[0]
        before = _picture(args[0])
        result = func(*args, **kwargs)
        if key is not None and result is args[0] and _picture(result) == before:
            if len(self._left) >= MOST:
                self._left.clear()
            self._left.add(key)
        return result


def _key(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """All that a result depends on; None where that cannot be said."""
    if func.namespace != "aten":
        return None  # whoever registered it may register another
    parts: list[Any] = [id(func), torch.get_default_dtype()]
    if not _described(args, parts):
        return None
    if kwargs:
        parts.extend(kwargs)
        if not _described(kwargs.values(), parts):
            return None
    return tuple(parts)


def _described(values: Any, parts: list[Any]) -> bool:
    for value in values:
        kind = type(value)
        if kind in _PLAIN:
            if not value.is_meta or value.dtype.is_complex or value.layout is not torch.strided:
                return False
            parts.append((value.shape, value.stride(), value.dtype))
        elif kind in _SIMPLE:
            parts.append(kind)  # 1, 1.0 and True are equal, and are not the same
            parts.append(value)
        elif kind in (list, tuple, torch.Size):
            parts.append(len(value))
            if not _described(value, parts):
                return False
        else:
            return False
    return True


def _shape_of(result: Any, inputs: tuple[Any, ...]) -> Shape | None:
    """What to make the next time; None where the result is no new tensor, whatever its schema says."""
    if type(result) is not torch.Tensor or not result.is_meta or result.layout is not torch.strided:
        return None
    place = result.untyped_storage()._cdata
    if any(isinstance(x, torch.Tensor) and x.untyped_storage()._cdata == place for x in inputs):
        return None
    if result.storage_offset() or result.untyped_storage().nbytes() != _bytes(result):
        return None
    return Shape(result.shape, result.stride(), result.dtype)


def _picture(tensor: torch.Tensor) -> tuple[Any, ...]:
    """All that there is of a tensor without values."""
    storage = tensor.untyped_storage()
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.storage_offset(), storage._cdata, storage.nbytes()


def _bytes(tensor: torch.Tensor) -> int:
    if 0 in tensor.shape:
        return 0
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return (last + 1) * tensor.element_size()
