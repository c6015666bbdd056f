"""Models that learn their sizes from their first input: lazy modules, and holes in the notation.

They are run once, untraced, before the run that counts.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import UninitializedBuffer, is_lazy

from linscope.engine.forward import forward
from linscope.engine.tracer import Tracer
from linscope.errors import ModelError

if TYPE_CHECKING:
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
        model = _copied(model, {})
    state = torch.get_rng_state()
    forward(subject, model, tuple(model.named_modules()), Tracer(allowance), args, kwargs)
    torch.set_rng_state(state)
    _fill_holes(model)
    return model


def without_values(model: nn.Module, device: str | None) -> nn.Module:
    """A copy of the user's model whose parameters and buffers are shapes alone; nothing large is copied.

    On ``meta``, or (``device`` None) wherever they are, which gives fake tensors within a fake mode.
    """
    memo: dict[int, object] = {}
    for parameter in model.parameters():
        if not is_lazy(parameter):
            empty = torch.empty_like(parameter, device=device)
            memo[id(parameter)] = nn.Parameter(empty, parameter.requires_grad)
    for buffer in model.buffers():
        if not is_lazy(buffer):
            memo[id(buffer)] = torch.empty_like(buffer, device=device)
    return _copied(model, memo)


def _copied(model: nn.Module, memo: dict[int, object]) -> nn.Module:
    """A deep copy, given what stands in for what; buffers without a size, which torch refuses to copy, are new.

    Raises:
        ModelError: the model holds something that cannot be copied (a weight computed from others, say).
    """
    for module in model.modules():
        for buffer in module._buffers.values():
            if isinstance(buffer, UninitializedBuffer):
                memo[id(buffer)] = UninitializedBuffer(  # type: ignore[call-arg]  # its stub lacks them
                    device=buffer.device, dtype=buffer.dtype
                )
    try:
        return copy.deepcopy(model, memo)
    except Exception as error:
        raise ModelError(
            f"{type(model).__name__} cannot be copied, and only a copy can be run so",
            details=(f"torch: {str(error).partition(chr(10))[0][:200]}",),
            hint="--run real runs the model itself",
        ) from error


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
