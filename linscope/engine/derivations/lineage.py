"""Which of torch's layers a module really is: whose forward it runs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN_PACKAGES = ("torch.nn.modules.", "linscope.")

PACKAGES_ELSEWHERE = (
    *("torch.ao.nn.quantized.modules.linear", "torch.ao.nn.quantized.modules.conv"),
    *("torch.ao.nn.quantized.dynamic.modules.", "torch.ao.nn.intrinsic.quantized."),
    *("torch.ao.nn.quantized.reference.modules.linear", "torch.ao.nn.quantized.reference.modules.conv"),
    *("torch.ao.nn.qat.modules.linear", "torch.ao.nn.qat.modules.conv", "torch.ao.nn.qat.dynamic.modules.linear"),
    *("torch.nn.utils.parametrize", "torch.nn.utils.parametrizations"),
)
"""Layers that compute what their namesakes in torch.nn do, on quantized weights, and have the same attributes; and
what computes weights."""

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


def names_elsewhere(module: nn.Module) -> tuple[str, ...]:
    """The same for what is not of torch.nn itself, and is asked for nothing but its count."""
    return () if not WORK.isdisjoint(vars(module)) else _names_elsewhere(type(module))  # type: ignore[arg-type]


@cache
def _class_names(kind: type[nn.Module]) -> tuple[str, ...]:
    return tuple(_names(kind, KNOWN_PACKAGES))


@cache
def _names_elsewhere(kind: type[nn.Module]) -> tuple[str, ...]:
    return tuple(_names(kind, PACKAGES_ELSEWHERE))


def _names(kind: type[nn.Module], packages: tuple[str, ...]) -> Iterator[str]:
    for cls in kind.__mro__:
        if cls is nn.Module:
            return
        if cls.__module__.startswith(packages):
            yield cls.__name__
        if WORK & vars(cls).keys():
            return


def layer_name(module: nn.Module) -> str:
    """The nearest known class's name, or the module's own where it is nothing known."""
    return next(iter(layer_names(module)), type(module).__name__)


def is_unshaped(module: nn.Module) -> bool:
    """Whether a lazy module still waits for the input that decides its sizes."""
    return isinstance(module, LazyModuleMixin) and module.has_uninitialized_params()
