"""Whether the inputs of a spec fit the first layer, and every step can be one. By signature, before any run."""

from __future__ import annotations

from functools import lru_cache
from typing import NoReturn

from linscope.errors import NotationError, Place
from linscope.notation import catalogue
from linscope.notation.spec import Assertion, Group, Input, Layer, Method, Spec, Step
from linscope.notation.suggest import closest

SELF_ATTENTION = "MultiheadAttention"
"""Takes one input as query, key and value."""


def check_wiring(spec: Spec) -> None:
    """Raise NotationError where the inputs are too many, too few, or called what the first layer does not know."""
    for step in spec.steps:
        _check_callable(step, spec.text)
    first = _first(spec.steps)
    inputs = spec.inputs
    if first is None:
        return
    if isinstance(first, Method):
        _check_names(spec, first.name, ("self",) if len(inputs) == 1 else ())
        if len(inputs) > 1:
            _too_many(spec, first.name, 1)
        return
    names, needed = _forward(first.name)
    if names is None:
        return
    _check_names(spec, first.name, names)
    if len(inputs) > len(names):
        _too_many(spec, first.name, len(names))
    if len(inputs) >= len(needed) and all(i.name is None for i in inputs):
        return
    alone = first.name == SELF_ATTENTION and len(inputs) == 1
    given = {i.name for i in inputs if i.name} | set(names[: sum(i.name is None for i in inputs)])
    missing = [name for name in needed if name not in given]
    if missing and not alone:
        raise NotationError(
            f"{first.name} takes {len(needed)} inputs ({', '.join(needed)}), and {len(inputs)} "
            f"{'is' if len(inputs) == 1 else 'are'} given",
            place=Place(spec.text, inputs[0].span.start, inputs[-1].span.end),
            hint=f"add {' and '.join(missing)}, such as {_example(first.name)}",
        )


@lru_cache(512)
def _forward(layer: str) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The inputs that ``layer`` takes (None: any number), and those it cannot do without."""
    entry = catalogue.layer(layer)
    assert entry is not None and entry.forward is not None
    if any(a.kind == "var_positional" for a in entry.forward):
        return None, ()
    return tuple(a.name for a in entry.forward), tuple(a.name for a in entry.forward if a.required)


def _check_callable(step: Step, text: str) -> None:
    if isinstance(step, Group):
        for inner in step.steps:
            _check_callable(inner, text)
    elif isinstance(step, Layer):
        entry = catalogue.layer(step.name)
        assert entry is not None
        if entry.forward is None:
            raise NotationError(
                f"{step.name} has no forward: it can be held by a layer, not be a step",
                place=Place(text, *step.span),
                hint="Sequential(...) runs its layers in order, and so does a chain of ->",
            )


def _first(steps: tuple[Step, ...]) -> Layer | Method | None:
    """The first step that takes a tensor."""
    for step in steps:
        if isinstance(step, Layer | Method):
            return step
        if not isinstance(step, Assertion):
            return _first(step.steps)
    return None


def _check_names(spec: Spec, layer: str, names: tuple[str, ...]) -> None:
    for given in spec.inputs:
        if given.name is not None and given.name not in names:
            _unknown(spec, given, layer, names)


def _unknown(spec: Spec, given: Input, layer: str, names: tuple[str, ...]) -> NoReturn:
    assert given.name is not None
    nearest = closest(given.name, names)
    raise NotationError(
        f"{layer} has no input called {given.name}",
        place=Place(spec.text, given.span.start, given.span.start + len(given.name)),
        details=(f"its inputs: {', '.join(names)}",) if names else (),
        hint=f"did you mean {nearest[0]}?" if nearest else "leave the name out",
    )


def _too_many(spec: Spec, layer: str, most: int) -> NoReturn:
    surplus = spec.inputs[most]
    raise NotationError(
        f"{layer} takes {most} input{'s' if most > 1 else ''}, and {len(spec.inputs)} are given",
        place=Place(spec.text, *surplus.span),
        hint=f"leave {spec.text[slice(*surplus.span)]} out",
    )


def _example(name: str) -> str:
    found = catalogue.guide(name)
    return found.example if found and found.example else f"[...], [...] -> {name}(...)"
