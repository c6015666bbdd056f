"""Putting a tracer around the forward of every module of a model, and taking it away without a trace.

The forward is wrapped on the instance, not hooked: a child called past its ``__call__`` is still seen, no hook
disturbs what looks at hooks, and two models can be traced in two threads.

What is called where no Python runs has no frame, and its work counts for its caller: the children of a compiled
module. A module made within a forward is none of the model's, and likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from linscope.engine.tracer import Tracer

Modules = tuple[tuple[str, nn.Module], ...]
"""Every module of a model once, with its path, parents before children."""

_ABSENT = object()


class Attributed:
    """Within the context the forward of each of ``modules`` reports to ``tracer`` under its path.

    ``hidden_root`` leaves the first out: a wrapper around the user's layers, and none of them.
    """

    __slots__ = ("_modules", "_parallel", "_tracer", "_wrapped")

    def __init__(self, modules: Modules, tracer: Tracer, *, hidden_root: bool = False) -> None:
        self._modules = modules[1:] if hidden_root else modules
        self._tracer = tracer
        self._wrapped: list[tuple[nn.Module, object]] = []
        self._parallel: list[tuple[nn.DataParallel[nn.Module], list[Any]]] = []

    def __enter__(self) -> None:
        try:
            for path, module in self._modules:
                self._wrap(path, module)
        except BaseException:
            self.__exit__()
            raise

    def _wrap(self, path: str, module: nn.Module) -> None:
        if isinstance(module, torch.jit.ScriptModule) and not path:
            return  # a compiled root is called from within a frame of its own
        if isinstance(module, nn.DataParallel) and len(module.device_ids) > 1:
            # Replicas run in threads of their own, which nothing here sees; one does the same work in this one.
            self._parallel.append((module, module.device_ids))
            module.device_ids = module.device_ids[:1]
        own = module.__dict__
        if "forward" not in own and not _has_forward(module):
            return  # a container
        before = own.get("forward", _ABSENT)
        own["forward"] = self._tracer.traced(path, module, module.forward)
        self._wrapped.append((module, before))

    def __exit__(self, *exception: object) -> None:
        for module, before in self._wrapped:
            if before is _ABSENT:
                del module.__dict__["forward"]
            else:
                module.__dict__["forward"] = before
        self._wrapped.clear()
        for parallel, devices in self._parallel:
            parallel.device_ids = devices
        self._parallel.clear()


def _has_forward(module: nn.Module) -> bool:
    if isinstance(module, torch.jit.ScriptModule):
        return bool(module._c._has_method("forward"))
    return type(module).forward is not nn.Module.forward
