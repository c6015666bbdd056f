"""The one place where the parts are wired: a target to a report."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from linscope.errors import LinscopeError, UncountedError, UsageError
from linscope.notation import Spec, parse
from linscope.progress import unheard
from linscope.report.memory import WEIGHTS_AS
from linscope.report.record import Report
from linscope.sources.registry import open_source, refuse_json, split
from linscope.subject import Asked, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from linscope.notation.bound import BoundSpec
    from linscope.progress import Progress

RUNS = ("auto", "real", "meta", "fake")
EXPLAIN = ("none", "short", "full")


def analyze(
    target: Any,
    inputs: Any = None,
    *,
    run: str = "auto",
    train: bool | None = None,
    seed: int = 0,
    strict: bool = False,
    dims: Mapping[str, int] | None = None,
    explain: str = "none",
    crosscheck: bool = True,
    torch_defaults: bool = False,
    args: Mapping[str, Any] | None = None,
    batch: int | None = None,
    seq_len: int | None = None,
    dtype: str | None = None,
    may_run_code: bool = True,
    progress: Progress = unheard,
) -> Report:
    """Run ``target`` once and report its shapes, parameters and MACs.

    Args:
        target: a spec (``"[32,3,4] -> Linear(4,2)"`` or what ``parse`` gives), the name of a model
            (``"tv:resnet50"``, ``"py:net.py:Net"``; see ``linscope.sources.registry``), or an ``nn.Module``.
        inputs: for a model: a tensor, a shape string (``"[32,3,4]"``), or a sequence or dict of them.
        run: ``real`` tensors, shapes alone on ``meta``, ``fake`` tensors, or ``auto``: real where it fits.
        train: run in training mode; None keeps a module's own mode, and is evaluation for a spec.
        seed: where torch's random state starts, and is put back afterwards.
        strict: raise where an operator has no count.
        dims: sizes of named dimensions, over those given in place.
        explain: ``none``, ``short`` or ``full``: which form of the lessons the report carries.
        crosscheck: ask the modules' own formulas, and thop, for their counts as well.
        torch_defaults: ``Linear`` keeps PyTorch's default bias in a spec too.
        args: keyword arguments for the class or the factory that a name stands for.
        batch: the batch size, where a named model knows its own inputs.
        seq_len: the sequence length in tokens, likewise.
        dtype: the type of parameters and inputs, by torch's name; None for the model's own. ``int8`` and ``int4`` are
            for the weights in memory alone: the run keeps the model's own.
        may_run_code: whether a name may stand for code of the user's, which then runs.
        progress: takes note of how to find out what is going on; see ``linscope.progress``.

    Returns:
        A frozen ``Report``; counts are integers, MACs are multiply-accumulates, FLOPs are 2 × MACs.

    Raises:
        LinscopeError: its subclasses in ``linscope.errors``, each with a message, a place and a hint.
    """
    _check_choice("run", run, RUNS)
    _check_choice("explain", explain, EXPLAIN)
    weights_as, dtype = (dtype, None) if dtype in WEIGHTS_AS else (None, dtype)
    named = split(target) if isinstance(target, str) else None
    progress(lambda: f"loading {target}" if named else "loading torch")
    if named is not None:
        asked = Asked(
            target, inputs, args or {}, dims or {}, batch, seq_len, dtype, train, may_run_code, partial(_guard, seed)
        )
        subject = open_source(*named, asked)
    elif isinstance(target, str | Spec):
        if inputs is not None:
            raise UsageError("a spec names its own inputs", hint="leave inputs out")
        if isinstance(target, str):
            refuse_json(target)
        _refuse_sizes(batch, seq_len, "a spec writes its own sizes: [8,3,4], or [B,3,4] with -d B=8")
        subject = _spec_subject(target, dims or {}, train, torch_defaults, dtype)
    else:
        _refuse_sizes(batch, seq_len, "the inputs of a module say how large they are")
        if dtype is not None:
            raise UsageError("a module keeps its own dtype", hint=f"analyze(model.to(torch.{dtype}), ...)")
        subject = _module_subject(target, inputs, dims or {}, train)
    if not isinstance(subject, Subject):  # read as data: there is nothing to run
        if run != "auto":
            raise UsageError(f"{target} is read as data, and not run", hint="leave run out")
        report = _counted(subject)
        if strict and report.uncounted:
            raise UncountedError.of(report.uncounted)
    else:
        from linscope import engine  # imports torch: after everything that can fail without it

        report = engine.analyze(subject, engine.Request(run, seed, strict, crosscheck, explain != "none", progress))
    if weights_as is not None:
        report = report.with_weights_as(weights_as)
    if explain != "none":
        from linscope.explain.brief import explain as lessons

        report = report.with_explanations(lessons(report, explain))
    return report


def _counted(opened: Any) -> Report:
    if isinstance(opened, Report):
        return opened
    from linscope.engine.graph import analyze_graph

    return analyze_graph(opened)


def _guard(seed: int) -> AbstractContextManager[Any]:
    from linscope import engine

    return engine.undisturbed(seed)


def _refuse_sizes(batch: int | None, seq_len: int | None, hint: str) -> None:
    """A batch size and a sequence length are for models that know their own inputs."""
    if batch is not None or seq_len is not None:
        option = "-B" if batch is not None else "-T"
        raise UsageError(f"{option} is for models by name that know their inputs", hint=hint)


def _spec_subject(
    target: str | Spec, dims: Mapping[str, int], train: bool | None, torch_defaults: bool, dtype: str | None
) -> Any:
    spec = _bound(target, tuple(dims.items()))
    from linscope.sources.notation import subject_of

    return subject_of(spec, training=train, torch_defaults=torch_defaults, dtype=dtype)


def _module_subject(target: Any, inputs: Any, dims: Mapping[str, int], train: bool | None) -> Any:
    from linscope.sources import module

    if not module.is_module(target):
        raise UsageError(
            f"a target is a spec or an nn.Module, not {type(target).__name__}",
            hint='such as linscope.analyze("[32,3,4] -> Linear(4,2)")',
        )
    return module.subject_of(target, inputs, dims, training=train)


@lru_cache(256)
def _bound(target: str | Spec, sizes: tuple[tuple[str, int], ...]) -> BoundSpec:
    """A spec is immutable, bound or not: the same text need not be read twice."""
    spec = parse(target) if isinstance(target, str) else target
    from linscope.notation.bound import bind  # what is no spec is never bound, and told so the sooner

    return bind(spec, dict(sizes))


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{name} is {value!r}", hint=f"one of {', '.join(choices)}")


__all__ = ["LinscopeError", "analyze"]
