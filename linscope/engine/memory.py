"""The memory that one forward of a model needs, once it has run."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import torch
from torch.nn.parameter import is_lazy

from linscope.engine.tensors import dtype_name
from linscope.report.memory import PACKED, Held, Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.engine.attribution import Modules
    from linscope.engine.liveness import Liveness


def memory_of(modules: Modules, packed: int, alive: Liveness, cached: int | None) -> Memory:
    """The memory that one forward of a model needs.

    Args:
        modules: all of the model's.
        packed: bytes of weights that are no parameters.
        alive: what was seen of its activations.
        cached: elements of keys and values that are kept of its tokens; None where none are.
    """
    parameters = _once(p for _, module in modules for p in module._parameters.values())
    buffers = _once(b for _, module in modules for b in module._buffers.values())
    weighed: dict[str, list[int]] = {}  # elements and bytes of parameters, bytes of buffers
    for parameter in parameters:
        sizes = weighed.setdefault(dtype_name(parameter.dtype), [0, 0, 0])
        sizes[0] += parameter.numel()
        sizes[1] += _bytes(parameter)
    for buffer in buffers:
        weighed.setdefault(dtype_name(buffer.dtype), [0, 0, 0])[2] += _bytes(buffer)
    held = [Held(dtype, *sizes) for dtype, sizes in weighed.items()]
    if packed:
        held.append(Held(PACKED, 0, packed, 0))
    real = next((t for t in chain(parameters, buffers) if t.is_floating_point()), None)
    size = real.element_size() if real is not None else torch.get_default_dtype().itemsize
    return Memory(
        parameters=sum(each.parameters for each in held),
        buffers=sum(each.buffers for each in held),
        activations=alive.peak,
        reached_in=alive.reached_in.path if alive.reached_in is not None else "",
        kv_cache=None if cached is None else cached * size,
        held=tuple(held),
    )


def _once(tensors: Iterable[torch.Tensor | None]) -> tuple[torch.Tensor, ...]:
    """Those whose size is known, each once."""
    return tuple({id(t): t for t in tensors if t is not None and not is_lazy(t)}.values())


def _bytes(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()
