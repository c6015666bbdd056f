"""Matrix products with something else in the same operator: a loss, or data moved between processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.factors import leading
from linscope.engine.formulas.matmul import linear_product, matrix_product
from linscope.engine.formulas.registry import formula, inside
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.engine.formulas.registry import Args, Kwargs


@formula(
    "torch_nn::_linear_cross_entropy_batch_chunked",
    "torch_nn::_linear_cross_entropy_batch_chunked_no_reduction",
)
def linear_cross_entropy(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """``(x, weight, …, gradient of x, gradient of weight, gradient of bias)``, whole or, without reduction, not.

    The first of both works the gradients out on the way, each another product over the same sizes.
    """
    term = linear_product(args[0], args[1]).terms[0]
    wanted = args[12:14] if len(args) == 15 else ()
    labels = ("gradient of the input", "gradient of the weight")
    return Derivation(
        (term, *(term._replace(label=label) for label, asked in zip(labels, wanted, strict=False) if asked))
    )


@inside(
    "torch_nn::_linear_cross_entropy_batch_chunked",
    "torch_nn::_linear_cross_entropy_batch_chunked_no_reduction",
)
def cross_entropy(args: Args, kwargs: Kwargs, result: Any) -> int:
    """The logarithm of the softmax over the classes, and what is picked from it, as in cross entropy on its own."""
    rows: int = args[0].numel() // max(args[0].shape[-1], 1)
    return 2 * rows * int(args[1].shape[0])


@formula("symm_mem::_async_input_mm")
def awaited_mm(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    return matrix_product(args[0], args[1])


@formula("symm_mem::fused_all_gather_matmul", "symm_mem::fused_all_gather_scaled_matmul")
def gathered_matmul(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """The gathered A (…, in) times each of the Bs (in, out): as many rows as the results have."""
    return Derivation(tuple(_product(y, b) for y, b in zip(result[1], args[1], strict=True)))


@formula("symm_mem::fused_matmul_reduce_scatter", "symm_mem::fused_scaled_matmul_reduce_scatter")
def scattered_matmul(args: Args, kwargs: Kwargs, result: Any) -> Derivation:
    """A (…, in) times B (in, out), of whose result a part is kept."""
    return Derivation((_product(args[0], args[1]),))


def _product(rows: Tensor, b: Tensor) -> Term:
    return Term(leading(rows.shape[:-1]), (Factor("in", b.shape[0]), Factor("out", b.shape[1])))
