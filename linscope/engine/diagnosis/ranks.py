"""The commonest fault: another number of dimensions than the layer takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linscope.engine.diagnosis.result import Diagnosis
from linscope.engine.diagnosis.wording import count, layout, show, such_as

if TYPE_CHECKING:
    from linscope.engine.diagnosis.result import Dtypes
    from linscope.engine.diagnosis.steps import Shape, Step


def wrong_rank(
    shape: Shape, dtypes: Dtypes, allowed: str, step: Step | None, example: Shape | None, known: str = ""
) -> Diagnosis:
    """``allowed`` is what the layer takes, ``known`` a size of the layer's to set beside the shape's."""
    got = count(len(shape), "dimension")
    detail = f"in: {show(shape)}   {got}" + (f", {known}" if known else "")
    found = Diagnosis(f"{{layer}} expects {allowed}, got {got}", (detail,)).preceded_by(step)
    return found if example is None else found.or_else(such_as((example,), dtypes[:1]))


def either(spatial: int) -> str:
    """What most layers with channels take: ``[C,H,W] or [N,C,H,W]``."""
    return f"{layout(spatial, batched=False)} or {layout(spatial)}"
