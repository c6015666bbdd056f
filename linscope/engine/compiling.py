"""torch.compile kept out of a trace, so that every operator of a compiled model is seen, and so that it is not
told, by what it meets there, never to compile that code again.

Its own switch for this is the stance ``force_eager``. The switch lies in ``torch._dynamo``, which takes a second to
import and is imported only where something is compiled; if that happens during the trace, the switch is turned then.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_HOME = "torch._dynamo.eval_frame"


class CompilersAside:
    """What is compiled runs as it was written, inside."""

    __slots__ = ("_before", "_coming")

    def __enter__(self) -> None:
        self._coming: _Coming | None = None
        self._before: Any = None
        home = sys.modules.get(_HOME)
        if home is None:
            self._coming = _Coming()
            sys.meta_path.insert(0, self._coming)
        else:
            self._before = _turned(home)

    def __exit__(self, *exception: object) -> None:
        before = self._before
        if self._coming is not None:
            sys.meta_path.remove(self._coming)
            before = self._coming.before
        if before is not None:
            sys.modules[_HOME]._set_stance(before)


def _turned(home: Any) -> Any:
    """Turn the switch in ``home``; its position before, or None in a torch that has none."""
    if not hasattr(home, "_set_stance"):
        return None
    return home._set_stance(home.DynamoStance("force_eager"))


class _Coming:
    """A finder that turns the switch as soon as its module has been imported, and finds nothing else."""

    def __init__(self) -> None:
        self.before: Any = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != _HOME:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                self.before = _turned(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # this one loader's alone
        return spec
