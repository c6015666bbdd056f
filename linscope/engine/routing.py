"""Which experts tokens go to, where no weight is there to choose them: evenly, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

Args = tuple[Any, ...]


def evenly(scores: torch.Size, chosen: int, dim: int) -> torch.Tensor:
    """The choices of a router that uses every expert equally often.

    Row r of the scores (all dimensions but ``dim``, in order) chooses the experts r·chosen, r·chosen + 1, …, each
    modulo their number: no row chooses an expert twice, and over all rows the experts' shares differ by one at most.

    Args:
        scores: the shape of the scores, with the experts along ``dim``.
        chosen: how many each row chooses.

    Returns:
        int64, in the shape of ``scores`` with ``chosen`` along ``dim``.
    """
    experts = max(scores[dim], 1)
    others = [size for i, size in enumerate(scores) if i != dim % len(scores)]
    rows = 1
    for size in others:
        rows *= size
    picks = (torch.arange(rows * chosen) % experts).view(*others, chosen)
    return picks.movedim(-1, dim)


def _topk(args: Args, kwargs: dict[str, Any]) -> torch.Tensor:
    scores, chosen = args[0], args[1] if len(args) > 1 else kwargs["k"]
    return evenly(scores.shape, chosen, args[2] if len(args) > 2 else kwargs.get("dim", -1))


def _first(args: Args, kwargs: dict[str, Any]) -> torch.Tensor | None:
    """Of ``argmax`` and ``max`` along a dimension; None where it is over all of them."""
    scores, dim = args[0], args[1] if len(args) > 1 else kwargs.get("dim")
    if dim is None:
        return None
    keep = args[2] if len(args) > 2 else kwargs.get("keepdim", False)
    picks = evenly(scores.shape, 1, dim)
    return picks if keep else picks.squeeze(dim)


def _order(args: Args, kwargs: dict[str, Any]) -> torch.Tensor:
    scores = args[0]
    dim = args[1] if len(args) > 1 else kwargs.get("dim", -1)
    return evenly(scores.shape, scores.shape[dim], dim)


class Choice(NamedTuple):
    """An even choice in place of an operator's own.

    Args:
        picks: from the operator's arguments; None where it chooses along no dimension.
        result: which of its results the choices are; None where they are all it gives.
    """

    picks: Callable[[Args, dict[str, Any]], torch.Tensor | None]
    result: int | None


CHOICES = {
    "aten::topk": Choice(_topk, 1),
    "aten::argmax": Choice(_first, None),
    "aten::max": Choice(_first, 1),
    "aten::sort": Choice(_order, 1),
}
"""Operators that choose by value, by name."""
