"""One analysis: build the model, draw its inputs, run it under the tracer, and write down what was seen."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from linscope.engine.environment import environment
from linscope.engine.evidence import collect
from linscope.engine.forward import forward
from linscope.engine.guard import LARGE, Allowance, DoesNotFit, weigh
from linscope.engine.inputs import Drawer, device_of
from linscope.engine.keeping import GivenAsTheyWere, Seeded, Unchanged, WithoutFastPaths
from linscope.engine.ledger import Ledger, buffers_of
from linscope.engine.opinions import formula_opinion, operators_opinion, thop_opinion
from linscope.engine.rows import called_paths, layer_rows, operator_rows
from linscope.engine.settling import settle, without_values
from linscope.engine.tensors import dtype_name, leaves, shape_of
from linscope.engine.tracer import Tracer
from linscope.errors import LinscopeError, SizeError, UncountedError
from linscope.report.record import UNCOUNTED, Note, Opinion, Report, Run, TensorInfo, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from linscope.engine.attribution import Modules
    from linscope.engine.frames import Frame
    from linscope.report.evidence import LinearEvidence
    from linscope.subject import Subject


@dataclass(frozen=True, slots=True)
class Request:
    """How to run.

    Args:
        mode: real, meta or fake; auto is real wherever that fits, else meta.
        seed: where torch's random state starts.
        strict: an operator without a count is an error.
        crosscheck: ask the modules' formulas and thop as well.
        evidence: look at the tensors of the first linear map, for the explanations.
    """

    mode: str = "auto"
    seed: int = 0
    strict: bool = False
    crosscheck: bool = True
    evidence: bool = False


def analyze(subject: Subject, request: Request) -> Report:
    """The report on ``subject``.

    Raises:
        LinscopeError: what ``subject.explain`` makes of a forward that raised; SizeError where no mode fits;
            UncountedError under ``strict``.
    """
    if request.mode != "auto":
        return _in_mode(subject, request, request.mode, None)
    try:
        return _in_mode(subject, request, "real", None)
    except DoesNotFit as refused:
        why = str(refused)
    return _in_mode(subject, request, "meta", why)


def _in_mode(subject: Subject, request: Request, mode: str, why: str | None) -> Report:
    """The report in one mode; DoesNotFit gets out of it only where ``auto`` knows what to do instead."""
    allowance = Allowance(limit_work=request.mode == "auto") if mode == "real" else None
    try:
        if allowance is not None and subject.owned and not subject.small:
            _foresee(subject, request, allowance)
        with Seeded(request.seed), WithoutFastPaths(), _tensors_of(mode):
            return _run(subject, request, mode, allowance, why)
    except DoesNotFit as refused:
        if request.mode == "auto":
            raise
        raise SizeError(
            f"a real run does not fit: {refused}", hint="leave --run out, or answer from shapes with --run meta"
        ) from None


def _foresee(subject: Subject, request: Request, allowance: Allowance) -> None:
    """Refuse a model that will not fit before any of it is allocated.

    What it holds and what goes in is weighed without values. Where that alone is much, so may be what comes of
    it, and the whole model is run on shapes first.

    Raises:
        DoesNotFit: as ``Allowance.ask``.
    """
    with Seeded(request.seed):
        size, work, fed = weigh(subject)
    if max(size, fed * subject.largest) >= LARGE:
        rehearsal = Allowance(limit_work=request.mode == "auto")
        rehearsal.ask(size, work)
        with Seeded(request.seed), WithoutFastPaths(), _tensors_of("meta"), contextlib.suppress(LinscopeError):
            _run(subject, replace(request, crosscheck=False, evidence=False), "meta", rehearsal, None)
    allowance.ask(size, work)


def _tensors_of(mode: str) -> contextlib.AbstractContextManager[Any]:
    """Tensors made inside are real, have shapes alone (meta), or are fake."""
    if mode == "meta":
        return torch.device("meta")
    if mode == "fake":
        from torch._subclasses.fake_tensor import FakeTensorMode

        return FakeTensorMode(allow_non_fake_inputs=True)
    return contextlib.nullcontext()


def _run(subject: Subject, request: Request, mode: str, allowance: Allowance | None, why: str | None) -> Report:
    model = subject.build()
    device = device_of(model, mode)
    if device.type == "meta":
        mode = "meta"  # a model of the user's that has no values
    if mode != "real" and not subject.owned:
        model = without_values(model, "meta" if mode == "meta" else None)
    with Unchanged(model, subject.training, made=subject.owned or mode != "real"):
        modules = tuple(model.named_modules())
        asked = subject.arguments(model)
        args, kwargs = Drawer(mode, device, allowance).materialize(asked)
        settled = settle(subject, model, modules, args, kwargs, allowance)
        if settled is not model or subject.learns:
            model, modules = settled, tuple(settled.named_modules())
        watched = _Watched(modules if request.evidence and mode != "fake" else ())
        tracer = Tracer(allowance, watched if watched.paths else None)
        inputs = tuple(_info(name, tensor) for name, tensor in leaves((args, kwargs)))
        with GivenAsTheyWere(() if subject.owned else [tensor for _, tensor in leaves(asked)]):
            output = forward(subject, model, modules, tracer, args, kwargs)
        ledger = Ledger(modules, called_paths(tracer.root))
        operators = operator_rows(tracer.operators)
        uncounted = tuple(row for row in operators if row.state == UNCOUNTED)
        if uncounted and request.strict:
            raise _uncounted(uncounted)
        totals = Totals(
            ledger.total(),
            *buffers_of(modules),
            sum(row.macs for row in operators),
            sum(row.elements for row in operators),
        )
        opinions: tuple[Opinion, ...] = ()
        if request.crosscheck:
            opinions = (
                formula_opinion(tracer.root, totals.macs),
                operators_opinion(totals.macs, complete=not uncounted),
                thop_opinion(model, tracer.root, args, kwargs, totals.macs)
                if mode == "real"
                else Opinion("thop", None, None, None, "not asked: it needs real tensors"),
            )
        return Report(
            target=subject.target,
            inputs=inputs,
            outputs=tuple(_info(name, tensor) for name, tensor in leaves(output)),
            layers=layer_rows(tracer.root, ledger, subject.written),
            operators=operators,
            totals=totals,
            uncounted=uncounted,
            crosschecks=opinions,
            notes=(*_mode_notes(mode, why), *subject.notes(model, totals)),
            run=Run(mode, device.type, model.training, request.seed, why),
            environment=environment(),
            evidence=tuple(watched.evidence),
        )


class _Watched:
    """Collects the evidence of the first linear map that runs, at the moment it has run."""

    def __init__(self, modules: Modules) -> None:
        self.paths = frozenset(_teachable(modules))
        self.evidence: list[LinearEvidence] = []

    def __call__(self, frame: Frame, taken: list[Any], output: Any) -> None:
        if self.evidence or frame.path not in self.paths or len(taken) != 1:
            return
        assert frame.module is not None
        with _disable_current_modes():
            found = collect(frame.path, frame.module, taken[0], output)
        if found is not None:
            self.evidence.append(found)


def _teachable(modules: Modules) -> Iterator[str]:
    """Linear maps that the user wrote, not those inside torch's own attention and transformer layers."""
    inside: tuple[str, ...] = ()
    for path, module in modules:
        kind = type(module)
        if kind.__module__ in ("torch.nn.modules.transformer", "torch.nn.modules.activation"):
            inside = (*inside, f"{path}.") if next(module.children(), None) is not None else inside
        elif (kind is nn.Linear or getattr(kind, "is_hand_made", False)) and not path.startswith(inside):
            yield path


def _info(name: str | None, tensor: torch.Tensor) -> TensorInfo:
    return TensorInfo(shape_of(tensor), dtype_name(tensor.dtype), name)


def _mode_notes(mode: str, why: str | None) -> tuple[Note, ...]:
    if why is None:
        return ()
    return (
        Note(
            "shapes-alone",
            f"answered from shapes alone, no values computed: {why}; --run real forces a real run",
            (("mode", mode), ("reason", why)),
        ),
    )


def _uncounted(rows: tuple[Any, ...]) -> UncountedError:
    return UncountedError(
        f"{len(rows)} operator{'s' if len(rows) > 1 else ''} without a count",
        details=tuple(
            f"{row.name}: {row.calls} call{'s' if row.calls > 1 else ''} in {', '.join(row.modules) or 'the model'}"
            for row in rows
        ),
        hint="leave --strict out to take the total as a lower bound",
    )
