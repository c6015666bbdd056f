"""One task to its result: analysed, and held against what is expected. Nothing gets past as a traceback."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from linscope.checks.judging import judged
from linscope.errors import InternalError, LinscopeError, ModelError, SizeError
from linscope.report.checks import ERROR, FAILED, FAILURE_CODE, MEMORY, PASSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.checking.preparing import Task
    from linscope.checks.baselines import Holding
    from linscope.report.checks import Finding, Result
    from linscope.report.record import Report


def run_task(task: Task, holding: Holding) -> Result:
    """The result of ``task``; ``holding`` is the baseline it is held against. Called within ``engine.brief.many``."""
    start = time.perf_counter()
    try:
        if _needs_totals_alone(task, holding):
            found = _in_brief(task)
            if found is not None:
                return task.result(PASSED, time.perf_counter() - start, findings=found)
        report = _report(task)
        findings = _judged(task, report)
        compared = holding.compared(task.name, report)
    except LinscopeError as error:
        return failed(task, error, time.perf_counter() - start)
    except MemoryError:
        return failed(task, SizeError("the machine has not enough memory for this check"), time.perf_counter() - start)
    except SystemExit as leaving:
        return failed(task, ModelError(f"the model's code left with {leaving.code!r:.40}"), time.perf_counter() - start)
    except Exception as error:
        if os.environ.get("LINSCOPE_DEBUG"):
            raise
        return failed(task, _bug(error), time.perf_counter() - start)
    findings = (*findings, *compared.findings)
    status = PASSED if all(finding.holds for finding in findings) else FAILED
    return task.result(
        status, time.perf_counter() - start, findings=findings, tighten=compared.tighten, entry=compared.entry,
        remarks=() if findings else ("nothing was expected: it could be analysed, and no more",),
    )  # fmt: skip


def _judged(task: Task, report: Report) -> tuple[Finding, ...]:
    return judged(report, task.outputs, task.case.layers, task.case.budgets, task.sizes)


def _needs_totals_alone(task: Task, holding: Holding) -> bool:
    """Whether a check that passes asks for nothing but what comes out, parameters and MACs."""
    expects = task.case.budgets or task.outputs
    return bool(
        task.light
        and expects
        and not task.case.layers
        and holding.entries is None
        and not holding.writing
        and all(budget.kind != MEMORY for budget in task.case.budgets)
    )


def _in_brief(task: Task) -> tuple[Finding, ...] | None:
    """What a run for its totals alone found, where all of it holds; whatever does not is to be explained."""
    if task.bound is None:
        return None
    from linscope.engine.brief import brief
    from linscope.sources.notation import subject_of

    report = brief(subject_of(task.bound, torch_defaults=task.case.torch_defaults))
    if report is None:
        return None
    findings = _judged(task, report)
    return findings if all(finding.holds for finding in findings) else None


def failed(task: Task, error: LinscopeError, seconds: float) -> Result:
    """The result of a task that came to no report: a failure where a shape did not fit, else an error."""
    error.__cause__ = error.__context__ = error.__traceback__ = None  # they hold the model and its tensors
    return task.result(FAILED if error.exit_code == FAILURE_CODE else ERROR, seconds, error=error)


def _report(task: Task) -> Report:
    if task.bound is not None:
        return _of_notation(task)
    from linscope.api import analyze

    case = task.case
    with _in_folder(case.file.folder if case.file else ""):
        return analyze(case.target, dims=dict(task.binding), crosscheck=False, **case.options)


def _of_notation(task: Task) -> Report:
    assert task.bound is not None
    from linscope import engine
    from linscope.sources.notation import subject_of

    subject = subject_of(task.bound, torch_defaults=task.case.torch_defaults)
    return engine.analyze(subject, engine.Request(crosscheck=False))


@contextlib.contextmanager
def _in_folder(folder: str) -> Iterator[None]:
    """Inside, files are named from ``folder`` on."""
    if not folder:
        yield
        return
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _bug(error: Exception) -> InternalError:
    words = str(error).strip().partition("\n")[0][:300]
    return InternalError(
        f"a bug in linscope: {type(error).__name__}: {words}",
        hint="run it again with LINSCOPE_DEBUG=1 and report what it prints, with the check",
    )
