"""What may not grow: limits on the totals of a comparison, and whether they were kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from linscope.errors import UsageError
from linscope.notation.suggest import closest
from linscope.report.comparison import Figure, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from linscope.report.comparison import Comparison

ANY = "any"
KINDS = ("parameters", "macs", "elementwise", "memory")
"""What a limit may be set on; ``any`` is all of them."""

_SHARE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*%")
EXAMPLE = "--fail-on-increase macs=2%"


@dataclass(frozen=True, slots=True)
class Limit:
    """``what`` may grow by the share ``allowance`` of what it was: 1/50 is 2 %."""

    what: str
    allowance: Fraction = Fraction(0)


def limits_of(texts: Iterable[str]) -> tuple[Limit, ...]:
    """The limits as they were written: ``macs``, ``memory=2%``, ``any``.

    One that is named goes before ``any``; of two on the same the later holds.

    Raises:
        UsageError: there is no such figure, or what stands behind ``=`` is no percentage.
    """
    given = dict(map(_read, texts))
    everything = dict.fromkeys(KINDS, given[ANY]) if ANY in given else {}
    wanted = {**everything, **{what: share for what, share in given.items() if what != ANY}}
    return tuple(Limit(kind, wanted[kind]) for kind in KINDS if kind in wanted)


def _read(text: str) -> tuple[str, Fraction]:
    name, equals, share = (part.strip() for part in text.partition("="))
    what = name.lower()
    if what not in (ANY, *KINDS):
        nearest = closest(what, KINDS)
        raise UsageError(
            f"--fail-on-increase knows no {name[:40]!r}",
            hint=f"did you mean {nearest[0]}?" if nearest else f"one of {', '.join((ANY, *KINDS))}",
        )
    if not equals:
        return what, Fraction(0)
    found = _SHARE.fullmatch(share)
    if found is None:
        raise UsageError(f"--fail-on-increase {what} takes a percentage, not {share[:40]!r}", hint=EXAMPLE)
    return what, Fraction(found[1]) / 100


def judged(comparison: Comparison, limits: Iterable[Limit]) -> tuple[Verdict, ...]:
    """A verdict for each figure that a limit is set on."""
    return tuple(_verdict(limit, figure) for limit in limits for figure in _figures_of(limit.what, comparison.totals))


def _figures_of(what: str, totals: Iterable[Figure]) -> Iterator[Figure]:
    """The totals that a limit is about. Packed weights stand beside the parameters that they replaced: they are
    judged together, so that quantizing a model is no growth."""
    by_name = {figure.name: figure for figure in totals}
    if what == "memory":
        yield from (figure for name, figure in by_name.items() if name.endswith("_bytes"))
        return
    figure, packed = by_name[what], by_name["packed"]
    if what != "parameters" or not (packed.before or packed.after):
        yield figure
        return
    yield Figure(
        "parameters_and_packed",
        (figure.before or 0) + (packed.before or 0),
        (figure.after or 0) + (packed.after or 0),
        figure.before_least,
        figure.after_least,
    )


def _verdict(limit: Limit, figure: Figure) -> Verdict:
    holds = figure.within(limit.allowance)
    return Verdict(limit.what, limit.allowance, figure, holds, _why_not_told(figure) if holds is None else None)


def _why_not_told(figure: Figure) -> str:
    if figure.before is None or figure.after is None:
        return "missing in one of the reports"
    if figure.before_least and figure.after_least:
        return "lower bounds on both sides"
    return f"a lower bound {'before' if figure.before_least else 'after'}"
