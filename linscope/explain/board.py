"""The board that a lesson is told on: the program it runs, what it reads off it, and what it may state of it.

What a lesson shows, ran: every line that is written here runs as it is written, and stands in the lesson as code.
Where something that is compared does not hold, the lesson says so in the place of everything it would have said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from linscope.explain.figures import real
from linscope.report.lesson import Check, Lesson, Mistake

if TYPE_CHECKING:
    from collections.abc import Callable

    from linscope.explain.numbers import Numbers
    from linscope.explain.registry import Entry
    from linscope.language import Say
    from linscope.report.lesson import Chain, Part
    from linscope.report.record import LayerRow, Report


MOST_ELEMENTS = 1 << 24
MOST_MACS = 2 * 10**9
"""Above these a lesson is told from shapes alone: nobody waits for it, and nobody pastes it."""


class Lab(Protocol):
    """Where programs run; see ``linscope.engine.laboratory``."""

    def run(self, text: str) -> str: ...
    def value(self, expression: str) -> Any: ...
    def gap(self, left: str, right: str) -> float: ...
    def rounding(self, size: str, terms: int) -> float: ...
    def macs(self, text: str) -> int: ...
    def error(self, text: str) -> tuple[str, str] | None: ...


class Board:
    """What one lesson has to work with, and what it has written so far.

    Args:
        entry: the lesson.
        report: the analysis of the spec, and ``row`` the layer of it that the lesson is told on.
        lab: where its program runs.
        say: says a sentence in the reader's language.
        analyze: ``linscope.analyze``, for the specs that a lesson sets beside this one.
        seed: where the program's random numbers start.
        x, weights: the reader's own numbers, in the place of drawn ones.
    """

    def __init__(
        self,
        entry: Entry,
        report: Report,
        row: LayerRow,
        lab: Lab,
        say: Say,
        analyze: Callable[..., Report],
        seed: int,
        x: Numbers | None = None,
        weights: Numbers | None = None,
    ) -> None:
        self.entry = entry
        self.report = report
        self.row = row
        self.say = say
        self.analyze = analyze
        self.seed = seed
        self.x = x
        self.weights = weights
        self._lab = lab
        self._code: list[str] = []
        self._prints: list[str] = []
        self._checks: list[Check] = []
        self._mistakes: list[Mistake] = []
        self.light = _is_light(row)

    # ── the program ─────────────────────────────────────────────────────────────────────────────────

    def write(self, *lines: str) -> None:
        """Run these lines as the next part of the program."""
        if self.light:
            self._code.extend(lines)
            self._prints.extend(self._lab.run("\n".join(lines)).splitlines())

    def value(self, expression: str) -> Any:
        """What an expression gives in the program so far, as numbers."""
        return self._lab.value(expression)

    # ── what is compared ────────────────────────────────────────────────────────────────────────────

    def same(
        self, key: str, left: str, right: str, *, size: str = "", terms: int = 0, why: str = "", statement: str = ""
    ) -> None:
        """Two tensors of the program are equal, and the program prints how far apart they are.

        Bit for bit, for the reason ``why``, unless ``size`` and ``terms`` are given: then up to the rounding of sums
        of ``terms`` products, whose absolute values sum to ``size``.
        """
        statement = statement or f"{left} = {right}"
        gap = tolerance = None
        if self.light:
            self.write(f"print(gap({left}, {right}))")
            gap = self._lab.gap(left, right)
            tolerance = self._lab.rounding(size, terms) if size else 0.0
        told = why or (self._rounding() if size else self.say("bit for bit"))
        holds = None if gap is None or tolerance is None else gap <= tolerance
        self._checks.append(Check(key, statement, left, right, gap, tolerance, holds, told))

    def near(self, key: str, left: str, right: str, tolerance: float, *, statement: str, why: str) -> None:
        """Two numbers of the program are as near as chance leaves them, and the program prints how near."""
        gap = None
        if self.light:
            self.write(f"print(abs({left} - {right}).item())")
            gap = self._lab.gap(left, right)
        holds = None if gap is None else gap <= tolerance
        self._checks.append(Check(key, statement, left, right, gap, tolerance, holds, why))

    def true(self, key: str, expression: str, statement: str, why: str = "") -> None:
        """An expression of the program is True, and the program prints it."""
        holds = None
        if self.light:
            self.write(f"print({expression})")
            holds = bool(self._lab.value(expression))
        self._checks.append(
            Check(
                key,
                statement,
                expression,
                "True",
                None,
                None,
                holds,
                why or self.say("true or false, as the program prints it"),
            )
        )

    def counts(self, key: str, statement: str, told: int, found: int, left: str = "", right: str = "") -> None:
        """A whole number that the lesson tells is the one that was found."""
        gap = float(abs(told - found))
        why = self.say("whole numbers: nothing is rounded")
        left, right = left or f"{told:,}", right or f"{found:,}"
        self._checks.append(Check(key, statement, left, right, gap, 0.0, gap == 0, why))

    def macs(self, key: str, line: str, told: int, statement: str) -> None:
        """Running ``line`` as the next part of the program takes ``told`` MACs, counted at its operators."""
        if self.light:
            self._code.append(f"{line}  # {told:,} MACs")
            self.counts(key, statement, told, self._lab.macs(line))
        else:
            self._checks.append(Check(key, statement, f"{told:,}", "", None, None, None, ""))

    def fails(self, key: str, line: str, kind: str, *, claim: str, instead: str) -> None:
        """A line that people write raises an error of this kind; the program prints its first line."""
        statement = self.say("{line} raises {kind}", line=line, kind=kind)
        if not self.light:
            self._checks.append(Check(key, statement, line, kind, None, None, None, ""))
            return
        self.write("try:", f"    {line}", "except Exception as error:", '    print(str(error).partition("\\n")[0])', "")
        raised = self._lab.error(line)
        found = raised[0] if raised else self.say("nothing")
        holds = raised is not None and found in (kind, "NotImplementedError")
        why = self.say("it ran, and this is what came of it")
        self._checks.append(Check(key, statement, found, kind, None, None, holds, why))
        words = raised[1] if raised else ""
        self.mistake(claim, line, (f"{found}: {words}",), instead)

    def mistake(self, claim: str, ran: str, shown: tuple[str, ...], instead: str) -> None:
        """What people get wrong; a check must hold what is shown."""
        self._mistakes.append(Mistake(claim, ran, shown, instead))

    # ── the lesson ──────────────────────────────────────────────────────────────────────────────────

    def lesson(
        self,
        claim: str,
        *,
        chains: tuple[Chain, ...] = (),
        parts: tuple[Part | None, ...] = (),
        layer: str | None = None,
    ) -> Lesson:
        """The lesson as it may be told: without its claims where one of its checks does not hold."""
        failed = [check for check in self._checks if check.holds is False]
        if failed:
            claim, chains, parts = self._refutation(failed[0]), (), ()
        return Lesson(
            name=self.entry.name,
            target=self.report.target,
            layer=self.row.written if layer is None else layer,
            title=self.say(self.entry.title),
            claim=claim,
            chains=chains,
            parts=tuple(part for part in parts if part is not None),
            code=tuple(self._code),
            prints=tuple(self._prints),
            checks=tuple(self._checks),
            mistakes=() if failed else tuple(self._mistakes),
        )

    def _refutation(self, check: Check) -> str:
        if check.max_difference is None or check.tolerance is None:
            return self.say("This did not hold on this run: {statement}", statement=check.statement)
        return self.say(
            "This did not hold on this run: {left} against {right}, largest difference {gap}, allowed {tolerance}.",
            left=check.left,
            right=check.right,
            gap=real(check.max_difference),
            tolerance=real(check.tolerance),
        )

    def _rounding(self) -> str:
        return self.say(
            "up to rounding: the same terms summed in another order, allowed: number of terms · eps · Σ|terms|"
        )


def _is_light(row: LayerRow) -> bool:
    shapes = (*row.input_shapes, *row.output_shapes, *(shape for _, shape in row.parameters.shapes))
    sizes = []
    for shape in shapes:
        size = 1
        for length in shape:
            size *= length
        sizes.append(size)
    return min(sizes, default=1) > 0 and max(sizes, default=1) <= MOST_ELEMENTS and row.subtree_macs <= MOST_MACS
