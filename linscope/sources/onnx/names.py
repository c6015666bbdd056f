"""The values of a graph by name, as its nodes see them: those of the graphs around it too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from linscope.sources.onnx.values import Value


class Known(NamedTuple):
    """A value, and the one name that it has in all of the file."""

    name: str
    value: Value


class Names:
    """The names of one graph.

    Args:
        prefix: goes before its own names, so that no two graphs share one.
        outer: the graph around it; None where names end here, as those of a function do.
    """

    def __init__(self, prefix: str, outer: Names | None = None) -> None:
        self.prefix = prefix
        self._outer = outer
        self._known: dict[str, Known] = {}

    def define(self, name: str, value: Value) -> str:
        """A value of this graph's own; the name it has in all of the file is given back."""
        known = self._known[name] = Known(self.prefix + name, value)
        return known.name

    def alias(self, name: str, known: Known) -> None:
        """A value of another graph's, under a name of this one."""
        self._known[name] = known

    def get(self, name: str) -> Known | None:
        """The value of that name, here or in a graph around; None where there is none."""
        names: Names | None = self
        while names is not None:
            known = names._known.get(name)
            if known is not None:
                return known
            names = names._outer
        return None
