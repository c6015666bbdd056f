"""How much memory the tensors of a forward take: storages as they come and go, each counted once.

What an operator takes for itself while it runs (the unfolded patches of a convolution) is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import ref

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

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
