"""Models that learn their sizes from their first input: lazy modules, and holes in the notation.

They are run once, untraced, before the run that counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.modules.lazy import LazyModuleMixin

from linscope.engine.copying import copied, without_values
from linscope.engine.forward import forward
from linscope.engine.inputs import Drawer
from linscope.engine.tracer import Tracer

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.attribution import Modules
    from linscope.engine.guard import Allowance
    from linscope.subject import Subject


def settle(
    subject: Subject,
    model: nn.Module,
    modules: Modules,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    allowance: Allowance | None,
) -> nn.Module:
    """``model`` with every size known: itself where ``modules``, all of them, know theirs; a copy where it is
    the user's own and has some to learn.

    Raises:
        LinscopeError: what ``subject.explain`` makes of the failure, where the first run raises.
    """
    if not any(_is_open(module) for _, module in modules):
        return model
    if not subject.owned:
        model = copied(model)
    state = torch.get_rng_state()
    forward(subject, model, tuple(model.named_modules()), Tracer(allowance), args, kwargs)
    torch.set_rng_state(state)
    _fill_holes(model)
    return model


def settled_on_meta(subject: Subject) -> Subject:
    """``subject`` with every size known, for a fake run: torch makes no fake tensor whose size is still open.

    Raises:
        LinscopeError: as ``settle``.
    """
    with torch.device("meta"):
        model = subject.build()
        if not subject.owned:
            model = without_values(model, "meta")
        args, kwargs = Drawer("meta", torch.device("meta"), None).materialize(subject.arguments(model))
        made = replace(subject, owned=True)
        settled = settle(made, model, tuple(model.named_modules()), args, kwargs, None)
    return replace(made, build=lambda: without_values(settled, "cpu"), learns=False)


def _is_open(module: nn.Module) -> bool:
    if isinstance(module, LazyModuleMixin):
        return bool(module.has_uninitialized_params())
    return _is_hole(module)


def _is_hole(module: nn.Module | None) -> bool:
    # On the class: nn.Module looks an attribute it lacks up in three dicts, and raises.
    return getattr(type(module), "is_hole", False)


def _fill_holes(model: nn.Module) -> None:
    """Put each layer that a hole became in the hole's place."""
    for module in list(model.modules()):
        for name, child in list(module._modules.items()):
            while _is_hole(child):
                child = child.filled  # type: ignore[assignment, union-attr]  # a Waiting of the notation
                module._modules[name] = child
