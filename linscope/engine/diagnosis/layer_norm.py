"""Normalisation over the trailing dimensions: LayerNorm and RMSNorm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import (
    Shape,
    Step,
    features_last,
    first_fit,
    move,
    rows_of_all_the_rest,
)
from linscope.engine.diagnosis.wording import show, such_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


@diagnosis("LayerNorm", "RMSNorm")
def layer_norm(module: nn.LayerNorm | nn.RMSNorm, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(*, normalized_shape)."""
    if len(shapes) != 1:
        return None
    shape, normalized = shapes[0], tuple(module.normalized_shape)
    wanted = len(normalized)
    trailing = shape[-wanted:]
    if trailing == normalized:
        return None
    where = "the last dimension" if wanted == 1 else f"the last {wanted} dimensions"
    changed = trailing[0] if len(trailing) == 1 else trailing
    step = first_fit(_steps(shape, wanted), lambda given: given[-wanted:] == normalized)
    return (
        Diagnosis(
            message=f"{{layer}} expects {show(normalized)} in {where}, got {show(trailing)}",
            details=(f"in: {show(shape)}   {where} {show(trailing)}, normalized_shape {show(normalized)}",),
            arguments=(("normalized_shape", changed),) if trailing and 0 not in trailing else (),
        )
        .preceded_by(step)
        .or_else(such_as((normalized,), dtypes))
    )


def _steps(shape: Shape, wanted: int) -> Iterator[Step]:
    if wanted == 1:
        yield from features_last(shape)
        yield from rows_of_all_the_rest(shape)
    elif wanted == 2 and len(shape) > 1:
        last = len(shape) - 1
        yield move(shape, last - 1, last, "if the last two dimensions are the other way round")
