"""How much an operator is about to allocate and compute, from its arguments alone, before it runs.

An upper bound, and a cheap one: small operands are waved through after a few comparisons, since what they give
cannot be large unless an integer argument says so; operators with such arguments have a rule each.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch

from linscope.engine.formulas.touched import NOTHING, PLAIN

SMALL = 1 << 20
"""Elements under which a result is not worth weighing."""

Projection = Callable[[tuple[Any, ...], dict[str, Any]], int]
"""Elements of the result, from the arguments."""

_WHOLE = ("arange", "randint", "randperm", "tril_indices", "triu_indices")
"""Factories of whole numbers, which are int64 unless told otherwise."""


def allocates(func: Any) -> bool:
    """Whether an operator that only moves or views data may give something large: it has a rule here."""
    return func.__name__.partition(".")[0] in _RULES or func.__name__.startswith(("cat", "stack", "clone", "copy"))


def projected(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, int]:
    """Bytes about to be allocated and MACs about to be computed by ``func``, or (0, 0) where it is little."""
    bound, widest, most = 1, 0, 0
    for argument in args:
        kind = type(argument)
        if kind in NOTHING:
            continue
        if kind in PLAIN or isinstance(argument, torch.Tensor):
            count = argument.numel()
            bound *= count or 1
            if count > most:
                most, widest = count, argument.element_size()
        elif isinstance(argument, list | tuple) and argument and isinstance(argument[0], torch.Tensor):
            bound = most = sum(tensor.numel() for tensor in argument)  # cat and stack hold all of them
            widest = argument[0].element_size()
    rule = _RULES.get(func.__name__.partition(".")[0])
    if rule is not None:
        try:
            elements = rule(args, kwargs)
        except (IndexError, TypeError, AttributeError, KeyError):
            elements = 0  # arguments this rule does not know; the operator itself will judge them
        if elements < SMALL:
            return 0, 0
        return elements * _element_size(func, args, kwargs), elements
    if bound < SMALL:
        return 0, 0
    return _joined(func, args, most, widest)


def _joined(func: Any, args: tuple[Any, ...], most: int, widest: int) -> tuple[int, int]:
    """For operators that join their operands: contractions and broadcasts."""
    name = func.__name__.partition(".")[0]
    tensors = [a for a in args if isinstance(a, torch.Tensor)]
    if name in _VIEWS or (name.endswith("_") and name != "addmm_"):
        return 0, 0  # in place, or a view: nothing is allocated
    if name in ("mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "linear", "matmul") and len(tensors) > 1:
        left, right = tensors[-2:] if name not in ("linear", "addmm", "baddbmm", "addmv") else tensors[1:3]
        if name == "linear":
            left, right = tensors[0], tensors[1].t()
        if left.dim() and right.dim():
            columns = right.shape[-1] if right.dim() > 1 else 1
            rows = left.numel() // max(left.shape[-1], 1)
            return rows * columns * widest, left.numel() * columns
    if name == "mkldnn_rnn_layer":
        rows = tensors[0].numel() // max(tensors[0].shape[-1], 1)
        return rows * tensors[2].shape[1] * widest, rows * (tensors[1].numel() + tensors[2].numel())
    if "scaled_dot_product" in name and len(tensors) > 2:
        query, key, value = tensors[:3]  # (*, L, E), (*, S, E), (*, S, Ev)
        rows = query.numel() // max(query.shape[-1], 1)
        wide = query.shape[-1] + value.shape[-1]
        return rows * value.shape[-1] * widest, rows * key.shape[-2] * wide
    if name == "_trilinear":
        rows = tensors[0].numel() // max(tensors[0].shape[-1], 1)
        weights = tensors[1].numel()
        return rows * (weights // max(tensors[1].shape[-1], 1)) * widest, rows * weights
    if name in ("convolution", "_convolution", "mkldnn_convolution") and len(tensors) > 1:
        elements = _convolved(args)
        per_output = tensors[1].numel() // max(tensors[1].shape[0], 1)
        return elements * widest, elements * per_output
    return max(_broadcast(tensors), most) * widest, 0


def _broadcast(tensors: list[torch.Tensor]) -> int:
    """The elements of what ``tensors`` give when broadcast; 0 where they do not go together.

    Torch's own function asks the same in Python, a hundred times as slowly.
    """
    whole: list[int] = []
    for shape in {tensor.shape for tensor in tensors}:
        for i, size in enumerate(reversed(shape)):
            if i == len(whole):
                whole.append(size)
            elif whole[i] == 1:
                whole[i] = size
            elif size not in (1, whole[i]):
                return 0
    return prod(whole)


def _convolved(args: tuple[Any, ...]) -> int:
    x, weight, _, stride, padding, dilation, transposed, extra, groups = args[:9]
    spatial = 1
    for i in range(weight.dim() - 2):
        size, kernel = x.shape[2 + i], weight.shape[2 + i]
        s, p, d = (values[i % len(values)] for values in (stride, padding, dilation))
        reach = d * (kernel - 1)
        if transposed:
            spatial *= max((size - 1) * s - 2 * p + reach + extra[i % len(extra)] + 1, 0)
        else:
            spatial *= max((size + 2 * p - reach - 1) // max(s, 1) + 1, 0)
    channels = weight.shape[1] * groups if transposed else weight.shape[0]
    return int(x.shape[0] * channels * spatial)


def _element_size(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    dtype = kwargs.get("dtype")
    if isinstance(dtype, torch.dtype):
        return dtype.itemsize
    for argument in args:
        if isinstance(argument, torch.Tensor):
            return argument.element_size()
    whole = func.__name__.startswith(_WHOLE) and not any(isinstance(a, float) for a in args)
    return torch.int64.itemsize if whole else torch.get_default_dtype().itemsize


def _on_meta(kwargs: dict[str, Any]) -> bool:
    device = kwargs.get("device")
    return device is not None and torch.device(device).type == "meta"


def _sizes(position: int) -> Projection:
    """The result has the sizes given at ``position``."""
    return lambda args, kwargs: 0 if _on_meta(kwargs) else prod(args[position])


def _count(position: int) -> Projection:
    return lambda args, kwargs: 0 if _on_meta(kwargs) else int(args[position])


def _square(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    columns = args[1] if len(args) > 1 and isinstance(args[1], int) else args[0]
    return 0 if _on_meta(kwargs) else int(args[0] * columns)


def _arange(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    numbers = [a for a in args if isinstance(a, int | float)]
    start, stop = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) > 2 else 1
    return 0 if _on_meta(kwargs) or not step else max(int((stop - start) / step), 0)


def _padded(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    shape, padding = list(args[0].shape), args[1]
    for i in range(len(padding) // 2):
        shape[-1 - i] += padding[2 * i] + padding[2 * i + 1]
    return prod(max(size, 0) for size in shape)


def _unpooled(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    x, sizes = args[0], args[2]
    return int(prod(x.shape[: x.dim() - len(sizes)]) * prod(sizes))


def _resized(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    x, sizes = args[0], args[1]
    if not sizes:  # scale factors in place of sizes
        factors = next(a for a in reversed(args) if isinstance(a, list | tuple) and a)
        sizes = [int(n * f) for n, f in zip(x.shape[2:], factors, strict=False)]
    return int(prod(x.shape[: x.dim() - len(sizes)]) * prod(sizes))


def _repeated(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    return int(args[0].numel() * prod(args[1]))


def _looked_up(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    return int(args[1].numel() * args[0].shape[-1])


def _unfolded(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    x, kernel, dilation, padding, stride = args[:5]
    blocks = 1
    for i, k in enumerate(kernel):
        blocks *= (x.shape[-2 + i] + 2 * padding[i] - dilation[i] * (k - 1) - 1) // stride[i] + 1
    return int(x.shape[0] * x.shape[-3] * prod(kernel) * max(blocks, 0))


def _folded(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    return int(args[0].shape[0] * args[0].shape[-2] * prod(args[1]))


_FACTORIES = ("empty", "zeros", "ones", "full", "rand", "randn", "empty_strided", "empty_permuted")
_RULES: dict[str, Projection] = {
    **dict.fromkeys(_FACTORIES, _sizes(0)),
    "new_empty": _sizes(1),
    "new_zeros": _sizes(1),
    "new_ones": _sizes(1),
    "new_full": _sizes(1),
    "randint": lambda args, kwargs: prod(next(a for a in args if isinstance(a, list | tuple))),
    "randperm": _count(0),
    "linspace": lambda args, kwargs: int(args[2]),
    "arange": _arange,
    "eye": _square,
    "tril_indices": lambda args, kwargs: 2 * _square(args, kwargs),  # a row and a column for each
    "triu_indices": lambda args, kwargs: 2 * _square(args, kwargs),
    "_cdist_forward": lambda args, kwargs: args[0].numel() // max(args[0].shape[-1], 1) * args[1].shape[-2],
    **dict.fromkeys(("constant_pad_nd", "pad"), _padded),
    **{f"{kind}_pad{n}d": _padded for kind in ("reflection", "replication") for n in (1, 2, 3)},
    **dict.fromkeys(
        (
            "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_linear1d",
            "upsample_bilinear2d", "upsample_trilinear3d", "upsample_bicubic2d",
            "adaptive_avg_pool1d", "_adaptive_avg_pool2d", "_adaptive_avg_pool3d",
            "adaptive_max_pool2d", "adaptive_max_pool3d",
        ),
        _resized,
    ),
    **dict.fromkeys(("max_unpool2d", "max_unpool3d"), _unpooled),
    "repeat": _repeated,
    "embedding": _looked_up,
    "im2col": _unfolded,
    "col2im": _folded,
}  # fmt: skip
_VIEWS = frozenset(
    [
        "t",
        "transpose",
        "permute",
        "view",
        "_unsafe_view",
        "expand",
        "slice",
        "select",
        "unsqueeze",
        "squeeze",
        "alias",
        "detach",
        "as_strided",
        "split",
        "split_with_sizes",
        "unbind",
        "diagonal",
        "_reshape_alias",
        "unfold",
    ]
)
