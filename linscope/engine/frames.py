"""What the tracer writes down: a frame for each call of a module, a tally for each operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.tensors import dtype_name, shape_of, tensors_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import nn

    from linscope.engine.handling import Handling
    from linscope.report.derivation import Derivation

Shapes = tuple[tuple[int, ...], ...]


class Frame:
    """One call of one module. Counts are its own; ``children`` are the calls it made, in order."""

    __slots__ = (
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
    )

    def __init__(self, path: str, module: nn.Module | None, call: int) -> None:
        self.path = path
        self.module = module
        self.call = call
        self.macs = 0
        self.elements = 0
        self.derivations: list[Derivation] = []
        self.children: list[Frame] = []
        self.input_shapes: Shapes = ()
        self.input_dtypes: tuple[str, ...] = ()
        self.output_shapes: Shapes = ()
        self.output_dtypes: tuple[str, ...] = ()

    def takes(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
        """Note what goes in; the tensors are returned for whoever looks at them, and not kept."""
        tensors = tensors_in(args, kwargs)
        self.input_shapes = tuple(map(shape_of, tensors))
        self.input_dtypes = tuple(dtype_name(t.dtype) for t in tensors)
        return tensors

    def gives(self, output: Any) -> list[torch.Tensor]:
        """Note what came out."""
        tensors = tensors_in((output,), {})
        self.output_shapes = tuple(map(shape_of, tensors))
        self.output_dtypes = tuple(dtype_name(t.dtype) for t in tensors)
        return tensors


class OperatorTally:
    """All calls of one operator: what to do with them, and what they came to."""

    __slots__ = (
        "allocates",
        "calls",
        "derivations",
        "elements",
        "formula",
        "is_composite",
        "macs",
        "modules",
        "name",
        "state",
    )

    def __init__(self, handling: Handling) -> None:
        self.name, self.state, self.formula, self.is_composite, self.allocates = handling
        self.calls = 0
        self.macs = 0
        self.elements = 0
        self.derivations: dict[Derivation, int] = {}
        self.modules: dict[str, None] = {}
