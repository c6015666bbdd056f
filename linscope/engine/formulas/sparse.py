"""Products with a sparse operand: each stored element meets each column, or row, of the other once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import _disable_current_modes

from linscope.engine.formulas.factors import leading, product
from linscope.engine.formulas.registry import formula
from linscope.errors import ValuesError
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Kwargs


SPARSE_LAYOUTS = frozenset({torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc})


def nonzeros(sparse: Tensor) -> int:
    """Stored elements; a stored block counts with all of its elements."""
    with _disable_current_modes():
        values = sparse._values() if sparse.layout is torch.sparse_coo else sparse.values()
        if type(values) is not torch.Tensor:
            # A fake sparse tensor stores nothing, and would count as all zeros.
            raise ValuesError(
                "a sparse product needs values: how many are stored is one", hint="--run real runs it on a real tensor"
            )
        return values.numel()


def sparse_product(a: Tensor, b: Tensor) -> Derivation:
    """(…, n, k) @ (…, k, m), or @ (k,), where a, b or both are sparse."""
    if b.layout not in SPARSE_LAYOUTS:
        out = (Factor("out", b.shape[-1]),) if b.dim() > 1 else ()
        return product((Factor("non-zeros", nonzeros(a)),), out)
    if a.layout not in SPARSE_LAYOUTS:
        return product(leading(a.shape[:-1]), (Factor("non-zeros", nonzeros(b)),))
    return product((Factor("pairs of non-zeros", _matching_pairs(a, b)),), ())


def _matching_pairs(a: Tensor, b: Tensor) -> int:
    """Pairs of a stored a[i, k] and a stored b[k, j]: for each k, column k of a times row k of b."""
    with _disable_current_modes():
        columns = torch.bincount(a.to_sparse()._indices()[1], minlength=a.shape[1])
        rows = torch.bincount(b.to_sparse()._indices()[0], minlength=b.shape[0])
        return int((columns * rows).sum())


@formula(
    "aten::_sparse_mm",
    "aten::_sparse_sparse_matmul",
    "aten::_sparse_mm_reduce_impl",
    "aten::hspmm",
    "aten::smm",
)
def sparse_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return sparse_product(args[0], args[1])


@formula("aten::_sparse_mm_reduce_impl_backward")
def sparse_mm_reduce_backward(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(sparse, grad, dense, …, mask)``: each non-zero meets a row of ``grad``, for the gradient of either."""
    out = (Factor("out", args[1].shape[1]),)
    term = Term((Factor("non-zeros", nonzeros(args[0])),), out)
    labels = ("gradient of the sparse operand", "gradient of the dense operand")
    return Derivation(tuple(term._replace(label=label) for label, asked in zip(labels, args[-1], strict=True) if asked))


@formula("aten::sparse_sampled_addmm")
def sampled(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """A dense product of which only the positions stored in the first operand are worked out."""
    return product((Factor("non-zeros", nonzeros(args[0])),), (Factor("in", args[1].shape[-1]),))


@formula("aten::_sparse_semi_structured_mm")
def semi_structured_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """Two of every four weights, stored densely: (n, k / 2) with the positions beside it."""
    return _compressed(args[0], args[2].shape[1])


@formula("aten::_sparse_semi_structured_addmm")
def semi_structured_addmm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return _compressed(args[1], args[3].shape[1])


@formula("aten::_sparse_semi_structured_linear")
def semi_structured_linear(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return product(leading(args[0].shape[:-1]), (Factor("non-zeros", args[1].numel()),))


@formula("aten::_cslt_sparse_mm")
def cslt_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The compressed operand is one flat buffer; its rows are found in the result, transposed or not."""
    k, columns = args[1].shape
    rows = result.numel() // columns if columns else 0
    return product((Factor("non-zeros", rows * k // 2),), (Factor("out", columns),))


@formula("semi_structured::cutlass_mm")
def cutlass_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(dense, packed, meta, bias, out_features, min_rows, min_cols, transposed)``."""
    return _half_of(args[0], args[4], args[7])


@formula("semi_structured::cusparselt_mm")
def cusparselt_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(dense, packed, bias, out_features, min_rows, min_cols, fused, algorithm, transposed)``."""
    return _half_of(args[0], args[3], len(args) > 8 and args[8])


def _half_of(dense: Tensor, out: int, transposed: bool) -> Derivation:
    """A weight (out, in) with two of every four non-zero, times (in, columns), or times its transpose."""
    size, columns = dense.shape[::-1] if transposed else dense.shape
    return product((Factor("non-zeros", out * size // 2),), (Factor("columns", columns),))


def _compressed(weight: Tensor, out: int) -> Derivation:
    return product((Factor("non-zeros", weight.numel()),), (Factor("out", out),))
