"""Checks to their results: read first, then run, in order; and the public ``check``."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from linscope.checking.collector import at_rest, on_new_things_alone
from linscope.checking.preparing import Task, prepared
from linscope.checks.baselines import Holding, load, save, written
from linscope.errors import UsageError
from linscope.report.checks import CheckRun, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from fractions import Fraction

    from linscope.checks.cases import Case


@dataclass(frozen=True, slots=True)
class Manner:
    """How checks are run.

    Args:
        may_run_code: whether a target may stand for code of the user's.
        jobs: processes that heavy checks run in at a time; 0 runs all in this one, unwatched.
        timeout: seconds that a check may take in a process of its own.
        memory: bytes that it may take there.
    """

    may_run_code: bool = True
    jobs: int = 0
    timeout: float = 60.0
    memory: int = 4 * 2**30


@dataclass(slots=True)
class Suite:
    """Checks that were read: ``ready`` to run, in order, or ``broken``, told before anything runs."""

    ready: deque[tuple[int, Task]]
    broken: list[tuple[int, Result]]

    def __len__(self) -> int:
        return len(self.ready) + len(self.broken)

    @property
    def names(self) -> list[str]:
        tasks = (task.name for _, task in self.ready)
        return [*(result.name for _, result in self.broken), *tasks]


def suite_of(cases: Iterable[Case], manner: Manner) -> Suite:
    """All tasks of ``cases``; nothing is run, and torch is not imported."""
    ready: deque[tuple[int, Task]] = deque()
    broken: list[tuple[int, Result]] = []
    items = (item for case in cases for item in prepared(case, may_run_code=manner.may_run_code))
    with at_rest():
        for index, item in enumerate(items):
            if isinstance(item, Result):
                broken.append((index, item))
            else:
                ready.append((index, item))
    return Suite(ready, broken)


def results_of(suite: Suite, holding: Holding, manner: Manner) -> Iterator[tuple[int, Result]]:
    """Each result with its place: those that could not be read first, then the others in order, as each is known.

    A task is let go once it is done.
    """
    yield from suite.broken
    if not suite.ready:
        return
    watched = manner.jobs and any(not task.light for _, task in suite.ready)
    from linscope.checking.children import run_watched
    from linscope.checking.running import run_task
    from linscope.engine.brief import many
    from linscope.engine.threads import on_one_thread

    with on_one_thread(), on_new_things_alone(), many():
        if watched:
            yield from run_watched(suite.ready, holding, manner)
        while suite.ready:
            index, task = suite.ready.popleft()
            yield index, run_task(task, holding)


def result_of_one(task: Task, holding: Holding) -> Result:
    """What becomes of one task by itself, in this process."""
    ((_, result),) = results_of(Suite(deque([(0, task)]), []), holding, Manner())
    return result


def holding_of(baseline: str | None, max_increase: Fraction, writing: str | None = None) -> Holding:
    """How reports are held against the baseline at ``baseline``, if any; ``writing`` is where one is to be written.

    Raises:
        ConfigurationError: the baseline cannot be read.
    """
    if writing is not None:
        return Holding(writing=True, path=writing)
    if baseline is None:
        return Holding()
    return Holding(load(baseline), max_increase, path=baseline)


def run_suite(
    suite: Suite,
    holding: Holding,
    manner: Manner,
    told: Callable[[Result], None] = lambda result: None,
    *,
    whole: bool = True,
    shown: Callable[[str], str] = str,
) -> CheckRun:
    """Run all of ``suite``; ``told`` hears each result as soon as it is known.

    Args:
        whole: whether the checks are all there are, so that an entry of the baseline that none answers to is stale.
        shown: the name of a file, as one would type it.

    Raises:
        UsageError: there is no check. OutputError: the baseline cannot be written.
    """
    if not len(suite):
        raise UsageError("there is no check: nothing would be tested", hint="[[check]] in linscope.toml")
    started, start = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), time.perf_counter()
    names = suite.names
    results: list[tuple[int, Result]] = []
    entries: list[tuple[str, dict[str, Any]]] = []
    for index, result in results_of(suite, holding, manner):
        told(result)
        if result.entry is not None:
            entries.append((result.name, result.entry))
            result = _without_entry(result)
        results.append((index, result))
    results.sort(key=lambda pair: pair[0])
    if holding.writing and holding.path is not None:
        save(holding.path, written(entries))
    known = holding.entries
    return CheckRun(
        results=tuple(result for _, result in results),
        baseline=shown(holding.path) if holding.path and known is not None else None,
        stale=tuple(sorted(set(known) - set(names))) if known is not None and whole else (),
        fresh=tuple(name for name in names if name not in known) if known is not None else (),
        written=shown(holding.path) if holding.path and holding.writing else None,
        seconds=time.perf_counter() - start,
        started=started,
    )


def _without_entry(result: Result) -> Result:
    from dataclasses import replace

    return replace(result, entry=None)
