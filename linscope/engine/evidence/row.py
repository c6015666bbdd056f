"""One output row worked through: the numbers that meet, product by product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from linscope.engine.evidence.ways import Way, between, named
from linscope.report.evidence import LINEAR

if TYPE_CHECKING:
    from linscope.engine.evidence.sample import Sample
    from linscope.report.evidence import Comparison

# What fits on a line and can be checked by hand.
_FEATURES = 4
_OUTPUTS = 3


@dataclass(frozen=True, slots=True)
class WorkedRow:
    """The figures of ``LinearEvidence.row_*``, and the comparison of the sums with the row that came out."""

    input: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    rest: tuple[float, ...]
    bias: tuple[float, ...]
    output: tuple[float, ...]
    comparison: Comparison


def work_through(s: Sample) -> WorkedRow | None:
    """The first row of the sample, its first outputs; None for complex numbers.

    The products are taken one by one and summed in double precision, by no matrix product; the sums are then
    rounded to the layer's dtype.
    """
    if s.x.is_complex():
        return None
    outputs, features = min(_OUTPUTS, s.outputs), s.x.shape[-1]
    row = _double(s.first.x)  # (in,)
    weights = _double(s.out_in[:outputs])  # (outputs, in)
    products = weights * row  # (outputs, in)
    sums = products.sum(-1)
    rest: list[float] = [0.0] * outputs
    shown = features
    if features > _FEATURES:
        shown = _FEATURES
        rest = products[:, shown:].sum(-1).tolist()
    bias: list[float] = []
    if s.bias is not None:
        added = _double(s.bias[:outputs])
        sums, bias = sums + added, added.tolist()

    came = s.first.y[:outputs].cpu()
    place = s.first.place
    pair = "j, i" if s.kind == LINEAR else "i, j"
    terms = f"x{named(*place, 'i')} * weight[{pair}] for i in range({features})"
    way = Way(
        subject="row_worked",
        left=f"layer(x){named(*place, 'j')}",
        right=f"sum({terms})" + (" + bias[j]" if bias else ""),
        one=came,
        other=sums.to(s.y.dtype),
    )
    return WorkedRow(
        input=tuple(row[:shown].tolist()),
        weights=tuple(tuple(numbers) for numbers in weights[:, :shown].tolist()),
        rest=tuple(rest),
        bias=tuple(bias),
        output=tuple(came.tolist()),
        comparison=between(way, s.tolerance),
    )


def _double(tensor: Tensor) -> Tensor:
    return tensor.to("cpu", torch.float64)
