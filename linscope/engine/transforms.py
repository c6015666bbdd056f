"""Function transforms around a call: ``vmap`` shows a layer one example's sizes and runs it on all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from torch._C import _functorch

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch


class Transforms(NamedTuple):
    """What a call runs under: the names from the outside in, and how many examples ``vmap`` makes of its inputs."""

    names: tuple[str, ...]
    examples: int


def surrounding(tensors: Iterable[torch.Tensor]) -> Transforms:
    """The transforms in force now, for a call on ``tensors``, its parameters among them."""
    stack = _functorch.get_interpreter_stack() or []
    sizes = {
        interpreter.level(): _functorch.CVmapInterpreterPtr(interpreter).batchSize()
        for interpreter in stack
        if interpreter.key() == _functorch.TransformType.Vmap
    }
    levels = {level for tensor in tensors for level in _levels(tensor)}
    examples = 1
    for level in levels & sizes.keys():
        examples *= sizes[level]
    return Transforms(tuple(interpreter.key().name.lower() for interpreter in stack), examples)


def _levels(tensor: torch.Tensor) -> Iterable[int]:
    """The levels of ``vmap`` that ``tensor`` has a hidden dimension for."""
    while _functorch.is_functorch_wrapped_tensor(tensor):
        if _functorch.is_batchedtensor(tensor):
            yield _functorch.maybe_get_level(tensor)
        tensor = _functorch.get_unwrapped(tensor)
