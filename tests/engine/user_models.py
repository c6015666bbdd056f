"""Models as users write them: a forward given as a function, the layers it uses by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

import linscope

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.report.record import Report


class Model(nn.Module):
    """``forward(self, ...)`` is the function given; keyword arguments become attributes, layers among them."""

    def __init__(self, function: Callable[..., Any], **attributes: Any) -> None:
        super().__init__()
        self.function = function
        for name, value in attributes.items():
            setattr(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(self, *args, **kwargs)


def ran(model: nn.Module, inputs: Any, **options: Any) -> Report:
    """The report on ``model``, after what must hold of every report: rows and operators add up to the totals."""
    report = linscope.analyze(model, inputs, **options)
    adds_up(report)
    return report


def adds_up(report: Report) -> None:
    macs, elements = report.totals.macs, report.totals.elementwise
    assert sum(row.macs for row in report.layers) == sum(row.macs for row in report.operators) == macs
    assert sum(row.elementwise for row in report.layers) == sum(row.elements for row in report.operators) == elements
    parameters = report.totals.parameters
    for name in ("total", "trainable", "frozen", "bytes"):
        assert sum(getattr(row.parameters, name) for row in report.layers) == getattr(parameters, name)
    tops = [row for row in report.layers if row.depth == 0]
    assert sum(row.subtree_macs for row in tops) == macs
    assert sum(row.subtree_parameters for row in tops) == parameters.total


def macs_by_path(report: Report) -> dict[str, int]:
    """MACs of each path, all its calls together; paths without any are left out."""
    found: dict[str, int] = {}
    for row in report.layers:
        if row.macs:
            found[row.path] = found.get(row.path, 0) + row.macs
    return found


def ones(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(shape))
