"""The elements that element-wise and reducing work touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Args, Kwargs

PLAIN = frozenset((Tensor, nn.Parameter))
NOTHING = frozenset((int, float, bool, str, type(None)))
"""Types that most arguments have, told apart by identity: ``isinstance`` with a class of torch's is slow."""


def elements(args: Args, kwargs: Kwargs, result: Any) -> int:
    """Elements touched by element-wise or reduction work: those of the largest operand or result.

    The tensors of a list (``_foreach_add``) are one operand together.
    """
    if type(result) is Tensor:
        largest = result.numel()
    else:
        largest = max(map(_numel, result), default=0) if isinstance(result, tuple) else _numel(result)
    for operand in args:
        kind = type(operand)
        if kind in NOTHING:
            continue
        size = operand.numel() if kind in PLAIN else _numel(operand)
        if size > largest:
            largest = size
    for operand in kwargs.values():
        size = _numel(operand)
        if size > largest:
            largest = size
    return largest


def _numel(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, (list, tuple)):
        return sum(item.numel() for item in value if isinstance(item, Tensor))
    return 0
