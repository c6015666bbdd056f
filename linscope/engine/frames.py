"""What the tracer writes down: a frame for each call of a module, a tally for each operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch._C._functorch import peek_interpreter_stack
from torch.jit import ScriptModule

from linscope.engine.masking import ATTENTION, of_module
from linscope.engine.tensors import dtype_name, plainly, shape_of, tensors_in
from linscope.engine.transforms import surrounding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import nn

    from linscope.engine.transforms import Transforms
    from linscope.report.derivation import Derivation

Shapes = tuple[tuple[int, ...], ...]


class Frame:
    """One call of one module. Counts are its own; ``children`` are the calls it made, in order.

    ``returned`` is whether it came to its end; ``transforms`` what it ran under, None where nothing. ``attention``
    is the kind (``masking``) of every attention operator in it, ``asked`` what the module itself was asked for.
    """

    __slots__ = (
        "allocated",
        "asked",
        "attention",
        "call",
        "children",
        "derivations",
        "elements",
        "input_dtypes",
        "input_shapes",
        "macs",
        "module",
        "output_dtypes",
        "output_shapes",
        "path",
        "returned",
        "transforms",
    )

    def __init__(self, path: str, module: nn.Module | None, call: int) -> None:
        self.path = path
        self.module = module
        self.call = call
        self.macs = 0
        self.elements = 0
        self.allocated = 0
        self.derivations: list[Derivation] = []
        self.children: list[Frame] = []
        self.input_shapes: Shapes = ()
        self.input_dtypes: tuple[str, ...] = ()
        self.output_shapes: Shapes = ()
        self.output_dtypes: tuple[str, ...] = ()
        self.returned = False
        self.transforms: Transforms | None = None
        self.attention: list[str] = []
        self.asked: str | None = None

    def takes(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
        """Note what goes in; the tensors are returned for whoever looks at them, and not kept."""
        with plainly():
            tensors = tensors_in(args, kwargs)
            self.input_shapes = tuple(map(shape_of, tensors))
            self.input_dtypes = tuple(dtype_name(t.dtype) for t in tensors)
        self.asked = of_module(self.module, args, kwargs)
        if peek_interpreter_stack() is not None:
            held = self.module._parameters.values() if self.module is not None else ()
            self.transforms = surrounding((*tensors, *(p for p in held if p is not None)))
        return tensors

    def gives(self, output: Any) -> list[torch.Tensor]:
        """Note what came out."""
        with plainly():
            tensors = tensors_in((output,), {})
            self.output_shapes = tuple(map(shape_of, tensors))
            self.output_dtypes = tuple(dtype_name(t.dtype) for t in tensors)
        self.returned = True
        return tensors


def walk(root: Frame) -> Iterator[tuple[Frame, int]]:
    """Every call under ``root`` with its depth, callers before those they call, in the order they were made.

    Iterative, for models deeper than Python's stack.
    """
    waiting = [(frame, 0) for frame in reversed(root.children)]
    while waiting:
        frame, depth = waiting.pop()
        yield frame, depth
        if frame.children:
            waiting.extend([(child, depth + 1) for child in reversed(frame.children)])


def take_in(root: Frame, model: nn.Module) -> None:
    """Lay the work done around the calls, as by a hook of ``model`` itself, to the call of ``model``.

    Where it was called past everything that could see it, a call is made up, around those that were seen.
    """
    if not (root.macs or root.elements or root.derivations or root.allocated):
        return
    outermost = next((frame for frame in root.children if not frame.path), None)
    if outermost is None:
        outermost = Frame("", model, 1)
        outermost.children = root.children
        root.children = [outermost]
    outermost.macs += root.macs
    outermost.elements += root.elements
    outermost.allocated += root.allocated
    outermost.derivations += root.derivations
    outermost.attention += root.attention
    root.macs = root.elements = root.allocated = 0
    root.derivations, root.attention = [], []


def type_name(frame: Frame) -> str:
    """The class of the module that was called; of a compiled one, the class it was compiled from."""
    module = frame.module
    kind = type(module)
    if getattr(kind, "is_tensor_method", False):
        return str(module)
    return str(module.original_name) if isinstance(module, ScriptModule) else kind.__name__


class OperatorTally:
    """All calls of one operator, and what they came to.

    ``attends`` is whether its arguments say if attention is causal or masked.
    """

    __slots__ = ("attends", "calls", "derivations", "elements", "macs", "modules", "name", "state")

    def __init__(self, name: str, state: str) -> None:
        self.name = name
        self.state = state
        self.attends = name in ATTENTION
        self.calls = 0
        self.macs = 0
        self.elements = 0
        self.derivations: dict[Derivation, int] = {}
        self.modules: dict[str, None] = {}
