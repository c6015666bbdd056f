"""Operators that torch makes of others (``layer_norm``, ``dropout``): what they are made of, seen as they run on
tensors without values. Only torch's own operators are run so, and only those that call nothing but others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.formulas.registry import rule_for
from linscope.engine.graph.parts import Part, part_of

if TYPE_CHECKING:
    from torch._ops import OpOverload


def parts_inside(operator: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Part, ...] | None:
    """The operators that ``operator`` calls for these arguments; None where they cannot be had without values."""
    with torch.no_grad(), _Watch() as watch:
        try:
            operator(*args, **kwargs)
        except Exception:  # whatever an operator raises on shapes alone, it is then not counted, and named
            return None
    return tuple(watch.parts)


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves its subclass hook untyped
    """Notes every operator that arrives, with its count."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.parts: list[Part] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True makes torch import torch._dynamo, a second of start-up

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.parts.append(part_of(rule_for(func), args, kwargs, result))
        return result
