"""A run for its totals alone: what came out, parameters and MACs, of a model that is sure to be light.

Everything that explains a number is left out, and anything that is out of the ordinary is left to a whole analysis.
It counts as that does: at the same operators, by the same formulas.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from linscope.engine.compiling import CompilersAside
from linscope.engine.guard import Allowance
from linscope.engine.inputs import Drawer
from linscope.engine.keeping import Seeded, WithoutFastPaths
from linscope.engine.modes import ONE_AT_A_TIME
from linscope.engine.packed import packed_of
from linscope.engine.tensors import dtype_name, leaves, shape_of
from linscope.engine.tracer import Tracer
from linscope.report.record import UNCOUNTED, ParameterCount, Report, Run, TensorInfo, Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torch import nn

    from linscope.subject import Subject

_CPU = torch.device("cpu")


@contextlib.contextmanager
def many(seed: int = 0) -> Iterator[None]:
    """Around many brief runs: random states and switches are put back once, after all of them."""
    with ONE_AT_A_TIME, Seeded(seed), WithoutFastPaths(), CompilersAside():
        yield


def brief(subject: Subject) -> Report | None:
    """A report of outputs and totals, without layers, operators and notes; None where it takes a whole one.

    That is: an operator without a count, sizes that are learnt, packed weights, and whatever raises. Called within
    ``many``.
    """
    if not subject.owned or subject.learns or subject.foreign or subject.training is None:
        return None
    try:
        return _run(subject)
    except Exception:  # the whole analysis says what it is
        return None


class _Counter(Tracer):
    """A tracer that is entered once, where compilers are aside already."""

    def __enter__(self) -> _Counter:
        TorchDispatchMode.__enter__(self)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        TorchDispatchMode.__exit__(self, kind, error, trace)  # type: ignore[no-untyped-call]  # likewise
        if error is None and self._broken is not None:
            raise self._broken


def _run(subject: Subject) -> Report | None:
    model = subject.build()
    modules = tuple(model.modules())
    for module in modules:  # model.train sets the same through each module's own slow way to set anything
        module.__dict__["training"] = subject.training
    allowance = Allowance()
    args, kwargs = Drawer("real", _CPU, allowance).materialize(subject.arguments(model))
    tracer = _Counter(allowance)
    with torch.no_grad(), tracer:
        output = model(*args, **kwargs)
    if any(tally.state == UNCOUNTED for tally in tracer.operators.values()) or any(packed_of(m)[0] for m in modules):
        return None
    return Report(
        target=subject.target,
        inputs=(),
        outputs=tuple(TensorInfo(shape_of(tensor), dtype_name(tensor.dtype), name) for name, tensor in leaves(output)),
        layers=(),
        operators=(),
        totals=_totals(modules, tracer),
        uncounted=(),
        crosschecks=(),
        notes=(),
        run=Run("real", "cpu", model.training, 0),
        environment=(),
    )


def _totals(modules: tuple[nn.Module, ...], tracer: Tracer) -> Totals:
    parameters = {id(p): p for module in modules for p in module._parameters.values() if p is not None}.values()
    buffers = {id(b): b for module in modules for b in module._buffers.values() if b is not None}.values()
    total = sum([parameter.numel() for parameter in parameters])
    return Totals(
        parameters=ParameterCount(total=total, trainable=total, bytes=_bytes(parameters)),
        buffers=sum([buffer.numel() for buffer in buffers]),
        buffer_bytes=_bytes(buffers),
        macs=sum([tally.macs for tally in tracer.operators.values()]),
        elementwise=sum([tally.elements for tally in tracer.operators.values()]),
    )


def _bytes(tensors: Iterable[torch.Tensor]) -> int:
    return sum([tensor.numel() * tensor.element_size() for tensor in tensors])
