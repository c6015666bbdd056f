"""The sizes of what one node gives: by the rules of the package onnx, by ours for ONNX Runtime's operators, or, where
neither knows, as the file itself declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.errors import ShapeError
from linscope.sources.onnx.call import UnknownSizeError
from linscope.sources.onnx.shapes import LIKE, RULES
from linscope.sources.onnx.values import UNKNOWN, Value, type_of_value, value_of_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.sources.onnx.call import Call


class Inference:
    """Infers one node at a time.

    Args:
        onnx: the package.
        declared: the values that the file declares, by name, under the sizes that were chosen.
    """

    def __init__(self, onnx: Any, declared: Mapping[str, Value]) -> None:
        self._onnx = onnx
        self._declared = declared
        self._schemas: dict[tuple[str, str, int], Any] = {}
        self._imports: dict[int, Any] = {}

    def outputs(self, node: Any, call: Call, opsets: Mapping[str, int], path: str) -> tuple[Value, ...]:
        """What comes out of ``node``, a Value for each output.

        Raises:
            ShapeError: the operator does not take what goes in.
        """
        found = self._by_schema(node, call, opsets, path) or _by_rule(call)
        if call.operator == "Reshape" and found:
            _check_elements(call, found[0], path)
        return tuple(
            self._merged(name, found[index] if index < len(found) else UNKNOWN)
            for index, name in enumerate(node.output)
        )

    def _merged(self, name: str, value: Value) -> Value:
        """``value``, and what is declared where that is more."""
        declared = self._declared.get(name)
        if declared is None or value.sizes is not None or value.data is not None:
            return value
        if value.shape is None:
            return Value(declared.shape, value.dtype or declared.dtype, None, value.proto or declared.proto)
        if declared.shape is None or len(declared.shape) != len(value.shape):
            return value
        shape = (size if size is not None else told for size, told in zip(value.shape, declared.shape, strict=True))
        return Value(tuple(shape), value.dtype or declared.dtype)

    def _by_schema(self, node: Any, call: Call, opsets: Mapping[str, int], path: str) -> tuple[Value, ...]:
        """By onnx's own rule; nothing where it has none, or an input is not known."""
        standin = LIKE.get(call.operator)
        if standin is not None:
            node = standin(self._onnx, node)
        domain = "" if node.domain == "ai.onnx" else node.domain
        schema = self._schema(node.op_type, domain, opsets.get(domain, 1))
        if schema is None or not schema.has_type_and_shape_inference_function:
            return ()
        named = dict(zip(node.input, _inputs(node, call, standin is not None), strict=False))
        types = {name: type_of_value(self._onnx, value) for name, value in named.items() if name and value is not None}
        if any(kind is None for kind in types.values()) or set(filter(None, node.input)) - set(types):
            return ()
        data = {
            name: self._onnx.numpy_helper.from_array(value.data)
            for name, value in named.items()
            if value is not None and value.data is not None and value.data.dtype.kind in "iufb"
        }
        try:
            inferred = self._onnx.shape_inference.infer_node_outputs(
                schema, node, types, data, opset_imports=self._imported(opsets)
            )
        except Exception as error:  # of C++, under several names
            words = str(error)
            if "ShapeInferenceError" not in words:
                return ()
            raise _does_not_fit(call, path, words) from None
        return tuple(value_of_type(inferred[name]) if name in inferred else UNKNOWN for name in node.output)

    def _imported(self, opsets: Mapping[str, int]) -> Any:
        if id(opsets) not in self._imports:
            made = [self._onnx.helper.make_opsetid(name, version) for name, version in opsets.items()]
            self._imports[id(opsets)] = made
        return self._imports[id(opsets)]

    def _schema(self, operator: str, domain: str, version: int) -> Any:
        key = (operator, domain, version)
        if key not in self._schemas:
            try:
                self._schemas[key] = self._onnx.defs.get_schema(operator, version, domain)
            except Exception:  # SchemaError, which is not of the same class in all versions
                self._schemas[key] = None
        return self._schemas[key]


def _inputs(node: Any, call: Call, stands_in: bool) -> tuple[Value | None, ...]:
    """The values of a node's inputs; of a node that stands in for another, those that it kept."""
    return call.inputs[: len(node.input)] if stands_in else call.inputs


def _by_rule(call: Call) -> tuple[Value, ...]:
    rule = RULES.get(call.operator)
    if rule is None:
        return ()
    try:
        shapes = rule(call)
    except (UnknownSizeError, ValueError, IndexError, ZeroDivisionError):
        return ()
    first = next((value.dtype for value in call.inputs if value is not None), None)
    return tuple(UNKNOWN if shape is None else Value(shape, first) for shape in shapes)


def _check_elements(call: Call, made: Value, path: str) -> None:
    """What is reshaped keeps its elements, which onnx does not look at."""
    taken = call.given(0)
    if taken is not None and None not in (taken.elements, made.elements) and taken.elements != made.elements:
        raise _does_not_fit(call, path, f"to {list(made.sizes or ())}, which has another number of elements")


def _does_not_fit(call: Call, path: str, words: str) -> ShapeError:
    said = words.rpartition("[ShapeInferenceError]")[2].strip().partition("\n")[0]
    shapes = (
        f"input {index}: {list(value.shape) if value.shape is not None else 'unknown'}"
        for index, value in enumerate(call.inputs)
        if value is not None
    )
    return ShapeError(
        f"{path}: {call.operator} does not take these shapes",
        details=(*shapes, said[:300]),
        hint="feed the sizes that the graph was exported for",
    )
