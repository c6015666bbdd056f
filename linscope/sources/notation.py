"""The notation as a source: a Spec to the module it writes and the inputs it names."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import nn

from linscope.errors import LinscopeError, MismatchError, Place
from linscope.notation.binding import Pattern, matches, sizes_of
from linscope.notation.spec import (
    AnyNumber,
    AnySize,
    Assertion,
    Items,
    Layer,
    Method,
    Shape,
    Spec,
)
from linscope.report.record import Note, Totals
from linscope.sources.building import Builder, Waiting
from linscope.sources.chain import Chain, Check, first_tensor
from linscope.sources.draws import draws_for
from linscope.sources.dtypes import default_dtype, dtype_name
from linscope.sources.failures import explained
from linscope.sources.precision import by_default, precision
from linscope.subject import NORMAL, Failure, Subject, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linscope.notation.bound import BoundSpec


def subject_of(
    bound: BoundSpec, *, training: bool | None = None, torch_defaults: bool = False, dtype: str | None = None
) -> Subject:
    """The subject that a spec writes: a chain of its steps, built anew for each run.

    Args:
        dtype: of parameters and inputs that name none, by torch's name; None for torch's default.

    Raises:
        UsageError: a dtype that no model runs in.
    """
    spec = bound.spec
    builder = Builder(spec.text, torch_defaults)

    def build() -> nn.Module:
        builder.omitted = 0
        modules: list[nn.Module] = []
        checks: dict[int, list[Check]] = {}
        for step in bound.sequence:
            if isinstance(step, Layer):
                modules.append(builder.module(step))
            elif isinstance(step, Method):
                modules.append(builder.method(step))
            else:
                checks.setdefault(len(modules), []).append(_check(spec, step, bound.sizes))
        return Chain(modules, checks)

    def explain(failure: Failure) -> LinscopeError:
        node, exact = _locate(bound.steps, failure.path)
        return explained(failure, spec.text, node, exact=exact)

    def notes(model: nn.Module, totals: Totals) -> tuple[Note, ...]:
        return (*_bias_note(builder.omitted, totals), *_attention_note(spec, model))

    return Subject(
        target=spec.text,
        build=build,
        arguments=lambda model: _arguments(bound, model),
        training=bool(training),
        owned=True,
        explain=explain,
        written=bound.written,
        hidden_root=True,
        small=bound.small,
        largest=bound.largest,
        learns=bound.learns,
        notes=notes,
        around=partial(by_default, precision(dtype)),
    )


def _arguments(bound: BoundSpec, model: nn.Module) -> tuple[tuple[TensorSpec, ...], dict[str, TensorSpec]]:
    usual = default_dtype()
    plain = [TensorSpec(i.shape, i.dtype or usual, i.name) for i in bound.inputs]
    drawn = [
        spec if draw is NORMAL else replace(spec, draw=draw)
        for spec, draw in zip(plain, draws_for(_receiver(model, plain), plain), strict=True)
    ]
    if all(spec.name is None for spec in drawn):
        return tuple(drawn), {}
    return tuple(s for s in drawn if s.name is None), {s.name: s for s in drawn if s.name is not None}


def _receiver(model: nn.Module, inputs: list[TensorSpec]) -> nn.Module:
    """What the inputs reach first, as far as that is plain to see: it decides how they are drawn."""
    steps = model.steps if isinstance(model, Chain) else ()
    if steps and isinstance(steps[0], Waiting):
        return steps[0].preview(tuple(spec.shape for spec in inputs))
    return steps[0] if len(steps) == 1 else model


def _check(spec: Spec, assertion: Assertion, bound: Mapping[str, int]) -> Check:
    pattern = sizes_of(assertion.shape, bound)

    def check(value: Any) -> None:
        tensor = first_tensor(value)
        shape = tuple(tensor.shape)
        dtype = dtype_name(tensor.dtype)
        wanted = assertion.shape.dtype
        if matches(pattern, shape) and (wanted is None or wanted == dtype):
            return
        found = f"[{','.join(map(str, shape))}]" + (f":{dtype}" if wanted is not None else "")
        raise MismatchError(
            f"{_text(assertion.shape, pattern)} was asserted, and {found} came out",
            place=Place(spec.text, *assertion.span),
            details=_difference(pattern, shape),
            hint=f"write {found} if that is what you want",
        )

    return check


def _text(shape: Shape, pattern: Pattern) -> str:
    sizes = ",".join("_" if isinstance(p, AnySize) else "..." if isinstance(p, AnyNumber) else str(p) for p in pattern)
    return f"[{sizes}]" + (f":{shape.dtype}" if shape.dtype else "")


def _difference(pattern: Pattern, shape: tuple[int, ...]) -> tuple[str, ...]:
    if any(isinstance(p, AnyNumber) for p in pattern):
        return ()
    if len(pattern) != len(shape):
        return (f"asserted {len(pattern)} dimensions, got {len(shape)}",)
    wrong = [i for i, (p, s) in enumerate(zip(pattern, shape, strict=True)) if isinstance(p, int) and p != s]
    return tuple(f"dimension {i}: asserted {pattern[i]}, got {shape[i]}" for i in wrong)


def _locate(steps: tuple[Layer | Method, ...], path: str) -> tuple[Layer | Method | None, bool]:
    """The innermost node that was written for the module at ``path``, and whether it is that very module."""
    first, *rest = path.split(".") if path else [""]
    if not first.isdecimal():
        return None, False
    node: Layer | Method = steps[int(first)]
    for part in rest:
        inner = _child(node, part) if isinstance(node, Layer) else None
        if inner is None:
            return node, False
        node = inner
    return node, True


def _child(layer: Layer, name: str) -> Layer | None:
    for child in layer.children:
        if child.name == name or (
            name.isdecimal() and child.name.isdecimal() and 0 <= int(name) - int(child.name) < child.count
        ):
            return child.layer
    if not name.isdecimal() or layer.name not in ("Sequential", "ModuleList"):
        return None
    values = [a.value for a in layer.arguments]
    if len(values) == 1 and isinstance(values[0], Items):
        values = list(values[0].items)
    found = values[int(name)] if int(name) < len(values) else None
    return found if isinstance(found, Layer) else None


def _bias_note(omitted: int, totals: Totals) -> tuple[Note, ...]:
    if not omitted:
        return ()
    whole = totals.parameters.total + omitted
    return (
        Note(
            "bias-free",
            f"bias-free by notation, nn.Linear's default bias would add {omitted:,}: {whole:,}",
            (("omitted", omitted), ("parameters_with_bias", whole)),
        ),
    )


def _attention_note(spec: Spec, model: nn.Module) -> tuple[Note, ...]:
    steps = model.steps if isinstance(model, Chain) else ()
    if len(spec.inputs) == 1 and any(isinstance(step, nn.MultiheadAttention) for step in steps):
        return (Note("self-attention", "one input: it is query, key and value of MultiheadAttention"),)
    return ()
