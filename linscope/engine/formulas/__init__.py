"""What every operator costs: a formula, or one of the states free, element-wise and uncounted."""

from linscope.engine.formulas import (
    attention,
    attention_packed,
    bags,
    conv,
    einsum,
    fused,
    gates,
    matmul,
    multi_head,
    quantized,
    rnn,
    sparse,
)
from linscope.engine.formulas.registry import FORMULAS, RULES, Rule, formula, rule_for
from linscope.engine.formulas.touched import elements

__all__ = [
    "FORMULAS",
    "RULES",
    "Rule",
    "attention",
    "attention_packed",
    "bags",
    "conv",
    "einsum",
    "elements",
    "formula",
    "fused",
    "gates",
    "matmul",
    "multi_head",
    "quantized",
    "rnn",
    "rule_for",
    "sparse",
]
