"""Bags of embeddings: every row looked up is added to its bag. The size of the table says nothing about that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.formulas.registry import inside

if TYPE_CHECKING:
    from linscope.engine.formulas.registry import Args, Kwargs


@inside(
    "aten::_embedding_bag",
    "aten::_embedding_bag_forward_only",
    "quantized::embedding_bag_2bit_rowwise_offsets",
    "quantized::embedding_bag_4bit",
    "quantized::embedding_bag_4bit_rowwise_offsets",
    "quantized::embedding_bag_byte",
    "quantized::embedding_bag_byte_rowwise_offsets",
    "static_runtime::embedding_bag",
)
def bag(args: Args, kwargs: Kwargs, result: Any) -> int:
    """``(table, indices, …)`` to (bags, features), or to several of which that is the first."""
    bags = result[0] if isinstance(result, tuple) else result
    rows: int = args[1].numel()
    return rows * int(bags.shape[-1])
