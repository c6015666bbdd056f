"""Look-ups: whole numbers in, and for a bag how they are split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import first_fit, merged_batch, unsqueeze
from linscope.engine.diagnosis.wording import count, show, show_inputs, such_as

if TYPE_CHECKING:
    from torch import nn

INDICES = ("int64", "int32")


@diagnosis("Embedding")
def embedding(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Indices of any shape, of int64 or int32."""
    if not shapes or dtypes[0] in INDICES:
        return None
    return _not_indices(module, shapes[:1], shapes[0], dtypes[0])


@diagnosis("EmbeddingBag")
def embedding_bag(module: nn.EmbeddingBag, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(bags, indices in each), or all indices in one row with the offset at which each bag begins."""
    if not shapes:
        return None
    shape, offsets = shapes[0], shapes[1:2]
    given = show_inputs(shapes, dtypes)
    if dtypes[0] not in INDICES:
        wanted: Shapes = ((1, 4),)
        if len(shape) == 2:
            wanted = (shape,)
        elif len(shape) == 1 and offsets and len(offsets[0]) == 1:
            wanted = (shape, *offsets)
        return _not_indices(module, wanted, shape, dtypes[0])
    if len(shape) == 2 and offsets:
        return Diagnosis(
            message="{layer} takes two dimensions of indices without offsets: each row is a bag",
            details=(f"in: {given}",),
            instead=show_inputs((shape,), dtypes),
        )
    if len(shape) == 1 and offsets and (dtypes[1] not in INDICES or len(offsets[0]) != 1):
        return Diagnosis(
            message="{layer} takes as its offsets one row of whole numbers, got "
            f"{show_inputs(shapes[1:2], dtypes[1:2])}",
            details=(f"in: {given}",),
            instead=show_inputs((shape, offsets[0] if len(offsets[0]) == 1 else (1,)), (dtypes[0],) * 2),
        )
    if len(shape) == 2 or (len(shape) == 1 and offsets):
        return None
    steps = (unsqueeze(shape, 0, "if it is one bag"), *merged_batch(shape, 1))
    step = first_fit(steps, lambda shaped: len(shaped) == 2)
    missing = ", and one needs offsets" if len(shape) == 1 else ""
    return (
        Diagnosis(
            message=f"{{layer}} expects two dimensions [bags, indices], got {len(shape)}{missing}",
            details=(f"in: {given}   {count(len(shape), 'dimension')}",),
        )
        .preceded_by(step)
        .or_else(such_as(((1, 4),), dtypes))
    )


def _not_indices(module: Any, wanted: Shapes, shape: tuple[int, ...], given: str) -> Diagnosis:
    return Diagnosis(
        message=f"{{layer}} looks up rows by whole numbers, got {given}",
        details=(f"in: {show(shape)}:{given}   {count(module.num_embeddings, 'row')} to choose from",),
        instead=show_inputs(wanted, ("int64",) * len(wanted)),
    )
