"""What every operator costs: a formula, or one of the states free, element-wise and uncounted."""

from linscope.engine.formulas import attention, conv, einsum, matmul, quantized, rnn, sparse
from linscope.engine.formulas.registry import FORMULAS, RULES, Rule, elements, formula, rule_for

__all__ = [
    "FORMULAS",
    "RULES",
    "Rule",
    "attention",
    "conv",
    "einsum",
    "elements",
    "formula",
    "matmul",
    "quantized",
    "rnn",
    "rule_for",
    "sparse",
]
