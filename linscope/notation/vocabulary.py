"""Which calls mean something: each name and argument held against the catalogue, with the repair at hand."""

from __future__ import annotations

from functools import lru_cache

from linscope.errors import NotationError, Place
from linscope.notation import catalogue
from linscope.notation.spec import Argument, Hole, Layer, Method, Span
from linscope.notation.suggest import closest

CHILDREN_ALLOWED = frozenset({"Sequential", "ModuleList", "ModuleDict"})
"""Containers that what ``print(module)`` shows is enough to rebuild."""


def check_layer(layer: Layer, text: str, name_span: Span) -> None:
    """Raise NotationError unless the catalogue has such a layer and it takes these arguments."""
    entry = catalogue.layer(layer.name)
    if entry is None:
        raise _unknown(layer.name, text, name_span, prefixed=layer.prefixed)
    if layer.prefixed and layer.name == catalogue.PARAMETER.name:
        raise NotationError(
            "nn.Parameter is a tensor, not a layer",
            place=Place(text, *name_span),
            hint="Parameter(4,2), without the prefix, is the layer made by hand: y = x @ W",
        )
    if layer.children:
        check_children(layer.name, text, name_span, alone=not layer.arguments)
        return
    _check_arguments(entry, layer.name, layer.arguments, text, layer.span, name_span)


def check_method(method: Method, text: str, name_span: Span) -> None:
    """Raise NotationError unless the catalogue has such a tensor method and it takes these arguments."""
    entry = _method(method.name)
    if entry is None:
        raise _unknown(method.name, text, name_span)
    for argument in method.arguments:
        if isinstance(argument.value, Layer | Hole):
            raise NotationError(
                f"{method.name}() takes numbers, not {text[slice(*argument.value.span)]}",
                place=Place(text, *argument.value.span),
                hint=f"such as {entry.example}" if entry.example else None,
            )
    _check_arguments(entry, method.name, method.arguments, text, method.span, name_span)


def _check_arguments(
    entry: catalogue.CallEntry,
    name: str,
    arguments: tuple[Argument, ...],
    text: str,
    span: Span,
    name_span: Span,
) -> None:
    positional = [a for a in arguments if a.keyword is None]
    keywords = [a for a in arguments if a.keyword is not None] if len(positional) < len(arguments) else []
    refusal = _refusal(entry.name, len(positional), tuple(a.keyword or "" for a in keywords))
    if refusal is None:
        return
    place = name_span if not arguments else span
    if refusal.position is not None and refusal.position < len(positional):
        place = positional[refusal.position].span
    elif refusal.keyword is not None:
        given = [a for a in keywords if a.keyword == refusal.keyword]
        if given:
            place = Span(given[-1].span.start, given[-1].span.start + len(refusal.keyword))
    raise NotationError(
        refusal.reason,
        place=Place(text, *place),
        details=(f"signature: {catalogue.signature_text(entry)}",),
        hint=refusal.hint or None,
    )


@lru_cache(4096)
def _refusal(name: str, positional: int, keywords: tuple[str, ...]) -> catalogue.Refusal | None:
    """What the catalogue says of such a call; models repeat a few calls many times."""
    entry = catalogue.layer(name) or _method(name)
    assert entry is not None
    return catalogue.check_arguments(entry, positional, keywords)


def check_children(name: str, text: str, name_span: Span, *, alone: bool = True) -> None:
    """Raise NotationError unless ``name`` is a container that its printed children, ``alone``, rebuild."""
    if name in CHILDREN_ALLOWED and alone:
        return
    entry = catalogue.layer(name)
    assert entry is not None
    raise NotationError(
        f"what print() shows of {name} leaves out the arguments it was built with",
        place=Place(text, *name_span),
        details=(f"signature: {catalogue.signature_text(entry)}",),
        hint=f"write the call that made it, {name}(...)",
    )


def _unknown(name: str, text: str, span: Span, *, prefixed: bool = False) -> NotationError:
    place = Place(text, *span)
    if "." in name:
        return NotationError(
            f"{_clipped(name)} is not in the notation: its names are torch.nn's classes and tensor methods",
            place=place,
            hint="write a class of torch.nn, with or without the prefix nn.",
        )
    candidates = catalogue.layer_names() if prefixed else (*catalogue.layer_names(), *_method_names())
    nearest = closest(name, candidates)
    kind = "a tensor method" if name[:1].islower() and not prefixed else "a layer of torch.nn"
    hint = (
        f"did you mean {nearest[0]}?"
        if nearest
        else "see `linscope layers` for what there is; a model of your own needs Python, linscope.analyze(model)"
    )
    return NotationError(f"{_clipped(name)} is not {kind}", place=place, hint=hint)


def _clipped(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:57]}..."


def _method(name: str) -> catalogue.CallEntry | None:
    from linscope.notation.methods import method  # read where a method is met: most specs have none

    return method(name)


def _method_names() -> tuple[str, ...]:
    from linscope.notation.methods import method_names

    return method_names()
