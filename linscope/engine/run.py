"""One analysis: build the model, draw its inputs, run it under the tracer, and write down what was seen."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from torch.nn.parameter import is_lazy

from linscope import teaching
from linscope.engine.copying import holds_values, without_values
from linscope.engine.environment import environment
from linscope.engine.evidence import Watched
from linscope.engine.forward import forward
from linscope.engine.frames import take_in
from linscope.engine.inputs import Drawer, device_of
from linscope.engine.ledger import Ledger, buffers_of
from linscope.engine.liveness import Liveness
from linscope.engine.memory import memory_of
from linscope.engine.names import other_names
from linscope.engine.on_meta import routing_notes
from linscope.engine.opinions import formula_opinion, operators_opinion, thop_opinion
from linscope.engine.reading import Reads
from linscope.engine.remarks import remarks
from linscope.engine.rows import called_paths, layer_rows, operator_rows
from linscope.engine.settling import settle
from linscope.engine.tensors import dtype_name, leaves, plainly, shape_of
from linscope.engine.tracer import Tracer
from linscope.engine.unchanged import Unchanged, values_of
from linscope.errors import UncountedError
from linscope.report.record import UNCOUNTED, Note, Opinion, Report, Run, TensorInfo, Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import nn

    from linscope.engine.guard import Allowance
    from linscope.engine.modes import Request
    from linscope.subject import Subject


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run: on real tensors, within an allowance; on meta or fake ones; why so, if not as usual; and
    whether operators are recorded for a backward pass that the forward itself asks for."""

    mode: str
    allowance: Allowance | None
    why: str | None
    gradients: bool = False


def run(subject: Subject, request: Request, way: Way) -> Report:
    """The report of one run; called within the tensors of ``way.mode``.

    Raises:
        LinscopeError: as ``modes.analyze``. DoesNotFit: when the allowance refuses.
    """
    model = subject.build()
    mode, device, allowance = way.mode, device_of(model, way.mode), way.allowance
    if mode == "real" and device.type == "meta":
        mode, allowance = "meta", None  # a model of the user's that has no values
    users_own = not subject.owned
    if mode == "fake":
        copy = users_own
    else:
        with plainly():
            copy = mode == "meta" and holds_values(model)
    if copy:
        model, users_own = without_values(model, "meta" if mode == "meta" else device.type), False
    modules = tuple(model.named_modules())
    within = (module for _, module in modules)
    with (
        Unchanged(model, subject.training, made=not users_own, modules=within),
        contextlib.ExitStack() as afterwards,
    ):
        asked = subject.arguments(model)
        args, kwargs = Drawer(mode, device, allowance).materialize(asked)
        settled = settle(subject, model, modules, args, kwargs, allowance)
        if settled is not model or subject.learns:
            model, modules = settled, tuple(settled.named_modules())
        watched = Watched(modules if request.evidence and mode != "fake" else ())
        given = tuple(leaves((args, kwargs)))
        inputs = tuple(_info(name, tensor) for name, tensor in given)
        kept = values_of(model, (tensor for _, tensor in given)) if users_own and mode == "real" else None
        with plainly():
            reads = Reads(modules)
            alive = Liveness(t for _, module in modules for t in _held_by(module))
        tracer = Tracer(
            allowance,
            watched if watched.paths else None,
            kept.before if kept is not None else None,
            reads.note,
            alive,
        )
        request.progress(tracer.whereabouts)
        alive.made([tensor for _, tensor in given], tracer.root)
        del given
        with kept or contextlib.nullcontext():
            output = forward(subject, model, modules, tracer, args, kwargs, gradients=way.gradients)
        if mode != "real":
            afterwards.enter_context(plainly())
        outputs = tuple(_info(name, tensor) for name, tensor in leaves(output))
        take_in(tracer.root, model)
        names = other_names(modules)
        ledger = Ledger(modules, called_paths(tracer.root), reads.unread(), names.keys())
        operators = operator_rows(tracer.operators)
        uncounted = tuple(row for row in operators if row.state == UNCOUNTED)
        if uncounted and request.strict:
            raise UncountedError.of(uncounted)
        totals = Totals(
            ledger.total(),
            *buffers_of(modules),
            sum(row.macs for row in operators),
            sum(row.elements for row in operators),
        )
        opinions: tuple[Opinion, ...] = ()
        request.progress(lambda: "putting the counts together")
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
            outputs=outputs,
            layers=layer_rows(tracer.root, ledger, subject.written, names),
            operators=operators,
            totals=totals,
            uncounted=uncounted,
            crosschecks=opinions,
            notes=(
                *_mode_notes(mode, way.why),
                *routing_notes(),
                *teaching.notes(tracer.operators),
                *remarks(tracer.root, ledger),
                *subject.notes(model, totals),
            ),
            run=Run(mode, device.type, getattr(model, "training", False), request.seed, way.why),
            environment=environment(),
            evidence=tuple(watched.evidence),
            memory=memory_of(modules, totals.parameters.packed_bytes, alive, subject.cached),
        )


def _held_by(module: nn.Module) -> Iterator[torch.Tensor]:
    """The parameters and buffers of ``module`` itself, with a size."""
    held = chain(module._parameters.values(), module._buffers.values())
    return (tensor for tensor in held if tensor is not None and not is_lazy(tensor))


def _info(name: str | None, tensor: torch.Tensor) -> TensorInfo:
    return TensorInfo(shape_of(tensor), dtype_name(tensor.dtype), name)


def _mode_notes(mode: str, why: str | None) -> tuple[Note, ...]:
    if why is None:
        return ()
    data = (("mode", mode), ("reason", why))
    if mode == "real":
        return (Note("values-needed", f"run on real values, as shapes alone could not answer: {why}", data),)
    return (
        Note(
            "shapes-alone",
            f"answered from shapes alone, no values computed: {why}; --run real forces a real run",
            data,
        ),
    )
