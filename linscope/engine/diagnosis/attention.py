"""Multi-head attention: three inputs whose batches, lengths and features must agree."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import show, show_inputs, such_as

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.diagnosis.steps import Shape

Arguments = tuple[tuple[str, object], ...]


@diagnosis("MultiheadAttention")
def multihead_attention(module: nn.MultiheadAttention, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim); N first with batch_first, or no N."""
    if len(shapes) < 3:
        return _too_few(module, shapes, dtypes)
    query, key, value = shapes[:3]
    ranks = {len(query), len(key), len(value)}
    if len(ranks) > 1 or not ranks <= {2, 3}:
        return Diagnosis(
            message="{layer} expects query, key and value with 3 dimensions each, or 2 without a batch, "
            f"got {len(query)}, {len(key)} and {len(value)}",
            details=_details(module, query, key, value),
            instead=such_as(_example(module, query), dtypes[:1] * 3),
        )
    features = _feature_arguments(module, query, key, value)
    swapped = _fitting_order(module.batch_first, query, key, value)
    if features and swapped is not None:
        return Diagnosis(
            message=f"{{layer}} expects {module.embed_dim}, {module.kdim} and {module.vdim} features in the "
            f"last dimensions of query, key and value, got {query[-1]}, {key[-1]} and {value[-1]}",
            details=_details(module, query, key, value),
            arguments=(*features, *swapped),
        )
    if key[:-1] != value[:-1]:
        return Diagnosis(
            message="{layer} needs a value for every key: the two differ only in their features, "
            f"got {show(key)} and {show(value)}",
            details=_details(module, query, key, value),
            instead=such_as(_example(module, query, key), dtypes[:1] * 3),
        )
    if swapped == ():
        return None
    dim = 0 if module.batch_first else 1
    return Diagnosis(
        message=f"{{layer}} reads the batch in dimension {dim}: {query[dim]} in query and {key[dim]} in key and value",
        details=_details(module, query, key, value),
        arguments=swapped or (),
    ).or_else(such_as(_example(module, query, key), dtypes[:1] * 3))


def _too_few(module: nn.MultiheadAttention, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Self-attention is three times the same input, where it fits."""
    if len(shapes) != 1:
        return None
    shape = shapes[0]
    fits = len(shape) in (2, 3) and shape[-1] == module.embed_dim == module.kdim == module.vdim
    again = show_inputs((shape,) * 3, dtypes * 3)
    return Diagnosis(
        message="{layer} takes three inputs, query, key and value, got one",
        details=(f"in: {show(shape)}",),
        instead=again if fits else such_as(_example(module, shape), dtypes * 3),
    )


def head_arguments(name: str, size: int, heads_name: str, heads: int) -> Arguments:
    """A new embedding size, with as many of the heads as divide it."""
    shared = gcd(size, heads)
    return ((name, size),) if shared == heads else ((name, size), (heads_name, shared))


def _fitting_order(batch_first: bool, query: Shape, key: Shape, value: Shape) -> Arguments | None:
    """() where the batches agree, the other ``batch_first`` where they agree that way, else None."""
    if key[:-1] != value[:-1]:
        return None
    if len(query) == 2:
        return ()
    dim = 0 if batch_first else 1
    if query[dim] == key[dim]:
        return ()
    return (("batch_first", not batch_first),) if query[1 - dim] == key[1 - dim] else None


def _feature_arguments(module: nn.MultiheadAttention, query: Shape, key: Shape, value: Shape) -> Arguments:
    """What to change for the last dimensions to fit; a kdim or vdim that embed_dim implies is left out."""
    if (query[-1], key[-1], value[-1]) == (module.embed_dim, module.kdim, module.vdim):
        return ()
    if 0 in (query[-1], key[-1], value[-1]):
        return ()
    embed, changed = query[-1], module.embed_dim != query[-1]
    implied = module.kdim == module.vdim == module.embed_dim
    arguments = head_arguments("embed_dim", embed, "num_heads", module.num_heads) if changed else ()
    for name, shape in (("kdim", key), ("vdim", value)):
        now = embed if implied else getattr(module, name)
        if now != shape[-1]:
            arguments = (*arguments, (name, shape[-1]))
    return arguments


def _details(module: nn.MultiheadAttention, *shapes: Shape) -> tuple[str, ...]:
    sizes = (("embed_dim", module.embed_dim), ("kdim", module.kdim), ("vdim", module.vdim))
    order = "[N,L,E]" if module.batch_first else "[L,N,E]"
    lines = (
        f"{role}: {show(shape)}   {name} {size}"
        for role, shape, (name, size) in zip(("query", "key", "value"), shapes, sizes, strict=True)
    )
    return (*lines, f"dimensions are read as {order}, batch_first={module.batch_first}")


def _example(module: nn.MultiheadAttention, query: Shape, key: Shape | None = None) -> Shapes:
    """Three inputs that fit, with the query's and the key's own lengths where they can be told."""
    length = query[:-1] if len(query) in (2, 3) else (4, 2)
    keys = length
    if key is not None and len(length) == 2:
        keys = (length[0], key[1]) if module.batch_first else (key[0], length[1])
    elif key is not None:
        keys = key[:-1]
    return (*length, module.embed_dim), (*keys, module.kdim), (*keys, module.vdim)
