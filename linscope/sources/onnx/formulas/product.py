"""Matrix products. (n, k) @ (k, m) sums k products for each of n · m results: n · k · m multiply-accumulates."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from linscope.report.derivation import Derivation, Factor, Term
from linscope.sources.onnx.call import Call, UnknownSizeError
from linscope.sources.onnx.formulas.contraction import contraction
from linscope.sources.onnx.formulas.registry import formula

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows_of(sizes: Sequence[int]) -> tuple[Factor, ...]:
    """The dimensions that a product is repeated over."""
    names = ("batch", *(f"dim{i}" for i in range(1, len(sizes) - 1)))
    return tuple(map(Factor, (*names[: len(sizes) - 1], "rows"), sizes))


def _product(a: Sequence[int], b: Sequence[int], result: Sequence[int]) -> Derivation:
    """numpy's ``matmul``; the result has the broadcast batch."""
    k = Factor("in", a[-1])
    if len(b) == 1:
        return Derivation((Term(rows_of(a[:-1]), (k,)),))
    return Derivation((Term(rows_of(result[:-1]), (k, Factor("out", b[-1]))),))


@formula("MatMul", "MatMulInteger", "com.microsoft.MatMulIntegerToFloat", "com.microsoft.DynamicQuantizeMatMul")
def matmul(call: Call) -> Derivation:
    return _product(call.input(0), call.input(1), call.output())


@formula("QLinearMatMul")
def quantized_matmul(call: Call) -> Derivation:
    """``(a, its scale, its zero, b, …)``."""
    return _product(call.input(0), call.input(3), call.output())


@formula(
    "com.microsoft.FusedMatMul",
    "com.microsoft.TransposeMatMul",
    "com.microsoft.FusedMatMulActivation",
    "com.microsoft.GemmFastGelu",
)
def fused_matmul(call: Call) -> Derivation:
    """Either operand may be transposed; the result has all dimensions but the one that is summed."""
    a, result = call.input(0), call.output()
    # Its batch may be moved behind the rows, and is then where the sum would be.
    summed = a[0] if call.number("transBatchA", 0) and call.number("transA", 0) and len(a) > 2 else None
    if summed is None:
        summed = a[-2] if call.number("transA", 0) and len(a) > 1 else a[-1]
    return Derivation((Term(rows_of(result[:-1]), (Factor("in", summed), Factor("out", result[-1]))),))


@formula("Gemm", "com.microsoft.FusedGemm", "com.microsoft.GemmFloat8")
def gemm(call: Call) -> Derivation:
    """A (rows, in), transposed where ``transA``, times B."""
    a, result = call.input(0), call.output()
    summed = a[0] if call.number("transA", 0) else a[1]
    return Derivation((Term((Factor("rows", result[0]),), (Factor("in", summed), Factor("out", result[1]))),))


@formula("com.microsoft.QGemm")
def quantized_gemm(call: Call) -> Derivation:
    """``(a, its scale, its zero, b, …)``."""
    return gemm(call)


@formula("com.microsoft.MatMulNBits", "com.microsoft.MatMulBnb4")
def packed_matmul(call: Call) -> Derivation:
    """A (…, K) times a packed weight of K · N."""
    weights = (Factor("in", call.number("K")), Factor("out", call.number("N")))
    return Derivation((Term(rows_of(call.input(0)[:-1]), weights),))


@formula("Einsum")
def einsum(call: Call) -> Derivation:
    """Contracted from the left, two operands at a time."""
    shapes = [call.input(index) for index in range(len(call.inputs))]
    return contraction(call.text("equation"), shapes)


@formula("AffineGrid")
def affine_grid(call: Call) -> Derivation:
    """Every position (x, y, 1) of the grid times its sample's matrix theta, (2, 3), or (3, 4) in space."""
    batch, *positions, ndim = call.output()
    rows = (Factor("batch", batch), Factor("positions", prod(positions)))
    return Derivation((Term(rows, (Factor("in", ndim + 1), Factor("out", ndim))),))


@formula("ai.onnx.ml.LinearRegressor", "ai.onnx.ml.LinearClassifier")
def linear_model(call: Call) -> Derivation:
    """Every sample (rows, in) times all coefficients, which are an attribute: in · out of them."""
    coefficients = call.attributes.get("coefficients")
    if not isinstance(coefficients, list | tuple):
        raise UnknownSizeError
    x = call.input(0)
    return Derivation(
        (Term((Factor("rows", x[0] if len(x) > 1 else 1),), (Factor("coefficients", len(coefficients)),)),)
    )


@formula("com.microsoft.MoE")
def experts(call: Call) -> Derivation:
    """Every token (…, hidden) goes through ``k`` experts, each with two weights or three: (experts, …, …)."""
    tokens = (*rows_of(call.input(0)[:-1]), Factor("k", call.number("k", 1)))
    terms = []
    for index, label in ((2, "fc1"), (4, "fc2"), (6, "fc3")):
        if call.given(index) is not None:
            _, *weight = call.input(index)
            terms.append(Term(tokens, tuple(map(Factor, ("out", "in"), weight)), label))
    return Derivation(tuple(terms))
