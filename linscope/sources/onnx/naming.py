"""Where a node stands: the path of the layers around it, from its name or from what its exporter wrote beside it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from linscope.graph.steps import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
"""Metadata that torch's exporter writes: the paths of the modules around a node, and their classes."""

LONGEST = 20_000
"""Characters of metadata that are read."""


class Namer:
    """Names the nodes of one graph, no two alike.

    Args:
        around: the calls that the graph is part of.
    """

    def __init__(self, around: tuple[Scope, ...]) -> None:
        self._around = around
        self._taken: dict[str, int] = {}

    def scopes_of(self, node: Any) -> tuple[tuple[Scope, ...], str]:
        """The calls that a node is part of, the outermost first, and a path for the node itself."""
        exported = _exported(node)
        if exported is not None:
            scopes, name = exported, node.op_type
        else:
            parts = [part for part in node.name.split("/") if part]
            scopes, name = tuple(_layers(parts[:-1])), parts[-1] if parts else node.op_type
        outer = self._around[-1].path if self._around else ""
        inner = tuple(Scope(_joined(outer, scope.path), scope.type) for scope in scopes)
        path = _joined(inner[-1].path if inner else outer, name.replace(".", "_"))
        return (*self._around, *inner), self._free(path)

    def _free(self, path: str) -> str:
        again = self._taken.get(path, 0)
        self._taken[path] = again + 1
        return f"{path}_{again}" if again else path


def _exported(node: Any) -> tuple[Scope, ...] | None:
    """The modules around a node as torch's exporter has them; the last entry is the operator itself."""
    about = {entry.key: entry.value for entry in node.metadata_props} if hasattr(node, "metadata_props") else {}
    paths, classes = _texts(about.get(SCOPES)), _texts(about.get(CLASSES))
    if not paths:
        return None
    kinds = classes if len(classes) == len(paths) else ["Module"] * len(paths)
    return tuple(
        Scope(path, kind.rpartition(".")[2] or "Module")
        for path, kind in list(zip(paths, kinds, strict=True))[:-1]
        if path
    )


def _texts(written: str | None) -> list[str]:
    """A list of texts, as Python writes one."""
    if not written or len(written) > LONGEST:
        return []
    try:
        found = ast.literal_eval(written)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return []
    return found if isinstance(found, list) and all(isinstance(text, str) for text in found) else []


def _layers(parts: list[str]) -> Iterator[Scope]:
    """``layer1``, then ``layer1.0``, for ``/layer1/layer1.0/…``: a child may repeat its parent's name or not."""
    path = ""
    for part in parts:
        around, _, last = path.rpartition(".")
        path = _joined(around, part) if last and part.startswith(f"{last}.") else _joined(path, part)
        yield Scope(path, "Module")


def _joined(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if outer and inner else outer or inner
