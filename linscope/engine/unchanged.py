"""A model that a forward leaves as it was: modes, attributes, hooks, gradients, and the bits of every tensor.

Tables and attributes are copied before, shallowly, and put back where they differ. The values are too large for
that: a storage is copied when the first operator is about to write to it, and only then.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from operator import eq, is_
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import _disable_current_modes

from linscope.engine.tensors import plainly

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTAINERS = frozenset((dict, list, set, OrderedDict, deque))
"""Attributes of exactly these types are kept one level deep: tables of parameters, of hooks, the user's caches."""


class Unchanged:
    """``model`` runs in the mode asked for, and is afterwards what it was.

    Args:
        training: the mode to run in; None keeps every module's own.
        made: the model was made for the run, and has nothing to keep.
        modules: all of the model's, where they are known.
    """

    __slots__ = (
        "_attributes",
        "_containers",
        "_empty",
        "_made",
        "_model",
        "_modes",
        "_modules",
        "_tensors",
        "_training",
    )

    def __init__(
        self, model: nn.Module, training: bool | None, *, made: bool, modules: Iterable[nn.Module] | None = None
    ) -> None:
        self._model = model
        self._modules = modules
        self._training = training
        self._made = made

    def __enter__(self) -> None:
        model, training = self._model, self._training
        if not self._made:
            modules = tuple(model.modules() if self._modules is None else self._modules)
            # A frozen script has no mode.
            self._modes = [(m, m.training) for m in modules if hasattr(m, "training")]
            self._attributes = [(module.__dict__, module.__dict__.copy()) for module in modules]
            containers = [
                value for module in modules for value in module.__dict__.values() if type(value) in _CONTAINERS
            ]
            # Nine tables of ten are empty, and a copy of each is work for the garbage collector.
            self._empty = [value for value in containers if not value]
            self._containers = [(value, value.copy()) for value in containers if value]
            with _disable_current_modes(), plainly():
                self._tensors = [_Tensor(tensor) for tensor in _held(modules)]
        if training is not None and (not self._made or training is not model.training):
            model.train(training)

    def __exit__(self, *exception: object) -> None:
        if self._made:
            return
        for attributes, before in self._attributes:
            if not _same_items(attributes, before):
                attributes.clear()
                attributes.update(before)
        for container in self._empty:
            if container:
                container.clear()
        for container, content in self._containers:
            _refill(container, content)
        for module, mode in self._modes:
            if module.training is not mode:
                module.training = mode  # a scripted module keeps its mode elsewhere than in its attributes
        with plainly():
            for tensor in self._tensors:
                tensor.put_back()


class _Tensor:
    """What a parameter or a buffer is apart from its values: which memory it stands for, and its gradient."""

    __slots__ = ("_alias", "_grad", "_requires_grad", "_tensor")

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor
        self._alias = tensor.detach()
        self._grad = tensor.grad if tensor.is_leaf else None
        self._requires_grad = tensor.requires_grad

    def put_back(self) -> None:
        tensor = self._tensor
        if not _same_place(tensor, self._alias):
            tensor.data = self._alias
        if not tensor.is_leaf:
            return
        if tensor.requires_grad is not self._requires_grad:
            tensor.requires_grad_(self._requires_grad)
        if tensor.grad is not self._grad:
            tensor.grad = self._grad


def _same_place(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether both are the same view of the same memory."""
    if one.shape != other.shape or one.dtype is not other.dtype or one.layout is not other.layout:
        return False
    if not _has_storage(one):
        return True
    if one.untyped_storage()._cdata != other.untyped_storage()._cdata:
        return False
    return one.storage_offset() == other.storage_offset() and one.stride() == other.stride()


def _same_items(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """The same keys in the same order, and the very same values."""
    if len(one) != len(other):
        return False
    return all(map(is_, one.values(), other.values())) and all(map(eq, one, other))


def _refill(container: Any, content: Any) -> None:
    """Give ``container`` what it held; it stays the same object, which others may hold, too."""
    if isinstance(container, dict):
        if not _same_items(container, content):
            container.clear()
            container.update(content)
    elif isinstance(container, set):
        container.clear()
        container.update(content)
    elif len(container) != len(content) or not all(map(is_, container, content)):
        container.clear()
        container.extend(content)


class KeptValues:
    """The values of ``tensors``, kept from being lost to operators that write.

    ``before`` is called with what an operator is about to write to; on leaving, each storage that it was called
    for holds the same bits as at first.
    """

    __slots__ = ("_guarded", "_written")

    def __init__(self, tensors: Iterable[torch.Tensor]) -> None:
        self._guarded = {t.untyped_storage()._cdata: t.untyped_storage() for t in tensors if _has_storage(t)}
        self._written: list[tuple[torch.UntypedStorage, torch.UntypedStorage]] = []

    def __enter__(self) -> KeptValues:
        return self

    def before(self, written: Any) -> None:
        """Copy the storage of the tensor, or of the tensors of the list, if it is guarded and not copied yet."""
        if isinstance(written, torch.Tensor):
            if _has_storage(written):
                storage = self._guarded.pop(written.untyped_storage()._cdata, None)
                if storage is not None:
                    self._written.append((storage, storage.clone()))  # type: ignore[no-untyped-call]
        elif isinstance(written, tuple | list):
            for tensor in written:
                self.before(tensor)

    def __exit__(self, *exception: object) -> None:
        for storage, values in self._written:
            if storage.nbytes() != values.nbytes():
                storage.resize_(values.nbytes())
            storage.copy_(values)
        self._written.clear()


def values_of(model: nn.Module, given: Iterable[torch.Tensor]) -> KeptValues:
    """The values of the user's own model and of the tensors given with it."""
    held = _held(model.modules())
    grads = [tensor.grad for tensor in held if tensor.is_leaf and tensor.grad is not None]
    return KeptValues((*held, *grads, *given))


def _held(modules: Iterable[nn.Module]) -> tuple[torch.Tensor, ...]:
    """The parameters and buffers of ``modules``, each once; of those whose size is known."""
    tables = (table for module in modules for table in (module._parameters, module._buffers))
    held = {id(t): t for table in tables for t in table.values() if t is not None}
    return tuple(t for t in held.values() if not is_lazy(t))


def _has_storage(tensor: torch.Tensor) -> bool:
    return tensor.layout is torch.strided and not tensor.is_meta and not tensor.is_nested
