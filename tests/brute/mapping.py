"""``torch.func.vmap`` by its definition: one call for each index of the mapped dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils import _pytree as trees

if TYPE_CHECKING:
    from collections.abc import Callable


def vmap(function: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, **how: Any) -> Callable[..., Any]:
    """``function`` over slices of its arguments, what comes out stacked; ``how`` changes no result."""

    def run(*args: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        leaves, shape = trees.tree_flatten(list(args))
        mapped = [d for arg, dim in zip(args, dims, strict=True) for d in [dim] * len(trees.tree_leaves(arg))]
        size = next(x.shape[d] for x, d in zip(leaves, mapped, strict=True) if d is not None)
        results = []
        for at in range(size):
            slices = [x if d is None else x.select(d, at) for x, d in zip(leaves, mapped, strict=True)]
            results.append(function(*trees.tree_unflatten(slices, shape)))
        return trees.tree_map(lambda *each: torch.stack(each, out_dims), *results)

    return run
