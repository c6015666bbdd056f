"""Matrix products in loops, under every name they have in torch."""

from __future__ import annotations

from functools import lru_cache, reduce
from math import inf
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from brute.counting import Count, filled


def matmul(count: Count, a: Tensor, b: Tensor) -> Tensor:
    """a (…, n, k) @ b (…, k, m), the leading dimensions broadcast; a vector is a row, or a column."""
    if a.is_nested:
        return torch.nested.as_nested_tensor([matmul(count, x, y) for x, y in zip(a.unbind(), b.unbind(), strict=True)])
    if a.layout is not torch.strided or b.layout is not torch.strided:
        return _stored(count, a, b)
    x = a.unsqueeze(0) if a.dim() == 1 else a
    y = b.unsqueeze(1) if b.dim() == 1 else b
    if x.shape[-1] != y.shape[-2]:
        raise RuntimeError(f"{tuple(a.shape)} @ {tuple(b.shape)}")
    batch = torch.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    n, m = x.shape[-2], y.shape[-1]
    rows = x.expand(*batch, *x.shape[-2:]).reshape(-1, n, x.shape[-1]).tolist() if x.numel() else []
    columns = y.expand(*batch, *y.shape[-2:]).mT.reshape(-1, m, y.shape[-2]).tolist() if y.numel() else []
    if not x.numel() or not y.numel():  # nothing to sum over, or nothing to sum for
        out = x.new_zeros(*batch, n, m)
    else:
        values = [
            count.dot(row, column)
            for ours, theirs in zip(rows, columns, strict=True)
            for row in ours
            for column in theirs
        ]
        out = filled(values, (*batch, n, m), a)
    if a.dim() == 1:
        out = out.squeeze(-2)
    return out.squeeze(-1) if b.dim() == 1 else out


def _stored(count: Count, a: Tensor, b: Tensor) -> Tensor:
    """A product in which an element that is not stored takes no part."""
    if a.dim() == 3:
        return torch.stack([_stored(count, x, y) for x, y in zip(a, b, strict=True)])
    column = b.dim() == 1
    left = a.to_dense().tolist()
    right = (b.unsqueeze(1) if column else b.to_dense()).tolist()
    kept = a.layout is not torch.strided, b.layout is not torch.strided
    values = [
        count.sum_of(
            (x, other[j])
            for x, other in zip(row, right, strict=True)
            if (x or not kept[0]) and (other[j] or not kept[1])
        )
        for row in left
        for j in range(len(right[0]))
    ]
    out = filled(values, (len(left), len(right[0])), a)
    return out.squeeze(1) if column else out


def sampled(count: Count, kept: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """sampled_addmm: ``kept + a @ b``, of which only the places that ``kept`` stores are worked out."""
    places = kept.to_sparse_coo()
    rows, columns = a.tolist(), b.t().tolist()
    found = [count.dot(rows[i], columns[j]) for i, j in places.indices().t().tolist()]
    values = places.values() + filled(found, (len(found),), a)
    return torch.sparse_coo_tensor(places.indices(), values, kept.shape)


def linear(count: Count, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if x.is_nested:
        return torch.nested.as_nested_tensor([linear(count, row, weight, bias) for row in x.unbind()], layout=x.layout)
    if weight.layout is not torch.strided:
        weight = weight.to_sparse_coo()
    out = matmul(count, x, weight if weight.dim() == 1 else weight.t())
    return out if bias is None else out + bias


def linear_cross_entropy(
    count: Count, x: Tensor, table: Tensor, target: Tensor, linear_bias: Tensor | None, options: Any, **how: Any
) -> Tensor:
    """table (classes, in): one product, whatever it is cut into, and a loss that contracts nothing."""
    known = {name: value for name, value in how.items() if value is not None}
    return F.cross_entropy(linear(count, x, table, linear_bias), target, **known)


def vdot(count: Count, a: Tensor, b: Tensor) -> Tensor:
    return matmul(count, a.conj().resolve_conj(), b)


def inner(count: Count, a: Tensor, b: Tensor) -> Tensor:
    """Every row of a with every row of b."""
    rows, others = a.reshape(-1, a.shape[-1]), b.reshape(-1, b.shape[-1])
    return matmul(count, rows, others.t()).reshape(a.shape[:-1] + b.shape[:-1])


def added(count: Count, base: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """addmm, addmv, baddbmm."""
    return beta * base + alpha * matmul(count, a, b)


def added_over_batch(count: Count, base: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """addbmm: one sum over the batch and the shared dimension together."""
    n, m = a.shape[1], b.shape[2]
    ours = a.transpose(0, 1).reshape(n, -1)  # (n, batch·k)
    return beta * base + alpha * matmul(count, ours, b.reshape(-1, m))


def tensordot(count: Count, a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    ours, theirs = (list(range(a.dim()))[-dims:], list(range(dims))) if isinstance(dims, int) else dims
    rest = [i for i in range(a.dim()) if i not in ours]
    others = [i for i in range(b.dim()) if i not in theirs]
    rows = a.permute(*rest, *ours).reshape(torch.Size([a.shape[i] for i in rest]).numel(), -1)
    columns = b.permute(*theirs, *others).reshape(rows.shape[1], -1)
    return matmul(count, rows, columns).reshape([a.shape[i] for i in rest] + [b.shape[i] for i in others])


def chain(count: Count, *matrices: Any) -> Tensor:
    """The order that takes the fewest products of all there are."""
    tensors = list(matrices[0]) if isinstance(matrices[0], list | tuple) else list(matrices)
    row, column = tensors[0].dim() == 1, tensors[-1].dim() == 1
    if row:
        tensors[0] = tensors[0].unsqueeze(0)
    if column:
        tensors[-1] = tensors[-1].unsqueeze(1)
    sizes = [t.shape[0] for t in tensors] + [tensors[-1].shape[1]]

    @lru_cache(None)
    def cheapest(first: int, last: int) -> tuple[float, int]:
        """Products of the matrices first … last, and the last of the left part."""
        if first == last:
            return 0, first
        best = (inf, first)
        for cut in range(first, last):
            price = cheapest(first, cut)[0] + cheapest(cut + 1, last)[0]
            best = min(best, (price + sizes[first] * sizes[cut + 1] * sizes[last + 1], cut))
        return best

    def multiplied(first: int, last: int) -> Tensor:
        if first == last:
            return tensors[first]
        cut = cheapest(first, last)[1]
        return matmul(count, multiplied(first, cut), multiplied(cut + 1, last))

    out = multiplied(0, len(tensors) - 1)
    out = out.squeeze(0) if row else out
    return out.squeeze(-1) if column else out


def power(count: Count, x: Tensor, n: int) -> Tensor:
    """By squaring; what is 1 or negative is torch's own."""
    if n in (0, 1):
        return torch.linalg.matrix_power(x, n)
    base = torch.linalg.inv(x) if n < 0 else x
    factors = []
    for bit in reversed(f"{abs(n):b}"):
        if bit == "1":
            factors.append(base)
        if len(factors) < f"{abs(n):b}".count("1"):
            base = matmul(count, base, base)
    return reduce(lambda a, b: matmul(count, a, b), factors)


def covariance(count: Count, x: Tensor) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    return matmul(count, centred, centred.t()) / (x.shape[1] - 1)


def correlation(count: Count, x: Tensor) -> Tensor:
    covariances = covariance(count, x)
    spread = covariances.diagonal().sqrt()
    return covariances / spread[:, None] / spread


def bilinear(count: Count, a: Tensor, b: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """weight (out, in1, in2): a with each column of each output's matrix, then with b."""
    out, _, in2 = weight.shape
    left = a.reshape(-1, a.shape[-1])
    right = b.reshape(-1, b.shape[-1])
    halves = matmul(count, left, weight.permute(1, 0, 2).reshape(a.shape[-1], -1)).reshape(-1, out, in2)
    values = [count.dot(h, r) for rows, r in zip(halves.tolist(), right.tolist(), strict=True) for h in rows]
    result = filled(values, (*a.shape[:-1], out), a)
    return result if bias is None else result + bias


def affine_grid(count: Count, theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """theta (batch, n, n + 1): every position of the grid, (x, y, 1), times its sample's matrix."""
    steps = [
        torch.linspace(-1, 1, s) * (1 if align_corners else (s - 1) / s) if s > 1 else torch.zeros(1) for s in size[2:]
    ]
    places = torch.stack([*reversed(torch.meshgrid(*steps, indexing="ij")), torch.ones(*size[2:])], -1)
    rows = places.reshape(1, -1, theta.shape[2]).expand(size[0], -1, -1)
    return matmul(count, rows, theta.mT).reshape(size[0], *size[2:], theta.shape[1])
