"""The part of one linear call that is compared: all of it, or as much as bounded work allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import isfinite, prod
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from linscope.report.evidence import LINEAR

if TYPE_CHECKING:
    from collections.abc import Callable

# At most this many multiply-accumulates in each comparison, as far as one row and one output allow, and at
# most this many rows.
_MACS = 1 << 19
_ROWS = 256

# A row of more features than this is not looked at.
LONGEST_ROW = 1 << 20

# What is lost where float32 products may be taken from shortened factors (TF32; two bfloat16).
_SHORTENED = {"highest": 0.0, "high": 2.0**-11, "medium": 2.0**-8}


class Row(NamedTuple):
    """One row of the call: its place among the leading dimensions, x (in,) and y (out,)."""

    place: tuple[int, ...]
    x: Tensor
    y: Tensor


@dataclass(frozen=True, slots=True)
class Sample:
    """Tensors of one call ``y = layer(x)``, cut to ``rows`` rows and ``outputs`` outputs.

    ``x`` (*, in) and ``y`` (*, outputs) are the call's own where that is all (``whole``), else (rows, in) and
    (rows, outputs). ``weight`` is as stored, ``out_in`` and ``in_out`` the same memory as (outputs, in) and
    (in, outputs); ``bias`` is (outputs,).
    """

    kind: str
    x: Tensor
    y: Tensor
    weight: Tensor
    bias: Tensor | None
    layer: Callable[[Tensor], Tensor]
    first: Row
    last: Row
    rows: int
    outputs: int
    whole: bool
    tolerance: float

    @property
    def out_in(self) -> Tensor:
        return self.weight if self.kind == LINEAR else self.weight.T

    @property
    def in_out(self) -> Tensor:
        return self.weight.T if self.kind == LINEAR else self.weight


def take(kind: str, module: nn.Module, weight: Tensor, bias: Tensor | None, x: Tensor, y: Tensor) -> Sample:
    """The sample of one call: x (*, in), y (*, out), neither of them empty. Copies at most what it keeps."""
    features, total, leading = x.shape[-1], y.shape[-1], tuple(x.shape[:-1])
    outputs = min(total, max(1, _MACS // max(1, features)))
    rows = min(prod(leading), _ROWS, max(1, _MACS // max(1, features * outputs)))
    layer: Callable[[Tensor], Tensor] = partial(type(module).forward, module)
    if outputs < total:
        weight = weight.narrow(0 if kind == LINEAR else 1, 0, outputs)
        bias = None if bias is None else bias[:outputs]
        layer = _part(weight if kind == LINEAR else weight.T, bias)
        y = y[..., :outputs]
    whole = rows == prod(leading) and outputs == total
    start, end = (0,) * len(leading), _place(rows - 1, leading)
    first, last = Row(start, x[start], y[start]), Row(end, x[end], y[end])
    if rows < prod(leading):
        x, y = _first_rows(x, rows), _first_rows(y, rows)
    bound = _rounding(x, weight if kind == LINEAR else weight.T, bias)
    return Sample(kind, x, y, weight, bias, layer, first, last, rows, outputs, whole, bound)


def _part(out_in: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    """The layer that has these outputs only: out_in (outputs, in)."""
    return lambda rows: functional.linear(rows, out_in, bias)


def _place(position: int, leading: tuple[int, ...]) -> tuple[int, ...]:
    """Where the row at ``position``, in row-major order, stands among the leading dimensions."""
    place: list[int] = []
    for size in reversed(leading):
        position, index = divmod(position, size)
        place.insert(0, index)
    return tuple(place)


def _first_rows(tensor: Tensor, count: int) -> Tensor:
    """(*, n) -> (count, n), without a copy of what is left out, however the tensor lies in memory."""
    while tensor.ndim > 2:
        inner = prod(tensor.shape[1:-1])
        if inner < count:
            tensor = tensor[: -(-count // inner)]
            break
        tensor = tensor[0]
    return tensor.reshape(-1, tensor.shape[-1])[:count]


def _rounding(x: Tensor, out_in: Tensor, bias: Tensor | None) -> float:
    """How far apart two ways to sum the same products may come out: x (*, in), out_in (outputs, in).

    Summed in any order, in floating point of unit roundoff u = eps / 2, a dot product of n terms is within
    n·u·Σ|xᵢ||wᵢ| of the true one, to first order (N. J. Higham, Accuracy and Stability of Numerical
    Algorithms, 2nd ed., section 3.1): two of them are within n·eps·Σ|xᵢ||wᵢ| of each other. The bias is one
    more term, the final rounding another; complex products err by up to four times as much.
    """
    wide = torch.float64 if x.dtype in (torch.float64, torch.complex128) else torch.float32
    size = functional.linear(x.abs().to(wide), out_in.abs().to(wide), None if bias is None else bias.abs().to(wide))
    numbers = torch.finfo(x.dtype)
    terms = (x.shape[-1] + 2) * (4 if x.is_complex() else 1)
    bound = (terms * numbers.eps + 5 * _shortened(x)) * (float(size.max()) + numbers.smallest_normal)
    return bound if isfinite(bound) else 0.0


def _shortened(x: Tensor) -> float:
    """The unit roundoff of the factors where products of float32 may be shortened, else 0."""
    if x.dtype not in (torch.float32, torch.complex64):
        return 0.0
    try:
        return _SHORTENED.get(torch.get_float32_matmul_precision(), 2.0**-8)
    except RuntimeError:  # set by way of one backend, and torch will not say it for all
        return 2.0**-8
