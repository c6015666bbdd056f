"""Figures on two sides, as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.render.figures import number

if TYPE_CHECKING:
    from fractions import Fraction

    from linscope.report.comparison import Figure, Verdict

_TITLES = {
    "macs": "MACs", "elementwise": "Element-wise", "activations_bytes": "Activation bytes",
    "kv_cache_bytes": "KV cache bytes", "total_bytes": "Memory bytes",
}  # fmt: skip
UNKNOWN = "?"
NONE = "–"


def title(name: str) -> str:
    """A figure by its name for people: ``parameter_bytes`` is ``Parameter bytes``."""
    return _TITLES.get(name) or name.replace("_", " ").capitalize()


def counted(count: int | None, *, least: bool) -> str:
    """``768``; ``≥ 768`` where it is a lower bound, unknown where nothing of it is; a dash where there is none."""
    if count is None:
        return NONE
    if least and not count:
        return "unknown"
    return f"≥ {number(count)}" if least else number(count)


def signed(change: int) -> str:
    """``+24``, ``−24``, ``0``."""
    return f"{'+' if change > 0 else '−' if change < 0 else ''}{number(abs(change))}"


def difference(figure: Figure) -> str:
    """``+24``; ``≥ +24`` and ``≤ −24`` where a bound still tells the direction; ``?`` where nothing does."""
    if figure.change is not None:
        return signed(figure.change)
    if figure.before is None or figure.after is None or (figure.before_least and figure.after_least):
        return UNKNOWN
    known = figure.after - figure.before
    if figure.after_least:
        return f"≥ {signed(known)}" if known > 0 else UNKNOWN
    return f"≤ {signed(known)}" if known < 0 else UNKNOWN


def percentage(figure: Figure) -> str:
    """``+300%``, ``−12.5%``; nothing where there was nothing before, or the difference is not known."""
    if figure.ratio is None or not figure.change:
        return ""
    return percent(figure.ratio - 1)


def percent(share: Fraction) -> str:
    """A share of one with its sign, to four figures at most: ``+12.5%``, ``+0.04%``, ``+<0.01%``."""
    sign = "+" if share > 0 else "−" if share < 0 else ""
    hundredths = round(abs(share) * 10_000)
    if hundredths == 0 and share:
        return f"{sign}<0.01%"
    if hundredths >= 10_000:  # 100 % and more: whole ones will do
        return f"{sign}{number(round(abs(share) * 100))}%"
    digits = f"{hundredths // 100}.{hundredths % 100:02d}" if hundredths < 1_000 else f"{_tenths(share)}"
    return f"{sign}{digits.rstrip('0').rstrip('.')}%"


def _tenths(share: Fraction) -> str:
    tenths = round(abs(share) * 1_000)
    return f"{tenths // 10}.{tenths % 10}"


def change(figure: Figure) -> str:
    """``+24 (+300%)``."""
    share = percentage(figure)
    return f"{difference(figure)} ({share})" if share else difference(figure)


def sentence(verdict: Verdict) -> str:
    """What became of a limit: ``MACs grew from 768 to 864 (+12.5%), more than 2%``."""
    figure = verdict.figure
    name = title(figure.name)
    before, after = counted(figure.before, least=figure.before_least), counted(figure.after, least=figure.after_least)
    if verdict.holds is None:
        return f"{name} {before} → {after} may have grown: {verdict.reason}"
    share = f" ({percentage(figure)})" if percentage(figure) else ""
    allowed = percent(verdict.allowance).lstrip("+")
    if verdict.holds:
        return f"{name} {before} → {after}{share}, {f'within {allowed}' if verdict.allowance else 'no increase'}"
    return f"{name} grew from {before} to {after}{share}{f', more than {allowed}' if verdict.allowance else ''}"
