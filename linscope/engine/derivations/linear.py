"""Linear maps, bilinear maps, and the losses that hold one."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.factors import leading
from linscope.engine.derivations.registry import Shapes, derivation
from linscope.report.derivation import Derivation, Factor, Term

if TYPE_CHECKING:
    from torch import nn


@derivation(
    *("Linear", "LazyLinear", "NonDynamicallyQuantizableLinear", "Parameter"),
    *("LinearReLU", "LinearLeakyReLU", "LinearTanh"),
)
def linear(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """``y = x Wᵀ``, or ``x W`` where the weight is stored (in, out): every row meets every weight once.

    (*, in_features) -> (*, out_features): rows · in_features · out_features.
    """
    if not inputs or inputs[0][-1:] != (module.in_features,):
        return None
    return _rows_times(
        inputs[0],
        Factor("in_features", module.in_features),
        Factor("out_features", module.out_features),
    )


@derivation("Bilinear")
def bilinear(module: nn.Bilinear, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """``y_k = (x₁ᵀ A_k) x₂``: (*, in1_features), (*, in2_features) -> (*, out_features), in two products.

    rows · out_features · (in1_features · in2_features + in2_features).
    """
    if len(inputs) < 2 or inputs[0][:-1] != inputs[1][:-1]:
        return None
    rows = leading(inputs[0])
    out = Factor("out_features", module.out_features)
    in1, in2 = Factor("in1_features", module.in1_features), Factor("in2_features", module.in2_features)
    return Derivation((Term(rows, (out, in1, in2), "x₁ᵀ A"), Term(rows, (out, in2), "(x₁ᵀ A) x₂")))


@derivation("LinearCrossEntropyLoss")
def linear_cross_entropy(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """The logits' linear map; (N, in_features) or (in_features) in, the cross entropy contracts nothing.

    None with ``options``: in chunks, torch computes gradients within the forward.
    """
    if module.options is not None or not inputs:
        return None
    return _rows_times(
        inputs[0],
        Factor("in_features", module.linear.in_features),
        Factor("num_classes", module.num_classes),
        *((Factor("prod(out_features)", prod(module.out_features)),) if module.out_features else ()),
    )


@derivation("AdaptiveLogSoftmaxWithLoss")
def adaptive_log_softmax(module: Any, inputs: Shapes, outputs: Shapes) -> Derivation | None:
    """Unknown from shapes: each tail runs on as many rows as have their target in its cluster."""
    return None


def _rows_times(shape: tuple[int, ...], *weights: Factor) -> Derivation:
    return Derivation((Term(leading(shape), weights),))
