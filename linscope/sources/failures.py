"""A forward that raised, turned into the error that a person needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.errors import LinscopeError, ModelError, Place, ShapeError
from linscope.notation.catalogue import layer as known_layer
from linscope.notation.spec import Argument, Items, Layer, Literal, Method, Value
from linscope.notation.unparse import unparse_step
from linscope.sources.users_code import lines_of, raised

if TYPE_CHECKING:
    from linscope.subject import Call, Diagnosis, Failure

MOST_CALLS = 12
"""Calls on the way to a failure that are shown."""


def explained(failure: Failure, text: str, node: Layer | Method | None, *, exact: bool) -> LinscopeError:
    """The error for a failed step of a chain.

    Args:
        text: the spec.
        node: the innermost layer written in it that failed.
        exact: whether the failing module is that layer itself, not one inside it.
    """
    place = Place(text, *node.span) if node else None
    written = node if exact else None
    name = unparse_step(written).replace(", ", ",") if written else _repr(failure)
    if failure.diagnosis is not None:
        return diagnosed(failure.diagnosis, name, place, written)
    shapes = ", ".join(_shape(s) for s in failure.input_shapes) or "its input"
    return ShapeError(
        f"{name} does not take {shapes}",
        place=place,
        details=_torch_says(failure.error),
        hint="see `linscope layers` for an example of each layer that runs",
    )


def explained_model(failure: Failure) -> LinscopeError:
    """The error for a model that is not ours: exit code 3 unless a layer of torch.nn met a wrong shape.

    Its details name the layer, the user's own lines that the error went through, and the shapes on the way there.
    """
    if failure.diagnosis is not None:
        error = diagnosed(failure.diagnosis, _repr(failure), None, None)
        layer = f"layer: {failure.path or 'the model itself'}"
        called = tuple(f"at: {line}" for line in lines_of(failure.error)[-1:])
        return ShapeError(error.message, details=(layer, *error.details, *called, *way(failure)), hint=error.hint)
    where = f" at {failure.path}" if failure.path else ""
    return ModelError(
        f"the model raised {type(failure.error).__name__}{where}",
        details=(*raised(failure.error), *_taken(failure), *way(failure)),
    )


def way(failure: Failure) -> tuple[str, ...]:
    """``way: body.0 Conv2d [1,3,32,32] → [1,8,30,30]`` for each call on the way to the failure.

    Of a long way the model's own call and the last few are shown.
    """
    lines = [f"way: {_call(call)}" for call in failure.way]
    left_out = len(lines) - MOST_CALLS
    if left_out <= 1:
        return tuple(lines)
    return (lines[0], f"way: … {left_out:,} calls …", *lines[left_out + 1 :])


def _call(call: Call) -> str:
    name = f"{call.path} {call.type}".strip()
    taken = ", ".join(map(_shape, call.input_shapes))
    came = f" → {', '.join(map(_shape, call.output_shapes))}" if call.output_shapes else ""
    return f"{name} {taken}{came}".strip()


def _taken(failure: Failure) -> tuple[str, ...]:
    """What the failing call got, a line for each tensor, with its dtype where that is not the usual one."""
    given = zip(failure.input_shapes, failure.input_dtypes, strict=True)
    return tuple(f"in: {_shape(s)}{'' if dtype == 'float32' else f':{dtype}'}" for s, dtype in given)


def diagnosed(diagnosis: Diagnosis, name: str, place: Place | None, written: Layer | Method | None) -> ShapeError:
    """A diagnosis as an error, its repairs in the notation where the layer was written in it."""
    return ShapeError(
        diagnosis.message.replace("{layer}", name),
        place=place,
        details=diagnosis.details,
        hint=_repairs(diagnosis, written),
    )


def _repairs(diagnosis: Diagnosis, written: Layer | Method | None) -> str | None:
    parts = []
    if diagnosis.arguments:
        parts.append(_rewritten(diagnosis, written) or _keywords(diagnosis))
    if diagnosis.before:
        when = f" {diagnosis.before_when}" if diagnosis.before_when else ""
        parts.append(f"{diagnosis.before} first{when}")
    if diagnosis.instead:
        parts.append(diagnosis.instead)
    return ", or ".join(parts) or None


def _keywords(diagnosis: Diagnosis) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in diagnosis.arguments)


def _rewritten(diagnosis: Diagnosis, step: Layer | Method | None) -> str | None:
    """The layer as written, with the arguments that would make it fit."""
    if not isinstance(step, Layer):
        return None
    entry = known_layer(step.name)
    if entry is None or step.children:
        return None
    names = [a.name for a in entry.arguments]
    arguments = list(step.arguments)
    for name, value in diagnosis.arguments:
        index = next(
            (
                i
                for i, a in enumerate(arguments)
                if a.keyword == name or (a.keyword is None and i < len(names) and names[i] == name)
            ),
            None,
        )
        node = _node(value)
        if index is not None:
            arguments[index] = Argument(node, arguments[index].keyword)
        else:
            arguments.append(Argument(node, name))
    return unparse_step(Layer(step.name, tuple(arguments), step.prefixed)).replace(", ", ",")


def _node(value: object) -> Value:
    if isinstance(value, tuple | list):
        return Items(tuple(_node(item) for item in value), isinstance(value, list))
    assert isinstance(value, int | float | str | bool | None)
    return Literal(value)


def _repr(failure: Failure) -> str:
    module = failure.module
    if module is None:
        return "the model"
    inside = "" if next(module.children(), None) is not None else module.extra_repr()
    return f"{type(module).__name__}({inside})"


def _torch_says(error: BaseException) -> tuple[str, ...]:
    words = str(error).strip().partition("\n")[0]
    return (f"torch: {words}",) if words else (f"torch: {type(error).__name__}",)


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"
