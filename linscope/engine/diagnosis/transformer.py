"""Transformer layers, stacks and the whole: d_model in the last dimension, one batch for all inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.attention import head_arguments
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import Step, features_last, first_fit, unsqueeze
from linscope.engine.diagnosis.wording import count, show, such_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from linscope.engine.diagnosis.steps import Shape


@diagnosis("TransformerEncoderLayer")
def encoder_layer(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """src (S, N, d_model)."""
    return _diagnosed(module.self_attn, shapes, dtypes, ("src",), None)


@diagnosis("TransformerDecoderLayer")
def decoder_layer(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """tgt (T, N, d_model), memory (S, N, d_model)."""
    return _diagnosed(module.self_attn, shapes, dtypes, ("tgt", "memory"), None)


@diagnosis("TransformerEncoder")
def encoder(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """src (S, N, d_model)."""
    attention = _attention_of(module)
    inner = f"TransformerEncoderLayer{_and_norm(module)}"
    return None if attention is None else _diagnosed(attention, shapes, dtypes, ("src",), inner)


@diagnosis("TransformerDecoder")
def decoder(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """tgt (T, N, d_model), memory (S, N, d_model)."""
    attention = _attention_of(module)
    inner = f"TransformerDecoderLayer{_and_norm(module)}"
    return None if attention is None else _diagnosed(attention, shapes, dtypes, ("tgt", "memory"), inner)


@diagnosis("Transformer")
def transformer(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """src (S, N, d_model), tgt (T, N, d_model)."""
    attention = _attention_of(module.encoder)
    return None if attention is None else _diagnosed(attention, shapes, dtypes, ("src", "tgt"), None)


def _attention_of(stack: nn.Module) -> Any:
    """The attention of a stack's first layer, None where someone put something else there."""
    layers = getattr(stack, "layers", None)
    return getattr(layers[0], "self_attn", None) if layers else None


def _and_norm(stack: Any) -> str:
    return "" if stack.norm is None else " and a norm"


def _diagnosed(
    attention: Any, shapes: Shapes, dtypes: Dtypes, roles: tuple[str, ...], inner: str | None
) -> Diagnosis | None:
    """Ranks, then features, then the batch.

    ``inner`` names what holds the arguments where the layer diagnosed does not take them itself.
    """
    if len(shapes) < len(roles):
        return None
    given = shapes[: len(roles)]
    d_model, batch_first = attention.embed_dim, attention.batch_first
    details = (
        *(f"{role}: {show(shape)}" for role, shape in zip(roles, given, strict=True)),
        f"d_model {d_model}, dimensions are read as {_order(batch_first)}, batch_first={batch_first}",
    )
    step = None
    if len(roles) == 1:
        step = first_fit(_steps(given[0]), lambda shape: len(shape) in (2, 3) and shape[-1] == d_model)
    found = _fault(attention, given, dtypes, roles, details)
    if found is None:
        return None
    if inner is not None and found.arguments:
        changed = ", ".join(f"{name}={value}" for name, value in found.arguments)
        found = Diagnosis(found.message, found.details, instead=f"a {inner} with {changed}")
    if step is not None:
        found = Diagnosis(found.message, found.details, found.arguments).preceded_by(step)
    return found


def _fault(
    attention: Any, given: Shapes, dtypes: Dtypes, roles: tuple[str, ...], details: tuple[str, ...]
) -> Diagnosis | None:
    d_model, batch_first = attention.embed_dim, attention.batch_first
    example = such_as([_example(shape, given[0], d_model, batch_first) for shape in given], dtypes[:1] * 2)
    listed = " and ".join(roles)
    ranks = {len(shape) for shape in given}
    if len(ranks) > 1 or not ranks <= {2, 3}:
        each = " each" if len(roles) > 1 else ""
        return Diagnosis(
            message=f"{{layer}} expects {listed} with 3 dimensions{each}, or 2 without a batch, "
            f"got {' and '.join(str(len(shape)) for shape in given)}",
            details=details,
            instead=example,
        )
    order = _agreeing_order(given, batch_first)
    sizes = {shape[-1] for shape in given}
    if sizes != {d_model}:
        same = len(sizes) == 1 and 0 not in sizes and order is not None
        size = given[0][-1]
        changed = head_arguments("d_model", size, "nhead", attention.num_heads) if same else ()
        return Diagnosis(
            message=f"{{layer}} expects {count(d_model, 'feature')} in the last dimension of {listed}, "
            f"got {' and '.join(str(shape[-1]) for shape in given)}",
            details=details,
            arguments=(*changed, *(order or ())) if same else (),
        ).or_else(example)
    if order == ():
        return None
    dim = 0 if batch_first else 1
    return Diagnosis(
        message=f"{{layer}} reads the batch in dimension {dim}: "
        + " and ".join(f"{shape[dim]} in {role}" for role, shape in zip(roles, given, strict=True)),
        details=details,
        arguments=order or (),
    ).or_else(example)


def _agreeing_order(given: Shapes, batch_first: bool) -> tuple[tuple[str, object], ...] | None:
    """() where the batches agree, the other ``batch_first`` where they agree that way, else None."""
    if len(given[0]) == 2:
        return ()
    dim = 0 if batch_first else 1
    if len({shape[dim] for shape in given}) == 1:
        return ()
    agree = len({shape[1 - dim] for shape in given}) == 1
    return (("batch_first", not batch_first),) if agree else None


def _example(shape: Shape, first: Shape, d_model: int, batch_first: bool) -> Shape:
    """The shape with the right features and, of its own, only its length: the batch is the first input's."""
    if len(first) == 2:
        return (shape[0] if shape else 4, d_model)
    if len(first) != 3:
        return (4, 2, d_model)
    length = shape[1 if batch_first else 0] if len(shape) == 3 else 4
    return (first[0], length, d_model) if batch_first else (length, first[1], d_model)


def _steps(shape: Shape) -> Iterator[Step]:
    yield from features_last(shape)
    yield unsqueeze(shape, 0, "if it is one position")


def _order(batch_first: bool) -> str:
    return "[N,L,d_model]" if batch_first else "[L,N,d_model]"
