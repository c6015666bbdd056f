"""Shapes alone, but values that need no weight are known: mask code that reads them runs as it would for real.

A tensor made of constants (positions, causal masks, drawn token ids) is worked out on the CPU beside its shape, and
whatever reads values (``if mask.all()``, ``nonzero``, an index by a mask, ``.tolist()``) reads those. What depends
on a weight stays unknown, and whoever reads it is told so by torch, as on any tensor without values. The exception
is routing: with ``routed`` the choice among unknown scores is taken to be even, and said so where it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode, _get_current_dispatch_mode_stack

from linscope.engine.kinds import FILLED, Kind, kind_of
from linscope.engine.memo import Memo
from linscope.engine.twins import Twin, forget, gather, is_worth_it, lifted, remember, tensors_of, twin_of, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_CPU = torch.device("cpu")
_MASKS = (torch.bool, torch.uint8)
_MEMO = Memo()
"""One for the process: analyses take turns."""


class Known(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its subclass hook untyped
    """Remembers and reads values, on meta, while it is entered; to be entered before the tracer.

    Args:
        routed: whether a choice by unknown scores is taken to be even.

    Attributes:
        assumed: whether anything read came of such a choice.
    """

    def __init__(self, *, routed: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.assumed = False
        self._routed = routed

    @staticmethod
    def current() -> Known | None:
        """The one that is entered."""
        return next((mode for mode in _get_current_dispatch_mode_stack() if isinstance(mode, Known)), None)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True makes torch import torch._dynamo, a second of start-up

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        kind = kind_of(func)
        if kind.kernel is not None and (shapes := kind.kernel(args, kwargs)) is not None:
            return shapes
        twins: list[Twin] = []
        known = gather(args, twins) and gather(kwargs.values(), twins)
        if kind.written:
            return self._written(kind, func, args, kwargs, followed=known and bool(twins))
        if kind.filled:
            return _filled(kind, func, args, kwargs)
        if known and (twins or kind.makes):
            return self._known(kind, func, args, kwargs, twins)
        if kind.masks:
            args = (args[0], self._places(args[1]), *args[2:])
        elif kind.name == "masked_select" and (twin := _twin(args[1])) is not None:
            return self._selected(args[0], twin)
        result = _MEMO.call(func, args, kwargs) if kind.pure else func(*args, **kwargs)
        if self._routed and kind.choice is not None and args[0].is_meta and args[0].is_floating_point():
            picks = kind.choice.picks(args, kwargs)
            if picks is not None:
                remember(result if kind.choice.result is None else result[kind.choice.result], picks, assumed=True)
        return result

    def _known(self, kind: Kind, func: Any, args: Any, kwargs: Any, twins: list[Twin]) -> Any:
        """What comes of known tensors, one of them on meta at least, or of none."""
        reads = kind.reads or (kind.masks and any(map(_is_mask, args[1])))
        if reads or (kind.name == "_to_copy" and kwargs.get("device") == _CPU):
            self._read(twins)
            values = func(*values_of(args), **values_of(kwargs))
            return lifted(values, twins) if reads else values
        result = func(*args, **kwargs)
        if any(tensor.is_meta and is_worth_it(tensor) for tensor in tensors_of(result)):
            values = _worked_out(func, args, kwargs)
            for tensor, value in zip(tensors_of(result), tensors_of(values), strict=False):
                if tensor.is_meta and twin_of(tensor) is None:
                    remember(tensor, value, twins)
        return result

    def _written(self, kind: Kind, func: Any, args: Any, kwargs: Any, *, followed: bool) -> Any:
        """A write: ``followed`` by the twins where they can, else the end of what was known of what it writes to."""
        if kind.inner and args[0].is_meta:
            result = args[0] if kind.drawn else _MEMO.write(func, args, kwargs)
        else:
            result = func(*args, **kwargs)
        if not followed or _worked_out(func, args, kwargs) is None:
            for index, name in kind.written:
                target = args[index] if index < len(args) else kwargs.get(name)
                for tensor in tensors_of(target):
                    if tensor.is_meta:
                        forget(tensor)
        return result

    def _places(self, indices: Any) -> list[Any]:
        """Indices, with places instead of masks that are known: how many there are decides the shape."""
        found: list[Any] = []
        for index in indices:
            twin = _twin(index)
            if twin is not None and twin.values.dtype in _MASKS:
                self._read((twin,))
                found.extend(lifted(twin.values.nonzero().unbind(1), (twin,)))
            else:
                found.append(index)
        return found

    def _selected(self, tensor: torch.Tensor, mask: Twin) -> torch.Tensor:
        """``masked_select``: the elements (n,) of ``tensor`` where the mask is set."""
        self._read((mask,))
        shape = torch.broadcast_shapes(tensor.shape, mask.values.shape)  # type: ignore[no-untyped-call]  # torch's own
        return tensor.new_empty(int(mask.values.expand(shape).sum()))

    def _read(self, twins: Iterable[Twin]) -> None:
        self.assumed = self.assumed or any(twin.memory.assumed for twin in twins)


def _filled(kind: Kind, func: Any, args: Any, kwargs: Any) -> torch.Tensor:
    result: torch.Tensor = func(*args, **kwargs)
    real = result.dtype.is_floating_point or result.dtype.is_complex
    if result.is_meta and is_worth_it(result) and not (real and "empty" in kind.name):
        value = FILLED[kind.name]
        if value is None:
            position = 1 if kind.name == "full_like" else 2
            value = args[position] if len(args) > position else kwargs["fill_value"]
        remember(result, torch.full(result.shape, value, dtype=result.dtype, device=_CPU))
    return result


def _worked_out(func: Any, args: Any, kwargs: Any) -> Any:
    """What ``func`` gives for the values; None where the CPU cannot tell."""
    try:
        return func(*values_of(args), **values_of(kwargs))
    except (RuntimeError, IndexError, ValueError, TypeError):
        return None


def _is_mask(index: Any) -> bool:
    return isinstance(index, torch.Tensor) and index.dtype in _MASKS


def _twin(value: Any) -> Twin | None:
    return twin_of(value) if isinstance(value, torch.Tensor) and value.is_meta else None
