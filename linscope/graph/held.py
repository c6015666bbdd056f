"""What a file holds: parameters and buffers, every one counted once, laid to the layers that ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from linscope.graph.dtypes import bytes_of, elements_of
from linscope.report.memory import Held as Weighed
from linscope.report.memory import Memory
from linscope.report.record import ParameterCount

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

PARAMETER = "parameter"
BUFFER = "buffer"


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor that the file holds.

    Args:
        name: as the file has it, ``layer1.0.weight``.
        home: the path of the layer it belongs to.
        shape: its sizes, as stored.
        dtype: by torch's name.
        kind: PARAMETER or BUFFER.
        storage: equal for those that are one tensor under several names.
        trainable: whether it asks for a gradient.
        read: whether an operator reads it.
        label: its name within the layer.
    """

    name: str
    home: str
    shape: tuple[int, ...]
    dtype: str
    kind: str
    storage: str
    trainable: bool = True
    read: bool = True
    label: str = ""

    @property
    def elements(self) -> int:
        return elements_of(self.shape, self.name)

    @property
    def bytes(self) -> int:
        return bytes_of(self.elements, self.dtype)


@dataclass(slots=True)
class _Entry:
    total: int = 0
    trainable: int = 0
    bytes: int = 0
    shared: int = 0
    unused: int = 0
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def closed(self) -> ParameterCount:
        return ParameterCount(
            total=self.total,
            trainable=self.trainable,
            frozen=self.total - self.trainable,
            bytes=self.bytes,
            shared=self.shared,
            shapes=tuple(self.shapes.items()),
            unused=self.unused,
        )

    def again(self) -> ParameterCount:
        """For a later call of the same layer: the same parameters, counted already."""
        return ParameterCount(shared=self.total + self.shared, shapes=tuple(self.shapes.items()))


NOTHING = ParameterCount()


class Holdings:
    """The tensors of a file, each laid to the nearest layer at or above its home that has a row.

    Args:
        held: in the order of the file; what shares a storage counts where it first appears.
        rows: the paths of the layers that have a row.
    """

    def __init__(self, held: Iterable[Held], rows: Collection[str]) -> None:
        self._entries: dict[str, _Entry] = {}
        self._rows = frozenset(rows)
        self.buffers = 0
        self.buffer_bytes = 0
        self.by_dtype: dict[str, tuple[int, int]] = {}
        """Elements and bytes of the parameters, by dtype."""
        self._buffers_by_dtype: dict[str, int] = {}
        self.unused: list[str] = []
        """The names of the parameters that nothing reads, under any of their names."""
        self.used: list[str] = []
        """Those of the others."""
        self._shared = 0
        held = tuple(held)
        read = {tensor.storage for tensor in held if tensor.read}
        seen: dict[str, bool] = {}
        for tensor in held:
            if tensor.kind == BUFFER:
                self._buffer(tensor, seen)
            else:
                self._parameter(tensor, seen, tensor.storage in read)

    def of(self, path: str, call: int) -> ParameterCount:
        """What the ``call``-th call of the layer at ``path`` holds."""
        entry = self._entries.get(path)
        if entry is None:
            return NOTHING
        return entry.closed() if call == 1 else entry.again()

    def total(self) -> ParameterCount:
        """All parameters, each once; ``shared`` are those that are held in more than one place."""
        entries = self._entries.values()
        total, trainable = sum(e.total for e in entries), sum(e.trainable for e in entries)
        return ParameterCount(
            total=total,
            trainable=trainable,
            frozen=total - trainable,
            bytes=sum(e.bytes for e in entries),
            shared=self._shared,
            unused=sum(e.unused for e in entries),
        )

    def memory(self) -> Memory:
        """What parameters and buffers take; nothing ran, and nothing is known of activations."""
        dtypes = dict.fromkeys((*self.by_dtype, *self._buffers_by_dtype))
        held = tuple(
            Weighed(dtype, *self.by_dtype.get(dtype, (0, 0)), self._buffers_by_dtype.get(dtype, 0)) for dtype in dtypes
        )
        return Memory(sum(each.parameters for each in held), self.buffer_bytes, held=held)

    def _buffer(self, tensor: Held, seen: dict[str, bool]) -> None:
        if tensor.storage not in seen:
            seen[tensor.storage] = True
            self.buffers += tensor.elements
            self.buffer_bytes += tensor.bytes
            size = self._buffers_by_dtype.get(tensor.dtype, 0)
            self._buffers_by_dtype[tensor.dtype] = size + tensor.bytes

    def _parameter(self, tensor: Held, seen: dict[str, bool], is_read: bool) -> None:
        home = tensor.home
        while home and home not in self._rows:
            home = home.rpartition(".")[0]
        entry = self._entries.setdefault(home, _Entry())
        count = tensor.elements
        label = tensor.label or (tensor.name[len(home) + 1 :] if home else tensor.name)
        entry.shapes.setdefault(label, tensor.shape)
        if tensor.storage in seen:
            entry.shared += count
            if not seen[tensor.storage]:
                seen[tensor.storage] = True
                self._shared += count
            return
        seen[tensor.storage] = False
        entry.total += count
        entry.bytes += tensor.bytes
        entry.trainable += count if tensor.trainable else 0
        elements, size = self.by_dtype.get(tensor.dtype, (0, 0))
        self.by_dtype[tensor.dtype] = (elements + count, size + tensor.bytes)
        if is_read:
            self.used.append(tensor.name)
        else:
            entry.unused += count
            self.unused.append(tensor.name)
