"""``linscope.check``: checks asked for from Python."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linscope.checking.collector import at_rest
from linscope.checking.suite import Manner, holding_of, run_suite, suite_of
from linscope.checks.amounts import share
from linscope.checks.inline import case_of
from linscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from linscope.checks.cases import Plan
    from linscope.report.checks import CheckRun

SUFFIX = ".toml"


def check(
    target: Any,
    inputs: Any = None,
    *,
    name: str | None = None,
    bind: Mapping[str, int] | Sequence[Mapping[str, int]] = (),
    output: str | Sequence[str] | None = None,
    layers: Mapping[str, str] | None = None,
    params: int | str | None = None,
    macs: int | str | None = None,
    memory: int | str | None = None,
    message: str | None = None,
    baseline: str | PathLike[str] | None = None,
    max_increase: str = "0%",
    may_run_code: bool = True,
    torch_defaults: bool = False,
    **options: Any,
) -> CheckRun:
    """Run ``target`` and hold shapes, parameters, MACs and memory against what is expected.

    Args:
        target: a spec, the name of a model or an ``nn.Module``, as ``linscope.analyze`` takes them; or a file of
            checks: a path, or text that ends in ``.toml``.
        inputs: for a model: a tensor, a shape string, or a sequence or dict of them.
        name: what the check is called.
        bind: sizes of named dimensions, or several sets of them, each of which is run.
        output: the shape that must come out, ``"[B,T,2]"``; several for several tensors.
        layers: by the path of a layer, the shape that must come out of it.
        params, macs, memory: a number, an expression in the named dimensions (``"8*B*T"``), an amount (``"1.5M"``,
            ``"2 MiB"``), or a limit (``"<=1.5M"``). Memory is in bytes, that of
            one forward (parameters, buffers, activations at their most, the KV cache), and a limit in any case.
        message: for whoever meets the failure.
        baseline: a file that was written with ``--write-baseline``; figures may exceed it by ``max_increase``.
        may_run_code: whether a target may stand for code of the user's.
        torch_defaults: ``Linear`` keeps PyTorch's default bias in a spec, too.
        options: ``args``, ``batch``, ``seq_len``, ``dtype`` and ``train``, as ``linscope.analyze`` has them.

    Returns:
        A frozen ``CheckRun``: ``ok``, ``exit_code``, and a result for each check and binding. A check that fails
        raises nothing.

    Raises:
        ConfigurationError: a file that is none, or a mistake in it. NotationError: an expectation that is none.
        UsageError: expectations beside a file, which has its own.
    """
    figures = {"params": params, "macs": macs, "memory": memory}
    manner = Manner(may_run_code=may_run_code)
    path = _path(target)
    if path is not None:
        if any(value for value in (inputs, name, bind, output, layers, message, options, *figures.values())):
            raise UsageError("a file of checks says itself what it expects", hint="leave the rest out")
        plan = plan_at(path)
        holding = holding_of(_text(baseline) or plan.baseline, share(max_increase) or plan.max_increase)
        return run_suite(suite_of(plan.cases, manner), holding, manner)
    case = case_of(
        target,
        name=name,
        bindings=(bind,) if isinstance(bind, Mapping) else bind,
        output=output,
        layers=layers,
        figures=figures,
        message=message,
        options={"inputs": inputs, **options},
        torch_defaults=torch_defaults,
    )
    return run_suite(suite_of([case], manner), holding_of(_text(baseline), share(max_increase)), manner, whole=False)


def plan_at(path: str) -> Plan:
    """The checks of the file at ``path``.

    Raises:
        ConfigurationError: it cannot be read, or something in it is wrong.
    """
    from linscope.checks.files import load
    from linscope.checks.reading import plan_of

    file = load(str(Path(path).absolute()))
    assert file is not None  # only a file that may be somebody else's can be none
    with at_rest():
        return plan_of(file)


def _path(target: Any) -> str | None:
    if isinstance(target, PathLike):
        return str(fspath(target))
    return target if isinstance(target, str) and target.endswith(SUFFIX) else None


def _text(path: str | PathLike[str] | None) -> str | None:
    return None if path is None else str(fspath(path))
