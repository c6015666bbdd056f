"""All about a check that can be told before anything is run: whether it can be read, and its names are known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

from linscope.checks.cases import shortened
from linscope.checks.expressions import Expression
from linscope.checks.shapes import Expected
from linscope.errors import ConfigurationError, LinscopeError, NotationError, Place, UsageError
from linscope.notation.binding import names_in
from linscope.notation.bound import bind
from linscope.notation.parser import parse, parse_inputs
from linscope.notation.spec import Assertion, Named
from linscope.notation.suggest import closest
from linscope.report.checks import ERROR, FAILED, Finding, Result
from linscope.sources.registry import split

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from linscope.checks.budgets import Quantity
    from linscope.checks.cases import Case, Sizes
    from linscope.notation.bound import BoundSpec

LONGEST_SPEC = 100_000
"""Characters of a spec; more is hostile."""

LONGEST_SHOWN = 1_000
"""Characters of a target that results show."""

LIGHT_INPUT = 1 << 18
"""Elements of all inputs of a check that is sure to take no time and no memory to speak of."""


@dataclass(frozen=True, slots=True)
class Task:
    """A check with one binding, ready to run.

    Args:
        sizes: of all names that mean something in it.
        outputs: what must come out, as it was said in one place or in two, each of one tensor or of all.
        bound: what it runs, where that is notation; its last assertion is among ``outputs`` instead.
        light: whether it is sure to be done at once: it need not be watched.
    """

    case: Case
    name: str
    binding: Sizes
    sizes: Mapping[str, int]
    outputs: tuple[tuple[Expected, ...], ...]
    bound: BoundSpec | None
    light: bool

    def result(self, status: str, seconds: float = 0.0, **found: Any) -> Result:
        """What became of it."""
        return result_of(self.case, self.name, self.binding, status, seconds, **found)


def result_of(case: Case, name: str, binding: Sizes, status: str, seconds: float = 0.0, **found: Any) -> Result:
    """The result of a check; its line is that of the first expectation that does not hold."""
    findings: tuple[Finding, ...] = found.get("findings", ())
    broken = next((finding for finding in findings if not finding.holds and finding.baseline is None), None)
    keys = _KEYS.get(broken.kind, ()) if broken is not None else ("spec", "target") if "error" in found else ()
    origin = case.origin if status not in (FAILED, ERROR) else case.origin_of(*found.pop("keys", ()), *keys)
    return Result(
        name, shown(case.target), origin, status, sizes=binding,
        message=case.message if status in (FAILED, ERROR) else None, seconds=seconds, **found,
    )  # fmt: skip


_KEYS = {
    "output": ("output", "spec"),
    "layer": ("layers",),
    "parameters": ("params",),
    "macs": ("macs",),
    "memory": ("memory",),
}


def shown(target: Any) -> str:
    """A target in words: what the user wrote, or the class of a module."""
    return shortened(target, LONGEST_SHOWN) if isinstance(target, str) else type(target).__name__


def prepared(case: Case, *, may_run_code: bool = True) -> Iterator[Task | Result]:
    """A task for each binding of ``case``; in its place a result, where it is wrong already."""
    for binding in case.bindings:
        name = case.name if len(case.bindings) == 1 else f"{case.name} [{_written(binding)}]"
        try:
            yield _task(case, name, binding, may_run_code=may_run_code)
        except _WrongKey as wrong:
            yield result_of(case, name, binding, ERROR, error=wrong.error, keys=(wrong.key,))
        except LinscopeError as error:
            yield result_of(case, name, binding, ERROR, error=error)


class _WrongKey(Exception):  # noqa: N818 - a signal within this file, never shown as an error
    """A key of a check that is wrong in itself."""

    def __init__(self, key: str, error: LinscopeError) -> None:
        super().__init__(key)
        self.key = key
        self.error = error


def _written(binding: Sizes) -> str:
    return ", ".join(f"{name}={size}" for name, size in binding)


def _task(case: Case, name: str, binding: Sizes, *, may_run_code: bool) -> Task:
    source = split(case.target) if isinstance(case.target, str) else None
    if source is not None and case.notation_only:
        raise UsageError(f"a spec is notation, and {shown(case.target)[:60]} names a model", hint="write it as target")
    if source is not None and source[0].runs_code and not may_run_code:
        raise UsageError(
            f"{source[0].scheme}: runs the code that it names, and --no-exec forbids that",
            hint="leave --no-exec out for code that you trust",
        )
    if source is None and isinstance(case.target, str):
        return _notation(case, name, binding)
    outputs = (case.outputs,) if case.outputs else ()
    inputs = case.options.get("inputs")
    sizes = {**_sizes_in(inputs), **dict(binding)}
    _check_used(case, binding, _names_in(inputs))
    _check_names(case, sizes)
    return Task(case, name, binding, sizes, outputs, None, light=not isinstance(case.target, str))


def _notation(case: Case, name: str, binding: Sizes) -> Task:
    if len(case.target) > LONGEST_SPEC:
        raise NotationError(
            f"a spec of {len(case.target):,} characters", place=Place(case.target, 0, 1),
            hint=f"at most {LONGEST_SPEC:,} are read",
        )  # fmt: skip
    spec = parse(case.target)
    extra = _names_of(case)
    names = names_in(spec) if binding else set()
    try:
        bound = bind(spec, {key: size for key, size in binding if key in names or key not in extra})
    except UsageError as error:
        raise _WrongKey("bind", error) from None
    outputs = (case.outputs,) if case.outputs else ()
    if bound.steps and isinstance(bound.sequence[-1], Assertion):
        last = bound.sequence[-1]
        outputs = ((Expected(last.shape, case.target[slice(*last.span)]),), *outputs)
        bound = replace(bound, sequence=bound.sequence[:-1])
    sizes = {**bound.sizes, **dict(binding)}
    _check_names(case, sizes)
    fed = sum(prod(given.shape) for given in bound.inputs)
    return Task(case, name, binding, sizes, outputs, bound, light=bound.light and fed <= LIGHT_INPUT)


def _names_of(case: Case) -> set[str]:
    """Names in what a check expects."""
    shapes = (*case.outputs, *(shape for _, shape in case.layers))
    return set().union(*(shape.names for shape in shapes), *(budget.names for budget in case.budgets))


def _check_used(case: Case, binding: Sizes, names: set[str]) -> None:
    """See that every name that gets a size is one that is used.

    Raises:
        _WrongKey: one is not.
    """
    used = names | _names_of(case)
    for key, _ in binding:
        if key not in used:
            near = closest(key, used)
            raise _WrongKey(
                "bind",
                ConfigurationError(
                    f"no dimension is called {key}",
                    details=(f"the names: {', '.join(sorted(used)) or 'none'}",),
                    hint=f"did you mean {near[0]}?" if near else f"write it in a shape, such as [{key},3,4]",
                ),
            )


def _check_names(case: Case, sizes: Mapping[str, int]) -> None:
    """See that every name in what is expected has a size.

    Raises:
        _WrongKey: one has none.
    """
    for key, shapes in (("output", case.outputs), ("layers", tuple(shape for _, shape in case.layers))):
        for shape in shapes:
            for dimension in shape.shape.dimensions:
                if isinstance(dimension, Named) and dimension.name not in sizes:
                    raise _WrongKey(key, _unknown(dimension.name, Place(shape.text, *dimension.span), sizes))
    for budget in case.budgets:
        for quantity in budget.quantities:
            try:
                _evaluated(quantity, sizes)
            except NotationError as error:
                raise _WrongKey(_KEYS[budget.kind][0], error) from None


def _evaluated(quantity: Quantity, sizes: Mapping[str, int]) -> None:
    if isinstance(quantity.number, Expression):
        quantity.number.value(sizes)


def _unknown(name: str, place: Place, sizes: Mapping[str, int]) -> NotationError:
    near = closest(name, sizes)
    return NotationError(
        f"{name} has no size",
        place=place,
        details=(f"the names: {', '.join(sorted(sizes)) or 'none'}",),
        hint=f"did you mean {near[0]}?" if near else f"bind = {{{name} = 32}}",
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _named_in(inputs: Any) -> Iterator[Named]:
    """The named dimensions of inputs; what is no shape is told when it is run."""
    for text in _strings(inputs):
        if not text.lstrip().startswith("[") and "=" not in text:
            continue
        try:
            spec = parse_inputs(text)
        except NotationError:
            continue
        for given in spec.inputs:
            yield from (d for d in given.shape.dimensions if isinstance(d, Named))


def _names_in(inputs: Any) -> set[str]:
    return {dimension.name for dimension in _named_in(inputs)}


def _sizes_in(inputs: Any) -> dict[str, int]:
    return {d.name: d.size for d in _named_in(inputs) if d.size is not None}
