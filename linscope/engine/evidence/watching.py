"""Choosing the call to look at: the first linear map of the user's own, at the moment it has run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from linscope.engine.evidence.collecting import collect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.attribution import Modules
    from linscope.engine.frames import Frame
    from linscope.report.evidence import LinearEvidence


class Watched:
    """Collects the evidence of the first linear map that runs, at the moment it has run."""

    def __init__(self, modules: Modules) -> None:
        self.paths = frozenset(_teachable(modules))
        self.evidence: list[LinearEvidence] = []

    def __call__(self, frame: Frame, taken: list[Any], output: Any) -> None:
        if self.evidence or frame.path not in self.paths or len(taken) != 1:
            return
        assert frame.module is not None
        with _disable_current_modes():
            found = collect(frame.path, frame.module, taken[0], output)
        if found is not None:
            self.evidence.append(found)


def _teachable(modules: Modules) -> Iterator[str]:
    """Linear maps that the user wrote, not those inside torch's own attention and transformer layers."""
    inside: tuple[str, ...] = ()
    for path, module in modules:
        kind = type(module)
        if kind.__module__ in ("torch.nn.modules.transformer", "torch.nn.modules.activation"):
            inside = (*inside, f"{path}.") if next(module.children(), None) is not None else inside
        elif (kind is nn.Linear or getattr(kind, "is_hand_made", False)) and not path.startswith(inside):
            yield path
