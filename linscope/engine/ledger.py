"""Whose parameters are whose: every parameter counted once, in the row of the module that first used it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch.nn.parameter import is_lazy

from linscope.engine.packed import packed_of
from linscope.engine.tensors import shape_of
from linscope.report.record import ParameterCount

if TYPE_CHECKING:
    from collections.abc import Collection

    from torch import nn

    from linscope.engine.attribution import Modules

_NOTHING = ParameterCount()
NO_IDS: frozenset[int] = frozenset()
NO_PATHS: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Entry:
    total: int = 0
    trainable: int = 0
    bytes: int = 0
    shared: int = 0
    unused: int = 0
    lazy: int = 0
    packed: int = 0
    packed_bytes: int = 0
    shapes: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def closed(self) -> ParameterCount:
        return ParameterCount(
            self.total,
            self.trainable,
            self.total - self.trainable,
            self.bytes,
            self.shared,
            tuple(self.shapes),
            self.unused,
            self.lazy,
            self.packed,
            self.packed_bytes,
        )

    def closed_again(self) -> ParameterCount:
        """For a later call of the same module: the same parameters, counted already."""
        return ParameterCount(shared=self.total + self.shared, shapes=tuple(self.shapes))


class Ledger:
    """The parameters of ``modules``, all those of a model, laid to the ones that ran.

    A module that was never called as such (``MultiheadAttention.out_proj``, whose weight its parent reads)
    lays its parameters to the nearest module above it that was.

    Args:
        called: the paths of the modules that ran.
        unread: the ids of the parameters that no operator read.
        several: the paths of the modules that have other names as well, so that their parameters do, too.
    """

    def __init__(
        self,
        modules: Modules,
        called: frozenset[str],
        unread: frozenset[int] = NO_IDS,
        several: Collection[str] = NO_PATHS,
    ) -> None:
        self._entries: dict[str, _Entry] = {}
        self._unread = unread
        self._seen: dict[int, bool] = {}
        """Every parameter by its id, and whether it is in more than one place."""
        self._in_several_places = 0
        self.unused: list[str] = []
        """The names of the parameters that nothing read."""
        self.used: list[str] = []
        """The names of the others."""
        self.lazy: list[str] = []
        """The names of those that have no size yet."""
        self.has_packed = False
        """Whether any layer holds weights that are no parameters."""
        homes: dict[str, str] = {}
        for path, module in modules:
            home = homes[path] = path if path in called else homes.get(path.rpartition(".")[0], "")
            for name, parameter in module._parameters.items():
                if parameter is not None:
                    self._enter(home, f"{path}.{name}" if path else name, parameter, tied=path in several)
            packed, size = packed_of(module)
            if packed:
                self.has_packed = True
                entry = self._entry(home)
                entry.packed += packed
                entry.packed_bytes += size

    def of(self, path: str, call: int) -> ParameterCount:
        """What the ``call``-th call of the module at ``path`` uses."""
        entry = self._entries.get(path)
        if entry is None:
            return _NOTHING
        return entry.closed() if call == 1 else entry.closed_again()

    def total(self) -> ParameterCount:
        """All parameters of the model, each once; ``shared`` are those it holds in more than one place."""
        whole = _Entry(shared=self._in_several_places)
        for entry in self._entries.values():
            whole.total += entry.total
            whole.trainable += entry.trainable
            whole.bytes += entry.bytes
            whole.unused += entry.unused
            whole.lazy += entry.lazy
            whole.packed += entry.packed
            whole.packed_bytes += entry.packed_bytes
        return whole.closed()

    def _entry(self, home: str) -> _Entry:
        entry = self._entries.get(home)
        if entry is None:
            entry = self._entries[home] = _Entry()
        return entry

    def _enter(self, home: str, name: str, parameter: nn.Parameter, *, tied: bool) -> None:
        entry = self._entry(home)
        known = self._seen.get(id(parameter))
        if known is None:
            self._seen[id(parameter)] = tied
        if is_lazy(parameter):
            if known is None:
                entry.lazy += 1
                self.lazy.append(name)
            return
        count = parameter.numel()
        entry.shapes.append((name[len(home) :].lstrip(".") if home else name, shape_of(parameter)))
        if known is not None:
            entry.shared += count
            if not known:
                self._seen[id(parameter)] = True
                self._in_several_places += count
            return
        if tied:
            self._in_several_places += count
        entry.total += count
        entry.bytes += count * parameter.element_size()
        if parameter.requires_grad:
            entry.trainable += count
        if id(parameter) in self._unread:
            entry.unused += count
            self.unused.append(name)
        else:
            self.used.append(name)


def buffers_of(modules: Modules) -> tuple[int, int]:
    """Elements and bytes of all buffers, each once; of those whose size is known."""
    found = {id(b): b for _, module in modules for b in module._buffers.values() if b is not None and not is_lazy(b)}
    return sum(b.numel() for b in found.values()), sum(b.numel() * b.element_size() for b in found.values())
