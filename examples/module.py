"""A model of one's own: bare parameters and functional calls count as layers do."""

import torch
from torch import nn
from torch.nn import functional as F

import linscope


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(10, 50)
        self.second = nn.Parameter(torch.randn(50, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.first(x)) @ self.second  # (*, 50) @ (50, 2)


report = linscope.analyze(Net(), "[3,10]")
for layer in report.layers:
    print(f"{layer.path or '(the model)':<12} {layer.parameters.total:>4} parameters  {layer.macs:>6} MACs")
print(f"{'total':<12} {report.totals.parameters.total:>4} parameters  {report.totals.macs:>6} MACs")
