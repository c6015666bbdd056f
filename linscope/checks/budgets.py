"""What a count may come to: exactly so much, at least, at most, with a tolerance; and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from linscope.checks.amounts import BYTES, COUNTS, amount
from linscope.checks.expressions import Expression, parse_expression
from linscope.report.checks import MACS, MEMORY, PARAMETERS, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURES = {"params": PARAMETERS, "macs": MACS, "memory": MEMORY}
"""What a budget may be set on: the key in files and options, and the kind of its findings."""

_SIGNS = {"<=": "most", ">=": "least"}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, or an expression that comes to one once its names have sizes; ``text`` as it was written."""

    text: str
    number: int | Expression

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number.

        Raises:
            NotationError: a name without a size, or a division by zero.
        """
        return self.number if isinstance(self.number, int) else self.number.value(sizes)

    def derived(self, sizes: Mapping[str, int]) -> str:
        """``8*B*T = 8*32*3 = 768``; nothing for a plain number."""
        if isinstance(self.number, int):
            return ""
        value = f"{self.number.value(sizes):,}"
        steps = (self.text.strip(), self.number.substituted(sizes).strip(), value)
        return " = ".join(dict.fromkeys(steps)) if steps[0] != value else ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on one figure; ``kind`` is parameters, macs or memory (in bytes)."""

    kind: str
    exact: Quantity | None = None
    least: Quantity | None = None
    most: Quantity | None = None
    tolerance: Fraction = Fraction(0)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        return tuple(quantity for quantity in (self.exact, self.least, self.most) if quantity is not None)

    @property
    def names(self) -> frozenset[str]:
        """The names in its expressions."""
        expressions = (quantity.number for quantity in self.quantities)
        return frozenset().union(*(e.names for e in expressions if isinstance(e, Expression)))

    def judged(self, value: int, sizes: Mapping[str, int], *, is_bound: bool = False) -> Finding:
        """Whether ``value`` is within the limits.

        Args:
            sizes: of the names in expressions.
            is_bound: whether the true count may be larger, for there is work without a count.

        Raises:
            NotationError: as ``Quantity.value``.
        """
        exact = None if self.exact is None else self.exact.value(sizes)
        low = None if self.least is None else self.least.value(sizes)
        high = None if self.most is None else self.most.value(sizes)
        least, most = (exact, exact) if exact is not None else (low, high)
        if self.tolerance:
            least = None if least is None else ceil(least * (1 - self.tolerance))
            most = None if most is None else floor(most * (1 + self.tolerance))
        holds = _within(value, least, most, is_bound=is_bound)
        derived = () if holds else tuple(filter(None, (quantity.derived(sizes) for quantity in self.quantities)))
        return Finding(
            kind=self.kind,
            expected=self._words(exact, low, high),
            actual=f"{'at least ' if is_bound else ''}{_shown(value, self.kind)}",
            holds=holds,
            value=value,
            least=least,
            most=most,
            lines=tuple(f"expected: {text}" for text in derived),
        )

    def _words(self, exact: int | None, low: int | None, high: int | None) -> str:
        if exact is not None:
            return f"{_shown(exact, self.kind)}{f' ± {_percent(self.tolerance)}' if self.tolerance else ''}"
        parts = [f"at least {_shown(low, self.kind)}"] if low is not None else []
        parts += [f"at most {_shown(high, self.kind)}"] if high is not None else []
        tolerance = f", give or take {_percent(self.tolerance)}" if self.tolerance else ""
        return " and ".join(parts) + tolerance


def _within(value: int, least: int | None, most: int | None, *, is_bound: bool) -> bool | None:
    if most is not None and value > most:
        return False
    if least is not None and value < least:
        return None if is_bound else False
    return None if is_bound and most is not None else True


def _shown(value: int, kind: str) -> str:
    return f"{value:,} bytes" if kind == MEMORY else f"{value:,}"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):g}%"


def quantity(value: int | str, kind: str) -> Quantity:
    """A whole number, an amount such as ``1.5M`` or ``2 MiB``, or an expression.

    Raises:
        NotationError: it is none of these.
    """
    if isinstance(value, int):
        return Quantity(f"{value}", value)
    plain = amount(value, BYTES if kind == MEMORY else COUNTS)
    return Quantity(value, parse_expression(value) if plain is None else plain)


def plain_budget(value: int | str, kind: str) -> Budget:
    """The budget that one value writes: ``768``, ``"8*B*T"``, ``"<=1.5M"``. Of memory it is a limit in any case.

    Raises:
        NotationError: as ``quantity``.
    """
    text = value.strip() if isinstance(value, str) else ""
    side = _SIGNS.get(text[:2])
    if side is not None:
        limit = quantity(text[2:], kind)
        return Budget(kind, most=limit) if side == "most" else Budget(kind, least=limit)
    wanted = quantity(value, kind)
    return Budget(kind, most=wanted) if kind == MEMORY else Budget(kind, exact=wanted)
