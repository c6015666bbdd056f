"""An operator of one's own: named as uncounted until linscope is taught what it costs, and counted from then on.

The same lessons in a file of their own serve the command line: linscope analyze SPEC --formulas file.py
"""

import torch
from torch import nn

import linscope


@torch.library.custom_op("mylib::low_rank", mutates_args=())
def low_rank(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> torch.Tensor:
    return (x @ down) @ up  # (*, in) @ (in, rank) @ (rank, out); it might as well be a kernel in CUDA


class Adapter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(64, 4))
        self.up = nn.Parameter(torch.randn(4, 64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + low_rank(x, self.down, self.up)


def show(report: linscope.Report) -> None:
    uncounted = ", ".join(row.name for row in report.uncounted) or "nothing"
    print(f"{report.totals.macs:,} MACs, {report.status}; uncounted: {uncounted}")


show(linscope.analyze(Adapter(), "[32,64]"))


@linscope.formula("mylib::low_rank")
def low_rank_macs(x: torch.Tensor, down: torch.Tensor, up: torch.Tensor) -> list[dict[str, int]]:
    rows = x.numel() // x.shape[-1]
    return [
        {"rows": rows, "in": down.shape[0], "rank": down.shape[1]},
        {"rows": rows, "rank": up.shape[0], "out": up.shape[1]},
    ]


report = linscope.analyze(Adapter(), "[32,64]")
show(report)
derivation = report.layers[0].derivation
assert derivation is not None
print(f"{derivation.names()} = {derivation.numbers()}")
