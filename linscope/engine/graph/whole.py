"""Composite operators that graphs have whole, where runs have their parts: the element-wise work inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.gates import cudnn
from linscope.engine.formulas.registry import INSIDE

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Elements, Kwargs

_ATTENTION = INSIDE["aten::_scaled_dot_product_fused_attention_overrideable"]


def _attention(args: Args, kwargs: Kwargs, result: Any) -> int:
    """As in the fused operator, whose first arguments are the same; that one has 4 dimensions, this 2 to any."""
    return _ATTENTION((*map(_in_four, args[:3]), *args[3:]), kwargs, result)


def _in_four(x: Tensor) -> Tensor:
    """(…, heads, L, E) as (batch, heads, L, E); (batch, L, E) and (L, E) have one head."""
    while x.dim() < 4:
        x = x.unsqueeze(-3)
    return x.flatten(0, x.dim() - 4)


def _recurrent(mode: int) -> Elements:
    def touched(args: Args, kwargs: Kwargs, result: Any) -> int:
        """``(x, state, params, biases, layers, dropout, train, bidirectional, batch_first)``, or, packed, with the
        batch sizes after x."""
        x, rest = args[0], args[1:] if isinstance(args[3], bool) else args[2:]
        state, _, _, layers, dropout, train, bidirectional = rest[:7]
        out, hidden = (state, state) if hasattr(state, "shape") else state[:2]
        sizes = (hidden.shape[-1], out.shape[-1], layers)
        return cudnn((x, *(None,) * 5, mode, *sizes, False, dropout, train, bidirectional), {}, result)

    return touched


LEAVES = {
    "__and__": "bitwise_and",
    "__or__": "bitwise_or",
    "__xor__": "bitwise_xor",
    "absolute": "abs",
    "batch_norm": "native_batch_norm",
    "clip": "clamp",
    "divide": "div",
    "greater": "gt",
    "greater_equal": "ge",
    "group_norm": "native_group_norm",
    "layer_norm": "native_layer_norm",
    "less": "lt",
    "less_equal": "le",
    "log_sigmoid": "log_sigmoid_forward",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "prelu": "_prelu_kernel",
    "relu6": "hardtanh",
    "selu": "elu",
    "square": "pow",
    "subtract": "sub",
    "true_divide": "div",
}
"""Operators of aten that are one element-wise operator under another name, on the same operands. They need not be
opened, for which torch takes seconds of imports."""

WHOLE: dict[str, Elements] = {
    "aten.scaled_dot_product_attention": _attention,
    "aten.rnn_relu": _recurrent(0),
    "aten.rnn_tanh": _recurrent(1),
    "aten.lstm": _recurrent(2),
    "aten.gru": _recurrent(3),
}
"""By operator."""


def _differences(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(x, n, dim, …)``: neighbours subtracted n times, the last of which gives the result, each one shorter."""
    times = args[1] if len(args) > 1 else 1
    dim = args[2] if len(args) > 2 else -1
    length = result.shape[dim]
    rows: int = result.numel() // max(length, 1)
    return int(rows * (times * length + times * (times - 1) // 2))


ALONE: dict[str, Elements] = {"aten.diff": _differences}
"""Operators without a state of their own that are element-wise throughout. Language models are masked with them, and
need not wait for torch's imports."""

OPENED = frozenset({"aten.einsum", "aten.bilinear", "aten.inner", "aten.tensordot"})
"""Operators with a formula that are opened all the same, as some of their parts work element by element."""
