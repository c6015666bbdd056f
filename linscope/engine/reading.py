"""Which parameters a forward read: those that were an argument of one of its operators.

Looked at tensor by tensor, not module by module: a parent may read a child's weight (``MultiheadAttention`` its
``out_proj``'s), a function a module's, and a module that ran may leave one of its parameters alone. A tensor in a
parameter's memory (``.data``, a view made before the run) stands for the parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn.parameter import is_lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from linscope.engine.attribution import Modules


class Reads:
    """Watches for the parameters of ``modules`` among the arguments of operators, until each was seen once."""

    __slots__ = ("_waiting",)

    def __init__(self, modules: Modules) -> None:
        self._waiting: dict[int, list[Tensor]] = {}
        """By where they lie; several where they are parts of one storage, as tied or flattened weights are."""
        known: set[int] = set()
        for _, module in modules:
            for parameter in module._parameters.values():
                if parameter is None or id(parameter) in known or is_lazy(parameter):
                    continue
                known.add(id(parameter))
                self._waiting.setdefault(_place(parameter), []).append(parameter)

    def note(self, args: Iterable[Any], kwargs: Mapping[str, Any]) -> None:
        """Take down what one operator reads. Runs before every operator: what is cheap here is cheap there."""
        waiting = self._waiting
        if not waiting:
            return
        for argument in args:
            if isinstance(argument, Tensor):
                try:
                    place = argument.untyped_storage()._cdata
                except (NotImplementedError, RuntimeError):
                    place = id(argument)
                if place in waiting:
                    self._found(place, argument)
            elif isinstance(argument, (list, tuple)):
                self.note(argument, _NOTHING)
        if kwargs:
            self.note(kwargs.values(), _NOTHING)

    def unread(self) -> frozenset[int]:
        """The ids of the parameters that no operator has read so far."""
        return frozenset(id(parameter) for waiting in self._waiting.values() for parameter in waiting)

    def _found(self, place: int, seen: Tensor) -> None:
        waiting = self._waiting.pop(place)
        if len(waiting) == 1 and waiting[0] is seen:
            return
        left = [parameter for parameter in waiting if not _is_of(seen, parameter)]
        if left:
            self._waiting[place] = left


_NOTHING: dict[str, Any] = {}


def _place(tensor: Tensor) -> int:
    """Where the values lie; the tensor itself where it has no storage to ask (sparse, mkldnn)."""
    try:
        place: int = tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        place = id(tensor)
    return place


def _is_of(seen: Tensor, parameter: Tensor) -> bool:
    """Whether ``seen``, in the storage of ``parameter``, is the parameter or has elements of it."""
    if seen is parameter:
        return True
    (start, end), (first, last) = _span(seen), _span(parameter)
    return start < last and first < end


def _span(tensor: Tensor) -> tuple[int, int]:
    """The bytes of its storage between the first element of ``tensor`` and the end of its last."""
    if not tensor.numel():
        return 0, 0
    reach = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    start, width = int(tensor.storage_offset()), tensor.element_size()
    return start * width, (start + reach + 1) * width
