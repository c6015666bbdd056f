"""The one place where a multiply-accumulate is done, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Number = int | float | complex


class Count:
    """Multiply-accumulates done so far."""

    def __init__(self) -> None:
        self.macs = 0

    def sum_of(self, pairs: Iterable[tuple[Number, Number]]) -> Number:
        """The sum of the products of ``pairs``: one multiply-accumulate for each."""
        total: Number = 0
        for a, b in pairs:
            total += a * b
            self.macs += 1
        return total

    def dot(self, a: Sequence[Number], b: Sequence[Number]) -> Number:
        return self.sum_of(zip(a, b, strict=True))


def filled(values: list[Any], shape: Sequence[int], like: torch.Tensor) -> torch.Tensor:
    """``values``, flat and in row-major order, as a tensor of the dtype of ``like``."""
    wide = torch.complex128 if like.is_complex() else torch.float64 if like.is_floating_point() else torch.int64
    return torch.tensor(values, dtype=wide).reshape(tuple(shape)).to(like.dtype)
