"""What TorchScript runs by itself, past every dispatch mode: it can be named, not counted."""

from __future__ import annotations

from typing import Any

import torch

_PAST_DISPATCH = ("prim::mkldnn_", "prim::MKLDNN")
"""How the operators are called that ``torch.jit.optimize_for_inference`` puts in."""


def unseen(module: object) -> tuple[str, ...]:
    """The operators in a compiled module's program that no mode gets to see, each as often as it stands there."""
    if not isinstance(module, torch.jit.ScriptModule) or not hasattr(module, "graph"):
        return ()
    return tuple(_among(module.graph))


def _among(block: Any) -> list[str]:
    found = []
    for node in block.nodes():
        if node.kind().startswith(_PAST_DISPATCH):
            found.append(node.kind().replace("::", ".", 1))
        for inner in node.blocks():
            found += _among(inner)
    return found
