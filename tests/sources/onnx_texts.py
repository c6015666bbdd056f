"""ONNX graphs as text, for the parser of the package onnx: a graph, what it is asked for, and what it must come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

HEAD = '<ir_version: 10, opset_import: ["" : 23, "com.microsoft" : 1, "acme" : 1, "local" : 1, "ai.onnx.ml" : 3]>\n'


def held(name: str, *shape: int, dtype: str = "float") -> str:
    """An initializer of ones."""
    return f"{dtype}[{','.join(map(str, shape))}] {name} = {{{','.join(['1'] * prod(shape))}}}"


@dataclass(frozen=True, slots=True)
class Case:
    """``uncounted`` are the operators that must be named; where there are some the MACs are a lower bound."""

    body: str
    macs: int
    parameters: int = 0
    buffers: int = 0
    asked: dict[str, Any] = field(default_factory=dict)
    uncounted: tuple[str, ...] = ()


def graph(goes_in: str, comes_out: str, initializers: list[str], nodes: str) -> str:
    kept = f" <{', '.join(initializers)}>" if initializers else ""
    return f"{HEAD}agraph ({goes_in}) => ({comes_out}){kept} {{ {nodes} }}"


CASES: dict[str, Case] = {
    # rows · in · out
    "gemm": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 5), held("b", 5)], "y = Gemm(x, w, b)"), 2 * 3 * 5, 20
    ),
    "gemm, both transposed": Case(
        graph("float[3,2] x", "float[a,b] y", [held("w", 5, 3)], "y = Gemm<transA=1, transB=1>(x, w)"), 2 * 3 * 5, 15
    ),
    "matmul, the batch broadcast": Case(
        graph("float[7,1,2,3] x, float[4,3,5] w", "float[a,b,c,d] y", [], "y = MatMul(x, w)"), 7 * 4 * 2 * 3 * 5
    ),
    "matmul with a vector": Case(
        graph("float[2,3] x, float[3] w", "float[a] y", [], "y = MatMul(x, w)"), 2 * 3
    ),
    "a vector times a matrix": Case(
        graph("float[3] x, float[3,5] w", "float[a] y", [], "y = MatMul(x, w)"), 3 * 5
    ),
    "a dimension bound by name": Case(
        graph("float[B,3] x", "float[B,5] y", [held("w", 3, 5)], "y = MatMul(x, w)"), 8 * 3 * 5, 15,
        asked={"sizes": {"B": 8}},
    ),
    "a batch": Case(
        graph("float[B,3] x", "float[B,5] y", [held("w", 3, 5)], "y = MatMul(x, w)"), 4 * 3 * 5, 15, asked={"batch": 4}
    ),
    "a shape given": Case(
        graph("float[?,3] x", "float[?,5] y", [held("w", 3, 5)], "y = MatMul(x, w)"), 6 * 3 * 5, 15,
        asked={"inputs": "x=[6,3]"},
    ),
    # positions · out · in/groups · kernel: 3·3 positions of 8·(4/2)·3·3 weights, twice
    "conv in groups": Case(
        graph("float[2,4,6,6] x", "float[a,b,c,d] y", [held("w", 8, 2, 3, 3)],
              "y = Conv<group=2, pads=[1,1,1,1], strides=[2,2]>(x, w)"), 2 * 3 * 3 * 8 * 2 * 3 * 3, 8 * 2 * 3 * 3,
    ),
    "conv of three dimensions": Case(
        graph("float[1,2,5,5,5] x", "float[a,b,c,d,e] y", [held("w", 3, 2, 2, 2, 2)], "y = Conv(x, w)"),
        4**3 * 3 * 2 * 8, 48,
    ),
    # every position of the input: 2·6 · in · out/groups · kernel
    "transposed conv": Case(
        graph("float[2,4,6] x", "float[a,b,c] y", [held("w", 4, 3, 5)],
              "y = ConvTranspose<group=2, strides=[2]>(x, w)"),
        2 * 6 * 4 * 3 * 5, 60,
    ),
    "deformable conv": Case(
        graph("float[1,2,3,3] x, float[1,8,2,2] o", "float[a,b,c,d] y", [held("w", 5, 2, 2, 2)],
              "y = DeformConv(x, w, o)"),
        2 * 2 * 5 * 2 * 4, 40,
    ),
    # 7 steps · 2 sequences · 2 directions · (4·4 gates · (3 in + 4 hidden))
    "lstm in both directions": Case(
        graph("float[7,2,3] x", "float[a,b,c,d] y", [held("w", 2, 16, 3), held("r", 2, 16, 4)],
              'y = LSTM<hidden_size=4, direction="bidirectional">(x, w, r)'), 7 * 2 * 2 * 16 * (3 + 4), 2 * 16 * 7,
    ),
    "gru": Case(
        graph("float[7,2,3] x", "float[a,b,c,d] y", [held("w", 1, 12, 3), held("r", 1, 12, 4)],
              "y = GRU<hidden_size=4>(x, w, r)"), 7 * 2 * 12 * (3 + 4), 12 * 7,
    ),
    "rnn": Case(
        graph("float[7,2,3] x", "float[a,b,c,d] y", [held("w", 1, 4, 3), held("r", 1, 4, 4)],
              "y = RNN<hidden_size=4>(x, w, r)"), 7 * 2 * 4 * (3 + 4), 4 * 7,
    ),
    "einsum": Case(
        graph("float[2,3,4] x, float[2,4,5] w", "float[a,b,c] y", [], 'y = Einsum<equation="bij,bjk->bik">(x, w)'),
        2 * 3 * 4 * 5,
    ),
    # (2, 3) with (4, 3) over 3 is 2·4·3; the last is multiplied element by element
    "einsum of three": Case(
        graph("float[2,3] x, float[4,3] w, float[4] z", "float[a,b] y", [],
              'y = Einsum<equation="ij,kj,k->ik">(x, w, z)'),
        2 * 4 * 3,
    ),
    "einsum with an ellipsis": Case(
        graph("float[7,2,3] x, float[3,5] w", "float[a,b,c] y", [], 'y = Einsum<equation="...i,io->...o">(x, w)'),
        7 * 2 * 3 * 5,
    ),
    # batch 2 · 4 heads · 5 queries · 7 keys · (2 for the score + 3 for the value)
    "attention, grouped": Case(
        graph("float[B,T,8] q, float[B,S,4] k, float[B,S,6] v", "float[a,b,c] y", [],
              "y = Attention<q_num_heads=4, kv_num_heads=2>(q, k, v)"), 2 * 4 * 5 * 7 * (2 + 3),
        asked={"sizes": {"B": 2, "T": 5, "S": 7}},
    ),
    "attention with a past": Case(
        graph("float[1,2,3,4] q, float[1,2,3,4] k, float[1,2,3,4] v, float[1,2,9,4] pk, float[1,2,9,4] pv",
              "float[a,b,c,d] y, float[a,b,s,d] ok, float[a,b,s,d] ov", [],
              "y, ok, ov = Attention(q, k, v, , pk, pv)"), 2 * 3 * (3 + 9) * 8,
    ),
    # 4 tokens through (6, 18), then 2 heads · 4 · 4 · (3 + 3)
    "attention of ONNX Runtime": Case(
        graph("float[1,4,6] x", "float[a,b,c] y", [held("w", 6, 18), held("b", 18)],
              "y = com.microsoft.Attention<num_heads=2>(x, w, b)"), 4 * 6 * 18 + 2 * 4 * 4 * 6, 6 * 18 + 18,
    ),
    "multi-head attention": Case(
        graph("float[2,5,8] q, float[2,7,8] k, float[2,7,4] v", "float[a,b,c] y", [],
              "y = com.microsoft.MultiHeadAttention<num_heads=2>(q, k, v)"), 2 * 2 * 5 * 7 * (4 + 2),
    ),
    # the total length is worked out from the mask: 9
    "grouped-query attention": Case(
        graph("float[1,2,8] q, float[1,2,4] k, float[1,2,4] v, float[1,2,7,2] pk, float[1,2,7,2] pv, int64[1,9] mask",
              "float[a,b,c] y, float[d,e,f,g] ok, float[d,e,f,g] ov", [held("s", 1, dtype="int32")],
              "m = Shape<start=1>(mask) m2 = Squeeze(m) n = Cast<to=6>(m2) "
              "y, ok, ov = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2>(q, k, v, pk, pv, s, n)"),
        4 * 2 * 9 * (2 + 2), buffers=1,
    ),
    "fused products": Case(
        graph("float[2,4,3] x", "float[a,b,c] y", [held("w", 5, 4)],
              "y = com.microsoft.FusedMatMul<transA=1, transB=1>(x, w)"), 2 * 3 * 4 * 5, 20,
    ),
    "weights of four bits": Case(
        graph("float[1,4,8] x", "float[a,b,c] y", [held("w", 5, 1, 8, dtype="uint8"), held("s", 5)],
              "y = com.microsoft.MatMulNBits<K=8, N=5, bits=4, block_size=16>(x, w, s)"), 4 * 8 * 5, 40, 5,
    ),
    "quantized to integers": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 5, dtype="uint8"), "uint8 z = {1}", "float s = {1}"],
              "q, qs, qz = DynamicQuantizeLinear(x) i = MatMulInteger(q, w, qz, z) f = Cast<to=1>(i) y = Mul(f, s)"),
        2 * 3 * 5, 15, 2,
    ),
    "quantized and not": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 5, dtype="int8"), "float s = {1}", "int8 z = {0}"],
              "f = DequantizeLinear(w, s, z) y = MatMul(x, f)"), 2 * 3 * 5, 15, 2,
    ),
    "quantized conv": Case(
        graph("uint8[1,2,4] x", "uint8[a,b,c] y",
              ["float s = {1}", "uint8 z = {0}", held("w", 3, 2, 3, dtype="uint8"), held("b", 3, dtype="int32")],
              "y = QLinearConv(x, s, z, w, s, z, s, z, b)"), 2 * 3 * 2 * 3, 18 + 3, 2,
    ),
    # 2·2 positions of 3 · 2
    "affine grid": Case(
        graph("float[1,2,3] t", "float[a,b,c,d] y", ["int64[4] n = {1,1,2,2}"], "y = AffineGrid(t, n)"), 4 * 3 * 2,
        buffers=4,
    ),
    "a linear regressor": Case(
        graph("float[7,2] x", "float[a,b] y", [],
              "y = ai.onnx.ml.LinearRegressor<coefficients=[1.0,2.0,3.0,4.0,5.0,6.0], targets=3>(x)"), 7 * 6,
    ),
    # ── shapes at work ──
    "shapes worked out on the way": Case(
        graph("float[B,4,6] x", "float[a,b] y", [held("w", 24, 5), "int64[1] m = {-1}", "int64 zero = {0}"],
              "s = Shape(x) n = Gather(s, zero) u = Unsqueeze(n, ax) t = Concat<axis=0>(u, m) "
              "f = Reshape(x, t) y = MatMul(f, w)").replace("<float", "<int64[1] ax = {0}, float"),
        3 * 24 * 5, 120, 3, asked={"batch": 3},
    ),
    "a size that values decide": Case(
        graph("float[6,3] x", "float[a,b] y", [held("w", 3, 5), "int64[1] ax = {1}"],
              "n = NonZero(x) t = Transpose(n) g = GatherND(x, t) u = Unsqueeze(g, ax) y = MatMul(u, v)").replace(
                  "<float", f"<{held('v', 1, 5)}, float"),
        0, 5 + 15, 1, uncounted=("MatMul",),
    ),
    # ── graphs inside ──
    "a branch that is known": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 3), "bool c = {1}"],
              "y = If(c)<then_branch = t () => (float[2,3] o) { o = MatMul(x, w) }, "
              "else_branch = f () => (float[2,3] o) { o = Relu(x) }>"), 18, 9, 1,
    ),
    "branches that cost the same": Case(
        graph("bool c, float[2,3] x", "float[a,b] y", [held("w", 3, 3), held("v", 3, 3)],
              "y = If(c)<then_branch = t () => (float[2,3] o) { o = MatMul(x, w) }, "
              "else_branch = f () => (float[2,3] o) { o = MatMul(x, v) }>"), 18, 18,
    ),
    "branches that do not": Case(
        graph("bool c, float[2,3] x", "float[a,b] y", [held("w", 3, 3)],
              "y = If(c)<then_branch = t () => (float[2,3] o) { o = MatMul(x, w) }, "
              "else_branch = f () => (float[2,3] o) { o = Relu(x) }>"), 0, 9, uncounted=("If",),
    ),
    "a loop of five": Case(
        graph("float[2,3] x", "float[a,b] y, float[k,a,b] s", [held("w", 3, 3), "int64 M = {5}", "bool c = {1}"],
              "y, s = Loop(M, c, x)<body = b (int64 i, bool ci, float[2,3] h) => "
              "(bool co, float[2,3] ho, float[2,3] so) { co = Identity(ci) ho = MatMul(h, w) so = Relu(ho) }>"),
        5 * 18, 9, 2,
    ),
    "a loop as long as it says": Case(
        graph("float[2,3] x, int64 M", "float[a,b] y", [held("w", 3, 3), "bool c = {1}"],
              "y = Loop(M, c, x)<body = b (int64 i, bool ci, float[2,3] h) => (bool co, float[2,3] ho) "
              "{ co = Identity(ci) ho = MatMul(h, w) }>"), 0, 9, 1, uncounted=("Loop",),
    ),
    "a loop that may stop itself": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 3), "int64 M = {5}"],
              "y = Loop(M, , x)<body = b (int64 i, bool ci, float[2,3] h) => (bool co, float[2,3] ho) "
              "{ ho = MatMul(h, w) m = ReduceSum<keepdims=0>(ho) co = Cast<to=9>(m) }>"), 0, 9, 1, uncounted=("Loop",),
    ),
    "a loop whose state grows": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 4), "int64 M = {3}"],
              "g = Loop(M, , x)<body = b (int64 i, bool ci, float[n,3] h) => (bool co, float[m,3] ho) "
              "{ co = Identity(ci) ho = Concat<axis=0>(h, h) }> y = MatMul(g, w)"), 0, 12, 1, uncounted=("MatMul",),
    ),
    # 7 entries: (2, 3) @ (3, 3) and (2, 4) @ (4, 3) for each
    "a scan": Case(
        graph("float[2,3] x, float[7,2,4] xs", "float[a,b] y, float[k,a,b] s", [held("w", 3, 3), held("u", 4, 3)],
              "y, s = Scan(x, xs)<num_scan_inputs=1, body = b (float[2,3] h, float[2,4] e0) => "
              "(float[2,3] ho, float[2,3] so) { "
              "p = MatMul(h, w) q = MatMul(e0, u) ho = Add(p, q) so = Relu(ho) }>"),
        7 * (18 + 24), 21,
    ),
    "a function of the file's own, called twice": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 3)],
              "t = local.lin<slope=1.0>(x, w) y = local.lin<slope=0.5>(t, w)")
        + '\n<domain: "local", opset_import: ["" : 23]>\nlin <slope> (x, w) => (y) '
        "{ m = MatMul(x, w) y = Elu<alpha: float = @slope>(m) }", 2 * 18, 9,
    ),
    # ── what has no count ──
    "an operator of somebody's": Case(
        graph("float[2,3] x", "float[2,3] y", [held("w", 3, 3)], "t = acme.Thing(x) y = MatMul(t, w)"), 0, 9,
        uncounted=("acme.Thing", "MatMul"),
    ),
    "an operator whose output is declared": Case(
        f"{HEAD}agraph (float[2,3] x) => (float[2,5] y) <{held('w', 3, 5)}, float[2,3] t> "
        "{ t = acme.Thing(x) y = MatMul(t, w) }", 30, 15, uncounted=("acme.Thing",),
    ),
    "a running sum": Case(
        graph("float[2,3] x", "float[a,b] y", ["int64 axis = {0}"], "y = CumSum(x, axis)"), 0, buffers=1,
        uncounted=("CumSum",),
    ),
    "a running sum of integers": Case(
        graph("int64[2,3] x", "int64[a,b] y", ["int64 axis = {0}"], "y = CumSum(x, axis)"), 0, buffers=1
    ),
    # ── what is held ──
    # scale and bias are parameters, mean and variance are not; a factor with a dimension is one, without is not
    "statistics, factors and what nobody reads": Case(
        graph("float[2,3,5,5] x", "float[a,b,c,d] y",
              [*(held(name, 3) for name in "sbmv"), held("unread", 7), held("f", 1), "float g = {2}"],
              "n = BatchNormalization(x, s, b, m, v) t = Mul(n, f) y = Mul(t, g)"), 0, 3 + 3 + 7 + 1, 3 + 3 + 1,
    ),
    "a weight that two nodes read": Case(
        graph("float[2,3] x", "float[a,b] y", [held("w", 3, 3)], "t = MatMul(x, w) y = MatMul(t, w)"), 36, 9
    ),
    "a weight in the place of a node": Case(
        graph("float[2,3] x", "float[a,b] y", [],
              "w = Constant<value = float[3,2] {1,2,3,4,5,6}>() h = Constant<value = float {0.5}>() "
              "t = MatMul(x, w) y = Mul(t, h)"), 2 * 3 * 2, 6,
    ),
}  # fmt: skip
