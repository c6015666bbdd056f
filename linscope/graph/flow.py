"""Which tensors cross the border of a layer: its inputs and its outputs, from what its steps read and write."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from linscope.graph.steps import Step

Key = tuple[str, int]
"""A layer's path, and which call of it."""

Names = dict[str, None]
"""A set that keeps its order."""


class Flow:
    """The tensors that go into and come out of every layer.

    Args:
        steps: in order.
        inputs: the names of the tensors that go into the graph.
        outputs: the names of those that come out of it.
    """

    def __init__(self, steps: Iterable[Step], inputs: Collection[str], outputs: Collection[str]) -> None:
        self._inputs: dict[Key, Names] = {}
        self._outputs: dict[Key, Names] = {}
        self._written: dict[Key, Names] = {}
        makers: dict[str, tuple[Key, ...]] = dict.fromkeys(inputs, ())
        for step in steps:
            keys = tuple((scope.path, scope.call) for scope in step.scopes)
            for name in step.reads:
                if name in makers:  # what is held is no input
                    self._crosses(name, makers[name], keys)
            for name in step.writes:
                makers[name] = keys
                for key in keys:
                    self._written.setdefault(key, {})[name] = None
        for name in outputs:
            self._crosses(name, makers.get(name, ()), ())

    def inputs(self, key: Key) -> tuple[str, ...]:
        """The names of what goes into the call, in the order it is first read."""
        return tuple(self._inputs.get(key, ()))

    def outputs(self, key: Key) -> tuple[str, ...]:
        """The names of what comes out of the call, in the order it is made; the last thing made, where nobody
        reads any of it."""
        made = self._written.get(key, {})
        used = self._outputs.get(key, {})
        return tuple(name for name in made if name in used) or tuple(made)[-1:]

    def _crosses(self, name: str, maker: tuple[Key, ...], reader: tuple[Key, ...]) -> None:
        """``name`` leaves the layers that its maker alone is in, and enters those that its reader alone is in."""
        common = 0
        while common < min(len(maker), len(reader)) and maker[common] == reader[common]:
            common += 1
        for key in maker[common:]:
            self._outputs.setdefault(key, {})[name] = None
        for key in reader[common:]:
            self._inputs.setdefault(key, {})[name] = None
