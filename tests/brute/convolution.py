"""Convolutions in loops: every position of the output with every weight of its kernel, padding included."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from brute.counting import Count, filled


def convolved(
    count: Count,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """x (batch, in, …) or (in, …), weight (out, in/groups, …)."""
    n = weight.dim() - 2
    if x.dim() == n + 1:
        return convolved(count, x.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
    steps, gaps, kernel = _each(stride, n), _each(dilation, n), weight.shape[2:]
    x = _padded(x, padding, kernel, gaps)
    sizes = [(s - g * (k - 1) - 1) // step + 1 for s, g, k, step in zip(x.shape[2:], gaps, kernel, steps, strict=True)]
    pictures, kernels = x.tolist(), weight.tolist()
    share = weight.shape[0] // groups
    values = []
    for picture, out in product(pictures, range(weight.shape[0])):
        channels = picture[out // share * weight.shape[1] :][: weight.shape[1]]
        for place in product(*map(range, sizes)):
            corner = [p * step for p, step in zip(place, steps, strict=True)]
            values.append(
                count.sum_of(
                    (_at(channel, [c + g * t for c, g, t in zip(corner, gaps, tap, strict=True)]), _at(taps, tap))
                    for channel, taps in zip(channels, kernels[out], strict=True)
                    for tap in product(*map(range, kernel))
                )
            )
    y = filled(values, (x.shape[0], weight.shape[0], *sizes), x)
    return y if bias is None else y + bias.reshape(-1, *[1] * n)


def transposed(
    count: Count,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """x (batch, in, …) or (in, …), weight (in, out/groups, …): every input position adds its kernel to the output.

    What falls into the padding was multiplied before it is cut off.
    """
    n = weight.dim() - 2
    if x.dim() == n + 1:
        return transposed(
            count, x.unsqueeze(0), weight, bias, stride, padding, output_padding, groups, dilation
        ).squeeze(0)
    steps, gaps, kernel = _each(stride, n), _each(dilation, n), weight.shape[2:]
    cut, more = _each(padding, n), _each(output_padding, n)
    full = [(s - 1) * step + g * (k - 1) + 1 for s, step, g, k in zip(x.shape[2:], steps, gaps, kernel, strict=True)]
    room = [f + m for f, m in zip(full, more, strict=True)]
    share, outs = weight.shape[0] // groups, weight.shape[1]
    sums: dict[tuple[int, ...], Any] = {}
    pictures, kernels = x.tolist(), weight.tolist()
    for b, channel in product(range(x.shape[0]), range(weight.shape[0])):
        for place in product(*map(range, x.shape[2:])):
            value = _at(pictures[b][channel], place)
            for o, tap in product(range(outs), product(*map(range, kernel))):
                spot = tuple(p * step + g * t for p, step, g, t in zip(place, steps, gaps, tap, strict=True))
                key = (b, channel // share * outs + o, *spot)
                sums[key] = sums.get(key, 0) + count.sum_of([(value, _at(kernels[channel][o], tap))])
    shape = (x.shape[0], outs * groups, *room)
    y = filled([sums.get(key, 0) for key in product(*map(range, shape))], shape, x)
    for axis, (c, r) in enumerate(zip(cut, room, strict=True)):
        y = y.narrow(axis + 2, c, r - 2 * c)
    return y if bias is None else y + bias.reshape(-1, *[1] * n)


def either(
    count: Count,
    x: Tensor,
    weight: Tensor,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    back: bool,
    extra: Any,
    groups: int,
) -> Tensor:
    """``torch.convolution``, which is told which of the two it is."""
    if back:
        return transposed(count, x, weight, bias, stride, padding, extra, groups, dilation)
    return convolved(count, x, weight, bias, stride, padding, dilation, groups)


def time_first(count: Count, x: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """conv_tbc: x (time, batch, in), weight (kernel, in, out)."""
    y = convolved(count, x.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad)
    return y.permute(2, 0, 1)


def _padded(x: Tensor, padding: Any, kernel: Any, gaps: list[int]) -> Tensor:
    n = len(kernel)
    if padding == "same":
        total = [g * (k - 1) for g, k in zip(gaps, kernel, strict=True)]
        sides = [(t // 2, t - t // 2) for t in total]
    else:
        sides = [(p, p) for p in _each(0 if padding == "valid" else padding, n)]
    return F.pad(x, [p for side in reversed(sides) for p in side])


def _each(value: Any, n: int) -> list[int]:
    given = [value] if isinstance(value, int) else list(value)
    return given * n if len(given) == 1 else given


def _at(nested: Any, place: Any) -> Any:
    for index in place:
        nested = nested[index]
    return nested
