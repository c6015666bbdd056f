"""Which of torch's layers a module really is: whose forward it runs."""

from __future__ import annotations

from functools import cache

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.utils.spectral_norm import SpectralNorm

KNOWN_PACKAGES = ("torch.nn.modules.", "linscope.")

WORK = frozenset({"forward", "_conv_forward", "_sa_block", "_mha_block", "_ff_block"})
"""Methods that decide what a layer computes. Whoever replaces one has made another layer."""


def layer_names(module: nn.Module) -> tuple[str, ...]:
    """Names of the known classes whose computation this module inherits, the nearest first.

    A user's subclass that only adds attributes is what it derives from; one that replaces a method of
    ``WORK``, on the class or on the instance, is nothing known, and the result is empty.
    """
    if not WORK.isdisjoint(vars(module)):
        return ()
    return _class_names(type(module))  # type: ignore[arg-type]  # mypy takes the class for an instance


@cache
def _class_names(kind: type[nn.Module]) -> tuple[str, ...]:
    names: list[str] = []
    for cls in kind.__mro__:
        if cls is nn.Module:
            break
        known = cls.__module__.startswith(KNOWN_PACKAGES)
        if known:
            names.append(cls.__name__)
        if WORK & vars(cls).keys():
            return tuple(names)
    return tuple(names)


def layer_name(module: nn.Module) -> str:
    """The nearest known class's name, or the module's own where it is nothing known."""
    return next(iter(layer_names(module)), type(module).__name__)


def computes_its_weights(module: nn.Module) -> bool:
    """Whether a weight of the module or of a child is made anew at each call, which is work of its own.

    True of ``torch.nn.utils.parametrize`` (so also of the parametrized weight and spectral norms) and of the
    older hook of ``torch.nn.utils.spectral_norm``.
    """
    return any(
        "parametrizations" in m._modules
        or any(isinstance(hook, SpectralNorm) for hook in m._forward_pre_hooks.values())
        for m in module.modules()
    )


def is_unshaped(module: nn.Module) -> bool:
    """Whether a lazy module still waits for the input that decides its sizes."""
    return isinstance(module, LazyModuleMixin) and module.has_uninitialized_params()
