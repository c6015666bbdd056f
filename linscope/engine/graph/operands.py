"""The arguments of a node as torch would have them: tensors without values for the names of tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from linscope.errors import TargetError
from linscope.graph.program import Block, Constant, Device, Opaque, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.graph.program import Argument, Node, Tensor


class UnknownSizeError(Exception):
    """A tensor, or a number, whose size values decide."""


class Operands:
    """The tensors of one block, each made once and on meta, so that none takes memory."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._made: dict[str, torch.Tensor] = {}

    def call(self, node: Node, func: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments for ``func``, the operator, where torch has it: as its schema has them.

        Raises:
            UnknownSizeError: an argument is not known. TargetError: one that torch cannot have.
        """
        schema = getattr(func, "_schema", None)
        if schema is None:
            return (
                tuple(self.value(a.value) for a in node.arguments if not a.keyword),
                {a.name: self.value(a.value) for a in node.arguments if a.keyword},
            )
        return self._as_declared(node.arguments, schema)

    def result(self, node: Node) -> Any:
        """What comes out: alone, or several in a tuple."""
        made = [self.value(result) for result in node.results]
        return made[0] if len(made) == 1 else tuple(made)

    def value(self, value: Any) -> Any:
        """An argument with tensors and torch's constants in it."""
        match value:
            case Ref(name):
                return self._tensor(name)
            case list():
                return [self.value(item) for item in value]
            case dict():
                return {key: self.value(item) for key, item in value.items()}
            case Constant(name):
                return getattr(torch, name, None)
            case Device():
                return torch.device("meta")
            case Opaque() | Block():
                raise UnknownSizeError
        return value

    def _as_declared(self, arguments: tuple[Argument, ...], schema: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """By the names of the schema; what is left out at the end stays out, what is left out between is as usual."""
        given = {a.name: a.value for a in arguments}
        places = [(index, a) for index, a in enumerate(schema.arguments) if not a.kwarg_only]
        last = max((index for index, a in places if a.name in given), default=-1)
        args = tuple(
            self.value(given[a.name]) if a.name in given else a.default_value for index, a in places if index <= last
        )
        return args, {a.name: self.value(given[a.name]) for a in schema.arguments if a.kwarg_only and a.name in given}

    def _tensor(self, name: str) -> torch.Tensor:
        tensor = self._made.get(name)
        if tensor is None:
            tensor = self._made[name] = _made(name, self._tensors[name])
        return tensor


def _made(name: str, tensor: Tensor) -> torch.Tensor:
    sizes = [size for size in tensor.shape if size is not None]
    if len(sizes) < len(tensor.shape):
        raise UnknownSizeError
    dtype = getattr(torch, tensor.dtype, None)
    if dtype is None:
        raise TargetError(f"torch {torch.__version__} has no dtype {tensor.dtype}", details=(f"of {name[:80]}",))
    try:
        return torch.empty(sizes, dtype=dtype, device="meta")
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise TargetError(f"{name[:80]} is beyond what torch can index", details=(f"torch: {reason}",)) from None
