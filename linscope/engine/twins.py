"""Values that tensors of shapes alone remember: a twin on the CPU for each, kept true while both are written to.

Only what needs no weight has one: positions, masks, token ids, sizes. A write that no twin can follow makes every
twin of that memory forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_WHOLE = 2**22
"""Elements of whole numbers and truth values that are worth remembering."""

MOST_REAL = 2**20
"""Elements of real numbers, which masks are made of, too."""

_NAME = "_linscope_twin"
_CPU = torch.device("cpu")
_META = torch.device("meta")


class Memory:
    """What tensors over one piece of memory have in common.

    ``forgotten``: written to with what nobody knows. ``assumed``: the values come of an assumption about routing.
    """

    __slots__ = ("__weakref__", "assumed", "forgotten")

    def __init__(self, *, assumed: bool) -> None:
        self.forgotten = False
        self.assumed = assumed


class Twin:
    """The values of one tensor, on the CPU, and the memory that they share with the twins of its views."""

    __slots__ = ("memory", "values")

    def __init__(self, values: torch.Tensor, memory: Memory) -> None:
        self.values = values
        self.memory = memory


_MEMORIES: WeakValueDictionary[int, Memory] = WeakValueDictionary()
"""By the address of a storage without values; an entry goes when the last twin over it does."""


def twin_of(tensor: torch.Tensor) -> Twin | None:
    """The twin of ``tensor``, where its values are known."""
    twin: Twin | None = tensor.__dict__.get(_NAME)
    return None if twin is None or twin.memory.forgotten else twin


def remember(
    tensor: torch.Tensor, values: torch.Tensor, sources: Iterable[Twin] = (), *, assumed: bool = False
) -> None:
    """Give ``tensor`` the values that it would have.

    Args:
        values: on the CPU, in its shape and dtype.
        sources: the twins that they were worked out from; a view of one shares its memory.
    """
    if not is_worth_it(values):
        return
    place = values.untyped_storage()._cdata
    memory = None
    for source in sources:
        assumed = assumed or source.memory.assumed
        if source.values.untyped_storage()._cdata == place:
            memory = source.memory
    if memory is None:
        memory = Memory(assumed=assumed)
        _MEMORIES[tensor.untyped_storage()._cdata] = memory
    setattr(tensor, _NAME, Twin(values, memory))


def forget(tensor: torch.Tensor) -> None:
    """``tensor`` is written to with what nobody knows: so is every other view of its memory."""
    twin: Twin | None = tensor.__dict__.pop(_NAME, None)
    memory = _MEMORIES.get(tensor.untyped_storage()._cdata)
    if memory is not None:
        memory.forgotten = True
    if twin is not None:
        twin.memory.forgotten = True


def is_worth_it(values: Any) -> bool:
    """Whether a tensor like ``values`` is small enough to be remembered."""
    if not isinstance(values, torch.Tensor) or values.layout is not torch.strided or values.is_quantized:
        return False
    real = values.dtype.is_floating_point or values.dtype.is_complex
    return values.numel() <= (MOST_REAL if real else MOST_WHOLE)


def is_whole(tensor: torch.Tensor) -> bool:
    """Whether it holds whole numbers or truth values, and few enough to be remembered."""
    return is_worth_it(tensor) and not (tensor.dtype.is_floating_point or tensor.dtype.is_complex)


# ── arguments and results ───────────────────────────────────────────────────────────────────────────


def gather(values: Any, twins: list[Twin]) -> bool:
    """Whether every tensor among ``values`` is known; ``twins`` gets those of the tensors without values."""
    for value in values:
        if isinstance(value, torch.Tensor):
            if value.is_meta:
                twin = twin_of(value)
                if twin is None:
                    return False
                twins.append(twin)
        elif isinstance(value, tuple | list) and not gather(value, twins):
            return False
    return True


def values_of(value: Any) -> Any:
    """The same arguments with twins for tensors, and on the CPU."""
    if isinstance(value, torch.Tensor):
        twin = twin_of(value) if value.is_meta else None
        return value if twin is None else twin.values
    if isinstance(value, tuple | list):
        return type(value)(map(values_of, value))
    if isinstance(value, dict):
        return {name: values_of(item) for name, item in value.items()}
    return _CPU if isinstance(value, torch.device) and value == _META else value


def lifted(values: Any, sources: Iterable[Twin] = ()) -> Any:
    """``values`` as tensors without values that remember them; what is no tensor as it is."""
    if isinstance(values, torch.Tensor):
        shape = torch.empty_strided(values.shape, values.stride(), dtype=values.dtype, device=_META)
        remember(shape, values, assumed=any(twin.memory.assumed for twin in sources))
        return shape
    if isinstance(values, tuple | list):
        return type(values)(lifted(value, sources) for value in values)
    return values


def tensors_of(value: Any) -> Iterator[torch.Tensor]:
    """The tensors of a result: itself, or those of a tuple or a list."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from tensors_of(item)
