"""Distances and similarities of two inputs, and the losses made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.diagnosis.activation import dimension_fault
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.wording import show_inputs, such_as

if TYPE_CHECKING:
    from torch import nn

    from linscope.engine.diagnosis.steps import Shape


def broadcast(*shapes: Shape) -> Shape | None:
    """The shape that these broadcast to, or None where they do not."""
    rank = max(len(shape) for shape in shapes)
    sizes: list[int] = []
    for dim in range(1, rank + 1):
        found = {shape[-dim] for shape in shapes if len(shape) >= dim and shape[-dim] != 1}
        if len(found) > 1:
            return None
        sizes.append(found.pop() if found else 1)
    return tuple(reversed(sizes))


@diagnosis("CosineSimilarity")
def cosine_similarity(module: nn.CosineSimilarity, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Two inputs that broadcast, compared along ``dim``."""
    if len(shapes) != 2:
        return None
    together = broadcast(*shapes)
    if together is not None:
        return dimension_fault(module.dim, together)
    missing = abs(module.dim) + (module.dim >= 0) - len(shapes[0])
    enough = (*(1,) * missing, *shapes[0])  # as many dimensions as dim needs
    return unequal(shapes, dtypes, "two inputs that broadcast to one shape", shape=enough)


@diagnosis("PairwiseDistance")
def pairwise_distance(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Two inputs that broadcast, compared along the last dimension."""
    if len(shapes) != 2 or broadcast(*shapes) is not None:
        return None
    return unequal(shapes, dtypes, "two inputs that broadcast to one shape")


@diagnosis("TripletMarginLoss", "TripletMarginWithDistanceLoss")
def triplet(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """anchor, positive and negative, with as many dimensions each, that broadcast."""
    if len(shapes) != 3:
        return None
    if len({len(shape) for shape in shapes}) == 1 and broadcast(*shapes) is not None:
        return None
    return unequal(shapes, dtypes, "anchor, positive and negative of one shape")


@diagnosis("MarginRankingLoss")
def margin_ranking(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """Two inputs and a target, with as many dimensions each, that broadcast."""
    if len(shapes) != 3:
        return None
    if len({len(shape) for shape in shapes}) == 1 and broadcast(*shapes) is not None:
        return None
    return unequal(shapes, dtypes, "two inputs and a target of one shape")


@diagnosis("CosineEmbeddingLoss")
def cosine_embedding(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, D), (N, D) with a target (N), or (D), (D) with a target ()."""
    if len(shapes) != 3:
        return None
    first, second, target = shapes
    if len(first) in (1, 2) and first == second and target == first[:-1]:
        return None
    wanted = first if len(first) in (1, 2) else (4, max((*first[-1:], 1)))
    return Diagnosis(
        message=f"{{layer}} takes two inputs of one shape [N,D] and a target [N], got {show_inputs(shapes, dtypes)}",
        details=(f"in: {show_inputs(shapes, dtypes)}",),
        instead=such_as((wanted, wanted, wanted[:-1]), dtypes),
    )


def unequal(
    shapes: Shapes, dtypes: Dtypes, wanted: str, *, shape: Shape | None = None, dtype: str | None = None
) -> Diagnosis:
    """Inputs that should have one shape: ``shape`` is offered for all, or the first one's, and ``dtype``."""
    got, offered = show_inputs(shapes, dtypes), shapes[0] if shape is None else shape
    return Diagnosis(
        message=f"{{layer}} takes {wanted}, got {got}",
        instead=show_inputs((offered,) * len(shapes), dtypes if dtype is None else (dtype,) * len(shapes)),
    )
