"""Matrix products: every dense operator that multiplies and sums over a shared dimension.

(n, k) @ (k, m) sums k products for each of n · m results: n · k · m multiply-accumulates.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import torch

from linscope.engine.formulas.factors import leading, product
from linscope.engine.formulas.registry import formula
from linscope.engine.formulas.sparse import SPARSE_LAYOUTS, nonzeros, sparse_product
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Kwargs


def matrix_product(a: Tensor, b: Tensor) -> Derivation:
    """(n, k) @ (k, m), either of them dense or sparse."""
    if a.layout in SPARSE_LAYOUTS or b.layout in SPARSE_LAYOUTS:
        return sparse_product(a, b)
    n, k = a.shape
    return product((Factor("rows", n),), (Factor("in", k), Factor("out", b.shape[1])))


def batched_product(a: Tensor, b: Tensor) -> Derivation:
    """(b, n, k) @ (b, k, m), the same b; nested operands are multiplied component by component."""
    if a.is_nested or b.is_nested:
        return nested_product(a, b)
    if a.layout in SPARSE_LAYOUTS:
        return sparse_product(a, b)
    batch, n, k = a.shape
    return product((Factor("batch", batch), Factor("rows", n)), (Factor("in", k), Factor("out", b.shape[2])))


def nested_product(a: Tensor, b: Tensor) -> Derivation:
    """Operands of which one or both are nested: (*, n_i, k) @ (*, k, m_i) for every component i."""
    count = len(a.unbind()) if a.is_nested else len(b.unbind())
    ours = a.unbind() if a.is_nested or a.dim() == b.dim() else (a,) * count
    theirs = b.unbind() if b.is_nested or a.dim() == b.dim() else (b,) * count
    total = sum(x.numel() * y.shape[-1] for x, y in zip(ours, theirs, strict=True))
    return product((Factor("sum of rows·in·out", total),), ())


def linear_product(x: Tensor, weight: Tensor) -> Derivation:
    """(*, in) with a weight (out, in), or (in,) for a single output."""
    if weight.layout in SPARSE_LAYOUTS:
        return product(leading(x.shape[:-1]), (Factor("non-zeros", nonzeros(weight)),))
    size = weight.shape
    # A nested x has no shape, but a last dimension that every component shares.
    rows = (Factor("tokens", x.numel() // size[-1]),) if x.is_nested else leading(x.shape[:-1])
    if len(size) == 1:
        return product(rows, (Factor("in", size[0]),))
    return product(rows, (Factor("in", size[1]), Factor("out", size[0])))


@formula("aten::mm", "aten::_int_mm")
def mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return matrix_product(args[0], args[1])


@formula("aten::addmm", "aten::_addmm_activation", "aten::_sparse_addmm", "aten::sspaddmm")
def addmm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return matrix_product(args[1], args[2])


@formula("aten::bmm")
def bmm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return batched_product(args[0], args[1])


@formula("aten::baddbmm", "aten::addbmm")
def baddbmm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return batched_product(args[1], args[2])


@formula("aten::mv")
def mv(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _matrix_vector(args[0])


@formula("aten::addmv")
def addmv(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _matrix_vector(args[1])


def _matrix_vector(matrix: Tensor) -> Derivation:
    if matrix.layout in SPARSE_LAYOUTS:
        return product((), (Factor("non-zeros", nonzeros(matrix)),))
    n, k = matrix.shape
    return product((Factor("rows", n),), (Factor("in", k),))


@formula("aten::dot", "aten::vdot")
def dot(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return product((), (Factor("length", args[0].shape[0]),))


@formula("aten::matmul", "aten::linalg_matmul")
def matmul(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Whole, it arrives for nested operands, and where a mode cannot see inside it."""
    a, b = args[0], args[1]
    if a.is_nested or b.is_nested:
        return nested_product(a, b)
    if a.layout in SPARSE_LAYOUTS or b.layout in SPARSE_LAYOUTS:
        return sparse_product(a, b)
    k = Factor("in", a.shape[-1])
    if b.dim() == 1:
        return product(leading(a.shape[:-1]), (k,))
    out = Factor("out", b.shape[-1])
    if a.dim() == 1:
        return product(leading(b.shape[:-2]), (k, out))
    return product(leading(result.shape[:-1]), (k, out))  # the result has the broadcast batch


@formula("aten::inner")
def inner(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    a, b = args[0], args[1]
    if not a.dim() or not b.dim():
        return Derivation()  # a scaling: element-wise
    return product(leading(a.shape[:-1]), (Factor("in", a.shape[-1]), Factor("out", prod(b.shape[:-1]))))


@formula("aten::tensordot")
def tensordot(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    a, b, dims_a, dims_b = args[:4]
    pairs = [(a.shape[i], b.shape[j]) for i, j in zip(dims_a, dims_b, strict=True)]
    shared = prod(m for m, n in pairs if m == n)  # a 1 against an n: that n is summed first, then multiplied
    rows = a.numel() // prod(m for m, _ in pairs)
    out = b.numel() // prod(n for _, n in pairs)
    return product((Factor("rows", rows),), (Factor("in", shared), Factor("out", out)))


@formula("aten::linear", "aten::mkldnn_linear")
def linear(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return linear_product(args[0], args[1])


@formula("aten::linear_backward", "aten::mkldnn_linear_backward")
def linear_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, grad, weight, mask)``: the gradients of x and weight take one product each, bias a sum."""
    forward = linear_product(args[0], args[2]).terms[0]
    labels = ("gradient of the input", "gradient of the weight")
    wanted = [label for label, asked in zip(labels, args[3], strict=False) if asked]
    return Derivation(tuple(forward._replace(label=label) for label in wanted))


@formula("aten::mkldnn_linear_backward_input")
def linear_backward_input(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return linear_product(result, args[2])


@formula("aten::mkldnn_linear_backward_weights")
def linear_backward_weights(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return linear_product(args[1], args[2])


@formula("aten::matmul_backward")
def matmul_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(grad, a, b, mask)``, for nested operands: one product for each gradient asked for."""
    forward = nested_product(args[1], args[2]).terms[0]
    return Derivation((forward,) * sum(args[3]))


@formula("aten::_scaled_mm", "aten::_scaled_mm_v2")
def scaled_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    a, b = args[0], args[1]
    packed = 2 if a.dtype is getattr(torch, "float4_e2m1fn_x2", None) else 1  # two values to an element
    rows, k = a.shape
    return product((Factor("rows", rows),), (Factor("in", k * packed), Factor("out", b.shape[1])))


@formula("aten::_grouped_mm", "aten::_scaled_grouped_mm", "aten::_scaled_grouped_mm_v2")
def grouped_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Products of one length after another; a 2-D operand is cut into groups along one dimension.

    Whichever dimension is cut, rows, in or out, the groups together cover it once. Only where both operands
    are 3-D is every group a product of its own.
    """
    a, b = args[0], args[1]
    groups = (Factor("groups", a.shape[0]),) if a.dim() == 3 and b.dim() == 3 else ()
    rows, k = a.shape[-2:]
    return product((*groups, Factor("rows", rows)), (Factor("in", k), Factor("out", b.shape[-1])))


@formula("aten::_foreach_mm", "_native::_foreach_mm_native_0")
def foreach_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    pairs = zip(args[0], args[1], strict=True)
    return Derivation(tuple(term for a, b in pairs for term in matrix_product(a, b).terms))


@formula("inductor::_mm_plus_mm")
def mm_plus_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return Derivation(matrix_product(args[0], args[1]).terms + matrix_product(args[2], args[3]).terms)


@formula("aten::affine_grid_generator", "aten::affine_grid_generator_backward")
def affine_grid(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Every position (x, y, 1) of the grid times its sample's matrix theta, (2, 3), or (3, 4) in space."""
    batch, _, *positions = args[1]
    ndim = len(positions)
    rows = (Factor("batch", batch), Factor("positions", prod(positions)))
    return product(rows, (Factor("in", ndim + 1), Factor("out", ndim)))


@formula("aten::cudnn_affine_grid_generator", "aten::cudnn_affine_grid_generator_backward")
def cudnn_affine_grid(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(theta, N, C, H, W)``."""
    batch, _, height, width = args[1:5]
    rows = (Factor("batch", batch), Factor("positions", height * width))
    return product(rows, (Factor("in", 3), Factor("out", 2)))


@formula("aten::bilinear")
def bilinear(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """x1 (*, in1), x2 (*, in2), weight (out, in1, in2): two products, as in ``_trilinear``."""
    out, in1, in2 = args[2].shape
    rows = leading(args[0].shape[:-1])
    return Derivation(
        (
            Term(rows, (Factor("out", out), Factor("in1", in1), Factor("in2", in2)), "x₁ W"),
            Term(rows, (Factor("out", out), Factor("in2", in2)), "(x₁ W) x₂"),
        )
    )


@formula("aten::_trilinear")
def trilinear(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``sum_ij x1_i W_oij x2_j``, and its gradients: three operands, expanded to one index space.

    Two contractions, one after the other: the first two operands over the whole space, which sums over what
    the third does not have (i); then with the third, over what is left (b, o, j).
    """
    operands, expands, summed = args[:3], args[3:6], args[6]
    ndim = operands[0].dim() + len(expands[0])
    space = [1] * ndim
    for operand, expand in zip(operands, expands, strict=True):
        shape = iter(operand.shape)
        own = (1 if axis in expand else next(shape) for axis in range(ndim))
        space = [max(size, mine) for size, mine in zip(space, own, strict=True)]
    names = ("batch", "out", "in1", "in2") if ndim == 4 else tuple(f"index {axis}" for axis in range(ndim))
    factors = tuple(map(Factor, names, space))
    gone = {axis for axis in summed if axis in expands[2]}
    left = tuple(factor for axis, factor in enumerate(factors) if axis not in gone)
    return Derivation(
        (
            Term(factors[:1], factors[1:], "x₁ W"),
            Term(left[:1], left[1:], "(x₁ W) x₂"),
        )
    )
