"""The shapes that come out of ONNX Runtime's own operators, which the package onnx does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from linscope.sources.onnx.call import Call, UnknownSizeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.sources.onnx.values import Sizes

Rule = Callable[[Call], "Sequence[Sizes | None]"]
"""The shape of each output, None where it is not known."""

RULES: dict[str, Rule] = {}


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys((f"com.microsoft.{name}" for name in names), function))
        return function

    return register


def _as_the_first(call: Call) -> Sequence[Sizes | None]:
    return (call.input(0),)


_rule(
    "BiasAdd", "BiasDropout", "BiasGelu", "BiasSoftmax", "CausalConvWithState", "DequantizeLinear", "FastGelu", "Gelu",
    "GroupNorm", "MoE", "QLinearLeakyRelu", "QLinearSigmoid", "QLinearSoftmax", "QMoE", "QuantizeLinear", "QuickGelu",
    "RotaryEmbedding",
)(_as_the_first)  # fmt: skip
RULES["SimplifiedLayerNormalization"] = _as_the_first


@_rule("SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "SkipGroupNorm")
def _with_the_sum(call: Call) -> Sequence[Sizes | None]:
    """The last output is the sum before it is normalised."""
    return call.input(0), None, None, call.input(0)


@_rule("BiasSplitGelu")
def _halved(call: Call) -> Sequence[Sizes | None]:
    *rest, last = call.input(0)
    return ((*rest, last // 2),)


@_rule("EmbedLayerNormalization")
def _embedded(call: Call) -> Sequence[Sizes | None]:
    """``(ids, segments, words (vocabulary, hidden), …)``."""
    batch, length = call.input(0)
    hidden = call.input(2)[-1]
    return (batch, length, hidden), (batch,), (batch, length, hidden)


@_rule("QLinearAdd", "QLinearMul")
def _broadcast(call: Call) -> Sequence[Sizes | None]:
    """``(a, its scale, its zero, b, …)``."""
    a, b = call.input(0), call.input(3)
    longest = max(len(a), len(b))
    pairs = zip((1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b, strict=True)
    return (tuple(n if m == 1 else m for m, n in pairs),)


@_rule("QLinearGlobalAveragePool")
def _pooled(call: Call) -> Sequence[Sizes | None]:
    sizes = call.input(0)
    if call.number("channels_last", 0):
        return ((sizes[0], *(1 for _ in sizes[1:-1]), sizes[-1]),)
    return ((*sizes[:2], *(1 for _ in sizes[2:])),)


@_rule("FusedMatMul", "TransposeMatMul", "FusedMatMulActivation", "GemmFastGelu")
def _multiplied(call: Call) -> Sequence[Sizes | None]:
    a = _transposed(call.input(0), call.number("transA", 0), call.number("transBatchA", 0))
    b = _transposed(call.input(1), call.number("transB", 0), call.number("transBatchB", 0))
    if len(a) < 2 or len(b) < 2:
        raise UnknownSizeError
    longest = max(len(a), len(b)) - 2
    pairs = zip((1,) * (longest - len(a) + 2) + a[:-2], (1,) * (longest - len(b) + 2) + b[:-2], strict=True)
    return ((*(n if m == 1 else m for m, n in pairs), a[-2], b[-1]),)


def _transposed(sizes: tuple[int, ...], last: int, batch: int) -> tuple[int, ...]:
    """``batch`` moves the first dimension behind those of the batch, ``last`` swaps the last two."""
    if batch:
        sizes = (*sizes[1:-1], sizes[0], sizes[-1])
    return (*sizes[:-2], sizes[-1], sizes[-2]) if last and len(sizes) > 1 else sizes


@_rule("QGemm")
def _gemm(call: Call) -> Sequence[Sizes | None]:
    """``(a, its scale, its zero, b, …)``."""
    a, b = call.input(0), call.input(3)
    return ((a[1] if call.number("transA", 0) else a[0], b[0] if call.number("transB", 0) else b[1]),)


@_rule("MatMulNBits", "MatMulBnb4")
def _unpacked(call: Call) -> Sequence[Sizes | None]:
    return ((*call.input(0)[:-1], call.number("N")),)


@_rule("Attention", "QAttention")
def _projected(call: Call) -> Sequence[Sizes | None]:
    batch, length, _ = call.input(0)
    sizes = call.attributes.get("qkv_hidden_sizes")
    value = sizes[2] if sizes else call.input(1)[1] // 3
    heads = call.number("num_heads")
    index = 8 if call.operator.endswith("QAttention") else 4
    past = call.input(index)[3] if call.given(index) is not None else 0
    return (batch, length, value), (2, batch, heads, length + past, value // heads)


@_rule("MultiHeadAttention")
def _attended(call: Call) -> Sequence[Sizes | None]:
    query, heads = call.input(0), call.number("num_heads")
    if len(query) == 5:
        return ((*query[:2], heads * query[4]),)
    key = call.input(1)
    if len(key) == 5:
        return ((*query[:2], heads * key[4]),)
    value = call.input(2)
    keys, size = (key[2], key[3]) if len(key) == 4 else (key[1], key[2] // heads)
    value_size = value[3] if len(value) == 4 else value[2] // heads
    past = call.input(6)[2] if call.given(6) is not None else 0
    present = (query[0], heads, keys + past)
    return (*query[:2], heads * value_size), (*present, size), (*present, value_size)


@_rule("GroupQueryAttention")
def _grouped(call: Call) -> Sequence[Sizes | None]:
    batch, length, hidden = call.input(0)
    heads, shared = call.number("num_heads"), call.number("kv_num_heads")
    size = hidden // (heads if call.given(1) is not None else heads + 2 * shared)
    total = call.whole(6)
    present = None if total is None else (batch, shared, total, size)
    return (batch, length, heads * size), present, present


# ── those that are like a standard one with something more ──────────────────────────────────────────


def _standin(operator: str, inputs: int, *attributes: str) -> Callable[[Any, Any], Any]:
    """A node of a standard operator with the first inputs, and these attributes, of another."""

    def made(onnx: Any, node: Any) -> Any:
        plain = onnx.NodeProto(op_type=operator, name=node.name, input=node.input[:inputs], output=node.output[:1])
        plain.attribute.extend(attribute for attribute in node.attribute if attribute.name in attributes)
        return plain

    return made


_CONVOLUTION = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")

LIKE: dict[str, Callable[[Any, Any], Any]] = {
    "com.microsoft.FusedConv": _standin("Conv", 3, *_CONVOLUTION),
    "com.microsoft.FusedGemm": _standin("Gemm", 3, "alpha", "beta", "transA", "transB"),
    "com.microsoft.DynamicQuantizeMatMul": _standin("MatMulInteger", 2),
    "com.microsoft.MatMulIntegerToFloat": _standin("MatMulInteger", 2),
}
