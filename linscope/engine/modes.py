"""On which tensors to run: real ones, shapes alone (meta), or fake ones; and what to do where one will not do."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from linscope.engine.guard import LARGE, Allowance, DoesNotFit, weigh
from linscope.engine.inputs import device_of
from linscope.engine.keeping import AroundForeignCode, Seeded, WithoutFastPaths
from linscope.engine.on_meta import OutOfRange, on_meta
from linscope.engine.run import Way, run
from linscope.engine.settling import settled_on_meta
from linscope.errors import LinscopeError, ModelError, SizeError, ValuesError
from linscope.progress import unheard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.progress import Progress
    from linscope.report.record import Report
    from linscope.subject import Subject


@dataclass(frozen=True, slots=True)
class Request:
    """How to run.

    Args:
        mode: real, meta or fake; auto is real wherever that fits, else the cheapest that the model's code allows.
        seed: where torch's random state starts.
        strict: an operator without a count is an error.
        crosscheck: ask the modules' formulas and thop as well.
        evidence: look at the tensors of the first linear map, for the explanations.
        progress: takes note of how to find out what is going on.
    """

    mode: str = "auto"
    seed: int = 0
    strict: bool = False
    crosscheck: bool = True
    evidence: bool = False
    progress: Progress = unheard


ONE_AT_A_TIME = threading.RLock()
"""Random states, global switches and the forwards of a shared model are the process's, not the thread's."""


def analyze(subject: Subject, request: Request) -> Report:
    """The report on ``subject``. Safe to call from several threads; they wait for each other.

    Raises:
        LinscopeError: what ``subject.explain`` makes of a forward that raised; SizeError where no mode fits;
            ValuesError where the mode asked for has none and the model needs them; UncountedError under ``strict``.
    """
    with ONE_AT_A_TIME, subject.around():
        if request.mode == "auto":
            return _wherever_it_fits(subject, request)
        try:
            return _in_mode(subject, request, request.mode, None, limit_work=False)
        except DoesNotFit as refused:
            raise SizeError(
                f"a real run does not fit: {refused}", hint="leave --run out, or answer from shapes with --run meta"
            ) from None


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Around code of the user's that runs before an analysis does: what it may disturb is put back, as there."""
    with ONE_AT_A_TIME, Seeded(seed), AroundForeignCode(seed):
        yield


def _wherever_it_fits(subject: Subject, request: Request) -> Report:
    """Real where that fits; else on meta, on fake tensors, or, slow but within memory, for real after all.

    Code that reads values defeats meta first. What else goes wrong on shapes alone may be their fault, too: an
    error of the model's own is believed only where no later mode can tell.
    """
    if subject.shapes_first:
        why = "a model by name comes without its weights"
    elif not subject.owned and device_of(subject.build(), "real").type == "meta":
        try:
            return _in_mode(subject, request, "meta", None, limit_work=False)
        except ValuesError as error:
            return _without_any(subject, request, error)
    else:
        try:
            return _in_mode(subject, request, "real", None, limit_work=True)
        except DoesNotFit as refused:
            why = str(refused)
        except ValuesError as error:
            return _without_any(subject, request, error)
    for mode in ("meta", "fake"):
        try:
            return _in_mode(subject, request, mode, why, limit_work=False)
        except (ValuesError, ModelError) as error:
            if isinstance(error.__cause__, OutOfRange):
                raise
            why, last = f"{why}; {_reason(mode, error)}", error
    try:
        return _in_mode(subject, request, "real", why, limit_work=False)
    except DoesNotFit:
        raise SizeError(
            "it does not fit for real, and cannot be answered from shapes alone",
            details=tuple(why.split("; ")),
            hint="a smaller input, or a machine with more memory",
        ) from last


def _without_any(subject: Subject, request: Request, error: ValuesError) -> Report:
    """The report on a model that has no values of its own, and that meta, where it lives, could not run."""
    try:
        return _in_mode(subject, request, "fake", _reason("meta", error), limit_work=False)
    except (ValuesError, ModelError):
        hint = 'the model is on meta and has none: build it on the CPU, or model.to_empty(device="cpu")'
        raise ValuesError(error.message, details=error.details, hint=hint) from error


def _around_foreign(subject: Subject, seed: int) -> contextlib.AbstractContextManager[Any]:
    return AroundForeignCode(seed) if subject.foreign else contextlib.nullcontext()


def _reason(mode: str, error: LinscopeError) -> str:
    first = error.details[0].removeprefix("torch: ") if error.details else error.message
    return f"on {mode}: {first.partition('. ')[0]}"


def _in_mode(subject: Subject, request: Request, mode: str, why: str | None, *, limit_work: bool) -> Report:
    """The report in one mode.

    Raises:
        DoesNotFit: a real run that would take too much.
    """
    way = Way(mode, Allowance(limit_work=limit_work) if mode == "real" else None, why)
    request.progress(lambda: f"building {subject.target}")
    if way.allowance is not None and subject.owned and not subject.small:
        with _around_foreign(subject, request.seed):
            _foresee(subject, request, way.allowance, limit_work=limit_work)
    with Seeded(request.seed), WithoutFastPaths(), _around_foreign(subject, request.seed):
        if mode == "fake" and subject.learns:
            subject = settled_on_meta(subject)
        try:
            with _tensors_of(mode, subject):
                return run(subject, request, way)
        except ModelError as error:
            return _once_more(subject, request, way, error)


_NO_GRADIENTS = "does not require grad"
_NO_FAST_PATH = "outside of its fast path"


def _once_more(subject: Subject, request: Request, way: Way, error: ModelError) -> Report:
    """The report on a model that cannot do without what runs leave out: gradients, or the encoder's fast path.

    Raises:
        ModelError: it failed for another reason.
    """
    words = str(error.__cause__)
    if _NO_GRADIENTS in words:
        with _tensors_of(way.mode, subject):
            return run(subject, request, replace(way, gradients=True))
    if _NO_FAST_PATH in words:
        torch.backends.mha.set_fastpath_enabled(True)  # WithoutFastPaths puts back what was
        with _tensors_of(way.mode, subject):
            return run(subject, request, way)
    raise error


def _foresee(subject: Subject, request: Request, allowance: Allowance, *, limit_work: bool) -> None:
    """Refuse a model that will not fit before any of it is allocated.

    What it holds and what goes in is weighed without values. Where that alone is much, so may be what comes of
    it, and the whole model is run on shapes first.

    Raises:
        DoesNotFit: as ``Allowance.ask``.
    """
    try:
        with Seeded(request.seed):
            size, work, fed = weigh(subject)
    except LinscopeError:
        return  # it cannot be made without values, or not at all: the run will tell
    if max(size, fed * subject.largest) >= LARGE:
        rehearsal = Allowance(limit_work=limit_work)
        rehearsal.ask(size, work)
        bare = replace(request, crosscheck=False, evidence=False)
        with Seeded(request.seed), WithoutFastPaths(), _tensors_of("meta", subject), contextlib.suppress(LinscopeError):
            run(subject, bare, Way("meta", rehearsal, None))
    allowance.ask(size, work)


def _tensors_of(mode: str, subject: Subject) -> contextlib.AbstractContextManager[Any]:
    """Tensors made inside are real, have shapes alone (meta), or are fake."""
    if mode == "meta":
        return on_meta(routed=subject.routed)
    if mode == "fake":
        from torch._subclasses.fake_tensor import FakeTensorMode

        return FakeTensorMode(allow_non_fake_inputs=True)
    return contextlib.nullcontext()
