"""Functions that a file defines: their nodes, as one call of them has them."""

from __future__ import annotations

from typing import Any


def body_of(onnx: Any, function: Any, caller: Any) -> list[Any]:
    """The nodes of a function, with the caller's attributes where they refer to those, or the function's usual ones."""
    given = {a.name: a for a in function.attribute_proto} | {a.name: a for a in caller.attribute}
    return [_resolved(onnx, node, given) for node in function.node]


def _resolved(onnx: Any, node: Any, given: dict[str, Any]) -> Any:
    if not any(attribute.ref_attr_name for attribute in node.attribute):
        return node
    made = onnx.NodeProto()
    made.CopyFrom(node)
    del made.attribute[:]
    for attribute in node.attribute:
        source = given.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
        if source is not None:
            copy = made.attribute.add()
            copy.CopyFrom(source)
            copy.name = attribute.name
    return made
