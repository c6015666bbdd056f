"""Counts with their nouns, and sums and products with their results, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.explain.figures import product

if TYPE_CHECKING:
    from linscope.explain.linear_map import LinearMap
    from linscope.language import Say


def rows(say: Say, n: int) -> str:
    return say("{n:,} row", n=n) if n == 1 else say("{n:,} rows", n=n)


def weights(say: Say, n: int) -> str:
    return say("{n:,} weight", n=n) if n == 1 else say("{n:,} weights", n=n)


def parameters(say: Say, n: int) -> str:
    return say("{n:,} parameter", n=n) if n == 1 else say("{n:,} parameters", n=n)


def macs(say: Say, n: int) -> str:
    return say("{n:,} MAC", n=n) if n == 1 else say("{n:,} MACs", n=n)


def parameter_sum(m: LinearMap) -> str:
    """``4 · 2 + 2 = 10``; ``4 · 2 = 8`` without a bias."""
    if not m.has_bias:
        return product(m.in_features, m.out_features)
    return f"{m.in_features:,} · {m.out_features:,} + {m.out_features:,} = {m.parameters:,}"
