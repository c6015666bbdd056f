"""Who is right on which of the ten models, and how fast: what was measured, and the tables of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = "python tests/bench/models_peers.py --readme"
BEGIN, END = "<!-- models:begin -->", "<!-- models:end -->"
OURS = "linscope"


@dataclass(frozen=True, slots=True)
class Said:
    """What one way of counting came to on one model.

    Args:
        macs: None where it failed.
        right: whether MACs and parameters are the published ones.
        seconds: of each round; empty where it failed.
    """

    macs: int | None
    right: bool
    seconds: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def cell(self) -> str:
        """``41 ms``; in brackets where the count is wrong; ``failed``."""
        if not self.seconds:
            return "failed"
        return f"{self.median * 1e3:,.0f} ms" if self.right else f"({self.median * 1e3:,.0f} ms)"


@dataclass(frozen=True, slots=True)
class Line:
    """One model, and what every way of counting said of it, by name."""

    model: str
    said: dict[str, Said]

    def ours(self) -> tuple[str, Said] | None:
        """The faster of our ways that are right."""
        return self._fastest(ours=True)

    def best(self) -> tuple[str, Said] | None:
        """The fastest of the others that are right."""
        return self._fastest(ours=False)

    def ratio(self) -> float | None:
        """Our time over that of the fastest right one, the median of the rounds' ratios; None where none is right."""
        ours, best = self.ours(), self.best()
        if ours is None or best is None:
            return None
        return statistics.median(a / b for a, b in zip(ours[1].seconds, best[1].seconds, strict=True))

    def verdict(self) -> str:
        """How we do on this model, in words."""
        ours, best, ratio = self.ours(), self.best(), self.ratio()
        if ours is None:
            return "wrong"
        if best is None or ratio is None:
            return "alone in being right"
        return f"{ratio:.2f} × {best[0]}"

    def holds(self) -> bool:
        """Whether we are right, and no slower than the fastest one that is."""
        ratio = self.ratio()
        return self.ours() is not None and (ratio is None or ratio <= 1)

    def _fastest(self, *, ours: bool) -> tuple[str, Said] | None:
        right = [(n, s) for n, s in self.said.items() if s.right and n.startswith(OURS) is ours]
        return min(right, key=lambda each: each[1].median, default=None)


def table(lines: Sequence[Line]) -> str:
    """For a terminal, aligned."""
    head, *body = rows(lines)
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in (head, *body)
    )


def rows(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """The head, a row for each way of counting, and one for how we do on each model."""
    right = {way: sum(line.said[way].right for line in lines) for way in lines[0].said}
    return [
        ("", "right on", *(line.model for line in lines)),
        *((way, str(right[way]), *(line.said[way].cell() for line in lines)) for way in right),
        ("linscope against the fastest right one", "", *(line.verdict() for line in lines)),
    ]


def summary(lines: Sequence[Line]) -> str:
    """On how many each is right, and whether what should hold does."""
    right = {way: sum(line.said[way].right for line in lines) for way in lines[0].said}
    told = ", ".join(f"{way} {number}" for way, number in right.items())
    slower = [line.model for line in lines if not line.holds()]
    last = f"slower, or wrong, on {', '.join(slower)}" if slower else "no slower than the fastest right one on any"
    return f"right on, of {len(lines)}: {told}\nlinscope: {last}"


def block(lines: Sequence[Line], versions: dict[str, str]) -> str:
    """The part of the README between the markers, markers included: a row for each model."""
    across = list(zip(*rows(lines), strict=True))
    names, totals, *models = across
    head = ("", *names[1:-1], "linscope : fastest right one")
    body = [*models, (f"right on, of {len(lines)}", *totals[1:])]
    written = "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---", *("--:",) * (len(head) - 1)), *body))
    on = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""{BEGIN}
Ten published models, the same one in the same process for each: median times, in brackets where the parameters or
the MACs are not the published ones. On meta, a counter gets the model and its inputs as shapes alone.

{written}

On {on}; `{COMMAND}` makes the table anew.
{END}"""
