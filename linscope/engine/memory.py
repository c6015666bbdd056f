"""How much memory the tensors of a forward take: storages as they come and go, each counted once.

What an operator takes for itself while it runs (the unfolded patches of a convolution) is not seen.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any
from weakref import ref

import torch
from torch.nn.parameter import is_lazy

from linscope.engine.tensors import dtype_name
from linscope.report.memory import PACKED, Held, Memory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from linscope.engine.attribution import Modules
    from linscope.engine.frames import Frame


class Liveness:
    """The bytes of storages that are alive, and the most that were at once. Views add nothing.

    Args:
        held: tensors that are there all the time, and are no activations: parameters and buffers.
    """

    __slots__ = ("_alive", "_held", "now", "peak", "reached_in")

    def __init__(self, held: Iterable[torch.Tensor]) -> None:
        self.now = 0
        self.peak = 0
        self.reached_in: Frame | None = None
        self._alive: dict[int, tuple[ref[torch.UntypedStorage], int]] = {}
        # The storages themselves, so that none can go and leave its address to an activation.
        self._held = {storage._cdata: storage for tensor in held for storage in _storages(tensor)}

    def made(self, result: Any, frame: Frame) -> int:
        """Take note of the tensors in what an operator gave within ``frame``, or of what went in at first.

        Returns:
            The bytes that were not there before.
        """
        more = 0
        if isinstance(result, torch.Tensor):
            for storage in _storages(result):
                more += self._made(storage, frame)
        elif isinstance(result, tuple | list):
            for item in result:
                more += self.made(item, frame)
        return more

    def _made(self, storage: torch.UntypedStorage, frame: Frame) -> int:
        key = storage._cdata
        if key in self._held:
            return 0
        size, before = storage.nbytes(), self._alive.get(key)
        if before is None:
            # The wrapper lives as long as the storage that it wraps: torch keeps the two together.
            self._alive[key] = (ref(storage, lambda _: self._gone(key)), size)
            more = size
        else:
            self._alive[key] = (before[0], size)
            more = size - before[1]  # an operator that writes its result elsewhere may have enlarged that
        self.now += more
        if self.now > self.peak:
            self.peak = self.now
            self.reached_in = frame
        return max(more, 0)

    def _gone(self, key: int) -> None:
        self.now -= self._alive.pop(key)[1]


def _storages(tensor: torch.Tensor) -> tuple[torch.UntypedStorage, ...]:
    """Where the values of ``tensor`` lie; of a sparse one, those of its indices, too."""
    try:
        if tensor.layout is torch.strided:
            return (tensor.untyped_storage(),)
        if tensor.layout is torch.sparse_coo:
            parts: tuple[torch.Tensor, ...] = (tensor._indices(), tensor._values())
        elif tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
            parts = (tensor.crow_indices(), tensor.col_indices(), tensor.values())
        elif tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
            parts = (tensor.ccol_indices(), tensor.row_indices(), tensor.values())
        else:
            return ()  # a layout of oneDNN's own
        return tuple(part.untyped_storage() for part in parts)
    except (NotImplementedError, RuntimeError):
        return ()  # a wrapper of another tensor, which is seen by itself


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
