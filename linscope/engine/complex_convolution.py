"""Complex convolutions: torch makes three real ones of each, and the convention counts one.

``(x + iy)(v + iw)`` comes from ``x v``, ``y w`` and ``(x + y)(v + w)``: convolutions of the real parts, of the
imaginary parts, and of their sums, in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from linscope.report.derivation import Derivation

REAL, IMAGINARY = 0, 1


class ComplexConvolutions:
    """Follows the convolutions of a run; one at a time is under way."""

    __slots__ = ("_done",)

    def __init__(self) -> None:
        self._done: tuple[Derivation, ...] = ()

    def completes(self, args: tuple[Any, ...], derivation: Derivation) -> bool:
        """Whether this is the third of the three, with the very sizes of the first two."""
        parts = _part(args[0]), _part(args[1])
        before, self._done = self._done, ()
        if parts == (REAL, REAL):
            self._done = (derivation,)
        elif parts == (IMAGINARY, IMAGINARY) and before == (derivation,):
            self._done = (derivation, derivation)
        return parts == (None, None) and before == (derivation, derivation)


def _part(tensor: Tensor) -> int | None:
    """Which part of a complex tensor this is a view of, if of any."""
    whole = tensor._base
    if whole is None or not whole.is_complex() or tensor.is_complex():
        return None
    return int(tensor.storage_offset()) % 2
