"""Shapes at work: what a graph computes of sizes, worked out so that the sizes after it are known.

Only small values and only standard operators: they are run by the package onnx's own reference, in numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from linscope.sources.onnx.values import SMALL, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.sources.onnx.call import Call

_FOLDABLE = """
    Abs Add And Cast Ceil Concat ConstantOfShape Div Equal Expand Flatten Floor Gather GatherElements GatherND Greater
    GreaterOrEqual Identity Less LessOrEqual Max Min Mod Mul Neg NonZero Not OneHot Or Pad Pow Range ReduceMax
    ReduceMin ReduceProd ReduceSum Reshape Round ScatterElements ScatterND Sign Slice Split Sqrt Squeeze Sub Tile
    Transpose Trilu Unsqueeze Where Xor
"""
FOLDABLE = frozenset(_FOLDABLE.split())
"""Operators that shapes are worked out with."""


class Folding:
    """Works out small values.

    Args:
        onnx: the package.
    """

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx

    def folded(
        self, node: Any, call: Call, outputs: tuple[Value, ...], opsets: Mapping[str, int]
    ) -> tuple[Value, ...] | None:
        """``outputs`` with what they are; None where that cannot be had, or is not small."""
        if call.operator in ("Shape", "Size"):
            return self._of_shape(call, outputs)
        known = all(value is None or value.data is not None for value in call.inputs)
        sized = all(value.elements is not None and value.elements <= SMALL for value in outputs)
        if call.operator not in FOLDABLE or not (known and (sized or call.operator == "NonZero")):
            return None
        feeds = {name: value.data for name, value in zip(node.input, call.inputs, strict=True) if value is not None}
        try:
            reference, numpy = import_module("onnx.reference"), import_module("numpy")
            with numpy.errstate(all="ignore"):
                made = reference.ReferenceEvaluator(node, opsets=dict(opsets)).run(None, feeds)
        except Exception:  # whatever numpy, or an operator that the reference lacks, has to say: it stays unknown
            return None
        if len(made) != len(outputs) or any(not hasattr(data, "shape") or data.size > SMALL for data in made):
            return None
        return tuple(Value(tuple(data.shape), value.dtype, data) for value, data in zip(outputs, made, strict=True))

    def _of_shape(self, call: Call, outputs: tuple[Value, ...]) -> tuple[Value, ...] | None:
        import numpy

        value = call.given(0)
        sizes = None if value is None else value.sizes
        if sizes is None or len(outputs) != 1:
            return None
        if call.operator == "Size":
            assert value is not None
            return (Value((), "int64", numpy.array(value.elements, dtype=numpy.int64)),)
        start, end = call.attributes.get("start", 0), call.attributes.get("end")
        data = numpy.array(sizes[start:end], dtype=numpy.int64)
        return (Value(tuple(data.shape), "int64", data),)
