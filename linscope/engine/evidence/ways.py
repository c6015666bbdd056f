"""The ways to compute one linear map, each compared with what the layer gave."""

from __future__ import annotations

from math import inf, isfinite, isnan
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from linscope.report.evidence import LINEAR, Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.evidence.sample import Sample


class Way(NamedTuple):
    """Two expressions and their values, tensors of one shape."""

    subject: str
    left: str
    right: str
    one: Tensor
    other: Tensor


def compare_ways(s: Sample) -> tuple[Comparison, ...]:
    """Every way against the layer's own output."""
    # The layer's own operation on the call's own tensors repeats bit for bit; of what the CPU does in other
    # dtypes, and other devices do, torch makes no such promise.
    same = {"functional" if s.kind == LINEAR else "matmul"} if s.whole and _repeats(s.x) else set()
    return tuple(between(way, 0.0 if way.subject in same else s.tolerance) for way in _ways(s))


def between(way: Way, tolerance: float) -> Comparison:
    """The comparison of two values: infinitely far apart where their shapes differ."""
    one, other = way.one, way.other
    gap = gap_between(one, other) if one.shape == other.shape else inf
    return Comparison(way.subject, way.left, way.right, gap, tolerance, gap <= tolerance)


def named(*places: int | str) -> str:
    """``[0, 0]`` for an index, and nothing for none."""
    return f"[{', '.join(map(str, places))}]" if places else ""


def _ways(s: Sample) -> Iterator[Way]:
    yield from _products(s)
    yield _flattened(s)
    yield _by_hand(s)
    yield _rows_alone(s)
    if s.bias is not None:
        in_out = "weight.T" if s.kind == LINEAR else "weight"
        yield Way("bias", f"layer(x) - x @ {in_out}", "bias", s.y - s.x @ s.in_out, s.bias.expand(s.y.shape))
    yield _column(s)


def _products(s: Sample) -> Iterator[Way]:
    """The whole of x times the whole of the weight, in torch's several spellings."""
    linear, bias = s.kind == LINEAR, s.bias
    out_in, in_out, turned = ("weight", "weight.T", "weight.t()") if linear else ("weight.T", "weight", "weight")
    letters = "...i,oi->...o" if linear else "...i,io->...o"
    plus, comma = ("", "") if bias is None else (" + bias", ", bias")
    spelled = (
        ("functional", f"F.linear(x, {out_in}{comma})", functional.linear(s.x, s.out_in, bias)),
        ("matmul", f"x @ {in_out}{plus}", _plus(s.x @ s.in_out, bias)),
        ("torch_matmul", f"torch.matmul(x, {turned}){plus}", _plus(torch.matmul(s.x, s.in_out), bias)),
        (
            "einsum",
            f'torch.einsum("{letters}", x, weight){plus}',
            _plus(torch.einsum(letters, s.x, s.weight), bias),
        ),
    )
    for subject, right, value in spelled:
        yield Way(subject, "layer(x)", right, s.y, value)


def _flattened(s: Sample) -> Way:
    """All rows as one matrix."""
    features, in_out = s.x.shape[-1], "weight.T" if s.kind == LINEAR else "weight"
    rows = s.x.reshape(s.rows, features)  # (rows, in)
    came = s.y.reshape(s.rows, s.outputs)  # (rows, out)
    left, flat = f"layer(x).reshape(-1, {s.outputs})", f"x.reshape(-1, {features})"
    if s.bias is None:
        return Way("addmm", left, f"torch.mm({flat}, {in_out})", came, torch.mm(rows, s.in_out))
    added = torch.addmm(s.bias, rows, s.in_out)
    return Way("addmm", left, f"torch.addmm(bias, {flat}, {in_out})", came, added)


def _by_hand(s: Sample) -> Way:
    """The other layer, hand-made for ``nn.Linear`` and the reverse, with this one's weight copied in."""
    if s.kind != LINEAR:
        value = _linear_with(s.out_in.clone(), s.bias)(s.x)
        return Way("by_hand", "layer(x)", "nn.Linear holding weight.T", s.y, value)
    plus = "" if s.bias is None else " + bias"
    value = _plus(s.x @ nn.Parameter(s.in_out.clone()), s.bias)
    return Way("by_hand", "layer(x)", f"x @ nn.Parameter(weight.T.clone()){plus}", s.y, value)


def _column(s: Sample) -> Way:
    """One row stood up as a column, met by the weight from the left."""
    here, out_in = named(*s.first.place), "weight" if s.kind == LINEAR else "weight.T"
    column = s.first.x.unsqueeze(-1)  # (in, 1)
    value = _plus((s.out_in @ column).squeeze(-1), s.bias)
    plus = "" if s.bias is None else " + bias"
    right = f"({out_in} @ x{here}.unsqueeze(-1)).squeeze(-1){plus}"
    return Way("column", f"layer(x){here}", right, s.first.y, value)


def _rows_alone(s: Sample) -> Way:
    """The first and the last row, each sent through the layer with no other row beside it.

    A single row that no dimension counts is alone already: it is sent as one of a batch.
    """
    if s.x.ndim == 1:
        return Way("rows_alone", "layer(x)", "layer(x.unsqueeze(0))[0]", s.y, s.layer(s.x.unsqueeze(0))[0])
    ends = (s.first,) if s.rows == 1 else (s.first, s.last)
    left = ", ".join(f"layer(x){named(*row.place)}" for row in ends)
    right = ", ".join(f"layer(x{named(*row.place)})" for row in ends)
    together = torch.stack([row.y for row in ends])
    alone = torch.stack([s.layer(row.x) for row in ends])
    return Way("rows_alone", left, right, together, alone)


def _plus(product: Tensor, bias: Tensor | None) -> Tensor:
    return product if bias is None else product + bias


def _linear_with(out_in: Tensor, bias: Tensor | None) -> nn.Linear:
    """An ``nn.Linear`` that holds these, built past its constructor: that would draw random numbers."""
    linear = nn.Linear.__new__(nn.Linear)
    nn.Module.__init__(linear)
    linear.out_features, linear.in_features = out_in.shape
    linear.weight = nn.Parameter(out_in)
    linear.register_parameter("bias", None if bias is None else nn.Parameter(bias.clone()))
    return linear


def _repeats(x: Tensor) -> bool:
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


def gap_between(one: Tensor, other: Tensor) -> float:
    """The largest absolute difference; what is not a number equals itself, and so does an infinity."""
    if one.numel() == 0:
        return 0.0
    gaps = (one - other).abs()
    largest = float(gaps.max())
    if not isfinite(largest):
        alike = (one == other) | (one.isnan() & other.isnan())
        largest = float(gaps.masked_fill(alike, 0.0).max())
    return inf if isnan(largest) else largest
