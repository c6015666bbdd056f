"""Where a layer's formula and what ran differ, and why, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.jit import ScriptModule
from torch.nn.utils.parametrize import ParametrizationList
from torch.nn.utils.spectral_norm import SpectralNorm

from linscope.engine.frames import type_name

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.frames import Frame
    from linscope.report.derivation import Derivation

_TRANSFORMS = {
    "jvp": "under jvp a layer does the work of its derivative, too",
    "vmap": "under vmap a layer sees the sizes of one example",
    "grad": "under grad a layer may do work of its gradient, too",
    "functionalize": "under functionalize a layer may run other operators",
}


def difference(covered: list[tuple[Frame, Derivation]]) -> str | None:
    """The first call whose formula differs from what ran in it, and how many more there are; None if there is none."""
    differing = [(frame, formula.count, ran) for frame, formula in covered if formula.count != (ran := _ran(frame))]
    if not differing:
        return None
    frame, counted, ran = differing[0]
    place = f"{type_name(frame)} {frame.path}".rstrip()
    more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
    why = _why(frame)
    return f"{place}{more}: its formula says {counted:,}, {ran:,} ran" + (f"; {why}" if why else "")


def kind_without(frame: Frame) -> str:
    """The kind of a call that did work and has no formula, with the reason where one is known."""
    if isinstance(frame.module, ScriptModule):
        return f"{type_name(frame)} (compiled)"
    normed = (child.path for child in frame.children if child.module is not None and _is_normed(child.module))
    first = next(normed, None)
    return type_name(frame) if first is None else f"{type_name(frame)} (the spectral norm of {first})"


def _is_normed(module: nn.Module) -> bool:
    """Whether a hook computes the module's weight before its call, and so in its caller's."""
    return any(isinstance(hook, SpectralNorm) for hook in module._forward_pre_hooks.values())


def _ran(frame: Frame) -> int:
    """The MACs of the call with all that it called; weights that are computed anew have calls of their own."""
    macs = 0
    waiting = [frame]
    while waiting:
        frame = waiting.pop()
        macs += frame.macs
        waiting.extend(child for child in frame.children if not isinstance(child.module, ParametrizationList))
    return macs


def _why(frame: Frame) -> str | None:
    names = frame.transforms.names if frame.transforms is not None else ()
    return next((reason for name, reason in _TRANSFORMS.items() if name in names), None)
