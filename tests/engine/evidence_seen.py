"""Looking at the evidence of one call."""

from __future__ import annotations

import torch

from linscope.engine.evidence import collect

WHOLE = {"functional", "matmul", "torch_matmul", "einsum", "addmm", "by_hand"}
"""Comparisons of every element that came out."""

ONE_ROW = {"rows_alone", "column", "row_worked"}
"""Comparisons of the first row, or the first and the last."""


def looked(layer, x, y=None):
    """The evidence of ``layer(x)``, or of a wrong ``y`` in its place."""
    with torch.no_grad():
        found = collect("0", layer, x, layer(x) if y is None else y)
    assert found is not None
    return found


def broken(evidence):
    """The comparisons that do not hold."""
    return {c.subject for c in evidence.comparisons if not c.holds}


def example():
    """``[32, 3, 4] -> Linear(4, 2)``: the layer and x."""
    torch.manual_seed(0)
    return torch.nn.Linear(4, 2, bias=False), torch.randn(32, 3, 4)
