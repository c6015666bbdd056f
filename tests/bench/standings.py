"""What every counter said of every case, stored; who was right on how many; and the table of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STORED = Path(__file__).parents[1] / "data" / "peers.json"
COMMAND = "python tests/bench/peers.py --store --readme"
BEGIN, END = "<!-- peers:begin -->", "<!-- peers:end -->"

EXACT = "exact"
SILENT = "silently 0"
WRONG = "silently wrong"
WARNED = "wrong, and said so"
FAILED = "failed"
ON_MACS = (EXACT, SILENT, WRONG, WARNED, FAILED)
"""How a counter may do on the MACs of a case, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a counter said of a case. ``failure`` is why it said nothing at all; a number may be missing alone."""

    macs: int | None = None
    parameters: int | None = None
    warned: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One case, and what each counter said of it, in the order of ``Standings.versions``."""

    case: str
    macs: int
    parameters: int
    said: tuple[Answer, ...]

    def on_macs(self, counter: int) -> str:
        """How the counter did: one of ``ON_MACS``. Silent is what says not a word of anything missing."""
        answer = self.said[counter]
        if answer.macs is None:
            return FAILED
        if answer.macs == self.macs:
            return EXACT
        if answer.warned:
            return WARNED
        return WRONG if answer.macs else SILENT

    def on_parameters(self, counter: int) -> bool:
        """Whether the counter had them exactly."""
        return self.said[counter].parameters == self.parameters


@dataclass(frozen=True, slots=True)
class Standings:
    """Everything that was said.

    Args:
        versions: the counters by name, each with its version.
        environment: what they ran on, by name.
        lines: one for each case.
    """

    versions: dict[str, str]
    environment: dict[str, str]
    lines: tuple[Line, ...]

    @property
    def with_work(self) -> int:
        """How many of the cases have MACs."""
        return sum(line.macs > 0 for line in self.lines)

    def on_macs(self, counter: int) -> Counter[str]:
        """How often the counter did how, on the cases that have MACs."""
        return Counter(line.on_macs(counter) for line in self.lines if line.macs)

    def on_parameters(self, counter: int) -> int | None:
        """On how many cases the counter had the parameters exactly; None where it says nothing of them, ever."""
        if all(line.said[counter].parameters is None for line in self.lines):
            return None
        return sum(line.on_parameters(counter) for line in self.lines)

    def from_nothing(self, counter: int) -> int:
        """The cases without MACs where the counter saw some."""
        return sum(line.on_macs(counter) in (WRONG, WARNED) for line in self.lines if not line.macs)


# ── stored ──────────────────────────────────────────────────────────────────────────────────────────────


def to_json(standings: Standings) -> str:
    """The stored form, a line for each case: an answer is ``[macs, parameters, warned]``, or why there is none."""
    head = {"versions": standings.versions, "environment": standings.environment}
    lines = ",\n".join(
        json.dumps(
            [at.case, at.macs, at.parameters, [a.failure or [a.macs, a.parameters, a.warned] for a in at.said]],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for at in standings.lines
    )
    return json.dumps(head, indent=1)[:-2] + ',\n "lines": [\n' + lines + "\n]}\n"


def from_json(text: str) -> Standings:
    """What ``to_json`` wrote."""
    stored = json.loads(text)
    return Standings(
        stored["versions"],
        stored["environment"],
        tuple(
            Line(case, macs, parameters, tuple(Answer(failure=a) if isinstance(a, str) else Answer(*a) for a in said))
            for case, macs, parameters, said in stored["lines"]
        ),
    )


# ── shown ───────────────────────────────────────────────────────────────────────────────────────────────


def rows(standings: Standings) -> Iterable[tuple[str, ...]]:
    """A row for each counter: name, version, how it did on MACs where there are any, and on parameters."""
    for counter, (name, version) in enumerate(standings.versions.items()):
        on_macs = standings.on_macs(counter)
        parameters = standings.on_parameters(counter)
        yield name, version, *(str(on_macs[how]) for how in ON_MACS), "–" if parameters is None else str(parameters)


def table(standings: Standings) -> str:
    """The standings for a terminal, aligned."""
    head = ("", "version", *ON_MACS, "parameters", "some from none")
    body = [(*row, str(standings.from_nothing(counter))) for counter, row in enumerate(rows(standings))]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    counts = f"{standings.with_work} cases with MACs, {len(standings.lines)} in all"
    return "\n".join((counts, *(_aligned(row, widths) for row in (head, *body))))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    words, numbers = zip(row[:2], widths, strict=False), zip(row[2:], widths[2:], strict=True)
    cells = [*(cell.ljust(width) for cell, width in words), *(cell.rjust(width) for cell, width in numbers)]
    return "  ".join(cells).rstrip()


def block(standings: Standings) -> str:
    """The part of the README between the markers, markers included."""
    cases, with_work = len(standings.lines), standings.with_work
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows(standings))
    on = ", ".join(f"{name} {version}" for name, version in standings.environment.items())
    return f"""{BEGIN}
The tests hold {cases} pieces of code with their numbers worked out by hand: every layer of `torch.nn`, and code of
every other kind; {with_work} of them have MACs. Each program was asked about each, in a process of its own, as somebody
who knows it well would ask: what it counts beside multiply-accumulates is switched off where it has a switch, and
what it cannot take is wrapped. Silent is what says not a word of anything missing.

| | version | MACs exact | {" | ".join(ON_MACS[1:])} | parameters exact |
|---|---|{"--:|" * (len(ON_MACS) + 1)}
{body}
| of | | {with_work} | {" | " * (len(ON_MACS) - 1)}{cases} |

On {on}; `{COMMAND}` makes the table anew, with `pip install -e ".[test,peers]"`.
{END}"""


def with_block(readme: str, standings: Standings) -> str:
    """The README with the block of these standings in place of the one it has.

    Raises:
        ValueError: it has none.
    """
    return replaced(readme, block(standings), BEGIN, END)


def replaced(text: str, block: str, begin: str, end: str) -> str:
    """``text`` with ``block`` in place of what stands from ``begin`` to ``end``, both of which it has.

    Raises:
        ValueError: ``text`` lacks one of them.
    """
    before, found, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not found or not last:
        raise ValueError(f"no {begin} ... {end} in the README")
    return before + block + after
