"""Whose parameters are whose: every parameter counted once, in the row of the module that first used it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch.nn.parameter import UninitializedParameter

from linscope.engine.tensors import shape_of
from linscope.report.record import ParameterCount

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.attribution import Modules


@dataclass(slots=True)
class _Entry:
    total: int = 0
    trainable: int = 0
    bytes: int = 0
    shared: int = 0
    shapes: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def closed(self) -> ParameterCount:
        return ParameterCount(
            self.total,
            self.trainable,
            self.total - self.trainable,
            self.bytes,
            self.shared,
            tuple(self.shapes),
        )

    def closed_again(self) -> ParameterCount:
        """For a later call of the same module: the same parameters, counted already."""
        return ParameterCount(shared=self.total + self.shared, shapes=tuple(self.shapes))


class Ledger:
    """The parameters of ``modules``, all those of a model, laid to the ones that ran.

    A module that was never called as such (``MultiheadAttention.out_proj``, whose weight its parent reads)
    lays its parameters to the nearest module above it that was.
    """

    def __init__(self, modules: Modules, called: frozenset[str]) -> None:
        self._entries: dict[str, _Entry] = {}
        seen: set[int] = set()
        homes: dict[str, str] = {}
        for path, module in modules:
            home = homes[path] = path if path in called else homes.get(path.rpartition(".")[0], "")
            for name, parameter in module._parameters.items():
                if parameter is None:
                    continue
                entry = self._entries.get(home)
                if entry is None:
                    entry = self._entries[home] = _Entry()
                _enter(entry, f"{path}.{name}"[len(home) :].lstrip(".") if path != home else name, parameter, seen)

    def of(self, path: str, call: int) -> ParameterCount:
        """What the ``call``-th call of the module at ``path`` uses."""
        entry = self._entries.get(path)
        if entry is None:
            return ParameterCount()
        return entry.closed() if call == 1 else entry.closed_again()

    def total(self) -> ParameterCount:
        """All parameters of the model, each once."""
        entries = self._entries.values()
        total = sum(e.total for e in entries)
        trainable = sum(e.trainable for e in entries)
        return ParameterCount(total, trainable, total - trainable, sum(e.bytes for e in entries))


def _enter(entry: _Entry, name: str, parameter: nn.Parameter, seen: set[int]) -> None:
    if isinstance(parameter, UninitializedParameter):
        return
    count = parameter.numel()
    entry.shapes.append((name, shape_of(parameter)))
    if id(parameter) in seen:
        entry.shared += count
        return
    seen.add(id(parameter))
    entry.total += count
    entry.bytes += count * parameter.element_size()
    if parameter.requires_grad:
        entry.trainable += count


def buffers_of(modules: Modules) -> tuple[int, int]:
    """Elements and bytes of all buffers, each once."""
    found = {id(b): b for _, module in modules for b in module._buffers.values() if b is not None}
    return sum(b.numel() for b in found.values()), sum(b.numel() * b.element_size() for b in found.values())
